"""Claims that are run, and checks of exercises that name the misconception.

An exercise is an ``Exercise`` in ``exercises/nNN.py``, with functions that recognise
the right answer and the known mistakes. ``check`` finds it by its name.
"""

import ast
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

from . import record
from .kinds import Function, Kind, Unfinished, Watched, WrongForm, holes, source_of

Test = Callable[..., Any]  # takes the answer, then what was measured; true or false
UNFINISHED = "Not answered yet"  # what is said of an answer that is no try begins so
STANDS_BELOW = "The solution stands below."


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

    @property
    def is_try(self) -> bool:
        """Whether something was answered that can be right or wrong."""
        return not self.message.startswith(UNFINISHED)

    def required(self) -> "Verdict":
        """This verdict, where everything below needs a right answer.

        Raises:
            NotYet: the answer is not right.
        """
        if not self.right:
            # A workshop's notebooks hold no solutions.
            raise NotYet(self.message.removesuffix(f" {STANDS_BELOW}"))
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
    At the first wrong try it speaks alone, and names the place to read again. The
    second adds the hint, and the third says where the solution stands.

    Attributes:
        name: the notebook's number and a word, as in "04 step".
        expects: the form of an answer; shown while there is no answer.
        praise: shown for the right answer. A function of the answer and what was
            measured, where these answer the exercise's own question.
        hint: shown from the second wrong try on.
        kind: what form an answer has; another form is answered before any mistake.
        ask: a question back, for a wrong answer that no mistake recognises.
        place: the heading in the notebook under which to read again.
        start: the code of the function that the learner finds and changes. While it is
            as it was, the exercise is not answered.
        mistakes: the known mistakes, in the order in which they are tried.
    """

    def __init__(
        self,
        name: str,
        *,
        expects: str,
        praise: str | Callable[..., str],
        hint: str,
        kind: Kind | None = None,
        ask: str = "",
        place: str = "",
        start: str = "",
    ):
        self.name, self.expects, self.praise, self.hint = name, expects, praise, hint
        self.kind, self.place, self.start = kind or Kind(), place, start
        self.ask = (
            ask
            or f"Not right. The check does not know this mistake. Expected {expects}."
        )
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

    def judge(self, answer: Any, measured: tuple = (), tries: int = 0) -> Verdict:
        """Whether an answer is right, and what to say about it. Never raises.

        Args:
            answer: the learner's.
            measured: the numbers that decide.
            tries: how many wrong answers came before.
        """
        verdict = self._verdict(answer, measured)
        if verdict.right or not verdict.is_try:
            return verdict
        said = [verdict.message]
        if self.place:
            said.append(f"Read again: “{self.place}”.")
        if tries >= 1:
            said.append(f"Hint: {self.hint}")
        if tries >= 2:
            said.append(STANDS_BELOW)
        return Verdict(False, " ".join(said))

    def _verdict(self, answer: Any, measured: tuple) -> Verdict:
        """The verdict of a first try."""
        missing = self._missing(answer)
        if missing:
            return Verdict(False, f"{UNFINISHED}{missing}")
        fault = self.kind.fault(answer)
        if fault:
            return Verdict(False, fault)
        watched = None
        if isinstance(self.kind, Function):
            answer = watched = Watched(answer, self.kind)
        try:
            right, said = self._recognised(answer, measured)
        except Unfinished as found:
            return Verdict(False, f"{UNFINISHED}: {found}")
        except WrongForm as found:
            return Verdict(False, str(found))
        except Exception as error:  # an answer that no one thought of
            what = f"{type(error).__name__}: {error}"
            return Verdict(
                False, f"The check stopped with {what}. Expected {self.expects}."
            )
        finally:
            if watched and watched.printed:
                print(watched.printed, end="")
        if not said and watched:  # nothing is known about it but how it behaved
            said = watched.stopped() if watched.error else watched.late
        return Verdict(right, said or self.ask)

    def _recognised(self, answer: Any, measured: tuple) -> tuple[bool, str]:
        """Whether an answer is right, and the praise or the mistake; "" if unknown."""
        assert self._accepts, f"{self.name} has no function for the right answer"

        def passes(test: Test) -> bool:
            try:
                return bool(test(answer, *measured))
            except Exception as error:
                is_own = isinstance(answer, Watched) and answer.latest is error
                if is_own:  # the learner reads it later, if no mistake is known
                    return False
                raise

        if passes(self._accepts):
            return True, self.praised(answer, *measured)
        for made, misconception in self.mistakes:
            if passes(made):
                return False, misconception
        return False, ""

    def praised(self, answer: Any, *measured: Any) -> str:
        """What is said to a right answer."""
        if callable(self.praise):
            return self.praise(answer, *measured)
        return self.praise

    def _missing(self, answer: Any) -> str:
        """What is still to be filled in; "" if the answer is a try."""
        if _is_blank(answer):
            return f". Expected {self.expects}."
        left = holes(answer)
        if left:
            return f": dots (...) are left at {' and at '.join(left)}."
        changed = not callable(answer) or not _same_code(source_of(answer), self.start)
        if self.start and not changed:
            return ": this function is as you found it. Change it, then run the cell."
        return ""


def _same_code(source: str, start: str) -> bool:
    """Whether two texts are the same program, whatever their comments and spaces."""
    try:
        given, found = (
            ast.parse(textwrap.dedent(text)).body[0] for text in (start, source)
        )
    except (SyntaxError, IndexError):  # a lambda in the middle of a line
        return False
    return ast.dump(given) == ast.dump(found)


def exercises(number: str) -> dict[str, Exercise]:
    """The exercises of a notebook, "00" to "12", by name; empty if it has none."""
    try:
        return import_module(f".exercises.n{number}", __package__).EXERCISES
    except ModuleNotFoundError:
        return {}


def check(name: str, answer: Any, *measured: Any) -> Verdict:
    """Judge an answer: right, or the misconception behind it, or a question back.

    A wrong answer never raises an error. The second and the third wrong answer to an
    exercise are told more; an unfinished one is not counted.

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
    verdict = known[name].judge(answer, measured, record.tries(name))
    if verdict.is_try:
        record.note("exercises", name, verdict.right)
    return verdict


def _is_blank(answer: Any) -> bool:
    """Whether nothing was filled in yet, in none of the parts of an answer."""
    if isinstance(answer, dict):
        return bool(answer) and all(map(_is_blank, answer.values()))
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
        raise NotYet(
            f"Solve the exercise {name[3:]!r} above first, then run this cell again. "
            f"{verdict.message}"
        )
