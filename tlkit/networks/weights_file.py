"""Weights files as people have them: which file is no HDF5 file, and what it is then.

Keras writes weights as HDF5, alone (.h5, .weights.h5) or inside a .keras archive.
"""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from .network import WeightsError

INSIDE = "model.weights.h5"  # the member of a .keras archive that holds the weights
AGAIN = "Next: download it again"
BEGINNINGS = {  # first bytes of a file, in small letters -> what it is, what to do
    b"version https://git-lfs": (
        "a Git LFS pointer, not the file itself",
        "Next: `git lfs pull`, or download the file",
    ),
    b"<!doctype": ("a web page", AGAIN),
    b"<html": ("a web page", AGAIN),
    b"\x80\x02": ("a PyTorch file", "Next: convert it to Keras's .h5"),
    b"pk\x03\x04": (
        "a ZIP archive, perhaps a damaged one",
        "Next: unpack it and name the .h5 file in it, or download it again",
    ),
}


@contextmanager
def opened(file: Path) -> Iterator[h5py.File]:
    """A weights file, opened for reading.

    Args:
        file: .h5, .weights.h5 or .keras.

    Raises:
        WeightsError: it is something else, or damaged; the message says what.
    """
    with open(file, "rb") as raw:
        first = raw.read(64)
    try:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                _refuse_other_archives(file, archive)
                source = io.BytesIO(archive.read(INSIDE))
            found = h5py.File(source)
        else:
            found = h5py.File(file)
    except (OSError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{file}: {_what(first, str(error))}") from error
    with found:
        yield found


def _refuse_other_archives(file: Path, archive: zipfile.ZipFile) -> None:
    """Raise WeightsError for a ZIP archive that Keras did not write."""
    names = archive.namelist()
    if INSIDE in names:
        return
    what, step = BEGINNINGS[b"pk\x03\x04"]
    if any(name.endswith("data.pkl") for name in names):
        what, step = BEGINNINGS[b"\x80\x02"]
    elif names and all(name.endswith(".npy") for name in names):
        what, step = "arrays of NumPy (.npz)", "Next: name a file that Keras wrote"
    raise WeightsError(f"{file}: expected weights that Keras wrote, got {what}. {step}")


def _what(first: bytes, error: str) -> str:
    """What a file that cannot be opened is, from its first bytes, and what to do.

    Args:
        first: the first bytes.
        error: what HDF5 says about the file.
    """
    expected = "expected weights that Keras wrote, got"
    for beginning, (what, step) in BEGINNINGS.items():
        if first.lower().startswith(beginning):
            return f"{expected} {what}. {step}"
    if first[8:9] == b"{":
        return f"{expected} a safetensors file. Next: convert it to Keras's .h5"
    if first.startswith(b"\x89HDF"):
        return f"{expected} a part of an HDF5 file, or a damaged one ({error}). {AGAIN}"
    return f"{expected} something that is not HDF5. {AGAIN}"
