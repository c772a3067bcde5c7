"""Scores that look at training pictures alone, and the suggestion that is made from
them.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tlkit as tk
from tlkit import forecast

LETTERS = tk.Backbone("letters")
STORED = Path(__file__).parents[1] / "notebooks" / "results" / "08_scores.json"


@pytest.fixture(scope="module")
def blobs():
    """Numbers (60, 5) of very different sizes, and three classes that two of them tell
    apart, with mistakes.
    """
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(60, 5)) * (30, 10, 3, 1, 0.1)
    noisy = numbers[:, :2] / (30, 10) + rng.normal(0, 0.7, (60, 2))
    return numbers, (noisy[:, 0] > 0).astype(int) + (noisy[:, 1] > 0.8)


def largest_evidence(numbers, y):
    """By brute force: the normal density of the labels without their mean, at the best
    two precisions.
    """
    from scipy.optimize import minimize
    from scipy.stats import multivariate_normal

    n = len(y)
    contrasts = np.linalg.qr(np.c_[np.ones(n), np.eye(n)[:, 1:]])[0][
        :, 1:
    ]  # orthonormal, free of the mean
    z, t = contrasts.T @ numbers, contrasts.T @ y

    def negative(logs):
        covariance = np.exp(logs[0]) * np.eye(n - 1) + np.exp(logs[1]) * z @ z.T
        return -multivariate_normal(np.zeros(n - 1), covariance).logpdf(t)

    starts = [(noise, weights) for noise in (-3, -1) for weights in (-10, -5, -1)]
    return -min(
        minimize(negative, start, method="Nelder-Mead").fun for start in starts
    ) / (n - 1)


def test_logme_is_the_largest_evidence_of_a_linear_head(blobs):
    numbers, labels = blobs
    expected = np.mean(
        [largest_evidence(numbers, (labels == kind).astype(float)) for kind in range(3)]
    )
    assert forecast.logme(numbers, labels) == pytest.approx(expected, abs=1e-3)
    assert forecast.logme(1000 * numbers, labels) == pytest.approx(
        expected, abs=1e-3
    ), "the unit must not matter"


def test_logme_agrees_with_scikit_learns_bayesian_regression(blobs):
    """That one treats the mean a little differently, so it agrees up to the order of 1
    / n.
    """
    from sklearn.linear_model import BayesianRidge

    numbers, labels = blobs
    head = BayesianRidge(
        alpha_1=0,
        alpha_2=0,
        lambda_1=0,
        lambda_2=0,
        compute_score=True,
        max_iter=1000,
        tol=1e-9,
    )
    theirs = np.mean(
        [head.fit(numbers, labels == kind).scores_[-1] for kind in range(3)]
    ) / len(labels)
    assert forecast.logme(numbers, labels) == pytest.approx(theirs, abs=0.05)


def test_more_numbers_that_say_nothing_do_not_raise_logme(blobs):
    numbers, labels = blobs
    noise = np.random.default_rng(1).normal(size=(60, 80)) * 10
    assert forecast.logme(np.c_[numbers, noise], labels) < forecast.logme(
        numbers, labels
    )


def test_the_neighbours_score_is_leave_one_out_accuracy(blobs):
    from sklearn.model_selection import LeaveOneOut, cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    numbers, labels = blobs
    one_by_one = cross_val_score(
        KNeighborsClassifier(5), numbers, labels, cv=LeaveOneOut()
    ).mean()
    assert forecast.nearest(numbers, labels) == pytest.approx(one_by_one)


def test_a_picture_is_not_its_own_neighbour():
    alone = np.arange(4.0)[:, None]
    assert forecast.nearest(alone, np.array([0, 1, 0, 1]), k=1) == 0


def test_what_is_looked_at_is_decided_by_the_training_pictures_alone():
    images = tk.load_task("digits", 20).test.images[:60]
    spoilt = np.concatenate([images[:40], np.zeros_like(images[40:])])
    whole, other = (forecast.look(LETTERS, some, fit=40) for some in (images, spoilt))
    assert list(whole) == ["image", "block1", "block2", "block3", "block4", "block5"]
    for cut, numbers in whole.items():
        assert numbers.shape == (60, 39)
        np.testing.assert_allclose(numbers[:40], other[cut][:40], atol=1e-2)


class Untouchable:
    """A split that must not be looked at."""

    def __getattr__(self, name):
        raise AssertionError(f"{name} of a split was used that has no say")


@pytest.fixture(scope="module")
def suggestions():
    found = {}
    for name in ("digits", "angles", "colours"):
        task = replace(
            tk.load_task(name, 20), validation=Untouchable(), test=Untouchable()
        )
        found[name] = tk.suggest(LETTERS, task)
    return found


def test_digits_get_a_deep_cut_and_colours_an_early_one(suggestions):
    assert (
        suggestions["digits"].cut in ("block4", "block5")
        and suggestions["digits"].recipe == "lp_ft"
    )
    assert (
        suggestions["colours"].cut in ("image", "block1")
        and suggestions["colours"].recipe == "head"
    )
    assert suggestions["angles"].cut in ("block2", "block3", "block4")


def test_a_suggestion_says_why_and_how_sure_it_is(suggestions):
    digits, colours = suggestions["digits"], suggestions["colours"]
    assert digits.confidence > 0.8 and 0.4 < digits.nearest <= 1
    assert (
        "letters should help" in digits.why
        and "expect negative transfer" in colours.why
    )
    assert (
        len(digits.scores) == 11
        and max(digits.scores, key=digits.scores.get) == digits.cut
    )
    said = repr(digits).splitlines()
    assert said[0].startswith(f"try lp_ft, cut {digits.cut}: ") and len(said) == 14
    assert said[-1] == f"Decision: {digits.decision}"
    assert "take lp_ft only if the interval of their paired difference" in said[-1]
    assert "train from scratch beside a head at" in colours.decision


def test_labels_that_mean_nothing_leave_it_unsure():
    task = tk.load_task("digits", 10)
    mixed = np.random.default_rng(0).permutation(task.train.labels)
    sure = tk.suggest(LETTERS, replace(task, train=tk.Split(task.train.images, mixed)))
    assert sure.confidence < 0.8 and sure.nearest < 0.3


def test_a_suggestion_ends_with_larger_pictures_where_the_files_have_them():
    task = replace(tk.load_task("digits", 5), file_size=(200, 300))
    found = tk.suggest(LETTERS, task)
    both = "`tk.load_task(..., image_size=64) with tk.Backbone(..., size=64)`"
    assert f"try {both}" in found.larger
    assert repr(found).splitlines()[-1] == f"Pixels: {found.larger}"


@pytest.mark.parametrize(
    "first, recipe, often, helps, words",
    [
        ("block5", "lp_ft", 0.9, True, "run lp_ft and, because it is cheaper, the"),
        ("block2", "head", 0.9, True, "train a linear head at block2"),
        ("block2", "head", 0.3, True, "take the cheapest first, a head at block2"),
        ("random block1", "lp_ft", 0.9, False, "train from scratch beside a head"),
    ],
)
def test_a_suggestion_ends_in_a_decision(first, recipe, often, helps, words):
    cut = first.removeprefix("random ")
    assert forecast._decision(first, cut, recipe, often, helps).startswith(words)


def test_the_same_seed_suggests_the_same(suggestions):
    assert repr(tk.suggest(LETTERS, tk.load_task("angles", 20))) == repr(
        suggestions["angles"]
    )


@pytest.mark.parametrize(
    "backbone, name, labels, words",
    [
        (LETTERS, "degrees", 20, "0 classes"),
        (
            LETTERS,
            "digits",
            2,
            "10 classes, the rarest with 1: give .* labels_per_class=3 or more",
        ),
        (LETTERS.random(0), "digits", 20, "got random weights"),
    ],
)
def test_what_cannot_be_scored_is_refused_with_a_next_step(
    backbone, name, labels, words
):
    with pytest.raises(ValueError, match=words):
        tk.suggest(backbone, tk.load_task(name, labels))


def test_a_class_without_training_pictures_is_refused_too():
    task = tk.load_task("digits", 5)
    some = task.train.pick(np.flatnonzero(task.train.labels != 3))
    with pytest.raises(ValueError, match="the rarest with 0"):
        tk.suggest(LETTERS, replace(task, train=some))


def test_what_it_says_of_its_own_mistakes_was_measured():
    tasks = json.loads(STORED.read_text("utf-8"))["tasks"]
    lost = []
    for places in tasks.values():
        true, said = (
            np.array([place[of] for place in places.values()])
            for of in ("truth", "logme")
        )
        lost += [t.max() - t[s.argmax()] for t, s in zip(true.T, said.T, strict=True)]
    assert len(tasks) == 16 and round(float(np.mean(lost)), 3) == forecast.MISSED
