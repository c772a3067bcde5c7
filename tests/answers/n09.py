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


def exact(labels, scores):
    return ((scores > 0) == labels).all(axis=1).mean()


RIGHT = {
    "09 balanced": (balanced, ()),
    "09 components": (20, NUMBERS),
    "09 exact": (exact, ()),
    "09 diagnose": (DIAGNOSIS, ()),
}
WRONG = [
    ("09 balanced", lambda labels, said: (labels == said).mean(), "accuracy still"),
    ("09 balanced", lambda labels, said: recall(labels, said, 1), "rare class alone"),
    ("09 balanced", lambda labels, said: recall(labels, said, 0), "common class alone"),
    ("09 balanced", lambda labels, said: recall(labels, said, 1) + recall(labels, said, 0), "not their sum"),
    ("09 balanced", lambda labels, said: (precision(labels, said, 1) + precision(labels, said, 0)) / 2, "precision"),
    ("09 balanced", lambda labels, said: 0.5, "Then the mean"),
    ("09 components", 30, "has not been tried"),
    ("09 components", 40, "*test* pictures"),
    ("09 components", 70, "by heart"),
    ("09 components", 5, "had not seen"),
    ("09 exact", lambda labels, scores: ((scores > 0) == labels).mean(), "accuracy per label"),
    ("09 exact", lambda labels, scores: (np.eye(scores.shape[1])[scores.argmax(1)] == labels).all(1).mean(),
     "are two or none"),
    ("09 exact", lambda labels, scores: ((scores > 0.5) == labels).all(axis=1).mean(), "scores are logits"),
    ("09 exact", lambda labels, scores: ((scores > 0) == labels).any(axis=1).mean(), "any has to become all"),
    ("09 exact", lambda labels, scores: ((scores > 0) == labels).all(axis=1).sum(), "their share"),
    ("09 exact", lambda labels, scores: ((scores > 0) & (labels == 1)).any(axis=1).mean(), "any of the digits"),
    ("09 exact", lambda labels, scores: 0.11, "above 0?"),
    ("09 diagnose", DIAGNOSIS | {"E": ...}, "Not finished yet"),
    ("09 diagnose", DIAGNOSIS | {"A": "sigmoid"}, "Look at A again"),
    ("09 diagnose", DIAGNOSIS | {"B": "scale"}, "Look at B again"),
    ("09 diagnose", DIAGNOSIS | {"C": "interpolate"}, "Look at C again"),
    ("09 diagnose", DIAGNOSIS | {"D": "scale"}, "Look at D again"),
    ("09 diagnose", DIAGNOSIS | {"E": "threshold"}, "Look at E again"),
]  # fmt: skip
