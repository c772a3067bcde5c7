"""Right and wrong answers to the exercises of notebook 07."""

import numpy as np
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tlkit.evaluate import paired_difference


def interval(error, gain=lambda new, old: new.astype(float) - old):
    """The learner's function, its one line being error(gain, new, old)."""

    def difference(new, old):
        each = gain(new, old)
        half = 1.96 * error(each, new, old)
        return each.mean() - half, each.mean() + half

    return difference


def by_the_kit(new, old):
    found = paired_difference(new, old)
    return found.low, found.high


def head():
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))


def selecting():
    return make_pipeline(SelectKBest(k=20), head())


def leaking(numbers, labels):
    return cross_val_score(
        head(), SelectKBest(k=20).fit_transform(numbers, labels), labels
    ).mean()


def judged(a="shown", b="not shown", c="not shown", d="shown"):
    return {"A": a, "B": b, "C": c, "D": d}


RIGHT = {
    "07 paired": (interval(lambda gain, *_: gain.std() / len(gain) ** 0.5), ()),
    "07 pictures": (400, ()),
    "07 leak": (
        lambda numbers, labels: cross_val_score(selecting(), numbers, labels).mean(),
        (),
    ),
    "07 real": (judged(), ()),
}
WRONG = [
    ("07 paired", interval(lambda *_: 0.0), "no width yet"),
    ("07 paired", interval(lambda gain, *_: gain.std() / len(gain) ** 0.5, lambda new, old: old - new.astype(float)),
     "old minus new"),
    ("07 paired", interval(lambda gain, *_: gain.std()), "√n times less"),
    ("07 paired", interval(lambda gain, *_: gain.var() / len(gain)), "This is a variance"),
    ("07 paired", by_the_kit, "the kit's own interval"),
    ("07 paired", interval(lambda gain, new, old: ((new.var() + old.var()) / len(new)) ** 0.5), "pictures of its own"),
    ("07 paired", interval(lambda gain, *_: gain.std() / np.abs(gain).sum() ** 0.5), "all n count"),
    ("07 paired", interval(lambda gain, *_: gain.std() / (2 * len(gain)) ** 0.5), "standard deviation divided by √n"),
    ("07 pictures", 200, "the plain interval"),
    ("07 pictures", 369, "a multiple of 50"),
    ("07 pictures", 350, "still below 0.96"),
    ("07 pictures", 1150, "more than needed"),
    ("07 pictures", -50, "stop at the first"),
    ("07 leak", lambda numbers, labels: selecting().fit(numbers, labels).score(numbers, labels), "trained on"),
    ("07 leak", leaking, "The leak is still there"),
    ("07 leak", lambda numbers, labels: cross_val_score(head(), numbers, labels).mean(), "gone or spoilt"),
    ("07 leak", lambda numbers, labels: 0.3 * (labels.sum() > 0), "gone or spoilt"),
    ("07 real", judged(d=...), "Not finished yet"),
    ("07 real", judged(b="yes"), "Answer with the words"),
    ("07 real", judged(a="not shown"), "prove nothing"),
    ("07 real", judged(b="shown"), "nine to five"),
    ("07 real", judged(c="shown"), "Ask for its score on fresh ones"),
    ("07 real", judged(d="not shown"), "five draws say the same"),
]  # fmt: skip
