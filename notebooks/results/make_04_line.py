"""Makes 04_line.json: loss and accuracy along straight lines in weight space.

Notebook 04 shows them. Three lines for each seed: from random weights to where training
from scratch takes them, from the pretrained weights with a probe's head to where
fine-tuning all layers takes them, and from the random to the pretrained ones. The
method is Goodfellow et al.'s (2015, https://arxiv.org/abs/1412.6544).

Run from the repository's root: python notebooks/results/make_04_line.py
(about five minutes on 2 cores).
"""

from dataclasses import replace

import numpy as np
import stored
from tlkit_course.figures.descent import along

import tlkit as tk
from tlkit import training

LABELS = 20
SEEDS = (0, 1, 2)
UNSEEN = 256  # test pictures
PLACES = np.linspace(-0.2, 1.2, 15).round(2).tolist()  # 0: the start; 1: the end
LINES = ("scratch", "tuned", "between")


def main() -> None:
    letters = tk.Backbone("letters")
    lines: dict[str, dict[str, list]] = {
        name: {"train": [], "unseen": []} for name in LINES
    }
    for seed in SEEDS:
        task = tk.load_task("digits", LABELS, seed=seed)
        pictures = {"train": task.train, "unseen": task.test.pick(range(UNSEEN))}
        for name, (model, start, end) in ends(letters, task, seed).items():
            for split, some in pictures.items():
                found = along(model, start, end, PLACES, some.images, some.labels)
                points = [[round(value, 4) for value in point] for point in found]
                lines[name][split].append(points)
                print(seed, name, split, points, flush=True)
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
    shared = random.build()
    head = training.new_head(
        random, shared, task, start="random", standardise=False, seed=seed
    )
    at_random = [*shared.get_weights(), head.kernel, head.bias]
    # with the pretrained network's pixels: a line leads from the one to the other
    last = replace(tk.recipes.SCRATCH, keep_best=False)
    plain = {"seed": seed, "standardise": False}
    scratch = training.train("scratch", random, task, "image", last, **plain)
    probe = tk.linear_probe(letters, task, seed=seed)
    at_pretrained = probe.model.get_weights()
    tuned = tk.fine_tune(
        letters, task, head=probe.head, unfreeze="all", seed=seed, keep_best=False
    )
    pretrained_plain = [*at_pretrained[:-2], *folded(probe.head)]
    return {
        "scratch": (scratch.model, at_random, scratch.model.get_weights()),
        "tuned": (tuned.model, at_pretrained, tuned.model.get_weights()),
        "between": (scratch.model, at_random, pretrained_plain),
    }


def folded(head: tk.Head) -> list[np.ndarray]:
    """Kernel and bias of the same head without its standardising layer."""
    kernel = head.kernel / np.sqrt(head.variance)[:, None]
    return [kernel, head.bias - head.mean @ kernel]


if __name__ == "__main__":
    main()
