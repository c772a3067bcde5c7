"""The confusion matrix, and the pictures behind each of its cells."""

from collections.abc import Sequence

import numpy as np

from tlkit import evaluate, plots

from ..widgets import Explorer, explore

_COLUMNS, _ROWS = 6, 3  # pictures that are shown of one cell
_SIZE, _DPI = (
    (8.4, 3.7),
    90,
)  # of the figure, inches and dots per inch, as the explorer draws it
_MATRIX = (0.05, 0.14, 0.36, 0.76)  # where the matrix stands in it


def commonest(counts: np.ndarray) -> tuple[int, int]:
    """True and named class of the most frequent mistake, from counts int (classes, classes)."""
    wrong = counts - np.diag(np.diag(counts))
    true, named = np.unravel_index(wrong.argmax(), wrong.shape)
    return int(true), int(named)


def confusion_cells(
    images, labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]
) -> Explorer:
    """The matrix beside the pictures of one cell, chosen by two sliders: the true class, and the named one.

    Args:
        images: uint8 (n, h, w, 3), RGB, 0-255.
        labels, predicted: int (n,), the true class of each, and the one that was named.
        classes: their names, in the order of the labels.
    """
    from ipywidgets import SelectionSlider

    counts = evaluate.confusion(labels, predicted, len(classes))
    share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    start, behind = commonest(counts), _background(share, classes)

    def draw(figure, true: int, named: int) -> str:
        figure.set_layout_engine("none")  # half of the drawing time
        rows = np.flatnonzero((labels == true) & (predicted == named))
        _cell(figure, behind, share, counts, (true, named))
        shown = rows[: _COLUMNS * _ROWS]
        pictures = figure.add_axes((0.46, 0.14, 0.53, 0.76))
        _pictures(pictures, images[shown] if len(shown) else None)
        what = "right" if true == named else "a mistake"
        words = f"true {classes[true]}, named {classes[named]}: {len(rows)} of {counts[true].sum()} ({what})"
        pictures.set_title(words, fontsize=11, color=plots.INK)
        return f"Confusion matrix with one cell framed, {words}, and {len(shown)} of its pictures."

    choose = [(name, i) for i, name in enumerate(classes)]
    return explore(
        draw,
        _SIZE,
        true=SelectionSlider(options=choose, value=start[0], description="true class"),
        named=SelectionSlider(
            options=choose, value=start[1], description="named class"
        ),
    )


def _background(share: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """The matrix with its names, drawn once, because names are slow to draw: uint8 (height, width, 4) of the figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, dpi=_DPI)
    canvas, ax = FigureCanvasAgg(figure), figure.add_axes(_MATRIX)
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
    ax.set_xticks(range(len(classes)), classes)
    ax.set_yticks(range(len(classes)), classes)
    ax.tick_params(length=0, labelsize=9)
    ax.set(xlabel="named", ylabel="true")
    canvas.draw()
    return np.array(canvas.buffer_rgba())


def _cell(figure, behind: np.ndarray, share, counts, cell: tuple[int, int]) -> None:
    """The matrix, the chosen cell in a frame, and the numbers of its row."""
    from matplotlib.patches import Rectangle

    whole = figure.add_axes((0, 0, 1, 1))
    whole.imshow(behind, aspect="auto", interpolation="nearest")
    whole.axis("off")
    ax, (true, named), size = figure.add_axes(_MATRIX), cell, len(counts)
    ax.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), aspect="equal")
    ax.axis("off")
    for column, count in enumerate(counts[true]):
        ink = "white" if share[true, column] > 0.5 else plots.INK
        ax.text(
            column, true, str(count), ha="center", va="center", fontsize=9, color=ink
        )
    ax.add_patch(
        Rectangle(
            (named - 0.5, true - 0.5),
            1,
            1,
            fill=False,
            ec=plots.PALETTE["scratch"],
            lw=3,
        )
    )


def _pictures(ax, pictures) -> None:
    """The pictures of a cell as one, white lines between them; a sentence where there is none."""
    ax.axis("off")
    if pictures is None:
        ax.text(
            0.5,
            0.5,
            "no picture: this never happened",
            ha="center",
            color=plots.INK,
            transform=ax.transAxes,
        )
        return
    height, width = pictures.shape[1] + 2, pictures.shape[2] + 2
    sheet = np.full((_ROWS * height, _COLUMNS * width, 3), 255, "uint8")
    for i, picture in enumerate(pictures):
        y, x = i // _COLUMNS * height, i % _COLUMNS * width
        sheet[y : y + height - 2, x : x + width - 2] = picture
    ax.imshow(sheet, interpolation="nearest")
    ax.set_anchor("N")
