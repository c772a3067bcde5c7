"""What a training step is made of, and when a training ends."""

import sys
from functools import partial
from statistics import median
from time import perf_counter
from unittest.mock import patch

import numpy as np
import recipes
import tensorflow as tf

import tlkit as tk
from tlkit.backbone import above_cut, cut_below
from tlkit.machine import fast
from tlkit.machine.quiet import keras

ENDS = (8, 10, 13, 16, 20, 25, 32, 40, 50)  # steps of the trainings that are timed


def parts(
    setting: recipes.Setting,
    batch: int = 32,
    repeats: int = 5,
    depths: tuple[str, ...] = ("block5", "all"),
) -> list[dict]:
    """Where the milliseconds of a training step go, a row for each lowest block.

    Each row has, in milliseconds:

    - "forward": the pass forward alone;
    - "down": forward and backward without the gradients of the kernels;
    - "forward_backward": with them, and "by_keras": the same by Keras's convolutions;
    - "adam": Keras's Adam, clipping included, and "adam_fused": ``fast.Adam``;
    - "step": a whole step.
    """
    shared = setting.backbone.build(setting.task.image_shape, setting.precision)
    outputs = keras.layers.Dense(10, dtype="float32")(shared.output)
    model = keras.Model(shared.input, outputs)
    found = []
    for lowest in depths:
        plain = Step(above_cut(model, cut_below(lowest)), batch)
        by_keras = milliseconds(plain.both_passes(), repeats)
        with fast.convolutions(model):
            step = Step(above_cut(model, cut_below(lowest)), batch)
            row = {
                "trained": lowest,
                "batch": batch,
                "parameters": step.network.count_params(),
                "forward": milliseconds(step.forward, repeats),
                "forward_backward": milliseconds(step.both_passes(), repeats),
                "by_keras": by_keras,
                "down": milliseconds(step.both_passes(kernels=False), repeats),
                "adam": milliseconds(step.adam(keras.optimizers.Adam), repeats),
                "adam_fused": milliseconds(step.adam(fast.Adam), repeats),
                "step": milliseconds(step.whole(), repeats),
            }
        print("a step:", row, file=sys.stderr, flush=True)
        found.append(row)
    return found


class Step:
    """A training step of a network on random inputs, and its parts."""

    def __init__(self, network: keras.Model, batch: int):
        rng = np.random.default_rng(0)
        self.network = network
        self.x = tf.constant(rng.random((batch, *network.input.shape[1:]), "float32"))
        self.y = tf.zeros(batch, "int64")
        self.loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def forward(self):
        """The pass forward."""
        return self.network.predict_on_batch(self.x)

    def gradients(self, of):
        """A traced function that gives the gradients of variables, or of the inputs."""

        @tf.function
        def both():
            with tf.GradientTape() as tape:
                tape.watch(self.x)
                error = self.loss(self.y, self.network(self.x, training=True))
            return tape.gradient(error, of)

        return both

    def both_passes(self, kernels: bool = True):
        """A function that makes both passes.

        Args:
            kernels: the gradients of all variables; False: of the inputs only.
        """
        both = self.gradients(self.network.trainable_variables if kernels else [self.x])
        return lambda: both()[0].numpy()

    def adam(self, kind):
        """A function that makes a step of an optimizer with given gradients."""
        variables = self.network.trainable_variables
        gradients = self.gradients(variables)()
        optimizer = kind(1e-4, clipnorm=1.0)
        optimizer.build(variables)
        return tf.function(lambda: optimizer.apply(gradients, variables))

    def whole(self):
        """A function that makes the whole step."""
        self.network.compile(fast.Adam(1e-4, clipnorm=1.0), self.loss)
        self.network.optimizer.build(self.network.trainable_variables)
        return partial(self.network.train_on_batch, self.x, self.y)


def milliseconds(call, repeats: int) -> float:
    """Median time of a function, after a first call, which traces."""
    call()
    taken = []
    for _ in range(repeats):
        started = perf_counter()
        call()
        taken.append(1000 * (perf_counter() - started))
    return round(median(taken), 1)


def ends(setting: recipes.Setting, steps: tuple[int, ...] = ENDS) -> list[dict]:
    """How long trainings of all layers last, and how long `fit` takes after that.

    In turn with the batches given to `fit` as they are, as Keras then feeds them, and
    by `tlkit.machine.fast.stream`.
    """
    ways = {"Keras": lambda batches: batches, "tlkit": fast.stream}
    rows = {name: {"fed": name, "seconds": [], "waits": []} for name in ways}
    for number in steps:
        for name, stream in ways.items():
            with patch.object(fast, "stream", stream):
                until, after = end_of_training(setting, number)
            rows[name]["seconds"].append(until)
            rows[name]["waits"].append(after)
    print("the ends of trainings:", rows, file=sys.stderr, flush=True)
    return list(rows.values())


def end_of_training(setting: recipes.Setting, steps: int) -> tuple[float, float]:
    """Seconds of a training to the end of its last epoch, and from there to its end."""
    taken = []
    with recipes.clocked() as clock:
        fit = keras.Model.fit

        def timed(self, *arguments, **named):
            fit(self, *arguments, **named)
            stage = clock.stages[-1]
            last = stage["epochs"][-1]["seconds"]
            taken.append((last - stage["start"], clock.now() - last))

        with patch.object(keras.Model, "fit", timed):
            tk.fine_tune(
                setting.backbone,
                setting.task,
                unfreeze="all",
                precision=setting.precision,
                steps=steps,
                min_epochs=1,
                patience=steps,
            )
    return taken[-1]
