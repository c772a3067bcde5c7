"""A rare class: where the threshold lies, how rare it is, and what the
measures become.
"""

import numpy as np

from tlkit.look import WIDE
from tlkit.plots import FAINT, INK, PALETTE, axes, darker

from ..widgets import Explorer, explore

BINS = np.arange(-9, 5.01, 0.5)  # of the scores; the outer ones hold all beyond
MARGINS = {"left": 0.03, "right": 0.96, "bottom": 0.09, "top": 0.97, "hspace": 0.5}


def rates(
    scores: np.ndarray, labels: np.ndarray, threshold: float
) -> tuple[float, float]:
    """Share of the rare class that is named, and share of the others that is.

    Args:
        scores: float (n,), high for the rare class.
        labels: bool (n,), True for the rare class.
        threshold: a higher score names a picture rare.
    """
    named = scores > threshold
    return float(named[labels].mean()), float(named[~labels].mean())


def measures(hit: float, alarm: float, share: float) -> dict[str, float]:
    """Recall, precision (0 if nothing is named) and accuracy.

    Args:
        hit: share of the rare class that is named.
        alarm: share of the others that is named.
        share: of the rare class among all pictures, 0-1.
    """
    named = share * hit + (1 - share) * alarm
    return {
        "recall": hit,
        "precision": share * hit / named if named else 0.0,
        "accuracy": share * hit + (1 - share) * (1 - alarm),
    }


def threshold_slider(
    scores: np.ndarray, labels: np.ndarray, name: str = "rare", percent: int = 2
) -> Explorer:
    """Scores of both classes with a threshold, by two sliders.

    One moves the threshold, the other sets how rare the class is.

    Args:
        scores: float (n,), a head's score for the rare class, 0 where both are equally
            likely.
        labels: bool (n,), True for the rare class.
        name: of the rare class, in the plural.
        percent: its share of all pictures at the beginning, 1 to 50.
    """
    from ipywidgets import FloatSlider, IntSlider

    labels = np.asarray(labels, bool)
    clipped = np.clip(scores, BINS[0], BINS[-1] - 1e-9)
    others, rare = (
        np.histogram(clipped[rows], BINS, density=True)[0] for rows in (~labels, labels)
    )
    low_others = float((clipped[~labels] < BINS[1]).mean())  # their bin is cut off

    def draw(figure, threshold: float, share: int) -> str:
        found = measures(*rates(scores, labels, threshold), share / 100)
        figure.set_layout_engine("none")
        above, below = figure.subplots(2, height_ratios=(1.5, 1), gridspec_kw=MARGINS)
        below_all = f"all others ({low_others:.0%} below {BINS[1]:g})".replace("-", "−")
        _outline(axes(above, None), others, FAINT, below_all, -5)
        _outline(above, rare, PALETTE["scratch"], name, 2.2)
        _threshold(above, threshold)
        _bars(axes(below, None), found)
        words = ", ".join(f"{what} {value:.2f}" for what, value in found.items())
        return f"Threshold {threshold:g}, {share} of 100 pictures are {name}: {words}."

    threshold = "threshold on the score"
    return explore(
        draw,
        (WIDE, 4.4),
        threshold=FloatSlider(0.0, min=-8, max=4, step=0.25, description=threshold),
        share=IntSlider(percent, min=1, max=50, description=f"{name} in 100 pictures"),
    )


def _outline(ax, heights: np.ndarray, colour: str, words: str, at: float) -> None:
    """A histogram of one class's scores, with its name above a score."""
    edges, tops = np.repeat(BINS, 2)[1:-1], np.repeat(heights, 2)
    ax.fill_between(edges, tops, color=colour, alpha=0.45, lw=0)
    look = {"weight": "bold", "ha": "center", "fontsize": 11}
    ax.text(at, 0.44, words, color=darker(colour), **look)


def _threshold(ax, threshold: float) -> None:
    """The line between what is named and what is not."""
    ax.axvline(threshold, color=INK, lw=2)
    ax.text(threshold + 0.15, 0.37, "named →", color=INK, fontsize=11)
    ax.set(xlim=(BINS[0], BINS[-1]), ylim=(0, 0.5), yticks=[])
    ax.set_xlabel("score of the head; height: share of each class")


def _bars(ax, found: dict[str, float]) -> None:
    """One bar for each measure, with its number."""
    colours = (PALETTE["scratch"], PALETTE["probe"], FAINT)
    ax.barh(range(3), list(found.values()), color=colours, alpha=0.6, height=0.6)
    for row, (what, value) in enumerate(found.items()):
        ax.text(0.02, row, f"{what} {value:.2f}", va="center", color=INK, fontsize=11)
    ax.set(xlim=(0, 1), ylim=(2.5, -0.5), yticks=[])
