"""For instructors: ``python -m tlkit_course.workshop build | slides | rehearse | …``.

Each command is a module here, imported when it is asked for::

    build.py     students', instructor's and nbgrader's notebooks, made from the masters
    slides.py    a deck of slides for each notebook (cards.py says what goes on a slide)
    rehearse.py  the notebooks as several learners at once: seconds, memory ready.py
        the learners' `doctor --json` files, summed up summary.py   the learners'
        progress files, summed up (share.py: how they hand them over) room.py      files
        that a room full of people hands in, read as data guide.py     writes the made
        parts of docs/instructor-guide.md

A command has ``add(parser)``, which adds its options, and ``run(arguments)``, which
does the work and returns an exit status, None for success. Bad input is a ValueError or
an OSError with a sentence about what to do; ``python -m`` prints it.

``notes/NN.toml`` holds what an instructor wants to know about notebook NN: one source
for the speaker's notes in the instructor's notebooks and slides and for the guide.
"""

import argparse
import tomllib
from collections.abc import Iterable
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from tlkit.commands import copies

CUT = (  # a section's "cut" in the notes, in words
    "never leave it out",
    "leave it out last",
    "leave it out if time is short",
    "leave it out first",
)
COMMANDS = {
    "build": "make the students' and the instructor's notebooks, with nbgrader's "
    "marks, and zip them",
    "slides": "make one deck of slides for each notebook, readable without internet",
    "rehearse": "run notebooks as several learners at once: seconds, memory, and how "
    "many learners fit",
    "ready": "sum up the learners' `doctor --json` files: who is ready, and what the "
    "others need",
    "summary": "sum up the learners' progress files: what was hard, and which "
    "predictions went wrong",
}


def notes(number: str) -> dict[str, Any]:
    """The instructor's notes on a notebook, as ``notes/NN.toml`` has them.

    Keys: "goal" and "board" (str); "section": a list of {"heading", "minutes", "cut",
    "say"}, one for each ``##`` of the notebook, in its order, where cut is 0 (never
    leave it out) to 3 (leave it out first); "discussion": a list of {"question",
    "answer"}; "trouble": a list of {"what", "say"}; "predictions": name of a guess ->
    the option that the measurement agrees with.

    Args:
        number: of the notebook, "00" to "12".

    Raises:
        FileNotFoundError: no such notebook.
    """
    file = files(__name__) / "notes" / f"{number}.toml"
    return tomllib.loads(file.read_text("utf-8"))


def masters(numbers: Iterable[str] | None = None) -> list[Path]:
    """Paths of notebooks.

    Args:
        numbers: "00" to "12", in the order wanted; None: all.

    Raises:
        ValueError: no such notebook; the message names what there is.
        FileNotFoundError: tlkit does not run from a checkout, which holds the masters.
    """
    folder = copies.ROOT / "notebooks"
    paths = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    found = {path.name[:2]: path for path in paths}
    if not found:
        raise FileNotFoundError(
            f"no notebooks in {folder}: clone the repository, and go there"
        )
    wanted = list(numbers or found)
    unknown = [number for number in wanted if number not in found]
    if unknown:
        raise ValueError(
            f"--notebooks: there is no notebook {', '.join(unknown)}; expected some of "
            f"{' '.join(found)}"
        )
    return [found[number] for number in wanted]


def main(words: list[str]) -> int | None:
    """Run one command, given as words. Raises what the command raises.

    Returns:
        its exit status, None for success.
    """
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
