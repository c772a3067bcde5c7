"""Makes 08_scores.json: scores computed before training, and the truth.

For 16 questions at eleven places each. The places are the cuts of letters and of the
same layers with random weights. Each draw has 200 scenes to train on and 600 to test.
The truth is the test accuracy of a linear head; the scores see only the 200. "cross" is
the obvious rival: minus the squared error of that same head on the 200, each left out
once.

Run from the repository's root: python notebooks/results/make_08_scores.py
(about two minutes on 2 cores).
"""

from collections.abc import Callable, Sequence
from operator import attrgetter

import numpy as np
import stored
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tlkit as tk
from tlkit import forecast, glyphs

LETTERS = tk.Backbone("letters")
DRAWS = range(4)
TRAIN, TEST = 200, 600  # scenes
FONTS = glyphs.TRAIN_FONTS, glyphs.TRAIN_FONTS + glyphs.TEST_FONTS

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


symbol, colour = attrgetter("symbol"), attrgetter("colour")


def quarter(scenes: glyphs.Scenes) -> np.ndarray:
    """Which of four classes of 15 degrees the angle is in."""
    return np.clip((scenes.angle + 30) // 15, 0, 3).astype(int)


def odd(scenes: glyphs.Scenes) -> np.ndarray:
    """1 for an odd digit."""
    return scenes.symbol % 2


def warm(scenes: glyphs.Scenes) -> np.ndarray:
    """1 for red, orange, yellow and magenta."""
    return np.isin(scenes.colour, (0, 1, 2, 6)).astype(int)


def dark(scenes: glyphs.Scenes) -> np.ndarray:
    """1 for red and blue."""
    return np.isin(scenes.colour, (0, 5)).astype(int)


def marks(n: int, seed: int, fonts: Sequence[str]) -> Pictures:
    """How many marks around the digit: none, two, four or six?"""
    parts = []
    for k in range(4):
        images, _ = ask(symbol, clutter=2 * k)(n // 4, 10 * seed + k, fonts)
        parts.append(images)
    order = np.random.default_rng(seed).permutation(n)
    return np.concatenate(parts)[order], np.repeat(range(4), n // 4)[order]


def family(n: int, seed: int, fonts: Sequence[str]) -> Pictures:
    """Is the typeface of one width, without serifs, or with them?"""
    fonts = [name for name in fonts if name in glyphs.TRAIN_FONTS]
    kinds = np.array([_family(name) for name in fonts])
    return ask(lambda scenes: kinds[scenes.font])(n, seed, fonts)


def _family(font: str) -> int:
    """0: of one width; 1: without serifs; 2: with serifs."""
    if "Mono" in font:
        return 0
    if "Sans" in font or "ss" in font:
        return 1
    return 2


TASKS: dict[str, Ask] = {
    "digits": ask(symbol),
    "letters": ask(symbol, "ABCDEFGHKR"),
    "greek": ask(symbol, "ΓΔΘΛΞΠΣΦΨΩ"),
    "cyrillic": ask(symbol, "БГДЖИЛФЦЮЯ"),
    "signs": ask(symbol, "#%&@*+=/<>"),
    "odd or even": ask(odd),
    "angles": ask(quarter),
    "colours": ask(colour),
    "warm or cold": ask(warm),
    "dark or bright": ask(dark),
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
    """Place -> (n, 96).

    The cuts of letters have their names, those of random layers are "random block1" and
    so on.
    """
    untrained = forecast.look(LETTERS.random(draw), images, fit=TRAIN)
    others = {f"random {cut}": z for cut, z in untrained.items() if cut != "image"}
    return forecast.look(LETTERS, images, fit=TRAIN) | others


def measure(numbers: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The truth and the scores of one place."""
    head = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(0, 4, 9)))
    known, unseen = np.split(numbers, [TRAIN])
    mine, true = np.split(labels, [TRAIN])
    head.fit(known, mine)
    found = {
        "truth": head.score(unseen, true),
        "cross": head[-1].best_score_,
        "nearest": forecast.nearest(known, mine),
        "logme": forecast.logme(known, mine),
    }
    return {name: round(float(value), 4) for name, value in found.items()}


def main() -> None:
    tasks: dict[str, dict[str, dict[str, list[float]]]] = {name: {} for name in TASKS}
    for draw in DRAWS:
        for name, question in TASKS.items():
            train = question(TRAIN, 3000 + draw, FONTS[0])
            test = question(TEST, 4000 + draw, FONTS[1])
            images, labels = (
                np.concatenate(both) for both in zip(train, test, strict=True)
            )
            for place, numbers in places(images, draw).items():
                scores = tasks[name].setdefault(place, {})
                for score, value in measure(numbers, labels).items():
                    scores.setdefault(score, []).append(value)
            truths = {place: found["truth"][-1] for place, found in tasks[name].items()}
            print(draw, name, truths, flush=True)
        stored.write(
            "08_scores",
            LETTERS,
            DRAWS[: draw + 1],
            scenes={"train": TRAIN, "test": TEST},
            tasks=tasks,
        )


if __name__ == "__main__":
    main()
