"""Makes 12_sound.json: seven kinds of synthesised sounds, named as pictures.

A linear head gets several views of them: the pixels; and the features, or the
activations of block 2 averaged over the picture, of

- two letters backbones, and random layers of the same two shapes (where there is batch
  normalisation, it takes its means and variances from pictures of letters, too);
- an encoder made here: the layers of the letters backbone, trained from scratch on
  seven *other* kinds of sounds, and the random layers that its training began with.

Beside them the traditional way: the same layers, trained from scratch on the labelled
sounds. Five draws; each has its own labelled sounds, random layers and encoder. The 700
test sounds are the same in all of them.

Every arm has five tries, chosen on validation, a fifth of the labelled sounds, by the
mean accuracy over the five draws: a head's penalty, for each view and each number of
labels; and the step size of each training from scratch (`tk.tune`).

Run from the repository's root: python notebooks/results/make_12_sound.py
(about half an hour on 2 busy cores).
"""

from dataclasses import replace

import numpy as np
import stored
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tlkit_course import beyond

import tlkit as tk

BUDGETS = (5, 20, 50)  # labels per kind of sound
FROM_SCRATCH = (5, 20)  # at which the layers are trained from scratch
SEEDS = (0, 1, 2, 3, 4)
STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)  # of the head, C of the logistic regression
POOL = beyond.sounds(700, seed=1)  # pictures and kinds
TEST = beyond.sounds(700, seed=2)
OTHERS = 200  # sounds of each other kind, of which a tenth validates
LETTERS, BN = tk.Backbone("letters"), tk.Backbone("letters-bn")
CUTS = ("features", "block2")
SCRATCH_STEPS = 200


def drawn(seed: int, labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the pool to train on and to validate with, each int (n,).

    A smaller budget's sounds are among a larger one's.
    """
    rng = np.random.default_rng(seed)
    every = np.arange(len(POOL[1]))
    kinds = range(len(beyond.KINDS))
    rows = [tk.tasks.rows_of_class(POOL[1], every, kind, rng) for kind in kinds]
    some = np.stack([row[:labels] for row in rows])  # (kinds, labels)
    held = max(1, labels // 5)
    return some[:, held:].ravel(), some[:, :held].ravel()


def sound_task(seed: int, labels: int) -> tk.Task:
    """The labelled sounds of one draw, as a task."""
    images, kinds = POOL
    train, held = drawn(seed, labels)
    return tk.Task(
        "sounds",
        "which sound is it?",
        beyond.KINDS,
        train=tk.Split(images[train], kinds[train]),
        validation=tk.Split(images[held], kinds[held]),
        test=tk.Split(*TEST),
        mirror=False,
        labels_per_class=labels,
        seed=seed,
    )


def encoder(seed: int) -> tk.training.Run:
    """The layers, trained from scratch to name the other kinds of sounds."""
    count = OTHERS * len(beyond.OTHER_KINDS)
    images, kinds = beyond.sounds(count, 100 + seed, beyond.OTHER_KINDS)
    train, held = np.split(np.arange(count), [count * 9 // 10])
    task = replace(
        sound_task(seed, BUDGETS[0]),
        name="other sounds",
        classes=beyond.OTHER_KINDS,
        train=tk.Split(images[train], kinds[train]),
        validation=tk.Split(images[held], kinds[held]),
        test=tk.Split(images[held], kinds[held]),  # none is needed
        labels_per_class=None,
    )
    return tk.from_scratch(LETTERS, task, seed=seed)


def views(seed: int) -> tuple[dict[str, list[np.ndarray]], float]:
    """What the head gets of the pool and of the test sounds, and the encoder's score.

    Returns:
        Name -> two arrays (700, …), and the encoder's accuracy on held-out other
        sounds.
    """
    sets = [images for images, _ in (POOL, TEST)]
    grey = [images[..., 0].reshape(len(images), -1) for images in sets]
    found = {"pixels": [pixels.astype("float32") for pixels in grey]}
    run = encoder(seed)
    untrained = replace(LETTERS.random(seed), preprocessing="1/255")
    models = {
        "letters": LETTERS.build(),
        "random": LETTERS.random(seed).build(),
        "letters-bn": BN.build(),
        "random-bn": normalised(BN.random(seed).build()),
        "other sounds": run.model,
        "random-255": untrained.build(),  # where the encoder's training began
    }
    for name, model in models.items():
        for cut in CUTS:
            found[f"{name}, {cut}"] = [seen(model, images, cut) for images in sets]
    return found, run.score("validation").mean


def normalised(model):
    """Random layers whose batch normalisation has seen pictures of letters."""
    scenes = tk.glyphs.draw(tk.glyphs.LETTERS, 500, seed=3)
    for layer in model.layers:
        if hasattr(layer, "momentum"):
            layer.momentum = 0.0  # so that one pass is enough
    model(scenes.images.astype("float32"), training=True)
    return model


def seen(model, images: np.ndarray, cut: str) -> np.ndarray:
    """Activations at a cut, float32 (n, channels), averaged over the picture."""
    below = tk.backbone.at_cut(model, cut)
    found = below.predict(images, batch_size=100, verbose=0)
    return found.mean(axis=(1, 2)) if found.ndim == 4 else found


def heads(seen_by: list[dict], name: str, labels: int) -> dict:
    """The best of the heads on one view, with this many labels of each kind.

    Args:
        seen_by: for each draw, name -> what the head gets.
        name: of the view.
        labels: of each kind.
    """
    validation = {strength: [] for strength in STRENGTHS}
    test = {strength: [] for strength in STRENGTHS}
    for seed, found in zip(SEEDS, seen_by, strict=True):
        (known, new), (train, held) = found[name], drawn(seed, labels)
        for strength in STRENGTHS:
            head = make_pipeline(
                StandardScaler(), LogisticRegression(C=strength, max_iter=500)
            )
            head.fit(known[train], POOL[1][train])
            validation[strength].append(head.score(known[held], POOL[1][held]))
            test[strength].append(round(float(head.score(new, TEST[1])), 4))
    best = max(STRENGTHS, key=lambda strength: np.mean(validation[strength]))
    return {"chosen": best, "test": test[best]}


def from_scratch(labels: int) -> dict:
    """The letters backbone's layers, trained on the labelled sounds alone."""
    tasks = [sound_task(seed, labels) for seed in SEEDS]
    tuned = tk.tune(
        tk.from_scratch, LETTERS, tasks, steps=SCRATCH_STEPS, most=len(STRENGTHS)
    )
    print(labels, "from scratch:", tuned.in_words(), flush=True)
    test = [round(run.score().mean, 4) for run in tuned.runs]
    return {"chosen": tuned.rate, "test": test}


def main() -> None:
    pairs = []
    for seed in SEEDS:
        pairs.append(views(seed))
        print(seed, "encoder, held-out other sounds:", pairs[-1][1], flush=True)
    seen_by = [found for found, _ in pairs]
    accuracy: dict[str, dict] = {}
    for name in seen_by[0]:
        accuracy[name] = {str(n): heads(seen_by, name, n) for n in BUDGETS}
        print(name, {n: np.mean(f["test"]) for n, f in accuracy[name].items()})
    accuracy["from scratch"] = {str(n): from_scratch(n) for n in FROM_SCRATCH}
    stored.write(
        "12_sound",
        LETTERS,
        SEEDS,
        test_sounds=len(TEST[1]),
        encoder=[round(score, 4) for _, score in pairs],
        accuracy=accuracy,
    )


if __name__ == "__main__":
    main()
