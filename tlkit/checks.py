"""Claims that are run, and exercise checks that name the misconception. Imports NumPy only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


class ClaimFailed(AssertionError):
    """A sentence of a notebook that the run beneath it does not bear out."""


def claim(sentence: str, holds: bool) -> None:
    """Print a sentence that the run bears out; raise ClaimFailed if it does not.

    Args:
        sentence: what the prose says, with the measured numbers in it.
        holds: whether it is so.
    """
    if not holds:
        raise ClaimFailed(f"not so in this run: {sentence}")
    print(f"✓ {sentence}")


@dataclass(frozen=True)
class Verdict:
    """What a check says about an answer; shows as its message."""

    right: bool
    message: str

    def __repr__(self) -> str:
        return f"{'✓' if self.right else '✗'} {self.message}"


@dataclass(frozen=True)
class Exercise:
    """How an answer is judged.

    Every function below takes the answer, and the measured numbers too if ``check`` was given some.

    Attributes:
        expects: the form of an answer, for answers of another form.
        right: whether a well-formed answer is right.
        praise: said of a right answer.
        mistakes: (whether the answer is this mistake, the misconception behind it).
        hint: said of every other wrong answer.
    """

    expects: str
    right: Callable[..., bool]
    praise: str
    mistakes: tuple[tuple[Callable[..., bool], str], ...]
    hint: str


GREY = np.full((1, 2, 2, 3), 128, "uint8")
RED = np.full((1, 2, 2, 3), (255, 0, 0), "uint8")
_MEAN_RGB = np.array([123.68, 116.779, 103.939], "float32")


def _gives(formula: Callable[[np.ndarray], np.ndarray]) -> Callable[[Any], bool]:
    """Whether a learner's function maps a grey and a red image as the formula does (float32 images in)."""

    def same(function) -> bool:
        for image in (GREY, RED):
            got = np.asarray(function(image.copy()), "float64")
            expected = np.broadcast_to(formula(image.astype("float32")), image.shape)
            if got.shape != image.shape or not np.allclose(got, expected, atol=1e-2):
                return False
        return True

    return same


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
    "05 preprocessing": Exercise(
        "a function from uint8 images (n, h, w, 3), RGB, to float images of the same shape",
        _gives(lambda x: x[..., ::-1] - _MEAN_RGB[::-1]),
        "Blue comes first and each channel's mean is gone: this is what VGG16's weights were trained on.",
        (
            (_gives(lambda x: x / 255), "Scaling to 0–1 is what many networks want, and what the article did. VGG16 "
             "was trained on values from about −124 to 151, so to it these images are almost black."),
            (_gives(lambda x: x / 127.5 - 1), "Scaling to −1…1 is MobileNet's preprocessing; each network has "
             "its own."),
            (_gives(lambda x: x - _MEAN_RGB), "The means are right, but the channels are still red, green, blue. "
             "VGG16's first layer expects blue first."),
            (_gives(lambda x: x[..., ::-1] - _MEAN_RGB), "The channels are turned round, but the means are still in "
             "the order red, green, blue: turn those round too."),
            (_gives(lambda x: x[..., ::-1]), "The channels are turned round; the mean of each is still there."),
            (_gives(lambda x: x), "The images came back as they were: nothing has been done to them yet."),
            (_gives(lambda x: x[..., ::-1].astype("uint8") - _MEAN_RGB[::-1].astype("uint8")), "Integers below zero "
             "wrap round to 255: turn the images into floats before you subtract."),
        ),
        "Two steps are needed: the order of the channels, and the mean of each channel. A grey pixel of 128 must "
        "become (24.061, 11.221, 4.32).",
    ),
}  # fmt: skip


def check(name: str, answer: Any, *measured: Any) -> Verdict:
    """Judge an answer: right, or the misconception behind it, or a hint. Never raises for a wrong answer.

    Args:
        name: the exercise, as printed above its cell.
        answer: whatever the exercise asks for; ``...`` counts as not yet answered.
        *measured: the numbers that decide, where the truth is a measurement and not a formula.

    Raises:
        KeyError: no exercise of that name.
    """
    if name not in EXERCISES:
        raise KeyError(f"no exercise {name!r}: expected one of {', '.join(EXERCISES)}")
    exercise = EXERCISES[name]
    if answer is ... or answer is None:
        return Verdict(False, f"Not answered yet. Expected {exercise.expects}.")
    try:
        if exercise.right(answer, *measured):
            return Verdict(True, exercise.praise)
        for made, misconception in exercise.mistakes:
            if made(answer, *measured):
                return Verdict(False, misconception)
    except Exception as error:  # whatever a learner's code or type does, the answer is a sentence
        return Verdict(False, f"Your answer stopped with {type(error).__name__}: {error}. Expected {exercise.expects}.")
    return Verdict(False, f"{exercise.hint} The solution is in the cell below this one.")
