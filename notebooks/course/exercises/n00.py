"""Exercises of notebook 00, Start here."""

from collections.abc import Callable
from typing import Any

from ..checks import Exercise


def _catches_up(answer, scratch: dict[int, float], target: float) -> bool:
    """Whether the answer is the smallest label budget at which scratch reaches the target, or "more"."""
    return answer == next(
        (labels for labels in sorted(scratch) if scratch[labels] >= target), "more"
    )


def _run(name: str, labels: int) -> Callable[[Any], bool]:
    """Whether an answer is a run of that recipe, from letters, on digits with so many labels per class."""

    def same(run) -> bool:
        found = (
            run.recipe,
            run.backbone.weights,
            run.task.name,
            run.task.labels_per_class,
        )
        return found == (name, "letters" if name == "probe" else None, "digits", labels)

    return same


EXERCISES = {
    "00 five": Exercise(
        "a run, as tk.linear_probe(backbone, task) gives it back",
        _run("probe", 5),
        "Fifty labels in all: forty to train on, ten to watch the training.",
        (
            (_run("probe", 20), "This run has used 20 labels per class. The number of labels belongs to the task: "
             'tk.load_task("digits", labels_per_class=5).'),
            (_run("scratch", 5), "The labels are right, but this network started from random weights. Transfer is "
             "tk.linear_probe."),
            (lambda run: run.task.name == "letters", "That is the source task. The letters are known already; asked "
             "for are digits."),
            (lambda run: run.recipe == "probe" and run.backbone.weights is None, "The shared layers have random "
             'weights. What is transferred are those of tk.Backbone("letters").'),
        ),
        'Load "digits" with 5 labels per class, and give that task to tk.linear_probe together with letters.',
    ),
    "00 labels": Exercise(
        'a number of labels per class from the axis, such as 50, or "more"',
        _catches_up,
        "Right: that is all that the measurement says.",
        (
            (lambda a, scratch, target: isinstance(a, float) and 0 < a < 1, "That is an accuracy. Asked for is a "
             "number of labels per class: read it off the horizontal axis."),
            (lambda a, scratch, target: not isinstance(a, str) and a > max(scratch), "Perhaps, but nobody has measured "
             'it. The line ends before it reaches the height: all that the figure says is "more".'),
            (lambda a, scratch, target: a in scratch and scratch[a] < 0.15, "There the network from scratch is still "
             "guessing: its line lies at one right answer in ten."),
            (lambda a, scratch, target: a in scratch and scratch[a] < target, "There the network from scratch has "
             "begun to learn, and it is still below the dashed line: catching up means reaching it."),
        ),
        "The dashed line is what transfer reaches with 20 labels per class. Where does the line from scratch meet it?",
    ),
}  # fmt: skip
