"""What a learner has done so far, notebook by notebook."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from . import record
from .checks import exercises
from .questions import questions

HEADER = ("notebook", "exercises solved", "tries", "quiz", "guesses")
NOTHING_KEPT = (
    "Your progress is kept in your own copies of the notebooks, which `make lab` "
    "makes: for each notebook the exercises that you have solved and in how many "
    "tries, the quiz, and your guesses. Here there is none."
)


class Progress:
    """A table of what was done: text, or Markdown where a front end shows it.

    Attributes:
        file: where the progress is kept; None if it is not kept here.
        rows: one for each notebook, in the order of HEADER; empty if none is kept.
    """

    def __init__(self):
        self.file = record.place()
        self.rows = []
        if self.file:
            known = record.read()
            self.rows = [_row(number, known) for number in _numbers()]

    def __repr__(self) -> str:
        if not self.file:
            return NOTHING_KEPT
        everything = [HEADER, *self.rows]
        widths = [max(map(len, column)) for column in zip(*everything, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in everything]
        return "\n".join([*lines, self._where(str(self.file))])

    def _repr_markdown_(self) -> str:
        """The table as a notebook shows it."""
        if not self.file:
            return NOTHING_KEPT
        rule = ["---"] * len(HEADER)
        lines = [f"| {' | '.join(row)} |" for row in (HEADER, rule, *self.rows)]
        return "\n".join([*lines, "", self._where(f"`{self.file}`")])

    def _where(self, file: str) -> str:
        return f"Kept in {file}, which is yours: to start again, delete it."


def _numbers() -> list[str]:
    """Of all notebooks that have a quiz, which are all."""
    quizzes = (files("tlkit_course") / "quizzes").iterdir()
    return sorted(path.name[:2] for path in quizzes)


def _row(number: str, known: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    """What was done in a notebook, "00" to "12", in the order of HEADER."""

    def of_this_notebook(kind: str) -> list[str]:
        return [name for name in known[kind] if name.startswith(number)]

    asked = [question.name for question in questions(number)]
    tried = of_this_notebook("exercises")
    tries = sum(known["exercises"][name]["tries"] for name in tried)
    return (
        _title(number),
        _share(known["exercises"], list(exercises(number))),
        str(tries),
        _share(known["quizzes"], asked),
        str(len(of_this_notebook("guesses"))),
    )


def _title(number: str) -> str:
    """The name of a notebook's file in words; its number if the file is not here."""
    for path in sorted(Path().glob(f"{number}_*.ipynb")):
        return path.stem.replace("_", " ")
    return number


def _share(known: dict[str, dict], names: Sequence[str]) -> str:
    """How many of some exercises or questions are solved, for example "✓ 2 of 2"."""
    solved = sum(name in known and known[name]["solved"] for name in names)
    done = "✓ " if names and solved == len(names) else ""
    return f"{done}{solved} of {len(names)}"


def progress() -> Progress:
    """Show which exercises you solved, in how many tries, and how the quizzes went."""
    return Progress()
