"""Makes 08_recipes.json: what whole recipes reach on two questions about the scenes.

With 20 labels per class. For the colour, letters' last features are known to be of no
use; is there a recipe that saves it?

Run from the repository's root: python notebooks/results/make_08_recipes.py
(about three minutes on 2 cores).
"""

from functools import partial

import stored

import tlkit as tk

LABELS = 20
SEEDS = (0, 1, 2)
TASKS = ("colours", "angles")
LETTERS = tk.Backbone("letters")
RECIPES = {
    "scratch": tk.from_scratch,
    "probe": tk.linear_probe,
    "fine_tune": partial(tk.fine_tune, unfreeze="block4"),
    "lp_ft": tk.lp_ft,
}


def main() -> None:
    accuracy = {task: {recipe: [] for recipe in RECIPES} for task in TASKS}
    for seed in SEEDS:
        for name, found in accuracy.items():
            task = tk.load_task(name, LABELS, seed=seed)
            for recipe, train in RECIPES.items():
                run = train(LETTERS, task, seed=seed)
                found[recipe].append(round(run.score().mean, 4))
                print(seed, name, recipe, found[recipe][-1], flush=True)
        stored.write(
            "08_recipes",
            LETTERS,
            SEEDS[: seed + 1],
            labels_per_class=LABELS,
            accuracy=accuracy,
        )


if __name__ == "__main__":
    main()
