"""What a widget is shown as."""

import os
from typing import Any


def with_twin(widget, twin: dict[str, Any]) -> dict[str, Any]:
    """MIME bundle of a widget for front ends that can show one, and of its static twin for all others."""
    return (
        twin
        if os.environ.get("TLKIT_STATIC")
        else {**widget._repr_mimebundle_(), **twin}
    )
