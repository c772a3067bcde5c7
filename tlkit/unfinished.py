"""The state of a long training on disk, so that it can go on after a crash.

At the end of an epoch, at most once a minute, the weights, the optimizer's state and
the best epoch so far are written to one file in the cache. The same training, started
again, goes on from there and ends where it would have ended. A training that finishes
removes its file; inside ``finished_ones_kept`` only when all are done.

Keras's own BackupAndRestore keeps neither the best epoch nor how long patience has
waited, so a training would not end where it would have ended.
"""

import hashlib
import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from .files.fetch import cache_dir
from .machine.log import log
from .machine.quiet import keras
from .machine.whole import whole_file

EVERY = 60.0  # seconds of training between two states: shorter trainings write none
STALE = 14 * 24 * 3600  # seconds after which nobody will go on
_FORMAT = 1  # part of every name: raise it when a state would mean something else
_finished: list[Path] | None = None  # states of finished trainings, if they are kept


@contextmanager
def finished_ones_kept() -> Iterator[None]:
    """For several trainings in a row: after a crash the finished ones are not lost.

    Inside, a long training that finishes keeps its state. All are removed at the end,
    unless an error or Ctrl-C ends the block.
    """
    global _finished
    _finished = []
    try:
        yield
        for path in _finished:
            path.unlink(missing_ok=True)
    finally:
        _finished = None


class Unfinished(keras.callbacks.Callback):
    """Saves the state of a training, and restores it.

    Args:
        path: of the file; see ``place``. None: nothing is saved or restored.
        best: the callback that keeps the best epoch: its state is saved, too.
    """

    def __init__(self, path: Path | None, best):
        super().__init__()
        self.path: Path | None = path
        self.best = best
        self.is_finished = False
        self.spent = 0.0  # seconds, by earlier runs

    def restore(self, network: keras.Model) -> int:
        """Put a saved state back into a compiled network whose optimizer is built.

        Returns:
            how many epochs are done; 0 if there is no state, or none that can be read.
        """
        if self.path is None or not self.path.exists():
            return 0
        try:
            state, arrays = _load(self.path)
            variables = {
                "network": network.weights,
                "optimizer": network.optimizer.variables,
                "best": network.weights if arrays["best"] else [],
            }
            for group, values in arrays.items():
                _check(values, variables[group], group)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            log.warning(
                f"{self.path} cannot be read ({error}): training starts from the "
                "beginning"
            )
            self.remove()
            return 0
        for group in ("network", "optimizer"):
            for variable, value in zip(variables[group], arrays[group], strict=True):
                variable.assign(value)
        self.best.rows = state["rows"]
        self.best.best = tuple(state["best"])
        self.best.waited = state["waited"]
        self.best.weights = arrays["best"] or None
        self.spent, self.is_finished = state["spent"], state["finished"]
        return len(self.best.rows)

    @property
    def is_saved(self) -> bool:
        """Whether a file is there from which the same training can go on."""
        return self.path is not None and self.path.exists()

    def in_words(self) -> str:
        """What was restored."""
        if self.is_finished:
            return f"was trained by an earlier run, in {self.spent:.0f} s"
        return (
            f"went on after epoch {len(self.best.rows)}, where an earlier run had "
            f"stopped after {self.spent:.0f} s"
        )

    def remove(self) -> None:
        """The training is finished, or its state is of no use."""
        if self.path is not None:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def finish(self) -> None:
        """All epochs are done, by this run or by an earlier one."""
        if self.path is None:
            return
        here = 0.0 if self.is_finished else time.perf_counter() - self.began
        if _finished is None or self.spent + here < EVERY:
            self.remove()
            return
        if not self.is_finished:
            self.is_finished = True
            self._try_to_save(self.path)
        _finished.append(self.path)

    def on_train_begin(self, logs=None):
        self.began = self.saved = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        last = epoch + 1 == self.params["epochs"] or self.model.stop_training
        is_due = time.perf_counter() - self.saved >= EVERY
        if self.path is not None and is_due and not last:
            self._try_to_save(self.path)

    def _try_to_save(self, path: Path) -> None:
        try:
            self._save(path)
        except OSError as error:
            log.warning(
                f"the state of the training cannot be saved ({error}): if it is "
                "stopped now, it starts from the beginning"
            )
        self.saved = time.perf_counter()

    def _save(self, path: Path) -> None:
        """Write one variable after another: no second copy of all in memory."""
        clear(older_than=STALE)
        state = {
            "rows": self.best.rows,
            "best": self.best.best,
            "waited": self.best.waited,
            "spent": self.spent + time.perf_counter() - self.began,
            "finished": self.is_finished,
        }
        groups = {
            "network": self.model.weights,
            "optimizer": self.model.optimizer.variables,
            "best": self.best.weights or [],
        }
        with (
            whole_file(path) as unfinished,
            zipfile.ZipFile(unfinished, "w") as archive,
        ):
            archive.writestr("state.json", json.dumps(state))
            for group, values in groups.items():
                for i, value in enumerate(values):
                    with archive.open(f"{group}/{i:04}.npy", "w") as file:
                        array = np.asarray(keras.ops.convert_to_numpy(value))
                        np.lib.format.write_array(file, array, allow_pickle=False)


def place(
    network: keras.Model, inputs, labels, settings: dict, seed: int, name: str
) -> Path:
    """Where the state of a training lies: another training has another place.

    Args:
        network: as it is before the first step; its weights are part of the name.
        inputs: (n, …) of the training split; 64 rows of it are looked at.
        labels: (n,).
        settings: all that decides how it is trained.
        seed: of shuffling.
        name: of the recipe and the task.
    """
    rows = np.linspace(0, len(inputs) - 1, min(64, len(inputs))).astype(int)
    said = [_FORMAT, name, seed, sorted(settings.items()), tuple(inputs.shape)]
    digest = hashlib.sha256(repr(said).encode())
    for array in (inputs[rows], np.asarray(labels), *network.weights):
        array = np.asarray(keras.ops.convert_to_numpy(array))
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).data)
    trained = " ".join(variable.path for variable in network.trainable_variables)
    digest.update(trained.encode())
    return folder() / f"{digest.hexdigest()[:32]}.npz"


def folder() -> Path:
    """The folder of all states."""
    return cache_dir() / "unfinished"


def states() -> list[Path]:
    """The files of all unfinished trainings."""
    return sorted(folder().glob("*.npz"))


def clear(older_than: float = -np.inf) -> int:
    """Remove states; returns the bytes that this frees.

    Args:
        older_than: seconds since the state was written.
    """
    freed = 0
    for path in states():
        with suppress(OSError):  # another process was faster
            found = path.stat()
            if time.time() - found.st_mtime > older_than:
                path.unlink()
                freed += found.st_size
    return freed


def _load(path: Path) -> tuple[dict, dict[str, list[np.ndarray]]]:
    """A saved state, and the arrays of each group in their order."""
    arrays: dict[str, list[np.ndarray]] = {"network": [], "optimizer": [], "best": []}
    with zipfile.ZipFile(path) as archive:
        state = json.loads(archive.read("state.json"))
        for name in sorted(archive.namelist()):
            if not name.endswith(".npy"):
                continue
            with archive.open(name) as file:
                array = np.lib.format.read_array(file, allow_pickle=False)
            arrays[name.partition("/")[0]].append(array)
    return state, arrays


def _check(values: list[np.ndarray], variables: list, group: str) -> None:
    """That arrays can be put into variables.

    Raises:
        ValueError: their number or a shape differs.
    """
    found = [value.shape for value in values]
    expected = [tuple(variable.shape) for variable in variables]
    if found != expected:
        raise ValueError(f"{group}: expected shapes {expected}, found {found}")
