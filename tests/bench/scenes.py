"""How difficult are the drawn scenes? Prints the table of docs/scenes.md and draws its picture.

Run from the repository's root: python tests/bench/scenes.py (about two minutes). All scenes here are of seeds from
900 up, which none of the tasks uses, so that choosing the difficulty never looked at what is later reported.
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


def pixels(scenes):
    """Images as rows of numbers from 0 to 1: float64 (n, 3072)."""
    return scenes.images.reshape(len(scenes.images), -1) / 255.0


def main() -> None:
    """One row for each style: accuracy of a linear model of the pixels, and of the letters backbone's features."""
    letters = tk.Backbone("letters").build()
    print(
        f"| scenes | pixels, {' | pixels, '.join(f'{n} labels' for n in BUDGETS)} | letters backbone, 20 labels |"
    )
    print("|---|" + "---|" * (len(BUDGETS) + 1))
    figure, rows = pyplot.subplots(
        len(STYLES), 1, figsize=(7, 7.6), layout="constrained"
    )
    for (name, style), ax in zip(STYLES.items(), rows, strict=True):
        found = {budget: [] for budget in (*BUDGETS, "features")}
        for seed in SEEDS:
            test = draw(
                DIGITS, TEST, seed + 1, fonts=TRAIN_FONTS + TEST_FONTS, style=style
            )
            train = draw(DIGITS, 10 * max(BUDGETS), seed, style=style)
            order = np.argsort(train.symbol, kind="stable").reshape(
                10, -1
            )  # a row of scenes for each digit
            for budget in BUDGETS:
                some = order[:, :budget].ravel()
                model = LogisticRegression(C=0.01, max_iter=2000).fit(
                    pixels(train)[some], train.symbol[some]
                )
                found[budget].append(model.score(pixels(test), test.symbol))
            known, unseen = (
                letters.predict(part, batch_size=250, verbose=0)
                for part in (train.images, test.images)
            )
            some, scale = order[:, : BUDGETS[0]].ravel(), known.std(axis=0) + 1e-3
            model = LogisticRegression(C=0.01, max_iter=2000).fit(
                known[some] / scale, train.symbol[some]
            )
            found["features"].append(model.score(unseen / scale, test.symbol))
        means = (
            f"{np.mean(scores):.2f} ± {np.std(scores, ddof=1):.2f}"
            for scores in found.values()
        )
        print(f"| {name} | {' | '.join(means)} |", flush=True)
        ax.imshow(np.concatenate(test.images[:10], axis=1), interpolation="nearest")
        ax.set_title(name, loc="left", fontsize=10)
        ax.axis("off")
    words = "Ten digits in each of six styles, from centred and plain to turned among other marks and hard to read."
    Path("docs/scenes.png").write_bytes(tk.plots.png(figure, words))


if __name__ == "__main__":
    main()
