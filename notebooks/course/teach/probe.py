"""A ridge head on frozen features: learnt in milliseconds, and scored by leaving each picture out once."""

import io
import os
import threading
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tlkit import evaluate

from .pictures import Examples, Picture

PENALTY = 0.3  # for features of length 1; chosen on drawn digits, where 0.03 to 1 differ by a hundredth of accuracy
BATCH = 16  # pictures in one forward pass: there are few, and VGG16 at 96 pixels wants 5 MB for each
SIZES = {
    "imagenet": 96
}  # pixels that pictures are squeezed to; 32 for the other weights
SHARPNESS = np.geomspace(
    1, 100, 41
)  # what scores may be multiplied by before the softmax


class Features:
    """What the frozen backbone says about pictures: computed once for each, kept in memory and in a file.

    Building takes seconds (TensorFlow must start), so that ``warm`` may do it in the background.

    Attributes:
        weights: what ``Backbone`` takes.
        size: height and width of the pictures, pixels.
        folder: where the file is.
        computed, found: how many pictures of the last call were computed, and how many were there already.
        trouble: why the file could not be written; empty if it was.
    """

    def __init__(self, weights: str, folder: str | Path, size: int | None = None):
        self.weights, self.folder = weights, Path(folder)
        self.size = size or SIZES.get(weights, 32)
        self.computed, self.found, self.trouble = 0, 0, ""
        self._known: dict[str, np.ndarray] = {}
        self._lock, self._network = threading.RLock(), None

    def warm(self) -> None:
        """Import Keras, build the network and run it once; a second call returns at once."""
        with self._lock:
            if self._network is None:
                from tlkit.backbone import Backbone
                from tlkit.features import forward

                self._backbone = Backbone(self.weights, size=self.size)
                network = self._backbone.build((self.size, self.size, 3))
                list(
                    forward(
                        network, np.zeros((1, self.size, self.size, 3), "uint8"), BATCH
                    )
                )  # traces
                self._network = network

    @property
    def backbone(self):
        """The Backbone; builds it if need be."""
        self.warm()
        return self._backbone

    @property
    def network(self):
        """keras.Model, images (n, size, size, 3), RGB 0-255 -> float32 (n, channels); never trained."""
        self.warm()
        return self._network

    def run(self, images: np.ndarray) -> np.ndarray:
        """Features of images uint8 (n, size, size, 3), not kept: float32 (n, channels), each row of length 1."""
        from tlkit.features import forward

        with self._lock:
            rows = np.concatenate(
                [rows for _, rows in forward(self.network, images, BATCH)]
            )
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

    def of(self, pictures: Sequence[Picture]) -> np.ndarray:
        """The pictures' features, float32 (n, channels); only those that are new run through the network."""
        keys = [picture.key for picture in pictures]
        if not self._known.keys() >= set(keys):
            self._known = {**self._read(), **self._known}
        new = {
            key: picture.image
            for key, picture in zip(keys, pictures, strict=True)
            if key not in self._known
        }
        self.computed, self.found, self.trouble = (
            len(new),
            len(set(keys)) - len(new),
            "",
        )
        if new:
            self._known.update(
                zip(new, self.run(np.stack(list(new.values()))), strict=True)
            )
            self._keep()
        return np.stack([self._known[key] for key in keys])

    @property
    def file(self) -> Path:
        """Where they are kept: one file for each backbone and size."""
        return (
            self.folder
            / f"features-{self.backbone.name}-{self.size}-{self.backbone.weights_hash[:12]}.npz"
        )

    def _read(self) -> dict[str, np.ndarray]:
        try:
            with (
                open(self.file, "rb") as file,
                np.load(file, allow_pickle=False) as kept,
            ):
                if kept["features"].shape[1:] == (self.backbone.channels,):
                    return dict(
                        zip(kept["keys"].tolist(), kept["features"], strict=True)
                    )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return {}  # none yet, or damaged: they are computed anew
        return {}

    def _keep(self) -> None:
        """Write the file whole or not at all; learning goes on without it."""
        whole, half = (
            io.BytesIO(),
            self.file.with_name(f".unfinished-{os.getpid()}.npz"),
        )
        np.savez(
            whole,
            keys=np.array(list(self._known)),
            features=np.stack(list(self._known.values())),
        )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            half.write_bytes(whole.getvalue())
            os.replace(half, self.file)
        except OSError as error:
            self.trouble = f"The features could not be kept ({error}): next time they are computed again."


def ridge(
    features: np.ndarray, labels: np.ndarray, n_classes: int, penalty: float = PENALTY
):
    """A linear head by least squares: 1 for the true class, -1 for the others, small weights preferred.

    Every class weighs the same, however many pictures it has. Solved in its dual form: there are fewer pictures than
    features.

    Args:
        features: float (n, channels).
        labels: int (n,), from 0, every class among them.
        n_classes: how many classes.
        penalty: on the squared weights; the bias is free.

    Returns:
        kernel float64 (channels, n_classes), bias (n_classes,).
    """
    shares = 1 / (
        n_classes * np.bincount(labels, minlength=n_classes)[labels]
    )  # (n,), of sum 1
    mean = shares @ features
    centred, middle = (
        features - mean,
        2 / n_classes - 1,
    )  # the mean of the targets, for every class
    targets = np.where(labels[:, None] == np.arange(n_classes), 1.0, -1.0) - middle
    gram = centred @ centred.T + np.diag(penalty / (len(labels) * shares))
    kernel = centred.T @ np.linalg.solve(gram, targets)
    return kernel, middle - mean @ kernel


def leave_one_out(
    features: np.ndarray, labels: np.ndarray, n_classes: int
) -> np.ndarray:
    """The scores that each picture gets from a head that never saw it, float64 (n, n_classes).

    One picture of each class is left out at a time, so that the classes stay as large as each other. Were it one
    picture alone, its class would be the smaller one in every training, and the score of features that tell nothing
    would not be that of guessing but near 0.
    """
    turn = np.array(
        [np.sum(labels[:i] == own) for i, own in enumerate(labels)]
    )  # (n,), place within its class
    scores = np.empty((len(labels), n_classes))
    for i in range(turn.max() + 1):
        kernel, bias = ridge(features[turn != i], labels[turn != i], n_classes)
        scores[turn == i] = features[turn == i] @ kernel + bias
    return scores


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits (n, classes)."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def sharpness(scores: np.ndarray, labels: np.ndarray) -> float:
    """The factor that makes softmax(factor * scores) fit the labels best; scores (n, classes) of pictures left out.

    As Platt (1999) does, nobody is taken for quite certain: n pictures all told apart do not prove that the next is.
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
        kernel, bias: float64 (channels, classes), (classes,): features of length 1 -> logits.
        left_out: float64 (n, classes), logits of each picture from a head that never saw it.
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
        """What always naming the most frequent class scores."""
        return float(np.bincount(self.labels).max() / len(self.labels))

    def finding(self) -> str:
        """The result in two sentences."""
        right, n, found = (
            int(np.sum(self.predicted == self.labels)),
            len(self.labels),
            self.accuracy,
        )
        beyond = found.low > self.guessing
        verdict = (
            "more than guessing"
            if beyond
            else "which may still be guessing: add pictures, or easier things"
        )
        return (
            f"Each picture was left out once: {right} of {n} were then named rightly, an accuracy of {found.mean:.2f}. "
            f"For new pictures like these, expect {found.low:.2f} to {found.high:.2f} (95 % interval), {verdict} "
            f"({self.guessing:.2f})."
        )

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """For images uint8 (n, size, size, 3): (n, classes)."""
        return softmax(self.features.run(images) @ self.kernel + self.bias)

    def occlusion(self, image: np.ndarray, label: int) -> np.ndarray:
        """What speaks for a class: how far its log odds fall when a place is hidden, float64 (size, size).

        A square of the picture's mean colour, a quarter as high, hides 49 places in turn; each pixel gets the mean
        over the squares that hid it (Zeiler & Fergus 2014, https://arxiv.org/abs/1311.2901).

        Args:
            image: uint8 (size, size, 3).
            label: the class asked about.
        """
        size, step = len(image), len(image) // 8
        corners = [
            (y, x) for y in range(0, 7 * step, step) for x in range(0, 7 * step, step)
        ]
        hidden = np.repeat(
            image[None], len(corners) + 1, axis=0
        )  # the last one stays whole
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
        """The whole as one keras.Model, images (n, size, size, 3), RGB 0-255 -> logits (n, classes)."""
        from tlkit.machine.quiet import keras

        backbone = self.features.backbone
        shared = backbone.build((self.features.size, self.features.size, 3))
        logits = keras.layers.Dense(len(self.classes), name="logits", dtype="float32")
        x = keras.layers.UnitNormalization(name="unit_length", dtype="float32")(
            shared.output
        )
        model = keras.Model(shared.input, logits(x), name="model")
        logits.set_weights([self.kernel, self.bias])
        return model


def learn(examples: Examples, features: Features) -> Probe:
    """Features of the examples, a ridge head, and its leave-one-out scores.

    Raises:
        TeachError: the examples are not enough, or not named.
    """
    started = time.perf_counter()
    pictures, labels, said = examples.usable()
    rows, classes = (
        features.of(pictures).astype("float64"),
        tuple(name.strip() for name in examples.names),
    )
    kernel, bias = ridge(rows, labels, len(classes))
    left_out = leave_one_out(rows, labels, len(classes))
    factor = sharpness(left_out, labels)
    heads = (factor * kernel, factor * bias, factor * left_out)
    return Probe(
        classes,
        pictures,
        labels,
        features,
        *heads,
        tuple(said),
        time.perf_counter() - started,
    )
