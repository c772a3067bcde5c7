"""Which of a widget and its static twin is shown."""

import os
from typing import Any


def with_twin(widget, twin: dict[str, Any]) -> dict[str, Any]:
    """MIME bundle with a widget for front ends that show one, and its twin for others.

    Args:
        widget: of ipywidgets.
        twin: MIME type -> what is shown instead. With ``TLKIT_STATIC=1`` it is all.
    """
    if os.environ.get("TLKIT_STATIC"):
        return twin
    return {**widget._repr_mimebundle_(), **twin}
