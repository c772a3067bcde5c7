"""Learners' copies of the notebooks: nothing given away, and nothing that a learner did is ever overwritten.

The masters in ``notebooks/`` are committed with outputs and solutions, so that they read on GitHub. A copy has no
outputs, and each solution is folded away, one click from sight. ``python -m tlkit lab`` makes the copies, brings
those up to date that nobody has worked in, and opens the first one.
"""

import hashlib
import json
import os
from contextlib import suppress
from itertools import count
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor, Preprocessor

REGISTER = ".tlkit-copies.json"  # marks a folder of learners' copies
ROOT = Path(__file__).parents[2]
FIRST = "00_start_here.ipynb"
FOLDED = "<details><summary>Solution</summary>\n\n```python\n{}\n```\n\n</details>"
NOTE = "> **A newer version of `{0}`**, which you have worked in, so that it stays as it is. Go on in the one you like."


class FoldSolutions(Preprocessor):
    """Turns code cells tagged ``solution`` into folded text, which "Run all" does not run."""

    def preprocess_cell(self, cell, resources, index):
        """One cell; ``index`` is its place in the notebook."""
        if cell.cell_type == "code":
            cell.source = cell.source.removeprefix(
                "# NBVAL_CHECK_OUTPUT\n"
            )  # a line for tests, not for learners
            if "solution" in cell.metadata.get("tags", ()):
                cell = nbformat.v4.new_markdown_cell(
                    FOLDED.format(cell.source), id=cell.id, metadata=cell.metadata
                )
        return cell, resources


def learners_copy(master: nbformat.NotebookNode, first: str = "") -> str:
    """The text of a notebook without outputs, execution counts and widgets' state, its solutions folded.

    Args:
        master: the notebook; it is changed.
        first: code of a cell to put on top; none if empty.
    """
    clear = ClearOutputPreprocessor(
        remove_metadata_fields={"collapsed", "scrolled", "execution"}
    )
    copy, _ = FoldSolutions().preprocess(*clear.preprocess(master, {}))
    copy.metadata.pop("widgets", None)
    if first:
        copy.cells.insert(0, nbformat.v4.new_code_cell(first, id="set-up"))
    return nbformat.writes(copy) + "\n"


def made_from_masters(first: str = "") -> dict[str, str]:
    """Name -> text of everything that belongs into a folder of copies."""
    masters = ROOT / "notebooks"
    if not (masters / FIRST).is_file():
        why = "they are in the project's repository, not in the installed package"
        raise FileNotFoundError(
            f"no notebooks in {masters}: {why}. Clone it, and type `make lab` there"
        )
    made = {
        path.name: learners_copy(nbformat.read(path, 4), first)
        for path in sorted(masters.glob("*.ipynb"))
    }
    beside = sorted([*masters.glob("*.md"), *masters.glob("results/*.json")])
    return made | {
        path.relative_to(masters).as_posix(): path.read_text("utf-8") for path in beside
    }


def _fingerprint(text: str) -> str:
    """Of what a learner writes and runs: sources and outputs. Whatever else JupyterLab saves does not count."""
    with suppress(ValueError, TypeError, KeyError):  # not a notebook: all of it counts
        cells = json.loads(text)["cells"]
        text = json.dumps(
            [(cell["cell_type"], cell["source"], cell.get("outputs")) for cell in cells]
        )
    return hashlib.sha256(text.encode()).hexdigest()


def _on_disk(path: Path) -> str | None:
    return _fingerprint(path.read_text("utf-8", "replace")) if path.is_file() else None


def _write(path: Path, text: str) -> str:
    """Write a whole file or nothing; returns its fingerprint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.unfinished")
    half.write_text(text, "utf-8", newline="\n")
    os.replace(half, path)
    return _fingerprint(text)


def _write_beside(folder: Path, name: str, text: str, known: dict[str, str]) -> str:
    """Put a newer version beside a file that stays, under a name where nothing is lost; returns that name."""
    names = (
        str(Path(name).with_suffix(f".new{n if n > 1 else ''}{Path(name).suffix}"))
        for n in count(1)
    )
    beside = next(
        other for other in names if _on_disk(folder / other) in (None, known.get(other))
    )
    if name.endswith(".ipynb"):
        copy = nbformat.reads(text, 4)
        copy.cells.insert(
            0, nbformat.v4.new_markdown_cell(NOTE.format(name), id="newer-version")
        )
        text = nbformat.writes(copy) + "\n"
    known[beside] = _write(folder / beside, text)
    return beside


def refresh(folder: Path, first: str = "") -> list[str]:
    """Make the copies, or bring them up to date; returns sentences about what was done.

    A copy is replaced only while it is as it was made. Where a learner has written or run anything, nothing is
    touched; when its master changes, the newer version comes beside it, as ``00_start_here.new.ipynb``.

    Args:
        folder: where the copies are; ``.tlkit-copies.json`` in it keeps the fingerprints of what was made.
        first: code of a cell to put on top of each notebook; none if empty.

    Raises:
        FileNotFoundError: tlkit does not run from a checkout, which holds the masters.
    """
    register, said, written = folder / REGISTER, [], 0
    try:
        known = dict(json.loads(register.read_text("utf-8")))
    except (
        OSError,
        ValueError,
        TypeError,
    ):  # none yet, or damaged: whatever is there counts as the learner's own
        known = {}
    for name, text in made_from_masters(first).items():
        newest, here = _fingerprint(text), _on_disk(folder / name)
        if here in (None, known.get(name)) and here != newest:
            _write(folder / name, text)
            written += 1
        elif newest not in (here, known.get(name)):
            beside = _write_beside(folder, name, text, known)
            said.append(
                f"You have worked in {name}: it stays as it is. Its newer version is beside it, {beside}."
            )
        known[name] = newest
    _write(register, json.dumps(known, indent=1) + "\n")
    return [
        f"Your notebooks are in {folder} ({written} files new or brought up to date).",
        *said,
    ]


def open_lab(folder: Path, *options: str) -> None:
    """Open the first notebook of a folder in JupyterLab; ends when JupyterLab does."""
    from jupyterlab.labapp import main

    os.environ.pop("MPLBACKEND", None)  # figures of notebooks go into notebooks
    settings = (
        ROOT / "tlkit" / "assets" / "lab"
    )  # widgets are saved with a notebook; no question about news
    main(
        [
            str(folder / FIRST),
            "--allow-root",
            f"--LabApp.app_settings_dir={settings}",
            *options,
        ]
    )
