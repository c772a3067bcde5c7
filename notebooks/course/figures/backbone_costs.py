"""Backbones under one protocol: what each reaches, against what it costs, in the unit that you care about."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tlkit import evaluate, plots

from ..widgets import Explorer, explore

AXES = {  # what a backbone costs -> name of the axis
    "parameters": "parameters",
    "megabytes": "megabytes on disk",
    "time": "time for a picture, as a multiple of the letters backbone's",
}
MARKS = {"letters": "o", "letters-small": "s", "letters-bn": "^", "random": "X"}
TICKS = {
    "parameters": (3e5, 1e6, 3e6, 1e7),
    "megabytes": (0.5, 1, 2, 5, 10, 20, 50),
    "time": (0.5, 1, 2, 5, 10),
}
BESIDE = {
    "letters": (9, -12),
    "letters-small": (-4, -18),
    "letters-bn": (9, 4),
    "random": (9, 5),
}  # the name, in points
COLOURS = {
    "letters": "probe",
    "letters-small": "other",
    "letters-bn": "lp_ft",
    "random": "scratch",
}


def cost_of(entry: Mapping[str, Any], axis: str) -> float:
    """A backbone's cost on one of AXES; of the time the median over its rounds."""
    return float(np.median(entry["times_letters"]) if axis == "time" else entry[axis])


def backbone_costs(stored: Mapping[str, Any]) -> Explorer:
    """Accuracy against cost for all backbones, with a choice of the cost and of the label budget.

    Args:
        stored: as 10_backbones.json has it: `costs`, name -> parameters, megabytes and times_letters; `accuracy`,
            name -> labels per class -> "test" -> one for each seed.
    """
    from ipywidgets import ToggleButtons

    budgets = list(next(iter(stored["accuracy"].values())))

    def draw(figure, cost: str, labels: str) -> str:
        return draw_backbones(figure, stored, cost, labels)

    look = {"button_width": "auto"}
    cost = ToggleButtons(options=list(AXES), description="cost in", style=look)
    labels = ToggleButtons(
        options=budgets, value=budgets[1], description="labels per class", style=look
    )
    return explore(draw, (7.4, 3.8), cost=cost, labels=labels)


def draw_backbones(figure, stored: Mapping[str, Any], axis: str, labels: str) -> str:
    """Draw on an empty figure; returns it in words. Networks without an accuracy get a line where they would stand."""
    figure.set_layout_engine("none")
    ax = plots.axes(figure.add_axes((0.1, 0.16, 0.86, 0.7)), None)
    words = []
    for name, scores in stored["accuracy"].items():
        found, at = (
            evaluate.over_seeds(scores[labels]["test"], (0, 1)),
            cost_of(stored["costs"][name], axis),
        )
        colour = plots.PALETTE[COLOURS[name]]
        ends = [[found.mean - found.low], [found.high - found.mean]]
        ax.errorbar(
            at,
            found.mean,
            ends,
            color=colour,
            lw=2.5,
            capsize=4,
            marker=MARKS[name],
            ms=7,
        )
        ax.annotate(f"{name} {found.mean:.2f}", (at, found.mean), BESIDE[name], textcoords="offset points",
                    color=plots.darker(colour), weight="bold", fontsize=10)  # fmt: skip
        words.append(f"{name} {found} for {at:,.2f}".removesuffix(".00"))
    unknown = [name for name in stored["costs"] if name not in stored["accuracy"]]
    for name in unknown:
        at = cost_of(stored["costs"][name], axis)
        ax.axvline(at, color=plots.FAINT, ls=":", lw=1.5, zorder=0)
        ax.annotate(name, (at, 0.3), (-4, 0), xycoords=("data", "axes fraction"), textcoords="offset points",
                    color=plots.INK, rotation=90, ha="right", va="bottom", fontsize=9)  # fmt: skip
        words.append(f"{name} would stand at {at:,.2f}".removesuffix(".00"))
    every = [cost_of(entry, axis) for entry in stored["costs"].values()]
    ax.set(
        xscale="log",
        ylim=(0, 1),
        ylabel="accuracy on test digits",
        xlabel=f"{AXES[axis]} (log scale)",
    )
    ax.set_xticks(
        TICKS[axis],
        [
            f"{tick:,g}" if axis != "parameters" else f"{tick:,.0f}"
            for tick in TICKS[axis]
        ],
    )
    ax.minorticks_off()
    ax.set_xlim(min(every) / 1.5, max(every) * 1.6)
    ax.set_title(
        f"one linear head each, {labels} labels per class", fontsize=11, color=plots.INK
    )
    return f"Test accuracy against {AXES[axis]}, {labels} labels per class: {'; '.join(words)}."
