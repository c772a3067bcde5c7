"""Distillation. Source: Hinton et al. 2015, https://arxiv.org/abs/1503.02531."""

from dataclasses import replace

import numpy as np

from ..backbone import Backbone
from ..machine.quiet import keras
from ..tasks import Task
from ..training import Run, Settings, Targets, own_labels
from .lp_ft import lp_ft
from .probe import Start, train_from_probe

DISTILL = Settings(rate=3e-4, steps=600, min_epochs=30, batch=32)
TEMPERATURE = 4.0  # by which logits are divided
SHARE = 0.5  # of the loss that the teacher has; the labels have the rest


def distill(
    backbone: Backbone,
    task: Task,
    *,
    student: Backbone | None = None,
    teacher: Run | None = None,
    seed: int = 0,
    **changes,
) -> Run:
    """Train a small network to answer as a large one that was fine-tuned.

    The teacher is `backbone` after ``lp_ft``. The student starts from its own
    pretrained layers and the head of its own probe; then all of it is trained, half by
    the labels and half by the teacher's logits for the training images. Softened by a
    temperature, these also say which wrong answers are nearly right.

    Only the student is kept: the run's backbone, model and trained numbers are the
    student's. Seconds and memory are those of both.

    Args:
        backbone: the teacher's pretrained layers.
        task: the target task.
        student: its layers; None: ``student_of(backbone)``.
        teacher: a run of a trained teacher on this task; None: ``lp_ft`` trains one.
            It is trained with the same ``changes``, but not with the step size, which
            is the student's.
        seed: of shuffling.
        **changes: fields of ``Settings`` to set differently from ``DISTILL``.
    """
    settings = replace(DISTILL, **changes)
    if teacher is None:
        others = {name: value for name, value in changes.items() if name != "rate"}
        teacher = lp_ft(backbone, task, seed=seed, **others)
    targets = softened(task, teacher.outputs["train"])
    taught = Start.of(teacher)
    del teacher  # its model goes before the next one is built
    student = student or student_of(backbone)
    run = train_from_probe(
        "distill", student, task, settings, seed=seed, targets=targets
    )
    names = {"teacher": backbone.name, "student": student.name}
    return taught.before(run, settings={**run.settings, **names})


def student_of(backbone: Backbone) -> Backbone:
    """The next smaller network of the kit for the same size of images.

    ``letters`` has a quarter of VGG16's width, ``letters-small`` an eighth, so half of
    that of ``letters``. Half the width is a quarter of the numbers. Where the kit has
    no smaller one: half the width, with random weights.
    """
    width = backbone.width if backbone.architecture == "vgg16" else 1.0
    for name in ("letters", "letters-small"):
        smaller = Backbone(name, size=backbone.size)
        if smaller.width < width:
            return smaller
    return Backbone(None, size=backbone.size, width=width / 2, preprocessing="1/255")


def softened(task: Task, answers: np.ndarray) -> Targets:
    """The training split's labels together with a teacher's outputs for it.

    Args:
        task: the target task.
        answers: float32 (n, classes), the teacher's logits for the n training images;
            or (n, 1) for a number, which then becomes the mean of label and answer.

    Returns:
        for classes, labels float32 (n, 1 + classes): the label, then the logits.
    """
    known = own_labels(task)
    labels = known.labels.astype("float32")[:, None]
    if task.is_regression:
        mean = (1 - SHARE) * labels + SHARE * answers
        return known._replace(labels=mean[:, 0])
    metric = keras.metrics.MeanMetricWrapper(_is_right, name="accuracy")
    both = np.concatenate([labels, answers], axis=1)
    return Targets(both, Softened(), metric)


class Softened(keras.losses.Loss):
    """Cross-entropy to the labels, and to the teacher's softened probabilities.

    The softened part is multiplied by the temperature's square, so that its gradient
    is as large as at temperature 1 (the source, section 2).
    """

    def call(self, known, logits):
        """The loss of each image.

        Args:
            known: (batch, 1 + classes), labels and the teacher's logits.
            logits: (batch, classes), the student's.
        """
        losses, softmax = keras.losses, keras.ops.softmax
        by_label = losses.sparse_categorical_crossentropy(
            known[:, 0], logits, from_logits=True
        )
        by_teacher = losses.categorical_crossentropy(
            softmax(known[:, 1:] / TEMPERATURE), logits / TEMPERATURE, from_logits=True
        )
        return (1 - SHARE) * by_label + SHARE * TEMPERATURE**2 * by_teacher


def _is_right(known, logits):
    """Which answers agree with the labels in the first column."""
    return keras.metrics.sparse_categorical_accuracy(known[:, 0], logits)
