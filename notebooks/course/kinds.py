"""What form an answer has, and what to say about an answer of another form.

Each exercise names the kind of its answer, ``Exercise(…, kind=Number())``. So a list
in place of a number, dots that were left in, or a function that returns nothing is
answered in one place, for all exercises::

    Number, Word, Words, Text  one number; one name; one name or several; sentences
    Several, Parts             a pair or triple; a dict with named parts
    Made                       an object that the kit makes: a run
    Function                   a function, with Array, Anything … for what it returns

To add a kind: a class with ``wanted`` and ``fault``.
"""

import inspect
import io
import linecache
import math
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from numbers import Real
from typing import Any

OF_THE_KIT = {  # type -> how a learner calls such an object
    "Backbone": "a backbone",
    "Interval": "an interval",
    "Rows": "pictures of a task (Rows)",
    "Run": "a run",
    "Split": "a split of a task",
    "Task": "a task",
    "Verdict": "what a check has said (a Verdict)",
}
LONG = 30  # characters of a text that are shown


class Unfinished(Exception):
    """A function that has no answer in it yet; its words say what is missing."""


class WrongForm(Exception):
    """A function that returns something else than asked for; its words say what."""


def what(answer: Any) -> str:
    """An answer in a few words, as in ``a list of 3`` or ``the text 'B'``."""
    kind = type(answer).__name__
    if kind in OF_THE_KIT:
        return OF_THE_KIT[kind]
    if answer is None:
        return "nothing (None)"
    if isinstance(answer, str):
        shown = answer if len(answer) <= LONG else f"{answer[:LONG]}…"
        return f"the text {shown!r}"
    if isinstance(answer, bool):
        return str(answer)
    if is_number(answer):
        return "nan" if math.isnan(answer) else f"the number {answer}"
    if isinstance(answer, type):
        return f"the type {answer.__name__}"
    if getattr(answer, "shape", None) is not None:
        return f"an array of shape {tuple(answer.shape)}"
    if isinstance(answer, list | tuple | set | dict):
        return f"a {kind} of {len(answer)}" if answer else f"an empty {kind}"
    name = getattr(answer, "__name__", "")  # of functions; a model has none
    if callable(answer) and name:
        return "a function" if name == "<lambda>" else f"the function {name}"
    return f"an object of type {kind}"


def is_number(answer: Any) -> bool:
    """Whether this is one number, Python's or NumPy's, and no bool."""
    return isinstance(answer, Real) and not isinstance(answer, bool)


def holes(answer: Any) -> list[str]:
    """The places in an answer in which dots are left, as a learner names them."""
    if isinstance(answer, Mapping):
        inside = {f'"{name}"': part for name, part in answer.items()}
    elif isinstance(answer, tuple | list):
        inside = {f"part {i}": part for i, part in enumerate(answer, 1)}
    else:
        return []
    found = []
    for name, part in inside.items():
        found += [name] if part is ... else [f"{name}, {x}" for x in holes(part)]
    return found


class Kind:
    """The form of an answer; this one, the default, takes anything.

    Attributes:
        wanted: what is expected, as it stands behind "Expected".
    """

    wanted = "an answer"

    def fault(self, answer: Any) -> str:
        """What is wrong with the form of an answer; "" if nothing is."""
        return ""

    def late_fault(self, answer: Any, given: tuple) -> str:
        """A fault in what a function returned that is told if no mistake is known.

        Args:
            answer: what it returned.
            given: its arguments.
        """
        return ""

    def not_wanted(self, answer: Any, advice: str = "") -> str:
        """The sentence for an answer of another form."""
        return f"Expected {self.wanted}, got {what(answer)}.{advice and f' {advice}'}"


Anything = Kind


class Number(Kind):
    """One number, not nan.

    Args:
        whole: whether it must be a whole number.
    """

    def __init__(self, whole: bool = False):
        self.whole, self.wanted = whole, "one whole number" if whole else "one number"

    def fault(self, answer: Any) -> str:
        """See Kind."""
        if not is_number(answer):
            advice = ""
            if isinstance(answer, str) and _looks_like_a_number(answer):
                advice = "Leave out the quotation marks."
            elif isinstance(answer, list | tuple | set) and len(answer) == 1:
                advice = "Leave out the brackets."
            elif callable(answer) and not isinstance(answer, type):
                advice = "Call it: a name without parentheses is the function itself."
            return self.not_wanted(answer, advice)
        if math.isnan(answer):
            return self.not_wanted(answer, "Where did you divide 0 by 0?")
        if self.whole and (math.isinf(answer) or answer != int(answer)):
            return self.not_wanted(answer)
        return ""


def _looks_like_a_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


class Word(Kind):
    """One name, in quotation marks.

    Args:
        choices: the names that there are; none if another place says so.
    """

    def __init__(self, *choices: str):
        self.choices = choices
        self.wanted = f"one of {_listed(choices)}" if choices else "one name, a text"

    def fault(self, answer: Any) -> str:
        """See Kind."""
        if isinstance(answer, str) and (not self.choices or answer in self.choices):
            return ""
        return self.not_wanted(answer, _did_you_mean(answer, self.choices))


class Text(Kind):
    """A text of whole sentences."""

    wanted = "a text between quotation marks"

    def fault(self, answer: Any) -> str:
        """See Kind."""
        return "" if isinstance(answer, str) else self.not_wanted(answer)


class Words(Kind):
    """One name, or several in a list, tuple or set; maybe none.

    Args:
        choices: the names that there are; none if another place says so.
        one: whether a single name needs no brackets.
    """

    def __init__(self, *choices: str, one: bool = True):
        self.choices, self.one = choices, one
        self.wanted = "a set or list of names"
        if choices:
            self.wanted += f", each one of {_listed(choices)}"

    def fault(self, answer: Any) -> str:
        """See Kind."""
        names = [answer] if isinstance(answer, str) and self.one else answer
        if not isinstance(names, list | tuple | set | frozenset):
            return self.not_wanted(answer)
        for name in names:
            if not isinstance(name, str) or (self.choices and name not in self.choices):
                advice = _did_you_mean(name, self.choices)
                among = self.not_wanted(name, advice).replace("got", "with", 1)
                return among
        return ""


class Several(Kind):
    """A tuple or list with a given number of parts.

    Args:
        *kinds: of each part.
        wanted: what it is, such as "two things, a letter and a number".
    """

    def __init__(self, *kinds: Kind, wanted: str):
        self.kinds, self.wanted = kinds, wanted

    def fault(self, answer: Any) -> str:
        """See Kind."""
        if not isinstance(answer, tuple | list) or len(answer) != len(self.kinds):
            return self.not_wanted(answer)
        for place, (kind, part) in enumerate(zip(self.kinds, answer, strict=True), 1):
            if fault := kind.fault(part):
                return f"Part {place}: {fault[0].lower()}{fault[1:]}"
        return ""

    def late_fault(self, answer: Any, given: tuple) -> str:
        """See Kind."""
        for place, (kind, part) in enumerate(zip(self.kinds, answer, strict=True), 1):
            if fault := kind.late_fault(part, given):
                return f"Part {place}: {fault[0].lower()}{fault[1:]}"
        return ""


class Parts(Kind):
    """A dict with these keys and no others.

    Args:
        kinds: key -> kind of its value.
    """

    def __init__(self, kinds: Mapping[str, Kind]):
        self.kinds = dict(kinds)
        self.wanted = f"a dict with the keys {_listed(self.kinds)}"

    def fault(self, answer: Any) -> str:
        """See Kind."""
        if not isinstance(answer, dict):
            return self.not_wanted(answer)
        missing = [name for name in self.kinds if name not in answer]
        if missing:
            return f"The key {missing[0]!r} is missing. Expected {self.wanted}."
        extra = [name for name in answer if name not in self.kinds]
        if extra:
            return f"Nothing asks for the key {extra[0]!r}. Expected {self.wanted}."
        for name, kind in self.kinds.items():
            if fault := kind.fault(answer[name]):
                return f'At "{name}": {fault[0].lower()}{fault[1:]}'
        return ""


class Made(Kind):
    """An object that the kit makes.

    Args:
        *attributes: what such an object has, and others have not.
        wanted: how it comes about.
    """

    def __init__(self, *attributes: str, wanted: str):
        self.attributes, self.wanted = attributes, wanted

    def fault(self, answer: Any) -> str:
        """See Kind."""
        if all(hasattr(answer, name) for name in self.attributes):
            return ""
        return self.not_wanted(answer)


class Array(Kind):
    """Numbers that a function returns: an array, or one number.

    Only what is no number at all is answered at once. Another shape, nan and inf are
    told if no mistake of the exercise recognises them.

    Args:
        wanted: as in "one number" or "an array (n, c)".
        shape: from the arguments to the shape that is asked for; None asks for one
            number.
    """

    def __init__(self, wanted: str = "one number", shape: Callable | None = None):
        self.wanted, self.shape = wanted, shape or (lambda *given: ())

    def fault(self, answer: Any) -> str:
        """See Kind."""
        found = numbers_of(answer)
        return self.not_wanted(answer) if found is None else ""

    def late_fault(self, answer: Any, given: tuple) -> str:
        """See Kind."""
        import numpy as np  # the checks must not wait for it

        found = numbers_of(answer)
        wanted = tuple(self.shape(*given))
        if found.shape != wanted:
            asked = "" if wanted == () else f" of shape {wanted}"
            return (
                f"Your function returns {what(found)}. Expected {self.wanted}: "
                f"here {'one number' if wanted == () else 'an array'}{asked}."
            )
        if not np.isfinite(found).all():
            return (
                "Your function returns nan or inf. Look for a division by 0, the "
                "logarithm of 0, or a power that is too large."
            )
        return ""


def numbers_of(answer: Any) -> Any:
    """An answer as an array of floats; None if there are other things in it."""
    import numpy as np

    try:
        found = np.asarray(answer)
    except ValueError:  # rows of different lengths
        return None
    is_numeric = found.dtype.kind in "iuf" or (found.dtype.kind == "b" and found.shape)
    return found.astype(float) if is_numeric else None


class Function(Kind):
    """A function that the learner has written.

    Args:
        takes: its arguments, as in "z, labels".
        gives: the kind of what it returns; None if that does not matter.
        or_none: whether it may return None as an answer.
        lets: errors that it should pass on; they are not its own.
    """

    def __init__(
        self,
        takes: str,
        gives: Kind | None = None,
        or_none: bool = False,
        lets: tuple[type[Exception], ...] = (),
    ):
        self.takes, self.gives, self.or_none, self.lets = takes, gives, or_none, lets
        self.wanted = f"a function of {takes.replace(', ', ' and ', 1)}"
        if takes.count(",") != 1:
            self.wanted = f"a function of ({takes})"

    def fault(self, answer: Any) -> str:
        """See Kind."""
        if not callable(answer) or isinstance(answer, type):
            return self.not_wanted(answer, "Give its name, without parentheses.")
        number = self.takes.count(",") + 1
        try:
            inspect.signature(answer).bind(*[None] * number)
        except ValueError:  # some functions in C have no signature
            return ""
        except TypeError:
            arguments = "1 argument" if number == 1 else f"{number} arguments"
            return (
                f"Your function must take {arguments}, "
                f"({self.takes}); it has {inspect.signature(answer)}."
            )
        return ""


class Watched:
    """A learner's function as a check calls it, often and with copies.

    It looks at what comes back, keeps the first error for the learner to read, and lets
    through what is printed in the first call only.

    Attributes:
        error: the first error; None if there was none.
        latest: the last error.
        printed: what the first call printed.
        late: a fault that is told if no mistake is known; "" if there is none.

    Raises:
        Unfinished: it returned nothing, or dots.
        WrongForm: it returned something of another kind.
    """

    def __init__(self, function: Callable, kind: Function):
        self.__wrapped__, self._kind = function, kind
        self.error: Exception | None = None
        self.latest: Exception | None = None
        self.printed: str | None = None
        self.late = ""

    def __call__(self, *given: Any) -> Any:
        """What the function makes of its arguments."""
        said = io.StringIO()
        try:
            with redirect_stdout(said):
                found = self.__wrapped__(*given)
        except Exception as error:
            if not isinstance(error, self._kind.lets):
                self.error, self.latest = self.error or error, error
            raise
        finally:
            if self.printed is None:
                self.printed = said.getvalue()
        self._look_at(found, given)
        return found

    def _look_at(self, found: Any, given: tuple) -> None:
        kind = self._kind.gives
        if kind is None:
            return
        if found is None and not self._kind.or_none:
            raise Unfinished(
                "your function returns nothing (None). Is there a `return` before the "
                "result?"
            )
        if found is ... or holes(found):
            raise Unfinished(
                "your function still returns dots (...). Put your result there."
            )
        if found is not None:
            if fault := kind.fault(found):
                raise WrongForm(f"Your function returns {what(found)}. {fault}")
            self.late = self.late or kind.late_fault(found, given)

    def stopped(self) -> str:
        """Where and why the function stopped, for the learner to read.

        Raises:
            AssertionError: it did not stop.
        """
        assert self.error is not None
        said = f"Your function stopped with {type(self.error).__name__}: {self.error}"
        code = getattr(self.__wrapped__, "__code__", None)
        own = code.co_filename if code else None
        for frame in reversed(traceback.extract_tb(self.error.__traceback__)):
            if frame.filename == own and frame.lineno:
                line = linecache.getline(frame.filename, frame.lineno).strip()
                where = f"the line «{line}»" if line else f"line {frame.lineno}"
                return f"{said}, in {where}."
        return f"{said}."


def source_of(function: Callable) -> str:
    """The code of a function, as it was typed; "" if it cannot be found."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return ""


def _listed(names: Any) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _did_you_mean(answer: Any, choices: tuple[str, ...]) -> str:
    """A word for an answer that is one of the choices but for capitals or spaces."""
    if isinstance(answer, str):
        for name in choices:
            if answer.strip().lower() == name.lower():
                return f'Did you mean "{name}"?'
    return ""
