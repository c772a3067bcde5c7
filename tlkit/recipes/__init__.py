"""The recipes: ways from a backbone and a task to a trained model, all in one table.

To add a recipe, write a file with its function, and an entry in ``RECIPES``. The
command line, the report and the figures follow.
"""

from .article import ARTICLE, article
from .bitfit import BITFIT, bitfit
from .fine_tune import TUNE, fine_tune
from .lp_ft import lp_ft
from .probe import PROBE, linear_probe
from .recipe import Recipe
from .scratch import SCRATCH, from_scratch

RECIPES: dict[str, Recipe] = {
    "scratch": Recipe(
        train=from_scratch,
        label="from scratch",
        colour="#D55E00",
        sentence="random weights, every layer trained on the target task alone",
    ),
    "probe": Recipe(
        train=linear_probe,
        label="linear probe",
        colour="#0072B2",
        sentence="pretrained layers frozen, only a new head trained",
    ),
    "lp_ft": Recipe(
        train=lp_ft,
        label="probe + fine-tune",
        colour="#009E73",
        sentence="the linear probe first, then its head and the pretrained layers "
        "trained together",
    ),
    "fine_tune": Recipe(
        train=fine_tune,
        label="fine-tune",
        colour="#E69F00",
        sentence="the last block of the pretrained layers trained together with a new "
        "head",
    ),
    "article": Recipe(
        train=article,
        label="the article's way",
        colour="#CC79A7",
        sentence="the article's program as it was written, every layer trained",
    ),
    "bitfit": Recipe(
        train=bitfit,
        label="BitFit",
        colour="#8C6D31",
        sentence="only the head, the biases and the normalisation trained",
    ),
}

__all__ = [
    "ARTICLE",
    "BITFIT",
    "PROBE",
    "RECIPES",
    "SCRATCH",
    "TUNE",
    "Recipe",
    "article",
    "bitfit",
    "fine_tune",
    "from_scratch",
    "linear_probe",
    "lp_ft",
]
