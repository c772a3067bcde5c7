"""Notebook 09: difficult pictures, and figures of naive ways against remedies.

Pictures are turned, covered or put together.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tlkit import glyphs, look, plots
from tlkit.evaluate import Interval, over_seeds
from tlkit.look import NAIVE, OTHER, REMEDY

from .parts import band, interval_row, listed, name_rows

MARKS = {NAIVE: "s", REMEDY: "D", OTHER: "o"}  # told apart without colour
LUMA = np.array([0.299, 0.587, 0.114], "float32")  # brightness of red, green and blue
EDGE = 3  # pixels that a covered square keeps from the edge


def turned(
    images: np.ndarray, degrees: np.ndarray, shifts: np.ndarray | None = None
) -> np.ndarray:
    """Pictures turned about their middle and shifted.

    What comes in at the edges repeats the last pixel.

    Args:
        images: uint8 (n, h, w, 3).
        degrees: float (n,), positive is anticlockwise.
        shifts: float (n, 2), pixels down and right; None: none.

    Returns:
        uint8 (n, h, w, 3).
    """
    from scipy.ndimage import affine_transform

    if shifts is None:
        shifts = np.zeros((len(images), 2))
    middle = (np.array(images.shape[1:3]) - 1) / 2
    made = np.empty_like(images)
    for i, angle in enumerate(np.radians(degrees)):
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, sin], [-sin, cos]])
        start = middle - turn @ (middle + shifts[i])
        for channel in range(3):
            affine_transform(
                images[i, ..., channel],
                turn,
                start,
                output=made[i, ..., channel],
                order=1,
                mode="nearest",
            )
    return made


def views(
    images: np.ndarray, copies: int, seed: int, turn: float = 15, shift: float = 3
) -> np.ndarray:
    """Randomly turned and shifted copies of each picture.

    Args:
        images: uint8 (n, h, w, 3).
        copies: how many of each.
        seed: of the turns and shifts.
        turn: the largest, degrees to either side.
        shift: the largest, pixels along each axis.

    Returns:
        uint8 (copies · n, h, w, 3): a copy of each picture, then the second of each, …
    """
    rng, many = np.random.default_rng(seed), np.concatenate([images] * copies)
    degrees = rng.uniform(-turn, turn, len(many))
    return turned(many, degrees, rng.uniform(-shift, shift, (len(many), 2)))


def hide(images: np.ndarray, side: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Cover a square of each picture with black, at least 3 pixels from the edge.

    Args:
        images: uint8 (n, h, w, 3).
        side: of the square, pixels, at most h - 6.
        seed: of the places.

    Returns:
        the covered pictures, and where: int (n, 2), upper row and left column of each
        square.
    """
    height, width = images.shape[1:3]
    rng, covered = np.random.default_rng(seed), images.copy()
    highest = (height - side - EDGE + 1, width - side - EDGE + 1)
    corners = rng.integers(EDGE, highest, (len(images), 2))
    for picture, (y, x) in zip(covered, corners, strict=True):
        picture[y : y + side, x : x + side] = 0
    return covered, corners


def fill_in(
    covered: np.ndarray, corners: np.ndarray, side: int, how: str
) -> np.ndarray:
    """Fill the covered square of each picture.

    Args:
        covered, corners, side: as ``hide`` has them.
        how: "mean": the mean colour of what is seen; "interpolate": between the pixels
            around the square.

    Returns:
        uint8 (n, h, w, 3).

    Raises:
        ValueError: another way.
    """
    fill = {"mean": _mean_colour, "interpolate": _between_the_edges}.get(how)
    if fill is None:
        raise ValueError(
            f'how: expected "mean" or "interpolate", got {how!r}: choose one of them'
        )
    filled = covered.copy()
    for picture, (y, x) in zip(filled, corners, strict=True):
        old = picture.astype("float32")
        picture[y : y + side, x : x + side] = fill(old, y, x, side)
    return filled


def _mean_colour(picture: np.ndarray, y: int, x: int, side: int) -> np.ndarray:
    """The mean colour, (3,), of what is seen: the square is 0 and adds nothing."""
    seen = picture.shape[0] * picture.shape[1] - side**2
    return picture.sum(axis=(0, 1)) / seen


def _between_the_edges(picture: np.ndarray, y: int, x: int, side: int) -> np.ndarray:
    """The square's pixels (side, side, 3), on straight lines between those around it.

    From top to bottom and from left to right, and then the mean of both.
    """
    rows, columns = slice(y, y + side), slice(x, x + side)
    share = np.arange(1, side + 1, dtype="float32")[:, None] / (side + 1)  # of the way
    above, below = picture[y - 1, columns], picture[y + side, columns]  # each (side, 3)
    left, right = picture[rows, x - 1], picture[rows, x + side]
    down = above[None] * (1 - share[:, None]) + below[None] * share[:, None]
    across = left[:, None] * (1 - share) + right[:, None] * share
    return (down + across) / 2


def mosaics(
    n: int, seed: int, fonts: tuple[str, ...] = glyphs.TRAIN_FONTS
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures with none to three different digits, each in a quarter of its own.

    In every quarter there is another mark, too.

    Args:
        n: number of pictures; each number of digits is as frequent, up to chance.
        seed: of everything.
        fonts: of the digits.

    Returns:
        uint8 (n, 64, 64, 3), and labels int (n, 10): 1 for each digit that is there.
    """
    rng = np.random.default_rng(seed)
    style = glyphs.Style(scale=(0.7, 0.95), turn=15, clutter=1)
    empty = glyphs.draw(" ", 4 * n, seed, fonts=fonts, style=style)
    parts = empty.images.reshape(n, 4, 32, 32, 3)
    digits = glyphs.draw(glyphs.DIGITS, 10 * n // 3, seed + 1, fonts=fonts, style=style)
    # Rows of the drawn scenes of each digit, n / 3, that wait to be used.
    waiting = [list(np.flatnonzero(digits.symbol == digit)) for digit in range(10)]
    labels = np.zeros((n, 10), int)
    for picture, held in zip(parts, labels, strict=True):
        wanted = rng.choice(10, rng.integers(4), replace=False)
        for quarter, digit in zip(rng.permutation(4), wanted, strict=False):
            picture[quarter] = digits.images[waiting[digit].pop()]
            held[digit] = 1
    return joined(parts), labels


def joined(parts: np.ndarray, seam: int = 6) -> np.ndarray:
    """Four pictures as the quarters of one, fading into each other at the seams.

    Args:
        parts: uint8 (n, 4, h, w, 3): upper left, upper right, lower left, lower right.
        seam: pixels over which they fade.

    Returns:
        uint8 (n, 2h, 2w, 3).
    """
    n, _, height, width, _ = parts.shape
    whole = np.zeros((n, 2 * height, 2 * width, 3), "float32")
    for quarter in range(4):
        low, right = divmod(quarter, 2)
        beyond = (
            (0, 0),
            (low * height, (1 - low) * height),
            (right * width, (1 - right) * width),
            (0, 0),
        )
        large = np.pad(parts[:, quarter].astype("float32"), beyond, mode="edge")
        share = np.outer(_fade(height, low, seam), _fade(width, right, seam))
        whole += large * share[..., None]
    return whole.astype("uint8")


def _fade(size: int, second: int, seam: int) -> np.ndarray:
    """Weight of one of two parts along an axis: float (2 · size,).

    Args:
        size: of each part, pixels.
        second: 0 for the first part, 1 for the second.
        seam: pixels over which one fades into the other.
    """
    places = np.arange(2 * size) - size + (seam + 1) / 2
    share = np.clip(places / (seam + 1), 0, 1)
    return share if second else 1 - share


def grey_and_faint(images: np.ndarray, contrast: float = 0.4) -> np.ndarray:
    """Pictures without colour and with less contrast around middle grey.

    Args:
        images: uint8 (n, h, w, 3).
        contrast: 1 leaves it as it is.

    Returns:
        uint8 (n, h, w, 3).
    """
    grey = 128 + contrast * (images.astype("float32") @ LUMA - 128)
    return np.repeat(grey[..., None], 3, axis=-1).astype("uint8")


def cameras(n: int, seed: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Digits of three sources: in colour; grey and faint; and small, from far away.

    Args:
        n: pictures of each source.
        seed: of the scenes.

    Returns:
        name of the source -> uint8 (n, 32, 32, 3), and the digits int (n,).
    """
    far = glyphs.Style(scale=(0.4, 0.55))
    colour, grey = (glyphs.draw(glyphs.DIGITS, n, seed + i) for i in range(2))
    small = glyphs.draw(glyphs.DIGITS, n, seed + 2, style=far)
    return {
        "colour": (colour.images, colour.symbol),
        "grey, faint": (grey_and_faint(grey.images), grey.symbol),
        "far away": (small.images, small.symbol),
    }


def ladder(
    found: Mapping[str, Interval],
    xlabel: str,
    chance: float | None = None,
    limits: tuple[float, float] = (0, 1),
    pairs: bool = False,
    about: str = "",
    remedies: Sequence[str] = (),
    told: Sequence[str] = (),
    draws: Mapping[str, Sequence[float]] | None = None,
):
    """One row for each way, from the naive one at the top: its score and its interval.

    Args:
        found: name of the way -> Interval; the first is the naive one.
        xlabel: what is measured.
        chance: what guessing gives, as a dashed line.
        limits: of the horizontal axis.
        pairs: the rows are naive and remedy by turns.
        about: the beginning of the alternative text; default: the xlabel.
        remedies: rows with the colour and mark of remedies; default: the last one.
        told: rows that knew something from outside; their marks are hollow.
        draws: name of the way -> one score for each draw, shown as dots.

    Returns:
        the Axes.
    """
    ax = plots.axes(None, (look.WIDE, 1.1 + 0.4 * len(found)))
    remedies = remedies or list(found)[-1:]
    rest = list(found)[1:]
    colours = [NAIVE, *(REMEDY if way in remedies else OTHER for way in rest)]
    if pairs:
        colours = [NAIVE, REMEDY] * (len(found) // 2)
    for row, (way, colour) in enumerate(zip(found, colours, strict=True)):
        score = found[way]
        mark = MARKS[colour]
        interval_row(ax, row, score, colour, mark, hollow=way in told)
        if draws:
            look.draws(ax, row, draws[way], colour)
        look.beside(ax, row, f"{score.mean:.2f} [{score.low:.2f}, {score.high:.2f}]")
    if chance is not None:
        look.chance(ax, chance, "guessing")
    name_rows(ax, list(found))
    ax.set(xlim=limits, xlabel=xlabel)
    counts = {len(some) for some in (draws or {}).values()}
    many = counts.pop() if len(counts) == 1 else None
    look.say_bars(ax, look.bars(many))
    words = ["square: naive", "diamond: remedy"]
    words += ["hollow: told from outside"] if told else []
    words += ["small dots: draws"] if draws else []
    look.say_bars(ax, "; ".join(words))
    guess = "" if chance is None else f" Guessing gives {chance:g}."
    of = f", {many} draws" if many else ""
    return plots.describe(ax, f"{about or xlabel}{of}: {listed(found)}.{guess}")


def compare(
    scores: Mapping[str, Sequence[float]], xlabel: str, about: str, **more
) -> None:
    """Show a ladder of ways, each with the mean and interval of its scores.

    Args:
        scores: name of the way -> one score between 0 and 1 for each draw; the naive
            one first, the remedy last.
        xlabel: what is measured.
        about: the beginning of the alternative text.
        **more: more arguments of ``ladder``.
    """
    found = {way: over_seeds(some, (0, 1)) for way, some in scores.items()}
    plots.show(ladder(found, xlabel, about=about, draws=scores, **more))


def strip(groups: Mapping[str, Sequence[np.ndarray]]):
    """Rows of pictures, each row with its name on the left.

    Args:
        groups: name of the row -> pictures, uint8 (h, w, 3) each.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot

    columns = max(map(len, groups.values()))
    figure = pyplot.figure(figsize=(1.7 + 0.9 * columns, 0.9 * len(groups)))
    margins = {"left": 0.3, "wspace": 0.06}
    grid = figure.subplots(len(groups), columns, squeeze=False, gridspec_kw=margins)
    for row, (name, pictures) in zip(grid, groups.items(), strict=True):
        for ax in row:
            ax.axis("off")
        for ax, picture in zip(row, pictures, strict=False):
            ax.imshow(picture, interpolation="nearest")
        left = {"ha": "right", "va": "center", "fontsize": 11, "color": plots.INK}
        row[0].text(-0.12, 0.5, name, transform=row[0].transAxes, **left)
    rows = [f"{name}, {len(pictures)} pictures" for name, pictures in groups.items()]
    return plots.describe(figure, f"Rows of pictures: {'; '.join(rows)}.")


def by_source(
    x: np.ndarray,
    sources: np.ndarray,
    without_labels: Mapping[str, np.ndarray],
    scale: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """Features, those of each source standardised by its own mean and spread.

    Args:
        x: float (n, k).
        sources: (n,), the source of each row.
        without_labels: source -> features of its pictures without labels, (m, k).
        scale: gives mean and spread of features, (k,) each.

    Returns:
        a new array like x.
    """
    done = np.empty_like(x)
    for source, known in without_labels.items():
        mean, spread = scale(known)
        rows = sources == source
        done[rows] = (x[rows] - mean) / spread
    return done


def by_components(
    points: Mapping[str, Mapping[int, Interval]],
    labelled: int,
    draws: int | None = None,
):
    """Accuracy against the number of principal components, one line for each head.

    Args:
        points: name of the head (two at most) -> {components: Interval}.
        labelled: number of labelled pictures, marked as a line.
        draws: number of draws of the labels behind each interval; None: not known.

    Returns:
        the Axes.
    """
    ax, words = plots.axes(None, (look.WIDE, 3.6)), {}
    ends = []
    for (name, line), colour, style in zip(
        points.items(), (NAIVE, REMEDY), ("s-", "o-"), strict=False
    ):
        counts, found = list(line), list(line.values())
        band(ax, counts, found, colour, style, ms=5)
        ends.append((found[-1].mean, name, colour))
        words[f"{name}:"] = ", ".join(
            f"{k}: {score.mean:.2f}" for k, score in line.items()
        )
    ax.axvline(labelled, color=plots.FAINT, ls="--", lw=1.2, zorder=0)
    ax.annotate(
        f"{labelled} labelled pictures",
        (labelled, 1.01),
        xycoords=("data", "axes fraction"),
        ha="right",
        color=plots.INK,
        fontsize=look.TYPE,
    )
    ax.set(xlim=(0, labelled + 3), ylabel="accuracy")
    ax.set_xlabel("principal components kept, of 512 numbers")
    look.say_bars(ax, look.bars(draws, what="bands"))
    look.name_ends(ax, ends)
    return plots.describe(
        ax,
        f"Accuracy by number of components, with {labelled} labelled pictures: "
        f"{listed(words)}.",
    )


def summary(rows: Sequence[tuple[str, str, str, float, Interval]]):
    """All stations: an arrow from the naive way's score to the remedy's, and the gain.

    Args:
        rows: (problem, what is measured, remedy, naive score, paired gain), from the
            top down.

    Returns:
        the Axes.
    """
    ax, words = plots.axes(None, (look.WIDE, 1.2 + 0.6 * len(rows))), []
    for row, (problem, measure, remedy, naive, gain) in enumerate(rows):
        _arrow(ax, row, naive, gain)
        bold = {"va": "center", "weight": "bold", "fontsize": look.TYPE}
        small = {"va": "center", "color": plots.INK, "fontsize": look.TYPE}
        ax.text(-0.02, row - 0.16, problem, ha="right", color=plots.INK, **bold)
        ax.text(-0.02, row + 0.2, measure, ha="right", **small)
        colour = plots.darker(_colour(gain))
        ax.text(1.02, row - 0.16, _signed(gain), color=colour, **bold)
        ax.text(1.02, row + 0.2, remedy, **small)
        words.append(f"{problem}, {measure} {naive:.2f}, {remedy} {_signed(gain)}")
    ax.set(xlim=(0, 1), ylim=(len(rows) - 0.4, -0.6))
    ax.set_xlabel("from the naive way (square)\nto the remedy (arrow)")
    look.say_bars(ax, "pale: 95 % of the gain")
    ax.set_yticks([])
    return plots.describe(
        ax, f"{len(rows)} stations, naive score and gain. {'; '.join(words)}."
    )


def _colour(gain: Interval) -> str:
    """Of a remedy: blue if it gains, red if it harms, dark if either may be luck."""
    return look.GAIN if gain.low > 0 else look.HARM if gain.high < 0 else plots.INK


def _signed(gain: Interval) -> str:
    """A gain with its sign, as in "+0.25 [0.10, 0.40]"; minus signs as in print."""
    sign = "+" if gain.mean > 0 else "-"
    words = f"{sign}{abs(gain.mean):.2f} [{gain.low:.2f}, {gain.high:.2f}]"
    return words.replace("-", "−")


def _arrow(ax, row: int, naive: float, gain: Interval) -> None:
    """From the naive score to the remedy's, over the interval of the gain."""
    colour = _colour(gain)
    ends = naive + np.array([gain.low, gain.high])
    ax.fill_between(ends, row - 0.16, row + 0.16, color=colour, alpha=0.3, lw=0)
    arrow = {
        "arrowstyle": "-|>",
        "color": colour,
        "lw": 2.5,
        "shrinkA": 0,
        "shrinkB": 0,
        "mutation_scale": 16 if abs(gain.mean) > 0.05 else 9,
    }
    # A large square would hide a short arrow:
    ax.plot(naive, row, "s", color=NAIVE, ms=5, zorder=1.5)
    ax.annotate("", (naive + gain.mean, row), (naive, row), arrowprops=arrow)
