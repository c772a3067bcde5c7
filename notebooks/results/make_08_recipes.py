"""Makes 08_recipes.json: what whole recipes reach on two questions about the scenes.

With 20 labels per class. For the colour, letters' last features are known to be of no
use; is there a recipe that saves it?

Every recipe gets the same care: 600 steps, and ``tk.tune`` tries three step sizes, and
more outwards while the best one lies at the edge, up to five. The validation splits of
all draws choose. Training from scratch is one of the recipes. "right" holds which test
pictures each draw gets right, so that an interval can count draws and pictures.

Run from the repository's root: python notebooks/results/make_08_recipes.py
(about a quarter of an hour on one core).
"""

from functools import partial

import numpy as np
import stored

import tlkit as tk
from tlkit.recipes import SCRATCH

LABELS = 20
SEEDS = (0, 1, 2, 3, 4)
TASKS = ("colours", "angles")
LETTERS = tk.Backbone("letters")
RECIPES = {
    "scratch": tk.from_scratch,
    "probe": tk.linear_probe,
    "fine_tune": partial(tk.fine_tune, unfreeze="block4"),
    "lp_ft": tk.lp_ft,
}


def main() -> None:
    accuracy: dict[str, dict[str, list[float]]] = {task: {} for task in TASKS}
    right: dict[str, dict[str, list[str]]] = {task: {} for task in TASKS}
    tried: dict[str, dict[str, dict]] = {task: {} for task in TASKS}
    for name in TASKS:
        tasks = [tk.load_task(name, LABELS, seed=seed) for seed in SEEDS]
        for recipe, train in RECIPES.items():
            tuned = tk.tune(train, LETTERS, tasks, steps=SCRATCH.steps)
            answers = [run.correct() for run in tuned.runs]
            accuracy[name][recipe] = [round(float(some.mean()), 4) for some in answers]
            right[name][recipe] = [
                np.packbits(some).tobytes().hex() for some in answers
            ]
            tried[name][recipe] = {
                "rate": tuned.rate,
                "validation": {f"{rate:g}": tuned.tried[rate] for rate in tuned.tried},
            }
            print(name, recipe, tuned.in_words(), accuracy[name][recipe], flush=True)
            stored.write(
                "08_recipes",
                LETTERS,
                SEEDS,
                labels_per_class=LABELS,
                steps=SCRATCH.steps,
                tried=tried,
                accuracy=accuracy,
                right=right,
            )


if __name__ == "__main__":
    main()
