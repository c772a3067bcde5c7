"""Right and wrong answers to the exercises of notebook 07."""

import numpy as np
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tlkit.evaluate import paired_difference


def interval(error, sign=1):
    """The learner's function, its one line being error(gain, new, old)."""

    def difference(new, old):
        gain = sign * (new.astype(float) - old)
        half = 1.96 * error(gain, new, old)
        return gain.mean() - half, gain.mean() + half

    return difference


def paired(gain, new, old):
    return gain.std() / len(gain) ** 0.5


def no_width(gain, new, old):
    return 0.0


def of_one(gain, new, old):
    return gain.std()


def variance(gain, new, old):
    return gain.var() / len(gain)


def unpaired(gain, new, old):
    return ((new.var() + old.var()) / len(new)) ** 0.5


def of_changes(gain, new, old):
    return gain.std() / np.abs(gain).sum() ** 0.5


def of_both(gain, new, old):
    return gain.std() / (2 * len(gain)) ** 0.5


def by_the_kit(new, old):
    found = paired_difference(new, old)
    return found.low, found.high


def head():
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))


def selecting():
    return make_pipeline(SelectKBest(k=20), head())


def honest(numbers, labels):
    return cross_val_score(selecting(), numbers, labels).mean()


def leaking(numbers, labels):
    chosen = SelectKBest(k=20).fit_transform(numbers, labels)
    return cross_val_score(head(), chosen, labels).mean()


def on_training(numbers, labels):
    return selecting().fit(numbers, labels).score(numbers, labels)


def all_numbers(numbers, labels):
    return cross_val_score(head(), numbers, labels).mean()


def each_fold(numbers, labels):
    return cross_val_score(selecting(), numbers, labels)


def made_up(numbers, labels):
    return 0.3 * (labels.sum() > 0)


def judged(a="shown", b="not shown", c="not shown", d="shown"):
    return {"A": a, "B": b, "C": c, "D": d}


RIGHT = {
    "07 paired": (interval(paired), ()),
    "07 pictures": (400, ()),
    "07 leak": (honest, ()),
    "07 real": (judged(), ()),
}
WRONG = [
    ("07 paired", interval(no_width), "has no width"),
    ("07 paired", lambda new, old: interval(paired)(new, old)[::-1], "wrong order"),
    ("07 paired", interval(lambda *given: paired(*given) / 1.96), "covers 68 %"),
    ("07 paired", lambda new, old: (new * 1.0 - old).mean(), "Expected two numbers"),
    ("07 paired", lambda new, old: new - old, "stopped with TypeError"),
    ("07 paired", interval(lambda gain, new, old: np.nan), "returns nan or inf"),
    ("07 paired", interval(paired, sign=-1), "old minus new"),
    ("07 paired", interval(of_one), "the mean of n of them"),
    ("07 paired", interval(variance), "This is a variance"),
    ("07 paired", by_the_kit, "the kit's own interval"),
    ("07 paired", interval(unpaired), "pictures of its own"),
    ("07 paired", interval(of_changes), "all n count"),
    ("07 paired", interval(of_both), "standard deviation divided by √n"),
    ("07 pictures", 200, "the plain interval"),
    ("07 pictures", 369, "a multiple of 50"),
    ("07 pictures", 350, "still just below"),
    ("07 pictures", 450, "does it pass"),
    ("07 pictures", 192, "the published number"),
    ("07 pictures", 0.98, "one whole number"),
    ("07 pictures", 1, "That is a share"),
    ("07 pictures", "400", "Leave out the quotation marks"),
    ("07 pictures", [400], "Leave out the brackets"),
    ("07 pictures", 300, "still below 0.96"),
    ("07 pictures", 1150, "more than needed"),
    ("07 pictures", -50, "stop at the first"),
    ("07 leak", on_training, "trained on"),
    ("07 leak", leaking, "The leak is still there"),
    ("07 leak", all_numbers, "gone or spoilt"),
    ("07 leak", made_up, "gone or spoilt"),
    ("07 leak", each_fold, "returns an array of shape (5,)"),
    ("07 leak", lambda numbers, labels: -1.0, "gone or spoilt"),
    ("07 leak", lambda numbers: 0.25, "must take 2 arguments"),
    ("07 real", judged(b="yes"), 'At "B": expected one of'),
    ("07 real", judged(b=True), "got True"),
    ("07 real", dict.fromkeys("ABCD", "shown"), "One judgement for all four"),
    (
        "07 real",
        judged("not shown", "shown", "shown", "not shown"),
        "the wrong way round",
    ),
    ("07 real", judged(a="not shown"), "prove nothing"),
    ("07 real", judged(b="shown"), "a coin do the same"),
    ("07 real", judged(c="shown"), "who picked the best one"),
    ("07 real", judged(d="not shown"), "which interval covers draws"),
]
