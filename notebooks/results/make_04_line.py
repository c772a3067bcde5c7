"""Makes 04_line.json: loss and accuracy along straight lines in weight space.

Notebook 04 shows them. Two lines go from where a training starts to where it ends: from
random weights, and from the pretrained ones with a probe's head. Two more go from there
to where a second training ends that began at the same weights and saw the same pictures
in another order. Neyshabur et al. (2020, https://arxiv.org/abs/2008.11687) compare
these; the method is Goodfellow et al.'s (2015, https://arxiv.org/abs/1412.6544).

Run from the repository's root: python notebooks/results/make_04_line.py
(about a quarter of an hour on 2 cores).
"""

from dataclasses import replace

import numpy as np
import stored
from tlkit_course.figures.descent import along

import tlkit as tk
from tlkit.recipes import SCRATCH, TUNE
from tlkit.training import new_head, train

LABELS = 300  # per class, enough for both ways to learn the task
SEEDS = (0, 1, 2)
UNSEEN = 512  # test pictures
OTHER = 100  # added to a seed for the order of the pictures in the second training
PLACES = np.linspace(0, 1, 11).round(2).tolist()  # 0: one end of a line; 1: the other


def main() -> None:
    letters = tk.Backbone("letters")
    lines: dict[str, list] = {}
    for seed in SEEDS:
        task = tk.load_task("digits", LABELS, seed=seed)
        unseen = task.test.pick(range(UNSEEN))
        for name, (model, start, end) in ends(letters, task, seed).items():
            found = along(model, start, end, PLACES, unseen.images, unseen.labels)
            points = [[round(value, 4) for value in point] for point in found]
            lines.setdefault(name, []).append(points)
            print(seed, name, points, flush=True)
        stored.write(
            "04_line",
            letters,
            SEEDS[: seed + 1],
            labels_per_class=LABELS,
            unseen=UNSEEN,
            places=PLACES,
            loss_and_accuracy=lines,
        )


def ends(letters: tk.Backbone, task: tk.Task, seed: int) -> dict[str, tuple]:
    """Name of a line -> a model, and its weights at both ends of the line."""
    random = letters.random(seed)
    random = replace(random, preprocessing=random.network.untrained)
    plain = {"start": "random", "standardise": False, "seed": seed}
    new = new_head(random, random.build(), task, **plain)
    probed = tk.linear_probe(letters, task, seed=seed).head
    starts = {
        "scratch": ("two from scratch", random, new, SCRATCH),
        "tuned": ("two fine-tunings", letters, probed, TUNE),
    }
    found = {}
    for name, (pair, start, head, settings) in starts.items():
        # the last state, not the one that validation likes best
        settings = replace(settings, keep_best=False, patience=10**6)
        one, another = (
            train(name, start, task, "image", settings, seed=order, head=head)
            for order in (seed, seed + OTHER)
        )
        first = [*start.build().get_weights(), head.kernel, head.bias]
        ended = one.model.get_weights()
        found[name] = (one.model, first, ended)
        found[pair] = (one.model, ended, another.model.get_weights())
    return found


if __name__ == "__main__":
    main()
