"""Notebook 05: what larger pictures bring, and what they cost."""

from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

from tlkit import look, plots
from tlkit.evaluate import Interval

from .parts import listed

START = 32  # pixels of an edge: the size that the others are compared with
COSTS = {"seconds": "seconds of\none training", "peak_mb": "its memory, MB"}
STYLES = ("o-", "s--", "^-.", "v:")  # of the lines: told apart without colour, too


def by_size(rows: Sequence[Mapping[str, Any]]):
    """Accuracy over the size of the pictures, a line for each recipe; below the sizes,
    what they cost in multiply-adds.

    Where all rows have them, further panels show seconds and memory.

    Args:
        rows: of a stored result, each with "recipe" (four at most), "size" (pixels of
            an edge), "accuracy" (mean, lower and upper end), "draws" (accuracies) and,
            if they were measured, "seconds" and "peak_mb" of one training.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot

    lines: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["size"]):
        lines.setdefault(row["recipe"], []).append(row)
    costs = COSTS if all("peak_mb" in row for row in rows) else {}
    figure = pyplot.figure(
        figsize=(look.WIDE, 3.7 + 2 * len(costs)), layout="constrained"
    )
    heights = (3, *[2] * len(costs))
    panels = figure.subplots(
        len(heights), sharex=True, squeeze=False, height_ratios=heights
    )[:, 0]
    ends, said = [], {}
    for (recipe, line), style in zip(lines.items(), STYLES, strict=False):
        sizes = [row["size"] for row in line]
        found = [Interval(*row["accuracy"]) for row in line]
        colour, label = plots.PALETTE[recipe], plots.NAMES[recipe]
        panels[0].plot(sizes, [f.mean for f in found], style, color=colour, lw=2.5)
        lows, highs = [f.low for f in found], [f.high for f in found]
        panels[0].vlines(sizes, lows, highs, color=colour, lw=2.5, alpha=0.5)
        for row in line:
            look.draws(panels[0], row["size"], row["draws"], colour, across=True)
        ends.append((found[-1].mean, look.wrapped(label, 13), colour))
        said[f"{label}:"] = ", ".join(
            f"{size} × {size} {f}" for size, f in zip(sizes, found, strict=True)
        )
        for ax, cost in zip(panels[1:], costs, strict=True):
            ax.plot(sizes, [row[cost] for row in line], style, color=colour, lw=2.5)
    _sizes(panels, sorted({row["size"] for row in rows}))
    ends_of_all = [end for row in rows for end in row["accuracy"]]
    low, high = floor(10 * min(ends_of_all)) / 10, ceil(10 * max(ends_of_all)) / 10
    panels[0].set(ylabel="accuracy, new pictures", ylim=(low, high))
    for ax, words in zip(panels[1:], costs.values(), strict=True):
        ax.set(ylabel=words, ylim=(0, None))
    draws = {len(row["draws"]) for row in rows}
    of = draws.pop() if len(draws) == 1 else None
    look.say_bars(panels[-1], look.bars(of, dots=True))
    look.name_ends(panels[0], ends)
    return plots.describe(figure, f"Accuracy by size of picture. {listed(said)}.")


def _sizes(panels, sizes: Sequence[int]) -> None:
    """The sizes below the lowest panel, each with its price in multiply-adds."""
    for ax in panels:
        plots.axes(ax, None)
        ax.set_xlim(sizes[0] - 4, sizes[-1] + 6)
    names = [f"{size}\n{(size / START) ** 2:.3g} ×" for size in sizes]
    panels[-1].set_xticks(sizes, names)
    panels[-1].set_xlabel("pixels of an edge; below: times the multiply-adds")
