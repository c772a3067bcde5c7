"""Makes 12_unlabelled.json: a source task without labels, beside one with, beside none.

Three starts for the same layers: weights that learnt to name letters; weights that
learnt to say how scenes of letters are turned, for which nobody has to label anything;
random weights. Three targets, five draws of 20 labels per class. Each start gets a
linear probe and a fine-tuning of all layers, whose step size validation chooses
(``tk.tune``). Fine-tuned random weights are ``tk.from_scratch``.

Run from the repository's root: python notebooks/results/make_12_unlabelled.py
(about 45 minutes on 2 cores). Fifteen of them train the weights without labels, which
are not shipped: they are kept in build/.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import stored

import tlkit as tk
from tlkit.commands.pretrain import pretrain
from tlkit.tasks import Task
from tlkit.training import Run

LABELS = 20  # per class
DRAWS = (0, 1, 2, 3, 4)
TARGETS = ("digits", "colours", "angles")
LETTERS = tk.Backbone("letters")
UNLABELLED = "letters-unlabelled"
KEPT = Path("build") / f"{UNLABELLED}.weights.h5"


def probed(start: tk.Backbone, tasks: list[Task]) -> tuple[Run, ...]:
    """A linear probe on each draw of the labels."""
    return tuple(tk.linear_probe(start, task, seed=task.seed) for task in tasks)


def fine_tuned(start: tk.Backbone, tasks: list[Task]) -> tuple[Run, ...]:
    """All layers trained on each draw, with the step size that validation chooses."""
    recipe = tk.from_scratch if start.weights is None else tk.lp_ft
    found = tk.tune(recipe, start, tasks)
    print(found.in_words(), flush=True)
    return found.runs


def summary(runs: tuple[Run, ...]) -> dict:
    """Accuracy with both kinds of luck, and each draw."""
    correct = np.stack([run.correct() for run in runs]).astype(float)
    found = tk.evaluate.crossed(correct, (0, 1))
    return {
        "accuracy": [round(float(n), 4) for n in (found.mean, found.low, found.high)],
        "draws": [round(float(one.mean()), 4) for one in correct],
    }


def starts() -> dict[str, tk.Backbone]:
    """The three starts; weights without labels are trained if they are not kept."""
    if not KEPT.exists():
        KEPT.parent.mkdir(exist_ok=True)
        pretrain(UNLABELLED, out=KEPT.parent)
    return {
        "with labels": LETTERS,
        "without labels": tk.Backbone(str(KEPT)),
        "random": replace(LETTERS.random(0), preprocessing="1/255"),
    }


def main() -> None:
    three = starts()
    found: dict[str, dict] = {}
    for target in TARGETS:
        tasks = [tk.load_task(target, LABELS, seed=draw) for draw in DRAWS]
        found[target] = {}
        for name, start in three.items():
            found[target][name] = {
                "probe": summary(probed(start, tasks)),
                "fine-tuned": summary(fine_tuned(start, tasks)),
            }
            print(target, name, found[target][name], flush=True)
    stored.write(
        "12_unlabelled", LETTERS, DRAWS, labels_per_class=LABELS, accuracy=found
    )


if __name__ == "__main__":
    main()
