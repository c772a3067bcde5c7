"""What a learner has guessed, tried and solved: one small file, which is the learner's.

It lies beside the notebooks. It is written only where ``python -m tlkit lab`` has made
copies to work in, or where ``TLKIT_PROGRESS`` names a file: running the masters leaves
nothing behind.
"""

import json
import os
from pathlib import Path
from typing import Any

from tlkit.machine.log import log
from tlkit.machine.places import REGISTER
from tlkit.machine.whole import whole_file

KINDS = ("guesses", "exercises", "quizzes")
# Exercise -> tries since the kernel started, where no progress is kept
UNKEPT: dict[str, int] = {}


def place() -> Path | None:
    """The file that keeps the progress; None if none is kept here."""
    chosen = os.environ.get("TLKIT_PROGRESS")
    if chosen:
        return Path(chosen)
    return Path("progress.json") if Path(REGISTER).is_file() else None


def read() -> dict[str, dict[str, Any]]:
    """Kind -> name -> what was noted, for each of KINDS.

    A file that cannot be read is moved aside, with a warning, and never lost.
    """
    file = place()
    if not file or not file.is_file():
        return {kind: {} for kind in KINDS}
    try:
        found = json.loads(file.read_text("utf-8"))
        return {kind: dict(found.get(kind, {})) for kind in KINDS}
    except (ValueError, TypeError, AttributeError):
        aside = file.with_suffix(".damaged.json")
        os.replace(file, aside)
        log.warning(
            f"{file} could not be read. It is now {aside}, and progress starts again."
        )
        return {kind: {} for kind in KINDS}


def note(kind: str, name: str, outcome: bool | str) -> None:
    """Note a guess (its text), or a try at an exercise or a question (whether right).

    Tries are counted until the first right answer. Where no progress is kept, those at
    an exercise are counted until the kernel stops. Without a name nothing happens.

    Args:
        kind: one of KINDS.
        name: the notebook's number and a name, as in "00 labels".
        outcome: the option that was chosen, or whether the answer was right.
    """
    file = place()
    if not name:
        return
    if not file:
        if kind == "exercises":
            UNKEPT[name] = UNKEPT.get(name, 0) + 1
        return
    known = read()
    if kind == "guesses":
        known[kind][name] = {"guess": outcome}
    else:
        entry = known[kind].setdefault(name, {"tries": 0, "solved": False})
        if entry["solved"]:  # what is solved stays solved, and needed this many tries
            return
        entry.update(tries=entry["tries"] + 1, solved=bool(outcome))
    with whole_file(file) as unfinished:  # a power cut must not cost the record
        text = json.dumps(known, indent=1, ensure_ascii=False)
        unfinished.write_text(f"{text}\n", "utf-8")


def tries(name: str) -> int:
    """How often an exercise has been tried so far.

    Where progress is kept, a kernel that starts again forgets none of it.
    """
    if place():
        return read()["exercises"].get(name, {}).get("tries", 0)
    return UNKEPT.get(name, 0)
