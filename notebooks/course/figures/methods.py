"""The figures of notebook 12: ways to fine-tune beside what they cost, on shifted
pictures, and from starts that learnt without labels.
"""

from collections.abc import Mapping
from typing import Any

from tlkit import evaluate, look, plots
from tlkit.recipes import RECIPES

from .parts import interval_row, listed, name_rows

COSTS = {  # cost -> head of its column, and how a number is written there
    "trained": ("numbers\ntrained", "{:,.0f}"),
    "seconds": ("seconds\n(2 cores)", "{:.1f}"),
    "peak_mb": ("memory\n(MB)", "{:.0f}"),
}
COLUMNS = (62, 124, 174)  # right ends of the columns of costs, points beside the axes
START = {  # start -> what to call it in a figure
    "with labels": "pretrained\nwith labels",
    "without labels": "pretrained\nwithout labels",
    "random": "random weights",
}
APART = 0.24  # rows between two marks of one row


def method_map(
    accuracy: Mapping[str, evaluate.Interval],
    costs: Mapping[str, Mapping[str, float]],
    bars: str,
):
    """Accuracy of each recipe, and beside it what it costs: a row for each, the most
    accurate one on top.

    Args:
        accuracy: recipe, as in ``tk.recipes.RECIPES`` -> Interval on the test pictures.
        costs: recipe -> "trained" (numbers, stored for each task), "seconds",
            "peak_mb" (the largest memory of the process).
        bars: what the bars are, from ``look.bars``.

    Returns:
        the Axes.
    """
    order = sorted(accuracy, key=lambda name: -accuracy[name].mean)
    ax = plots.axes(None, (look.WIDE, 1.5 + 0.34 * len(order)))
    for row, name in enumerate(order):
        one = RECIPES[name]
        interval_row(ax, row, accuracy[name], one.colour, one.marker)
        for (cost, (_, written)), right in zip(COSTS.items(), COLUMNS, strict=True):
            _cell(ax, right, row, written.format(costs[name][cost]))
    for (head, _), right in zip(COSTS.values(), COLUMNS, strict=True):
        _cell(ax, right, -0.7, head, va="bottom")
    name_rows(ax, [RECIPES[name].label for name in order])
    ax.locator_params(axis="x", nbins=4)
    ax.set_xlabel(f"accuracy\n{bars}")
    words = {}
    for name in order:
        trained, seconds, memory = (costs[name][cost] for cost in COSTS)
        words[RECIPES[name].label] = (
            f"{accuracy[name]}, {trained:,.0f} numbers, "
            f"{seconds:.1f} s, {memory:.0f} MB"
        )
    return plots.describe(
        ax, f"Accuracy on the test pictures, and costs: {listed(words)}."
    )


def _cell(ax, right: int, row: float, words: str, va: str = "center") -> None:
    """Words of a column that ends ``right`` points beside the axes."""
    ax.annotate(
        words,
        (1, row),
        (right, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        va=va,
        color=plots.INK,
        fontsize=look.TYPE,
        annotation_clip=False,
    )


def shifts(gains: Mapping[str, Mapping[str, evaluate.Interval]], bars: str):
    """What each recipe gains over a linear probe, on every kind of pictures.

    Args:
        gains: kind of pictures -> recipe -> Interval of the paired difference; the same
            recipes for each kind, at most four of them.
        bars: what the bars are, from ``look.bars``.

    Returns:
        the Axes.
    """
    recipes = list(next(iter(gains.values())))
    rows = len(gains)
    ax = plots.axes(None, (look.WIDE, 1.7 + 0.28 * rows * len(recipes)))
    for row, found in enumerate(gains.values()):
        for place, name in enumerate(recipes):
            at = row + APART * (place - (len(recipes) - 1) / 2)
            one = RECIPES[name]
            interval_row(ax, at, found[name], one.colour, one.marker)
        if row:
            ax.axhline(row - 0.5, color=look.OTHER, lw=0.6)
    ax.axvline(0, color=plots.INK, lw=1.2, zorder=0)
    name_rows(ax, list(gains))
    _legend(ax, {RECIPES[name].label: RECIPES[name] for name in recipes})
    ax.set_xlabel(f"accuracy minus that of the linear probe\n{bars}")
    words = {
        kind: ", ".join(f"{RECIPES[name].label} {of[name]}" for name in recipes)
        for kind, of in gains.items()
    }
    return plots.describe(ax, f"Accuracy gained over a linear probe: {listed(words)}.")


def _legend(ax, looks: Mapping[str, Any]) -> None:
    """Names of colours and markers above the axes."""
    marks = [
        ax.plot([], [], one.marker, color=one.colour, ms=8)[0] for one in looks.values()
    ]
    ax.legend(
        marks,
        list(looks),
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=2,
        frameon=False,
        fontsize=look.TYPE,
    )


def starts(
    accuracy: Mapping[str, Mapping[str, Mapping[str, evaluate.Interval]]],
    chance: Mapping[str, float],
    bars: str,
):
    """Accuracy on each target from each start, probed and fine-tuned.

    Args:
        accuracy: target -> start -> "probe" and "fine-tuned" -> Interval.
        chance: target -> accuracy of guessing.
        bars: what the bars are, from ``look.bars``.

    Returns:
        a matplotlib Figure, a panel for each target.
    """
    from matplotlib import pyplot

    looks = {  # way -> its colour and its mark
        "probe": (RECIPES["probe"].colour, "o"),
        "fine-tuned": (RECIPES["lp_ft"].colour, "s"),
    }
    inches = (look.WIDE, 1.2 + 2.2 * len(accuracy))
    figure = pyplot.figure(figsize=inches, layout="constrained")
    panels = figure.subplots(len(accuracy), sharex=True, squeeze=False).ravel()
    for ax, (target, of) in zip(panels, accuracy.items(), strict=True):
        plots.axes(ax, None)
        for row, found in enumerate(of.values()):
            for way, place in (("probe", -0.15), ("fine-tuned", 0.15)):
                interval_row(ax, row + place, found[way], *looks[way])
        look.chance(ax, chance[target], "guessing")
        name_rows(ax, [START.get(start, start) for start in of])
        ax.set_title(f"target: {target}", loc="right", weight="bold")
        ax.set_xlim(0, 1)
    panels[-1].set_xlabel("accuracy on the test pictures")
    marks = [
        panels[0].plot([], [], mark, color=colour, ms=6)[0]
        for colour, mark in looks.values()
    ]
    figure.legend(
        marks,
        list(looks),
        loc="outside lower center",
        ncols=2,
        frameon=False,
        fontsize=look.TYPE,
        title=bars,
        title_fontsize=look.TYPE,
    )
    words = {
        f"{target}, {start}": ", ".join(f"{way} {one}" for way, one in found.items())
        for target, of in accuracy.items()
        for start, found in of.items()
    }
    return plots.describe(figure, f"Accuracy on the test pictures: {listed(words)}.")
