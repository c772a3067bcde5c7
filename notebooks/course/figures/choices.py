"""The figures of notebook 10 that do not move: optimizers over their step sizes, lines that cross, ways compared."""

from collections.abc import Mapping, Sequence

from tlkit import evaluate, plots

LOOKS = (
    ("scratch", "o"),
    ("fine_tune", "s"),
    ("probe", "^"),
    ("lp_ft", "D"),
)  # colour and mark of each line


def optimizer_steps(
    points: Mapping[str, Mapping[float, Sequence[float]]], chosen: Mapping[str, float]
):
    """Test accuracy over step size, one small Axes for each optimizer, all to one scale; returns the figure.

    Args:
        points: optimizer -> step size -> one accuracy for each draw of the labels.
        chosen: optimizer -> the step size that validation chose; it gets a ring.
    """
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(8.4, 2.9), layout="constrained")
    many = figure.subplots(1, len(points), sharey=True, squeeze=False)[0]
    for ax, (name, line), (colour, mark) in zip(
        many, points.items(), LOOKS, strict=False
    ):
        plots.axes(ax, None)
        sizes, found = (
            list(line),
            [evaluate.over_seeds(values, (0, 1)) for values in line.values()],
        )
        _band(ax, sizes, found, plots.PALETTE[colour], mark)
        ring = found[sizes.index(chosen[name])].mean
        ax.plot(chosen[name], ring, "o", ms=15, mfc="none", mec=plots.INK, mew=1.5)
        ax.annotate(
            f"{ring:.3f}",
            (chosen[name], ring),
            (0, -22),
            textcoords="offset points",
            ha="center",
        )
        ax.set(
            xscale="log", ylim=(0.7, 1), xlabel="step size", title=name
        )  # a band may go on below
        ax.tick_params(labelsize=9)
    many[0].set_ylabel("accuracy on test digits")
    return figure


def two_lines(
    results: Mapping[str, Mapping[int, Sequence[float]]], chance: float, xlabel: str
):
    """Accuracy over the number of labels, a line and a 95 % band for each way, and what guessing gives; the Axes.

    Args:
        results: way -> labels -> one accuracy for each draw.
        chance: accuracy of guessing.
        xlabel: what the labels are counted by.
    """
    ax = plots.axes(None, (6.4, 3.8))
    for (name, line), (colour, mark) in zip(
        results.items(), (LOOKS[2], LOOKS[0]), strict=False
    ):
        labels, found = (
            list(line),
            [evaluate.over_seeds(values, (0, 1)) for values in line.values()],
        )
        _band(ax, labels, found, plots.PALETTE[colour], mark)
        ax.annotate(name, (labels[-1], found[-1].mean), (8, -4), textcoords="offset points", weight="bold",
                    color=plots.darker(plots.PALETTE[colour]), annotation_clip=False)  # fmt: skip
    ax.axhline(chance, color=plots.FAINT, ls="--", lw=1.2)
    ax.annotate(
        f"guessing {chance:.2f}",
        (labels[0], chance),
        (0, 4),
        textcoords="offset points",
        color=plots.INK,
    )
    ax.set(
        xscale="log",
        ylim=(0, 1),
        xlabel=xlabel,
        ylabel="accuracy on sentences never seen",
    )
    ax.set_xticks(labels, [str(number) for number in labels])
    ax.minorticks_off()
    return ax


def ways(points: Mapping[str, evaluate.Interval], chance: float, xlabel: str):
    """Accuracy of several ways below each other with 95 % intervals, and what guessing gives; returns the Axes."""
    ax = plots.axes(None, (6.6, 0.9 + 0.42 * len(points)))
    for row, (name, found) in enumerate(points.items()):
        colour = plots.PALETTE[
            "scratch" if name.startswith(("random", "from scratch")) else "probe"
        ]
        ax.plot(
            [found.low, found.high],
            [row, row],
            color=colour,
            lw=3,
            solid_capstyle="butt",
        )
        ax.plot(found.mean, row, "s" if "random" in name else "o", color=colour, ms=8)
        ax.annotate(
            str(found),
            (1.02, row),
            xycoords=("axes fraction", "data"),
            va="center",
            color=plots.INK,
        )
    ax.axvline(chance, color=plots.FAINT, ls="--", lw=1.2, zorder=0)
    ax.annotate(
        f"guessing {chance:.2f}",
        (chance, 1.02),
        xycoords=("data", "axes fraction"),
        ha="center",
    )
    ax.set_yticks(range(len(points)), list(points))
    ax.set(xlim=(0, 1), ylim=(len(points) - 0.5, -0.5), xlabel=xlabel)
    ax.tick_params(axis="y", length=0)
    return ax


def _band(
    ax,
    places: Sequence[float],
    found: Sequence[evaluate.Interval],
    colour: str,
    mark: str,
) -> None:
    ax.fill_between(
        places,
        [f.low for f in found],
        [f.high for f in found],
        color=colour,
        alpha=0.22,
        lw=0,
    )
    ax.plot(places, [f.mean for f in found], f"{mark}-", color=colour, lw=2.2, ms=6)
