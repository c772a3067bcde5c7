"""Write requirements.txt, and those of tests and of the book, from pyproject.toml;
``make requirements`` calls this.

One file serves every platform and Python that the kit supports: uv resolves for all of
    them at once.
"""

import subprocess
import sys
from pathlib import Path

HEADER = (
    "# {what}\n# Written by `make requirements` from pyproject.toml; do not edit.\n"
)


def resolve(*options: str, constraints: str = "") -> str:
    """Pins for Python 3.11 and up on every platform, one line for each package."""
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        "--universal",
        "--python-version",
        "3.11",
    ]
    command += [
        "--no-header",
        "--no-annotate",
        "--quiet",
        "--constraint",
        "-",
        *options,
    ]
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, input=constraints, encoding="utf-8"
    ).stdout


if __name__ == "__main__":
    learner = resolve("pyproject.toml")
    head = (
        HEADER.format(what="Everything a learner needs, tlkit itself included.")
        + "-e .\n"
    )
    Path("requirements.txt").write_text(head + learner, "utf-8", newline="\n")
    head = HEADER.format(what="What `make test` needs besides.")
    Path("tests/requirements.txt").write_text(
        head + resolve("pyproject.toml", "--extra", "test", constraints=learner),
        "utf-8",
        newline="\n",
    )
    book = resolve(
        "--group", "book", "--fork-strategy", "fewest"
    )  # one Sphinx for every Python
    head = HEADER.format(what="What `make book` needs, and nothing else does.")
    Path("docs/book/requirements.txt").write_text(head + book, "utf-8", newline="\n")
