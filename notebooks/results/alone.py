"""What one training costs: seconds and memory of a process that does nothing else."""

import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

import psutil

import tlkit as tk
from tlkit.recipes import RECIPES


def cost(
    recipe: str, load: Callable[[], tuple[tk.Backbone, tk.Task]], seed: int, **changes
) -> dict:
    """Train a recipe once, in a process of its own, with no activation in the cache.

    Args:
        recipe: its name in the table.
        load: makes the backbone and the task; a function of a module, or a partial of
            one, because it goes to the other process.
        seed: of the training.
        **changes: settings of the recipe.

    Returns:
        "seconds" of the training, features included; "idle_mb", the memory of the
        process before it trains; "peak_mb", the most while it trains.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_cost, recipe, load, seed, changes).result()


def _cost(recipe: str, load: Callable, seed: int, changes: dict) -> dict:
    backbone, task = load()
    backbone.build(task.image_shape)  # TensorFlow is there
    idle = psutil.Process().memory_info().rss / 1e6
    with empty_cache():
        run = RECIPES[recipe].train(backbone, task, seed=seed, **changes)
    return {
        "seconds": round(run.seconds, 2),
        "idle_mb": round(idle),
        "peak_mb": round(run.peak_memory_mb),
    }


@contextmanager
def empty_cache() -> Iterator[None]:
    """No activation is there at the beginning, and none is left at the end."""
    kept = os.environ.get("TLKIT_CACHE")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["TLKIT_CACHE"] = folder
        try:
            yield
        finally:
            if kept is None:
                del os.environ["TLKIT_CACHE"]
            else:
                os.environ["TLKIT_CACHE"] = kept
