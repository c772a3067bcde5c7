"""Static figures. Each takes ``ax=None`` and gives back the Axes; ``show`` puts one into a notebook.

Colours are Okabe & Ito's (2008, https://jfly.uni-koeln.de/color), which colour-blind readers can tell
apart; each recipe keeps its colour in every figure, and nothing is said by colour alone.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from math import ceil

import numpy as np

from . import evaluate

# Light enough to fill an area, dark enough to be a line. Recipes are named as ``Run.recipe`` names them.
PALETTE = {
    "scratch": "#D55E00", "probe": "#0072B2", "lp_ft": "#009E73", "fine_tune": "#E69F00",
    "article": "#CC79A7", "other": "#56B4E9",
}  # fmt: skip
NAMES = {
    "scratch": "from scratch", "probe": "linear probe", "lp_ft": "probe + fine-tune",
    "fine_tune": "fine-tune", "article": "the article's way",
}  # fmt: skip
STEPS = ("choose tasks", "train on the source, save", "load", "fine-tune", "evaluate")
INK, FAINT = "#222222", "#8a8a8a"


def groups(*runs) -> dict[str, list]:
    """Runs by recipe: from single runs, from lists of them, or from one dict of name -> run or list of runs.

    Raises:
        ValueError: no run; or two of the same recipe and seed, which would silently be averaged.
    """
    if len(runs) == 1 and isinstance(runs[0], Mapping):
        return {
            name: list(some) if isinstance(some, Sequence) else [some]
            for name, some in runs[0].items()
        }
    found: dict[str, list] = {}
    for run in (
        one for some in runs for one in (some if isinstance(some, Sequence) else [some])
    ):
        same = found.setdefault(run.recipe, [])
        if run.seed in [other.seed for other in same]:
            raise ValueError(
                f"expected one {run.recipe} run for each seed, got two with seed {run.seed}: "
                "give each a name, as in compare({'block5': run, 'block4': other})"
            )
        same.append(run)
    if not found:
        raise ValueError(
            "expected runs, got none: pass what from_scratch, linear_probe, ... gave back"
        )
    return found


def score(runs: Sequence, split: str = "test") -> evaluate.Interval:
    """Accuracy (or mean absolute error) of one recipe: of the images for one run, over seeds for several."""
    if len(runs) == 1:
        return runs[0].score(split)
    top = np.inf if runs[0].task.is_regression else 1
    return evaluate.over_seeds([run.score(split).mean for run in runs], bounds=(0, top))


def guessing(task) -> tuple[float, str]:
    """What answering without looking scores on the test split, and its name for the figures."""
    labels = np.asarray(task.test.labels)
    if task.is_regression:
        return float(
            np.abs(labels - np.mean(task.train.labels)).mean()
        ), "always the mean"
    return float(np.bincount(labels).max() / len(labels)), "chance"


def measure(task) -> str:
    """Name of the score, with its unit."""
    return f"mean absolute error ({task.name})" if task.is_regression else "accuracy"


def spread(total: int, n: int) -> np.ndarray:
    """n rows out of so many, evenly spaced: int (n,), or fewer if there are not as many."""
    return np.linspace(0, total - 1, min(n, total)).astype(int)


def compare(*runs, ax=None):
    """The test score of each recipe with its 95 % interval, every seed as a dot, and what guessing gives."""
    named = groups(*runs)
    task = next(iter(named.values()))[0].task
    ax = axes(ax, (6.4, 0.8 + 0.5 * len(named)))
    for row, (some, colour) in enumerate(
        zip(named.values(), _colours(named), strict=True)
    ):
        found = score(some)
        ax.plot(
            [run.score().mean for run in some],
            [row] * len(some),
            "o",
            color=colour,
            alpha=0.35,
            ms=4,
        )
        ends = [[found.mean - found.low], [found.high - found.mean]]
        ax.errorbar(
            found.mean, row, xerr=ends, fmt="o", color=colour, lw=2.5, ms=8, capsize=4
        )
        words = f"{found.mean:.2f} [{found.low:.2f}, {found.high:.2f}]"
        ax.annotate(
            words,
            (1.02, row),
            xycoords=("axes fraction", "data"),
            va="center",
            color=INK,
        )
    guess, words = guessing(task)
    ax.axvline(guess, color=FAINT, ls="--", lw=1.2, zorder=0)
    ax.annotate(
        f"{words} {guess:.2f}",
        (guess, 1.02),
        xycoords=("data", "axes fraction"),
        ha="center",
        color=INK,
    )
    ax.set_yticks(range(len(named)), [NAMES.get(name, name) for name in named])
    ax.set(
        ylim=(len(named) - 0.5, -0.5),
        xlabel=f"{measure(task)} on {len(task.test):,} test images",
    )
    ax.set_xlim(0, None if task.is_regression else 1)
    ax.tick_params(axis="y", length=0)
    return ax


def curves(*runs, ax=None):
    """The validation score after each epoch: a colour for each recipe, first seed bold, others thin."""
    named = groups(*runs)
    task = next(iter(named.values()))[0].task
    key = "val_mae" if task.is_regression else "val_accuracy"
    ax, ends = axes(ax, (6.4, 3.6)), []
    for (name, some), colour in zip(named.items(), _colours(named), strict=True):
        lines = [run.history[key] for run in some if run.history.get(key)]
        for i, values in reversed(list(enumerate(lines))):
            style = (
                {"lw": 2.8, "marker": "o", "ms": 4}
                if i == 0
                else {"lw": 1, "alpha": 0.5}
            )
            ax.plot(range(1, len(values) + 1), values, color=colour, **style)
        if lines:
            ends.append((len(lines[0]), lines[0][-1], NAMES.get(name, name), colour))
    if not ends:
        raise ValueError(
            f"expected {key!r} in a run's history, got none: train with a validation split"
        )
    ax.set(xlabel="epoch", ylabel=f"validation {measure(task)}")
    ax.set_ylim(0, None if task.is_regression else 1.02)
    ax.xaxis.get_major_locator().set_params(integer=True)
    _end_labels(ax, ends)
    return ax


def label_curve(points: Mapping[str, Mapping[int, evaluate.Interval]], ax=None):
    """Test accuracy against the label budget, one line for each recipe, with 95 % intervals.

    Args:
        points: recipe, as ``Run.recipe`` names it -> {labels per class: Interval}.
    """
    ax, ends = axes(ax, (6.4, 3.8)), []
    for name, line in points.items():
        labels, found, colour = list(line), list(line.values()), PALETTE.get(name, INK)
        ax.plot(labels, [f.mean for f in found], "o-", color=colour, lw=2.5, ms=6)
        ax.vlines(
            labels,
            [f.low for f in found],
            [f.high for f in found],
            color=colour,
            lw=2.5,
            alpha=0.5,
        )
        ends.append((labels[-1], found[-1].mean, NAMES.get(name, name), colour))
    ax.set(
        xscale="log",
        xlabel="labels per class, validation included",
        ylabel="accuracy on test images",
    )
    every = sorted({labels for line in points.values() for labels in line})
    ax.set_xticks(every, [str(labels) for labels in every])
    ax.minorticks_off()
    ax.set_ylim(0, 1.02)
    _end_labels(ax, ends)
    return ax


def costs(
    points: Mapping[str, evaluate.Interval], xlabel: str, nothing: float = 0.0, ax=None
):
    """What each of several mistakes costs, as a bar with its 95 % interval; grey where it may cost nothing.

    Args:
        points: name -> Interval.
        xlabel: what it costs, with its unit.
        nothing: the value that stands for no cost, where the bars begin.
    """
    ax = axes(ax, (7.2, 0.8 + 0.45 * len(points)))
    for row, found in enumerate(points.values()):
        colour = (
            PALETTE["scratch" if found.mean > nothing else "probe"]
            if found.excludes(nothing)
            else FAINT
        )
        ax.barh(
            row,
            found.mean - nothing,
            left=nothing,
            height=0.55,
            color=colour,
            alpha=0.55,
        )
        ax.plot(
            [found.low, found.high],
            [row, row],
            color=darker(colour),
            lw=2.5,
            solid_capstyle="butt",
        )
        ax.annotate(
            str(found),
            (1.02, row),
            xycoords=("axes fraction", "data"),
            va="center",
            color=INK,
        )
    ax.axvline(nothing, color=INK, lw=1.2)
    ax.set_yticks(range(len(points)), list(points))
    ax.set(ylim=(len(points) - 0.4, -0.6), xlabel=xlabel)
    ax.locator_params(axis="x", nbins=5)  # more of "−0.025" would touch each other
    ax.tick_params(axis="y", length=0)
    return ax


def confusion(run=None, *, labels=None, predicted=None, classes=None, ax=None):
    """Which class was taken for which: share of each true class's test images, true classes down.

    Args:
        run: a Run of a task with classes; or instead
        labels, predicted, classes: int (n,), int (n,) and the classes' names.
    """
    if run is not None:
        labels, predicted, classes = (
            run.task.test.labels,
            run.predicted("test"),
            run.task.classes,
        )
    counts = evaluate.confusion(labels, predicted, len(classes))
    share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    side = min(7.0, 2.4 + 0.32 * len(classes))
    ax = axes(ax, (side, side))
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
    if len(classes) <= 12:
        for (i, j), value in np.ndenumerate(share):
            if value >= 0.005:
                words = f"{100 * value:.0f}"
                ax.text(
                    j,
                    i,
                    words,
                    ha="center",
                    va="center",
                    fontsize=9,
                    color="white" if value > 0.5 else INK,
                )
    classes, long = (
        [name.replace("$", r"\$") for name in classes],
        max(map(len, classes)) > 2,
    )
    ticks = range(0, len(classes), ceil(len(classes) / 40))
    ax.set_xticks(ticks, [classes[i] for i in ticks], rotation=90 if long else 0)
    ax.set_yticks(ticks, [classes[i] for i in ticks])
    ax.tick_params(length=0)
    ax.set(xlabel="predicted class", ylabel="true class", title="% of each true class")
    return ax


def scatter(run, ax=None):
    """Predicted against true numbers of a regression task's test split; on the line is right."""
    ax = axes(ax, (4.6, 4.6))
    labels, predicted = run.task.test.labels, run.predicted("test")
    ends = [min(labels.min(), predicted.min()), max(labels.max(), predicted.max())]
    ax.plot(ends, ends, color=FAINT, lw=1.2)
    ax.annotate(
        "right",
        ends[1:] * 2,
        textcoords="offset points",
        xytext=(-6, 0),
        ha="right",
        color=INK,
    )
    ax.plot(labels, predicted, "o", color=PALETTE["probe"], ms=3, alpha=0.4)
    ax.set(
        xlabel=f"true {run.task.name}",
        ylabel=f"predicted {run.task.name}",
        aspect="equal",
    )
    return ax


def predictions(run, n: int = 16, ax=None):
    """Test images, evenly spaced and not chosen, with what the run says; wrong answers crossed, framed."""
    task = run.task
    rows = spread(len(task.test), n)
    said, true = run.predicted("test")[rows], task.test.labels[rows]
    if task.is_regression:
        words, wrong = (
            [f"{s:.0f}\n(is {t:.0f})" for s, t in zip(said, true, strict=True)],
            None,
        )
    else:
        names, wrong = task.classes, said != true
        pairs = zip(said, true, strict=True)
        words = [
            f"✓ {names[s]}" if s == t else f"✗ {names[s]}\n(is {names[t]})"
            for s, t in pairs
        ]
    return _tiles(task.test.images[rows], words, wrong, ax)


def images(task=None, *, images=None, labels=None, n: int = 16, ax=None):
    """Training pictures of a task, evenly spaced; or any images, uint8 (n, h, w, 3), and their labels."""
    if task is not None:
        rows = spread(len(task.train), n)
        images, labels = task.train.images[rows], task.train.labels[rows]
        labels = [
            f"{label:.0f}" if task.is_regression else task.classes[label]
            for label in labels
        ]
    return _tiles(
        images[:n],
        [""] * n if labels is None else [str(label) for label in labels[:n]],
        None,
        ax,
    )


def five_steps(current: int | Sequence[int] = (), ax=None):
    """The recipe of transfer learning as five boxes, the current one (1-5) or ones lit."""
    from matplotlib.patches import FancyBboxPatch

    lit = {current} if isinstance(current, int) else set(current)
    if not lit <= set(range(1, len(STEPS) + 1)):
        raise ValueError(
            f"current={current!r}: expected 1 to {len(STEPS)}, as in the recipe"
        )
    ax = axes(ax, (8.4, 0.95))
    for i, step in enumerate(STEPS):
        on = i + 1 in lit
        face, edge = (PALETTE["probe"], INK) if on else ("white", FAINT)
        look = "round,pad=0,rounding_size=0.08"
        ax.add_patch(
            FancyBboxPatch(
                (1.2 * i, 0), 1, 0.7, look, fc=face, ec=edge, lw=2 if on else 1
            )
        )
        words = f"{i + 1}  {step}".replace("source, save", "\nsource, save")
        weight = {"color": "white", "weight": "bold"} if on else {"color": INK}
        ax.text(
            1.2 * i + 0.5,
            0.35,
            words,
            ha="center",
            va="center",
            fontsize=10.5,
            **weight,
        )
        if i:
            ax.annotate(
                "",
                (1.2 * i - 0.02, 0.35),
                (1.2 * i - 0.18, 0.35),
                arrowprops={"arrowstyle": "->"},
            )
    ax.set(xlim=(-0.05, 5.85), ylim=(-0.1, 0.8))
    ax.axis("off")
    return ax


def describe(drawing, alt: str):
    """Store the alternative text of a figure (or Axes) with it; returns the drawing."""
    getattr(drawing, "figure", drawing).set_label(alt)
    return drawing


def png(drawing, alt: str = "", dpi: int = 110) -> bytes:
    """A figure (or Axes) as a PNG file that carries its alternative text, which says what the figure shows.

    The figure is closed, so that a notebook does not show it a second time.

    Raises:
        ValueError: no text.
    """
    from matplotlib import pyplot

    alt = alt or getattr(drawing, "figure", drawing).get_label()
    if not alt.strip():
        raise ValueError(
            "alt: expected a sentence, got none: say what the figure shows to whoever cannot see it"
        )
    figure, file = getattr(drawing, "figure", drawing), BytesIO()
    figure.savefig(file, format="png", dpi=dpi, bbox_inches="tight")
    pyplot.close(figure)
    return _small(file, alt)


def _small(file: BytesIO, alt: str) -> bytes:
    """A PNG file without transparency and, unless there are pictures in it, with 256 colours: a third of its size."""
    from PIL import Image, PngImagePlugin

    image, info, small = (
        Image.open(file).convert("RGB"),
        PngImagePlugin.PngInfo(),
        BytesIO(),
    )
    if image.getcolors(
        maxcolors=4096
    ):  # a drawing: its colours are few, and shades of them at the edges
        image = image.quantize(
            256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    info.add_itxt("Description", alt)
    image.save(small, "png", pnginfo=info, optimize=True)
    return small.getvalue()


def show(drawing, alt: str = "") -> None:
    """Put a figure (or Axes) into the notebook with its alternative text."""
    from IPython.display import Image, display

    alt = alt or getattr(drawing, "figure", drawing).get_label()

    display(Image(data=png(drawing, alt), format="png", alt=alt))


def axes(ax, size):
    """The given Axes or new ones of that size in inches, without a box around them."""
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.figure(figsize=size, layout="constrained").subplots()
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=11, labelcolor=INK)
    for text in (ax.xaxis.label, ax.yaxis.label, ax.title):
        text.set(fontsize=11, color=INK)
    return ax


def _colours(named: Mapping[str, Sequence]) -> list[str]:
    """Each recipe's own colour; where two groups share a recipe, the later one takes a free colour."""
    wanted = [PALETTE.get(some[0].recipe) for some in named.values()]
    free = [colour for colour in reversed(PALETTE.values()) if colour not in wanted]
    own = (colour and wanted.index(colour) == i for i, colour in enumerate(wanted))
    return [
        str(c) if mine else (free.pop(0) if free else INK)
        for c, mine in zip(wanted, own, strict=True)
    ]


def _end_labels(ax, ends):
    """Names beside the last points of lines, moved apart so that they do not cover each other."""
    right, (bottom, top) = max(x for x, *_ in ends), ax.get_ylim()
    gap, below = 0.075 * (top - bottom), -np.inf
    for x, y, name, colour in sorted(ends, key=lambda end: end[1]):
        at = below = max(y, below + gap)
        ax.plot([x, right * 1.03], [y, at], color=colour, lw=0.8, ls=":", clip_on=False)
        ax.annotate(name, (right * 1.04, at), (6, 0), textcoords="offset points", va="center", color=darker(colour),
                    weight="bold", annotation_clip=False)  # fmt: skip
    ax.set_xlim(right=right * 1.04)


def darker(colour: str):
    """The colour mixed with black, to be read as text on white."""
    from matplotlib.colors import to_rgb

    return tuple(0.65 * channel for channel in to_rgb(colour))


def _tiles(images, captions, wrong, ax):
    """Images side by side in one Axes, each with its caption below; wrong ones framed and in bold."""
    from matplotlib.patches import Rectangle

    longest = max(len(line) for words in captions for line in words.split("\n"))
    columns = min(8 if longest <= 9 else 6, len(images))
    rows = ceil(len(images) / columns)
    deep = (
        1.65 if any("\n" in words for words in captions) else 1.4
    )  # a row and its captions, in images
    ax = axes(ax, (7.2, 7.2 / columns / 1.15 * deep * rows))
    for i, (image, words) in enumerate(zip(images, captions, strict=True)):
        x, y = 1.15 * (i % columns), -deep * (i // columns)
        ax.imshow(image, extent=(x, x + 1, y, y + 1), interpolation="nearest")
        look = {"color": INK}
        if wrong is not None and wrong[i]:
            look = {"color": darker(PALETTE["scratch"]), "weight": "bold"}
            ax.add_patch(
                Rectangle((x, y), 1, 1, fill=False, ec=PALETTE["scratch"], lw=4)
            )
        ax.text(
            x + 0.5,
            y - 0.06,
            words,
            ha="center",
            va="top",
            fontsize=10,
            parse_math=False,
            **look,
        )
    ax.set(
        xlim=(-0.05, 1.15 * columns - 0.1),
        ylim=(1.05 - deep * rows, 1.05),
        aspect="equal",
    )
    ax.axis("off")
    return ax
