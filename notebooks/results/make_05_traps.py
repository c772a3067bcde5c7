"""Makes 05_traps.json: what each trap of the article's program costs, one at a time, over five seeds.

Run from the repository's root: python notebooks/results/make_05_traps.py (about ten minutes on 2 cores).
On your own pictures: --task FOLDER --weights FILE prints the same table and stores nothing, unless --out names a file.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import stored

import tlkit as tk
from tlkit.machine.quiet import keras

SEEDS = (0, 1, 2, 3, 4)
MANY, EPOCHS = (
    50_000,
    10,
)  # CIFAR-10's training pictures; the "epochs" of the article's program
TRAPS = {  # what the trap is -> what it costs
    "scaling": "accuracy lost", "random_head": "accuracy lost", "steps": "accuracy lost", "last": "accuracy lost",
    "together": "accuracy lost", "printed": "score too high by", "test_chooses": "score too high by",
    "recomputed": "times slower",
}  # fmt: skip


class Bench:
    """Measures each trap against the better way: same layers, same labels, same test pictures, same seed.

    The methods bear the names of TRAPS, take a seed and give what the trap costs.
    """

    def __init__(self, backbone: tk.Backbone, name: str, labels: int, precision: str):
        self.backbone, self.name, self.labels = backbone, name, labels
        self.precision = {} if precision == "float32" else {"precision": precision}

    def task(self, seed: int, labels: int | None = 0) -> tk.Task:
        """The task with its few labels (None: with all of them), and 2,000 test pictures."""
        task = tk.load_task(
            self.name, self.labels if labels == 0 else labels, seed=seed
        )
        rows = np.random.default_rng(0).permutation(len(task.test))[:2000]
        return replace(task, test=task.test.pick(np.sort(rows)))

    @cached_property
    def many(self) -> tk.Task:
        """As many labels as CIFAR-10 has: all pictures of a folder, or newly drawn scenes."""
        if self.name != "digits":
            return self.task(0, None)
        scenes = tk.glyphs.draw(tk.glyphs.DIGITS, MANY, seed=5)
        every = tk.Split(scenes.images, scenes.symbol)
        train, validation = every.pick(np.arange(500, MANY)), every.pick(np.arange(500))
        return replace(self.task(0), train=train, validation=validation)

    @cache
    def better(self, seed: int) -> tk.Run:
        """The better way: preprocessing inside, frozen layers, a new head, the best epoch on validation."""
        return tk.linear_probe(self.backbone, self.task(seed), seed=seed)

    @cache
    def article(self, seed: int) -> tk.Run:
        return tk.article(self.backbone, self.task(seed), seed=seed, **self.precision)

    def scaling(self, seed: int) -> float:
        """Pixels divided by 255 instead of VGG16's own preprocessing."""
        spoilt = replace(self.backbone, preprocessing="1/255")
        return lost(
            self.better(seed), tk.linear_probe(spoilt, self.task(seed), seed=seed)
        )

    def random_head(self, seed: int) -> float:
        """All layers trained at once from a random head, instead of from the head of the better way."""
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
        """A head gets 10 "epochs" of 100 batches of 32, instead of three passes over all 50,000 pictures."""
        same = {"seed": seed, "batch": 32, "steps": 1}
        short = tk.linear_probe(
            self.backbone, self.many, epoch_steps=100, min_epochs=EPOCHS, **same
        )
        return lost(
            tk.linear_probe(self.backbone, self.many, min_epochs=3, **same), short
        )

    def last(self, seed: int) -> float:
        """No validation split: all labels train, and the last state is kept."""
        task = self.task(seed)
        images = np.concatenate(
            [np.asarray(part.images) for part in (task.train, task.validation)]
        )
        labels = np.concatenate([part.labels for part in (task.train, task.validation)])
        every = replace(task, train=tk.Split(images, labels))
        kept = tk.linear_probe(
            self.backbone, every, seed=seed, keep_best=False, patience=10**6
        )
        return lost(self.better(seed), kept)

    def together(self, seed: int) -> float:
        """The program as published, but for what stops it, against the better way."""
        return lost(self.better(seed), self.article(seed))

    def printed(self, seed: int) -> float:
        """The accuracy that the program prints is that of the pictures it learns from."""
        return (
            self.article(seed).history["accuracy"][-1] - self.article(seed).score().mean
        )

    def test_chooses(self, seed: int) -> float:
        """The test split chooses the best epoch, and that score is reported; the truth comes from other pictures.

        Both halves of the test split play both parts, so that it does not matter which half is the easier one.
        """
        task, rng = self.task(seed), np.random.default_rng(seed)
        halves = [
            task.test.pick(np.sort(half))
            for half in np.array_split(rng.permutation(len(task.test)), 2)
        ]
        excess = []
        for used, fresh in (halves, halves[::-1]):
            run = tk.linear_probe(
                self.backbone, replace(task, validation=used, test=fresh), seed=seed
            )
            excess.append(max(run.history["val_accuracy"]) - run.score().mean)
        return float(np.mean(excess))

    def recomputed(self, seed: int) -> float:
        """Ten epochs over 2,000 pictures: frozen layers run in every epoch, against once."""
        images, labels = (
            np.asarray(self.task(seed).test.images),
            self.task(seed).test.labels,
        )
        shared = self.backbone.build(images.shape[1:])
        shared.trainable = False
        once, again = (
            keras.Sequential([*below, keras.layers.Dense(10)])
            for below in ([], [shared])
        )
        kept = shared.predict(images, batch_size=128, verbose=0)
        for model, inputs in (
            (once, kept),
            (again, images),
        ):  # tracing is not part of the comparison
            model.compile(
                "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            )
            model.fit(inputs[:256], labels[:256], batch_size=128, verbose=0)
        whole = cpu_seconds(lambda: fit(again, images, labels))
        return whole / cpu_seconds(
            lambda: fit(once, shared.predict(images, batch_size=128, verbose=0), labels)
        )


def lost(better: tk.Run, worse: tk.Run) -> float:
    """Accuracy of one run minus that of another, on the same test pictures."""
    return better.score().mean - worse.score().mean


def fit(model, inputs, labels) -> None:
    model.fit(inputs, labels, batch_size=128, epochs=EPOCHS, verbose=0)


def cpu_seconds(work: Callable[[], None]) -> float:
    """Of all cores together: what else the machine does matters little."""
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
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
    chosen = parser.parse_args()
    bench = Bench(
        tk.Backbone(chosen.weights),
        chosen.task,
        chosen.labels_per_class,
        chosen.precision,
    )
    shipped = (chosen.task, chosen.weights) == ("digits", "letters")
    found = known(bench.backbone) if shipped else {}
    for name in chosen.only.split(","):
        values = [round(float(getattr(bench, name)(seed)), 4) for seed in SEEDS]
        found[name] = {"costs": TRAPS[name], "seeds": values}
        print(
            f"{name:13} {TRAPS[name]:18} {tk.evaluate.over_seeds(values)}   {values}",
            flush=True,
        )
        if shipped:
            stored.write(
                "05_traps",
                bench.backbone,
                SEEDS,
                task="digits",
                labels_per_class=bench.labels,
                traps=found,
            )
        elif chosen.out:
            chosen.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def known(backbone: tk.Backbone) -> dict[str, dict]:
    """What has been stored for these weights, so that --only measures some traps again and keeps the others."""
    file = Path(__file__).with_name("05_traps.json")
    entry = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return (
        entry["traps"]
        if entry.get("backbone", {}).get("sha256") == backbone.weights_hash
        else {}
    )


if __name__ == "__main__":
    main()
