"""Write requirements.txt and tests/requirements.txt from pyproject.toml; ``make requirements`` calls this.

One file serves every platform and Python that the kit supports: uv resolves for all of them at once.
"""

import subprocess
import sys
from pathlib import Path

HEADER = "# {what}\n# Written by `make requirements` from pyproject.toml; do not edit.\n"


def resolve(*options: str, constraints: str = "") -> str:
    """Pins for Python 3.11 and up on every platform, one line for each package."""
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        "pyproject.toml",
        "--universal",
        "--python-version",
        "3.11",
    ]
    command += ["--no-header", "--no-annotate", "--quiet", "--constraint", "-", *options]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, input=constraints, encoding="utf-8").stdout


if __name__ == "__main__":
    learner = resolve()
    head = HEADER.format(what="Everything a learner needs, tlkit itself included.") + "-e .\n"
    Path("requirements.txt").write_text(head + learner, "utf-8", newline="\n")
    head = HEADER.format(what="What `make test` needs besides.")
    Path("tests/requirements.txt").write_text(
        head + resolve("--extra", "test", constraints=learner), "utf-8", newline="\n"
    )
