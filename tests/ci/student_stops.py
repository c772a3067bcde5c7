"""Run all of every student's notebook: python tests/ci/student_stops.py [NN…]

A student opens a notebook of the workshop and runs all cells, without an answer. Each notebook must run to the check of
its first exercise, stop there, and show one friendly sentence and no traceback. Two notebooks run at a time. Exit
status 1 if one does not stop as it should.
"""

import os
import sys
import time
from multiprocessing.pool import ThreadPool
from pathlib import Path
from tempfile import TemporaryDirectory

import nbclient
import nbformat

from tlkit_course.workshop import build

LONGEST_FIRST = ("00", "06", "10", "05", "07", "09", "03", "08", "01", "02", "04")


def stop(path: Path) -> str:
    """The sentence at which a student's notebook stops. Raises AssertionError if it stops elsewhere, or nowhere."""
    notebook = nbformat.read(path, 4)
    client = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": path.parent}})
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as error:
        seen = str(error)
    else:
        raise AssertionError(f"{path.name} ran to its end, though nothing was answered")
    first = next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade"))
    failed = [output for output in first.outputs if output.output_type == "error"]
    assert failed, f"{path.name} stopped before its first exercise: {seen}"
    (output,) = failed
    (shown,) = output.traceback
    assert output.ename == "NotYet" and shown == f"✗ {output.evalue}" and len(shown) > 20, shown
    assert "solution stands below" not in shown, shown
    return shown


def main(*numbers: str) -> int:
    """Exit status 0 if every notebook stops as it should."""
    os.environ.update(TQDM_DISABLE="1", TLKIT_STATIC="1")
    with TemporaryDirectory() as folder:
        build.put(Path(folder) / "built", build.contents(list(numbers) or None))
        paths = {path.name[:2]: path for path in (Path(folder) / "built" / build.STUDENT).glob("[0-9]*.ipynb")}
        assert set(numbers or LONGEST_FIRST) == set(paths)
        with ThreadPool(2) as pool:
            found = pool.map(report, [paths[number] for number in LONGEST_FIRST if number in paths], chunksize=1)
    return not all(found)


def report(path: Path) -> bool:
    """Whether one notebook stops as it should; says how."""
    started = time.perf_counter()
    try:
        said = stop(path)
    except AssertionError as error:
        print(f"{path.name}: NOT AS IT SHOULD BE: {error}", flush=True)
        return False
    print(f"{path.name}: {time.perf_counter() - started:.0f} s, then {said}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
