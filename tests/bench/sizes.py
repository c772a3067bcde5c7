"""Images in a second at several picture sizes, and which part of the peak they use.

On a GPU where there is one. The peak is measured too, as the fastest of a few large
matrix products in the same precision, so no data sheet is believed. Transfers to the
device and Keras's own work between two batches are part of every time, as in the kit.
"""

import sys
from dataclasses import replace
from functools import partial

import numpy as np
import tensorflow as tf

import tlkit as tk
from tlkit.machine import fast
from tlkit.machine.quiet import keras
from tlkit.speed import first_and_later, multiply_adds, precisions

BATCHES = {"GPU": 256, "CPU": 32}
SIDES = {"GPU": (4096, 8192), "CPU": (1024, 2048)}  # of the square matrices


def peak(precision: str, sides: tuple[int, ...]) -> float:
    """Floating-point operations in a second of the fastest matrix product."""

    @tf.function
    def multiply(a):
        return tf.reduce_sum(tf.cast(tf.matmul(a, a), "float32"))

    best = 0.0
    for side in sides:
        a = tf.cast(tf.random.stateless_uniform((side, side), (0, 0)), precision)
        _, seconds = first_and_later(lambda a=a: float(multiply(a)))
        best = max(best, 2 * side**3 / seconds)
    return best


def measure(backbone: tk.Backbone, sizes=(32, 64, 96)) -> list[dict]:
    """One row for each precision, size and, on a GPU, way to compile.

    All layers forward, and all layers trained. A training step counts as three passes
    forward, the usual estimate: the backward pass makes two.
    """
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    found = []
    for precision in precisions():
        most = peak(precision, SIDES[kind])
        for size in sizes:
            for compiled in (False, True) if kind == "GPU" else (False,):
                row = {
                    "device": kind,
                    "precision": precision,
                    "size": size,
                    "batch": BATCHES[kind],
                    "jit": compiled,
                    "peak": most,
                    **timed(backbone, size, precision, BATCHES[kind], compiled, most),
                }
                print("sizes:", row, file=sys.stderr, flush=True)
                found.append(row)
    return found


def timed(
    backbone: tk.Backbone,
    size: int,
    precision: str,
    batch: int,
    compiled: bool,
    most: float,
) -> dict:
    """Images in a second, and as a share of the peak, forward and training."""
    shared = replace(backbone, size=size).build((size, size, 3), precision)
    outputs = keras.layers.Dense(10, dtype="float32")(shared.output)
    model = keras.Model(shared.input, outputs)
    model.compile(
        fast.Adam(1e-4),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=compiled,
    )
    model.optimizer.build(model.trainable_variables)
    images = np.zeros((batch, size, size, 3), "float32")
    labels = np.zeros(batch, "int64")
    with fast.convolutions(model):
        _, forward = first_and_later(partial(model.predict_on_batch, images))
        _, training = first_and_later(partial(model.train_on_batch, images, labels))
    work = 2 * multiply_adds(model) * batch
    return {
        "forward": batch / forward,
        "forward_of_peak": work / forward / most,
        "training": batch / training,
        "training_of_peak": 3 * work / training / most,
    }
