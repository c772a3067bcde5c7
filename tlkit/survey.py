"""What a folder of pictures holds, looked at before anything is trained.

It finds what would make a score too good or worthless: test pictures that are in
training too, exactly or nearly; classes with too few pictures; pictures that are dark,
of a single colour, or in two classes. Only pictures that a training would decode
anyway are looked at. Keras is not needed.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import folders, pixels
from .tasks import (
    Files,
    Rows,
    choose_files,
    folder_named,
    notes_on,
    picture_hash,
)

FEW = 10  # pictures of a class: with fewer, about two are left to test
SIDE = 16  # pixels of the grey thumbnails that are compared
# Correlation of two thumbnails: beyond it, one picture is a copy of the other in
# another size, brightness or quality, or both are shots of one moment. A difference
# hash (Krawetz 2013, "Kind of Like That") misses more copies of small pictures, and
# takes many handwritten digits for copies: `python tests/ci/near_copies.py`.
ALIKE = 0.99
COMMON = 0.01  # share of alike pairs across classes: beyond it, all pictures look so
NOT_TOLD = (
    f"pictures of different classes look alike in {SIDE} × {SIDE} pixels, so near "
    "copies cannot be told from others"
)
DARK = 50  # 0-255: a picture whose lightest hundredth is below it
FLAT = 8  # 0-255: a picture whose values differ less, in each channel
UNEVEN = 4  # times as long as the shortest side of another picture
AT_ONCE = 256  # pictures read together
SHOWN = 3  # names in a line
LONG = 200  # characters of a note in a line


@dataclass(frozen=True)
class Pair:
    """A test picture and one of training that looks the same.

    Attributes:
        test, other: places in ``Survey.files``.
        is_exact: whether all their pixels are the same, as the network sees them.
    """

    test: int
    other: int
    is_exact: bool


@dataclass(frozen=True, eq=False)
class Survey:
    """What was found in a folder.

    Attributes:
        root: the folder.
        classes: in alphabetical order.
        counts: class -> number of readable picture files, in all splits.
        used: split -> number of pictures that a training would use.
        files: the n pictures that were looked at, below root.
        labels: int64 (n,), their classes.
        is_test: bool (n,), whether they are in the test split.
        images: uint8 (n, size, size, 3), as the network sees them.
        shapes: int (n, 2), width and height of the files, pixels.
        pairs: test pictures that are in training too; each test picture once.
        doubts: place in `files` -> what is odd about the picture.
        notes: sentences on what was left out, and how the rest is used.
        damaged: number of files that cannot be read.
        spoils: sentences on what would make the score worthless or too good.
    """

    root: Path
    classes: tuple[str, ...]
    counts: dict[str, int]
    used: dict[str, int]
    files: tuple[str, ...]
    labels: np.ndarray
    is_test: np.ndarray
    images: Rows
    shapes: np.ndarray
    pairs: tuple[Pair, ...]
    doubts: dict[int, tuple[str, ...]]
    notes: tuple[str, ...]
    damaged: int
    spoils: tuple[str, ...]

    def lines(self) -> list[str]:
        """What was found, in one to five lines."""
        return [
            line
            for line in (
                self._found(),
                self._noted(),
                self._same(),
                self._sizes(),
                self._odd(),
            )
            if line
        ]

    def _found(self) -> str:
        """The classes, the largest and the smallest, and those with too few."""
        small = min(self.counts, key=self.counts.__getitem__)
        large = max(self.counts, key=self.counts.__getitem__)
        if self.counts[small] == self.counts[large]:
            sizes = f"{self.counts[small]:,} of each"
        else:
            sizes = (
                f"the smallest class is {small} ({self.counts[small]:,}), "
                f"the largest {large} ({self.counts[large]:,})"
            )
        used = ", ".join(f"{n:,} for {split}" for split, n in self.used.items())
        line = (
            f"Found: {len(self.classes)} classes, {sum(self.counts.values()):,} "
            f"pictures; {sizes}. Used: {used}."
        )
        few = too_few(self.counts)
        return f"{line} {few}." if few else line

    def _noted(self) -> str:
        """The notes, long ones cut; all of it is in a run's report."""
        short = [
            note if len(note) <= LONG else f"{note[:LONG].rpartition(' ')[0]} …"
            for note in self.notes
        ]
        return f"Note: {'; '.join(short)}." if short else ""

    def _same(self) -> str:
        """Test pictures that are in training too."""
        words = []
        for is_exact, how in ((True, "The same"), (False, "Nearly the same")):
            some = [pair for pair in self.pairs if pair.is_exact == is_exact]
            if some:
                named = [
                    f"{self.files[pair.test]} = {self.files[pair.other]}"
                    for pair in some
                ]
                words.append(f"{how} in test and training: {_listed(named)}.")
        return " ".join(words)

    def _sizes(self) -> str:
        """Files of very different sizes, too small, or of one size for each class."""
        size = self.images.shape[1]
        sides = self.shapes.min(axis=1)
        first, last = (
            "{:,} × {:,}".format(*self.shapes[i])
            for i in (sides.argmin(), sides.argmax())
        )
        words = []
        if sides.max() >= UNEVEN * sides.min():
            words.append(f"from {first} to {last} pixels")
        if small := int((sides < size).sum()):
            words.append(f"smaller than the {size} × {size} that are used: {small:,}")
        if told := self._told_by_size():
            words.append(told)
        return f"Sizes: {'; '.join(words)}." if words else ""

    def _told_by_size(self) -> str:
        """A sentence, if the size of a file alone tells its class."""
        own: list[tuple[int, ...]] = []
        for label in range(len(self.classes)):
            found = {
                tuple(shape) for shape in self.shapes[self.labels == label].tolist()
            }
            if len(found) > 1:
                return ""
            own += found
        if len(set(own)) < len(self.classes):
            return ""
        return (
            "each class has a size of its own, which may be what a network learns: "
            "save all pictures in one size"
        )

    def _odd(self) -> str:
        """The doubtful pictures, by kind."""
        kinds: dict[str, list[str]] = {}
        for place, reasons in self.doubts.items():
            for reason in reasons:
                kinds.setdefault(reason, []).append(self.files[place])
        words = [f"{kind}: {_listed(names)}" for kind, names in kinds.items()]
        return f"Look at: {'; '.join(words)}." if words else ""


def survey(
    root: str | Path,
    labels_per_class: int | None = None,
    seeds: int = 1,
    image_size: int = 32,
) -> Survey:
    """Look at the pictures of a folder that a training with these arguments would use.

    Files that cannot be read are left out and counted.

    Args:
        root: the folder, as ``load_task`` takes it.
        labels_per_class: as of ``load_task``.
        seeds: draws of labels; the pictures of all of them are looked at.
        image_size: as of ``load_task``.

    Raises:
        TaskError: as ``load_task``, for a folder of which no task can be made.
    """
    root = folder_named(root)
    found = folders.find(root)
    draws = [
        choose_files(found, labels_per_class, seed, image_size, skip=True)
        for seed in range(seeds)
    ]
    damaged = {place: why for draw in draws for place, why in draw.damaged.items()}
    places, is_test = _used(draws)
    names = [found.names[i] for i in places]
    labels = found.labels[places]
    images = _images(draws, places)
    hashes, thumbnails, dark, flat = _looked_through(images)
    pairs, not_told = _pairs(hashes, thumbnails, labels, is_test, flat)
    counts = _counts(found, damaged)
    return Survey(
        root=root,
        classes=found.classes,
        counts=counts,
        used={split: len(some) for split, some in draws[0].places.items()},
        files=tuple(folders.readable(name) for name in names),
        labels=labels,
        is_test=is_test,
        images=images,
        shapes=_shapes(root, names),
        pairs=tuple(pairs),
        doubts=_doubts(hashes, labels, dark, flat),
        notes=(*notes_on(found, damaged), *not_told),
        damaged=len(damaged),
        spoils=tuple(_spoils(found.classes, counts, pairs, hashes, labels)),
    )


def too_few(counts: dict[str, int]) -> str:
    """A sentence that names the classes with fewer than ``FEW`` pictures, or ""."""
    few = [f"{name} ({n})" for name, n in counts.items() if n < FEW]
    return f"Fewer than {FEW} pictures: {', '.join(few)}" if few else ""


def _used(draws: Sequence[Files]) -> tuple[np.ndarray, np.ndarray]:
    """The pictures of all draws, each once, those of the test split first.

    Returns:
        int (n,), places in ``ClassFolders.names``; bool (n,), whether they are tested.
    """
    tested = draws[0].places["test"]  # no seed changes it
    others = np.unique(
        np.concatenate(
            [draw.places[name] for draw in draws for name in ("train", "validation")]
        )
    )
    places = np.concatenate([tested, others])
    return places, np.arange(len(places)) < len(tested)


def _counts(found: folders.ClassFolders, damaged: dict[int, str]) -> dict[str, int]:
    """Class -> number of pictures that can be read, as far as they were opened."""
    readable = np.setdiff1d(np.arange(len(found.names)), list(damaged))
    sizes = np.bincount(found.labels[readable], minlength=len(found.classes))
    return dict(zip(found.classes, sizes.tolist(), strict=True))


def _images(draws: Sequence[Files], places: np.ndarray) -> Rows:
    """The pictures of places that some of the draws have decoded."""
    row = {place: one for draw in draws for place, one in draw.row.items()}
    return Rows(draws[-1].pixels, [row[int(i)] for i in places])  # of all draws


def _shapes(root: Path, names: Sequence[str]) -> np.ndarray:
    """Width and height of picture files: int (n, 2)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd metadata
        return np.array([pixels.shape_of(root / name) for name in names])


def _looked_through(
    images: Rows,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read every picture once.

    Args:
        images: uint8 (n, size, size, 3).

    Returns:
        str (n,), the hash of each picture's pixels;
        float32 (n, SIDE²), grey thumbnails of mean 0 and length 1;
        bool (n,), dark pictures;
        bool (n,), pictures of a single colour.
    """
    hashes: list[str] = []
    thumbnails = np.empty((len(images), SIDE * SIDE), "float32")
    darks, flats = np.zeros(len(images), bool), np.zeros(len(images), bool)
    step = max(1, images.shape[1] // 32)  # enough to see what is dark
    for start in range(0, len(images), AT_ONCE):
        some = images[start : start + AT_ONCE]
        hashes += map(picture_hash, some)
        thumbnails[start : start + len(some)] = [_thumbnail(image) for image in some]
        values = np.sort(some[:, ::step, ::step].reshape(len(some), -1, 3), axis=1)
        hundredth = values.shape[1] // 100
        low, high = values[:, hundredth], values[:, -1 - hundredth]  # (some, 3)
        flat = (high.astype(int) - low).max(axis=1) < FLAT
        flats[start : start + len(some)] = flat
        darks[start : start + len(some)] = (high.max(axis=1) < DARK) & ~flat
    return np.array(hashes), thumbnails, darks, flats


def _thumbnail(image: np.ndarray) -> np.ndarray:
    """A picture in SIDE × SIDE grey pixels, so that copies correlate.

    Args:
        image: uint8 (size, size, 3).

    Returns:
        float64 (SIDE²,), of mean 0 and length 1; 0 if it is flat.
    """
    from PIL import Image

    small = Image.fromarray(image).convert("L").resize((SIDE, SIDE))
    grey = np.asarray(small, "float64").ravel()
    grey -= grey.mean()
    return grey / (np.linalg.norm(grey) or 1.0)


def _pairs(
    hashes: np.ndarray,
    thumbnails: np.ndarray,
    labels: np.ndarray,
    is_test: np.ndarray,
    flat: np.ndarray,
) -> tuple[list[Pair], list[str]]:
    """Exact and near copies of test pictures in training, each test picture once.

    Args:
        hashes, thumbnails, flat: as ``_looked_through`` gives them.
        labels: int64 (n,).
        is_test: bool (n,).

    Returns:
        the pairs; and a sentence, if near copies cannot be told from others.
    """
    exact = _copies(hashes, is_test)
    near = _near_copies(thumbnails, labels, is_test, flat)
    if near is None:
        return exact, [NOT_TOLD]
    seen = {pair.test for pair in exact}
    return exact + [pair for pair in near if pair.test not in seen], []


def _copies(hashes: np.ndarray, is_test: np.ndarray) -> list[Pair]:
    """Test pictures whose pixels are those of a picture in training."""
    others = np.flatnonzero(~is_test)
    first = {hashes[i]: int(i) for i in reversed(others)}
    return [
        Pair(int(i), first[hashes[i]], True)
        for i in np.flatnonzero(is_test)
        if hashes[i] in first
    ]


def _near_copies(
    thumbnails: np.ndarray, labels: np.ndarray, is_test: np.ndarray, flat: np.ndarray
) -> list[Pair] | None:
    """Test pictures with the picture in training that is most like them, if it is
    ALIKE. A flat picture is like no other.

    Args:
        thumbnails: float32 (n, SIDE²), of mean 0 and length 1.
        labels: int64 (n,).
        is_test, flat: bool (n,).

    Returns:
        the pairs, exact copies among them; None if different classes look alike, too,
        as with drawings of one outline: then likeness does not tell copies.
    """
    tested, others = np.flatnonzero(is_test), np.flatnonzero(~is_test)
    thumbnails = np.where(flat[:, None], 0, thumbnails)
    compared = thumbnails[others]
    pairs, alike, across = [], 0, 0
    for start in range(0, len(tested), AT_ONCE):
        some = tested[start : start + AT_ONCE]
        matches = thumbnails[some] @ compared.T  # (some, others)
        differ = labels[some, None] != labels[others]
        across += int(differ.sum())
        alike += int((differ & (matches > ALIKE)).sum())
        best = matches.argmax(axis=1)
        for i, j, row in zip(some, best, matches, strict=True):
            if row[j] > ALIKE:
                pairs.append(Pair(int(i), int(others[j]), False))
    return None if alike > COMMON * across else pairs


def _doubts(
    hashes: np.ndarray, labels: np.ndarray, dark: np.ndarray, flat: np.ndarray
) -> dict[int, tuple[str, ...]]:
    """Place -> what is odd about a picture; pictures in two classes are, too."""
    owners: dict[str, set[int]] = {}
    for mark, label in zip(hashes, labels, strict=True):
        owners.setdefault(mark, set()).add(int(label))
    shared = np.array([len(owners[mark]) > 1 for mark in hashes])
    kinds = {"dark": dark, "of a single colour": flat, "in two classes": shared}
    found = {}
    for place in range(len(hashes)):
        reasons = tuple(kind for kind, has in kinds.items() if has[place])
        if reasons:
            found[place] = reasons
    return found


def _spoils(
    classes: Sequence[str],
    counts: dict[str, int],
    pairs: Sequence[Pair],
    hashes: np.ndarray,
    labels: np.ndarray,
) -> list[str]:
    """Sentences on what would make a score worthless or too good."""
    said = []
    if pairs:
        said.append(
            "test pictures that are in training too, exactly or nearly: "
            f"{len(pairs):,}; the score would be too good. Next: remove one of each "
            "pair, or keep pictures of one moment in one split"
        )
    if few := too_few(counts):
        said.append(f"{few}. Next: add pictures, or leave these classes out")
    for label, name in enumerate(classes):
        if len(set(hashes[labels == label])) == 1:
            said.append(
                f"all pictures of {name} are copies of one. Next: add other pictures"
            )
    return said


def _listed(names: Sequence[str]) -> str:
    """How many, and the first names."""
    more = ", …" if len(names) > SHOWN else ""
    return f"{len(names):,} ({', '.join(names[:SHOWN])}{more})"
