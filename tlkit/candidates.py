"""Which backbone, recipe and size of picture to start with, within a given time.

A candidate is a backbone with a recipe. If there is time for all layers of the largest
backbone, that is the choice: nothing that was tried before training beat this simple
rule. In less time it is what promises most of what fits: the accuracy of a linear head
on the backbone's features, cross-validated on the training and validation pictures, and
what the recipe gained over a linear probe on other tasks. No network is trained, and
the test split is not looked at.

``tests/bench`` (part "suggest", docs/suggest.md) left whole tasks out and measured what
this choice loses. It knows three backbones of one family, so the word "largest" rests
on little; therefore a smaller one whose head is clearly better is preferred.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np

from . import speed
from .backbone import Backbone
from .features import activations
from .recipes import RECIPES, TUNE
from .recipes.budget import Costs, as_seconds, training
from .recipes.choose import LAST_BLOCK
from .tasks import Task, in_shares
from .training import Run

RATE = TUNE.rate * LAST_BLOCK  # step size of both kinds of fine-tuning
DEFAULT = "letters"
PICTURES = 500  # looked at, at most
FOLDS = 5
# how to ask for larger pictures: the network would make them small again by itself
LARGER = "tk.load_task(..., image_size={0}) with tk.Backbone(..., size={0})"
PENALTIES = (0.001, 0.01, 0.1, 1.0)  # C of scikit-learn: the best one counts
CLEAR = 0.2  # how much better a smaller backbone's head must be to be preferred
# Measured (docs/suggest.json): what each way gained in accuracy over a linear probe,
# mean over targets; and the points that a choice loses to the best of all candidates,
# with a 95 % interval over targets. The gains behind it came from other targets only.
GAINS = {"probe": 0.0, "last block": 0.036, "all layers": 0.088}
TARGETS = 14
LOST = {
    "any time": {
        "this": "1.5 [0.5, 2.5]",
        "default": "6.3 [3.0, 9.6]",
        "largest": "1.5 [0.5, 2.5]",
    },
    "short": {
        "this": "0.6 [0.0, 1.2]",
        "default": "9.9 [5.4, 14.4]",
        "largest": "3.6 [0.0, 7.2]",
    },
}


@dataclass(frozen=True)
class Head:
    """A linear head on the features of a backbone, cross-validated.

    Attributes:
        accuracy: 0 to 1.
        loss: mean cross-entropy.
    """

    accuracy: float
    loss: float


def known(backbone: Backbone, task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels of training and validation pictures, at most 500 in all.

    Args:
        backbone: gives the features.
        task: a task with classes. Each class keeps its share.

    Returns:
        float32 (n, features), and int (n,).
    """
    splits = (task.train, task.validation)
    labels = np.concatenate([np.asarray(split.labels) for split in splits])
    x = np.concatenate(
        [
            np.asarray(activations(backbone, split.images, "features"))
            for split in splits
        ]
    )
    rows = np.sort(in_shares(labels, 0)[:PICTURES])
    return x[rows].astype("float32"), labels[rows]


def head(backbone: Backbone, task: Task) -> Head:
    """How well a linear head on a backbone's features does on pictures that it has not
    learnt: logistic regression, cross-validated; of four penalties the best one.

    Args:
        backbone: gives the features.
        task: with at least 2 training and validation labels in each class.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, labels = known(backbone, task)
    folds = StratifiedKFold(
        min(FOLDS, int(np.bincount(labels).min())), shuffle=True, random_state=0
    )
    found = []
    for penalty in PENALTIES:
        model = make_pipeline(
            StandardScaler(), LogisticRegression(C=penalty, max_iter=500)
        )
        shares = cross_val_predict(model, x, labels, cv=folds, method="predict_proba")
        right = float((shares.argmax(axis=1) == labels).mean())
        found.append(Head(right, float(log_loss(labels, shares))))
    return min(found, key=lambda one: one.loss)


def settings(way: str, backbone: Backbone) -> dict[str, Any]:
    """Arguments of the recipe for a way of training; none for a probe.

    Args:
        way: "probe", "last block" or "all layers".
        backbone: gives the name of its last block.
    """
    if way == "probe":
        return {}
    lowest = "all" if way == "all layers" else list(backbone.network.blocks)[-1]
    return {"rate": RATE, "unfreeze": lowest}


def seconds(way: str, backbone: Backbone, costs: Costs) -> float:
    """Seconds that a way of training takes at most.

    Args:
        way: "probe", "last block" or "all layers".
        backbone: gives the name of its last block.
        costs: what trainings cost here.
    """
    probe = costs.probe(len(costs.task.train))
    given = settings(way, backbone)
    return probe + (training(TUNE, costs, given["unfreeze"]) if given else 0.0)


@dataclass(frozen=True)
class Candidate:
    """A backbone with a recipe, and what is known of them before training.

    Attributes:
        backbone: the layers to start from.
        way: "probe", "last block" or "all layers": what is trained.
        head: accuracy of a linear head on the features, cross-validated, 0 to 1.
        seconds: that the training takes here at most.
    """

    backbone: Backbone
    way: str
    head: float
    seconds: float

    @property
    def recipe(self) -> str:
        """Its name in ``tk.recipes.RECIPES``."""
        return "probe" if self.way == "probe" else "lp_ft"

    @property
    def settings(self) -> dict[str, Any]:
        """Arguments of the recipe."""
        return settings(self.way, self.backbone)

    @property
    def expected(self) -> float:
        """The head's accuracy, and what the way gained over a linear probe on other
        tasks. It ranks candidates; it is no promise.
        """
        return self.head + GAINS[self.way]

    @property
    def bytes(self) -> int:
        """Size of the backbone's weights file."""
        file = self.backbone.weights_file
        return file.stat().st_size if file else 0

    @property
    def what(self) -> str:
        """ "lp_ft of all layers"."""
        if self.way == "probe":
            return "a linear probe"
        return f"lp_ft of {self.way.replace('last', 'the last')}"

    @property
    def on(self) -> str:
        """ "letters", or "letters at 64 px"."""
        size = "" if self.backbone.size == 32 else f" at {self.backbone.size} px"
        return self.backbone.name + size

    def __str__(self) -> str:
        return f"{self.what}, {self.on} (at most {self.seconds:.0f} s here)"

    def train(self, task: Task, *, seed: int = 0, **changes) -> Run:
        """Train it.

        Args:
            task: the target task.
            seed: of shuffling.
            **changes: arguments of the recipe to set differently.
        """
        train = RECIPES[self.recipe].train
        return train(self.backbone, task, seed=seed, **{**self.settings, **changes})


@dataclass(frozen=True, repr=False)
class Choice:
    """What to train first, and what was left; prints as a few lines.

    Attributes:
        best: the candidate to start with.
        others: the other candidates that fit into the budget, best first.
        too_long: those that do not, best first.
        first: what is taken if there is time for it, see ``favourite``.
        budget: seconds for the training, or None.
        larger: which size of pictures to try, where the files hold more pixels than are
            used (``Task.larger``); or empty.
    """

    best: Candidate
    others: tuple[Candidate, ...]
    too_long: tuple[Candidate, ...]
    first: Candidate
    budget: float | None = None
    larger: str = ""

    @property
    def why(self) -> str:
        """The reason, in a sentence or two."""
        best, clear = self.best, f"{100 * CLEAR:.0f} points"
        if best != self.first:
            return (
                f"of what fits into {self.budget:.0f} s, it has the highest sum of two "
                f"numbers: a linear head on {best.on} names {best.head:.0%} of the "
                f"known pictures rightly, and {best.what} gained "
                f"{GAINS[best.way]:.3f} over a probe on {TARGETS} other tasks"
            )
        rest = (*self.others, *self.too_long)
        if any(one.bytes > best.bytes for one in rest):
            return (
                f"a linear head on {best.on} names {best.head:.0%} of the known "
                f"pictures rightly, {clear} or more above the largest backbone's"
            )
        return (
            "there is time for all layers of the largest backbone, and no other one's "
            f"linear head names {clear} more of the known pictures rightly than its "
            f"{best.head:.0%}"
        )

    @property
    def how_good(self) -> str:
        """What such choices lost on other tasks, and what simple rules lost there."""
        if self.best == self.first:
            time, lost = "with time for everything", LOST["any time"]
            simple = "which no rule that was tried beats, "
        else:
            time, lost, simple = "in a short time", LOST["short"], ""
        return (
            f"On {TARGETS} other tasks, such a choice {time} lost {lost['this']} "
            "points to the best of all candidates. Always the largest backbone, "
            f"{simple}lost {lost['largest']}, always {DEFAULT} {lost['default']} "
            "(docs/suggest.md)"
        )

    def train(self, task: Task, *, seed: int = 0, **changes) -> Run:
        """Train the best candidate; see ``Candidate.train``."""
        return self.best.train(task, seed=seed, **changes)

    def __repr__(self) -> str:
        lines = [f"try {self.best}: {self.why}.", f"{self.how_good}."]
        if self.others:
            lines.append("Also fits:")
        for one in self.others:
            lines.append(f"  {one}: head {one.head:.0%}, gain {GAINS[one.way]:.3f}")
        if self.too_long:
            lines.append(f"Takes longer than {self.budget:.0f} s:")
        for one in self.too_long:
            lines.append(f"  {one}: head {one.head:.0%}, gain {GAINS[one.way]:.3f}")
        if self.larger:
            lines.append(f"Pixels: {self.larger}")
        return "\n".join(lines)


def choose(
    backbones: Sequence[Backbone], task: Task, budget: str | float | None = None
) -> Choice:
    """All layers of the largest backbone, if there is time; else what promises most.

    A smaller backbone is preferred if the linear head on it is clearly better. Pictures
    with more pixels than a backbone is made for give a further candidate: the same
    backbone at the size of the pictures; no measurement is about those. The first time,
    this machine's speed is measured with each backbone (5 to 30 seconds), which the
    budget does not contain.

    Args:
        backbones: pretrained; at least one.
        task: a task with classes, with at least 2 training and validation labels in
            each. Its test split is only counted, because predictions take time.
        budget: for the training: "90 s", "2 min", "1 h" or seconds; None: any time.

    Raises:
        ValueError: no backbone, random weights, a task that asks for a number, too few
            labels in a class, or a budget that is no time or too short for everything.
    """
    _check(backbones, task)
    limit = None if budget is None else as_seconds(budget)
    found = []
    for backbone in in_sizes(backbones, task):
        costs = Costs(speed.measure(backbone, task.image_shape, "float32"), task)
        accuracy = head(backbone, task).accuracy
        found += [
            Candidate(backbone, way, accuracy, seconds(way, backbone, costs))
            for way in GAINS
        ]
    fits = [one for one in found if limit is None or one.seconds <= limit]
    if limit is not None and not fits:
        raise ValueError(_too_short(limit, found, task))
    first = favourite(found)
    best = first if first in fits else max(fits, key=lambda one: one.expected)
    ranked = sorted(found, key=lambda one: one.expected, reverse=True)
    return Choice(
        best,
        tuple(one for one in ranked if one in fits and one != best),
        tuple(one for one in ranked if one not in fits),
        first,
        limit,
        task.larger(LARGER),
    )


def favourite(found: Sequence[Candidate]) -> Candidate:
    """What is trained if there is time for it: all layers of the largest backbone.

    Only if the head on another one is better by ``CLEAR`` or more, that one is taken.

    Args:
        found: all candidates, of one backbone or several.
    """
    whole = [one for one in found if one.way == "all layers"]
    largest = max(whole, key=lambda one: one.bytes)
    ahead = max(whole, key=lambda one: one.head)
    return ahead if ahead.head - largest.head >= CLEAR else largest


def _too_short(limit: float, found: Sequence[Candidate], task: Task) -> str:
    """What is said where nothing fits."""
    least = min(found, key=lambda one: one.seconds)
    return (
        f"budget of {limit:.0f} s: expected at least {ceil(least.seconds)} s, which "
        f"{least.what} of {least.on} takes here at most with {len(task.train):,} "
        f"training and {len(task.test):,} test pictures. Next: give more time, a "
        "smaller backbone, or fewer pictures"
    )


def in_sizes(backbones: Sequence[Backbone], task: Task) -> list[Backbone]:
    """The backbones, and each again at the size of larger pictures.

    Args:
        backbones: as they are given.
        task: gives the height and width of the pictures.
    """
    found = []
    for backbone in backbones:
        found.append(backbone)
        edge = min(*task.image_shape[:2], backbone.network.sizes[1])
        if edge > backbone.size:
            found.append(replace(backbone, size=edge))
    return list(dict.fromkeys(found))  # each once


def _check(backbones: Sequence[Backbone], task: Task) -> None:
    """Raise ValueError for what cannot be ranked."""
    untrained = [one.name for one in backbones if one.weights is None]
    if not backbones or untrained:
        raise ValueError(
            "expected one pretrained backbone or several, got "
            f'{", ".join(untrained) or "none"}: give [tk.Backbone("letters"), …]'
        )
    if task.is_regression:
        raise ValueError(
            f"expected a task with classes, got {task.name}, which asks for a number: "
            "train tk.linear_probe and tk.lp_ft, and compare them on validation"
        )
    labels = np.concatenate([task.train.labels, task.validation.labels])
    counts = np.bincount(labels, minlength=len(task.classes))
    if len(task.classes) < 2 or counts.min() < 2:
        raise ValueError(
            "expected two classes or more, each with at least 2 training and "
            f"validation labels, got {len(task.classes)} classes, the rarest with "
            f"{counts.min()}: label more pictures, or load_task(..., "
            "labels_per_class=2) or more"
        )
