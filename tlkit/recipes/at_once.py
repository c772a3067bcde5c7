"""For recipes that take no gradient step: features go in, a model comes out."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..backbone import Backbone, above_cut
from ..features import activations, predict
from ..machine.memory import leaving_nothing
from ..machine.quiet import keras
from ..machine.watch import Watch
from ..tasks import Split, Task
from ..training import Head, Run, Settings, new_head


class Found(NamedTuple):
    """What was computed from the features.

    Attributes:
        model: images -> logits (n, classes), or (n, 1) in the task's units.
        head: if it is a linear one; else None.
        numbers: how many were computed and are stored for the task.
        decided: what validation chose, by name.
        notes: the same as sentences.
    """

    model: keras.Model
    head: Head | None
    numbers: int
    decided: dict
    notes: tuple[str, ...] = ()


class Seen(NamedTuple):
    """Standardised features, float32 (n, features), of two splits."""

    train: np.ndarray
    validation: np.ndarray


@leaving_nothing()
def at_once(
    recipe: str,
    backbone: Backbone,
    task: Task,
    find: Callable[[keras.Model, Head, Seen], Found],
    settings: Settings,
    seed: int,
) -> Run:
    """Compute the features, then what stands on them; every shared layer stays frozen.

    Args:
        recipe: its name, for the Run.
        backbone: the shared layers.
        task: the target task.
        find: called with the built shared layers, a head whose mean and variance have
            standardised the features, and the features.
        settings: only `precision` is used, because nothing is trained in steps.
        seed: of the Run; nothing is drawn, unless more than 10,000 training images
            decide how features are standardised.
    """
    precision = settings.precision

    def features(split: Split) -> np.ndarray:
        return activations(
            backbone, split.images, "features", precision=precision, model=shared
        )

    with Watch() as watch:
        shared = backbone.build(task.image_shape, precision)
        shared.trainable = False
        scale = new_head(
            backbone, shared, task, start="zeros", precision=precision, seed=seed
        )
        standardised = [
            (features(split).astype("float32") - scale.mean) / np.sqrt(scale.variance)
            for split in (task.train, task.validation)
        ]
        found = find(shared, scale, Seen(*standardised))
    above = above_cut(found.model, "features")
    outputs = {
        name: predict(above, features(split)) for name, split in task.splits().items()
    }
    return Run(
        recipe=recipe,
        task=task,
        backbone=backbone,
        model=found.model,
        head=found.head,
        history={},
        seconds=watch.seconds,
        peak_memory_mb=watch.peak_mb,
        trained_parameters=found.numbers,
        seed=seed,
        settings={
            "precision": precision,
            "cut": "features",
            "cached": True,
            "epochs": 0,
            **found.decided,
        },
        outputs=outputs,
        notes=found.notes,
    )
