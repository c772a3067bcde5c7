"""Stated probability against what happens."""

import numpy as np

from tlkit import evaluate, plots


def reliability_bins(
    stated: np.ndarray, right: np.ndarray, n: int = 10
) -> list[tuple[float, evaluate.Interval, int]]:
    """Answers by stated probability, in n equal steps: mean stated, share right with its interval, and how many.

    Args:
        stated: float (m,), the probability of the class that was named, 0-1.
        right: bool (m,), whether that class was true.
    """
    place = np.minimum((stated * n).astype(int), n - 1)
    some = (place == step for step in range(n))
    return [
        (float(stated[rows].mean()), evaluate.wilson(right[rows]), int(rows.sum()))
        for rows in some
        if rows.any()
    ]


def reliability(models: dict[str, tuple[np.ndarray, np.ndarray]]):
    """One panel for each model, as a matplotlib Figure: share right over stated probability, with 95 % intervals.

    Args:
        models: title -> (stated, right), as in ``reliability_bins``.
    """
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(8.4, 4.2), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(models), sharey=True))
    for ax, (title, (stated, right)) in zip(axes, models.items(), strict=True):
        _panel(plots.axes(ax, None), title, reliability_bins(stated, right), len(right))
    axes[0].set_ylabel("share that is right")
    return figure


def _panel(ax, title: str, steps, total: int) -> None:
    ax.plot([0, 1], [0, 1], color=plots.FAINT, lw=1.2, ls="--")
    ax.annotate(
        "as stated",
        (0.12, 0.15),
        rotation=45,
        color=plots.INK,
        rotation_mode="anchor",
        fontsize=10,
    )
    for stated, found, count in steps:
        ax.plot(
            [stated, stated],
            [found.low, found.high],
            color=plots.PALETTE["probe"],
            lw=2,
            alpha=0.6,
        )
        ax.plot(
            [stated, stated],
            [stated, found.mean],
            color=plots.PALETTE["scratch"],
            lw=1.4,
            ls=":",
        )
        ax.plot(
            stated,
            found.mean,
            "o",
            color=plots.PALETTE["probe"],
            ms=4 + 20 * (count / total) ** 0.5,
            mec="white",
            clip_on=False,
        )
    ax.set(xlim=(0, 1.03), ylim=(0, 1.03), xlabel="stated probability", aspect="equal")
    ax.set_title(title, fontsize=11, color=plots.INK)
