"""Writes docs/course.md, the table of the course: ``python tests/ci/course.py``.

Nothing in the table is typed by hand. Minutes come from the first cell of each
notebook, the main claim from the output of the cell tagged ``main-claim``, and how
often it held from ``tests/ci/fresh/claims.json``. A test asks for the page to be
current.
"""

import json
import re
import sys
from pathlib import Path

import fresh_claims
from tlkit_course.checks import exercises
from tlkit_course.questions import questions

ROOT = Path(__file__).parents[2]
HEAD = """# The course, notebook by notebook

**How long is each notebook, what do I do in it, and what does it show?** Minutes are
for reading and running. The [columns](#the-columns) are explained below the table.

| | notebook | minutes | exercises | quiz | main claim, as measured | fresh draws |
|---|---|---|---|---|---|---|
"""
TAIL = """
## The columns

- **Exercises**: their names. The quiz comes at the end of the notebook.
- **Main claim**: the notebook checks these sentences when it runs. If one is not true,
  the notebook stops. Square brackets are 95 % intervals.
- **Fresh draws**: was the result only luck? The main claims are measured again with
  other scenes, other labels and other initial weights. The column shows in how many of
  these draws they were true. If there are several sentences, it counts the one that was
  true least often. The shipped networks stay the same.

Nobody types these numbers: `make notebooks` takes them from the executed notebooks, and
`make fresh-claims` counts the fresh draws.
"""


def row(path: Path) -> str:
    """The line of one notebook.

    Raises:
        ValueError: the notebook has no title, no minutes, or not one main claim.
    """
    number = path.name[:2]
    cells = json.loads(path.read_text("utf-8"))["cells"]
    first = "".join(cells[0]["source"])
    title = re.search(r"^# (.+)", first)
    minutes = re.search(r"\*\*Time:\*\* (\d+) minutes", first)
    main = [cell for cell in cells if "main-claim" in cell["metadata"].get("tags", ())]
    if not title or not minutes or len(main) != 1:
        raise ValueError(
            f"{path.name}: expected a title, `**Time:** N minutes` "
            "and one cell tagged main-claim"
        )
    entries = (
        number,
        f"[{title[1]}](../notebooks/{path.name})",
        minutes[1],
        ", ".join(name[3:] for name in exercises(number)),
        f"{len(questions(number))} questions",
        claimed(main[0]),
        held(number, "".join(main[0]["source"])),
    )
    return f"| {' | '.join(entries)} |"


def claimed(cell: dict) -> str:
    """The claims that a cell printed, without their ticks."""
    text = "".join("".join(output.get("text", "")) for output in cell["outputs"])
    return "; ".join(line[2:] for line in text.splitlines() if line.startswith("✓ "))


def held(number: str, source: str) -> str:
    """In how many fresh draws the main claims of a notebook held; source: its cell."""
    found = fresh_claims.kept().get(number)
    if not found or found["cell"] != fresh_claims.digest(source):
        return "not counted yet"
    return f"{min(claim['held'] for claim in found['claims'])} of {found['draws']}"


def page() -> str:
    """All of docs/course.md."""
    numbered = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    return HEAD + "\n".join(row(path) for path in numbered) + "\n" + TAIL


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    (ROOT / "docs" / "course.md").write_text(page(), "utf-8")
    print(page())
