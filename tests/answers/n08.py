"""Right and wrong answers to the exercises of notebook 08."""

import numpy as np

HEIGHTS = {  # as measured
    "probe": {2: 0.65, 20: 0.84, 500: 0.90},
    "scratch": {2: 0.10, 20: 0.14, 100: 0.25, 200: 0.48, 500: 0.81},
}
FOUND = {  # about as measured
    "letter or digit": {
        "image": 0.5,
        "block1": 0.53,
        "block2": 0.6,
        "block3": 0.7,
        "block4": 0.76,
        "block5": 0.76,
    },
    "left or right": {
        "image": 0.5,
        "block1": 0.55,
        "block2": 0.7,
        "block3": 0.76,
        "block4": 0.7,
        "block5": 0.6,
    },
    "bright ground": {
        "image": 0.97,
        "block1": 0.93,
        "block2": 0.8,
        "block3": 0.7,
        "block4": 0.6,
        "block5": 0.55,
    },
}
GOOD = {
    "letter or digit": "deep",
    "left or right": "middle",
    "bright ground": "early",
    "baseline": "pixels and random layers",
    "chosen on": "train",
}


def places(columns, rows=slice(None), sign=1):
    """A learner's function: sort by distance, and keep some of it.

    Args:
        columns: k -> which columns are kept.
        rows: which rows are kept.
        sign: -1 sorts the farthest to the front.
    """

    def neighbours(numbers, k):
        distances = ((numbers[:, None] - numbers[None]) ** 2).sum(axis=-1)
        return np.argsort(sign * distances, axis=1)[rows, columns(k)]

    return neighbours


def nearest(k):
    return slice(1, k + 1)


def itself_too(k):
    return slice(0, k)


def every(k):
    return slice(None)


RIGHT = {
    "08 curve": (100, (HEIGHTS,)),
    "08 neighbours": (places(nearest), ()),
    "08 decide": (GOOD, (FOUND,)),
}
WRONG = [
    ("08 curve", 198, "a quotient"),
    ("08 curve", 10, "further to the left"),
    ("08 curve", 250, "is above the probe's left end already"),
    ("08 curve", 50, "not the last such point"),
    ("08 curve", 200, "Divide by what"),
    ("08 curve", 0.01, "other way round"),
    ("08 curve", 1.1, "compared heights"),
    ("08 curve", 7, "last point below the probe's left end"),
    ("08 neighbours", lambda numbers, k: ..., "where the dots are"),
    ("08 neighbours", places(itself_too), "vote for itself"),
    ("08 neighbours", places(itself_too, sign=-1), "farthest"),
    ("08 neighbours", places(every), "Keep k of them"),
    ("08 neighbours", places(lambda k: slice(1, k)), "One too few"),
    ("08 neighbours", places(every, rows=slice(1, 4)), "sliced the rows"),
    ("08 neighbours", places(lambda k: slice(2, k + 2)), "Which columns"),
    ("08 decide", {**GOOD, "bright ground": ...}, "dots left"),
    ("08 decide", {**GOOD, "chosen on": "test"}, "the luckiest of six"),
    ("08 decide", {**GOOD, "baseline": "chance"}, "does not notice negative transfer"),
    ("08 decide", {**GOOD, "baseline": "nothing"}, "only an accuracy"),
    ("08 decide", {**GOOD, "letter or digit": "early"}, "the shapes as a whole"),
    ("08 decide", {**GOOD, "left or right": "early"}, "look past them"),
    ("08 decide", {**GOOD, "bright ground": "deep"}, "rewarded for ignoring it"),
    ("08 decide", {**GOOD, "baseline": "pixels"}, "Use the words of the task"),
]
