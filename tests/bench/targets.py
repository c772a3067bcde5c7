"""The project's own targets, each measured as a ratio within one run."""

import gc
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

import numpy as np
import peers
import recipes
import tally
from children import FEW, child, invented, write_pictures

import tlkit as tk
from tlkit.backbone import BLOCKS
from tlkit.machine import fast

SIZES = {  # images, repeats or epochs of each target; quick: to see that all runs
    False: {
        "imports": 5,
        "second": 1000,
        "block5": 1000,
        "all": 320,
        "probe": 6000,
        "peers": 3000,
        "growth": (5000, 20_000),
        "memory": (6000, 60_000),
        "repeats": 2,
    },
    True: {
        "imports": 1,
        "second": 100,
        "block5": 100,
        "all": 64,
        "probe": 100,
        "peers": 100,
        "growth": (100, 200),
        "memory": (100, 200),
        "repeats": 1,
    },
}
NAMES = {  # what the page calls them
    "imports": "`import tlkit`",
    "first_picture": "kernel start to the first picture of notebook 00",
    "second_run": "a second run on cached features",
    "forward": "forward pass, images/s: ours / PyTorch's",
    "training": "training of all layers, batch 64, images/s: ours / PyTorch's",
    "probe_pass": "linear probe / one forward pass over its images",
    "probe_keras": "20 epochs of the Keras guide's frozen base / linear probe",
    "probe_torch": "20 epochs of PyTorch's fixed features / linear probe",
    "block5": "block 5, 10 epochs: whole network / cached cut",
    "growth": "features and probe: exponent of time over images",
    "growth_memory": "anonymous memory of a probe: ten times as many images",
}


def target(key: str, wanted: str, measured: str, met: bool | None, **numbers) -> dict:
    """One row.

    Args:
        key: in ``NAMES``.
        wanted: the target in words.
        measured: what was found; why not, if it cannot be measured here.
        met: None: it cannot be measured here.
        numbers: the same as numbers.
    """
    said = {True: "met", False: "missed", None: "not measured"}[met]
    line = f"{said:13}{NAMES[key]}: {measured} (wanted: {wanted})"
    print(line, file=sys.stderr, flush=True)
    return {"key": key, "wanted": wanted, "measured": measured, "met": met, **numbers}


def with_spread(found: dict) -> str:
    """ "1.21 (1.19 to 1.25)"."""
    return f"{found['median']:.2f} ({found['low']:.2f} to {found['high']:.2f})"


def plain_pass(model, images, rows: int = 256) -> float:
    """Seconds for one forward pass of a model that has been traced."""
    batch = np.zeros((rows, *images.shape[1:]), "float32")
    model.predict_on_batch(batch)
    started = time.perf_counter()
    for start in range(0, len(images), rows):
        some = np.resize(images[start : start + rows], batch.shape)
        model.predict_on_batch(some.astype("float32"))
    return time.perf_counter() - started


def probe_is_one_pass(setting: recipes.Setting, repeats: int) -> dict:
    """The linear probe in all, against one pass over the same images."""
    task, before, first = setting.task, [], []
    model = setting.backbone.build(task.image_shape, setting.precision)
    passes: dict[int, float] = {}
    totals: dict[int, float] = {}
    splits = (task.train, task.validation)
    images = np.concatenate([np.asarray(split.images[:]) for split in splits])
    with fast.convolutions(model):
        plain_pass(model, images[:1])  # traces
    for i in range(repeats):
        passes[i] = plain_pass(model, images)
        gc.collect()  # else the recipe's own counts before its first epoch
        with peers.empty_cache():
            report = recipes.probe(setting)
        totals[i] = report["total"]
        before.append(report["stages"][0]["start"])
        first.append(tally.lengths(report["stages"][0])[0])
    found = tally.ratios(totals, passes)
    measured = (
        f"{with_spread(found)}; {len(images):,} images: pass "
        f"{median(passes.values()):.1f} s, probe {median(totals.values()):.1f} s, of "
        f"which {median(before):.1f} s before the first epoch and "
        f"{median(first):.1f} s for it"
    )
    met = found["median"] <= 1.15
    return target("probe_pass", "at most 1.15", measured, met, ratio=found)


def probe_against_peers(setting: recipes.Setting, python, rows: dict) -> list[dict]:
    """Time of 20 epochs over a frozen base, extrapolated from two, against the probe.

    Args:
        setting: what all share.
        python: PyTorch's; None: without it.
        rows: of the comparison, which decides about accuracy.
    """
    short = replace(setting, head_epochs=2)
    with peers.empty_cache():
        mine = recipes.probe(setting)["total"]
    reports = {
        ("probe_keras", "keras_guide:head"): recipes.keras_guide(short, thaw=False)
    }
    if python:
        theirs = peers.in_torch(python, "torch_fixed", short)
        reports["probe_torch", "torch_fixed"] = theirs
    found = []
    for (key, name), report in reports.items():
        seconds = tally.published_seconds([{**report["stages"][0], "published": 20}])
        ratio = seconds / mine
        met = ratio >= 10
        measured = (
            f"{ratio:.1f} times; {len(setting.task.train):,} images: {seconds:.0f} s, "
            f"extrapolated from two epochs, against {mine:.1f} s"
        )
        if name in rows and "probe" in rows:
            ours, other = rows["probe"]["accuracy"], rows[name]["accuracy"]
            gain = ours["median"] - other["median"]
            measured += f"; accuracy {100 * gain:+.1f} points in the comparison"
            met = met and gain >= -0.005
        wanted = "at least 10 times, accuracy not lower by more than 0.5 points"
        found.append(target(key, wanted, measured, met, ratio=ratio))
    return found


def allowed_by_arithmetic(epochs: int, size: int = 32) -> float:
    """How much less work cached blocks 1 to 4 allow over so many epochs of block 5.

    A step of training counts as three passes.
    """
    work, below, side = {}, 3, size
    for block, (depth, filters) in BLOCKS.items():
        work[block] = side**2 * (below * filters + (depth - 1) * filters**2)
        below, side = filters, side // 2
    top = work["block5"]
    low = sum(work.values()) - top
    return epochs * (low + 3 * top) / (low + epochs * 3 * top)


@contextmanager
def no_room():
    """No activations fit into the cache, so the frozen layers run in every epoch."""
    os.environ["TLKIT_CACHE_GB"] = "0"
    try:
        yield
    finally:
        del os.environ["TLKIT_CACHE_GB"]


def cached_cut(setting: recipes.Setting, epochs: int, repeats: int) -> dict:
    """Fine-tuning block 5, on cached activations and by the whole network."""
    backbone, task = setting.backbone, setting.task
    shared = backbone.build(task.image_shape, setting.precision)
    plan = {
        "unfreeze": "block5",
        "seed": 0,
        "precision": setting.precision,
        "min_epochs": epochs,
        "steps": epochs,
        "patience": 99,
        "mirror": False,
    }
    with peers.empty_cache():
        plan["head"] = tk.training.new_head(
            backbone, shared, task, start="random", precision=setting.precision
        )
    cached: dict[int, float] = {}
    whole: dict[int, float] = {}
    steady: dict[str, list[float]] = {"cached": [], "whole": []}
    # in turn, for the machine may be slower in some minutes than in others
    for i in range(repeats):
        with peers.empty_cache(), recipes.clocked() as clock:
            cached[i] = tk.fine_tune(backbone, task, **plan).seconds
        steady["cached"].append(tally.steady(clock.stages[0]))
        with peers.empty_cache(), no_room(), recipes.clocked() as clock:
            whole[i] = tk.fine_tune(backbone, task, **plan).seconds
        steady["whole"].append(tally.steady(clock.stages[0]))
    bound = allowed_by_arithmetic(epochs, backbone.size)
    found = tally.ratios(whole, cached)
    measured = (
        f"{with_spread(found)}; {len(task.train):,} images: "
        f"{median(whole.values()):.1f} s / {median(cached.values()):.1f} s; a steady "
        f"epoch {median(steady['whole']):.2f} / {median(steady['cached']):.2f} s"
    )
    least = 0.7 * bound
    wanted = f"at least {least:.2f}, 70 % of what the arithmetic allows ({bound:.2f})"
    met = found["median"] >= least
    return target("block5", wanted, measured, met, ratio=found, bound=bound)


def against_torch(setting: recipes.Setting, python, repeats: int) -> list[dict]:
    """Images in a second, forward and while all layers are trained.

    Ours and PyTorch's, each with its way to feed images; first epochs are left out.
    """
    if not python:
        return [
            target("forward", "at least 0.95", "PyTorch is not installed", None),
            target("training", "at least 0.90", "PyTorch is not installed", None),
        ]
    rates: dict[str, dict[int, float]] = {}
    batch, epochs = 64, 3
    n = len(setting.task.train)
    images = np.asarray(setting.task.train.images[:256])  # for one batch of each
    for i in range(repeats):
        with peers.empty_cache(), recipes.clocked() as clock:
            tk.fine_tune(
                setting.backbone,
                setting.task,
                unfreeze="all",
                precision=setting.precision,
                batch=batch,
                min_epochs=epochs,
                steps=epochs,
                patience=99,
            )
        rates.setdefault("mine", {})[i] = n / tally.steady(clock.stages[-1])
        short = replace(setting, epochs=epochs)
        report = peers.in_torch(python, "torch_adam", short, batch=batch)
        rates.setdefault("theirs", {})[i] = n / tally.steady(report["stages"][0])
        shared = setting.backbone.build(setting.task.image_shape, setting.precision)
        with fast.convolutions(shared):  # of two passes the faster one, as theirs
            seconds = min(plain_pass(shared, images, len(images)) for _ in range(2))
        rates.setdefault("forward", {})[i] = len(images) / seconds
        passed = peers.in_torch(
            python,
            "rates",
            setting,
            batches={"forward": [len(images)], "training": []},
            calls=2,
        )
        rates.setdefault("their forward", {})[i] = next(iter(passed.values()))
    found = []
    for key, least, mine, theirs in (
        ("forward", 0.95, "forward", "their forward"),
        ("training", 0.9, "mine", "theirs"),
    ):
        ratio = tally.ratios(rates[mine], rates[theirs])
        measured = (
            f"{with_spread(ratio)}; {median(rates[mine].values()):.0f} against "
            f"{median(rates[theirs].values()):.0f} images/s"
        )
        met = ratio["median"] >= least
        found.append(target(key, f"at least {least:.2f}", measured, met, ratio=ratio))
    return found


def second_run(given: dict, images: int) -> dict:
    """A new process on features that an earlier one has computed."""
    with peers.empty_cache() as folder:
        pictures = str(write_pictures(folder, images + 2 * FEW, given["shape"]))
        settings = {**given, "pictures": pictures, "shorten": False}
        first, second = (child("probe", **settings) for _ in range(2))
    measured = (
        f"{second['passes']} batches through the backbone (before: {first['passes']}), "
        f"first epoch after {second['first_epoch']:.1f} s (before: "
        f"{first['first_epoch']:.1f} s); {images:,} images"
    )
    met = second["passes"] == 0 and second["first_epoch"] <= 2
    wanted = "no backbone, first epoch within 2 s"
    return target("second_run", wanted, measured, met, second=second, first=first)


def memory_growth(given: dict, sizes: tuple[int, int]) -> dict:
    """Anonymous memory of a linear probe at two numbers of images.

    Only the first batches of each go through the network.
    """
    found = []
    for images in sizes:
        with peers.empty_cache() as folder:
            pictures = str(write_pictures(folder, images + 2 * FEW, given["shape"]))
            settings = {**given, "pictures": pictures, "shorten": True}
            found.append(child("probe", **settings)["own_mb"])
    if None in found:
        measured, met = "there is no /proc here", None
    else:
        more = found[1] - found[0]
        measured, met = (
            f"{more:+.0f} MB ({found[0]:.0f} at {sizes[0]:,} images, {found[1]:.0f} at "
            f"{sizes[1]:,})",
            more <= 100,
        )
    return target("growth_memory", "at most 100 MB more", measured, met, mb=found)


def growth(setting: recipes.Setting, sizes: tuple[int, ...]) -> dict:
    """How the time of features and probe grows with the number of images."""
    seconds = []
    classes = len(setting.task.classes)
    for images in sizes:
        with peers.empty_cache() as folder:
            shape = setting.task.image_shape
            path = write_pictures(folder, images + 2 * FEW, shape)
            task = invented(np.load(path, mmap_mode="r"), classes)
            report = recipes.probe(replace(setting, task=task))
        seconds.append(report["total"])
    found = tally.exponent(list(sizes), seconds)
    pairs = zip(sizes, seconds, strict=True)
    taken = ", ".join(f"{images:,}: {time:.1f} s" for images, time in pairs)
    measured, met = f"{found:.2f} ({taken})", abs(found - 1) <= 0.1
    return target("growth", "1.0 ± 0.1", measured, met, exponent=found, seconds=seconds)


def imports(repeats: int) -> dict:
    """`import tlkit` in fresh processes."""
    code = (
        "import time; started = time.perf_counter(); import tlkit; "
        "print(time.perf_counter() - started)"
    )
    taken = []
    for _ in range(repeats):
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, check=True)
        taken.append(float(done.stdout))
    found = tally.spread(taken)
    met = found["median"] <= 0.2
    measured = f"{with_spread(found)} s"
    return target("imports", "at most 0.2 s", measured, met, seconds=found)


def first_picture() -> dict:
    """From the start of a kernel to the first picture of notebook 00.

    With an empty cache, and once more.
    """
    import nbformat
    from nbclient import NotebookClient

    (path,) = (peers.HERE.parents[1] / "notebooks").glob("00_*.ipynb")
    taken = []
    with peers.empty_cache():
        for _ in range(2):
            book, started = nbformat.read(path, as_version=4), time.perf_counter()
            place = {"metadata": {"path": path.parent}}
            client = NotebookClient(book, resources=place, startup_timeout=300)
            with client.setup_kernel():
                for i, cell in enumerate(book.cells):
                    client.execute_cell(cell, i)
                    if shows_a_picture(cell):
                        break
                taken.append(time.perf_counter() - started)
    measured = f"{taken[0]:.1f} s; a second time {taken[1]:.1f} s"
    met = taken[0] <= 10
    return target("first_picture", "at most 10 s", measured, met, seconds=taken)


def shows_a_picture(cell) -> bool:
    """Whether an executed cell has a picture among its outputs."""
    outputs = cell.get("outputs", ())
    return any("image/png" in output.get("data", {}) for output in outputs)


def measure(
    task: str, backbone: tk.Backbone, precision: str, python, quick: bool, rows: dict
):
    """Yields all targets, one after the other, the quick ones first."""
    size = SIZES[quick]
    whole = tk.load_task(task)
    held = replace(
        whole,
        validation=whole.validation.pick(range(FEW)),
        test=whole.test.pick(range(FEW)),
        mirror=False,
    )
    most = len(whole.train)

    def setting(images: int) -> recipes.Setting:
        some = whole.train.pick(range(min(images, most)))
        return recipes.Setting(backbone, replace(held, train=some), precision, 0)

    given = {
        "weights": backbone.weights,
        "classes": len(whole.classes),
        "shape": whole.image_shape,
        "precision": precision,
    }
    repeats = size["repeats"]
    yield imports(size["imports"])
    yield first_picture()
    yield second_run(given, size["second"])
    yield from against_torch(setting(size["all"]), python, repeats)
    yield probe_is_one_pass(setting(size["probe"]), repeats)
    yield from probe_against_peers(setting(size["peers"]), python, rows)
    yield cached_cut(setting(size["block5"]), 10, repeats)
    yield growth(setting(FEW), size["growth"])
    yield memory_growth(given, size["memory"])
