"""The figure of the page: accuracy over time, one point a recipe, a panel a machine."""

from kinds import KINDS
from matplotlib import pyplot
from tables import OURS, RECIPES, measured

import tlkit as tk

TICKS = {1: "1 s", 3: "3 s", 10: "10 s", 30: "30 s", 60: "1 min"}
TICKS |= {180: "3 min", 600: "10 min", 1800: "30 min", 5400: "90 min"}
FEWEST = 4  # recipes of a panel
SHORT = {  # recipe -> its name in the figure
    "article": "the article",
    "keras_guide:head": "Keras: frozen",
    "keras_guide": "Keras: all layers",
    "tf_tutorial:head": "TensorFlow: frozen",
    "tf_tutorial": "TensorFlow: block 5",
    "torch_fixed": "PyTorch: frozen",
    "torch_finetune": "PyTorch: all layers",
    "probe": "tlkit: probe",
    "fine_tune": "tlkit: block 5",
    "lp_ft": "tlkit: all layers",
}


def shown(results: dict) -> dict[str, dict]:
    """Kind -> results, of the kinds that have a panel."""
    kinds = measured(results, "rows")
    return {name: one for name, one in kinds.items() if len(one["rows"]) >= FEWEST}


def words(results: dict) -> str:
    """The figure's alternative text."""
    sentences = ["Test accuracy against seconds, on a logarithmic scale."]
    for name, result in shown(results).items():
        parts = []
        for recipe, row in result["rows"].items():
            accuracy, seconds = row["accuracy"]["median"], row["to_best"]["median"]
            parts.append(f"{RECIPES[recipe]} {accuracy:.2f} after {seconds:.0f} s")
        chance = 1 / result["task"]["classes"]
        sentences.append(
            f"{KINDS[name].title}: {', '.join(parts)}; chance {chance:.2f}."
        )
    return " ".join(sentences)


def drawn(results: dict) -> bytes:
    """The figure as a PNG file."""
    return tk.plots.png(figure(results), words(results), tk.look.FINE)


def figure(results: dict):
    """The figure, of matplotlib.

    A point is a recipe: the time until its best epoch, and the accuracy that it has
    then. Lines go from the smallest to the largest of the repeats.
    """
    panels = shown(results)
    count = max(1, len(panels))
    whole, axes = pyplot.subplots(
        count,
        1,
        figsize=(tk.look.WIDE, 0.7 + 4.1 * count),
        layout="constrained",
        squeeze=False,
        sharex=True,
    )
    times = [
        row["to_best"][end]
        for result in panels.values()
        for row in result["rows"].values()
        for end in ("low", "high")
    ]
    limits = (0.8 * min(times, default=1), 1.25 * max(times, default=1))
    for ax, (name, result) in zip(axes[:, 0], panels.items(), strict=False):
        panel(ax, result, limits)
        machines = KINDS[name].sentence.split(",")[0]
        ax.set_title(f"{KINDS[name].title}: {machines}", loc="left")
    axes[-1, 0].set_xlabel(
        "time from the untrained to the best model (log scale)\n"
        "round: tlkit; square: published programs;\n"
        "lines: lowest to highest, where it was run again"
    )
    return whole


def panel(ax, result: dict, limits: tuple[float, float]) -> None:
    """Accuracy over seconds on one kind of machine.

    Args:
        ax: where.
        result: of the kind.
        limits: of the seconds, the same in all panels.
    """
    tk.plots.axes(ax, None)
    rows = {name: result["rows"][name] for name in RECIPES if name in result["rows"]}
    for name, row in rows.items():
        point(ax, row, mine=name in OURS)
    ax.set_xscale("log")
    low, high = limits
    seconds = [tick for tick in TICKS if low <= tick <= high]
    ax.set_xticks(seconds, [TICKS[tick] for tick in seconds])
    ax.minorticks_off()
    ax.tick_params(labelbottom=True)
    ax.set(ylim=(0, None), ylabel=f"accuracy, {result['task']['test']:,} test pictures")
    ends = []
    for name, row in rows.items():
        y = row["accuracy"]["median"]
        tail = {"color": "#d8d8d8", "lw": 0.8, "zorder": 0}
        ax.plot([row["to_best"]["median"], high], [y, y], **tail)
        ends.append((y, SHORT[name], ink(name in OURS)))
    ax.set_xlim(low, high)
    ends.append(tk.look.level(ax, 1 / result["task"]["classes"]))
    tk.look.name_ends(ax, ends)


def ink(mine: bool) -> str:
    """The colour of our recipes, and of others."""
    return tk.plots.PALETTE["probe"] if mine else "#666666"


def point(ax, row: dict, mine: bool) -> None:
    """The mark of one recipe, with its ranges."""
    colour = ink(mine)
    time, accuracy = row["to_best"], row["accuracy"]
    x, y = time["median"], accuracy["median"]
    ax.plot([time["low"], time["high"]], [y, y], color=colour, lw=2)
    ax.plot([x, x], [accuracy["low"], accuracy["high"]], color=colour, lw=2)
    ax.plot(x, y, "o" if mine else "s", color=colour, ms=10 if mine else 7, zorder=3)
