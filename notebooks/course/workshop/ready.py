"""Who is ready: the learners' ``doctor --json`` files, one for each learner, summed up.

Before the day each learner types ``python -m tlkit doctor --json > NAME.json`` and hands the file in. What has to be
done is quoted from the file, in doctor's own words. A learner is ready if no check is red: amber ones (the real
pictures are not there, a package is newer than the tested one) do not stop the course, and are shown where they matter.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tlkit.commands.doctor import WORDS

from . import room

DECISIVE = (
    "python",
    "packages",
    "memory",
    "disk",
)  # a file without these was not written by doctor
WORTH_A_NOTE = (
    *DECISIVE,
    "cores",
)  # amber elsewhere: drawn scenes need no data, no server and no graphics card


@dataclass(frozen=True)
class Check:
    """One line of doctor's: name, state ("green", "amber", "red"), what was found, and the sentence that repairs it."""

    name: str
    state: str
    found: str
    fix: str


def understand(found: dict[str, Any]) -> list[Check]:
    """The checks in a doctor's file. Raises room.Refused if it is none."""
    checks = found.get("checks")
    if (
        not isinstance(checks, dict)
        or not set(DECISIVE) <= set(checks)
        or len(checks) > 30
    ):
        raise room.Refused("not written by `python -m tlkit doctor --json`")
    read = []
    for name, check in checks.items():
        parts = (
            [check.get(key) for key in ("state", "found", "fix")]
            if isinstance(check, dict)
            else [None]
        )
        if not all(isinstance(part, str) for part in parts) or parts[0] not in WORDS:
            raise room.Refused(
                f"check {room.printable(name, 20)!r} is not as doctor writes it"
            )
        read.append(
            Check(
                room.printable(name, 20),
                parts[0],
                *(room.printable(part, 300) for part in parts[1:]),
            )
        )
    return read


def describe(label: str, checks: list[Check]) -> tuple[bool, str]:
    """Whether a learner is ready, and lines that say so and what there is to do."""
    stops = [check for check in checks if check.state == "red"]
    notes = [
        check
        for check in checks
        if check.state == "amber" and check.name in WORTH_A_NOTE
    ]
    lines = [f"{label:24}  {'NOT READY' if stops else 'ready'}"]
    for word, some in ("to do", stops), ("better", notes):
        lines += [
            f"    {word}: {check.name} ({check.found}). {check.fix}" for check in some
        ]
    return not stops, "\n".join(lines)


def add(parser) -> None:
    """The command's options."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="what `doctor --json` wrote, or folders of such files",
    )


def run(arguments) -> int:
    """Print who is ready and what the others need; exit status 0 only if all files can be read and all are ready."""
    learners, refused = room.collect(arguments.files, understand)
    described = [
        (*describe(room.printable(path.stem, 24), checks), checks)
        for path, checks in learners.items()
    ]
    for _ready, text, _ in sorted(
        described, key=lambda one: one[0]
    ):  # whoever needs help stands on top
        print(text)
    lacking = Counter(
        check.name
        for _, _, checks in described
        for check in checks
        if check.state == "red"
    )
    n_ready = sum(ready for ready, *_ in described)
    print(
        f"\n{room.count(len(described), 'learner')}: {n_ready} ready, {len(described) - n_ready} not ready."
    )
    if lacking:
        print(
            "Needed: "
            + ", ".join(f"{name} by {n}" for name, n in lacking.most_common())
            + "."
        )
        print("What to do is quoted from the files. Read it before you pass it on.")
    print(room.say_refused(refused), end="\n" if refused else "")
    return int(bool(refused) or n_ready < len(described))
