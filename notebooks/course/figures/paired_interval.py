"""Two models on the same test pictures: each alone, who got what right,
the difference.
"""

from math import sqrt

import numpy as np

from tlkit import evaluate, look, plots
from tlkit.look import beside

NEW, OLD = plots.PALETTE["probe"], plots.PALETTE["fine_tune"]


def paired_interval(
    new: np.ndarray, old: np.ndarray, names: tuple[str, str] = ("new", "old")
):
    """Three panels with one scale: two intervals, the pictures that decide, the
    difference.

    Args:
        new, old: bool (n,), what each of two models got right on the same pictures.
        names: what to call them.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    apart = ConstrainedLayoutEngine(hspace=0.09)  # a title belongs to the panel below
    figure = pyplot.figure(figsize=(look.WIDE, 6.2), layout=apart)
    alone, pictures, together = figure.subplots(3, height_ratios=(2.1, 1.5, 2.1))
    mine, other = evaluate.wilson(new), evaluate.wilson(old)
    _alone(plots.axes(alone, None), mine, other, names)
    _pictures(plots.axes(pictures, None), new, old, names)
    _together(plots.axes(together, None), new, old)
    # An inch is as much accuracy as in the first panel.
    wide = np.ptp(alone.get_xlim())
    together.set_xlim(-0.35 * wide, 0.65 * wide)
    return plots.describe(
        figure,
        f"Alone, {names[0]} scores {mine} and {names[1]} {other}. "
        f"{np.sum(new & ~old)} pictures only {names[0]} got right, "
        f"{np.sum(old & ~new)} only {names[1]}. "
        f"Paired difference {evaluate.paired_difference(new, old)}, as if on other "
        f"pictures {_unpaired(new, old)}.",
    )


def _unpaired(new: np.ndarray, old: np.ndarray) -> evaluate.Interval:
    """The difference as if each model had seen pictures of its own."""
    mean = evaluate.paired_difference(new, old).mean
    half = evaluate.Z * sqrt((new.var() + old.var()) / len(new))
    return evaluate.Interval(mean, mean - half, mean + half)


def _row(ax, row: int, found: evaluate.Interval, colour: str) -> None:
    """An interval as a broad bar with its mean, and both in words."""
    broad = {"color": colour, "lw": 7, "solid_capstyle": "butt", "alpha": 0.75}
    ax.plot([found.low, found.high], [row, row], **broad)
    ax.plot(found.mean, row, "o", color=plots.INK, ms=7)
    beside(ax, row, str(found))


def _name_two_rows(ax, names) -> None:
    ax.set_yticks((0, 1), names)
    ax.set_ylim(1.6, -0.6)
    ax.tick_params(axis="y", length=0)


def _alone(ax, mine: evaluate.Interval, other: evaluate.Interval, names) -> None:
    """The interval of each model, and where they overlap."""
    _row(ax, 0, mine, NEW)
    _row(ax, 1, other, OLD)
    low, high = max(mine.low, other.low), min(mine.high, other.high)
    if low < high:
        ax.axvspan(low, high, color=plots.FAINT, alpha=0.3, lw=0)
        above = {"ha": "center", "va": "bottom", "annotation_clip": False}
        ax.annotate("overlap", ((low + high) / 2, -0.62), color=plots.INK, **above)
    centre = (mine.mean + other.mean) / 2
    ax.set(xlim=(centre - 0.07, centre + 0.07), xlabel="accuracy, each model alone")
    look.say_bars(ax, look.bars())
    _name_two_rows(ax, names)


def _pictures(ax, new: np.ndarray, old: np.ndarray, names) -> None:
    """A bar of all pictures in four parts; only the two in colour decide."""
    total = len(new)
    both, neither = int(np.sum(new & old)), int(np.sum(~new & ~old))
    only_new, only_old = int(np.sum(new & ~old)), int(np.sum(old & ~new))
    edge = {"ec": plots.INK, "height": 0.5}
    ax.barh(0, both, color="white", **edge)
    middle = {"ha": "center", "va": "center", "color": plots.INK}
    ax.annotate(f"{both} both right", (both / 2, 0), **middle)
    ax.barh(0, only_new, left=both, color=NEW, **edge)
    bold = {"ha": "right", "weight": "bold"}
    words, end = f"{only_new} only {names[0]}", both + only_new
    ax.annotate(words, (end, 0.32), color=plots.darker(NEW), va="bottom", **bold)
    ax.barh(0, only_old, left=end, color=OLD, **edge)
    words, end = f"{only_old} only {names[1]}", end + only_old
    ax.annotate(words, (end, -0.32), color=plots.darker(OLD), va="top", **bold)
    ax.barh(0, neither, left=end, color="#dddddd", **edge)
    beside(ax, 0, f"{neither} both wrong")
    ax.set(xlim=(0, total), ylim=(-0.75, 0.75), yticks=[], xticks=[])
    ax.set_title(f"the {total:,} pictures, one by one", fontsize=look.TYPE)
    ax.spines[:].set_visible(False)


def _together(ax, new: np.ndarray, old: np.ndarray) -> None:
    """The paired difference, and the one as if on other pictures."""
    _row(ax, 0, evaluate.paired_difference(new, old), plots.PALETTE["lp_ft"])
    _row(ax, 1, _unpaired(new, old), plots.FAINT)
    ax.axvline(0, color=plots.INK, lw=1.4)
    above = {"ha": "center", "va": "bottom", "annotation_clip": False}
    ax.annotate("no difference", (0, -0.62), color=plots.INK, **above)
    ax.set(xlabel="difference in accuracy\nbars: 95 %, the same pictures")
    _name_two_rows(ax, ("paired", "as if on\nother pictures"))
