"""Scores with honest intervals, on plain arrays: nothing here knows about models or
tasks.

Every interval is a 95 % interval, and each covers what varied, and no more. The
interval of one trained model is about other test images: the model stays as it is. That
of several seeds on one test split is about other labels and other trainings: the images
stay as they are, so it is too narrow for a recipe on new images. Notebook 07 takes both
apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan, sqrt
from typing import Any

import numpy as np

Z = 1.959963984540054  # 97.5 % of a standard normal variable lie below


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval; prints as ``0.823 [0.806, 0.839]``."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"

    def excludes(self, value: float) -> bool:
        """Whether the value lies outside: a difference that excludes 0 is more than
        chance.
        """
        return not self.low <= value <= self.high


def wilson(correct: np.ndarray) -> Interval:
    """Share of ``True`` among independent answers, bool (n,) (Wilson 1927,
    doi:10.2307/2276774).
    """
    correct = np.asarray(correct)
    if correct.dtype != bool:
        raise ValueError(
            f"correct: expected bool (n,), got {correct.dtype}: pass `labels == "
            "predicted`"
        )
    n, p = len(_numbers("correct", correct)), float(correct.mean())
    centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return Interval(p, max(0.0, min(p, centre - half)), min(1.0, max(p, centre + half)))


def over_seeds(
    values: Sequence[float] | np.ndarray, bounds: tuple[float, float] = (-inf, inf)
) -> Interval:
    """Mean of one number per seed, float (seeds,), by Student's t (1908,
    doi:10.2307/2331554).

    The interval is cut at ``bounds``: what is possible, such as (0, 1) for an accuracy.
    Raises ValueError for fewer than two values, because their spread is unknown.
    """
    from scipy.stats import t

    numbers = _numbers("values", values)
    if len(numbers) < 2:
        raise ValueError(
            "expected at least 2 values, got 1: run a second seed, or use `wilson` "
            "for one run"
        )
    mean = float(numbers.mean())
    half = float(
        t.ppf(0.975, len(numbers) - 1) * numbers.std(ddof=1) / sqrt(len(numbers))
    )
    return Interval(mean, max(bounds[0], mean - half), min(bounds[1], mean + half))


def accuracy(labels: np.ndarray, predicted: np.ndarray) -> Interval:
    """Share of images whose predicted class is the true one; both int (n,)."""
    return wilson(np.equal(*_both(labels, predicted, inf)))


def mean_absolute_error(labels: np.ndarray, predicted: np.ndarray) -> Interval:
    """How far off predicted numbers are on average, with a mean's t interval; both
    float (n,), n >= 2.
    """
    return over_seeds(np.abs(np.subtract(*_both(labels, predicted))), bounds=(0, inf))


def confusion(labels: np.ndarray, predicted: np.ndarray, n_classes: int) -> np.ndarray:
    """How often class i was taken for class j: int64 (n_classes, n_classes), row i,
    column j.
    """
    from sklearn.metrics import confusion_matrix

    return confusion_matrix(
        *_both(labels, predicted, n_classes), labels=np.arange(n_classes)
    )


def per_class(
    labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]
) -> list[dict[str, Any]]:
    """One row for each class, ready for ``pandas.DataFrame``; labels and predicted are
    int (n,).

    Returns:
        dicts with ``class``; ``precision``, ``recall`` and ``f1`` (nan where undefined:
        no image of the class, or never predicted); ``support``, the number of images;
        ``interval``, that of the recall.
    """
    from sklearn.metrics import precision_recall_fscore_support

    labels, predicted = _both(labels, predicted, len(classes))
    every = np.arange(len(classes))
    scores = precision_recall_fscore_support(
        labels, predicted, labels=every, zero_division=nan
    )
    names = ("class", "precision", "recall", "f1", "support")
    rows = [
        dict[str, Any](zip(names, row, strict=True))
        for row in zip(classes, *scores, strict=True)
    ]
    for i, row in enumerate(rows):
        row["interval"] = (
            wilson(predicted[labels == i] == i)
            if row["support"]
            else Interval(nan, 0.0, 1.0)
        )
    return rows


def paired_difference(a: np.ndarray, b: np.ndarray) -> Interval:
    """Accuracy of a minus that of b on the same images; far narrower than comparing two
    separate intervals.

    One run each, (n,): Bonett & Price 2012 (doi:10.3102/1076998611411915), which counts
    the images that only one of the two got right. Several seeds, (seeds, n): the t
    interval over the differences per seed.

    Args:
        a, b: bool (n,) or (seeds, n), what each got right; or float likewise, absolute
            errors of numbers.
    """
    a, b = np.asarray(a), np.asarray(b)
    alike = a.shape == b.shape and a.dtype.kind == b.dtype.kind
    if not alike or a.dtype.kind not in "bf" or a.ndim not in (1, 2) or not a.size:
        got = f"{a.dtype} {a.shape} and {b.dtype} {b.shape}"
        raise ValueError(
            f"expected two bool (n,) or (seeds, n), got {got}: score both on one test "
            "split"
        )
    if a.ndim == 2 and len(a) == 1:
        a, b = a[0], b[0]
    if a.ndim == 2 or a.dtype != bool:
        differences = np.subtract(a, b, dtype="float64")
        return over_seeds(differences.mean(axis=1) if a.ndim == 2 else differences)
    n, only_a, only_b = len(a), int(np.sum(a & ~b)), int(np.sum(b & ~a))
    p, q = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    half = Z * sqrt((p + q - (p - q) ** 2) / (n + 2))
    return Interval(
        (only_a - only_b) / n, max(-1.0, p - q - half), min(1.0, p - q + half)
    )


def _numbers(name: str, values, n_classes: float | None = None) -> np.ndarray:
    """Finite numbers (n,), n >= 1; with n_classes, whole ones below it, as integers."""
    values = np.asarray(values)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        got = (
            f"shape {values.shape} with {values.size - np.isfinite(values).sum()} of "
            "them not finite"
        )
        raise ValueError(
            f"{name}: expected finite numbers (n,), got {got}: look at what the model "
            "put out"
        )
    if n_classes and (
        (values % 1).any() or values.min() < 0 or values.max() >= n_classes
    ):
        wanted, got = (
            f"whole numbers from 0, below {n_classes}",
            f"{values.min():g} to {values.max():g}",
        )
        raise ValueError(
            f"{name}: expected {wanted}, got {got}: pass classes, or "
            "logits.argmax(axis=1)"
        )
    return values.astype("int64" if n_classes else "float64")


def _both(
    labels, predicted, n_classes: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    if len(labels) != len(predicted):
        got = f"{len(predicted)} predictions for {len(labels)} labels"
        raise ValueError(
            f"expected as many of each, got {got}: take both from the same split"
        )
    return _numbers("labels", labels, n_classes), _numbers(
        "predicted", predicted, n_classes
    )
