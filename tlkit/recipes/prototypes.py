"""Prototypes: class means. Source: Snell et al. 2017, arXiv:1703.05175."""

from dataclasses import replace

import numpy as np

from ..backbone import Backbone
from ..machine.quiet import keras
from ..tasks import Task
from ..training import Head, Run, with_head
from .at_once import Found, Seen, at_once
from .probe import PROBE


def prototypes(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """Name an image after the class whose mean training features are nearest.

    One mean for each class, by Euclidean distance on standardised features. Minus the
    squared distance is, up to a term that all classes share, linear in the features: so
    the means *are* a linear head, with kernel 2 · mean and bias −|mean|². Nothing is
    trained in steps, and nothing is chosen.

    The source also trains the features for such means; here they are the backbone's.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        seed: not used; it is here because all recipes take one.
        **changes: fields of ``Settings``. Only "precision" makes a difference.

    Raises:
        ValueError: the task asks for a number; or a class has no training image.
    """
    if task.is_regression:
        raise ValueError(
            f"prototypes: expected a task with classes, got {task.name!r}, which asks "
            "for a number. Next: knn, which averages the numbers of similar images"
        )
    settings = replace(PROBE, **changes)

    def find(shared: keras.Model, scale: Head, seen: Seen) -> Found:
        means = class_means(task, seen.train)
        kernel, bias = 2 * means.T, -np.square(means).sum(axis=1)
        head = Head(scale.mean, scale.variance, kernel, bias)
        numbers = kernel.size + bias.size
        return Found(with_head(shared, head, task), head, numbers, {})

    return at_once("prototypes", backbone, task, find, settings, seed)


def class_means(task: Task, features: np.ndarray) -> np.ndarray:
    """The mean features of each class, float32 (classes, features).

    Args:
        task: gives the training labels.
        features: float32 (n, features) of the n training images.

    Raises:
        ValueError: a class has no training image.
    """
    labels = np.asarray(task.train.labels)
    present = set(labels.tolist())
    missing = [name for i, name in enumerate(task.classes) if i not in present]
    if missing:
        raise ValueError(
            "prototypes: expected a training image of every class, got none of "
            f"{', '.join(missing)}. Next: give these classes more images"
        )
    return np.stack([features[labels == i].mean(axis=0) for i in sorted(present)])
