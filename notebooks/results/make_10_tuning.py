"""Makes 10_tuning.json: optimizers and adapters, each at several step sizes.

Over five draws of 100 labels per class, on activations cached below block 5.
`optimizers`: block 5 is fine-tuned from a probe's head for 100 steps by four
optimizers, each at four step sizes. `adapters`: Adam, 200 steps, but only some numbers
are trained: the head, the biases of block 5 too, a low-rank addition to its kernels
(LoRA, Hu et al. 2021) too, or all of it; each at two step sizes. Validation loss, and
test accuracy.

Run from the repository's root: python notebooks/results/make_10_tuning.py
(about eight minutes on 2 cores).
"""

from functools import partial

import numpy as np
import stored

import tlkit as tk
from tlkit.machine.quiet import keras

LABELS = 100
SEEDS = (0, 1, 2, 3, 4)
CUT = "block4"
BATCH = 32
RANK = 4  # of the low-rank addition
LETTERS = tk.Backbone("letters")
OPTIMIZERS = {
    "SGD": keras.optimizers.SGD,
    "momentum": partial(keras.optimizers.SGD, momentum=0.9),
    "Adam": keras.optimizers.Adam,
    "AdamW": partial(keras.optimizers.AdamW, weight_decay=0.1),
}
RATES = {
    "SGD": (0.003, 0.01, 0.03, 0.1),
    "momentum": (0.0003, 0.001, 0.003, 0.01),
    "Adam": (0.0001, 0.0003, 0.001, 0.01),
    "AdamW": (0.0001, 0.0003, 0.001, 0.01),
}
# In this order: the last one adds parameters to the layers.
ADAPTERS = ("head", "biases", "all of block 5", "low rank")
ADAPTER_RATES = (0.0003, 0.003)

Scores = dict[str, dict[str, list[float]]]  # step size -> what is scored -> by seed


class Trial:
    """A probe on one draw of the labels.

    What is above the cut can be trained from there again and again.
    """

    def __init__(self, seed: int):
        self.seed = seed
        self.task = tk.load_task("digits", LABELS, seed=seed)
        self.probe = tk.linear_probe(LETTERS, self.task, seed=seed)
        self.above = tk.backbone.above_cut(self.probe.model, CUT)
        self.inputs = {
            name: np.asarray(tk.activations(LETTERS, split.images, CUT))
            for name, split in self.task.splits().items()
        }

    def compiled(self, optimizer) -> None:
        """Every training starts from the probe.

        One trace serves all step sizes: `train` sets the rate.
        """
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.above.compile(optimizer, loss, metrics=["accuracy"])
        self.start = self.above.get_weights()

    def train(self, rate: float, steps: int) -> tuple[float, float]:
        """Validation loss and test accuracy after this many steps from the start."""
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
        loss, _ = self.score("validation")
        _, accuracy = self.score("test")
        return loss, accuracy

    def score(self, split: str) -> tuple[float, float]:
        """Loss and accuracy on a split."""
        labels = self.task.splits()[split].labels
        loss, accuracy = self.above.evaluate(
            self.inputs[split], labels, batch_size=200, verbose=0
        )
        return round(float(loss), 4), round(float(accuracy), 4)


def adapted(trial: Trial, name: str) -> int:
    """Leave only some numbers of block 5 to be trained.

    Returns:
        How many are trained, the head included.
    """
    for layer in trial.above.layers:
        if not layer.name.startswith("block5_conv"):
            continue
        layer.trainable = name != "head"
        if name == "low rank":
            # The kernel stays; a product of two small matrices is added to it.
            layer.enable_lora(RANK)
        else:
            layer.kernel.trainable = name == "all of block 5"
    return sum(int(np.prod(v.shape)) for v in trial.above.trainable_variables)


def empty(rates: tuple[float, ...]) -> Scores:
    """No scores yet."""
    return {str(rate): {"validation": [], "test": []} for rate in rates}


def note(scores: Scores, rate: float, found: tuple[float, float]) -> None:
    """Append the scores of one training."""
    loss, accuracy = found
    scores[str(rate)]["validation"].append(loss)
    scores[str(rate)]["test"].append(accuracy)


def main() -> None:
    optimizers = {name: empty(RATES[name]) for name in OPTIMIZERS}
    adapters = {name: empty(ADAPTER_RATES) for name in ADAPTERS}
    probes, counts = [], {}
    for seed in SEEDS:
        trial = Trial(seed)
        probes.append(round(trial.probe.score().mean, 4))
        adapted(trial, "all of block 5")  # the probe had frozen everything
        for name, make in OPTIMIZERS.items():
            trial.compiled(make(RATES[name][0]))
            for rate in RATES[name]:
                note(optimizers[name], rate, trial.train(rate, 100))
            trial.above.set_weights(trial.start)
        for name in ADAPTERS:
            counts[name] = adapted(trial, name)
            trial.compiled(keras.optimizers.Adam(ADAPTER_RATES[0]))
            for rate in ADAPTER_RATES:
                note(adapters[name], rate, trial.train(rate, 200))
            trial.above.set_weights(trial.start)
        stored.write(
            "10_tuning",
            LETTERS,
            SEEDS[: seed + 1],
            labels_per_class=LABELS,
            optimizers=optimizers,
            adapters=adapters,
            trained=counts,
            probe=probes,
        )
        for name, scores in {**optimizers, **adapters}.items():
            tests = {rate: found["test"][-1] for rate, found in scores.items()}
            print(seed, name, tests, flush=True)


if __name__ == "__main__":
    main()
