"""The claims of each notebook, derived again from fresh draws.

    python tests/ci/fresh_claims.py [NN …] [--draws 10] [--whole] [--keep FOLDER]

A claim that holds for the seeds in the notebook may hold for them alone. So each
notebook is executed with other scenes, labels, test pictures, first weights and
shuffling (tests/ci/fresh), up to the cell tagged main-claim. Stored results that the
main claim reads are made again first. The shipped backbones stay: what would come out
with another source training is not asked.

It prints in how many draws each claim of that cell held, and keeps the counts in
tests/ci/fresh/claims.json, which docs/course.md shows. Exit status 1 if a claim held in
fewer than nine of ten draws: then its sentence says too much. Run before a release.

With --whole the notebooks are executed to their ends, and all claims are counted. Those
of other cells are printed, not kept: some of them read stored results that no draw
makes again, and are the same each time. With --keep a later call goes on where this one
ended.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import nbclient
import nbformat

ROOT = Path(__file__).parents[2]
FRESH = Path(__file__).parent / "fresh"
KEPT = FRESH / "claims.json"
CLAIM = "application/x-tlkit-claim+json"  # tests/ci/fresh/recorder.py
ENOUGH = 0.9  # of the draws
RESULTS = {  # notebook -> the stored results that its main claim reads
    "01": ("01_pairs",),
    "02": ("02_map",),
    "05": ("05_traps",),
    "06": ("06_prices",),
    "08": ("08_dial",),
}
NUMBER = re.compile(r"-?\d+\.\d+( \[-?\d+\.\d+, -?\d+\.\d+\])?|-?\d+(?= |$|,|:|;)")


class Claim(NamedTuple):
    """One claim of one draw: where it stands, what it says, whether it is so."""

    cell: str
    place: int  # in its cell, from 0
    sentence: str
    holds: bool


def notebooks(asked: list[str]) -> list[Path]:
    """Those that have a main claim, or the ones that were asked for by number."""
    every = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    return [path for path in every if not asked or path.name[:2] in asked]


def main_claim(notebook) -> nbformat.NotebookNode:
    """The cell that is tagged main-claim."""
    (cell,) = (
        cell for cell in notebook.cells if "main-claim" in cell.metadata.get("tags", ())
    )
    return cell


def digest(source: str) -> str:
    """Tells whether a cell still is the one whose claims were counted."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def kept() -> dict[str, dict]:
    """What earlier calls have counted: number of a notebook -> its main claims.

    Each entry has ``cell``, the digest of the cell's source; ``draws``; and ``claims``,
    a list of dicts with ``claim``, the sentence, and ``held``, in how many draws.
    """
    return json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}


def prepare(folder: Path, draw: int) -> dict[str, str]:
    """Copy the notebooks and their results; returns the environment of a fresh draw."""
    if not (folder / "notebooks").exists():
        shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(FRESH), os.environ.get("PYTHONPATH", "")]),
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


def claims_of_draw(path: Path, folder: Path, draw: int, whole: bool) -> list[Claim]:
    """What a notebook claims in one fresh draw; read from the folder, if it is there.

    Raises:
        RuntimeError: a cell failed.
    """
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    file = folder / f"{path.name[:2]}{'-whole' * whole}-{digest(code)}.json"
    if file.exists():
        return [Claim(*found) for found in json.loads(file.read_text("utf-8"))]
    folder.mkdir(parents=True, exist_ok=True)
    environment = prepare(folder, draw)
    for result in RESULTS.get(path.name[:2], ()):
        make_again(result, folder, environment)
    notebook = nbformat.read(path, as_version=4)
    if not whole:
        end = notebook.cells.index(main_claim(notebook)) + 1
        notebook.cells = notebook.cells[:end]
    notebook.cells.insert(0, nbformat.v4.new_code_cell("import recorder"))
    client = nbclient.NotebookClient(
        notebook,
        timeout=1800,
        allow_errors=True,
        resources={"metadata": {"path": folder / "notebooks"}},
    )
    client.execute(env=environment)
    found = list(claimed(path, notebook))
    file.write_text(json.dumps(found), "utf-8")
    return found


def claimed(path: Path, notebook) -> Iterator[Claim]:
    """The claims in the outputs of an executed notebook.

    Raises:
        RuntimeError: a cell failed. An exercise that nobody has solved is no failure.
    """
    for cell in notebook.cells:
        place = 0
        for output in cell.get("outputs", ()):
            if output.output_type == "error" and output.ename != "NotYet":
                raise RuntimeError(
                    f"{path.name}, cell {cell.id}: {output.ename}: {output.evalue}"
                )
            said = output.get("data", {}).get(CLAIM)
            if said:
                yield Claim(cell.id, place, said["sentence"], said["holds"])
                place += 1


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("notebooks", nargs="*", help="numbers, such as 00 07 (default: all)")
    add("--draws", type=int, default=10)
    add("--whole", action="store_true", help="count every claim")
    add("--keep", type=Path, help="a folder for the copies; a later call goes on there")
    return parser.parse_args()


def count(draws: list[list[Claim]]) -> dict[tuple[str, int], tuple[str, int]]:
    """Cell and place of each claim -> its sentence without numbers, how often it held.

    A claim that was not reached in a draw did not hold there.
    """
    held: dict[tuple[str, int], tuple[str, int]] = {}
    for claim in (claim for draw in draws for claim in draw):
        sentence, so_far = held.get(claim[:2], (NUMBER.sub("…", claim.sentence), 0))
        held[claim[:2]] = sentence, so_far + claim.holds
    return held


def keep(number: str, cell, n_draws: int, held) -> None:
    """Write the counts of one notebook's main claims into claims.json."""
    known = kept()
    known[number] = {
        "cell": digest(cell.source),
        "draws": n_draws,
        "claims": [
            {"claim": sentence, "held": times}
            for (where, _), (sentence, times) in held.items()
            if where == cell.id
        ],
    }
    text = json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False)
    KEPT.write_text(f"{text}\n", "utf-8")


def main() -> int:
    """Exit status 1 if a main claim holds in fewer than nine of ten draws."""
    asked = arguments()
    too_few = 0
    with TemporaryDirectory() as temporary:
        place = (asked.keep or Path(temporary)).resolve()
        for path in notebooks(asked.notebooks):
            number = path.name[:2]
            cell = main_claim(nbformat.read(path, as_version=4))
            draws = [
                claims_of_draw(path, place / str(draw), draw, asked.whole)
                for draw in range(1, asked.draws + 1)
            ]
            held = count(draws)
            for (where, which), (sentence, times) in held.items():
                main = where == cell.id
                too_few += main and times < ENOUGH * asked.draws
                mark = "main" if main else where
                print(
                    f"{number}  {times:2} of {asked.draws}  {mark:16} {sentence}",
                    flush=True,
                )
                for claim in (claim for draw in draws for claim in draw):
                    if claim[:2] == (where, which) and not claim.holds:
                        print(f"{'':12}not so: {claim.sentence}", flush=True)
            keep(number, cell, asked.draws, held)
    return int(too_few > 0)


if __name__ == "__main__":
    sys.exit(main())
