"""Makes 10_sound.json: seven kinds of synthesised sounds, named as pictures.

By a linear head on several views of them (the pixels; the features and the activations
of block 2, averaged over the picture, of two letters backbones and of random layers),
at three label budgets; and by the letters backbone's layers trained from scratch, at
one. Five draws of the labels and of the random layers, 700 test sounds.

Run from the repository's root: python notebooks/results/make_10_sound.py
(about two minutes on 2 cores).
"""

import numpy as np
import stored
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tlkit_course import beyond

import tlkit as tk

BUDGETS = (5, 20, 50)  # labels per kind of sound
SCRATCH = 20  # labels per kind, from scratch
SEEDS = (0, 1, 2, 3, 4)
POOL = beyond.sounds(700, seed=1)  # pictures and kinds
TEST = beyond.sounds(700, seed=2)
LETTERS, BN = tk.Backbone("letters"), tk.Backbone("letters-bn")
CUTS = ("features", "block2")


def views(seed: int) -> dict[str, list[np.ndarray]]:
    """Name -> what the head gets of the pool and of the test sounds, (700, …)."""
    sets = [images for images, _ in (POOL, TEST)]
    grey = [images[..., 0].reshape(len(images), -1) for images in sets]
    found = {"pixels": [pixels.astype("float32") for pixels in grey]}
    backbones = {
        "letters": LETTERS,
        "letters-bn": BN,
        "random": LETTERS.random(seed),
    }
    for name, backbone in backbones.items():
        for cut in CUTS:
            found[f"{name}, {cut}"] = [seen(backbone, images, cut) for images in sets]
    return found


def seen(backbone: tk.Backbone, images: np.ndarray, cut: str) -> np.ndarray:
    """Activations at a cut, float32 (n, channels), averaged over the picture."""
    found = np.asarray(tk.activations(backbone, images, cut), "float32")
    return found.mean(axis=(1, 2)) if found.ndim == 4 else found


def drawn(seed: int, labels: int) -> np.ndarray:
    """Rows of the pool, int (kinds, labels): the labelled sounds of one draw.

    A smaller budget's sounds are among a larger one's.
    """
    rng = np.random.default_rng(seed)
    every = np.arange(len(POOL[1]))
    kinds = range(len(beyond.KINDS))
    rows = [tk.tasks.rows_of_class(POOL[1], every, kind, rng) for kind in kinds]
    return np.stack([some[:labels] for some in rows])


def from_scratch(seed: int) -> float:
    """Test accuracy of the letters backbone's layers, trained on the sounds alone.

    On the labelled ones, of which a fifth validates.
    """
    images, kinds = POOL
    train, held = np.split(drawn(seed, SCRATCH), [SCRATCH * 4 // 5], axis=1)
    task = tk.Task(
        "sounds",
        "which sound is it?",
        beyond.KINDS,
        train=tk.Split(images[train.ravel()], kinds[train.ravel()]),
        validation=tk.Split(images[held.ravel()], kinds[held.ravel()]),
        test=tk.Split(*TEST),
        mirror=False,
        labels_per_class=SCRATCH,
        seed=seed,
    )
    return tk.from_scratch(LETTERS, task, seed=seed, steps=200).score().mean


def head_score(known, new, rows: np.ndarray) -> float:
    """Test accuracy of a linear head that is trained on some rows of the pool."""
    head = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    head.fit(known[rows], POOL[1][rows])
    return round(float(head.score(new, TEST[1])), 4)


def write(accuracy: dict, seeds: tuple[int, ...]) -> None:
    """Store what is known so far."""
    stored.write(
        "10_sound", LETTERS, seeds, test_sounds=len(TEST[1]), accuracy=accuracy
    )


def main() -> None:
    accuracy: dict[str, dict[str, list[float]]] = {}
    for seed in SEEDS:
        for name, (known, new) in views(seed).items():
            scores = accuracy.setdefault(name, {str(labels): [] for labels in BUDGETS})
            for labels in BUDGETS:
                rows = drawn(seed, labels).ravel()
                scores[str(labels)].append(head_score(known, new, rows))
        newest = {name: some["20"][-1] for name, some in accuracy.items()}
        print(seed, newest, flush=True)
        write(accuracy, SEEDS[: seed + 1])
    accuracy["from scratch"] = {str(SCRATCH): []}
    for seed in SEEDS:
        accuracy["from scratch"][str(SCRATCH)].append(round(from_scratch(seed), 4))
        print(seed, "from scratch", accuracy["from scratch"], flush=True)
        write(accuracy, SEEDS)


if __name__ == "__main__":
    main()
