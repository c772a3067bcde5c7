"""Traditional learning: no source task."""

from dataclasses import replace

from ..backbone import Backbone
from ..tasks import Task
from ..training import Run, Settings, train

SCRATCH = Settings(rate=3e-4, steps=600, min_epochs=30, batch=32)


def from_scratch(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """The same layers with random weights, all trained on the target task alone.

    Args:
        backbone: gives the layers only.
        task: the target task.
        seed: of weights and shuffling.
        **changes: fields of ``Settings`` to set differently from ``SCRATCH``.
    """
    settings = replace(SCRATCH, **changes)
    random = backbone.random(seed)
    return train(
        "scratch", random, task, "image", settings, seed=seed, standardise=False
    )
