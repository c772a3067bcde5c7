"""The interactive figures of the notebooks, each with its drawing, which is its static twin."""

from . import stations
from .block_slider import block_maps, block_slider, draw_blocks
from .depth_map import depth_map
from .descent import descent_sliders
from .loss_surface import loss_surface
from .pair_picker import pair_picker
from .playground import playground
from .threshold_slider import threshold_slider

__all__ = [
    "block_maps",
    "block_slider",
    "depth_map",
    "descent_sliders",
    "draw_blocks",
    "loss_surface",
    "pair_picker",
    "playground",
    "stations",
    "threshold_slider",
]
