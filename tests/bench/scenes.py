"""How difficult are the drawn scenes? The table and the picture of docs/scenes.md.

Run from the repository's root: python tests/bench/scenes.py (about two minutes). All
scenes here are of seeds from 900 up, which none of the tasks uses, so that choosing the
difficulty never looked at what is later reported.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib import pyplot
from sklearn.linear_model import LogisticRegression

import tlkit as tk
from tlkit.glyphs import DIGITS, TEST_FONTS, TRAIN_FONTS, Style, draw

DEFAULT = Style()
STYLES = {
    "centred, upright, plain": Style((0.8, 0.8), 0, 0, 0, 70, 0, 0),
    "+ shifted up to 4 pixels": Style((0.8, 0.8), 0, 4, 0, 70, 0, 0),
    "+ turned up to 30°, other sizes": replace(DEFAULT, clutter=0, texture=0, noise=0),
    "+ patches and noise": replace(DEFAULT, clutter=0),
    "+ three other marks (the tasks)": DEFAULT,
    "+ three more marks, less contrast": replace(
        DEFAULT, clutter=6, contrast=30, texture=70
    ),
}
SEEDS, BUDGETS, TEST = (900, 910, 920), (20, 100), 1000
WORDS = (
    "Ten digits in each of six styles, from centred and plain to turned among other "
    "marks and hard to read."
)


def pixels(scenes):
    """Images as rows of numbers from 0 to 1: float64 (n, 3072)."""
    return scenes.images.reshape(len(scenes.images), -1) / 255.0


def fitted(features, symbols) -> LogisticRegression:
    """A linear model of features (n, d)."""
    return LogisticRegression(C=0.01, max_iter=2000).fit(features, symbols)


def unseen_scenes(style: Style, seed: int):
    """Test scenes of one style."""
    return draw(DIGITS, TEST, seed + 1, fonts=TRAIN_FONTS + TEST_FONTS, style=style)


def picture():
    """Ten scenes of each style in a row: a matplotlib Figure."""
    size = (tk.look.WIDE, 6.9)
    figure, rows = pyplot.subplots(len(STYLES), 1, figsize=size, layout="constrained")
    for (name, style), ax in zip(STYLES.items(), rows, strict=True):
        some = unseen_scenes(style, SEEDS[-1]).images[:10]
        ax.imshow(np.concatenate(some, axis=1), interpolation="nearest")
        ax.set_title(name, loc="left", fontsize=tk.look.TYPE)
        ax.axis("off")
    return figure


def scores(style: Style, seed: int, letters):
    """Accuracies on scenes of one style: budget or "features" -> accuracy.

    Args:
        style: of the scenes.
        seed: of the drawing.
        letters: the model of the letters backbone.
    """
    test = unseen_scenes(style, seed)
    train = draw(DIGITS, 10 * max(BUDGETS), seed, style=style)
    order = np.argsort(train.symbol, kind="stable")
    by_digit = order.reshape(10, -1)  # a row of scenes for each digit
    found = {}
    for budget in BUDGETS:
        some = by_digit[:, :budget].ravel()
        model = fitted(pixels(train)[some], train.symbol[some])
        found[budget] = model.score(pixels(test), test.symbol)
    known = letters.predict(train.images, batch_size=250, verbose=0)
    unseen = letters.predict(test.images, batch_size=250, verbose=0)
    some, scale = by_digit[:, : BUDGETS[0]].ravel(), known.std(axis=0) + 1e-3
    model = fitted(known[some] / scale, train.symbol[some])
    found["features"] = model.score(unseen / scale, test.symbol)
    return found


def main() -> None:
    """One row for each style: linear models of pixels, and of the letters' features."""
    letters = tk.Backbone("letters").build()
    columns = [f"pixels, {budget} labels" for budget in BUDGETS]
    head = ["scenes", *columns, "letters backbone, 20 labels"]
    print(f"| {' | '.join(head)} |")
    print("|---" * len(head) + "|")
    for name, style in STYLES.items():
        found: dict = {budget: [] for budget in (*BUDGETS, "features")}
        for seed in SEEDS:
            for budget, score in scores(style, seed, letters).items():
                found[budget].append(score)
        means = [
            f"{np.mean(some):.2f} ± {np.std(some, ddof=1):.2f}"
            for some in found.values()
        ]
        print(f"| {name} | {' | '.join(means)} |", flush=True)
    Path("docs/scenes.png").write_bytes(tk.plots.png(picture(), WORDS))


if __name__ == "__main__":
    main()
