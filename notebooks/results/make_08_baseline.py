"""Makes 08_baseline.json: how the inputs and the step size make a baseline weak.

The same thirteen layers from random weights, with two kinds of inputs: pixels from -124
to 151, as VGG16's pretrained weights expect them, and pixels from 0 to 1. Each with
several step sizes, of which validation chooses. The test split is seen only by the
chosen ones and by the kit's own baseline as it was before anybody looked: the first
kind of inputs, and 3e-4.

Run from the repository's root: python notebooks/results/make_08_baseline.py
(about half an hour on 2 cores).
"""

from dataclasses import replace

import numpy as np
import stored

import tlkit as tk
from tlkit.training import Run, train

LABELS = 200  # per class
SEEDS = (0, 1, 2)
INPUTS = {"own": "-124 to 151", "1/255": "0 to 1"}  # preprocessing -> its numbers
RATES = (1e-4, 3e-4, 1e-3)
AS_IT_WAS = ("-124 to 151", "0.0003")
LETTERS = tk.Backbone("letters")


def from_random(task: tk.Task, preprocessing: str, rate: float, seed: int) -> Run:
    """One training from scratch, as ``tk.from_scratch`` does it."""
    start = replace(LETTERS.random(seed), preprocessing=preprocessing)
    settings = replace(tk.recipes.SCRATCH, rate=rate)
    return train(
        "scratch", start, task, "image", settings, seed=seed, standardise=False
    )


def main() -> None:
    runs: dict[str, dict[str, list[Run]]] = {
        inputs: {f"{rate:g}": [] for rate in RATES} for inputs in INPUTS.values()
    }
    for seed in SEEDS:
        task = tk.load_task("digits", LABELS, seed=seed)
        for preprocessing, inputs in INPUTS.items():
            for rate in RATES:
                run = from_random(task, preprocessing, rate, seed)
                runs[inputs][f"{rate:g}"].append(run)
                print(seed, inputs, rate, best(run), flush=True)
    validation = {
        inputs: {rate: [best(run) for run in some] for rate, some in by_rate.items()}
        for inputs, by_rate in runs.items()
    }
    chosen = {
        inputs: max(by_rate, key=lambda rate: np.mean(by_rate[rate]))
        for inputs, by_rate in validation.items()
    }
    inputs_then, rate_then = AS_IT_WAS
    stored.write(
        "08_baseline",
        LETTERS,
        SEEDS,
        task="digits",
        labels_per_class=LABELS,
        validation=validation,
        chosen={inputs: float(rate) for inputs, rate in chosen.items()},
        test={inputs: tested(runs[inputs][rate]) for inputs, rate in chosen.items()},
        as_it_was=tested(runs[inputs_then][rate_then]),
    )


def best(run: Run) -> float:
    """Validation accuracy of the epoch that was kept."""
    return round(max(run.history["val_accuracy"]), 4)


def tested(runs: list[Run]) -> list[float]:
    """Test accuracy of each run."""
    return [round(run.score().mean, 4) for run in runs]


if __name__ == "__main__":
    main()
