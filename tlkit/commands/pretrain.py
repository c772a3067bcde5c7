"""Steps 1 and 2 of the five: train a backbone on a source task and save its parameters.

The source task is to read letters, or one that needs no labels: how far is a scene of
letters turned?
"""

import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import glyphs
from ..backbone import ASSETS, Backbone
from ..files.hashes import file_hash
from ..machine.quiet import keras
from ..machine.whole import whole_file

SCENES = 48_000  # in an epoch
TEST_SCENES = 4_000
BATCH = 128
PEAK_RATE = 1e-3
# Epoch e is drawn with POOL_SEED + e, held-out scenes with POOL_SEED - 1
POOL_SEED = 100_000


class Spec(NamedTuple):
    """What a shipped backbone is and has learnt.

    Attributes:
        fields: of ``Backbone``.
        labelled: it has learnt to name letters; else, to say how a scene is turned.
    """

    fields: dict[str, Any]
    labelled: bool = True


TURNS = 4  # quarter turns that are told apart
SPECS = {
    "letters": Spec({"width": 0.25}),
    "letters-small": Spec({"width": 0.125}),
    "letters-bn": Spec({"width": 0.25, "batch_norm": True}),
    "letters-unlabelled": Spec({"width": 0.25}, labelled=False),
}


def pretrain(
    name: str = "letters",
    *,
    epochs: int = 16,
    scenes: int = SCENES,
    seed: int = 0,
    out: Path = ASSETS,
) -> dict:
    """Train a letters backbone; write ``NAME.weights.h5`` (float16) and its entry in
    ``manifest.json``.

    Every epoch draws new scenes, so nothing can be learnt by heart. AdamW, warm-up over
    the first epoch, cosine decay, gradients clipped to norm 1. Even with these
    settings, the loss of thirteen plain layers stays at ln 40 at first; notebook 04
    shows for how long.

    Args:
        name: "letters" (a quarter of VGG16's width), "letters-small" (an eighth),
            "letters-bn" (a quarter, with batch normalisation) or "letters-unlabelled"
            (a quarter; see ``turned``).
        epochs: passes, each over `scenes` newly drawn scenes.
        scenes: scenes in an epoch.
        seed: of the initial weights and of the scenes.
        out: folder that the two files go to.

    Returns:
        The manifest's entry: command, seed, versions, held-out accuracy and its number
        of scenes, SHA-256.

    Raises:
        ValueError: an unknown name.
    """
    if name not in SPECS:
        raise ValueError(f"name={name!r}: expected one of {', '.join(SPECS)}")
    started = time.perf_counter()
    spec = SPECS[name]
    keras.utils.set_random_seed(seed)
    shared = Backbone(weights=None, seed=seed, **spec.fields)
    model = _reader(shared, len(glyphs.LETTERS) if spec.labelled else TURNS)
    _compile(model, steps=-(-scenes // BATCH), epochs=epochs)
    _fit(model, spec.labelled, epochs, scenes, seed)
    accuracy, in_seen_fonts = _held_out_accuracy(model, spec.labelled)
    file = out / f"{name}.weights.h5"
    save_weights(model, file)
    entry = {
        "command": (
            f"python -m tlkit pretrain {name} "
            f"--epochs {epochs} --scenes {scenes} --seed {seed}"
        ),
        "seed": seed,
        "accuracy": round(accuracy, 4),
        "accuracy_in_seen_fonts": round(in_seen_fonts, 4),
        "held_out_scenes": TEST_SCENES,
        "minutes": round((time.perf_counter() - started) / 60, 1),
        "cores": os.cpu_count(),
        "scenes_version": glyphs.VERSION,
        "versions": _versions(),
        "bytes": file.stat().st_size,
        "sha256": file_hash(file),
    }
    _write_entry(out / "manifest.json", file.name, entry)
    return entry


def _fit(
    model: keras.Model, labelled: bool, epochs: int, scenes: int, seed: int
) -> None:
    """Train a compiled model, in every epoch on newly drawn scenes."""
    for epoch in range(epochs):
        number = POOL_SEED + 1000 * seed + epoch
        drawn = glyphs.draw(glyphs.LETTERS, scenes, number)
        images, answers = drawn.images, drawn.symbol
        if not labelled:
            images, answers = turned(images, number)
        model.fit(
            images,
            answers,
            batch_size=BATCH,
            initial_epoch=epoch,
            epochs=epoch + 1,
            verbose=2,
        )


def _versions() -> dict[str, str]:
    """Python's version, and those of the packages that decide the numbers."""
    packages = ("keras", "numpy", "pillow", "matplotlib")
    found = {package: version(package) for package in packages}
    return {"python": platform.python_version(), **found}


def turned(images: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A source task whose answers nobody has to give: by how much is a scene turned?

    To tell which way up a letter is, a network must know something of its shape.

    Args:
        images: (n, h, w, 3) with h = w.
        seed: of the turns.

    Returns:
        The images, each turned by 0, 90, 180 or 270 degrees, anticlockwise; and the
        number of quarter turns, int64 (n,).

    Source: Gidaris, Singh and Komodakis 2018, https://arxiv.org/abs/1803.07728.
    """
    turns = np.random.default_rng(seed).integers(TURNS, size=len(images))
    result = np.empty_like(images)
    for number in range(TURNS):
        chosen = turns == number
        result[chosen] = np.rot90(images[chosen], number, axes=(1, 2))
    return result, turns


def _reader(backbone: Backbone, answers: int) -> keras.Model:
    """A backbone with a head for the source task: images -> logits (n, answers)."""
    shared = backbone.build()
    logits = keras.layers.Dense(answers, name="letters")(shared.output)
    return keras.Model(shared.input, logits)


def _compile(model: keras.Model, steps: int, epochs: int) -> None:
    """AdamW; its step size warms up over one epoch, then decays over the others."""
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps * (epochs - 1), warmup_target=PEAK_RATE, warmup_steps=steps
    )
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-2, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )


def _held_out_accuracy(model: keras.Model, labelled: bool) -> tuple[float, float]:
    """Accuracy on scenes that no epoch drew: in all fonts, and in those trained on."""
    fonts = glyphs.TRAIN_FONTS + glyphs.TEST_FONTS
    scenes = glyphs.draw(glyphs.LETTERS, TEST_SCENES, POOL_SEED - 1, fonts=fonts)
    images, answers = scenes.images, scenes.symbol
    if not labelled:
        images, answers = turned(images, POOL_SEED - 1)
    predicted = model.predict(images, batch_size=256, verbose=0).argmax(axis=1)
    correct = predicted == answers
    seen = scenes.font < len(glyphs.TRAIN_FONTS)
    return float(correct.mean()), float(correct[seen].mean())


def save_weights(model: keras.Model, file: Path) -> None:
    """Write the backbone's parameters as float16, in the layout of ``.weights.h5``.

    This is Keras 3's layout: layers are numbered by kind. The file is written whole or
    not at all.

    Args:
        model: of VGG16's layers; convolutions and batch normalisations are stored.
        file: where to.
    """
    import h5py

    kinds = {
        "conv2d": keras.layers.Conv2D,
        "batch_normalization": keras.layers.BatchNormalization,
    }
    with whole_file(file) as unfinished, h5py.File(unfinished, "w") as store:
        for kind, layer_class in kinds.items():
            layers = [one for one in model.layers if isinstance(one, layer_class)]
            for i, layer in enumerate(layers):
                number = f"_{i}" if i else ""
                for j, value in enumerate(layer.get_weights()):
                    place = f"layers/{kind}{number}/vars/{j}"
                    store[place] = value.astype(np.float16)


def _write_entry(manifest: Path, key: str, entry: dict) -> None:
    """Put an entry into the manifest, or replace it; the others stay."""
    entries = json.loads(manifest.read_text("utf-8")) if manifest.exists() else {}
    entries[key] = entry
    with whole_file(manifest) as unfinished:
        unfinished.write_text(json.dumps(entries, indent=2) + "\n", "utf-8")
