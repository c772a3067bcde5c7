"""The figures of notebook 10 that do not move.

Optimizers over their step sizes, lines that cross, and ways compared.
"""

from collections.abc import Mapping, Sequence

from tlkit import evaluate, plots

from .parts import band, beside, interval_row, listed, name_beside, name_rows

LOOKS = (  # colour and mark of each line
    (plots.PALETTE["scratch"], "o"),
    (plots.PALETTE["fine_tune"], "s"),
    (plots.PALETTE["probe"], "^"),
    (plots.PALETTE["lp_ft"], "D"),
)


def optimizer_steps(
    points: Mapping[str, Mapping[float, Sequence[float]]], chosen: Mapping[str, float]
):
    """Test accuracy over step size, one panel for each optimizer, all to one scale.

    Args:
        points: optimizer -> step size -> one accuracy for each draw of the labels.
        chosen: optimizer -> the step size that validation chose; it gets a ring.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(8.4, 2.9), layout="constrained")
    many = figure.subplots(1, len(points), sharey=True, squeeze=False)[0]
    rings = {}
    for ax, (name, line), (colour, mark) in zip(
        many, points.items(), LOOKS, strict=False
    ):
        plots.axes(ax, None)
        found = {size: evaluate.over_seeds(line[size], (0, 1)) for size in line}
        band(ax, list(found), list(found.values()), colour, f"{mark}-")
        ring = (chosen[name], found[chosen[name]].mean)
        ax.plot(*ring, "o", ms=15, mfc="none", mec=plots.INK, mew=1.5)
        below = {"textcoords": "offset points", "ha": "center"}
        ax.annotate(f"{ring[1]:.3f}", ring, (0, -22), **below)
        # The bands may go on below.
        ax.set(xscale="log", ylim=(0.7, 1), xlabel="step size", title=name)
        ax.tick_params(labelsize=9)
        rings[name] = f"{ring[1]:.3f} at {ring[0]:g}"
    many[0].set_ylabel("accuracy on test digits")
    return plots.describe(
        figure,
        f"Accuracy over step size, {len(points)} optimizers, 95 % bands; chosen by "
        f"validation: {listed(rings)}.",
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
    ax = plots.axes(None, (6.4, 3.8))
    words = []
    for (name, line), (colour, mark) in zip(
        results.items(), (LOOKS[2], LOOKS[0]), strict=False
    ):
        labels = list(line)
        found = [evaluate.over_seeds(values, (0, 1)) for values in line.values()]
        band(ax, labels, found, colour, f"{mark}-")
        name_beside(ax, name, (labels[-1], found[-1].mean), colour)
        ends = ", ".join(f"{n}: {f}" for n, f in zip(labels, found, strict=True))
        words.append(f"{name} ({ends})")
    ax.axhline(chance, color=plots.FAINT, ls="--", lw=1.2)
    above = {"textcoords": "offset points", "color": plots.INK}
    ax.annotate(f"guessing {chance:.2f}", (labels[0], chance), (0, 4), **above)
    ylabel = "accuracy on sentences never seen"
    ax.set(xscale="log", ylim=(0, 1), xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(labels, [str(number) for number in labels])
    ax.minorticks_off()
    return plots.describe(
        ax, f"Accuracy over {xlabel}: {'; '.join(words)}. Guessing gives {chance:.2f}."
    )


def ways(points: Mapping[str, evaluate.Interval], chance: float, xlabel: str):
    """Accuracy of several ways below each other, with 95 % intervals.

    Args:
        points: way -> Interval; a way that begins with "random" or "from scratch" has
            learnt nothing before, and gets another colour.
        chance: accuracy of guessing.
        xlabel: what is measured.

    Returns:
        the Axes.
    """
    ax = plots.axes(None, (6.6, 0.9 + 0.42 * len(points)))
    for row, (name, found) in enumerate(points.items()):
        untaught = name.startswith(("random", "from scratch"))
        colour = plots.PALETTE["scratch" if untaught else "probe"]
        interval_row(ax, row, found, colour, "s" if "random" in name else "o")
        beside(ax, row, str(found))
    ax.axvline(chance, color=plots.FAINT, ls="--", lw=1.2, zorder=0)
    above = {"xycoords": ("data", "axes fraction"), "ha": "center"}
    ax.annotate(f"guessing {chance:.2f}", (chance, 1.02), **above)
    name_rows(ax, list(points))
    ax.set(xlim=(0, 1), xlabel=xlabel)
    what = xlabel[:1].upper() + xlabel[1:]
    return plots.describe(ax, f"{what}: {listed(points)}. Guessing gives {chance:.2f}.")
