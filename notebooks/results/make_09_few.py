"""Makes 09_few.json: test accuracy on digits with 5 labels per class, four ways.

All layers are fine-tuned from a random head; block 5 alone is; only a head is trained
(a probe); or all layers are fine-tuned from the probe's head. Four of the five labels
teach and one validates. Each way gets the step size that validation prefers over all
draws (``tk.tune``).

Run from the repository's root: python notebooks/results/make_09_few.py
(about 15 minutes on 2 cores).
"""

import base64
from functools import partial

import numpy as np
import stored

import tlkit as tk

LABELS = 5
SEEDS = (0, 1, 2, 3, 4)
WAYS = {
    "probe": tk.linear_probe,
    "block5": partial(tk.fine_tune, unfreeze="block5"),
    "all": partial(tk.fine_tune, unfreeze="all"),
    "lp_ft": tk.lp_ft,
}


def main() -> None:
    letters = tk.Backbone("letters")
    tasks = [tk.load_task("digits", LABELS, seed=seed) for seed in SEEDS]
    ways = {}
    for way, train in WAYS.items():
        tuned = tk.tune(train, letters, tasks)
        print(way, tuned.in_words(), flush=True)
        print(way, *(run.score() for run in tuned.runs), flush=True)
        ways[way] = {
            "rate": tuned.rate,
            "validation": {f"{rate:g}": tuned.tried[rate] for rate in tuned.tried},
            "accuracy": [round(run.score().mean, 4) for run in tuned.runs],
            "seconds": [round(run.seconds, 1) for run in tuned.runs],
            "right": [bits(run.correct()) for run in tuned.runs],
        }
        stored.write(
            "09_few", letters, SEEDS, task="digits", labels_per_class=LABELS, ways=ways
        )


def bits(right: np.ndarray) -> str:
    """Which test pictures were right, bool (n,), one bit each, in their order."""
    return base64.b64encode(np.packbits(right)).decode("ascii")


if __name__ == "__main__":
    main()
