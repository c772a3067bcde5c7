"""Images in a second at several picture sizes, and which part of the device's peak they use; on a GPU where one is.

The peak is measured too, as the fastest of a few large matrix products in the same precision, so no data sheet is
believed. Transfers to the device and Keras's own work between two batches are part of every time, as in the kit.
"""

import sys
from dataclasses import replace
from functools import partial

import numpy as np
import tensorflow as tf

import tlkit as tk
from tlkit.machine.quiet import keras
from tlkit.speed import first_and_later, multiply_adds, precisions

BATCHES = {"GPU": 256, "CPU": 32}
SIDES = {"GPU": (4096, 8192), "CPU": (1024, 2048)}  # of the square matrices


def peak(precision: str, sides: tuple[int, ...]) -> float:
    """Floating-point operations in a second of the fastest matrix product."""
    multiply, best = (
        tf.function(lambda a: tf.reduce_sum(tf.cast(tf.matmul(a, a), "float32"))),
        0.0,
    )
    for side in sides:
        a = tf.cast(tf.random.stateless_uniform((side, side), (0, 0)), precision)
        best = max(
            best, 2 * side**3 / first_and_later(lambda a=a: float(multiply(a)))[1]
        )
    return best


def measure(backbone: tk.Backbone, sizes=(32, 64, 96)) -> list[dict]:
    """One row for each precision, size and, on a GPU, way to compile; all layers forward, and all layers trained.

    A training step counts as three ways forward, the usual estimate: the backward pass makes two.
    """
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    batch, found = BATCHES[kind], []
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for precision in precisions():
        most = peak(precision, SIDES[kind])
        for size in sizes:
            shared = replace(backbone, size=size).build((size, size, 3), precision)
            model = keras.Model(
                shared.input, keras.layers.Dense(10, dtype="float32")(shared.output)
            )
            images, labels = (
                np.zeros((batch, size, size, 3), "float32"),
                np.zeros(batch, "int64"),
            )
            work = 2 * multiply_adds(model)
            for compiled in (False, True) if kind == "GPU" else (False,):
                model.compile(keras.optimizers.Adam(1e-4), loss, jit_compile=compiled)
                model.optimizer.build(model.trainable_variables)
                forward = (
                    batch / first_and_later(partial(model.predict_on_batch, images))[1]
                )
                training = (
                    batch
                    / first_and_later(partial(model.train_on_batch, images, labels))[1]
                )
                row = {"device": kind, "precision": precision, "size": size, "batch": batch, "jit": compiled,
                       "peak": most, "forward": forward, "forward_of_peak": work * forward / most,
                       "training": training, "training_of_peak": 3 * work * training / most}  # fmt: skip
                print("sizes:", row, file=sys.stderr, flush=True)
                found.append(row)
    return found
