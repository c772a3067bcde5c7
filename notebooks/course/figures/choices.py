"""The figures of notebooks 10 and 12 that do not move.

Optimizers over their step sizes, lines that cross, and ways compared.
"""

from collections.abc import Mapping, Sequence

from tlkit import evaluate, look, plots

from .parts import band, interval_row, listed, name_rows

LOOKS = (  # colour and mark of each line
    (plots.PALETTE["scratch"], "o"),
    (plots.PALETTE["fine_tune"], "s"),
    (plots.PALETTE["probe"], "^"),
    (plots.PALETTE["lp_ft"], "D"),
)

BEFORE = {  # how the name of a way begins -> colour and mark of what it had before
    "letters": (plots.PALETTE["probe"], "o"),
    "random": (plots.PALETTE["scratch"], "s"),
}
REST = (plots.INK, "D")


def optimizer_steps(
    points: Mapping[str, Mapping[float, Sequence[float]]],
    chosen: Mapping[str, float],
    chance: float | None = None,
):
    """Test accuracy over step size, one panel for each optimizer, all to one scale.

    Args:
        points: optimizer -> step size -> one accuracy for each draw of the labels.
        chosen: optimizer -> the step size that validation chose; it gets a ring.
        chance: accuracy of guessing, a dashed line; None: no line.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot

    rows = -(-len(points) // 2)
    inches = (look.WIDE, 0.5 + 2.4 * rows)
    figure = pyplot.figure(figsize=inches, layout="constrained")
    many = figure.subplots(rows, 2, sharey=True, squeeze=False).ravel()
    for ax in many[len(points) :]:
        ax.axis("off")
    rings = {}
    for ax, (name, line), (colour, mark) in zip(
        many, points.items(), LOOKS, strict=False
    ):
        plots.axes(ax, None)
        means = {size: sum(line[size]) / len(line[size]) for size in line}
        ax.plot(list(means), list(means.values()), f"{mark}-", color=colour, lw=2.2)
        for size, scores in line.items():
            look.draws(ax, size, scores, colour, across=True)
        ring = (chosen[name], means[chosen[name]])
        ax.plot(*ring, "o", ms=15, mfc="none", mec=plots.INK, mew=1.5)
        ax.set(xscale="log", ylim=(0, 1.05))
        if chance is not None:
            look.level(ax, chance)
        ax.set_title(f"{name}: {ring[1]:.3f}")
        rings[name] = f"{ring[1]:.3f} at {ring[0]:g}"
    for ax in many[: len(points) : 2]:
        ax.set_ylabel("accuracy")
    for ax in many[max(0, len(points) - 2) : len(points)]:
        ax.set_xlabel("step size")
    many_draws = len(next(iter(next(iter(points.values())).values())))
    figure.supxlabel(
        f"small dots: {many_draws} draws each; ring: validation's choice"
        + ("" if chance is None else f"\ndashed: guessing {chance:.2f}"),
        fontsize=look.TYPE,
        color=plots.INK,
    )
    worst = {}
    for name, line in points.items():
        worst[name] = f"{min(map(min, line.values())):.2f}"
    return plots.describe(
        figure,
        f"Accuracy on test digits over step size, {len(points)} optimizers, a dot for "
        f"each draw. Means, as validation chose: {listed(rings)}. The lowest single "
        f"draw: {listed(worst)}.",
    )


def two_lines(
    results: Mapping[str, Mapping[int, Sequence[float]]], chance: float, xlabel: str
):
    """Accuracy over the number of labels, a line and a 95 % band for each of two ways.

    Args:
        results: way -> labels -> one accuracy for each draw.
        chance: accuracy of guessing.
        xlabel: what the labels are counted by.

    Returns:
        the Axes.
    """
    ax = plots.axes(None, (look.WIDE, 4.0))
    words, names = [], []
    for (name, line), (colour, mark) in zip(
        results.items(), (LOOKS[2], LOOKS[0]), strict=False
    ):
        labels = list(line)
        found = [evaluate.over_seeds(values, (0, 1)) for values in line.values()]
        band(ax, labels, found, colour, f"{mark}-")
        for place, scores in line.items():
            look.draws(ax, place, scores, colour, across=True)
        names.append((found[-1].mean, name, colour))
        ends = ", ".join(f"{n}: {f}" for n, f in zip(labels, found, strict=True))
        words.append(f"{name} ({ends})")
    ylabel = "accuracy on sentences never seen"
    ax.set(xscale="log", ylim=(0, 1), xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(labels, [str(number) for number in labels])
    ax.minorticks_off()
    many = len(next(iter(next(iter(results.values())).values())))
    look.say_bars(ax, look.bars(many, what="bands", dots=True))
    look.name_ends(ax, [*names, look.level(ax, chance, "guessing")])
    return plots.describe(
        ax, f"Accuracy over {xlabel}: {'; '.join(words)}. Guessing gives {chance:.2f}."
    )


def ways(points: Mapping[str, evaluate.Interval], chance: float, xlabel: str):
    """Accuracy of several ways below each other, with 95 % intervals.

    Args:
        points: way -> Interval; a way that begins with "random" has random layers,
            one that begins with "letters" layers that were taught on letters. Others
            have no layers that stood before.
        chance: accuracy of guessing.
        xlabel: what is measured.

    Returns:
        the Axes.
    """
    ax = plots.axes(None, (look.WIDE, 1.3 + 0.4 * len(points)))
    for row, (name, found) in enumerate(points.items()):
        looks = [BEFORE[layers] for layers in BEFORE if name.startswith(layers)]
        interval_row(ax, row, found, *(looks or [REST])[0])
        look.beside(ax, row, f"{found.mean:.2f} [{found.low:.2f}, {found.high:.2f}]")
    look.chance(ax, chance, "guessing")
    name_rows(ax, list(points))
    ax.set(xlim=(0, 1), xlabel=xlabel)
    look.say_bars(
        ax,
        f"{look.BARS}; round: layers taught on letters;\n"
        "square: random layers; diamond: neither",
    )
    what = xlabel[:1].upper() + xlabel[1:]
    return plots.describe(ax, f"{what}: {listed(points)}. Guessing gives {chance:.2f}.")
