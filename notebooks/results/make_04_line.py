"""Makes 04_line.json: loss and accuracy along straight lines in weight space, for the loss line of notebook 04.

Three lines for each seed: from random weights to where training from scratch takes them, from the pretrained weights
with a probe's head to where fine-tuning all layers takes them, and from the random to the pretrained ones. The method
is Goodfellow et al.'s (2015, https://arxiv.org/abs/1412.6544).

Run from the repository's root: python notebooks/results/make_04_line.py (about five minutes on 2 cores).
"""

import numpy as np
import stored
from tlkit_course.figures.descent import along

import tlkit as tk
from tlkit.transfer import SCRATCH, new_head

LABELS, SEEDS, UNSEEN = 20, (0, 1, 2), 256
PLACES = np.linspace(-0.2, 1.2, 15).round(2).tolist()


def main() -> None:
    letters = tk.Backbone("letters")
    lines: dict[str, dict[str, list]] = {
        name: {"train": [], "unseen": []} for name in ("scratch", "tuned", "between")
    }
    for seed in SEEDS:
        task = tk.load_task("digits", LABELS, seed=seed)
        pictures = {
            "train": task.train,
            "unseen": tk.load_task("digits", LABELS).test.pick(range(UNSEEN)),
        }
        for name, (model, start, end) in ends(letters, task, seed).items():
            for split, some in pictures.items():
                found = along(model, start, end, PLACES, some.images, some.labels)
                lines[name][split].append(
                    [[round(value, 4) for value in point] for point in found]
                )
                print(seed, name, split, lines[name][split][-1], flush=True)
        stored.write("04_line", letters, SEEDS[: seed + 1], labels_per_class=LABELS, unseen=UNSEEN, places=PLACES,
                     loss_and_accuracy=lines)  # fmt: skip


def ends(letters: tk.Backbone, task: tk.Task, seed: int) -> dict[str, tuple]:
    """Name of a line -> a model, and its weights at both ends of the line."""
    random = letters.random(seed)
    shared = random.build()
    head = new_head(random, shared, task, SCRATCH, seed, standardise=False, zero=False)
    at_random = [*shared.get_weights(), head.kernel, head.bias]
    scratch = tk.from_scratch(letters, task, seed=seed, keep_best=False)
    probe = tk.linear_probe(letters, task, seed=seed)
    at_pretrained = probe.model.get_weights()
    tuned = tk.fine_tune(
        letters, task, head=probe.head, unfreeze="all", seed=seed, keep_best=False
    )
    return {
        "scratch": (scratch.model, at_random, scratch.model.get_weights()),
        "tuned": (tuned.model, at_pretrained, tuned.model.get_weights()),
        "between": (
            scratch.model,
            at_random,
            [*at_pretrained[:-2], *folded(probe.head)],
        ),
    }


def folded(head: tk.Head) -> list[np.ndarray]:
    """Kernel and bias of the same head without its standardising layer."""
    kernel = head.kernel / np.sqrt(head.variance)[:, None]
    return [kernel, head.bias - head.mean @ kernel]


if __name__ == "__main__":
    main()
