"""Picture files as pixels: each decoded once, on all cores, then kept in the cache.

Threads decode, not processes: Pillow lets other threads run while it decodes, and no
process has to be started or to send pixels back. On two busy cores two processes were
no faster, neither with pictures of 32 pixels nor with photographs.
"""

import hashlib
import json
import os
import tempfile
import warnings
from collections.abc import Sequence
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .files.fetch import cache_dir
from .machine.bar import bar

# All that Pillow may try, whatever a file calls itself.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP")
AT_ONCE = 256  # pictures decoded between two looks at the bar: at most 40 MB of pixels
_VERSION = 1  # of what `decode` makes of a file: raise it if that changes


def decode(file: str | Path | BinaryIO, size: int) -> np.ndarray:
    """One picture as the networks see it.

    It is turned upright, laid on white where it is transparent and squeezed to a square
    (bilinear, antialiased). Of an animation the first frame counts, of 16-bit grey the
    upper 8 bits.

    Args:
        file: a path, or a file opened for reading bytes.
        size: height and width of the result, pixels.

    Returns:
        uint8 (size, size, 3), RGB, 0-255.

    Raises:
        Exception: of many kinds; Pillow's decoders raise what they like.
    """
    from PIL import Image, ImageOps

    with Image.open(file, formats=FORMATS) as picture:
        # A JPEG can be decoded at a half, a quarter or an eighth of its size, faster.
        picture.draft(None, (3 * size, 3 * size))
        upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):
        upright = Image.fromarray((np.asarray(upright) >> 8).astype("uint8"))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright)
    square = upright.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(square)


def decoded(
    root: Path, names: Sequence[str], size: int
) -> tuple[np.ndarray, np.ndarray, dict[int, str]]:
    """Pixels of some files of a folder; only those not decoded before are opened.

    A file counts as decoded before if its size and its times are still the same.

    Args:
        root: the folder.
        names: of the files, below root, with "/" between folders.
        size: height and width of the pictures, pixels.

    Returns:
        pixels: uint8 (m, size, size, 3), memory-mapped and read-only: everything that
            was ever decoded in this folder at this size.
        rows: int64 (len(names),), where each file's picture is in `pixels`; -1 for a
            file that cannot be read.
        bad: place in `names` -> why that file cannot be read.
    """
    from filelock import FileLock

    kept = _Kept(root, size)
    with FileLock(kept.folder / "lock"):  # two programs may read the same folder
        kept.load()
        states = [_state(root / name) for name in names]
        missing = [
            i for i, name in enumerate(names) if kept.row(name, states[i]) is None
        ]
        bad = kept.add(names, states, missing) if missing else {}
        rows = np.full(len(names), -1)
        for i, name in enumerate(names):
            if i not in bad:
                rows[i] = kept.row(name, states[i])
        return kept.pixels(), rows, bad


def _state(path: Path) -> list[int]:
    """What changes when a file changes: its size and times."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


class _Kept:
    """All pictures of one folder that were decoded at one size.

    The file ``pixels`` holds them one behind the other. Pictures are only ever added at
    its end, so what another program has mapped stays true. ``index.json`` tells which
    row shows which file, and the state of the file then. It is written last: after an
    interruption it knows nothing of half a picture, and the next is written over it.
    """

    def __init__(self, root: Path, size: int):
        about = repr((_VERSION, str(root), size))
        name = f"pixels-{hashlib.sha256(about.encode()).hexdigest()[:24]}"
        self.root = root
        self.shape = (size, size, 3)
        self.bytes = size * size * 3  # of a picture
        self.folder = cache_dir() / "tasks" / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.count = 0  # pictures in the file
        self.index: dict[str, list[int]] = {}  # name -> [row, *state]

    def load(self) -> None:
        """Read the index, if there is one and all its pictures are there."""
        index, pixels = self.folder / "index.json", self.folder / "pixels"
        if not index.exists() or not pixels.exists():
            return
        stored = json.loads(index.read_text("utf-8"))
        if pixels.stat().st_size >= stored["count"] * self.bytes:
            self.count, self.index = stored["count"], stored["index"]

    def row(self, name: str, state: list[int]) -> int | None:
        """Where the picture of a file in this state is; None: nowhere."""
        row, *then = self.index.get(name, [None])
        return row if then == state else None

    def pixels(self) -> np.ndarray:
        """Everything decoded so far: uint8 (count, size, size, 3), read-only."""
        shape = (self.count, *self.shape)
        if not self.count:  # an empty file cannot be mapped
            return np.zeros(shape, "uint8")
        return np.memmap(self.folder / "pixels", "uint8", "r", shape=shape)

    def add(
        self, names: Sequence[str], states: list, missing: list[int]
    ) -> dict[int, str]:
        """Decode the missing files; returns why some of them cannot be read."""
        from PIL import Image

        bad = {}
        path = self.folder / "pixels"
        path.touch()
        with (
            open(path, "r+b") as file,
            ThreadPool(_cores()) as pool,
            warnings.catch_warnings(),
            bar(len(missing), "reading pictures", "picture") as progress,
        ):
            warnings.simplefilter("ignore")  # about odd metadata
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            file.seek(self.count * self.bytes)
            try:
                for start in range(0, len(missing), AT_ONCE):
                    some = missing[start : start + AT_ONCE]
                    paths = [self.root / names[i] for i in some]
                    found = pool.map(partial(_try, size=self.shape[0]), paths)
                    for i, picture in zip(some, found, strict=True):
                        if isinstance(picture, str):
                            bad[i] = picture
                        else:
                            file.write(picture.tobytes())
                            # In this order: an interruption must leave no entry for
                            # a row that the next picture will get.
                            self.count += 1
                            self.index[names[i]] = [self.count - 1, *states[i]]
                    progress.update(len(some))
            finally:  # even when interrupted: what is whole is kept
                file.flush()
                os.fsync(file.fileno())
                self.save()
        return bad

    def save(self) -> None:
        """Replace the index as a whole."""
        text = json.dumps({"count": self.count, "index": self.index})
        with tempfile.NamedTemporaryFile(
            "w", dir=self.folder, delete=False, encoding="utf-8"
        ) as half:
            half.write(text)
        os.replace(half.name, self.folder / "index.json")


def _try(path: Path, size: int) -> np.ndarray | str:
    """The picture, or why it cannot be read."""
    try:
        return decode(path, size)
    except Exception as error:  # whatever a damaged file makes a decoder raise
        if not path.stat().st_size:
            return "empty file"
        return str(error).replace(repr(str(path)), "it") or type(error).__name__


def _cores() -> int:
    """Processor cores that this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
