"""Interactive parts, each with a static twin that reads on GitHub and on paper.

A live notebook shows the widget; everything else (a saved notebook, a page, a printout) shows the twin beside it,
which is the same on every machine. ``TLKIT_STATIC=1`` leaves the widgets out: so are the masters executed, because
a widget without its kernel is an error message in JupyterLab.

What is of use to this course alone lives with it, in ``notebooks/course``, and is found here by name: the figures of
single notebooks, and in places of their own, because the figures import Keras, its quizzes, progress and ``teach_app``.
"""

from importlib import import_module
from typing import Any

from .explorer import Explorer, explore
from .fetch_button import FetchButton, fetch_button
from .guess import Guess, guess

__all__ = ["Explorer", "FetchButton", "Guess", "explore", "fetch_button", "guess"]
_ELSEWHERE = {"quiz": "quiz", "progress": "progress", "teach_app": "teach.app"}


def __getattr__(name: str) -> Any:
    try:
        return getattr(import_module(f"tlkit_course.{_ELSEWHERE.get(name, 'figures')}"), name)
    except ModuleNotFoundError as error:
        raise AttributeError(f"tlkit.widgets has no {name!r}, and the course is not installed") from error
