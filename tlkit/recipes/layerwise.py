"""Step size by depth. Source: Howard & Ruder 2018, https://arxiv.org/abs/1801.06146."""

from dataclasses import replace

from ..backbone import Backbone
from ..tasks import Task
from ..training import Run, Settings
from .probe import train_from_probe

LAYERWISE = Settings(rate=3e-4, steps=300, min_epochs=5, batch=32, shrink=1 / 2.6)


def layerwise(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """Fine-tune every layer from a probe's head, lower blocks with smaller steps.

    From each block to the one below it, the step size is divided by 2.6 (``shrink``):
    the lower a layer, the more general what it has learnt. The source divides from
    layer to layer of a language model.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        seed: of shuffling.
        **changes: fields of ``Settings`` to set differently from ``LAYERWISE``.
    """
    settings = replace(LAYERWISE, **changes)
    return train_from_probe("layerwise", backbone, task, settings, seed=seed)
