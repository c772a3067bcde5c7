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
    ("07 paired", interval(no_width), "no width yet"),
    ("07 paired", interval(paired, sign=-1), "old minus new"),
    ("07 paired", interval(of_one), "√n times less"),
    ("07 paired", interval(variance), "This is a variance"),
    ("07 paired", by_the_kit, "the kit's own interval"),
    ("07 paired", interval(unpaired), "pictures of its own"),
    ("07 paired", interval(of_changes), "all n count"),
    ("07 paired", interval(of_both), "standard deviation divided by √n"),
    ("07 pictures", 200, "the plain interval"),
    ("07 pictures", 369, "a multiple of 50"),
    ("07 pictures", 350, "still below 0.96"),
    ("07 pictures", 1150, "more than needed"),
    ("07 pictures", -50, "stop at the first"),
    ("07 leak", on_training, "trained on"),
    ("07 leak", leaking, "The leak is still there"),
    ("07 leak", all_numbers, "gone or spoilt"),
    ("07 leak", made_up, "gone or spoilt"),
    ("07 real", judged(d=...), "Not finished yet"),
    ("07 real", judged(b="yes"), "Answer with the words"),
    ("07 real", judged(a="not shown"), "prove nothing"),
    ("07 real", judged(b="shown"), "nine to five"),
    ("07 real", judged(c="shown"), "Ask for its score on fresh ones"),
    ("07 real", judged(d="not shown"), "five draws say the same"),
]
