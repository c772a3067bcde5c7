"""A task: pictures, a question about them, and three splits that share no picture."""

import difflib
import hashlib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from . import folders, glyphs
from .files import fetch
from .folders import MissingFolderError, TaskError

ALL_FONTS = glyphs.TRAIN_FONTS + glyphs.TEST_FONTS
POOLS = {  # symbols; number, seed and fonts of the training scenes; of the test scenes
    "letters": (glyphs.LETTERS, (12_000, 1, glyphs.TRAIN_FONTS), (4_000, 2, ALL_FONTS)),
    "digits": (glyphs.DIGITS, (6_000, 3, glyphs.TRAIN_FONTS), (2_000, 4, ALL_FONTS)),
}
ANGLES = (
    "-30 to -15",
    "-15 to 0",
    "0 to 15",
    "15 to 30",
)  # degrees, positive is anticlockwise
DRAWN = {  # name -> pool, question, classes, true answers; four of them ask about the same scenes
    "letters": (
        "letters",
        "which letter is it?",
        tuple(glyphs.LETTERS),
        lambda scenes: scenes.symbol,
    ),
    "digits": (
        "digits",
        "which digit is it?",
        tuple(glyphs.DIGITS),
        lambda scenes: scenes.symbol,
    ),
    "colours": (
        "digits",
        "which colour is the digit?",
        tuple(glyphs.COLOURS),
        lambda scenes: scenes.colour,
    ),
    "angles": (
        "digits",
        "how far is the digit turned?",
        ANGLES,
        lambda scenes: _quarter(scenes.angle),
    ),
    "degrees": (
        "digits",
        "by how many degrees is the digit turned?",
        (),
        lambda scenes: scenes.angle,
    ),
}
TASKS = (*DRAWN, "cifar10")


class Rows:
    """Some rows of a (memory-mapped) array, read when indexed by int, slice or integers; gives copies."""

    def __init__(self, array, rows):
        array, rows = (
            (array._array, array._rows[rows])
            if isinstance(array, Rows)
            else (array, rows)
        )
        self._array, self._rows = np.asarray(array), np.asarray(rows)
        self.shape, self.dtype = (
            (len(self._rows), *self._array.shape[1:]),
            self._array.dtype,
        )

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, index):
        return np.take(self._array, self._rows[index], axis=0)

    def __array__(self, dtype=None, copy=None):
        return self[:].astype(dtype or self.dtype, copy=False)


@dataclass(frozen=True, eq=False)
class Split:
    """Images uint8 (n, h, w, 3), RGB, and labels int64 (n,), or float32 (n,) where a number is asked for."""

    images: np.ndarray | Rows
    labels: np.ndarray

    def __len__(self):
        return len(self.labels)

    def pick(self, rows) -> "Split":
        """Only these rows, in this order; no image is read."""
        return Split(Rows(self.images, rows), np.asarray(self.labels)[rows])


@dataclass(frozen=True, eq=False)
class Task:
    """A question about images, and three disjoint splits; the test split depends on neither budget nor seed.

    `classes` are in the order of the labels, and empty where a number is asked for. `mirror`: whether a
    mirrored image keeps its label. `notes`: sentences on what was decided, ignored or skipped.
    """

    name: str
    question: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    mirror: bool
    labels_per_class: int | None
    seed: int
    notes: tuple[str, ...] = ()

    @property
    def is_regression(self) -> bool:
        """Whether the answer is a number."""
        return not self.classes

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width, 3."""
        return tuple(self.test.images.shape[1:])

    def splits(self) -> dict[str, Split]:
        """The three splits by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def fingerprint(self) -> str:
        """SHA-256 of all images and labels."""
        parts = [
            fingerprint(part)
            for s in self.splits().values()
            for part in (s.images, s.labels)
        ]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def fingerprint(array) -> str:
    """SHA-256 of an array's shape, type and bytes, read a few hundred rows at a time."""
    digest = hashlib.sha256(f"{tuple(array.shape)} {array.dtype}".encode())
    for start in range(0, len(array), 256):
        digest.update(np.ascontiguousarray(array[start : start + 256]).data)
    return digest.hexdigest()


def load_task(
    name: str | Path,
    labels_per_class: int | None = None,
    seed: int = 0,
    *,
    image_size: int = 32,
    bad_files: str = "error",
    mirror: bool | None = None,
) -> Task:
    """Load a task with as many labels as asked for.

    Args:
        name: "letters", "digits", "colours", "angles", "degrees" (all 32 x 32), "cifar10", or a folder with
            ``train/<class>/*`` and perhaps ``validation`` and ``test``, or with ``<class>/*``.
        labels_per_class: drawn from the training pictures, validation included: a fifth of them, at least 1
            and at most 50, become the validation split (from the validation folder if there is one). For
            "degrees" ten times as many scenes. None: all there are, and a validation folder as it is.
        seed: which labels are drawn; a smaller budget's are among a larger one's.
        image_size: 32 to 224, height and width that a folder's pictures are squeezed to.
        bad_files: "error", or "skip" to leave out what cannot be read and list it in `notes`.
        mirror: overrides the default: True for photographs (cifar10, folders), False for drawn scenes.

    Raises:
        TaskError: a value out of range, or (its subclasses) what is wrong with a folder.
        FetchError: "cifar10" is not on this machine.
    """
    if bad_files not in ("error", "skip") or image_size not in range(32, 225):
        got = f"{bad_files!r} and {image_size!r}"
        raise TaskError(
            f"change bad_files to 'error' or 'skip' and image_size to 32 … 224: got {got}"
        )
    validation, notes, title = None, [], str(name)
    if name in DRAWN:
        scenes, question, classes, answers = DRAWN[name]
        train, test = (
            Split(part.images, np.array(answers(part))) for part in _drawn(scenes)
        )
    elif name == "cifar10":
        question, classes, both = (
            "what is in the picture?",
            fetch.CIFAR10_CLASSES,
            Split(*fetch.cifar10()),
        )
        first = len(both) * 5 // 6  # five of the six published batches are for training
        train, test = (
            both.pick(np.arange(first)),
            both.pick(np.arange(first, len(both))),
        )
    else:
        question, root = "which class is it?", _folder(name)
        classes, images, labels, rows, notes = folders.read(
            root, image_size, bad_files == "skip"
        )
        picked = {
            split: Split(images, labels).pick(some) for split, some in rows.items()
        }
        title, train, validation, test = (
            folders.readable(root.name),
            picked["train"],
            picked.get("validation"),
            picked["test"],
        )
    train, validation = _draw_labels(train, validation, labels_per_class, seed, classes)
    same = name not in DRAWN if mirror is None else mirror
    budget = (labels_per_class, seed)
    return Task(
        title, question, classes, train, validation, test, same, *budget, tuple(notes)
    )


def _quarter(angle):
    return np.clip((angle + 30) // 15, 0, len(ANGLES) - 1).astype(int)


def _drawn(name):
    """Training and test scenes, drawn once and memory-mapped."""
    symbols, *parts = POOLS[name]
    names = [field.name for field in fields(glyphs.Scenes)]
    for n, seed, fonts in parts:

        def write(folder, made_from=(symbols, n, seed), fonts=fonts):
            scenes = glyphs.draw(*made_from, fonts=fonts)
            for field in names:
                np.save(folder / f"{field}.npy", getattr(scenes, field))

        folder = folders.stored(
            name, (glyphs.VERSION, glyphs.Style(), symbols, n, seed, fonts), write
        )
        yield glyphs.Scenes(
            *(np.load(folder / f"{field}.npy", mmap_mode="r") for field in names)
        )


def _folder(name):
    root = Path(name).expanduser().resolve()
    if not root.is_dir():
        near = difflib.get_close_matches(str(name), TASKS, 1)
        step = (
            f"did you mean {near[0]!r}?"
            if near
            else f"check the spelling (this is {Path.cwd()})"
        )
        if root.exists():
            step = "that is a file: unpack it, or name the folder that holds the class folders"
        raise MissingFolderError(
            f"expected a folder or one of {', '.join(TASKS)}, got {str(name)!r}: {step}"
        )
    return root


def _draw_labels(pool, kept, k, seed, classes):
    """Training and validation splits, stratified, in random order; `kept`: a validation folder's, or None."""
    unit = (
        1 if classes else 10
    )  # a number has no classes: as many scenes as with ten of them
    source = kept or pool
    kinds, kept_kinds = (
        part.labels if classes else np.zeros(len(part), int) for part in (pool, source)
    )
    most = np.bincount(kinds).min() // unit
    if k is not None and not (isinstance(k, (int, np.integer)) and 2 <= k <= most):
        limits = f"from 2 (one to train, one to validate) to {most} (all of the rarest class), or None"
        raise TaskError(
            f"expected labels_per_class {limits}, got {k!r}: choose another"
        )
    rng, train, held = np.random.default_rng(seed), [], []
    for kind in range(len(classes) or 1):
        mine = rng.permutation(np.flatnonzero(kinds == kind))
        theirs = (
            mine
            if kept is None
            else rng.permutation(np.flatnonzero(kept_kinds == kind))
        )
        if kept is None or k is not None:
            theirs = theirs[
                : max(1, min(50 * unit, (k * unit if k else len(mine)) // 5))
            ]
        mine = mine[len(theirs) :] if kept is None else mine
        train.append(mine if k is None else mine[: k * unit - len(theirs)])
        held.append(theirs)
    train, held = (rng.permutation(np.concatenate(part)) for part in (train, held))
    return pool.pick(train), source.pick(held)
