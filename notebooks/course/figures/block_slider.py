"""What each block makes of one image: its activation maps, on paper and by slider."""

from typing import TYPE_CHECKING

import numpy as np

from tlkit import look, plots
from tlkit.plots import INK, PALETTE

from ..widgets import Explorer, explore
from .arrays import sheet

if TYPE_CHECKING:
    from tlkit.backbone import Backbone  # imports Keras

SHOWN = 16  # channels of each block, those that answer most to the image
GAP = 3  # pixels between maps


def block_maps(backbone: "Backbone", image: np.ndarray) -> dict[str, np.ndarray]:
    """The 16 strongest channels of each block for one image, before the block's
    pooling.

    Args:
        backbone: which layers.
        image: uint8 (h, w, 3), RGB, 0-255.

    Returns:
        block -> float32 (16, height, width), the strongest channel first, each scaled
        so that its largest value is 1.
    """
    from tlkit.backbone import BLOCKS
    from tlkit.machine.quiet import keras

    model = backbone.build(image.shape)
    ends = [model.get_layer(f"{block}_pool").input for block in BLOCKS]
    seen = keras.Model(model.input, ends).predict_on_batch(
        image[None].astype("float32")
    )
    found = {}
    for block, activations in zip(BLOCKS, seen, strict=True):
        maps = np.moveaxis(np.asarray(activations[0], "float32"), -1, 0)
        strongest = np.argsort(-maps.mean(axis=(1, 2)))[:SHOWN]
        maps = maps[strongest]
        found[block] = maps / np.maximum(maps.max(axis=(1, 2), keepdims=True), 1e-12)
    return found


def draw_blocks(image: np.ndarray, maps: dict[str, np.ndarray]):
    """The image, then the strongest channels of each block: a matplotlib Figure.

    Args:
        image: uint8 (h, w, 3), RGB, 0-255.
        maps: as ``block_maps`` makes them of that image.
    """
    from matplotlib.figure import Figure

    columns, many = 3, 1 + len(maps)
    rows = -(-many // columns)
    side = look.WIDE / columns
    figure = Figure(figsize=(look.WIDE, (side + 0.2) * rows), layout="constrained")
    first, *others = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in others[len(maps) :]:
        ax.axis("off")
    first.imshow(image)
    first.axis("off")
    first.set_title("the image", color=INK)
    words = []
    for ax, (block, some) in zip(others, maps.items(), strict=False):
        _tile(ax, some)
        ax.set_title(f"{block}: {some.shape[1]} × {some.shape[2]}", color=INK)
        bright = (some > 0.5).mean()
        words.append(f"{block} {some.shape[1]} × {some.shape[2]}, {bright:.0%} bright")
    return plots.describe(
        figure,
        f"An image, and the {len(some)} channels of each block that answer most to it: "
        f"{'; '.join(words)}. Bright is more than half of a channel's largest value.",
    )


def block_slider(image: np.ndarray, maps: dict[str, np.ndarray]) -> Explorer:
    """One image, the maps of a block and one of them large, by two sliders.

    The sliders choose the block and the channel.

    Args:
        image: uint8 (h, w, 3), RGB, 0-255.
        maps: as ``block_maps`` makes them of that image.
    """
    from ipywidgets import IntSlider

    margins = {"left": 0.01, "right": 0.99, "bottom": 0.01, "top": 0.87, "wspace": 0.05}

    def draw(figure, block: int, channel: int) -> str:
        some = maps[f"block{block}"]
        figure.set_layout_engine("none")  # half of the drawing time
        left, middle, right = figure.subplots(1, 3, gridspec_kw=margins)
        left.imshow(image)
        left.axis("off")
        left.set_title("the image", color=INK)
        _tile(middle, some, channel - 1)
        middle.set_title(f"block {block}", color=INK)
        _tile(right, some[channel - 1 : channel])
        right.set_title(f"channel {channel}", color=INK)
        bright = (some[channel - 1] > 0.5).mean()
        return (
            f"Block {block}, the channel that answers {channel}. most: a map of "
            f"{some.shape[1]} × {some.shape[2]} places, {bright:.0%} of them more than "
            "half as bright as the brightest."
        )

    strength = "channel, strongest first"
    return explore(
        draw,
        (look.WIDE, 2.4),
        block=IntSlider(1, min=1, max=len(maps), description="block"),
        channel=IntSlider(1, min=1, max=SHOWN, description=strength),
    )


def _tile(ax, maps: np.ndarray, chosen: int | None = None) -> None:
    """Draw maps in a square, small ones enlarged.

    Args:
        ax: where.
        maps: float (n, h, w), 0 to 1.
        chosen: the place of one of them, from 0, which gets a frame; None: no frame.
    """
    from matplotlib.patches import Rectangle

    zoom = max(1, 32 // maps.shape[1])
    maps = maps.repeat(zoom, axis=1).repeat(zoom, axis=2)
    side = int(np.ceil(len(maps) ** 0.5))
    whole = sheet(maps, side, side, GAP)
    ax.imshow(whole, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    if chosen is not None:
        height, width = maps.shape[1] + GAP, maps.shape[2] + GAP
        corner = (chosen % side * width - 2, chosen // side * height - 2)
        frame = Rectangle(
            corner, width, height, fill=False, ec=PALETTE["scratch"], lw=3
        )
        frame.set_clip_on(False)
        ax.add_patch(frame)
    ax.axis("off")
