"""``workshop ready``: who is ready, from the learners' ``doctor --json`` files.

Before the day each learner types ``python -m tlkit doctor --json > NAME.json`` and
hands the file in. What has to be done is quoted from the file, in doctor's own words. A
learner is ready if no check is red. Amber ones (the real pictures are not there, a
package is newer than the tested one) do not stop the course, and are shown where they
matter.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tlkit.commands.doctor import WORDS

from . import room

# A file without these was not written by doctor.
DECISIVE = ("python", "packages", "memory", "disk")
# Where amber is worth a note: drawn scenes need no data, no server and no graphics
# card.
WORTH_A_NOTE = (*DECISIVE, "cores")
MOST_CHECKS = 30


@dataclass(frozen=True)
class Check:
    """One line of doctor's.

    Attributes:
        name: what was looked at.
        state: "green", "amber" or "red".
        found: what is there, in words.
        fix: the sentence that repairs it.
    """

    name: str
    state: str
    found: str
    fix: str


def understand(found: dict[str, Any]) -> list[Check]:
    """The checks in a doctor's file. Raises room.Refused if it is none."""
    checks = found.get("checks")
    if not isinstance(checks, dict):
        checks = {}
    if not set(DECISIVE) <= set(checks) or len(checks) > MOST_CHECKS:
        raise room.Refused("not written by `python -m tlkit doctor --json`")
    return [_check(name, check) for name, check in checks.items()]


def _check(name: str, found: Any) -> Check:
    """One of them. Raises room.Refused."""
    name = room.printable(name, 20)
    if not isinstance(found, dict):
        found = {}
    parts = [found.get(key) for key in ("state", "found", "fix")]
    if not all(isinstance(part, str) for part in parts) or parts[0] not in WORDS:
        raise room.Refused(f"check {name!r} is not as doctor writes it")
    state, *words = parts
    return Check(name, state, *(room.printable(part, 300) for part in words))


def describe(label: str, checks: list[Check]) -> tuple[bool, str]:
    """Whether a learner is ready, and lines about that and what there is to do."""
    stops = [check for check in checks if check.state == "red"]
    notes = [
        check
        for check in checks
        if check.state == "amber" and check.name in WORTH_A_NOTE
    ]
    lines = [f"{label:24}  {'NOT READY' if stops else 'ready'}"]
    for word, some in ("to do", stops), ("better", notes):
        for check in some:
            lines.append(f"    {word}: {check.name} ({check.found}). {check.fix}")
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
    """Print who is ready and what the others need.

    Returns:
        exit status: 0 only if all files can be read and all learners are ready.
    """
    learners, refused = room.collect(arguments.files, understand)
    lacking: Counter[str] = Counter()
    ready: list[str] = []
    not_ready: list[str] = []
    for path, checks in learners.items():
        is_ready, text = describe(room.printable(path.stem, 24), checks)
        (ready if is_ready else not_ready).append(text)
        lacking.update(check.name for check in checks if check.state == "red")
    for text in [*not_ready, *ready]:  # on top those who need help
        print(text)
    print(
        f"\n{room.count(len(learners), 'learner')}: {len(ready)} ready, "
        f"{len(not_ready)} not ready."
    )
    if lacking:
        needed = [f"{name} by {n}" for name, n in lacking.most_common()]
        print(f"Needed: {', '.join(needed)}.")
        print("What to do is quoted from the files. Read it before you pass it on.")
    print(room.say_refused(refused), end="\n" if refused else "")
    return int(bool(refused or not_ready))
