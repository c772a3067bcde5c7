"""The recipes that run in Keras: the peers as their pages publish them, and ours.

Every recipe returns {"stages", "total", "test"} for tally.py. The clock starts before
the model is built and also runs while TensorFlow traces; predictions on the test split
are outside of it.
"""

import time
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

import tlkit as tk
from tlkit.machine.quiet import keras


@dataclass(frozen=True)
class Setting:
    """What all recipes share.

    Attributes:
        backbone: the pretrained layers.
        task: images uint8, train / validation / test.
        precision: "float32" or "bfloat16" for the convolutions of every recipe.
        seed: of shuffling, of heads, of the images drawn.
        epochs: passes over the training images that a stage which trains blocks runs
            at most; None: as many as its source asks for.
        head_epochs: the same for a stage that trains a head alone.
    """

    backbone: tk.Backbone
    task: tk.Task
    precision: str
    seed: int
    epochs: int | None = None
    head_epochs: int | None = None

    def capped(self, published: int, head: bool = False) -> int:
        """How many of the published epochs are run."""
        most = self.head_epochs if head else self.epochs
        return min(published, most or published)


class Clock(keras.callbacks.Callback):
    """Writes down when each epoch of each fit ended and how it scored.

    Args:
        keep: also keep each stage's best weights.
    """

    def __init__(self, keep: bool):
        super().__init__()
        self.keep = keep
        self.started = time.perf_counter()
        self.stages: list[dict] = []
        self.kept: list = []

    def now(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    def on_train_begin(self, logs=None):
        self.stages.append({"start": self.now(), "epochs": []})
        self.kept.append(None)

    def on_epoch_end(self, epoch, logs=None):
        accuracy = float(logs["val_accuracy"])
        before = [epoch["accuracy"] for epoch in self.stages[-1]["epochs"]]
        if self.keep and accuracy > max(before, default=-1.0):
            self.kept[-1] = self.model.get_weights()
        self.stages[-1]["epochs"].append({"seconds": self.now(), "accuracy": accuracy})


@contextmanager
def clocked(keep: bool = False):
    """Every `fit` inside reports to the clock that this gives, the package's too."""
    clock, fit = Clock(keep), keras.Model.fit

    def timed(self, *arguments, callbacks=(), **named):
        return fit(self, *arguments, callbacks=[*callbacks, clock], **named)

    keras.Model.fit = timed
    try:
        yield clock
    finally:
        keras.Model.fit = fit


def batches(split, size: int, shuffle_seed: int | None = None):
    """A split as a tf.data.Dataset of (images float32, labels)."""
    images = np.asarray(split.images[:], "uint8")
    labels = np.asarray(split.labels, "int64")
    data = tf.data.Dataset.from_tensor_slices((images, labels))
    if shuffle_seed is not None:
        data = data.shuffle(
            len(split), seed=shuffle_seed, reshuffle_each_iteration=True
        )
    data = data.batch(size).map(lambda x, y: (tf.cast(x, "float32"), y))
    return data.prefetch(tf.data.AUTOTUNE)


def base_and_model(setting: Setting, turn: float):
    """The backbone inside a model: augmentation, base, dropout, logits.

    Flips only where the task allows them.
    """
    base = setting.backbone.build(setting.task.image_shape, setting.precision)
    inputs = x = keras.Input(setting.task.image_shape)
    if setting.task.mirror:
        x = keras.layers.RandomFlip("horizontal", seed=setting.seed)(x)
    x = keras.layers.RandomRotation(turn, seed=setting.seed)(x)
    x = base(x, training=False)  # pools to one number for each channel at its end
    x = keras.layers.Dropout(0.2, seed=setting.seed)(x)
    outputs = keras.layers.Dense(len(setting.task.classes))(x)
    return base, keras.Model(inputs, outputs)


def compiled(model, optimizer):
    """Compile a model for logits and integer labels."""
    model.compile(
        optimizer,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )


def tested(model, clock: Clock, published: list[int], task: tk.Task) -> dict:
    """The report of a peer: each stage with the test accuracy of its best epoch."""
    images = np.asarray(task.test.images[:], "float32")
    for stage, weights, epochs in zip(clock.stages, clock.kept, published, strict=True):
        model.set_weights(weights)
        guess = model.predict(images, batch_size=64, verbose=0).argmax(axis=1)
        stage["published"] = epochs
        stage["test"] = float((guess == task.test.labels).mean())
    return {"stages": clock.stages, "total": None}


def keras_guide(setting: Setting, thaw: bool = True) -> dict:
    """https://keras.io/guides/transfer_learning

    The frozen base runs in every epoch (20, Adam), then all layers are thawed (10, Adam
    at 1e-5). Batches of 32, not shuffled, random flips and turns of up to 36 degrees,
    dropout.
    """
    keras.utils.set_random_seed(setting.seed)
    with clocked(keep=True) as clock:
        train = batches(setting.task.train, 32)
        held = batches(setting.task.validation, 32)
        how = {"validation_data": held, "shuffle": False, "verbose": 0}
        base, model = base_and_model(setting, turn=0.1)
        base.trainable = False
        compiled(model, keras.optimizers.Adam())
        model.fit(train, epochs=setting.capped(20, head=True), **how)
        if thaw:
            base.trainable = True
            compiled(model, keras.optimizers.Adam(1e-5))
            model.fit(train, epochs=setting.capped(10), **how)
    return tested(model, clock, [20, 10] if thaw else [20], setting.task)


def tf_tutorial(setting: Setting, fine_tune_at: str = "block5_conv1") -> dict:
    """https://www.tensorflow.org/tutorials/images/transfer_learning

    Frozen base (10 epochs, Adam at 1e-4), then the layers from one on (10, RMSprop at
    1e-5); there the upper third of MobileNetV2's layers, here block 5 of VGG16.
    """
    keras.utils.set_random_seed(setting.seed)
    with clocked(keep=True) as clock:
        train = batches(setting.task.train, 32, setting.seed)
        held = batches(setting.task.validation, 32)
        how = {"validation_data": held, "shuffle": False, "verbose": 0}
        base, model = base_and_model(setting, turn=0.2)
        base.trainable = False
        compiled(model, keras.optimizers.Adam(1e-4))
        model.fit(train, epochs=setting.capped(10, head=True), **how)
        base.trainable = True
        names = [layer.name for layer in base.layers]
        for layer in base.layers[: names.index(fine_tune_at)]:
            layer.trainable = False
        compiled(model, keras.optimizers.RMSprop(1e-5))
        model.fit(train, epochs=setting.capped(10), **how)
    return tested(model, clock, [10, 10], setting.task)


def article(setting: Setting) -> dict:
    """The article's program (`tlkit.article`), the last state kept.

    10 "epochs" of 100 batches of 32; at least one is run.
    """
    images = 32 * 100  # in one of its epochs
    epochs = 10
    if setting.epochs:
        epochs = max(1, min(10, setting.epochs * len(setting.task.train) // images))
    with clocked() as clock:
        run = tk.article(
            setting.backbone,
            setting.task,
            seed=setting.seed,
            precision=setting.precision,
            steps=100 * epochs,
            min_epochs=epochs,
        )
    stage = {**clock.stages[0], "published": 10, "test": run.score().mean}
    stage["epochs"][-1]["seconds"] = run.seconds
    return {"stages": [stage], "total": None}


def ours(recipe, setting: Setting) -> dict:
    """One of tlkit's recipes as it is; it stops by itself and keeps its best epoch."""
    with clocked() as clock:
        run = recipe(
            setting.backbone,
            setting.task,
            seed=setting.seed,
            precision=setting.precision,
        )
    stages = [{**stage, "published": 0, "test": None} for stage in clock.stages]
    return {"stages": stages, "total": run.seconds, "test": run.score().mean}


def probe(setting: Setting) -> dict:
    """`tlkit.linear_probe`: the frozen layers run once; a linear head on features."""
    return ours(tk.linear_probe, setting)


def fine_tune(setting: Setting) -> dict:
    """`tlkit.fine_tune(unfreeze="block5")`: blocks 1 to 4 run once."""
    return ours(tk.fine_tune, setting)


def lp_ft(setting: Setting) -> dict:
    """`tlkit.lp_ft`: the linear probe, then all layers, from the probe's head on."""
    return ours(tk.lp_ft, setting)


RECIPES = {
    function.__name__: function
    for function in (article, keras_guide, tf_tutorial, probe, fine_tune, lp_ft)
}
