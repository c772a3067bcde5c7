"""Makes 04_walks.json: straight lines between networks that began at the same weights.

Two trainings begin at the same weights and see the same pictures, in another order. Is
there a hill on the straight line between their ends? Once both begin at random weights,
once at pretrained ones with a probe's head (Neyshabur et al. 2020,
https://arxiv.org/abs/2008.11687). Lines, each a pair of ends:

- "scratch": two trainings from the same random weights;
- "tuned": two fine-tunings of all layers, from the same pretrained weights;
- "start": the pretrained weights with the probe's head, and the first fine-tuning. The
  places in between are those of WiSE-FT (Wortsman et al. 2022,
  https://arxiv.org/abs/2109.01903).

300 labels per class, five draws of them; the network is letters-small, so that one
training takes a minute. Both kinds of training take the step size 3e-4 and keep their
last state. At each place of a line stand the loss and the accuracy on 1,000 test digits
("usual") and on 1,000 digits that are turned by up to 70 degrees ("turned"), which no
training saw. "right" holds which pictures the two ends and the middle read rightly.

Run from the repository's root: python notebooks/results/make_04_walks.py
(about a quarter of an hour on one core).
"""

from dataclasses import replace

import numpy as np
import stored
from tlkit_course.figures.descent import cross_entropy

import tlkit as tk
from tlkit.features import forward
from tlkit.machine.quiet import keras
from tlkit.recipes import SCRATCH, TUNE
from tlkit.training import Head, Run, Settings, new_head, train

LABELS = 300  # per class: enough for training from scratch to learn something
SEEDS = (0, 1, 2, 3, 4)
TEST = 1000  # pictures of each kind
TURNED = tk.glyphs.Style(turn=70)  # degrees, to either side
OTHER = 100  # added to a seed for the order of the pictures in the second training
RATE = 3e-4  # 08_baseline.json: chosen for scratch; 06_prices.json: for all blocks
PLACES = np.linspace(0, 1, 11).round(2).tolist()  # 0: one end of a line; 1: the other
KEPT = (0.0, 0.5, 1.0)  # places whose right and wrong answers are kept


def two_runs(
    backbone: tk.Backbone, head: Head, task: tk.Task, settings: Settings
) -> list[Run]:
    """Two trainings that begin alike, in two orders of the pictures.

    The last state counts, not the one that validation likes best.
    """
    settings = replace(settings, rate=RATE, keep_best=False, patience=10**6)
    return [
        train("walks", backbone, task, "image", settings, seed=order, head=head)
        for order in (task.seed, task.seed + OTHER)
    ]


def from_random(letters: tk.Backbone, task: tk.Task) -> tuple[tk.Backbone, Head]:
    """Random layers that get pixels from 0 to 1, and a random head."""
    layers = letters.random(task.seed)
    layers = replace(layers, preprocessing=layers.network.untrained)
    plain = {"start": "random", "standardise": False, "seed": task.seed}
    return layers, new_head(layers, layers.build(), task, **plain)


def walk(one: Run, other: Run, pictures: dict[str, tk.Split]) -> dict:
    """Loss, accuracy and, at three places, which pictures are right; of each kind.

    Args:
        one, other: the ends of the line, places 0 and 1.
        pictures: kind -> split.
    """
    line = one.model.get_weights(), other.model.get_weights()
    model = keras.models.clone_model(other.model)
    found: dict[str, dict] = {
        kind: {"loss": [], "accuracy": [], "right": {}} for kind in pictures
    }
    for t in PLACES:
        model.set_weights([(1 - t) * a + t * b for a, b in zip(*line, strict=True)])
        for kind, split in pictures.items():
            batches = [logits for _, logits in forward(model, split.images)]
            logits = np.concatenate(batches).astype("float64")
            right = logits.argmax(axis=1) == split.labels
            here = found[kind]
            here["loss"].append(round(cross_entropy(logits, split.labels), 4))
            here["accuracy"].append(round(float(right.mean()), 4))
            if t in KEPT:
                here["right"][f"{t:g}"] = np.packbits(right).tobytes().hex()
    return found


def main() -> None:
    letters = tk.Backbone("letters-small")
    turned = tk.glyphs.draw(tk.glyphs.DIGITS, TEST, 9400, style=TURNED)
    lines: dict[str, list[dict]] = {"scratch": [], "tuned": [], "start": []}
    for seed in SEEDS:
        task = tk.load_task("digits", LABELS, seed=seed)
        pictures = {
            "usual": task.test.pick(range(TEST)),
            "turned": tk.Split(turned.images, turned.symbol),
        }
        layers, head = from_random(letters, task)
        probe = tk.linear_probe(letters, task, seed=seed)
        assert probe.head is not None
        tuned = two_runs(letters, probe.head, task, TUNE)
        walks = {
            "scratch": two_runs(layers, head, task, SCRATCH),
            "tuned": tuned,
            "start": [probe, tuned[0]],
        }
        for name, (one, other) in walks.items():
            lines[name].append(walk(one, other, pictures))
            for kind, here in lines[name][-1].items():
                print(seed, name, kind, *here["accuracy"], flush=True)
        stored.write(
            "04_walks",
            letters,
            SEEDS[: seed + 1],
            labels_per_class=LABELS,
            step_size=RATE,
            test=TEST,
            places=PLACES,
            lines=lines,
        )


if __name__ == "__main__":
    main()
