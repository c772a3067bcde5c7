"""The constants behind the cost table of docs/several-machines.md, measured on this machine.

Usage: KERAS_BACKEND=jax python tests/bench/distributed.py [--width 1] [--size 32] [--steps 8]
"""

import argparse
import json
import time

import numpy as np

from tlkit.backbone import Backbone
from tlkit.features import forward
from tlkit.machine.quiet import keras
from tlkit.tasks import fingerprint
from tlkit.transfer import TUNE, _Batches


def rate(run, images):
    """Images per second, without the first call."""
    run()
    started = time.perf_counter()
    run()
    return images / (time.perf_counter() - started)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=float, default=1)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=8)
    asked = parser.parse_args()
    images = np.random.default_rng(0).integers(
        0, 256, (64 * asked.steps, 32, 32, 3), dtype="uint8"
    )
    labels = np.zeros(len(images), "int64")
    found = {"backend": keras.backend.backend()}
    for precision in ("float32", "bfloat16"):
        shared = Backbone(None, width=asked.width, size=asked.size).build(
            precision=precision
        )
        found[f"forward {precision}"] = rate(
            lambda model=shared: list(forward(model, images)), len(images)
        )
        model = keras.Model(
            shared.input, keras.layers.Dense(10, dtype="float32")(shared.output)
        )
        model.compile(
            "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
        some = images[: len(images) // 2].astype("float32")

        def epoch(model=model, some=some):
            for start in range(0, len(some), 32):
                model.train_on_batch(
                    some[start : start + 32], labels[start : start + 32]
                )

        found[f"train {precision}"] = rate(epoch, len(some))
    many = np.zeros((20_000, 32, 32, 3), "uint8")
    batches = _Batches(many, np.zeros(len(many), "int64"), TUNE, 0)
    found["feed"] = rate(lambda: [batches[i] for i in range(batches.steps)], len(many))
    found["fingerprint"] = rate(lambda: fingerprint(many), len(many))
    print(
        json.dumps(
            {
                name: value if isinstance(value, str) else round(value, 1)
                for name, value in found.items()
            }
        )
    )


if __name__ == "__main__":
    main()
