"""Right and wrong answers to the exercises of notebook 09."""

import numpy as np

TABLE = {
    5: {"training": 0.7, "cross-validated": 0.6, "test": 0.65},
    20: {"training": 0.9, "cross-validated": 0.83, "test": 0.81},
    40: {"training": 0.97, "cross-validated": 0.80, "test": 0.84},
    70: {"training": 1.0, "cross-validated": 0.72, "test": 0.80},
}
NUMBERS = (TABLE,)
DIAGNOSIS = {
    "A": "threshold",
    "B": "interpolate",
    "C": "scale",
    "D": "cut",
    "E": "sigmoid",
}


def recall(labels, said, kind):
    return (said[labels == kind] == kind).mean()


def precision(labels, said, kind):
    return (labels[said == kind] == kind).mean()


def balanced(labels, said):
    return (recall(labels, said, 0) + recall(labels, said, 1)) / 2


def accuracy(labels, said):
    return (labels == said).mean()


def of_rare(labels, said):
    return recall(labels, said, 1)


def of_common(labels, said):
    return recall(labels, said, 0)


def not_halved(labels, said):
    return recall(labels, said, 1) + recall(labels, said, 0)


def mean_precision(labels, said):
    return (precision(labels, said, 1) + precision(labels, said, 0)) / 2


def exact(labels, scores):
    return ((scores > 0) == labels).all(axis=1).mean()


def per_label(labels, scores):
    return ((scores > 0) == labels).mean()


def one_each(labels, scores):
    said = np.eye(scores.shape[1])[scores.argmax(axis=1)]
    return (said == labels).all(axis=1).mean()


def above_half(labels, scores):
    return ((scores > 0.5) == labels).all(axis=1).mean()


def any_right(labels, scores):
    return ((scores > 0) == labels).any(axis=1).mean()


def how_many(labels, scores):
    return ((scores > 0) == labels).all(axis=1).sum()


def any_found(labels, scores):
    return ((scores > 0) & (labels == 1)).any(axis=1).mean()


RIGHT = {
    "09 balanced": (balanced, ()),
    "09 components": (20, NUMBERS),
    "09 exact": (exact, ()),
    "09 diagnose": (DIAGNOSIS, ()),
}
WRONG = [
    ("09 balanced", accuracy, "accuracy still"),
    ("09 balanced", of_rare, "rare class alone"),
    ("09 balanced", of_common, "common class alone"),
    ("09 balanced", not_halved, "not their sum"),
    ("09 balanced", mean_precision, "precision"),
    ("09 balanced", lambda labels, said: 0.5, "Then the mean"),
    ("09 components", 30, "has not been tried"),
    ("09 components", 40, "*test* pictures"),
    ("09 components", 70, "by heart"),
    ("09 components", 5, "had not seen"),
    ("09 exact", per_label, "accuracy per label"),
    ("09 exact", one_each, "are two or none"),
    ("09 exact", above_half, "scores are logits"),
    ("09 exact", any_right, "any has to become all"),
    ("09 exact", how_many, "their share"),
    ("09 exact", any_found, "any of the digits"),
    ("09 exact", lambda labels, scores: 0.11, "above 0?"),
    ("09 diagnose", DIAGNOSIS | {"E": ...}, "Not finished yet"),
    ("09 diagnose", DIAGNOSIS | {"A": "sigmoid"}, "Look at A again"),
    ("09 diagnose", DIAGNOSIS | {"B": "scale"}, "Look at B again"),
    ("09 diagnose", DIAGNOSIS | {"C": "interpolate"}, "Look at C again"),
    ("09 diagnose", DIAGNOSIS | {"D": "scale"}, "Look at D again"),
    ("09 diagnose", DIAGNOSIS | {"E": "threshold"}, "Look at E again"),
]
