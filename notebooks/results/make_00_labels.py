"""Makes 00_labels.json: test accuracy on digits at five label budgets.

Once trained from scratch and once transferred. It also draws the README's figure of it,
docs/few_labels.png.

Run from the repository's root: python notebooks/results/make_00_labels.py
(about a quarter of an hour on 2 cores).
"""

from pathlib import Path

import stored
from matplotlib import pyplot

import tlkit as tk

LABELS = (20, 50, 100, 200, 500)
SEEDS = (0, 1, 2)
RECIPES = {"scratch": tk.from_scratch, "probe": tk.linear_probe}


def main() -> None:
    letters = tk.Backbone("letters")
    accuracy: dict[str, dict[str, list[float]]] = {recipe: {} for recipe in RECIPES}
    for labels in LABELS:
        tasks = [tk.load_task("digits", labels, seed=seed) for seed in SEEDS]
        for recipe, train in RECIPES.items():
            runs = [
                train(letters, task, seed=seed)
                for seed, task in zip(SEEDS, tasks, strict=True)
            ]
            accuracy[recipe][str(labels)] = [round(run.score().mean, 4) for run in runs]
            print(labels, recipe, *accuracy[recipe][str(labels)], flush=True)
    stored.write(
        "00_labels",
        letters,
        SEEDS,
        task="digits",
        labels_per_class=LABELS,
        accuracy=accuracy,
    )
    drawn = figure(accuracy)
    Path("docs/few_labels.png").write_bytes(tk.plots.png(drawn, dpi=tk.look.FINE))


def figure(accuracy: dict[str, dict[str, list[float]]]):
    """Some of the pictures above the accuracy over the label budget.

    Args:
        accuracy: recipe -> labels per class -> one accuracy for each draw.

    Returns:
        a matplotlib Figure.
    """
    points, draws = {}, {}
    for recipe, budgets in accuracy.items():
        draws[recipe] = {int(labels): seeds for labels, seeds in budgets.items()}
        points[recipe] = {
            labels: tk.evaluate.over_seeds(seeds, (0, 1))
            for labels, seeds in draws[recipe].items()
        }
    drawn = pyplot.figure(figsize=(tk.look.WIDE, 5.6), layout="constrained")
    above, below = drawn.subplots(2, height_ratios=(1, 2.4))
    pictures = tk.load_task("digits", 20).test.images[:16]
    tk.plots.images(images=pictures, ax=above)
    tk.plots.label_curve(points, ax=below, draws=draws, chance=0.1)
    ends = [
        f"{tk.plots.NAMES[name]} {line[20].mean:.2f} and {line[500].mean:.2f}"
        for name, line in points.items()
    ]
    return tk.plots.describe(
        drawn,
        f"Above: {len(pictures)} drawn digits. Below: test accuracy with 20 and with "
        f"500 labels per class: {'; '.join(ends)}; chance 0.10.",
    )


if __name__ == "__main__":
    main()
