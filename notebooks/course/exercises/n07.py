"""Exercises of notebook 07, Evaluate honestly."""

from functools import lru_cache

import numpy as np

from tlkit.evaluate import paired_difference

from ..checks import Exercise
from . import by_name

paired = Exercise(
    "07 paired",
    expects="a function from two bool arrays (n,) to two numbers, the lower and the "
    "upper end",
    praise="The standard deviation of the n differences, divided by √n. Most of them "
    "are 0, and that is why this interval is narrow.",
    hint="`gain` has n numbers. The standard error of their mean is their standard "
    "deviation divided by √n.",
)
PARTS = (300, 45, 25, 30)  # pictures: both right, only new, only old, neither
RIGHT_NEW = np.repeat([True, True, False, False], PARTS)
RIGHT_OLD = np.repeat([True, False, True, False], PARTS)
DIFFERENCES = RIGHT_NEW.astype(float) - RIGHT_OLD
N, GAIN = len(DIFFERENCES), DIFFERENCES.mean()
STANDARD_ERROR = float(DIFFERENCES.std() / N**0.5)
Z = 1.96  # standard errors to either side of a 95 % interval


def _ends(function) -> tuple[float, float]:
    """What a learner's function gives for the pictures of the check."""
    low, high = function(RIGHT_NEW.copy(), RIGHT_OLD.copy())
    return float(low), float(high)


def _is_interval(function, error: float, gain: float = GAIN) -> bool:
    """Whether a function gives the gain, with Z times this error to either side."""
    wanted = (gain - Z * error, gain + Z * error)
    return np.allclose(_ends(function), wanted, atol=6e-4)


@paired.right
def standard_error_of_the_differences(function):
    return _is_interval(function, STANDARD_ERROR)


@paired.mistake
def no_width(function):
    """The interval has no width yet: replace the 0.0 by the standard error of the mean
    of `gain`.
    """
    low, high = _ends(function)
    return low == high


@paired.mistake
def old_minus_new(function):
    """The width is right, but this is old minus new: a gain of the new model must come
    out above 0.
    """
    return _is_interval(function, STANDARD_ERROR, gain=-GAIN)


@paired.mistake
def of_a_single_picture(function):
    """This is how far the difference of a single picture strays. The mean of n pictures
    strays √n times less: divide.
    """
    return _is_interval(function, STANDARD_ERROR * N**0.5)


@paired.mistake
def variance(function):
    """This is a variance. The standard error is its square root."""
    return _is_interval(function, STANDARD_ERROR**2)


@paired.mistake
def by_the_kit(function):
    """This is the kit's own interval. It is right, and a little more careful than the
    plain one. The question asks for the plain one, in a line of your own.
    """
    own = paired_difference(RIGHT_NEW, RIGHT_OLD)
    return np.allclose(_ends(function), (own.low, own.high), atol=1e-6)


@paired.mistake
def as_if_on_other_pictures(function):
    """This adds up the variances of the two models, as if each had seen pictures of its
    own. They saw the same ones: take the variance of the difference, picture by
    picture.
    """
    apart = float(((RIGHT_NEW.var() + RIGHT_OLD.var()) / N) ** 0.5)
    return _is_interval(function, apart)


@paired.mistake
def divided_by_those_that_differ(function):
    """Too wide. Did you divide by the 70 pictures on which the two disagree? The mean
    is over all n pictures, so all n count.
    """
    return np.ptp(_ends(function)) > 1.9 * 2 * Z * STANDARD_ERROR


pictures = Exercise(
    "07 pictures",
    expects="a number of test pictures, a multiple of 50",
    praise="About twice as many as the published 192, and that only for a model "
    "against a fixed mark. To tell two models apart it takes more.",
    hint="Try n = 50, 100, 150 … with round(0.98 * n) right answers, and stop at the "
    "first whose lower end is above 0.96.",
)


@pictures.right
def four_hundred(answer):
    return not isinstance(answer, bool) and answer == 400


@pictures.mistake
def by_the_plain_interval(answer):
    """This is what the plain interval (p ± 1.96 standard errors) asks for. It is too
    short so near to 1: use Wilson's.
    """
    return answer == 200


@pictures.mistake
def no_multiple_of_50(answer):
    """The answer should be a multiple of 50, so that 98 % of it is a whole number."""
    return answer % 50 != 0


@pictures.mistake
def too_few(answer):
    """With so few the lower end is still below 0.96. Print it for larger n."""
    return 0 < answer < 400


@pictures.mistake
def too_many(answer):
    """That is enough, and more than needed. Is there a smaller multiple of 50 whose
    lower end lies above 0.96?
    """
    return answer > 400


leak = Exercise(
    "07 leak",
    expects="a function from numbers (n, columns) and labels (n,) to one accuracy",
    praise="On columns that mean nothing it now says chance, and it still finds those "
    "that mean something. Everything that looks at labels belongs inside the folds.",
    hint="Make one estimator of the choice and the head, with make_pipeline, and give "
    "that to cross_val_score with all columns.",
)


@lru_cache(maxsize=2)
def examples(signal: bool) -> tuple[np.ndarray, np.ndarray]:
    """Random numbers (200, 400), and labels (200,) of four classes.

    Args:
        signal: whether five of the columns know the class.
    """
    rng = np.random.default_rng(7)
    labels = rng.permutation(np.repeat(np.arange(4), 50))
    numbers = rng.normal(size=(200, 400))
    if signal:
        numbers[:, :5] += rng.normal(size=(4, 5))[labels] * 1.5
    return numbers, labels


def _score(function, signal: bool) -> float:
    """The accuracy that a learner's function reports for ``examples``."""
    numbers, labels = examples(signal)
    return float(function(numbers.copy(), labels.copy()))


@leak.right
def chance_on_noise_and_not_on_signal(function):
    noise, signal = _score(function, False), _score(function, True)
    return 0.1 < noise < 0.42 and 0.75 < signal < 0.999


@leak.mistake
def scored_on_training(function):
    """The check gives random numbers with four classes, where 0.25 is honest, and this
    says far more: the rows that are scored were trained on.
    """
    return 0.58 <= _score(function, False) <= 1


@leak.mistake
def columns_chosen_outside(function):
    """The leak is still there. The check gives random numbers with four classes, where
    0.25 is honest, and this says far more: the columns were chosen with the labels of
    the rows that are scored.
    """
    return 0.42 <= _score(function, False) <= 0.58


@leak.mistake
def no_choice_of_columns(function):
    """There is no leak now, but the choice of columns is gone or spoilt, and with it
    much of the accuracy on numbers that do mean something. Keep it, inside the folds.
    """
    return _score(function, True) <= 0.75


real = Exercise(
    "07 real",
    expects='a dictionary with "shown" or "not shown" for each of A, B, C, D',
    praise="A: planned, paired, clear of 0. B: 0 lies inside. C: the winner was picked "
    "on the pictures that judge it. D: five draws agree, though none of them could "
    "have said it alone.",
    hint="For each report: is it paired, does the interval contain 0, and were the "
    "test pictures used in the choice?",
)
REPORTS = {"A": "shown", "B": "not shown", "C": "not shown", "D": "shown"}


def _misjudges(answer, report: str) -> bool:
    return answer[report] != REPORTS[report]


@real.right
def all_reports(answer):
    return dict(answer) == REPORTS


@real.mistake
def not_filled_in(answer):
    """Not finished yet: replace every ... by "shown" or "not shown"."""
    return any(answer[name] is ... for name in REPORTS)


@real.mistake
def other_words(answer):
    """Answer with the words "shown" and "not shown"."""
    return not set(answer.values()) <= set(REPORTS.values())


@real.mistake
def overlap_means_equal(answer):
    """A: two intervals that overlap prove nothing. The models saw the same pictures:
    look at the paired interval.
    """
    return _misjudges(answer, "A")


@real.mistake
def zero_inside(answer):
    """B: the gain is the best single guess, but its interval contains 0: fourteen
    pictures decide, and nine to five is what coins do.
    """
    return _misjudges(answer, "B")


@real.mistake
def best_of_thirty(answer):
    """C: the interval is clear of 0, but thirty variants were tried and the best was
    picked on these very pictures. Ask for its score on fresh ones.
    """
    return _misjudges(answer, "C")


@real.mistake
def five_draws(answer):
    """D: each draw alone cannot tell, but the question is about the recipe, and five
    draws say the same. Take the interval over the five gains: tk.evaluate.over_seeds.
    """
    return _misjudges(answer, "D")


EXERCISES = by_name((paired, pictures, leak, real))
