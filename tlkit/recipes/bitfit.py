"""BitFit. Source: Ben Zaken et al. 2022, https://arxiv.org/abs/2106.10199."""

from dataclasses import replace

from ..backbone import Backbone
from ..machine.quiet import keras
from ..tasks import Task
from ..training import Run, Settings
from .probe import train_from_probe

BITFIT = Settings(rate=1e-3, steps=300, min_epochs=5, batch=32)


def bitfit(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """Train the biases, the normalisation and the head; every kernel stays frozen.

    Biases of all layers are trained, so nothing can be cached, and every layer runs in
    every step. But for each task only a few thousand numbers are stored.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        seed: of shuffling.
        **changes: fields of ``Settings`` to set differently from ``BITFIT``.
    """
    settings = replace(BITFIT, **changes)
    return train_from_probe(
        "bitfit", backbone, task, settings, seed=seed, chosen=is_bias_or_head
    )


def is_bias_or_head(variable: keras.Variable) -> bool:
    """Biases and the scales of normalisation are vectors; kernels are not."""
    return len(variable.shape) < 2 or variable.path.startswith("logits")
