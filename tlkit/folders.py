"""Class folders of your own pictures: which pictures they hold, and what is wrong.

This module opens no picture: ``tlkit.tasks`` chooses among the names, and
``tlkit.pixels`` decodes the chosen pictures.
"""

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .pixels import FORMATS, format_of
from .pixels import decode as decode  # notebooks say tk.folders.decode

SUFFIXES = (
    ".jpg",
    ".jpeg",
    ".jpe",
    ".jfif",
    ".png",
    ".gif",
    ".bmp",
    ".webp",
    ".tif",
    ".tiff",
)
SPLITS = {  # split -> what people call its folder, in small letters, "-" and " " as "_"
    "train": ("train", "training", "train_set", "training_set", "seg_train"),
    "validation": ("validation", "valid", "val", "dev", "validation_set", "val_set"),
    "test": ("test", "testing", "test_set", "testing_set", "seg_test"),
}
SPLIT_OF = {name: split for split, names in SPLITS.items() for name in names}
SIDES = (  # words that a mirror turns into others, in small letters
    ("left", "right"),
    ("links", "rechts"),
    ("gauche", "droite"),
    ("izquierda", "derecha"),
    ("左", "右"),
)
SYSTEM = (  # folders that a system makes, in small letters
    "@eadir",
    "#recycle",
    "$recycle.bin",
    "lost+found",
    "system volume information",
)
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
        labels: int64 (n,), the class of each picture, as an index into `classes`.
        rows: split -> class -> int64, indices into `names`: one entry for each class
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
        """Indices into `names` of all pictures in the folders of a split, int64."""
        return np.concatenate(list(self.rows[split].values()))

    def check(self, damaged: dict[int, str]) -> None:
        """Raise EmptyClassError if too few pictures are left without the damaged ones.

        Args:
            damaged: index into `names` -> why the file cannot be read.
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
                f"expected at least {least} training pictures in every class and no "
                f"empty folder in {self.root}, got {', '.join(few)}. "
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
            damaged: index into `names` -> why the file cannot be read.
            used: how many pictures should have been read.
        """
        lines = self._named(damaged)
        shown = lines[:LISTED]
        if len(lines) > LISTED:
            shown.append("…")
        listed = "".join(f"\n  {line}" for line in shown)
        raise BadImagesError(
            f"expected {used} pictures in {self.root}, {len(damaged)} of them cannot "
            f"be read:{listed}\nNext: repair or remove them, or leave them out: "
            'load_task(..., bad_files="skip").'
        )

    def _named(self, damaged: dict[int, str]) -> list[str]:
        """ "name (reason)" of each damaged picture, in the order of the names."""
        return [f"{self.names[i]} ({damaged[i]})" for i in sorted(damaged)]


def sided(classes: tuple[str, ...]) -> list[str]:
    """The classes whose pictures may belong to another class when they are mirrored.

    These are names with a word for left or right in them, and single letters and
    digits, because such pictures probably show that letter or digit.
    """
    words = {word for pair in SIDES for word in pair}
    return [
        name
        for name in classes
        if len(name) == 1 or words & set(re.findall(r"\w+", name.lower()))
    ]


def find(root: Path) -> ClassFolders:
    """Look at ``root/train/<class>/*`` with optional ``validation`` and ``test``, or at
    ``root/<class>/*``. No picture is decoded. Splits may have any name in ``SPLITS``.

    A single outer folder, as in many archives, is skipped: its content counts.

    Raises:
        MissingFolderError, SingleClassError, UnseenClassError: as their docstrings say.
        TaskError: two folders for one split, or splits of unknown names.
    """
    names: list[str] = []
    labels: list[int] = []
    rows: dict[str, dict[str, np.ndarray]] = {}
    ignored: Counter[str] = Counter()
    prefix = os.path.join(root, "")
    splits, notes = _split_folders(root)
    folders = _class_folders(splits)
    classes = tuple(folders["train"])
    for split, places in folders.items():
        rows[split] = {}
        for name, place in places.items():
            first = len(names)
            for file in _files(place):
                below = file.removeprefix(prefix).replace(os.sep, "/")
                kind = _kind(below)
                if kind not in SUFFIXES and kind not in PASSED_OVER:
                    kind = _by_content(file, kind)
                if kind in SUFFIXES:
                    names.append(below)
                    labels.append(classes.index(name))
                else:
                    ignored[kind] += 1
            rows[split][name] = np.arange(first, len(names))
    notes += [
        f"left out {count} files ({kind}): not {', '.join(FORMATS)}"
        for kind, count in sorted(ignored.items())
    ]
    for split, places in folders.items():
        if absent := [name for name in classes if name not in places]:
            notes.append(f"{split}: no pictures of {', '.join(absent)}")
    return ClassFolders(
        root, classes, tuple(names), np.array(labels, "int64"), rows, tuple(notes)
    )


def _class_folders(splits: dict[str, Path]) -> dict[str, dict[str, Path]]:
    """Split -> class -> its folder."""
    found = {split: _folders(place) for split, place in splits.items()}
    for split, place in splits.items():
        if not found[split]:
            raise MissingFolderError(
                f"expected a folder for each class in {place}, got none. "
                "Next: sort the pictures into such folders."
            )
        unseen = sorted(found[split].keys() - found["train"].keys())
        if unseen:
            raise UnseenClassError(
                f"expected only classes of train/ ({', '.join(found['train'])}) in "
                f"{split}/, got also {', '.join(unseen)}. "
                "Next: add training pictures, use the same spelling, or move these."
            )
    if len(found["train"]) == 1:
        raise SingleClassError(
            f"expected at least two classes in {splits['train']}, "
            f"got {list(found['train'])}. Next: add another."
        )
    return found


def _split_folders(root: Path) -> tuple[dict[str, Path], list[str]]:
    """Split -> the folder that holds its class folders, "train" first.

    Returns:
        the folders, and sentences on what was gone through or not used.
    """
    top = _innermost(root)
    notes = [] if top == root else [f"looked in {top.relative_to(root)}/"]
    below = _folders(top)
    splits = _named_as_splits(top, below)
    if not splits:
        _refuse_splits_of_other_names(top, below)
        return {"train": top}, notes + _passed_over(top)
    unused = [f"{name}/" for name in below if SPLIT_OF.get(_plain(name)) not in splits]
    if unused:
        notes.append(f"not used: {', '.join(unused)}")
    splits = {"train": top / "train", **splits}
    splits = {split: _innermost(place, split) for split, place in splits.items()}
    for place in (top, *splits.values()):
        notes += _passed_over(place)
    return splits, notes


def _named_as_splits(top: Path, below: dict[str, Path]) -> dict[str, Path]:
    """Split -> the folder with its name; empty if all folders are classes.

    A folder `train` may be a class, of pictures of trains. So beside folders of other
    names, splits are only believed if there is a `train` with folders in it.

    Args:
        top: where the folders lie, for the message.
        below: name -> folder.

    Raises:
        TaskError: two folders for one split.
    """
    splits: dict[str, Path] = {}
    for name, path in below.items():
        split = SPLIT_OF.get(_plain(name))
        if split in splits:
            raise TaskError(
                f"expected one {split} folder in {top}, got {splits[split].name}/ and "
                f"{name}/. Next: put their pictures together, or rename one of them"
            )
        if split:
            splits[split] = path
    only_splits = len(splits) == len(below)
    has_train = "train" in splits and bool(_folders(splits["train"]))
    return splits if only_splits or has_train else {}


def _innermost(place: Path, split: str | None = None) -> Path:
    """Through folders that hold nothing but one folder with folders in it.

    Args:
        place: where to begin.
        split: whose folder it is. A folder named as a split is gone through only if it
            is this one, as in seg_train/seg_train/.
    """
    while True:
        below = list(_folders(place).items())
        if len(below) != 1:
            return place
        (name, path) = below[0]
        is_other = SPLIT_OF.get(_plain(name), split) != split
        has_files = any(item.is_file() for item in place.iterdir())
        if is_other or has_files or not _folders(path):
            return place
        place = path


def _refuse_splits_of_other_names(top: Path, classes: dict[str, Path]) -> None:
    """Raise TaskError if all folders hold folders of the same names."""
    inner = [set(_folders(path)) for path in classes.values()]
    shared = sorted(set.intersection(*inner)) if len(inner) > 1 else []
    if len(shared) > 1:
        raise TaskError(
            f"expected a folder for each class in {top}, got folders "
            f"({', '.join(classes)}) that all hold {', '.join(shared)}: "
            "these look like splits. Next: call them train, validation and test"
        )


def _plain(name: str) -> str:
    """A folder's name as ``SPLIT_OF`` has it: "Training-Set" is "training_set"."""
    return name.lower().replace("-", "_").replace(" ", "_")


def _is_of_the_system(name: str) -> bool:
    """Whether a file or folder is hidden, or something that a system makes."""
    lower = name.lower()
    return lower.startswith((".", "__")) or lower in SYSTEM


def _folders(place: Path) -> dict[str, Path]:
    """Name -> folder, in alphabetical order, those of the system left out."""
    paths = place.iterdir() if place.is_dir() else ()
    return {
        readable(path.name): path
        for path in sorted(paths, key=str)
        if path.is_dir() and not _is_of_the_system(path.name)
    }


def _passed_over(place: Path) -> list[str]:
    """Sentences on links that lead nowhere and on the system's folders."""
    dead, system = [], []
    for path in sorted(place.iterdir(), key=str) if place.is_dir() else ():
        if path.is_symlink() and not path.exists():
            dead.append(readable(path.name))
        elif path.is_dir() and _is_of_the_system(path.name):
            system.append(f"{readable(path.name)}/")
    notes = []
    if dead:
        notes.append(f"links that lead nowhere: {', '.join(dead)}")
    if system:
        notes.append(f"left out system folders: {', '.join(system)}")
    return notes


def readable(name: str) -> str:
    """A file's name as text that can be drawn and saved, whatever the locale.

    Python keeps bytes of a name that are no text as surrogates; here they become "�".
    """
    return os.fsencode(name).decode("utf-8", "replace")


def _files(folder: str | Path) -> list[str]:
    """All files in a folder and in those below it, in the order of their paths.

    Of 60,000 files that ``Path.rglob`` would ask the disk about one by one, this reads
    the folders alone.

    Raises:
        TaskError: a folder cannot be read.
    """
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    found += _files(entry.path)
                elif entry.is_file():
                    found.append(entry.path)
    except PermissionError as error:
        raise TaskError(
            f"{readable(str(folder))} cannot be read ({error.strerror}). "
            "Next: ask for permission to read it, or move it elsewhere"
        ) from error
    return sorted(found)


def files(folder: str | Path) -> list[str]:
    """All files in a folder and in those below it, those of the system left out.

    Raises:
        TaskError: a folder cannot be read.
    """
    return [
        file
        for file in _files(folder)
        if _kind(os.path.relpath(file, folder).replace(os.sep, "/")) not in PASSED_OVER
    ]


def pictures(folder: str | Path) -> list[str]:
    """All pictures in a folder and in those below it, in the order of their paths.

    A file counts as a picture by its suffix, or else by its first bytes; it is not
    decoded.

    Raises:
        TaskError: a folder cannot be read.
    """
    found = []
    for file in files(folder):
        kind = _kind(os.path.basename(file))
        if kind in SUFFIXES or _by_content(file, kind) in SUFFIXES:
            found.append(file)
    return found


PASSED_OVER = ("hidden",)  # kinds of files that are not looked into


def _kind(name: str) -> str:
    """The suffix of a file's name, in lower case; or "no suffix", or "hidden"."""
    if any(_is_of_the_system(part) for part in name.split("/")):
        return "hidden"  # ._cat.jpg, .ipynb_checkpoints/, @eaDir/
    return os.path.splitext(name)[1].lower() or "no suffix"


def _by_content(file: str, kind: str) -> str:
    """The suffix that a file should have, if its first bytes are those of a picture."""
    format = format_of(file)
    if format == "TIFF" and kind != "no suffix":
        return kind  # a camera's raw file begins like a TIFF
    if format in FORMATS:
        return f".{format.lower()}"
    return f"{kind}, in fact {format}" if format else kind
