"""Which backbone, recipe and size of picture to start with, within a given time.

A candidate is a backbone with a recipe. What it may reach is told by a linear head on
the backbone's features, cross-validated on the training and validation pictures, and by
what the recipe gained over a linear probe on other tasks. No network is trained, and
the test split is not looked at.

``tests/bench`` (part "suggest", docs/suggest.md) left whole tasks out and measured what
this choice loses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np

from . import speed
from .backbone import Backbone
from .evaluate import paired_difference
from .features import activations
from .recipes import RECIPES, TUNE
from .recipes.budget import Costs, as_seconds, training
from .recipes.choose import LAST_BLOCK
from .tasks import Task, in_shares
from .training import Run

RATE = TUNE.rate * LAST_BLOCK  # step size of both kinds of fine-tuning
PICTURES = 500  # looked at, at most
FOLDS = 5
# how to ask for larger pictures: the network would make them small again by itself
LARGER = "tk.load_task(..., image_size={0}) with tk.Backbone(..., size={0})"
PENALTIES = (0.001, 0.01, 0.1, 1.0)  # C of scikit-learn: the best one counts
# What each way gained over a linear probe, in accuracy: mean over the tasks of
# docs/suggest.json.
GAINS = {"probe": 0.0, "last block": 0.0, "all layers": 0.0}
TARGETS = 14  # tasks of docs/suggest.md
HOW_GOOD = ""


@dataclass(frozen=True, eq=False)
class Head:
    """A linear head on the features of a backbone, cross-validated.

    Attributes:
        right: which of the known pictures it names rightly, bool (n,).
        loss: mean cross-entropy.
    """

    right: np.ndarray
    loss: float

    @property
    def accuracy(self) -> float:
        """0 to 1."""
        return float(self.right.mean())


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
        right = shares.argmax(axis=1) == labels
        found.append(Head(right, float(log_loss(labels, shares))))
    return min(found, key=lambda one: one.loss)


def worth(heads: Mapping[str, np.ndarray], first: str) -> dict[str, float]:
    """The accuracy of each head; that of the first one where no difference is shown.

    Args:
        heads: backbone -> which of the same pictures it names rightly, bool (n,).
        first: the backbone that the others are compared with, by the 95 % interval of
            the paired difference.
    """
    found = {}
    for name, right in heads.items():
        more = paired_difference(right, heads[first])
        same = name == first or not more.excludes(0)
        found[name] = float(np.mean(heads[first] if same else right))
    return found


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
        """By what the candidates are ranked: the head's accuracy, and what the way
        gained over a linear probe on other tasks.
        """
        return self.head + GAINS[self.way]

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
        budget: seconds for the training, or None.
        larger: which size of pictures to try, where the files hold more pixels than are
            used (``Task.larger``); or empty.
    """

    best: Candidate
    others: tuple[Candidate, ...]
    too_long: tuple[Candidate, ...]
    budget: float | None = None
    larger: str = ""

    @property
    def why(self) -> str:
        """What speaks for the best one, and how often that errs."""
        best = self.best
        words = (
            f"a linear head on {best.on} names {best.head:.0%} of the known pictures "
            "rightly (cross-validated)"
        )
        if gain := GAINS[best.way]:
            words += (
                f", and {best.what} gained {gain:.3f} over a linear probe on "
                f"{TARGETS} other tasks"
            )
        return f"{words}. {HOW_GOOD}"

    def train(self, task: Task, *, seed: int = 0, **changes) -> Run:
        """Train the best candidate; see ``Candidate.train``."""
        return self.best.train(task, seed=seed, **changes)

    def __repr__(self) -> str:
        lines = [f"try {self.best}: {self.why}"]
        if self.others:
            lines.append("also fit, but are expected to reach less:")
        for one in self.others:
            less = self.best.expected - one.expected
            lines.append(f"  {one}: {less:.3f} less")
        for one in self.too_long:
            lines.append(f"  {one}: more than the budget of {self.budget:.0f} s")
        if self.larger:
            lines.append(f"Pixels: {self.larger}")
        return "\n".join(lines)


def choose(
    backbones: Sequence[Backbone], task: Task, budget: str | float | None = None
) -> Choice:
    """Rank all backbones in all ways, and take the best that fits into the budget.

    Pictures with more pixels than a backbone is made for give a further candidate: the
    same backbone at the size of the pictures. The first time, this machine's speed is
    measured with each backbone (5 to 30 seconds), which the budget does not contain.

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
    found.sort(key=lambda one: one.expected, reverse=True)
    fits = [one for one in found if limit is None or one.seconds <= limit]
    if not fits:
        least = min(found, key=lambda one: one.seconds)
        raise ValueError(
            f"budget of {limit:.0f} s: expected at least {ceil(least.seconds)} s, "
            f"which {least.what} of {least.on} takes here at most with "
            f"{len(task.train):,} training and {len(task.test):,} test pictures. Next: "
            "give more time, a smaller backbone, or fewer pictures"
        )
    rest = tuple(one for one in found if one not in fits)
    return Choice(fits[0], tuple(fits[1:]), rest, limit, task.larger(LARGER))


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
    return found


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
