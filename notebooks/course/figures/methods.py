"""The figures of notebook 12: ways to fine-tune beside what they cost, on shifted
pictures, and from starts that learnt without labels.
"""

from collections.abc import Mapping
from typing import Any

from tlkit import evaluate, look, plots
from tlkit.recipes import RECIPES

from .parts import interval_row, listed, name_rows

COSTS = {  # panel -> label of its axis
    "trained": "numbers trained, and stored for each task",
    "seconds": "seconds on two cores",
    "peak_mb": "largest memory of the process, MB",
}
FROM = 1_000  # below this the axis of trained numbers is straight, so that 0 is on it
APART = 0.24  # rows between two marks of one row
BESIDE = 10  # points between recipes of one cost


def method_map(
    accuracy: Mapping[str, evaluate.Interval],
    costs: Mapping[str, Mapping[str, float]],
    bars: str,
):
    """Accuracy of each recipe beside what it costs: three panels with one scale.

    Args:
        accuracy: recipe, as in ``tk.recipes.RECIPES`` -> Interval on the test pictures.
        costs: recipe -> "trained" (numbers), "seconds", "peak_mb"; all of them > 0,
            but for "trained", which may be 0.
        bars: what the bars are, from ``look.bars``.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot

    rows = -(-len(accuracy) // 3)
    inches = (look.WIDE, 7.6 + 0.25 * rows)
    figure = pyplot.figure(figsize=inches, layout="constrained")
    panels = figure.subplots(len(COSTS), sharey=True)
    for ax, (cost, label) in zip(panels, COSTS.items(), strict=True):
        plots.axes(ax, None)
        places = {name: costs[name][cost] for name in accuracy}
        for name, found in accuracy.items():
            alike = [other for other in places if places[other] == places[name]]
            aside = BESIDE * (alike.index(name) - (len(alike) - 1) / 2)
            _cross(ax, places[name], found, name, aside)
        if cost == "trained":
            ax.set_xscale("symlog", linthresh=FROM, linscale=0.4)
            ticks = {
                0: "0",
                1e3: "1,000",
                1e4: "10,000",
                1e5: "100,000",
                1e6: "1 million",
            }
            ax.set_xticks(list(ticks), list(ticks.values()))
            ax.set_xlim(-300, 6e6)
        elif cost == "seconds":
            ax.set_xscale("log")
            ticks = {n: f"{n:g}" for n in (0.3, 1, 3, 10, 30, 100, 300)}
            ax.set_xticks(list(ticks), list(ticks.values()))
            ax.set_xlim(min(places.values()) / 1.5, max(places.values()) * 1.5)
        else:
            room = 0.08 * max(places.values())
            ax.set_xlim(min(places.values()) - room, max(places.values()) + room)
        ax.minorticks_off()
        ax.set(xlabel=label, ylabel="accuracy")
    # Marks that are moved aside do not set the limits:
    low = min(found.low for found in accuracy.values())
    high = max(found.high for found in accuracy.values())
    panels[0].set_ylim(low - 0.1 * (high - low), high + 0.1 * (high - low))
    marks, _ = panels[0].get_legend_handles_labels()
    figure.legend(
        marks,
        [RECIPES[name].label for name in accuracy],
        loc="outside lower center",
        ncols=3,
        frameon=False,
        fontsize=look.TYPE - 1,
        title=bars,
        title_fontsize=look.TYPE,
    )
    words = {
        RECIPES[name].label: f"{found}, {costs[name]['trained']:,.0f} numbers, "
        f"{costs[name]['seconds']:.1f} s, {costs[name]['peak_mb']:.0f} MB"
        for name, found in accuracy.items()
    }
    return plots.describe(
        figure, f"Accuracy on the test pictures, and costs: {listed(words)}."
    )


def _cross(ax, cost: float, found: evaluate.Interval, name: str, aside: float) -> None:
    """A recipe's mean at its cost, with its interval as a bar.

    Args:
        aside: points to the right; recipes of one cost stand side by side.
    """
    from matplotlib.transforms import offset_copy

    one = RECIPES[name]
    moved = offset_copy(ax.transData, ax.figure, x=aside, units="points")
    shown = {"color": one.colour, "transform": moved}
    ax.plot([cost, cost], [found.low, found.high], lw=2, **shown)
    ax.plot(cost, found.mean, one.marker, ms=8, label=one.label, **shown)


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

    looks = {"probe": RECIPES["probe"], "fine-tuned": RECIPES["lp_ft"]}
    inches = (look.WIDE, 1.2 + 2.1 * len(accuracy))
    figure = pyplot.figure(figsize=inches, layout="constrained")
    panels = figure.subplots(len(accuracy), sharex=True, squeeze=False).ravel()
    for ax, (target, of) in zip(panels, accuracy.items(), strict=True):
        plots.axes(ax, None)
        for row, found in enumerate(of.values()):
            for way, place in (("probe", -0.15), ("fine-tuned", 0.15)):
                one = looks[way]
                interval_row(ax, row + place, found[way], one.colour, one.marker)
        ax.axvline(chance[target], color=look.OTHER, ls="--", lw=1.2, zorder=0)
        name_rows(ax, list(of))
        ax.set_title(f"{target} (guessing: {chance[target]:g})")
        ax.set_xlim(0, 1)
    panels[-1].set_xlabel("accuracy on the test pictures")
    marks = [
        panels[0].plot([], [], one.marker, color=one.colour, ms=8)[0]
        for one in looks.values()
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
