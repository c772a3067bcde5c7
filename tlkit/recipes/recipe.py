"""One entry of the table of recipes."""

from collections.abc import Callable
from dataclasses import dataclass

from ..training import Run


@dataclass(frozen=True)
class Recipe:
    """A way from a backbone and a task to a trained model.

    Attributes:
        train: called as ``train(backbone, task, seed=…, **settings)``.
        label: its name in figures.
        colour: its colour in figures, from Okabe & Ito's palette if one is free.
        sentence: what it does, in one sentence.
        as_written: its step size is part of it, so ``tune`` is not for this recipe.
    """

    train: Callable[..., Run]
    label: str
    colour: str
    sentence: str
    as_written: bool = False
