"""The interactive figures of the notebooks, each with its drawing, which is its static twin."""

from .block_slider import block_maps, block_slider, draw_blocks
from .depth_map import depth_map
from .descent import descent_sliders
from .loss_surface import loss_surface
from .pair_picker import pair_picker
from .playground import playground
from .unfreeze import price_list, still_read, unfreeze_dial

__all__ = [
    "block_maps",
    "block_slider",
    "depth_map",
    "descent_sliders",
    "draw_blocks",
    "loss_surface",
    "pair_picker",
    "playground",
    "price_list",
    "still_read",
    "unfreeze_dial",
]
