"""Scores that say before any training what a task can use of a backbone, and a suggestion made from them.

The scores look at training pictures alone, at 96 numbers for each: what a cut says of them, most of it in few numbers
(principal components). They train no network, and see neither the validation nor the test split.
``notebooks/results/08_scores.json`` has how well they did on 16 questions.
"""

from dataclasses import dataclass

import numpy as np

from .backbone import BLOCKS, CUTS, Backbone, layer_at
from .machine.quiet import keras
from .tasks import Task

NUMBERS, PICTURES, HALVES = (
    96,
    500,
    40,
)  # numbers for a picture; pictures looked at; half-samples for the confidence
PLACES = 16  # larger maps are averaged down to about so many places along an edge
DEEP = ("block4", "block5")  # from here on, the whole network is worth fine-tuning
MISSED = 0.035  # accuracy lost by taking LogME's favourite instead of the best place, mean over those 16 questions


@dataclass(frozen=True, repr=False)
class Suggestion:
    """What to try first, and why; prints as a few lines.

    Attributes:
        cut: which of the pretrained cuts says most about the question.
        recipe: "lp_ft" (``tk.lp_ft``) if that is block 4 or 5; else "head": a linear head on what the cut says.
        scores: place -> LogME; a place is a cut, or "random …", a cut of the same layers without their training.
        nearest: share of the training pictures whose neighbours at the cut would label them rightly.
        confidence: share of half-samples of the training pictures in which the same place comes first.
        why: a sentence or two.
    """

    cut: str
    recipe: str
    scores: dict[str, float]
    nearest: float
    confidence: float
    why: str

    def __repr__(self) -> str:
        ranked = sorted(self.scores.items(), key=lambda item: -item[1])
        lines = [f"  {place:14}{score:+.3f}" for place, score in ranked]
        return "\n".join(
            (
                f"try {self.recipe}, cut {self.cut}: {self.why}",
                "LogME, best first:",
                *lines,
            )
        )


def look(backbone: Backbone, images, fit: int | None = None) -> dict[str, np.ndarray]:
    """What each cut says of the images, in one pass: cut -> float (n, at most 96), their principal components.

    Args:
        backbone: which layers.
        images: uint8 (n, h, w, 3), n >= 2.
        fit: only the first so many decide which components these are (training pictures); None: all.
    """
    from sklearn.decomposition import PCA

    model, said = backbone.build(images.shape[1:]), {}
    for cut in CUTS[:-1]:
        x = model.get_layer(layer_at(cut)).output
        if cut in BLOCKS:
            x = keras.layers.AveragePooling2D(-(-x.shape[1] // PLACES))(x)
        said[cut] = keras.layers.Flatten()(x)
    seen = keras.Model(model.input, said).predict(
        np.asarray(images, "float32"), batch_size=100, verbose=0
    )
    few = min(NUMBERS, (fit or len(images)) - 1)
    return {
        cut: PCA(few, random_state=0).fit(x[:fit]).transform(x)
        for cut, x in seen.items()
    }


def nearest(numbers: np.ndarray, labels: np.ndarray, k: int = 5) -> float:
    """Share of pictures that the majority of their k nearest neighbours, themselves left out, would label rightly.

    Args:
        numbers: float (n, d), n > k.
        labels: int (n,).
    """
    from sklearn.neighbors import NearestNeighbors

    near = (
        NearestNeighbors(n_neighbors=k).fit(numbers).kneighbors(return_distance=False)
    )  # (n, k), without itself
    votes = np.eye(labels.max() + 1)[labels][near].sum(axis=1)  # (n, classes)
    return float((votes.argmax(axis=1) == labels).mean())


def logme(numbers: np.ndarray, labels: np.ndarray) -> float:
    """How well a linear head explains the labels: logarithm of the evidence for each picture, mean over the classes.

    The evidence is the probability of a class's labels y, 1 or 0, under y = Zw + noise, averaged over all weights w
    that a normal prior allows; prior and noise are those that make it largest. Whoever could explain any labels
    spreads this probability thin, so nothing is overfitted (You et al. 2021, https://arxiv.org/abs/2102.11005; here
    y has a free mean, and a grid finds the largest value).

    Args:
        numbers: Z, float (n, d), not all alike.
        labels: int (n,), two classes or more.
    """
    y = np.eye(labels.max() + 1)[labels]
    y = (y - y.mean(axis=0))[:, np.ptp(y, axis=0) > 0]  # (n, classes that occur)
    u, s, _ = np.linalg.svd(numbers - numbers.mean(axis=0), full_matrices=False)
    brake = np.logspace(-6, 3, 100)[:, None] * (s**2).sum()  # (100, 1), α / β
    left = brake / (
        brake + s**2
    )  # (100, d), what the head leaves of y along each direction
    along = (u.T @ y) ** 2  # (d, classes)
    error = (y**2).sum(axis=0) - along.sum(axis=0) + left @ along  # (100, classes)
    n = len(y) - 1  # the mean takes one
    evidence = (
        np.log(left).sum(axis=1, keepdims=True)
        - n * (np.log(2 * np.pi * error / n) + 1)
    ) / 2
    return float(evidence.max(axis=0).mean() / n)


def suggest(backbone: Backbone, task: Task, *, seed: int = 0) -> Suggestion:
    """Which cut and recipe to try first, from the training pictures alone and without training.

    LogME chooses, because it ranks the places of a question better than the neighbours do (16 questions, notebook 08);
    the neighbours say how far one may hope to get.

    Args:
        backbone: pretrained; its cuts compete with those of the same layers with random weights.
        task: a task with classes; of its training split at most 500 pictures are looked at.
        seed: of the random weights and of the half-samples.

    Raises:
        ValueError: random weights, a task that asks for a number, or fewer than 2 training labels in a class.
    """
    rarest = min(
        (int((task.train.labels == kind).sum()) for kind in range(len(task.classes))),
        default=0,
    )
    if backbone.weights is None or len(task.classes) < 2 or rarest < 2:
        got = f"{backbone.name} weights and {len(task.classes)} classes, the rarest with {rarest}"
        step = "give a trained backbone, and a task with classes and labels_per_class=3 or more"
        raise ValueError(
            f"expected pretrained weights and classes with at least 2 training labels, got {got}: {step}"
        )
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(task.train))[:PICTURES]
    images, labels = task.train.images[rows], task.train.labels[rows]
    seen, untrained = look(backbone, images), look(backbone.random(seed), images)
    places = seen | {
        f"random {cut}": numbers for cut, numbers in untrained.items() if cut in BLOCKS
    }

    def scores(some):
        return {
            place: logme(numbers[some], labels[some])
            for place, numbers in places.items()
        }

    known = scores(slice(None))
    first, cut = max(known, key=known.__getitem__), max(seen, key=known.__getitem__)
    halves = [
        scores(rng.permutation(len(rows))[: len(rows) // 2]) for _ in range(HALVES)
    ]
    often = float(
        np.mean([max(half, key=half.__getitem__) == first for half in halves])
    )
    named = nearest(seen[cut], labels, min(5, len(rows) - 1))
    helps = (
        f"{backbone.name} should help"
        if first in BLOCKS
        else f"{first} says more, so expect negative transfer"
    )
    why = (
        f"{helps}. The nearest neighbours there name {named:.0%} rightly, without training. {first} came first in "
        f"{often:.0%} of {HALVES} half-samples; favourites like this one were {MISSED} below the best on average."
    )
    return Suggestion(
        cut, "lp_ft" if first in DEEP else "head", known, named, often, why
    )
