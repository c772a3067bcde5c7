"""Scores with honest intervals, on plain arrays: nothing here knows about models or
tasks.

All intervals are 95 % intervals. Each accounts only for the variation named here:

- `wilson`, `paired_difference` of arrays (n,): other test images; the trained models
  stay as they are.
- `crossed`, `paired_difference` of arrays (draws, n): other draws of the labels, other
  trainings **and** other test images. This is the one for a recipe.
- `over_seeds`: whatever made the numbers differ. For scores on one test split: other
  draws and trainings, but the same test images. So it is too narrow for new images.
- `resampled`: scores from repeated splits of one pool of images.
- `one_more`: where a single further value should lie, not a mean.
- `by_groups`: images that belong together, such as several of one background.

To compare many differences, correct their p-values with `holm`. Notebook 07 shows why.
"""

from collections.abc import Hashable, Mapping, Sequence
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
        """Whether the value lies outside. If the interval of a difference excludes 0,
        the difference is more than chance.
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
    return _wilson(float(correct.mean()), len(_numbers("correct", correct)), Z)


def over_seeds(
    values: Sequence[float] | np.ndarray, bounds: tuple[float, float] = (-inf, inf)
) -> Interval:
    """Mean of one number per seed, float (seeds,), by Student's t (1908,
    doi:10.2307/2331554).

    The interval is cut at ``bounds``: what is possible, such as (0, 1) for an accuracy.
    Raises ValueError for fewer than two values, because their spread is unknown.
    """
    numbers = _several("values", values)
    error = numbers.std(ddof=1) / sqrt(len(numbers))
    return _around(numbers.mean(), error, len(numbers) - 1, bounds)


def one_more(
    values: Sequence[float] | np.ndarray, bounds: tuple[float, float] = (-inf, inf)
) -> Interval:
    """Where one more value of this kind should lie: a 95 % prediction interval.

    Use it to compare one run of your own with several stored ones. The interval of
    their mean, `over_seeds`, is too narrow for that, because a single run varies more.

    Args:
        values: one number per seed, float (n,), n >= 2, from a normal distribution.
        bounds: what is possible; the interval is cut there.

    Raises:
        ValueError: fewer than two values, or numbers that are not finite.
    """
    numbers = _several("values", values)
    error = numbers.std(ddof=1) * sqrt(1 + 1 / len(numbers))
    return _around(numbers.mean(), error, len(numbers) - 1, bounds)


def crossed(values: np.ndarray, bounds: tuple[float, float] = (-inf, inf)) -> Interval:
    """A recipe's mean score, for other draws of labels **and** other test images.

    All draws were scored on the same images. So there are two kinds of luck: the draws
    and the images. More draws reduce only the first. The variance of the mean has a
    part for each. The degrees of freedom are from Hillis (2007, doi:10.1002/sim.2532),
    for doctors who all judge the same images.

    Args:
        values: bool (draws, n), what each draw's model got right; or float, its errors
            or the differences of two models.
        bounds: what is possible; the interval is cut there.

    Raises:
        ValueError: fewer than two draws or images, or numbers that are not finite.
    """
    values = np.asarray(values)
    if values.ndim != 2 or min(values.shape) < 2 or not np.isfinite(values).all():
        raise ValueError(
            f"expected finite (draws, images), at least 2 of each, got {values.shape}: "
            "stack what several draws got right on the same test split"
        )
    if values.dtype == bool and (values == values[0]).all():
        return wilson(values[0])  # draws that all agree tell nothing of each other
    x = values.astype("float64")
    draws, images = x.shape
    of_draws, of_images, mean = x.mean(axis=1), x.mean(axis=0), x.mean()
    rest = x - of_draws[:, None] - of_images + mean
    by_draws = images * of_draws.var(ddof=1)
    by_both = (rest**2).sum() / ((draws - 1) * (images - 1))
    by_images = max(0.0, draws * of_images.var(ddof=1) - by_both)
    freedom = inf
    if by_draws:
        freedom = (draws - 1) * ((by_draws + by_images) / by_draws) ** 2
    both = sqrt((by_draws + by_images) / x.size), freedom
    # draws or images that agree by chance must not make it narrower than `over_seeds`
    # would be, nor than as many single answers would
    draws_alone = sqrt(by_draws / x.size), draws - 1
    answers = sqrt(by_both / x.size), (draws - 1) * (images - 1)
    kinds_of_luck = (both, draws_alone, answers)
    error, freedom = max(kinds_of_luck, key=lambda luck: luck[0] * _t(luck[1]))
    if values.dtype == bool:
        return _share(mean, error, freedom)
    return _around(mean, error, freedom, bounds)


def resampled(
    values: Sequence[float] | np.ndarray, trained_on: int, scored_on: int
) -> Interval:
    """Mean over repeated splits of one pool, such as the folds of a cross-validation.

    The splits share their images, so their scores are not independent. The variance
    gets a part for that (Nadeau & Bengio 2003, doi:10.1023/A:1024068626366). The mean
    is about a model trained on `trained_on` images, not on the whole pool.

    Args:
        values: one score, or one difference of two models, for each split: float (n,),
            n >= 2.
        trained_on, scored_on: how many images each split trains on and is scored on.

    Raises:
        ValueError: fewer than two splits, numbers that are not finite, or no images.
    """
    numbers = _several("values", values)
    return _around(*_resampled(numbers, trained_on, scored_on), len(numbers) - 1)


def p_value(
    values: Sequence[float] | np.ndarray, trained_on: int, scored_on: int
) -> float:
    """Probability of differences this large if there is no true difference: two-sided,
    by the t test that belongs to `resampled`. Same arguments as there.
    """
    from scipy.stats import t

    numbers = _several("values", values)
    mean, error = _resampled(numbers, trained_on, scored_on)
    if not error:
        return 0.0 if mean else 1.0
    return float(2 * t.sf(abs(mean) / error, len(numbers) - 1))


def by_groups(values: np.ndarray, groups: Sequence[Hashable]) -> Interval:
    """Mean over images in groups, such as several images of one background.

    Each group counts as one measurement, the mean of its images. So the interval is
    about other groups of this kind.

    Args:
        values: bool or float (n,): right or wrong, or a difference.
        groups: (n,), to which group each image belongs.

    Raises:
        ValueError: not one group for each value, or fewer than two different ones.
    """
    numbers = _numbers("values", values)
    of = np.asarray(groups)
    if len(groups) != len(numbers):
        raise ValueError(
            f"expected a group for each value, got {len(groups)} for {len(numbers)}"
        )
    means = np.array([numbers[of == group].mean() for group in np.unique(of)])
    if len(means) < 2:
        raise ValueError(
            f"expected at least 2 groups, got {len(means)}: how much groups vary is "
            "unknown without a second one"
        )
    error, freedom = means.std(ddof=1) / sqrt(len(means)), len(means) - 1
    if np.asarray(values).dtype != bool:
        return _around(means.mean(), error, freedom)
    if not error:  # as if each group were one answer
        return _wilson(float(means.mean()), len(means), Z)
    return _share(means.mean(), error, freedom)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p-values of several comparisons, corrected for their number.

    With twenty comparisons of equal models, one in twenty is below 0.05 by chance. So
    the smallest of m p-values is multiplied by m, the next one by m - 1, and so on;
    none becomes smaller than the one before it. With a probability of at least 0.95,
    all statements "below 0.05" are then true (Holm 1979,
    https://www.jstor.org/stable/4615733).
    """
    adjusted, least = {}, 0.0
    for place, name in enumerate(sorted(p_values, key=p_values.__getitem__)):
        least = max(least, (len(p_values) - place) * p_values[name])
        adjusted[name] = min(1.0, least)
    return {name: adjusted[name] for name in p_values}


def accuracy(labels: np.ndarray, predicted: np.ndarray) -> Interval:
    """Share of images whose predicted class is the true one; both int (n,)."""
    return wilson(np.equal(*_both(labels, predicted, inf)))


def mean_absolute_error(labels: np.ndarray, predicted: np.ndarray) -> Interval:
    """Mean absolute error of predicted numbers, with a t interval; `labels` and
    `predicted` are float (n,), n >= 2.
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
        if row["support"]:
            row["interval"] = wilson(predicted[labels == i] == i)
        else:
            row["interval"] = Interval(nan, 0.0, 1.0)
    return rows


def paired_difference(a: np.ndarray, b: np.ndarray) -> Interval:
    """Accuracy of `a` minus accuracy of `b` on the same images: far more precise than
    comparing two separate intervals.

    One run each, (n,): Bonett & Price 2012 (doi:10.3102/1076998611411915), which counts
    the images that only one of the two got right. Several draws, (draws, n): `crossed`,
    about other draws and other images.

    Args:
        a, b: bool (n,) or (draws, n), what each got right; or float likewise, absolute
            errors of numbers.
    """
    a, b = np.asarray(a), np.asarray(b)
    alike = a.shape == b.shape and a.dtype.kind == b.dtype.kind
    if not alike or a.dtype.kind not in "bf" or a.ndim not in (1, 2) or not a.size:
        got = f"{a.dtype} {a.shape} and {b.dtype} {b.shape}"
        raise ValueError(
            f"expected two bool (n,) or (draws, n), got {got}: score both on one test "
            "split"
        )
    if a.ndim == 2 and len(a) == 1:
        a, b = a[0], b[0]
    if a.ndim == 2 or a.dtype != bool:
        differences = np.subtract(a, b, dtype="float64")
        bounds = (-1, 1) if a.dtype == bool else (-inf, inf)
        return crossed(differences, bounds) if a.ndim == 2 else over_seeds(differences)
    n, only_a, only_b = len(a), int(np.sum(a & ~b)), int(np.sum(b & ~a))
    p, q = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    half = Z * sqrt((p + q - (p - q) ** 2) / (n + 2))
    return Interval(
        (only_a - only_b) / n, max(-1.0, p - q - half), min(1.0, p - q + half)
    )


def _wilson(p: float, n: float, z: float) -> Interval:
    """Wilson's interval of a share p of n answers, z standard errors to either side."""
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return Interval(p, max(0.0, min(p, centre - half)), min(1.0, max(p, centre + half)))


def _share(p: float, error: float, freedom: float) -> Interval:
    """Wilson's interval of a share whose standard error is known: of as many
    independent answers as would have this error.
    """
    p = float(p)
    return _wilson(p, p * (1 - p) / error**2, _t(freedom))


def _t(freedom: float) -> float:
    """97.5 % of Student's t distribution lie below."""
    from scipy.stats import t

    return float(t.ppf(0.975, freedom))


def _around(
    mean: float,
    error: float,
    freedom: float,
    bounds: tuple[float, float] = (-inf, inf),
) -> Interval:
    """Student's t interval around a mean, cut at what is possible."""
    half = _t(freedom) * error
    low, high = max(bounds[0], mean - half), min(bounds[1], mean + half)
    return Interval(float(mean), float(low), float(high))


def _resampled(numbers, trained_on: int, scored_on: int) -> tuple[float, float]:
    """Mean and corrected standard error."""
    if trained_on < 1 or scored_on < 1:
        raise ValueError(
            "expected how many images each split trains on and is scored on, got "
            f"{trained_on} and {scored_on}"
        )
    share = 1 / len(numbers) + scored_on / trained_on
    return float(numbers.mean()), float(numbers.std(ddof=1) * sqrt(share))


def _several(name: str, values) -> np.ndarray:
    """Finite numbers (n,), n >= 2."""
    numbers = _numbers(name, values)
    if len(numbers) < 2:
        raise ValueError(
            "expected at least 2 values, got 1: run a second seed, or use `wilson` "
            "for one run"
        )
    return numbers


def _numbers(name: str, values, n_classes: float | None = None) -> np.ndarray:
    """Finite numbers (n,), n >= 1; with n_classes, whole ones below it, as integers."""
    values = np.asarray(values)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        got = (
            f"shape {values.shape} with {values.size - np.isfinite(values).sum()} of "
            "them not finite"
        )
        raise ValueError(
            f"{name}: expected finite numbers (n,), got {got}: look at the outputs of "
            "the model"
        )
    if not n_classes:
        return values.astype("float64")
    if (values % 1).any() or values.min() < 0 or values.max() >= n_classes:
        raise ValueError(
            f"{name}: expected whole numbers from 0, below {n_classes}, got "
            f"{values.min():g} to {values.max():g}: pass classes, or "
            "logits.argmax(axis=1)"
        )
    return values.astype("int64")


def _both(
    labels, predicted, n_classes: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Labels and predictions as ``_numbers`` gives them: one for each image."""
    if len(labels) != len(predicted):
        got = f"{len(predicted)} predictions for {len(labels)} labels"
        raise ValueError(
            f"expected one prediction per label, got {got}: take both from one split"
        )
    return (
        _numbers("labels", labels, n_classes),
        _numbers("predicted", predicted, n_classes),
    )
