"""Right and wrong answers to the exercises of notebook 08."""

import numpy as np

from tlkit.evaluate import over_seeds
from tlkit.forecast import logme
from tlkit.forecast import nearest as neighbours_score

DRAWS = {  # way -> labels per class -> draws, as measured
    "probe": {"2": [0.713, 0.6345, 0.6075], "20": [0.851, 0.8475, 0.818]},
    "scratch": {
        "2": [0.1, 0.118, 0.1045],
        "20": [0.1315, 0.115, 0.1085],
        "100": [0.212, 0.299, 0.2805],
        "200": [0.447, 0.4305, 0.516],
        "500": [0.7705, 0.7565, 0.763],
    },
}
SHARES = {  # target -> cut -> accuracy, about as measured
    "letter or digit": (0.46, 0.62, 0.74, 0.86, 0.93, 0.93),
    "left or right": (0.52, 0.63, 0.73, 0.80, 0.76, 0.59),
    "bright ground": (0.94, 0.91, 0.88, 0.68, 0.62, 0.62),
}
CUTS = ("image", "block1", "block2", "block3", "block4", "block5")
GOOD = {
    "letter or digit": "deep",
    "left or right": "middle",
    "bright ground": "early",
    "baselines": ["pixels", "random layers"],
    "chosen on": "training pictures",
}


def measure(target):
    """Cut -> which of 1,000 test pictures a head there gets right."""
    ranks = np.arange(1000) / 1000
    return {cut: ranks < share for cut, share in zip(CUTS, SHARES[target], strict=True)}


def lead(labels, sign=1):
    """How far the probe's left end lies above so many labels from scratch."""
    left_end, scratch = DRAWS["probe"]["2"], DRAWS["scratch"][str(labels)]
    return over_seeds(sign * np.subtract(left_end, scratch))


def order(score, rows=None, reverse=True):
    """A learner's function: the cuts in the order of a score of the first rows."""

    def ordered(seen, labels, train):
        def by_score(cut):
            return score(seen[cut][: rows or train], labels[: rows or train])

        return sorted(seen, key=by_score, reverse=reverse)

    return ordered


def fitted(numbers, labels):
    z, y = numbers - numbers.mean(axis=0), labels - labels.mean()
    return -((z @ np.linalg.pinv(z) @ y - y) ** 2).sum()


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


def distances_themselves(numbers, k):
    distances = ((numbers[:, None] - numbers[None]) ** 2).sum(axis=-1)
    return np.sort(distances, axis=1)[:, 1 : k + 1]


def nearest(k):
    return slice(1, k + 1)


def itself_too(k):
    return slice(0, k)


def every(k):
    return slice(None)


RIGHT = {
    "08 curve": ((50, lead(100)), (DRAWS,)),
    "08 neighbours": (places(nearest), ()),
    "08 logme": (order(logme), ()),
    "08 decide": (GOOD, (measure,)),
}
WRONG = [
    ("08 curve", (50, 0.388), "expected an interval"),
    ("08 curve", ("50", lead(100)), "Leave out the quotation marks"),
    ("08 curve", (lead(100), 50), "got an interval"),
    ("08 curve", (0.02, lead(100)), "goes on top"),
    ("08 curve", (50, lead(100, sign=-1)), "Your lead is negative"),
    ("08 curve", (50, over_seeds(DRAWS["probe"]["2"])), "Which draws did you"),
    ("08 curve", (100, lead(200)), "does it contain 0"),
    ("08 curve", (250, lead(500)), "does it contain 0"),
    ("08 curve", (10, lead(20)), "Is it the last one"),
    ("08 curve", (100, lead(100)), "asks for a quotient"),
    ("08 curve", 50, "got the number 50"),
    ("08 neighbours", distances_themselves, "These are distances"),
    ("08 neighbours", lambda numbers, k: np.arange(k), "One row for all"),
    ("08 neighbours", places(lambda k: slice(1, k + 2)), "One column too many"),
    ("08 neighbours", lambda numbers, k: "near", "got the text 'near'"),
    ("08 neighbours", lambda numbers: numbers, "must take 2 arguments"),
    ("08 neighbours", places(itself_too), "vote for itself"),
    ("08 neighbours", places(itself_too, sign=-1), "farthest"),
    ("08 neighbours", places(every), "How many of them are asked for"),
    ("08 neighbours", places(lambda k: slice(1, k)), "One too few"),
    ("08 neighbours", places(every, rows=slice(1, 4)), "sliced the rows"),
    ("08 neighbours", places(lambda k: slice(2, k + 2)), "Which columns"),
    ("08 logme", lambda *problem: order(logme)(*problem)[:2], "not every cut once"),
    ("08 logme", lambda *problem: order(logme)(*problem)[0], "That is one cut"),
    ("08 logme", lambda seen, labels, train: {cut: 0.1 for cut in seen}, "names of"),
    ("08 logme", lambda seen, labels, train: [0.3, 0.2, 0.1], "names of the cuts"),
    ("08 logme", order(logme, reverse=False), "What does a higher score mean"),
    ("08 logme", order(logme, rows=120), "kept for the test"),
    ("08 logme", order(neighbours_score), "the order of the neighbours"),
    ("08 logme", order(fitted), "heads that were fitted"),
    ("08 logme", lambda seen, labels, train: sorted(seen), "gives one number for a"),
    ("08 logme", lambda seen, labels, train: list(seen), "Nothing has been sorted"),
    ("08 logme", lambda *problem: list(problem[0])[::-1], "gives one number for a"),
    ("08 decide", GOOD | {"chosen on": "test pictures"}, "have chosen it"),
    ("08 decide", GOOD | {"chosen on": "both"}, "have chosen it"),
    ("08 decide", GOOD | {"baselines": ["pixels", "last features"]}, "source in it"),
    ("08 decide", GOOD | {"baselines": "chance"}, "did harm"),
    ("08 decide", GOOD | {"baselines": []}, "did harm"),
    ("08 decide", GOOD | {"baselines": ["chance", "pixels"]}, "two things to notice"),
    ("08 decide", GOOD | dict.fromkeys(SHARES, "deep"), "the same place for all"),
    ("08 decide", GOOD | {"letter or digit": "early"}, "where on its way"),
    ("08 decide", GOOD | {"left or right": "early"}, "where on its way"),
    ("08 decide", GOOD | {"left or right": "deep"}, "where on its way"),
    ("08 decide", GOOD | {"bright ground": "deep"}, "where on its way"),
    ("08 decide", GOOD | {"bright ground": "pixels"}, "got the text 'pixels'"),
    ("08 decide", GOOD | {"baselines": "nothing"}, "with the text 'nothing'"),
]
