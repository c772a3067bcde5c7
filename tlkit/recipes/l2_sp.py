"""L2-SP. Source: Li, Grandvalet & Davoine 2018, https://arxiv.org/abs/1802.01483."""

from dataclasses import replace

from ..backbone import Backbone
from ..tasks import Task
from ..training import Run, Settings
from .probe import train_from_probe

L2_SP = Settings(rate=1e-4, steps=300, min_epochs=5, batch=32, pull=0.01)


def l2_sp(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """Fine-tune every layer from a probe's head, and penalise leaving the start.

    The penalty is half the squared distance of the pretrained weights from their values
    before training, times ``pull``. Ordinary weight decay pulls towards zero, where
    nothing was learnt; this one pulls towards the source task. Adam gets the penalty's
    gradient, added to that of the loss.

    The source also has a penalty that pulls a new head towards zero. Here the head
    starts from the probe's, and has no penalty.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        seed: of shuffling.
        **changes: fields of ``Settings`` to set differently from ``L2_SP``.
    """
    settings = replace(L2_SP, **changes)
    return train_from_probe("l2_sp", backbone, task, settings, seed=seed)
