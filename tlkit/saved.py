"""A trained model on disk: ``model.keras`` with the names of its classes inside."""

import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from .folders import decode
from .machine.quiet import keras

_NOTE = "tlkit.json"  # a member of model.keras, so that a model that was moved still names its classes


def save_model(model, folder: Path, task: str, classes: Sequence[str]) -> None:
    """Write model.keras into a folder, with the names in it that ``predict`` needs; classes is empty for a number."""
    model.save(folder / "model.keras")
    with zipfile.ZipFile(folder / "model.keras", "a") as archive:
        archive.writestr(_NOTE, json.dumps({"task": task, "classes": classes}))


def predict(
    model: Path, images: Sequence[Path]
) -> Iterator[tuple[Path, list[tuple[str, float]]]]:
    """Label pictures with a model that ``save_model`` wrote.

    Args:
        model: a model.keras, or the folder that holds it.
        images: picture files of any size.

    Yields:
        (path, [(class, probability), ...]), the most probable first; for a number [(task's name, number)].

    Raises:
        ValueError: no such model, or one saved by something else; a picture that cannot be read.
    """
    model = model / "model.keras" if model.is_dir() else model
    try:
        with zipfile.ZipFile(model) as file:
            known = json.loads(file.read(_NOTE))
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{model}: expected a model.keras that `python -m tlkit run` wrote: {error}"
        ) from error
    network = keras.saving.load_model(model, compile=False)
    for path in images:
        try:
            image = decode(path, network.input_shape[1])
        except (OSError, ValueError) as error:
            raise ValueError(f"{path}: expected a picture: {error}") from error
        logits = np.asarray(network(image[None]))[0]  # (classes,), or (1,) for a number
        if known["classes"]:
            shares = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
            ranked = [
                (known["classes"][i], float(shares[i])) for i in np.argsort(-shares)
            ]
        yield path, ranked if known["classes"] else [(known["task"], float(logits[0]))]
