"""Python runs this in every kernel that JupyterLab starts (variable PYTHONSTARTUP)."""

try:
    from tlkit.machine.reopened import tell_what_ran
    from tlkit.machine.restarted import explain_missing_names
except ModuleNotFoundError as error:  # the kernel of another environment
    print(
        f"tlkit: this kernel has no module {error.name!r}, so a cell that is run too "
        "early is not explained here. The kernel works as usual. For the notebooks of "
        "the course, choose the kernel of tlkit's own environment."
    )
else:
    explain_missing_names()
    tell_what_ran()
    del explain_missing_names, tell_what_ran
