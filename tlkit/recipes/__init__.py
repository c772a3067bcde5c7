"""The recipes: ways from a backbone and a task to a trained model, all in one table.

To add a recipe, write a file with its function, and an entry in ``RECIPES``. The
command line, the report and the figures follow.
"""

from .. import colours
from .article import ARTICLE, article
from .bitfit import BITFIT, bitfit
from .fine_tune import TUNE, fine_tune
from .lp_ft import lp_ft
from .probe import PROBE, linear_probe
from .recipe import Recipe
from .scratch import SCRATCH, from_scratch
from .tune import Tuned, tune

RECIPES: dict[str, Recipe] = {
    "scratch": Recipe(
        train=from_scratch,
        label="from scratch",
        colour=colours.VERMILION,
        sentence="random weights, every layer trained on the target task alone",
    ),
    "probe": Recipe(
        train=linear_probe,
        label="linear probe",
        colour=colours.BLUE,
        sentence="pretrained layers frozen, only a new head trained",
    ),
    "lp_ft": Recipe(
        train=lp_ft,
        label="probe + fine-tune",
        colour=colours.GREEN,
        sentence="the linear probe first, then its head and the pretrained layers "
        "trained together",
    ),
    "fine_tune": Recipe(
        train=fine_tune,
        label="fine-tune",
        colour=colours.ORANGE,
        sentence="the last block of the pretrained layers trained together with a new "
        "head",
    ),
    "article": Recipe(
        train=article,
        label="the article's way",
        colour=colours.PURPLE,
        sentence="the article's program as it was written, every layer trained",
        as_written=True,
    ),
    "bitfit": Recipe(
        train=bitfit,
        label="BitFit",
        colour=colours.BROWN,
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
    "Tuned",
    "article",
    "bitfit",
    "fine_tune",
    "from_scratch",
    "linear_probe",
    "lp_ft",
    "tune",
]
