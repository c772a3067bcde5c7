"""``workshop build``: notebooks for students, for the instructor and for nbgrader, all made from the masters.

``student/`` has no outputs and no solutions, ``instructor/`` has both and the speaker's notes. ``nbgrader/`` is a
course folder, from which ``nbgrader generate_assignment tlkit`` makes what is in ``student/``. The first two are there
as zips too; ``manifest.json`` says from which version they come. Two builds of one version are equal, byte for byte.
"""

import argparse
import ast
import hashlib
import io
import json
import os
import re
import subprocess
import textwrap
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbconvert.preprocessors import TagRemovePreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

import tlkit
from tlkit.commands import copies

from .. import record
from . import CUT, masters, notes

COURSE = "tlkit"  # nbgrader's name of the course and of its assignment
STUDENT, INSTRUCTOR, SOURCE, MANIFEST = (
    "student",
    "instructor",
    f"nbgrader/source/{COURSE}",
    "manifest.json",
)
POINTS = 1  # of every exercise
TESTED = "# NBVAL_CHECK_OUTPUT\n"  # a line for tests, neither for learners nor for instructors
FOLDED, ASKED = "The solution comes next", "Your instructor has the solution"
STUB = "# Run this cell, then the next one: it checks your answer."
REGION = (
    "### BEGIN SOLUTION\n{}\n### END SOLUTION"  # which nbgrader replaces by the stub
)
SHARE = (
    "## Share your progress, if you like\n\n"
    "Your instructor may want to know what was difficult. The lines below write `progress-to-share.json` from what you "
    "have tried and guessed, without your name unless you put it between the brackets. Look into the file, and hand it "
    "over only if you want to. To write it, take both `#` away and run the cell.",
    "# from tlkit_course.workshop.share import share\n# share()",
)
CONFIG = f'''"""nbgrader's settings: type its commands in this folder, `nbgrader generate_assignment {COURSE}` first."""

import os

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "{COURSE}"
c.CourseDirectory.ignore.extend(["progress*.json"])  # the learner's own: handed over by choice, not with an assignment
c.ClearSolutions.code_stub = {{"python": "{STUB}"}}
c.Execute.timeout = 300  # seconds for one cell, on a busy server
os.environ["TQDM_DISABLE"] = "1"  # what a check writes to stderr would cost the points
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
'''


def add(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="a new folder, or a former build",
    )
    parser.add_argument(
        "--notebooks",
        nargs="+",
        metavar="NN",
        help="some of 00 to 10 (default: all, and the app)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Build, and say what is where."""
    files = contents(arguments.notebooks)
    put(arguments.out, files)
    points = json.loads(files[MANIFEST])["points"]
    print(
        f"{arguments.out} holds {len(files)} files, {len(points)} exercises, {sum(points.values())} points:"
    )
    print(
        "  student/, student.zip        without solutions and outputs; checks stop until the answer is right"
    )
    print("  instructor/, instructor.zip  with solutions, outputs and speaker's notes")
    print(
        f"  nbgrader/                    a course folder: go there and type `nbgrader generate_assignment {COURSE}`"
    )
    print(f"  {MANIFEST}                version, points, and the SHA-256 of every file")


def contents(numbers: list[str] | None = None) -> dict[str, bytes]:
    """Path in the build -> content, the manifest last.

    Args:
        numbers: of the notebooks, "00" to "10"; None for all, and the app.

    Raises:
        FileNotFoundError: tlkit does not run from a checkout, which holds the masters.
        ValueError: no such notebook, or notes that do not fit it.
    """
    made = copies.made_from_masters()
    names = [
        name
        for name in made
        if name.endswith(".ipynb") and (not numbers or name[:2] in numbers)
    ]
    masters(numbers)  # each must be there
    beside = {name: text for name, text in made.items() if not name.endswith(".ipynb")}
    learning = beside | {
        record.COPIES: "{}\n"
    }  # progress is kept; `tlkit lab` takes what is there for the learner's
    files = {
        f"{folder}/{name}": text
        for folder in (STUDENT, SOURCE)
        for name, text in learning.items()
    }
    files |= {f"{INSTRUCTOR}/{name}": text for name, text in beside.items()}
    files["nbgrader/nbgrader_config.py"] = CONFIG
    exercises: list[str] = []
    for name in names:
        master = nbformat.read(copies.ROOT / "notebooks" / name, 4)
        exercises += (solved := solutions(master))
        files[f"{STUDENT}/{name}"] = _text(
            for_student(made[name], dict.fromkeys(solved, STUB))
        )
        if solved:
            regions = {
                exercise: REGION.format(solution)
                for exercise, solution in solved.items()
            }
            files[f"{SOURCE}/{name}"] = _text(for_student(made[name], regions))
        files[f"{INSTRUCTOR}/{name}"] = _text(for_instructor(master, name[:2]))
    return _packed({name: files[name].encode() for name in sorted(files)}, exercises)


def _text(notebook: NotebookNode) -> str:
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def check_of(source: str) -> Any:
    """The ``course.check(…)`` that a cell ends with, as a syntax tree; None if it does not."""
    for last in ast.parse(source).body[-1:]:
        call = last.value if isinstance(last, ast.Expr) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "course.check":
            return call
    return None


def _exercise(call: ast.Call) -> str:
    return ast.literal_eval(call.args[0])


def _asked(call: ast.Call) -> set[str]:
    """The names that hold the answer which a check judges."""
    return {node.id for node in ast.walk(call.args[1]) if isinstance(node, ast.Name)}


def _bound(source: str) -> set[str]:
    """The names to which code gives a value, functions that it defines among them."""
    nodes = list(ast.walk(ast.parse(source)))
    named = {
        node.id
        for node in nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return named | {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def _above(source: str, call: ast.Call) -> str:
    """The lines of a cell above the check that it ends with."""
    return "\n".join(source.splitlines()[: call.lineno - 1]).rstrip()


def solutions(master: NotebookNode) -> dict[str, str]:
    """Exercise -> the code of its solution, without the check."""
    found = {}
    for cell in master.cells:
        if "solution" in cell.metadata.get("tags", ()):
            call = check_of(cell.source)
            found[_exercise(call)] = _above(cell.source, call).removeprefix(TESTED)
    return found


def _mark(cell: NotebookNode, name: str, grade: bool) -> None:
    """nbgrader's metadata, as its own editor writes them: an answer's cell stays, a check's cell cannot be changed."""
    kind = {"solution": not grade, "grade": grade, "locked": grade, "task": False}
    points = {"points": POINTS} if grade else {}
    cell.metadata |= {
        "nbgrader": {"schema_version": 3, "grade_id": name} | kind | points,
        "deletable": False,
    }
    if grade:
        cell.metadata["editable"] = False


def for_student(copy: str, beneath: dict[str, str]) -> NotebookNode:
    """A learner's copy as a student gets it: no solutions, and each exercise in two cells that nbgrader knows.

    Args:
        copy: the text of a notebook, as ``tlkit.copies`` makes it.
        beneath: exercise -> what stands in its first cell, beneath what the learner changes.
    """
    remove = TagRemovePreprocessor(remove_cell_tags={"solution"}, enabled=True)
    notebook, _ = remove.preprocess(nbformat.reads(copy, 4), {})
    given, notebook.cells = notebook.cells, []
    for cell in given:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace(FOLDED, ASKED)
        elif check_of(cell.source):
            cell = _in_two(cell, notebook.cells, beneath)
        notebook.cells.append(cell)
    if beneath:
        notebook.cells += [
            new_markdown_cell(SHARE[0], id="share-why"),
            new_code_cell(SHARE[1], id="share"),
        ]
    return notebook


def _in_two(
    cell: NotebookNode, before: list[NotebookNode], beneath: dict[str, str]
) -> NotebookNode:
    """Mark an exercise's cell, at the end of ``before`` or further up in it; returns the cell of its check."""
    call = check_of(cell.source)
    answer, judged = (
        _above(cell.source, call),
        ast.get_source_segment(cell.source, call),
    )
    required = f"print({judged}.required())"  # printed, since nbgrader takes a value for a number of points
    if _asked(call) & _bound(answer):
        before.append(new_code_cell(answer, id=cell.id, metadata=cell.metadata))
    else:
        required = f"{answer}\n{required}"
    place = next(
        c
        for c in reversed(before)
        if c.cell_type == "code" and _asked(call) & _bound(c.source)
    )
    place.source += f"\n\n{beneath[_exercise(call)]}"
    name = re.sub(r"[^\w-]", "-", _exercise(call), flags=re.ASCII)
    graded = new_code_cell(required, id=name)
    _mark(place, f"{name}-answer", grade=False)
    _mark(graded, name, grade=True)
    return graded


def for_instructor(master: NotebookNode, number: str) -> NotebookNode:
    """A master with the speaker's notes, where the course has some; it is changed.

    Raises:
        ValueError: the notes have other sections than the notebook.
    """
    for cell in master.cells:
        cell.source = cell.source.removeprefix(TESTED)
    try:
        said = notes(number)
    except FileNotFoundError:
        return master
    headings = [(cell, heading) for cell in master.cells for heading in _headings(cell)]
    if [heading for _, heading in headings] != [
        section["heading"] for section in said["section"]
    ]:
        listed = "; ".join(heading for _, heading in headings)
        raise ValueError(
            f"notes/{number}.toml: expected a section for each heading of the notebook, in order: {listed}"
        )
    spoken: dict[str, list[str]] = {}
    for (cell, _), section in zip(headings, said["section"], strict=True):
        spoken.setdefault(cell.id, []).append(_section(section))
    cells = [_note(f"{number}-first", _opening(said))]
    for cell in master.cells:
        cells += [
            cell,
            *(
                _note(f"{cell.id}-{n}", text)
                for n, text in enumerate(spoken.get(cell.id, ()))
            ),
        ]
    cells[0], cells[1] = cells[1], cells[0]  # the title stays on top
    master.cells = [*cells, _note(f"{number}-last", _closing(said))]
    return master


def _headings(cell: NotebookNode) -> list[str]:
    """The ``##`` headings of a cell, outside fenced code."""
    text = cell.source if cell.cell_type == "markdown" else ""
    return re.findall(r"(?m)^## +(.+?)\s*$", re.sub(r"(?ms)^```.*?^```", "", text))


def _note(name: str, text: str) -> NotebookNode:
    quoted = textwrap.indent(text, "> ", lambda line: True)
    return new_markdown_cell(
        quoted, id=f"note-{name}"[:64], metadata={"tags": ["instructor"]}
    )


def _section(section: dict[str, Any]) -> str:
    minutes = f"{section['minutes']} minute{'s' * (section['minutes'] != 1)}"
    return f"**For the instructor: {minutes}.** {CUT[section['cut']].capitalize()}.\n\n{section['say'].strip()}"


def _opening(said: dict[str, Any]) -> str:
    parts = [
        f"**For the instructor: {sum(section['minutes'] for section in said['section'])} minutes in all.**"
    ]
    parts += [
        f"**Goal.** {said['goal'].strip()}",
        f"**On the board.** {said['board'].strip()}",
    ]
    parts += [
        f"**If this happens:** {trouble['what']}\n\n{trouble['say']}"
        for trouble in said.get("trouble", ())
    ]
    return "\n\n".join(parts)


def _closing(said: dict[str, Any]) -> str:
    parts = [
        f"**To discuss:** {pair['question']}\n\n{pair['answer']}"
        for pair in said.get("discussion", ())
    ]
    guesses = [
        f"- {name}: {option}" for name, option in said.get("predictions", {}).items()
    ]
    parts += (
        ["\n".join(["**What the measurements said:**\n", *guesses])] if guesses else []
    )
    return "\n\n".join(["**For the instructor: at the end.**", *parts])


def _packed(files: dict[str, bytes], exercises: list[str]) -> dict[str, bytes]:
    """The files, a zip of each of the two folders that are handed out, and the manifest."""
    for folder in (STUDENT, INSTRUCTOR):
        files[f"{folder}.zip"] = _zip(
            {
                name: text
                for name, text in files.items()
                if name.startswith(f"{folder}/")
            }
        )
    manifest = {
        "kit": f"tlkit {tlkit.__version__}",
        "commit": _commit(),
        "points": dict.fromkeys(exercises, POINTS),
        "files": {name: sha256(content) for name, content in files.items()},
    }
    return files | {MANIFEST: (json.dumps(manifest, indent=1) + "\n").encode()}


def sha256(content: bytes) -> str:
    """In hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _zip(files: dict[str, bytes]) -> bytes:
    """An archive that depends on names and contents only: no times, no owners."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # of 1980
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _commit() -> str | None:
    """Hash of the checkout, with "-dirty" behind it if files were changed; None where there is no git."""
    if not (copies.ROOT / ".git").exists():
        return None
    command = [
        "git",
        "-C",
        str(copies.ROOT),
        "describe",
        "--always",
        "--dirty",
        "--abbrev=40",
        "--exclude=*",
    ]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def put(folder: Path, files: dict[str, bytes]) -> None:
    """Write a whole build or nothing. Only a former build in which nobody has worked is replaced.

    Raises:
        FileExistsError: the folder holds anything else.
    """
    if folder.exists():
        _must_be_as_built(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as beside:
        new = Path(beside) / "new"
        for name, content in files.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_bytes(content)
        if folder.exists():
            os.replace(folder, Path(beside) / "former")
        os.replace(new, folder)


def _must_be_as_built(folder: Path) -> None:
    """Raises FileExistsError if a folder holds anything that no build has put there."""
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if not path.is_dir()
    }
    if folder.is_dir() and not found:
        return
    try:
        made = dict(json.loads((folder / MANIFEST).read_text("utf-8"))["files"])
    except (OSError, ValueError, TypeError, KeyError):
        raise FileExistsError(
            f"{folder} is not a former build, and stays as it is: name another with --out"
        ) from None
    del found[MANIFEST]
    for name, path in sorted(found.items()):
        if sha256(path.read_bytes()) != made.get(name):
            what = f"{folder} holds work that no build has put there, {name}"
            raise FileExistsError(
                f"{what}: move it away, or name another folder with --out"
            )
