"""Exercises of notebook 00, Start here."""

from ..checks import Exercise


def _catches_up(answer, scratch: dict[int, float], target: float) -> bool:
    """Whether the answer is the smallest label budget at which scratch reaches the target, or "more"."""
    return answer == next((labels for labels in sorted(scratch) if scratch[labels] >= target), "more")


EXERCISES = {
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
