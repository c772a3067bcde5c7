"""Runs every recipe on the same images, weights, split and seeds.

Their order is shuffled in every repeat.
"""

import gc
import json
import os
import platform
import random
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
import recipes

import tlkit as tk
from tlkit.backbone import read_weights
from tlkit.files.hashes import file_hash
from tlkit.machine import processor

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parents[1] / "build" / "bench-env"
TORCH = ("torch_fixed", "torch_finetune")
# flags that decide how fast convolutions are
FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "bf16", "asimd")


def machine() -> dict:
    """What the numbers were measured on."""
    info = Path("/proc/cpuinfo")
    words = set(info.read_text("utf-8").split()) if info.exists() else set()
    cores = os.cpu_count()
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": cores,
        "flags": [flag for flag in FLAGS if flag in words],
        "instructions": processor.in_words(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
    }


def versions() -> dict:
    """Of Python and of what does the arithmetic."""
    found = {"python": platform.python_version()}
    for name in ("keras", "numpy", "tensorflow-cpu", "tensorflow"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def provenance(backbone: tk.Backbone) -> dict:
    """Which weights: name, SHA-256 and width."""
    file = backbone.weights_file
    return {"name": backbone.name, "sha256": file_hash(file), "width": backbone.width}


def load(task: str, images: int, test: int, seed: int) -> tk.Task:
    """A task with so many training images, and a test split equal for every seed.

    A quarter as many more images, at most 50 for each class, are for validation.
    """
    whole = tk.load_task(task, seed=seed)
    per_class = images // len(whole.classes)
    held_out = min(50, max(1, per_class // 4))
    found = tk.load_task(task, per_class + held_out, seed=seed)
    rows = np.random.default_rng(0).permutation(len(found.test))[:test]
    return replace(found, test=found.test.pick(np.sort(rows)))


@contextmanager
def empty_cache():
    """A feature cache of its own: nothing in it that an earlier run computed."""
    kept = os.environ.get("TLKIT_CACHE")
    with TemporaryDirectory() as folder:
        os.environ["TLKIT_CACHE"] = folder
        try:
            yield Path(folder)
        finally:
            del os.environ["TLKIT_CACHE"]
            if kept is not None:
                os.environ["TLKIT_CACHE"] = kept


class TorchMissing(RuntimeError):
    """PyTorch cannot be started in the benchmark's environment."""


def torch_python() -> Path:
    """The interpreter of the environment that `make bench` made.

    Raises:
        TorchMissing: with the reason.
    """
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        place = python.relative_to(HERE.parents[1])
        raise TorchMissing(f"expected {place}, got none. Next: make bench makes it")
    command = [python, "-c", "import torch"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1]
        raise TorchMissing(f"PyTorch does not start: {last}")
    return python


def hand_over(setting: recipes.Setting, folder: Path) -> None:
    """Write the task's arrays and the backbone's weights for in_torch.py."""
    if setting.backbone.batch_norm or setting.backbone.architecture != "vgg16":
        raise TorchMissing(
            "the PyTorch recipes know VGG16 without batch normalisation only"
        )
    for name, split in setting.task.splits().items():
        np.save(folder / f"{name}_images.npy", np.asarray(split.images[:]))
        np.save(folder / f"{name}_labels.npy", np.asarray(split.labels))
    arrays = {}
    for layer, pair in read_weights(setting.backbone.weights_file).items():
        for kind, value in zip(("kernel", "bias"), pair, strict=True):
            arrays[f"{layer}/{kind}"] = value
    np.savez(folder / "weights.npz", **arrays)


def in_torch(python: Path, action: str, setting: recipes.Setting, **more):
    """Run one of in_torch.py's actions; gives back what it printed."""
    head = action == "torch_fixed"
    given = {
        "seed": setting.seed,
        "precision": setting.precision,
        "epochs": setting.head_epochs if head else setting.epochs,
        "mirror": bool(setting.task.mirror),
        "outputs": len(setting.task.classes),
        **more,
    }
    with TemporaryDirectory() as name:
        hand_over(setting, Path(name))
        done = subprocess.run(
            [python, HERE / "in_torch.py", name, action],
            input=json.dumps(given),
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise RuntimeError(f"{action} failed in PyTorch:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def same_features(python: Path, setting: recipes.Setting) -> float:
    """Largest difference between Keras's and PyTorch's features in float32.

    As a share of the largest feature.
    """
    theirs = np.array(in_torch(python, "features", setting), "float32")
    images = np.asarray(setting.task.test.images[: len(theirs)], "float32")
    mine = setting.backbone.build(setting.task.image_shape).predict_on_batch(images)
    return float(np.abs(mine - theirs).max() / np.abs(mine).max())


def run(recipe: str, setting: recipes.Setting, python: Path | None) -> dict:
    """One run of one recipe, with nothing in the feature cache."""
    if recipe in TORCH:
        return in_torch(python, recipe, setting)
    gc.collect()  # Keras leaves earlier models in cycles
    with empty_cache():
        return recipes.RECIPES[recipe](setting)


def measure(settings: list[recipes.Setting], names: list[str], python: Path | None):
    """All recipes for each setting (one for each seed), in a new order each time.

    A warm-up comes first and is not reported. Yields each run when it is done, so that
    it can be written down.
    """
    first = settings[0]
    model = first.backbone.build(first.task.image_shape, first.precision)
    model.predict_on_batch(np.zeros((64, *first.task.image_shape), "float32"))
    for setting in settings:
        order = random.Random(setting.seed).sample(names, len(names))
        for name in order:
            one = {"recipe": name, "seed": setting.seed, **run(name, setting, python)}
            last = one["total"] or one["stages"][-1]["epochs"][-1]["seconds"]
            print(
                f"repeat {setting.seed} {name:16}{last:8.1f} s",
                file=sys.stderr,
                flush=True,
            )
            yield one
