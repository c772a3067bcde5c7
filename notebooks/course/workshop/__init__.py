"""What an instructor needs: ``python -m tlkit_course.workshop build | slides | rehearse | ready | summary``.

Each command is a module here, imported when it is asked for, with ``add(parser)``, which adds its options, and
``run(arguments)``, which does the work and returns an exit status, None for success. Bad input is a ValueError or an
OSError with a sentence about what to do; ``python -m`` prints it.

``notes/NN.toml`` holds what an instructor wants to know about notebook NN: one source for the speaker's notes in the
instructor's notebooks and slides and for ``docs/instructor-guide.md``.
"""

import argparse
import tomllib
from collections.abc import Iterable
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from tlkit.commands import copies

CUT = (
    "never leave it out",
    "leave it out last",
    "leave it out if time is short",
    "leave it out first",
)  # notes' "cut"

COMMANDS = {
    "build": "make the students' and the instructor's notebooks, with nbgrader's marks, and zip them",
    "slides": "make one deck of slides for each notebook, readable without internet",
    "rehearse": "run notebooks as so many learners at once: seconds, memory, and how many learners fit",
    "ready": "sum up the learners' `doctor --json` files: who is ready, and what the others need",
    "summary": "sum up the learners' progress files: what was hard, and which predictions went wrong",
}


def notes(number: str) -> dict[str, Any]:
    """The instructor's notes on a notebook, "00" to "10", as ``notes/NN.toml`` has them.

    Keys: "goal" and "board" (str); "section": a list of {"heading", "minutes", "cut", "say"}, one for each ``##`` of
    the notebook, in its order, where cut is 0 (never leave it out) to 3 (leave it out first); "discussion": a list of
    {"question", "answer"}; "trouble": a list of {"what", "say"}; "predictions": name of a guess -> the option that
    the measurement bears out.

    Raises:
        FileNotFoundError: no such notebook.
    """
    return tomllib.loads(
        (files(__name__) / "notes" / f"{number}.toml").read_text("utf-8")
    )


def masters(numbers: Iterable[str] | None = None) -> list[Path]:
    """Paths of the notebooks with these numbers, "00" to "10", in this order; of all for None.

    Raises:
        ValueError: no such notebook; the message names what there is.
        FileNotFoundError: tlkit does not run from a checkout, which holds the masters.
    """
    found = {
        path.name[:2]: path
        for path in sorted((copies.ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    }
    if not found:
        raise FileNotFoundError(
            f"no notebooks in {copies.ROOT / 'notebooks'}: clone the repository, and go there"
        )
    if unknown := [number for number in numbers or () if number not in found]:
        raise ValueError(
            f"--notebooks: there is no notebook {', '.join(unknown)}; expected some of {' '.join(found)}"
        )
    return [found[number] for number in numbers or found]


def main(words: list[str]) -> int | None:
    """Run one command, given as words; returns its exit status, None for success. Raises what the command raises."""
    parser = argparse.ArgumentParser(
        prog="python -m tlkit_course.workshop", description="Plan and hold a workshop."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, purpose in COMMANDS.items():
        known = commands.add_parser(name, help=purpose, description=purpose)
        if words[:1] == [name]:
            module = import_module(f".{name}", __name__)
            module.add(known)
            known.set_defaults(command=module.run)
    arguments = parser.parse_args(words)
    return arguments.command(arguments)
