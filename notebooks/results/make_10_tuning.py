"""Makes 10_tuning.json, in two parts over five draws of 100 labels per class, on activations cached below block 5.
`optimizers`: block 5 is fine-tuned from a probe's head for 100 steps by four optimizers, each at four step sizes.
`adapters`: Adam, 200 steps, but only some numbers are trained: the head, the biases of block 5 too, a low-rank addition
to its kernels (LoRA, Hu et al. 2021) too, or all of it; each at two step sizes. Validation loss, and test accuracy.

Run from the repository's root: python notebooks/results/make_10_tuning.py (about eight minutes on 2 cores).
"""

from collections.abc import Callable

import numpy as np
import stored

import tlkit as tk
from tlkit.machine.quiet import keras

LABELS, SEEDS, CUT, BATCH, RANK = 100, (0, 1, 2, 3, 4), "block4", 32, 4
LETTERS = tk.Backbone("letters")
OPTIMIZERS: dict[str, tuple[Callable, tuple[float, ...]]] = {
    "SGD": (keras.optimizers.SGD, (0.003, 0.01, 0.03, 0.1)),
    "momentum": (
        lambda rate: keras.optimizers.SGD(rate, momentum=0.9),
        (0.0003, 0.001, 0.003, 0.01),
    ),
    "Adam": (keras.optimizers.Adam, (0.0001, 0.0003, 0.001, 0.01)),
    "AdamW": (
        lambda rate: keras.optimizers.AdamW(rate, weight_decay=0.1),
        (0.0001, 0.0003, 0.001, 0.01),
    ),
}
ADAPTERS = (
    "head",
    "biases",
    "all of block 5",
    "low rank",
)  # the last one adds parameters to the layers
ADAPTER_RATES = (0.0003, 0.003)


class Trial:
    """A probe on one draw of the labels, and what is above the cut, to be trained from there again and again."""

    def __init__(self, seed: int):
        self.seed, self.task = seed, tk.load_task("digits", LABELS, seed=seed)
        self.probe = tk.linear_probe(LETTERS, self.task, seed=seed)
        self.above = tk.backbone.above_cut(self.probe.model, CUT)
        splits = self.task.splits().items()
        self.inputs = {
            name: np.asarray(tk.activations(LETTERS, split.images, CUT))
            for name, split in splits
        }

    def compiled(self, optimizer) -> None:
        """Every training starts from the probe. One trace serves all step sizes: `train` sets the rate."""
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.above.compile(optimizer, loss, metrics=["accuracy"])
        self.start = self.above.get_weights()

    def train(self, rate: float, steps: int) -> tuple[float, float]:
        """Validation loss and test accuracy after so many steps from the start."""
        self.above.set_weights(self.start)
        optimizer = self.above.optimizer
        optimizer.build(self.above.trainable_variables)
        for variable in optimizer.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))
        optimizer.learning_rate = rate
        rng, labels = np.random.default_rng(self.seed), self.task.train.labels
        for _ in range(steps):
            rows = rng.choice(len(labels), BATCH, replace=False)
            self.above.train_on_batch(self.inputs["train"][rows], labels[rows])
        return self.score("validation")[0], self.score("test")[1]

    def score(self, split: str) -> tuple[float, float]:
        """Loss and accuracy on a split."""
        labels = getattr(self.task, split).labels
        found = self.above.evaluate(
            self.inputs[split], labels, batch_size=200, verbose=0
        )
        return tuple(round(float(value), 4) for value in found)


def adapted(trial: Trial, name: str) -> int:
    """Leave only some numbers of block 5 to be trained; returns how many, the head included."""
    for layer in trial.above.layers:
        if not layer.name.startswith("block5_conv"):
            continue
        layer.trainable = name != "head"
        if name == "low rank":
            layer.enable_lora(
                RANK
            )  # the kernel stays; a product of two small matrices is added to it
        else:
            layer.kernel.trainable = name == "all of block 5"
    return sum(int(np.prod(v.shape)) for v in trial.above.trainable_variables)


def main() -> None:
    optimizers = {name: empty(rates) for name, (_, rates) in OPTIMIZERS.items()}
    adapters = {name: empty(ADAPTER_RATES) for name in ADAPTERS}
    probes, counts = [], {}
    for seed in SEEDS:
        trial = Trial(seed)
        probes.append(round(trial.probe.score().mean, 4))
        adapted(trial, "all of block 5")  # the probe had frozen everything
        for name, (make, rates) in OPTIMIZERS.items():
            trial.compiled(make(rates[0]))
            for rate in rates:
                note(optimizers[name][str(rate)], trial.train(rate, 100))
            trial.above.set_weights(trial.start)
        for name in ADAPTERS:
            counts[name] = adapted(trial, name)
            trial.compiled(keras.optimizers.Adam(ADAPTER_RATES[0]))
            for rate in ADAPTER_RATES:
                note(adapters[name][str(rate)], trial.train(rate, 200))
            trial.above.set_weights(trial.start)
        result = {
            "optimizers": optimizers,
            "adapters": adapters,
            "trained": counts,
            "probe": probes,
        }
        stored.write(
            "10_tuning", LETTERS, SEEDS[: seed + 1], labels_per_class=LABELS, **result
        )
        for name, line in {**optimizers, **adapters}.items():
            print(
                seed,
                name,
                {rate: found["test"][-1] for rate, found in line.items()},
                flush=True,
            )


def empty(rates: tuple[float, ...]) -> dict[str, dict[str, list[float]]]:
    return {str(rate): {"validation": [], "test": []} for rate in rates}


def note(scores: dict[str, list[float]], found: tuple[float, float]) -> None:
    scores["validation"].append(found[0])
    scores["test"].append(found[1])


if __name__ == "__main__":
    main()
