"""A learner's progress, handed over by the learner: nobody else reads it, and nothing is sent.

In a cell of one's own notebook::

    from tlkit_course.workshop.share import share
    share()
"""

import json
import os
import re
import secrets
from pathlib import Path
from typing import Any

import tlkit

from .. import record
from . import room

NAME = re.compile(
    r"[0-9]{2} [\w ,.'-]{1,40}"
)  # of an exercise, a question or a guess, as in "00 labels"
MOST = 1000  # tries of one exercise that a person may need
MARK = "tlkit progress, shared by its owner"
NOTHING = (
    "There is nothing to share. Progress is kept in your own copies of the notebooks, which `make lab` makes, once "
    "you have made a guess or tried an exercise there. No file was written."
)


def entries(found: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """What is well-formed in an object as tlkit_course.record keeps it, and a sentence about each entry that is not.

    Returns:
        kind -> name -> (tries, solved) for exercises and quizzes, the option that was chosen for guesses.

    Raises:
        room.Refused: no progress of any kind in it.
    """
    if not any(isinstance(found.get(kind), dict) for kind in record.KINDS):
        raise room.Refused("no learner's progress")
    kept: dict[str, dict[str, Any]] = {kind: {} for kind in record.KINDS}
    problems = []
    for kind in record.KINDS:
        noted = found.get(kind, {})
        for name, entry in noted.items() if isinstance(noted, dict) else [(kind, None)]:
            value = (
                _value(kind, entry)
                if NAME.fullmatch(name) and name.isprintable()
                else None
            )
            if value is None:
                problems.append(
                    f"{room.printable(name, 30)!r} among the {kind} is not as tlkit writes it"
                )
            else:
                kept[kind][name] = value
    return kept, problems


def _value(kind: str, entry: Any) -> tuple[int, bool] | str | None:
    """What an entry says; None if it is not as tlkit writes it."""
    if not isinstance(entry, dict):
        return None
    if kind == "guesses":
        guess = entry.get("guess")
        return (
            guess
            if isinstance(guess, str) and 0 < len(guess) <= 80 and guess.isprintable()
            else None
        )
    tries, solved = entry.get("tries"), entry.get("solved")
    return (
        (tries, solved)
        if type(tries) is int and 1 <= tries <= MOST and type(solved) is bool
        else None
    )


def _in_words(kept: dict[str, dict[str, Any]]) -> list[str]:
    lines = []
    for kind, word in ("exercises", "exercise"), ("quizzes", "question"):
        for name, (tries, solved) in kept[kind].items():
            lines.append(
                f"{word} {name}: {'' if solved else 'not '}solved in {tries} {'try' if tries == 1 else 'tries'}"
            )
    return lines + [
        f"guess {name}: {chosen}" for name, chosen in kept["guesses"].items()
    ]


def _number_of(file: Path) -> str:
    """The number of the file that was shared here before, or a new one. Raises ValueError if another file is there."""
    if not file.exists():
        return secrets.token_hex(8)
    try:
        before = room.load(file)
    except room.Refused:
        before = {}
    if before.get("what") != MARK or not isinstance(before.get("number"), str):
        raise ValueError(
            f'file: {file} is there already, and share() did not write it: choose another, as in file="me.json"'
        )
    return before["number"]


def share(name: str = "", file: str | Path = "progress-to-share.json") -> Path | None:
    """Write what you may hand to your instructor into a file, and show all that is in it. Nothing is sent.

    Calling this, and handing the file over, is your consent; without both nobody gets anything.

    Args:
        name: yours, if you want it in the file; at most 60 characters.
        file: where to write it. A file that was shared before is replaced and keeps its number.

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
    shared: dict[str, Any] = {
        "what": MARK,
        "tlkit": tlkit.__version__,
        "number": _number_of(file),
    }
    shared |= {"name": name} if name else {}
    for kind in ("exercises", "quizzes"):
        shared[kind] = {
            key: {"tries": tries, "solved": solved}
            for key, (tries, solved) in kept[kind].items()
        }
    shared["guesses"] = {
        key: {"guess": chosen} for key, chosen in kept["guesses"].items()
    }
    half = file.with_name(f".{file.name}.unfinished")
    half.write_text(json.dumps(shared, indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.replace(half, file)
    lines = [
        f"the version of the kit: {tlkit.__version__}",
        f"your name: {name}" if name else "no name",
    ]
    lines += [
        "a random number, so that this file is not counted twice",
        *_in_words(kept),
    ]
    print("\n  - ".join(["This is all that the file holds:", *lines]))
    if problems:
        print(f"Left out, because tlkit did not write it: {len(problems)}.")
    print(
        f"It is {file.resolve()}. Nothing was sent: it is yours to hand over, or to delete."
    )
    return file
