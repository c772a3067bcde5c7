"""Makes 06_prices.json: what fine-tuning brings, costs and forgets.

The network trained on letters, 100 labels per class of the digits, five draws of them,
100 steps of 32 pictures, the last state kept, so that every run takes as many steps.
What is compared, each an arm:

- "probe": the head alone;
- "tuned": from a probe's head, as in `tk.lp_ft`, at three depths;
- "random": from a random head, all blocks, with 25 steps more, because the probe's head
  was work, too;
- "shrunk": from a probe's head, all blocks, with smaller steps in lower blocks.

Every arm gets the same care: three step sizes, and one more outwards, up to five, as
long as the best one lies at the edge. Validation pictures choose, over all draws. The
head from which fine-tuning starts is that of `tk.linear_probe` as it is in the kit.
After each training the network also reads digits in shifted styles, and letters, with
the head that read them before ("letters") and, if it was tuned, with a new one
("letters_again"). "right" holds which pictures were read rightly, as the notebook's
`unpacked` takes it.

Run from the repository's root: python notebooks/results/make_06_prices.py
(about a quarter of an hour on 2 cores; two processes).
"""

import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import stored

import tlkit as tk
from tlkit import training
from tlkit.backbone import above_cut, cut_below
from tlkit.features import predict
from tlkit.machine.quiet import keras

SEEDS = (0, 1, 2, 3, 4)
LABELS = 100
TEST = 1000  # test pictures, the same ones for every draw
STEPS, BATCH = 100, 32
MORE = 25  # steps of the random head, for the work of the probe: one more pass
SHRINK = 0.3  # of the step size from block to block
LADDER = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
FIRST, MOST = LADDER[2:5], 5  # step sizes that are tried at first, and at most
STYLES = {  # shifted styles, none of which was trained on, in fonts that were
    "noisy": tk.glyphs.Style(noise=30),
    "faint": tk.glyphs.Style(contrast=25, texture=60),
    "turned": tk.glyphs.Style(turn=70),
    "small": tk.glyphs.Style(scale=(0.4, 0.55)),
}
SCENES = 300  # of each style
LETTERS = 600  # test pictures of letters


class Arm(NamedTuple):
    """What is compared: where the head starts and which blocks are trained."""

    kind: str  # "tuned", "random" or "shrunk"
    depth: str

    def settings(self) -> dict:
        """What `tk.fine_tune` gets, beside head and step size."""
        return {
            "unfreeze": self.depth,
            "steps": STEPS + (MORE if self.kind == "random" else 0),
            "shrink": SHRINK if self.kind == "shrunk" else 1.0,
            "batch": BATCH,
            "min_epochs": 1,
            "keep_best": False,
        }


ARMS = (
    Arm("tuned", "block5"),
    Arm("tuned", "block4"),
    Arm("tuned", "all"),
    Arm("random", "all"),
    Arm("shrunk", "all"),
)


def task_of(seed: int) -> tk.Task:
    """One draw of the labels, scored on the first test pictures."""
    task = tk.load_task("digits", LABELS, seed=seed)
    return replace(task, test=task.test.pick(range(TEST)))


def shifted() -> dict[str, tk.glyphs.Scenes]:
    """Test scenes in each shifted style."""
    return {
        name: tk.glyphs.draw(tk.glyphs.DIGITS, SCENES, 9100 + i, style=style)
        for i, (name, style) in enumerate(STYLES.items())
    }


def logits(run: tk.Run, images) -> np.ndarray:
    """The trained model's outputs; the frozen part comes from the cache."""
    cut = run.settings["cut"]
    above = above_cut(run.model, cut)
    model = keras.Model(above.input, above.output)
    return predict(model, tk.activations(run.backbone, images, cut))


def features(run: tk.Run, images) -> np.ndarray:
    """The trained model's features; the frozen part comes from the cache."""
    cut = run.settings["cut"]
    below = tk.activations(run.backbone, images, cut)
    if cut == "features":
        return np.asarray(below)
    return predict(between(run.model, cut, "features"), below)


def between(model: keras.Model, cut: str, last: str) -> keras.Model:
    """The layers above a cut, up to the one called `last`, as a model of their own."""
    names = [layer.name for layer in model.layers]
    start = names.index(tk.backbone.layer_at(cut))
    inputs = x = keras.Input(model.layers[start].output.shape[1:])
    for layer in model.layers[start + 1 : names.index(last) + 1]:
        x = layer(x)
    return keras.Model(inputs, x)


class Reader:
    """Reads letters from a network's features.

    With the head that read them before fine-tuning, or with a new one.
    """

    def __init__(self, backbone: tk.Backbone):
        drawn = [
            tk.glyphs.draw(tk.glyphs.LETTERS, n, 9000 + n) for n in (2000, 400, LETTERS)
        ]
        splits = [tk.Split(scenes.images, scenes.symbol) for scenes in drawn]
        self.task = tk.Task(
            "letters",
            "which letter is it?",
            tuple(tk.glyphs.LETTERS),
            *splits,
            mirror=False,
            labels_per_class=None,
            seed=0,
        )
        self.head = tk.linear_probe(backbone, self.task).head

    def same_head(self, seen: np.ndarray) -> np.ndarray:
        """What the head from before reads rightly on features (n, f): bool (n,)."""
        mean, variance, kernel, bias = self.head
        read = (seen - mean) / np.sqrt(variance) @ kernel + bias
        return read.argmax(axis=1) == self.task.test.labels

    def new_head(self, run: tk.Run, seen: np.ndarray) -> np.ndarray:
        """The same for a new head, trained on 1,000 letters."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        train = self.task.train.pick(range(1000))
        head = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
        head.fit(features(run, train.images), train.labels)
        return head.predict(seen) == self.task.test.labels


def measure(run: tk.Run, styles, reader: Reader, again: bool) -> dict:
    """One run as the notebook needs it."""
    letters = features(run, reader.task.test.images)
    right = {
        "test": run.correct(),
        "shifted": np.concatenate(
            [
                logits(run, scenes.images).argmax(axis=1) == scenes.symbol
                for scenes in styles.values()
            ]
        ),
        "letters": reader.same_head(letters),
    }
    if again:
        right["letters_again"] = reader.new_head(run, letters)
    return {
        **{what: round(float(answers.mean()), 4) for what, answers in right.items()},
        "validation": [round(value, 4) for value in run.history["val_accuracy"]],
        "validation_loss": round(run.history["val_loss"][-1], 4),
        "right": {
            what: np.packbits(answers).tobytes().hex()
            for what, answers in right.items()
        },
    }


def step_seconds(
    backbone: tk.Backbone, task: tk.Task, head: tk.Head
) -> dict[str, float]:
    """Seconds of this process for one step at each depth; the median of twelve.

    The part below the cut is cached.
    """
    found = {}
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for depth in (None, "block5", "block4", "block3", "block2", "all"):
        cut = cut_below(depth)
        model = training.with_head(backbone.build(), head, task)
        above = above_cut(model, cut)
        above.compile(keras.optimizers.Adam(1e-4), loss)
        inputs = tk.activations(backbone, task.train.images, cut)[:BATCH]
        labels = task.train.labels[:BATCH]
        taken = []
        for _ in range(15):
            started = time.process_time()
            above.train_on_batch(inputs, labels)
            taken.append(time.process_time() - started)
        found[depth or "head"] = round(float(np.median(taken[3:])), 5)
    return found


def of_seed(job: tuple[int, float, list[tuple[Arm, float]]]) -> dict:
    """What was measured with one draw of the labels.

    Args:
        job: the seed, the step size of the probe, and which arm takes which step size.
    """
    seed, probe_rate, plan = job
    letters, styles = tk.Backbone("letters"), shifted()
    reader, task = Reader(letters), task_of(seed)
    alone = tk.linear_probe(letters, task, seed=seed, rate=probe_rate)
    found: dict = {"probe": measure(alone, styles, reader, again=True)}
    probe = tk.linear_probe(letters, task, seed=seed)  # where fine-tuning starts
    for arm, rate in plan:
        head = None if arm.kind == "random" else probe.head
        run = tk.fine_tune(
            letters, task, seed=seed, rate=rate, head=head, **arm.settings()
        )
        found[arm, rate] = measure(run, styles, reader, again=arm.kind == "tuned")
        print(seed, *arm, rate, found[arm, rate]["test"], flush=True)
    return found


def next_rates(arm: Arm, runs: dict[tuple[Arm, float], list[dict]]) -> Iterable[float]:
    """The step sizes that an arm has to try now; none if its best one is found."""
    tried = sorted(rate for known, rate in runs if known == arm)
    if not tried:
        return FIRST

    def on_validation(rate: float) -> tuple[float, float]:
        of_draws = runs[arm, rate]
        accuracy = np.mean([run["validation"][-1] for run in of_draws])
        loss = np.mean([run["validation_loss"] for run in of_draws])
        return float(accuracy), -float(loss)

    best = LADDER.index(max(tried, key=on_validation))
    outwards = {LADDER.index(tried[0]): best - 1, LADDER.index(tried[-1]): best + 1}
    if best not in outwards or len(tried) == MOST:
        return ()
    return (LADDER[outwards[best]],)


def main() -> None:
    letters = tk.Backbone("letters")
    tasks = [task_of(seed) for seed in SEEDS]
    probe = tk.tune(tk.linear_probe, letters, tasks)
    print(probe.in_words(), flush=True)
    runs: dict[tuple[Arm, float], list[dict]] = {}
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        while plan := [(arm, rate) for arm in ARMS for rate in next_rates(arm, runs)]:
            # two jobs a draw, so that both processes have as much to do
            halves = (plan[::2], plan[1::2])
            jobs = [(seed, probe.rate, half) for seed in SEEDS for half in halves]
            parts = list(pool.map(of_seed, jobs))
            found = [a | b for a, b in zip(parts[::2], parts[1::2], strict=True)]
            runs |= {key: [of_draw[key] for of_draw in found] for key in plan}
    kinds: dict[str, dict] = {"tuned": {}, "random": {}, "shrunk": {}}
    for (kind, depth), rate in sorted(runs, key=lambda key: key[1]):
        by_rate = kinds[kind].setdefault(depth, {})
        by_rate[f"{rate:g}"] = runs[Arm(kind, depth), rate]
    stored.write(
        "06_prices",
        letters,
        SEEDS,
        labels_per_class=LABELS,
        test=TEST,
        shifted={name: SCENES for name in STYLES},
        letters=LETTERS,
        steps=STEPS,
        batch=BATCH,
        more_steps=MORE,
        shrink=SHRINK,
        probe_rate=probe.rate,
        probe_tried={f"{rate:g}": found for rate, found in probe.tried.items()},
        probe=[of_draw["probe"] for of_draw in found],
        seconds_of_a_step=step_seconds(letters, tasks[0], probe.runs[0].head),
        **kinds,
    )


if __name__ == "__main__":
    main()
