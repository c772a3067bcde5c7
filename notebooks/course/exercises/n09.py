"""Exercises of notebook 09, Difficult targets."""

from collections.abc import Callable, Mapping

import numpy as np

from ..checks import Exercise
from ..kinds import Array, Function, Number, Parts, Several, Word
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
    ask="That is none of the measures of this station. Which pictures do you count, "
    "and by how many do you divide?",
    kind=Function("labels, said", gives=Array()),
    place="Station 2: unbalanced classes",
    start="""
def balanced(labels, said):
    return (labels == said).mean()
""",
)
LABELS = np.repeat([1, 0], [4, 12])
NAMED = np.repeat([1, 0, 1, 0], [1, 3, 2, 10])  # finds 1 of 4, takes 2 of 12 for it
RECALLS = {label: np.mean(NAMED[label == LABELS] == label) for label in (0, 1)}


def _gives_balanced(function, value: float) -> bool:
    return _gives(function, value, LABELS, NAMED)


@balanced.right
def mean_of_the_recalls(function):
    if not _gives_balanced(function, (RECALLS[1] + RECALLS[0]) / 2):
        return False
    labels, said = (np.random.default_rng(90).random((2, 47)) < 0.4).astype(int)
    recalls = [np.mean(said[labels == kind] == kind) for kind in (0, 1)]
    return _gives(function, np.mean(recalls), labels, said)


@balanced.mistake
def accuracy(function):
    """That is the accuracy still: every picture counts once, so the rare class hardly
    counts at all.
    """
    return _gives_balanced(function, np.mean(LABELS == NAMED))


@balanced.mistake
def the_share_that_is_wrong(function):
    """That is the share of mistakes, balanced over the classes. The question asks for
    the share that is right.
    """
    return _gives_balanced(function, 1 - (RECALLS[1] + RECALLS[0]) / 2)


@balanced.mistake
def product_of_the_recalls(function):
    """You multiplied the recalls. A mean adds them up and divides."""
    return _gives_balanced(function, RECALLS[1] * RECALLS[0])


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
    expects="two things: the number of components that you choose, and the accuracy "
    "that you report for it, such as (5, 0.500)",
    praise=lambda answer, table: (
        "Chosen by the cross-validated column, reported from the test column: "
        f"{table[answer[0]]['test']:.3f}. No number has done both jobs, so this one is "
        "honest."
    ),
    hint="One column comes from labelled pictures that each head had not seen, and "
    "that are not the test pictures. Once it has chosen, its number is too good: "
    "another column reports.",
    ask="Your choice holds. But the accuracy belongs to another row, or to no row. "
    "Which pictures may judge this number of components?",
    kind=Several(
        Number(whole=True),
        Number(),
        wanted="two numbers, components and an accuracy, such as (5, 0.500)",
    ),
    place="Station 4: many dimensions",
)
# Number of components -> score's name -> score
Table = Mapping[int, Mapping[str, float]]


def _best(table: Table, score: str) -> set[int]:
    """The numbers of components with the highest score of that name."""
    top = max(row[score] for row in table.values())
    return {count for count, row in table.items() if row[score] == top}


def _reports(answer, table: Table, score: str) -> bool:
    """Whether an answer reports this score of the row that it chose, as printed."""
    count, accuracy = answer
    return count in table and abs(accuracy - table[count][score]) < 6e-4


@components.right
def chosen_by_one_and_reported_by_the_other(answer, table: Table):
    chosen = answer[0] in _best(table, "cross-validated")
    return chosen and _reports(answer, table, "test")


@components.mistake
def as_many_as_pictures(answer, table: Table):
    """The first number is that of the labelled pictures, not of components in a row."""
    return answer[0] == 100 and 100 not in table


@components.mistake
def not_tried(answer, table: Table):
    """That number of components has not been tried: choose one of the table's rows."""
    return answer[0] not in table


@components.mistake
def in_percent(answer, table: Table):
    """The accuracy is a number from 0 to 1, with three decimals, as in the table."""
    return not 0 <= answer[1] <= 1


@components.mistake
def best_on_test(answer, table: Table):
    """The best one on the *test* pictures. If you choose by them, you have used them
    up: their score is then too good, and there are no others left to say by how much.
    """
    return answer[0] in _best(table, "test") - _best(table, "cross-validated")


@components.mistake
def best_on_training(answer, table: Table):
    """The best one on the pictures that the head was trained on. With as many numbers
    as pictures every head knows those by heart.
    """
    return answer[0] in _best(table, "training") - _best(table, "cross-validated")


@components.mistake
def best_in_no_column(answer, table: Table):
    """That row has the highest number in none of the columns. By which column do you
    choose?
    """
    return answer[0] not in _best(table, "cross-validated")


@components.mistake
def reports_what_chose(answer, table: Table):
    """Your choice holds. But this is the very number that has chosen: the highest of
    several, with its luck in it. Is it what new pictures will give?
    """
    return _reports(answer, table, "cross-validated")


@components.mistake
def reports_training(answer, table: Table):
    """Your choice holds. But this accuracy is that of pictures that the head knows."""
    return _reports(answer, table, "training")


exact = Exercise(
    "09 exact",
    expects="a function from labels int (n, 10) and scores float (n, 10) to one number",
    praise="A picture counts if all of its labels are right, and one without any digit "
    "counts like the others.",
    hint="First decide for each label: is its score above 0? Then ask of each picture "
    "whether all ten agree.",
    ask="Another share. Take one picture with two digits: which labels does your "
    "function name, and when does it count the picture?",
    kind=Function("labels, scores", gives=Array()),
    place="Station 5: several labels in one picture",
    start="""
def exact_match(labels, scores):
    said = scores == scores.max(axis=1, keepdims=True)
    return (said == labels).mean()
""",
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


# Scores close to 0 on both sides, and labels that follow most of them: where the line
# is drawn decides.
_near = np.random.default_rng(99)
NEAR_ZERO = _near.uniform(-0.05, 0.05, (60, 3))
MANY = ((NEAR_ZERO > 0) ^ (_near.random((60, 3)) < 0.2)).astype(int)


def _gives_exact(function, formula: Callable[[np.ndarray, np.ndarray], float]) -> bool:
    """Whether a learner's function gives what a formula of (labels, scores) gives."""
    return _gives(function, formula(SEVERAL, SCORES), SEVERAL, SCORES)


@exact.right
def all_labels_right(function):
    def formula(labels, scores):
        return ((scores > 0) == labels).all(axis=1).mean()

    return _gives_exact(function, formula) and _gives(
        function, formula(MANY, NEAR_ZERO), MANY, NEAR_ZERO
    )


@exact.mistake
def largest_per_label(function):
    """That is how the cell began: the largest score alone is named, and every label
    counts by itself. Which of the two have you changed?
    """

    def formula(labels, scores):
        return ((scores == scores.max(axis=1, keepdims=True)) == labels).mean()

    return _gives_exact(function, formula)


@exact.mistake
def along_the_pictures(function):
    """You ask `all` along the wrong axis: of each label whether it is right in all
    pictures. Ask of each picture.
    """

    def formula(labels, scores):
        return ((scores > 0) == labels).all(axis=0).mean()

    return _gives_exact(function, formula)


@exact.mistake
def one_for_each_picture(function):
    """That is one answer for each picture. Asked for is their share: one number."""
    found = np.asarray(function(SEVERAL.copy(), SCORES.copy()))
    return found.shape == (len(SEVERAL),)


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
    """The scores are logits, and you compare them with a probability. Which logit has
    the sigmoid 0.5?
    """

    def formula(labels, scores):
        return ((scores > 0.5) == labels).all(axis=1).mean()

    return _gives_exact(function, formula)


@exact.mistake
def any_label_right(function):
    """One right label is enough for you. When does a picture count?"""

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


cameras = Exercise(
    "09 cameras",
    expects="a function from features float (n, k), the camera of each picture (n,) "
    "and a dict, camera -> features of its pictures without labels, to float (n, k)",
    praise="Each camera has a mean and a spread of its own, from pictures that are not "
    "the ones in question. Now measure if it helps.",
    hint="For each camera: take the rows that it made, and mean and spread of each "
    "feature from its pictures without labels.",
    ask="Other numbers come out. Take one picture of the fainter camera: from which "
    "pictures come the mean and the spread that you use for it?",
    kind=Function(
        "x, cameras, without_labels",
        gives=Array("an array (n, k)", lambda x, *others: x.shape),
    ),
    place="Station 8: mixed sources",
    start="""
def by_its_own(x, cameras, without_labels):
    mean, spread = scale(np.concatenate(list(without_labels.values())))
    return (x - mean) / spread
""",
)
NAMES = np.array(list("abbaabbaabbbabaababa"))  # of the cameras, mixed
_rng = np.random.default_rng(9)
BRIGHT = {"a": (0.0, 1.0), "b": (5.0, 3.0)}  # mean and spread of each camera's features
LEVELS = np.array([0.0, 2.0, -1.0, 4.0])  # of the four features
FREE = {
    camera: _rng.normal(mean + LEVELS, spread, (40, 4))
    for camera, (mean, spread) in BRIGHT.items()
}
FREE["a"][:, 3] = 0.0  # this feature is silent in all pictures of camera a
# They show other things than the pictures without labels: two spreads more, or less.
PICTURES = np.stack(
    [
        _rng.normal(BRIGHT[c][0] + LEVELS + (2, -1)[i % 3 == 0] * BRIGHT[c][1])
        for i, c in enumerate(NAMES)
    ]
)
PICTURES[NAMES == "a", 3] = 0.0
LOUD = np.ones(PICTURES.shape, bool)  # where a camera's feature is not silent
LOUD[NAMES == "a", 3] = False


class _Tried:
    """What a learner's function made of copies, and whether it changed the copies."""

    def __init__(self, function):
        given, known = PICTURES.copy(), {name: x.copy() for name, x in FREE.items()}
        with np.errstate(all="ignore"):  # a division by 0 is answered below
            self.made = np.asarray(function(given, NAMES.copy(), known), float)
        kept = all(np.array_equal(known.get(name), x) for name, x in FREE.items())
        self.changed = not (kept and np.array_equal(given, PICTURES))

    def is_like(self, wanted: np.ndarray, where: np.ndarray = LOUD) -> bool:
        """Up to what a floor under the spread, or n - 1 for n, changes."""
        if self.made.shape != wanted.shape:
            return False
        near = np.isclose(self.made, wanted, rtol=0.02, atol=0.02)
        return bool(near[where].all())


def _by_its_own(mean, spread) -> np.ndarray:
    """Each picture less a mean, divided by a spread.

    Args:
        mean, spread: functions of a camera's features float (m, 4).
    """
    made = np.empty_like(PICTURES)
    with np.errstate(all="ignore"):
        for camera, known in FREE.items():
            rows = camera == NAMES
            made[rows] = (PICTURES[rows] - mean(known)) / spread(known)
    return made


def _mean(x):
    return x.mean(axis=0)


def _spread(x):
    return np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)


RIGHT = _by_its_own(_mean, _spread)


@cameras.right
def own_mean_and_spread(function):
    tried = _Tried(function)
    finite = tried.made.shape == RIGHT.shape and np.isfinite(tried.made).all()
    everywhere = np.ones_like(LOUD)  # a silent feature stays 0
    return finite and tried.is_like(RIGHT, everywhere) and not tried.changed


@cameras.mistake
def in_place(function):
    """Your function changes the features that it is given. What comes next
    gets other numbers, and standardises them a second time. Make a new array.
    """
    return _Tried(function).changed


@cameras.mistake
def nothing_done(function):
    """These are the features as they came."""
    return _Tried(function).is_like(PICTURES)


@cameras.mistake
def one_for_all(function):
    """That is one mean and one spread for all cameras: a faint picture is still
    compared with bright ones.
    """
    tried, every = _Tried(function), np.concatenate(list(FREE.values()))
    both = np.concatenate([every, PICTURES])
    return any(
        tried.is_like((PICTURES - _mean(x)) / _spread(x))
        for x in (every, PICTURES, both)
    )


@cameras.mistake
def from_the_pictures_themselves(function):
    """Mean and spread come from the very pictures that you standardise, or from these
    too. When they are test pictures, the answer for one of them depends on the others.
    Which pictures may you look at?
    """
    tried = _Tried(function)
    alone, too = np.empty_like(PICTURES), np.empty_like(PICTURES)
    for camera, known in FREE.items():
        rows = camera == NAMES
        x = PICTURES[rows]
        both = np.concatenate([known, x])
        alone[rows] = (x - _mean(x)) / _spread(x)
        too[rows] = (x - _mean(both)) / _spread(both)
    return tried.is_like(alone) or tried.is_like(too)


@cameras.mistake
def one_number_per_camera(function):
    """You have one mean and one spread for all features of a camera. Features differ:
    each has its own.
    """
    return _Tried(function).is_like(_by_its_own(np.mean, np.std))


@cameras.mistake
def along_the_other_axis(function):
    """The mean runs along the wrong axis: it is taken over the features of one picture.
    It should be taken over many pictures, for one feature.
    """
    x = PICTURES
    made = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    return _Tried(function).is_like(made, np.ones_like(LOUD))


@cameras.mistake
def mean_only(function):
    """The means are right now. The spreads still differ: look at how faint the grey
    pictures are.
    """
    return _Tried(function).is_like(_by_its_own(_mean, lambda x: 1))


@cameras.mistake
def spread_only(function):
    """The spreads are right now. But where is the mean?"""
    return _Tried(function).is_like(_by_its_own(lambda x: 0, _spread))


@cameras.mistake
def by_the_variance(function):
    """You divide by the variance. Its unit is the square of the feature's: the spread
    is its root.
    """

    def variance(x):
        return _spread(x) ** 2

    return _Tried(function).is_like(_by_its_own(_mean, variance))


@cameras.mistake
def divided_by_zero(function):
    """Almost. One feature is 0 in all pictures of one camera, so its spread is 0, and
    you divide by it. The tools at the top know a way around.
    """
    tried = _Tried(function)
    finite = tried.made.shape == RIGHT.shape and np.isfinite(tried.made).all()
    return tried.is_like(RIGHT) and not finite


@cameras.mistake
def in_another_order(function):
    """The rows come back in another order: the pictures of one camera first. The labels
    then belong to other pictures.
    """
    order = np.argsort(NAMES, kind="stable")
    return _Tried(function).is_like(RIGHT[order], LOUD[order])


REMEDIES = {
    "A": "threshold",
    "B": "interpolate",
    "C": "scale each modality",
    "D": "lower cut",
    "E": "sigmoids",
    "F": "threshold",
    "G": "scale each source",
}
OFFERED = sorted({*REMEDIES.values(), "drop", "penalty", "two stages", "views"})
diagnose = Exercise(
    "09 diagnose",
    expects="a dict that gives each of A to G one of " + ", ".join(OFFERED),
    praise="Seven symptoms, and a first remedy for each. With a real task the next "
    "step is the interval: did it help?",
    hint="Ask of each case: which station had this symptom?",
    ask="One of the remedies treats another symptom. For which report are you least "
    "sure?",
    kind=Parts(dict.fromkeys(REMEDIES, Word(*OFFERED))),
    place="All nine on one page",
)


def _misses(answer, case: str) -> bool:
    return answer[case] != REMEDIES[case]


@diagnose.right
def all_cases(answer):
    return all(answer[case] == remedy for case, remedy in REMEDIES.items())


@diagnose.mistake
def dropped(answer):
    """You drop pictures. That costs labels, and the pictures that come later have the
    same difficulty: nobody can drop those.
    """
    return "drop" in answer.values()


@diagnose.mistake
def two_stages(answer):
    """You split the question into two stages. What did station 6 measure? And in which
    report are there too many classes?
    """
    return "two stages" in answer.values()


@diagnose.mistake
def turned_letters(answer):
    """Look at D again. You show turned views. What happens to the answer "upright" when
    a picture is turned?
    """
    return answer["D"] == "views"


@diagnose.mistake
def rare_class(answer):
    """Look at A again. The scores tell sick and healthy plants apart, and still no
    plant is *called* sick. What lies between a score and an answer?
    """
    return _misses(answer, "A")


@diagnose.mistake
def covered_pictures(answer):
    """Look at B again. The bars have sharp edges, and no layer has been trained on
    those.
    """
    return _misses(answer, "B")


@diagnose.mistake
def two_kinds_of_numbers(answer):
    """Look at C again. Nothing is missing and nothing is rare, but two kinds of numbers
    lie side by side. How large is each of them?
    """
    return _misses(answer, "C")


@diagnose.mistake
def forgotten_angle(answer):
    """Look at D again. The source task asked what it is, whatever its angle. What has
    happened to the angle by the time it comes to the last features?
    """
    return _misses(answer, "D")


@diagnose.mistake
def several_labels(answer):
    """Look at E again. Ten scores, and always the largest one wins. How could such a
    head ever say "none" or "two"?
    """
    return _misses(answer, "E")


@diagnose.mistake
def too_many_alarms(answer):
    """Look at F again. The order of the pictures is good: the faults come first. The
    model names more of them than anybody can look at.
    """
    return _misses(answer, "F")


@diagnose.mistake
def two_hospitals(answer):
    """Look at G again. The diseases are as frequent in both, and each head works on its
    own pictures. So what differs is how the pictures were taken.
    """
    return _misses(answer, "G")


EXERCISES = by_name((balanced, components, exact, cameras, diagnose))
