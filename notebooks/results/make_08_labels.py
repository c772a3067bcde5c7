"""Makes 08_labels.json: the few-label curve of notebook 08, from 2 to 500 labels.

Test accuracy on digits. It begins where 00_labels.json does not reach, at 2 labels per
class, and adds a linear head on the pixels, at all budgets. What 00_labels.json holds
is not trained again.

Run from the repository's root: python notebooks/results/make_08_labels.py
(about a minute and a half on 2 cores).
"""

import numpy as np
import stored
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tlkit as tk

FEW, MANY = (2, 5, 10), (20, 50, 100, 200, 500)  # labels per class
SEEDS = (0, 1, 2)
LETTERS = tk.Backbone("letters")


def pixels(task: tk.Task, seed: int) -> float:
    """Test accuracy of a linear head on at most 96 components of the pixels.

    The labels are those of the recipes.
    """
    known, unseen = (
        np.asarray(part.images).reshape(len(part), -1)
        for part in (task.train, task.test)
    )
    few = PCA(min(96, len(known) - 1), random_state=seed)
    head = make_pipeline(few, StandardScaler(), LogisticRegression(max_iter=500))
    head.fit(known, task.train.labels)
    return float(head.score(unseen, task.test.labels))


def probe(task: tk.Task, seed: int) -> float:
    """Test accuracy of a linear head on the features of letters."""
    return tk.linear_probe(LETTERS, task, seed=seed).score().mean


def scratch(task: tk.Task, seed: int) -> float:
    """Test accuracy of the same layers trained from scratch."""
    return tk.from_scratch(LETTERS, task, seed=seed).score().mean


WAYS = {"pixels": pixels, "probe": probe, "scratch": scratch}
BUDGETS = {"pixels": (*FEW, *MANY), "probe": FEW, "scratch": (2,)}


def main() -> None:
    accuracy = {
        name: {str(labels): [] for labels in budgets}
        for name, budgets in BUDGETS.items()
    }
    for seed in SEEDS:
        for name, score in WAYS.items():
            for labels in BUDGETS[name]:
                task = tk.load_task("digits", labels, seed=seed)
                found = round(score(task, seed), 4)
                accuracy[name][str(labels)].append(found)
                print(seed, name, labels, found, flush=True)
        stored.write(
            "08_labels", LETTERS, SEEDS[: seed + 1], task="digits", accuracy=accuracy
        )


if __name__ == "__main__":
    main()
