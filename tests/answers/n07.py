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


def judged(**others):
    """The right judgements with their reasons, but for the others."""
    right = {
        "A": ("shown", 0.015),
        "B": ("not shown", -0.020),
        "C": ("not shown", "none"),
        "D": ("shown", 0.008),
    }
    return right | others


def said(a, b, c, d):
    """Other judgements, with the right reasons."""
    ends = [end for _, end in judged().values()]
    return dict(zip("ABCD", zip((a, b, c, d), ends, strict=True), strict=True))


RIGHT = {
    "07 paired": (interval(paired), ()),
    "07 pictures": ((400, 0.961), ()),
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
    ("07 pictures", (200, 0.961), "the plain interval"),
    ("07 pictures", (369, 0.959), "a multiple of 50"),
    ("07 pictures", (350, 0.959), "is this lower end above"),
    ("07 pictures", (450, 0.963), "Are fewer enough?"),
    ("07 pictures", (192, 0.95), "the published number"),
    ("07 pictures", (400, 0.96), "0.96 is the mark"),
    ("07 pictures", (400, 0.966), "the plain interval"),
    ("07 pictures", (400, 0.97), "do not belong together"),
    ("07 pictures", (0.98, 0.96), "Part 1: expected one whole number"),
    ("07 pictures", (1, 0.2), "is a share"),
    ("07 pictures", ("400", 0.961), "Leave out the quotation marks"),
    ("07 pictures", 400, "Expected two numbers"),
    ("07 pictures", (300, 0.957), "is this lower end above"),
    ("07 pictures", (-50, 0.9), "stop at the first"),
    ("07 leak", on_training, "trained on"),
    ("07 leak", leaking, "The leak is still there"),
    ("07 leak", all_numbers, "gone or spoilt"),
    ("07 leak", made_up, "gone or spoilt"),
    ("07 leak", each_fold, "returns an array of shape (5,)"),
    ("07 leak", lambda numbers, labels: -1.0, "gone or spoilt"),
    ("07 leak", lambda numbers: 0.25, "must take 2 arguments"),
    ("07 real", judged(B=("yes", 0.0)), 'At "B": part 1: expected one of'),
    ("07 real", judged(B="shown"), 'At "B": expected a judgement and its reason'),
    ("07 real", judged(B=("not shown", "0.02")), "The second of each pair"),
    ("07 real", said(*["shown"] * 4), "One judgement for all four"),
    ("07 real", judged(A=("shown", 0.850)), "one model alone"),
    ("07 real", judged(A=("shown", 0.031)), "the middle or the upper end"),
    ("07 real", judged(D=("shown", 0.020)), "the middle or the upper end"),
    ("07 real", judged(A=("not shown", "none")), "prove nothing"),
    ("07 real", judged(A=("not shown", 0.015)), "prove nothing"),
    ("07 real", judged(B=("shown", -0.020)), "a coin do the same"),
    ("07 real", judged(B=("not shown", "none")), "a coin do the same"),
    ("07 real", judged(C=("shown", 0.004)), "was this one picked"),
    ("07 real", judged(C=("not shown", 0.004)), "was this one picked"),
    ("07 real", judged(D=("not shown", "none")), "which interval covers draws"),
    ("07 real", judged(D=("shown", 0.010)), "the smallest of the five"),
]
