"""A ridge head on frozen features: learnt in milliseconds, scored by leave-one-out."""

import threading
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tlkit import evaluate
from tlkit.machine.whole import whole_file

from ..figures.arrays import softmax
from .pictures import Examples, Picture

# For features of length 1. Chosen on drawn digits, where 0.03 to 1 differ by a
# hundredth of accuracy.
PENALTY = 0.3
BATCH = 16  # pictures in a forward pass: VGG16 at 96 pixels wants 5 MB for each
SIZES = {"imagenet": 96}  # pixels that pictures are squeezed to; 32 for other weights
SHARPNESS = np.geomspace(1, 100, 41)  # factors for scores before the softmax


class Features:
    """The frozen backbone's features of pictures: computed once, kept in a file.

    Building the network takes seconds (TensorFlow must start), so ``warm`` may do it in
    the background.

    Args:
        weights: what ``Backbone`` takes.
        folder: where the file is.
        size: height and width of the pictures, pixels; None: 96 for "imagenet", else
            32.

    Attributes:
        weights, folder, size: as given.
        computed, found: how many pictures of the last call were computed, and how many
            were there already.
        trouble: why the file could not be written; empty if it was.
    """

    def __init__(self, weights: str, folder: str | Path, size: int | None = None):
        self.weights, self.folder = weights, Path(folder)
        self.size = size or SIZES.get(weights, 32)
        self.computed, self.found, self.trouble = 0, 0, ""
        self._known: dict[str, np.ndarray] = {}  # key of a picture -> its features
        self._lock, self._network = threading.RLock(), None

    def warm(self) -> None:
        """Import Keras, build the network and run it once.

        A second call returns at once.
        """
        with self._lock:
            if self._network is not None:
                return
            from tlkit.backbone import Backbone
            from tlkit.features import forward

            self._backbone = Backbone(self.weights, size=self.size)
            shape = (self.size, self.size, 3)
            network = self._backbone.build(shape)
            list(forward(network, np.zeros((1, *shape), "uint8"), BATCH))  # traces
            self._network = network

    @property
    def backbone(self):
        """The Backbone; builds it if need be."""
        self.warm()
        return self._backbone

    @property
    def network(self):
        """keras.Model, never trained: images (n, size, size, 3) -> (n, channels)."""
        self.warm()
        return self._network

    def run(self, images: np.ndarray) -> np.ndarray:
        """Features of images, which are not kept.

        Args:
            images: uint8 (n, size, size, 3), RGB, 0-255.

        Returns:
            float32 (n, channels), each row of length 1.
        """
        from tlkit.features import forward

        with self._lock:
            batches = [rows for _, rows in forward(self.network, images, BATCH)]
        rows = np.concatenate(batches)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

    def of(self, pictures: Sequence[Picture]) -> np.ndarray:
        """The pictures' features, float32 (n, channels).

        Only the pictures that are new run through the network.
        """
        keys = [picture.key for picture in pictures]
        if not self._known.keys() >= set(keys):
            self._known = {**self._read(), **self._known}
        new = {
            key: picture.image
            for key, picture in zip(keys, pictures, strict=True)
            if key not in self._known
        }
        self.computed, self.found = len(new), len(set(keys)) - len(new)
        self.trouble = ""
        if new:
            rows = self.run(np.stack(list(new.values())))
            self._known.update(zip(new, rows, strict=True))
            self._keep()
        return np.stack([self._known[key] for key in keys])

    @property
    def file(self) -> Path:
        """Where they are kept: one file for each backbone and size."""
        name, weights = self.backbone.name, self.backbone.weights_hash[:12]
        return self.folder / f"features-{name}-{self.size}-{weights}.npz"

    def _read(self) -> dict[str, np.ndarray]:
        """What the file holds; nothing if it is not there, or damaged."""
        try:
            with (
                open(self.file, "rb") as file,
                np.load(file, allow_pickle=False) as kept,
            ):
                rows = kept["features"]
                if rows.shape[1:] == (self.backbone.channels,):
                    return dict(zip(kept["keys"].tolist(), rows, strict=True))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            pass  # they are computed again
        return {}

    def _keep(self) -> None:
        """Write the file whole or not at all; learning goes on without it."""
        keys, rows = np.array(list(self._known)), np.stack(list(self._known.values()))
        try:
            with whole_file(self.file) as unfinished:
                np.savez(unfinished, keys=keys, features=rows)
        except OSError as error:
            self.trouble = (
                f"The features could not be kept ({error}): next time they are "
                "computed again."
            )


def ridge(
    features: np.ndarray, labels: np.ndarray, n_classes: int, penalty: float = PENALTY
) -> tuple[np.ndarray, np.ndarray]:
    """A linear head by least squares that prefers small weights.

    The targets are 1 for the true class and -1 for the others. Every class weighs the
    same, however many pictures it has. Solved in its dual form: there are fewer
    pictures than features.

    Args:
        features: float (n, channels).
        labels: int (n,), from 0, every class among them.
        n_classes: how many classes.
        penalty: on the squared weights; the bias is free.

    Returns:
        kernel float64 (channels, n_classes), bias (n_classes,).
    """
    counts = np.bincount(labels, minlength=n_classes)
    shares = 1 / (n_classes * counts[labels])  # (n,), of sum 1
    mean = shares @ features
    centred = features - mean
    middle = 2 / n_classes - 1  # the mean of the targets, for every class
    targets = np.where(labels[:, None] == np.arange(n_classes), 1.0, -1.0) - middle
    gram = centred @ centred.T + np.diag(penalty / (len(labels) * shares))
    kernel = centred.T @ np.linalg.solve(gram, targets)
    return kernel, middle - mean @ kernel


def leave_one_out(
    features: np.ndarray, labels: np.ndarray, n_classes: int
) -> np.ndarray:
    """The scores that each picture gets from a head that never saw it.

    One picture of each class is left out at a time, so that the classes stay equally
    large. If one picture alone were left out, its class would be the smaller one in
    every training: features that tell nothing would then score near 0 and not like
    guessing.

    Args:
        features: float (n, channels).
        labels: int (n,), from 0, at least two of every class.
        n_classes: how many classes.

    Returns:
        float64 (n, n_classes).
    """
    # Each picture's place within its class: those with the same place go out together.
    turn = np.array([np.sum(labels[:i] == own) for i, own in enumerate(labels)])
    scores = np.empty((len(labels), n_classes))
    for i in range(turn.max() + 1):
        kernel, bias = ridge(features[turn != i], labels[turn != i], n_classes)
        scores[turn == i] = features[turn == i] @ kernel + bias
    return scores


def sharpness(scores: np.ndarray, labels: np.ndarray) -> float:
    """The factor that makes softmax(factor · scores) fit the labels best.

    As in Platt (1999), no picture counts as quite certain: that n pictures are all told
    apart does not prove that the next one will be.

    Args:
        scores: float (n, classes), of pictures that were left out.
        labels: int (n,).

    Returns:
        one of SHARPNESS.
    """
    n, classes = scores.shape
    wanted = (n * np.eye(classes)[labels] + 1) / (n + classes)
    losses = [
        -np.sum(wanted * np.log(softmax(factor * scores) + 1e-12))
        for factor in SHARPNESS
    ]
    return float(SHARPNESS[np.argmin(losses)])


@dataclass(frozen=True, eq=False)
class Probe:
    """A head on frozen features, and how it did on pictures that it had not seen.

    Attributes:
        classes: names, in the order of the labels.
        pictures, labels: what it learnt from; labels int64 (n,).
        features: the frozen backbone.
        kernel, bias: float64 (channels, classes), (classes,): features of length 1 ->
            logits.
        left_out: float64 (n, classes), logits of each picture from a head that never
            saw it.
        notes: sentences about pictures that were left out.
        seconds: for features and head.
    """

    classes: tuple[str, ...]
    pictures: list[Picture] = field(repr=False)
    labels: np.ndarray = field(repr=False)
    features: Features = field(repr=False)
    kernel: np.ndarray = field(repr=False)
    bias: np.ndarray = field(repr=False)
    left_out: np.ndarray = field(repr=False)
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def predicted(self) -> np.ndarray:
        """What each picture was taken for when it was left out, int64 (n,)."""
        return self.left_out.argmax(axis=1)

    @property
    def accuracy(self) -> evaluate.Interval:
        """Leave-one-out accuracy, with Wilson's 95 % interval."""
        return evaluate.accuracy(self.labels, self.predicted)

    @property
    def guessing(self) -> float:
        """The accuracy of always naming the most frequent class."""
        return float(np.bincount(self.labels).max() / len(self.labels))

    def finding(self) -> str:
        """The result in two sentences."""
        right, n = int(np.sum(self.predicted == self.labels)), len(self.labels)
        found = self.accuracy
        verdict = "which may still be guessing: add pictures, or easier things"
        if found.low > self.guessing:
            verdict = "more than guessing"
        return (
            f"Each picture was left out once: {right} of {n} were then named "
            f"correctly, an accuracy of {found.mean:.2f}. For new pictures like these, "
            f"expect {found.low:.2f} to {found.high:.2f} (95 % interval), {verdict} "
            f"({self.guessing:.2f})."
        )

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Probabilities (n, classes) for images uint8 (n, size, size, 3)."""
        return softmax(self.features.run(images) @ self.kernel + self.bias)

    def occlusion(self, image: np.ndarray, label: int) -> np.ndarray:
        """What speaks for a class: how far its log odds fall when a place is hidden.

        A square of the picture's mean colour, a quarter as high, hides 49 places in
        turn; each pixel gets the mean over the squares that hid it (Zeiler & Fergus
        2014, https://arxiv.org/abs/1311.2901).

        Args:
            image: uint8 (size, size, 3).
            label: the class asked about.

        Returns:
            float64 (size, size).
        """
        size, step = len(image), len(image) // 8
        starts = range(0, 7 * step, step)
        corners = [(y, x) for y in starts for x in starts]
        # The last copy stays whole.
        hidden = np.repeat(image[None], len(corners) + 1, axis=0)
        for one, (y, x) in zip(hidden, corners, strict=False):
            one[y : y + 2 * step, x : x + 2 * step] = image.mean(axis=(0, 1))
        shares = np.clip(self.probabilities(hidden)[:, label], 1e-9, 1 - 1e-9)
        odds = np.log(shares / (1 - shares))
        falls, times = np.zeros((size, size)), np.full((size, size), 1e-9)
        for fall, (y, x) in zip(odds[-1] - odds[:-1], corners, strict=True):
            falls[y : y + 2 * step, x : x + 2 * step] += fall
            times[y : y + 2 * step, x : x + 2 * step] += 1
        return falls / times

    def model(self):
        """The backbone and the head as one keras.Model.

        Images (n, size, size, 3), RGB 0-255 -> logits (n, classes).
        """
        from tlkit.machine.quiet import keras

        backbone = self.features.backbone
        shared = backbone.build((self.features.size, self.features.size, 3))
        unit = keras.layers.UnitNormalization(name="unit_length", dtype="float32")
        logits = keras.layers.Dense(len(self.classes), name="logits", dtype="float32")
        outputs = logits(unit(shared.output))
        logits.set_weights([self.kernel, self.bias])
        return keras.Model(shared.input, outputs, name="model")


def learn(examples: Examples, features: Features) -> Probe:
    """Features of the examples, a ridge head, and its leave-one-out scores.

    Raises:
        TeachError: the examples are not enough, or not named.
    """
    started = time.perf_counter()
    pictures, labels, said = examples.usable()
    rows = features.of(pictures).astype("float64")
    classes = tuple(name.strip() for name in examples.names)
    kernel, bias = ridge(rows, labels, len(classes))
    left_out = leave_one_out(rows, labels, len(classes))
    factor = sharpness(left_out, labels)
    return Probe(
        classes,
        pictures,
        labels,
        features,
        kernel=factor * kernel,
        bias=factor * bias,
        left_out=factor * left_out,
        notes=tuple(said),
        seconds=time.perf_counter() - started,
    )
