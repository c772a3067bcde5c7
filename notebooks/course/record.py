"""What a learner has guessed, tried and solved: one small file beside the notebooks, which belongs to the learner.

It is written only where ``python -m tlkit lab`` has made copies to work in, or where ``TLKIT_PROGRESS`` names a
file; running the masters leaves nothing behind. Standard library only.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from tlkit.commands.copies import REGISTER

KINDS = ("guesses", "exercises", "quizzes")


def place() -> Path | None:
    """Where progress is kept; None if it is not."""
    if chosen := os.environ.get("TLKIT_PROGRESS"):
        return Path(chosen)
    return Path("progress.json") if Path(REGISTER).is_file() else None


def read() -> dict[str, dict[str, Any]]:
    """Kind -> name -> what was noted. A file that cannot be read is set aside, with a sentence, and never lost."""
    file, found = place(), {}
    if file and file.is_file():
        try:
            found = json.loads(file.read_text("utf-8"))
            return {kind: dict(found.get(kind, {})) for kind in KINDS}
        except (ValueError, TypeError, AttributeError):
            aside = file.with_suffix(".damaged.json")
            os.replace(file, aside)
            print(
                f"{file} could not be read and is now {aside}; progress starts anew",
                file=sys.stderr,
            )
    return {kind: {} for kind in KINDS}


def note(kind: str, name: str, outcome: bool | str) -> None:
    """Keep a guess (its text), or whether an exercise or quiz was answered rightly, and count the tries."""
    file = place()
    if not file or not name:
        return
    known = read()
    entry = known[kind].setdefault(
        name, {"tries": 0, "solved": False} if kind != "guesses" else {}
    )
    if kind == "guesses":
        entry["guess"] = outcome
    elif not entry["solved"]:  # what is solved stays solved, and needed this many tries
        entry.update(tries=entry["tries"] + 1, solved=bool(outcome))
    half = file.with_suffix(".unfinished")
    half.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.replace(half, file)
