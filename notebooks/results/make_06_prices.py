"""Makes 06_prices.json: what fine-tuning brings, costs and forgets.

Over depths and step sizes. The network trained on letters, 100 labels per class of the
digits, 100 steps of 32 pictures, the last state kept, so that every run takes as many
steps. "tuned" starts from a linear probe's head, "random" from a random one, and
"shrunk" from the probe's again, with steps that are smaller in lower blocks. After each
training the network also reads letters, with the head that read them before ("letters")
and, at one step size, with a new one ("letters_again").

Run from the repository's root: python notebooks/results/make_06_prices.py
(about five minutes on 2 cores; one process for each of two seeds at a time).
"""

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import stored

import tlkit as tk
from tlkit import training
from tlkit.backbone import above_cut, cut_below
from tlkit.features import predict
from tlkit.machine.quiet import keras

SEEDS = (0, 1, 2)
LABELS = 100
TEST = 1000  # test pictures
STEPS, BATCH = 100, 32
DEPTHS = ("block5", "block4", "block3", "block2", "all")
RATES = (3e-4, 1e-3, 3e-3)
SHRINK = 0.3  # of the step size from block to block
AGAIN = 1e-3  # the step size at which letters are learnt again
STYLES = {  # shifted styles, none of which was trained on, in fonts that were
    "noisy": tk.glyphs.Style(noise=30),
    "faint": tk.glyphs.Style(contrast=25, texture=60),
    "turned": tk.glyphs.Style(turn=70),
    "small": tk.glyphs.Style(scale=(0.4, 0.55)),
}
SCENES = 300  # of each style


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


def share(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy, rounded for the file."""
    return round(float((outputs.argmax(axis=1) == labels).mean()), 4)


class Reader:
    """Reads letters from a network's features.

    With the head that read them before fine-tuning, or with a new one.
    """

    def __init__(self, backbone: tk.Backbone):
        drawn = [
            tk.glyphs.draw(tk.glyphs.LETTERS, n, 9000 + n) for n in (2000, 400, 600)
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

    def same_head(self, run: tk.Run) -> float:
        """Accuracy on letters of the head from before, on the network as it is now."""
        mean, variance, kernel, bias = self.head
        test = self.task.test
        seen = (features(run, test.images) - mean) / np.sqrt(variance)
        return share(seen @ kernel + bias, test.labels)

    def new_head(self, run: tk.Run) -> float:
        """Accuracy on letters of a new head, trained on 1,000 of them."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        train, test = self.task.train.pick(range(1000)), self.task.test
        head = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
        head.fit(features(run, train.images), train.labels)
        return round(float(head.score(features(run, test.images), test.labels)), 4)


def measure(run: tk.Run, styles, reader: Reader, again: bool) -> dict:
    """One run as the notebook needs it."""
    found = {
        "test": round(run.score().mean, 4),
        "validation": [round(value, 4) for value in run.history["val_accuracy"]],
        "styles": {
            name: share(logits(run, scenes.images), scenes.symbol)
            for name, scenes in styles.items()
        },
        "letters": reader.same_head(run),
    }
    if again:
        found["letters_again"] = reader.new_head(run)
    return found


def step_seconds(
    backbone: tk.Backbone, task: tk.Task, head: tk.Head
) -> dict[str, float]:
    """Seconds of this process for one step at each depth; the median of twelve.

    The part below the cut is cached.
    """
    found = {}
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for depth in (None, *DEPTHS):
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


def plan() -> list[tuple[str, str, float]]:
    """Kind of start, depth and step size of every run."""
    runs = [
        ("tuned", depth, rate)
        for rate in RATES
        for depth in DEPTHS
        if depth != "block2" or rate == AGAIN
    ]
    runs += [("random", "all", rate) for rate in RATES[:2]]
    return [*runs, ("shrunk", "all", RATES[-1])]


def of_seed(seed: int) -> dict:
    """All runs of one seed: kind -> depth -> step size -> what was measured."""
    letters, styles = tk.Backbone("letters"), shifted()
    reader = Reader(letters)
    task = tk.load_task("digits", LABELS, seed=seed)
    task = replace(task, test=task.test.pick(range(TEST)))
    probe = tk.linear_probe(letters, task, seed=seed)
    runs: dict[str, dict] = {"tuned": {}, "random": {}, "shrunk": {}}
    for kind, depth, rate in plan():
        run = tk.fine_tune(
            letters,
            task,
            unfreeze=depth,
            seed=seed,
            rate=rate,
            head=None if kind == "random" else probe.head,
            shrink=SHRINK if kind == "shrunk" else 1.0,
            steps=STEPS,
            batch=BATCH,
            min_epochs=1,
            keep_best=False,
        )
        found = measure(run, styles, reader, again=kind == "tuned" and rate == AGAIN)
        runs[kind].setdefault(depth, {})[str(rate)] = found
        print(seed, kind, depth, rate, found, flush=True)
    seconds = step_seconds(letters, task, probe.head) if seed == SEEDS[0] else None
    return {
        "probe": measure(probe, styles, reader, again=True),
        "seconds_of_a_step": seconds,
        **runs,
    }


def together(found: list) -> dict | list:
    """Dicts of one form, one for each seed, as one dict that ends in lists."""
    if not isinstance(found[0], dict) or "test" in found[0]:
        return found
    return {key: together([one[key] for one in found]) for key in found[0]}


def main() -> None:
    found: list[dict] = []
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        for one in pool.map(of_seed, SEEDS):
            found.append(one)
            runs = together([{**seed, "seconds_of_a_step": {}} for seed in found])
            runs["seconds_of_a_step"] = found[0]["seconds_of_a_step"]
            stored.write(
                "06_prices",
                tk.Backbone("letters"),
                SEEDS[: len(found)],
                labels_per_class=LABELS,
                test=TEST,
                steps=STEPS,
                batch=BATCH,
                shrink=SHRINK,
                **runs,
            )


if __name__ == "__main__":
    main()
