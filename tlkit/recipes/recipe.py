"""What the table of recipes knows of each."""

from collections.abc import Callable
from dataclasses import dataclass

from ..training import Run


@dataclass(frozen=True)
class Recipe:
    """A way from a backbone and a task to a trained model.

    Attributes:
        train: called as ``train(backbone, task, seed=…, **settings)``.
        label: its name in figures.
        colour: in every figure, of Okabe & Ito's palette where one is free.
        sentence: what it does, in one sentence.
    """

    train: Callable[..., Run]
    label: str
    colour: str
    sentence: str
