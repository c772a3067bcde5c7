"""The recipes: five ways to get from a backbone and a task to a trained model.

Every recipe cuts the network in two. Below the cut the layers are frozen and their activations are
computed once; above it everything is trained. What differs is where the cut lies and where training
starts. The validation split decides when to stop; the test split is only looked at once, at the end.
"""

import gc
import time
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from . import evaluate, speed
from .backbone import BLOCKS, Backbone, above_cut, at_cut, cut_below
from .features import MANY, CacheLimit, activations, predict
from .machine import fast
from .machine.bar import bar
from .machine.quiet import keras
from .tasks import Split, Task, fingerprint


class Head(NamedTuple):
    """The task-specific layers: features are standardised with mean and variance, then mapped linearly.

    Shapes: mean and variance float32 (features,), kernel (features, outputs), bias (outputs,).
    """

    mean: np.ndarray
    variance: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Settings:
    """How a model is trained.

    Attributes:
        rate: largest step size of Adam.
        steps: gradient steps to plan for; at least `min_epochs` passes over the training split.
        min_epochs: passes that a large training split gets at least.
        batch: images in one step.
        patience: epochs without a better validation score before training stops.
        schedule: warm-up over the first tenth of the steps, then cosine decay to 0; False: constant rate.
        epoch_steps: steps in an "epoch"; None: one pass over the training split.
        keep_best: end with the epoch that scored best on validation; False: with the last one.
        mirror: mirror every second image at random; None: if the task allows it.
        precision: "float32", "bfloat16" or "float16" for the convolutions.
        shrink: factor on the step size from each block to the one below it; 1: one step size for all.
        seconds: no epoch begins that would end later than this after the first began; None: no limit.
    """

    rate: float
    steps: int
    min_epochs: int = 5
    batch: int = 32
    patience: int = 20
    schedule: bool = True
    epoch_steps: int | None = None
    keep_best: bool = True
    mirror: bool | None = None
    precision: str = "float32"
    shrink: float = 1.0
    seconds: float | None = None


PROBE = Settings(rate=3e-3, steps=300, min_epochs=15, batch=128, mirror=False)
TUNE = Settings(rate=1e-4, steps=300, min_epochs=5, batch=32)
SCRATCH = Settings(rate=3e-4, steps=600, min_epochs=30, batch=32)
ARTICLE = Settings(
    rate=1e-4,
    steps=1000,
    batch=32,
    schedule=False,
    epoch_steps=100,
    keep_best=False,
    mirror=False,
)


@dataclass(eq=False)
class Run:
    """What a recipe did and what came of it.

    Attributes:
        recipe: name of the recipe.
        task: the target task.
        backbone: the layers that it started from.
        model: keras.Model, images (n, h, w, 3) uint8 or float32, RGB 0-255 -> logits (n, classes), or
            (n, 1) in the task's units.
        head: the trained task-specific layers; None if the recipe uses a different head.
        history: loss, val_loss and accuracy, val_accuracy (or mae, val_mae) for each epoch.
        seconds: from the untrained to the trained model, activations and tracing included, the
            predictions on the test split not.
        peak_memory_mb: largest resident memory of the process while training, in MB (10^6 bytes).
        trained_parameters: how many numbers were trained.
        seed: of shuffling and of the first weights.
        settings: the Settings as a dictionary, with `cut` and what else was decided.
        outputs: split name -> float32 (n, classes) logits, or (n, 1).
    """

    recipe: str
    task: Task
    backbone: Backbone
    model: keras.Model
    head: Head | None
    history: dict[str, list[float]]
    seconds: float
    peak_memory_mb: float
    trained_parameters: int
    seed: int
    settings: dict
    outputs: dict[str, np.ndarray] = field(repr=False, default_factory=dict)

    def predicted(self, split: str = "test") -> np.ndarray:
        """Predicted labels: int64 (n,), or float32 (n,) where the task asks for a number."""
        outputs = self.outputs[split]
        return outputs[:, 0] if self.task.is_regression else outputs.argmax(axis=1)

    def correct(self, split: str = "test") -> np.ndarray:
        """Which predictions are right, bool (n,). Raises ValueError where the task asks for a number."""
        if self.task.is_regression:
            raise ValueError(
                f"{self.task.name!r} asks for a number, which is never just right: use score()"
            )
        return self.predicted(split) == getattr(self.task, split).labels

    def score(self, split: str = "test") -> evaluate.Interval:
        """Accuracy with its 95 % interval (Wilson), or the mean absolute error."""
        measure = (
            evaluate.mean_absolute_error
            if self.task.is_regression
            else evaluate.accuracy
        )
        return measure(getattr(self.task, split).labels, self.predicted(split))


def from_scratch(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """Traditional learning: the same layers with random weights, all trained on the target task alone.

    Args:
        backbone: gives the layout only.
        task: the target task.
        seed: of weights and shuffling.
        **changes: fields of ``Settings`` to set differently from ``SCRATCH``.
    """
    return _train(
        "scratch",
        backbone.random(seed),
        task,
        "image",
        replace(SCRATCH, **changes),
        seed,
        standardise=False,
    )


def linear_probe(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """All shared layers frozen; only a linear head is trained, on activations that are computed once.

    Source: Alain & Bengio 2016, https://arxiv.org/abs/1610.01644. Arguments as in ``from_scratch``.
    """
    batch = (
        PROBE.batch if len(task.train) < MANY else 2 * PROBE.batch
    )  # as accurate, in two thirds of the time
    return _train(
        "probe",
        backbone,
        task,
        "features",
        replace(PROBE, **{"batch": batch, **changes}),
        seed,
    )


def fine_tune(
    backbone: Backbone,
    task: Task,
    *,
    head: Head | None = None,
    unfreeze: str = "block5",
    seed: int = 0,
    **changes,
) -> Run:
    """Train the head and the blocks from `unfreeze` upwards; the blocks below stay frozen and run once.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        head: where the head starts, for example a probe's; None: random.
        unfreeze: the lowest block to train, "block1" … "block5", or "all".
        seed: of a random head and of shuffling.
        **changes: fields of ``Settings`` to set differently from ``TUNE``. Without "batch" and "rate", both are
            doubled, and "steps" halved, where 2,000 images or more are fine-tuned above a cut: as accurate, in less
            time (docs/performance.md).

    Raises:
        ValueError: no such block.
    """
    if (
        not {"batch", "rate"} & changes.keys()
    ):  # steps grow with the batch: Goyal et al. 2017, arXiv:1706.02677
        twice = speed.batch(len(task.train), unfreeze) // TUNE.batch
        changes = {
            "batch": TUNE.batch * twice,
            "rate": TUNE.rate * twice,
            "steps": TUNE.steps // twice,
            **changes,
        }
    return _train(
        "fine_tune",
        backbone,
        task,
        cut_below(unfreeze),
        replace(TUNE, **changes),
        seed,
        head=head,
    )


def lp_ft(
    backbone: Backbone,
    task: Task,
    *,
    unfreeze: str = "all",
    budget: str | float | None = None,
    seed: int = 0,
    **changes,
) -> Run:
    """Linear probe, then fine-tuning that starts from the probe's head. Other arguments as in ``fine_tune``.

    Source: Kumar et al. 2022, https://arxiv.org/abs/2202.10054.

    Args:
        budget: "90 s", "2 min", "1 h" or seconds for all of it, from the call to its return. How many images, which
            blocks and how many epochs then follow from this machine's measured speed, and it says what it chose;
            if nothing is left for fine-tuning, the run is the probe's.

    Raises:
        ValueError: the budget is no time, or too short for a probe.
    """
    kept = {name: changes[name] for name in ("precision",) if name in changes}
    if budget is not None:
        clock = speed.Budget(
            budget, backbone, task.image_shape, changes.get("precision", "float32")
        )
        task = replace(task, train=clock.some(task, seed))
    probe = linear_probe(backbone, task, seed=seed, **kept)
    if budget is not None:
        plan = clock.plan(task)
        print(
            f"{clock.seconds:.0f} s: {len(task.train):,} images, {speed.in_words(plan)}"
        )
        if not plan:
            return probe
        unfreeze, changes = plan.pop("unfreeze"), {**changes, **plan}
    run = fine_tune(
        backbone, task, head=probe.head, unfreeze=unfreeze, seed=seed, **changes
    )
    peak = max(run.peak_memory_mb, probe.peak_memory_mb)
    return replace(
        run, recipe="lp_ft", seconds=run.seconds + probe.seconds, peak_memory_mb=peak
    )


def article(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """The article's program, faithfully: pixels scaled by 1/255, flatten, a new dense layer, every layer
    trained by Adam at 1e-4 for 10 "epochs" of 100 batches of 32, no validation, the last state kept.

    Arguments as in ``from_scratch``.
    """
    spoilt = replace(backbone, preprocessing="1/255")
    return _train(
        "article",
        spoilt,
        task,
        "image",
        replace(ARTICLE, **changes),
        seed,
        standardise=False,
        flatten=True,
    )


RECIPES = {
    "scratch": from_scratch,
    "probe": linear_probe,
    "fine_tune": fine_tune,
    "lp_ft": lp_ft,
    "article": article,
}


def _train(
    recipe,
    backbone,
    task,
    cut,
    settings,
    seed,
    *,
    head=None,
    standardise=True,
    flatten=False,
) -> Run:
    gc.collect()  # Keras leaves an earlier training's model and optimizer in cycles: 177 MB for VGG16
    keras.utils.set_random_seed(seed)
    mirror = task.mirror if settings.mirror is None else settings.mirror
    settings = replace(settings, mirror=bool(mirror and cut == "image"))
    with speed.Watch() as watch:
        shared = backbone.build(task.image_shape, settings.precision)
        if head is None:
            head = new_head(
                backbone,
                shared,
                task,
                settings,
                seed,
                standardise,
                zero=cut == "features",
            )
        model = _with_head(shared, head, task, flatten)
        below, above = at_cut(model, cut), above_cut(model, cut)
        whole = keras.Model(
            model.input, model.output
        )  # the same layers: the optimizer goes with it when all is done
        below.trainable = False

        def feed(
            split: Split,
        ):  # activations for the part above the cut, or images for the whole
            if cut == "image":
                return split.images, whole
            try:
                return activations(
                    backbone,
                    split.images,
                    cut,
                    precision=settings.precision,
                    model=model,
                ), above
            except CacheLimit as reason:
                print(f"{reason}: running the frozen layers in every epoch instead")
                return split.images, whole

        inputs, trained = feed(task.train)
        held_out = (
            task.validation.images if trained is whole else feed(task.validation)[0]
        )
        frozen, thawed = (
            [fingerprint(w.numpy()) for w in part]
            for part in (below.weights, above.trainable_variables)
        )
        history = _fit(trained, inputs, held_out, task, settings, seed, recipe)
    _check_moves(recipe, below.weights, above.trainable_variables, frozen, thawed)
    outputs = {}
    for name, split in task.splits().items():
        seen, network = feed(split)
        outputs[name] = predict(network, seen)
    decided = {
        **vars(settings),
        "cut": cut,
        "cached": trained is above,
        "epochs": len(history["loss"]),
    }
    kept = (
        None
        if flatten
        else Head(head.mean, head.variance, *model.get_layer("logits").get_weights())
    )
    count = int(sum(np.prod(w.shape) for w in above.trainable_variables))
    return Run(
        recipe,
        task,
        backbone,
        model,
        kept,
        history,
        watch.seconds,
        watch.peak_mb,
        count,
        seed,
        decided,
        outputs,
    )


def new_head(backbone, shared, task, settings, seed, standardise, zero) -> Head:
    """Where a head starts: zeros or a random kernel (``seed``), over features standardised as the training split's.

    Of a larger split, 10,000 images decide the mean and variance.
    """
    outputs = 1 if task.is_regression else len(task.classes)
    shape = (backbone.channels, outputs)
    mean, variance = np.zeros(shape[0], "float32"), np.ones(shape[0], "float32")
    if standardise:
        known = activations(
            backbone,
            task.train.images,
            "features",
            precision=settings.precision,
            model=shared,
        )
        some = np.random.default_rng(seed).permutation(len(known))[
            :10_000
        ]  # of 60,000 images all would take 120 MB
        known = known[np.sort(some)].astype("float32")
        mean, variance = known.mean(axis=0), known.var(axis=0)
        variance += (
            0.01 * variance.mean() + 1e-12
        )  # a feature silent in training must not explode in the test
    start = (
        np.zeros(shape)
        if zero
        else np.random.default_rng(seed).normal(0, shape[0] ** -0.5, shape)
    )
    return Head(mean, variance, start.astype("float32"), np.zeros(outputs, "float32"))


def _with_head(shared, head: Head, task: Task, flatten: bool):
    x = shared.output
    if flatten:  # the article's head, on the last block's output
        x = keras.layers.Flatten(name="flatten")(shared.get_layer("block5_pool").output)
    else:
        x = keras.layers.Normalization(
            mean=head.mean, variance=head.variance, name="standardise", dtype="float32"
        )(x)
    logits = keras.layers.Dense(len(head.bias), name="logits", dtype="float32")
    x = logits(x)
    if not flatten:
        logits.set_weights([head.kernel, head.bias])
    if task.is_regression:  # the head works in standard units, the task in its own
        known = np.asarray(task.train.labels)
        x = keras.layers.Rescaling(
            float(known.std()) or 1.0,
            float(known.mean()),
            name="units",
            dtype="float32",
        )(x)
    return keras.Model(shared.input, x, name="model")


def _fit(
    network, inputs, held_out, task: Task, settings: Settings, seed: int, name: str
) -> dict[str, list[float]]:
    train = _Batches(inputs, task.train.labels, settings, seed)
    epochs = max(settings.min_epochs, -(-settings.steps // train.steps))
    rate, total = settings.rate, epochs * train.steps
    if settings.schedule:
        warmup = max(1, total // 10)
        rate = keras.optimizers.schedules.CosineDecay(
            rate / 10, total - warmup, warmup_target=rate, warmup_steps=warmup
        )
    if task.is_regression:
        loss, metric = (
            keras.losses.MeanSquaredError(),
            keras.metrics.MeanAbsoluteError("mae"),
        )
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        metric = keras.metrics.SparseCategoricalAccuracy("accuracy")

    def score():  # after each epoch, in the way of the final predictions: Keras's `evaluate` opens its data anew
        labels, outputs = np.asarray(task.validation.labels), predict(network, held_out)
        each = (
            np.abs(labels - outputs[:, 0])
            if task.is_regression
            else labels == outputs.argmax(axis=1)
        )
        return {
            f"val_{metric.name}": float(each.mean()),
            "val_loss": float(loss(labels, outputs)),
        }

    adam = _AdamByDepth(
        settings.shrink, learning_rate=rate, clipnorm=1.0 if settings.schedule else None
    )
    if (
        settings.precision == "float16"
    ):  # small gradients would become 0: the loss is scaled up, and they down again
        adam = keras.optimizers.LossScaleOptimizer(adam)
    # a step on features is shorter than Python's part in it: there, an epoch is one call
    network.compile(
        adam,
        loss,
        metrics=[metric],
        steps_per_execution=train.steps if np.ndim(inputs) == 2 else 1,
    )
    adam.build(
        network.trainable_variables
    )  # before the first step: else Keras traces the step twice
    with bar(total, f"{name} on {task.name}", "step") as progress:
        keeper = _KeepBest(settings, progress, score)
        try:
            network.fit(fast.stream(train), steps_per_epoch=train.steps, epochs=epochs, shuffle=False,
                        callbacks=[keeper], verbose=0)  # fmt: skip
        except KeyboardInterrupt:
            if not keeper.rows:
                raise  # nothing was learnt yet
            print(
                f"stopped by you after {len(keeper.rows)} of {epochs} epochs: keeping the best of them"
            )
    if settings.keep_best:
        network.set_weights(keeper.weights)
    return {key: [row[key] for row in keeper.rows] for key in keeper.rows[0]}


class _AdamByDepth(fast.Adam):
    """Adam whose steps shrink by a factor from each block to the one below it; block 5 and the head take full ones."""

    def __init__(self, shrink: float, **settings):
        super().__init__(name="adam", **settings)
        self.shrink = shrink

    def build(self, variables):
        super().build(variables)
        blocks, names = list(BLOCKS), [variable.path[:6] for variable in variables]
        self.factors = [
            self.shrink ** (4 - blocks.index(name)) if name in blocks else 1.0
            for name in names
        ]

    def update_step(self, gradient, variable, learning_rate):
        factor = self.factors[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * factor)


class _Batches(keras.utils.PyDataset):
    """Batches of one size from a (memory-mapped) array, newly shuffled in every pass."""

    num_batches = None  # there is always a next one: opening the data anew costs Keras more than a probe's epoch

    def __init__(self, inputs, labels, settings: Settings, seed: int):
        super().__init__()
        self.inputs, self.labels, self.seed = inputs, np.asarray(labels), seed
        self.batch, self.mirror = min(settings.batch, len(inputs)), settings.mirror
        self.steps = settings.epoch_steps or -(-len(inputs) // self.batch)

    def __getitem__(self, t):
        epoch, i = divmod(
            t + self.steps, self.steps
        )  # from 1: so every stored result repeats, which began there
        # step t takes the next rows of an endless row of shuffles, so every batch is full
        first, start = divmod((epoch * self.steps + i) * self.batch, len(self.inputs))
        rows = np.concatenate([self._shuffle(first), self._shuffle(first + 1)])[
            start : start + self.batch
        ]
        x = self.inputs[rows]  # as they are stored: the network makes float32 of them
        if self.mirror:
            chosen = np.random.default_rng((self.seed, i, epoch)).random(len(x)) < 0.5
            x = np.where(chosen[:, None, None, None], x[:, :, ::-1], x)
        return x, self.labels[rows]

    @lru_cache(maxsize=2)
    def _shuffle(self, k):
        return np.random.default_rng((self.seed, k)).permutation(len(self.inputs))


class _KeepBest(keras.callbacks.Callback):
    """Remembers the weights of the best epoch: by validation accuracy, then by validation loss."""

    def __init__(self, settings: Settings, progress, score):
        super().__init__()
        self.settings, self.progress, self.score = settings, progress, score
        self.rows: list[dict[str, float]] = []
        self.best, self.weights, self.waited = None, None, 0

    def on_train_batch_end(self, batch, logs=None):
        self.progress.update(self.model.steps_per_execution)

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()
        self.first = self.began if epoch == 0 else self.first

    def on_epoch_end(self, epoch, logs=None):
        logs |= self.score()
        score = (logs.get("val_accuracy", 0.0), -logs["val_loss"])
        self.waited += 1
        if self.best is None or score > self.best:
            self.best, self.waited = score, 0
            self.weights = self.model.get_weights() if self.settings.keep_best else None
        self.rows.append(
            {key: float(value) for key, value in logs.items()}
        )  # last, so that a row means a kept state
        if self.settings.keep_best and self.waited >= self.settings.patience:
            self.model.stop_training = True
        now = time.perf_counter()
        if (
            self.settings.seconds is not None
            and 2 * now - self.began - self.first > self.settings.seconds
        ):
            self.model.stop_training = True  # the next epoch would end too late


def _check_moves(recipe, below, above, frozen, thawed) -> None:
    """What the textbook promises, checked after every training: frozen is frozen, thawed has moved."""
    for old, now in zip(frozen, below, strict=True):
        assert old == fingerprint(now.numpy()), f"{recipe}: a frozen layer moved"
    for old, now in zip(thawed, above, strict=True):
        moved = len(now.shape) < 2 or old != fingerprint(
            now.numpy()
        )  # a bias may stay where it is
        assert moved, f"{recipe}: {now.path} should have been trained and did not move"
