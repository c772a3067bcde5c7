"""Many repetitions of one procedure: which of its intervals hold the truth?"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tlkit import look, plots


def caught(
    panels: Mapping[str, tuple[Any, Any, Any]],
    xlabel: str,
    size: tuple[float, float] | None = None,
):
    """Intervals below each other; those that miss the truth are bold and crossed.

    Args:
        panels: title -> (low, high, truth), each float (repetitions,) or, for truth,
            one number.
        xlabel: of all panels, which share their scale.
        size: of the figure, inches; None: 2.7 high for each panel.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot

    size = size or (look.WIDE, 0.5 + 2.7 * len(panels))
    figure = pyplot.figure(figsize=size, layout="constrained")
    every = np.atleast_1d(figure.subplots(len(panels), sharex=True))
    words = []
    for ax, (title, (low, high, truth)) in zip(every, panels.items(), strict=True):
        low, high = np.asarray(low), np.asarray(high)
        truth = np.broadcast_to(truth, low.shape)
        missed = (truth < low) | (truth > high)
        _panel(plots.axes(ax, size), low, high, truth, missed)
        ax.set_title(title, fontsize=11, color=plots.INK)
        ax.set(yticks=[])
        ax.spines["left"].set_visible(False)
        words.append(f"{title}; {missed.sum()} of the {len(low)} drawn miss it")
    every[-1].set_xlabel(f"{xlabel}\nbars: 95 %; thick, crossed: miss the truth")
    return plots.describe(figure, f"Intervals, {xlabel}. {'. '.join(words)}.")


def _panel(ax, low, high, truth, missed) -> None:
    """The intervals of one panel, and the truth: one line, or a dot in each row."""
    rows, held = np.arange(len(low)), ~missed
    calm = {"color": plots.PALETTE["probe"], "lw": 1.6, "alpha": 0.7}
    loud = {"color": plots.PALETTE["scratch"], "lw": 3}
    ax.hlines(rows[held], low[held], high[held], **calm)
    ax.hlines(rows[missed], low[missed], high[missed], **loud)
    middle = (low + high) / 2
    ax.plot(middle[missed], rows[missed], "x", color=plots.INK, ms=6, mew=1.6)
    if np.ptp(truth) == 0:
        ax.axvline(truth[0], color=plots.INK, lw=1.4)
    else:
        ax.plot(truth, rows, "o", color=plots.INK, ms=3)
