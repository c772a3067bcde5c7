"""Scores that tell before any training what a task can use of a backbone.

They look at training pictures alone, at 96 numbers for each: the principal components
of the activations at a cut. They train no network, and see neither the validation nor
the test split. ``notebooks/results/08_scores.json`` has how good they were on 16
questions of six kinds; what they were compared with is a linear head at each cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from .backbone import Backbone
from .candidates import LARGER, Choice, choose
from .machine.quiet import keras
from .tasks import Task

NUMBERS = 96  # for each picture
PICTURES = 500  # looked at
HALVES = 40  # half-samples: how stable the first place is
PLACES = 16  # larger maps are averaged down to about this many places along an edge
STABLE = 0.5  # share of half-samples that must agree on the first place
# accuracy lost by taking LogME's favourite instead of the best place: mean over the 16
# questions of notebooks/results/08_scores.json
MISSED = 0.035


@dataclass(frozen=True, repr=False)
class Suggestion:
    """What to try first, and why; prints as a few lines.

    Attributes:
        cut: the pretrained cut with the highest score.
        recipe: "lp_ft" (``tk.lp_ft``) if that is one of the last two blocks; else
            "head": a linear head on the activations at the cut. The scores were tested
            on such heads only; "lp_ft" is a starting point that no score has tested.
        scores: place -> LogME score, see ``logme``. A place is a cut, or "random …",
            the same cut with random weights.
        nearest: share of the training pictures that their nearest neighbours at the cut
            label correctly.
        confidence: share of random halves of the training pictures in which the same
            place comes first. It says how stable the choice is, not that it is right: a
            score that errs on a question errs on its half-samples, too.
        why: a sentence or two.
        decision: what to do, in a sentence.
        larger: which size of pictures to try, where the files hold more pixels than are
            used (``Task.larger``); the last line of what is printed, or empty.
    """

    cut: str
    recipe: str
    scores: dict[str, float]
    nearest: float
    confidence: float
    why: str
    decision: str = ""
    larger: str = ""

    def __repr__(self) -> str:
        ranked = sorted(self.scores.items(), key=lambda item: -item[1])
        lines = [f"  {place:14}{score:+.3f}" for place, score in ranked]
        first = f"try {self.recipe}, cut {self.cut}: {self.why}"
        shown = [first, "LogME, best first:", *lines]
        if self.decision:
            shown.append(f"Decision: {self.decision}")
        if self.larger:
            shown.append(f"Pixels: {self.larger}")
        return "\n".join(shown)


def look(backbone: Backbone, images, fit: int | None = None) -> dict[str, np.ndarray]:
    """The activations of some images at each cut, as principal components, in one pass.

    Args:
        backbone: which layers.
        images: uint8 (n, h, w, 3), n >= 2.
        fit: the components are computed from the first `fit` images (the training
            pictures); None: from all.

    Returns:
        cut -> float (n, at most 96).
    """
    from sklearn.decomposition import PCA

    network, model = backbone.network, backbone.build(images.shape[1:])
    maps = {}
    for cut in network.cuts[:-1]:
        x = model.get_layer(network.layer_at(cut)).output
        if cut in network.blocks:
            x = keras.layers.AveragePooling2D(-(-x.shape[1] // PLACES))(x)
        maps[cut] = keras.layers.Flatten()(x)
    seen = keras.Model(model.input, maps).predict(
        np.asarray(images, "float32"), batch_size=100, verbose=0
    )
    few = min(NUMBERS, (fit or len(images)) - 1)
    return {
        cut: PCA(few, random_state=0).fit(x[:fit]).transform(x)
        for cut, x in seen.items()
    }


def nearest(numbers: np.ndarray, labels: np.ndarray, k: int = 5) -> float:
    """Accuracy of the k nearest neighbours of each picture, the picture itself left
    out.

    Args:
        numbers: float (n, d), n > k.
        labels: int (n,).
        k: neighbours that vote.
    """
    from sklearn.neighbors import NearestNeighbors

    neighbours = NearestNeighbors(n_neighbors=k).fit(numbers)
    near = neighbours.kneighbors(return_distance=False)  # (n, k), without itself
    votes = np.eye(labels.max() + 1)[labels][near].sum(axis=1)  # (n, classes)
    return float((votes.argmax(axis=1) == labels).mean())


def logme(numbers: np.ndarray, labels: np.ndarray) -> float:
    """How well a linear head explains the labels: log evidence per picture, mean over
    classes.

    The evidence is the probability of a class's labels y, 1 or 0, under y = Zw + noise,
    averaged over weights w from a normal prior. The variances of prior and noise are
    those that make it largest. A model that could explain any labels gives each of them
    a small probability, so nothing is overfitted. Source: You et al. 2021,
    https://arxiv.org/abs/2102.11005. Here the mean of y is free, too, and the largest
    value is found on a grid.

    Args:
        numbers: Z, float (n, d), not all alike.
        labels: int (n,), two classes or more.
    """
    y = np.eye(labels.max() + 1)[labels]
    y = (y - y.mean(axis=0))[:, np.ptp(y, axis=0) > 0]  # (n, classes that occur)
    u, s, _ = np.linalg.svd(numbers - numbers.mean(axis=0), full_matrices=False)
    brake = np.logspace(-6, 3, 100)[:, None] * (s**2).sum()  # (100, 1), α / β
    # what the head leaves of y along each direction, (100, d)
    left = brake / (brake + s**2)
    along = (u.T @ y) ** 2  # (d, classes)
    error = (y**2).sum(axis=0) - along.sum(axis=0) + left @ along  # (100, classes)
    n = len(y) - 1  # the mean takes one
    fit = n * (np.log(2 * np.pi * error / n) + 1)
    evidence = (np.log(left).sum(axis=1, keepdims=True) - fit) / 2
    return float(evidence.max(axis=0).mean() / n)


@overload
def suggest(
    backbone: Backbone, task: Task, *, budget: None = None, seed: int = 0
) -> Suggestion: ...
@overload
def suggest(
    backbone: Backbone, task: Task, *, budget: str | float, seed: int = 0
) -> Choice: ...
@overload
def suggest(
    backbone: Sequence[Backbone],
    task: Task,
    *,
    budget: str | float | None = None,
    seed: int = 0,
) -> Choice: ...
def suggest(
    backbone: Backbone | Sequence[Backbone],
    task: Task,
    *,
    budget: str | float | None = None,
    seed: int = 0,
) -> Suggestion | Choice:
    """Which cut and recipe to try first; or, of several backbones or within a time,
    which backbone and recipe. Without training.

    With one backbone and no budget, training pictures alone are looked at, and LogME
    chooses. It puts the places of a question in an order that agrees with the
    truth better than luck; that it does so better than the neighbours is not shown (16
    questions of six kinds, notebook 08). The neighbours say how far one may hope to
    get. The share of half-samples is the stability of the choice, not the probability
    that it is right. "lp_ft" itself was never compared by these scores.

    With several backbones, or a budget, training and validation pictures are looked at
    (``candidates.choose``). If there is time, the choice follows a simple rule, all
    layers of the largest backbone: on 14 tasks it lost 1.5 [0.5, 2.5] points to the
    best of all candidates, and no rule that was tried beat it. In half the time that
    this takes, the choice lost 0.6 [0.0, 1.2] points to the best that fits; the largest
    backbone, trained as far as fits, 3.6 [0.0, 7.2] (docs/suggest.md).

    Args:
        backbone: pretrained; its cuts are compared with those of random weights. Or
            several of them, of which one is chosen.
        task: a task with classes; at most 500 pictures are looked at.
        budget: for the training: "90 s", "2 min", "1 h" or seconds; None: any time.
        seed: of the random weights and of the half-samples.

    Returns:
        for one backbone without a budget a ``Suggestion``, else a ``Choice``.

    Raises:
        ValueError: random weights, a task that asks for a number, fewer than 2 training
            labels in a class; or a budget that is too short for everything.
    """
    if not isinstance(backbone, Backbone):
        return choose(backbone, task, budget)
    if budget is not None:
        return choose([backbone], task, budget)
    _check(backbone, task)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(task.train))[:PICTURES]
    images, labels = task.train.images[rows], task.train.labels[rows]
    seen, untrained = look(backbone, images), look(backbone.random(seed), images)
    blocks = list(backbone.network.blocks)
    places = seen | {f"random {block}": untrained[block] for block in blocks}

    scores = _scores(places, labels, slice(None))
    first = _best(scores)
    cut = max(seen, key=scores.__getitem__)
    wins = 0
    for _ in range(HALVES):
        half = rng.permutation(len(rows))[: len(rows) // 2]
        wins += _best(_scores(places, labels, half)) == first
    often = wins / HALVES
    right = nearest(seen[cut], labels, min(5, len(rows) - 1))

    helps, deep = first in blocks, first in blocks[-2:]
    recipe = "lp_ft" if deep else "head"
    return Suggestion(
        cut=cut,
        recipe=recipe,
        scores=scores,
        nearest=right,
        confidence=often,
        why=_why(backbone.name, first, right, often, helps, deep),
        decision=_decision(first, cut, recipe, often, helps),
        larger=task.larger(LARGER),
    )


def _check(backbone: Backbone, task: Task) -> None:
    """Raise ValueError for what cannot be scored."""
    rarest = 0
    if not task.is_regression:
        counts = np.bincount(task.train.labels, minlength=len(task.classes))
        rarest = int(counts.min())
    if backbone.weights is None or len(task.classes) < 2 or rarest < 2:
        raise ValueError(
            "expected pretrained weights and classes with at least 2 training labels, "
            "got "
            f"{backbone.name} weights and {len(task.classes)} classes, the rarest with "
            f"{rarest}: give a trained backbone, and a task with classes and "
            "labels_per_class=3 or more"
        )


def _scores(
    places: dict[str, np.ndarray], labels: np.ndarray, some
) -> dict[str, float]:
    """Place -> LogME on some of the pictures.

    Args:
        places: place -> float (n, d), numbers of the pictures there.
        labels: int (n,).
        some: rows, as NumPy takes them.
    """
    return {
        place: logme(numbers[some], labels[some]) for place, numbers in places.items()
    }


def _why(
    name: str, first: str, right: float, often: float, helps: bool, deep: bool
) -> str:
    """What speaks for the first place, and how much can be said.

    Args:
        name: of the backbone.
        first: the place with the highest score.
        right, often: `nearest` and `confidence` of the Suggestion.
        helps: whether `first` is a block of the pretrained network.
        deep: whether it is one of the last two blocks.
    """
    if helps:
        begin = f"{name} should help"
    else:
        begin = f"{first} scores higher, so expect negative transfer"
    why = (
        f"{begin}. The nearest neighbours there give {right:.0%} of the pictures the "
        f"right label, without training. {first} came first in {often:.0%} of {HALVES} "
        "half-samples, which tells how stable the choice is, not that it is right: "
        f"over 16 questions, favourites were {MISSED} below the best on average."
    )
    if deep:
        why += " Heads were scored, not lp_ft: compare it with a linear head there."
    return why


def _decision(first: str, cut: str, recipe: str, often: float, helps: bool) -> str:
    """What to run, and what then decides.

    Args:
        first: the place with the highest score.
        cut, recipe, often: `cut`, `recipe` and `confidence` of the Suggestion.
        helps: whether `first` is a block of the pretrained network.
    """
    if not helps:
        return (
            f"train from scratch beside a head at {cut}, because {first} scores higher "
            "than any pretrained block; take the cheaper one if the interval of their "
            "paired difference contains 0."
        )
    if often < STABLE:
        return (
            f"take the cheapest first, a head at {cut}: half-samples disagree about "
            "the best place, so more labels help more than a longer training."
        )
    if recipe == "lp_ft":
        return (
            "run lp_ft and, because it is cheaper, the linear probe; take lp_ft only "
            "if the interval of their paired difference lies above 0 "
            "(`python -m tlkit run` says so)."
        )
    return (
        f"train a linear head at {cut}; train more layers only if the interval of "
        "their paired difference lies above 0."
    )


def _best(scores: dict[str, float]) -> str:
    """The place with the highest score."""
    return max(scores, key=scores.__getitem__)
