"""Python runs this in every kernel that JupyterLab starts (variable PYTHONSTARTUP)."""

try:
    from tlkit.machine.restarted import explain_missing_names
except ModuleNotFoundError:  # the kernel of another environment
    pass
else:
    explain_missing_names()
    del explain_missing_names
