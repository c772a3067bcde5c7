"""The interactive figures of the notebooks, each with its drawing, which is its static twin."""

from .backbone_costs import backbone_costs, draw_backbones
from .block_slider import block_maps, block_slider, draw_blocks
from .choices import optimizer_steps, two_lines, ways
from .depth_map import depth_map
from .descent import descent_sliders
from .loss_surface import loss_surface
from .pair_picker import pair_picker
from .playground import playground

__all__ = [
    "backbone_costs",
    "block_maps",
    "block_slider",
    "depth_map",
    "descent_sliders",
    "draw_backbones",
    "draw_blocks",
    "loss_surface",
    "optimizer_steps",
    "pair_picker",
    "playground",
    "two_lines",
    "ways",
]
