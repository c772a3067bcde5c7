"""Claims that are run, and exercise checks that name the misconception. Imports NumPy only."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from . import record


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


class NotYet(AssertionError):
    """An exercise that is not solved yet: "Run all" stops here, and shows this sentence and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"✗ {self}"]


@dataclass(frozen=True)
class Verdict:
    """What a check says about an answer; shows as its message."""

    right: bool
    message: str

    def __repr__(self) -> str:
        return f"{'✓' if self.right else '✗'} {self.message}"

    def required(self) -> "Verdict":
        """This verdict, where all that follows needs a right answer. Raises NotYet if it is not."""
        if not self.right:
            raise NotYet(
                self.message.removesuffix(" The solution stands below.")
            )  # it does not, in a workshop
        return self


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


def exercises(number: str) -> dict[str, Exercise]:
    """The exercises of a notebook, "00" to "10", by name; empty if it has none."""
    try:
        return import_module(f".exercises.n{number}", __package__).EXERCISES
    except ModuleNotFoundError:
        return {}


def check(name: str, answer: Any, *measured: Any) -> Verdict:
    """Judge an answer: right, or the misconception behind it, or a hint. Never raises for a wrong answer.

    Args:
        name: the exercise, as printed above its cell.
        answer: whatever the exercise asks for; ``...`` counts as not yet answered.
        *measured: the numbers that decide, where the truth is a measurement and not a formula.

    Raises:
        KeyError: no exercise of that name.
    """
    known = exercises(name[:2])
    if name not in known:
        listed = ", ".join(known) or "a notebook's number and a name, as in 00 labels"
        raise KeyError(f"no exercise {name!r}: expected one of {listed}")
    verdict = _judge(known[name], answer, measured)
    if answer is not ... and answer is not None:
        record.note("exercises", name, verdict.right)
    return verdict


def _judge(exercise: Exercise, answer: Any, measured: tuple) -> Verdict:
    if answer is ... or answer is None:
        return Verdict(False, f"Not answered yet. Expected {exercise.expects}.")
    try:
        if exercise.right(answer, *measured):
            return Verdict(True, exercise.praise)
        for made, misconception in exercise.mistakes:
            if made(answer, *measured):
                return Verdict(False, misconception)
    except (
        Exception
    ) as error:  # whatever a learner's code or type does, the answer is a sentence
        return Verdict(
            False,
            f"Your answer stopped with {type(error).__name__}: {error}. Expected {exercise.expects}.",
        )
    return Verdict(False, f"{exercise.hint} The solution stands below.")
