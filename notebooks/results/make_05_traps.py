"""Makes 05_traps.json: what each trap of the article's program costs, one at a time.

Over five seeds.

Run from the repository's root: python notebooks/results/make_05_traps.py
(about ten minutes on 2 cores). On your own pictures: --task FOLDER --weights FILE
prints the same table and stores nothing, unless --out names a file.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import stored

import tlkit as tk
from tlkit.machine.quiet import keras

SEEDS = (0, 1, 2, 3, 4)
MANY = 50_000  # CIFAR-10's training pictures
EPOCHS = 10  # the "epochs" of the article's program
TEST = 2_000  # test pictures that are used
TRAPS = {  # what the trap is -> what it costs
    "scaling": "accuracy lost",
    "random_head": "accuracy lost",
    "steps": "accuracy lost",
    "last": "accuracy lost",
    "together": "accuracy lost",
    "printed": "score too high by",
    "test_chooses": "score too high by",
    "recomputed": "times slower",
}


class Bench:
    """Measures each trap against the better way.

    Both see the same layers, labels, test pictures and seed. The methods have the names
    of TRAPS, take a seed and give what the trap costs.
    """

    def __init__(self, backbone: tk.Backbone, name: str, labels: int, precision: str):
        self.backbone = backbone
        self.name = name
        self.labels = labels
        self.precision = {} if precision == "float32" else {"precision": precision}
        self.runs: dict[tuple[str, int], tk.Run] = {}  # (recipe, seed) -> its run

    def task(self, seed: int) -> tk.Task:
        """The task with its few labels, and 2,000 test pictures."""
        return fewer_tests(tk.load_task(self.name, self.labels, seed=seed))

    @cached_property
    def many(self) -> tk.Task:
        """As many labels as CIFAR-10 has: all of a folder, or newly drawn scenes."""
        if self.name != "digits":
            return fewer_tests(tk.load_task(self.name, None, seed=0))
        scenes = tk.glyphs.draw(tk.glyphs.DIGITS, MANY, seed=5)
        every = tk.Split(scenes.images, scenes.symbol)
        train, validation = every.pick(np.arange(500, MANY)), every.pick(np.arange(500))
        return replace(self.task(0), train=train, validation=validation)

    def better(self, seed: int) -> tk.Run:
        """The better way, trained once for each seed.

        Preprocessing inside, frozen layers, a new head, the best epoch by validation.
        """
        key = ("better", seed)
        if key not in self.runs:
            self.runs[key] = tk.linear_probe(self.backbone, self.task(seed), seed=seed)
        return self.runs[key]

    def article(self, seed: int) -> tk.Run:
        """The article's program, trained once for each seed."""
        key = ("article", seed)
        if key not in self.runs:
            self.runs[key] = tk.article(
                self.backbone, self.task(seed), seed=seed, **self.precision
            )
        return self.runs[key]

    def scaling(self, seed: int) -> float:
        """Pixels divided by 255 instead of VGG16's own preprocessing."""
        spoilt = replace(self.backbone, preprocessing="1/255")
        run = tk.linear_probe(spoilt, self.task(seed), seed=seed)
        return lost(self.better(seed), run)

    def random_head(self, seed: int) -> float:
        """All layers trained at once from a random head, not from the better way's."""
        runs = [
            tk.fine_tune(
                self.backbone,
                self.task(seed),
                head=head,
                unfreeze="all",
                seed=seed,
                **self.precision,
            )
            for head in (self.better(seed).head, None)
        ]
        return lost(*runs)

    def steps(self, seed: int) -> float:
        """A head gets 10 "epochs" of 100 batches of 32.

        Instead of three passes over all 50,000 pictures.
        """
        same = {"seed": seed, "batch": 32, "steps": 1}
        short = tk.linear_probe(
            self.backbone, self.many, epoch_steps=100, min_epochs=EPOCHS, **same
        )
        long = tk.linear_probe(self.backbone, self.many, min_epochs=3, **same)
        return lost(long, short)

    def last(self, seed: int) -> float:
        """No validation split: all labels train, and the last state is kept."""
        task = self.task(seed)
        parts = (task.train, task.validation)
        images = np.concatenate([np.asarray(part.images) for part in parts])
        labels = np.concatenate([part.labels for part in parts])
        every = replace(task, train=tk.Split(images, labels))
        kept = tk.linear_probe(
            self.backbone, every, seed=seed, keep_best=False, patience=10**6
        )
        return lost(self.better(seed), kept)

    def together(self, seed: int) -> float:
        """The program as published, but for what stops it, against the better way."""
        return lost(self.better(seed), self.article(seed))

    def printed(self, seed: int) -> float:
        """The accuracy that the program prints: of the pictures that it learns from."""
        run = self.article(seed)
        return run.history["accuracy"][-1] - run.score().mean

    def test_chooses(self, seed: int) -> float:
        """The test split chooses the best epoch, and that score is reported.

        The truth comes from other pictures. Both halves of the test split play both
        parts, so that it does not matter which half is the easier one.
        """
        task = self.task(seed)
        order = np.random.default_rng(seed).permutation(len(task.test))
        halves = [task.test.pick(np.sort(half)) for half in np.array_split(order, 2)]
        excess = []
        for used, fresh in (halves, halves[::-1]):
            chosen = replace(task, validation=used, test=fresh)
            run = tk.linear_probe(self.backbone, chosen, seed=seed)
            excess.append(max(run.history["val_accuracy"]) - run.score().mean)
        return float(np.mean(excess))

    def recomputed(self, seed: int) -> float:
        """Ten epochs over 2,000 pictures: frozen layers in every epoch, or once."""
        test = self.task(seed).test
        images, labels = np.asarray(test.images), test.labels
        shared = self.backbone.build(images.shape[1:])
        shared.trainable = False
        once = keras.Sequential([keras.layers.Dense(10)])
        again = keras.Sequential([shared, keras.layers.Dense(10)])
        kept = shared.predict(images, batch_size=128, verbose=0)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        for model, inputs in ((once, kept), (again, images)):
            model.compile("adam", loss)
            # The first fit traces, which is not part of the comparison.
            model.fit(inputs[:256], labels[:256], batch_size=128, verbose=0)

        def with_features_once():
            features = shared.predict(images, batch_size=128, verbose=0)
            fit(once, features, labels)

        whole = cpu_seconds(lambda: fit(again, images, labels))
        return whole / cpu_seconds(with_features_once)


def fewer_tests(task: tk.Task) -> tk.Task:
    """The same task with 2,000 of its test pictures."""
    rows = np.random.default_rng(0).permutation(len(task.test))[:TEST]
    return replace(task, test=task.test.pick(np.sort(rows)))


def lost(better: tk.Run, worse: tk.Run) -> float:
    """Accuracy of one run minus that of another, on the same test pictures."""
    return better.score().mean - worse.score().mean


def fit(model, inputs, labels) -> None:
    """Ten epochs."""
    model.fit(inputs, labels, batch_size=128, epochs=EPOCHS, verbose=0)


def cpu_seconds(work: Callable[[], None]) -> float:
    """Of all cores together: what else the machine does matters little."""
    started = time.process_time()
    work()
    return time.process_time() - started


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--task", default="digits", help="a folder of class folders (default: digits)"
    )
    parser.add_argument(
        "--weights",
        default="letters",
        help="a file with VGG16's layers (default: letters)",
    )
    parser.add_argument(
        "--labels-per-class",
        type=int,
        default=20,
        help="validation included (default: 20)",
    )
    parser.add_argument(
        "--precision",
        default="float32",
        help='"bfloat16" halves the time on some processors',
    )
    parser.add_argument(
        "--only",
        default=",".join(TRAPS),
        help="traps to measure, separated by commas (default: all)",
    )
    parser.add_argument(
        "--out", type=Path, help="where to store the numbers of another task"
    )
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    backbone = tk.Backbone(asked.weights)
    bench = Bench(backbone, asked.task, asked.labels_per_class, asked.precision)
    shipped = (asked.task, asked.weights) == ("digits", "letters")
    found = known(backbone) if shipped else {}
    for name in asked.only.split(","):
        measure = getattr(bench, name)
        values = [round(float(measure(seed)), 4) for seed in SEEDS]
        found[name] = {"costs": TRAPS[name], "seeds": values}
        mean = tk.evaluate.over_seeds(values)
        print(f"{name:13} {TRAPS[name]:18} {mean}   {values}", flush=True)
        if shipped:
            stored.write(
                "05_traps",
                backbone,
                SEEDS,
                task="digits",
                labels_per_class=bench.labels,
                traps=found,
            )
        elif asked.out:
            asked.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def known(backbone: tk.Backbone) -> dict[str, dict]:
    """What is stored for these weights: --only measures some traps and keeps others."""
    file = Path(__file__).with_name("05_traps.json")
    if not file.is_file():
        return {}
    entry = json.loads(file.read_text("utf-8"))
    same = entry.get("backbone", {}).get("sha256") == backbone.weights_hash
    return entry["traps"] if same else {}


if __name__ == "__main__":
    main()
