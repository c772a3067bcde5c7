"""The confusion matrix, and the pictures behind each of its cells."""

from collections.abc import Sequence

import numpy as np

from tlkit import evaluate, plots

from ..widgets import Explorer, explore
from ..widgets.explorer import DPI
from .arrays import sheet

COLUMNS, ROWS = 6, 3  # pictures that are shown of one cell
SIZE = (5.2, 6.8)  # of the figure, inches
MATRIX = (0.14, 0.5, 0.82, 0.49)  # where the matrix stands in it
PICTURES = (0.02, 0.01, 0.96, 0.37)


def commonest(counts: np.ndarray) -> tuple[int, int]:
    """True and named class of the most frequent mistake.

    Args:
        counts: int (classes, classes), true classes down.
    """
    wrong = counts - np.diag(np.diag(counts))
    true, named = np.unravel_index(wrong.argmax(), wrong.shape)
    return int(true), int(named)


def confusion_cells(
    images, labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]
) -> Explorer:
    """The matrix beside the pictures of one cell, which two sliders choose.

    Args:
        images: uint8 (n, h, w, 3), RGB, 0-255.
        labels: int (n,), the true class of each.
        predicted: int (n,), the class that was named.
        classes: their names, in the order of the labels.
    """
    from ipywidgets import SelectionSlider

    counts = evaluate.confusion(labels, predicted, len(classes))
    share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    behind = _background(share, classes)

    def draw(figure, true: int, named: int) -> str:
        figure.set_layout_engine("none")  # half of the drawing time
        rows = np.flatnonzero((labels == true) & (predicted == named))
        _cell(figure, behind, share, counts, (true, named))
        shown = rows[: COLUMNS * ROWS]
        pictures = figure.add_axes(PICTURES)
        _pictures(pictures, images[shown] if len(shown) else None)
        what = "right" if true == named else "a mistake"
        words = (
            f"true {classes[true]}, named {classes[named]}: "
            f"{len(rows)} of {counts[true].sum()} ({what})"
        )
        pictures.set_title(words, fontsize=11, color=plots.INK)
        return (
            f"Confusion matrix with one cell framed, {words}, and {len(shown)} of its "
            "pictures."
        )

    start_true, start_named = commonest(counts)
    options = [(name, i) for i, name in enumerate(classes)]
    return explore(
        draw,
        SIZE,
        true=SelectionSlider(
            options=options, value=start_true, description="true class"
        ),
        named=SelectionSlider(
            options=options, value=start_named, description="named class"
        ),
    )


def _background(share: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """The matrix with its names, drawn once, because names are slow to draw.

    Args:
        share: float (classes, classes), of each true class, 0 to 1.
        classes: names.

    Returns:
        uint8 (height, width, 4), as large as the figure.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, dpi=DPI)
    canvas, ax = FigureCanvasAgg(figure), figure.add_axes(MATRIX)
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
    ax, (true, named), size = figure.add_axes(MATRIX), cell, len(counts)
    ax.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), aspect="equal")
    ax.axis("off")
    middle = {"ha": "center", "va": "center", "fontsize": 9}
    for column, count in enumerate(counts[true]):
        ink = "white" if share[true, column] > 0.5 else plots.INK
        ax.text(column, true, str(count), color=ink, **middle)
    corner, red = (named - 0.5, true - 0.5), plots.PALETTE["scratch"]
    ax.add_patch(Rectangle(corner, 1, 1, fill=False, ec=red, lw=3))


def _pictures(ax, pictures: np.ndarray | None) -> None:
    """The pictures of a cell as one, or a sentence where there is none."""
    ax.axis("off")
    if pictures is None:
        words = "no picture: this never happened"
        look = {"ha": "center", "color": plots.INK}
        ax.text(0.5, 0.5, words, transform=ax.transAxes, **look)
        return
    ax.imshow(sheet(pictures, COLUMNS, ROWS), interpolation="nearest")
    ax.set_anchor("N")
