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
    draw_figure(accuracy)


def draw_figure(accuracy: dict[str, dict[str, list[float]]]) -> None:
    """Some of the pictures beside the accuracy over the label budget."""
    points = {
        recipe: {
            int(labels): tk.evaluate.over_seeds(seeds, (0, 1))
            for labels, seeds in budgets.items()
        }
        for recipe, budgets in accuracy.items()
    }
    figure = pyplot.figure(figsize=(10.5, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
    task = tk.load_task("digits", 20)
    tk.plots.images(images=task.test.images[:24], n=24, ax=left)
    tk.plots.label_curve(points, ax=right)
    ends = [
        f"{tk.plots.NAMES[name]} {line[20].mean:.2f} and {line[500].mean:.2f}"
        for name, line in points.items()
    ]
    alt = (
        "Left: 24 drawn digits. Right: test accuracy with 20 and with 500 labels per "
        f"class: {'; '.join(ends)}."
    )
    Path("docs/few_labels.png").write_bytes(tk.plots.png(figure, alt))


if __name__ == "__main__":
    main()
