"""Published files, the two of the real pair and one more backbone: found or downloaded, verified, kept in one cache.

Looked for in the folders of TLKIT_DATA, which are only ever read, then in the cache, then in Keras's cache. Only
``get`` and ``published`` download. A file whose hash is wrong is named in a warning, never used and never deleted.
"""

import errno
import hashlib
import os
import pickle
import shutil
import tarfile
import time
import warnings
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import download

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
    "`python -m tlkit run --real` or `python -m tlkit fetch` when online, `python -m tlkit fetch --from DIR` "
    "with a bundle, or TLKIT_DATA=DIR for a folder that has it"
)
ROOM = "make room in {}, or name another folder in TLKIT_CACHE"
OURS = "name a folder that you may write to in TLKIT_CACHE; {} is not one"
STEPS = {
    "ENOSPC": ROOM,
    "EDQUOT": ROOM,
    "EFBIG": ROOM,
    "EROFS": OURS,
    "EACCES": OURS,
    "EPERM": OURS,
}


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

    def advice(self, what: str, step: str = WAYS) -> str:
        """What is wrong with this file, and the next step."""
        return f"{self.name} ({self.bytes / 1e6:.0f} MB) {what}. Next: {step}."


VGG16 = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
PAIR = ("vgg16", "cifar10")  # the real pair; what is not of it is only fetched by name
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
    "efficientnet": RemoteFile(
        "ImageNet's EfficientNetV2-B0", "efficientnetv2-b0_notop.h5",
        "https://storage.googleapis.com/tensorflow/keras-applications/efficientnet_v2/efficientnetv2-b0_notop.h5",
        24_274_472, "md5:893217f2bb855e2983157299931e43ff",  # from keras.applications' source; there is no SHA-256
        "Apache 2.0 (Google), converted for keras.applications", "Tan & Le 2021, https://arxiv.org/abs/2104.00298",
        ("models/efficientnetv2-b0_notop.h5",),
    ),
}  # fmt: skip


def cache_dir() -> Path:
    """$TLKIT_CACHE, or else the user's cache folder; made if absent. Raises FetchError if it cannot be written."""
    folder = _places()[-1]
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise FetchError(f"The cache cannot be written. Next: {OURS.format(folder)}.")
    return folder


def find(name: str) -> Path | None:
    """The verified file ("vgg16", "efficientnet") or images .npy ("cifar10") in one of the places; never downloads.

    Raises FetchError if a CIFAR-10 archive is there but cannot be converted.
    """
    file = FILES[name]
    if name == "cifar10" and (images := _converted(file)):
        return images
    path = _on_disk(file)
    return _convert(file, path) if path and name == "cifar10" else path


def get(name: str) -> Path:
    """As ``find``, but downloads what is not there. Raises FetchError if that fails."""
    return find(name) or (published(name) and get(name))  # which finds it


def published(name: str) -> Path:
    """The file as its publisher offers it, found or downloaded. Raises FetchError if that fails."""
    file = FILES[name]
    mirrors = [
        f"{mirror.rstrip('/')}/{file.name}"
        for mirror in os.environ.get("TLKIT_MIRRORS", "").split()
    ]

    def fill(part):
        print(
            f"{file.title}: downloading {file.bytes / 1e6:.0f} MB. Licence: {file.licence}. Cite: {file.citation}."
        )
        download.fill(part, [*mirrors, file.url])

    return _on_disk(file) or acquire(file, "downloaded", fill)


def acquire(
    file: RemoteFile, doing: str, fill: Callable[[download.Part], None]
) -> Path:
    """The file in the cache, where it gets its name when ``fill`` has completed it. Raises FetchError."""
    with _locked(file, doing) as folder:
        path, record = folder / file.name, folder / f"{file.name}.sha256"
        if _matches(path, *_known(file)):  # another process was faster
            return path
        _set_aside(path)
        with download.Part(
            folder / f"{file.name}.part", file.bytes, _known(file), file.title
        ) as part:
            if (room := shutil.disk_usage(folder).free) < file.bytes - part.size:
                raise OSError(errno.ENOSPC, f"{room / 1e6:.0f} MB are free")
            fill(part)
        if file.hash.startswith("md5:"):
            record.write_text(
                f"{part.hashes['sha256'].hexdigest()}  {file.name}\n", "utf-8"
            )
        return Path(part.name).replace(path)


def missing(names: tuple[str, ...] = PAIR) -> list[RemoteFile]:
    """What would have to be downloaded."""
    return [FILES[name] for name in names if find(name) is None]


def not_here(files: list[RemoteFile]) -> str:
    """What is missing, in megabytes, and the three ways to get it."""
    names = " and ".join(
        f"{file.title} ({file.name}, {file.bytes / 1e6:.0f} MB)" for file in files
    )
    return f"{names} {'are' if files[1:] else 'is'} not on this machine. Next: {WAYS}."


def cifar10() -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (60000, 32, 32, 3) RGB and labels int64 (60000,), memory-mapped; the first 50,000 train.

    Raises FetchError if CIFAR-10 is not on this machine.
    """
    if not (images := find("cifar10")):
        raise FetchError(not_here([FILES["cifar10"]]))
    arrays = [
        np.load(path, "r", allow_pickle=False)
        for path in (images, images.with_name("labels.npy"))
    ]
    return arrays[0], arrays[1]


def _places():
    """Where files may lie; the last one is the cache."""
    import platformdirs

    cache = os.environ.get("TLKIT_CACHE") or platformdirs.user_cache_path(
        "tlkit", appauthor=False
    )
    shared = filter(None, os.environ.get("TLKIT_DATA", "").split(os.pathsep))
    return [Path(place).expanduser().absolute() for place in (*shared, cache)]


def file_hash(path: Path, algorithm: str) -> str:
    """Such as "sha256:6d95…"."""
    with (
        path.open("rb") as file
    ):  # 59 MB by MD5 or 184 MB by SHA-256: 0.1 s each, so nothing is remembered
        return f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"


def _known(file):
    """The published hash and, where that is an MD5, the SHA-256 recorded when the file first came here."""
    record = _places()[-1] / f"{file.name}.sha256"
    recorded = record.read_text("utf-8", "replace").split() if record.is_file() else []
    return [
        file.hash,
        *(f"sha256:{word}" for word in recorded if len(word) == 64),
    ]  # not half of it, after a power cut


def _matches(path, *expected):
    found = (
        [file_hash(path, known.partition(":")[0]) for known in expected]
        if path.is_file()
        else []
    )
    if found not in ([], [*expected]):
        warnings.warn(
            f"{path} is not used: its hash is {' '.join(found)}, expected {' '.join(expected)}",
            stacklevel=2,
        )
    return found == [*expected]


def _on_disk(file):
    keras = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    places = [
        *(place / file.name for place in _places()),
        *(keras / place for place in file.keras),
    ]
    return next((path for path in places if _matches(path, *_known(file))), None)


def _set_aside(path):
    if path.exists():
        path.rename(f"{path}.damaged-{time.time_ns()}")


@contextmanager
def _locked(file, doing):
    """The cache, for one process at a time; any failure becomes one sentence."""
    from filelock import FileLock

    folder = cache_dir()
    try:
        with FileLock(folder / f"{file.name}.lock"):
            yield folder
    except Exception as error:
        step = STEPS.get(
            errno.errorcode.get(getattr(error, "errno", None), ""), WAYS
        ).format(folder)
        cause = error if isinstance(error, OSError) else repr(error)
        raise FetchError(
            f"{file.advice(f'could not be {doing}', step)} Cause: {cause}"
        ) from error


ALLOWED = {
    "numpy.core.multiarray._reconstruct": np.empty(0).__reduce__()[0],
    "numpy.ndarray": np.ndarray,
    "numpy.dtype": np.dtype,
    "_codecs.encode": lambda text, _: text.encode(
        "latin1"
    ),  # how Python 3 writes bytes in protocol 2
}


class _ArraysOnly(pickle.Unpickler):
    """Reads CIFAR-10's pickled dicts and can build nothing but arrays."""

    def find_class(self, module, name):
        wanted = f"{module.replace('numpy._core', 'numpy.core')}.{name}"  # NumPy 2's name, NumPy 1's name
        if wanted not in ALLOWED:
            raise pickle.UnpicklingError(
                f"the archive asks for {wanted}, which is no part of an array"
            )
        return ALLOWED[wanted]


def _converted(file):
    return next(
        (images for place in _places() if (images := _arrays(file, place / "cifar10"))),
        None,
    )


def _arrays(file, folder):
    record = folder / "hashes.txt"  # of the archive, the images and the labels
    hashes = record.read_text("utf-8", "replace").split() if record.is_file() else []
    if len(hashes) != 3 or hashes[0] != file.hash:
        return None
    arrays = (folder / "images.npy", folder / "labels.npy")
    return arrays[0] if all(map(_matches, arrays, hashes[1:])) else None


def _convert(file, archive):
    """The archive as two arrays, in a folder that gets its name when everything in it is complete."""
    with _locked(
        file, "converted (it takes 200 MB there; TLKIT_CACHE names another folder)"
    ) as cache:
        final, folder, labels = cache / "cifar10", cache / "cifar10.unfinished", None
        if done := _converted(file):  # another process was faster
            return done
        folder.mkdir(exist_ok=True)
        with (
            tarfile.open(archive, "r:gz") as tar,
            open(folder / "images.npy", "wb") as out,
        ):
            for (
                member
            ) in tar:  # in one pass, in whatever order, without extracting anything
                if not (member.isfile() and member.name in BATCHES):
                    continue
                batch = _ArraysOnly(tar.extractfile(member), encoding="bytes").load()
                images = (
                    np.asarray(batch[b"data"], "uint8")
                    .reshape(-1, 3, 32, 32)
                    .transpose(0, 2, 3, 1)
                )
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
                labels[position] = batch[b"labels"]
                out.seek(start + position * images.nbytes)
                out.write(np.ascontiguousarray(images))
        if labels is None or labels.min() < 0 or labels.max() > 9:
            raise ValueError("a batch is missing, or a label is not 0 to 9")
        np.save(folder / "labels.npy", labels.ravel())
        hashes = [
            file.hash,
            *(
                file_hash(folder / array, "sha256")
                for array in ("images.npy", "labels.npy")
            ),
        ]
        (folder / "hashes.txt").write_text("\n".join(hashes), "utf-8")
        _set_aside(final)
        return folder.rename(final) / "images.npy"
