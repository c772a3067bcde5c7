"""Exercises of notebook 07, Evaluate honestly."""

from functools import lru_cache

import numpy as np

from tlkit.evaluate import over_seeds, paired_difference, wilson

from ..checks import Exercise
from ..kinds import Anything, Array, Function, Number, Parts, Several, Word, is_number
from . import by_name

paired = Exercise(
    "07 paired",
    expects="a function from two bool arrays (n,) to two numbers, the lower and the "
    "upper end",
    praise="The standard deviation of the n differences, divided by √n. Most of them "
    "are 0, and that is why this interval is narrow.",
    hint="`gain` has n numbers. The standard error of their mean is their standard "
    "deviation divided by √n.",
    ask="Another width. Which standard deviation have you taken, of which numbers, and "
    "by what have you divided it?",
    kind=Function(
        "new, old",
        gives=Several(
            Array(), Array(), wanted="two numbers, the lower and the upper end"
        ),
    ),
    place="The paired interval",
    start="""
def difference(new, old):
    gain = new.astype(float) - old
    error = 0.0
    return gain.mean() - 1.96 * error, gain.mean() + 1.96 * error
""",
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
    if np.shape(low) or np.shape(high):
        return float("nan"), float("nan")
    return float(low), float(high)


def _is_interval(function, error: float, gain: float = GAIN) -> bool:
    """Whether a function gives the gain, with Z times this error to either side."""
    wanted = (gain - Z * error, gain + Z * error)
    return np.allclose(_ends(function), wanted, atol=6e-4)


def _is_right_for_others(function) -> bool:
    """Whether it is right where the old model is better, and where the new one is much
    better, each on fewer pictures.
    """
    places = np.arange(30)
    for new, old in (
        (RIGHT_OLD[250:], RIGHT_NEW[250:]),
        (places % 5 > 0, places % 3 == 0),
    ):
        gain = new.astype(float) - old
        half = Z * gain.std(ddof=1) / len(gain) ** 0.5
        wanted = gain.mean() - half, gain.mean() + half
        # Dividing by n or by n - 1 is equally good.
        if not np.allclose(function(new.copy(), old.copy()), wanted, atol=5e-3):
            return False
    return True


@paired.right
def standard_error_of_the_differences(function):
    right = _is_interval(function, STANDARD_ERROR)
    return right and _is_right_for_others(function)


@paired.mistake
def ends_exchanged(function):
    """Two right numbers in the wrong order: first the lower end."""
    low, high = _ends(function)
    wanted = GAIN + Z * STANDARD_ERROR, GAIN - Z * STANDARD_ERROR
    return np.allclose((low, high), wanted, atol=6e-4)


@paired.mistake
def one_standard_error(function):
    """One standard error to either side covers 68 %. How many make 95 %?"""
    return _is_interval(function, STANDARD_ERROR / Z)


@paired.mistake
def no_width(function):
    """The interval has no width: what stands for the standard error is 0."""
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
    """This is how far the difference of a single picture strays. How far does the mean
    of n of them stray?
    """
    return _is_interval(function, STANDARD_ERROR * N**0.5)


@paired.mistake
def variance(function):
    """This is a variance, in the unit of the square. What is a standard error to it?"""
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


def mark(pictures: float) -> float:
    """The lower end of Wilson's interval, if 98 % of so many pictures are right."""
    right = np.arange(int(pictures)) < round(0.98 * int(pictures))
    return wilson(right).low


pictures = Exercise(
    "07 pictures",
    expects="two numbers: how many test pictures, a multiple of 50, and the lower end "
    "that belongs to them, such as (100, 0.93)",
    praise=lambda answer: (
        f"The lower end is {mark(answer[0]):.3f}. About twice as many pictures as the "
        "published 192, and that only for a model against a fixed mark. To tell two "
        "models apart it takes more."
    ),
    hint="Try n = 50, 100, 150 … with round(0.98 * n) right answers, and stop at the "
    "first whose lower end is above 0.96.",
    ask="No test can have so many pictures. Which numbers have you tried?",
    kind=Several(
        Number(whole=True),
        Number(),
        wanted="two numbers, the pictures and their lower end, such as (100, 0.93)",
    ),
    place='"98 % on 192 pictures"',
)
FEWEST = 400


def _is_test(answer) -> bool:
    """Whether there can be a test with so many pictures."""
    return 0 < answer[0] < 1e6


@pictures.right
def fewest_and_their_lower_end(answer):
    return answer[0] == FEWEST and abs(answer[1] - mark(FEWEST)) < 6e-4


@pictures.mistake
def a_share(answer):
    """The first number is a share. The question asks how many pictures."""
    return 0 < answer[0] < 2


@pictures.mistake
def the_published_ones(answer):
    """That is the published number of pictures. Its lower end is the reason for this
    exercise: print it.
    """
    return answer[0] == 192


@pictures.mistake
def no_multiple_of_50(answer):
    """The number of pictures should be a multiple of 50, so that 98 % of it is a whole
    number.
    """
    return answer[0] % 50 != 0


@pictures.mistake
def by_the_plain_interval(answer):
    """This is the lower end of the plain interval (p ± 1.96 standard errors). It is too
    short so near to 1: use Wilson's.
    """
    if not _is_test(answer):
        return False
    plain = 0.98 - 1.96 * (0.98 * 0.02 / answer[0]) ** 0.5
    return abs(answer[1] - plain) < 6e-4


@pictures.mistake
def the_mark_itself(answer):
    """0.96 is the mark. The second number is what `lower_end` gives for your number of
    pictures, to three decimals.
    """
    return abs(answer[1] - 0.96) < 1e-9


@pictures.mistake
def another_lower_end(answer):
    """The two numbers do not belong together: print `lower_end` of your number of
    pictures, to three decimals.
    """
    return _is_test(answer) and abs(answer[1] - mark(answer[0])) >= 6e-4


@pictures.mistake
def below_the_mark(answer):
    """The two numbers belong together. But is this lower end above 0.96?"""
    return 0 < answer[0] < FEWEST


@pictures.mistake
def too_many(answer):
    """The two numbers belong together, and so many are enough. Are fewer enough?"""
    return FEWEST < answer[0] < 1e6


leak = Exercise(
    "07 leak",
    expects="a function from numbers (n, columns) and labels (n,) to one accuracy",
    praise="On columns that mean nothing it now says chance, and it still finds those "
    "that mean something. Everything that looks at labels belongs inside the folds.",
    hint="Make one estimator of the choice and the head, with make_pipeline, and give "
    "that to cross_val_score with all columns.",
    ask="On numbers that mean nothing this says less than chance, or nothing that can "
    "be an accuracy. Which rows are scored, and with which labels?",
    kind=Function("numbers, labels", gives=Array()),
    place="Find the leak",
    start="""
def score(numbers, labels):
    best = SelectKBest(k=20).fit_transform(numbers, labels)
    return cross_val_score(head(), best, labels, cv=5).mean()
""",
)


# Of 200 random rows with four classes, an honest accuracy strays 0.03 around 0.25. A
# choice outside the folds gives more, also of 5 columns (0.37) or of 300 (0.36).
MOST_BY_CHANCE = 0.34


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
    found = np.asarray(function(numbers.copy(), labels.copy()))
    return float(found) if found.shape == () else float("nan")


@leak.right
def chance_on_noise_and_not_on_signal(function):
    noise, signal = _score(function, False), _score(function, True)
    return 0.1 < noise < MOST_BY_CHANCE and 0.75 < signal < 0.999


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
    return MOST_BY_CHANCE <= _score(function, False) <= 0.58


@leak.mistake
def no_choice_of_columns(function):
    """There is no leak now, but the choice of columns is gone or spoilt, and with it
    much of the accuracy on numbers that do mean something. Keep it, inside the folds.
    """
    return _score(function, True) <= 0.75


real = Exercise(
    "07 real",
    expects='a dictionary with two things for each of A, B, C, D: "shown" or "not '
    'shown", and the lower end that decides it, such as ("shown", 0.123), or "none"',
    praise="A: planned, paired, clear of 0. B: 0 lies inside the paired interval. C: "
    "the winner was picked on the pictures that judge it, so no interval from them can "
    "decide. D: the five draws together say what none of them could have said alone.",
    hint="Ask of each report: what varies in its sentence, models or draws? Which "
    "interval is about that, and where is its lower end? And were the test pictures "
    "used in the choice?",
    ask="One of the four reasons does not fit its judgement. About which report are "
    "you least sure?",
    kind=Parts(
        dict.fromkeys(
            "ABCD",
            Several(
                Word("shown", "not shown"),
                Anything(),
                wanted='a judgement and its reason, such as ("shown", 0.123)',
            ),
        )
    ),
    place="The paired interval",
)
COUNTS = {  # report -> pictures: all, only the new right, only the old right, both
    "A": (1000, 47, 16, 825),
    "B": (192, 9, 5, 160),
    "C": (2000, 62, 35, 1640),
}
GAINS = (0.010, 0.025, 0.010, 0.025, 0.030)  # of report D
JUDGED = {"A": "shown", "B": "not shown", "C": "not shown", "D": "shown"}


def _models(report: str) -> tuple[np.ndarray, np.ndarray]:
    """What the new and the old model of a report got right, bool (n,) each."""
    n, only_new, only_old, both = COUNTS[report]
    parts = both, only_new, only_old, n - only_new - only_old - both
    new = np.repeat([True, True, False, False], parts)
    old = np.repeat([True, False, True, False], parts)
    return new, old


@lru_cache(maxsize=1)
def _deciding() -> dict[str, float]:
    """Report -> the lower end of the interval that its sentence is about."""
    paired_ends = {name: paired_difference(*_models(name)).low for name in COUNTS}
    return {**paired_ends, "D": over_seeds(GAINS).low}


def _judges(answer, report: str, judgement: str) -> bool:
    return answer[report][0] == judgement


def _reason(answer, report: str) -> float | str:
    """The second thing: a number, "none", or "" for anything else."""
    reason = answer[report][1]
    return reason if is_number(reason) or reason == "none" else ""


def _is_end(reason, end: float) -> bool:
    """Whether a reason is this end, as it is printed: to three decimals."""
    return is_number(reason) and abs(reason - end) < 1.1e-3


def _decides(answer, report: str) -> bool:
    """Whether the reason is the lower end that a report's sentence is about."""
    return _is_end(_reason(answer, report), _deciding()[report])


@real.right
def all_reports_with_their_reasons(answer):
    judged = all(_judges(answer, name, said) for name, said in JUDGED.items())
    decided = all(_decides(answer, name) for name in "ABD")
    return judged and decided and _reason(answer, "C") == "none"


@real.mistake
def no_reason(answer):
    """The second of each pair is its reason: a number, the lower end of an interval, or
    "none" if no interval from these pictures can decide.
    """
    return any(_reason(answer, report) == "" for report in "ABCD")


@real.mistake
def all_the_same(answer):
    """One judgement for all four. Some of these reports show what they say, and some do
    not: look for the one of which you are surest.
    """
    return len({judgement for judgement, _ in answer.values()}) == 1


@real.mistake
def one_model_alone(answer):
    """One of your numbers is the lower end of one model alone. It says how good this
    model is. Which interval belongs to two models that saw the same pictures?
    """
    return any(
        _is_end(_reason(answer, report), wilson(model).low)
        for report in COUNTS
        for model in _models(report)
    )


@real.mistake
def another_end(answer):
    """One of your numbers is the middle or the upper end of an interval. To say that a
    gain is above 0, which end must be above 0?
    """
    found = {name: paired_difference(*_models(name)) for name in COUNTS}
    found["D"] = over_seeds(GAINS)
    return any(
        _is_end(_reason(answer, report), end)
        for report, interval in found.items()
        for end in (interval.mean, interval.high)
    )


@real.mistake
def overlap_means_equal(answer):
    """A: two intervals that overlap prove nothing. Which interval belongs to two models
    that saw the same pictures, and what may it not contain?
    """
    return not _judges(answer, "A", "shown") or not _decides(answer, "A")


@real.mistake
def zero_inside(answer):
    """B: the gain is the best single guess. On how many pictures do the two disagree,
    and how often would a coin do the same?
    """
    return not _judges(answer, "B", "not shown") or not _decides(answer, "B")


@real.mistake
def best_of_thirty(answer):
    """C: a 95 % interval keeps its promise for one comparison that was named before.
    How many variants were tried, and on which pictures was this one picked?
    """
    return not _judges(answer, "C", "not shown") or _reason(answer, "C") != "none"


@real.mistake
def the_smallest_draw(answer):
    """D: that is the smallest of the five gains. With more draws it would fall further.
    An interval for their mean has a lower end of its own.
    """
    return _is_end(_reason(answer, "D"), min(GAINS)) and not _decides(answer, "D")


@real.mistake
def five_draws(answer):
    """D: each draw alone cannot tell. But the question is about the recipe: what do the
    five draws say together, and which interval covers draws?
    """
    return not _judges(answer, "D", "shown") or not _decides(answer, "D")


EXERCISES = by_name((paired, pictures, leak, real))
