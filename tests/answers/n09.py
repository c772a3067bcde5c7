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
    "C": "scale each modality",
    "D": "lower cut",
    "E": "sigmoids",
    "F": "threshold",
    "G": "scale each source",
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


def largest_each(labels, scores):
    return ((scores == scores.max(axis=1, keepdims=True)) == labels).mean()


def above_half(labels, scores):
    return ((scores > 0.5) == labels).all(axis=1).mean()


def any_right(labels, scores):
    return ((scores > 0) == labels).any(axis=1).mean()


def how_many(labels, scores):
    return ((scores > 0) == labels).all(axis=1).sum()


def any_found(labels, scores):
    return ((scores > 0) & (labels == 1)).any(axis=1).mean()


def scale(x):
    variance = x.var(axis=0)
    return x.mean(axis=0), np.sqrt(variance + 0.01 * variance.mean())


def as_they_came(x, cameras, without_labels):
    return x


def by_its_own(x, cameras, without_labels):
    made = np.empty_like(x)
    for camera, known in without_labels.items():
        mean, spread = scale(known)
        rows = cameras == camera
        made[rows] = (x[rows] - mean) / spread
    return made


def of_each_camera(formula):
    """A wrong standardising: formula(rows of one camera, its pictures without labels)
    -> the rows as they come back.
    """

    def standardise(x, cameras, without_labels):
        made = np.empty_like(x)
        for camera, known in without_labels.items():
            made[cameras == camera] = formula(x[cameras == camera], known)
        return made

    return standardise


def together(x, cameras, without_labels):
    mean, spread = scale(np.concatenate(list(without_labels.values())))
    return (x - mean) / spread


def by_themselves_together(x, cameras, without_labels):
    return (x - x.mean(axis=0)) / x.std(axis=0)


@of_each_camera
def with_the_pictures_too(x, known):
    mean, spread = scale(np.concatenate([known, x]))
    return (x - mean) / spread


def one_scale_of_all(x, cameras, without_labels):
    mean, spread = scale(np.concatenate([*without_labels.values(), x]))
    return (x - mean) / spread


def per_picture(x, cameras, without_labels):
    return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)


def in_place(x, cameras, without_labels):
    for camera, known in without_labels.items():
        mean, spread = scale(known)
        x[cameras == camera] = (x[cameras == camera] - mean) / spread
    return x


def known_in_place(x, cameras, without_labels):
    right = by_its_own(x, cameras, without_labels)
    for known in without_labels.values():
        known -= known.mean(axis=0)
    return right


def one_after_the_other(x, cameras, without_labels):
    made = by_its_own(x, cameras, without_labels)
    return np.concatenate([made[cameras == camera] for camera in without_labels])


def first_camera_only(x, cameras, without_labels):
    camera, known = next(iter(without_labels.items()))
    mean, spread = scale(known)
    return np.where((cameras == camera)[:, None], (x - mean) / spread, x)


def random_numbers(x, cameras, without_labels):
    return np.random.default_rng(0).normal(size=x.shape)


def zeros(x, cameras, without_labels):
    return np.zeros_like(x)


RIGHT = {
    "09 balanced": (balanced, ()),
    "09 components": ((20, 0.81), NUMBERS),
    "09 exact": (exact, ()),
    "09 cameras": (by_its_own, ()),
    "09 diagnose": (DIAGNOSIS, ()),
}
WRONG = [
    ("09 balanced", accuracy, "accuracy still"),
    ("09 balanced", of_rare, "rare class alone"),
    ("09 balanced", of_common, "common class alone"),
    ("09 balanced", not_halved, "not their sum"),
    ("09 balanced", mean_precision, "precision"),
    ("09 balanced", lambda labels, said: 0.5, "Then the mean"),
    ("09 balanced", lambda *both: 1 - balanced(*both), "the share of mistakes"),
    ("09 balanced", lambda *b: of_rare(*b) * of_common(*b), "You multiplied"),
    ("09 balanced", lambda labels, said: labels == said, "an array of shape (16,)"),
    ("09 balanced", lambda labels, said: np.nan, "returns nan or inf"),
    ("09 balanced", lambda labels: 0.5, "must take 2 arguments"),
    ("09 components", (100, 0.9), "that of the labelled pictures"),
    ("09 components", 20, "Expected two numbers"),
    ("09 components", (0.83, 20), "Part 1: expected one whole number"),
    ("09 components", ("20", 0.81), "Leave out the quotation marks"),
    ("09 components", (30, 0.81), "has not been tried"),
    ("09 components", (20, 81), "from 0 to 1"),
    ("09 components", (40, 0.85), "*test* pictures"),
    ("09 components", (70, 0.8), "by heart"),
    ("09 components", (5, 0.5), "in none of the columns"),
    ("09 components", (20, 0.83), "the very number that has chosen"),
    ("09 components", (20, 0.9), "pictures that the head knows"),
    ("09 components", (20, 0.123), "had not seen"),
    ("09 exact", per_label, "accuracy per label"),
    ("09 exact", one_each, "are two or none"),
    ("09 exact", above_half, "scores are logits"),
    ("09 exact", any_right, "When does a picture count"),
    ("09 exact", how_many, "their share"),
    ("09 exact", lambda y, z: (z > 0) == y, "returns an array of shape (6, 4)"),
    ("09 exact", largest_each, "how the cell began"),
    ("09 exact", lambda y, z: ((z > 0) == y).all(axis=0).mean(), "the wrong axis"),
    (
        "09 exact",
        lambda y, z: ((z > 0) == y).all(axis=1),
        "one answer for each picture",
    ),
    ("09 exact", any_found, "any of the digits"),
    ("09 exact", lambda labels, scores: 0.11, "above 0?"),
    ("09 cameras", as_they_came, "as they came"),
    ("09 cameras", together, "for all cameras"),
    ("09 cameras", by_themselves_together, "for all cameras"),
    (
        "09 cameras",
        of_each_camera(lambda x, known: (x - x.mean(axis=0)) / x.std(axis=0).clip(0.1)),
        "very pictures that you standardise",
    ),
    ("09 cameras", with_the_pictures_too, "very pictures that you standardise"),
    ("09 cameras", one_scale_of_all, "for all cameras"),
    (
        "09 cameras",
        of_each_camera(lambda x, known: (x - known.mean()) / known.std()),
        "all features of a camera",
    ),
    ("09 cameras", per_picture, "wrong axis"),
    (
        "09 cameras",
        of_each_camera(lambda x, known: x - known.mean(axis=0)),
        "The spreads still differ",
    ),
    (
        "09 cameras",
        of_each_camera(lambda x, known: x / scale(known)[1]),
        "where is the mean",
    ),
    (
        "09 cameras",
        of_each_camera(lambda x, known: (x - scale(known)[0]) / scale(known)[1] ** 2),
        "divide by the variance",
    ),
    (
        "09 cameras",
        of_each_camera(lambda x, known: (x - known.mean(axis=0)) / known.std(axis=0)),
        "its spread is 0",
    ),
    ("09 cameras", in_place, "changes the features"),
    ("09 cameras", known_in_place, "changes the features"),
    ("09 cameras", one_after_the_other, "in another order"),
    ("09 cameras", first_camera_only, "take the rows that it made"),
    ("09 cameras", random_numbers, "take the rows that it made"),
    ("09 cameras", zeros, "take the rows that it made"),
    (
        "09 cameras",
        of_each_camera(lambda x, known: (x - known.max(axis=0)) / known.max()),
        "take the rows that it made",
    ),
    ("09 diagnose", DIAGNOSIS | {"E": "softmax"}, "got the text 'softmax'"),
    ("09 diagnose", DIAGNOSIS | {"E": "Sigmoids"}, 'Did you mean "sigmoids"'),
    ("09 diagnose", list(DIAGNOSIS.values()), "got a list of 7"),
    ("09 diagnose", DIAGNOSIS | {"B": "drop"}, "nobody can drop those"),
    ("09 diagnose", DIAGNOSIS | {"E": "two stages"}, "What did station 6 measure"),
    ("09 diagnose", DIAGNOSIS | {"D": "views"}, "when a picture is turned"),
    ("09 diagnose", DIAGNOSIS | {"A": "sigmoids"}, "Look at A again"),
    ("09 diagnose", DIAGNOSIS | {"B": "scale each source"}, "Look at B again"),
    ("09 diagnose", DIAGNOSIS | {"C": "interpolate"}, "Look at C again"),
    ("09 diagnose", DIAGNOSIS | {"D": "penalty"}, "Look at D again"),
    ("09 diagnose", DIAGNOSIS | {"E": "threshold"}, "Look at E again"),
    ("09 diagnose", DIAGNOSIS | {"F": "views"}, "Look at F again"),
    ("09 diagnose", DIAGNOSIS | {"G": "scale each modality"}, "Look at G again"),
    ("09 diagnose", dict.fromkeys(DIAGNOSIS, "threshold"), "Look at B again"),
    # what is left over, if each remedy were used once
    ("09 diagnose", DIAGNOSIS | {"F": "scale each source"}, "Look at F again"),
]
