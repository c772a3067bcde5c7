"""Low-rank adaptation. Source: Hu et al. 2021, https://arxiv.org/abs/2106.09685."""

from dataclasses import replace
from functools import partial

from ..backbone import Backbone
from ..machine.quiet import keras
from ..tasks import Task
from ..training import Run, Settings, with_head
from .probe import train_from_probe

LORA = Settings(rate=3e-3, steps=300, min_epochs=5, batch=32)
RANK = 4


def lora(
    backbone: Backbone, task: Task, *, rank: int = RANK, seed: int = 0, **changes
) -> Run:
    """Add a low-rank matrix to each convolution's kernel; train it and the head alone.

    A kernel of (h, w, channels, filters) gets the product of a (h, w, channels, rank)
    and a (rank, filters), zero at the start. The head is that of a linear probe. At the
    end the products are added to the kernels: the run's model is an ordinary one, as
    large and as fast as before. Training is not cheaper, because every layer runs in
    every step. But for each task only the numbers that were trained are stored.

    The source adds them to the layers of a transformer; here they are Keras's
    ``enable_lora`` on the convolutions. Depthwise ones stay frozen: they are small.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        rank: of what is added, at least 1.
        seed: of the first factors and of shuffling.
        **changes: fields of ``Settings`` to set differently from ``LORA``.

    Raises:
        ValueError: a rank below 1.
    """
    if rank < 1:
        raise ValueError(f"rank={rank}: expected 1 or more, for example {RANK}")
    settings = replace(LORA, **changes)
    run = train_from_probe(
        "lora",
        backbone,
        task,
        settings,
        seed=seed,
        adapt=partial(low_rank, rank=rank),
    )
    return replace(
        run,
        model=merged(run, settings.precision),
        settings={**run.settings, "rank": rank},
    )


def low_rank(model: keras.Model, rank: int) -> keras.Model:
    """Freeze all layers but the head, and add low-rank factors to the convolutions.

    Args:
        model: shared layers and head; it is changed.
        rank: of what is added.
    """
    for layer in model.layers:
        if layer.name == "logits":
            continue
        if not isinstance(layer, keras.layers.Conv2D):
            layer.trainable = False  # normalisation keeps its statistics, too
            continue
        layer.enable_lora(rank)  # freezes the kernel
        if layer.use_bias:
            layer.bias.trainable = False
    return model


def merged(run: Run, precision: str) -> keras.Model:
    """The trained model without factors: their products are part of the kernels.

    Args:
        run: what training with ``low_rank`` gave.
        precision: of the convolutions.
    """
    assert run.head is not None
    shared = run.backbone.build(run.task.image_shape, precision)
    plain = with_head(shared, run.head, run.task)
    for layer in run.model.layers:
        if not getattr(layer, "lora_enabled", False):
            continue
        first, second = layer.lora_kernel_a.numpy(), layer.lora_kernel_b.numpy()
        kernel, *bias = plain.get_layer(layer.name).get_weights()
        kernel += layer.lora_alpha / layer.lora_rank * (first @ second)
        plain.get_layer(layer.name).set_weights([kernel, *bias])
    return plain
