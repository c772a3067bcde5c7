"""Writes docs/course.md, the table of the course, from the executed notebooks: python tests/ci/course.py.

Nothing in it is typed by hand: minutes come from each notebook's first cell, the main claim from the output of the
cell tagged `main-claim`. A test asks for it to be current.
"""

import json
import re
import sys
from pathlib import Path

from tlkit_course.checks import exercises
from tlkit_course.questions import questions

ROOT = Path(__file__).parents[2]
HEAD = """# The course, notebook by notebook

Made by `make notebooks` from the executed notebooks (`python tests/ci/course.py`); nothing here is typed by hand. The
main claim is the sentence that the notebook checked when it was executed; square brackets are 95 % intervals.

| | notebook | minutes | cells (code) | exercises | quiz questions | main claim, as it was measured |
|---|---|---|---|---|---|---|
"""


def row(path: Path) -> str:
    """The line of one notebook. Raises ValueError if it lacks its minutes or its main claim."""
    number, cells = path.name[:2], json.loads(path.read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    first = "".join(cells[0]["source"])
    title, minutes = (
        re.search(r"^# (.+)", first),
        re.search(r"\*\*Time:\*\* (\d+) minutes", first),
    )
    claims = [
        said(cell) for cell in code if "main-claim" in cell["metadata"].get("tags", ())
    ]
    if not title or not minutes or len(claims) != 1:
        raise ValueError(
            f"{path.name}: expected a title, `**Time:** N minutes` and one cell tagged main-claim"
        )
    about = (
        f"[{title[1]}](../notebooks/{path.name})",
        minutes[1],
        f"{len(cells)} ({len(code)})",
    )
    work = (
        ", ".join(name[3:] for name in exercises(number)),
        str(len(questions(number))),
    )
    return f"| {number} | {' | '.join((*about, *work, *claims))} |"


def said(cell) -> str:
    """The claims that a cell printed, without their tick."""
    text = "".join("".join(output.get("text", "")) for output in cell["outputs"])
    return "; ".join(line[2:] for line in text.splitlines() if line.startswith("✓ "))


def page() -> str:
    """All of docs/course.md."""
    numbered = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    return HEAD + "\n".join(row(path) for path in numbered) + "\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    (ROOT / "docs" / "course.md").write_text(page(), "utf-8")
    print(page())
