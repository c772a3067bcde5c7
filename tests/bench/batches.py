"""Whether batches twice as large learn as well, and what they save for many images."""

import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import peers
import tally

import tlkit as tk

# validation images decide; the test split has no part in this choice
HELD_OUT = 2000


@dataclass(frozen=True)
class Plan:
    """A recipe with two sizes of batches.

    Attributes:
        recipe: its name in ``tlkit``.
        cut: where its features are cached.
        images: from which the kit takes the larger batch.
        settings: with the smaller and with the larger batch.
    """

    recipe: str
    cut: str
    images: int
    settings: tuple[dict[str, Any], dict[str, Any]]


PLANS = {
    "linear probe": Plan(
        "linear_probe", "features", 5000, ({"batch": 128}, {"batch": 256})
    ),
    "block 5": Plan(
        "fine_tune",
        "block4",
        2000,
        ({"batch": 32, "rate": 1e-4}, {"batch": 64, "rate": 2e-4}),
    ),
}


def drawn(whole: tk.Task, images: int, seed: int) -> tk.Task:
    """Training images, and 2,000 others for validation, all of the training split.

    Fewer if that is small.
    """
    rows = np.random.default_rng(seed).permutation(len(whole.train))
    held_out = min(HELD_OUT, len(rows) // 3)
    first_held = len(rows) - held_out
    return replace(
        whole,
        train=whole.train.pick(np.sort(rows[: min(images, first_held)])),
        validation=whole.train.pick(rows[first_held:]),
        test=whole.test.pick(range(20)),  # predicted by every run, and not looked at
    )


def measure(
    name: str,
    backbone: tk.Backbone,
    precision: str,
    repeats: int = 8,
    most: int | None = None,
) -> list[dict]:
    """One row for each recipe: what the larger batch gains, and the times of training.

    Args:
        name: of a task, or a folder of class folders.
        backbone: the pretrained layers.
        precision: of the convolutions.
        repeats: draws of the images, 2 or more; in every other one the larger batch
            comes first.
        most: images at most.
    """
    whole, rows = tk.load_task(name), []
    for title, plan in PLANS.items():
        best: dict[int, list[float]] = {0: [], 1: []}
        seconds: dict[int, dict[int, float]] = {0: {}, 1: {}}
        for seed in range(repeats):
            task = drawn(whole, min(plan.images, most or plan.images), seed)
            runs = both(plan, backbone, task, precision, seed)
            for which, run in runs.items():
                best[which].append(max(run.history["val_accuracy"]))
                seconds[which][seed] = run.seconds
        gain = tk.evaluate.over_seeds(np.subtract(best[1], best[0]))
        row = {
            "recipe": title,
            "images": len(task.train),
            "held_out": len(task.validation),
            "draws": repeats,
            "batches": [one["batch"] for one in plan.settings],
            "gain": vars(gain),
            "best": best,
            "seconds": seconds,
            "ratio": tally.ratios(seconds[1], seconds[0]),
        }
        print(f"batches, {title}: {gain}", row["ratio"], file=sys.stderr, flush=True)
        rows.append(row)
    return rows


def both(plan: Plan, backbone, task, precision: str, seed: int) -> dict:
    """The runs with the smaller batch, 0, and with the larger one, 1."""
    train = getattr(tk, plan.recipe)
    runs = {}
    with peers.empty_cache():
        for split in task.splits().values():
            tk.activations(backbone, split.images, plan.cut, precision=precision)
        how = {"precision": precision, "seed": seed}
        head = tk.linear_probe(backbone, task, **how).head
        if plan.recipe == "fine_tune":
            how["head"] = head
        for which in (0, 1) if seed % 2 else (1, 0):
            changes = plan.settings[which]
            runs[which] = train(backbone, task, steps=1, **how, **changes)
    return runs
