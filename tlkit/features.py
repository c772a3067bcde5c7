"""Activations at a cut: computed once, kept on disk, memory-mapped.

Layers below a cut are frozen, so their activations for an image never change. One
forward pass writes them to a file. Training above the cut then reads that file instead
of running the layers again.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from .backbone import Backbone, at_cut
from .files.fetch import cache_dir
from .machine import fast
from .machine.memory import leaving_nothing, unmap_pages
from .machine.quiet import keras
from .machine.whole import MARK, whole_folder
from .tasks import Rows, fingerprint

BATCH = 64  # images in one forward pass
MANY = 5_000  # from this many images on, 256 in a pass: it takes less time
LAYER_BYTES = 2**24  # one layer outputs no more in a pass: 16.8 MB
_FORMAT = 1  # part of every key: raise it when the same key would hold other numbers


class CacheLimit(RuntimeError):
    """An entry that would not fit into the feature cache."""


@dataclass(frozen=True)
class Entry:
    """One stored set of activations.

    Attributes:
        path: its folder.
        bytes: its size.
        made_from: what it was computed from.
    """

    path: Path
    bytes: int
    made_from: dict


def limit_bytes() -> int:
    """What the cache may hold, in bytes.

    ``TLKIT_CACHE_GB`` (default 10), but never more than nine tenths of the free disk.
    """
    wanted = int(float(os.environ.get("TLKIT_CACHE_GB", "10")) * 1e9)
    held = sum(entry.bytes for entry in entries())
    free = shutil.disk_usage(_root()).free
    return min(wanted, held + free * 9 // 10)


def activations(
    backbone: Backbone,
    images: np.ndarray | Rows,
    cut: str,
    *,
    precision: str = "float32",
    model: keras.Model | None = None,
    run: Callable[..., Iterator[tuple[int, np.ndarray]]] | None = None,
) -> np.ndarray:
    """Activations of the images at a cut, from the cache if they are there.

    Args:
        backbone: which layers.
        images: uint8 (n, height, width, 3), an array or ``Rows``.
        cut: "image", a block's name, or "features" (pooled).
        precision: "float32", or "bfloat16" or "float16" (both stored as float16).
        model: a built model of the backbone, if there is one already.
        run: a function that replaces ``forward``; same arguments and results.

    Returns:
        float32 or float16 (n, h, w, c), or (n, c) for "features": memory-mapped,
        read-only.

    Raises:
        CacheLimit: the entry would be larger than the cache may be. Nothing is written.
        ValueError: no such cut, or no images.
    """
    path, made_from = place(backbone, images, cut, precision)
    with FileLock(f"{path}.lock"):  # freed by the system if its holder is killed
        if not path.exists():
            whole = model or backbone.build(images.shape[1:], precision)
            _write(path, run or forward, whole, images, made_from)
        os.utime(path)  # the least recently used entries go first
        return np.load(path / "activations.npy", mmap_mode="r", allow_pickle=False)


def place(
    backbone: Backbone, images: np.ndarray | Rows, cut: str, precision: str
) -> tuple[Path, dict]:
    """Where the activations are stored, and what they are computed from.

    Raises:
        ValueError: no images.
    """
    if not len(images):
        raise ValueError("expected at least one image, got none")
    made_from = {
        "backbone": backbone.name,
        "weights": backbone.weights_hash,
        "width": backbone.width,
        "batch_norm": backbone.batch_norm,
        "preprocessing": backbone.preprocessing,
        "architecture": backbone.architecture,
        "size": backbone.size,
        "cut": cut,
        "images": fingerprint(images),
        "precision": precision,
        "format": _FORMAT,
    }
    text = json.dumps(made_from, sort_keys=True)
    return _root() / hashlib.sha256(text.encode()).hexdigest()[:24], made_from


@leaving_nothing()
def _write(path: Path, run, model: keras.Model, images, made_from: dict) -> None:
    """Compute activations into a folder that gets its name when it is complete.

    Args:
        path: the folder, whose lock the caller holds.
        run: ``forward``, or what takes its place.
        model: a built backbone.
        images: (n, …).
        made_from: as ``place`` gives it, with cut and precision.
    """
    below = at_cut(model, made_from["cut"])
    shape = (len(images), *below.output.shape[1:])
    dtype = np.dtype("float32" if made_from["precision"] == "float32" else "float16")
    make_room(int(np.prod(shape)) * dtype.itemsize)
    with whole_folder(path, locked=True) as unfinished:
        file = unfinished / "activations.npy"
        store = np.lib.format.open_memmap(file, "w+", dtype, shape)
        with fast.convolutions(below):
            for start, rows in run(below, images):
                store[start : start + len(rows)] = rows
                unmap_pages(store)
        store.flush()
        del store  # Windows renames no folder with an open file
        (unfinished / "entry.json").write_text(json.dumps(made_from), "utf-8")


def forward(
    model: keras.Model, inputs: np.ndarray | Rows, rows: int = 0
) -> Iterator[tuple[int, np.ndarray]]:
    """Run a model over an array of any length, a batch at a time.

    Args:
        model: (n, …) -> (n, …).
        inputs: (n, …), cast to float32.
        rows: in a batch; 0: as many as ``rows_at_once`` gives.

    Yields:
        number of the batch's first row, and its outputs, float32.
    """
    rows = rows or rows_at_once(model, inputs)
    for start in range(0, len(inputs), rows):
        batch = inputs[start : start + rows].astype("float32")
        unmap_pages(inputs)
        full = batch
        if len(batch) < rows:  # one shape, so that Keras traces once
            full = np.resize(batch, (rows, *batch.shape[1:]))
        yield start, np.asarray(model.predict_on_batch(full), "float32")[: len(batch)]


def rows_at_once(model: keras.Model, inputs: np.ndarray | Rows) -> int:
    """How many rows go through a model in one batch: 64, or 256 where there are many.

    Fewer where a layer's outputs would need too much memory: with 256 images, VGG16's
    first layer outputs 67 MB at 32 pixels, and 3.3 GB at 224; half in half precision.
    """
    rows = BATCH if len(inputs) < MANY else 4 * BATCH
    row_bytes = max(4 * int(np.prod(inputs.shape[1:])), largest_output(model))
    while rows > 1 and rows * row_bytes > LAYER_BYTES:
        rows //= 2
    return rows


def largest_output(model: keras.Model) -> int:
    """Bytes that a model's largest layer outputs for one row; 0 if unknown."""
    most = 0
    for layer in getattr(model, "layers", []):
        for output in keras.tree.flatten(getattr(layer, "output", [])):
            number = 2 if output.dtype in ("bfloat16", "float16") else 4
            most = max(most, number * int(np.prod(output.shape[1:])))
        most = max(most, largest_output(layer))
    return most


def predict(model: keras.Model, inputs: np.ndarray | Rows) -> np.ndarray:
    """The outputs of a model for an array of at least one row: float32 (n, …)."""
    parts = forward(model, inputs)
    _, rows = next(parts)
    outputs = np.empty((len(inputs), *rows.shape[1:]), "float32")
    outputs[: len(rows)] = rows
    for start, rows in parts:
        outputs[start : start + len(rows)] = rows
    return outputs


def make_room(needed: int) -> None:
    """Remove the least recently used entries until `needed` bytes fit.

    Raises:
        CacheLimit: `needed` is more than the whole cache may hold.
    """
    limit = limit_bytes()
    if needed > limit:
        raise CacheLimit(
            f"activations would take {needed / 1e9:.1f} GB, "
            f"the cache may hold {limit / 1e9:.1f} GB (TLKIT_CACHE_GB)"
        )
    found = sorted(entries(), key=lambda entry: entry.path.stat().st_mtime)
    held = sum(entry.bytes for entry in found)
    while held + needed > limit:
        oldest = found.pop(0)
        shutil.rmtree(oldest.path, ignore_errors=True)
        held -= oldest.bytes


def entries() -> list[Entry]:
    """All finished entries of the cache; half-written ones are not among them."""
    found = []
    for file in sorted(_root().glob("*/entry.json")):
        folder = file.parent
        if not folder.name.startswith(MARK):
            size = (folder / "activations.npy").stat().st_size
            found.append(Entry(folder, size, json.loads(file.read_text("utf-8"))))
    return found


def clear() -> int:
    """Remove every entry and everything half-written; returns the bytes freed."""
    freed = sum(file.stat().st_size for file in _root().rglob("*") if file.is_file())
    shutil.rmtree(_root())
    return freed


def _root() -> Path:
    root = cache_dir() / "features"
    root.mkdir(parents=True, exist_ok=True)
    return root
