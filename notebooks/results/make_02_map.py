"""Makes 02_map.json: what a linear head can read at each depth, for four questions.

All questions are about the same scenes. Every depth gives 96 numbers for each scene:
principal components of the activations, or random projections of them. Each draw has
its own 600 scenes to train on, its own 400 test scenes (some in fonts that were not
trained on) and, for the random backbone, its own weights.

Run from the repository's root: python notebooks/results/make_02_map.py
(about two minutes on 2 cores).
"""

from operator import attrgetter

import numpy as np
import stored
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.random_projection import GaussianRandomProjection

import tlkit as tk

CUTS = tk.backbone.CUTS[:-1]
DRAWS = range(5)
TRAIN, TEST = 600, 400  # scenes
NUMBERS = 96  # for each scene
WAYS = {"components": PCA, "projections": GaussianRandomProjection}
KINDS = ("letters", "random")  # of backbones
STRENGTHS = np.logspace(0, 4, 9)  # of the ridge; leave-one-out in training chooses


def quarter(scenes: tk.glyphs.Scenes) -> np.ndarray:
    """Which of four classes of 15 degrees the angle is in."""
    return np.clip((scenes.angle + 30) // 15, 0, 3).astype(int)


QUESTIONS = {
    "digit": attrgetter("symbol"),
    "angle": quarter,
    "colour": attrgetter("colour"),
    "degrees": attrgetter("angle"),
}


def scenes(draw: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Training scenes, then test scenes.

    Returns:
        Images uint8 (1000, 32, 32, 3), and question -> true answers (1000,).
    """
    known = tk.glyphs.TRAIN_FONTS
    every = known + tk.glyphs.TEST_FONTS
    parts = [
        tk.glyphs.draw(tk.glyphs.DIGITS, TRAIN, 500 + draw, fonts=known),
        tk.glyphs.draw(tk.glyphs.DIGITS, TEST, 600 + draw, fonts=every),
    ]
    answers = {
        name: np.concatenate([ask(part) for part in parts])
        for name, ask in QUESTIONS.items()
    }
    return np.concatenate([part.images for part in parts]), answers


def score(numbers: np.ndarray, answers: np.ndarray) -> float:
    """Accuracy of a linear head on the test scenes, or its mean absolute error.

    The latter where a number is asked for.
    """
    known, unseen = numbers[:TRAIN], numbers[TRAIN:]
    if answers.dtype.kind == "i":
        head = RidgeClassifierCV(STRENGTHS).fit(known, answers[:TRAIN])
        return round(float(head.score(unseen, answers[TRAIN:])), 4)
    head = RidgeCV(STRENGTHS).fit(known, answers[:TRAIN])
    errors = np.abs(head.predict(unseen) - answers[TRAIN:])
    return round(float(errors.mean()), 4)


def add_scores(
    found: dict[str, dict], backbone: tk.Backbone, draw: int, images, answers
) -> None:
    """Append the scores of one backbone on one draw to way -> question -> cut."""
    model = backbone.build()
    for cut in CUTS:
        seen = tk.activations(backbone, images, cut, model=model)
        seen = seen.reshape(TRAIN + TEST, -1)
        for way, make in WAYS.items():
            few = make_pipeline(make(NUMBERS, random_state=draw), StandardScaler())
            few.fit(seen[:TRAIN])
            for name in QUESTIONS:
                numbers = few.transform(seen)
                found[way][name][cut].append(score(numbers, answers[name]))


def no_scores() -> dict[str, dict[str, list[float]]]:
    """Question -> cut -> its accuracies by draw, before the first draw."""
    return {name: {cut: [] for cut in CUTS} for name in QUESTIONS}


def main() -> None:
    letters = tk.Backbone("letters")
    scores = {kind: {way: no_scores() for way in WAYS} for kind in KINDS}
    for draw in DRAWS:
        images, answers = scenes(draw)
        backbones = {"letters": letters, "random": letters.random(draw)}
        for kind in KINDS:
            add_scores(scores[kind], backbones[kind], draw, images, answers)
            newest = {
                name: scores[kind]["components"][name]["block3"][-1]
                for name in QUESTIONS
            }
            print(draw, kind, newest, flush=True)
    stored.write(
        "02_map",
        letters,
        DRAWS,
        scenes={"train": TRAIN, "test": TEST},
        numbers=NUMBERS,
        scores={way: {kind: scores[kind][way] for kind in KINDS} for way in WAYS},
    )


if __name__ == "__main__":
    main()
