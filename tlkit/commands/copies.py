"""Learners' copies of the notebooks: solutions are hidden, and work never overwritten.

The masters in ``notebooks/`` are committed with outputs and solutions, so that people
can read them on GitHub. A copy has no outputs, and each solution is hidden until a
click opens it. ``python -m tlkit lab`` makes the copies, updates those in which nobody
has worked, and opens the first one.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor, Preprocessor

from ..machine.places import REGISTER
from ..machine.whole import whole_file

ROOT = Path(__file__).parents[2]
FIRST = "00_start_here.ipynb"
FOLDED = "<details><summary>Solution</summary>\n\n```python\n{}\n```\n\n</details>"
NOTE = (
    "> **This is a newer version of `{0}`.** You have worked in that file, so it was "
    "not changed. Go on in the one you prefer."
)
TESTED = "# NBVAL_CHECK_OUTPUT\n"  # a line for tests, not for learners


class FoldSolutions(Preprocessor):
    """Turns code cells tagged ``solution`` into folded text, which "Run all" skips."""

    def preprocess_cell(self, cell, resources, index):
        """One cell; ``index`` is its place in the notebook."""
        if cell.cell_type != "code":
            return cell, resources
        cell.source = cell.source.removeprefix(TESTED)
        if "solution" in cell.metadata.get("tags", ()):
            cell = nbformat.v4.new_markdown_cell(
                FOLDED.format(cell.source), id=cell.id, metadata=cell.metadata
            )
        return cell, resources


def learners_copy(master: nbformat.NotebookNode, first: str = "") -> str:
    """The text of a notebook without outputs, execution counts and widgets' state, its
    solutions folded.

    Args:
        master: the notebook; it is changed.
        first: code of a cell to put on top; none if empty.
    """
    fields = {"collapsed", "scrolled", "execution"}
    clear = ClearOutputPreprocessor(remove_metadata_fields=fields)
    cleared, resources = clear.preprocess(master, {})
    copy, _ = FoldSolutions().preprocess(cleared, resources)
    copy.metadata.pop("widgets", None)
    if first:
        copy.cells.insert(0, nbformat.v4.new_code_cell(first, id="set-up"))
    return nbformat.writes(copy) + "\n"


def made_from_masters(first: str = "") -> dict[str, str]:
    """Name -> text of every file in a folder of copies.

    Args:
        first: as in ``learners_copy``.

    Raises:
        FileNotFoundError: tlkit does not run from a checkout, which holds the masters.
    """
    masters = ROOT / "notebooks"
    if not (masters / FIRST).is_file():
        raise FileNotFoundError(
            f"no notebooks in {masters}: they are in the project's repository, not in "
            "the installed package. Clone it, and type `make lab` there"
        )
    made = {}
    for path in sorted(masters.glob("*.ipynb")):
        made[path.name] = learners_copy(nbformat.read(path, 4), first)
    for path in sorted([*masters.glob("*.md"), *masters.glob("results/*.json")]):
        made[path.relative_to(masters).as_posix()] = path.read_text("utf-8")
    return made


def refresh(folder: Path, first: str = "") -> list[str]:
    """Make the copies, or bring them up to date.

    A copy is replaced only if nobody has changed it. A copy in which a learner has
    written or run anything is not touched; when its master changes, the newer version
    is put beside it, as ``00_start_here.new.ipynb``.

    Args:
        folder: where the copies are; ``.tlkit-copies.json`` in it keeps the
            fingerprints of what was made.
        first: code of a cell to put on top of each notebook; none if empty.

    Returns:
        Sentences about what was done.

    Raises:
        FileNotFoundError: tlkit does not run from a checkout, which holds the masters.
    """
    register = folder / REGISTER
    known = _known(register)
    written = 0
    said = []
    for name, text in made_from_masters(first).items():
        newest, here = _fingerprint(text), _on_disk(folder / name)
        untouched = here in (None, known.get(name))
        is_new = newest != known.get(name)
        if untouched and here != newest:
            _write(folder / name, text)
            written += 1
        elif not untouched and here != newest and is_new:
            beside = _write_beside(folder, name, text, known)
            said.append(
                f"You have worked in {name}: it stays as it is. "
                f"Its newer version is beside it, {beside}."
            )
        known[name] = newest
    _write(register, json.dumps(known, indent=1) + "\n")
    done = f"({written} files new or brought up to date)"
    return [f"Your notebooks are in {folder} {done}.", *said]


def open_lab(folder: Path, *options: str) -> None:
    """Open the first notebook of a folder in JupyterLab; ends when JupyterLab does."""
    from jupyterlab.labapp import main

    os.environ.pop("MPLBACKEND", None)  # figures of notebooks go into notebooks
    # Widgets are saved with a notebook; no question about news
    settings = ROOT / "tlkit" / "assets" / "lab"
    # A cell that is run before those above it gets a sentence of what to do.
    os.environ.setdefault("PYTHONSTARTUP", str(settings / "startup.py"))
    first = str(folder / FIRST)
    main([first, "--allow-root", f"--LabApp.app_settings_dir={settings}", *options])


def _known(register: Path) -> dict[str, str]:
    """Name -> fingerprint of what was made.

    Empty if there is no register yet, or a damaged one: then every file counts as the
    learner's own.
    """
    try:
        return dict(json.loads(register.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _fingerprint(text: str) -> str:
    """Of what a learner writes and runs: sources and outputs.

    What else JupyterLab saves does not count. Of a text that is no notebook, all does.
    """
    with suppress(ValueError, TypeError, KeyError):
        cells = json.loads(text)["cells"]
        parts = [(c["cell_type"], c["source"], c.get("outputs")) for c in cells]
        text = json.dumps(parts)
    return hashlib.sha256(text.encode()).hexdigest()


def _on_disk(path: Path) -> str | None:
    """Fingerprint of a file; None if it is not there."""
    return _fingerprint(path.read_text("utf-8", "replace")) if path.is_file() else None


def _write(path: Path, text: str) -> str:
    """Write a whole file or nothing; returns its fingerprint."""
    with whole_file(path) as unfinished:
        unfinished.write_text(text, "utf-8", newline="\n")
    return _fingerprint(text)


def _write_beside(folder: Path, name: str, text: str, known: dict[str, str]) -> str:
    """Put a newer version beside a file that stays; returns its name.

    Args:
        folder: of the copies.
        name: of the file that stays.
        text: the newer version.
        known: name -> fingerprint of what was made; the new name is put in.
    """
    for beside in _names_beside(name):
        if _on_disk(folder / beside) in (None, known.get(beside)):
            break  # nothing is lost there
    if name.endswith(".ipynb"):
        copy = nbformat.reads(text, 4)
        note = nbformat.v4.new_markdown_cell(NOTE.format(name), id="newer-version")
        copy.cells.insert(0, note)
        text = nbformat.writes(copy) + "\n"
    known[beside] = _write(folder / beside, text)
    return beside


def _names_beside(name: str) -> Iterator[str]:
    """For "a.ipynb": "a.new.ipynb", "a.new2.ipynb", "a.new3.ipynb" and so on."""
    path = Path(name)
    for number in count(1):
        new = ".new" if number == 1 else f".new{number}"
        yield str(path.with_suffix(f"{new}{path.suffix}"))
