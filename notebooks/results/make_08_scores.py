"""Makes 08_scores.json: scores computed before training, and the truth, for 16 questions at eleven places each.

The places are the cuts of letters and of the same layers with random weights. Each draw has 200 scenes to train on and
600 to test. The truth is the test accuracy of a linear head; the scores see only the 200. "cross" is the obvious rival:
minus the squared error of that same head on the 200, each left out once.

Run from the repository's root: python notebooks/results/make_08_scores.py (about two minutes on 2 cores).
"""

from collections.abc import Callable, Sequence

import numpy as np
import stored
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tlkit as tk
from tlkit import forecast, glyphs

LETTERS, DRAWS, TRAIN, TEST = tk.Backbone("letters"), range(4), 200, 600
Pictures = tuple[np.ndarray, np.ndarray]  # uint8 (n, 32, 32, 3), int (n,)
Ask = Callable[[int, int, Sequence[str]], Pictures]  # number, seed, fonts


def ask(
    answer: Callable[[glyphs.Scenes], np.ndarray], symbols: str = glyphs.DIGITS, **style
) -> Ask:
    """A question about scenes of these symbols in this style."""

    def draw(n: int, seed: int, fonts: Sequence[str]) -> Pictures:
        scenes = glyphs.draw(
            symbols, n, seed, fonts=tuple(fonts), style=glyphs.Style(**style)
        )
        return scenes.images, answer(scenes)

    return draw


def marks(n: int, seed: int, fonts: Sequence[str]) -> Pictures:
    """How many marks around the digit: none, two, four or six?"""
    some = [
        ask(lambda scenes: scenes.symbol, clutter=2 * k)(n // 4, 10 * seed + k, fonts)[
            0
        ]
        for k in range(4)
    ]
    order = np.random.default_rng(seed).permutation(n)
    return np.concatenate(some)[order], np.repeat(range(4), n // 4)[order]


def family(n: int, seed: int, fonts: Sequence[str]) -> Pictures:
    """Is the typeface of one width, without serifs, or with them?"""
    fonts = [name for name in fonts if name in glyphs.TRAIN_FONTS]
    kinds = np.array(
        [
            0 if "Mono" in name else 1 if "Sans" in name or "ss" in name else 2
            for name in fonts
        ]
    )
    return ask(lambda scenes: kinds[scenes.font])(n, seed, fonts)


def symbol(scenes: glyphs.Scenes) -> np.ndarray:
    return scenes.symbol


def near(scenes: glyphs.Scenes) -> np.ndarray:
    return np.clip((scenes.angle + 30) // 15, 0, 3).astype(int)


TASKS: dict[str, Ask] = {
    "digits": ask(symbol),
    "letters": ask(symbol, "ABCDEFGHKR"),
    "greek": ask(symbol, "ΓΔΘΛΞΠΣΦΨΩ"),
    "cyrillic": ask(symbol, "БГДЖИЛФЦЮЯ"),
    "signs": ask(symbol, "#%&@*+=/<>"),
    "odd or even": ask(lambda scenes: scenes.symbol % 2),
    "angles": ask(near),
    "colours": ask(lambda scenes: scenes.colour),
    "warm or cold": ask(
        lambda scenes: np.isin(scenes.colour, (0, 1, 2, 6)).astype(int)
    ),
    "dark or bright": ask(lambda scenes: np.isin(scenes.colour, (0, 5)).astype(int)),
    "typeface": family,
    "marks around": marks,
    "digits, turned": ask(symbol, turn=180),
    "digits, noisy": ask(symbol, noise=50),
    "digits, small": ask(symbol, scale=(0.35, 0.55)),
    "digits, in the middle": ask(
        symbol, scale=(0.85, 0.95), turn=5, shift=0.5, clutter=0, texture=20
    ),
}


def places(images: np.ndarray, draw: int) -> dict[str, np.ndarray]:
    """Place -> (n, 96): the cuts of letters by name, and those of random layers as "random block1" and so on."""
    untrained = forecast.look(LETTERS.random(draw), images, fit=TRAIN)
    others = {f"random {cut}": z for cut, z in untrained.items() if cut != "image"}
    return forecast.look(LETTERS, images, fit=TRAIN) | others


def measure(numbers: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The truth and the scores of one place."""
    head = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(0, 4, 9)))
    (known, unseen), (mine, true) = (
        np.split(numbers, [TRAIN]),
        np.split(labels, [TRAIN]),
    )
    found = {
        "truth": head.fit(known, mine).score(unseen, true),
        "cross": head[-1].best_score_,
        "nearest": forecast.nearest(known, mine),
        "logme": forecast.logme(known, mine),
    }
    return {name: round(float(value), 4) for name, value in found.items()}


def main() -> None:
    tasks: dict[str, dict[str, dict[str, list[float]]]] = {name: {} for name in TASKS}
    fonts = glyphs.TRAIN_FONTS, glyphs.TRAIN_FONTS + glyphs.TEST_FONTS
    for draw in DRAWS:
        for name, question in TASKS.items():
            parts = [question(n, start + draw, some)
                     for n, start, some in zip((TRAIN, TEST), (3000, 4000), fonts, strict=True)]  # fmt: skip
            images, labels = (np.concatenate(some) for some in zip(*parts, strict=True))
            for place, numbers in places(images, draw).items():
                for score, value in measure(numbers, labels).items():
                    tasks[name].setdefault(place, {}).setdefault(score, []).append(
                        value
                    )
            print(
                draw,
                name,
                {place: found["truth"][-1] for place, found in tasks[name].items()},
                flush=True,
            )
        stored.write(
            "08_scores",
            LETTERS,
            DRAWS[: draw + 1],
            scenes={"train": TRAIN, "test": TEST},
            tasks=tasks,
        )


if __name__ == "__main__":
    main()
