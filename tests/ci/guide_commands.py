"""Runs the commands of docs/instructor-guide.md as they are written.

It runs them in a copy of the checkout. A fenced block has words behind its fence:

- ``bash`` is run by the tests and here;
- ``bash slow`` only here: it may take minutes, and needs the extra ``workshop``;
- ``text needs …`` is not run, for the reason that it names.

Each block is a shell of its own, in the copy's root, with the virtual environment's
commands first. A line that fails stops it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "instructor-guide.md"
FENCE = re.compile(
    r"(?ms)^(?P<indent> *)```(?P<kind>[^\n`]*)\n(?P<code>.*?)^(?P=indent)```$"
)
NEEDS = re.compile(r"text needs (the network|a person\b.*|a server\b.*)")
HANDED_IN = "workshop/progress"  # where the guide puts what learners hand in
# The user's own settings, which the commands do not see:
UNSET = (
    "TLKIT_DATA",
    "TLKIT_MIRRORS",
    "TLKIT_PROGRESS",
    "KERAS_HOME",
    "MAKEFLAGS",
    "MFLAGS",
    "MAKELEVEL",
)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        line: where it begins in the guide, from 1.
        kind: the words behind the fence.
        code: what is in it, without indentation.
    """

    line: int
    kind: str
    code: str


def blocks(text: str) -> list[Block]:
    """All fenced blocks of a Markdown text, in order, those in lists as well."""
    found = []
    for fence in FENCE.finditer(text):
        line = text[: fence.start()].count("\n") + 1
        code = textwrap.dedent(fence["code"])
        found.append(Block(line, fence["kind"].strip(), code))
    return found


def copy_checkout(folder: Path) -> None:
    """Copy what git knows of the checkout.

    Beside it come the virtual environment and what three learners hand in.
    """
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
    course = Path("notebooks", "course")
    (folder / "tlkit_course").symlink_to(course, target_is_directory=True)
    (folder / HANDED_IN).mkdir(parents=True)
    for number, solved in enumerate((True, False, True)):
        handed = {
            "exercises": {"00 labels": {"tries": 1 + number, "solved": solved}},
            "guesses": {"00 scratch": {"guess": "about 30"}},
            "quizzes": {},
        }
        path = folder / HANDED_IN / f"learner-{number}.json"
        path.write_text(json.dumps(handed))


def run(block: Block, folder: Path) -> subprocess.CompletedProcess:
    """Run one block in the copy; its output and errors come together as text."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    own = {name: value for name, value in os.environ.items() if name not in UNSET}
    own["HOME"] = str(home)
    own.setdefault("TLKIT_CACHE", str(home / "cache"))
    for name, first in (("PATH", Path(sys.prefix) / "bin"), ("PYTHONPATH", folder)):
        parts = [str(first), os.environ.get(name)]
        own[name] = os.pathsep.join(part for part in parts if part)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.code],
        cwd=folder,
        env=own,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def main() -> int:
    """Run all blocks that can be run; returns 1 after the first that fails."""
    # with a space in its name, as many folders have one
    with TemporaryDirectory(prefix="tlkit guide ") as work:
        folder = Path(work)
        copy_checkout(folder)
        for block in blocks(GUIDE.read_text("utf-8")):
            if not block.kind.startswith("bash"):
                reason = block.kind.removeprefix("text ")
                print(f"line {block.line}: not run, {reason}")
                continue
            started = time.monotonic()
            done = run(block, folder)
            seconds = time.monotonic() - started
            print(f"line {block.line}: {seconds:.0f} s\n{block.code}", flush=True)
            if done.returncode:
                print(done.stdout)
                print(f"line {block.line} of the guide failed: exit {done.returncode}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
