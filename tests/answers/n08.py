"""Right and wrong answers to the exercises of notebook 08."""

import numpy as np

HEIGHTS = {
    "probe": {2: 0.71, 20: 0.84, 500: 0.90},
    "scratch": {2: 0.10, 20: 0.11, 500: 0.56},
}  # as measured
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
    "letter or digit": "deep", "left or right": "middle", "bright ground": "early",
    "baseline": "pixels and random layers", "chosen on": "train",
}  # fmt: skip


def places(columns, rows=slice(None), sign=1):
    """Sort by distance, and keep some of it."""

    def neighbours(numbers, k):
        distances = ((numbers[:, None] - numbers[None]) ** 2).sum(axis=-1)
        return np.argsort(sign * distances, axis=1)[rows, columns(k)]

    return neighbours


RIGHT = {
    "08 curve": (250, (HEIGHTS,)),
    "08 neighbours": (places(lambda k: slice(1, k + 1)), ()),
    "08 decide": (GOOD, (FOUND,)),
}
WRONG = [
    ("08 curve", 498, "a quotient"),
    ("08 curve", 25, "further to the left"),
    ("08 curve", 500, "Divide by what"),
    ("08 curve", 0.004, "other way round"),
    ("08 curve", 1.6, "compared heights"),
    ("08 curve", 100, "right end of the line"),
    ("08 neighbours", lambda numbers, k: ..., "where the dots are"),
    ("08 neighbours", places(lambda k: slice(0, k)), "vote for itself"),
    ("08 neighbours", places(lambda k: slice(0, k), sign=-1), "farthest"),
    ("08 neighbours", places(lambda k: slice(None)), "Keep k of them"),
    ("08 neighbours", places(lambda k: slice(1, k)), "One too few"),
    (
        "08 neighbours",
        places(lambda k: slice(None), rows=slice(1, 4)),
        "sliced the rows",
    ),
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
