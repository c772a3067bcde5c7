"""The scores agree with scikit-learn, SciPy and the literature, and the intervals cover
what they promise.
"""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from tlkit import evaluate
from tlkit.evaluate import Interval


def bits(right, n):
    return np.arange(n) < right


def test_interval_prints_short_and_excludes_only_what_lies_outside():
    interval = Interval(0.8234, 0.8061, 0.8389)
    assert str(interval) == "0.823 [0.806, 0.839]"
    assert interval.excludes(0) and interval.excludes(0.84)
    assert not interval.excludes(0.8061) and not interval.excludes(0.83)


@pytest.mark.parametrize(
    "right, n", [(0, 1), (1, 1), (0, 30), (30, 30), (189, 192), (823, 1000)]
)
def test_wilson_equals_scipys(right, n):
    expected = stats.binomtest(right, n).proportion_ci(0.95, method="wilson")
    found = evaluate.wilson(bits(right, n))
    assert found.mean == right / n
    np.testing.assert_allclose(
        [found.low, found.high], [expected.low, expected.high], atol=1e-12
    )


def test_98_percent_on_192_images_may_be_95_percent():
    found = evaluate.wilson(bits(189, 192))
    assert (round(found.low, 3), round(found.high, 3)) == (0.955, 0.995)


def test_over_seeds_is_students_t_and_is_cut_at_what_is_possible():
    values = [0.91, 0.99, 0.97]
    low, high = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    found = evaluate.over_seeds(values)
    np.testing.assert_allclose(
        [found.mean, found.low, found.high], [np.mean(values), low, high]
    )
    assert found.high > 1 and evaluate.over_seeds(values, bounds=(0, 1)).high == 1


def test_over_seeds_refuses_a_single_seed():
    with pytest.raises(ValueError, match="at least 2 values, got 1: run a second seed"):
        evaluate.over_seeds([0.9])


def test_accuracy_is_scikit_learns_with_wilsons_interval():
    labels, predicted = np.array([0, 1, 2, 2, 1]), np.array([0, 2, 2, 2, 1])
    assert evaluate.accuracy(labels, predicted) == evaluate.wilson(labels == predicted)
    assert evaluate.accuracy(labels, predicted).mean == metrics.accuracy_score(
        labels, predicted
    )


def test_mean_absolute_error_is_scikit_learns_with_a_t_interval():
    rng = np.random.default_rng(0)
    labels = rng.uniform(-30, 30, 50).astype("float32")
    predicted = (labels + rng.normal(0, 5, 50)).astype("float32")
    found, errors = (
        evaluate.mean_absolute_error(labels, predicted),
        np.abs(labels - predicted),
    )
    assert found.mean == pytest.approx(
        metrics.mean_absolute_error(labels, predicted), rel=1e-5
    )
    expected = stats.ttest_1samp(errors, 0).confidence_interval(0.95)
    np.testing.assert_allclose(
        [found.low, found.high], [expected.low, expected.high], rtol=1e-5
    )


def test_confusion_has_true_classes_down_and_keeps_absent_classes():
    matrix = evaluate.confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 3)
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert matrix.dtype.kind == "i"


def test_per_class_scores_are_those_of_counting_by_hand():
    labels, predicted = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 0])
    zero, one, two = evaluate.per_class(labels, predicted, ["zero", "one", "two"])
    assert (zero["class"], zero["support"]) == ("zero", 3)
    assert (zero["precision"], zero["recall"], zero["f1"]) == pytest.approx(
        (2 / 3, 2 / 3, 2 / 3)
    )
    assert (one["precision"], one["recall"]) == pytest.approx((1 / 2, 1 / 2))
    assert zero["interval"] == evaluate.wilson(np.array([True, True, False]))
    assert (
        two["support"] == 0
        and np.isnan(two["recall"])
        and (two["interval"].low, two["interval"].high) == (0, 1)
    )


def test_paired_difference_of_one_run_is_bonett_and_prices():
    # 100 images: both right on 60, only a on 20, only b on 8. By hand: (21 - 9) / 102
    # -+ 1.96 * 0.0520...
    a, b = (
        bits(80, 100),
        np.r_[np.ones(60), np.zeros(20), np.ones(8), np.zeros(12)].astype(bool),
    )
    found = evaluate.paired_difference(a, b)
    p, q = 21 / 102, 9 / 102
    half = stats.norm.ppf(0.975) * np.sqrt((p + q - (p - q) ** 2) / 102)
    assert found.mean == pytest.approx(0.12)
    np.testing.assert_allclose([found.low, found.high], [p - q - half, p - q + half])
    assert found.excludes(0) and not evaluate.paired_difference(a, a).excludes(0)


def test_paired_difference_turns_round_with_its_arguments():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 300)) < 0.6
    there, back = evaluate.paired_difference(a, b), evaluate.paired_difference(b, a)
    assert (there.mean, there.low, there.high) == pytest.approx(
        (-back.mean, -back.high, -back.low)
    )


def test_paired_difference_of_several_seeds_is_a_paired_t_interval():
    rng = np.random.default_rng(0)
    a, b = rng.random((4, 200)) < 0.8, rng.random((4, 200)) < 0.6
    expected = stats.ttest_rel(a.mean(axis=1), b.mean(axis=1)).confidence_interval(0.95)
    found = evaluate.paired_difference(a, b)
    np.testing.assert_allclose([found.low, found.high], [expected.low, expected.high])
    assert evaluate.paired_difference(a[:1], b[:1]) == evaluate.paired_difference(
        a[0], b[0]
    )


def test_paired_difference_of_errors_is_a_paired_t_interval():
    a, b = np.random.default_rng(0).exponential(5, (2, 80))
    expected = stats.ttest_rel(a, b).confidence_interval(0.95)
    found = evaluate.paired_difference(a, b)
    np.testing.assert_allclose([found.low, found.high], [expected.low, expected.high])


def wilson_once(rng):
    return evaluate.wilson(rng.random(200) < 0.8), 0.8


def seeds_once(rng):
    return evaluate.over_seeds(rng.normal(0.8, 0.02, 3)), 0.8


def errors_once(rng):
    labels = np.zeros(200)
    return evaluate.mean_absolute_error(labels, rng.normal(0, 5, 200)), 5 * np.sqrt(
        2 / np.pi
    )


def paired_once(rng):
    easy = rng.random(
        200
    )  # the same images are easy for both, so their answers go together
    return evaluate.paired_difference(
        easy + rng.normal(0, 0.1, 200) < 0.8, easy + rng.normal(0, 0.1, 200) < 0.8
    ), 0


@pytest.mark.parametrize("once", [wilson_once, seeds_once, errors_once, paired_once])
def test_95_of_100_intervals_contain_the_true_value(once):
    rng = np.random.default_rng(0)
    inside = [
        not interval.excludes(truth)
        for interval, truth in (once(rng) for _ in range(2000))
    ]
    assert 0.93 <= np.mean(inside) <= 0.97


@pytest.mark.parametrize(
    "labels, predicted, message",
    [
        ([0, 1], [0], "got 1 predictions for 2 labels: take both from the same split"),
        ([], [], r"expected finite numbers \(n,\), got shape \(0,\)"),
        (
            [0, 1],
            [0, np.nan],
            "predicted: .* 1 of them not finite: look at what the model put out",
        ),
        (
            [0, 1],
            [0, 0.5],
            r"predicted: expected whole numbers .* got 0 to 0.5: .*argmax",
        ),
        ([0, -1], [0, 1], "labels: expected whole numbers .* got -1 to 0"),
        ([0, 3], [0, 1], "labels: expected whole numbers from 0, below 3, got 0 to 3"),
        ([[0, 1]], [[0, 1]], r"got shape \(1, 2\)"),
    ],
)
def test_what_cannot_be_scored_is_named(labels, predicted, message):
    with pytest.raises(ValueError, match=message):
        evaluate.confusion(np.array(labels), np.array(predicted), 3)


def test_scores_of_something_else_are_refused():
    with pytest.raises(
        ValueError, match="expected bool .* got float64: pass `labels == predicted`"
    ):
        evaluate.wilson(np.array([0.1, 0.9]))
    with pytest.raises(
        ValueError,
        match=r"got bool \(3,\) and bool \(4,\): score both on one test split",
    ):
        evaluate.paired_difference(bits(1, 3), bits(1, 4))
