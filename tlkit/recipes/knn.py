"""k nearest neighbours. Source: Cover & Hart 1967, doi:10.1109/TIT.1967.1053964."""

from dataclasses import replace

import numpy as np

from ..backbone import Backbone
from ..machine.quiet import keras
from ..tasks import Task
from ..training import Head, Run
from .at_once import Found, Seen, at_once
from .probe import PROBE
from .tune import on_validation

NEIGHBOURS = (1, 2, 3, 5, 10, 20, 50)
METRICS = ("euclidean", "cosine")
DOUBT = 0.5  # of a vote for each class, so that no logarithm is infinite


def knn(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """Let the k most similar training images vote, by their features.

    Nothing is trained: the features of the training images are the model. The
    validation split chooses k, and whether "similar" is a small Euclidean distance or a
    small angle, on standardised features. For a number the neighbours' mean is taken.

    The run's model is made of Keras's own layers: a dense layer whose kernel holds the
    stored features, the k largest of its outputs, and an embedding that holds the
    stored labels. Its logits are logarithms of the shares of votes. Its size grows with
    the training split, and all that is stored counts as trained numbers.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        seed: not used; it is here because all recipes take one.
        **changes: fields of ``Settings``. Only "precision" makes a difference.
    """
    settings = replace(PROBE, **changes)
    stored = answers(task)

    def find(shared: keras.Model, scale: Head, seen: Seen) -> Found:
        scores = {}
        for metric in METRICS:
            by_k = votes(seen, stored, metric, len(task.classes))
            for k, logits in by_k.items():
                scores[metric, k] = on_validation(task, logits)
        metric, k = max(scores, key=scores.__getitem__)
        model = with_neighbours(shared, scale, seen.train, stored, metric, k)
        numbers = seen.train.size + len(stored)  # features and labels
        note = (
            f"{k} neighbours, {metric}, chosen on validation "
            f"({abs(scores[metric, k][0]):.3f}, the best of {len(scores)})"
        )
        return Found(model, None, numbers, {"k": k, "metric": metric}, (note,))

    return at_once("knn", backbone, task, find, settings, seed)


def answers(task: Task) -> np.ndarray:
    """One vote for the label of each training image, float32 (n, classes).

    For a number the numbers themselves, (n, 1).
    """
    labels = np.asarray(task.train.labels)
    if task.is_regression:
        return labels.astype("float32")[:, None]
    return np.eye(len(task.classes), dtype="float32")[labels]


def votes(
    seen: Seen, stored: np.ndarray, metric: str, classes: int
) -> dict[int, np.ndarray]:
    """k -> the result of the vote for each validation image: float32 (n, outputs).

    For classes these are logits, for a number the neighbours' mean.

    Args:
        seen: standardised features.
        stored: the vote of each training image, as ``answers`` gives it.
        metric: "euclidean" or "cosine".
        classes: their number; 0 for a number.
    """
    from sklearn.neighbors import NearestNeighbors

    able = [k for k in NEIGHBOURS if k <= len(stored)]
    search = NearestNeighbors(n_neighbors=able[-1], metric=metric).fit(seen.train)
    nearest = search.kneighbors(seen.validation, return_distance=False)
    found = {}
    for k in able:
        share = stored[nearest[:, :k]].mean(axis=1)
        scale, offset = smoothing(k, classes)
        found[k] = np.log(scale * share + offset) if classes else share
    return found


def smoothing(k: int, classes: int) -> tuple[float, float]:
    """Factor and addend that give each class ``DOUBT`` more votes than it has.

    Args:
        k: how many vote.
        classes: how many classes there are.
    """
    total = k + DOUBT * classes
    return k / total, DOUBT / total


def with_neighbours(
    shared: keras.Model,
    scale: Head,
    known: np.ndarray,
    stored: np.ndarray,
    metric: str,
    k: int,
) -> keras.Model:
    """The shared layers, and the vote of the k nearest stored features on top.

    Args:
        shared: a built backbone; the new model shares its layers.
        scale: its mean and variance standardise the features.
        known: float32 (n, features), standardised features of the training images.
        stored: the vote of each of them, float32 (n, outputs).
        metric: "euclidean" or "cosine".
        k: how many of them vote.
    """
    layers = keras.layers
    standardise = layers.Normalization(
        mean=scale.mean, variance=scale.variance, name="standardise", dtype="float32"
    )
    x = standardise(shared.output)  # (batch, features)
    if metric == "cosine":
        x = layers.UnitNormalization(name="length_1", dtype="float32")(x)
        lengths = np.linalg.norm(known, axis=1, keepdims=True)
        known = known / np.maximum(lengths, 1e-12)
    # |x − s|² = |x|² − 2 (x · s − |s|² / 2), and |x|² is the same for every s: the
    # nearest s has the largest bracket. Of length 1, that is the smallest angle.
    nearness = layers.Dense(len(known), name="stored_features", dtype="float32")
    _, nearest = keras.ops.top_k(nearness(x), k)  # (batch, k)
    labels = layers.Embedding(*stored.shape, name="stored_labels", dtype="float32")
    vote = layers.GlobalAveragePooling1D(name="votes", dtype="float32")
    x = vote(labels(nearest))  # (batch, outputs)
    nearness.set_weights([known.T, -0.5 * np.square(known).sum(axis=1)])
    labels.set_weights([stored])
    if stored.shape[1] > 1:
        scaled = layers.Rescaling(
            *smoothing(k, stored.shape[1]), name="smoothed", dtype="float32"
        )
        x = keras.ops.log(scaled(x))
    return keras.Model(shared.input, x, name="model")
