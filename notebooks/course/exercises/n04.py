"""Exercises of notebook 04, Gradient descent."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tlkit.evaluate import holm, over_seeds, p_value

from ..checks import Exercise
from ..kinds import Array, Function, Number, Parts, Several, Word, Words
from . import by_name

step = Exercise(
    "04 step",
    expects="the number that θ becomes, such as 1.5",
    praise="Slope 4(3 − 1) = 8, step 0.1 · 8 = 0.8, and downhill from 3 is 2.2.",
    hint="First the slope of 2(θ − 1)² + 1 at θ = 3: the 1 at the end has no slope. "
    "Then θ − α times the slope.",
    ask="Another place. Which slope does the loss have at θ = 3, and how far do you go "
    "with this α?",
    kind=Number(),
    place="One parameter",
)


def _is_near(answer, number: float) -> bool:
    return bool(abs(float(answer) - number) < 1e-6)


@step.right
def downhill(answer):
    return _is_near(answer, 2.2)


@step.mistake
def uphill(answer):
    """The size of the step is right, but it goes uphill. The slope is positive there:
    in which direction does the loss fall?
    """
    return _is_near(answer, 3.8)


@step.mistake
def without_step_size(answer):
    """That is θ minus the whole slope. The step is the slope times α."""
    return _is_near(answer, -5)


@step.mistake
def two_steps(answer):
    """That is where you are after two steps. The question asks for one."""
    return _is_near(answer, 1.72)


@step.mistake
def the_minimum(answer):
    """That is the lowest point of this valley. One step does not lead there: its length
    is α times the slope.
    """
    return _is_near(answer, 1)


@step.mistake
def without_the_square(answer):
    """You took the slope of 2(θ − 1), without the square. The slope of (θ − 1)² depends
    on θ.
    """
    return _is_near(answer, 2.8)


@step.mistake
def only_the_slope(answer):
    """That is the slope at θ = 3. It says how steep it is; the question is where you
    are after a step.
    """
    return _is_near(answer, 8)


@step.mistake
def only_the_step(answer):
    """That is how far you go. The question is where you arrive."""
    return _is_near(answer, 0.8)


@step.mistake
def half_the_slope(answer):
    """Your slope is too small by a factor of 2. What is the slope of (θ − 1)², and
    what stands in front of it?
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
    hint="The new v is a part of the old one, less a step along the gradient. Then θ "
    "moves by the new v.",
    ask="Something else than the two formulas comes out. Put small numbers into both "
    "lines: which of the two results differs?",
    kind=Function(
        "theta, v, gradient, step_size, beta",
        gives=Several(
            Array("an array like theta", lambda theta, *others: theta.shape),
            Array("an array like theta", lambda theta, *others: theta.shape),
            wanted="two arrays, the new theta and the new v",
        ),
    ),
    place="Two parameters: a valley",
    start="""
def momentum(theta, v, gradient, step_size, beta):
    v = v
    theta = theta
    return theta, v
""",
)
THETA, VELOCITY = np.array([1.0, -2.0]), np.array([0.5, 0.25])
GRADIENT = np.array([4.0, -3.0])
ALPHA, BETA = 0.1, 0.9


def _moves_to(function, theta: np.ndarray, v: np.ndarray) -> bool:
    """Whether a learner's function comes from THETA and VELOCITY to this θ and
    this v.
    """
    got = function(THETA.copy(), VELOCITY.copy(), GRADIENT.copy(), ALPHA, BETA)
    return _are(got, (theta, v))


def _are(got, wanted) -> bool:
    """Whether two arrays have these shapes and numbers."""
    return all(
        np.shape(one) == np.shape(other) and np.allclose(one, other, atol=1e-9)
        for one, other in zip(got, wanted, strict=True)
    )


def _moves_others(function) -> bool:
    """Whether it is right with other numbers, of another shape."""
    theta, v, gradient = np.random.default_rng(4).normal(size=(3, 2, 3))
    got = function(theta.copy(), v.copy(), gradient.copy(), 0.3, 0.5)
    moved = 0.5 * v - 0.3 * gradient
    return _are(got, (theta + moved, moved))


RIGHT_VELOCITY = BETA * VELOCITY - ALPHA * GRADIENT


@momentum.right
def velocity_then_theta(function):
    right = _moves_to(function, THETA + RIGHT_VELOCITY, RIGHT_VELOCITY)
    return right and _moves_others(function)


@momentum.mistake
def velocity_first(function):
    """Two right arrays in the wrong order: first the parameters, then the velocity."""
    return _moves_to(function, RIGHT_VELOCITY, THETA + RIGHT_VELOCITY)


@momentum.mistake
def against_the_velocity(function):
    """The velocity is right, but θ moves against it. The minus is in the velocity
    already.
    """
    return _moves_to(function, THETA - RIGHT_VELOCITY, RIGHT_VELOCITY)


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
    """θ moved with the old velocity. Which of the two lines must come first?"""
    return _moves_to(function, THETA + VELOCITY, RIGHT_VELOCITY)


@momentum.mistake
def velocity_without_step_size(function):
    """The step size is missing in the velocity: the whole gradient is subtracted."""
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
    """The old velocity stays as it was: without the brake of the formula it never slows
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
    ask="Two or more curves have each other's names. Which of them is the easiest to "
    "tell? Begin with that one.",
    kind=Parts(
        dict.fromkeys(
            "ABCD", Word("too small", "too large", "just right", "mini-batches")
        )
    ),
    place="Too small, too large, just right",
)
CURVES = {"A": "mini-batches", "B": "too small", "C": "too large", "D": "just right"}


def _names_curves(answer, **names: str) -> bool:
    """Whether an answer gives these names to these curves."""
    return all(answer[curve] == name for curve, name in names.items())


@curves.right
def all_four(answer):
    return answer == CURVES


@curves.mistake
def noise_and_jumps_swapped(answer):
    """Noise and jumps are not the same. A small batch makes the loss shake on its way
    down. What does a step do that is too large? Compare where the curves end.
    """
    return _names_curves(answer, A="too large", C="mini-batches")


@curves.mistake
def smooth_means_good(answer):
    """A smooth curve is not always a good one. Two curves are smooth: compare where
    they are after a hundred steps.
    """
    return _names_curves(answer, B="just right", D="too small")


@curves.mistake
def slow_means_too_large(answer):
    """What does a loss do with steps that are too large? B does not do it: it goes down
    all the time, only very slowly.
    """
    return _names_curves(answer, B="too large")


@curves.mistake
def a_name_twice(answer):
    """Each name belongs to one curve."""
    return len(set(answer.values())) < 4


optimizer = Exercise(
    "04 optimizer",
    expects='a set of names from the table, such as {"plain 0.1", "adam 0.003"}',
    praise=lambda answer, table: (
        f"That is what the evidence says: {len(_race(table))} of {len(table)} "
        "candidates are still in the race. You may choose any of these, or measure "
        "more seeds."
    ),
    hint="Keep the candidate with the lowest mean validation loss, and all whose "
    "corrected p-value is 0.05 or more.",
    ask="One of your candidates is out by this evidence, or one is left out that is "
    "not. Which column decides, and at which number?",
    kind=Words(),
    place="Which optimizer?",
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
    """One of your names is not in the table. Copy the names from its first column, with
    the step size.
    """
    return not _names(answer) <= set(table)


@optimizer.mistake
def nobody(answer, table: Table):
    """An empty set: then nobody would be in the race. Who has the lowest mean?"""
    return not _names(answer)


@optimizer.mistake
def those_that_are_out(answer, table: Table):
    """The wrong way round: these are the ones that the evidence excludes."""
    return _names(answer) == set(table) - _race(table)


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
    """Not all of them: of some the table shows that they are worse. By which column?"""
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
