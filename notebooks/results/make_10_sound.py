"""Makes 10_sound.json: seven kinds of synthesised sounds as pictures, named by a linear head on several views of them
(the pixels; the features and the activations of block 2, averaged over the picture, of two letters backbones and of
random layers), at three label budgets; and by the letters backbone's layers trained from scratch, at one. Five draws of
the labels and of the random layers, 700 test sounds.

Run from the repository's root: python notebooks/results/make_10_sound.py (about two minutes on 2 cores).
"""

import numpy as np
import stored
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tlkit_course import beyond

import tlkit as tk

BUDGETS, SCRATCH, SEEDS = (
    (5, 20, 50),
    20,
    (0, 1, 2, 3, 4),
)  # from scratch with 20 labels only
POOL, TEST = (
    beyond.sounds(700, seed=1),
    beyond.sounds(700, seed=2),
)  # pictures and kinds
LETTERS, BN = tk.Backbone("letters"), tk.Backbone("letters-bn")
CUTS = ("features", "block2")


def views(seed: int) -> dict[str, list[np.ndarray]]:
    """Name -> what the head gets of the pool and of the test sounds, float32 (700, …)."""
    found = {
        "pixels": [
            images[..., 0].reshape(len(images), -1).astype("float32")
            for images, _ in (POOL, TEST)
        ]
    }
    for name, backbone in (
        ("letters", LETTERS),
        ("letters-bn", BN),
        ("random", LETTERS.random(seed)),
    ):
        for cut in CUTS:
            found[f"{name}, {cut}"] = [
                seen(backbone, images, cut) for images, _ in (POOL, TEST)
            ]
    return found


def seen(backbone: tk.Backbone, images: np.ndarray, cut: str) -> np.ndarray:
    """Activations at a cut, float32 (n, channels), averaged over the places in the picture."""
    found = np.asarray(tk.activations(backbone, images, cut), "float32")
    return found.mean(axis=(1, 2)) if found.ndim == 4 else found


def drawn(seed: int, labels: int) -> np.ndarray:
    """Rows of the pool, int (kinds, labels): the labelled sounds of one draw, a smaller budget's among them."""
    rng = np.random.default_rng(seed)
    return np.stack(
        [
            rng.permutation(np.flatnonzero(POOL[1] == k))[:labels]
            for k in range(len(beyond.KINDS))
        ]
    )


def from_scratch(seed: int) -> float:
    """Test accuracy of the letters backbone's layers, all trained on the labelled sounds alone; a fifth validates."""
    rows = drawn(seed, SCRATCH)
    train, held = (
        tk.Split(POOL[0][r.ravel()], POOL[1][r.ravel()])
        for r in np.split(rows, [SCRATCH * 4 // 5], axis=1)
    )
    question, test = "which sound is it?", tk.Split(*TEST)
    task = tk.Task(
        "sounds", question, beyond.KINDS, train, held, test, False, SCRATCH, seed
    )
    return tk.from_scratch(LETTERS, task, seed=seed, steps=200).score().mean


def main() -> None:
    accuracy: dict[str, dict[str, list[float]]] = {}
    for seed in SEEDS:
        for name, (known, new) in views(seed).items():
            for labels in BUDGETS:
                rows = drawn(seed, labels).ravel()
                head = make_pipeline(
                    StandardScaler(), LogisticRegression(C=0.1, max_iter=500)
                )
                score = head.fit(known[rows], POOL[1][rows]).score(new, TEST[1])
                accuracy.setdefault(name, {}).setdefault(str(labels), []).append(
                    round(float(score), 4)
                )
        print(
            seed, {name: some["20"][-1] for name, some in accuracy.items()}, flush=True
        )
        stored.write(
            "10_sound",
            LETTERS,
            SEEDS[: seed + 1],
            test_sounds=len(TEST[1]),
            accuracy=accuracy,
        )
    accuracy["from scratch"] = {str(SCRATCH): []}
    for seed in SEEDS:
        accuracy["from scratch"][str(SCRATCH)].append(round(from_scratch(seed), 4))
        print(seed, "from scratch", accuracy["from scratch"], flush=True)
        stored.write(
            "10_sound", LETTERS, SEEDS, test_sounds=len(TEST[1]), accuracy=accuracy
        )


if __name__ == "__main__":
    main()
