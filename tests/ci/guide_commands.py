"""Runs the commands of docs/instructor-guide.md as they are written, in a copy of the checkout.

A block is fenced with a word or two behind the fence: ``bash`` is run by tests and here, ``bash slow`` only here (it
may take minutes, and needs the packages of ``.[workshop]``), ``text needs …`` by nobody, for the reason that it names.
Each block is a shell of its own, in the copy's root, with the virtual environment's commands first. A failing line
stops it.
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
HANDED_IN = "workshop/progress"  # where the guide puts what learners hand over
NEEDS = re.compile(r"text needs (the network|a person\b.*|a server\b.*)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its line in the guide, the words behind the fence, and what is in it."""

    line: int
    kind: str
    code: str


def blocks(text: str) -> list[Block]:
    """All fenced blocks of a Markdown text, in order, those in lists as well."""
    return [
        Block(
            text[: found.start()].count("\n") + 1,
            found["kind"].strip(),
            textwrap.dedent(found["code"]),
        )
        for found in FENCE.finditer(text)
    ]


def copy_checkout(folder: Path) -> None:
    """Copy what git knows of the checkout, with the virtual environment beside it, and what three learners hand in."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(
        listed, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
    (folder / "tlkit_course").symlink_to(
        Path("notebooks", "course"), target_is_directory=True
    )
    (folder / HANDED_IN).mkdir(parents=True)
    for number, solved in enumerate((True, False, True)):
        exercises = {"00 labels": {"tries": 1 + number, "solved": solved}}
        handed = {
            "exercises": exercises,
            "guesses": {"00 scratch": {"guess": "about 30"}},
            "quizzes": {},
        }
        (folder / HANDED_IN / f"learner-{number}.json").write_text(json.dumps(handed))


def run(block: Block, folder: Path) -> subprocess.CompletedProcess:
    """Run one block in the copy, its output and errors together as text. It does not see the user's own settings."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    unset = (
        "TLKIT_DATA",
        "TLKIT_MIRRORS",
        "TLKIT_PROGRESS",
        "KERAS_HOME",
        "MAKEFLAGS",
        "MFLAGS",
        "MAKELEVEL",
    )
    paths = {"PATH": Path(sys.prefix) / "bin", "PYTHONPATH": folder}
    environment = {
        name: value for name, value in os.environ.items() if name not in unset
    } | {
        name: os.pathsep.join([str(first), *filter(None, [os.environ.get(name)])])
        for name, first in paths.items()
    }
    environment |= {
        "HOME": str(home),
        "TLKIT_CACHE": os.environ.get("TLKIT_CACHE", str(home / "cache")),
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.code], cwd=folder, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def main() -> int:
    """Run all blocks that can be run; returns 1 after the first that fails, with its output."""
    with TemporaryDirectory(
        prefix="tlkit guide "
    ) as work:  # with a space, as many folders have one
        copy_checkout(folder := Path(work))
        for block in blocks(GUIDE.read_text("utf-8")):
            if not block.kind.startswith("bash"):
                print(f"line {block.line}: not run, {block.kind.removeprefix('text ')}")
                continue
            started = time.monotonic()
            done = run(block, folder)
            print(
                f"line {block.line}: {time.monotonic() - started:.0f} s\n{block.code}",
                flush=True,
            )
            if done.returncode:
                print(
                    f"{done.stdout}\nline {block.line} of the guide failed with status {done.returncode}"
                )
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
