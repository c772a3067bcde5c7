"""The interactive figures of the notebooks, each with its drawing, which is its static twin."""

from .block_slider import block_maps, block_slider, draw_blocks
from .depth_map import depth_map
from .descent import descent_sliders
from .loss_surface import loss_surface
from .pair_picker import pair_picker
from .playground import playground
from .similarity_dial import dial_gains, dial_panels, moved, similarity_dial

__all__ = [
    "block_maps",
    "block_slider",
    "depth_map",
    "descent_sliders",
    "dial_gains",
    "dial_panels",
    "draw_blocks",
    "loss_surface",
    "moved",
    "pair_picker",
    "playground",
    "similarity_dial",
]
