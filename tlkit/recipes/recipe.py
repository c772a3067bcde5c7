"""One entry of the table of recipes."""

from collections.abc import Callable
from dataclasses import dataclass

from ..training import Run, Settings


@dataclass(frozen=True)
class Recipe:
    """A way from a backbone and a task to a trained model.

    Attributes:
        train: called as ``train(backbone, task, seed=…, **settings)``.
        label: its name in figures.
        colour: its colour in figures, from Okabe & Ito's palette if one is free.
        marker: its mark in figures, as Matplotlib names them. Where two colours are
            alike to some eyes, the marks differ.
        sentence: what it does, in one sentence.
        usual: its own settings, from which ``choose`` makes its grid; None: it takes no
            steps.
        fixed: ``tune`` and ``choose`` are not for this recipe: its step size is part of
            it, or it takes no steps.
    """

    train: Callable[..., Run]
    label: str
    colour: str
    sentence: str
    usual: Settings | None = None
    marker: str = "o"
    fixed: bool = False
