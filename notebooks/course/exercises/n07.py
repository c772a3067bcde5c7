"""Exercises of notebook 07, Evaluate honestly."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from tlkit.evaluate import paired_difference

from ..checks import Exercise

RIGHT_NEW = np.repeat(
    [True, True, False, False], (300, 45, 25, 30)
)  # both, only new, only old, neither
RIGHT_OLD = np.repeat([True, False, True, False], (300, 45, 25, 30))
_D = RIGHT_NEW.astype(float) - RIGHT_OLD
_GAIN, _N = _D.mean(), len(_D)


def _ends(answer) -> tuple[float, float]:
    """What a learner's function says of the pictures of the check."""
    low, high = answer(RIGHT_NEW.copy(), RIGHT_OLD.copy())
    return float(low), float(high)


def _error(error: float, gain: float = _GAIN, z: float = 1.96) -> Callable[[Any], bool]:
    """Whether an interval is the gain, z standard errors of that size to either side."""
    return lambda answer: np.allclose(
        _ends(answer), (gain - z * error, gain + z * error), atol=6e-4
    )


_RIGHT = float(_D.std() / _N**0.5)
_KIT = paired_difference(RIGHT_NEW, RIGHT_OLD)
_APART = float(((RIGHT_NEW.var() + RIGHT_OLD.var()) / _N) ** 0.5)


@lru_cache(maxsize=2)
def examples(signal: bool) -> tuple[np.ndarray, np.ndarray]:
    """200 rows of 400 random numbers and labels of four classes; with a signal, five of the columns know the class."""
    rng = np.random.default_rng(7)
    labels = rng.permutation(np.repeat(np.arange(4), 50))
    numbers = rng.normal(size=(200, 400))
    if signal:
        numbers[:, :5] += rng.normal(size=(4, 5))[labels] * 1.5
    return numbers, labels


def _scores(function) -> tuple[float, float]:
    """What a learner's function gives for numbers that mean nothing, and for some that mean something."""
    noise, signal = (
        function(*(part.copy() for part in examples(kind))) for kind in (False, True)
    )
    return float(noise), float(signal)


def _noise(low: float, high: float) -> Callable[[Any], bool]:
    return lambda answer: low <= _scores(answer)[0] <= high


REPORTS = {"A": "shown", "B": "not shown", "C": "not shown", "D": "shown"}


def _says(name: str) -> Callable[[Any], bool]:
    """Whether one report is judged wrongly."""
    return lambda answer: answer[name] != REPORTS[name]


EXERCISES = {
    "07 paired": Exercise(
        "a function from two bool arrays (n,) to two numbers, the lower and the upper end",
        _error(_RIGHT),
        "The standard deviation of the n differences, divided by √n. Most of them are 0, and that is why this "
        "interval is narrow.",
        (
            (lambda a: np.ptp(_ends(a)) == 0, "The interval has no width yet: replace the 0.0 by the standard error of "
             "the mean of `gain`."),
            (lambda a: np.allclose(_ends(a), (-_GAIN - 1.96 * _RIGHT, -_GAIN + 1.96 * _RIGHT), atol=6e-4), "The width "
             "is right, but this is old minus new: a gain of the new model must come out above 0."),
            (_error(_RIGHT * _N**0.5), "This is how far the difference of a single picture strays. The mean of n "
             "pictures strays √n times less: divide."),
            (_error(_RIGHT**2), "This is a variance. The standard error is its square root."),
            (lambda a: np.allclose(_ends(a), (_KIT.low, _KIT.high), atol=1e-6), "This is the kit's own interval. It is "
             "right, and a little more careful than the plain one. Asked for is the plain one, in a line of your own."),
            (_error(_APART), "This adds up the variances of the two models, as if each had seen pictures of its own. "
             "They saw the same ones: take the variance of the difference, picture by picture."),
            (lambda a: np.ptp(_ends(a)) > 1.9 * 2 * 1.96 * _RIGHT, "Too wide. Did you divide by the 70 pictures on "
             "which the two disagree? The mean is over all n pictures, so all n count."),
        ),
        "`gain` has n numbers. The standard error of their mean is their standard deviation divided by √n.",
    ),
    "07 pictures": Exercise(
        "a number of test pictures, a multiple of 50",
        lambda a: not isinstance(a, bool) and a == 400,
        "About twice as many as the published 192, and that only for a model against a fixed mark. To tell two models "
        "apart it takes more.",
        (
            (lambda a: a == 200, "This is what the plain interval (p ± 1.96 standard errors) asks for. It is too short "
             "so near to 1: use Wilson's."),
            (lambda a: a % 50 != 0, "Asked for is a multiple of 50, so that 98 % of it is a whole number."),
            (lambda a: 0 < a < 400, "With so few the lower end is still below 0.96. Print it for larger n."),
            (lambda a: a > 400, "That is enough, and more than needed. Is there a smaller multiple of 50 whose lower "
             "end lies above 0.96?"),
        ),
        "Try n = 50, 100, 150 … with round(0.98 * n) right answers, and stop at the first whose lower end is above "
        "0.96.",
    ),
    "07 leak": Exercise(
        "a function from numbers (n, columns) and labels (n,) to one accuracy",
        lambda a: 0.1 < _scores(a)[0] < 0.42 and 0.75 < _scores(a)[1] < 0.999,
        "On columns that mean nothing it now says chance, and it still finds those that mean something. Everything "
        "that looks at labels belongs inside the folds.",
        (
            (_noise(0.58, 1.0), "The check gives random numbers with four classes, where 0.25 is honest, and this "
             "says far more: the rows that are scored were trained on."),
            (_noise(0.42, 0.58), "The leak is still there. The check gives random numbers with four classes, where "
             "0.25 is honest, and this says far more: the columns were chosen with the labels of the rows that "
             "are scored."),
            (lambda a: _scores(a)[1] <= 0.75, "There is no leak now, but the choice of columns is gone or spoilt, and "
             "with it much of the accuracy on numbers that do mean something. Keep it, inside the folds."),
        ),
        "Make one estimator of the choice and the head, with make_pipeline, and give that to cross_val_score with all "
        "columns.",
    ),
    "07 real": Exercise(
        'a dictionary with "shown" or "not shown" for each of A, B, C, D',
        lambda a: dict(a) == REPORTS,
        "A: planned, paired, clear of 0. B: 0 lies inside. C: the winner was picked on the pictures that judge it. D: "
        "five draws agree, though none of them could have said it alone.",
        (
            (lambda a: any(a[name] is ... for name in REPORTS), "Not finished yet: replace every ... by \"shown\" or "
             "\"not shown\"."),
            (lambda a: not set(a.values()) <= set(REPORTS.values()), "Answer with the words \"shown\" and "
             "\"not shown\"."),
            (_says("A"), "A: two intervals that overlap prove nothing. The models saw the same pictures: look at the "
             "paired interval."),
            (_says("B"), "B: the gain is the best single guess, but its interval contains 0: fourteen pictures "
             "decide, and nine to five is what coins do."),
            (_says("C"), "C: the interval is clear of 0, but thirty variants were tried and the best was picked on "
             "these very pictures. Ask for its score on fresh ones."),
            (_says("D"), "D: each draw alone cannot tell, but the question is about the recipe, and five draws say the "
             "same. Take the interval over the five gains: tk.evaluate.over_seeds."),
        ),
        "For each report: is it paired, does the interval contain 0, and had the test pictures a say in the choice?",
    ),
}  # fmt: skip
