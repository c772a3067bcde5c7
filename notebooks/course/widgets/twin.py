"""Which of a widget and its static twin is shown."""

import os
from importlib.resources import files
from typing import Any


def with_twin(widget, twin: dict[str, Any]) -> dict[str, Any]:
    """MIME bundle with a widget for front ends that show one, and its twin for others.

    In a live notebook ``keys.js`` comes with it, as an output of its own.

    Args:
        widget: of ipywidgets.
        twin: MIME type -> what is shown instead. With ``TLKIT_STATIC=1`` it is all.
    """
    if os.environ.get("TLKIT_STATIC"):
        return twin
    _show_keys()
    return {**widget._repr_mimebundle_(), **twin}


def _show_keys() -> None:
    """Give the page the script that keeps keys inside widgets; a page runs it once."""
    from IPython import get_ipython
    from IPython.display import display

    shell = get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        script = (files("tlkit_course.widgets") / "keys.js").read_text("utf-8")
        # No words for a front end that runs no scripts: nothing is missing there.
        display({"application/javascript": script, "text/plain": ""}, raw=True)
