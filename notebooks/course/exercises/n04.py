"""Exercises of notebook 04, Gradient descent."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tlkit.evaluate import over_seeds

from ..checks import Exercise

CURVES = {"A": "mini-batches", "B": "too small", "C": "too large", "D": "just right"}


def _near(number: float) -> Callable[[Any], bool]:
    return lambda answer: bool(abs(float(answer) - number) < 1e-6)


def _says(**curves: str) -> Callable[[Any], bool]:
    """Whether a dict of answers says so of these curves."""
    return lambda answer: all(answer[curve] == said for curve, said in curves.items())


def _moves(formula: Callable) -> Callable[[Any], bool]:
    """Whether a learner's function (θ, v, gradient, step size, beta) -> (θ, v) moves as the formula does."""

    def same(function) -> bool:
        theta, v, gradient = (
            np.array([1.0, -2.0]),
            np.array([0.5, 0.25]),
            np.array([4.0, -3.0]),
        )
        got = function(theta.copy(), v.copy(), gradient.copy(), 0.1, 0.9)
        return len(got) == 2 and np.allclose(
            got, formula(theta, v, gradient, 0.1, 0.9), atol=1e-9
        )

    return same


def _moved(theta, v):
    return theta + v, v


def _names(answer) -> set[str]:
    return {answer} if isinstance(answer, str) else set(answer)


def _mean(row) -> float:
    return float(np.mean(row["validation"]))


def _race(table) -> set[str]:
    """The candidate with the lowest mean validation loss, and all whose difference from it may be 0."""
    best = min(table, key=lambda name: _mean(table[name]))
    lead = {
        n: np.subtract(row["validation"], table[best]["validation"])
        for n, row in table.items()
        if n != best
    }
    return {best} | {
        name
        for name, difference in lead.items()
        if not over_seeds(difference).excludes(0)
    }


def _overlapping(table) -> set[str]:
    """All candidates whose own interval overlaps that of the best: the blunt way to compare."""
    own = {name: over_seeds(row["validation"]) for name, row in table.items()}
    return {
        name
        for name in own
        if own[name].low <= min(own.values(), key=lambda found: found.mean).high
    }


EXERCISES = {
    "04 step": Exercise(
        "the number that θ becomes, such as 1.5",
        _near(2.2),
        "Slope 4(3 − 1) = 8, step 0.1 · 8 = 0.8, and downhill from 3 is 2.2.",
        (
            (_near(3.8), "The size of the step is right, but it goes uphill. The slope is positive: to go down, θ has "
             "to become smaller. That is what the minus sign is for."),
            (_near(-5), "That is θ minus the whole slope. The step is the slope times α."),
            (_near(8), "8 is the slope at θ = 3. Now take the step: θ − α times the slope."),
            (_near(0.8), "0.8 is how far you go. The question is where you arrive: go that far down from 3."),
            (_near(2.6), "You took (θ − 1)² to have the slope θ − 1. Its slope is 2(θ − 1), and there is a factor 2 in "
             "front."),
            (_near(2.1), "You multiplied α with the loss, which is 9 here. The step follows the slope of the loss, and "
             "not the loss itself."),
        ),
        "First the slope of 2(θ − 1)² + 1 at θ = 3: the 1 at the end has no slope. Then θ − α times the slope.",
    ),
    "04 momentum": Exercise(
        "a function that gives back two arrays, the new θ and the new v",
        _moves(lambda theta, v, g, a, b: _moved(theta, b * v - a * g)),
        "The velocity remembers, the gradient corrects, and θ follows the velocity.",
        (
            (_moves(lambda theta, v, g, a, b: (theta, v)), "Nothing has moved yet: fill in both lines."),
            (_moves(lambda theta, v, g, a, b: _moved(theta, b * v + a * g)), "This velocity points uphill. The "
             "gradient says where the loss grows, so it comes with a minus."),
            (_moves(lambda theta, v, g, a, b: (theta + v, b * v - a * g)), "θ moved with the old velocity. First make "
             "the new v, then move θ with it."),
            (_moves(lambda theta, v, g, a, b: _moved(theta, b * v - g)), "The step size is missing: the gradient has "
             "to be multiplied by α."),
            (_moves(lambda theta, v, g, a, b: (theta - a * g, b * v - a * g)), "The velocity is right, but θ does not "
             "use it: this is plain gradient descent. Move θ by v."),
            (_moves(lambda theta, v, g, a, b: _moved(theta, v - a * g)), "The old velocity has to be multiplied by β. "
             "Without this brake it never slows down."),
        ),
        "Two lines: v = beta * v - step_size * gradient, then θ moves by v.",
    ),
    "04 curves": Exercise(
        'a dict with the keys "A", "B", "C" and "D", and the four names as values',
        lambda answer: answer == CURVES,
        "A jitters and still falls, B crawls, C jumps about, D falls and levels off.",
        (
            (lambda a: not set(CURVES) <= set(a), "Name all four curves, A to D."),
            (lambda a: not set(a.values()) <= set(CURVES.values()), "Use the four names as they are printed above: "
             "too small, too large, mini-batches, just right."),
            (_says(A="too large", C="mini-batches"), "Both are ragged, but look where they go. A gets down to where D "
             "is and jitters there: noise. C is thrown back above where it began: its steps are too long."),
            (_says(B="just right", D="too small"), "Smooth is not yet good. B is smooth and has hardly come down after "
             "a hundred steps, while D was below it after one."),
            (_says(B="too large"), "Steps that are too large throw the loss up and down. B goes down all the time, "
             "only very slowly."),
            (lambda a: len(set(a.values())) < 4, "Each name belongs to one curve."),
        ),
        "Ask three things of each curve: does it come down, how fast, and is it smooth?",
    ),
    "04 optimizer": Exercise(
        'a set of names from the table, such as {"plain 0.1", "adam 0.003"}',
        lambda answer, table: _names(answer) == _race(table),
        "That is what the evidence says. Between these you may choose by taste, or measure more seeds.",
        (
            (lambda a, table: not _names(a) <= set(table), "Use the names from the table's first column."),
            (lambda a, table: _names(a) == {min(table, key=lambda n: np.mean(table[n]["training"]))},
             "That one has the lowest training loss. It says how well the training pictures are known by heart. "
             "Choices are made on validation pictures."),
            (lambda a, table: _names(a) == {min(table, key=lambda n: _mean(table[n]))}, "It has the lowest mean, but "
             "it is not alone: the interval of some differences from it contains 0, so another few seeds may turn "
             "the order round."),
            (lambda a, table: _names(a) == {min(table, key=lambda n: table[n]["validation"][0])}, "That one wins with "
             "seed 0. Another seed has another winner: use all of them, and the interval."),
            (lambda a, table: _names(a) == set(table), "Not all of them: where the whole interval lies above 0, the "
             "candidate is worse, and the seeds agree on it."),
            (lambda a, table: _names(a) == _overlapping(table), "You compared two separate intervals. All candidates "
             "saw the same splits, so compare seed by seed: the interval of the difference is much narrower."),
            (lambda a, table: _names(a) == _race(table) - {min(table, key=lambda n: _mean(table[n]))}, "And the one "
             "that has the lowest mean? It is in the race too."),
        ),
        "Keep the candidate with the lowest mean validation loss, and all whose difference from it has an interval "
        "that contains 0.",
    ),
}  # fmt: skip
