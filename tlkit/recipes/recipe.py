"""One entry of the table of recipes."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature

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
        settings: what it trains with unless told otherwise, from which ``choose`` makes
            its grid.
        lowest: the lowest block that it trains unless told otherwise, or "all"; None:
            it trains no block, and computes the features once.
        probe_first: a linear probe comes first.
        is_estimated: whether its time can be told before it trains.
        fixed: ``tune`` and ``choose`` are not for this recipe: its step size is part of
            it, or it takes no steps.
    """

    train: Callable[..., Run]
    label: str
    colour: str
    sentence: str
    settings: Settings
    marker: str = "o"
    lowest: str | None = "all"
    probe_first: bool = False
    is_estimated: bool = True
    fixed: bool = False


def takes(train: Callable[..., Run], option: str) -> bool:
    """Whether a recipe's function has an argument of that name, as "unfreeze"."""
    return option in signature(train).parameters
