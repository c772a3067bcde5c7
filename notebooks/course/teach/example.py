"""The drawn example of the page, and the picture of it that a saved notebook shows."""

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ..figures.arrays import sheet
from .pictures import Examples
from .probe import Features, Probe, learn
from .show import spotlight, where

NAMES, SYMBOLS = ("two", "five", "nine"), "259"
EACH = 10  # pictures of each


def draw_example(examples: Examples) -> None:
    """Fill examples with ten drawn scenes of each of three digits, as files."""
    from PIL import Image

    from tlkit import glyphs

    examples.count(len(NAMES))
    examples.names[:] = NAMES
    fonts = glyphs.TRAIN_FONTS + glyphs.TEST_FONTS
    scenes = glyphs.draw(SYMBOLS, EACH * len(SYMBOLS), 5, fonts=fonts)
    for i, (image, symbol) in enumerate(zip(scenes.images, scenes.symbol, strict=True)):
        file = BytesIO()
        Image.fromarray(image).save(file, "PNG")
        examples.add(int(symbol), f"drawn {i + 1:02}.png", file.getvalue())


def example_twin() -> tuple[dict[str, Any], dict[str, Any]]:
    """What the page shows after the drawn example, as a picture with its words.

    It is made by the same code as the page's, on a folder that is thrown away.

    Returns:
        a MIME bundle, and its metadata.
    """
    from tlkit import glyphs

    examples = Examples()
    draw_example(examples)
    from tlkit import plots  # imports Keras

    new = glyphs.draw(SYMBOLS, 3, 9, fonts=glyphs.TEST_FONTS).images
    with TemporaryDirectory() as folder:
        probe = learn(examples, Features("letters", folder))
        shares = probe.probabilities(new)
        falls = [
            probe.occlusion(image, int(own.argmax()))
            for image, own in zip(new, shares, strict=True)
        ]
    drawn = learnt_and_new(probe, new, shares, falls)
    alt = drawn.get_label()
    picture = plots.png(drawn, alt)
    found = {"text/plain": alt, "image/png": b64encode(picture).decode()}
    return found, {"image/png": {"alt": alt, "width": plots.width(picture)}}


def learnt_and_new(
    probe: Probe, new: np.ndarray, shares: np.ndarray, falls: Sequence[np.ndarray]
):
    """Above the pictures learnt from, below new ones with answer and occlusion map.

    Args:
        probe: what was learnt.
        new: uint8 (n, size, size, 3).
        shares: float (n, classes).
        falls: as from ``Probe.occlusion``, one for each new picture.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib.figure import Figure

    from tlkit import look, plots

    wide, high = look.WIDE, 4.0
    figure = Figure(figsize=(wide, high))
    ink: dict[str, Any] = {"fontsize": look.TYPE, "color": plots.INK, "ha": "center"}
    _learnt_from(figure.add_axes((0.12, 1.75 / high, 0.86, 1.65 / high)), probe)
    words, side = [], 0.95  # inches of a picture
    for i, (image, own, fall) in enumerate(zip(new, shares, falls, strict=True)):
        left, name = 0.1 + 2.1 * i, probe.classes[own.argmax()]
        for at, shown, title in (
            (left, image, "new"),
            (left + side + 0.05, spotlight(image, fall), "looks at"),
        ):
            place = (at / wide, 0.4 / high, side / wide, side / high)
            ax = figure.add_axes(place)
            ax.imshow(shown, interpolation="nearest")
            ax.axis("off")
            ax.set_title(title, fontsize=look.TYPE, color=plots.INK)
        percent = f"{100 * own.max():.0f} %"
        middle = (left + side + 0.025) / wide
        figure.text(middle, 0.12 / high, f"says {name}, {percent}", **ink)
        words.append(f"{name}, {percent}. {where(fall, name)}")
    return plots.describe(
        figure,
        f"Ten drawn scenes each of {', '.join(probe.classes)}. {probe.finding()} "
        f"Three new scenes: {' '.join(words)}",
    )


def _learnt_from(ax, probe: Probe) -> None:
    """The pictures that were learnt from, a row for each class."""
    from tlkit import plots

    pictures = np.stack([picture.image for picture in probe.pictures])
    by_class = [pictures[probe.labels == i] for i in range(len(probe.classes))]
    ax.imshow(sheet(np.concatenate(by_class), columns=EACH))
    height = pictures.shape[1] + 2
    look = {"ha": "right", "va": "center", "fontsize": 11, "color": plots.INK}
    for row, name in enumerate(probe.classes):
        ax.text(-6, height * row + height / 2, name, **look)
    title = f"learnt from 30 pictures\nleave-one-out accuracy {probe.accuracy}"
    ax.set_title(title, fontsize=11, color=plots.INK)
    ax.axis("off")
