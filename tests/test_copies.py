"""A learner's copy gives nothing away, and what a learner did in it is never lost."""

import ast
import json
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from tlkit_course import record

from tlkit.commands import cli, copies

TESTED = "# NBVAL_CHECK_OUTPUT\n"  # a line for tests, which no copy has
MASTERS = sorted((copies.ROOT / "notebooks").glob("*.ipynb"))
NAME = copies.FIRST


@pytest.fixture
def masters(tmp_path, monkeypatch):
    """A small checkout: one notebook with an output, a stored result and a glossary.

    Returns its notebooks/.
    """
    monkeypatch.setattr(copies, "ROOT", tmp_path / "kit")
    folder = tmp_path / "kit" / "notebooks"
    (folder / "results").mkdir(parents=True)
    (folder / "results" / "00_labels.json").write_text('{"accuracy": 1}')
    (folder / "results" / "make_00_labels.py").write_text("")
    (folder / "glossary.md").write_text("### backbone\n")
    write_master(folder, "2 * 3")
    return folder


def write_master(folder, source, solution="answer = 6"):
    ran = new_code_cell(
        source,
        id="a",
        execution_count=1,
        metadata={"execution": {"iopub.status.idle": "now"}},
    )
    ran.outputs = [new_output("execute_result", {"text/plain": "6"}, execution_count=1)]
    solved = new_code_cell(
        solution,
        id="b",
        metadata={"tags": ["solution"]},
        outputs=[new_output("stream", text="✓")],
    )
    notebook = new_notebook(
        cells=[new_markdown_cell("# Six", id="c"), ran, solved],
        metadata={"widgets": {"state": {}}},
    )
    nbformat.write(notebook, folder / NAME)


def change(file, index=1, **fields):
    """What a learner does in JupyterLab, saved."""
    notebook = nbformat.read(file, 4)
    notebook.cells[index].update(fields)
    nbformat.write(notebook, file)
    return file.read_text("utf-8")


def unfold(cell):
    """The source of a folded solution."""
    return re.fullmatch(
        r"<details><summary>Solution</summary>\n\n```python\n(.*)\n```\n\n</details>",
        cell.source,
        re.S,
    )[1]


@pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.name)
def test_a_copy_of_every_master_gives_nothing_away_and_folds_every_solution(path):
    master = nbformat.read(path, 4)
    copy = nbformat.reads(copies.learners_copy(nbformat.read(path, 4)), 4)
    nbformat.validate(copy)
    assert "widgets" not in copy.metadata and len(copy.cells) == len(master.cells)
    solutions = 0
    for was, now in zip(master.cells, copy.cells, strict=True):
        assert (
            now.id == was.id
            and "outputs" not in now.metadata
            and "execution" not in now.metadata
        )
        if "solution" in was.metadata.get("tags", ()):
            solutions += 1
            assert now.cell_type == "markdown" and "```" not in was.source
            assert unfold(now) == was.source.removeprefix(TESTED)
            assert now.source.startswith("<details><summary>") and now.source.endswith(
                "</details>"
            )
        else:
            assert now.source == was.source.removeprefix(TESTED)
            assert now.cell_type == "markdown" or (
                now.outputs == [] and now.execution_count is None
            )
    assert solutions >= 1 or not path.name[:2].isdigit()  # the app has no exercises


@pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.name)
def test_nothing_that_only_a_solution_defines_is_needed_later(path):
    cells = nbformat.read(path, 4).cells
    before, only = set(), set()
    for cell in (cell for cell in cells if cell.cell_type == "code"):
        names = list(ast.walk(ast.parse(cell.source)))
        stored = {
            n.id
            for n in names
            if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
        }
        stored |= {
            n.name for n in names if isinstance(n, ast.FunctionDef | ast.ClassDef)
        }
        for node in names:
            if isinstance(node, ast.Import | ast.ImportFrom):
                imported = [alias.asname or alias.name for alias in node.names]
                stored |= {name.split(".")[0] for name in imported}
        if "solution" in cell.metadata.get("tags", ()):
            only |= stored - before
        else:
            used = {
                n.id
                for n in names
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
            }
            assert not (needed := used & only - stored), (
                f"a learner who has not solved it has no {needed}"
            )
            before, only = before | stored, only - stored


def test_the_first_call_makes_everything_and_the_second_nothing(masters, tmp_path):
    folder = tmp_path / "mine"
    assert copies.refresh(folder)[0].endswith("(3 files new or brought up to date).")
    made = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert made == {NAME, "glossary.md", "results/00_labels.json", record.REGISTER}
    assert copies.refresh(folder) == [
        f"Your notebooks are in {folder} (0 files new or brought up to date)."
    ]


def test_an_untouched_copy_follows_its_master(masters, tmp_path):
    copies.refresh(tmp_path)
    change(
        tmp_path / NAME, metadata={"trusted": True}
    )  # opening and closing is no work
    write_master(masters, "2 * 3  # newer")
    (masters / "results" / "00_labels.json").write_text('{"accuracy": 2}')
    assert copies.refresh(tmp_path)[0].endswith("(2 files new or brought up to date).")
    assert (
        "newer" in (tmp_path / NAME).read_text()
        and '"accuracy": 2' in (tmp_path / "results/00_labels.json").read_text()
    )
    assert not list(tmp_path.glob("*.new*"))


WORK = {
    "an edit": {"source": "mine"},
    "a run": {"outputs": [new_output("stream", text="mine")]},
}


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_work_is_kept_and_a_newer_master_comes_beside_it_once(masters, tmp_path, work):
    copies.refresh(tmp_path)
    mine, beside = change(tmp_path / NAME, **work), tmp_path / "00_start_here.new.ipynb"
    assert (
        len(copies.refresh(tmp_path)) == 1 and not beside.exists()
    )  # nothing is newer
    write_master(masters, "2 * 3  # newer")
    (sentence,) = copies.refresh(tmp_path)[1:]
    assert NAME in sentence and beside.name in sentence
    assert (tmp_path / NAME).read_text("utf-8") == mine
    newer = nbformat.read(beside, 4)
    nbformat.validate(newer)
    assert (
        f"newer version of `{NAME}`" in newer.cells[0].source
        and "newer" in newer.cells[2].source
    )
    beside.unlink()
    assert (
        len(copies.refresh(tmp_path)) == 1 and not beside.exists()
    )  # it was told once
    assert (tmp_path / NAME).read_text("utf-8") == mine


def test_work_in_the_newer_version_is_kept_too(masters, tmp_path):
    copies.refresh(tmp_path)
    kept = {NAME: change(tmp_path / NAME, source="mine")}
    for turn, name in enumerate(
        ("00_start_here.new.ipynb", "00_start_here.new2.ipynb")
    ):
        write_master(masters, f"2 * 3  # newer {turn}")
        copies.refresh(tmp_path)
        kept[name] = change(tmp_path / name, source=f"mine {turn}")
    write_master(masters, "2 * 3  # newest")
    copies.refresh(tmp_path)
    assert {name: (tmp_path / name).read_text("utf-8") for name in kept} == kept
    assert "newest" in (tmp_path / "00_start_here.new3.ipynb").read_text()


def test_a_newer_version_that_nobody_touched_makes_room_for_the_newest(
    masters, tmp_path
):
    copies.refresh(tmp_path)
    change(tmp_path / NAME, source="mine")
    for turn in range(3):
        write_master(masters, f"2 * 3  # newer {turn}")
        copies.refresh(tmp_path)
    assert [path.name for path in tmp_path.glob("*.new*")] == [
        "00_start_here.new.ipynb"
    ]
    assert "newer 2" in (tmp_path / "00_start_here.new.ipynb").read_text()


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00", '{"cells": 3}'])
def test_a_notebook_that_cannot_be_read_is_kept_as_well(masters, tmp_path, text):
    copies.refresh(tmp_path)
    (tmp_path / NAME).write_text(text)
    write_master(masters, "2 * 3  # newer")
    copies.refresh(tmp_path)
    assert (tmp_path / NAME).read_text() == text and (
        tmp_path / "00_start_here.new.ipynb"
    ).exists()


@pytest.mark.parametrize("damaged", [None, "", "{", "[]", "3"])
def test_without_its_register_everything_counts_as_the_learners(
    masters, tmp_path, damaged
):
    copies.refresh(tmp_path)
    mine = change(tmp_path / NAME, source="mine")
    (tmp_path / record.REGISTER).unlink() if damaged is None else (
        tmp_path / record.REGISTER
    ).write_text(damaged)
    copies.refresh(tmp_path)
    assert (tmp_path / NAME).read_text("utf-8") == mine
    assert set(json.loads((tmp_path / record.REGISTER).read_text())) >= {
        NAME,
        "glossary.md",
    }


def test_a_deleted_copy_is_made_anew(masters, tmp_path):
    copies.refresh(tmp_path)
    change(tmp_path / NAME, source="mine")
    (tmp_path / NAME).unlink()
    copies.refresh(tmp_path)
    assert "2 * 3" in (tmp_path / NAME).read_text()


def test_a_write_that_is_cut_short_leaves_the_old_file(masters, tmp_path, monkeypatch):
    copies.refresh(tmp_path)
    before = (tmp_path / NAME).read_text()
    write_master(masters, "2 * 3  # newer")

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(copies.os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        copies.refresh(tmp_path)
    assert (tmp_path / NAME).read_text() == before


def test_outside_a_checkout_it_is_said_where_the_notebooks_are(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(copies, "ROOT", tmp_path)
    assert cli.main(["lab", "--to", str(tmp_path / "mine"), "--copy-only"]) == 1
    said = capsys.readouterr().err
    assert (
        "not in the installed package. Clone it, and type `make lab` there" in said
        and not list(tmp_path.iterdir())
    )


def test_lab_opens_the_first_copy_with_figures_in_the_notebook(
    masters, tmp_path, monkeypatch
):
    started = []
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("PYTHONSTARTUP", "")
    monkeypatch.delenv("PYTHONSTARTUP")
    monkeypatch.setattr(
        "jupyterlab.labapp.main",
        lambda words: started.append((words, "MPLBACKEND" in copies.os.environ)),
    )
    assert cli.main(["lab", "--to", str(tmp_path / "mine"), "--no-browser"]) == 0
    ((words, agg),) = started
    assert (
        words[0] == str(tmp_path / "mine" / NAME)
        and "--no-browser" in words
        and not agg
    )
    startup = copies.ROOT / "tlkit" / "assets" / "lab" / "startup.py"
    assert copies.os.environ["PYTHONSTARTUP"] == str(startup)
    assert (
        cli.main(["lab", "--to", str(tmp_path / "mine"), "--copy-only"]) == 0
        and len(started) == 1
    )


def test_copies_for_colab_begin_with_its_set_up(masters, tmp_path):
    assets = copies.ROOT / "tlkit" / "assets"
    assets.mkdir(parents=True)
    (assets / "colab_cell.py").write_text("import sys  # set up\n")
    assert (
        cli.main(["lab", "--to", str(tmp_path / "mine"), "--copy-only", "--colab"]) == 0
    )
    cells = nbformat.read(tmp_path / "mine" / NAME, 4).cells
    assert cells[0].source == "import sys  # set up" and cells[1].source == "# Six"
