"""Run all of every student's notebook: python tests/ci/student_stops.py [--whole] [NN…]

A student opens a notebook of the workshop and runs all cells, without an answer. Each
notebook must run to the check of its first exercise, stop there, and show one friendly
sentence and no traceback. Of the cells before it, those that the exercise needs are run
(all of them are the master's, line by line, as tests/test_workshop_build.py sees to,
and the masters are run by make test). With --whole every one is run, in 200 seconds of
processor time instead of 75. Two notebooks run at a time. Exit status 1 if one does not
stop as it should.
"""

import ast
import os
import sys
import time
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
from tempfile import TemporaryDirectory

import nbclient
import nbformat
from tlkit_course.workshop import build

LONGEST_FIRST = (
    *("00", "06", "10", "12", "05", "07", "09"),
    *("03", "08", "01", "02", "04", "11"),
)


def stop(path: Path, whole: bool = True) -> str:
    """The sentence at which a student's notebook stops.

    Raises:
        AssertionError: it stops elsewhere, or nowhere.
    """
    notebook = nbformat.read(path, 4)
    if not whole:
        notebook.cells = needed(notebook.cells)
    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": path.parent}}
    )
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as error:
        seen = str(error)
    else:
        raise AssertionError(f"{path.name} ran to its end, though nothing was answered")
    first = next(cell for cell in notebook.cells if is_check(cell))
    failed = [output for output in first.outputs if output.output_type == "error"]
    assert failed, f"{path.name} stopped before its first exercise: {seen}"
    (output,) = failed
    (shown,) = output.traceback
    assert (
        output.ename == "NotYet" and shown == f"✗ {output.evalue}" and len(shown) > 20
    ), shown
    assert "solution stands below" not in shown, shown
    return shown


def is_check(cell) -> bool:
    """Whether nbgrader grades a cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def needed(cells: list) -> list:
    """The first check, all that comes after it, and the cells that it depends on."""
    at = next(i for i, cell in enumerate(cells) if is_check(cell))
    kept, wanted = cells[at:], names(cells[at])[1]
    for cell in reversed(cells[:at]):
        bound, used = names(cell)
        if bound & wanted:
            kept, wanted = [cell, *kept], wanted | used
    return kept


def names(cell) -> tuple[set[str], set[str]]:
    """The names that a cell gives a value to, by importing too, and those it uses."""
    bound, used = set(), set()
    for node in ast.walk(ast.parse(cell.source if cell.cell_type == "code" else "")):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
    return bound, used


def main(*words: str) -> int:
    """Exit status 0 if every notebook stops as it should."""
    numbers = [word for word in words if word != "--whole"]
    os.environ.update(TQDM_DISABLE="1", TLKIT_STATIC="1")
    with TemporaryDirectory() as folder:
        build.put(Path(folder) / "built", build.contents(numbers or None))
        paths = {
            path.name[:2]: path
            for path in (Path(folder) / "built" / build.STUDENT).glob("[0-9]*.ipynb")
        }
        assert set(numbers or LONGEST_FIRST) == set(paths)
        ordered = [paths[number] for number in LONGEST_FIRST if number in paths]
        report_one = partial(report, whole="--whole" in words)
        with ThreadPool(2) as pool:
            found = pool.map(report_one, ordered, chunksize=1)
    return not all(found)


def report(path: Path, whole: bool) -> bool:
    """Whether one notebook stops as it should; says how."""
    started = time.perf_counter()
    try:
        said = stop(path, whole)
    except AssertionError as error:
        print(f"{path.name}: NOT AS IT SHOULD BE: {error}", flush=True)
        return False
    print(
        f"{path.name}: {time.perf_counter() - started:.0f} s, then {said}", flush=True
    )
    return True


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
