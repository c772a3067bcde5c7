"""Exercises of notebook 08, When does transfer help?"""

from collections.abc import Mapping

import numpy as np

from ..checks import Exercise
from . import by_name

curve = Exercise(
    "08 curve",
    expects="a number: more than how many times fewer labels",
    praise="At the next point the line from scratch is above the probe's left end. So "
    "the true number lies between this quotient and the next one.",
    hint="Go along the line from scratch to its last point below the probe's left end. "
    "Divide the labels of the one by the labels of the other.",
)
Heights = Mapping[str, Mapping[int, float]]  # way -> labels per class -> accuracy


def _fewest_of_the_probe(heights: Heights) -> int:
    """Labels per class where the line of the probe begins."""
    return min(heights["probe"])


def _last_below(heights: Heights) -> int:
    """Most labels per class that, from scratch, do not reach the probe's left end."""
    left_end = heights["probe"][_fewest_of_the_probe(heights)]
    return max(n for n, height in heights["scratch"].items() if height < left_end)


def _is_near(answer, number: float) -> bool:
    return abs(answer - number) < 0.5


@curve.right
def quotient(answer, heights: Heights):
    wanted = _last_below(heights) / _fewest_of_the_probe(heights)
    return _is_near(answer, wanted)


@curve.mistake
def difference(answer, heights: Heights):
    """That is how many labels fewer. "Times" asks for a quotient."""
    fewer = _last_below(heights) - _fewest_of_the_probe(heights)
    return _is_near(answer, fewer)


@curve.mistake
def probe_at_twenty(answer, heights: Heights):
    """You took the probe's point at 20 labels. Its line begins further to the left."""
    return _is_near(answer, _last_below(heights) / 20)


@curve.mistake
def already_above(answer, heights: Heights):
    """At that point the line from scratch is above the probe's left end already. You
    have found "at most"; the question asks for "more than".
    """
    labels = answer * _fewest_of_the_probe(heights)
    above = [n for n in heights["scratch"] if n > _last_below(heights)]
    return any(_is_near(labels, n) for n in above)


@curve.mistake
def heights_compared(answer, heights: Heights):
    """You compared heights, and those are accuracies. Labels stand on the horizontal
    axis.
    """
    ratio = max(heights["probe"].values()) / max(heights["scratch"].values())
    return 0 < answer < 10 and abs(answer - ratio) < 0.3


@curve.mistake
def not_the_last(answer, heights: Heights):
    """There the line from scratch is below the probe's left end, but it is not the last
    such point.
    """
    labels = answer * _fewest_of_the_probe(heights)
    below = [n for n in heights["scratch"] if n < _last_below(heights)]
    return any(_is_near(labels, n) for n in below)


@curve.mistake
def labels_from_scratch(answer, heights: Heights):
    """So many labels does it need from scratch, and more. Divide by what the probe
    needs.
    """
    return _is_near(answer, _last_below(heights))


@curve.mistake
def upside_down(answer, heights: Heights):
    """The other way round: the larger number of labels goes on top."""
    upside = _fewest_of_the_probe(heights) / _last_below(heights)
    return 0 < answer < 1 and abs(answer - upside) < 0.01


neighbours = Exercise(
    "08 neighbours",
    expects="a function of numbers (n, d) and k that returns places (n, k)",
    praise="The first place in each row is the picture itself, and you have left it "
    "out.",
    hint="np.argsort(distances, axis=1) has each row's order. Which columns of it are "
    "the k nearest others?",
)
NUMBERS = np.random.default_rng(8).normal(size=(30, 4)) * (4, 2, 1, 1)
DISTANCES = ((NUMBERS[:, None] - NUMBERS[None]) ** 2).sum(axis=-1)  # (30, 30)
K = 3


def _takes(function, columns: slice, distances: np.ndarray = DISTANCES) -> bool:
    """Whether a learner's function gives these columns of the order, in any order."""
    wanted = np.argsort(distances, axis=1)[:, columns]
    got = np.asarray(function(NUMBERS.copy(), K))
    return got.shape == wanted.shape and bool(
        np.array_equal(np.sort(got, axis=1), np.sort(wanted, axis=1))
    )


def _shape(function) -> tuple[int, ...]:
    return np.shape(function(NUMBERS.copy(), K))


@neighbours.right
def nearest_others(function):
    return _takes(function, slice(1, K + 1))


@neighbours.mistake
def no_places_yet(function):
    """Nothing there yet: put your line where the dots are."""
    return _shape(function) == ()


@neighbours.mistake
def itself_too(function):
    """Each picture is among its own neighbours. It would vote for itself, with the
    label that it should guess.
    """
    return _takes(function, slice(0, K))


@neighbours.mistake
def farthest(function):
    """These are the farthest pictures: argsort puts the smallest value first."""
    return _takes(function, slice(0, K), -DISTANCES)


@neighbours.mistake
def all_of_them(function):
    """These are all pictures, sorted. Keep k of them, after the first."""
    return _shape(function) == (30, 30)


@neighbours.mistake
def one_too_few(function):
    """One too few: leaving out the picture itself, the slice has to end one later, at
    k + 1.
    """
    return _shape(function) == (30, K - 1)


@neighbours.mistake
def rows_instead_of_columns(function):
    """You have sliced the rows. Each picture is a row; its neighbours lie along the
    second axis.
    """
    return _shape(function) == (K, 30)


decide = Exercise(
    "08 decide",
    expects='a dict: each target "deep", "middle" or "early", and the design of the '
    "check",
    praise="And the check is a fair one: there is something to gain on, and the test "
    "pictures were not used in the choice.",
    hint='Use the words of the task: "deep", "middle", "early"; "pixels and random '
    'layers"; "train".',
)
Found = Mapping[str, Mapping[str, float]]  # target -> cut -> accuracy
CLOSE = 0.03  # places whose accuracies differ by less are equally good
GROUPS = {
    "deep": ("block4", "block5"),
    "middle": ("block2", "block3"),
    "early": ("image", "block1"),
}


def _is_good(decision, found: Found, target: str) -> bool:
    """Whether the group chosen for a target holds a cut as good as the best."""
    group = GROUPS.get(decision[target], ())
    best_of_group = max((found[target][cut] for cut in group), default=0)
    return best_of_group > max(found[target].values()) - CLOSE


@decide.right
def good_cuts_and_a_fair_check(decision, found: Found):
    return (
        decision["baseline"] == "pixels and random layers"
        and decision["chosen on"] == "train"
        and all(_is_good(decision, found, target) for target in found)
    )


@decide.mistake
def not_filled_in(decision, found: Found):
    """There are dots left: decide for every target, and design the check."""
    return ... in decision.values()


@decide.mistake
def chosen_on_test(decision, found: Found):
    """If the test pictures choose the cut, its accuracy on them is too high: it was the
    luckiest of six. Let a score on the training pictures choose.
    """
    return decision["chosen on"] == "test"


@decide.mistake
def against_chance(decision, found: Found):
    """Above chance is not above what you would reach without the source. A comparison
    with chance does not notice negative transfer.
    """
    return decision["baseline"] == "chance"


@decide.mistake
def against_nothing(decision, found: Found):
    """Then there is no gain, only an accuracy. Train something without the source as
    well.
    """
    return decision["baseline"] == "nothing"


@decide.mistake
def letter_or_digit(decision, found: Found):
    """Letter or digit: to tell them apart one has to know the shapes as a whole, and
    that is what the source has learnt to do at its end.
    """
    return not _is_good(decision, found, "letter or digit")


@decide.mistake
def left_or_right(decision, found: Found):
    """Left or right: a lean is seen from strokes and their directions. A reader of
    letters finds them half way, and then learns to look past them. The pixels do not
    have them yet.
    """
    return not _is_good(decision, found, "left or right")


@decide.mistake
def bright_ground(decision, found: Found):
    """Bright ground: that is a mean of pixels. A reader of letters was rewarded for
    ignoring it.
    """
    return not _is_good(decision, found, "bright ground")


EXERCISES = by_name((curve, neighbours, decide))
