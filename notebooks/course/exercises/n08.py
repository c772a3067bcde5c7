"""Exercises of notebook 08, When does transfer help?"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..checks import Exercise

CLOSE = 0.03  # places whose accuracies differ by less are equally good
GROUPS = {
    "deep": ("block4", "block5"),
    "middle": ("block2", "block3"),
    "early": ("image", "block1"),
}
Heights = Mapping[str, Mapping[int, float]]  # way -> labels per class -> accuracy
Found = Mapping[str, Mapping[str, float]]  # target -> cut -> accuracy

_NUMBERS = np.random.default_rng(8).normal(size=(30, 4)) * (4, 2, 1, 1)


def _times(formula: Callable[[int, int], float]) -> Callable[[Any, Heights], bool]:
    """Whether the answer is what the formula makes of the most labels from scratch and the fewest of the probe."""
    return lambda answer, heights: (
        abs(answer - formula(max(heights["scratch"]), min(heights["probe"]))) < 0.5
    )


def _nearest(first: int, farthest: bool = False) -> Callable[[Any], bool]:
    """Whether a learner's function gives the places from `first` on of each row, sorted by distance."""

    def same(function) -> bool:
        distances = ((_NUMBERS[:, None] - _NUMBERS[None]) ** 2).sum(axis=-1)
        order = np.argsort(-distances if farthest else distances, axis=1)[
            :, first : first + 3
        ]
        got = np.asarray(function(_NUMBERS.copy(), 3))
        return got.shape == order.shape and bool(
            np.array_equal(np.sort(got, axis=1), np.sort(order, axis=1))
        )

    return same


def _shape(test: Callable[[tuple], bool]) -> Callable[[Any], bool]:
    return lambda function: test(np.shape(function(_NUMBERS.copy(), 3)))


def _good(target: str) -> Callable[[Any, Found], bool]:
    """Whether the group chosen for a target holds a cut as good as the best."""
    return lambda d, found: (
        max((found[target][cut] for cut in GROUPS.get(d[target], ())), default=0)
        > max(found[target].values()) - CLOSE
    )


def _wrong(target: str) -> Callable[[Any, Found], bool]:
    return lambda d, found: not _good(target)(d, found)


EXERCISES = {
    "08 curve": Exercise(
        "a number: at least how many times fewer labels",
        _times(lambda many, few: many / few),
        "And it is a lower bound: the line from scratch has not even come up to the probe's left end.",
        (
            (_times(lambda many, few: many - few), "That is how many labels fewer. \"Times\" asks for a quotient."),
            (_times(lambda many, few: many / 20), "You took the point at 20 labels. The probe's line begins further "
             "to the left."),
            (_times(lambda many, few: many), "That is where the line from scratch ends. Divide by what the probe "
             "needs."),
            (_times(lambda many, few: few / many), "The other way round: the larger number of labels goes on top."),
            (lambda answer, heights: 0 < answer < 10 and abs(answer - max(heights["probe"].values())
             / max(heights["scratch"].values())) < 0.3, "You compared heights, and those are accuracies. Labels stand "
             "on the horizontal axis."),
        ),
        "Divide the labels under the right end of the line from scratch by those under the left end of the probe's.",
    ),
    "08 neighbours": Exercise(
        "a function of numbers (n, d) and k that returns places (n, k)",
        _nearest(1),
        "The first place in each row is the picture itself, and you have left it out.",
        (
            (_shape(lambda shape: shape == ()), "Nothing there yet: put your line where the dots are."),
            (_nearest(0), "Each picture is among its own neighbours. It would vote for itself, with the label that it "
             "is to guess."),
            (_nearest(0, farthest=True), "These are the farthest pictures: argsort puts the smallest value first."),
            (_shape(lambda shape: shape == (30, 30)), "These are all pictures, sorted. Keep k of them, after the "
             "first."),
            (_shape(lambda shape: shape == (30, 2)), "One too few: leaving out the picture itself, the slice has to "
             "end one later, at k + 1."),
            (_shape(lambda shape: shape == (3, 30)), "You have sliced the rows. Each picture is a row; its neighbours "
             "lie along the second axis."),
        ),
        "np.argsort(distances, axis=1) has each row's order. Which columns of it are the k nearest others?",
    ),
    "08 decide": Exercise(
        'a dict: each target "deep", "middle" or "early", and the design of the check',
        lambda d, found: d["baseline"] == "pixels and random layers" and d["chosen on"] == "train"
        and all(_good(target)(d, found) for target in found),
        "And the check is a fair one: there is something to gain on, and the test pictures have had no say.",
        (
            (lambda d, found: ... in d.values(), "There are dots left: decide for every target, and design the check."),
            (lambda d, found: d["chosen on"] == "test", "If the test pictures choose the cut, its accuracy on them is "
             "too high: it was the luckiest of six. Let a score on the training pictures choose."),
            (lambda d, found: d["baseline"] == "chance", "Above chance is not above what you would reach without the "
             "source. Whoever compares with chance does not notice negative transfer."),
            (lambda d, found: d["baseline"] == "nothing", "Then there is no gain, only an accuracy. Train something "
             "without the source as well."),
            (_wrong("letter or digit"), "Letter or digit: to tell them apart one has to know the shapes as a whole, "
             "and that is what the source has learnt to do at its end."),
            (_wrong("left or right"), "Left or right: a lean is seen from strokes and their directions. A reader of "
             "letters finds them half way, and then learns to look past them. The pixels do not have them yet."),
            (_wrong("bright ground"), "Bright ground: that is a mean of pixels. A reader of letters was rewarded for "
             "ignoring it."),
        ),
        'Use the words of the task: "deep", "middle", "early"; "pixels and random layers"; "train".',
    ),
}  # fmt: skip
