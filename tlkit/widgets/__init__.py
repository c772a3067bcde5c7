"""Interactive parts, each with a static twin that reads on GitHub and on paper.

A live notebook shows the widget; everything else (a saved notebook, a page, a printout) shows the twin beside it,
which is the same on every machine. ``TLKIT_STATIC=1`` leaves the widgets out: so are the masters executed, because
a widget without its kernel is an error message in JupyterLab.
"""

from .block_slider import block_maps, block_slider, draw_blocks
from .depth_map import depth_map
from .descent import descent_sliders
from .explorer import Explorer, explore
from .fetch_button import FetchButton, fetch_button
from .guess import Guess, guess
from .loss_surface import loss_surface
from .pair_picker import pair_picker
from .playground import playground
from .progress import Progress, progress
from .quiz import Quiz, quiz

__all__ = [
    "Explorer",
    "FetchButton",
    "Guess",
    "Progress",
    "Quiz",
    "block_maps",
    "block_slider",
    "depth_map",
    "descent_sliders",
    "draw_blocks",
    "explore",
    "fetch_button",
    "guess",
    "loss_surface",
    "pair_picker",
    "playground",
    "progress",
    "quiz",
]
