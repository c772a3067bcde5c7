"""A cell that is run before the cells above it: one sentence says what to do.

A notebook that is opened again has a new kernel, which knows none of its names.
"""

from types import TracebackType
from typing import Any

ABOVE = "menu Run, then Run All Above Selected Cell"


def explain_missing_names() -> None:
    """Let IPython explain a name that a cell does not know. Elsewhere, do nothing."""
    try:
        from IPython.core.getipython import get_ipython
    except ModuleNotFoundError:
        return
    shell = get_ipython()
    if shell is not None:
        shell.set_custom_exc((NameError,), _explain)


def _explain(
    shell: Any,
    kind: type[NameError],
    error: NameError,
    trace: TracebackType | None,
    tb_offset: int | None = None,
) -> None:
    """Show a NameError of a cell: what IPython calls instead of its own traceback.

    Args:
        shell: IPython's.
        kind, error, trace: as in ``sys.exc_info()``.
        tb_offset: how many frames are IPython's own.
    """
    started_anew = "tk" not in shell.user_ns and "course" not in shell.user_ns
    if started_anew and _in_cell(shell, trace):
        shell._showtraceback(
            kind,
            error,
            [
                f"✗ This kernel is new and does not know {error.name!r}: no cell above "
                f"was run in it. Next: click into this cell, {ABOVE}. "
                "Then run it again."
            ],
        )
        return
    if _in_cell(shell, trace):
        error.add_note(
            f"If a cell above makes {error.name!r}, run that cell first: {ABOVE}."
        )
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def _in_cell(shell: Any, trace: TracebackType | None) -> bool:
    """Whether the name is missing in a cell, not in a library that it calls."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals is shell.user_ns
