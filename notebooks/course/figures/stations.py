"""Notebook 09: pictures that are turned, covered or put together, and figures of naive ways against remedies."""

from collections.abc import Mapping, Sequence

import numpy as np

from tlkit import glyphs, plots
from tlkit.evaluate import Interval, over_seeds

NAIVE, REMEDY, OTHER = plots.PALETTE["scratch"], plots.PALETTE["probe"], plots.FAINT
LUMA = np.array([0.299, 0.587, 0.114], "float32")  # how bright red, green and blue look


def turned(
    images: np.ndarray, degrees: np.ndarray, shifts: np.ndarray | None = None
) -> np.ndarray:
    """Pictures turned about their middle and shifted; what comes in at the edges repeats the last pixel.

    Args:
        images: uint8 (n, h, w, 3).
        degrees: float (n,), positive is anticlockwise.
        shifts: float (n, 2), pixels down and right; None: none.
    """
    from scipy.ndimage import affine_transform

    shifts, middle = (
        np.zeros((len(images), 2)) if shifts is None else shifts,
        (np.array(images.shape[1:3]) - 1) / 2,
    )
    made = np.empty_like(images)
    for i, angle in enumerate(np.radians(degrees)):
        turn = np.array(
            [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
        )
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
    """So many randomly turned and shifted copies of each picture: uint8 (copies · n, h, w, 3), the first of all first.

    Args:
        images: uint8 (n, h, w, 3).
        copies: how many of each.
        seed: of the turns and shifts.
        turn: the largest, degrees to either side.
        shift: the largest, pixels along each axis.
    """
    rng, many = np.random.default_rng(seed), np.concatenate([images] * copies)
    return turned(
        many,
        rng.uniform(-turn, turn, len(many)),
        rng.uniform(-shift, shift, (len(many), 2)),
    )


def hide(images: np.ndarray, side: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Cover a square of each picture, somewhere within 3 pixels of the edge, with black.

    Args:
        images: uint8 (n, h, w, 3).
        side: of the square, pixels, at most h - 6.
        seed: of the places.

    Returns:
        the covered pictures, and where: int (n, 2), upper row and left column of each square.
    """
    rng, (height, width), covered = (
        np.random.default_rng(seed),
        images.shape[1:3],
        images.copy(),
    )
    corners = rng.integers(3, (height - side - 2, width - side - 2), (len(images), 2))
    for picture, (y, x) in zip(covered, corners, strict=True):
        picture[y : y + side, x : x + side] = 0
    return covered, corners


def fill_in(
    covered: np.ndarray, corners: np.ndarray, side: int, how: str
) -> np.ndarray:
    """Fill the covered square of each picture.

    Args:
        covered, corners, side: as ``hide`` has them.
        how: "mean": the mean colour of what is seen; "interpolate": between the pixels around the square.

    Raises:
        ValueError: another way.
    """
    if how not in ("mean", "interpolate"):
        raise ValueError(
            f'how: expected "mean" or "interpolate", got {how!r}: choose one of them'
        )
    filled, seen = covered.copy(), covered.shape[1] * covered.shape[2] - side**2
    near = (np.arange(1, side + 1, dtype="float32") / (side + 1))[
        :, None
    ]  # how far on the way to the other edge
    for picture, old, (y, x) in zip(
        filled, covered.astype("float32"), corners, strict=True
    ):
        inside = np.s_[y : y + side, x : x + side]
        if how == "mean":
            picture[inside] = (
                old.sum(axis=(0, 1)) / seen
            )  # the square is 0, so only what is seen adds
            continue
        above, below = old[[y - 1, y + side], inside[1]]  # each (side, 3)
        left, right = old[inside[0], x - 1], old[inside[0], x + side]
        down = (
            above[None] * (1 - near[:, None]) + below[None] * near[:, None]
        )  # (side, side, 3)
        across = left[:, None] * (1 - near) + right[:, None] * near
        picture[inside] = (down + across) / 2
    return filled


def mosaics(
    n: int, seed: int, fonts: tuple[str, ...] = glyphs.TRAIN_FONTS
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures with none to three different digits, one in each of some of their quarters, and a mark in every quarter.

    Args:
        n: number of pictures; each number of digits is as frequent, up to chance.
        seed: of everything.
        fonts: of the digits.

    Returns:
        uint8 (n, 64, 64, 3), and labels int (n, 10): 1 for each digit that is there.
    """
    rng, style = (
        np.random.default_rng(seed),
        glyphs.Style(scale=(0.7, 0.95), turn=15, clutter=1),
    )
    parts = glyphs.draw(" ", 4 * n, seed, fonts=fonts, style=style).images.reshape(
        n, 4, 32, 32, 3
    )
    digits = glyphs.draw(glyphs.DIGITS, 10 * n // 3, seed + 1, fonts=fonts, style=style)
    waiting = [
        list(np.flatnonzero(digits.symbol == digit)) for digit in range(10)
    ]  # of each digit, n / 3
    labels = np.zeros((n, 10), int)
    for picture, held in zip(parts, labels, strict=True):
        wanted = rng.choice(10, rng.integers(4), replace=False)
        for quarter, digit in zip(rng.permutation(4), wanted, strict=False):
            picture[quarter], held[digit] = digits.images[waiting[digit].pop()], 1
    return _joined(parts), labels


def _joined(parts: np.ndarray, seam: int = 6) -> np.ndarray:
    """Four pictures each, (n, 4, h, w, 3), as one of (n, 2h, 2w, 3), that fade into each other at the seams."""
    n, _, height, width, _ = parts.shape
    whole = np.zeros((n, 2 * height, 2 * width, 3), "float32")
    for k in range(4):
        low, right = divmod(k, 2)
        pad = (
            (0, 0),
            (low * height, (1 - low) * height),
            (right * width, (1 - right) * width),
            (0, 0),
        )
        share = [
            _fade(size, late, seam) for size, late in ((height, low), (width, right))
        ]
        whole += (
            np.pad(parts[:, k].astype("float32"), pad, mode="edge")
            * np.outer(*share)[..., None]
        )
    return whole.astype("uint8")


def _fade(size: int, late: int, seam: int) -> np.ndarray:
    """Weight of the first (or, if late, the second) of two parts along an axis, float (2 · size,)."""
    second = np.clip((np.arange(2 * size) - size + (seam + 1) / 2) / (seam + 1), 0, 1)
    return second if late else 1 - second


def grey_and_faint(images: np.ndarray, contrast: float = 0.4) -> np.ndarray:
    """Without colour and with less contrast around middle grey; uint8 (n, h, w, 3) in and out."""
    grey = 128 + contrast * (images.astype("float32") @ LUMA - 128)
    return np.repeat(grey[..., None], 3, axis=-1).astype("uint8")


def cameras(n: int, seed: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Digits of three sources: in colour; grey and faint; and from far away, so that they are small.

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
):
    """One row for each way, from the naive one at the top: its score, its 95 % interval and both in words.

    Args:
        found: name of the way -> Interval; the first is the naive one, the last the remedy that is kept.
        xlabel: what is measured.
        chance: what guessing gives, as a dashed line.
        limits: of the horizontal axis.
        pairs: the rows are naive and remedy by turns.
    """
    ax = plots.axes(None, (6.0, 0.75 + 0.36 * len(found)))
    colours = (
        [NAIVE, REMEDY] * (len(found) // 2)
        if pairs
        else [NAIVE, *[OTHER] * (len(found) - 2), REMEDY]
    )
    for row, (score, colour) in enumerate(zip(found.values(), colours, strict=True)):
        ax.plot(
            [score.low, score.high],
            [row, row],
            color=colour,
            lw=3,
            solid_capstyle="butt",
        )
        ax.plot(score.mean, row, "s" if colour == NAIVE else "o", color=colour, ms=8)
        words = f"{score.mean:.2f} [{score.low:.2f}, {score.high:.2f}]"
        ax.annotate(
            words,
            (1.02, row),
            xycoords=("axes fraction", "data"),
            va="center",
            color=plots.INK,
        )
    if chance is not None:
        ax.axvline(chance, color=plots.FAINT, ls="--", lw=1.2, zorder=0)
    ax.set_yticks(range(len(found)), list(found))
    ax.set(xlim=limits, ylim=(len(found) - 0.5, -0.5), xlabel=xlabel)
    ax.tick_params(axis="y", length=0)
    return ax


def compare(
    scores: Mapping[str, Sequence[float]], xlabel: str, about: str, **look
) -> None:
    """Show a ladder of ways, each with the mean and interval of its scores in several draws.

    Args:
        scores: name of the way -> one score between 0 and 1 for each draw; the naive one first, the remedy last.
        xlabel: what is measured.
        about: the beginning of the alternative text.
        **look: more arguments of ``ladder``.
    """
    found = {way: over_seeds(some, (0, 1)) for way, some in scores.items()}
    words = "; ".join(f"{way} {score}" for way, score in found.items())
    plots.show(ladder(found, xlabel, **look), f"{about}: {words}.")


def strip(groups: Mapping[str, Sequence[np.ndarray]]):
    """Rows of pictures, each row with its name on the left; returns the figure."""
    from matplotlib import pyplot

    columns = max(map(len, groups.values()))
    figure = pyplot.figure(figsize=(1.7 + 0.85 * columns, 0.9 * len(groups)))
    grid = figure.subplots(
        len(groups), columns, squeeze=False, gridspec_kw={"left": 0.3, "wspace": 0.06}
    )
    for row, (name, pictures) in zip(grid, groups.items(), strict=True):
        for ax, picture in zip(row, pictures, strict=False):
            ax.imshow(picture, interpolation="nearest")
        for ax in row:
            ax.axis("off")
        row[0].text(
            -0.12,
            0.5,
            name,
            transform=row[0].transAxes,
            ha="right",
            va="center",
            color=plots.INK,
            fontsize=11,
        )
    return figure


def by_components(points: Mapping[str, Mapping[int, Interval]], labelled: int):
    """Accuracy against the number of principal components, one line for each head; returns the Axes.

    Args:
        points: name of the head -> {components: Interval}.
        labelled: number of labelled pictures, marked as a line.
    """
    ax = plots.axes(None, (6.4, 3.4))
    for (name, line), colour, mark in zip(
        points.items(), (NAIVE, REMEDY), "so", strict=False
    ):
        counts, found = list(line), list(line.values())
        ax.fill_between(
            counts,
            [f.low for f in found],
            [f.high for f in found],
            color=colour,
            alpha=0.2,
            lw=0,
        )
        ax.plot(counts, [f.mean for f in found], f"{mark}-", color=colour, lw=2.2, ms=5)
        end = (counts[-1] + 1.5, found[-1].mean)
        ax.annotate(
            name,
            end,
            va="center",
            color=plots.darker(colour),
            weight="bold",
            annotation_clip=False,
        )
    ax.axvline(labelled, color=plots.FAINT, ls="--", lw=1.2, zorder=0)
    ax.annotate(f"{labelled} labelled pictures", (labelled, 1.01), xycoords=("data", "axes fraction"), ha="right",
                color=plots.INK)  # fmt: skip
    ax.set(
        xlabel="principal components kept, of 512 numbers",
        ylabel="accuracy",
        xlim=(0, labelled),
    )
    return ax


def summary(rows: Sequence[tuple[str, str, str, float, Interval]]):
    """All stations: an arrow from the naive way's score to the remedy's, and the paired gain in words.

    Args:
        rows: (problem, what is measured, remedy, naive score, gain), from the top down.
    """
    ax = plots.axes(None, (8.4, 0.9 + 0.52 * len(rows)))
    for row, (problem, measure, remedy, naive, gain) in enumerate(rows):
        sure = gain.low > 0
        colour = REMEDY if sure else plots.INK
        ax.fill_between(
            naive + np.array([gain.low, gain.high]),
            row - 0.16,
            row + 0.16,
            color=colour,
            alpha=0.3,
            lw=0,
        )
        ax.annotate("", (naive + gain.mean, row), (naive, row), arrowprops={"arrowstyle": "-|>", "color": colour,
                    "lw": 2.5, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 16})  # fmt: skip
        ax.plot(naive, row, "s", color=NAIVE, ms=7)
        ax.text(
            -0.02,
            row - 0.12,
            problem,
            ha="right",
            va="center",
            color=plots.INK,
            weight="bold",
            fontsize=11,
        )
        ax.text(
            -0.02,
            row + 0.24,
            measure,
            ha="right",
            va="center",
            color=plots.INK,
            fontsize=9,
        )
        sign = "+" if gain.mean > 0 else "−"
        words = f"{sign}{abs(gain.mean):.2f} [{gain.low:.2f}, {gain.high:.2f}]".replace(
            "-", "−"
        )
        ax.text(
            1.02,
            row - 0.12,
            words,
            va="center",
            color=plots.darker(colour),
            weight="bold",
            fontsize=11,
        )
        ax.text(1.02, row + 0.24, remedy, va="center", color=plots.INK, fontsize=9)
    ax.set(
        xlim=(0, 1),
        ylim=(len(rows) - 0.4, -0.6),
        xlabel="from the naive way (square) to the remedy (arrow)",
    )
    ax.set_yticks([])
    return ax
