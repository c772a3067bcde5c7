"""A learner's progress, handed over by the learner.

Nobody else reads it, and nothing is sent. In a cell of one's own notebook::

    from tlkit_course.workshop.share import share
    share()
"""

import json
import re
import secrets
from pathlib import Path
from typing import Any

import tlkit
from tlkit.machine.whole import whole_file

from .. import record
from . import room

NAME = re.compile(r"[0-9]{2} [\w ,.'-]{1,40}")  # of an entry, as in "00 labels"
MOST = 1000  # tries of one exercise that a person may need
LONGEST_GUESS = 80  # characters
MARK = "tlkit progress, shared by its owner"
NOTHING = (
    "There is nothing to share. Progress is kept in your own copies of the notebooks, "
    "which `make lab` makes, once you have made a guess or tried an exercise there. No "
    "file was written."
)
Kept = dict[str, dict[str, Any]]  # kind -> name -> (tries, solved), or a guess's option


def entries(found: dict[str, Any]) -> tuple[Kept, list[str]]:
    """What is well-formed in an object as tlkit_course.record keeps it.

    Returns:
        kind -> name -> (tries, solved) for exercises and quizzes, the option that was
        chosen for guesses; and a sentence about each entry that is not well-formed.

    Raises:
        room.Refused: no progress of any kind in it.
    """
    if not any(isinstance(found.get(kind), dict) for kind in record.KINDS):
        raise room.Refused("no learner's progress")
    kept: Kept = {kind: {} for kind in record.KINDS}
    problems = []
    for kind in record.KINDS:
        noted = found.get(kind, {})
        if not isinstance(noted, dict):
            noted = {kind: None}
        for name, entry in noted.items():
            value = None
            if NAME.fullmatch(name) and name.isprintable():
                value = guess_of(entry) if kind == "guesses" else _tries(entry)
            if value is None:
                what = repr(room.printable(name, 30))
                problems.append(f"{what} among the {kind} is not as tlkit writes it")
            else:
                kept[kind][name] = value
    return kept, problems


def guess_of(entry: Any) -> str | None:
    """The option that an entry holds; None if it is not as tlkit writes it."""
    guess = entry.get("guess") if isinstance(entry, dict) else None
    if not isinstance(guess, str) or not guess.isprintable():
        return None
    return guess if 0 < len(guess) <= LONGEST_GUESS else None


def _tries(entry: Any) -> tuple[int, bool] | None:
    """Tries, and whether it is solved; None if it is not as tlkit writes it."""
    if not isinstance(entry, dict):
        return None
    tries, solved = entry.get("tries"), entry.get("solved")
    if type(tries) is not int or type(solved) is not bool:
        return None
    return (tries, solved) if 1 <= tries <= MOST else None


def share(name: str = "", file: str | Path = "progress-to-share.json") -> Path | None:
    """Write what you may hand to your instructor into a file, and show all of it.

    Nothing is sent. Calling this, and handing the file over, is your consent; without
    both nobody gets anything.

    Args:
        name: yours, if you want it in the file; at most 60 characters.
        file: where to write it. A file that was shared before is replaced and keeps its
            number.

    Returns:
        the file's path; None if no progress is kept here.

    Raises:
        ValueError: another file is there.
    """
    kept, problems = entries(record.read())
    if not record.place() or not any(kept.values()):
        print(NOTHING)
        return None
    file, name = Path(file), room.printable(name)
    shared = _as_json(kept, name, _number_of(file))
    with whole_file(file) as unfinished:
        text = json.dumps(shared, indent=1, ensure_ascii=False)
        unfinished.write_text(f"{text}\n", "utf-8")
    lines = [
        "This is all that the file holds:",
        f"the version of the kit: {tlkit.__version__}",
        f"your name: {name}" if name else "no name",
        "a random number, so that this file is not counted twice",
        *_in_words(kept),
    ]
    print("\n  - ".join(lines))
    if problems:
        print(f"Left out, because tlkit did not write it: {len(problems)}.")
    print(
        f"It is {file.resolve()}. Nothing was sent: it is yours to hand over, or to "
        "delete."
    )
    return file


def _as_json(kept: Kept, name: str, number: str) -> dict[str, Any]:
    """What the file holds."""
    shared: dict[str, Any] = {
        "what": MARK,
        "tlkit": tlkit.__version__,
        "number": number,
    }
    if name:
        shared["name"] = name
    for kind in ("exercises", "quizzes"):
        shared[kind] = {
            key: {"tries": tries, "solved": solved}
            for key, (tries, solved) in kept[kind].items()
        }
    shared["guesses"] = {key: {"guess": one} for key, one in kept["guesses"].items()}
    return shared


def _in_words(kept: Kept) -> list[str]:
    """A line for each entry."""
    lines = []
    for kind, word in ("exercises", "exercise"), ("quizzes", "question"):
        for name, (tries, solved) in kept[kind].items():
            state = "solved" if solved else "not solved"
            unit = "try" if tries == 1 else "tries"
            lines.append(f"{word} {name}: {state} in {tries} {unit}")
    return lines + [
        f"guess {name}: {option}" for name, option in kept["guesses"].items()
    ]


def _number_of(file: Path) -> str:
    """The number of the file that was shared here before, or a new one.

    Raises:
        ValueError: another file is there.
    """
    if not file.exists():
        return secrets.token_hex(8)
    try:
        before = room.load(file)
    except room.Refused:
        before = {}
    if before.get("what") != MARK or not isinstance(before.get("number"), str):
        raise ValueError(
            f"file: {file} is there already, and share() did not write it: choose "
            'another, as in file="me.json"'
        )
    return before["number"]
