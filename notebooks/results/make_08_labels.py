"""Makes 08_labels.json: the few-label curve of notebook 08. Test accuracy on digits, from 2 to 500 labels per class.

It begins where 00_labels.json does not reach, at 2 labels, and adds a linear head on the pixels, at all budgets.
What 00_labels.json holds is not trained again.

Run from the repository's root: python notebooks/results/make_08_labels.py (about a minute and a half on 2 cores).
"""

import numpy as np
import stored
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tlkit as tk

FEW, MANY, SEEDS = (2, 5, 10), (20, 50, 100, 200, 500), (0, 1, 2)
LETTERS = tk.Backbone("letters")


def pixels(task: tk.Task, seed: int) -> float:
    """Test accuracy of a linear head on at most 96 principal components of the pixels; labels as in the recipes."""
    flat = [
        np.asarray(part.images).reshape(len(part), -1)
        for part in (task.train, task.test)
    ]
    few = PCA(min(96, len(flat[0]) - 1), random_state=seed)
    head = make_pipeline(few, StandardScaler(), LogisticRegression(max_iter=500)).fit(
        flat[0], task.train.labels
    )
    return float(head.score(flat[1], task.test.labels))


def recipe(train):
    return lambda task, seed: train(LETTERS, task, seed=seed).score().mean


WAYS = {  # name -> labels per class, test accuracy of a task and a seed
    "pixels": ((*FEW, *MANY), pixels),
    "probe": (FEW, recipe(tk.linear_probe)),
    "scratch": ((2,), recipe(tk.from_scratch)),
}


def main() -> None:
    accuracy = {
        name: {str(labels): [] for labels in budgets}
        for name, (budgets, _) in WAYS.items()
    }
    for seed in SEEDS:
        for name, (budgets, score) in WAYS.items():
            for labels in budgets:
                found = round(score(tk.load_task("digits", labels, seed=seed), seed), 4)
                accuracy[name][str(labels)].append(found)
                print(seed, name, labels, found, flush=True)
        stored.write(
            "08_labels", LETTERS, SEEDS[: seed + 1], task="digits", accuracy=accuracy
        )


if __name__ == "__main__":
    main()
