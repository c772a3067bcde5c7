"""Workshop notebooks: nothing given away to students, nothing lost, and nbgrader can
grade what they do.
"""

import ast
import builtins
import contextlib
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
import tlkit_course as course
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from tlkit_course import record, workshop
from tlkit_course.checks import STANDS_BELOW, NotYet, exercises
from tlkit_course.workshop import build
from tlkit_course.workshop.__main__ import main

import tlkit as tk
from tlkit.commands import copies

sys.path.insert(0, str(Path(__file__).parent / "ci"))
import student_stops

MASTERS = sorted((copies.ROOT / "notebooks").glob("[0-9]*.ipynb"))
EXERCISES = {
    name: exercise
    for path in MASTERS
    for name, exercise in exercises(path.name[:2]).items()
}
ANSWERS = [import_module(f"answers.n{path.name[:2]}") for path in MASTERS]
RIGHT = {name: right for module in ANSWERS for name, right in module.RIGHT.items()}
WRONG = [row for module in ANSWERS for row in module.WRONG]
every_notebook = pytest.mark.parametrize("name", [path.name for path in MASTERS])


@pytest.fixture(scope="module")
def built():
    """Path -> content of everything, made once."""
    return build.contents()


def read(built, path):
    return nbformat.reads(built[path].decode(), 4)


def mark(cell):
    return cell.metadata.get("nbgrader", {})


def tags(cell):
    return cell.metadata.get("tags", [])


def checks(built):
    """Exercise -> the cells that check it, in all students' notebooks."""
    found = {}
    for path in MASTERS:
        for cell in read(built, f"student/{path.name}").cells:
            if mark(cell).get("grade"):
                found.setdefault(exercise_of(cell), []).append(cell)
    return found


def exercise_of(cell):
    return re.search(r'course\.check\("([^"]+)"', cell.source)[1]


# --- what students get


@every_notebook
def test_a_students_notebook_has_no_outputs_no_solutions_and_all_hints(built, name):
    master, student = (
        nbformat.read(copies.ROOT / "notebooks" / name, 4),
        read(built, f"student/{name}"),
    )
    nbformat.validate(student)
    text = "\n".join(cell.source for cell in student.cells)
    for cell in student.cells:
        assert "solution" not in tags(cell)
        assert cell.cell_type == "markdown" or (
            cell.outputs == [] and cell.execution_count is None
        )
    for solution in (cell for cell in master.cells if "solution" in tags(cell)):
        line = max(
            set(solution.source.splitlines()) - set(given(master)), key=len
        )  # its own longest line
        assert line not in text.splitlines() and "<summary>Solution" not in text
    assert text.count("<summary>Hint") == sum(
        cell.source.count("<summary>Hint") for cell in master.cells
    )
    assert (
        "The solution comes next" not in text
        and "NBVAL" not in text
        and "widgets" not in student.metadata
    )


def given(master):
    """The lines that a learner is given outside solutions."""
    return [
        line
        for cell in master.cells
        if "solution" not in tags(cell)
        for line in cell.source.splitlines()
    ]


def lines(cells):
    """The stream of a notebook's lines, each with the kind of its cell; blank lines and
    cell borders do not count.
    """
    return [
        (cell.cell_type, line)
        for cell in cells
        for line in cell.source.splitlines()
        if line.strip()
    ]


def restored(student, master):
    """The cells of a student's notebook with the master's solutions put back after
    their hints, all marks undone.
    """
    solved, cells = [cell for cell in master.cells if "solution" in tags(cell)], []
    for cell in student.cells:
        if cell.id in ("share-why", "share"):
            continue
        source = cell.source.replace(
            "Your instructor has the solution", "The solution comes next"
        )
        source = source.removesuffix(f"\n\n{build.STUB}")
        source = re.sub(
            r"^print\((course\.check\(.*\))\.required\(\)\)$", r"\1", source, flags=re.M
        )
        cells.append(type(cell)(cell | {"source": source}))
        if "The solution comes next" in source:
            cells.append(solved.pop(0))
    assert not solved
    return cells


@every_notebook
def test_with_the_solutions_put_back_it_is_the_master_line_by_line(built, name):
    master = nbformat.read(copies.ROOT / "notebooks" / name, 4)
    for cell in master.cells:
        cell.source = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n")
    assert lines(restored(read(built, f"student/{name}"), master)) == lines(
        master.cells
    )


def test_each_exercise_is_graded_in_exactly_one_cell_and_answered_above_it(built):
    found = checks(built)
    assert {name: len(cells) for name, cells in found.items()} == dict.fromkeys(
        EXERCISES, 1
    )
    assert json.loads(built["manifest.json"])["points"] == dict.fromkeys(EXERCISES, 1)
    for path in MASTERS:
        marked = [
            cell for cell in read(built, f"student/{path.name}").cells if mark(cell)
        ]
        for answer, check in zip(marked[::2], marked[1::2], strict=True):
            assert mark(check)["grade_id"] == exercise_of(check).replace(" ", "-")
            assert mark(answer)["grade_id"] == f"{mark(check)['grade_id']}-answer"
            assert (
                not ast.parse(answer.source).body[-1:]
                or "course.check(" not in answer.source
            )
            (call,) = calls(check)
            assert asked(call) & names_set_in(answer.source), (
                "the answer is given in the cell that is marked for it"
            )


def calls(cell):
    nodes = ast.walk(ast.parse(cell.source))
    return [
        node
        for node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "course.check"
    ]


def asked(call):
    return {node.id for node in ast.walk(call.args[1]) if isinstance(node, ast.Name)}


def names_set_in(source):
    """The names that a cell sets at its top level."""
    body = ast.parse(source).body
    targets = [
        target
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
    ]
    return {target.id for target in targets} | {
        node.name for node in body if isinstance(node, ast.FunctionDef)
    }


FLAGS = {"schema_version": 3, "task": False}
KINDS = {
    True: FLAGS | {"solution": False, "grade": True, "locked": True, "points": 1},
    False: FLAGS | {"solution": True, "grade": False, "locked": False},
}


@every_notebook
@pytest.mark.parametrize("folder", ["student", "nbgrader/source/tlkit"])
def test_nbgraders_marks_are_valid(built, folder, name):
    notebook, ids = read(built, f"{folder}/{name}"), []
    for cell in (cell for cell in notebook.cells if mark(cell)):
        said = dict(mark(cell))
        ids.append(said.pop("grade_id"))
        assert (
            re.fullmatch(r"[a-zA-Z0-9_\-]+", ids[-1])
            and said == KINDS[said["grade"]]
            and cell.cell_type == "code"
        )
        assert (
            cell.metadata.deletable is False
            and cell.metadata.get("editable", True) is not said["grade"]
        )
    assert len(ids) == len(set(ids)) == 2 * len(exercises(name[:2]))


@every_notebook
def test_nbgraders_own_validator_agrees(built, name):
    validator = pytest.importorskip("nbgrader.nbgraderformat").MetadataValidator()
    validator.validate_nb(read(built, f"student/{name}"))
    validator.validate_nb(read(built, f"nbgrader/source/tlkit/{name}"))


@every_notebook
def test_nbgraders_source_has_the_solutions_where_the_students_stubs_will_be(
    built, name
):
    master = nbformat.read(copies.ROOT / "notebooks" / name, 4)
    solved = {
        calls(cell)[0].args[0].value: cell.source
        for cell in master.cells
        if "solution" in tags(cell)
    }
    student, source = (
        read(built, f"{folder}/{name}")
        for folder in ("student", "nbgrader/source/tlkit")
    )
    for i, cell in enumerate(source.cells):
        if mark(cell).get("solution"):
            after = next(c for c in source.cells[i:] if mark(c).get("grade"))
            region = re.search(
                r"(?ms)^### BEGIN SOLUTION\n(.*)\n### END SOLUTION$", cell.source
            )
            cell.source = cell.source.replace(region[0], build.STUB)
            whole = solved[exercise_of(after)].removeprefix("# NBVAL_CHECK_OUTPUT\n")
            assert whole.startswith(region[1]) and re.fullmatch(
                r"\s*course\.check\(.*\)", whole.removeprefix(region[1])
            )
    assert source == student


# --- what its checks say


def say(cell, answer):
    """Run a student's check on an answer; returns what is printed. Raises what it
    raises.
    """
    (call,) = calls(cell)
    names = dict.fromkeys(asked(call), answer)
    for given, number in zip(call.args[2:], RIGHT[exercise_of(cell)][1], strict=True):
        names[given.id] = number
    judged = cell.source.splitlines()[-1]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(judged, {"course": course} | names)
    return said.getvalue()


@pytest.mark.parametrize("name", EXERCISES)
def test_the_right_answer_passes_quietly(built, name, capfd):
    assert (
        say(checks(built)[name][0], RIGHT[name][0])
        == f"✓ {EXERCISES[name].praised(RIGHT[name][0], *RIGHT[name][1])}\n"
    )
    assert capfd.readouterr().err == "", "nbgrader takes a word on stderr for a failure"


@pytest.mark.parametrize("name", EXERCISES)
def test_each_named_wrong_answer_stops_with_its_misconception(built, name, monkeypatch):
    (cell,) = checks(built)[name]
    for tries, (_, answer, words) in enumerate(row for row in WRONG if row[0] == name):
        monkeypatch.setattr(record, "UNKEPT", {name: tries})
        with pytest.raises(NotYet) as stopped:
            say(cell, answer)
        (shown,) = stopped.value._render_traceback_()
        assert words in shown or words in EXERCISES[name].hint
        assert shown.startswith("✗ ") and not shown.endswith(STANDS_BELOW)
        assert ("Hint: " in shown) == (tries > 0)


# --- a student runs all cells


def test_a_students_notebook_stops_at_its_first_exercise_with_one_sentence(
    built, tmp_path
):
    """Really run, with notebook 04, whose first exercise comes early;
    tests/ci/student_stops.py runs every one.
    """
    (path,) = (path for path in MASTERS if path.name.startswith("04"))
    build.put(
        tmp_path / "built",
        {name: text for name, text in built.items() if name.startswith("student/")},
    )
    said = student_stops.stop(tmp_path / "built" / "student" / path.name)
    assert said == f"✗ Not answered yet. Expected {EXERCISES['04 step'].expects}."


def test_the_check_of_the_stops_fails_when_it_should(tmp_path):
    def write(*sources):
        cells = [
            new_code_cell(source, metadata={"nbgrader": {"grade": "check" in source}})
            for source in sources
        ]
        nbformat.write(new_notebook(cells=cells), tmp_path / "a.ipynb")
        return tmp_path / "a.ipynb"

    with pytest.raises(AssertionError, match="stopped before its first exercise"):
        student_stops.stop(write("1 / 0", "# check"))
    with pytest.raises(AssertionError, match="ran to its end"):
        student_stops.stop(write("answer = 1", "answer  # check"))


# --- what an instructor gets


NOTES = {
    "goal": "To win.",
    "board": "Two boxes.",
    "section": [
        {"heading": "First", "minutes": 5, "cut": 0, "say": "Say this.\n\nAnd that."},
        {"heading": "Second", "minutes": 7, "cut": 3, "say": "Wait for hands."},
    ],
    "discussion": [{"question": "Why?", "answer": "Because."}],
    "trouble": [{"what": "It hangs.", "say": "Restart it."}],
    "predictions": {"00 scratch": "about 10"},
}


@every_notebook
def test_an_instructors_notebook_is_the_master_with_its_outputs_and_notes_between(
    built, name
):
    master, shown = (
        nbformat.read(copies.ROOT / "notebooks" / name, 4),
        read(built, f"instructor/{name}"),
    )
    for cell in master.cells:
        cell.source = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n")
    assert [
        cell for cell in shown.cells if "instructor" not in tags(cell)
    ] == master.cells
    assert any(cell.get("outputs") for cell in shown.cells)


@every_notebook
def test_every_notebook_has_speakers_notes_in_the_instructors_copy(built, name):
    said = workshop.notes(name[:2])
    text = "\n".join(
        cell.source
        for cell in read(built, f"instructor/{name}").cells
        if "instructor" in tags(cell)
    )
    for section in said["section"]:
        assert f"{section['minutes']} minute" in text
    plain = re.sub(r"(?m)^> ?", "", text)
    for words in (
        said["goal"],
        said["board"],
        *(section["say"] for section in said["section"]),
    ):
        assert words.strip() in plain


@pytest.fixture
def masters(tmp_path, monkeypatch):
    """A small checkout: one notebook with two sections, one exercise and its solution;
    returns its notebooks/.
    """
    monkeypatch.setattr(copies, "ROOT", tmp_path / "kit")
    monkeypatch.setattr(build, "notes", lambda number: NOTES)
    folder = tmp_path / "kit" / "notebooks"
    folder.mkdir(parents=True)
    (folder / "glossary.md").write_text("### backbone\n")
    solved = new_code_cell(
        'five = 5\ncourse.check("00 five", five)',
        id="f",
        metadata={"tags": ["solution"]},
    )
    solved.outputs = [new_output("stream", text="✓ Five.")]
    cells = [
        new_markdown_cell("# Six", id="a"),
        new_markdown_cell("## First\n\n```\n## no heading\n```", id="b"),
        new_markdown_cell("## Second", id="c"),
        new_code_cell('five = ...  # a number\ncourse.check("00 five", five)', id="d"),
        new_markdown_cell(
            "<details><summary>Hint</summary>4 + 1</details>\n\nThe solution comes "
            "next.",
            id="e",
        ),
        solved,
    ]
    nbformat.write(new_notebook(cells=cells), folder / copies.FIRST)
    return folder


def test_notes_stand_where_they_are_needed(masters):
    shown = read(build.contents(), f"instructor/{copies.FIRST}")
    title, opening, first, one, second, two, *_, solution, closing = (
        cell.source for cell in shown.cells
    )
    assert title == "# Six" and first.startswith("## First") and second == "## Second"
    assert opening.startswith("> **For the instructor: 12 minutes in all.**")
    assert all(
        words in opening
        for words in ("To win.", "Two boxes.", "It hangs.", "Restart it.")
    )
    assert (
        one == "> **For the instructor: 5 minutes.** Never leave it out.\n> \n> Say "
        "this.\n> \n> And that."
    )
    assert two.startswith("> **For the instructor: 7 minutes.** Leave it out first.")
    assert "five = 5" in solution and all(
        word in closing for word in ("Why?", "Because.", "about 10")
    )


def test_notes_of_other_sections_than_the_notebooks_are_refused(masters, monkeypatch):
    monkeypatch.setattr(
        build, "notes", lambda number: NOTES | {"section": NOTES["section"][:1]}
    )
    with pytest.raises(
        ValueError,
        match="00.toml: expected a section for each heading of the notebook, in order: "
        "First; Second",
    ):
        build.contents()


def test_a_notebook_without_notes_is_the_master(masters, monkeypatch):
    def none(number):
        raise FileNotFoundError

    monkeypatch.setattr(build, "notes", none)
    shown = read(build.contents(), f"instructor/{copies.FIRST}")
    assert shown.cells == nbformat.read(masters / copies.FIRST, 4).cells


# --- the folder


def test_a_build_holds_what_notebooks_need_beside_them_and_keeps_progress(built):
    beside = {
        "glossary.md",
        *(
            f"results/{path.name}"
            for path in (copies.ROOT / "notebooks/results").glob("*.json")
        ),
    }
    numbered = {path.name for path in MASTERS}
    for folder, more in (
        ("student", {record.REGISTER, "teach_it_your_own.ipynb"}),
        ("instructor", {"teach_it_your_own.ipynb"}),
        ("nbgrader/source/tlkit", {record.REGISTER}),
    ):
        names = {
            name.removeprefix(f"{folder}/")
            for name in built
            if name.startswith(f"{folder}/")
        }
        assert names == beside | numbered | more, folder
    assert json.loads(built[f"student/{record.REGISTER}"]) == {}, (
        "`tlkit lab` must not replace what a student has"
    )


def test_the_zips_hold_the_folders_and_the_manifest_all_hashes(built):
    for folder in ("student", "instructor"):
        with zipfile.ZipFile(io.BytesIO(built[f"{folder}.zip"])) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == {
                name: content
                for name, content in built.items()
                if name.startswith(f"{folder}/")
            }
            assert {entry.date_time for entry in archive.infolist()} == {
                (1980, 1, 1, 0, 0, 0)
            }, "no times of day"
    said = json.loads(built["manifest.json"])
    assert said["files"] == {
        n: build.sha256(content) for n, content in built.items() if n != "manifest.json"
    }
    assert said["kit"] == f"tlkit {tk.__version__}"


def test_two_builds_are_equal_byte_for_byte(masters, tmp_path):
    for out in ("one", "two"):
        assert main(["build", "--out", str(tmp_path / out)]) == 0
    one, two = (
        {
            path.relative_to(tmp_path / out).as_posix(): path.read_bytes()
            for path in (tmp_path / out).rglob("*.*")
        }
        for out in ("one", "two")
    )
    assert one == two and len(one) > 8


def commit_all(folder):
    git = [
        "git",
        "-C",
        str(folder),
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "-c",
        "commit.gpgsign=no",
    ]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "."]):
        subprocess.run([*git, *words], check=True)


@pytest.mark.skipif(not shutil.which("git"), reason="no git here")
def test_the_manifest_names_the_commit_of_the_kit_and_of_nothing_else(
    masters, tmp_path
):
    def said():
        return json.loads(build.contents()["manifest.json"])["commit"]

    commit_all(tmp_path)  # somebody else's repository, into which the kit was unpacked
    assert said() is None
    commit_all(copies.ROOT)
    assert re.fullmatch("[0-9a-f]{40}", commit := said())
    (masters / "glossary.md").write_text("other")
    assert said() == f"{commit}-dirty"


def test_some_notebooks_can_be_chosen_and_an_unknown_one_is_named(
    built, capsys, tmp_path
):
    some = build.contents(["00", "03"])
    assert {Path(name).name[:2] for name in some if name.endswith(".ipynb")} == {
        "00",
        "03",
    }
    assert (
        some["student/03_cross_entropy.ipynb"]
        == built["student/03_cross_entropy.ipynb"]
    )
    assert (
        main(
            [
                "build",
                "--out",
                str(tmp_path / "a"),
                "--notebooks",
                "00",
                "99",
            ]
        )
        == 1
    )
    assert "there is no notebook 99; expected some of 00 01" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_outside_of_a_checkout_there_is_nothing_to_build_from(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(copies, "ROOT", tmp_path / "site-packages")
    assert main(["build", "--out", str(tmp_path / "a")]) == 1
    assert (
        "they are in the project's repository" in capsys.readouterr().err
        and not list(tmp_path.iterdir())
    )


def test_a_former_build_is_replaced_while_nobody_has_worked_in_it(
    masters, tmp_path, capsys
):
    out = tmp_path / "ö out"
    command = ["build", "--out", str(out)]
    assert main(command) == 0
    (masters / "glossary.md").write_text("### head\n")
    assert (
        main(command) == 0 and (out / "student/glossary.md").read_text() == "### head\n"
    )
    for name, text in (
        ("nbgrader/gradebook.db", "grades"),
        ("student/glossary.md", "mine"),
    ):
        (out / name).write_text(text)
        assert main(command) == 1 and (out / name).read_text() == text
        assert (
            f"holds work that no build has put there, {name}: move it away"
            in capsys.readouterr().err
        )
        (out / name).unlink()
    assert main(command) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"kit", out.name}


@pytest.mark.parametrize("there", ["a file", "{}", '{"files": 3}', '{"files": {}}'])
def test_a_folder_that_is_no_build_is_never_overwritten(
    masters, tmp_path, capsys, there
):
    (out := tmp_path / "out").mkdir()
    (out / ("manifest.json" if there.startswith("{") else "notes.txt")).write_text(
        there
    )
    (out / "thesis.txt").write_text("mine")
    assert main(["build", "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert (
        "is not a former build, and stays" in said
        or "holds work that no build has put there, thesis.txt" in said
    )
    assert (out / "thesis.txt").read_text() == "mine" and len(list(out.iterdir())) == 2


def test_an_empty_folder_is_used_and_a_file_is_not(masters, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["build", "--out", str(tmp_path / "empty")]) == 0
    (tmp_path / "file").write_text("mine")
    assert main(["build", "--out", str(tmp_path / "file")]) == 1
    assert (
        "is not a former build" in capsys.readouterr().err
        and (tmp_path / "file").read_text() == "mine"
    )


@pytest.mark.parametrize(
    "stop",
    [OSError("the disk is full"), KeyboardInterrupt()],
    ids=["full disk", "Ctrl-C"],
)
def test_a_build_that_is_cut_off_leaves_the_former_one_and_no_half(
    masters, tmp_path, monkeypatch, stop
):
    command = ["build", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    former = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.*")}
    (masters / "glossary.md").write_text("### head\n")
    write = Path.write_bytes

    def breaks(path, content):
        if path.name == "manifest.json":
            raise stop
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", breaks)
    assert main(command) in (1, 130)
    assert {
        path: path.read_bytes() for path in (tmp_path / "out").rglob("*.*")
    } == former
    assert {path.name for path in tmp_path.iterdir()} == {"kit", "out"}


# --- sharing, and nbgrader's settings


@every_notebook
def test_the_last_cell_shares_nothing_unless_the_learner_chooses(built, name):
    why, share = read(built, f"student/{name}").cells[-2:]
    assert not ast.parse(share.source).body, "nothing but comments"
    assert "progress-to-share.json" in why.source and "without your name" in why.source


def test_what_the_last_cell_offers_exists(built):
    chosen = re.sub(
        "(?m)^# ", "", read(built, f"student/{copies.FIRST}").cells[-1].source
    )
    first, call = chosen.splitlines()
    exec(first, names := {})
    assert call == "share()" and callable(names["share"])


def test_nbgraders_settings_name_no_place_and_their_stub_is_the_students(
    built, monkeypatch
):
    class Settings:
        def __getattr__(self, name):
            return self.__dict__.setdefault(name, Settings())

        def extend(self, more):
            self.added = more

    settings, text = Settings(), built["nbgrader/nbgrader_config.py"].decode()
    monkeypatch.setattr(builtins, "get_config", lambda: settings, raising=False)
    monkeypatch.setenv("TQDM_DISABLE", "")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    exec(text, {})
    assert (
        settings.CourseDirectory.course_id == "tlkit"
        and settings.CourseDirectory.ignore.added == ["progress*.json"]
    )
    assert (
        settings.ClearSolutions.code_stub == {"python": build.STUB}
        and "NotImplemented" not in text
    )
    assert settings.Execute.timeout >= 120
