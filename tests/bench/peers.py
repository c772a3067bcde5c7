"""Runs every recipe on the same images, weights, split and seeds, in an order that is shuffled in every repeat."""

import gc
import json
import os
import platform
import random
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
import recipes

import tlkit as tk
from tlkit.backbone import file_hash, read_weights

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parents[1] / "build" / "bench-env"
TORCH = ("torch_fixed", "torch_finetune")
NAMES = ("article", "keras_guide", "tf_tutorial", *TORCH, "probe", "fine_tune", "lp_ft")
FLAGS = (
    "avx2",
    "avx512f",
    "avx512_bf16",
    "amx_bf16",
    "bf16",
    "asimd",
)  # that decide how fast convolutions are


def machine() -> dict:
    """What the numbers were measured on."""
    info = Path("/proc/cpuinfo")
    words = set(info.read_text("utf-8").split()) if info.exists() else set()
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "flags": [flag for flag in FLAGS if flag in words],
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
    }


def versions() -> dict:
    """Of Python and of what does the arithmetic."""
    found = {name: version(name) for name in ("keras", "numpy")}
    for name in ("tensorflow-cpu", "tensorflow"):
        try:
            found[name] = version(name)
        except ModuleNotFoundError:
            continue
    return {"python": platform.python_version(), **found}


def provenance(backbone: tk.Backbone) -> dict:
    """Which weights: name, SHA-256 and width."""
    file = backbone.weights_file
    return {"name": backbone.name, "sha256": file_hash(file), "width": backbone.width}


def load(task: str, images: int, test: int, seed: int) -> tk.Task:
    """A task with `images` training images, a fifth as many more for validation (at most 50 for each class), and a
    test split that is the same for every seed."""
    whole = tk.load_task(task, seed=seed)
    classes = len(whole.classes)
    per_class = images // classes
    found = tk.load_task(task, per_class + min(50, max(1, per_class // 4)), seed=seed)
    rows = np.random.default_rng(0).permutation(len(found.test))[:test]
    return replace(found, test=found.test.pick(np.sort(rows)))


@contextmanager
def empty_cache():
    """A feature cache of its own, so that nothing is found there that an earlier run computed."""
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
    """The interpreter of the environment that `make bench` made. Raises TorchMissing with the reason."""
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        raise TorchMissing(
            f"expected {python.relative_to(HERE.parents[1])}, got none. Next: make bench makes it"
        )
    done = subprocess.run(
        [python, "-c", "import torch"], capture_output=True, text=True
    )
    if done.returncode:
        raise TorchMissing(
            f"PyTorch does not start: {done.stderr.strip().splitlines()[-1]}"
        )
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
    layers = read_weights(setting.backbone.weights_file)
    arrays = {f"{layer}/{kind}": value for layer, pair in layers.items()
              for kind, value in zip(("kernel", "bias"), pair, strict=True)}  # fmt: skip
    np.savez(folder / "weights.npz", **arrays)


def in_torch(python: Path, recipe: str, setting: recipes.Setting, **more):
    """Run one of in_torch.py's recipes in the other environment and give back what it printed."""
    with TemporaryDirectory() as name:
        hand_over(setting, Path(name))
        given = {"seed": setting.seed, "precision": setting.precision,
                 "epochs": setting.head_epochs if recipe == "torch_fixed" else setting.epochs,
                 "mirror": bool(setting.task.mirror), "outputs": len(setting.task.classes), **more}  # fmt: skip
        command = [python, HERE / "in_torch.py", name, recipe]
        done = subprocess.run(
            command, input=json.dumps(given), capture_output=True, text=True
        )
    if done.returncode:
        raise RuntimeError(f"{recipe} failed in PyTorch:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def same_features(python: Path, setting: recipes.Setting) -> float:
    """Largest difference between Keras's and PyTorch's features in float32, as a share of the largest feature."""
    with TemporaryDirectory() as name:
        hand_over(setting, Path(name))
        command = [python, HERE / "in_torch.py", name, "features"]
        done = subprocess.run(
            command, input="{}", capture_output=True, text=True, check=True
        )
    theirs = np.array(json.loads(done.stdout), "float32")
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
    """All recipes for each setting (one for each seed), shuffled anew each time; a warm-up first, not reported.

    Yields each run when it is done, so that it can be written down.
    """
    first = settings[0]
    first.backbone.build(first.task.image_shape, first.precision).predict_on_batch(
        np.zeros((64, *first.task.image_shape), "float32")
    )
    for setting in settings:
        order = random.Random(setting.seed).sample(names, len(names))
        for name in order:
            one = {"recipe": name, "seed": setting.seed, **run(name, setting, python)}
            last = (
                one["stages"][-1]["epochs"][-1]["seconds"]
                if one["total"] is None
                else one["total"]
            )
            print(
                f"repeat {setting.seed} {name:16}{last:8.1f} s",
                file=sys.stderr,
                flush=True,
            )
            yield one
