"""The figure of the page: accuracy against seconds, a panel for each kind."""

from kinds import KINDS
from matplotlib import pyplot
from tables import OURS, RECIPES, instructions, measured

import tlkit as tk

TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
FEWEST = 4  # recipes of a panel
COLOUR = tk.plots.PALETTE["probe"]  # of ours


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
        sentences.append(f"{KINDS[name].title}: {', '.join(parts)}.")
    return " ".join(sentences)


def spaced(heights: list[float], gap: float) -> list[float]:
    """Heights moved up as little as needed, so that no two are nearer than the gap."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    moved, last = list(heights), float("-inf")
    for i in order:
        last = moved[i] = max(heights[i], last + gap)
    return moved


def drawn(results: dict) -> bytes:
    """The figure as a PNG file.

    A full mark is the best epoch, an empty one the published number of epochs, a stroke
    their time where they were not run.
    """
    panels = shown(results)
    count = max(1, len(panels))
    figure, axes = pyplot.subplots(
        count, 1, figsize=(8.2, 5 * count), layout="constrained", squeeze=False
    )
    for ax, (name, result) in zip(axes[:, 0], panels.items(), strict=False):
        panel(ax, result["rows"])
        pictures = f"{result['task'].get('test', 0):,} test pictures"
        ax.set_ylabel(f"accuracy on {pictures}")
        ax.set_title(f"{KINDS[name].title} ({instructions(result)})", loc="left")
    axes[-1, 0].set_xlabel(
        "seconds from the untrained to the trained model (logarithmic)\n"
        "full: best epoch; empty: published epochs; stroke: their time only, not run"
    )
    return tk.plots.png(figure, words(results))


def panel(ax, rows: dict) -> None:
    """Accuracy against seconds of one kind."""
    named = [(name, rows[name]) for name in RECIPES if name in rows]
    heights = [row["accuracy"]["median"] for _, row in named]
    reach = (max(heights) - min(heights)) or 0.1
    left = min(row["to_best"]["low"] for _, row in named)
    right = max(row["published"]["high"] for _, row in named) * 1.25
    theirs = [i for i, (name, _) in enumerate(named) if name not in OURS]
    moved = spaced([heights[i] for i in theirs], reach / 17)
    places = dict(zip(theirs, moved, strict=True))
    for i, (name, row) in enumerate(named):
        point(ax, row, mine=name in OURS)
        if name in OURS:
            first = row["to_best"]["low"] == left
            name_above(ax, RECIPES[name], row, "left" if first else "center")
        else:
            name_beside(ax, RECIPES[name], row, (right, places[i]))
    ax.set_ylim(top=ax.get_ylim()[1] + reach / 10)  # room for the highest name
    ax.set_xscale("log")
    seconds = [tick for tick in TICKS if tick <= right]
    ax.set_xticks(seconds, [f"{tick:,}" for tick in seconds])
    ax.set_xlim(left / 1.3, right)
    ax.minorticks_off()
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="x", color="#e8e8e8", zorder=0)


def point(ax, row: dict, mine: bool) -> None:
    """The marks of one recipe."""
    ink, mark = (COLOUR, "o") if mine else (tk.plots.INK, "s")
    best, accuracy = row["to_best"], row["accuracy"]
    x, y, ends = best["median"], accuracy["median"], row["published"]["median"]
    ax.plot([x, ends], [y, y], color=ink, lw=1, ls=":")
    ax.plot([best["low"], best["high"]], [y, y], color=ink, lw=2)
    ax.plot([x, x], [accuracy["low"], accuracy["high"]], color=ink, lw=2)
    if not mine and row["missing"]["high"]:
        ax.plot(ends, y, "|", color=ink, ms=9, mew=2)
    elif not mine:
        ax.plot(ends, y, mark, color=ink, mfc="white", ms=6)
    ax.plot(x, y, mark, color=ink, ms=9 if mine else 6)


def name_above(ax, name: str, row: dict, side: str) -> None:
    """The name of one of our recipes, above its mark."""
    ax.annotate(
        name,
        (row["to_best"]["median"], row["accuracy"]["high"]),
        xytext=(0, 5),
        textcoords="offset points",
        ha=side,
        color=COLOUR,
        fontsize=10,
        fontweight="bold",
    )


def name_beside(ax, name: str, row: dict, place: tuple[float, float]) -> None:
    """The name of a peer, right of the panel, with a line to its mark."""
    ax.annotate(
        name,
        (row["published"]["median"], row["accuracy"]["median"]),
        xytext=place,
        color=tk.plots.INK,
        va="center",
        fontsize=10,
        arrowprops={"arrowstyle": "-", "color": "#c8c8c8", "lw": 0.7, "shrinkB": 6},
    )
