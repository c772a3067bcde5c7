"""Many repetitions of one procedure: which of its intervals hold the truth?"""

import numpy as np

from tlkit import plots


def caught(panels, xlabel: str, size: tuple[float, float] = (8.4, 3.6)):
    """Intervals under each other, those that miss the truth bold and crossed: a matplotlib Figure.

    Args:
        panels: title -> (low, high, truth), each float (repetitions,) or, for truth, one number.
        xlabel: of all panels, which share their scale.
        size: of the figure, inches.
    """
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=size, layout="constrained")
    every = np.atleast_1d(figure.subplots(1, len(panels), sharex=True))
    for ax, (title, (low, high, truth)) in zip(every, panels.items(), strict=True):
        _panel(
            plots.axes(ax, size),
            np.asarray(low),
            np.asarray(high),
            np.broadcast_to(truth, np.shape(low)),
        )
        ax.set_title(title, fontsize=11, color=plots.INK)
        ax.set(xlabel=xlabel, yticks=[])
        ax.spines["left"].set_visible(False)
    return figure


def _panel(ax, low, high, truth) -> None:
    rows, missed = np.arange(len(low)), (truth < low) | (truth > high)
    ax.hlines(
        rows[~missed],
        low[~missed],
        high[~missed],
        color=plots.PALETTE["probe"],
        lw=1.6,
        alpha=0.7,
    )
    ax.hlines(
        rows[missed], low[missed], high[missed], color=plots.PALETTE["scratch"], lw=3
    )
    ax.plot(
        ((low + high) / 2)[missed], rows[missed], "x", color=plots.INK, ms=6, mew=1.6
    )
    if np.ptp(truth) == 0:
        ax.axvline(truth[0], color=plots.INK, lw=1.4)
    else:
        ax.plot(truth, rows, "o", color=plots.INK, ms=3)
