"""Exercises of notebook 09, Difficult targets."""

from collections.abc import Callable, Mapping

import numpy as np

from ..checks import Exercise
from . import by_name


def _gives(function, value: float, *given: np.ndarray) -> bool:
    """Whether a learner's function gives this one number for copies of the arrays."""
    got = np.asarray(function(*(array.copy() for array in given)), float)
    return got.shape == () and bool(np.isclose(got, value, atol=1e-6))


balanced = Exercise(
    "09 balanced",
    expects="a function from labels and answers, both int (n,) of 0 and 1, to one "
    "number",
    praise="Each class counts once, however many pictures it has: never naming the "
    "rare one gives 0.5.",
    hint="For each class: of the pictures with this label, the share that was named "
    "correctly. Then the mean.",
)
LABELS = np.repeat([1, 0], [4, 12])
NAMED = np.repeat([1, 0, 1, 0], [1, 3, 2, 10])  # finds 1 of 4, takes 2 of 12 for it
RECALLS = {label: np.mean(NAMED[label == LABELS] == label) for label in (0, 1)}


def _gives_balanced(function, value: float) -> bool:
    return _gives(function, value, LABELS, NAMED)


@balanced.right
def mean_of_the_recalls(function):
    return _gives_balanced(function, (RECALLS[1] + RECALLS[0]) / 2)


@balanced.mistake
def accuracy(function):
    """That is the accuracy still: every picture counts once, so the rare class hardly
    counts at all.
    """
    return _gives_balanced(function, np.mean(LABELS == NAMED))


@balanced.mistake
def recall_of_the_rare_class(function):
    """That is the recall of the rare class alone. A model that names every picture rare
    would get 1: the other class must count too.
    """
    return _gives_balanced(function, RECALLS[1])


@balanced.mistake
def recall_of_the_common_class(function):
    """That is the recall of the common class alone, which is what accuracy mostly
    measures.
    """
    return _gives_balanced(function, RECALLS[0])


@balanced.mistake
def sum_of_the_recalls(function):
    """Both recalls are right. The question asks for their mean, not their sum."""
    return _gives_balanced(function, RECALLS[1] + RECALLS[0])


@balanced.mistake
def mean_of_the_precisions(function):
    """You take, of all pictures that were *named* so, the share that is right: that is
    precision. Recall asks of all pictures that *are* so, which share was named.
    """
    precisions = [np.mean(LABELS[label == NAMED] == label) for label in (0, 1)]
    return _gives_balanced(function, np.mean(precisions))


components = Exercise(
    "09 components",
    expects="a whole number: one of the numbers of components in the table",
    praise="Chosen without the test pictures, so their score is still an honest one.",
    hint="One column comes from labelled pictures that each head had not seen, and "
    "that are not the test pictures.",
)
Table = Mapping[
    int, Mapping[str, float]
]  # number of components -> score's name -> score


def _best(table: Table, score: str) -> set[int]:
    """The numbers of components with the highest score of that name."""
    top = max(row[score] for row in table.values())
    return {count for count, row in table.items() if row[score] == top}


@components.right
def best_cross_validated(count, table: Table):
    return count in _best(table, "cross-validated")


@components.mistake
def not_tried(count, table: Table):
    """That number of components has not been tried: choose one of the table's rows."""
    return count not in table


@components.mistake
def best_on_test(count, table: Table):
    """The best one on the *test* pictures. If you choose by them, you have used them
    up: their score is then too good, and there are no others left to say by how much.
    """
    return count in _best(table, "test")


@components.mistake
def best_on_training(count, table: Table):
    """The best one on the pictures that the head was trained on. With as many numbers
    as pictures every head knows those by heart.
    """
    return count in _best(table, "training")


exact = Exercise(
    "09 exact",
    expects="a function from labels int (n, 10) and scores float (n, 10) to one number",
    praise="A picture counts if all of its labels are right, and one without any digit "
    "counts like the others.",
    hint="First decide for each label: is its score above 0? Then ask of each picture "
    "whether all ten agree.",
)
SEVERAL = np.array(
    [[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1]]
)
SCORES = np.array(
    [
        [2, -1, 0.3, -2],
        [-1, -2, -3, -1],
        [-2, 4, -1, -1],
        [0.2, -1, -2, -3],
        [-0.2, -2, -1, -3],
        [-2, 1, -4, -1],
    ]
)


def _gives_exact(function, formula: Callable[[np.ndarray, np.ndarray], float]) -> bool:
    """Whether a learner's function gives what a formula of (labels, scores) gives."""
    return _gives(function, formula(SEVERAL, SCORES), SEVERAL, SCORES)


@exact.right
def all_labels_right(function):
    def formula(labels, scores):
        return ((scores > 0) == labels).all(axis=1).mean()

    return _gives_exact(function, formula)


@exact.mistake
def accuracy_per_label(function):
    """That is the accuracy per label: most labels are 0, so saying nothing gets most of
    them right. A picture counts only if *all* of its labels are right.
    """

    def formula(labels, scores):
        return ((scores > 0) == labels).mean()

    return _gives_exact(function, formula)


@exact.mistake
def largest_score_wins(function):
    """You let the largest score win, as softmax does: then exactly one digit is named
    in every picture, also where there are two or none.
    """

    def formula(labels, scores):
        largest = scores == scores.max(axis=1, keepdims=True)
        return (largest == labels).all(axis=1).mean()

    return _gives_exact(function, formula)


@exact.mistake
def scores_above_a_half(function):
    """The scores are logits. The sigmoid of 0 is 0.5, so a probability above 0.5 is a
    score above 0.
    """

    def formula(labels, scores):
        return ((scores > 0.5) == labels).all(axis=1).mean()

    return _gives_exact(function, formula)


@exact.mistake
def any_label_right(function):
    """One right label is enough for you: any has to become all."""

    def formula(labels, scores):
        return ((scores > 0) == labels).any(axis=1).mean()

    return _gives_exact(function, formula)


@exact.mistake
def number_of_pictures(function):
    """That is a number of pictures. The question asks for their share."""

    def formula(labels, scores):
        return ((scores > 0) == labels).all(axis=1).sum()

    return _gives_exact(function, formula)


@exact.mistake
def any_digit_found(function):
    """You ask if any of the digits was found. A digit that is named and is not there is
    a mistake as well.
    """

    def formula(labels, scores):
        return ((scores > 0) & (labels > 0)).any(axis=1).mean()

    return _gives_exact(function, formula)


REMEDIES = {
    "A": "threshold",
    "B": "interpolate",
    "C": "scale",
    "D": "cut",
    "E": "sigmoid",
}
diagnose = Exercise(
    "09 diagnose",
    expects="a dict that gives each of A to E one of "
    + ", ".join(sorted(REMEDIES.values())),
    praise="Five symptoms, five remedies. With a real task the next step is the "
    "interval: did it help?",
    hint="Ask of each case: which station had this symptom?",
)


def _misses(answer, case: str) -> bool:
    return answer[case] != REMEDIES[case]


@diagnose.right
def all_cases(answer):
    return all(answer[case] == remedy for case, remedy in REMEDIES.items())


@diagnose.mistake
def not_filled_in(answer):
    """Not finished yet: replace every ... in the dictionary."""
    return any(answer[case] is ... for case in REMEDIES)


@diagnose.mistake
def rare_class(answer):
    """Look at A again. A high accuracy and not one sick plant found: the scores may be
    good and the place where you cut them wrong.
    """
    return _misses(answer, "A")


@diagnose.mistake
def covered_pictures(answer):
    """Look at B again. Black bars are edges that no layer has been trained on. What
    should stand there instead?
    """
    return _misses(answer, "B")


@diagnose.mistake
def two_kinds_of_numbers(answer):
    """Look at C again. Nothing is missing there and nothing is rare, but two kinds of
    numbers lie side by side. How large is each of them?
    """
    return _misses(answer, "C")


@diagnose.mistake
def forgotten_angle(answer):
    """Look at D again. The source task asked what it is, whatever its angle. Where in
    the network is the angle not yet forgotten?
    """
    return _misses(answer, "D")


@diagnose.mistake
def several_labels(answer):
    """Look at E again. Which head can answer none, one and two?"""
    return _misses(answer, "E")


EXERCISES = by_name((balanced, components, exact, diagnose))
