"""Backbones under one protocol: what each reaches, against what it costs.

The reader chooses what cost means: parameters, megabytes or time.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tlkit import evaluate, look, plots

from ..widgets import Explorer, explore
from .parts import name_beside

AXES = {  # what a backbone costs -> name of the axis
    "parameters": "parameters",
    "megabytes": "megabytes on disk",
    "time": "time for a picture, as a multiple of the letters backbone's",
}
TICKS = {
    "parameters": (3e5, 1e6, 3e6, 1e7),
    "megabytes": (0.5, 1, 2, 5, 10, 20, 50),
    "time": (0.5, 1, 2, 5, 10),
}
LOOKS = {  # backbone -> colour, mark, where its name stands from its mark, in points
    "letters": (plots.PALETTE["probe"], "o", (9, -12)),
    "letters-small": (plots.PALETTE["other"], "s", (-4, -18)),
    "letters-bn": (plots.PALETTE["lp_ft"], "^", (9, 4)),
    "random": (plots.PALETTE["scratch"], "X", (9, 5)),
}


def cost_of(entry: Mapping[str, Any], axis: str) -> float:
    """A backbone's cost on one of AXES; of the time the median over its rounds."""
    return float(np.median(entry["times_letters"]) if axis == "time" else entry[axis])


def backbone_costs(stored: Mapping[str, Any]) -> Explorer:
    """Accuracy against cost for all backbones, with a choice of cost and label budget.

    Args:
        stored: as 10_backbones.json has it: `costs`, name -> parameters, megabytes and
            times_letters; `accuracy`, name -> labels per class -> "test" -> one for
            each seed.
    """
    from ipywidgets import ToggleButtons

    budgets = list(next(iter(stored["accuracy"].values())))

    def draw(figure, cost: str, labels: str) -> str:
        return draw_backbones(figure, stored, cost, labels)

    style = {"button_width": "auto"}
    cost = ToggleButtons(options=list(AXES), description="cost in", style=style)
    labels = ToggleButtons(
        options=budgets, value=budgets[1], description="labels per class", style=style
    )
    return explore(draw, (look.WIDE, 4.0), cost=cost, labels=labels)


def draw_backbones(figure, stored: Mapping[str, Any], axis: str, labels: str) -> str:
    """Draw accuracy against cost on an empty figure.

    Networks without an accuracy get a line where they would stand.

    Args:
        figure: of matplotlib.
        stored: as for ``backbone_costs``.
        axis: one of AXES.
        labels: labels per class, as text.

    Returns:
        the figure in words.
    """
    figure.set_layout_engine("none")  # places by hand, to be quick
    ax = plots.axes(figure.add_axes((0.11, 0.22, 0.87, 0.7)), None)
    costs = {name: cost_of(entry, axis) for name, entry in stored["costs"].items()}
    words = []
    for name, cost in costs.items():
        at = f"{cost:,.2f}".removesuffix(".00")
        if name in stored["accuracy"]:
            scores = stored["accuracy"][name][labels]["test"]
            found = evaluate.over_seeds(scores, (0, 1))
            _measured(ax, name, cost, found)
            words.append(f"{name} {found} for {at}")
        else:
            _unknown(ax, name, cost)
            words.append(f"{name} would stand at {at}")
    ax.set(
        xscale="log",
        ylim=(0, 1),
        ylabel="accuracy on test digits",
        xlabel=f"{AXES[axis]} (log scale)",
    )
    style = ",.0f" if axis == "parameters" else ",g"
    ax.set_xticks(TICKS[axis], [format(tick, style) for tick in TICKS[axis]])
    ax.minorticks_off()
    many = len(next(iter(stored["accuracy"].values()))[labels]["test"])
    look.say_bars(ax, f"{look.bars(many)}; dotted: not measured here")
    ax.set_xlim(min(costs.values()) / 1.5, max(costs.values()) * 1.6)
    title = f"one linear head each, {labels} labels per class"
    ax.set_title(title, fontsize=11, color=plots.INK)
    return (
        f"Test accuracy against {AXES[axis]}, {labels} labels per class: "
        f"{'; '.join(words)}."
    )


def _measured(ax, name: str, cost: float, found: evaluate.Interval) -> None:
    """A backbone at its cost and its accuracy, with the interval."""
    colour, mark, offset = LOOKS[name]
    ends = [[found.mean - found.low], [found.high - found.mean]]
    bar = {"lw": 2.5, "capsize": 4, "marker": mark, "ms": 7}
    ax.errorbar(cost, found.mean, ends, color=colour, **bar)
    words = f"{name} {found.mean:.2f}"
    name_beside(ax, words, (cost, found.mean), colour, offset)


def _unknown(ax, name: str, cost: float) -> None:
    """A line at the cost of a network whose accuracy was not measured."""
    ax.axvline(cost, color=plots.FAINT, ls=":", lw=1.5, zorder=0)
    ax.annotate(
        name,
        (cost, 0.3),
        (-4, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        color=plots.INK,
        rotation=90,
        ha="right",
        va="bottom",
        fontsize=look.TYPE,
    )
