"""Write requirements.txt, and those of tests and of the book, from pyproject.toml.

``make requirements`` calls this. One file serves every platform and Python that the kit
supports: uv resolves for all of them at once.
"""

import subprocess
import sys
from pathlib import Path

HEADER = (
    "# {what}\n# Written by `make requirements` from pyproject.toml; do not edit.\n"
)


def resolve(*options: str, constraints: str = "") -> str:
    """Pins for Python 3.11 and up on every platform, one line for each package.

    Args:
        options: of ``uv pip compile``.
        constraints: pins that must be kept.
    """
    command = [sys.executable, "-m", "uv", "pip", "compile", "--universal"]
    command += ["--python-version", "3.11", "--no-header", "--no-annotate", "--quiet"]
    command += ["--constraint", "-", *options]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, input=constraints, encoding="utf-8"
    )
    return done.stdout


def write(file: str, what: str, lines: str) -> None:
    """Write the pins under a line that says what they are for."""
    text = HEADER.format(what=what) + lines
    Path(file).write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    learner = resolve("pyproject.toml")
    what = "Everything a learner needs, tlkit itself included."
    write("requirements.txt", what, "-e .\n" + learner)
    tester = resolve("pyproject.toml", "--extra", "test", constraints=learner)
    write("tests/requirements.txt", "What `make test` needs besides.", tester)
    # one Sphinx for every Python
    book = resolve("--group", "book", "--fork-strategy", "fewest")
    what = "What `make book` needs, and nothing else does."
    write("docs/book/requirements.txt", what, book)
