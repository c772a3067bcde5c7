"""A trained model on disk: ``model.keras`` with the names of its classes inside."""

import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from .folders import readable
from .machine.quiet import keras
from .pixels import read

# A member of model.keras, so that a model that was moved still names its classes
_NOTE = "tlkit.json"
# What reading a damaged archive raises
DAMAGED = (OSError, EOFError, zipfile.BadZipFile, zlib.error)
AT_ONCE = 16  # pictures that a model answers together


def save_model(
    model: keras.Model, folder: Path, task: str, classes: Sequence[str]
) -> None:
    """Write model.keras into a folder, with the names in it that ``predict`` needs.

    Args:
        model: images (n, h, w, 3), RGB 0-255 -> logits (n, classes), or (n, 1).
        folder: where to; a model.keras that is there is overwritten.
        task: the task's name.
        classes: in the order of the logits; empty for a number.
    """
    model.save(folder / "model.keras")
    with zipfile.ZipFile(folder / "model.keras", "a") as archive:
        archive.writestr(_NOTE, json.dumps({"task": task, "classes": classes}))


def model_file(model: Path) -> Path:
    """The model.keras that is meant by a file, or by the folder that holds it."""
    return model / "model.keras" if model.is_dir() else model


def predict(
    model: Path, images: Sequence[Path]
) -> Iterator[tuple[Path, list[tuple[str, float]]]]:
    """Label pictures with a model that ``save_model`` wrote.

    Args:
        model: a model.keras, or the folder that holds it.
        images: picture files of any size.

    Yields:
        (path, [(class, probability), ...]), the most probable first; for a number
        [(task's name, number)].

    Raises:
        ValueError: no such model, or another program saved it. After all answers: some
            pictures cannot be read; the message names them.
    """
    file = model_file(model)
    known = about(file)
    network = _loaded(file)
    bad = []
    for first in range(0, len(images), AT_ONCE):
        paths, pictures = [], []
        for path in images[first : first + AT_ONCE]:
            image = read(path, network.input_shape[1])  # uint8 (size, size, 3)
            if isinstance(image, str):
                bad.append(f"{readable(str(path))}: expected a picture: {image}")
            else:
                paths.append(path)
                pictures.append(image)
        if not paths:
            continue
        outputs = np.asarray(network(np.stack(pictures)))  # (n, classes), or (n, 1)
        for path, logits in zip(paths, outputs, strict=True):
            if known["classes"]:
                yield path, _ranked(logits, known["classes"])
            else:
                yield path, [(known["task"], float(logits[0]))]
    if bad:
        raise ValueError("\n".join(bad))


def about(file: Path) -> dict:
    """What ``save_model`` noted in a model.keras: its "task", a name, and "classes",
    names in the order of the outputs (none for a number).

    Raises:
        ValueError: no such file, or something else saved it.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return json.loads(archive.read(_NOTE))
    except (KeyError, ValueError, *DAMAGED) as error:
        raise ValueError(
            f"{file}: expected a model.keras that `python -m tlkit run` wrote: {error}"
        ) from error


def _loaded(file: Path) -> keras.Model:
    """The network in a model.keras.

    Raises:
        ValueError: it is damaged, or another version of Keras has saved it.
    """
    try:
        return keras.saving.load_model(file, compile=False)
    except Exception as error:  # whatever a damaged or foreign file makes Keras raise
        why = str(error).strip().partition("\n")[0]
        raise ValueError(
            f"{file}: expected a model that can be loaded; Keras {_saved_by(file)} "
            f"saved it, this is Keras {keras.__version__}, got {type(error).__name__}: "
            f"{why}. Next: copy the file again; if the versions differ, install that "
            "Keras, or train again"
        ) from error


def _saved_by(file: Path) -> str:
    """The version of Keras that a model.keras names; "?" if that cannot be read."""
    try:
        with zipfile.ZipFile(file) as archive:
            return json.loads(archive.read("metadata.json"))["keras_version"]
    except (KeyError, ValueError, *DAMAGED):
        return "?"


def _ranked(logits: np.ndarray, classes: Sequence[str]) -> list[tuple[str, float]]:
    """(class, probability), the most probable first; the softmax of (classes,)."""
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    return [(classes[i], float(shares[i])) for i in np.argsort(-shares)]
