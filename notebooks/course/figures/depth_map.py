"""The map of the course: how well each depth of a network answers each question."""

from collections.abc import Mapping, Sequence

from tlkit import look, plots
from tlkit.evaluate import Interval
from tlkit.plots import INK, PALETTE, darker

LINES = {  # backbone -> its name, colour, marker, line; told apart without colour too
    "letters": ("trained on letters", PALETTE["probe"], "o", "-"),
    "random": ("random weights", PALETTE["scratch"], "s", "--"),
    "photos": ("trained on photographs", PALETTE["lp_ft"], "^", "-."),
}
Line = Mapping[str, Interval]  # cut -> score


def depth_map(
    found: Mapping[str, Mapping[str, Line]],
    chance: Mapping[str, float],
    titles: Mapping[str, str],
    draws: int | None = None,
    each: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]] | None = None,
):
    """One panel for each question: accuracy over depth, a line for each backbone.

    Where a linear head reads more from the trained network than from random weights,
    the gap is shaded; where it reads less, hatched.

    Args:
        found: question -> backbone, one of ``LINES`` -> {cut: Interval}, all with the
            same cuts.
        chance: question -> accuracy of guessing.
        titles: question -> what stands above its panel.
        draws: number of draws of the labels behind each interval; None: not known.
        each: question -> backbone -> cut -> one score for each draw, shown as dots.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib.figure import Figure

    size = (look.WIDE, 0.5 + 2.7 * len(found))
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(len(found), sharex=True, squeeze=False)[:, 0]
    for ax, (question, lines) in zip(panels, found.items(), strict=True):
        _panel(ax, lines)
        for name, line in (each or {}).get(question, {}).items():
            for at, cut in enumerate(lines[name]):
                look.draws(ax, at, line[cut], LINES[name][1], across=True)
        bold = {"fontsize": 13, "weight": "bold", "color": INK, "loc": "left"}
        ax.set_title(titles[question], **bold)
        names = [
            (list(line.values())[-1].mean, LINES[name][0].replace(" ", "\n", 1))
            + (LINES[name][1],)
            for name, line in lines.items()
        ]
        look.name_ends(ax, [*names, look.level(ax, chance[question])])
        ax.set_ylabel("accuracy", fontsize=look.TYPE, color=INK)
    panels[-1].set_xlabel("a linear head after block …", fontsize=look.TYPE, color=INK)
    look.say_bars(panels[-1], look.bars(draws, dots=bool(each)))
    words = [
        f"{titles[question]} {LINES[name][0]}: {_means(line)}"
        for question, lines in found.items()
        for name, line in lines.items()
    ]
    return plots.describe(
        figure,
        f"Accuracy of a linear head at each depth, {len(found)} panels. "
        f"{'. '.join(words)}.",
    )


def _means(line: Line) -> str:
    """A line in words: each cut with its mean score."""
    return ", ".join(f"{cut} {point.mean:.2f}" for cut, point in line.items())


def _panel(ax, lines: Mapping[str, Line]) -> None:
    """The lines of one question, and the gap between two of them."""
    for name, line in lines.items():
        _line(ax, line, *LINES[name][1:])
    if {"letters", "random"} <= set(lines):
        trained = [point.mean for point in lines["letters"].values()]
        untrained = [point.mean for point in lines["random"].values()]
        _gap(ax, trained, untrained)
    cuts = list(next(iter(lines.values())))
    names = [cut.replace("image", "pixels").replace("block", "") for cut in cuts]
    ax.set_xticks(range(len(cuts)), names)
    ax.set(xlim=(-0.35, len(cuts) - 0.65), ylim=(0, 1))
    plots.axes(ax, None)


def _line(ax, line: Line, colour: str, marker: str, style: str) -> None:
    """The scores of one backbone, with their intervals."""
    at, points = range(len(line)), line.values()
    line_look = {"marker": marker, "color": colour, "lw": 2.8, "ms": 8}
    ax.plot(at, [point.mean for point in points], style, **line_look)
    low, high = [point.low for point in points], [point.high for point in points]
    ax.vlines(at, low, high, color=colour, lw=5, alpha=0.45)


def _gap(ax, trained: Sequence[float], untrained: Sequence[float]) -> None:
    """Shade where a linear head reads more after training, and hatch where it reads
    less.
    """
    pairs = list(zip(trained, untrained, strict=True))
    added = [a - b for a, b in pairs]
    removed = [b - a for a, b in pairs]
    _shade(ax, "more readable", added, pairs, LINES["letters"][1])
    _shade(ax, "less readable", removed, pairs, LINES["random"][1], hatch="////")


def _shade(
    ax, word: str, gaps: Sequence[float], pairs, colour: str, **hatching
) -> None:
    """Shade where a gap is positive, and name it where it is widest, if it is wide."""
    at = list(range(len(gaps)))
    top, bottom = zip(*pairs, strict=True)
    positive = [gap >= 0 for gap in gaps]
    area = {"color": colour, "lw": 0, "alpha": 0.16, **hatching}
    ax.fill_between(at, top, bottom, where=positive, interpolate=True, **area)
    if max(gaps) <= 0.15:  # no room for the word
        return
    widest = gaps.index(max(gaps))
    inside = min(max(widest, 1), len(at) - 2)  # where there is room for the word
    middle = (top[inside] + bottom[inside]) / 2
    word_look = {"fontsize": look.TYPE, "style": "italic", "color": darker(colour)}
    ax.text(inside, middle, word, ha="center", va="center", **word_look)
