"""Makes 02_map.json: what a linear head can read at each depth, for four questions about the same scenes.

Every depth gives 96 numbers for each scene: principal components of the activations, or random projections of them.
Each draw has its own 600 scenes to train on, its own 400 test scenes (some in fonts that were not trained on) and, for
the random backbone, its own weights.

Run from the repository's root: python notebooks/results/make_02_map.py (about two minutes on 2 cores).
"""

import numpy as np
import stored
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.random_projection import GaussianRandomProjection

import tlkit as tk

CUTS, DRAWS, TRAIN, TEST, NUMBERS = tk.backbone.CUTS[:-1], range(5), 600, 400, 96
FONTS = (tk.glyphs.TRAIN_FONTS, tk.glyphs.TRAIN_FONTS + tk.glyphs.TEST_FONTS)
WAYS = {"components": PCA, "projections": GaussianRandomProjection}
QUESTIONS = {
    "digit": lambda scenes: scenes.symbol,
    "angle": lambda scenes: np.clip((scenes.angle + 30) // 15, 0, 3).astype(
        int
    ),  # four classes of 15 degrees
    "colour": lambda scenes: scenes.colour,
    "degrees": lambda scenes: scenes.angle,
}
STRENGTHS = np.logspace(
    0, 4, 9
)  # of the ridge; leave-one-out on the training scenes chooses


def scenes(draw: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Images uint8 (1000, 32, 32, 3), training scenes first, and the true answers, question -> (1000,)."""
    parts = [tk.glyphs.draw(tk.glyphs.DIGITS, n, seed + draw, fonts=fonts)
             for n, seed, fonts in zip((TRAIN, TEST), (500, 600), FONTS, strict=True)]  # fmt: skip
    answers = {
        name: np.concatenate([ask(part) for part in parts])
        for name, ask in QUESTIONS.items()
    }
    return np.concatenate([part.images for part in parts]), answers


def score(numbers: np.ndarray, answers: np.ndarray) -> float:
    """Accuracy on the test scenes of a linear head, or its mean absolute error where a number is asked for."""
    classes = answers.dtype.kind == "i"
    head = (RidgeClassifierCV if classes else RidgeCV)(STRENGTHS).fit(
        numbers[:TRAIN], answers[:TRAIN]
    )
    if classes:
        return round(float(head.score(numbers[TRAIN:], answers[TRAIN:])), 4)
    return round(
        float(np.abs(head.predict(numbers[TRAIN:]) - answers[TRAIN:]).mean()), 4
    )


def main() -> None:
    letters = tk.Backbone("letters")
    scores = {way: {kind: {name: {cut: [] for cut in CUTS} for name in QUESTIONS} for kind in ("letters", "random")}
              for way in WAYS}  # fmt: skip
    for draw in DRAWS:
        images, answers = scenes(draw)
        for kind, backbone in {
            "letters": letters,
            "random": letters.random(draw),
        }.items():
            model = backbone.build()
            for cut in CUTS:
                seen = tk.activations(backbone, images, cut, model=model).reshape(
                    TRAIN + TEST, -1
                )
                for way, few in WAYS.items():
                    few = make_pipeline(
                        few(NUMBERS, random_state=draw), StandardScaler()
                    ).fit(seen[:TRAIN])
                    for name in QUESTIONS:
                        scores[way][kind][name][cut].append(
                            score(few.transform(seen), answers[name])
                        )
            print(
                draw,
                kind,
                {
                    name: scores["components"][kind][name]["block3"][-1]
                    for name in QUESTIONS
                },
                flush=True,
            )
    stored.write(
        "02_map",
        letters,
        DRAWS,
        scenes={"train": TRAIN, "test": TEST},
        numbers=NUMBERS,
        scores=scores,
    )


if __name__ == "__main__":
    main()
