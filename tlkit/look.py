"""How every figure looks: one place for type, width, bars, draws, chance and names.

A figure is read on a wall, in a book and on a telephone. So it is at most ``WIDE``
inches wide (panels stand below each other), and its type has at least ``SMALLEST``
points where the figure is shown ``PHONE`` pixels wide (``readable`` sees to it). What
a bar is stands on the figure (``bars``), single draws are seen beside their mean
(``draws``), chance is a dashed line with its number (``chance``), and what one could
not have in earnest is hollow (``hollow``).
"""

from collections.abc import Sequence

import numpy as np

from . import colours
from .colours import FAINT, INK

WIDE = 6.3  # inches
PAD = 0.04  # inches around a figure in its file
TYPE = 11  # points
PHONE, SMALLEST = 390, 7.0  # pixels of 1/96 inch; points of type when shown so wide
SHOWN = 110  # pixels in an inch where a notebook or a page has room
DRAWN = 165  # of a drawing's file in a notebook: sharp on a telephone, yet small
FINE = 220  # of a drawing's file that stands alone
COLOURS = (64, 128, 256)  # of a drawing's file: the fewest that look the same

# Recipe -> its line where several are drawn, so that colour is not needed; others: ":"
LINES = {"probe": "-", "scratch": "--", "lp_ft": "-.", "fine_tune": (0, (8, 2))}

NAIVE, REMEDY, OTHER = colours.VERMILION, colours.BLUE, FAINT
GAIN, HARM, UNSURE = colours.BLUE, colours.VERMILION, FAINT

BARS = "bars: 95 %"
_BESIDE = 7  # points between a mean and its draws


def bars(
    draws: int | None = None,
    pictures: int | None = None,
    what: str = "bars",
    dots: bool = False,
) -> str:
    """What the bars of a figure are, in words.

    Args:
        draws: number of draws of the labels behind each bar; None: not known, or one.
        pictures: number of test pictures behind each bar; None: not known.
        what: "bars" or "bands".
        dots: whether each draw is shown, too.

    Returns:
        as in "bars: 95 %, 5 draws × 2,000 pictures; small dots: single draws".
    """
    of = []
    if draws is not None and draws > 1:
        of.append(f"{draws} draws")
    if pictures is not None:
        of.append(f"{pictures:,} pictures")
    words = f"{what}: 95 %" + (f", {' × '.join(of)}" if of else "")
    return f"{words}; small dots: single draws" if dots else words


def say_bars(ax, words: str) -> None:
    """Write below the horizontal axis, under its label, what the bars are."""
    label = ax.get_xlabel()
    ax.set_xlabel(f"{label}\n{words}" if label else words)


def chance(ax, value: float, words: str = "chance") -> None:
    """A dashed line with its number above: what guessing without looking reaches.

    Where scores are heights, ``level`` draws it.

    Args:
        ax: where.
        value: the score of guessing.
        words: what to call it.
    """
    ax.axvline(value, color=FAINT, ls="--", lw=1.2, zorder=0)
    ax.annotate(
        f"{words} {value:.2f}",
        (value, 1),
        (0, 4),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="center",
        color=INK,
        fontsize=TYPE,
    )


def level(ax, value: float, words: str = "chance") -> tuple[float, str, str]:
    """A dashed line across, as ``chance`` draws it; its name is for ``name_ends``.

    Args:
        ax: where.
        value: its height.
        words: what to call it.

    Returns:
        (height, name with its number, colour).
    """
    ax.axhline(value, color=FAINT, ls="--", lw=1.2, zorder=0)
    return value, f"{words} {value:.2f}", INK


def beside(ax, row: float, words: str) -> None:
    """Words to the right of the axes, in the height of a row."""
    where = {"xycoords": ("axes fraction", "data"), "va": "center"}
    ax.annotate(words, (1.02, row), color=INK, fontsize=TYPE, **where)


def wrapped(words: str, letters: int = 20) -> str:
    """Words in lines of at most this many letters; a longer word stays whole."""
    from textwrap import wrap

    return "\n".join(wrap(words, letters, break_long_words=False)) or words


def draws(ax, places, scores: Sequence[float], colour, across: bool = False) -> None:
    """Single draws as small dots beside their mean, so that the mean hides none.

    Args:
        ax: where.
        places: the row or the place on the axis of the mean, a number.
        scores: one for each draw, float (draws,).
        colour: of the dots.
        across: scores are heights, and the dots stand right of the mean. Else they
            stand below it.
    """
    from matplotlib.transforms import offset_copy

    move = {"x": _BESIDE, "y": 0} if across else {"x": 0, "y": -_BESIDE}
    beside_it = offset_copy(ax.transData, ax.figure, units="points", **move)
    at = [places] * len(scores)
    x, y = (at, scores) if across else (scores, at)
    ax.plot(
        x,
        y,
        ".",
        color=colour,
        ms=6,
        mew=0,
        alpha=0.8,
        transform=beside_it,
        label="_draws",
    )


def hollow(mark) -> None:
    """Draw a mark (a Line2D) hollow: an oracle, or a number that nobody could have."""
    mark.set(markerfacecolor="white", markeredgewidth=1.8)


def name_ends(ax, ends: Sequence[tuple[float, str, object]]) -> None:
    """Names of lines right of the axes, moved apart as little as needed.

    Where one had to move, thin grey leaders outside the axes, which cannot be taken for
    data, tell which is whose. Call it last: it reads the axis's limits and scale.

    Args:
        ax: where.
        ends: (y in data, name, colour) for each line; a name may have several lines.
    """
    from scipy.optimize import isotonic_regression

    def fraction(y: float) -> float:
        return ax.transAxes.inverted().transform(ax.transData.transform((1, y)))[1]

    ends = sorted(ends, key=lambda end: end[0])
    lines = np.array([1 + name.count("\n") for _, name, _ in ends])
    inches = ax.figure.get_size_inches()[1] * ax.get_position().height
    step = 1.3 * TYPE / 72 / inches * (lines[1:] + lines[:-1]) / 2
    below = np.concatenate([[0], np.cumsum(step)])  # room that the names below need
    wanted = np.array([fraction(y) for y, *_ in ends])
    found = isotonic_regression(wanted - below).x + below
    far = np.abs(wanted - found).max() > 0.01
    leader = {"arrowstyle": "-", "color": FAINT, "lw": 0.8, "shrinkA": 1, "shrinkB": 0}
    for (_, name, colour), y, at in zip(ends, wanted, found, strict=True):
        ax.annotate(
            name,
            (1.005, y),
            (1.06 if far else 1.02, at),
            xycoords="axes fraction",
            textcoords="axes fraction",
            va="center",
            ha="left",
            color=darker(colour),
            weight="bold",
            fontsize=TYPE,
            annotation_clip=False,
            arrowprops={**leader, "relpos": (0, 0.5)} if far else None,
        )


def darker(colour):
    """The colour mixed with black, to be read as text on white."""
    from matplotlib.colors import to_rgb

    return tuple(0.65 * channel for channel in to_rgb(colour))


def smallest(figure) -> float:
    """Points that type needs to be read where the figure is ``PHONE`` pixels wide."""
    return SMALLEST * (figure.get_size_inches()[0] + 2 * PAD) / (PHONE / 96)


def readable(figure) -> None:
    """Make type that is too small for a telephone as large as it has to be.

    ``plots.show`` and the figures with controls call it before they draw.

    Args:
        figure: of matplotlib; it is changed.
    """
    from matplotlib.text import Text

    least = smallest(figure)
    for text in figure.findobj(Text):
        if text.get_fontsize() < least:
            text.set_fontsize(least)
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            size = axis.get_tick_params().get("labelsize")
            if not isinstance(size, int | float) or size < least:
                axis.set_tick_params(labelsize=least)
