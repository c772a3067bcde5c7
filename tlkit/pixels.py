"""Picture files as pixels: each decoded once, on all cores, then kept in the cache.

Threads decode, not processes: Pillow lets other threads run while it decodes, and no
process has to be started or to send pixels back. Two processes on two busy cores were
not faster, with pictures of 32 pixels and with photographs.
"""

import hashlib
import json
import os
import re
import warnings
from collections.abc import Sequence
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .files.fetch import cache_dir
from .machine import processor
from .machine.bar import bar
from .machine.whole import whole_file

# All that Pillow may try, whatever a file calls itself.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")
BEGINNINGS = {  # first bytes of a file -> its format
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"RIFF....WEBP": "WEBP",
    rb"II\*\x00": "TIFF",
    rb"MM\x00\*": "TIFF",
    b"....ftyp(heic|heix|mif1|msf1)": "HEIC",
    b"....ftypavi[fs]": "AVIF",
}
AT_ONCE = 256  # pictures decoded between two looks at the bar: at most 40 MB of pixels
LARGEST = 180_000_000  # pixels that a picture may need in memory
TURNED = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # orientation -> PIL's Transpose
DEPTHS = (8, 12, 16)  # bits of a grey picture, of cameras and scanners
LOOKED_AT = 100  # files whose size is looked up to know the usual one
ADVISED = 96  # pixels of an edge: the largest size that is advised as a next step
_VERSION = 2  # of what `decode` makes of a file: raise it if that changes


def decode(file: str | Path | BinaryIO, size: int) -> np.ndarray:
    """One picture as the networks see it.

    It is turned upright, gets white behind transparent parts, and is resized to a
    square (bilinear, antialiased). Only the first frame of an animation is used. Grey
    of more than 8 bits is scaled by the depth that the picture uses: 8, 12 or 16 bits.

    Args:
        file: a path, or a file opened for reading bytes.
        size: height and width of the result, pixels.

    Returns:
        uint8 (size, size, 3), RGB, 0-255.

    Raises:
        ValueError: more than 180 million pixels, or HEIC or AVIF.
        Exception: Pillow's decoders can raise many other kinds.
    """
    from PIL import Image

    with _opened(file) as picture:
        # A JPEG can be decoded at a half, a quarter or an eighth of its size, faster.
        picture.draft(None, (3 * size, 3 * size))
        width, height = picture.size
        if width * height > LARGEST:
            raise ValueError(
                f"{width} × {height} pixels: expected at most {LARGEST // 10**6} "
                "million. Next: save it smaller, or as JPEG"
            )
        upright = _upright(picture)
    if upright.mode.startswith(("I", "F")):
        upright = Image.fromarray(_in_eight_bits(np.asarray(upright)))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright)
    square = upright.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(square)


def read(path: Path, size: int) -> np.ndarray | str:
    """The picture as ``decode`` gives it, or why it cannot be read."""
    try:
        return decode(path, size)
    except Exception as error:  # whatever a damaged file makes a decoder raise
        if path.is_file() and not path.stat().st_size:
            return "empty file"
        return str(error).replace(f" {str(path)!r}", "") or type(error).__name__


def _opened(file: str | Path | BinaryIO):
    """A Pillow image whose pixels are not read yet.

    A JPEG is opened by its own class: ``Image.open`` would refuse one of 200 million
    pixels, which is decoded at an eighth of its size.
    """
    from PIL import Image, JpegImagePlugin

    kind = format_of(file)
    if kind == "JPEG":
        return JpegImagePlugin.JpegImageFile(file)
    if kind in ("HEIC", "AVIF"):
        raise ValueError(f"this is {kind}. Next: convert it to JPEG or PNG")
    try:
        return Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise ValueError(
            f"more than {LARGEST // 10**6} million pixels. "
            "Next: save it smaller, or as JPEG"
        ) from error


def format_of(file: str | Path | BinaryIO) -> str | None:
    """The format that a file's first bytes show, such as "JPEG"; None: no picture."""
    if isinstance(file, str | Path):
        with open(file, "rb") as opened:
            first = opened.read(16)
    else:
        first = file.read(16)
        file.seek(-len(first), os.SEEK_CUR)
    for beginning, kind in BEGINNINGS.items():
        if re.match(beginning, first, re.DOTALL):
            return kind
    return None


def shape_of(path: Path) -> tuple[int, int]:
    """Width and height of a picture file, from its header: no pixel is decoded.

    They are those before it is turned upright.

    Raises:
        Exception: as ``decode`` does, for files that are no pictures.
    """
    with _opened(path) as picture:
        return picture.size


def usual_shape(paths: Sequence[Path]) -> tuple[int, int]:
    """Middle width and middle height (medians) of picture files, as ``shape_of`` has
    them; at most ``LOOKED_AT`` files are opened, evenly spaced.

    Args:
        paths: one file or more.

    Raises:
        Exception: as ``shape_of`` does.
    """
    step = -(-len(paths) // LOOKED_AT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd metadata
        shapes = [shape_of(path) for path in paths[::step]]
    width, height = np.median(shapes, axis=0).astype(int)
    return int(width), int(height)


def larger_size(used: int, file_size: tuple[int, int] | None) -> int | None:
    """The size of picture to try after another one, if the files hold more.

    Twice the size, but at most ``ADVISED`` pixels, and at most what the files have; in
    steps of 16 pixels. None: it would be less than 1.5 times the size, or the size of
    the files is not known.

    Args:
        used: pixels of an edge, as the network saw the pictures.
        file_size: width and height of the files, pixels, as in ``Task.file_size``.
    """
    if file_size is None:
        return None
    found = min(2 * used, ADVISED, min(file_size)) // 16 * 16
    return found if 2 * found >= 3 * used else None


def _upright(picture):
    """The picture, turned as its orientation says. Other metadata is left alone."""
    from PIL import Image

    turn = TURNED.get(picture.getexif().get(0x0112))
    if turn is None:
        picture.load()
        return picture
    return picture.transpose(Image.Transpose(turn))


def _in_eight_bits(grey: np.ndarray) -> np.ndarray:
    """Grey of more than 8 bits as uint8, by the depth that it uses.

    Whole numbers are 8, 12 or 16 bits deep; fractions go from 0 to 1, or to 255.
    """
    largest = grey.max()
    if grey.dtype.kind == "f":
        return (grey * (255 if largest <= 1 else 1)).clip(0, 255).astype("uint8")
    depth = next((bits for bits in DEPTHS if largest < 2**bits), DEPTHS[-1])
    return (grey >> (depth - 8)).clip(0, 255).astype("uint8")


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
        bad: index into `names` -> why that file cannot be read.
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


def names(file: Path) -> dict[int, str] | None:
    """Which file each picture was decoded from.

    Args:
        file: the one that the pixels are mapped from, as ``decoded`` gives them.

    Returns:
        row -> the file's name below its folder; None: ``decoded`` did not write it.
    """
    index = file.with_name("index.json")
    if file.name != "pixels" or not index.exists():
        return None
    stored = json.loads(index.read_text("utf-8"))["index"]
    return {row: name for name, (row, *_) in stored.items()}


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
        bad = {}
        path = self.folder / "pixels"
        path.touch()
        with (
            open(path, "r+b") as file,
            ThreadPool(processor.cores()) as pool,
            warnings.catch_warnings(),
            bar(len(missing), "reading pictures", "picture") as progress,
        ):
            warnings.simplefilter("ignore")  # about odd metadata
            file.seek(self.count * self.bytes)
            try:
                for start in range(0, len(missing), AT_ONCE):
                    some = missing[start : start + AT_ONCE]
                    paths = [self.root / names[i] for i in some]
                    found = pool.map(partial(read, size=self.shape[0]), paths)
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
        with whole_file(self.folder / "index.json") as unfinished:
            unfinished.write_text(text, "utf-8")
