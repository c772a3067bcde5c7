"""The two published files of the real pair: found or downloaded, always verified, kept in one cache.

Only ``get`` downloads. A file whose hash is wrong is named in a warning, never used and never deleted.
"""

import hashlib
import os
import pickle
import sys
import tarfile
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BATCHES = [*(f"cifar-10-batches-py/data_batch_{i}" for i in range(1, 6)), "cifar-10-batches-py/test_batch"]
RETRIES = 2  # after a failed attempt, with a second or two in between


class FetchError(RuntimeError):
    """A published file that cannot be had or read; says which, how many megabytes, and what to do."""


@dataclass(frozen=True)
class RemoteFile:
    """A published file: what it is, name, address, size, hash ("md5:..."), terms, source, places in Keras's cache."""

    title: str
    name: str
    url: str
    bytes: int
    hash: str
    licence: str
    citation: str
    keras: tuple[str, ...]

    def advice(self, what: str) -> str:
        """What is wrong with this file, and the next step."""
        step = f"`python -m tlkit run --real` when online, or put a copy at {cache_dir() / self.name}"
        return f"{self.name} ({self.bytes / 1e6:.0f} MB) {what}. Next: {step}."


VGG16 = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
FILES = {
    "vgg16": RemoteFile(
        "ImageNet's VGG16",
        VGG16,
        f"https://storage.googleapis.com/tensorflow/keras-applications/vgg16/{VGG16}",
        58_889_256,
        "md5:6d6bbae143d832006294945121d1f1fc",  # the publisher gives no SHA-256
        "CC BY 4.0 (Visual Geometry Group, Oxford), converted for keras.applications",
        "Simonyan & Zisserman 2015, https://arxiv.org/abs/1409.1556",
        (f"models/{VGG16}",),
    ),
    "cifar10": RemoteFile(
        "CIFAR-10",
        "cifar-10-python.tar.gz",
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        170_498_071,
        "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        "none: its authors offer it for download; never redistribute it",
        "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images, technical report",
        ("datasets/cifar-10-batches-py-target_archive", "datasets/cifar-10-batches-py.tar.gz"),  # new, old
    ),
}


def cache_dir() -> Path:
    """$TLKIT_CACHE, or else the user's cache folder; made if absent."""
    import platformdirs

    chosen = os.environ.get("TLKIT_CACHE") or platformdirs.user_cache_path("tlkit", appauthor=False)
    folder = Path(chosen).expanduser().absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def find(name: str) -> Path | None:
    """The verified file ("vgg16") or images .npy ("cifar10") in tlkit's or Keras's cache; never downloads.

    Raises FetchError if a CIFAR-10 archive is there but cannot be converted.
    """
    file = FILES[name]
    if name == "cifar10" and (images := _converted(file)):
        return images
    path = _on_disk(file)
    return _convert(file, path) if path and name == "cifar10" else path


def get(name: str) -> Path:
    """As ``find``, but downloads what is not there. Raises FetchError if that fails."""
    if path := find(name):
        return path
    import pooch

    file, folder = FILES[name], cache_dir()
    with _locked(file, "downloaded"):
        if not _on_disk(file):  # else another process was faster
            _set_aside(folder / file.name)
            registry, urls = {file.name: file.hash}, {file.name: file.url}
            source = pooch.create(folder, "", registry=registry, urls=urls, retry_if_failed=RETRIES)
            connect = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), chunk_size=2**18, timeout=30)
            source.fetch(file.name, downloader=connect)
    return get(name)  # which finds it


def missing(names: tuple[str, ...] = ("vgg16", "cifar10")) -> list[RemoteFile]:
    """What would have to be downloaded."""
    return [FILES[name] for name in names if find(name) is None]


def cifar10() -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (60000, 32, 32, 3) RGB and labels int64 (60000,), memory-mapped; the first 50,000 train.

    Raises FetchError if CIFAR-10 is not on this machine.
    """
    if not (images := find("cifar10")):
        raise FetchError(FILES["cifar10"].advice("is not on this machine"))
    arrays = [np.load(path, "r", allow_pickle=False) for path in (images, images.with_name("labels.npy"))]
    return arrays[0], arrays[1]


def _hash(path, algorithm):
    with path.open("rb") as file:  # 59 MB by MD5 or 184 MB by SHA-256: 0.1 s each, so nothing is remembered
        return f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"


def _matches(path, expected):
    found = _hash(path, expected.partition(":")[0]) if path.is_file() else None
    if found not in (None, expected):
        warnings.warn(f"{path} is not used: its hash is {found}, expected {expected}", stacklevel=2)
    return found == expected


def _on_disk(file):
    keras = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    places = [cache_dir() / file.name, *(keras / place for place in file.keras)]
    return next((path for path in places if _matches(path, file.hash)), None)


def _set_aside(path):
    if path.exists():
        path.rename(f"{path}.damaged-{time.time_ns()}")


@contextmanager
def _locked(file, doing):
    """One process at a time; any failure becomes one sentence."""
    from filelock import FileLock

    try:
        with FileLock(cache_dir() / f"{file.name}.lock"):
            yield
    except Exception as error:
        raise FetchError(f"{file.advice(f'could not be {doing}')} Cause: {error!r}") from error


ALLOWED = {
    "numpy.core.multiarray._reconstruct": np.empty(0).__reduce__()[0],
    "numpy.ndarray": np.ndarray,
    "numpy.dtype": np.dtype,
    "_codecs.encode": lambda text, _: text.encode("latin1"),  # how Python 3 writes bytes in protocol 2
}


class _ArraysOnly(pickle.Unpickler):
    """Reads CIFAR-10's pickled dicts and can build nothing but arrays."""

    def find_class(self, module, name):
        wanted = f"{module.replace('numpy._core', 'numpy.core')}.{name}"  # NumPy 2's name, NumPy 1's name
        if wanted not in ALLOWED:
            raise pickle.UnpicklingError(f"the archive asks for {wanted}, which is no part of an array")
        return ALLOWED[wanted]


def _converted(file):
    folder = cache_dir() / "cifar10"
    record = folder / "hashes.txt"  # of the archive, the images and the labels
    hashes = record.read_text("utf-8").split() if record.is_file() else []
    if len(hashes) != 3 or hashes[0] != file.hash:
        return None
    arrays = (folder / "images.npy", folder / "labels.npy")
    return arrays[0] if all(map(_matches, arrays, hashes[1:])) else None


def _convert(file, archive):
    """The archive as two arrays, in a folder that gets its name when everything in it is complete."""
    with _locked(file, "converted (it takes 200 MB there; TLKIT_CACHE names another folder)"):
        final, folder, labels = cache_dir() / "cifar10", cache_dir() / "cifar10.unfinished", None
        if done := _converted(file):  # another process was faster
            return done
        folder.mkdir(exist_ok=True)
        with tarfile.open(archive, "r:gz") as tar, open(folder / "images.npy", "wb") as out:
            for member in tar:  # in one pass, in whatever order, without extracting anything
                if not (member.isfile() and member.name in BATCHES):
                    continue
                batch = _ArraysOnly(tar.extractfile(member), encoding="bytes").load()
                images = np.asarray(batch[b"data"], "uint8").reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
                if labels is None:
                    labels = np.full((len(BATCHES), len(images)), -1, "int64")
                    header = {"descr": "|u1", "fortran_order": False, "shape": (labels.size, 32, 32, 3)}
                    np.lib.format.write_array_header_1_0(out, header)
                    start = out.tell()
                position = BATCHES.index(member.name)
                labels[position] = batch[b"labels"]
                out.seek(start + position * images.nbytes)
                out.write(np.ascontiguousarray(images))
        if labels is None or labels.min() < 0 or labels.max() > 9:
            raise ValueError("a batch is missing, or a label is not 0 to 9")
        np.save(folder / "labels.npy", labels.ravel())
        hashes = [file.hash, *(_hash(folder / array, "sha256") for array in ("images.npy", "labels.npy"))]
        (folder / "hashes.txt").write_text("\n".join(hashes), "utf-8")
        _set_aside(final)
        return folder.rename(final) / "images.npy"
