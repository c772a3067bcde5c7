"""Makes 09_few.json: test accuracy on digits with 5 labels per class, three ways.

All layers are fine-tuned from a random head, block 5 alone is, or only a head is
trained. Validation labels are among the five.

Run from the repository's root: python notebooks/results/make_09_few.py
(about four minutes on 2 cores).
"""

import stored

import tlkit as tk

LABELS = 5
SEEDS = (0, 1, 2, 3, 4)
WAYS = {"all": "all", "block5": "block5", "head": None}


def main() -> None:
    letters = tk.Backbone("letters")
    accuracy: dict[str, list[float]] = {way: [] for way in WAYS}
    for seed in SEEDS:
        task = tk.load_task("digits", LABELS, seed=seed)
        for way, unfreeze in WAYS.items():
            if unfreeze:
                run = tk.fine_tune(letters, task, unfreeze=unfreeze, seed=seed)
            else:
                run = tk.linear_probe(letters, task, seed=seed)
            accuracy[way].append(round(run.score().mean, 4))
        print(seed, *(values[-1] for values in accuracy.values()), flush=True)
        stored.write(
            "09_few",
            letters,
            SEEDS[: seed + 1],
            task="digits",
            labels_per_class=LABELS,
            accuracy=accuracy,
        )


if __name__ == "__main__":
    main()
