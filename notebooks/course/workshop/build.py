"""``workshop build``: notebooks for students, for the instructor and for nbgrader.

All are made from the masters. ``student/`` has no outputs and no solutions;
``instructor/`` has both, and the speaker's notes. ``nbgrader/`` is a course folder,
from which ``nbgrader generate_assignment tlkit`` makes what is in ``student/``. The
first two are there as zips too; ``manifest.json`` says from which version they come.
Two builds of one version are equal, byte for byte.
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
STUDENT, INSTRUCTOR = "student", "instructor"  # folders of the build
SOURCE, MANIFEST = f"nbgrader/source/{COURSE}", "manifest.json"
POINTS = 1  # of every exercise
TESTED = "# NBVAL_CHECK_OUTPUT\n"  # a line for tests, not for people
FOLDED, ASKED = "The solution comes next", "Your instructor has the solution"
STUB = "# Run this cell, then the next one: it checks your answer."
REGION = "### BEGIN SOLUTION\n{}\n### END SOLUTION"  # nbgrader puts the stub there
SHARE_WHY = (
    "## Share your progress, if you like\n\nYour instructor may want to know what was "
    "difficult. The lines below write `progress-to-share.json` from what you have "
    "tried and guessed, without your name unless you put it between the brackets. Look "
    "into the file, and hand it over only if you want to. To write it, take both `#` "
    "away and run the cell."
)
SHARE = "# from tlkit_course.workshop.share import share\n# share()"
CONFIG = f'''"""nbgrader's settings: type its commands in this folder.

The first is `nbgrader generate_assignment {COURSE}`.
"""

import os

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "{COURSE}"
# The learner's own: handed over by choice, not with an assignment.
c.CourseDirectory.ignore.extend(["progress*.json"])
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
        help="some of 00 to 12 (default: all, and the app)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Build, and print what is where."""
    files = contents(arguments.notebooks)
    put(arguments.out, files)
    points = json.loads(files[MANIFEST])["points"]
    print(
        f"{arguments.out} holds {len(files)} files, {len(points)} exercises, "
        f"{sum(points.values())} points:\n  student/, student.zip        without "
        "solutions and outputs; checks stop until the answer is right\n  instructor/, "
        "instructor.zip  with solutions, outputs and speaker's notes\n  "
        "nbgrader/                    a course folder: go there and type `nbgrader "
        f"generate_assignment {COURSE}`\n  {MANIFEST}                version, points, "
        "and the SHA-256 of every file"
    )


def contents(numbers: list[str] | None = None) -> dict[str, bytes]:
    """Everything that a build holds.

    Args:
        numbers: of the notebooks, "00" to "12"; None for all, and the app.

    Returns:
        path in the build -> content, the manifest last.

    Raises:
        FileNotFoundError: tlkit does not run from a checkout, which holds the masters.
        ValueError: no such notebook, or notes that do not fit it.
    """
    made = copies.made_from_masters()
    masters(numbers)  # raises if one of them is not there
    beside = {name: text for name, text in made.items() if not name.endswith(".ipynb")}
    files = _beside_notebooks(beside)
    files["nbgrader/nbgrader_config.py"] = CONFIG
    exercises: list[str] = []
    for name in made:
        if name in beside or (numbers and name[:2] not in numbers):
            continue
        master = nbformat.read(copies.ROOT / "notebooks" / name, 4)
        solved = solutions(master)
        exercises += solved
        stubs = dict.fromkeys(solved, STUB)
        files[f"{STUDENT}/{name}"] = _text(for_student(made[name], stubs))
        if solved:
            regions = {key: REGION.format(code) for key, code in solved.items()}
            files[f"{SOURCE}/{name}"] = _text(for_student(made[name], regions))
        files[f"{INSTRUCTOR}/{name}"] = _text(for_instructor(master, name[:2]))
    return _packed({name: files[name].encode() for name in sorted(files)}, exercises)


def _beside_notebooks(beside: dict[str, str]) -> dict[str, str]:
    """What lies beside the notebooks in each folder of the build.

    A folder in which someone learns also gets the mark of learners' copies: progress is
    kept there, and ``tlkit lab`` replaces nothing, because the register is empty.
    """
    files = {f"{INSTRUCTOR}/{name}": text for name, text in beside.items()}
    learning = beside | {record.REGISTER: "{}\n"}
    for folder in (STUDENT, SOURCE):
        files |= {f"{folder}/{name}": text for name, text in learning.items()}
    return files


def _text(notebook: NotebookNode) -> str:
    """A notebook as text, validated."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def check_of(source: str) -> Any:
    """The ``course.check(…)`` that a cell ends with, as a syntax tree; None if none."""
    for last in ast.parse(source).body[-1:]:
        call = last.value if isinstance(last, ast.Expr) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "course.check":
            return call
    return None


def _exercise(call: ast.Call) -> str:
    """The name of the exercise that a check is about."""
    return ast.literal_eval(call.args[0])


def _asked(call: ast.Call) -> set[str]:
    """The names that hold the answer which a check judges."""
    return {node.id for node in ast.walk(call.args[1]) if isinstance(node, ast.Name)}


def _bound(source: str) -> set[str]:
    """The names to which code gives a value, functions that it defines among them."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return found


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
    """Add nbgrader's metadata to a cell, as its own editor writes them.

    Args:
        cell: changed in place.
        name: for nbgrader.
        grade: True for the cell of a check, which cannot be changed; False for the cell
            of an answer, which cannot be removed.
    """
    kind: dict[str, Any] = {
        "solution": not grade,
        "grade": grade,
        "locked": grade,
        "task": False,
    }
    if grade:
        kind |= {"points": POINTS}
        cell.metadata["editable"] = False
    cell.metadata["nbgrader"] = {"schema_version": 3, "grade_id": name} | kind
    cell.metadata["deletable"] = False


def for_student(copy: str, beneath: dict[str, str]) -> NotebookNode:
    """A learner's copy as a student gets it.

    It holds no solutions, and each exercise in two cells that nbgrader knows.

    Args:
        copy: the text of a notebook, as ``tlkit.commands.copies`` makes it.
        beneath: exercise -> what stands in its first cell, beneath what the learner
            changes.
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
        notebook.cells.append(new_markdown_cell(SHARE_WHY, id="share-why"))
        notebook.cells.append(new_code_cell(SHARE, id="share"))
    return notebook


def _in_two(
    cell: NotebookNode, before: list[NotebookNode], beneath: dict[str, str]
) -> NotebookNode:
    """Part an exercise's cell into that of the answer and that of the check.

    Args:
        cell: ends with a check.
        before: the cells above it. The answer's cell is added at the end; where the
            answer is given further up, that cell is marked.
        beneath: as for ``for_student``.

    Returns:
        the cell of the check.
    """
    call = check_of(cell.source)
    answer = _above(cell.source, call)
    judged = ast.get_source_segment(cell.source, call)
    # Printed, because nbgrader takes a value for a number of points.
    required = f"print({judged}.required())"
    if _asked(call) & _bound(answer):
        before.append(new_code_cell(answer, id=cell.id, metadata=cell.metadata))
    else:
        required = f"{answer}\n{required}"
    place = _cell_that_answers(call, before)
    place.source += f"\n\n{beneath[_exercise(call)]}"
    name = re.sub(r"[^\w-]", "-", _exercise(call), flags=re.ASCII)
    graded = new_code_cell(required, id=name)
    _mark(place, f"{name}-answer", grade=False)
    _mark(graded, name, grade=True)
    return graded


def _cell_that_answers(call: ast.Call, cells: list[NotebookNode]) -> NotebookNode:
    """The last cell that gives a value to what a check judges."""
    for cell in reversed(cells):
        if cell.cell_type == "code" and _asked(call) & _bound(cell.source):
            return cell
    raise AssertionError(f"no cell answers {ast.unparse(call)}")


def for_instructor(master: NotebookNode, number: str) -> NotebookNode:
    """A master with the speaker's notes, where the course has some; it is changed.

    Args:
        master: the notebook.
        number: of it, "00" to "12".

    Raises:
        ValueError: the notes have other sections than the notebook.
    """
    for cell in master.cells:
        cell.source = cell.source.removeprefix(TESTED)
    try:
        said = notes(number)
    except FileNotFoundError:
        return master
    spoken = _by_cell(master, number, said["section"])
    title, *rest = master.cells
    cells = [title, _note(f"{number}-first", _opening(said))]
    cells += _spoken_after(title, spoken)
    for cell in rest:
        cells += [cell, *_spoken_after(cell, spoken)]
    master.cells = [*cells, _note(f"{number}-last", _closing(said))]
    return master


def _by_cell(master: NotebookNode, number: str, sections: list) -> dict[str, list[str]]:
    """Id of a cell -> the notes on the sections that begin in it. Raises ValueError."""
    places = [(cell.id, title) for cell in master.cells for title in _headings(cell)]
    headings = [title for _, title in places]
    if headings != [section["heading"] for section in sections]:
        raise ValueError(
            f"notes/{number}.toml: expected a section for each heading of the "
            f"notebook, in order: {'; '.join(headings)}"
        )
    spoken: dict[str, list[str]] = {}
    for (cell_id, _), section in zip(places, sections, strict=True):
        spoken.setdefault(cell_id, []).append(_section(section))
    return spoken


def _spoken_after(
    cell: NotebookNode, spoken: dict[str, list[str]]
) -> list[NotebookNode]:
    """The cells of notes that follow a cell."""
    texts = spoken.get(cell.id, ())
    return [_note(f"{cell.id}-{n}", text) for n, text in enumerate(texts)]


def _headings(cell: NotebookNode) -> list[str]:
    """The ``##`` headings of a cell, outside fenced code."""
    if cell.cell_type != "markdown":
        return []
    text = re.sub(r"(?ms)^```.*?^```", "", cell.source)
    return re.findall(r"(?m)^## +(.+?)\s*$", text)


def _note(name: str, text: str) -> NotebookNode:
    """A cell of notes, quoted; its id is made of the name."""
    quoted = textwrap.indent(text, "> ", lambda line: True)
    return new_markdown_cell(
        quoted, id=f"note-{name}"[:64], metadata={"tags": ["instructor"]}
    )


def _section(section: dict[str, Any]) -> str:
    """The notes on a section."""
    minutes = section["minutes"]
    unit = "minute" if minutes == 1 else "minutes"
    return (
        f"**For the instructor: {minutes} {unit}.** {CUT[section['cut']].capitalize()}."
        f"\n\n{section['say'].strip()}"
    )


def _opening(said: dict[str, Any]) -> str:
    """The notes at the top of a notebook."""
    minutes = sum(section["minutes"] for section in said["section"])
    parts = [
        f"**For the instructor: {minutes} minutes in all.**",
        f"**Goal.** {said['goal'].strip()}",
        f"**On the board.** {said['board'].strip()}",
    ]
    for trouble in said.get("trouble", ()):
        parts.append(f"**If this happens:** {trouble['what']}\n\n{trouble['say']}")
    return "\n\n".join(parts)


def _closing(said: dict[str, Any]) -> str:
    """The notes at the end of a notebook."""
    parts = ["**For the instructor: at the end.**"]
    for pair in said.get("discussion", ()):
        parts.append(f"**To discuss:** {pair['question']}\n\n{pair['answer']}")
    predictions = said.get("predictions", {})
    if predictions:
        guesses = [f"- {name}: {option}" for name, option in predictions.items()]
        parts.append("\n".join(["**What the measurements said:**\n", *guesses]))
    return "\n\n".join(parts)


def _packed(files: dict[str, bytes], exercises: list[str]) -> dict[str, bytes]:
    """The files, a zip of each of the two folders that are handed out, the manifest."""
    for folder in (STUDENT, INSTRUCTOR):
        inside = {
            name: content
            for name, content in files.items()
            if name.startswith(f"{folder}/")
        }
        files[f"{folder}.zip"] = _zip(inside)
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
    """Hash of the checkout, with "-dirty" behind it if files were changed.

    None where there is no git.
    """
    if not (copies.ROOT / ".git").exists():
        return None
    describe = ["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    command = ["git", "-C", str(copies.ROOT), *describe]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return ran.stdout.strip()


def put(folder: Path, files: dict[str, bytes]) -> None:
    """Write a whole build or nothing.

    Only a former build in which nobody has worked is replaced.

    Args:
        folder: where.
        files: as from ``contents``.

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
    """Raise FileExistsError if a folder holds anything that no build put there."""
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
            f"{folder} is not a former build, and stays as it is: name another with "
            "--out"
        ) from None
    del found[MANIFEST]
    for name, path in sorted(found.items()):
        if sha256(path.read_bytes()) != made.get(name):
            raise FileExistsError(
                f"{folder} holds work that no build has put there, {name}: move it "
                "away, or name another folder with --out"
            )
