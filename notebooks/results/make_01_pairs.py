"""Makes 01_pairs.json: how well one linear head does on pixels and on three sources.

Test accuracy of the same head on the pixels themselves (traditional learning at its
simplest) and on the features of three sources, for three targets and five draws of 20
labels per class. The gain of a pair is the difference, draw by draw.

Run from the repository's root: python notebooks/results/make_01_pairs.py
(about a minute on 2 cores).
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import stored
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tlkit as tk

LABELS = 20
SEEDS = (0, 1, 2, 3, 4)
TARGETS = ("digits", "colours", "angles")
LETTERS = tk.Backbone("letters")
SOURCES = {
    "letters": LETTERS,
    "letters-small": tk.Backbone("letters-small"),
    "random": LETTERS.random(0),
}


def pixels(images: np.ndarray) -> np.ndarray:
    """The images themselves, (n, 3072)."""
    return images.reshape(len(images), -1)


def accuracies(
    tasks: list[tk.Task], see: Callable[[np.ndarray], np.ndarray]
) -> list[float]:
    """Accuracy on each task, all with one test split.

    `see` turns images into (n, features).
    """
    parts = [task.train.images[:] for task in tasks]
    parts.append(tasks[0].test.images[:])
    ends = np.cumsum([len(part) for part in parts[:-1]])
    *known, unseen = np.split(see(np.concatenate(parts)), ends)
    scores = []
    for task, inputs in zip(tasks, known, strict=True):
        head = make_pipeline(StandardScaler(), PCA(), LogisticRegression(max_iter=500))
        head.fit(inputs, task.train.labels)
        right = head.predict(unseen) == task.test.labels
        scores.append(round(float(right.mean()), 4))
    return scores


def main() -> None:
    tasks = [
        tk.load_task(target, LABELS, seed=seed) for target in TARGETS for seed in SEEDS
    ]
    ways: dict[str, Callable] = {"pixels": pixels}
    for name, source in SOURCES.items():
        ways[name] = partial(tk.activations, source, cut="features")
    accuracy = {}
    for name, see in ways.items():
        scores = np.reshape(accuracies(tasks, see), (len(TARGETS), len(SEEDS))).tolist()
        accuracy[name] = dict(zip(TARGETS, scores, strict=True))
        print(name, accuracy[name], flush=True)
    stored.write("01_pairs", LETTERS, SEEDS, labels_per_class=LABELS, accuracy=accuracy)


if __name__ == "__main__":
    main()
