"""Makes 10_backbones.json: a linear head on each shipped backbone and on random layers, at three label budgets over
five draws of the labels: validation and test accuracy, the head's regularisation chosen by validation for each. And
what each backbone costs: parameters, megabytes of its file, and the time for a picture as a multiple of that of the
letters backbone, measured side by side. Of the two ImageNet networks, whose files may not be here, only the costs:
these do not depend on what the weights are.

Run from the repository's root: python notebooks/results/make_10_backbones.py (about a minute on 2 cores).
"""

import time

import numpy as np
import stored
from tlkit_course import beyond

import tlkit as tk

BUDGETS, SEEDS, ROUNDS = (5, 20, 100), (0, 1, 2, 3, 4), 7
LETTERS = tk.Backbone("letters")
SHIPPED = {name: tk.Backbone(name) for name in tk.backbone.SHIPPED}


def cost(model, file) -> dict:
    """Parameters, and megabytes of the weights file (4 bytes a number where there is none)."""
    count = model.count_params()
    return {
        "parameters": count,
        "megabytes": round((file.stat().st_size if file else 4 * count) / 1e6, 2),
    }


def seconds(models: dict) -> dict[str, list[float]]:
    """Processor seconds for 256 pictures, round by round, all models in turn in each round."""
    images, spent = np.zeros((256, 32, 32, 3), "float32"), {name: [] for name in models}
    for round_ in range(ROUNDS + 1):
        for name, model in models.items():
            started = time.process_time()
            model.predict_on_batch(images)
            if round_:  # the first one traces
                spent[name].append(time.process_time() - started)
    return spent


def main() -> None:
    built = {
        name: (backbone.build(), backbone.weights_file)
        for name, backbone in SHIPPED.items()
    }
    built["random"] = (LETTERS.random(0).build(), SHIPPED["letters"].weights_file)
    built["VGG16"] = (tk.Backbone(None, width=1.0).build(), None)
    built["EfficientNetV2-B0"] = (
        tk.Backbone(None, architecture="efficientnet").build(),
        None,
    )
    costs = {name: cost(*some) for name, some in built.items()}
    spent = seconds({name: model for name, (model, _) in built.items()})
    for name in costs:
        costs[name]["times_letters"] = [
            round(a / b, 3) for a, b in zip(spent[name], spent["letters"], strict=True)
        ]
        print(name, costs[name], flush=True)
    accuracy = {
        name: {str(k): {"validation": [], "test": []} for k in BUDGETS}
        for name in (*SHIPPED, "random")
    }
    for seed in SEEDS:
        for labels in BUDGETS:
            task = tk.load_task("digits", labels, seed=seed)
            for name, backbone in {**SHIPPED, "random": LETTERS.random(seed)}.items():
                scores = beyond.linear_head(backbone, task)
                for split in ("validation", "test"):
                    accuracy[name][str(labels)][split].append(
                        round(float(scores[split].mean()), 4)
                    )
        print(
            seed, {name: accuracy[name]["20"]["test"] for name in accuracy}, flush=True
        )
        stored.write(
            "10_backbones", LETTERS, SEEDS[: seed + 1], costs=costs, accuracy=accuracy
        )


if __name__ == "__main__":
    main()
