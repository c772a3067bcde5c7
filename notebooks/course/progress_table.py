"""What a learner has done so far, notebook by notebook."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from . import record
from .checks import exercises
from .questions import questions

HEADER = ("notebook", "exercises solved", "tries", "quiz", "guesses")
NOTHING_KEPT = (
    "Your progress is kept in your own copies of the notebooks, which `make lab` makes: for each notebook the "
    "exercises that you have solved and in how many tries, the quiz, and your guesses. Here there is none."
)


def _share(known: dict[str, dict], names: list[str]) -> str:
    """How many of some exercises or questions are solved, for example "✓ 2 of 2"."""
    solved = sum(name in known and known[name]["solved"] for name in names)
    return f"{'✓ ' if solved == len(names) > 0 else ''}{solved} of {len(names)}"


def _row(number: str, known: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    """What was done in a notebook, "00" to "10", in the order of HEADER."""
    tried = [name for name in known["exercises"] if name.startswith(number)]
    guessed = [name for name in known["guesses"] if name.startswith(number)]
    return (
        next(
            (
                path.stem.replace("_", " ")
                for path in sorted(Path().glob(f"{number}_*.ipynb"))
            ),
            number,
        ),
        _share(known["exercises"], list(exercises(number))),
        str(sum(known["exercises"][name]["tries"] for name in tried)),
        _share(known["quizzes"], [question.name for question in questions(number)]),
        str(len(guessed)),
    )


class Progress:
    """A table of what was done; reads as text, and as a table where a front end shows Markdown.

    Attributes:
        rows: one for each notebook, in the order of HEADER; empty where no progress is kept.
        file: where it is kept; None if it is not.
    """

    def __init__(self):
        self.file, known = record.place(), record.read()
        quizzes = sorted(
            path.name[:2] for path in (files("tlkit_course") / "quizzes").iterdir()
        )
        self.rows = [_row(number, known) for number in quizzes] if self.file else []

    def __repr__(self) -> str:
        if not self.file:
            return NOTHING_KEPT
        widths = [
            max(map(len, column)) for column in zip(HEADER, *self.rows, strict=True)
        ]
        lines = (
            "  ".join(map(str.ljust, row, widths)).rstrip()
            for row in (HEADER, *self.rows)
        )
        return "\n".join(
            [*lines, f"Kept in {self.file}, which is yours: to begin anew, delete it."]
        )

    def _repr_markdown_(self) -> str:
        if not self.file:
            return NOTHING_KEPT
        lines = (
            f"| {' | '.join(row)} |"
            for row in (HEADER, ["---"] * len(HEADER), *self.rows)
        )
        return "\n".join(
            [
                *lines,
                "",
                f"Kept in `{self.file}`, which is yours: to begin anew, delete it.",
            ]
        )


def progress() -> Progress:
    """Show which exercises you have solved, in how many tries, and how the quizzes went."""
    return Progress()
