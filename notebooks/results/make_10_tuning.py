"""Makes 10_tuning.json: optimizers and adapters, each with its own best step size.

Over five draws of 100 labels per class, on activations cached below block 5.
`optimizers`: block 5 is fine-tuned from a probe's head for 100 steps by four
optimizers. `adapters`: Adam, 200 steps, but only some numbers are trained: the head,
the biases of block 5 too, a low-rank addition to its kernels (LoRA, Hu et al. 2021)
too, or all of it.

One rule chooses the step size of each of the eight. There are seven tries, a factor of
three apart: the first where `START` says, each next one outwards, on the side that the
best one so far lies nearer to. The best is that with the highest validation accuracy
over the five draws; equal ones are told apart by the validation loss. Stored are the
accuracies of all tries, and which test pictures the chosen one gets right.

Run from the repository's root: python notebooks/results/make_10_tuning.py
(about ten minutes on 2 cores).
"""

import base64
from collections.abc import Callable
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
FACTOR, TRIES = 3, 7
LETTERS = tk.Backbone("letters")
OPTIMIZERS = {
    "SGD": keras.optimizers.SGD,
    "momentum": partial(keras.optimizers.SGD, momentum=0.9),
    "Adam": keras.optimizers.Adam,
    "AdamW": partial(keras.optimizers.AdamW, weight_decay=0.1),
}
# In this order: the last one adds parameters to the layers.
ADAPTERS = ("head", "biases", "all of block 5", "low rank")
STEPS = {"optimizers": 100, "adapters": 200}
START = {  # the first step size that is tried
    "SGD": 0.03,
    "momentum": 0.003,
    "Adam": 0.0003,
    "AdamW": 0.0003,
    **dict.fromkeys(ADAPTERS, 0.001),
}


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
        self.above.compile(optimizer, loss)
        self.start = self.above.get_weights()

    def train(self, rate: float, steps: int) -> dict[str, np.ndarray]:
        """Split -> logits (n, 10) after this many steps from the start."""
        self.above.set_weights(self.start)
        optimizer = self.above.optimizer
        optimizer.build(self.above.trainable_variables)
        for variable in optimizer.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))
        optimizer.learning_rate = rate
        rng, labels = np.random.default_rng(self.seed), self.task.train.labels
        batches = [rng.choice(len(labels), BATCH, replace=False) for _ in range(steps)]
        rows = np.concatenate(batches)
        images = self.inputs["train"][rows]
        settings = {"batch_size": BATCH, "shuffle": False, "verbose": 0}
        self.above.fit(images, labels[rows], **settings)
        return {
            split: self.above.predict(self.inputs[split], batch_size=200, verbose=0)
            for split in ("validation", "test")
        }

    def right(self, outputs: dict[str, np.ndarray], split: str) -> np.ndarray:
        """Which pictures of a split are named correctly, bool (n,)."""
        return outputs[split].argmax(axis=1) == self.task.splits()[split].labels

    def validation_loss(self, outputs: dict[str, np.ndarray]) -> float:
        """Cross-entropy of the validation split; infinite where training diverged."""
        from scipy.special import log_softmax

        labels = self.task.validation.labels
        with np.errstate(invalid="ignore"):
            logs = log_softmax(outputs["validation"].astype("float64"), axis=1)
        loss = -logs[np.arange(len(labels)), labels].mean()
        return float(loss) if np.isfinite(loss) else np.inf


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


def next_rate(scores: dict[float, tuple[float, float]]) -> float:
    """The next step size, outwards on the side that the best one lies nearer to."""
    rates = sorted(scores)
    place = rates.index(max(scores, key=scores.__getitem__))
    to_the_right = len(rates) - 1 - place
    rate = rates[0] / FACTOR if place < to_the_right else rates[-1] * FACTOR
    return float(f"{rate:.3g}")


def tuned(name: str, trials: list[Trial], make: Callable, steps: int) -> dict:
    """Try the step sizes of one optimizer or adapter, by the rule at the top.

    Returns:
        What is stored: the chosen step size, the accuracies of all that were tried, and
        what the chosen one gets right in each draw.
    """
    for trial in trials:
        trial.compiled(make(START[name]))
    scores, tried, right = {}, {}, {}
    rate = START[name]
    for _ in range(TRIES):
        outputs = [trial.train(rate, steps) for trial in trials]
        pairs = list(zip(trials, outputs, strict=True))
        line = {
            split: [round(float(t.right(found, split).mean()), 4) for t, found in pairs]
            for split in ("validation", "test")
        }
        loss = float(np.mean([t.validation_loss(found) for t, found in pairs]))
        scores[rate] = (float(np.mean(line["validation"])), -loss)
        tried[f"{rate:g}"] = line
        right[rate] = [packed(t.right(found, "test")) for t, found in pairs]
        print(name, rate, np.round(scores[rate], 4), line["test"], flush=True)
        rate = next_rate(scores)
    for trial in trials:
        trial.above.set_weights(trial.start)
    best = max(scores, key=scores.__getitem__)
    return {"chosen": f"{best:g}", "tried": tried, "right": right[best]}


def packed(right: np.ndarray) -> str:
    """Bool (n,) as text: bits in the order of the test pictures."""
    return base64.b64encode(np.packbits(right)).decode("ascii")


def main() -> None:
    trials = [Trial(seed) for seed in SEEDS]
    found: dict[str, dict] = {"optimizers": {}, "adapters": {}}
    counts = {}
    for trial in trials:
        adapted(trial, "all of block 5")  # the probe had frozen everything
    for name, make in OPTIMIZERS.items():
        found["optimizers"][name] = tuned(name, trials, make, STEPS["optimizers"])
    for name in ADAPTERS:
        for trial in trials:
            counts[name] = adapted(trial, name)
        adam = keras.optimizers.Adam
        found["adapters"][name] = tuned(name, trials, adam, STEPS["adapters"])
    stored.write(
        "10_tuning",
        LETTERS,
        SEEDS,
        labels_per_class=LABELS,
        steps=STEPS,
        rule={"factor": FACTOR, "tries": TRIES},
        test_pictures=len(trials[0].task.test),
        trained=counts,
        probe=[packed(trial.probe.correct()) for trial in trials],
        **found,
    )


if __name__ == "__main__":
    main()
