"""Fine-tuning: the price list of unfreezing, what is forgotten, two starts of the head,
and the dial over measured runs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tlkit import evaluate, look, plots

from .parts import band, listed

LIT, DARK = plots.PALETTE["lp_ft"], "#d9d9d9"  # trained, frozen
BLOCKS = 5  # and a head


def price_list(
    rows: Mapping[str, Mapping[str, Any]], xlabel: str = "accuracy on test pictures"
):
    """Each depth of fine-tuning: what it trains, what it brings, what it costs.

    Args:
        rows: depth -> "accuracy" (Interval), "price" (times the linear probe's
            multiply-adds), "numbers" (trained), "memory" (megabytes), "draws" (one
            accuracy for each draw of the labels). Depths are "head", "block5" …
            "block2", "all".
        xlabel: of the accuracies.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot

    deep = 0.6 * len(rows)
    size = (look.WIDE, 2 * (deep + 1.0))
    figure = pyplot.figure(figsize=size, layout="constrained")
    panels = figure.subplots(2, 2, sharey=True, width_ratios=(1, 1.25))
    (trained, score), (words, cost) = panels
    said = {}
    for y, (depth, row) in enumerate(rows.items()):
        _network(trained, y, depth)
        _score(score, y, row["accuracy"], row["draws"])
        _cost(cost, y, row["price"])
        numbers, memory = f"{row['numbers']:,}", f"{row['memory']:,.1f} MB"
        right = {"ha": "right", "va": "center", "color": plots.INK}
        words.text(0.55, y, numbers, **right)
        words.text(1.25, y, memory, **right)
        said[f"{_named(depth)}:"] = (
            f"accuracy {row['accuracy']}, {row['price']:.1f} times the probe's "
            f"multiply-adds, {numbers} numbers trained, {memory} to train them"
        )
    most = max(row["price"] for row in rows.values())
    cost.set(xlim=(0, 1.3 * most), xlabel="multiply-adds, times the probe's")
    draws = len(next(iter(rows.values()))["draws"])
    score.set_xlabel(f"{xlabel}\nbars: 95 %, {draws} draws;\nsmall dots: single draws")
    score.margins(x=0.12)
    score.grid(axis="x", color=DARK, lw=0.8)
    score.locator_params(axis="x", nbins=4)
    words.set(xlim=(0, 1.3), xticks=[0.55, 1.25])
    words.set_xticklabels(["numbers\ntrained", "memory to\ntrain them"], ha="right")
    trained.set(xlim=(-0.1, 6.2), xticks=[0.4 + i for i in range(BLOCKS + 1)])
    trained.set_xticklabels(["1", "2", "3", "4", "5", " head"])
    trained.set_xlabel("block; green: trained,\ngrey: frozen")
    names = [_named(depth) for depth in rows]
    for ax in panels[:, 0]:
        ax.set_yticks(range(len(rows)), names)
    trained.set_ylim(len(rows) - 0.4, -0.7)
    for ax in panels.flat:
        plots.axes(ax, None)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(ax is cost)
    words.spines[:].set_visible(False)
    words.tick_params(length=0)
    return plots.describe(figure, f"The price list of unfreezing. {listed(said)}.")


def _named(depth: str) -> str:
    """A depth in words, as in "from block 5"."""
    names = {"head": "head only", "all": "all blocks"}
    return names.get(depth, f"from {depth.replace('block', 'block ')}")


def _network(ax, y: float, depth: str) -> None:
    """Six boxes, block 1 to the head, those that are trained in colour."""
    if depth == "head":
        first = BLOCKS
    elif depth == "all":
        first = 0
    else:
        first = int(depth.removeprefix("block")) - 1
    for i in range(BLOCKS + 1):
        colour, edge = (LIT, plots.INK) if i >= first else (DARK, "white")
        ax.barh(y, 0.8, left=i, height=0.55, color=colour, ec=edge, lw=1.2)


def _score(ax, y: float, found: evaluate.Interval, draws: Sequence[float]) -> None:
    """An accuracy with its interval and its draws, and its number above it."""
    broad = {"color": LIT, "lw": 6, "alpha": 0.35, "solid_capstyle": "butt"}
    ax.plot([found.low, found.high], [y, y], **broad)
    ax.plot(found.mean, y, "o", color=plots.darker(LIT), ms=8)
    look.draws(ax, y, draws, plots.darker(LIT))
    above = {"textcoords": "offset points", "ha": "center"}
    ax.annotate(f"{found.mean:.3f}", (found.mean, y), (0, 9), **above)


def _cost(ax, y: float, price: float) -> None:
    """A price as a bar, with its number beside it."""
    ax.barh(y, price, height=0.5, color=plots.PALETTE["scratch"], alpha=0.55)
    right = {"textcoords": "offset points", "va": "center"}
    ax.annotate(f"{price:.1f} ×", (price, y), (5, 0), **right)


READ = (  # colour and style of each line
    (plots.PALETTE["probe"], "s--"),
    (plots.PALETTE["fine_tune"], "o-"),
)


def still_read(lines: Mapping[str, Mapping[str, Sequence[float]]]):
    """Accuracy on the source task after fine-tuning, by depth: a line for each draw of
    the labels, and the mean of the draws bold.

    A draw has the same labels at every depth, so its line is a paired comparison.

    Args:
        lines: name (two at most) of a way to ask -> depth -> one accuracy for each
            draw, in the same order everywhere. The depth "head" trained no shared layer
            and forgets nothing.

    Returns:
        the Axes.
    """
    ax, words, ends = plots.axes(None, (look.WIDE, 3.9)), {}, []
    lowest, many = 1.0, 0
    for (name, line), (colour, style) in zip(lines.items(), READ, strict=False):
        draws = np.array(list(line.values()))  # (depths, draws)
        ax.plot(draws, style[1:], color=colour, lw=1, alpha=0.45)
        ax.plot(draws.mean(axis=1), style, color=colour, lw=2.8, ms=8)
        lowest, many = min(lowest, draws.min()), draws.shape[1]
        ends.append((draws[-1].mean(), name, colour))
        words[f"{name}:"] = ", ".join(
            f"{_named(depth)} {np.mean(some):.2f} ({min(some):.2f} to {max(some):.2f})"
            for depth, some in line.items()
        )
    depths = list(next(iter(lines.values())))
    names = [_named(depth).replace(" ", "\n", 1) for depth in depths]
    ax.set_xticks(range(len(depths)), names)
    ax.set(ylim=(np.floor(10 * lowest) / 10, 1), xlim=(-0.2, len(depths) - 0.8))
    ax.set_xlabel("blocks trained on digits before")
    ax.set_ylabel("accuracy on letters, afterwards")
    look.say_bars(ax, f"bold: mean of {many} draws; thin: each draw")
    look.name_ends(ax, ends)
    return plots.describe(
        ax,
        "Accuracy on letters after fine-tuning, by depth, mean (lowest to highest of "
        f"{many} draws): {listed(words)}.",
    )


ByRate = Mapping[str, evaluate.Interval]  # step size, as text -> accuracy
STARTS = (  # colour and style of each line
    (plots.PALETTE["lp_ft"], "v-"),
    (plots.PALETTE["scratch"], "^-"),
)


def two_starts(
    panels: Mapping[str, Mapping[str, ByRate]],
    levels: Mapping[str, evaluate.Interval],
    chosen: Mapping[str, str],
    draws: int | None = None,
):
    """Accuracy by step size, a line for each start of the head, above the probe alone.

    Args:
        panels: title -> name of a start (two at most) -> step size -> Interval.
        levels: title -> Interval of the probe alone, which is a level.
        chosen: name of a start -> the step size that validation chose: a large mark.
        draws: number of draws of the labels behind each interval; None: not known.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot

    size = (look.WIDE, 0.6 + 3.0 * len(panels))
    figure = pyplot.figure(figsize=size, layout="constrained")
    said = {}
    many = figure.subplots(len(panels), sharex=True, squeeze=False)[:, 0]
    for ax, title in zip(many, panels, strict=True):
        lines, level = panels[title], levels[title]
        ax.axhspan(level.low, level.high, color=DARK, alpha=0.5, lw=0)
        ax.axhline(level.mean, color=plots.INK, ls="--")
        ends = [(level.mean, "the probe\nalone", plots.INK)]
        for (name, by_rate), (colour, style) in zip(
            lines.items(), STARTS, strict=False
        ):
            rates, found = list(by_rate), list(by_rate.values())
            places = [float(rate) for rate in rates]
            large = {"markevery": [rates.index(chosen[name])], "ms": 13}
            band(ax, places, found, colour, style)
            words_ = look.wrapped(name, 13)
            ends.append((found[-1].mean, words_, colour))
            ax.plot(places, [f.mean for f in found], style[0], color=colour, **large)
        ax.set(title=title, xscale="log", ylabel="accuracy")
        every = sorted({rate for line in lines.values() for rate in line}, key=float)
        ax.set_xticks([float(rate) for rate in every], every)
        ax.minorticks_off()
        plots.axes(ax, None)
        low, high = ax.get_ylim()
        ax.set_ylim(low, high + 0.1 * (high - low))
        look.name_ends(ax, ends)
        words = {f"{name}:": _by_rate(line) for name, line in lines.items()}
        said[f"{title}:"] = f"the probe alone {level.mean:.3f}; {listed(words)}"
    figure.axes[-1].set_xlabel("step size; large mark: validation's choice")
    look.say_bars(figure.axes[-1], look.bars(draws, what="bands"))
    marks = "; ".join(f"{name}: {rate}" for name, rate in chosen.items())
    return plots.describe(
        figure,
        f"Accuracy by step size. {listed(said)}. Validation chose the step sizes "
        f"{marks}.",
    )


def _by_rate(line: ByRate) -> str:
    """The accuracy at each step size, in words."""
    return ", ".join(f"{found.mean:.3f} at {rate}" for rate, found in line.items())


Tuned = Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]
MARGINS = {"left": 0.15, "right": 0.97, "bottom": 0.1, "top": 0.9, "hspace": 0.5}


def unfreeze_dial(tuned: Tuned, depth: str = "block5", rate: str = "0.001"):
    """Depth and step size over measured runs: what every pair reaches and forgets.

    Beside it, the training of the chosen pair.

    Args:
        tuned: depth -> step size, as text -> for each seed a dict with "validation",
            accuracies (epochs,), and "letters", the accuracy that is left on the source
            task.
        depth, rate: where the dial stands at the beginning.

    Returns:
        an Explorer.
    """
    from ipywidgets import SelectionSlider, ToggleButtons

    from ..widgets import explore

    depths, rates = list(tuned), sorted(next(iter(tuned.values())), key=float)
    shape = (len(depths), len(rates))
    curves = {}  # (depth, step size) -> validation accuracy, float (seeds, epochs)
    reached, left_over = np.empty(shape), np.empty(shape)
    for i, of_depth in enumerate(depths):
        for j, of_rate in enumerate(rates):
            runs = tuned[of_depth][of_rate]
            line = np.array([run["validation"] for run in runs])
            curves[of_depth, of_rate] = line
            reached[i, j] = line[:, -1].mean()
            left_over[i, j] = np.mean([run["letters"] for run in runs])

    def draw(figure, depth: str, rate: str) -> str:
        figure.set_layout_engine("none")
        left, right = figure.subplots(2, 1, gridspec_kw=MARGINS)
        at = depths.index(depth), rates.index(rate)
        _board(left, reached, left_over, at)
        left.set_xticks(range(len(rates)), rates)
        left.set_yticks(range(len(depths)), depths)
        _training(right, curves, (depth, rate))
        line = curves[depth, rate]
        found = evaluate.over_seeds(line[:, -1], (0, 1))
        rank = int((reached > reached[at]).sum()) + 1
        return (
            f"{_named(depth)}, step size {rate}: validation accuracy {found} over "
            f"{len(line)} seeds, place {rank} of {reached.size}; the old head still "
            f"reads {left_over[at]:.2f} of the letters."
        )

    return explore(
        draw,
        (look.WIDE, 5.8),
        depth=ToggleButtons(
            options=depths,
            value=depth,
            description="unfreeze from",
            style={"button_width": "auto"},
        ),
        rate=SelectionSlider(options=rates, value=rate, description="step size"),
    )


def _board(ax, reached: np.ndarray, left_over: np.ndarray, at: tuple[int, int]) -> None:
    """Every pair with what it reaches and forgets; the chosen one framed.

    Args:
        ax: where.
        reached, left_over: float (depths, rates), validation accuracy at the end, and
            accuracy on letters.
        at: place of the chosen pair.
    """
    from matplotlib.patches import Rectangle

    low, high = reached.min(), reached.max()
    # Pale, so that dark letters can be read on all of it.
    shades = {"vmin": low - 0.2 * (high - low), "vmax": high + (high - low)}
    ax.imshow(reached, cmap="Blues", aspect="auto", **shades)
    middle = {"ha": "center", "va": "center", "fontsize": 10, "color": plots.INK}
    for (i, j), value in np.ndenumerate(reached):
        ax.text(j, i, f"{value:.3f}\nletters {left_over[i, j]:.2f}", **middle)
    row, column = at
    corner, red = (column - 0.5, row - 0.5), plots.PALETTE["scratch"]
    ax.add_patch(Rectangle(corner, 1, 1, fill=False, ec=red, lw=4))
    ax.set_xlabel("step size")
    below = "below it: letters that the old head still reads"
    ax.set_title(f"validation accuracy at the end;\n{below}")
    plots.axes(ax, None).tick_params(length=0)


def _training(ax, curves: Mapping[tuple[str, str], np.ndarray], chosen) -> None:
    """The training of the chosen pair, each seed a thin line; the others behind it.

    Args:
        ax: where.
        curves: (depth, rate) -> validation accuracy, float (seeds, epochs).
        chosen: (depth, rate).
    """
    from matplotlib.collections import LineCollection

    plots.axes(ax, None)
    means = {pair: line.mean(axis=0) for pair, line in curves.items()}
    others = [
        np.column_stack([np.arange(1, len(mean) + 1), mean])
        for pair, mean in means.items()
        if pair != chosen
    ]
    # One artist for all: this must be quick.
    ax.add_collection(LineCollection(others, colors=DARK, lw=1, zorder=0))
    line, red = curves[chosen], plots.PALETTE["scratch"]
    epochs = range(1, line.shape[1] + 1)
    ax.plot(epochs, line.T, color=red, lw=1, alpha=0.5)
    ax.plot(epochs, means[chosen], "o-", color=red, lw=3)
    every = np.concatenate(list(means.values()))
    ax.set_xlabel("epoch; thick: mean, thin: single draws, grey: other pairs")
    ax.set(ylim=(every.min() - 0.02, every.max() + 0.02))
    ax.set_title("validation accuracy while training")
    ax.locator_params(axis="y", nbins=5)
    ax.xaxis.get_major_locator().set_params(integer=True)
