"""The constants behind the costs in docs/several-machines.md, measured here.

Usage: KERAS_BACKEND=jax python tests/bench/distributed.py
       [--width 1] [--size 32] [--steps 8]
"""

import argparse
import json
import time
from itertools import islice

import numpy as np

from tlkit.backbone import Backbone
from tlkit.features import forward
from tlkit.machine import fast, processor
from tlkit.machine.quiet import keras
from tlkit.recipes.fine_tune import TUNE
from tlkit.tasks import fingerprint
from tlkit.training import batches


def rate(run, images: int) -> float:
    """Images per second, without the first call."""
    run()
    started = time.perf_counter()
    run()
    return images / (time.perf_counter() - started)


def network_rates(backbone: Backbone, precision: str, images) -> dict[str, float]:
    """Images per second forward, and while all layers are trained."""
    shared = backbone.build(precision=precision)
    outputs = keras.layers.Dense(10, dtype="float32")(shared.output)
    model = keras.Model(shared.input, outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    some = images[: len(images) // 2].astype("float32")
    labels = np.zeros(32, "int64")

    def epoch():
        for start in range(0, len(some), 32):
            model.train_on_batch(some[start : start + 32], labels)

    with fast.convolutions(model):
        return {
            f"forward {precision}": rate(
                lambda: list(forward(shared, images)), len(images)
            ),
            f"train {precision}": rate(epoch, len(some)),
        }


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=float, default=1)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=8)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (64 * asked.steps, 32, 32, 3), dtype="uint8")
    found = {}
    backbone = Backbone(None, width=asked.width, size=asked.size)
    for precision in ("float32", "bfloat16"):
        found |= network_rates(backbone, precision, images)
    many = np.zeros((20_000, 32, 32, 3), "uint8")
    made = batches(many, np.zeros(len(many), "int64"), TUNE, seed=0)
    steps = -(-len(many) // TUNE.batch)
    found["feed"] = rate(lambda: list(islice(made, steps)), len(many))
    found["fingerprint"] = rate(lambda: fingerprint(many), len(many))
    where = {
        "backend": keras.backend.backend(),
        "instructions": processor.in_words(),
    }
    rounded = {name: round(value, 1) for name, value in found.items()}
    print(json.dumps(where | rounded))


if __name__ == "__main__":
    main()
