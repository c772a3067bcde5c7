"""The project's own targets, each measured as a ratio within one run and printed as met or missed.

Some are measured in fresh processes: `python targets.py CHILD`, with its settings on stdin, is what those run.
"""

import gc
import json
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from functools import partial
from io import StringIO
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np
import peers
import recipes
import tally
import tensorflow as tf

import tlkit as tk
from tlkit.backbone import BLOCKS, above_cut, cut_below
from tlkit.machine import fast
from tlkit.machine.quiet import keras

SIZES = {  # images, repeats or epochs of each target: as published, and to see that everything runs
    False: {"probe": 10_000, "repeats": 3, "block5": 2000, "all": 640, "second": 2000, "imports": 5,
            "memory": (6_000, 60_000), "growth": (6000, 12_000, 24_000, 48_000), "steps": 50},
    True: {"probe": 100, "repeats": 1, "block5": 100, "all": 64, "second": 100, "imports": 1,
           "memory": (100, 200), "growth": (100, 200), "steps": 2},
}  # fmt: skip
ENDS = (
    8,
    10,
    13,
    16,
    20,
    25,
    32,
    40,
    50,
)  # steps of the trainings whose ends are timed
FEW = 20  # validation images where validation is not what is measured


def target(name: str, wanted: str, measured: str, met: bool | None, **numbers) -> dict:
    """One row: `met` is None where it cannot be measured here, and `measured` then says why."""
    said = {True: "met", False: "missed", None: "not measured"}[met]
    print(
        f"{said:13}{name}: {measured} (wanted: {wanted})", file=sys.stderr, flush=True
    )
    return {"name": name, "wanted": wanted, "measured": measured, "met": met, **numbers}


def with_spread(found: dict) -> str:
    """ "1.21 (1.19 to 1.25)"."""
    return f"{found['median']:.2f} ({found['low']:.2f} to {found['high']:.2f})"


def invented(
    images: int, classes: int, shape: tuple, folder: Path | None = None
) -> tk.Task:
    """Random images and labels, for what depends on their number only; with a folder, memory-mapped from there."""
    rng, count = np.random.default_rng(0), images + 2 * FEW
    pictures = (
        np.lib.format.open_memmap(
            folder / f"{images}.npy", "w+", "uint8", (count, *shape)
        )
        if folder
        else None
    )
    pictures = np.empty((count, *shape), "uint8") if pictures is None else pictures
    for start in range(0, count, 1000):
        pictures[start : start + 1000] = rng.integers(
            0, 256, (min(1000, count - start), *shape), "uint8"
        )
    labels = np.arange(count) % classes
    if folder:
        pictures.flush()
        pictures = np.load(folder / f"{images}.npy", mmap_mode="r")
    whole, names = (
        tk.Split(pictures, labels),
        tuple(f"class {i}" for i in range(classes)),
    )
    rows = np.split(np.arange(count), [images, images + FEW])
    return tk.Task(
        "invented",
        "which class is it?",
        names,
        *(whole.pick(r) for r in rows),
        False,
        None,
        0,
    )


def plain_pass(model, images, rows: int = 256) -> float:
    """Seconds for one forward pass of a model that has been traced."""
    batch = np.zeros((rows, *images.shape[1:]), "float32")
    model.predict_on_batch(batch)
    started = time.perf_counter()
    for start in range(0, len(images), rows):
        model.predict_on_batch(
            np.resize(images[start : start + rows], batch.shape).astype("float32")
        )
    return time.perf_counter() - started


def probe_is_one_pass(setting: recipes.Setting, repeats: int) -> dict:
    """The linear probe in all, against one pass over the same images."""
    task, before, first = setting.task, [], []
    model, found, passes, totals = (
        setting.backbone.build(task.image_shape, setting.precision),
        {},
        {},
        {},
    )
    images = np.concatenate(
        [np.asarray(s.images[:]) for s in (task.train, task.validation)]
    )
    for i in range(repeats):
        passes[i] = plain_pass(model, images)
        gc.collect()  # now, for the recipe's own would count before the first epoch but not in its total
        with peers.empty_cache():
            report = recipes.probe(setting)
        totals[i] = report["total"]
        before.append(report["stages"][0]["start"])
        first.append(tally.lengths(report["stages"][0])[0])
    found = tally.ratios(totals, passes)
    measured = f"{with_spread(found)}; pass {median(passes.values()):.1f} s, probe {median(totals.values()):.1f} s"
    measured += f", of which {median(before):.1f} s before the first epoch and {median(first):.1f} s for it"
    wanted = "at most 1.15"
    return target(f"linear probe of {len(images):,} images / one forward pass over them", wanted, measured,
                  found["median"] <= 1.15, ratio=found, probe_seconds=median(totals.values()))  # fmt: skip


def probe_against_peers(
    setting, python, probe_seconds: float, rows: dict
) -> list[dict]:
    """Time against the peers' 20 epochs over a frozen base (extrapolated from two), accuracy from the comparison."""
    short = replace(setting, head_epochs=2)
    reports = {"keras_guide:head": recipes.keras_guide(short, thaw=False)}
    if python:
        reports["torch_fixed"] = peers.in_torch(python, "torch_fixed", short)
    found = []
    for name, report in reports.items():
        seconds = tally.published_seconds([{**report["stages"][0], "published": 20}])
        ratio = seconds / probe_seconds
        measured, met = (
            f"{ratio:.1f} times ({seconds:.0f} s, extrapolated from two epochs)",
            ratio >= 10,
        )
        if name in rows and "probe" in rows:
            gain = (
                rows["probe"]["accuracy"]["median"] - rows[name]["accuracy"]["median"]
            )
            measured += f"; accuracy {100 * gain:+.1f} points in the comparison"
            met = met and gain >= -0.005
        wanted = "at least 10 times less, accuracy not lower by more than 0.5 points"
        found.append(
            target(
                f"time of the linear probe against 20 epochs of {name}",
                wanted,
                measured,
                met,
                ratio=ratio,
            )
        )
    return found


def allowed_by_arithmetic(epochs: int, size: int = 32) -> float:
    """How much less work cached blocks 1 to 4 allow over so many epochs of block 5 (a step is three passes)."""
    work, below, side = {}, 3, size
    for block, (depth, filters) in BLOCKS.items():
        work[block] = side**2 * (below * filters + (depth - 1) * filters**2)
        below, side = filters, side // 2
    top = work["block5"]
    low = sum(work.values()) - top
    return epochs * (low + 3 * top) / (low + epochs * 3 * top)


@contextmanager
def no_room():
    """No activations fit into the cache, so that the frozen layers run in every epoch, by the same code."""
    os.environ["TLKIT_CACHE_GB"] = "0"
    try:
        yield
    finally:
        del os.environ["TLKIT_CACHE_GB"]


def cached_cut(setting: recipes.Setting, epochs: int, repeats: int) -> dict:
    """Fine-tuning block 5 for so many epochs: on cached activations, and with the whole network in every epoch."""
    backbone, task = setting.backbone, setting.task
    shared = backbone.build(task.image_shape, setting.precision)
    plan = {"unfreeze": "block5", "seed": 0, "precision": setting.precision, "min_epochs": epochs, "steps": epochs,
            "patience": 99, "mirror": False}  # fmt: skip
    with peers.empty_cache():
        settings = replace(tk.transfer.TUNE, precision=setting.precision)
        plan["head"] = tk.transfer.new_head(
            backbone, shared, task, settings, 0, True, False
        )
    cached, whole, steady = {}, {}, {"cached": [], "whole": []}
    for i in range(
        repeats
    ):  # in turn, for the machine may be slower in some minutes than in others
        with peers.empty_cache(), recipes.clocked() as clock:
            cached[i] = tk.fine_tune(backbone, task, **plan).seconds
        steady["cached"].append(tally.steady(clock.stages[0]))
        with (
            peers.empty_cache(),
            no_room(),
            redirect_stdout(StringIO()),
            recipes.clocked() as clock,
        ):
            whole[i] = tk.fine_tune(backbone, task, **plan).seconds
        steady["whole"].append(tally.steady(clock.stages[0]))
    bound, found = (
        allowed_by_arithmetic(epochs, setting.backbone.size),
        tally.ratios(whole, cached),
    )
    measured = f"{with_spread(found)}; {median(whole.values()):.1f} s / {median(cached.values()):.1f} s"
    measured += f"; a steady epoch {median(steady['whole']):.2f} / {median(steady['cached']):.2f} s"
    wanted = f"at least {0.7 * bound:.2f}, 70 % of the {bound:.2f} that the arithmetic allows"
    name = f"block 5, {epochs} epochs of {len(task.train):,} images: whole network / cached cut"
    return target(
        name, wanted, measured, found["median"] >= 0.7 * bound, ratio=found, bound=bound
    )


def parts_of_a_step(
    setting: recipes.Setting, batch: int = 32, repeats: int = 11
) -> list[dict]:
    """Where the milliseconds of a training step go, above block 4 and in the whole network.

    The parts: the pass forward alone; forward and backward, with the gradients of the kernels and without (down to the
    input only), and by Keras's own convolutions; Adam with its clipping, as Keras does it and in one operation; and one
    whole step with the latter, also compiled by XLA (`jit_compile`).
    """

    def with_head():
        shared = setting.backbone.build(setting.task.image_shape, setting.precision)
        return keras.Model(
            shared.input, keras.layers.Dense(10, dtype="float32")(shared.output)
        )

    model = with_head()
    with patch.object(fast, "convolution", lambda layer, inputs: layer(inputs)):
        plain = with_head()
    loss, found = keras.losses.SparseCategoricalCrossentropy(from_logits=True), []

    def milliseconds(call) -> float:
        call()  # traces
        taken = []
        for _ in range(repeats):
            started = time.perf_counter()
            call()
            taken.append(1000 * (time.perf_counter() - started))
        return round(median(taken), 1)

    for lowest in ("block5", "all"):
        above = above_cut(model, cut_below(lowest))
        x = tf.constant(
            np.random.default_rng(0).random((batch, *above.input.shape[1:]), "float32")
        )
        y = tf.zeros(batch, "int64")

        def backward(kernels, above=above, x=x, y=y):
            with tf.GradientTape() as tape:
                tape.watch(x)
                error = loss(y, above(x, training=True))
            return tape.gradient(error, above.trainable_variables if kernels else [x])

        both, down = (
            tf.function(partial(backward, True)),
            tf.function(partial(backward, False)),
        )
        by_keras = tf.function(
            partial(backward, True, above=above_cut(plain, cut_below(lowest)))
        )
        gradients, variables = both(), above.trainable_variables

        def step(kind, gradients=gradients, variables=variables):
            adam = kind(1e-4, clipnorm=1.0)
            adam.build(variables)
            return tf.function(lambda: adam.apply(gradients, variables))

        row = {"trained": lowest, "batch": batch, "parameters": above.count_params(),
               "forward": milliseconds(lambda above=above, x=x: above.predict_on_batch(x)),
               "forward_backward": milliseconds(lambda both=both: both()[0].numpy()),
               "by_keras": milliseconds(lambda by_keras=by_keras: by_keras()[0].numpy()),
               "down": milliseconds(lambda down=down: down()[0].numpy()),
               "adam": milliseconds(step(keras.optimizers.Adam)),
               "adam_fused": milliseconds(step(fast.Adam))}  # fmt: skip
        for compiled in (False, True):
            above.compile(fast.Adam(1e-4, clipnorm=1.0), loss, jit_compile=compiled)
            above.optimizer.build(above.trainable_variables)
            row["step_jit" if compiled else "step"] = milliseconds(
                partial(above.train_on_batch, x, y)
            )
        print("a step:", row, file=sys.stderr, flush=True)
        found.append(row)
    return found


def ends_of_training(
    setting: recipes.Setting, steps: tuple[int, ...] = ENDS
) -> list[dict]:
    """What trainings of all layers last until their last epoch is over, and how long `fit` then still takes.

    In turn with the batches given to `fit` as they are, as Keras then feeds them, and by `tlkit.machine.fast.stream`.
    """
    found = {
        name: {"fed": name, "seconds": [], "waits": []} for name in ("Keras", "tlkit")
    }
    ways = {"Keras": lambda batches: batches, "tlkit": fast.stream}
    for number in steps:
        for name, stream in ways.items():
            with patch.object(fast, "stream", stream), recipes.clocked() as clock:
                fit = keras.Model.fit

                def timed(
                    self, *arguments, fit=fit, clock=clock, row=found[name], **named
                ):
                    fit(self, *arguments, **named)
                    stage = clock.stages[-1]
                    row["seconds"].append(
                        stage["epochs"][-1]["seconds"] - stage["start"]
                    )
                    row["waits"].append(clock.now() - stage["epochs"][-1]["seconds"])

                with patch.object(keras.Model, "fit", timed):
                    tk.fine_tune(setting.backbone, setting.task, unfreeze="all", precision=setting.precision,
                                 steps=number, min_epochs=1, patience=number)  # fmt: skip
    print("the ends of trainings:", found, file=sys.stderr, flush=True)
    return list(found.values())


def steady_state(
    setting: recipes.Setting, python, repeats: int, batch: int = 64, epochs: int = 4
) -> dict:
    """Images in a second while all layers are trained, first epochs left out; ours and PyTorch's in turn."""
    name, wanted = (
        f"all layers trained, batch {batch}, {setting.precision}: images/s, ours / PyTorch's",
        "at least 0.90",
    )
    if not python:
        return target(name, wanted, "PyTorch is not installed", None)
    n, mine, theirs, first = len(setting.task.train), {}, {}, []
    for i in range(repeats):
        with peers.empty_cache(), recipes.clocked() as clock:
            tk.fine_tune(setting.backbone, setting.task, unfreeze="all", precision=setting.precision, batch=batch,
                         min_epochs=epochs, steps=epochs, patience=99)  # fmt: skip
        first.append(tally.lengths(clock.stages[-1])[0])
        mine[i] = n / tally.steady(clock.stages[-1])
        report = peers.in_torch(
            python, "torch_adam", replace(setting, epochs=epochs), batch=batch
        )
        theirs[i] = n / tally.steady(report["stages"][0])
    found = tally.ratios(mine, theirs)
    measured = f"{with_spread(found)}; {median(mine.values()):.0f} against {median(theirs.values()):.0f} images/s"
    measured += f"; our first epoch {n / median(first):.0f} images/s, tracing included"
    return target(name, wanted, measured, found["median"] >= 0.9, ratio=found)


def child(what: str, **given) -> dict:
    """What a fresh process measures, in the environment as it is."""
    done = subprocess.run(
        [sys.executable, __file__, what],
        input=json.dumps(given),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{what} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def second_run(given: dict, images: int) -> dict:
    """A new process on features that an earlier one has computed."""
    with peers.empty_cache():
        first, second = (
            child("probe", **given, images=images, folder=os.environ["TLKIT_CACHE"])
            for _ in range(2)
        )
    measured = f"{second['passes']} batches through the backbone (the first run: {first['passes']}), first epoch after "
    measured += (
        f"{second['first_epoch']:.1f} s (the first run: {first['first_epoch']:.1f} s)"
    )
    met = second["passes"] == 0 and second["first_epoch"] <= 2
    return target(f"a second run on cached features of {images:,} images", "no backbone, first epoch within 2 s",
                  measured, met, second=second, first=first)  # fmt: skip


def probe_in_child(given: dict) -> dict:
    """Batches of images that went through a network, seconds to the end of the first epoch, peak of own memory."""
    task = invented(
        given["images"], given["classes"], tuple(given["shape"]), Path(given["folder"])
    )
    backbone, passes, predict = (
        tk.Backbone(given["weights"]),
        0,
        keras.Model.predict_on_batch,
    )

    def counted(self, x):
        nonlocal passes
        passes += tuple(self.input_shape[1:]) == task.image_shape
        return predict(self, x)

    keras.Model.predict_on_batch = counted
    with recipes.clocked() as clock, Peak() as peak:
        tk.linear_probe(backbone, task, precision=given["precision"])
    return {
        "passes": passes,
        "first_epoch": clock.stages[0]["epochs"][0]["seconds"],
        "own_mb": peak.mb,
    }


class Peak:
    """Largest anonymous memory of this process in MB, looked at every 20 ms; None where there is no /proc."""

    status = Path("/proc/self/status")

    def __enter__(self):
        self.mb, self.done = (0.0 if self.status.exists() else None), threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()
        return self

    def watch(self):
        while self.mb is not None:
            kilobytes = int(
                re.search(r"RssAnon:\s+(\d+)", self.status.read_text("utf-8"))[1]
            )
            self.mb = max(self.mb, kilobytes * 1024 / 1e6)
            if self.done.wait(0.02):
                return

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


def memory(given: dict, sizes: tuple[int, int]) -> dict:
    """Anonymous memory of a linear probe at two numbers of images."""
    found = []
    for images in sizes:
        with peers.empty_cache() as folder:
            found.append(
                child("probe", **given, images=images, folder=str(folder))["own_mb"]
            )
    name = f"anonymous memory at {sizes[1]:,} images less that at {sizes[0]:,}"
    if None in found:
        return target(name, "at most 100 MB", "there is no /proc here", None)
    measured = f"{found[1] - found[0]:+.0f} MB ({found[1]:.0f} against {found[0]:.0f})"
    return target(
        name, "at most 100 MB", measured, found[1] - found[0] <= 100, mb=found
    )


def main_job(given: dict, task: str, steps: int) -> dict:
    """Largest resident memory of the main job on all images of a task: probe, then all layers, cut short."""
    found = child("main", **given, task=task, steps=steps)
    name = f"resident memory of the main job on all {found['images']:,} training images (cut to {steps} steps)"
    return target(
        name,
        "under 1,500 MB",
        f"{found['mb']:,.0f} MB",
        found["mb"] < 1500,
        mb=found["mb"],
    )


def main_in_child(given: dict) -> dict:
    """The largest resident memory in MB, from the reading of the images to the predictions on the test split."""
    with tk.speed.Watch() as watch:
        task = tk.load_task(given["task"])
        tk.lp_ft(tk.Backbone(given["weights"]), task, precision=given["precision"], steps=given["steps"],
                 epoch_steps=given["steps"], min_epochs=1)  # fmt: skip
    return {"mb": watch.peak_mb, "images": len(task.train)}


def growth(setting: recipes.Setting, sizes: tuple[int, ...]) -> dict:
    """How the time of features and probe grows with the number of images."""
    whole, late = [], []
    for images in sizes:
        task = invented(images, len(setting.task.classes), setting.task.image_shape)
        with peers.empty_cache():
            report = recipes.probe(replace(setting, task=task))
        whole.append(report["total"])
        late.append(report["total"] - tally.lengths(report["stages"][0])[0])
    found = tally.exponent(list(sizes), whole)
    taken = ", ".join(
        f"{images:,}: {seconds:.1f} s"
        for images, seconds in zip(sizes, whole, strict=True)
    )
    measured = f"{found:.2f} ({taken}); first epochs left out {tally.exponent(list(sizes), late):.2f}"
    return target("features and probe: exponent of the time over the number of images", "1.0 ± 0.1", measured,
                  abs(found - 1) <= 0.1, exponent=found, seconds=whole)  # fmt: skip


def imports(repeats: int) -> dict:
    """`import tlkit` in fresh processes."""
    code = "import time; t = time.perf_counter(); import tlkit; print(time.perf_counter() - t)"
    taken = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
             for _ in range(repeats)]  # fmt: skip
    found = tally.spread(taken)
    return target(
        "import tlkit",
        "at most 0.2 s",
        f"{with_spread(found)} s",
        found["median"] <= 0.2,
        seconds=found,
    )


def first_picture() -> dict:
    """From the start of a kernel to the first picture of notebook 00; with an empty cache, and once more."""
    import nbformat
    from nbclient import NotebookClient

    (path,) = (peers.HERE.parents[1] / "notebooks").glob("00_*.ipynb")
    taken = []
    with peers.empty_cache():
        for _ in range(2):
            book, started = nbformat.read(path, as_version=4), time.perf_counter()
            client = NotebookClient(book, resources={"metadata": {"path": path.parent}})
            with client.setup_kernel():
                for i, cell in enumerate(book.cells):
                    client.execute_cell(cell, i)
                    if any(
                        "image/png" in out.get("data", {})
                        for out in cell.get("outputs", ())
                    ):
                        break
                taken.append(time.perf_counter() - started)
    measured = f"{taken[0]:.1f} s; a second time {taken[1]:.1f} s"
    return target(
        "kernel start to first picture of notebook 00",
        "at most 10 s",
        measured,
        taken[0] <= 10,
        seconds=taken,
    )


def measure(
    task: str, backbone: tk.Backbone, precision: str, python, quick: bool, rows: dict
):
    """Yields all targets, one after the other, the quick ones first."""
    size = SIZES[quick]
    whole = tk.load_task(task)
    classes, shape = len(whole.classes), whole.image_shape
    largest = min(size["probe"], len(whole.train) // 12 * 10)
    held = replace(
        whole,
        validation=whole.validation.pick(range(FEW)),
        test=whole.test.pick(range(FEW)),
        mirror=False,
    )

    def setting(images: int) -> recipes.Setting:
        return recipes.Setting(
            backbone, replace(held, train=whole.train.pick(range(images))), precision, 0
        )

    given = {
        "weights": backbone.weights,
        "classes": classes,
        "shape": shape,
        "precision": precision,
    }
    yield imports(size["imports"])
    yield first_picture()
    yield second_run(given, size["second"])
    yield cached_cut(setting(min(largest, size["block5"])), 10, size["repeats"])
    yield steady_state(setting(min(largest, size["all"])), python, size["repeats"])
    yield (one := probe_is_one_pass(setting(largest), size["repeats"]))
    yield from probe_against_peers(setting(largest), python, one["probe_seconds"], rows)
    yield growth(setting(FEW), size["growth"])
    yield memory(given, size["memory"])
    yield main_job(given, task, size["steps"])


if __name__ == "__main__":
    print(
        json.dumps(
            {"probe": probe_in_child, "main": main_in_child}[sys.argv[1]](
                json.load(sys.stdin)
            )
        )
    )
