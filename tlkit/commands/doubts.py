"""Test pictures whose label looks mistaken: every run disagrees with it, and is sure.

No network was trained on a test picture, but networks are surer than they should be. So
their outputs are turned into probabilities by a logistic regression that is fitted on
the other test pictures (cross-validation). A class counts as seen in a picture if its
probability is at least as high as usual for pictures with that label (confident
learning, Northcutt et al. 2021, https://arxiv.org/abs/1911.00068). Nothing is chosen or
scored by this list; it is for people to look through.
"""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..training import Run

FOLDS = 5
AT_MOST = 0.01  # probability that is left to the label
ITERATIONS = 30  # of the fit; more hardly changes which pictures are found


class Doubt(NamedTuple):
    """A test picture whose label looks mistaken.

    Attributes:
        row: of the picture in the test split.
        label, said: its label, and what all runs say; numbers of classes.
        share: the probability of `said`, 0-1, cross-validated.
    """

    row: int
    label: int
    said: int
    share: float


def doubts(runs: Sequence[Run]) -> list[Doubt]:
    """Test pictures that all runs take for the same other class, and are sure of it.

    Args:
        runs: of one recipe, of a task with classes, on the same test split.

    Returns:
        the most doubtful first; empty if fewer than two classes have 5 test pictures.
    """
    labels = np.asarray(runs[0].task.test.labels)
    counts = np.bincount(labels)
    rows = np.flatnonzero(counts[labels] >= FOLDS)  # of classes with enough pictures
    kinds = np.unique(labels[rows])
    if len(kinds) < 2:
        return []
    said = np.stack([run.predicted()[rows] for run in runs])  # (runs, n)
    shares = _probabilities(runs, rows, labels[rows])  # (n, len(kinds))
    place = np.full(len(counts), -1)  # class -> its column
    place[kinds] = np.arange(len(kinds))
    usual = np.array(
        [shares[labels[rows] == kind, place[kind]].mean() for kind in kinds]
    )
    found = []
    for i, row in enumerate(rows):
        answer, label = int(said[0, i]), int(labels[row])
        agree = (said[:, i] == answer).all()
        if answer == label or not agree or answer >= len(place) or place[answer] < 0:
            continue
        share = float(shares[i, place[answer]])
        if share >= usual[place[answer]] and shares[i, place[label]] <= AT_MOST:
            found.append(Doubt(int(row), label, answer, share))
    return sorted(found, key=lambda doubt: -doubt.share)


def _probabilities(runs: Sequence[Run], rows, labels) -> np.ndarray:
    """Probabilities of the classes among `labels`, each from a fit without the picture.

    Args:
        runs: their log-probabilities are averaged.
        rows: int (n,), of the test split.
        labels: int (n,), at least FOLDS of each that occurs.
    """
    from scipy.special import log_softmax
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    logits = [log_softmax(run.outputs["test"][rows], axis=1) for run in runs]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ITERATIONS))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return cross_val_predict(
            model,
            np.mean(logits, axis=0, dtype="float64"),
            labels,
            cv=folds,
            method="predict_proba",
        )
