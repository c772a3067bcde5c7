"""Exercises of notebook 09, Difficult targets."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..checks import Exercise

LABELS = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
SAID = np.array(
    [1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
)  # 1 of 4 found, 2 of 12 taken for it

SEVERAL = np.array(
    [[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1]]
)
SCORES = np.array([[2, -1, 0.3, -2], [-1, -2, -3, -1], [-2, 4, -1, -1], [0.2, -1, -2, -3], [-0.2, -2, -1, -3],
                   [-2, 1, -4, -1]])  # fmt: skip


def _same(formula: Callable[..., float], *given: np.ndarray) -> Callable[[Any], bool]:
    """Whether a learner's function gives the same one number as the formula, on copies of the arrays."""

    def same(function) -> bool:
        said = np.asarray(function(*(array.copy() for array in given)), float)
        return said.shape == () and bool(np.isclose(said, formula(*given), atol=1e-6))

    return same


def _balanced(formula: Callable[[float, float], float]) -> Callable[[Any], bool]:
    """A formula of the two recalls: of class 1 and of class 0."""
    return _same(
        lambda labels, said: formula(
            *(np.mean(said[labels == c] == c) for c in (1, 0))
        ),
        LABELS,
        SAID,
    )


def _exact(formula: Callable[[np.ndarray, np.ndarray], Any]) -> Callable[[Any], bool]:
    return _same(formula, SEVERAL, SCORES)


def _one(scores: np.ndarray) -> np.ndarray:
    """Only the digit with the largest score."""
    return scores == scores.max(axis=1, keepdims=True)


def _best(table: Mapping[int, Mapping[str, float]], score: str) -> set[int]:
    """The numbers of components with the highest score of that kind."""
    top = max(row[score] for row in table.values())
    return {count for count, row in table.items() if row[score] == top}


REMEDIES = {
    "A": "threshold",
    "B": "interpolate",
    "C": "scale",
    "D": "cut",
    "E": "sigmoid",
}


def _says(**cases: str) -> Callable[[Any], bool]:
    return lambda answer: all(answer[case] == said for case, said in cases.items())


EXERCISES = {
    "09 balanced": Exercise(
        "a function from labels and answers, both int (n,) of 0 and 1, to one number",
        _balanced(lambda rare, other: (rare + other) / 2),
        "Each class counts once, however many pictures it has: never naming the rare one gives 0.5.",
        (
            (_same(lambda labels, said: (labels == said).mean(), LABELS, SAID), "That is the accuracy still: every "
             "picture counts once, so the rare class hardly counts at all."),
            (_balanced(lambda rare, other: rare), "That is the recall of the rare class alone. A model that names "
             "every picture rare would get 1: the other class must have its say too."),
            (_balanced(lambda rare, other: other), "That is the recall of the common class alone, which is what "
             "accuracy mostly measures."),
            (_balanced(lambda rare, other: rare + other), "Both recalls are right. Their mean is asked for, not their "
             "sum."),
            (_same(lambda labels, said: np.mean([labels[said == c].mean() if c else 1 - labels[said == c].mean()
                                                 for c in (0, 1)]), LABELS, SAID),
             "You take, of all pictures that were *named* so, the share that is right: that is precision. Recall asks "
             "of all pictures that *are* so, which share was named."),
        ),
        "For each class: among the pictures whose label it is, the share that was named rightly. Then the mean.",
    ),
    "09 components": Exercise(
        "a whole number: one of the numbers of components in the table",
        lambda count, table: count in _best(table, "cross-validated"),
        "Chosen without the test pictures, so their score is still an honest one.",
        (
            (lambda count, table: count not in table, "That number of components has not been tried: choose one of the "
             "table's rows."),
            (lambda count, table: count in _best(table, "test"), "The best one on the *test* pictures. Whoever chooses "
             "by them has used them up: their score is then too good, and there are no others left to say by how "
             "much."),
            (lambda count, table: count in _best(table, "training"), "The best one on the pictures that the head was "
             "trained on. With as many numbers as pictures every head knows those by heart."),
        ),
        "One column comes from labelled pictures that each head had not seen, and that are not the test pictures.",
    ),
    "09 exact": Exercise(
        "a function from labels int (n, 10) and scores float (n, 10) to one number",
        _exact(lambda labels, scores: ((scores > 0) == labels).all(axis=1).mean()),
        "A picture counts if all of its labels are right, and one without any digit counts like the others.",
        (
            (_exact(lambda labels, scores: ((scores > 0) == labels).mean()), "That is the accuracy per label: most "
             "labels are 0, so saying nothing gets most of them right. A picture counts only if *all* of its labels "
             "are right."),
            (_exact(lambda labels, scores: (_one(scores) == labels).all(axis=1).mean()), "You let the "
             "largest score win, as softmax does: then exactly one digit is named in every picture, also where there "
             "are two or none."),
            (_exact(lambda labels, scores: ((scores > 0.5) == labels).all(axis=1).mean()), "The scores are logits. "
             "The sigmoid of 0 is 0.5, so a probability above 0.5 is a score above 0."),
            (_exact(lambda labels, scores: ((scores > 0) == labels).any(axis=1).mean()), "One right label is enough "
             "for you: any has to become all."),
            (_exact(lambda labels, scores: ((scores > 0) == labels).all(axis=1).sum()), "That is a number of pictures. "
             "Asked for is their share."),
            (_exact(lambda labels, scores: ((scores > 0) & (labels > 0)).any(axis=1).mean()), "You ask if any of the "
             "digits was found. A digit that is named and is not there is a mistake as well."),
        ),
        "First decide for each label: is its score above 0? Then ask of each picture whether all ten agree.",
    ),
    "09 diagnose": Exercise(
        "a dict that gives each of A to E one of " + ", ".join(sorted(REMEDIES.values())),
        lambda answer: all(answer[case] == said for case, said in REMEDIES.items()),
        "Five symptoms, five remedies. With a real task the next step is the interval: did it help?",
        (
            (lambda a: any(a[case] is ... for case in REMEDIES), "Not finished yet: replace every ... in the "
             "dictionary."),
            (lambda a: not _says(A="threshold")(a), "Look at A again. A high accuracy and not one sick plant found: "
             "the scores may be good and the place where you cut them wrong."),
            (lambda a: not _says(B="interpolate")(a), "Look at B again. Black bars are edges that no layer has been "
             "trained on. What should stand there instead?"),
            (lambda a: not _says(C="scale")(a), "Look at C again. Nothing is missing there and nothing is rare, but "
             "two kinds of numbers lie side by side. How large is each of them?"),
            (lambda a: not _says(D="cut")(a), "Look at D again. The source task asked what it is, whatever its angle. "
             "Where in the network is the angle not yet forgotten?"),
            (lambda a: not _says(E="sigmoid")(a), "Look at E again. Which head can answer none, one and two?"),
        ),
        "Ask of each case: which station had this symptom?",
    ),
}  # fmt: skip
