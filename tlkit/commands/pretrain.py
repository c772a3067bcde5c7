"""Steps 1 and 2 of the recipe: train a backbone on the source task (letters) and save its parameters."""

import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from .. import glyphs
from ..backbone import ASSETS, SHIPPED, Backbone, file_hash

SCENES, TEST_SCENES, BATCH, PEAK_RATE = 48_000, 4_000, 128, 1e-3
SPECS: dict[str, dict[str, Any]] = dict(
    zip(
        SHIPPED,
        [{"width": 0.25}, {"width": 0.125}, {"width": 0.25, "batch_norm": True}],
        strict=True,
    )
)
POOL_SEED = (
    100_000  # epoch e is drawn with POOL_SEED + e; held-out scenes with POOL_SEED - 1
)


def pretrain(
    name: str = "letters",
    *,
    epochs: int = 16,
    scenes: int = SCENES,
    seed: int = 0,
    out: Path = ASSETS,
) -> dict:
    """Train a letters backbone and write ``NAME.weights.h5`` (float16) and its entry in ``manifest.json``.

    Every epoch draws new scenes, so nothing can be learnt by heart. AdamW, warm-up over the first epoch,
    cosine decay, gradients clipped to norm 1. Thirteen plain layers stand still at first, at ln 40, with these
    settings too; notebook 04 shows for how long.

    Args:
        name: "letters" (a quarter of VGG16's width), "letters-small" (an eighth) or "letters-bn"
            (a quarter, with batch normalisation).
        epochs: passes, each over `scenes` newly drawn scenes.
        scenes: scenes in an epoch.
        seed: of the initial weights and of the scenes.
        out: folder that the two files go to.

    Returns:
        The manifest's entry: command, seed, versions, held-out accuracy and its number of scenes, SHA-256.

    Raises:
        ValueError: an unknown name.
    """
    import keras

    if name not in SPECS:
        raise ValueError(f"name={name!r}: expected one of {', '.join(SPECS)}")
    started = time.perf_counter()
    keras.utils.set_random_seed(seed)
    backbone = Backbone(weights=None, seed=seed, **SPECS[name])
    model = backbone.build()
    logits = keras.layers.Dense(len(glyphs.LETTERS), name="letters")(model.output)
    model = keras.Model(model.input, logits)
    steps = -(-scenes // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps * (epochs - 1), warmup_target=PEAK_RATE, warmup_steps=steps
    )
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-2, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    for epoch in range(epochs):
        drawn = glyphs.draw(glyphs.LETTERS, scenes, POOL_SEED + 1000 * seed + epoch)
        model.fit(
            drawn.images,
            drawn.symbol,
            batch_size=BATCH,
            initial_epoch=epoch,
            epochs=epoch + 1,
            verbose=2,
        )
    fonts = glyphs.TRAIN_FONTS + glyphs.TEST_FONTS
    held_out = glyphs.draw(glyphs.LETTERS, TEST_SCENES, POOL_SEED - 1, fonts=fonts)
    correct = (
        model.predict(held_out.images, batch_size=256, verbose=0).argmax(1)
        == held_out.symbol
    )
    file = out / f"{name}.weights.h5"
    save_weights(model, file)
    entry = {
        "command": f"python -m tlkit pretrain {name} --epochs {epochs} --scenes {scenes} --seed {seed}",
        "seed": seed,
        "accuracy": round(float(correct.mean()), 4),
        "accuracy_in_seen_fonts": round(
            float(correct[held_out.font < len(glyphs.TRAIN_FONTS)].mean()), 4
        ),
        "held_out_scenes": TEST_SCENES,
        "minutes": round((time.perf_counter() - started) / 60, 1),
        "cores": os.cpu_count(),
        "scenes_version": glyphs.VERSION,
        "versions": {
            "python": platform.python_version(),
            **{p: version(p) for p in ("keras", "numpy", "pillow", "matplotlib")},
        },
        "bytes": file.stat().st_size,
        "sha256": file_hash(file),
    }
    _write_entry(out / "manifest.json", file.name, entry)
    return entry


def save_weights(model, file: Path) -> None:
    """Write the backbone's parameters as float16 in the layout of Keras 3's ``.weights.h5``, atomically."""
    import h5py
    import keras

    kinds = {
        "conv2d": keras.layers.Conv2D,
        "batch_normalization": keras.layers.BatchNormalization,
    }
    partial = file.with_name(f"{file.name}.partial")
    with h5py.File(partial, "w") as store:
        for kind, cls in kinds.items():
            for i, layer in enumerate(
                found for found in model.layers if isinstance(found, cls)
            ):
                for j, value in enumerate(layer.get_weights()):
                    store[f"layers/{kind}{f'_{i}' if i else ''}/vars/{j}"] = (
                        value.astype(np.float16)
                    )
    os.replace(partial, file)


def _write_entry(manifest: Path, key: str, entry: dict) -> None:
    entries = json.loads(manifest.read_text("utf-8")) if manifest.exists() else {}
    partial = manifest.with_name("manifest.json.partial")
    partial.write_text(json.dumps({**entries, key: entry}, indent=2) + "\n", "utf-8")
    os.replace(partial, manifest)
