"""The exercises of each notebook, one module for each; ``course.check`` finds them by
name.

To add one: make an ``Exercise``, say what kind its answer is (``..kinds``), add
functions for the right answer and for the mistakes, and put it into ``EXERCISES`` at
the end of the module. Answers that test it are in ``tests/answers``; what changes a
right answer into fifty wrong ones, in ``tests/mutants.py``.
"""

from collections.abc import Iterable
from typing import Any

from ..checks import Exercise


def by_name(exercises: Iterable[Exercise]) -> dict[str, Exercise]:
    """Name -> exercise, in the order of the notebook."""
    return {exercise.name: exercise for exercise in exercises}


def steer(model: Any, base: Any) -> None:
    """Give every second output of a learner's head positive kernels, the others
    negative ones, so that logits of both signs come out, and large ones.

    What has no sign then, or lies between −1 and 1, went through an activation. A new
    head would show it by chance only, and one that begins with zeros never.

    Args:
        model: keras.Model; its kernels (inputs, outputs) outside of the base change.
        base: keras.Model, a part of it.
    """
    import numpy as np  # the checks must not wait for it

    rng = np.random.default_rng(0)
    of_base = {id(variable) for variable in base.variables}
    for variable in model.variables:
        if id(variable) not in of_base and len(variable.shape) == 2:
            signs = (-1.0) ** np.arange(variable.shape[1])
            variable.assign(abs(rng.normal(size=variable.shape)) * signs)
