"""The pictures of notebook 11: the learner's own folder, or a drawn one with traps.

The drawn project is "which digit stands on the sign?": scenes as the embedded tasks
have them, written as one folder of PNG files for each class. Three traps are in it, as
in most folders that grew over time: copies of pictures, in files that differ; one class
with few pictures; and files of other kinds, which are no colour pictures.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from tlkit import glyphs

KINDS = (".png", ".jpg", ".jpeg")  # ends of the names of files that count as pictures
# Class -> (the digit on its signs, how many different pictures).
CLASSES = {
    "eight": ("8", 60),
    "five": ("5", 60),
    "nine": ("9", 20),  # the rare class
    "six": ("6", 60),
    "three": ("3", 60),
    "two": ("2", 60),
}
COPIED = 8  # pictures of each class that are there twice
GREY = 4  # pictures of each class that are stored without colours
SEED = 1100  # the tasks of the kit have other seeds
FEWEST = 10  # pictures of a class; with fewer no split is worth anything


def project_folder(folder: str | Path | None = None) -> Path:
    """A folder that holds one folder of pictures for each class.

    Args:
        folder: the learner's own; None draws one into a new temporary folder.

    Returns:
        its path.

    Raises:
        ValueError: there is no such folder, or its folders are not two classes or more
            with at least ``FEWEST`` pictures each.
    """
    if folder is None:
        return _draw(Path(mkdtemp(prefix="tlkit-project-")))
    own = Path(folder).expanduser()
    if not own.is_dir():
        raise ValueError(
            f"expected a folder with one folder of pictures for each class, and there "
            f"is none at {own.resolve()}: put its path into FOLDER"
        )
    counts = {place.name: _pictures(place) for place in own.iterdir() if place.is_dir()}
    if {"train", "test"} <= set(counts):
        raise ValueError(
            f"expected a folder for each class, got train and test in {own}: here you "
            "make the splits yourself, so name a folder that is not split yet"
        )
    few = [f"{name} ({count})" for name, count in counts.items() if count < FEWEST]
    if len(counts) < 2 or few:
        found = ", ".join(few) or ", ".join(counts) or "no folders"
        raise ValueError(
            f"expected two or more folders with at least {FEWEST} pictures each "
            f"({', '.join(KINDS)}) in {own}, got {found}: add pictures, or take the "
            "folder away"
        )
    return own


def _pictures(folder: Path) -> int:
    """How many files of a folder count as pictures."""
    return sum(path.suffix.lower() in KINDS for path in folder.iterdir())


def _draw(folder: Path) -> Path:
    """Write the drawn project into a folder; returns it."""
    from PIL import Image

    (folder / "read me.txt").write_text("Signs, seen in spring.\n", "utf-8")
    for number, (name, (digit, count)) in enumerate(CLASSES.items()):
        place = folder / name
        place.mkdir()
        (place / "notes.txt").write_text("Some are still missing.\n", "utf-8")
        scenes = glyphs.draw(digit, count, SEED + number).images
        # The numbers in the names tell nothing about which pictures are copies.
        order = np.random.default_rng(SEED + number).permutation(count + COPIED)
        for place_in_order, scene in zip(order, range(count + COPIED), strict=True):
            picture = Image.fromarray(scenes[scene % count])
            if scene % count >= count - GREY:
                picture = picture.convert("L")
            # A copy is the same picture in other bytes, as another program saves it.
            packed = 9 if scene < count else 1
            picture.save(place / f"sign {place_in_order:03}.png", compress_level=packed)
    return folder


def copies_of(images: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """Which pictures are the same, pixel by pixel.

    Args:
        images: uint8 (n, height, width, 3).

    Returns:
        int64 (n,): the index of the first picture that is the same as each; its own if
        it is the first.
    """
    first: dict[str, int] = {}
    keys = [
        sha256(np.ascontiguousarray(image).tobytes()).hexdigest() for image in images
    ]
    return np.array([first.setdefault(key, i) for i, key in enumerate(keys)], "int64")
