"""Makes 08_dial.json: digits that move away from the source's scenes in four ways.

And what letters are then worth. Each step has ten draws of 200 scenes to train a
linear head on (20 for each digit) and 500 to test it. The head reads 96 components of
the pixels, of letters' last features or of an early cut. Where the pixels are
scrambled, the whole network is trained from scratch too, at both ends, with a step size
that validation chooses (``tk.tune``), as the heads choose their penalty.

Run from the repository's root: python notebooks/results/make_08_dial.py
(about a quarter of an hour on one core).
"""

import numpy as np
import stored
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tlkit_course.figures.similarity_dial import STEPS, moved

import tlkit as tk

LETTERS = tk.Backbone("letters")
DRAWS = range(10)
TRAIN, TEST = 200, 500  # scenes
SEEDS = (0, 1, 2, 3, 4)  # of training from scratch
WAYS = {"pixels": "image", "early": "block2", "letters": "block5"}
EVERY_FONT = tk.glyphs.TRAIN_FONTS + tk.glyphs.TEST_FONTS

Pictures = tuple[np.ndarray, np.ndarray]  # uint8 (n, 32, 32, 3), int (n,)


def scenes(what: str, step: int, draw: int) -> list[Pictures]:
    """Training and test scenes with their labels."""
    return [
        moved(what, step, TRAIN, 8000 + draw),
        moved(what, step, TEST, 9000 + draw, EVERY_FONT),
    ]


def heads(parts: list[Pictures]) -> dict[str, float]:
    """Test accuracy of a linear head on what each way makes of the scenes."""
    images, labels = (np.concatenate(some) for some in zip(*parts, strict=True))
    seen = tk.forecast.look(LETTERS, images, fit=TRAIN)
    return {way: score(seen[cut], labels) for way, cut in WAYS.items()}


def score(numbers: np.ndarray, labels: np.ndarray) -> float:
    """Test accuracy of a ridge whose strength the training scenes choose."""
    head = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(0, 4, 9)))
    head.fit(numbers[:TRAIN], labels[:TRAIN])
    return round(float(head.score(numbers[TRAIN:], labels[TRAIN:])), 4)


def as_task(parts: list[Pictures], seed: int) -> tk.Task:
    """The same scenes for a whole network: four fifths train, the rest validate."""
    (images, labels), test = parts
    every, kept = tk.Split(images, labels), TRAIN * 4 // 5
    return tk.Task(
        "dial",
        "which digit?",
        tuple(tk.glyphs.DIGITS),
        train=every.pick(range(kept)),
        validation=every.pick(range(kept, TRAIN)),
        test=tk.Split(*test),
        mirror=False,
        labels_per_class=TRAIN // 10,
        seed=seed,
    )


def main() -> None:
    accuracy: dict[str, dict[str, list[list[float]]]] = {}
    for what, steps in STEPS.items():
        accuracy[what] = {way: [[] for _ in steps] for way in WAYS}
        for step in range(len(steps)):
            for draw in DRAWS:
                for way, found in heads(scenes(what, step, draw)).items():
                    accuracy[what][way][step].append(found)
            newest = {way: found[step] for way, found in accuracy[what].items()}
            print(what, step, newest, flush=True)
    ends: dict[str, list[float]] = {}
    rates: dict[str, float] = {}
    for step in (0, 5):
        tasks = [as_task(scenes("scrambled", step, seed), seed) for seed in SEEDS]
        tuned = tk.tune(tk.from_scratch, LETTERS, tasks)
        ends[str(step)] = [round(run.score().mean, 4) for run in tuned.runs]
        rates[str(step)] = tuned.rate
        print("scratch", step, tuned.in_words(), ends[str(step)], flush=True)
    stored.write(
        "08_dial",
        LETTERS,
        DRAWS,
        scenes={"train": TRAIN, "test": TEST},
        steps=STEPS,
        accuracy=accuracy,
        scratch=ends,
        scratch_step_size=rates,
    )


if __name__ == "__main__":
    main()
