"""tlkit: learn transfer learning by doing it.

``import tlkit as tk`` is fast: Keras is imported only when a name below needs it.
"""

from importlib import import_module
from typing import Any

from .commands.doctor import doctor
from .machine.allocator import prefer_c_library
from .machine.processor import prefer_onednn

__version__ = "0.1.0"

# here, because whatever imports TensorFlow next is too late
prefer_onednn()
prefer_c_library()

_HOME = {  # name -> the module that has it
    "Backbone": "backbone",
    "Head": "training",
    "Run": "training",
    "Settings": "training",
    "Split": "tasks",
    "Task": "tasks",
    "activations": "features",
    "adapters": "recipes",
    "article": "recipes",
    "bitfit": "recipes",
    "distill": "recipes",
    "fine_tune": "recipes",
    "from_scratch": "recipes",
    "knn": "recipes",
    "l2_sp": "recipes",
    "layerwise": "recipes",
    "linear_probe": "recipes",
    "load_task": "tasks",
    "lora": "recipes",
    "lp_ft": "recipes",
    "prototypes": "recipes",
    "suggest": "forecast",
    "tune": "recipes",
    "wise_ft": "recipes",
}
_MODULES = {  # name -> where it lies
    "backbone": "backbone",
    "evaluate": "evaluate",
    "export": "export",
    "features": "features",
    "fetch": "files.fetch",
    "folders": "folders",
    "forecast": "forecast",
    "glyphs": "glyphs",
    "pairs": "files.pairs",
    "look": "look",
    "plots": "plots",
    "recipes": "recipes",
    "saved": "saved",
    "speed": "speed",
    "tasks": "tasks",
    "training": "training",
}
__all__ = [*_HOME, *_MODULES, "doctor"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    if name in _MODULES:
        return import_module(f".{_MODULES[name]}", __name__)
    raise AttributeError(f"tlkit has no {name!r}: see dir(tlkit)")


def __dir__():
    return sorted(__all__)
