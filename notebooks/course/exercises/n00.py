"""Exercises of notebook 00, Start here."""

from ..checks import Exercise
from ..kinds import Anything, Made, Several, is_number
from . import by_name


def how_far_five_get(run) -> str:
    """The answer to the question of the exercise, from this run."""
    return (
        f"With five labels per class transfer reaches an accuracy of {run.score()}. "
        "That is fifty labels in all: forty to train on, ten to watch the training."
    )


five = Exercise(
    "00 five",
    expects="a run: the object that tk.linear_probe(backbone, task) returns",
    praise=how_far_five_get,
    hint='Load "digits" with 5 labels per class, and give that task to tk.linear_probe '
    "together with letters.",
    ask="This run is neither the probe nor the training from scratch of above. Which "
    "line of the experiment transfers, and which of its arguments has the labels?",
    kind=Made(
        "recipe",
        "backbone",
        "task",
        wanted="a run, the object that tk.linear_probe(backbone, task) returns",
    ),
    place="Predict, then run",
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
    """This run has used 20 labels per class. The number of labels belongs to the task,
    so another number needs another task.
    """
    return _is_run(run, "probe", "letters", 20)


@five.mistake
def no_transfer(run):
    """The labels are right, but this network started from random weights. Which of the
    two ways transfers?
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
    """The shared layers have random weights. Transfer needs the ones that were trained
    on letters.
    """
    return run.recipe == "probe" and run.backbone.weights is None


@five.mistake
def another_number_of_labels(run):
    """It is a run on digits, but with another number of labels per class. For
    validation none are added: they are counted in.
    """
    return run.task.name == "digits" and run.task.labels_per_class not in (5, 20)


@five.mistake
def layers_trained_too(run):
    """This recipe also trains shared layers. The question is about the linear probe,
    which trains the head alone.
    """
    return run.recipe not in ("probe", "scratch")


def what_the_figure_says(answer, scratch: dict[int, float], target: float) -> str:
    """The answer to the question of the exercise, from the measured lines."""
    most = max(scratch)
    reached = f"with {most} labels per class the network from scratch reaches"
    if scratch[most] < target:
        return (
            f"Right: {reached} {scratch[most]:.2f}, and transfer with 20 reaches "
            f"{target:.2f}. More is not measured, so more cannot be said."
        )
    return (
        f"Right: {reached} {scratch[most]:.2f}, so it has caught up with the "
        f"{target:.2f} of transfer with 20, at {answer[0]} labels per class."
    )


labels = Exercise(
    "00 labels",
    expects="two readings: a number of labels per class from the axis, such as 50, or "
    '"more"; and an accuracy, such as 0.12 or -0.12',
    praise=what_the_figure_says,
    hint="The dotted line is what transfer reaches with 20 labels per class. Where "
    "does the line from scratch meet it, and how far from it does that line end?",
    ask="One of the two readings does not fit the figure. Which two lines does each of "
    "them ask you to compare?",
    kind=Several(
        Anything(),
        Anything(),
        wanted="two readings in parentheses, such as (50, 0.12)",
    ),
    place="How many labels does transfer save?",
)
NEAR = 0.03  # so exactly one can read the figure


def _is_number(reading) -> bool:
    """Whether a reading is a number, and not nan."""
    return is_number(reading) and reading == reading


def _reads(answer, height: float) -> bool:
    """Whether the second reading is about this height."""
    return _is_number(answer[1]) and abs(answer[1] - height) < NEAR


def _budget(answer):
    """The first reading, where it is a number; else 0."""
    return answer[0] if _is_number(answer[0]) else 0


def _right_end(scratch: dict[int, float]) -> float:
    """The height at which the line from scratch ends."""
    return scratch[max(scratch)]


@labels.right
def where_it_meets_and_where_it_ends(answer, scratch: dict[int, float], target: float):
    if not _reads(answer, _right_end(scratch) - target):
        return False
    for budget in sorted(scratch):
        if scratch[budget] >= target:
            return _budget(answer) == budget
    return isinstance(answer[0], str) and answer[0] == "more"


@labels.mistake
def words_for_a_number(answer, scratch, target):
    """The first reading is a plain number, such as 50, or exactly "more" in small
    letters. A number stands without quotation marks, brackets or other words.
    """
    first = answer[0]
    return not _is_number(first) and first != "more"


@labels.mistake
def no_height(answer, scratch, target):
    """The second reading must be a number, a difference of two accuracies: plain,
    without quotation marks, brackets or nan.
    """
    return not _is_number(answer[1])


@labels.mistake
def in_percent(answer, scratch, target):
    """The second reading is an accuracy, between -1 and 1: write 0.12 for 12 %."""
    return abs(answer[1]) > 1


@labels.mistake
def an_accuracy(answer, scratch, target):
    """The first reading is an accuracy. It should be a number of labels per class: read
    it off the horizontal axis.
    """
    return isinstance(_budget(answer), float) and 0 < _budget(answer) < 1


@labels.mistake
def beyond_the_figure(answer, scratch, target):
    """Perhaps, but nobody has measured so many labels. Where does the axis end, and
    what can you say from this figure alone?
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
