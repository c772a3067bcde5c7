"""Atomic writes of files and folders: under a temporary name, then renamed in one step.

The final name has the old content, the new content or nothing, but never half of it,
even after an error, Ctrl-C or a full disk, and even during writing. This works on
Windows, too.
"""

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARK = ".unfinished-"  # what every unfinished name begins with; hidden in JupyterLab
TOKEN = 4  # random bytes that follow it, as hexadecimal digits, before the final name
DEAD_AFTER = 24 * 3600  # seconds after which an unfinished sibling was surely abandoned
WAITS = (0.1, 0.2, 0.4, 0.8)  # seconds between attempts to rename on Windows
WAITS_HERE = WAITS if os.name == "nt" else ()


@contextmanager
def whole_file(path: str | Path, *, locked: bool = False) -> Iterator[Path]:
    """Write a file that is there whole or not at all.

    >>> with whole_file(folder / "numbers.npy") as unfinished:
    ...     np.save(unfinished, numbers)

    Args:
        path: the final place. Its folder is made if absent; a file that is there stays
            until the new one is complete.
        locked: whether the caller holds a lock on this path. Then leftovers of a killed
            process are removed at once, not after a day.

    Yields:
        A path in the same folder, with the same suffix, to write to. Close the file
        before the block ends.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path, locked)
    unfinished = _sibling(path)
    try:
        yield unfinished
        take_name(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: str | Path, *, locked: bool = False) -> Iterator[Path]:
    """Fill a folder that is there whole or not at all.

    >>> with whole_folder(cache / "scenes") as unfinished:
    ...     np.save(unfinished / "images.npy", images)

    Args:
        path: the final place. The folder above it is made if absent.
        locked: as in ``whole_file``.

    Yields:
        An empty folder beside the final place. Close all files in it, memory maps too,
        before the block ends: Windows renames no folder with an open file.

    Raises:
        OSError: there is a folder with something in it, or a file, at the final place.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path, locked)
    unfinished = _sibling(path)
    unfinished.mkdir()
    try:
        yield unfinished
        take_name(unfinished, path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def new_folder(out: Path, write: Callable[[Path], None]) -> Path:
    """Make a folder named after the time: it is there whole or not at all.

    Args:
        out: where; made if absent.
        write: is called with an empty folder, and fills it.

    Returns:
        The new folder, such as ``out/2026-11-29T10-12-21``.

    Raises:
        OSError: it cannot be written. Nothing is left behind.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / time.strftime("%Y-%m-%dT%H-%M-%S")
    _remove_abandoned(path)
    unfinished = _sibling(path)
    unfinished.mkdir()
    try:
        write(unfinished)
        for number in range(1, 1000):
            final = path if number == 1 else path.with_name(f"{path.name}-{number}")
            with suppress(OSError):  # the name is taken
                take_name(unfinished, final)
                return final
        raise FileExistsError(
            f"expected a free name like {path}: choose another folder"
        )
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def take_name(unfinished: Path, path: Path) -> None:
    """Rename in one step: a file replaces a file; a folder replaces nothing.

    On Windows, this waits if a virus scanner holds a new file open for a moment.

    Raises:
        OSError: the name is taken by a folder; for a folder: by a file or by a folder
            that is not empty.
    """
    rename = os.rename if unfinished.is_dir() else os.replace
    for seconds in WAITS_HERE:
        try:
            rename(unfinished, path)
            return
        except PermissionError:
            time.sleep(seconds)
    rename(unfinished, path)


def _sibling(path: Path) -> Path:
    """A name in the same folder that nobody else uses, with the same suffix."""
    return path.with_name(f"{MARK}{secrets.token_hex(TOKEN)}-{path.name}")


def _remove_abandoned(path: Path, locked: bool = False) -> None:
    """Remove what killed processes left.

    Of this path if it is locked; of all paths in its folder what is a day old.
    """
    oldest = time.time() - DEAD_AFTER
    for left in path.parent.glob(f"{MARK}*"):
        ours = left.name[len(MARK) + 2 * TOKEN + 1 :] == path.name
        with suppress(OSError):  # it is gone by now, or somebody else's
            dead = (locked and ours) or left.stat().st_mtime < oldest
            if not dead:
                continue
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()
