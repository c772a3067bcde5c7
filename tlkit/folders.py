"""Class folders of your own pictures: what lies there, and what is wrong with it.

Looking at the folders opens no picture: ``tlkit.tasks`` chooses among the names, and
``tlkit.pixels`` decodes what was chosen.
"""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .pixels import FORMATS
from .pixels import decode as decode  # notebooks say tk.folders.decode

SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
SPLITS = {  # name of a folder -> split
    "train": "train",
    "test": "test",
    "validation": "validation",
    "val": "validation",
}
LISTED = 10  # files that an error names


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


@dataclass(frozen=True, eq=False)
class ClassFolders:
    """The pictures that lie in class folders, by name.

    Attributes:
        root: the folder that holds all of them.
        classes: in alphabetical order.
        names: of the n picture files, below root, with "/" between folders.
        labels: int64 (n,), the class of each picture, as its place in `classes`.
        rows: split -> class -> int64, places in `names`: one entry for each class
            folder. The splits are "train" and, where there are such folders,
            "validation" and "test".
        notes: sentences on files that were ignored.
    """

    root: Path
    classes: tuple[str, ...]
    names: tuple[str, ...]
    labels: np.ndarray
    rows: dict[str, dict[str, np.ndarray]]
    notes: tuple[str, ...]

    def of_split(self, split: str) -> np.ndarray:
        """Places in `names` of all pictures in the folders of a split, int64."""
        return np.concatenate(list(self.rows[split].values()))

    def check(self, damaged: dict[int, str]) -> None:
        """Raise EmptyClassError if too few pictures are left without the damaged ones.

        Args:
            damaged: place in `names` -> why the file cannot be read.
        """
        least = 4 - len(self.rows)  # to train on: one for each split made of them
        few = []
        for split, classes in self.rows.items():
            needed = least if split == "train" else 1
            for name, rows in classes.items():
                count = len(rows) - np.isin(rows, list(damaged)).sum()
                if count < needed:
                    few.append(f"{split}/{name} ({count})")
        if few:
            notes = ". ".join([*self.notes, *self.skipped(damaged)])
            raise EmptyClassError(
                f"expected at least {least} pictures of every class to train on, "
                f"no empty folder, in {self.root}, got {', '.join(few)}. "
                f"Next: add pictures or remove the folder. {notes}"
            )

    def skipped(self, damaged: dict[int, str]) -> list[str]:
        """The sentence on damaged pictures for a task's notes, if there are any."""
        if not damaged:
            return []
        lines = "; ".join(self._named(damaged))
        return [f"skipped {len(damaged)} unreadable pictures: {lines}"]

    def refuse(self, damaged: dict[int, str], used: int) -> None:
        """Raise BadImagesError, which names the first damaged pictures.

        Args:
            damaged: place in `names` -> why the file cannot be read.
            used: how many pictures should have been read.
        """
        lines = self._named(damaged)
        shown = lines[:LISTED]
        if len(lines) > LISTED:
            shown.append("…")
        listed = "".join(f"\n  {line}" for line in shown)
        raise BadImagesError(
            f"expected {used} pictures in {self.root}, {len(damaged)} of them cannot "
            f"be read:{listed}\nNext: mend or remove them, or leave them out: "
            'load_task(..., bad_files="skip").'
        )

    def _named(self, damaged: dict[int, str]) -> list[str]:
        """ "name (reason)" of each damaged picture, in the order of the names."""
        return [f"{self.names[i]} ({damaged[i]})" for i in sorted(damaged)]


def find(root: Path) -> ClassFolders:
    """Look at ``root/train/<class>/*`` with optional ``validation`` and ``test``, or at
    ``root/<class>/*``. No picture is opened.

    Raises:
        MissingFolderError, SingleClassError, UnseenClassError: as they say above.
    """
    names: list[str] = []
    labels: list[int] = []
    rows: dict[str, dict[str, np.ndarray]] = {}
    ignored: Counter[str] = Counter()
    prefix = os.path.join(root, "")
    folders = _class_folders(root)
    classes = tuple(folders["train"])
    for split, places in folders.items():
        rows[split] = {}
        for name, place in places.items():
            first = len(names)
            for file in _files(place):
                below = file.removeprefix(prefix).replace(os.sep, "/")
                kind = _kind(below)
                if kind in SUFFIXES:
                    names.append(below)
                    labels.append(classes.index(name))
                else:
                    ignored[kind] += 1
            rows[split][name] = np.arange(first, len(names))
    notes = tuple(
        f"ignored {count} files ({kind}): not {', '.join(FORMATS)}"
        for kind, count in sorted(ignored.items())
    )
    return ClassFolders(
        root, classes, tuple(names), np.array(labels, "int64"), rows, notes
    )


def _class_folders(root: Path) -> dict[str, dict[str, Path]]:
    """Split -> class -> its folder."""
    places = _split_folders(root)
    found = {split: _folders(place) for split, place in places.items()}
    for split, place in places.items():
        if not found[split]:
            raise MissingFolderError(
                f"expected a folder for each class in {place}, got none. "
                "Next: sort the pictures into some."
            )
        unseen = sorted(found[split].keys() - found["train"].keys())
        if unseen:
            raise UnseenClassError(
                f"expected only classes of train/ ({', '.join(found['train'])}) in "
                f"{split}/, got also {', '.join(unseen)}. "
                "Next: add training pictures, spell names alike, or move these."
            )
    if len(found["train"]) == 1:
        raise SingleClassError(
            f"expected at least two classes in {places['train']}, "
            f"got {list(found['train'])}. Next: add another."
        )
    return found


def _split_folders(root: Path) -> dict[str, Path]:
    """Split -> the folder that holds its class folders, "train" first."""
    below = _folders(root)
    splits = {}
    for name, path in below.items():
        if name.lower() in SPLITS:
            splits[SPLITS[name.lower()]] = path
    only_splits = len(splits) == len(below)
    if not only_splits and not ("train" in splits and _folders(splits["train"])):
        splits = {}  # a folder `train` may be a class of trains
    if not splits:
        return {"train": root}
    return {"train": root / "train", **splits}


def _folders(place: Path) -> dict[str, Path]:
    """Name -> folder, in alphabetical order, hidden ones left out."""
    paths = place.iterdir() if place.is_dir() else ()
    return {
        readable(path.name): path
        for path in sorted(paths, key=str)
        if path.is_dir() and not path.name.startswith((".", "__"))
    }


def readable(name: str) -> str:
    """A file's name as text that can be drawn and saved, whatever the locale.

    Python keeps bytes of a name that are no text as surrogates; here they become "�".
    """
    return os.fsencode(name).decode("utf-8", "replace")


def _files(folder: str | Path) -> list[str]:
    """All files in a folder and in those below it, in the order of their paths.

    Of 60,000 files that ``Path.rglob`` would ask the disk about one by one, this reads
    the folders alone.
    """
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                found += _files(entry.path)
            elif entry.is_file():
                found.append(entry.path)
    return sorted(found)


def _kind(name: str) -> str:
    """The suffix of a file's name, in lower case; or "no suffix", or "hidden"."""
    folder, _, file = name.rpartition("/")
    if file.startswith(".") or folder.rpartition("/")[2].startswith("."):
        return "hidden"  # ._cat.jpg, .ipynb_checkpoints/
    return os.path.splitext(file)[1].lower() or "no suffix"
