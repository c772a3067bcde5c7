"""The article's program, kept so that its mistakes can be measured."""

from dataclasses import replace

from ..backbone import Backbone
from ..tasks import Task
from ..training import Run, Settings, train

ARTICLE = Settings(
    rate=1e-4,
    steps=1000,
    batch=32,
    schedule=False,
    epoch_steps=100,
    keep_best=False,
    mirror=False,
)


def article(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """Pixels scaled by 1/255, flatten, a new dense layer, every layer trained by Adam.

    The step size is 1e-4, for ten "epochs" of 100 batches of 32. Validation decides
    nothing: the last state is kept.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        seed: of the head and of shuffling.
        **changes: fields of ``Settings`` to set differently from ``ARTICLE``.
    """
    settings = replace(ARTICLE, **changes)
    spoilt = replace(backbone, preprocessing="1/255")
    return train(
        "article",
        spoilt,
        task,
        "image",
        settings,
        seed=seed,
        standardise=False,
        flatten=True,
    )
