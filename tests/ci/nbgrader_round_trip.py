"""nbgrader, from the build to the feedback: python tests/ci/nbgrader_round_trip.py

Needs nbgrader beside the learners' packages, on PYTHONPATH, and its commands on PATH.
First, what it releases from the whole course must be what the build has made for
students. Then three students, with nbgrader's own commands and nothing of the course
folder changed: release, fetch, submit, collect, autograde, feedback. One has solved
everything, one has made mistakes that the checks name, one has changed nothing. Exit
status 1 if a point or a sentence is not so.
"""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbgrader.api import Gradebook
from tlkit_course.checks import check, exercises
from tlkit_course.workshop import build

from tlkit.commands import copies

NUMBER, NOTEBOOK = "07", "07_evaluate_honestly"  # the fastest to grade
MISTAKES = {
    "07 pictures": (200, 0.961),
    "07 real": {
        "A": ("not shown", "none"),
        "B": ("not shown", -0.020),
        "C": ("not shown", "none"),
        "D": ("shown", 0.008),
    },
}
POINTS = {  # of the exercises of the notebook, in their order
    "ada": [1, 1, 1, 1],
    "ben": [1, 0, 0, 0],  # the first is right, two are mistaken, one is left as it was
    "cleo": [0, 0, 0, 0],
}
CHECKS = [exercise.replace(" ", "-") for exercise in exercises(NUMBER)]
EXCHANGING = (
    "release_assignment",
    "fetch_assignment",
    "submit",
    "collect",
    "release_feedback",
)


def nbgrader(folder: Path, *words: str) -> None:
    """One command of nbgrader's.

    Stops everything if it fails, or is in doubt about points.
    """
    command = [sys.executable, "-m", "nbgrader", *words]
    if words[0] in EXCHANGING:
        command.append(f"--Exchange.root={os.environ['EXCHANGE']}")
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode or "partial credit" in done.stdout:
        raise SystemExit(f"nbgrader {' '.join(words)} failed:\n{done.stdout}")
    print(f"nbgrader {' '.join(words)}", flush=True)


def released_is_what_students_get(work: Path) -> list[str]:
    """Generate the whole course.

    Returns:
        what differs from the build's own notebooks for students.
    """
    build.put(work / "all", build.contents())
    nbgrader(work / "all" / "nbgrader", "generate_assignment", build.COURSE)
    wrong, released = [], work / "all" / "nbgrader" / "release" / build.COURSE
    for path in sorted((work / "all" / build.STUDENT).rglob("*")):
        twin = released / path.relative_to(work / "all" / build.STUDENT)
        nothing_to_grade = path.name == "teach_it_your_own.ipynb"
        if path.is_dir() or nothing_to_grade:
            continue
        if not twin.is_file() or without_checksums(twin) != without_checksums(path):
            wrong.append(f"{path.name} is released otherwise than the build makes it")
    return wrong


def without_checksums(path: Path):
    """A notebook without the two fields that nbgrader adds to its own metadata.

    Any other file as it is.
    """
    if path.suffix != ".ipynb":
        return path.read_bytes()
    notebook = json.loads(path.read_text("utf-8"))
    for cell in notebook["cells"]:
        for added in ("checksum", "cell_type"):
            cell["metadata"].get("nbgrader", {}).pop(added, None)
    return notebook


def answer(notebook: Path, answers: dict[str, str]) -> None:
    """Write answers, exercise -> code, beneath what stands in their cells."""
    read, left = nbformat.read(notebook, 4), dict(answers)
    for cell in read.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        for exercise in list(left):
            if name == f"{exercise.replace(' ', '-')}-answer":
                cell.source += f"\n{left.pop(exercise)}"
    assert not left, f"no cell for {left}"
    nbformat.write(read, notebook)


def submit_as_three(work: Path) -> None:
    """Each student fetches, answers, and submits.

    The one who changes nothing hands in the build's own notebook.
    """
    master = nbformat.read(copies.ROOT / "notebooks" / f"{NOTEBOOK}.ipynb", 4)
    solved = build.solutions(master)
    for student in POINTS:
        home = work / student
        home.mkdir()
        nbgrader(home, "fetch_assignment", build.COURSE, f"--course={build.COURSE}")
        notebook = home / build.COURSE / f"{NOTEBOOK}.ipynb"
        if student == "ada":
            answer(notebook, solved)
        elif student == "ben":
            mistakes = {
                exercise: f"answer = {wrong!r}" for exercise, wrong in MISTAKES.items()
            }
            answer(notebook, {"07 paired": solved["07 paired"]} | mistakes)
        else:
            shutil.copy(work / "one" / build.STUDENT / f"{NOTEBOOK}.ipynb", notebook)
        (home / build.COURSE / "progress.json").write_text('{"guesses": {}}')
        nbgrader(
            home,
            "submit",
            build.COURSE,
            f"--course={build.COURSE}",
            f"--student={student}",
        )


def graded(course: Path) -> list[str]:
    """What is not as it should be.

    Points, sentences of the feedback, the learners' own files.
    """
    wrong = []
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        for student, expected in POINTS.items():
            submitted = book.find_submission_notebook(NOTEBOOK, build.COURSE, student)
            found = {
                grade.name: (grade.auto_score, grade.max_score_gradecell)
                for grade in submitted.grades
            }
            points = [(point, 1) for point in expected]
            if found != dict(zip(CHECKS, points, strict=True)):
                wrong.append(f"{student}: expected {expected}, got {found}")
    sentences = [
        f"✗ {check(exercise, mistake).message}"
        for exercise, mistake in MISTAKES.items()
    ]
    for student in POINTS:
        folder = course / "feedback" / student / build.COURSE
        page = text_of(folder / f"{NOTEBOOK}.html")
        for sentence in sentences:
            if student == "ben" and sentence not in page:
                wrong.append(f"{student}: the feedback lacks {sentence!r}")
            if student != "ben" and sentence in page:
                wrong.append(f"{student}: the feedback holds {sentence!r}")
        if ("✗ Not answered yet." in page) != (student == "cleo"):
            wrong.append(f"{student}: the feedback on what was not answered")
        if list((course / "submitted" / student).rglob("progress*")):
            wrong.append(f"{student}: progress.json was collected with the assignment")
    return wrong


def text_of(page: Path) -> str:
    """The words of a page."""
    without_tags = re.sub(r"<[^>]+>", "", page.read_text("utf-8"))
    return " ".join(html.unescape(without_tags).split())


def main() -> int:
    """Exit status 0 if everything is as it should be."""
    with TemporaryDirectory() as folder:
        work = Path(folder)
        # Nothing of the person who runs this is used.
        for name in ("EXCHANGE", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
            (work / name).mkdir()
            os.environ[name] = str(work / name)
        wrong = released_is_what_students_get(work)
        build.put(work / "one", build.contents([NUMBER]))
        course = work / "one" / "nbgrader"
        nbgrader(course, "generate_assignment", build.COURSE)
        nbgrader(course, "release_assignment", build.COURSE)
        submit_as_three(work)
        for step in ("collect", "autograde", "generate_feedback", "release_feedback"):
            nbgrader(course, step, build.COURSE)
        wrong += graded(course)
    print(
        *(wrong or ["released, collected, graded and answered as it should be"]),
        sep="\n",
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
