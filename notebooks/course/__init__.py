"""The scenery of this course: checks, claims, guesses, quizzes and the notebooks' figures.

Notebooks say ``import tlkit_course as course``. What a learner takes home is in ``tlkit``;
what only these notebooks need is here. A name is imported when it is first used, because
the figures need Keras and the checks do not.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "check": "checks",
    "claim": "checks",
    "explore": "widgets",
    "fetch_button": "widgets",
    "guess": "widgets",
    "progress": "progress_table",
    "quiz": "questions",
    "teach_app": "teach.app",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    figures = import_module(".figures", __name__)
    if name in figures.__all__:
        return getattr(figures, name)
    raise AttributeError(
        f"the course has no {name!r}: expected one of "
        + ", ".join(sorted([*_HOME, *figures.__all__]))
    )
