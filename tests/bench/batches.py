"""Whether batches twice as large, with as many epochs, learn as well, and what they save for many images."""

import sys
from dataclasses import replace

import numpy as np
import peers
import tally

import tlkit as tk

HELD_OUT = (
    2000  # validation images that decide; the test split has no part in this choice
)
RECIPES = {  # each at the number of images from which the kit takes the larger batch
    "linear probe": (tk.linear_probe, "features", 5000, {"batch": 128}, {"batch": 256}),
    "block 5": (
        tk.fine_tune,
        "block4",
        2000,
        {"batch": 32, "rate": 1e-4},
        {"batch": 64, "rate": 2e-4},
    ),
}


def drawn(whole: tk.Task, images: int, seed: int) -> tk.Task:
    """So many training images and 2,000 others for validation, all of the training split; fewer if it is small."""
    rows = np.random.default_rng(seed).permutation(len(whole.train))
    held_out = min(HELD_OUT, len(rows) // 3)
    train, validation = (
        rows[: min(images, len(rows) - held_out)],
        rows[len(rows) - held_out :],
    )
    few = whole.test.pick(range(20))  # predicted by every run, and not looked at
    return replace(
        whole,
        train=whole.train.pick(np.sort(train)),
        validation=whole.train.pick(validation),
        test=few,
    )


def measure(
    name: str,
    backbone: tk.Backbone,
    precision: str,
    repeats: int = 8,
    most: int | None = None,
) -> list[dict]:
    """One row for each recipe: what the larger batch gains on validation, with an interval, and times of training.

    Args:
        name: of a task, or a folder of class folders.
        repeats: draws of the images, 2 or more; in every other one the larger batch comes first.
        most: images at most.
    """
    whole, rows = tk.load_task(name), []
    for recipe, (train, cut, images, *plans) in RECIPES.items():
        best: dict[int, list[float]] = {0: [], 1: []}
        seconds: dict[int, dict[int, float]] = {0: {}, 1: {}}
        for seed in range(repeats):
            task = drawn(whole, min(images, most or images), seed)
            with peers.empty_cache():
                for split in (task.train, task.validation, task.test):
                    tk.activations(backbone, split.images, cut, precision=precision)
                head = tk.linear_probe(
                    backbone, task, precision=precision, seed=seed
                ).head
                start = {"head": head} if train is tk.fine_tune else {}
                for which in (0, 1) if seed % 2 else (1, 0):
                    run = train(
                        backbone,
                        task,
                        precision=precision,
                        seed=seed,
                        steps=1,
                        **start,
                        **plans[which],
                    )
                    best[which].append(max(run.history["val_accuracy"]))
                    seconds[which][seed] = run.seconds
        gain = tk.evaluate.over_seeds(np.subtract(best[1], best[0]))
        rows.append({"recipe": recipe, "images": len(task.train), "held_out": len(task.validation), "draws": repeats,
                     "batches": [plan["batch"] for plan in plans], "gain": vars(gain), "best": best, "seconds": seconds,
                     "ratio": tally.ratios(seconds[1], seconds[0])})  # fmt: skip
        print(
            f"batches, {recipe}: {gain}", rows[-1]["ratio"], file=sys.stderr, flush=True
        )
    return rows
