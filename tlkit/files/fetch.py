"""Published files, CIFAR-10 and the weights of ``keras.applications``: found or
downloaded, verified, kept in one cache.

They are looked for in the folders of TLKIT_DATA (read-only), then in the cache, then in
Keras's cache. Only ``get`` and ``published`` download. A file with a wrong hash is only
named in a warning, never used and never deleted.
"""

import errno
import os
import pickle
import shutil
import tarfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from ..machine.log import log
from ..machine.whole import whole_file, whole_folder
from . import download
from .applications import SERVER, WEIGHTS, name_in_keras, named
from .hashes import file_hash

CIFAR10_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
BATCHES = [
    *(f"cifar-10-batches-py/data_batch_{i}" for i in range(1, 6)),
    "cifar-10-batches-py/test_batch",
]
WAYS = (
    "`python -m tlkit run --real` or `python -m tlkit fetch` when online, "
    "`python -m tlkit fetch --from DIR` with a bundle, "
    "or TLKIT_DATA=DIR for a folder that has it"
)
ROOM = "make room in {}, or set TLKIT_CACHE to another folder"
OURS = "set TLKIT_CACHE to a folder that you may write to; you may not write to {}"
STEPS = {  # name of an error of the operating system -> what to do about it
    "ENOSPC": ROOM,
    "EDQUOT": ROOM,
    "EFBIG": ROOM,
    "EROFS": OURS,
    "EACCES": OURS,
    "EPERM": OURS,
}


class FetchError(RuntimeError):
    """A published file that cannot be found, downloaded or read.

    It says which, how many megabytes, and what to do.
    """


@dataclass(frozen=True)
class RemoteFile:
    """A published file.

    Attributes:
        title: what it is, in words.
        name: of the file.
        url: the publisher's address.
        bytes: its size.
        hash: as the publisher gives it, "md5:…" or "sha256:…"; "" if there is none.
        licence: its terms, in words.
        citation: its source.
        keras: its possible paths in Keras's own cache, below ~/.keras.
    """

    title: str
    name: str
    url: str
    bytes: int
    hash: str
    licence: str
    citation: str
    keras: tuple[str, ...]

    def advice(self, what: str, step: str = WAYS) -> str:
        """What is wrong with this file, and the next step."""
        return f"{self.name} ({self.bytes / 1e6:.0f} MB) {what}. Next: {step}."


PAIR = ("vgg16", "cifar10")  # the real pair; what is not of it is only fetched by name
CIFAR10 = RemoteFile(
    title="CIFAR-10",
    name="cifar-10-python.tar.gz",
    url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    bytes=170_498_071,
    hash="sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    licence="none: its authors offer it for download; never redistribute it",
    citation=(
        "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images, "
        "technical report"
    ),
    keras=(
        "datasets/cifar-10-batches-py-target_archive",  # since Keras 3
        "datasets/cifar-10-batches-py.tar.gz",
    ),
)


def _weights(name: str) -> RemoteFile:
    """A network's file of ``keras.applications``."""
    found = WEIGHTS[name]
    file = found.path.split("/")[-1]
    return RemoteFile(
        title=f"ImageNet's {found.title}",
        name=file,
        url=f"{SERVER}/{found.path}",
        bytes=found.bytes,
        hash=found.hash,
        licence=f"{found.family.licence}, converted for keras.applications",
        citation=found.family.paper,
        keras=(f"models/{name_in_keras(file)}",),
    )


FILES = {"vgg16": _weights("vgg16"), "cifar10": CIFAR10}
FILES |= {name: _weights(name) for name in WEIGHTS if name not in FILES}
VGG16 = FILES["vgg16"].name


def key(name: str) -> str:
    """The entry of ``FILES`` that somebody means: "ResNet50V2" -> "resnet50v2".

    Raises:
        ValueError: no such file.
    """
    if name in FILES:
        return name
    found = named(name)
    if found is None:
        raise ValueError(f"expected some of {', '.join(FILES)}, got {name}")
    return found


def cache_dir() -> Path:
    """The folder that the kit keeps things in; made if absent.

    $TLKIT_CACHE, or else a folder of the kit among the user's caches.

    Raises:
        FetchError: it cannot be written.
    """
    folder = _places()[-1]
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise FetchError(f"The cache cannot be written. Next: {OURS.format(folder)}.")
    return folder


def find(name: str) -> Path | None:
    """A published file, ready for use, if it is on this machine; never downloads.

    Args:
        name: "cifar10", or a network: "vgg16", "resnet50v2" and so on.

    Returns:
        The verified file; for "cifar10" the .npy file of its images, which is made from
        the archive if needed. None if the file is not on this machine.

    Raises:
        FetchError: a CIFAR-10 archive is there but cannot be converted.
    """
    name = key(name)
    file = FILES[name]
    if name == "cifar10":
        images = _converted(file)
        if images:
            return images
    path = _on_disk(file)
    return _ready(name, path) if path else None


def get(name: str) -> Path:
    """As ``find``, but downloads what is not there. Raises FetchError if that fails."""
    return find(name) or _ready(key(name), published(name))


def published(name: str) -> Path:
    """The file as its publisher offers it, found or downloaded.

    Raises:
        FetchError: it cannot be downloaded.
    """
    file = FILES[key(name)]
    mirrors = os.environ.get("TLKIT_MIRRORS", "").split()
    urls = [f"{mirror.rstrip('/')}/{file.name}" for mirror in mirrors]
    urls.append(file.url)

    def fill(part: download.Part) -> None:
        log.info(
            f"{file.title}: downloading {file.bytes / 1e6:.0f} MB. "
            f"Licence: {file.licence}. Cite: {file.citation}."
        )
        download.fill(part, urls)

    return _on_disk(file) or acquire(file, "downloaded", fill)


def acquire(
    file: RemoteFile, doing: str, fill: Callable[[download.Part], None]
) -> Path:
    """A file in the cache, where it gets its name when it is complete.

    Args:
        file: which.
        doing: what was tried, for an error: "downloaded".
        fill: completes the part that it is given.

    Raises:
        FetchError: it failed.
    """
    with _locked(file, doing) as folder:
        path = folder / file.name
        if _is(file, path):  # another process was faster
            return path
        _set_aside(path)
        place = folder / f"{file.name}.part"
        with download.Part(place, file.bytes, _known(file), file.title) as part:
            room = shutil.disk_usage(folder).free
            if room < file.bytes - part.size:
                raise OSError(errno.ENOSPC, f"{room / 1e6:.0f} MB are free")
            fill(part)
        if not file.hash.startswith("sha256:"):
            found = part.hashes["sha256"].hexdigest()
            with whole_file(_record(file), locked=True) as unfinished:
                unfinished.write_text(f"{found}  {file.name}\n", "utf-8")
        return place.replace(path)


def missing(names: tuple[str, ...] = PAIR) -> list[RemoteFile]:
    """What would have to be downloaded."""
    return [FILES[key(name)] for name in names if find(name) is None]


def not_here(files: list[RemoteFile]) -> str:
    """What is missing, in megabytes, and the three ways to get it."""
    names = " and ".join(
        f"{file.title} ({file.name}, {file.bytes / 1e6:.0f} MB)" for file in files
    )
    are = "are" if len(files) > 1 else "is"
    return f"{names} {are} not on this machine. Next: {WAYS}."


def cifar10() -> tuple[np.ndarray, np.ndarray]:
    """All of CIFAR-10, memory-mapped; the first 50,000 pictures are for training.

    Returns:
        images uint8 (60000, 32, 32, 3), RGB, and labels int64 (60000,).

    Raises:
        FetchError: CIFAR-10 is not on this machine.
    """
    images = find("cifar10")
    if not images:
        raise FetchError(not_here([FILES["cifar10"]]))
    return _mapped(images), _mapped(images.with_name("labels.npy"))


def _mapped(path: Path) -> np.ndarray:
    return np.load(path, "r", allow_pickle=False)


def _places() -> list[Path]:
    """Where files may lie; the last one is the cache."""
    import platformdirs

    shared = os.environ.get("TLKIT_DATA", "").split(os.pathsep)
    places: list[str | Path] = [place for place in shared if place]
    places.append(
        os.environ.get("TLKIT_CACHE")
        or platformdirs.user_cache_path("tlkit", appauthor=False)
    )
    return [Path(place).expanduser().absolute() for place in places]


def _record(file: RemoteFile) -> Path:
    """Where the SHA-256 of a file is kept, when it first comes here without one."""
    return _places()[-1] / f"{file.name}.sha256"


def _known(file: RemoteFile) -> list[str]:
    """The published hash, if any; and the SHA-256 recorded here, if that is none."""
    record = _record(file)
    words = record.read_text("utf-8", "replace").split() if record.is_file() else []
    # whole ones only: half of one may be left after a power cut
    recorded = [f"sha256:{word}" for word in words if len(word) == 64]
    return [file.hash, *recorded] if file.hash else recorded


def _is(file: RemoteFile, path: Path) -> bool:
    """Whether a path has a published file; the size counts if there is no hash."""
    known = _known(file)
    if not known and path.is_file() and path.stat().st_size != file.bytes:
        warnings.warn(
            f"{path} is not used: it has {path.stat().st_size:,} bytes, "
            f"expected {file.bytes:,}",
            stacklevel=2,
        )
        return False
    return _matches(path, *known)


def _matches(path: Path, *expected: str) -> bool:
    """Whether a file is there and has all of the hashes; warns if it has others."""
    if not path.is_file():
        return False
    found = []
    for known in expected:
        algorithm = known.partition(":")[0]
        found.append(f"{algorithm}:{file_hash(path, algorithm)}")
    if found == [*expected]:
        return True
    warnings.warn(
        f"{path} is not used: its hash is {' '.join(found)}, "
        f"expected {' '.join(expected)}",
        stacklevel=2,
    )
    return False


def _on_disk(file: RemoteFile) -> Path | None:
    """The first place that has the file with the right hashes."""
    keras = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    paths = [place / file.name for place in _places()]
    paths += [keras / place for place in file.keras]
    for path in paths:
        if _is(file, path):
            return path
    return None


def _ready(name: str, path: Path) -> Path:
    """A verified file as ``find`` gives it: CIFAR-10's archive as arrays."""
    return _convert(FILES[name], path) if name == "cifar10" else path


def _set_aside(path: Path) -> None:
    """Give what has a name, and should not, another one: nothing is deleted."""
    if path.exists():
        path.rename(f"{path}.damaged-{time.time_ns()}")


@contextmanager
def _locked(file: RemoteFile, doing: str) -> Iterator[Path]:
    """The cache, for one process at a time; any failure becomes one sentence."""
    from filelock import FileLock

    folder = cache_dir()
    try:
        with FileLock(folder / f"{file.name}.lock"):
            yield folder
    except Exception as error:
        number = error.errno if isinstance(error, OSError) else None
        name = errno.errorcode.get(number, "") if number else ""
        step = STEPS.get(name, WAYS).format(folder)
        cause = error if isinstance(error, OSError) else repr(error)
        said = file.advice(f"could not be {doing}", step)
        raise FetchError(f"{said} Cause: {cause}") from error


def _latin1(text: str, _: str) -> bytes:
    """How Python 3 writes bytes in pickles of protocol 2."""
    return text.encode("latin1")


ALLOWED = {  # what CIFAR-10's pickles may call
    "numpy.core.multiarray._reconstruct": np.empty(0).__reduce__()[0],
    "numpy.ndarray": np.ndarray,
    "numpy.dtype": np.dtype,
    "_codecs.encode": _latin1,
}


class _ArraysOnly(pickle.Unpickler):
    """Reads CIFAR-10's pickled dicts and can build nothing but arrays."""

    def find_class(self, module, name):
        # NumPy 2 writes another name than NumPy 1
        wanted = f"{module.replace('numpy._core', 'numpy.core')}.{name}"
        if wanted not in ALLOWED:
            raise pickle.UnpicklingError(
                f"the archive asks for {wanted}, which is no part of an array"
            )
        return ALLOWED[wanted]


def _converted(file: RemoteFile) -> Path | None:
    """The images' array in the first place that has both arrays as they were made."""
    for place in _places():
        if _has_arrays(file, place / "cifar10"):
            return place / "cifar10" / "images.npy"
    return None


def _has_arrays(file: RemoteFile, folder: Path) -> bool:
    """Whether a folder has the arrays of this archive, with the recorded hashes."""
    record = folder / "hashes.txt"  # of the archive, the images and the labels
    hashes = record.read_text("utf-8", "replace").split() if record.is_file() else []
    if len(hashes) != 3 or hashes[0] != file.hash:
        return False
    images, labels = folder / "images.npy", folder / "labels.npy"
    return _matches(images, hashes[1]) and _matches(labels, hashes[2])


def _convert(file: RemoteFile, archive: Path) -> Path:
    """Make two arrays and their hashes of the archive; returns the images' path."""
    doing = "converted (this needs 200 MB; TLKIT_CACHE can name another folder)"
    with _locked(file, doing) as cache:
        done = _converted(file)
        if done:  # another process was faster
            return done
        final = cache / "cifar10"
        with whole_folder(final, locked=True) as folder:
            labels = _unpack(archive, folder / "images.npy")
            np.save(folder / "labels.npy", labels)
            hashes = [file.hash]
            for array in ("images.npy", "labels.npy"):
                hashes.append(f"sha256:{file_hash(folder / array)}")
            (folder / "hashes.txt").write_text("\n".join(hashes), "utf-8")
            _set_aside(final)
        return final / "images.npy"


def _unpack(archive: Path, target: Path) -> np.ndarray:
    """Write the images of all batches into one .npy file; returns their labels.

    The archive is read in one pass, in whatever order its members come; only one batch
    is in memory at a time, and nothing is extracted.

    Args:
        archive: cifar-10-python.tar.gz, verified.
        target: the file to write: uint8 (n, 32, 32, 3), the batches in their order.

    Returns:
        int64 (n,).

    Raises:
        ValueError: a batch is missing, or a label is not 0 to 9.
    """
    labels = None
    with tarfile.open(archive, "r:gz") as tar, target.open("wb") as out:
        for member in tar:
            if not member.isfile() or member.name not in BATCHES:
                continue
            content = tar.extractfile(member)
            assert content is not None  # for it is a file
            images, known = _read_batch(content)
            if labels is None:
                labels = np.full((len(BATCHES), len(images)), -1, "int64")
                header = {
                    "descr": "|u1",
                    "fortran_order": False,
                    "shape": (labels.size, 32, 32, 3),
                }
                np.lib.format.write_array_header_1_0(out, header)
                start = out.tell()
            position = BATCHES.index(member.name)
            labels[position] = known
            # not by a memory map: on a full disk that ends in a bus error
            out.seek(start + position * images.nbytes)
            out.write(images.data)
    if labels is None or labels.min() < 0 or labels.max() > 9:
        raise ValueError("a batch is missing, or a label is not 0 to 9")
    return labels.ravel()


def _read_batch(content: IO[bytes]) -> tuple[np.ndarray, list[int]]:
    """Images uint8 (n, 32, 32, 3) and labels of one pickled batch."""
    batch = _ArraysOnly(content, encoding="bytes").load()
    pixels = np.asarray(batch[b"data"], "uint8")  # (n, 3072): red, green, blue planes
    images = pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), batch[b"labels"]
