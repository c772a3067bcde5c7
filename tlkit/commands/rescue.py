"""What was trained is kept, even if its report cannot be written.

A full disk, a font, a name or a mistake in a figure must not cost an hour's training.
"""

import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..machine.whole import new_folder
from ..saved import save_model
from ..training import Run
from . import report


@contextmanager
def model_kept(runs: Mapping[str, Sequence[Run]], out: Path) -> Iterator[None]:
    """If the block raises an error, save the best model where there is room.

    Where it lies is printed to standard error; then the error goes on.

    Args:
        runs: recipe -> its Runs, one for each seed.
        out: the folder that is tried first.
    """
    try:
        yield
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        print(f"The report cannot be written ({why}).", file=sys.stderr)
        for sentence in _saved(runs, out):
            print(sentence, file=sys.stderr)
        raise


def places(out: Path) -> tuple[Path, ...]:
    """Where a model is saved, the first place that has room."""
    elsewhere = "tlkit-rescued"
    return (
        out,
        Path.home() / elsewhere,
        Path(tempfile.gettempdir()) / elsewhere,
        Path.cwd() / elsewhere,
    )


def _saved(runs: Mapping[str, Sequence[Run]], out: Path) -> Iterator[str]:
    """Save the best model in the first place that has room; sentences on it."""
    recipe = report.best(runs)
    chosen = runs[recipe][0]

    def write(folder: Path) -> None:
        save_model(chosen.model, folder, chosen.task.name, chosen.task.classes)

    for place in places(out):
        try:
            folder = new_folder(place, write)
        except Exception as error:  # libraries raise several kinds on a full disk
            yield f"The model cannot be saved in {place} ({error})."
            continue
        yield (
            f"The model ({recipe}, seed {chosen.seed}) is kept: {folder}. To use it: "
            f"`python -m tlkit predict {shlex.quote(str(folder))} PICTURE…`"
        )
        return
    yield (
        "There is no room for the model. Next: free some, then type the same command "
        "again: trainings of more than a minute are not repeated"
    )
