"""Fine-tuning by depth: what each block costs in multiply-adds, the price list of unfreezing, and the dial over it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tlkit import evaluate, plots

_LIT, _DARK = plots.PALETTE["lp_ft"], "#d9d9d9"


def price_list(
    rows: Mapping[str, Mapping[str, Any]], xlabel: str = "accuracy on test pictures"
):
    """Every depth of fine-tuning with what it trains, what it brings and what it costs; returns the figure.

    Args:
        rows: depth -> "accuracy" (Interval), "price" (times the linear probe's multiply-adds), "numbers" (trained),
            "memory" (megabytes). Depths are "head", "block5" … "block2", "all".
        xlabel: of the accuracies.
    """
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(10.2, 0.62 * len(rows) + 1.1), layout="constrained")
    what, score, cost, words = figure.subplots(
        1, 4, sharey=True, width_ratios=(1.5, 2.3, 2.3, 1.5)
    )
    places = range(len(rows))
    for y, (depth, row) in enumerate(rows.items()):
        _network(what, y, depth)
        found = row["accuracy"]
        score.plot(
            [found.low, found.high],
            [y, y],
            color=_LIT,
            lw=6,
            alpha=0.35,
            solid_capstyle="butt",
        )
        score.plot(found.mean, y, "o", color=plots.darker(_LIT), ms=8)
        score.annotate(
            f"{found.mean:.3f}",
            (found.mean, y),
            (0, 9),
            textcoords="offset points",
            ha="center",
        )
        cost.barh(
            y, row["price"], height=0.5, color=plots.PALETTE["scratch"], alpha=0.55
        )
        cost.annotate(
            f"{row['price']:.1f} ×",
            (row["price"], y),
            (5, 0),
            textcoords="offset points",
            va="center",
        )
        words.text(
            0.5, y, f"{row['numbers']:,}", ha="right", va="center", color=plots.INK
        )
        words.text(
            1.25,
            y,
            f"{row['memory']:,.1f} MB",
            ha="right",
            va="center",
            color=plots.INK,
        )
    most = max(row["price"] for row in rows.values())
    cost.set(xlim=(0, 1.2 * most), xlabel="multiply-adds, times the probe's")
    score.set(xlabel=xlabel)
    score.margins(x=0.08)
    score.grid(axis="x", color=_DARK, lw=0.8)
    words.set(xlim=(0, 1.3), xticks=[0.5, 1.25])
    words.set_xticklabels(["numbers\ntrained", "memory to\ntrain them"], ha="right")
    words.spines[:].set_visible(False)
    what.set(
        xlim=(-0.1, 6.2),
        xticks=[0.4 + i for i in range(6)],
        xlabel="block; trained: green",
    )
    what.set_xticklabels(["1", "2", "3", "4", "5", " head"])
    what.set_yticks(places, [_named(depth) for depth in rows])
    what.set_ylim(len(rows) - 0.4, -0.7)
    for ax in (what, score, cost, words):
        plots.axes(ax, None)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(ax is cost)
    words.tick_params(length=0)
    return figure


def _named(depth: str) -> str:
    return {"head": "head only", "all": "all blocks"}.get(
        depth, f"from {depth.replace('block', 'block ')}"
    )


def _network(ax, y: float, depth: str) -> None:
    """Six boxes, block 1 to the head, those that are trained in colour."""
    first = 5 if depth == "head" else 0 if depth == "all" else int(depth[-1]) - 1
    for i in range(6):
        lit = i >= first
        ax.barh(
            y,
            0.8,
            left=i,
            height=0.55,
            color=_LIT if lit else _DARK,
            ec=plots.INK if lit else "white",
            lw=1.2,
        )


def still_read(lines: Mapping[str, Mapping[str, evaluate.Interval]]):
    """Accuracy on the source task after fine-tuning, by depth, a line for each way to ask; returns the Axes.

    Args:
        lines: name (four at most) -> depth -> Interval; the depth "head" trained no shared layer and forgets nothing.
    """
    ax, looks = (
        plots.axes(None, (6.8, 3.5)),
        (("probe", "s--"), ("fine_tune", "o-"), ("scratch", "^-"), ("lp_ft", "v-")),
    )
    for (name, line), (key, style) in zip(lines.items(), looks, strict=False):
        found, colour = list(line.values()), plots.PALETTE[key]
        ax.plot([f.mean for f in found], style, color=colour, lw=2.5, ms=7)
        ax.vlines(
            range(len(found)),
            [f.low for f in found],
            [f.high for f in found],
            color=colour,
            lw=4,
            alpha=0.4,
        )
        ax.annotate(name, (len(found) - 1, found[-1].mean), (10, 0), textcoords="offset points", va="center",
                    weight="bold", color=plots.darker(colour), annotation_clip=False)  # fmt: skip
    ax.set_xticks(
        range(len(found)), [_named(depth).replace(" ", "\n", 1) for depth in line]
    )
    ax.set(ylim=(0, 1.02), ylabel="accuracy on letters", xlim=(-0.2, len(found) - 0.7))
    return ax


_Tuned = Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]


def unfreeze_dial(tuned: _Tuned, depth: str = "block5", rate: str = "0.001"):
    """Depth and step size over measured runs: what every pair reaches and forgets, and the chosen pair's training.

    Args:
        tuned: depth -> step size, as text -> for each seed a dict with "validation", accuracies (epochs,), and
            "letters", the accuracy that is left on the source task.
        depth, rate: where the dial stands at the beginning.
    """
    from ipywidgets import SelectionSlider, ToggleButtons

    from ..widgets import explore

    rates = sorted(next(iter(tuned.values())), key=float)
    curves = {
        d: {r: np.array([run["validation"] for run in tuned[d][r]]) for r in rates}
        for d in tuned
    }
    grid = np.array(
        [[curves[d][r][:, -1].mean() for r in rates] for d in tuned]
    )  # (depths, rates)
    left_over = np.array(
        [
            [np.mean([run["letters"] for run in tuned[d][r]]) for r in rates]
            for d in tuned
        ]
    )

    def draw(figure, depth: str, rate: str) -> str:
        figure.set_layout_engine("none")
        left, right = figure.subplots(
            1, 2, width_ratios=(1.15, 1), gridspec_kw=_MARGINS
        )
        _board(left, grid, left_over, list(tuned), rates, (depth, rate))
        _training(right, curves, depth, rate)
        found = evaluate.over_seeds(curves[depth][rate][:, -1], (0, 1))
        at = list(tuned).index(depth), rates.index(rate)
        rank = int((grid > grid[at]).sum()) + 1
        return (
            f"{_named(depth)}, step size {rate}: validation accuracy {found} over {len(curves[depth][rate])} seeds, "
            f"place {rank} of {grid.size}; the old head still reads {left_over[at]:.2f} of the letters."
        )

    choose = ToggleButtons(
        options=list(tuned),
        value=depth,
        description="unfreeze from",
        style={"button_width": "auto"},
    )
    turn = SelectionSlider(options=rates, value=rate, description="step size")
    return explore(draw, (8.4, 3.6), depth=choose, rate=turn)


_MARGINS = {"left": 0.09, "right": 0.98, "bottom": 0.17, "top": 0.9, "wspace": 0.25}


def _board(ax, grid, left_over, depths, rates, chosen) -> None:
    from matplotlib.patches import Rectangle

    low, high = grid.min(), grid.max()
    ax.imshow(
        grid,
        cmap="Blues",
        vmin=low - 0.2 * (high - low),
        vmax=high + (high - low),
        aspect="auto",
    )
    for (i, j), value in np.ndenumerate(grid):
        words = f"{value:.3f}\nletters {left_over[i, j]:.2f}"
        ax.text(j, i, words, ha="center", va="center", color=plots.INK, fontsize=10)
    at = (rates.index(chosen[1]) - 0.5, depths.index(chosen[0]) - 0.5)
    ax.add_patch(Rectangle(at, 1, 1, fill=False, ec=plots.PALETTE["scratch"], lw=4))
    ax.set_xticks(range(len(rates)), rates)
    ax.set_yticks(range(len(depths)), depths)
    ax.set(xlabel="step size", title="validation accuracy at the end")
    plots.axes(ax, None).tick_params(length=0)


def _training(ax, curves, depth, rate) -> None:
    from matplotlib.collections import LineCollection

    plots.axes(ax, None)
    others = [
        np.column_stack([np.arange(1, line.shape[1] + 1), line.mean(axis=0)])
        for other, lines in curves.items()
        for name, line in lines.items()
        if (other, name) != (depth, rate)
    ]
    ax.add_collection(
        LineCollection(others, colors=_DARK, lw=1, zorder=0)
    )  # one artist: this must be quick
    line = curves[depth][rate]
    epochs = range(1, line.shape[1] + 1)
    ax.plot(epochs, line.T, color=plots.PALETTE["scratch"], lw=1, alpha=0.5)
    ax.plot(epochs, line.mean(axis=0), "o-", color=plots.PALETTE["scratch"], lw=3)
    ends = [line.mean(axis=0) for lines in curves.values() for line in lines.values()]
    ax.set(
        xlabel="epoch",
        ylim=(np.min(ends) - 0.02, np.max(ends) + 0.02),
        title="validation accuracy while training",
    )
    ax.locator_params(axis="y", nbins=5)
    ax.xaxis.get_major_locator().set_params(integer=True)
