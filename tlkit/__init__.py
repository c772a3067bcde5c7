"""tlkit: learn transfer learning by doing it.

``import tlkit as tk`` is light; Keras is imported when a name below first needs it.
"""

from importlib import import_module
from typing import Any

from .doctor import doctor

__version__ = "0.1.0"

_HOME = {
    "load_task": "tasks", "Task": "tasks", "Split": "tasks",
    "Backbone": "backbone",
    "activations": "features",
    "from_scratch": "transfer", "linear_probe": "transfer", "fine_tune": "transfer", "lp_ft": "transfer",
    "article": "transfer", "Head": "transfer", "Run": "transfer",
    "suggest": "forecast",
    "claim": "checks", "check": "checks", "guess": "widgets", "quiz": "widgets", "explore": "widgets",
    "progress": "widgets",
}  # fmt: skip
_MODULES = {
    "glyphs", "fetch", "pairs", "tasks", "backbone", "features", "evaluate", "transfer", "report", "plots", "checks",
    "widgets", "record", "forecast", "speed",
}  # fmt: skip
__all__ = [*_HOME, *sorted(_MODULES), "doctor"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"tlkit has no {name!r}: see dir(tlkit)")


def __dir__():
    return sorted(__all__)
