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


def test_one_more_value_is_farther_off_than_the_mean_and_is_cut_at_what_is_possible():
    values = [0.91, 0.99, 0.97]
    reach = stats.t.ppf(0.975, 2) * np.std(values, ddof=1) * np.sqrt(4 / 3)
    found = evaluate.one_more(values)
    assert found.low == pytest.approx(np.mean(values) - reach)
    assert evaluate.one_more(values, bounds=(0, 1)).high == 1
    with pytest.raises(ValueError, match="at least 2 values, got 1"):
        evaluate.one_more([0.9])


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


def test_paired_difference_of_several_draws_is_crossed():
    rng = np.random.default_rng(0)
    a, b = rng.random((4, 200)) < 0.8, rng.random((4, 200)) < 0.6
    found = evaluate.paired_difference(a, b)
    assert found == evaluate.crossed(a.astype(float) - b, (-1, 1))
    assert evaluate.paired_difference(a[:1], b[:1]) == evaluate.paired_difference(
        a[0], b[0]
    )


def test_crossed_has_the_variances_of_an_analysis_of_variance():
    # by hand: 2 draws, 3 images; draws 1 and 2, images 0, 1.5, 3; nothing is left over
    values = np.array([[-0.5, 1.0, 2.5], [0.5, 2.0, 3.5]])
    by_draws, by_images = 3 * 0.5, 2 * 2.25
    error = np.sqrt((by_draws + by_images) / 6)
    freedom = ((by_draws + by_images) / by_draws) ** 2
    half = stats.t.ppf(0.975, freedom) * error
    half = max(half, stats.t.ppf(0.975, 1) * np.sqrt(0.25))  # draws alone
    found = evaluate.crossed(values)
    np.testing.assert_allclose([found.mean, found.high], [1.5, 1.5 + half])


def test_crossed_is_never_narrower_than_draws_alone_and_more_draws_do_not_cure_it():
    rng = np.random.default_rng(0)
    for draws in (3, 30):
        skill, easy = rng.normal(1, 0.1, (draws, 1)), rng.normal(0, 1.5, 300)
        right = skill + easy + rng.normal(0, 0.3, (draws, 300)) > 0
        found = evaluate.crossed(right)
        alone = evaluate.over_seeds(right.mean(axis=1))
        assert found.high - found.low >= alone.high - alone.low
    assert found.high - found.low > 3 * (alone.high - alone.low)


def test_crossed_stays_within_what_is_possible():
    assert evaluate.crossed(np.ones((3, 50), bool)) == evaluate.wilson(
        np.ones(50, bool)
    )
    right = np.ones((3, 50), bool)
    right[0, 0] = False
    found = evaluate.crossed(right)
    assert 0.8 < found.low < found.mean < found.high <= 1
    by_chance = evaluate.crossed(np.array([[True, False], [False, True]]))
    assert by_chance.low < 0.3 and by_chance.high > 0.7, "all means agree, and yet"
    cut = evaluate.crossed(np.array([[0.0, 9.0], [0.0, 1.0]]), bounds=(0, np.inf))
    assert cut.low == 0 and cut.high > 9


def test_resampled_is_nadeau_and_bengios_interval_and_p_value_belongs_to_it():
    values = np.array([0.02, 0.05, 0.01, 0.04])
    error = values.std(ddof=1) * np.sqrt(1 / 4 + 200 / 800)
    low, high = stats.t.interval(0.95, 3, loc=values.mean(), scale=error)
    found = evaluate.resampled(values, 800, 200)
    np.testing.assert_allclose([found.low, found.high], [low, high])
    p = evaluate.p_value(values, 800, 200)
    assert (p < 0.05) == found.excludes(0)
    assert p == pytest.approx(2 * stats.t.sf(values.mean() / error, 3))
    assert evaluate.p_value(values - found.low, 800, 200) == pytest.approx(0.05)
    assert evaluate.p_value([0.0, 0.0], 800, 200) == 1


def test_by_groups_counts_groups_and_not_images():
    values = np.repeat([0.25, 0.5, 0.375], 50)
    groups = np.repeat(["forest", "sea", "town"], 50)
    assert evaluate.by_groups(values, groups) == evaluate.over_seeds([0.25, 0.375, 0.5])
    right = np.arange(150) % 50 < np.repeat([30, 45, 40], 50)
    found, alone = evaluate.by_groups(right, groups), evaluate.wilson(right)
    assert found.mean == pytest.approx(alone.mean)
    assert found.high - found.low > 3 * (alone.high - alone.low)
    everything = evaluate.by_groups(np.ones(150, bool), groups)
    assert everything == evaluate.wilson(np.ones(3, bool))
    halves = evaluate.by_groups(np.arange(150) % 2 == 0, groups)
    assert halves.low < 0.2 and halves.high > 0.8, "three groups agree by chance"


def test_holm_by_hand():
    found = evaluate.holm({"a": 0.04, "b": 0.01, "c": 0.03})
    assert found == pytest.approx({"a": 0.06, "b": 0.03, "c": 0.06})
    assert list(found) == ["a", "b", "c"]
    assert evaluate.holm({"a": 0.7, "b": 0.9}) == {"a": 1.0, "b": 1.0}
    assert evaluate.holm({}) == {}


def test_holm_is_wrong_about_any_of_seven_equals_in_one_of_twenty_experiments():
    rng = np.random.default_rng(0)
    names = "abcdefg"
    wrong, wrong_alone = [], []
    # 2,000 experiments, in each of them 7 comparisons over 8 draws
    for values in stats.ttest_1samp(rng.normal(0, 1, (8, 2000, 7)), 0).pvalue:
        corrected = evaluate.holm(dict(zip(names, values, strict=True)))
        wrong.append(min(corrected.values()) < 0.05)
        wrong_alone.append(min(values) < 0.05)
    assert 0.03 < np.mean(wrong) < 0.07
    assert np.mean(wrong_alone) > 0.25


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


def two_recipes(rng, draws=5, images=400):
    """What two equally good recipes get right, bool (2, draws, images)."""
    easy = rng.normal(1.2, 1.5, images)  # for both of them, in all draws
    skill = rng.normal(0, 0.15, (2, draws, 1))
    return easy + skill + rng.normal(0, 0.7, (2, draws, images)) > 0


REACHED = stats.norm.cdf(1.2 / np.sqrt(1.5**2 + 0.15**2 + 0.7**2))


def recipe_once(rng):
    right, _ = two_recipes(rng)
    return evaluate.crossed(right), REACHED, evaluate.over_seeds(right.mean(axis=1))


def recipes_once(rng):
    # what the pictures decide is another thing for each of the two
    a, b = (two_recipes(rng)[0] for _ in range(2))
    found = evaluate.paired_difference(a, b)
    return found, 0, evaluate.over_seeds(a.mean(axis=1) - b.mean(axis=1))


def groups_once(rng):
    groups = np.repeat(np.arange(12), 10)
    right = rng.normal(0.5, 0.6, 12)[groups] + rng.normal(0, 0.8, 120) > 0
    found = evaluate.by_groups(right, groups)
    return found, stats.norm.cdf(0.5), evaluate.wilson(right)


def learnt(rng, n=100):
    """Pictures of two classes, six numbers each, and their labels."""
    labels = rng.integers(2, size=n)
    numbers = rng.normal(0, 1, (n, 6))
    numbers[:, :2] += labels[:, None] * (1.2, 0.5)
    return numbers, labels


def worth(train, test):
    """Test accuracy of the line half-way between the means of the two classes."""
    numbers, labels = train
    here, there = (numbers[labels == i].mean(axis=0) for i in range(2))
    said = test[0] @ (there - here) > (there - here) @ (here + there) / 2
    return (said == test[1]).mean()


@pytest.fixture(scope="module")
def worth_of_80():
    rng = np.random.default_rng(1)
    many = learnt(rng, 20_000)
    return np.mean([worth(learnt(rng, 80), many) for _ in range(500)])


def one_more_once(rng):
    *stored, mine = rng.normal(0.8, 0.02, 4)
    return evaluate.one_more(stored), mine


@pytest.mark.parametrize(
    "once", [wilson_once, seeds_once, errors_once, paired_once, one_more_once]
)
def test_95_of_100_intervals_contain_the_true_value(once):
    rng = np.random.default_rng(0)
    inside = [
        not interval.excludes(truth)
        for interval, truth in (once(rng) for _ in range(2000))
    ]
    assert 0.93 <= np.mean(inside) <= 0.97


@pytest.mark.parametrize("once", [recipe_once, recipes_once, groups_once])
def test_what_belongs_together_is_counted_so_and_a_simpler_interval_is_too_narrow(once):
    rng = np.random.default_rng(0)
    found = [once(rng) for _ in range(1500)]
    inside = [not interval.excludes(truth) for interval, truth, _ in found]
    simply = [not simple.excludes(truth) for _, truth, simple in found]
    assert 0.93 <= np.mean(inside) <= 0.97
    assert np.mean(simply) < 0.9


def test_scores_of_repeated_splits_hold_the_truth_only_when_corrected(worth_of_80):
    rng = np.random.default_rng(0)
    inside, simply = [], []
    for _ in range(1000):
        numbers, labels = learnt(rng)
        scores = []
        for _ in range(12):
            train, test = np.split(rng.permutation(100), [80])
            scores.append(
                worth((numbers[train], labels[train]), (numbers[test], labels[test]))
            )
        inside.append(not evaluate.resampled(scores, 80, 20).excludes(worth_of_80))
        simply.append(not evaluate.over_seeds(scores).excludes(worth_of_80))
    assert 0.93 <= np.mean(inside) <= 0.97
    assert np.mean(simply) < 0.8


@pytest.mark.parametrize(
    "labels, predicted, message",
    [
        ([0, 1], [0], "got 1 predictions for 2 labels: take both from one split"),
        ([], [], r"expected finite numbers \(n,\), got shape \(0,\)"),
        (
            [0, 1],
            [0, np.nan],
            "predicted: .* 1 of them not finite: look at the outputs of the model",
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
    for one in (np.ones(5, bool), np.ones((1, 5), bool), np.full((2, 5), np.nan)):
        with pytest.raises(ValueError, match=r"finite \(draws, images\), at least 2"):
            evaluate.crossed(one)
    with pytest.raises(ValueError, match="how many images each split .* got 0 and 5"):
        evaluate.resampled([0.1, 0.2], 0, 5)
    with pytest.raises(ValueError, match="a group for each value, got 2 for 3"):
        evaluate.by_groups([1, 2, 3], ["a", "b"])
    with pytest.raises(ValueError, match="at least 2 groups, got 1"):
        evaluate.by_groups([1, 2], ["a", "a"])
