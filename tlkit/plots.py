"""Static figures: each takes ``ax=None`` and gives back the Axes.

A text for screen readers is attached to it; ``show`` puts the figure into a notebook.

Each recipe keeps its colour (``PALETTE``) and its label (``NAMES``) in every figure.
Nothing is told by colour alone. What all figures share is in ``look``.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from math import ceil
from typing import Any

import numpy as np

from . import colours, evaluate, look
from .colours import FAINT, INK
from .look import TYPE, WIDE, darker
from .names import drawable, key

CAPTION = 16  # characters of a class's name below a picture
STEPS = ("choose tasks", "train on the source, save", "load", "fine-tune", "evaluate")


def __getattr__(name: str) -> Any:
    """PALETTE and NAMES: recipe -> colour, and recipe -> label.

    They are read from the table of recipes when they are first needed, because recipes
    need Keras, which takes seconds to load. The first figures of a notebook do not.
    """
    if name == "PALETTE":
        return _palette()
    if name == "NAMES":
        return _names()
    raise AttributeError(f"tlkit.plots has no {name!r}")


def _palette() -> dict[str, str]:
    """Recipe -> colour, and a colour for something else."""
    from .recipes import RECIPES

    own = {name: recipe.colour for name, recipe in RECIPES.items()}
    return {**own, "other": colours.SKY}


def _names() -> dict[str, str]:
    """Recipe -> label."""
    from .recipes import RECIPES

    return {name: recipe.label for name, recipe in RECIPES.items()}


def _marker(runs: Sequence) -> str:
    """The mark of a group's recipe; a circle for something else."""
    from .recipes import RECIPES

    recipe = RECIPES.get(runs[0].recipe)
    return recipe.marker if recipe else "o"


def _label(name: str) -> str:
    """A recipe's label, or the name that somebody else gave."""
    return _names().get(name, name)


def groups(*runs) -> dict[str, list]:
    """Runs by recipe.

    Args:
        runs: single runs, lists of them, or one dict of name -> run or list of runs.

    Raises:
        ValueError: no run; or two of the same recipe and seed, which would silently be
            averaged.
    """
    if len(runs) == 1 and isinstance(runs[0], Mapping):
        return {name: _as_list(some) for name, some in runs[0].items()}
    found: dict[str, list] = {}
    for run in [one for some in runs for one in _as_list(some)]:
        same = found.setdefault(run.recipe, [])
        if run.seed in [other.seed for other in same]:
            raise ValueError(
                f"expected one {run.recipe} run for each seed, got two with seed "
                f"{run.seed}: give each a name, as in "
                "compare({'block5': run, 'block4': other})"
            )
        same.append(run)
    if not found:
        raise ValueError(
            "expected runs, got none: "
            "pass what from_scratch, linear_probe, ... gave back"
        )
    return found


def _as_list(some) -> list:
    return list(some) if isinstance(some, Sequence) else [some]


def score(runs: Sequence, split: str = "test") -> evaluate.Interval:
    """Accuracy (or mean absolute error) of one recipe with its 95 % interval.

    With one run, the interval is about other images. With several runs on the same
    images, it is about other draws of the labels and other images (`evaluate.crossed`).
    If each run had its own images, the scores show all variation
    (`evaluate.over_seeds`).
    """
    if len(runs) == 1:
        return runs[0].score(split)
    tested = [run.task.test.labels for run in runs]
    if split == "test" and all(np.array_equal(tested[0], other) for other in tested):
        marks = np.stack([run.marks() for run in runs])
        return evaluate.crossed(marks, bounds=(0, np.inf))
    top = np.inf if runs[0].task.is_regression else 1
    return evaluate.over_seeds([run.score(split).mean for run in runs], bounds=(0, top))


def guessing(task) -> tuple[float, str]:
    """Test score of guessing without looking, and the name of that kind of guess."""
    labels = np.asarray(task.test.labels)
    if task.is_regression:
        mean = np.mean(task.train.labels)
        return float(np.abs(labels - mean).mean()), "always the mean"
    most = float(np.bincount(labels).max() / len(labels))
    even = np.isclose(most * len(task.classes), 1)
    return most, "chance" if even else "always the commonest class"


def measure(task) -> str:
    """Name of the score, with its unit."""
    return f"mean absolute error ({task.name})" if task.is_regression else "accuracy"


def spread(total: int, n: int) -> np.ndarray:
    """n evenly spaced row numbers below `total`: int (n,), or all of them if fewer."""
    return np.linspace(0, total - 1, min(n, total)).astype(int)


def describe(drawing, alt: str):
    """Attach a text that says what a figure shows, for people who cannot see it.

    Args:
        drawing: Axes or a Figure.
        alt: one or two sentences with the numbers that the figure shows.

    Returns:
        the drawing. ``show`` and ``png`` use the text.
    """
    _figure(drawing).set_label(alt)
    return drawing


def _figure(drawing):
    """The Figure of Axes, or the Figure itself."""
    return getattr(drawing, "figure", None) or drawing


def compare(*runs, ax=None):
    """The test score of each recipe with its 95 % interval, the seeds, and chance."""
    named = groups(*runs)
    task = next(iter(named.values()))[0].task
    ax = axes(ax, (WIDE, 1.0 + 0.5 * len(named)))
    scores = {name: score(some) for name, some in named.items()}
    colours = _colours(named)
    for row, (name, some) in enumerate(named.items()):
        found, colour = scores[name], colours[row]
        mark = _marker(some)
        if len(some) > 1:
            look.draws(ax, row, [run.score().mean for run in some], colour)
        ends = [[found.mean - found.low], [found.high - found.mean]]
        ax.errorbar(
            found.mean, row, xerr=ends, fmt=mark, color=colour, lw=2.5, ms=8, capsize=4
        )
        look.beside(ax, row, f"{found.mean:.2f} [{found.low:.2f}, {found.high:.2f}]")
    guess, words = guessing(task)
    look.chance(ax, guess, words)
    ax.set_yticks(range(len(named)), [_label(name) for name in named])
    ax.set_ylim(len(named) - 0.5, -0.5)
    ax.set_xlabel(f"{measure(task)} on {len(task.test):,} test images")
    look.say_bars(ax, _bars_of(named, None if task.is_regression else len(task.test)))
    ax.set_xlim(0, None if task.is_regression else 1)
    ax.tick_params(axis="y", length=0)
    listed = "; ".join(f"{_label(name)} {s}" for name, s in scores.items())
    alt = f"Test {measure(task)} by recipe: {listed}; {words} {guess:.2f}."
    return describe(ax, alt)


def _bars_of(named: Mapping[str, Sequence], pictures: int | None) -> str:
    """What the bars of groups of runs are: of how many draws, if all are of several."""
    counts = {len(some) for some in named.values()}
    if len(counts) > 1:
        return look.bars(dots=True)
    draws = max(counts)
    return look.bars(draws, pictures, dots=draws > 1)


def curves(*runs, ax=None):
    """The validation score by epoch: a colour for each recipe, the first seed bold."""
    named = groups(*runs)
    task = next(iter(named.values()))[0].task
    key = "val_mae" if task.is_regression else "val_accuracy"
    ax, ends, words = axes(ax, (WIDE, 3.6)), [], []
    for (name, some), colour in zip(named.items(), _colours(named), strict=True):
        lines = [run.history[key] for run in some if run.history.get(key)]
        for i, values in reversed(list(enumerate(lines))):
            thin = {"lw": 1, "alpha": 0.5}
            style = thin if i else {"lw": 2.8, "marker": _marker(some), "ms": 4}
            ax.plot(range(1, len(values) + 1), values, color=colour, **style)
        if lines:
            label = _label(name)
            ends.append((lines[0][-1], label, colour))
            words.append(f"{label} from {lines[0][0]:.2f} to {lines[0][-1]:.2f}")
    if not ends:
        raise ValueError(
            f"expected {key!r} in a run's history, got none: "
            "train with a validation split"
        )
    ax.set(xlabel="epoch", ylabel=f"validation {measure(task)}")
    ax.set_ylim(0, None if task.is_regression else 1.02)
    ax.xaxis.get_major_locator().set_params(integer=True)
    if any(len(some) > 1 for some in named.values()):
        look.say_bars(ax, "thick: the first draw; thin: the others")
    look.name_ends(ax, ends)
    return describe(ax, f"Validation {measure(task)} by epoch: {'; '.join(words)}.")


def label_curve(
    points: Mapping[str, Mapping[int, evaluate.Interval]],
    ax=None,
    draws: Mapping[str, Mapping[Any, Sequence[float]]] | None = None,
    chance: float | None = None,
):
    """Test accuracy by label budget, a line for each recipe, with 95 % intervals.

    Args:
        points: recipe, as ``Run.recipe`` names it -> {labels per class: Interval}.
        ax: where; None: new axes.
        draws: recipe -> {labels per class, a number or its text: one accuracy for each
            draw}, shown as dots.
        chance: accuracy of guessing, a dashed line.
    """
    ax, ends, words = axes(ax, (WIDE, 3.9)), [], []
    for name, line in points.items():
        labels, found = list(line), list(line.values())
        colour, label = _palette().get(name, INK), _label(name)
        style = {"color": colour, "ls": look.LINES.get(name, ":"), "lw": 2.5}
        ax.plot(labels, [f.mean for f in found], marker="o", ms=6, **style)
        lows, highs = [f.low for f in found], [f.high for f in found]
        ax.vlines(labels, lows, highs, color=colour, lw=2.5, alpha=0.5)
        for place, scores in (draws or {}).get(name, {}).items():
            look.draws(ax, int(place), scores, colour, across=True)
        ends.append((found[-1].mean, label, colour))
        words.append(
            f"{label} goes from {found[0].mean:.2f} with {labels[0]} labels per class "
            f"to {found[-1].mean:.2f} with {labels[-1]}"
        )
    ax.set_xscale("log")
    ax.set_xlabel("labels per class, validation included")
    counts = {len(some) for line in (draws or {}).values() for some in line.values()}
    one = counts.pop() if len(counts) == 1 else None
    look.say_bars(ax, look.bars(one, dots=bool(draws)))
    ax.set_ylabel("accuracy on test images")
    budgets = sorted({labels for line in points.values() for labels in line})
    ax.set_xticks(budgets, [str(labels) for labels in budgets])
    ax.minorticks_off()
    ax.set_ylim(0, 1.02)
    if chance is not None:
        ends.append(look.level(ax, chance))
        words.append(f"chance is {chance:.2f}")
    look.name_ends(ax, ends)
    return describe(ax, f"Accuracy by label budget: {'; '.join(words)}.")


def costs(
    points: Mapping[str, evaluate.Interval],
    xlabel: str,
    nothing: float = 0.0,
    ax=None,
    gains: bool = False,
    draws: int | None = None,
    pictures: int | None = None,
):
    """What each of several mistakes costs, with 95 % intervals; grey: perhaps nothing.

    Harm is vermilion, a gain is blue.

    Args:
        points: name -> Interval.
        xlabel: what it costs, with its unit.
        nothing: the value that stands for no cost, where the bars begin.
        ax: where; None: new axes.
        gains: more is better, as in "accuracy gained"; else more is worse.
        draws: number of draws of the labels behind each interval; None: not known.
        pictures: number of test pictures that vary, too; None: they do not.
    """
    ax = axes(ax, (WIDE, 1.0 + 0.45 * len(points)))
    unsure = False
    for row, found in enumerate(points.values()):
        better = (found.mean > nothing) == gains
        colour = look.GAIN if better else look.HARM
        if not found.excludes(nothing):
            colour, unsure = look.UNSURE, True
        width = found.mean - nothing
        ax.barh(row, width, left=nothing, height=0.55, color=colour, alpha=0.55)
        ax.plot(
            [found.low, found.high],
            [row, row],
            color=darker(colour),
            lw=2.5,
            solid_capstyle="butt",
        )
        look.beside(ax, row, str(found))
    ax.axvline(nothing, color=INK, lw=1.2)
    ends = [nothing, *(end for one in points.values() for end in (one.low, one.high))]
    room = 0.04 * (max(ends) - min(ends))  # or the line of nothing lies on the frame
    ax.set_xlim(min(ends) - room, max(ends) + room)
    ax.set_yticks(range(len(points)), [look.wrapped(name) for name in points])
    ax.set(ylim=(len(points) - 0.4, -0.6), xlabel=xlabel)
    grey = "; grey: perhaps nothing" if unsure else ""
    look.say_bars(ax, look.bars(draws, pictures, what="lines") + grey)
    ax.locator_params(axis="x", nbins=4)  # more of "−0.025" would touch each other
    ax.tick_params(axis="y", length=0)
    listed = "; ".join(f"{name} {found}" for name, found in points.items())
    return describe(ax, f"{xlabel}: {listed}.")


def confusion(run=None, *, labels=None, predicted=None, classes=None, ax=None):
    """The confusion matrix, in shares of each true class; rows are true classes.

    Args:
        run: a Run of a task with classes; or instead
        labels, predicted, classes: int (n,), int (n,) and the classes' names.
    """
    if run is not None:
        labels, predicted = run.task.test.labels, run.predicted("test")
        classes = run.task.classes
    counts = evaluate.confusion(labels, predicted, len(classes))
    share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    side = min(WIDE, 2.4 + 0.32 * len(classes))
    ax = axes(ax, (side, side))
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
    if len(classes) <= 12:
        for (i, j), value in np.ndenumerate(share):
            if value < 0.005:
                continue
            ax.text(
                j,
                i,
                f"{100 * value:.0f}",
                ha="center",
                va="center",
                fontsize=TYPE,
                color="white" if value > 0.5 else INK,
            )
    drawn = drawable(classes)
    names = [name.replace("$", r"\$") for name in drawn]
    long = max(map(len, drawn)) > 2
    ticks = range(0, len(classes), ceil(len(classes) / 40))
    ax.set_xticks(ticks, [names[i] for i in ticks], rotation=90 if long else 0)
    ax.set_yticks(ticks, [names[i] for i in ticks])
    ax.tick_params(length=0)
    ax.set(xlabel="predicted class", ylabel="true class", title="% of each true class")
    return describe(ax, worst_mistake(counts, classes) + key(classes, drawn))


def worst_mistake(counts: np.ndarray, classes: Sequence[str]) -> str:
    """The most frequent mistake in a confusion matrix, as a sentence.

    Args:
        counts: int (classes, classes); rows are true classes.
        classes: their names.
    """
    wrong = counts - np.diag(np.diag(counts))
    true, said = np.unravel_index(wrong.argmax(), wrong.shape)
    if not wrong[true, said]:
        return "No mistakes."
    return (
        f"Most frequent mistake: {classes[true]} taken for {classes[said]}, "
        f"{wrong[true, said]} times."
    )


def scatter(run, ax=None):
    """Predicted against true numbers of the test split; right answers lie on a line."""
    ax = axes(ax, (4.6, 4.6))
    labels, predicted = run.task.test.labels, run.predicted("test")
    ends = [min(labels.min(), predicted.min()), max(labels.max(), predicted.max())]
    ax.plot(ends, ends, color=FAINT, lw=1.2)
    ax.annotate(
        "right",
        ends[1:] * 2,
        textcoords="offset points",
        xytext=(-10, 0),
        ha="right",
        color=INK,
        fontsize=TYPE,
    )
    ax.plot(labels, predicted, "o", color=colours.BLUE, ms=3, alpha=0.4)
    ax.set_xlabel(f"true {run.task.name}")
    ax.set_ylabel(f"predicted {run.task.name}")
    ax.set_aspect("equal")
    return describe(ax, f"Off by {run.score()} on average.")


def predictions(run, n: int = 16, ax=None):
    """Evenly spaced test images, not hand-picked, with answers; mistakes framed.

    The title names the recipe.
    """
    task = run.task
    rows = spread(len(task.test), n)
    images = task.test.images[rows]
    predicted, true = run.predicted("test")[rows], task.test.labels[rows]
    pairs = list(zip(predicted, true, strict=True))
    if task.is_regression:
        words = [f"{p:.0f}\n(is {t:.0f})" for p, t in pairs]
        alt = f"{len(rows)} test pictures, each with the predicted and the true number."
        ax = _tiles(images, words, None, ax)
        ax.set_title(_label(run.recipe))
        return describe(ax, alt)
    names, wrong = drawable(task.classes, CAPTION), predicted != true
    words = [
        f"✓ {names[p]}" if p == t else f"✗ {names[p]}\n(is {names[t]})"
        for p, t in pairs
    ]
    right = int((~wrong).sum())
    alt = f"{len(rows)} test pictures; {right} of them are classified correctly."
    alt += key(task.classes, names)
    ax = _tiles(images, words, wrong, ax)
    ax.set_title(f"{_label(run.recipe)}: {right} of these {len(rows)} are right")
    return describe(ax, alt)


def images(
    task=None,
    *,
    images=None,
    labels=None,
    n: int = 16,
    ax=None,
    columns: int | None = None,
):
    """Pictures side by side, each with its label.

    Args:
        task: training pictures of it, evenly spaced; or instead
        images, labels: any images, uint8 (n, h, w, 3), and what to write below them.
        n: how many at most.
        columns: pictures in a row; None: as many as the labels leave room for.
    """
    about = "Pictures"
    if task is not None:
        rows = spread(len(task.train), n)
        images, labels = task.train.images[rows], task.train.labels[rows]
        about = f"Training pictures of {task.name}"
        if task.is_regression:
            labels = [f"{label:.0f}" for label in labels]
        else:
            names = drawable(task.classes, CAPTION)
            about += key(task.classes, names).rstrip(".")
            labels = [names[label] for label in labels]
    shown = images[:n]
    if labels is None:
        unnamed = [""] * len(shown)
        return describe(_tiles(shown, unnamed, None, ax, columns), f"{about}.")
    words = [str(label) for label in labels[:n]]
    alt = f"{about}, labelled {', '.join(words)}."
    return describe(_tiles(shown, words, None, ax, columns), alt)


def five_steps(current: int | Sequence[int] = (), ax=None):
    """The recipe of transfer learning as five boxes; the current ones are highlighted.

    Args:
        current: 1-5, or several of them.
    """
    from matplotlib.patches import FancyBboxPatch

    lit = {current} if isinstance(current, int) else set(current)
    if not lit <= set(range(1, len(STEPS) + 1)):
        raise ValueError(
            f"current={current!r}: expected 1 to {len(STEPS)}, as in the recipe"
        )
    ax = axes(ax, (WIDE, 1.4))
    for i, step in enumerate(STEPS):
        left, on = 1.2 * i, i + 1 in lit
        box = FancyBboxPatch(
            (left, 0),
            1.06,
            1,
            "round,pad=0,rounding_size=0.08",
            fc=colours.BLUE if on else "white",
            ec=INK if on else FAINT,
            lw=2 if on else 1,
        )
        ax.add_patch(box)
        ax.text(
            left + 0.53,
            0.5,
            f"{i + 1}\n{look.wrapped(step, 11)}",
            ha="center",
            va="center",
            fontsize=TYPE,
            color="white" if on else INK,
            weight="bold" if on else "normal",
        )
        if i:
            arrow = {"arrowstyle": "->"}
            ax.annotate("", (left - 0.01, 0.5), (left - 0.14, 0.5), arrowprops=arrow)
    ax.set(xlim=(-0.03, 5.89), ylim=(-0.27, 1.03))
    if lit:
        where = {"ha": "center", "va": "top", "fontsize": TYPE, "color": INK}
        ax.text(2.93, -0.06, "blue, in bold type: in this notebook", **where)
    ax.axis("off")
    steps = ", ".join(f"{i + 1} {step}" for i, step in enumerate(STEPS))
    now = ", ".join(str(number) for number in sorted(lit)) or "none"
    return describe(ax, f"The five steps: {steps}. This notebook: {now}.")


def png(drawing, alt: str | None = None, dpi: int = look.SHOWN) -> bytes:
    """A figure (or Axes) as a PNG file that carries its alternative text.

    Type that is too small for a telephone is enlarged (``look.readable``). The figure
    is closed, so that a notebook does not show it a second time.

    Args:
        drawing: Axes or a Figure.
        alt: what it shows; None: what ``describe`` attached.
        dpi: pixels per inch of a drawing. What holds pictures with many colours, whose
            pixels are large anyway, has at most 110.

    Raises:
        ValueError: no text.
    """
    from matplotlib import pyplot

    figure, alt = _figure(drawing), _alt(drawing, alt)
    look.readable(figure)
    image = _rendered(figure, look.SHOWN)
    if image.mode != "P":
        image = _with_256_colours(image)
    elif dpi > look.SHOWN:
        image = _rendered(figure, dpi)
    pyplot.close(figure)
    return _file(image, alt)


def _rendered(figure, dpi: int):
    """A figure as a Pillow image without transparency; a drawing has few colours."""
    from PIL import Image

    file = BytesIO()
    figure.savefig(
        file, format="png", dpi=dpi, bbox_inches="tight", pad_inches=look.PAD
    )
    image = Image.open(file).convert("RGB")
    if image.getcolors(maxcolors=4096):  # few colours, and shades of them at the edges
        image = _few_colours(image)
    image.info = {"dpi": (dpi, dpi)}
    return image


def _alt(drawing, alt: str | None) -> str:
    """The given text or the attached one. Raises ValueError if there is neither."""
    found = _figure(drawing).get_label() if alt is None else alt
    found = " ".join(found.split())  # labels in it may have several lines
    if not found.strip():
        raise ValueError(
            "alt: expected a sentence, got none: say what the figure shows, for people "
            "who cannot see it"
        )
    return found


def _few_colours(image):
    """A drawing with fewer colours that looks the same: no pixel changes by over 12."""
    from PIL import Image, ImageChops

    for count in look.COLOURS:
        few = image.quantize(
            count, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
        changes = ImageChops.difference(image, few.convert("RGB")).getextrema()
        if max(most for _, most in changes) <= 12:  # of 255
            break
    return few


def _with_256_colours(image):
    """Pictures in the 256 colours that suit them: a file of a third of the size."""
    from PIL import Image

    found = image.quantize(256, dither=Image.Dither.NONE)
    found.info = image.info
    return found


def _file(image, alt: str) -> bytes:
    """A Pillow image as a PNG file with its text and the pixels of its inch."""
    from PIL import PngImagePlugin

    info, file = PngImagePlugin.PngInfo(), BytesIO()
    info.add_itxt("Description", alt)
    image.save(file, "png", pnginfo=info, optimize=True, dpi=image.info["dpi"])
    return file.getvalue()


def width(picture: bytes) -> int:
    """How wide a PNG file of ``png`` is shown where there is room: pixels."""
    from PIL import Image

    with Image.open(BytesIO(picture)) as image:
        return round(image.width * look.SHOWN / image.info["dpi"][0])


def show(drawing, alt: str | None = None) -> None:
    """Put a figure (or Axes) into the notebook, with its alternative text.

    Its file has more pixels than the place that it takes, for fine screens and
    telephones.

    Args:
        drawing: Axes or a Figure.
        alt: what it shows; None: what ``describe`` attached.
    """
    from IPython.display import Image, display

    alt = _alt(drawing, alt)
    data = png(drawing, alt, look.DRAWN)
    display(Image(data=data, format="png", alt=alt, width=width(data)))


def axes(ax, size):
    """The given Axes or new ones of that size in inches, without a box around them."""
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.figure(figsize=size, layout="constrained").subplots()
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=TYPE, labelcolor=INK)
    for text in (ax.xaxis.label, ax.yaxis.label, ax.title):
        text.set(fontsize=TYPE, color=INK)
    return ax


def _colours(named: Mapping[str, Sequence]) -> list[str]:
    """Each recipe's own colour; a later group of the same recipe takes a free one."""
    palette = _palette()
    wanted = [palette.get(some[0].recipe, "") for some in named.values()]
    free = [colour for colour in reversed(palette.values()) if colour not in wanted]
    found: list[str] = []
    for colour in wanted:
        if colour and colour not in found:
            found.append(colour)
        else:
            found.append(free.pop(0) if free else INK)
    return found


def _tiles(images, captions, wrong, ax, columns: int | None = None):
    """Images side by side in one Axes, each with its caption below.

    Args:
        images: uint8 (n, h, w, 3).
        captions: n texts of one or two lines.
        wrong: bool (n,), images to frame; None: none.
        columns: images in a row; None: as many as the captions leave room for.
    """
    from matplotlib.patches import Rectangle

    longest = max(len(line) for words in captions for line in words.split("\n"))
    if columns is None:  # the longer the captions, the fewer pictures side by side
        if longest <= 6:
            columns = 8
        elif longest <= 9:
            columns = 6
        else:
            columns = 4
        columns = min(columns, len(images))
    rows = ceil(len(images) / columns)
    lines = 1 + max(words.count("\n") for words in captions)
    side = WIDE / columns / 1.15  # of an image, inches
    deep = 1.12 + 1.25 * lines * TYPE / 72 / side  # a row with captions, in images
    ax = axes(ax, (WIDE, side * deep * rows))
    for i, (image, words) in enumerate(zip(images, captions, strict=True)):
        x, y = 1.15 * (i % columns), -deep * (i // columns)
        ax.imshow(image, extent=(x, x + 1, y, y + 1), interpolation="nearest")
        framed = wrong is not None and wrong[i]
        if framed:
            frame = Rectangle((x, y), 1, 1, fill=False, ec=colours.VERMILION, lw=4)
            ax.add_patch(frame)
        ax.text(
            x + 0.5,
            y - 0.06,
            words,
            ha="center",
            va="top",
            fontsize=TYPE,
            parse_math=False,
            color=darker(colours.VERMILION) if framed else INK,
            weight="bold" if framed else "normal",
        )
    ax.set_xlim(-0.05, 1.15 * columns - 0.1)
    ax.set_ylim(1.05 - deep * rows, 1.05)
    ax.set_aspect("equal")
    ax.axis("off")
    return ax
