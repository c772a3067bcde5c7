"""Traditional learning: no source task."""

from dataclasses import replace

from ..backbone import Backbone
from ..tasks import Task
from ..training import Run, Settings, train

SCRATCH = Settings(rate=3e-4, steps=600, min_epochs=30, batch=32)


def from_scratch(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """The same layers with random weights, all trained on the target task alone.

    A fair baseline gets inputs that suit its initial weights (He et al. 2015,
    https://arxiv.org/abs/1502.01852): pixels from 0 to 1, not the -124 to 151 that
    VGG16's pretrained weights expect. Its step size was chosen on validation, as the
    other recipes' were (notebooks/results/make_08_baseline.py).

    Args:
        backbone: gives the layers only.
        task: the target task.
        seed: of weights and shuffling.
        **changes: fields of ``Settings`` to set differently from ``SCRATCH``.
    """
    settings = replace(SCRATCH, **changes)
    random = backbone.random(seed)
    suited = replace(random, preprocessing=random.network.untrained)
    return train(
        "scratch", suited, task, "image", settings, seed=seed, standardise=False
    )
