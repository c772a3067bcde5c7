"""The recipes: ways from a backbone and a task to a trained model, all in one table.

To add a recipe, write a file with its function, and an entry in ``RECIPES``. The
command line, its estimate of time, the report and the figures follow.
"""

from .. import colours
from .adapters import ADAPTERS, adapters
from .article import ARTICLE, article
from .bitfit import BITFIT, bitfit
from .choose import Chosen as Chosen
from .choose import choose as choose
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
from .recipe import takes as takes
from .scratch import SCRATCH, from_scratch
from .tune import Tuned as Tuned
from .tune import tune as tune
from .wise_ft import wise_ft

RECIPES: dict[str, Recipe] = {
    "scratch": Recipe(
        train=from_scratch,
        label="from scratch",
        colour=colours.VERMILION,
        sentence="random weights, every layer trained on the target task alone",
        settings=SCRATCH,
    ),
    "probe": Recipe(
        train=linear_probe,
        label="linear probe",
        colour=colours.BLUE,
        sentence="pretrained layers frozen, only a new head trained",
        settings=PROBE,
        lowest=None,
    ),
    "lp_ft": Recipe(
        train=lp_ft,
        label="probe + fine-tune",
        colour=colours.GREEN,
        sentence="the linear probe first, then its head and the pretrained layers "
        "trained together",
        settings=TUNE,
        probe_first=True,
    ),
    "fine_tune": Recipe(
        train=fine_tune,
        label="fine-tune",
        colour=colours.ORANGE,
        sentence="the last block of the pretrained layers trained together with a new "
        "head",
        settings=TUNE,
        lowest="block5",
    ),
    "article": Recipe(
        train=article,
        label="the article's way",
        colour=colours.PURPLE,
        sentence="the article's program as it was written, every layer trained",
        settings=ARTICLE,
        fixed=True,
    ),
    "bitfit": Recipe(
        train=bitfit,
        label="BitFit",
        colour=colours.BROWN,
        sentence="only the head, the biases and the normalisation trained",
        settings=BITFIT,
        probe_first=True,
    ),
    "lora": Recipe(
        train=lora,
        label="LoRA",
        colour=colours.INDIGO,
        marker="s",
        sentence="only the head and a low-rank addition to each kernel trained",
        settings=LORA,
        probe_first=True,
    ),
    "adapters": Recipe(
        train=adapters,
        label="adapters",
        colour=colours.TEAL,
        marker="D",
        sentence="only the head and a small layer after each block trained",
        settings=ADAPTERS,
        lowest="block2",
        probe_first=True,
    ),
    "l2_sp": Recipe(
        train=l2_sp,
        label="L2-SP",
        colour=colours.FOREST,
        marker="^",
        sentence="every layer fine-tuned from a probe, with a penalty on leaving its "
        "pretrained weights",
        settings=L2_SP,
        probe_first=True,
    ),
    "layerwise": Recipe(
        train=layerwise,
        label="step size by depth",
        colour=colours.OLIVE,
        marker="v",
        sentence="every layer fine-tuned from a probe, lower blocks with smaller steps",
        settings=LAYERWISE,
        probe_first=True,
    ),
    "wise_ft": Recipe(
        train=wise_ft,
        label="WiSE-FT",
        colour=colours.WINE,
        marker="P",
        sentence="the average of the weights of a probe and of the network fine-tuned "
        "from it",
        settings=TUNE,
        probe_first=True,
    ),
    "distill": Recipe(
        train=distill,
        label="distillation",
        colour=colours.PLUM,
        marker="X",
        sentence="a smaller network trained to answer as a fine-tuned one",
        settings=DISTILL,
        is_estimated=False,
    ),
    "knn": Recipe(
        train=knn,
        label="nearest neighbours",
        colour=colours.ROSE,
        marker="<",
        sentence="the training images with the most similar features vote; nothing is "
        "trained",
        settings=PROBE,
        lowest=None,
        fixed=True,
    ),
    "prototypes": Recipe(
        train=prototypes,
        label="class means",
        colour=colours.SAND,
        marker=">",
        sentence="the class with the nearest mean features; nothing is trained",
        settings=PROBE,
        lowest=None,
        fixed=True,
    ),
}
