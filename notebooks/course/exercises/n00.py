"""Exercises of notebook 00, Start here."""

from ..checks import Exercise
from . import by_name

five = Exercise(
    "00 five",
    expects="a run, as tk.linear_probe(backbone, task) gives it back",
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
    expects='a number of labels per class from the axis, such as 50, or "more"',
    praise="Right: that is all that the measurement says.",
    hint="The dashed line is what transfer reaches with 20 labels per class. Where "
    "does the line from scratch meet it?",
)


@labels.right
def first_that_reaches_the_target(answer, scratch: dict[int, float], target: float):
    for budget in sorted(scratch):
        if scratch[budget] >= target:
            return answer == budget
    return answer == "more"


@labels.mistake
def an_accuracy(answer, scratch, target):
    """That is an accuracy. The question asks for a number of labels per class: read it
    off the horizontal axis.
    """
    return isinstance(answer, float) and 0 < answer < 1


@labels.mistake
def beyond_the_figure(answer, scratch, target):
    """Perhaps, but nobody has measured it. The line ends before it reaches the height:
    all that the figure says is "more".
    """
    return not isinstance(answer, str) and answer > max(scratch)


@labels.mistake
def where_it_guesses(answer, scratch, target):
    """There the network from scratch is still guessing: its line lies at one right
    answer in ten.
    """
    return answer in scratch and scratch[answer] < 0.15


@labels.mistake
def where_it_begins_to_learn(answer, scratch, target):
    """There the network from scratch has begun to learn, and it is still below the
    dashed line: catching up means reaching it.
    """
    return answer in scratch and scratch[answer] < target


EXERCISES = by_name((five, labels))
