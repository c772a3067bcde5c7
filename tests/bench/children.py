"""What the benchmark measures in fresh processes: python children.py NAME < settings

Each prints one line of JSON at its end. None imports Keras before it has to, because
the time until then is measured too.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil

import tlkit as tk
from tlkit.machine import bar
from tlkit.machine.watch import Watch

FEW = 20  # images where they are not what is measured
PASSED = 8  # batches that pass a network where only memory is measured


def child(name: str, **settings) -> dict:
    """What a fresh process measures, in the environment as it is.

    Raises:
        RuntimeError: it failed, with what it said.
    """
    done = subprocess.run(
        [sys.executable, __file__, name],
        input=json.dumps(settings),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def write_pictures(folder: Path, images: int, shape: tuple[int, int, int]) -> Path:
    """A file of random pictures, uint8 (images, height, width, 3)."""
    path = folder / f"{images}.npy"
    store = np.lib.format.open_memmap(path, "w+", "uint8", (images, *shape))
    rng = np.random.default_rng(0)
    for start in range(0, images, 1000):
        rows = min(1000, images - start)
        store[start : start + rows] = rng.integers(0, 256, (rows, *shape), "uint8")
    store.flush()
    return path


def invented(pictures: np.ndarray, classes: int, test: int = FEW) -> tk.Task:
    """A task of given pictures with labels in turn, for what depends on numbers only.

    Args:
        pictures: uint8 (n, height, width, 3); the last are for validation and test.
        classes: how many.
        test: pictures of the test split.
    """
    n = len(pictures)
    labels = np.arange(n) % classes
    parts = np.split(np.arange(n), [n - test - FEW, n - test])
    names = tuple(f"class {i}" for i in range(classes))
    whole = tk.Split(pictures, labels)
    train, validation, last = (whole.pick(rows) for rows in parts)
    return tk.Task(
        "invented", "which class is it?", names, train, validation, last, False, None, 0
    )


def shorten_passes() -> None:
    """From now on only the first batches pass a network; then its outputs repeat.

    Memory stays what it is, but 50,000 pictures take seconds.
    """
    from tlkit.machine.quiet import keras

    predict = keras.Model.predict_on_batch
    passed: dict[int, int] = {}
    last: dict[tuple, np.ndarray] = {}

    def shortened(self, x):
        count = passed[id(self)] = passed.get(id(self), 0) + 1
        key = (id(self), np.shape(x))
        if count <= PASSED or key not in last:
            last[key] = predict(self, x)
        return last[key]

    keras.Model.predict_on_batch = shortened


class Peak:
    """Largest anonymous memory of this process in MB, looked at every 20 ms.

    None where there is no /proc.
    """

    status = Path("/proc/self/status")

    def __enter__(self):
        self.mb = 0.0 if self.status.exists() else None
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()
        return self

    def watch(self):
        while self.mb is not None:
            text = self.status.read_text("utf-8")
            kilobytes = int(re.search(r"RssAnon:\s+(\d+)", text)[1])
            self.mb = max(self.mb, kilobytes * 1024 / 1e6)
            if self.done.wait(0.02):
                return

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


def probe(given: dict) -> dict:
    """A linear probe on invented pictures.

    Returns:
        "passes": batches of images that went through a network; "first_epoch": seconds
        to the end of the first epoch; "own_mb": peak of anonymous memory.
    """
    import recipes

    from tlkit.machine.quiet import keras

    if given["shorten"]:
        shorten_passes()
    pictures = np.load(given["pictures"], mmap_mode="r")
    task = invented(pictures, given["classes"])
    passes, predict = 0, keras.Model.predict_on_batch

    def counted(self, x):
        nonlocal passes
        passes += tuple(self.input_shape[1:]) == task.image_shape
        return predict(self, x)

    keras.Model.predict_on_batch = counted
    backbone = tk.Backbone(given["weights"])
    with recipes.clocked() as clock, Peak() as peak:
        tk.linear_probe(backbone, task, precision=given["precision"])
    first = clock.stages[0]["epochs"][0]["seconds"]
    return {"passes": passes, "first_epoch": first, "own_mb": peak.mb}


def memory(given: dict) -> dict:
    """Largest resident memory of some recipes in one process, in MB.

    Training is cut short. Every run is kept with its model, as ``python -m tlkit run``
    keeps them.
    """
    with Watch() as watch:
        from tlkit.recipes import RECIPES

        shorten_passes()
        pictures = np.load(given["pictures"], mmap_mode="r")
        task = invented(pictures, given["classes"], given["test"])
        backbone = tk.Backbone(given["weights"], width=given["width"])
        steps = given["steps"]
        kept = []
        for name in given["recipes"]:
            run = RECIPES[name].train(
                backbone,
                task,
                seed=0,
                precision=given["precision"],
                steps=steps,
                epoch_steps=steps,
                min_epochs=1,
            )
            kept.append(run)
    return {"mb": watch.peak_mb, "images": len(task.train), "runs": len(kept)}


class Marks:
    """Seconds from the start of this process to what is marked first."""

    def __init__(self):
        self.started = psutil.Process().create_time()
        self.seconds: dict[str, float] = {}

    def mark(self, name: str) -> None:
        """Note the time, unless it was noted before."""
        self.seconds.setdefault(name, time.time() - self.started)


class Marked:
    """A stream, or a bar, that marks when it is first written to, or moved."""

    def __init__(self, wrapped, marks: Marks, method: str, name: str):
        self.wrapped, self.marks, self.method, self.name = wrapped, marks, method, name

    def __getattr__(self, attribute):
        if attribute == self.method:
            self.marks.mark(self.name)
        return getattr(self.wrapped, attribute)

    def __enter__(self):
        self.wrapped.__enter__()
        return self

    def __exit__(self, *failure):
        return self.wrapped.__exit__(*failure)


def main_job(given: dict) -> dict:
    """``python -m tlkit run …``: seconds to its first line, first step and end."""
    from tlkit.commands.cli import main

    marks, real_bar, output = Marks(), bar.bar, sys.stdout

    def watched(*arguments, **named):
        return Marked(real_bar(*arguments, **named), marks, "update", "first_step")

    bar.bar = watched  # training.py moves a bar by each step
    sys.stdout = Marked(output, marks, "write", "first_line")
    try:
        status = main(["run", *given["words"]])
    finally:
        sys.stdout = output
    marks.mark("total")
    if status:
        raise SystemExit(status)
    return marks.seconds


CHILDREN = {"probe": probe, "memory": memory, "main_job": main_job}

if __name__ == "__main__":
    os.environ["TQDM_DISABLE"] = "1"
    print(json.dumps(CHILDREN[sys.argv[1]](json.load(sys.stdin))))
