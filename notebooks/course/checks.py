"""Claims that are run, and checks of exercises that name the misconception.

An exercise is an ``Exercise`` in ``exercises/nNN.py``, with functions that recognise
the right answer and the known mistakes. ``check`` finds it by its name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

from . import record

Test = Callable[..., Any]  # takes the answer, then what was measured; true or false


class ClaimFailed(AssertionError):
    """A sentence of a notebook that is not true in this run."""


def claim(sentence: str, holds: bool) -> None:
    """Print a sentence that is true in this run; raise ClaimFailed if it is not.

    Args:
        sentence: what the text says, with the measured numbers in it.
        holds: whether it is so.
    """
    if not holds:
        raise ClaimFailed(f"not so in this run: {sentence}")
    print(f"✓ {sentence}")


class NotYet(AssertionError):
    """An exercise that is not solved yet: "Run all" stops here.

    It shows its sentence and no traceback.
    """

    def _render_traceback_(self) -> list[str]:
        """What IPython prints instead of a traceback."""
        return [f"✗ {self}"]


@dataclass(frozen=True)
class Verdict:
    """The result of a check; shows as its message."""

    right: bool
    message: str

    def __repr__(self) -> str:
        return f"{'✓' if self.right else '✗'} {self.message}"

    def required(self) -> "Verdict":
        """This verdict, where everything below needs a right answer.

        Raises:
            NotYet: the answer is not right.
        """
        if not self.right:
            # A workshop's notebooks hold no solutions.
            raise NotYet(self.message.removesuffix(" The solution stands below."))
        return self


class Mistake(NamedTuple):
    """A wrong answer that an exercise knows.

    Attributes:
        made: takes the answer, then what was measured; whether it is this mistake.
        said: the misconception behind it, as the learner reads it.
    """

    made: Test
    said: str


class Exercise:
    """What an exercise asks for, which answer is right, and which mistakes it knows.

    The module of a notebook makes one, and adds functions to it. Each function takes
    the answer and, if ``check`` was given measured numbers, these too. The docstring of
    a mistake is what a learner reads who made it::

        step = Exercise("04 step", expects="the number θ becomes", praise=…, hint=…)

        @step.right
        def downhill(answer):
            return is_near(answer, 2.2)

        @step.mistake
        def uphill(answer):
            \"\"\"The size of the step is right, but it goes uphill.\"\"\"
            return is_near(answer, 3.8)

    The first mistake that recognises an answer speaks, so the special ones come first.

    Attributes:
        name: the notebook's number and a word, as in "04 step".
        expects: the form of an answer; shown while there is no answer, and after an
            error.
        praise: shown for the right answer.
        hint: shown for a wrong answer that no mistake recognises.
        mistakes: the known mistakes, in the order in which they are tried.
    """

    def __init__(self, name: str, *, expects: str, praise: str, hint: str):
        self.name, self.expects, self.praise, self.hint = name, expects, praise, hint
        self.mistakes: list[Mistake] = []
        self._accepts: Test | None = None

    def right(self, test: Test) -> Test:
        """Decorator: the function that recognises the right answer."""
        self._accepts = test
        return test

    def mistake(self, test: Test) -> Test:
        """Decorator: a function that recognises a mistake; its docstring is the reply.

        Raises:
            TypeError: the function has no docstring.
        """
        said = " ".join((test.__doc__ or "").split())
        if not said:
            raise TypeError(
                f"{self.name}: expected a docstring on {test.__name__}, got none: "
                "write there what a learner should read who made this mistake"
            )
        self.mistakes.append(Mistake(test, said))
        return test

    def judge(self, answer: Any, measured: tuple = ()) -> Verdict:
        """Whether an answer is right, and what to say about it. Never raises."""
        if _is_blank(answer):
            return Verdict(False, f"Not answered yet. Expected {self.expects}.")
        assert self._accepts, f"{self.name} has no function for the right answer"
        try:
            if self._accepts(answer, *measured):
                return Verdict(True, self.praise)
            for made, misconception in self.mistakes:
                if made(answer, *measured):
                    return Verdict(False, misconception)
        except Exception as error:  # whatever a learner's code raises
            what = f"{type(error).__name__}: {error}"
            return Verdict(
                False, f"Your answer stopped with {what}. Expected {self.expects}."
            )
        return Verdict(False, f"{self.hint} The solution stands below.")


def exercises(number: str) -> dict[str, Exercise]:
    """The exercises of a notebook, "00" to "11", by name; empty if it has none."""
    try:
        return import_module(f".exercises.n{number}", __package__).EXERCISES
    except ModuleNotFoundError:
        return {}


def check(name: str, answer: Any, *measured: Any) -> Verdict:
    """Judge an answer: right, or the misconception behind it, or a hint.

    A wrong answer never raises an error.

    Args:
        name: the exercise, as printed above its cell.
        answer: what the exercise asks for; ``...`` counts as not yet answered.
        *measured: the numbers that decide, where a measurement decides and no formula.

    Raises:
        KeyError: no exercise of that name.
    """
    known = exercises(name[:2])
    if name not in known:
        listed = ", ".join(known) or "a notebook's number and a name, as in 00 labels"
        raise KeyError(f"no exercise {name!r}: expected one of {listed}")
    verdict = known[name].judge(answer, measured)
    if not _is_blank(answer):
        record.note("exercises", name, verdict.right)
    return verdict


def _is_blank(answer: Any) -> bool:
    """Whether nothing was filled in yet, in none of the parts of an answer."""
    if isinstance(answer, tuple | list):
        return bool(answer) and all(part is ... for part in answer)
    return answer is ... or answer is None


def needs(name: str, answer: Any, *measured: Any) -> None:
    """Go on only if an exercise above is solved: what stands below is built on it.

    Nothing is noted, and nothing is printed if it is.

    Args:
        name: the exercise, as for ``check``.
        answer: what was answered above.
        *measured: as for ``check``.

    Raises:
        NotYet: it is not solved; says which exercise, and what its check says.
        KeyError: no exercise of that name.
    """
    known = exercises(name[:2])
    if name not in known:
        raise KeyError(f"no exercise {name!r}: expected one of {', '.join(known)}")
    verdict = known[name].judge(answer, measured)
    if not verdict.right:
        said = verdict.message.removesuffix(" The solution stands below.")
        raise NotYet(
            f"Solve the exercise {name[3:]!r} above first, then run this cell again. "
            f"{said}"
        )
