"""What each block makes of one image: its activation maps, on paper side by side and live by slider."""

from typing import TYPE_CHECKING

import numpy as np

from tlkit.plots import INK, PALETTE

from ..widgets import Explorer, explore

if TYPE_CHECKING:
    from tlkit.backbone import Backbone  # imports Keras

SHOWN = 16  # channels of each block, those that answer most to the image
GAP = 3  # pixels between maps


def block_maps(backbone: "Backbone", image: np.ndarray) -> dict[str, np.ndarray]:
    """The 16 strongest channels of each block for one image, just before the block's pooling.

    Args:
        backbone: which layers.
        image: uint8 (h, w, 3), RGB, 0-255.

    Returns:
        block -> float32 (16, height, width), the strongest channel first, each scaled so that its largest value is 1.
    """
    from tlkit.backbone import BLOCKS
    from tlkit.machine.quiet import keras

    model = backbone.build(image.shape)
    ends = keras.Model(
        model.input, [model.get_layer(f"{block}_pool").input for block in BLOCKS]
    )
    found = {}
    for block, seen in zip(
        BLOCKS, ends.predict_on_batch(image[None].astype("float32")), strict=True
    ):
        maps = np.moveaxis(np.asarray(seen[0], "float32"), -1, 0)
        maps = maps[np.argsort(-maps.mean(axis=(1, 2)))[:SHOWN]]
        found[block] = maps / np.maximum(maps.max(axis=(1, 2), keepdims=True), 1e-12)
    return found


def _tile(ax, maps: np.ndarray, chosen: int | None = None) -> None:
    """Maps in a square, white lines between them; the chosen one, counted from 0, in a frame."""
    from matplotlib.patches import Rectangle

    zoom, side = max(1, 32 // maps.shape[1]), int(np.ceil(len(maps) ** 0.5))
    maps = maps.repeat(zoom, axis=1).repeat(zoom, axis=2)
    height, width = maps.shape[1] + GAP, maps.shape[2] + GAP
    sheet = np.ones(
        (side * height, side * width), "float32"
    )  # one picture: many would be slow to draw
    for i, one in enumerate(maps):
        y, x = i // side * height, i % side * width
        sheet[y : y + height - GAP, x : x + width - GAP] = one
    ax.imshow(sheet[:-GAP, :-GAP], cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    if chosen is not None:
        corner = (chosen % side * width - 2, chosen // side * height - 2)
        frame = Rectangle(
            corner,
            width,
            height,
            fill=False,
            ec=PALETTE["scratch"],
            lw=3,
            clip_on=False,
        )
        ax.add_patch(frame)
    ax.axis("off")


def draw_blocks(image: np.ndarray, maps: dict[str, np.ndarray]):
    """The image, then the strongest channels of each block: a matplotlib Figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 2.3), layout="constrained")
    first, *others = figure.subplots(1, 1 + len(maps))
    first.imshow(image)
    first.axis("off")
    first.set_title("the image", color=INK)
    for ax, (block, some) in zip(others, maps.items(), strict=True):
        _tile(ax, some)
        ax.set_title(f"{block}: {some.shape[1]} × {some.shape[2]}", color=INK)
    return figure


def block_slider(image: np.ndarray, maps: dict[str, np.ndarray]) -> Explorer:
    """One image, the maps of a block and one of them large, by two sliders: the block, and which channel.

    Args:
        image: uint8 (h, w, 3), RGB, 0-255.
        maps: as ``block_maps`` makes them of that image.
    """
    from ipywidgets import IntSlider

    def draw(figure, block: int, channel: int) -> str:
        some = maps[f"block{block}"]
        figure.set_layout_engine("none")  # half of the drawing time
        left, middle, right = figure.subplots(
            1, 3, gridspec_kw={"left": 0.01, "right": 0.99, "bottom": 0.02, "top": 0.9}
        )
        left.imshow(image)
        left.axis("off")
        _tile(middle, some, channel - 1)
        _tile(right, some[channel - 1 : channel])
        for ax, title in zip(
            (left, middle, right),
            ("the image", f"block {block}", f"channel {channel}"),
            strict=True,
        ):
            ax.set_title(title, color=INK)
        lit = (some[channel - 1] > 0.5).mean()
        return (
            f"Block {block}, the channel that answers {channel}. most: a map of {some.shape[1]} × {some.shape[2]} "
            f"places, {lit:.0%} of them more than half as bright as the brightest."
        )

    return explore(
        draw,
        (8.1, 2.9),
        block=IntSlider(1, min=1, max=len(maps), description="block"),
        channel=IntSlider(1, min=1, max=SHOWN, description="channel, strongest first"),
    )
