"""Makes 10_backbones.json: what each backbone is worth and what it costs.

A linear head on each shipped backbone and on random layers, at three label budgets over
five draws of the labels: validation and test accuracy, the head's regularisation chosen
by validation for each. And the costs: parameters, megabytes of the file, and the time
for a picture as a multiple of that of the letters backbone, measured side by side. Of
the two ImageNet networks, whose files may not be here, only the costs: these do not
depend on what the weights are.

Run from the repository's root: python notebooks/results/make_10_backbones.py
(about a minute on 2 cores).
"""

import time

import numpy as np
import stored
from tlkit_course import beyond

import tlkit as tk

BUDGETS = (5, 20, 100)  # labels per class
SEEDS = (0, 1, 2, 3, 4)
ROUNDS = 7  # of timing
SPLITS = ("validation", "test")
LETTERS = tk.Backbone("letters")
SHIPPED = {name: tk.Backbone(name) for name in tk.backbone.SHIPPED}


def cost(model, file) -> dict:
    """Parameters, and megabytes of the weights file.

    4 bytes for each parameter where there is no file.
    """
    count = model.count_params()
    size = file.stat().st_size if file else 4 * count
    return {"parameters": count, "megabytes": round(size / 1e6, 2)}


def seconds(models: dict) -> dict[str, list[float]]:
    """Processor seconds for 256 pictures, round by round.

    In each round all models take their turn.
    """
    images = np.zeros((256, 32, 32, 3), "float32")
    spent: dict[str, list[float]] = {name: [] for name in models}
    for number in range(ROUNDS + 1):
        for name, model in models.items():
            started = time.process_time()
            model.predict_on_batch(images)
            if number > 0:  # the first one traces
                spent[name].append(time.process_time() - started)
    return spent


def costs() -> dict[str, dict]:
    """Backbone -> what it costs."""
    models = {name: backbone.build() for name, backbone in SHIPPED.items()}
    models["random"] = LETTERS.random(0).build()
    models["VGG16"] = tk.Backbone(None, width=1.0).build()
    efficientnet = tk.Backbone(None, architecture="efficientnet")
    models["EfficientNetV2-B0"] = efficientnet.build()
    files = {name: backbone.weights_file for name, backbone in SHIPPED.items()}
    files["random"] = LETTERS.weights_file
    found = {name: cost(model, files.get(name)) for name, model in models.items()}
    spent = seconds(models)
    for name, entry in found.items():
        pairs = zip(spent[name], spent["letters"], strict=True)
        entry["times_letters"] = [round(mine / letters, 3) for mine, letters in pairs]
        print(name, entry, flush=True)
    return found


def no_scores() -> dict[str, dict[str, list[float]]]:
    """Labels per class -> split -> accuracies by draw, before the first draw."""
    return {str(labels): {split: [] for split in SPLITS} for labels in BUDGETS}


def main() -> None:
    price = costs()
    accuracy = {name: no_scores() for name in (*SHIPPED, "random")}
    for seed in SEEDS:
        backbones = {**SHIPPED, "random": LETTERS.random(seed)}
        for labels in BUDGETS:
            task = tk.load_task("digits", labels, seed=seed)
            for name, backbone in backbones.items():
                right = beyond.linear_head(backbone, task)
                for split in SPLITS:
                    share = round(float(right[split].mean()), 4)
                    accuracy[name][str(labels)][split].append(share)
        tests = {name: found["20"]["test"] for name, found in accuracy.items()}
        print(seed, tests, flush=True)
        stored.write(
            "10_backbones", LETTERS, SEEDS[: seed + 1], costs=price, accuracy=accuracy
        )


if __name__ == "__main__":
    main()
