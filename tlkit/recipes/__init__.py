"""The recipes: ways from a backbone and a task to a trained model, all in one table.

To add a recipe, write a file with its function, and an entry in ``RECIPES``. The
command line, the report and the figures follow.
"""

from .. import colours
from .adapters import ADAPTERS, adapters
from .article import ARTICLE, article
from .bitfit import BITFIT, bitfit
from .choose import Chosen, choose
from .distill import DISTILL, distill
from .fine_tune import TUNE, fine_tune
from .knn import knn
from .l2_sp import L2_SP, l2_sp
from .layerwise import LAYERWISE, layerwise
from .lora import LORA, lora
from .lp_ft import lp_ft
from .probe import PROBE, linear_probe
from .prototypes import prototypes
from .recipe import Recipe
from .scratch import SCRATCH, from_scratch
from .tune import Tuned, tune
from .wise_ft import wise_ft

RECIPES: dict[str, Recipe] = {
    "scratch": Recipe(
        train=from_scratch,
        usual=SCRATCH,
        label="from scratch",
        colour=colours.VERMILION,
        sentence="random weights, every layer trained on the target task alone",
    ),
    "probe": Recipe(
        train=linear_probe,
        usual=PROBE,
        label="linear probe",
        colour=colours.BLUE,
        sentence="pretrained layers frozen, only a new head trained",
    ),
    "lp_ft": Recipe(
        train=lp_ft,
        usual=TUNE,
        label="probe + fine-tune",
        colour=colours.GREEN,
        sentence="the linear probe first, then its head and the pretrained layers "
        "trained together",
    ),
    "fine_tune": Recipe(
        train=fine_tune,
        usual=TUNE,
        label="fine-tune",
        colour=colours.ORANGE,
        sentence="the last block of the pretrained layers trained together with a new "
        "head",
    ),
    "article": Recipe(
        train=article,
        usual=ARTICLE,
        label="the article's way",
        colour=colours.PURPLE,
        sentence="the article's program as it was written, every layer trained",
        fixed=True,
    ),
    "bitfit": Recipe(
        train=bitfit,
        usual=BITFIT,
        label="BitFit",
        colour=colours.BROWN,
        sentence="only the head, the biases and the normalisation trained",
    ),
    "lora": Recipe(
        train=lora,
        usual=LORA,
        label="LoRA",
        colour=colours.INDIGO,
        marker="s",
        sentence="only the head and a low-rank addition to each kernel trained",
    ),
    "adapters": Recipe(
        train=adapters,
        usual=ADAPTERS,
        label="adapters",
        colour=colours.TEAL,
        marker="D",
        sentence="only the head and a small layer after each block trained",
    ),
    "l2_sp": Recipe(
        train=l2_sp,
        usual=L2_SP,
        label="L2-SP",
        colour=colours.FOREST,
        marker="^",
        sentence="every layer fine-tuned from a probe, with a penalty on leaving its "
        "pretrained weights",
    ),
    "layerwise": Recipe(
        train=layerwise,
        usual=LAYERWISE,
        label="step size by depth",
        colour=colours.OLIVE,
        marker="v",
        sentence="every layer fine-tuned from a probe, lower blocks with smaller steps",
    ),
    "wise_ft": Recipe(
        train=wise_ft,
        usual=TUNE,
        label="WiSE-FT",
        colour=colours.WINE,
        marker="P",
        sentence="the average of the weights of a probe and of the network fine-tuned "
        "from it",
    ),
    "distill": Recipe(
        train=distill,
        usual=DISTILL,
        label="distillation",
        colour=colours.PLUM,
        marker="X",
        sentence="a smaller network trained to answer as a fine-tuned one",
    ),
    "knn": Recipe(
        train=knn,
        label="nearest neighbours",
        colour=colours.ROSE,
        marker="<",
        sentence="the training images with the most similar features vote; nothing is "
        "trained",
        fixed=True,
    ),
    "prototypes": Recipe(
        train=prototypes,
        label="class means",
        colour=colours.SAND,
        marker=">",
        sentence="the class with the nearest mean features; nothing is trained",
        fixed=True,
    ),
}

__all__ = [
    "ADAPTERS",
    "ARTICLE",
    "BITFIT",
    "DISTILL",
    "L2_SP",
    "LAYERWISE",
    "LORA",
    "PROBE",
    "RECIPES",
    "SCRATCH",
    "TUNE",
    "Chosen",
    "Recipe",
    "Tuned",
    "adapters",
    "article",
    "bitfit",
    "choose",
    "distill",
    "fine_tune",
    "from_scratch",
    "knn",
    "l2_sp",
    "layerwise",
    "linear_probe",
    "lora",
    "lp_ft",
    "prototypes",
    "tune",
    "wise_ft",
]
