"""Two models on the same test pictures: each alone, what only one of them got right, and the paired difference."""

from math import sqrt

import numpy as np

from tlkit import evaluate, plots

COLOURS = {"old": plots.PALETTE["fine_tune"], "new": plots.PALETTE["probe"]}


def paired_interval(
    new: np.ndarray, old: np.ndarray, names: tuple[str, str] = ("new", "old")
):
    """Three panels with one scale: two intervals that may overlap, the pictures that decide, and the difference.

    Args:
        new, old: bool (n,), what each of two models got right on the same pictures.
        names: what to call them.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(8.4, 5.4), layout="constrained")
    alone, pictures, together = figure.subplots(3, height_ratios=(2.1, 1.4, 2.1))
    _alone(plots.axes(alone, None), new, old, names)
    _pictures(plots.axes(pictures, None), new, old, names)
    _together(plots.axes(together, None), new, old)
    wide = np.ptp(alone.get_xlim())
    together.set_xlim(
        -0.35 * wide, 0.65 * wide
    )  # an inch is as much accuracy as in the first panel
    return figure


def _row(ax, row: int, found: evaluate.Interval, colour: str, words: str) -> None:
    ax.plot(
        [found.low, found.high],
        [row, row],
        color=colour,
        lw=7,
        solid_capstyle="butt",
        alpha=0.75,
    )
    ax.plot(found.mean, row, "o", color=plots.INK, ms=7)
    ax.annotate(
        words,
        (1.01, row),
        xycoords=("axes fraction", "data"),
        va="center",
        color=plots.INK,
    )


def _alone(ax, new, old, names) -> None:
    mine, other = evaluate.wilson(new), evaluate.wilson(old)
    _row(ax, 0, mine, COLOURS["new"], str(mine))
    _row(ax, 1, other, COLOURS["old"], str(other))
    low, high = max(mine.low, other.low), min(mine.high, other.high)
    if low < high:
        ax.axvspan(low, high, color=plots.FAINT, alpha=0.3, lw=0)
        ax.annotate(
            "overlap",
            ((low + high) / 2, 0.5),
            ha="center",
            va="center",
            color=plots.INK,
            fontsize=11,
        )
    middle = (mine.mean + other.mean) / 2
    ax.set(
        ylim=(1.6, -0.6),
        xlim=(middle - 0.07, middle + 0.07),
        xlabel="accuracy, each model alone",
    )
    _names(ax, names)


def _names(ax, names) -> None:
    ax.set_yticks((0, 1), names)
    ax.tick_params(axis="y", length=0)


def _pictures(ax, new, old, names) -> None:
    """A bar of all pictures in four parts; only the two in colour decide."""
    left, total = int(np.sum(new & old)), len(new)
    ax.barh(0, left, color="white", ec=plots.INK, height=0.5)
    ax.annotate(
        f"{left} both right", (left / 2, 0), ha="center", va="center", color=plots.INK
    )
    for which, colour, name, side in (
        (new & ~old, COLOURS["new"], names[0], 1),
        (old & ~new, COLOURS["old"], names[1], -1),
    ):
        count = int(which.sum())
        ax.barh(0, count, left=left, color=colour, ec=plots.INK, height=0.5)
        above = {"va": "bottom" if side > 0 else "top", "ha": "right", "weight": "bold"}
        ax.annotate(
            f"{count} only {name}",
            (left + count, 0.32 * side),
            color=plots.darker(colour),
            **above,
        )
        left += count
    ax.barh(0, total - left, left=left, color="#dddddd", ec=plots.INK, height=0.5)
    ax.annotate(
        f"{total - left} both wrong",
        (1.01, 0),
        xycoords=("axes fraction", "data"),
        va="center",
    )
    ax.set(
        xlim=(0, total),
        ylim=(-0.75, 0.75),
        yticks=[],
        xticks=[],
        xlabel=f"the {total:,} pictures, one by one",
    )
    ax.spines[:].set_visible(False)


def _together(ax, new, old) -> None:
    paired = evaluate.paired_difference(new, old)
    half = evaluate.Z * sqrt((new.var() + old.var()) / len(new))
    apart = evaluate.Interval(paired.mean, paired.mean - half, paired.mean + half)
    _row(ax, 0, paired, plots.PALETTE["lp_ft"], str(paired))
    _row(ax, 1, apart, plots.FAINT, str(apart))
    ax.axvline(0, color=plots.INK, lw=1.4)
    ax.annotate(
        "no difference",
        (0, -0.62),
        ha="center",
        va="bottom",
        color=plots.INK,
        annotation_clip=False,
    )
    ax.set(ylim=(1.6, -0.6), xlabel="difference in accuracy")
    _names(ax, ("paired", "as if on\nother pictures"))
