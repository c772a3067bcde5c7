"""A rare class: where the threshold lies, how rare the class is, and what recall and precision become."""

import numpy as np

from tlkit.plots import FAINT, INK, PALETTE, axes, darker

from ..widgets import Explorer, explore

BINS = np.arange(
    -9, 5.01, 0.5
)  # of the scores; what lies beyond is drawn in the last ones


def rates(
    scores: np.ndarray, labels: np.ndarray, threshold: float
) -> tuple[float, float]:
    """Share of the rare class that is named, and share of the others that are taken for it.

    Args:
        scores: float (n,), high for the rare class.
        labels: bool (n,), True for the rare class.
        threshold: scores above it are named rare.
    """
    named = scores > threshold
    return float(named[labels].mean()), float(named[~labels].mean())


def measures(hit: float, alarm: float, share: float) -> dict[str, float]:
    """Recall, precision (0 if nothing is named) and accuracy where so large a share of all pictures is rare."""
    named = share * hit + (1 - share) * alarm
    precision = share * hit / named if named else 0.0
    return {
        "recall": hit,
        "precision": precision,
        "accuracy": share * hit + (1 - share) * (1 - alarm),
    }


def threshold_slider(
    scores: np.ndarray, labels: np.ndarray, name: str = "rare", percent: int = 2
) -> Explorer:
    """Scores of both classes with a threshold that one slider moves; the other says how rare the class is.

    Args:
        scores: float (n,), a head's score for the rare class, 0 where both are equally likely.
        labels: bool (n,), True for the rare class.
        name: of the rare class, in the plural.
        percent: its share of all pictures at the beginning, 1 to 50.
    """
    from ipywidgets import FloatSlider, IntSlider

    labels, clipped = (
        np.asarray(labels, bool),
        np.clip(scores, BINS[0], BINS[-1] - 1e-9),
    )
    heights = [
        np.histogram(clipped[labels == kind], BINS, density=True)[0]
        for kind in (False, True)
    ]

    def draw(figure, threshold: float, share: int) -> str:
        found = measures(*rates(scores, labels, threshold), share / 100)
        figure.set_layout_engine("none")
        left, right = figure.subplots(
            1,
            2,
            width_ratios=(1.5, 1),
            gridspec_kw={"left": 0.03, "right": 0.95, "bottom": 0.18, "top": 0.9},
        )
        _scores(axes(left, None), heights, threshold, name)
        _bars(axes(right, None), found)
        words = ", ".join(f"{what} {value:.2f}" for what, value in found.items())
        return f"Threshold {threshold:g}, {share} of 100 pictures are {name}: {words}."

    return explore(
        draw,
        (8.4, 2.9),
        threshold=FloatSlider(
            0.0, min=-8, max=4, step=0.25, description="threshold on the score"
        ),
        share=IntSlider(percent, min=1, max=50, description=f"{name} in 100 pictures"),
    )


def _scores(ax, heights, threshold: float, name: str) -> None:
    """Two outlines and the threshold between what is named and what is not."""
    for height, colour, words, at in zip(
        heights,
        (FAINT, PALETTE["scratch"]),
        ("all others", name),
        (-4, 2.2),
        strict=True,
    ):
        ax.fill_between(
            np.repeat(BINS, 2)[1:-1],
            np.repeat(height, 2),
            color=colour,
            alpha=0.45,
            lw=0,
        )
        ax.text(
            at,
            0.44,
            words,
            color=darker(colour),
            weight="bold",
            ha="center",
            fontsize=11,
        )
    ax.axvline(threshold, color=INK, lw=2)
    ax.text(threshold + 0.15, 0.39, "named →", color=INK)
    ax.set(
        xlim=(BINS[0], BINS[-1]), ylim=(0, 0.5), xlabel="score of the head", yticks=[]
    )


def _bars(ax, found: dict[str, float]) -> None:
    """One bar for each measure, with its number."""
    colours = (PALETTE["scratch"], PALETTE["probe"], FAINT)
    ax.barh(range(3), list(found.values()), color=colours, alpha=0.6, height=0.6)
    for row, (what, value) in enumerate(found.items()):
        ax.text(0.02, row, f"{what} {value:.2f}", va="center", color=INK, fontsize=11)
    ax.set(xlim=(0, 1), ylim=(2.5, -0.5), yticks=[])
