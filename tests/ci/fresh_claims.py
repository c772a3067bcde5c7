"""The main claim of each notebook, derived again from fresh draws.

    python tests/ci/fresh_claims.py [NN …] [--draws 5] [--whole] [--keep FOLDER]

A claim that holds for the seeds in the notebook may hold for them alone. So each
notebook is executed with other scenes, labels, test pictures, first weights and
shuffling (tests/ci/fresh), up to the cell tagged main-claim, on one core. Stored
results that the claim reads are made again first. The shipped backbones stay: what
would come out with another source training is not asked.

It prints in how many draws each main claim held. Exit status 1 if one held in fewer
than nine of ten: then its sentence says too much. With --whole the notebooks are
executed to their ends, and every claim is counted. Run before a release; the whole of
it takes some hours on 2 cores.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import nbclient
import nbformat

ROOT = Path(__file__).parents[2]
ENOUGH = 0.9  # of the draws
RESULTS = {  # notebook -> the stored results that its main claim reads
    "01": ("01_pairs",),
    "02": ("02_map",),
    "05": ("05_traps",),
    "06": ("06_prices",),
    "08": ("08_dial",),
}
FAILED = re.compile(r"ClaimFailed: not so in this run: (.*)", re.DOTALL)


def notebooks(asked: list[str]) -> list[Path]:
    """Those that have a main claim, or the ones that were asked for by number."""
    every = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    return [path for path in every if not asked or path.name[:2] in asked]


def prepare(folder: Path, draw: int) -> dict[str, str]:
    """Copy the notebooks and their results; returns the environment of a fresh draw."""
    if not (folder / "notebooks").exists():
        shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    here = str(Path(__file__).parent / "fresh")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]),
        "TLKIT_FRESH": str(draw),
        "TLKIT_CACHE": str(folder / "cache"),
        "KERAS_HOME": str(folder / "keras"),
        "TLKIT_STATIC": "1",
        "TQDM_DISABLE": "1",
    }


def make_again(result: str, folder: Path, environment: dict[str, str]) -> None:
    """Make a stored result from fresh draws, unless this folder has it already."""
    done = folder / f"{result}.done"
    if not done.exists():
        maker = folder / "notebooks" / "results" / f"make_{result}.py"
        subprocess.run(
            [sys.executable, maker],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        done.touch()


def execute(path: Path, environment: dict[str, str], whole: bool) -> dict[str, str]:
    """Cell id -> what failed there, of the claims that do not hold.

    Raises:
        RuntimeError: a cell failed with anything but a claim.
    """
    notebook = nbformat.read(path, as_version=4)
    if not whole:
        main = main_claim(notebook)
        notebook.cells = notebook.cells[: notebook.cells.index(main) + 1]
    client = nbclient.NotebookClient(
        notebook,
        timeout=1800,
        allow_errors=True,
        resources={"metadata": {"path": path.parent}},
    )
    client.execute(env=environment)
    failures = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type != "error" or output.ename == "NotYet":
                continue
            said = FAILED.search(f"{output.ename}: {output.evalue}")
            if not said:
                raise RuntimeError(
                    f"{path.name}, cell {cell.id}: {output.ename}: {output.evalue}"
                )
            failures[cell.id] = said[1].strip()
    return failures


def main_claim(notebook) -> nbformat.NotebookNode:
    """The cell that is tagged main-claim."""
    (cell,) = (
        cell for cell in notebook.cells if "main-claim" in cell.metadata.get("tags", ())
    )
    return cell


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("notebooks", nargs="*", help="numbers, such as 00 07 (default: all)")
    add("--draws", type=int, default=5)
    add("--whole", action="store_true", help="count every claim")
    add("--keep", type=Path, help="a folder for the copies; a later call goes on there")
    return parser.parse_args()


def main() -> int:
    """Exit status 1 if a main claim holds in fewer than nine of ten draws."""
    asked = arguments()
    too_few = 0
    with TemporaryDirectory() as temporary:
        place = (asked.keep or Path(temporary)).resolve()
        for path in notebooks(asked.notebooks):
            number = path.name[:2]
            main_id = main_claim(nbformat.read(path, as_version=4)).id
            failed: dict[str, list[str]] = defaultdict(list)
            for draw in range(1, asked.draws + 1):
                folder = place / str(draw)
                folder.mkdir(parents=True, exist_ok=True)
                environment = prepare(folder, draw)
                for result in RESULTS.get(number, ()):
                    make_again(result, folder, environment)
                copy = folder / "notebooks" / path.name
                shutil.copy(path, copy)
                for cell, said in execute(copy, environment, asked.whole).items():
                    failed[cell].append(said)
            held = asked.draws - len(failed[main_id])
            too_few += held < ENOUGH * asked.draws
            print(f"{number}: main claim held in {held} of {asked.draws}", flush=True)
            for cell, sentences in failed.items():
                for sentence in sentences:
                    mark = "main claim" if cell == main_id else f"cell {cell}"
                    print(f"    not so, {mark}: {sentence}", flush=True)
    return int(too_few > 0)


if __name__ == "__main__":
    sys.exit(main())
