"""A cell that is run in a new kernel gets a sentence that says what to do."""

import runpy
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from tlkit.commands import copies

STARTUP = copies.ROOT / "tlkit" / "assets" / "lab" / "startup.py"


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """A function that runs cells in a new kernel and gives the last one's error."""
    monkeypatch.setenv("PYTHONSTARTUP", str(STARTUP))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))

    def run(*cells: str):
        made = [nbformat.v4.new_code_cell(cell) for cell in cells]
        notebook = nbformat.v4.new_notebook(cells=made)
        NotebookClient(notebook, allow_errors=True, kernel_name="python3").execute()
        (error,) = notebook.cells[-1].outputs
        assert error.output_type == "error"
        return "\n".join(error.traceback)

    return run


def test_in_a_new_kernel_one_sentence_says_what_to_do(shown):
    said = shown("task = tk.load_task('digits')")
    assert said.startswith("✗ This kernel is new and does not know 'tk'")
    assert "Run All Above Selected Cell" in said and len(said.splitlines()) == 1


def test_a_name_that_a_cell_above_makes_is_explained_below_the_traceback(shown):
    said = shown("tk = course = None", "print(digits)")
    assert "NameError" in said and "print(digits)" in said
    assert "If a cell above makes 'digits', run that cell first" in said


def test_a_name_that_is_missing_in_a_library_is_left_to_its_traceback(shown):
    library = "class lib: f = eval('lambda: missing', {})"
    said = shown(library, "lib.f()")
    assert "NameError" in said and "Run All Above" not in said


def test_other_errors_stay_as_they_are(shown):
    said = shown("1 / 0")
    assert "ZeroDivisionError" in said and "Run All Above" not in said


def test_the_startup_leaves_nothing_in_the_notebook(shown):
    said = shown(
        "raise ValueError([n for n in dir() if 'explain' in n or 'tell' in n])"
    )
    assert said.endswith(": []")


def test_a_kernel_without_the_kit_starts_and_says_so_in_a_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tlkit.machine.restarted", None)
    runpy.run_path(str(STARTUP))
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("tlkit: this kernel has no module 'tlkit.machine.restarted'")
    assert "choose the kernel" in line
