"""Interactive parts, each with a static twin that reads on GitHub and on paper.

A live notebook shows the widget; everything else (a saved notebook, a page, a printout) shows the twin beside it,
which is the same on every machine. ``TLKIT_STATIC=1`` leaves the widgets out: so are the masters executed, because
a widget without its kernel is an error message in JupyterLab.

The figures of single notebooks live with the course, in ``notebooks/course/figures``, and are found here by name; so
is ``teach_app``, in a place of its own, because the figures import Keras and a page should not wait for that.
"""

from importlib import import_module
from typing import Any

from .explorer import Explorer, explore
from .fetch_button import FetchButton, fetch_button
from .guess import Guess, guess
from .progress import Progress, progress
from .quiz import Quiz, quiz

__all__ = ["Explorer", "FetchButton", "Guess", "Progress", "Quiz",
           "explore", "fetch_button", "guess", "progress", "quiz"]  # fmt: skip


def __getattr__(name: str) -> Any:
    try:
        return getattr(import_module("tlkit_course.teach.app" if name == "teach_app" else "tlkit_course.figures"), name)
    except ModuleNotFoundError as error:
        raise AttributeError(f"tlkit.widgets has no {name!r}, and the course is not installed") from error
