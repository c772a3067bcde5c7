"""The exercises of each notebook, one module for each; ``course.check`` finds them by
name.

To add one: make an ``Exercise``, say what kind its answer is (``..kinds``), add
functions for the right answer and for the mistakes, and put it into ``EXERCISES`` at
the end of the module. Answers that test it are in ``tests/answers``; what changes a
right answer into fifty wrong ones, in ``tests/mutants.py``.
"""

from collections.abc import Iterable

from ..checks import Exercise


def by_name(exercises: Iterable[Exercise]) -> dict[str, Exercise]:
    """Name -> exercise, in the order of the notebook."""
    return {exercise.name: exercise for exercise in exercises}
