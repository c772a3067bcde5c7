"""The interactive figures of the notebooks, each with its drawing, which is its static twin."""

from . import stations
from .backbone_costs import backbone_costs, draw_backbones
from .block_slider import block_maps, block_slider, draw_blocks
from .caught import caught
from .choices import optimizer_steps, two_lines, ways
from .confusion_cells import confusion_cells
from .depth_map import depth_map
from .descent import descent_sliders
from .loss_surface import loss_surface
from .pair_picker import pair_picker
from .paired_interval import paired_interval
from .playground import playground
from .reliability import reliability, reliability_bins
from .similarity_dial import dial_gains, dial_panels, moved, similarity_dial
from .threshold_slider import threshold_slider
from .unfreeze import price_list, still_read, unfreeze_dial

__all__ = [
    "backbone_costs",
    "block_maps",
    "block_slider",
    "caught",
    "confusion_cells",
    "depth_map",
    "descent_sliders",
    "dial_gains",
    "dial_panels",
    "draw_backbones",
    "draw_blocks",
    "loss_surface",
    "moved",
    "optimizer_steps",
    "pair_picker",
    "paired_interval",
    "playground",
    "price_list",
    "reliability",
    "reliability_bins",
    "similarity_dial",
    "stations",
    "still_read",
    "threshold_slider",
    "two_lines",
    "unfreeze_dial",
    "ways",
]
