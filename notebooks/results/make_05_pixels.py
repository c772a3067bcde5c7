"""Makes 05_pixels.json: what the article's rescale=1/255 costs, taken apart.

A linear probe on frozen layers gets pixels that differ from VGG16's own preprocessing
in one way, or in all three. Five draws of labels, the same 2,000 test pictures.

Run from the repository's root: python notebooks/results/make_05_pixels.py
(about 90 seconds on 2 cores) measures the embedded pair and keeps what the file says
about photographs. Those numbers come from files that are not in this repository:

    python notebooks/results/make_05_pixels.py --weights FILE --task FOLDER \
        --pictures "what the folder holds"

with ImageNet's VGG16 layers in FILE (about five minutes).
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import stored

import tlkit as tk

SEEDS = (0, 1, 2, 3, 4)
TEST = 2_000  # test pictures that are used
MEAN = np.array(tk.backbone.MEAN_RGB, "float32")
# Pictures are changed so that the model's own preprocessing (red and blue swapped, the
# mean subtracted) gives the first layer pixels of this kind.
CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "VGG16's own": lambda pictures: pictures,
    "red and blue not swapped": lambda pictures: pictures[..., ::-1],
    "mean not subtracted": lambda pictures: pictures + MEAN,
    "255 times smaller": lambda pictures: (pictures - MEAN) / 255 + MEAN,
    "all three: 1/255": lambda pictures: pictures[..., ::-1] / np.float32(255) + MEAN,
}


def changed(task: tk.Task, change: Callable) -> tk.Task:
    """The same task with changed pictures."""
    splits = {
        name: replace(split, images=change(np.asarray(split.images)))
        for name, split in task.splits().items()
    }
    return replace(task, **splits)


def measure(backbone: tk.Backbone, name: str, labels: int) -> dict[str, list[float]]:
    """Kind of pixels -> the probe's test accuracy in every draw."""
    found: dict[str, list[float]] = {kind: [] for kind in CHANGES}
    for seed in SEEDS:
        task = tk.load_task(name, labels, seed=seed)
        rows = np.random.default_rng(0).permutation(len(task.test))[:TEST]
        task = replace(task, test=task.test.pick(np.sort(rows)))
        for kind, change in CHANGES.items():
            run = tk.linear_probe(backbone, changed(task, change), seed=seed)
            found[kind].append(round(run.score().mean, 4))
    for kind, scores in found.items():
        lost = np.subtract(found["VGG16's own"], scores)
        print(f"{kind:25} {np.mean(scores):.3f}  lost {tk.evaluate.over_seeds(lost)}")
    return found


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", help="a folder of class folders")
    parser.add_argument("--weights", help="a file with VGG16's layers")
    parser.add_argument("--pictures", default="", help="what the folder holds")
    asked = parser.parse_args()
    if (asked.task is None) != (asked.weights is None):
        parser.error("--task and --weights belong together")
    return asked


def main() -> None:
    asked = arguments()
    shipped = tk.Backbone("letters")
    path = Path(__file__).with_name("05_pixels.json")
    pairs = json.loads(path.read_text("utf-8"))["pairs"] if path.exists() else {}
    if asked.task is None:
        accuracy = measure(shipped, "digits", 20)
        pairs["embedded"] = {"labels_per_class": 20, "accuracy": accuracy}
    else:
        backbone = tk.Backbone(asked.weights)
        pairs["real"] = {
            "labels_per_class": 100,
            "pictures": asked.pictures,
            "weights": backbone.weights_hash,
            "accuracy": measure(backbone, asked.task, 100),
        }
    stored.write("05_pixels", shipped, SEEDS, test=TEST, pairs=pairs)


if __name__ == "__main__":
    main()
