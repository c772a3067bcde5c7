"""Exercises of notebook 04, Gradient descent."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tlkit.evaluate import holm, over_seeds, p_value

from ..checks import Exercise
from . import by_name

step = Exercise(
    "04 step",
    expects="the number that θ becomes, such as 1.5",
    praise="Slope 4(3 − 1) = 8, step 0.1 · 8 = 0.8, and downhill from 3 is 2.2.",
    hint="First the slope of 2(θ − 1)² + 1 at θ = 3: the 1 at the end has no slope. "
    "Then θ − α times the slope.",
)


def _is_near(answer, number: float) -> bool:
    return bool(abs(float(answer) - number) < 1e-6)


@step.right
def downhill(answer):
    return _is_near(answer, 2.2)


@step.mistake
def uphill(answer):
    """The size of the step is right, but it goes uphill. The slope is positive: to go
    down, θ has to become smaller. That is what the minus sign is for.
    """
    return _is_near(answer, 3.8)


@step.mistake
def without_step_size(answer):
    """That is θ minus the whole slope. The step is the slope times α."""
    return _is_near(answer, -5)


@step.mistake
def only_the_slope(answer):
    """8 is the slope at θ = 3. Now take the step: θ − α times the slope."""
    return _is_near(answer, 8)


@step.mistake
def only_the_step(answer):
    """0.8 is how far you go. The question is where you arrive: go that far down from
    3.
    """
    return _is_near(answer, 0.8)


@step.mistake
def half_the_slope(answer):
    """You used θ − 1 as the slope of (θ − 1)². Its slope is 2(θ − 1), and there is a
    factor 2 in front.
    """
    return _is_near(answer, 2.6)


@step.mistake
def along_the_loss(answer):
    """You multiplied α with the loss, which is 9 here. The step follows the slope of
    the loss, and not the loss itself.
    """
    return _is_near(answer, 2.1)


momentum = Exercise(
    "04 momentum",
    expects="a function that gives back two arrays, the new θ and the new v",
    praise="The velocity remembers, the gradient corrects, and θ follows the velocity.",
    hint="Two lines: v = beta * v - step_size * gradient, then θ moves by v.",
)
THETA, VELOCITY = np.array([1.0, -2.0]), np.array([0.5, 0.25])
GRADIENT = np.array([4.0, -3.0])
ALPHA, BETA = 0.1, 0.9


def _moves_to(function, theta: np.ndarray, v: np.ndarray) -> bool:
    """Whether a learner's function comes from THETA and VELOCITY to this θ and
    this v.
    """
    got = function(THETA.copy(), VELOCITY.copy(), GRADIENT.copy(), ALPHA, BETA)
    return len(got) == 2 and np.allclose(got, (theta, v), atol=1e-9)


RIGHT_VELOCITY = BETA * VELOCITY - ALPHA * GRADIENT


@momentum.right
def velocity_then_theta(function):
    return _moves_to(function, THETA + RIGHT_VELOCITY, RIGHT_VELOCITY)


@momentum.mistake
def moves_nothing_yet(function):
    """Nothing has moved yet: fill in both lines."""
    return _moves_to(function, THETA, VELOCITY)


@momentum.mistake
def velocity_uphill(function):
    """This velocity points uphill. The gradient says where the loss grows, so it comes
    with a minus.
    """
    v = BETA * VELOCITY + ALPHA * GRADIENT
    return _moves_to(function, THETA + v, v)


@momentum.mistake
def with_the_old_velocity(function):
    """θ moved with the old velocity. First make the new v, then move θ with it."""
    return _moves_to(function, THETA + VELOCITY, RIGHT_VELOCITY)


@momentum.mistake
def velocity_without_step_size(function):
    """The step size is missing: the gradient has to be multiplied by α."""
    v = BETA * VELOCITY - GRADIENT
    return _moves_to(function, THETA + v, v)


@momentum.mistake
def plain_descent(function):
    """The velocity is right, but θ does not use it: this is plain gradient descent.
    Move θ by v.
    """
    return _moves_to(function, THETA - ALPHA * GRADIENT, RIGHT_VELOCITY)


@momentum.mistake
def without_brake(function):
    """The old velocity has to be multiplied by β. Without this brake it never slows
    down.
    """
    v = VELOCITY - ALPHA * GRADIENT
    return _moves_to(function, THETA + v, v)


curves = Exercise(
    "04 curves",
    expects='a dict with the keys "A", "B", "C" and "D", and the four names as values',
    praise="A is noisy but falls, B falls very slowly, C jumps up and down, D falls "
    "and becomes flat.",
    hint="Ask three things of each curve: does it come down, how fast, and is it "
    "smooth?",
)
CURVES = {"A": "mini-batches", "B": "too small", "C": "too large", "D": "just right"}


def _names_curves(answer, **names: str) -> bool:
    """Whether an answer gives these names to these curves."""
    return all(answer[curve] == name for curve, name in names.items())


@curves.right
def all_four(answer):
    return answer == CURVES


@curves.mistake
def a_curve_is_missing(answer):
    """Name all four curves, A to D."""
    return not set(CURVES) <= set(answer)


@curves.mistake
def another_name(answer):
    """Use the four names as they are printed above: too small, too large, mini-batches,
    just right.
    """
    return not set(answer.values()) <= set(CURVES.values())


@curves.mistake
def noise_and_jumps_swapped(answer):
    """Both go up and down, but look where they end. A comes down to the level of D and
    stays near it: noise. C jumps back above its start: its steps are too long.
    """
    return _names_curves(answer, A="too large", C="mini-batches")


@curves.mistake
def smooth_means_good(answer):
    """A smooth curve is not always a good one. B is smooth, but it has hardly come down
    after a hundred steps. D was lower than that after one.
    """
    return _names_curves(answer, B="just right", D="too small")


@curves.mistake
def slow_means_too_large(answer):
    """With steps that are too large, the loss jumps up and down.
    B goes down all the time,
    only very slowly.
    """
    return _names_curves(answer, B="too large")


@curves.mistake
def a_name_twice(answer):
    """Each name belongs to one curve."""
    return len(set(answer.values())) < 4


optimizer = Exercise(
    "04 optimizer",
    expects='a set of names from the table, such as {"plain 0.1", "adam 0.003"}',
    praise="That is what the evidence says. You may choose any of these, or measure "
    "more seeds.",
    hint="Keep the candidate with the lowest mean validation loss, and all whose "
    "corrected p-value is 0.05 or more.",
)
SPLITS = 800, 200  # pictures that each seed trains on and judges by
Table = Mapping[str, Mapping[str, Sequence[float]]]  # candidate -> split -> losses


def _names(answer: Any) -> set[str]:
    """The candidates that an answer names: one, or several."""
    return {answer} if isinstance(answer, str) else set(answer)


def _lowest(table: Table, loss: Callable[[Mapping], float]) -> str:
    """The candidate with the lowest loss."""
    return min(table, key=lambda name: loss(table[name]))


def _validation(row: Mapping) -> float:
    """The mean validation loss of a candidate."""
    return float(np.mean(row["validation"]))


def _race(table: Table) -> set[str]:
    """The best candidate, and all whose difference from it may be 0."""
    chances = {name: p_value(gap, *SPLITS) for name, gap in _behind(table).items()}
    still_in = {name for name, p in holm(chances).items() if p >= 0.05}
    return still_in | {_lowest(table, _validation)}


def _behind(table: Table) -> dict[str, np.ndarray]:
    """Differences of all others from the best candidate, seed by seed."""
    best = _lowest(table, _validation)
    return {
        name: np.subtract(row["validation"], table[best]["validation"])
        for name, row in table.items()
        if name != best
    }


def _uncorrected(table: Table) -> set[str]:
    """The race, if twelve splits of the same pictures were independent."""
    gaps = _behind(table).items()
    still_in = {name for name, gap in gaps if not over_seeds(gap).excludes(0)}
    return still_in | {_lowest(table, _validation)}


def _overlapping(table: Table) -> set[str]:
    """All whose own interval overlaps that of the best: the blunt way to compare."""
    own = {name: over_seeds(row["validation"]) for name, row in table.items()}
    best = min(own.values(), key=lambda found: found.mean)
    return {name for name, found in own.items() if found.low <= best.high}


@optimizer.right
def all_that_may_be_best(answer, table: Table):
    return _names(answer) == _race(table)


@optimizer.mistake
def not_in_the_table(answer, table: Table):
    """Use the names from the table's first column."""
    return not _names(answer) <= set(table)


@optimizer.mistake
def best_on_training(answer, table: Table):
    """That one has the lowest training loss. It shows how well the training pictures
    are known by heart. Choices are made on validation pictures.
    """
    return _names(answer) == {_lowest(table, lambda row: np.mean(row["training"]))}


@optimizer.mistake
def best_mean_alone(answer, table: Table):
    """It has the lowest mean, but it is not alone: some differences from it may be
    chance, so a few more seeds may reverse the order.
    """
    return _names(answer) == {_lowest(table, _validation)}


@optimizer.mistake
def best_with_the_first_seed(answer, table: Table):
    """That one wins with seed 0. Another seed has another winner: use all of them, and
    the interval.
    """
    return _names(answer) == {_lowest(table, lambda row: row["validation"][0])}


@optimizer.mistake
def everything(answer, table: Table):
    """Not all of them: where the corrected p-value is below 0.05, the candidate is
    worse, and the seeds agree on it.
    """
    return _names(answer) == set(table)


@optimizer.mistake
def overlapping_intervals(answer, table: Table):
    """You compared two separate intervals. All candidates saw the same splits, so
    compare seed by seed: the interval of the difference is much narrower.
    """
    return _names(answer) == _overlapping(table)


@optimizer.mistake
def splits_taken_for_independent(answer, table: Table):
    """All splits are cut from the same pictures, so they agree more than independent
    ones would. Use the corrected columns.
    """
    return _names(answer) == _uncorrected(table)


@optimizer.mistake
def without_the_best(answer, table: Table):
    """And the one that has the lowest mean? It is in the race too."""
    return _names(answer) == _race(table) - {_lowest(table, _validation)}


EXERCISES = by_name((step, momentum, curves, optimizer))
