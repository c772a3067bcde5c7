"""Stated probability against what happens."""

from collections.abc import Sequence

import numpy as np

from tlkit import evaluate, look, plots

Bin = tuple[float, evaluate.Interval, int]  # mean stated, share right, answers in it


def reliability_bins(stated: np.ndarray, right: np.ndarray, n: int = 10) -> list[Bin]:
    """Answers grouped by their stated probability, in n equal steps.

    Args:
        stated: float (m,), the probability of the class that was named, 0-1.
        right: bool (m,), whether that class was true.
        n: number of steps from 0 to 1.

    Returns:
        for each step that holds answers: mean stated probability, share that is right
        with its interval, number of answers.
    """
    place = np.minimum((stated * n).astype(int), n - 1)
    found = []
    for step in range(n):
        rows = place == step
        if rows.any():
            share = evaluate.wilson(right[rows])
            found.append((float(stated[rows].mean()), share, int(rows.sum())))
    return found


def reliability(models: dict[str, tuple[np.ndarray, np.ndarray]]):
    """Share right over stated probability, with 95 % intervals: a panel for each model.

    Args:
        models: title -> (stated, right), as for ``reliability_bins``.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot

    # About the height of a square for each panel, with its title and its axis.
    size = (look.WIDE, 3.6 if len(models) > 1 else 4.8)
    figure = pyplot.figure(figsize=size, layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(models), sharey=True))
    words = []
    for ax, (title, (stated, right)) in zip(axes, models.items(), strict=True):
        bins = reliability_bins(stated, right)
        _panel(plots.axes(ax, None), bins, len(right))
        ax.set_title(title.replace(": ", ":\n"), fontsize=11, color=plots.INK)
        pairs = ", ".join(f"{at:.2f}: {found.mean:.2f}" for at, found, _ in bins)
        words.append(f"{title} ({pairs})")
    axes[0].set_ylabel("share that is right")
    figure.supxlabel(
        "bars: 95 %; dashed: right as often as stated; dotted:\n"
        "the gap between both; a larger dot: more answers",
        fontsize=look.TYPE,
        color=plots.INK,
    )
    return plots.describe(
        figure, f"Share right over stated probability. {'. '.join(words)}."
    )


def _panel(ax, bins: Sequence[Bin], total: int) -> None:
    """The bins of a model as dots, larger with more answers, beside the diagonal."""
    ax.plot([0, 1], [0, 1], color=plots.FAINT, lw=1.2, ls="--")
    blue, red = plots.PALETTE["probe"], plots.PALETTE["scratch"]
    for stated, found, count in bins:
        up = [stated, stated]
        ax.plot(up, [found.low, found.high], color=blue, lw=2, alpha=0.6)
        ax.plot(up, [stated, found.mean], color=red, lw=1.4, ls=":")
        size = 4 + 20 * (count / total) ** 0.5
        round_ = {"ms": size, "mec": "white", "clip_on": False}
        ax.plot(stated, found.mean, "o", color=blue, **round_)
    ax.set(xlim=(0, 1.03), ylim=(0, 1.03), xlabel="stated probability", aspect="equal")
