"""Exercises of notebook 00, Start here."""

from ..checks import Exercise
from . import by_name

five = Exercise(
    "00 five",
    expects="a run: the object that tk.linear_probe(backbone, task) returns",
    praise="Fifty labels in all: forty to train on, ten to watch the training.",
    hint='Load "digits" with 5 labels per class, and give that task to tk.linear_probe '
    "together with letters.",
)


def _is_run(run, recipe: str, weights: str | None, labels: int) -> bool:
    """Whether a run used that recipe, these weights and that many labels, on digits."""
    return (
        run.recipe == recipe
        and run.backbone.weights == weights
        and run.task.name == "digits"
        and run.task.labels_per_class == labels
    )


@five.right
def a_probe_with_five_labels(run):
    return _is_run(run, "probe", "letters", 5)


@five.mistake
def twenty_labels(run):
    """This run has used 20 labels per class. The number of labels belongs to the task:
    tk.load_task("digits", labels_per_class=5).
    """
    return _is_run(run, "probe", "letters", 20)


@five.mistake
def no_transfer(run):
    """The labels are right, but this network started from random weights. Transfer is
    tk.linear_probe.
    """
    return _is_run(run, "scratch", None, 5)


@five.mistake
def source_task(run):
    """That is the source task. The network knows letters already; the question is about
    digits.
    """
    return run.task.name == "letters"


@five.mistake
def random_backbone(run):
    """The shared layers have random weights. Transfer needs the trained ones, those of
    tk.Backbone("letters").
    """
    return run.recipe == "probe" and run.backbone.weights is None


labels = Exercise(
    "00 labels",
    expects="two readings: a number of labels per class from the axis, such as 50, or "
    '"more"; and an accuracy, such as 0.12 or -0.12',
    praise="Right: that is all that the measurement says.",
    hint="The dotted line is what transfer reaches with 20 labels per class. Where "
    "does the line from scratch meet it, and how far from it does that line end?",
)
NEAR = 0.03  # so exactly one can read the figure


def _readings(answer) -> tuple | None:
    """Both readings; None if the answer is no pair."""
    if isinstance(answer, tuple) and len(answer) == 2:
        return answer
    return None


def _reads(answer, height: float) -> bool:
    """Whether the second reading is about this height."""
    readings = _readings(answer)
    if readings is None or not isinstance(readings[1], int | float):
        return False
    return abs(readings[1] - height) < NEAR


def _budget(answer):
    """The first reading, where it is a number; else 0."""
    readings = _readings(answer)
    if readings is None or not isinstance(readings[0], int | float):
        return 0
    return readings[0]


def _right_end(scratch: dict[int, float]) -> float:
    """The height at which the line from scratch ends."""
    return scratch[max(scratch)]


@labels.right
def where_it_meets_and_where_it_ends(answer, scratch: dict[int, float], target: float):
    if not _reads(answer, _right_end(scratch) - target):
        return False
    for budget in sorted(scratch):
        if scratch[budget] >= target:
            return answer[0] == budget
    return answer[0] == "more"


@labels.mistake
def not_filled_in(answer, scratch, target):
    """Two readings are asked for. There are still dots in the place of one of them."""
    return _readings(answer) is not None and any(part is ... for part in answer)


@labels.mistake
def an_accuracy(answer, scratch, target):
    """The first reading is an accuracy. It should be a number of labels per class: read
    it off the horizontal axis.
    """
    return isinstance(_budget(answer), float) and 0 < _budget(answer) < 1


@labels.mistake
def beyond_the_figure(answer, scratch, target):
    """Perhaps, but nobody has measured so many labels. What can you say from this
    figure alone?
    """
    return _budget(answer) > max(scratch)


@labels.mistake
def a_height(answer, scratch, target):
    """The second reading is the height of a line. The question asks how far two lines
    are apart.
    """
    return _reads(answer, _right_end(scratch)) or _reads(answer, target)


@labels.mistake
def wrong_sign(answer, scratch, target):
    """Which of the two lines is the higher one at the right end? Look at the sign of
    your second reading.
    """
    return _reads(answer, target - _right_end(scratch))


@labels.mistake
def where_it_guesses(answer, scratch, target):
    """What does a network reach that only guesses? Compare that with the height of the
    line from scratch at your number of labels.
    """
    return _budget(answer) in scratch and scratch[_budget(answer)] < 0.15


@labels.mistake
def still_below(answer, scratch, target):
    """At your number of labels, how high are the line from scratch and the dotted line?
    Catching up means reaching it.
    """
    return _budget(answer) in scratch and scratch[_budget(answer)] < target


EXERCISES = by_name((five, labels))
