"""A task: pictures, a question about them, and three splits that share no picture."""

import difflib
import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from operator import attrgetter
from pathlib import Path

import numpy as np

from . import folders, glyphs, pixels
from .files import fetch
from .folders import MissingFolderError, TaskError
from .machine.memory import unmap_pages
from .machine.whole import whole_folder

ALL_FONTS = glyphs.TRAIN_FONTS + glyphs.TEST_FONTS
# Symbols; number, seed and fonts of the training scenes, and of the test scenes.
POOLS = {
    "letters": (glyphs.LETTERS, (12_000, 1, glyphs.TRAIN_FONTS), (4_000, 2, ALL_FONTS)),
    "digits": (glyphs.DIGITS, (6_000, 3, glyphs.TRAIN_FONTS), (2_000, 4, ALL_FONTS)),
}
# Degrees, positive is anticlockwise.
ANGLES = ("-30 to -15", "-15 to 0", "0 to 15", "15 to 30")


@dataclass(frozen=True)
class Question:
    """What is asked about a pool of drawn scenes.

    Attributes:
        pool: a name in ``POOLS``.
        text: the question in words.
        classes: the possible answers; empty where a number is asked for.
        answers: the true answers, (n,), from n scenes.
    """

    pool: str
    text: str
    classes: tuple[str, ...]
    answers: Callable[[glyphs.Scenes], np.ndarray]


def _quarter(scenes: glyphs.Scenes) -> np.ndarray:
    """Place in ``ANGLES``; both ends of the range belong to a class."""
    fifteens = (scenes.angle + 30) // 15
    return np.clip(fifteens, 0, len(ANGLES) - 1).astype(int)


DRAWN = {  # four of them ask about the same scenes
    "letters": Question(
        pool="letters",
        text="which letter is it?",
        classes=tuple(glyphs.LETTERS),
        answers=attrgetter("symbol"),
    ),
    "digits": Question(
        pool="digits",
        text="which digit is it?",
        classes=tuple(glyphs.DIGITS),
        answers=attrgetter("symbol"),
    ),
    "colours": Question(
        pool="digits",
        text="which colour is the digit?",
        classes=tuple(glyphs.COLOURS),
        answers=attrgetter("colour"),
    ),
    "angles": Question(
        pool="digits",
        text="how far is the digit turned?",
        classes=ANGLES,
        answers=_quarter,
    ),
    "degrees": Question(
        pool="digits",
        text="by how many degrees is the digit turned?",
        classes=(),
        answers=attrgetter("angle"),
    ),
}
TASKS = (*DRAWN, "cifar10")

HELD_OUT = 50  # validation labels of a class, at most
NO_CLASSES = 10  # a number is asked for: as many pictures as if there were ten classes
AT_ONCE = 16  # rows: each may bring 2 MB of a mapped file into memory for a moment


class Rows:
    """Some rows of an array (n, ...), which may be memory-mapped.

    They are read when they are indexed by an int, a slice or integers; the result is a
    copy. ``Rows`` of ``Rows`` read from the original array.
    """

    def __init__(self, array, rows):
        if isinstance(array, Rows):
            array, rows = array._array, array._rows[rows]
        self._array = np.asarray(array)
        self._rows = np.asarray(rows)
        self.shape = (len(self._rows), *self._array.shape[1:])
        self.dtype = self._array.dtype

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, index):
        wanted = self._rows[index]
        rows = np.atleast_1d(wanted)
        taken = np.empty((len(rows), *self.shape[1:]), self.dtype)
        for start in range(0, len(rows), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            taken[part] = self._array[rows[part]]
            unmap_pages(self._array)
        return taken if np.ndim(wanted) else taken[0]

    def __array__(self, dtype=None, copy=None):
        return self[:].astype(dtype or self.dtype, copy=False)

    @property
    def constant(self) -> bool:
        """Whether the array is a file that is mapped to be read only."""
        base = self._array.base
        return isinstance(base, np.memmap) and base.mode == "r"

    @cached_property
    def files(self) -> list[str] | None:
        """Where each picture was decoded from, below the folder of the task; None if
        the pictures are not from files. Source: ``pixels.names``.
        """
        if not self.constant:
            return None
        known = pixels.names(Path(self._array.base.filename))
        return None if known is None else [known[row] for row in self._rows.tolist()]

    @cached_property
    def sha256(self) -> str:
        """The hash that ``fingerprint`` gives, computed once; of constant rows only."""
        assert self.constant
        return _sha256(self)


@dataclass(frozen=True, eq=False)
class Split:
    """Pictures and the true answers for them.

    Attributes:
        images: uint8 (n, height, width, 3), RGB, 0-255; an array or ``Rows``.
        labels: int64 (n,), or float32 (n,) where a number is asked for.
    """

    images: np.ndarray | Rows
    labels: np.ndarray

    def __len__(self):
        return len(self.labels)

    def pick(self, rows) -> "Split":
        """Only these rows, in this order; no image is read."""
        return Split(Rows(self.images, rows), np.asarray(self.labels)[rows])


@dataclass(frozen=True, eq=False)
class Task:
    """A question about images, and three splits that share no image.

    Attributes:
        name: of the task, or of the folder.
        question: in words.
        classes: in the order of the labels; empty where a number is asked for.
        train, validation, test: the splits; the test split depends on neither the
            budget of labels nor the seed.
        mirror: whether a mirrored image keeps its label.
        labels_per_class, seed: as given to ``load_task``.
        notes: sentences on what was decided, ignored or skipped.
        file_size: middle width and height of the training pictures' files, pixels,
            before they were made smaller; None: the pictures are not from files.
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
    file_size: tuple[int, int] | None = None

    @property
    def is_regression(self) -> bool:
        """Whether the answer is a number."""
        return not self.classes

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width, 3."""
        return tuple(self.test.images.shape[1:])

    def larger(self, option: str) -> str:
        """A sentence about the size of pictures to try next (``pixels.larger_size``);
        "" if the files have no more pixels than are used.

        Args:
            option: how to ask for it, with "{0}" for the pixels of an edge, as in
                "--size {0}".
        """
        used = self.train.images.shape[1]
        size = pixels.larger_size(used, self.file_size)
        if size is None or self.file_size is None:
            return ""
        width, height = self.file_size
        times = f"{(size / used) ** 2:.2g}"
        return (
            f"Your pictures have {width:,} × {height:,} pixels and were made {used} × "
            f"{used}: try `{option.format(size)}` (about {times} times the time)."
        )

    def splits(self) -> dict[str, Split]:
        """The three splits by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def fingerprint(self) -> str:
        """SHA-256 of all images and labels."""
        parts = []
        for split in self.splits().values():
            parts += [fingerprint(split.images), fingerprint(split.labels)]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def fingerprint(array: np.ndarray | Rows) -> str:
    """SHA-256 of an array's shape, type and bytes.

    A few hundred rows are read at a time. Rows of a file that is mapped read-only are
    read once: their hash is remembered.
    """
    if isinstance(array, Rows) and array.constant:
        return array.sha256
    return _sha256(array)


def _sha256(array: np.ndarray | Rows) -> str:
    """What ``fingerprint`` gives, computed in any case."""
    digest = hashlib.sha256(f"{tuple(array.shape)} {array.dtype}".encode())
    for start in range(0, len(array), 256):
        digest.update(np.ascontiguousarray(array[start : start + 256]).data)
        unmap_pages(array)
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

    In a folder, only the pictures that are used are opened: the test split, and those
    whose labels were drawn. So a damaged picture that is not used is not noticed. Each
    picture is decoded once and kept in the cache.

    Args:
        name: "letters", "digits", "colours", "angles", "degrees" (all 32 x 32),
            "cifar10", or a folder with ``train/<class>/*`` and perhaps ``validation``
            and ``test``, or with ``<class>/*`` (a fifth of each class is then kept for
            the test split).
        labels_per_class: how many labels to draw for each class, validation included. A
            fifth of them, at least 1 and at most 50, become the validation split (from
            the validation folder if there is one). For "degrees", ten times as many
            scenes are drawn. None: all labels, and the whole validation folder.
        seed: which labels are drawn. A larger budget contains those of a smaller one.
        image_size: 32 to 224, height and width of the pictures of a folder, which are
            resized whatever their shape is.
        bad_files: what to do about chosen pictures that cannot be read. "error": raise.
            "skip": leave them out and list them in `notes`. Each is replaced by the
            next picture of its class in the seed's order, so the budget stays the same.
            In a test folder, and where all pictures are used, no picture is replaced.
        mirror: overrides the default: False for drawn scenes, and for a folder with
            classes that a mirror may confuse (``folders.sided``); else True.

    Raises:
        TaskError: a value is out of range.
        MissingFolderError, SingleClassError, UnseenClassError, EmptyClassError: what is
            wrong with a folder.
        BadImagesError: names the chosen pictures that cannot be read.
        FetchError: "cifar10" is not on this machine.
    """
    if bad_files not in ("error", "skip") or image_size not in range(32, 225):
        raise TaskError(
            "change bad_files to 'error' or 'skip' and image_size to 32 … 224: "
            f"got {bad_files!r} and {image_size!r}"
        )
    if name in DRAWN:
        task = _of_scenes(str(name), labels_per_class, seed)
    elif name == "cifar10":
        task = _of_cifar10(labels_per_class, seed)
    else:
        skip = bad_files == "skip"
        task = _of_folder(folder_named(name), labels_per_class, seed, image_size, skip)
    return task if mirror is None else replace(task, mirror=mirror)


def _of_scenes(name: str, k: int | None, seed: int) -> Task:
    """A question about drawn scenes, with k labels per class."""
    asked = DRAWN[name]
    pool, test = _drawn(asked.pool)
    every = Split(pool.images, np.array(asked.answers(pool)))
    if asked.classes:
        labels, unit = every.labels, 1
    else:
        labels, unit = np.zeros(len(every), int), NO_CLASSES
    train, held = _draw(labels, np.arange(len(every)), None, k, seed, unit=unit)
    return Task(
        name,
        asked.text,
        asked.classes,
        every.pick(train),
        every.pick(held),
        Split(test.images, np.array(asked.answers(test))),
        mirror=False,
        labels_per_class=k,
        seed=seed,
    )


def _drawn(pool: str) -> tuple[glyphs.Scenes, glyphs.Scenes]:
    """Training and test scenes of a pool."""
    symbols, train, test = POOLS[pool]
    return _scenes(pool, symbols, *train), _scenes(pool, symbols, *test)


def _scenes(
    pool: str, symbols: str, n: int, seed: int, fonts: tuple[str, ...]
) -> glyphs.Scenes:
    """Scenes that are drawn once, kept in the cache and memory-mapped."""
    names = [field.name for field in fields(glyphs.Scenes)]

    def write(folder: Path) -> None:
        scenes = glyphs.draw(symbols, n, seed, fonts=fonts)
        for name in names:
            np.save(folder / f"{name}.npy", getattr(scenes, name))

    made_from = (glyphs.VERSION, glyphs.Style(), symbols, n, seed, fonts)
    folder = stored(pool, made_from, write)
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names}
    return glyphs.Scenes(**arrays)


def _of_cifar10(k: int | None, seed: int) -> Task:
    """CIFAR-10 with k labels per class; its sixth batch is the test split."""
    every = Split(*fetch.cifar10())
    first = len(every) * 5 // 6
    train, held = _draw(every.labels[:first], np.arange(first), None, k, seed)
    return Task(
        "cifar10",
        "what is in the picture?",
        fetch.CIFAR10_CLASSES,
        every.pick(train),
        every.pick(held),
        every.pick(np.arange(first, len(every))),
        mirror=True,
        labels_per_class=k,
        seed=seed,
    )


def _of_folder(root: Path, k: int | None, seed: int, size: int, skip: bool) -> Task:
    """Pictures in class folders, with k labels per class.

    Pictures that the test split has too are left out of training.
    """
    found = folders.find(root)
    files = choose_files(found, k, seed, size, skip)
    hashes = {i: picture_hash(files.pixels[row]) for i, row in files.row.items()}
    unmap_pages(files.pixels)
    chosen, copies = _without_copies(found, files.places, hashes)
    splits = {
        name: Split(files.images(places), found.labels[places])
        for name, places in chosen.items()
    }
    return Task(
        folders.readable(root.name),
        "which class is it?",
        found.classes,
        **splits,
        mirror=not folders.sided(found.classes),
        labels_per_class=k,
        seed=seed,
        notes=tuple(notes_on(found, files.damaged, copies)),
        file_size=pixels.usual_shape([root / found.names[i] for i in chosen["train"]]),
    )


@dataclass(frozen=True, eq=False)
class Files:
    """The files of a folder that a task uses, decoded.

    Attributes:
        places: split -> int (n,), places in ``ClassFolders.names``.
        pixels: uint8 (m, size, size, 3), memory-mapped.
        row: place -> row in `pixels`.
        damaged: place -> why the file cannot be read; another was taken instead.
    """

    places: dict[str, np.ndarray]
    pixels: np.ndarray
    row: dict[int, int]
    damaged: dict[int, str]

    def images(self, places: Sequence[int] | np.ndarray) -> Rows:
        """The pictures of some places, uint8 (n, size, size, 3)."""
        return Rows(self.pixels, [self.row[i] for i in places])


def choose_files(
    found: folders.ClassFolders, k: int | None, seed: int, size: int, skip: bool
) -> Files:
    """Choose k files of each class, and decode them.

    If some cannot be read, the choice is made again without them, until all that are
    chosen have been read. Copies are not looked for.

    Args:
        found: the folders.
        k, seed, size: as `labels_per_class`, `seed` and `image_size` of ``load_task``.
        skip: whether files that cannot be read are left out.

    Raises:
        TaskError: `k` is out of range.
        EmptyClassError: too few pictures of a class.
        BadImagesError: files cannot be read, and `skip` is False.
    """
    damaged: dict[int, str] = {}
    while True:
        found.check(damaged)
        places = _choose(found, damaged, k, seed)
        used = np.concatenate(list(places.values()))
        names = [found.names[i] for i in used]
        images, rows, bad = pixels.decoded(found.root, names, size)
        if not bad:
            break
        damaged |= {int(used[i]): why for i, why in bad.items()}
        if not skip:
            found.refuse(damaged, len(used))
    row = {int(i): int(one) for i, one in zip(used, rows, strict=True)}
    return Files(places, images, row, damaged)


def notes_on(
    found: folders.ClassFolders, damaged: dict[int, str], copies: Sequence[str] = ()
) -> list[str]:
    """Sentences on what of a folder is not used, and on how the rest is used.

    Args:
        found: the folders.
        damaged: place in `found.names` -> why the file cannot be read.
        copies: sentences on copies.
    """
    notes = [*found.notes, *found.skipped(damaged), *copies]
    if "test" not in found.rows:
        notes.append(
            "no test folder: a fifth of each class was kept for the test split"
        )
    sided = folders.sided(found.classes)
    if sided:
        notes.append(
            f"pictures are not mirrored while training, because of {', '.join(sided)}: "
            "a mirror image might belong to another class"
        )
    return notes


def _without_copies(
    found: folders.ClassFolders,
    chosen: dict[str, np.ndarray],
    hashes: Mapping[int, str],
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Leave out of training and validation what the test split has too.

    What a network has seen in training is no test of it: a picture and its copies stay
    on one side. Copies within a split stay, but one picture under two classes is noted.

    Args:
        found: the folders.
        chosen: split -> places in `found.names`.
        hashes: place -> that of the picture as the network sees it.

    Returns:
        the choice without copies, and sentences on what was left out.

    Raises:
        TaskError: all pictures are the same.
    """
    first: dict[str, int] = {}  # of a picture's hash -> where it was met first
    kept, notes, both = {}, [], []
    for split in ("test", "validation", "train"):
        seen = dict(first)  # in the splits before
        left_out = []
        for i in map(int, chosen[split]):
            other = first.setdefault(hashes[i], i)
            if found.labels[other] != found.labels[i]:
                both.append(f"{found.names[i]} = {found.names[other]}")
            if hashes[i] in seen:
                left_out.append(i)
        kept[split], words = _without(found, split, chosen[split], left_out)
        notes += words
    if len(first) == 1:
        raise TaskError(
            f"expected different pictures in {found.root}, got only copies of "
            f"{found.names[next(iter(first.values()))]}. Next: look at the pictures"
        )
    if both:
        more = " …" if len(both) > 3 else ""
        notes.append(
            f"{len(both)} pictures look the same and lie in two classes: "
            f"{', '.join(both[:3])}{more}"
        )
    return {split: kept[split] for split in chosen}, notes


def picture_hash(picture: np.ndarray) -> str:
    """SHA-256 of a picture's pixels."""
    return hashlib.sha256(picture.tobytes()).hexdigest()


def _without(
    found: folders.ClassFolders, split: str, rows: np.ndarray, copies: list[int]
) -> tuple[np.ndarray, list[str]]:
    """A split without copies of a later split's pictures, and a sentence on them.

    Where a class would be left without any picture, all of them stay.
    """
    if not copies:
        return rows, []
    names = sorted(found.names[i] for i in copies)[:3]
    names += ["…"] if len(copies) > 3 else []
    listed = f"{len(copies)} ({', '.join(names)})"
    kept = rows[~np.isin(rows, copies)]
    if set(found.labels[kept]) < set(found.labels[rows]):
        return rows, [
            f"{split}: {listed} look the same as pictures of a later split, and one "
            "class has no other pictures: do not trust the score"
        ]
    return kept, [
        f"left out of {split}: {listed}, which look the same as pictures of a later "
        "split"
    ]


def _choose(
    found: folders.ClassFolders, damaged: dict[int, str], k: int | None, seed: int
) -> dict[str, np.ndarray]:
    """Split -> places in `found.names`, none of them damaged."""
    usable = np.ones(len(found.names), bool)
    usable[list(damaged)] = False
    pool = found.of_split("train")
    kept = found.of_split("validation") if "validation" in found.rows else None
    if "test" in found.rows:
        test = found.of_split("test")
        test = test[usable[test]]
    else:
        left = 2 if kept is None else 1  # one to train, one to validate
        test = _fifth(found.labels, pool, usable, left)
        pool = np.setdiff1d(pool, test)
    train, held = _draw(found.labels, pool, kept, k, seed, usable=usable)
    return {"train": train, "validation": held, "test": test}


def _fifth(
    labels: np.ndarray, pool: np.ndarray, usable: np.ndarray, left: int
) -> np.ndarray:
    """A fifth of each class for the test split: rows of the pool, sorted.

    A fifth of all files, not of those that can be read: nobody has looked at all of
    them. In a class with few readable pictures it may be less, as `left` of them must
    be left.
    """
    rng = np.random.default_rng(0)
    parts = []
    for kind in np.unique(labels[pool]):
        rows = rows_of_class(labels, pool, kind, rng)
        good = rows[usable[rows]]
        fifth = max(1, round(len(rows) / 5))
        parts.append(good[: min(fifth, len(good) - left)])
    return np.sort(np.concatenate(parts))


def _draw(
    labels: np.ndarray,
    pool: np.ndarray,
    kept: np.ndarray | None,
    k: int | None,
    seed: int,
    *,
    usable: np.ndarray | None = None,
    unit: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the rows to train on and to validate, class by class.

    Args:
        labels: int (n,), the class of each row.
        pool: rows to draw from.
        kept: rows of a validation folder; None: the pool's rows validate, too.
        k: rows of each class for training and validation together; None: all.
        seed: which ones. The rows of a class are put into an order, and the first ones
            are taken.
        usable: bool (n,), which rows may be taken; None: all.
        unit: k and the limit of the validation split count that many rows.

    Returns:
        Rows for training and rows for validation, each in mixed order.

    Raises:
        TaskError: k is not between 2 and the size of the rarest class.
    """
    if usable is None:
        usable = np.ones(len(labels), bool)
    _check_budget(k, int(np.bincount(labels[pool[usable[pool]]]).min()) // unit)
    rng = np.random.default_rng(seed)
    train, held = [], []
    for kind in np.unique(labels[pool]):
        rows = rows_of_class(labels, pool, kind, rng)
        rows = rows[usable[rows]]
        budget = len(rows) if k is None else k * unit
        share = max(1, min(HELD_OUT * unit, budget // 5))
        if kept is None:
            validating, training = rows[:share], rows[share:]
        else:
            validating = rows_of_class(labels, kept, kind, rng)
            validating = validating[usable[validating]]
            if k is not None:
                validating = validating[:share]
            training = rows
        if k is not None:
            training = training[: budget - len(validating)]
        train.append(training)
        held.append(validating)
    # Never change this order: a seed must always give the same rows in the same order.
    return rng.permutation(np.concatenate(train)), rng.permutation(np.concatenate(held))


def _check_budget(k: int | None, most: int) -> None:
    """Raise TaskError unless k is None or a number of labels that there are."""
    whole = isinstance(k, (int, np.integer))
    if k is None or (whole and 2 <= k <= most):
        return
    raise TaskError(
        "expected labels_per_class from 2 (one to train, one to validate) to "
        f"{most} (all of the rarest class), or None, got {k!r}: choose another"
    )


def rows_of_class(
    labels: np.ndarray, pool: np.ndarray, kind: int, rng: np.random.Generator
) -> np.ndarray:
    """The rows of one class among some rows, in random order.

    Args:
        labels: int (n,), the class of each row.
        pool: int (m,), the rows to look among.
        kind: the class.
        rng: decides the order; called once.

    Returns:
        int (some,), rows of the pool.
    """
    return rng.permutation(pool[labels[pool] == kind])


def in_shares(labels: np.ndarray, seed: int) -> np.ndarray:
    """All rows in random order; the first m rows, for every m, keep the class shares.

    Args:
        labels: (n,), the class of each row.
        seed: which order.

    Returns:
        int64 (n,), every row once.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    kinds = np.asarray(labels)[order]
    # in the queue of its class: 0 is the first, 1 the last
    place = np.zeros(len(order))
    for kind in np.unique(kinds):
        queue = kinds == kind
        place[queue] = np.linspace(0, 1, queue.sum())
    return order[np.argsort(place, kind="stable")]


def folder_named(name: str | Path) -> Path:
    """The folder of that name. Raises MissingFolderError with the next step."""
    root = Path(name).expanduser().resolve()
    if root.is_dir():
        return root
    near = difflib.get_close_matches(str(name), TASKS, 1)
    if root.exists():
        step = "that is a file: unpack it, or name the folder that holds the classes"
    elif near:
        step = f"did you mean {near[0]!r}?"
    else:
        step = f"check the spelling (the current folder is {Path.cwd()})"
    raise MissingFolderError(
        f"expected a folder or one of {', '.join(TASKS)}, got {str(name)!r}: {step}"
    )


def cache_bytes() -> int:
    """What decoded pictures and drawn scenes take in the cache, bytes."""
    files = (fetch.cache_dir() / "tasks").rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())


def clear_cache() -> int:
    """Remove decoded pictures, drawn scenes and what killed programs left of them.

    Returns:
        the bytes that this frees. Locks stay, because another program may hold one.
    """
    before = cache_bytes()
    for folder in (fetch.cache_dir() / "tasks").glob("*/"):
        shutil.rmtree(folder, ignore_errors=True)  # Windows keeps what is mapped
    return before - cache_bytes()


def stored(kind: str, made_from: object, write: Callable[[Path], None]) -> Path:
    """The cache's folder for what `made_from` describes, filled by ``write(folder)``.

    That happens once. The folder gets its name when it is complete, so a half-written
    one is never used.
    """
    from filelock import FileLock

    key = hashlib.sha256(repr(made_from).encode()).hexdigest()[:24]
    folder = fetch.cache_dir() / "tasks" / f"{kind}-{key}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():  # or else another process was faster
            with whole_folder(folder, locked=True) as unfinished:
                write(unfinished)
    return folder
