"""Residual adapters. Source: Rebuffi et al. 2017, https://arxiv.org/abs/1705.08045."""

from dataclasses import replace

from ..backbone import Backbone, network_of
from ..machine.quiet import keras
from ..tasks import Task
from ..training import Run, Settings
from .probe import train_from_probe

ADAPTERS = Settings(rate=3e-3, steps=300, min_epochs=5, batch=32)


def adapters(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """Put a small layer after each block; train these layers and the head alone.

    An adapter is a 1 × 1 convolution whose output is added to its input: x + Ax + b.
    A and b are zero at the start, and the head is that of a linear probe, so training
    begins with the probe's answers. The lowest block is below all adapters: it runs
    once, and its activations are cached.

    The source puts an adapter into each residual unit, with batch normalisation. Here
    there is one at the end of each block, because every architecture of the kit has
    blocks.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        seed: of shuffling.
        **changes: fields of ``Settings`` to set differently from ``ADAPTERS``.
    """
    settings = replace(ADAPTERS, **changes)
    return train_from_probe(
        "adapters",
        backbone,
        task,
        settings,
        seed=seed,
        cut=next(iter(backbone.network.blocks)),
        adapt=with_adapters,
    )


def with_adapters(model: keras.Model) -> keras.Model:
    """The same layers, frozen, with an adapter after each block; the head is not.

    Args:
        model: shared layers and head.

    Returns:
        keras.Model of the same inputs and outputs: a copy, whose adapters are named
        "block1_adapter" and so on.
    """
    block_of = {end: block for block, end in network_of(model).blocks.items()}

    def call(layer, *inputs, **options):
        outputs = layer(*inputs, **options)
        if layer.name not in block_of:
            return outputs
        adapter = keras.layers.Conv2D(
            outputs.shape[-1],
            kernel_size=1,
            kernel_initializer="zeros",
            name=f"{block_of[layer.name]}_adapter",
            dtype=layer.dtype_policy,
        )
        add = keras.layers.Add(name=f"{adapter.name}_add", dtype=layer.dtype_policy)
        return add([outputs, adapter(outputs)])

    adapted = keras.models.clone_model(model, call_function=call)
    for layer in model.layers:
        copy = adapted.get_layer(layer.name)
        copy.set_weights(layer.get_weights())
        copy.trainable = layer.name == "logits"
    return adapted
