"""tlkit: learn transfer learning by doing it.

``import tlkit as tk`` is light; Keras is imported when a name below first needs it.
"""

from importlib import import_module
from typing import Any

from .commands.doctor import doctor
from .machine.processor import prefer_onednn

__version__ = "0.1.0"

prefer_onednn()  # before TensorFlow is imported, by whomever

_HOME = {
    "load_task": "tasks", "Task": "tasks", "Split": "tasks",
    "Backbone": "backbone",
    "activations": "features",
    "from_scratch": "transfer", "linear_probe": "transfer", "fine_tune": "transfer", "lp_ft": "transfer",
    "article": "transfer", "Head": "transfer", "Run": "transfer",
    "suggest": "forecast",
}  # fmt: skip
_MODULES = {
    "backbone": "backbone", "evaluate": "evaluate", "features": "features", "fetch": "files.fetch",
    "folders": "folders", "forecast": "forecast", "glyphs": "glyphs", "pairs": "files.pairs", "plots": "plots",
    "saved": "saved", "speed": "speed", "tasks": "tasks", "transfer": "transfer",
}  # fmt: skip
__all__ = [*_HOME, *sorted(_MODULES), "doctor"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    if name in _MODULES:
        return import_module(f".{_MODULES[name]}", __name__)
    raise AttributeError(f"tlkit has no {name!r}: see dir(tlkit)")


def __dir__():
    return sorted(__all__)
