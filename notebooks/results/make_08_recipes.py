"""Makes 08_recipes.json: what whole recipes reach on two questions about the digits' scenes, 20 labels per class.

For the colour, letters' last features are known to be of no use; is there a recipe that saves it?

Run from the repository's root: python notebooks/results/make_08_recipes.py (about three minutes on 2 cores).
"""

import stored

import tlkit as tk

LABELS, SEEDS, LETTERS = 20, (0, 1, 2), tk.Backbone("letters")
RECIPES = {
    "scratch": lambda task, seed: tk.from_scratch(LETTERS, task, seed=seed),
    "probe": lambda task, seed: tk.linear_probe(LETTERS, task, seed=seed),
    "fine_tune": lambda task, seed: tk.fine_tune(
        LETTERS, task, unfreeze="block4", seed=seed
    ),
    "lp_ft": lambda task, seed: tk.lp_ft(LETTERS, task, seed=seed),
}


def main() -> None:
    accuracy = {
        task: {recipe: [] for recipe in RECIPES} for task in ("colours", "angles")
    }
    for seed in SEEDS:
        for name, found in accuracy.items():
            task = tk.load_task(name, LABELS, seed=seed)
            for recipe, train in RECIPES.items():
                found[recipe].append(round(train(task, seed).score().mean, 4))
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
