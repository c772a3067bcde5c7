"""Training: a network is cut in two, frozen below the cut and trained above it.

The activations at the cut are computed once, because frozen layers give the same ones
in every epoch. Keras trains what lies above: compile, callbacks, fit. The validation
split decides when to stop and which epoch is kept. The test split is looked at once, at
the end.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, islice
from typing import NamedTuple

import numpy as np

from . import evaluate
from .backbone import Backbone, above_cut, at_cut, network_of
from .features import CacheLimit, activations, predict
from .machine import fast
from .machine.bar import bar
from .machine.log import log
from .machine.memory import leaving_nothing, unmap_pages
from .machine.quiet import keras
from .machine.watch import Watch
from .tasks import Rows, Split, Task, fingerprint
from .unfinished import Unfinished, place

STANDARDISED_ON = 10_000  # images that decide a feature's mean and variance
PLATEAU = (0.95, 1.1)  # times the loss of guessing: in between nothing is learnt yet
STATISTICS = ("moving_mean", "moving_variance")  # batch normalisation counts them


class Head(NamedTuple):
    """The task-specific layers: features are standardised, then mapped linearly.

    Shapes: mean and variance float32 (features,), kernel (features, outputs), bias
    (outputs,).
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
        steps: gradient steps to plan for; at least `min_epochs` passes are made.
        min_epochs: smallest number of passes, for a large training split.
        batch: images in one step.
        patience: epochs without a better validation score before training stops. It
            never stops on the plateau at the start, where nothing is learnt yet.
        schedule: warm-up over the first tenth of the steps, then cosine decay to 0;
            False: a constant rate.
        epoch_steps: steps in an "epoch"; None: one pass over the training split.
        keep_best: end with the epoch that scored best on validation; False: the last.
        mirror: mirror each image with probability 0.5; None: if the task allows it.
        precision: "float32", "bfloat16" or "float16" for the convolutions.
        shrink: factor on the step size from each block to the one below it; 1: one step
            size for all.
        pull: weight of a penalty on how far pretrained weights move, as half their
            squared distance from the start (L2-SP); 0: none. Adam gets the penalty's
            gradient; the loss in the history is without it.
        seconds: time limit, counted from the start of the first epoch. An epoch starts
            only if it should end within the limit. None: no limit.
        until: the limit as a value of ``time.perf_counter()``; None: no limit.
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
    pull: float = 0.0
    seconds: float | None = None
    until: float | None = None


@dataclass(eq=False)
class Run:
    """What a recipe did and what came of it.

    Attributes:
        recipe: name of the recipe.
        task: the target task.
        backbone: the layers that it started from.
        model: a plain keras.Model, images (n, h, w, 3) uint8 or float32, RGB 0-255 ->
            logits (n, classes), or (n, 1) in the task's units.
        head: the trained task-specific layers; None if the recipe uses a different
            head.
        history: loss, val_loss and accuracy, val_accuracy (or mae, val_mae) by epoch.
        seconds: to train the model, with activations and tracing, without the
            predictions on the test split; with those of an earlier run that was
            stopped and went on here.
        peak_memory_mb: largest resident memory of the process while training, in MB
            (10^6 bytes).
        trained_parameters: how many numbers were trained.
        seed: of shuffling and of the initial weights.
        settings: the Settings as a dictionary, with `cut` and what else was decided.
        outputs: split name -> float32 (n, classes) logits, or (n, 1).
        notes: sentences on what was planned, stopped or could not be done.
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
    notes: tuple[str, ...] = ()

    def predicted(self, split: str = "test") -> np.ndarray:
        """Predicted labels: int64 (n,), or float32 (n,) for a number."""
        outputs = self.outputs[split]
        return outputs[:, 0] if self.task.is_regression else outputs.argmax(axis=1)

    def correct(self, split: str = "test") -> np.ndarray:
        """Which predictions are right, bool (n,).

        Raises:
            ValueError: the task asks for a number, which is never exactly right.
        """
        if self.task.is_regression:
            raise ValueError(
                f"{self.task.name!r} asks for a number, which is never exactly right: "
                "use score()"
            )
        return self.predicted(split) == self.task.splits()[split].labels

    def marks(self, split: str = "test") -> np.ndarray:
        """Which answers are right, bool (n,); for numbers: absolute errors, float."""
        if self.task.is_regression:
            return np.abs(self.predicted(split) - self.task.splits()[split].labels)
        return self.correct(split)

    def score(self, split: str = "test") -> evaluate.Interval:
        """Accuracy with its 95 % interval (Wilson), or the mean absolute error."""
        labels, predicted = self.task.splits()[split].labels, self.predicted(split)
        if self.task.is_regression:
            return evaluate.mean_absolute_error(labels, predicted)
        return evaluate.accuracy(labels, predicted)


class Targets(NamedTuple):
    """What the training split teaches, and how it is scored.

    Attributes:
        labels: (n, …) for the n training images.
        loss: of a batch of labels and the model's outputs.
        metric: named "accuracy", or "mae" for a number.
    """

    labels: np.ndarray
    loss: keras.losses.Loss
    metric: keras.metrics.Metric


def own_labels(task: Task) -> Targets:
    """The task's own training labels, with cross-entropy or the mean squared error."""
    labels = np.asarray(task.train.labels)
    if task.is_regression:
        loss = keras.losses.MeanSquaredError()
        return Targets(labels, loss, keras.metrics.MeanAbsoluteError("mae"))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Targets(labels, loss, keras.metrics.SparseCategoricalAccuracy("accuracy"))


def every(variable) -> bool:
    """Train every variable above the cut."""
    return True


@leaving_nothing()
def train(
    recipe: str,
    backbone: Backbone,
    task: Task,
    cut: str,
    settings: Settings,
    *,
    seed: int = 0,
    head: Head | None = None,
    standardise: bool = True,
    flatten: bool = False,
    chosen: Callable[[keras.Variable], bool] = every,
    adapt: Callable[[keras.Model], keras.Model] | None = None,
    targets: Targets | None = None,
) -> Run:
    """Train the layers above a cut, and check that the other weights did not change.

    Args:
        recipe: its name, for bars, messages and the Run.
        backbone: the shared layers.
        task: the target task.
        cut: layers below it are frozen: "image", a block's name or "features".
        settings: how.
        seed: of a random head and of shuffling.
        head: initial head; None: zeros if only the head is trained, else random.
        standardise: whether a new head standardises its features.
        flatten: the article's head, without standardisation, on the flattened last
            block.
        chosen: which variables above the cut are trained.
        adapt: changes the model, head included, before training; it may freeze layers
            and add others, and gives back the model to train.
        targets: what the training split teaches; None: its labels.
    """
    keras.utils.set_random_seed(seed)
    mirror = task.mirror if settings.mirror is None else settings.mirror
    settings = replace(settings, mirror=bool(mirror and cut == "image"))
    with Watch() as watch:
        shared = backbone.build(task.image_shape, settings.precision)
        head = head or new_head(
            backbone,
            shared,
            task,
            start="zeros" if cut == "features" else "random",
            standardise=standardise,
            precision=settings.precision,
            seed=seed,
        )
        model = with_head(shared, head, task, flatten)
        if adapt:
            model = adapt(model)
        halves = _Halves(model, cut, chosen, backbone, settings.precision)
        with fast.convolutions(model):
            inputs, network = halves.feed(task.train)
            held_out, _ = halves.feed(task.validation, like=network)
            history, notes, earlier = fit(
                network,
                inputs,
                held_out,
                task,
                settings,
                seed=seed,
                name=f"{recipe} on {task.name}",
                depths=depths(model),
                targets=targets,
            )
    halves.check(recipe)
    decided = {
        **vars(settings),
        "cut": cut,
        "cached": network is halves.above,
        "epochs": len(history["loss"]),
    }
    del decided["until"]  # a reading of this process's clock
    return Run(
        recipe=recipe,
        task=task,
        backbone=backbone,
        model=model,
        head=None if flatten else head_of(model, head),
        history=history,
        seconds=watch.seconds + earlier,
        peak_memory_mb=watch.peak_mb,
        trained_parameters=halves.trained_parameters,
        seed=seed,
        settings=decided,
        outputs=halves.outputs(task),
        notes=(*halves.notes, *notes),
    )


def new_head(
    backbone: Backbone,
    shared: keras.Model,
    task: Task,
    *,
    start: str,
    standardise: bool = True,
    precision: str = "float32",
    seed: int = 0,
) -> Head:
    """A head with its initial weights.

    Args:
        backbone: gives the features.
        shared: a built model of the backbone.
        task: decides the number of outputs. Mean and variance are computed on its
            training split (on 10,000 images if there are more).
        start: of the kernel, "zeros" or "random".
        standardise: False: features are taken as they are.
        precision: of the features.
        seed: of a random kernel.
    """
    outputs = 1 if task.is_regression else len(task.classes)
    shape = (backbone.channels, outputs)
    mean, variance = np.zeros(shape[0], "float32"), np.ones(shape[0], "float32")
    if standardise:
        known = activations(
            backbone, task.train.images, "features", precision=precision, model=shared
        )
        some = np.random.default_rng(seed).permutation(len(known))[:STANDARDISED_ON]
        known = known[np.sort(some)].astype("float32")
        mean, variance = known.mean(axis=0), known.var(axis=0)
        # a feature that is silent in training must not explode in the test
        variance += 0.01 * variance.mean() + 1e-12
    if start == "zeros":
        kernel = np.zeros(shape, "float32")
    else:
        kernel = np.random.default_rng(seed).normal(0, shape[0] ** -0.5, shape)
    return Head(mean, variance, kernel.astype("float32"), np.zeros(outputs, "float32"))


def with_head(
    shared: keras.Model, head: Head, task: Task, flatten: bool = False
) -> keras.Model:
    """The shared layers with a head on top: images -> logits, or a number in its units.

    Args:
        shared: a built backbone; the new model shares its layers.
        head: the initial task-specific layers.
        task: its labels give the units of a number.
        flatten: the article's head, on the flattened output of the last block.
    """
    logits = keras.layers.Dense(len(head.bias), name="logits", dtype="float32")
    if flatten:
        last = list(network_of(shared).blocks.values())[-1]
        flat = keras.layers.Flatten(name="flatten")(shared.get_layer(last).output)
        x = logits(flat)
    else:
        standardise = keras.layers.Normalization(
            mean=head.mean, variance=head.variance, name="standardise", dtype="float32"
        )
        x = logits(standardise(shared.output))
        logits.set_weights([head.kernel, head.bias])
    if task.is_regression:  # the head works in standard units, the task in its own
        known = np.asarray(task.train.labels)
        units = keras.layers.Rescaling(
            float(known.std()) or 1.0,
            float(known.mean()),
            name="units",
            dtype="float32",
        )
        x = units(x)
    return keras.Model(shared.input, x, name="model")


def head_of(model: keras.Model, head: Head) -> Head:
    """The head as it is in a model now; `head` gives the mean and variance."""
    return Head(head.mean, head.variance, *model.get_layer("logits").get_weights())


def _fingerprint(variable: keras.Variable) -> str:
    """A hash of a variable's numbers; EfficientNet's layers have a single one, too."""
    return fingerprint(np.atleast_1d(variable.numpy()))


class AsInUse(keras.layers.Layer):
    """Frozen layers, which compute in training what they compute in use.

    ``model(x, training=False)`` in a functional model does not do that: Keras replaces
    its False by what the outer model is called with.

    Args:
        model: activations -> activations.
    """

    def __init__(self, model: keras.Model, **settings):
        super().__init__(**settings)
        self.model = model

    def call(self, x):
        return self.model(x, training=False)

    def compute_output_shape(self, shape):
        return self.model.compute_output_shape(shape)


class _Halves:
    """A model cut in two: `below` is frozen, the chosen variables of `above` are
    trained.

    Attributes:
        above: what is trained: activations -> logits.
        whole: the same layers from the images on, for the cut "image", or where the
            cache has no room for the activations.
        trained_parameters: how many numbers are trained.
        notes: what could not be done, as sentences.
    """

    def __init__(
        self,
        model: keras.Model,
        cut: str,
        chosen: Callable[[keras.Variable], bool],
        backbone: Backbone,
        precision: str,
    ):
        self.cut, self.backbone, self.precision = cut, backbone, precision
        self.model = model
        self.below, self.above = at_cut(model, cut), above_cut(model, cut)
        # a model of its own: the optimizer goes with it when training is done
        self.whole = keras.Model(model.input, model.output)
        if cut != "image":
            # as in the cache: frozen layers never drop out, nor normalise by batches
            x = AsInUse(self.below, name="below")(model.input)
            self.whole = keras.Model(model.input, self.above(x))
        self.below.trainable = False
        trainable = self.above.trainable_variables
        for variable in trainable:
            variable.trainable = chosen(variable)
        self.thawed = self.above.trainable_variables
        moving = {variable.path for variable in self.thawed}
        left_out = [
            variable
            for variable in self.above.weights
            if variable.path not in moving and variable.name not in STATISTICS
        ]
        self.frozen = self.below.weights + left_out
        self.trained_parameters = int(sum(np.prod(v.shape) for v in self.thawed))
        self.notes: list[str] = []
        self._before = {v.path: _fingerprint(v) for v in self.frozen + self.thawed}

    def feed(
        self, split: Split, like: keras.Model | None = None
    ) -> tuple[np.ndarray | Rows, keras.Model]:
        """The inputs of a split, and the network that takes them.

        Usually these are cached activations and ``above``. If the cut is "image", or
        the cache has no room, they are the images and ``whole``.

        Args:
            split: images.
            like: ``above`` or ``whole``, where this one has to be used: validation
                needs the network that is trained. None: either.
        """
        if self.cut == "image" or like is self.whole:
            return split.images, self.whole
        try:
            inputs = activations(
                self.backbone,
                split.images,
                self.cut,
                precision=self.precision,
                model=self.model,
            )
        except CacheLimit as reason:
            if like is self.above:  # compute them again, and keep them in memory
                return predict(self.below, split.images), self.above
            note = f"{reason}: the frozen layers run in every epoch instead"
            if note not in self.notes:
                self.notes.append(note)
                log.warning(note)
            return split.images, self.whole
        return inputs, self.above

    def outputs(self, task: Task) -> dict[str, np.ndarray]:
        """Split name -> what the model gives for it, float32 (n, classes) or (n, 1)."""
        found = {}
        with fast.convolutions(self.model):
            for name, split in task.splits().items():
                inputs, network = self.feed(split)
                found[name] = predict(network, inputs)
        return found

    def check(self, recipe: str) -> None:
        """What the textbook promises: frozen weights stayed, thawed ones moved."""
        for variable in self.frozen:
            same = self._before[variable.path] == _fingerprint(variable)
            assert same, f"{recipe}: {variable.path} is frozen but changed"
        for variable in self.thawed:
            if len(variable.shape) < 2 or variable.name == "lora_kernel_a":
                # A bias may stay where it is. LoRA's first factor has no gradient
                # before the second one has left zero.
                continue
            same = self._before[variable.path] == _fingerprint(variable)
            assert not same, (
                f"{recipe}: {variable.path} should have been trained and did not change"
            )


def fit(
    network: keras.Model,
    inputs,
    held_out,
    task: Task,
    settings: Settings,
    *,
    seed: int,
    name: str,
    depths: dict[str, int],
    targets: Targets | None = None,
) -> tuple[dict[str, list[float]], list[str], float]:
    """Train a network by Keras's own means: compile, callbacks, fit.

    Args:
        network: what is trained; its non-trainable variables do not change.
        inputs: of the training split, (n, …), in the order of its labels.
        held_out: of the validation split, likewise.
        task: gives the labels.
        settings: how.
        seed: of shuffling and mirroring.
        name: what the progress bar says.
        depths: layer -> how many blocks lie above it (for `settings.shrink`).
        targets: what the training split teaches; None: the task's own labels.

    Returns:
        score by epoch, sentences on what happened, and seconds that an earlier run had
        trained before this one went on.
    """
    rows, steps = len(inputs), settings.epoch_steps
    steps = steps or -(-rows // min(settings.batch, rows))
    epochs = max(settings.min_epochs, -(-settings.steps // steps))
    # on cached features, Python's overhead exceeds the step: an epoch in one call
    at_once = steps if np.ndim(inputs) == 2 else 1
    known = own_labels(task)
    taught = targets or known
    _compile(network, taught, settings, epochs * steps, at_once, depths)

    guess = guessing(task) if taught is known else None
    best = KeepBest(settings.patience if settings.keep_best else None, guess)
    limit = TimeLimit(settings.seconds, settings.until)
    path = None
    if _can_go_on(settings):
        path = place(network, inputs, taught.labels, vars(settings), seed, name)
    unfinished = Unfinished(path, best)
    done = unfinished.restore(network)  # epochs
    notes = [unfinished.in_words()] if done else []
    with bar(epochs * steps, name, "step") as progress:
        progress.update(done * steps)
        try:
            if not unfinished.is_finished:
                network.fit(
                    fast.stream(batches(inputs, taught.labels, settings, seed, done)),
                    steps_per_epoch=steps,
                    initial_epoch=done,
                    epochs=epochs,
                    shuffle=False,
                    callbacks=[
                        Validate(held_out, task, known.loss),
                        best,
                        limit,
                        Bar(progress),
                        unfinished,
                    ],
                    verbose=0,
                )
            unfinished.finish()
        except KeyboardInterrupt:
            if not best.rows:
                raise  # nothing was learnt yet
            notes.append(_stopped(len(best.rows), epochs, unfinished.is_saved))
    for note in notes:
        log.warning(note)
    best.restore(network)
    history = {key: [row[key] for row in best.rows] for key in best.rows[0]}
    return history, notes, unfinished.spent


def _can_go_on(settings: Settings) -> bool:
    """Whether a training that is stopped can go on later from a saved state.

    Not with a time limit, nor where several processes would write one file.
    """
    has_limit = settings.seconds is not None or settings.until is not None
    return not has_limit and keras.distribution.distribution() is None


def _stopped(done: int, epochs: int, is_saved: bool) -> str:
    """What Ctrl-C leaves, in a sentence or two."""
    note = f"stopped by you after {done} of {epochs} epochs: the best of them is kept"
    if is_saved:
        note += ". The same training, started again, goes on from here"
    return note


def _compile(
    network: keras.Model,
    taught: Targets,
    settings: Settings,
    total: int,
    at_once: int,
    depths: dict[str, int],
) -> None:
    """Compile a network with loss, score and optimizer.

    Args:
        network: what will be trained.
        taught: gives loss and score.
        settings: how it will be trained.
        total: steps of the whole training.
        at_once: steps in one call.
        depths: layer -> how many blocks lie above it.
    """
    adam = AdamByDepth(
        settings.shrink,
        depths,
        settings.pull,
        learning_rate=_rate(settings, total),
        clipnorm=1.0 if settings.schedule else None,
    )
    if settings.precision == "float16":  # else small gradients would become 0
        adam = keras.optimizers.LossScaleOptimizer(adam)
    network.compile(
        adam, taught.loss, metrics=[taught.metric], steps_per_execution=at_once
    )
    adam.build(network.trainable_variables)  # else Keras traces the first step twice


def _rate(settings: Settings, total: int):
    """A constant step size, or warm-up and cosine decay (Loshchilov & Hutter 2017)."""
    if not settings.schedule:
        return settings.rate
    warmup = max(1, total // 10)
    return keras.optimizers.schedules.CosineDecay(
        settings.rate / 10,
        max(1, total - warmup),
        warmup_target=settings.rate,
        warmup_steps=warmup,
    )


def batches(
    inputs, labels, settings: Settings, seed: int, done: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches of one size without end, newly shuffled in every pass.

    Args:
        inputs: a (memory-mapped) array (n, …), of which only a batch is read at a time.
        labels: (n,).
        settings: only `batch`, `mirror` and `epoch_steps` are used.
        seed: of shuffling and mirroring.
        done: epochs that are left out.

    Yields:
        (inputs (batch, …), labels (batch,)). Pictures are uint8, as they are stored.
        Features that are stored in half precision are float32: on a processor that
        cannot compute with float16, TensorFlow prints an error line about it.
    """
    labels = np.asarray(labels)
    batch = min(settings.batch, len(inputs))
    steps = settings.epoch_steps or -(-len(inputs) // batch)
    # Shuffles follow one another in an endless row, so every batch is full. The first
    # epoch is number 1 and starts that far into the row: stored results began there.
    begin = (done + 1) * steps * batch
    rows = islice(_shuffles(len(inputs), seed), begin, None)
    for epoch in count(done + 1):
        for step in range(steps):
            taken = np.fromiter(islice(rows, batch), int, batch)
            x = inputs[taken]
            unmap_pages(inputs)
            if x.dtype == np.float16:
                x = x.astype("float32")
            if settings.mirror:
                chosen = np.random.default_rng((seed, step, epoch)).random(batch) < 0.5
                x = np.where(chosen[:, None, None, None], x[:, :, ::-1], x)
            yield x, labels[taken]


def _shuffles(n: int, seed: int) -> Iterator[int]:
    """The numbers 0 … n − 1 in one random order after another."""
    for number in count():
        yield from np.random.default_rng((seed, number)).permutation(n)


class Validate(keras.callbacks.Callback):
    """Adds the validation score to each epoch's log, computed with ``predict``.

    Keras's own ``validation_data`` opens its data again in every epoch, which takes
    longer than an epoch of a linear probe.
    """

    def __init__(self, held_out, task: Task, loss):
        super().__init__()
        self.held_out, self.task, self.loss = held_out, task, loss

    def on_epoch_end(self, epoch, logs=None):
        labels = np.asarray(self.task.validation.labels)
        outputs = predict(self.model, self.held_out)
        if self.task.is_regression:
            logs["val_mae"] = float(np.abs(labels - outputs[:, 0]).mean())
        else:
            logs["val_accuracy"] = float((labels == outputs.argmax(axis=1)).mean())
        logs["val_loss"] = float(self.loss(labels, outputs))


def guessing(task: Task) -> float:
    """The training loss of the best answer that looks at no picture: the entropy of the
    training labels in nats, or the variance of the numbers.
    """
    labels = np.asarray(task.train.labels)
    if task.is_regression:
        return float(labels.var())
    shares = np.bincount(labels) / len(labels)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


class KeepBest(keras.callbacks.Callback):
    """Keeps the weights of the best epoch: by validation accuracy, then by loss.

    Deep networks with random weights often begin on a plateau: the training loss stays
    near that of guessing for many epochs, while the validation score only wanders. The
    best of these scores is luck, and patience that counts from there would end the
    training before it begins. So patience that ends on the plateau starts again.

    Args:
        patience: epochs without a better one before training stops; None: never stop,
            and end with the last epoch.
        guess: training loss of guessing, see ``guessing``; None: it is not known, and
            no epoch counts as on the plateau.
    """

    def __init__(self, patience: int | None, guess: float | None = None):
        super().__init__()
        self.patience, self.guess = patience, guess
        self.rows: list[dict[str, float]] = []  # what each epoch's log said
        self.best = (-np.inf, -np.inf)
        self.weights = None
        self.waited = 0

    def on_epoch_end(self, epoch, logs=None):
        score = (logs.get("val_accuracy", 0.0), -logs["val_loss"])
        self.waited += 1
        if score > self.best:
            self.best, self.waited = score, 0
            if self.patience is not None:
                self.weights = self.model.get_weights()
        # last, so that a row means a kept state
        self.rows.append({key: float(value) for key, value in logs.items()})
        if self.patience is None or self.waited < self.patience:
            return
        if self.is_on_plateau():
            self.waited = 0
        else:
            self.model.stop_training = True

    def is_on_plateau(self) -> bool:
        """Whether the training loss has not yet left that of guessing.

        A loss far above it is no plateau: the steps are too large.
        """
        if self.guess is None:
            return False
        losses = [row["loss"] for row in self.rows]
        low, high = (share * self.guess for share in PLATEAU)
        return min(losses) > low and losses[-1] < high

    def restore(self, network: keras.Model) -> None:
        """Put the best epoch's weights back."""
        if self.weights is not None:
            network.set_weights(self.weights)


class TimeLimit(keras.callbacks.Callback):
    """Stops training if one more epoch, as long as the last one, would end too late.

    Args:
        seconds: after the first epoch's start; None: no such limit.
        until: a reading of ``time.perf_counter()``; None: no such limit.
    """

    def __init__(self, seconds: float | None, until: float | None):
        super().__init__()
        self.seconds, self.until = seconds, until

    def on_train_begin(self, logs=None):
        if self.seconds is not None:
            ends = [time.perf_counter() + self.seconds, self.until or np.inf]
            self.until = min(ends)

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        now = time.perf_counter()
        if self.until is not None and now + (now - self.began) > self.until:
            self.model.stop_training = True


class Bar(keras.callbacks.Callback):
    """Moves a progress bar (``tlkit.machine.bar.bar``) by each step of training."""

    def __init__(self, progress):
        super().__init__()
        self.progress = progress

    def on_train_batch_end(self, batch, logs=None):
        self.progress.update(self.model.steps_per_execution)


def depths(model: keras.Model) -> dict[str, int]:
    """Layer -> how many blocks lie above its own; 0 for the last block and the head."""
    ends = list(network_of(model).blocks.values())
    passed, found = 0, {}
    for layer in model.layers:
        found[layer.name] = max(0, len(ends) - 1 - passed)
        if layer.name in ends:
            passed += 1
    return found


class AdamByDepth(fast.Adam):
    """Adam whose steps shrink by a factor from each block to the one below it.

    Args:
        shrink: the factor.
        depths: layer -> how many blocks lie above it.
        pull: weight of a penalty on half the squared distance of the variables from
            their values when the optimizer is built. The head has none: it has no
            pretrained values to keep.
        **settings: of Keras's Adam.
    """

    def __init__(self, shrink: float, depths: dict[str, int], pull=0.0, **settings):
        super().__init__(name="adam", **settings)
        self.shrink, self.depths, self.pull = shrink, depths, pull

    def build(self, variables):
        super().build(variables)
        layers = [variable.path.split("/")[0] for variable in variables]
        self.factors = [self.shrink ** self.depths.get(layer, 0) for layer in layers]
        # variables, because constants would be copied into every traced graph
        self.starts = [
            keras.Variable(variable.numpy(), trainable=False, name="start")
            if self.pull and layer != "logits"
            else None
            for variable, layer in zip(variables, layers, strict=True)
        ]

    def update_step(self, gradient, variable, learning_rate):
        place = self._get_variable_index(variable)
        if self.starts[place] is not None:
            # here, because as a part of the loss it takes the memory of a second model
            with fast.after(gradient):
                gradient = gradient + self.pull * (variable - self.starts[place])
        rate = learning_rate * self.factors[place]
        super().update_step(gradient, variable, rate)
