"""What augmentation costs where frozen layers are cached, and what it brings: two ways, beside none.

Below the cut it must come before the cache, as a fixed number of views of every picture; above the cut, here in all
layers, every epoch draws a new one and nothing is cached.
"""

import sys
from dataclasses import replace
from statistics import mean

import numpy as np
import peers

import tlkit as tk

SHIFT = 4  # pixels of 32 that a view is moved by at most, its edge filled with a mirror image


def shaken(images: np.ndarray, seed: int, mirror: bool) -> np.ndarray:
    """One view of each picture: moved by up to 4 pixels each way, and perhaps mirrored; uint8 (n, h, w, 3)."""
    rng = np.random.default_rng(seed)
    edge = ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0))
    wide, (_, height, width, _) = np.pad(images, edge, "reflect"), images.shape
    places = rng.integers(0, 2 * SHIFT + 1, (len(images), 2))
    moved = np.stack(
        [
            one[y : y + height, x : x + width]
            for one, (y, x) in zip(wide, places, strict=True)
        ]
    )
    turned = (rng.random(len(images)) < 0.5) & mirror
    moved[turned] = moved[turned, :, ::-1]
    return moved


def with_views(task: tk.Task, views: int) -> tk.Task:
    """The task with so many views of every training picture, the first as it is; mirrored where the task allows it."""
    plain = np.asarray(task.train.images[:])
    images = np.concatenate(
        [plain, *(shaken(plain, seed, task.mirror) for seed in range(1, views))]
    )
    return replace(task, train=tk.Split(images, np.tile(task.train.labels, views)))


def ways(
    backbone: tk.Backbone, task: tk.Task, precision: str, steps: int | None
) -> dict:
    """Every way's run on one draw of labels; the same number of training steps for the same recipe."""
    plan = {"precision": precision, "seed": task.seed, "mirror": False} | (
        {"steps": steps} if steps else {}
    )
    found = {}
    for views in (1, 2, 4, 8):
        shown = with_views(task, views)
        with peers.empty_cache():
            found[f"linear probe, {views} cached"] = tk.linear_probe(
                backbone, shown, **plan
            )
        if views in (1, 8):
            with peers.empty_cache():
                found[f"block 5, {views} cached"] = tk.fine_tune(
                    backbone, shown, unfreeze="block5", **plan
                )
    for mirror in (False, True) if task.mirror else (False,):
        name = f"all blocks, {'mirrored anew in every epoch' if mirror else 'nothing cached'}"
        with peers.empty_cache():
            found[name] = tk.fine_tune(
                backbone, task, unfreeze="all", **plan | {"mirror": mirror}
            )
    return found


def measure(
    name: str,
    backbone: tk.Backbone,
    precision: str,
    test: int,
    repeats: int = 5,
    labels: int = 50,
    steps=None,
) -> list[dict]:
    """One row for each way: accuracy over the draws, its gain over no augmentation, both with intervals, and seconds.

    Args:
        name: of a task, or a folder of class folders.
        test: test images, the same for every draw; each run predicts them once.
        repeats: draws of the labels, 2 or more.
        labels: of each class, in each draw.
        steps: of training; None: as many as the recipes take by themselves.
    """
    right: dict[str, list] = {}
    seconds: dict[str, list] = {}
    classes = len(tk.load_task(name).classes)
    for seed in range(repeats):
        task = peers.load(name, labels * classes, test, seed)
        for way, run in ways(backbone, task, precision, steps).items():
            right.setdefault(way, []).append(run.correct())
            seconds.setdefault(way, []).append(run.seconds)
            print(
                f"views, draw {seed}, {way}: {run.score()} in {run.seconds:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    return [row(way, right, seconds) for way in right]


def row(way: str, right: dict[str, list], seconds: dict[str, list]) -> dict:
    """What the page shows of a way; its gain is over the first of the same recipe."""
    plain = next(name for name in right if name.split(",")[0] == way.split(",")[0])
    answers = np.array(right[way])
    gain = (
        None
        if way == plain
        else tk.evaluate.paired_difference(answers, np.array(right[plain]))
    )
    score = tk.evaluate.over_seeds(answers.mean(axis=1), (0, 1))
    price = mean(
        mine / theirs for mine, theirs in zip(seconds[way], seconds[plain], strict=True)
    )
    return {"way": way, "accuracy": vars(score), "gain": gain and vars(gain), "seconds": mean(seconds[way]),
            "price": price}  # fmt: skip
