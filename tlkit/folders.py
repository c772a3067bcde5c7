"""Class folders of your own pictures: found, decoded once, and told plainly what is wrong with them."""

import hashlib
import json
import os
import tempfile
import warnings
from collections import Counter
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .files.fetch import cache_dir
from .machine.bar import bar

FORMATS = (
    "JPEG",
    "PNG",
    "GIF",
    "BMP",
    "WEBP",
)  # all that Pillow may try, whatever a file calls itself
SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
SPLITS = {
    "train": "train",
    "test": "test",
    "validation": "validation",
    "val": "validation",
}


class TaskError(ValueError):
    """A task that cannot be loaded as asked."""


class MissingFolderError(TaskError):
    """No task and no folder of that name, or no class folders in it."""


class BadImagesError(TaskError):
    """Pictures that cannot be read."""


class EmptyClassError(TaskError):
    """A class with no pictures, or with fewer than its splits need."""


class SingleClassError(TaskError):
    """Only one class: nothing to tell apart."""


class UnseenClassError(TaskError):
    """A class in test/ or validation/ that train/ does not have."""


def read(root: Path, size: int, skip_bad: bool):
    """Read ``root/train/<class>/*`` with optional ``validation`` and ``test``, or ``root/<class>/*``.

    Returns:
        classes in alphabetical order, images uint8 (n, size, size, 3) memory-mapped, labels int64 (n,), rows
        {"train": …, "test": …, perhaps "validation": …}, and notes on what was decided and left out.

    Raises:
        TaskError: one of its five kinds above.
    """
    found = _class_folders(root)
    classes = list(found["train"])
    every = [
        (split, name, file)
        for split in found
        for name in found[split]
        for file in found[split][name]
    ]
    files = [row for row in every if _kind(row[2]) in SUFFIXES]
    other = Counter(_kind(row[2]) for row in every) - Counter(
        _kind(row[2]) for row in files
    )
    notes = [
        f"ignored {n} files ({kind}): not {', '.join(FORMATS)}"
        for kind, n in sorted(other.items())
    ]
    images, bad = _decoded(root, [file for *_, file in files], size, skip_bad)
    if bad:
        notes.append(
            f"skipped {len(bad)} unreadable pictures: {'; '.join(bad.values())}"
        )
    good = [i for i in range(len(files)) if i not in bad]
    needed, count = (
        {"train": 4 - len(found)},
        Counter(files[i][:2] for i in good),
    )  # one for each split
    few = [
        f"{s}/{c} ({count[s, c]})"
        for s in found
        for c in found[s]
        if count[s, c] < needed.get(s, 1)
    ]
    if few:
        raise EmptyClassError(
            f"expected at least {needed['train']} pictures of every class to train on, no empty folder, in "
            f"{root}, got {', '.join(few)}. Next: add pictures or remove the folder. {'. '.join(notes)}"
        )
    labels = np.array([classes.index(name) for _, name, _ in files])
    rows = {
        split: np.array([i for i in good if files[i][0] == split]) for split in found
    }
    if "test" not in rows:
        rng, train = np.random.default_rng(0), rows["train"]
        groups = [
            rng.permutation(train[labels[train] == label])
            for label in range(len(classes))
        ]
        rows["test"] = np.sort(
            np.concatenate([group[: max(1, round(len(group) / 5))] for group in groups])
        )
        rows["train"] = np.setdiff1d(train, rows["test"])
        notes.append(
            "no test folder: a fifth of each class was kept for the test split"
        )
    return tuple(classes), images, labels, rows, notes


def _class_folders(root):
    """Split -> class -> its files."""
    below = _folders(root)
    splits = {
        SPLITS[name.lower()]: path
        for name, path in below.items()
        if name.lower() in SPLITS
    }
    if len(splits) < len(below) and not (
        "train" in splits and _folders(splits["train"])
    ):
        splits = {}  # a folder `train` may be a class of trains
    splits = {"train": root / "train" if splits else root, **splits}
    found = {split: _folders(place) for split, place in splits.items()}
    for split, place in splits.items():
        if not found[split]:
            raise MissingFolderError(
                f"expected a folder for each class in {place}, got none. Next: sort the pictures into some."
            )
        if unseen := found[split].keys() - found["train"].keys():
            raise UnseenClassError(
                f"expected only classes of train/ ({', '.join(found['train'])}) in {split}/, got also "
                f"{', '.join(sorted(unseen))}. Next: add training pictures, spell names alike, or move these."
            )
    if len(found["train"]) == 1:
        place, only = splits["train"], list(found["train"])
        raise SingleClassError(
            f"expected at least two classes in {place}, got {only}. Next: add another."
        )
    return {
        split: {name: _files(path) for name, path in found[split].items()}
        for split in found
    }


def _folders(place):
    paths = place.iterdir() if place.is_dir() else ()
    return {
        readable(p.name): p
        for p in sorted(paths, key=str)
        if p.is_dir() and not p.name.startswith((".", "__"))
    }


def readable(name):
    """A file's name as text that can be drawn and saved, whatever the locale (Python keeps odd bytes as surrogates)."""
    return os.fsencode(name).decode("utf-8", "replace")


def _files(folder):
    return sorted((path for path in folder.rglob("*") if path.is_file()), key=str)


def _kind(path):
    hidden = any(
        part.startswith(".") for part in path.parts[-2:]
    )  # ._cat.jpg, .ipynb_checkpoints/
    return "hidden" if hidden else path.suffix.lower() or "no suffix"


def _decoded(root, paths, size, skip_bad):
    """Memory-mapped images (n, size, size, 3), and row -> "name (reason)" of those that cannot be read."""
    names = [path.relative_to(root).as_posix() for path in paths]
    stats = [(s.st_size, s.st_mtime_ns, s.st_ctime_ns) for s in map(Path.stat, paths)]

    def write(folder):
        images = np.lib.format.open_memmap(
            folder / "images.npy", "w+", "uint8", (len(paths), size, size, 3)
        )
        bad = {
            i: f"{names[i]} ({why})"
            for i, why in enumerate(_decode_all(paths, images))
            if why
        }
        if bad and not skip_bad:  # raised in here, so that nothing is kept
            listed = "".join(
                f"\n  {line}" for line in list(bad.values())[:10]
            ) + "\n  …" * (len(bad) > 10)
            raise BadImagesError(
                f"expected {len(paths)} pictures in {root}, {len(bad)} of them cannot be read:{listed}\n"
                'Next: mend or remove them, or leave them out: load_task(..., bad_files="skip").'
            )
        (folder / "bad.json").write_text(json.dumps(bad), "utf-8")

    folder = stored("pictures", (str(root), size, skip_bad, names, stats), write)
    bad = json.loads((folder / "bad.json").read_text("utf-8"))
    return np.load(folder / "images.npy", mmap_mode="r"), {
        int(i): line for i, line in bad.items()
    }


def _decode_all(paths, images):
    """Fill images; returns why a picture could not be read, or None, for each."""
    from PIL import Image

    def work(i):
        try:
            images[i] = decode(paths[i], images.shape[1])
        except Exception as error:  # whatever a damaged file makes a decoder raise
            why = str(error).replace(repr(str(paths[i])), "it") or type(error).__name__
            return why if paths[i].stat().st_size else "empty file"

    with warnings.catch_warnings(), ThreadPool(min(8, os.cpu_count() or 1)) as pool:
        warnings.simplefilter("ignore")  # about odd metadata
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        found = []
        with bar(len(paths), "reading pictures", "picture") as progress:
            for why in pool.imap(work, range(len(paths)), 16):
                found.append(why)
                progress.update()
        return found


def decode(path: Path | BinaryIO, size: int) -> np.ndarray:
    """One picture, a path or an open file, as uint8 (size, size, 3) RGB: upright, on white where transparent, squeezed
    to a square (bilinear, antialiased). Of an animation the first frame; of 16-bit grey the upper 8 bits.
    """
    from PIL import Image, ImageOps

    with Image.open(path, formats=FORMATS) as picture:
        picture.draft(
            None, (3 * size, 3 * size)
        )  # lets JPEG decode a large photograph at an eighth or more
        upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):
        upright = Image.fromarray((np.asarray(upright) >> 8).astype("uint8"))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        upright = Image.alpha_composite(
            Image.new("RGBA", upright.size, "white"), upright
        )
    return np.asarray(
        upright.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    )


def stored(kind: str, made_from: object, write) -> Path:
    """The cache's folder for what `made_from` describes, filled once by ``write(folder)``.

    It gets its name when it is complete, so a half-written one is never used.
    """
    from filelock import FileLock

    folder = (
        cache_dir()
        / "tasks"
        / f"{kind}-{hashlib.sha256(repr(made_from).encode()).hexdigest()[:24]}"
    )
    if not folder.is_dir():
        folder.parent.mkdir(exist_ok=True)
        with (
            FileLock(f"{folder}.lock"),
            tempfile.TemporaryDirectory(dir=folder.parent) as half,
        ):
            if not folder.is_dir():  # or else another process was faster
                (new := Path(half, "new")).mkdir()
                write(new)
                new.rename(folder)
    return folder
