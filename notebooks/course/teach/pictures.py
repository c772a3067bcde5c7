"""Pictures of your own, read with care: whatever is wrong with a file is said by its name, and the good ones go on."""

import hashlib
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from tlkit.folders import FORMATS, SUFFIXES, decode, readable

CLASSES = (2, 5)  # how many things one may teach
FEW, MOST = (
    2,
    100,
)  # pictures of each: leaving one out must leave one; a hundred is more than a probe needs
TINY = 16  # pixels along the shorter side
HUGE = 50_000_000  # pixels: more would take a gigabyte to decode
HEAVY = 30_000_000  # bytes of one file
LOOK_ALIKE = 0.995  # correlation of two pictures at 16 × 16 pixels, grey: a copy in another size or quality, or a burst
SIGNATURES = {  # how files begin, in lower case, that are no pictures, and what to do about them
    b"%pdf": ("a PDF", "export its pages as JPEG or PNG"),
    b"<svg": ("an SVG drawing", "export it as PNG"),
    b"<?xml": ("an SVG drawing or other XML", "export it as PNG"),
    b"<!doc": ("a web page", "open the page and save the picture itself"),
    b"<html": ("a web page", "open the page and save the picture itself"),
    b"pk\x03\x04": (
        "a ZIP archive or an office document",
        "unpack it and choose the pictures",
    ),
    b"ii*\x00": ("a TIFF or a camera's raw file", "export it as JPEG"),
    b"mm\x00*": ("a TIFF or a camera's raw file", "export it as JPEG"),
}


class PictureError(ValueError):
    """A file that cannot be used as a picture; the message names it, what was expected, what came, what to do."""


class TeachError(ValueError):
    """Pictures or names from which nothing can be learnt yet; the message says what is missing."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that was read: its file's name and bytes, what the network sees, and what was done to get there.

    Attributes:
        image: uint8 (size, size, 3), RGB.
        notes: sentences such as "an animation of 3 frames: the first is used".
    """

    name: str
    data: bytes = field(repr=False)
    image: np.ndarray = field(repr=False)
    notes: tuple[str, ...] = ()

    @cached_property
    def key(self) -> str:
        """SHA-256 of the pixels: the same picture, whatever its file is called."""
        return hashlib.sha256(self.image.tobytes()).hexdigest()

    @cached_property
    def gist(self) -> np.ndarray:
        """16 × 16 pixels in grey, float (256,), of mean 0 and length 1 (0 if flat): copies correlate."""
        from PIL import Image

        grey = np.asarray(
            Image.fromarray(self.image).convert("L").resize((16, 16)), "float64"
        ).ravel()
        grey -= grey.mean()
        return grey / (np.linalg.norm(grey) or 1.0)


def read_picture(name: str, data: bytes, size: int) -> Picture:
    """Read one file's bytes as the network will see them: uint8 (size, size, 3).

    Raises:
        PictureError: empty, no picture, damaged, or of a size that cannot be used.
    """
    from PIL import Image

    name = readable(name)
    if len(data) > HEAVY:
        raise _refused(
            name,
            f"at most {HEAVY / 1e6:.0f} MB",
            f"{len(data) / 1e6:.0f} MB",
            "save a smaller copy",
        )
    if not data:
        raise _refused(name, "a picture", "an empty file", "copy or download it again")
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # about odd metadata, and Pillow's own limit, which is higher
        try:
            opened = Image.open(io.BytesIO(data), formats=FORMATS)
        except Image.DecompressionBombError:
            raise _refused(name, _small(), "far more", "save a smaller copy") from None
        except Exception as error:  # whatever a damaged header makes a decoder raise
            raise _refused(
                name, f"a picture ({', '.join(FORMATS)})", *_what(data)
            ) from error
        _check_size(name, *opened.size)
        try:
            return Picture(
                name, data, decode(io.BytesIO(data), size), tuple(_notes(name, opened))
            )
        except Exception as error:  # whatever damaged pixels make it raise
            got = f"a damaged one ({error or type(error).__name__})"
            raise _refused(
                name, "a whole picture", got, "copy or download it again"
            ) from error


def _refused(name: str, expected: str, got: str, step: str) -> PictureError:
    return PictureError(f"{name}: expected {expected}, got {got}. Next: {step}.")


def _small() -> str:
    return f"at most {HUGE / 1e6:.0f} million pixels"


def _check_size(name: str, width: int, height: int) -> None:
    if min(width, height) < TINY:
        wanted = f"at least {TINY} × {TINY} pixels"
        raise _refused(
            name, wanted, f"{width} × {height}", "choose the original, not its icon"
        )
    if width * height > HUGE:
        raise _refused(name, _small(), f"{width} × {height}", "save a smaller copy")


def _what(data: bytes) -> tuple[str, str]:
    """What a file is that is no picture, and what to do about it."""
    start = data[:64].lstrip().lower()
    for sign, words in SIGNATURES.items():
        if start.startswith(sign):
            return words
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftypavif"):
        return (
            "HEIC or AVIF, which phones write",
            "export it as JPEG (on an iPhone: Settings, Camera, Most Compatible)",
        )
    if data[4:8] == b"ftyp":
        return "a film", "save a frame of it as a picture"
    if b"\x00" not in data[:512]:
        return (
            "text",
            "choose the picture itself; its name was changed, or its download failed",
        )
    return "something else", "open it in a picture viewer and save it as JPEG or PNG"


def _notes(name: str, opened) -> Iterator[str]:
    """What will be done to a picture that is not plain RGB."""
    frames, (width, height) = getattr(opened, "n_frames", 1), opened.size
    if frames > 1:
        yield f"an animation of {frames} frames: the first is used"
    if opened.mode == "CMYK":
        yield "in CMYK, for printing: turned into RGB"
    if opened.mode.startswith("I"):
        yield "of 16 bits: the upper 8 are used"
    if opened.has_transparency_data:
        yield "transparent: put on white"
    if opened.getexif().get(0x0112, 1) != 1:
        yield "turned upright, as its EXIF says"
    if max(width, height) > 3 * min(width, height):
        yield f"{width} × {height}: squeezed to a square, which changes shapes"
    suffix, kind = (
        Path(name).suffix.lower().replace(".jpg", ".jpeg"),
        opened.format.lower(),
    )
    if suffix != f".{kind}":
        yield f"a {opened.format}, whatever its name says"


class Examples:
    """Pictures by class, as they are added; what is wrong with one never touches the others.

    Attributes:
        names: what the classes are called, in the order of the labels.
        size: pixels that pictures are squeezed to.
    """

    def __init__(self, names: Sequence[str] = ("", ""), size: int = 32):
        self.names, self.size = list(names), size
        self._pictures: list[list[Picture]] = [[] for _ in self.names]

    def count(self, n: int) -> None:
        """Have n classes. Pictures of classes beyond them are kept, and come back with them."""
        self.names += [""] * (n - len(self.names))
        self._pictures += [[] for _ in range(n - len(self._pictures))]
        del self.names[n:]

    def of(self, label: int) -> tuple[Picture, ...]:
        """The pictures of a class, in the order in which they came."""
        return tuple(self._pictures[label])

    def add(self, label: int, name: str, data: bytes) -> list[str]:
        """Add one file to a class; returns sentences about it, none for a plain picture.

        Raises:
            PictureError: it cannot be used. Nothing else changes.
        """
        mine = self._pictures[label]
        if len(mine) >= MOST:
            raise _refused(readable(name), f"at most {MOST} pictures of a class", f"one more for {self._called(label)}",
                           "leave it out, or remove others")  # fmt: skip
        picture = read_picture(name, data, self.size)
        twin = next((other for other in mine if other.key == picture.key), None)
        if twin:
            return [
                f"{picture.name}: the same picture as {twin.name}, which is there already: counted once."
            ]
        said = [f"{picture.name}: {note}." for note in picture.notes]
        near = [other.name for other in mine if other.gist @ picture.gist > LOOK_ALIKE]
        if near:
            said.append(
                f"{picture.name}: looks like {near[0]}. Two shots of one moment make the score too good."
            )
        mine.append(picture)
        return said

    def add_folder(self, folder: str | Path) -> list[str]:
        """Add a folder that holds a folder of pictures for each class; they give the names. Returns sentences.

        Raises:
            TeachError: no such folder, or not 2 to 5 folders with pictures in it. Nothing changes.
        """
        root = Path(folder).expanduser()
        below = sorted(p for p in root.iterdir() if p.is_dir()) if root.is_dir() else []
        found = {
            readable(p.name): _pictures_in(p)
            for p in below
            if not p.name.startswith((".", "__"))
        }
        found = {name: files for name, files in found.items() if files}
        low, high = CLASSES
        if not low <= len(found) <= high:
            what = (
                f"{len(found)} ({', '.join(list(found)[:8])})"
                if found
                else f"none in {root.absolute()}"
            )
            raise TeachError(f"{folder}: expected a folder with {low} to {high} folders of pictures in it, one for "
                             f"each class, got {what}. Next: name the folder above them.")  # fmt: skip
        self.names, self._pictures, said = list(found), [[] for _ in found], []
        for label, (name, files) in enumerate(found.items()):
            for file in files[:MOST]:
                try:
                    said += self.add(label, file.name, file.read_bytes())
                except (PictureError, OSError) as error:
                    said.append(str(error))
            if len(files) > MOST:
                said.append(
                    f"{name}: {len(files)} pictures; the first {MOST} are used."
                )
        return said

    def remove(self, label: int, name: str | None = None) -> None:
        """Take the pictures of that file name out of a class, or all of them."""
        self._pictures[label] = [
            one for one in self._pictures[label] if name and one.name != name
        ]

    def squeeze(self, size: int) -> None:
        """Read all pictures again at another size, because the backbone has changed."""
        self.size = size
        for mine in self._pictures:
            mine[:] = [
                replace(one, image=decode(io.BytesIO(one.data), size)) for one in mine
            ]

    def usable(self) -> tuple[list[Picture], np.ndarray, list[str]]:
        """Pictures, labels int64 (n,), and sentences about those left out: one in two classes is in none.

        Raises:
            TeachError: fewer than two pictures of a class, a name missing, or two names alike.
        """
        places: dict[str, list[tuple[int, Picture]]] = {}
        for label in range(len(self.names)):
            for picture in self._pictures[label]:
                places.setdefault(picture.key, []).append((label, picture))
        said = [_in_two(self, found) for found in places.values() if len(found) > 1]
        kept = [found[0] for found in places.values() if len(found) == 1]
        labels = np.array([label for label, _ in kept], "int64")
        self._check(labels, said)
        return [picture for _, picture in kept], labels, said

    def _check(self, labels: np.ndarray, said: list[str]) -> None:
        names = [name.strip() for name in self.names]
        counts = np.bincount(labels, minlength=len(names))
        few = [f"{self._called(i)} ({n})" for i, n in enumerate(counts) if n < FEW]
        if few:
            raise TeachError(f"expected at least {FEW} pictures of each thing, ten are better; too few of "
                             f"{', '.join(few)}. Next: choose more. {' '.join(said)}".strip())  # fmt: skip
        if not all(names):
            raise TeachError(f"expected a name for each thing, got none for {self._called(names.index(''))}. "
                             "Next: type what it is.")  # fmt: skip
        if len({name.casefold() for name in names}) < len(names):
            twice = next(
                name
                for i, name in enumerate(names)
                if name.casefold() in [n.casefold() for n in names[:i]]
            )
            raise TeachError(
                f"expected different names, got “{twice}” twice. Next: change one."
            )

    def _called(self, label: int) -> str:
        return self.names[label].strip() or f"thing {label + 1}"


def _pictures_in(folder: Path) -> list[Path]:
    files = (
        path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(".")
    )
    return sorted(path for path in files if path.suffix.lower() in SUFFIXES)


def _in_two(examples: Examples, found: list[tuple[int, Picture]]) -> str:
    where = " and ".join(
        f"{examples._called(label)} (as {picture.name})" for label, picture in found
    )
    return f"{found[0][1].name}: the same picture is in {where}: used in neither. Next: remove it from one."
