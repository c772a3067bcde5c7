"""Pictures of your own, read with care.

What is wrong with a file is said by its name, and the good ones go on.
"""

import hashlib
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from tlkit.folders import FORMATS, SUFFIXES, decode, readable

CLASSES = (2, 5)  # how many things one may teach: at least, at most
FEW = 2  # pictures of each at least: leaving one out must leave one
MOST = 100  # pictures of each at most: more than a probe needs
TINY = 16  # pixels along the shorter side
HUGE = 50_000_000  # pixels: more would take a gigabyte to decode
HEAVY = 30_000_000  # bytes of one file
# Correlation of two pictures at 16 × 16 pixels, grey: beyond it they are a copy in
# another size or quality, or two shots of one moment.
LOOK_ALIKE = 0.995
SIGNATURES = {  # how files that are no pictures begin, in lower case -> what, next step
    b"%pdf": ("a PDF", "export its pages as JPEG or PNG"),
    b"<svg": ("an SVG drawing", "export it as PNG"),
    b"<?xml": ("an SVG drawing or other XML", "export it as PNG"),
    b"<!doc": ("a web page", "open the page and save the picture itself"),
    b"<html": ("a web page", "open the page and save the picture itself"),
    b"pk\x03\x04": (
        "a ZIP archive or an office document",
        "unpack it and choose the pictures",
    ),
    b"ii*\x00": ("a camera's raw file", "export it as JPEG"),
    b"mm\x00*": ("a camera's raw file", "export it as JPEG"),
}
# Brands of files that phones write
PHONES = (b"heic", b"heix", b"mif1", b"msf1", b"avif")


class PictureError(ValueError):
    """A file that cannot be used as a picture.

    The message names it, what was expected, what came, and what to do.
    """


class TeachError(ValueError):
    """Pictures or names from which nothing can be learnt yet; says what is missing."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that was read.

    Attributes:
        name: of its file.
        data: the file's bytes.
        image: what the network sees, uint8 (size, size, 3), RGB.
        notes: what was done to get there, in sentences such as "an animation of 3
            frames: the first is used".
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
        """The picture in 16 × 16 grey pixels, so that copies correlate.

        Float (256,), of mean 0 and length 1; 0 if the picture is flat.
        """
        from PIL import Image

        small = Image.fromarray(self.image).convert("L").resize((16, 16))
        grey = np.asarray(small, "float64").ravel()
        grey -= grey.mean()
        return grey / (np.linalg.norm(grey) or 1.0)


def read_picture(name: str, data: bytes, size: int) -> Picture:
    """Read one file as the network will see it.

    Args:
        name: of the file.
        data: its bytes.
        size: height and width to squeeze it to, pixels.

    Raises:
        PictureError: empty, no picture, damaged, or of a size that cannot be used.
    """
    name = readable(name)
    if len(data) > HEAVY:
        limit, got = f"at most {HEAVY / 1e6:.0f} MB", f"{len(data) / 1e6:.0f} MB"
        raise _refused(name, limit, got, "save a smaller copy")
    if not data:
        raise _refused(name, "a picture", "an empty file", "copy or download it again")
    with warnings.catch_warnings():
        # About odd metadata, and Pillow's own limit of pixels, which is higher than
        # ours.
        warnings.simplefilter("ignore")
        opened = _opened(name, data)
        _check_size(name, *opened.size)
        try:
            image = decode(io.BytesIO(data), size)
            return Picture(name, data, image, tuple(_notes(name, opened)))
        except Exception as error:  # whatever damaged pixels make a decoder raise
            got = f"a damaged one ({error or type(error).__name__})"
            step = "copy or download it again"
            raise _refused(name, "a whole picture", got, step) from error


def _opened(name: str, data: bytes):
    """The picture as Pillow opens it, not yet decoded. Raises PictureError."""
    from PIL import Image

    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise _refused(name, _small(), "far more", "save a smaller copy") from None
    except Exception as error:  # whatever a damaged header makes a decoder raise
        expected = f"a picture ({', '.join(FORMATS)})"
        raise _refused(name, expected, *_what(data)) from error


def _refused(name: str, expected: str, got: str, step: str) -> PictureError:
    return PictureError(f"{name}: expected {expected}, got {got}. Next: {step}.")


def _small() -> str:
    return f"at most {HUGE / 1e6:.0f} million pixels"


def _check_size(name: str, width: int, height: int) -> None:
    """Raise PictureError for too few pixels, or too many."""
    size = f"{width} × {height}"
    if min(width, height) < TINY:
        wanted = f"at least {TINY} × {TINY} pixels"
        raise _refused(name, wanted, size, "choose the original, not its icon")
    if width * height > HUGE:
        raise _refused(name, _small(), size, "save a smaller copy")


def _what(data: bytes) -> tuple[str, str]:
    """What a file is that is no picture, and what to do about it."""
    start = data[:64].lstrip().lower()
    for sign, words in SIGNATURES.items():
        if start.startswith(sign):
            return words
    if data[4:8] == b"ftyp" and data[8:12] in PHONES:
        step = "export it as JPEG (on an iPhone: Settings, Camera, Most Compatible)"
        return "HEIC or AVIF, which phones write", step
    if data[4:8] == b"ftyp":
        return "a film", "save a frame of it as a picture"
    if b"\x00" not in data[:512]:
        step = "choose the picture itself; its name was changed, or its download failed"
        return "text", step
    return "something else", "open it in a picture viewer and save it as JPEG or PNG"


def _notes(name: str, opened) -> Iterator[str]:
    """What will be done to a picture that is not plain RGB.

    Args:
        name: of the file.
        opened: the picture as Pillow opened it.
    """
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
    suffix = Path(name).suffix.lower().replace(".jpg", ".jpeg")
    if suffix != f".{opened.format.lower()}":
        yield f"a {opened.format}, whatever its name says"


def _free_name(name: str, pictures: Sequence[Picture]) -> str:
    """A name that none of the pictures has: phones call each one "image.jpg"."""
    taken, number, path = {one.name for one in pictures}, 2, Path(name)
    while name in taken:
        name = f"{path.stem} ({number}){path.suffix}"
        number += 1
    return name


class Examples:
    """Pictures by class, as they are added; what is wrong with one leaves the others.

    Attributes:
        names: what the classes are called, in the order of the labels.
        size: pixels that pictures are squeezed to.
    """

    def __init__(self, names: Sequence[str] = ("", ""), size: int = 32):
        self.names, self.size = list(names), size
        self._pictures: list[list[Picture]] = [[] for _ in self.names]

    def count(self, n: int) -> None:
        """Have n classes. Pictures of classes beyond them come back with them."""
        self.names += [""] * (n - len(self.names))
        self._pictures += [[] for _ in range(n - len(self._pictures))]
        del self.names[n:]

    def of(self, label: int) -> tuple[Picture, ...]:
        """The pictures of a class, in the order in which they came."""
        return tuple(self._pictures[label])

    def called(self, label: int) -> str:
        """The name of a class, or its number before it has one."""
        return self.names[label].strip() or f"thing {label + 1}"

    def add(self, label: int, name: str, data: bytes) -> list[str]:
        """Add one file to a class.

        Args:
            label: of the class.
            name: of the file.
            data: its bytes.

        Returns:
            sentences about it, none for a plain picture.

        Raises:
            PictureError: it cannot be used. Nothing else changes.
        """
        mine = self._pictures[label]
        if len(mine) >= MOST:
            limit = f"at most {MOST} pictures of a class"
            got = f"one more for {self.called(label)}"
            step = "leave it out, or remove others"
            raise _refused(readable(name), limit, got, step)
        picture = read_picture(name, data, self.size)
        for other in mine:
            if other.key == picture.key:
                return [
                    f"{picture.name}: the same picture as {other.name}, which is there "
                    "already: counted once."
                ]
        picture = replace(picture, name=_free_name(picture.name, mine))
        said = [f"{picture.name}: {note}." for note in picture.notes]
        near = [other.name for other in mine if other.gist @ picture.gist > LOOK_ALIKE]
        if near:
            said.append(
                f"{picture.name}: looks like {near[0]}. Two shots of one moment make "
                "the score too good."
            )
        mine.append(picture)
        return said

    def add_folder(self, folder: str | Path) -> list[str]:
        """Replace everything by a folder that holds a folder of pictures for each
        class.

        Their names become the classes' names.

        Returns:
            sentences about its files.

        Raises:
            TeachError: no such folder, or not 2 to 5 folders with pictures in it.
                Nothing changes.
        """
        found = _class_folders(folder)
        self.names, self._pictures = list(found), [[] for _ in found]
        said = []
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
        kept = [one for one in self._pictures[label] if name and one.name != name]
        self._pictures[label] = kept

    def squeeze(self, size: int) -> None:
        """Read all pictures again at another size, because the backbone has changed."""
        self.size = size
        for mine in self._pictures:
            mine[:] = [
                replace(one, image=decode(io.BytesIO(one.data), size)) for one in mine
            ]

    def usable(self) -> tuple[list[Picture], np.ndarray, list[str]]:
        """What can be learnt from; a picture that is in two classes is used in neither.

        Returns:
            pictures, labels int64 (n,), and sentences about those left out.

        Raises:
            TeachError: fewer than two pictures of a class, a name missing, or two names
                alike.
        """
        places: dict[str, list[tuple[int, Picture]]] = {}
        for label in range(len(self.names)):
            for picture in self._pictures[label]:
                places.setdefault(picture.key, []).append((label, picture))
        pictures, labels, said = [], [], []
        for found in places.values():
            if len(found) > 1:
                said.append(self._in_two(found))
            else:
                label, picture = found[0]
                pictures.append(picture)
                labels.append(label)
        self._check_counts(labels, said)
        self._check_names()
        return pictures, np.array(labels, "int64"), said

    def _in_two(self, found: list[tuple[int, Picture]]) -> str:
        """A sentence about a picture that is in several classes."""
        where = " and ".join(
            f"{self.called(label)} (as {picture.name})" for label, picture in found
        )
        return (
            f"{found[0][1].name}: the same picture is in {where}: used in neither. "
            "Next: remove it from one."
        )

    def _check_counts(self, labels: Sequence[int], said: Sequence[str]) -> None:
        """Raise TeachError if a class has too few pictures.

        Args:
            labels: of all usable pictures.
            said: sentences about those that are not, which may be the reason.
        """
        few = []
        for label in range(len(self.names)):
            count = labels.count(label)
            if count < FEW:
                few.append(f"{self.called(label)} ({count})")
        if few:
            message = (
                f"expected at least {FEW} pictures of each thing, ten are better; too "
                f"few of {', '.join(few)}. Next: choose more. {' '.join(said)}"
            )
            raise TeachError(message.strip())

    def _check_names(self) -> None:
        """Raise TeachError if a class has no name, or the name of another."""
        seen = set()
        for label, name in enumerate(self.names):
            name = name.strip()
            if not name:
                raise TeachError(
                    "expected a name for each thing, got none for "
                    f"{self.called(label)}. Next: type what it is."
                )
            if name.casefold() in seen:
                raise TeachError(
                    f"expected different names, got “{name}” twice. Next: change one."
                )
            seen.add(name.casefold())


def _class_folders(folder: str | Path) -> dict[str, list[Path]]:
    """Name of a class -> its picture files, in alphabetical order.

    Raises:
        TeachError: no such folder, or not 2 to 5 folders with pictures in it.
    """
    root, found = Path(folder).expanduser(), {}
    for path in sorted(root.iterdir()) if root.is_dir() else []:
        if path.is_dir() and not path.name.startswith((".", "__")):
            files = _pictures_in(path)
            if files:
                found[readable(path.name)] = files
    low, high = CLASSES
    if not low <= len(found) <= high:
        got = f"none in {root.absolute()}"
        if found:
            got = f"{len(found)} ({', '.join(list(found)[:8])})"
        raise TeachError(
            f"{folder}: expected a folder with {low} to {high} folders of pictures in "
            f"it, one for each class, got {got}. Next: name the folder above them."
        )
    return found


def _pictures_in(folder: Path) -> list[Path]:
    """Files whose name says that they are pictures; hidden ones left out."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and not path.name.startswith(".")
        and path.suffix.lower() in SUFFIXES
    )
