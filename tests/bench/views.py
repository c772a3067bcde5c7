"""What augmentation costs where frozen layers are cached, and what it brings.

Two ways, beside none. Below the cut it must come before the cache, as a fixed number of
views of every picture. Above the cut, here in all layers, every epoch draws a new one
and nothing is cached.
"""

import sys
from dataclasses import replace
from statistics import mean

import numpy as np
import peers

import tlkit as tk

SHIFT = 4  # pixels of 32 that a view is moved by at most; its edge is a mirror image


def shaken(images: np.ndarray, seed: int, mirror: bool) -> np.ndarray:
    """One view of each picture: moved by up to 4 pixels, and perhaps mirrored.

    Args:
        images: uint8 (n, h, w, 3).
        seed: of the view.
        mirror: every second one, at random.
    """
    rng = np.random.default_rng(seed)
    edge = ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0))
    wide, (_, height, width, _) = np.pad(images, edge, "reflect"), images.shape
    moved = np.empty_like(images)
    places = rng.integers(0, 2 * SHIFT + 1, (len(images), 2))
    for i, (y, x) in enumerate(places):
        moved[i] = wide[i, y : y + height, x : x + width]
    turned = (rng.random(len(images)) < 0.5) & mirror
    moved[turned] = moved[turned, :, ::-1]
    return moved


def with_views(task: tk.Task, views: int) -> tk.Task:
    """The task with several views of every training picture, the first as it is.

    Mirrored where the task allows it.
    """
    plain = np.asarray(task.train.images[:])
    more = [shaken(plain, seed, task.mirror) for seed in range(1, views)]
    images = np.concatenate([plain, *more])
    return replace(task, train=tk.Split(images, np.tile(task.train.labels, views)))


def ways(
    backbone: tk.Backbone, task: tk.Task, precision: str, steps: int | None
) -> dict:
    """Every way's run on one draw of labels; equal recipes take equally many steps."""
    plan = {"precision": precision, "seed": task.seed, "mirror": False}
    if steps:
        plan["steps"] = steps
    found = {}
    for views in (1, 2, 4, 8):
        shown = with_views(task, views)
        with peers.empty_cache():
            run = tk.linear_probe(backbone, shown, **plan)
        found[f"linear probe, {views} cached"] = run
        if views in (1, 8):
            with peers.empty_cache():
                run = tk.fine_tune(backbone, shown, unfreeze="block5", **plan)
            found[f"block 5, {views} cached"] = run
    names = {False: "all blocks, nothing cached"}
    if task.mirror:
        names[True] = "all blocks, mirrored newly in every epoch"
    for mirror, name in names.items():
        how = {**plan, "mirror": mirror}
        with peers.empty_cache():
            found[name] = tk.fine_tune(backbone, task, unfreeze="all", **how)
    return found


def measure(
    name: str,
    backbone: tk.Backbone,
    precision: str,
    test: int,
    repeats: int = 5,
    labels: int = 50,
    steps: int | None = None,
) -> list[dict]:
    """One row for each way: accuracy over the draws, its gain over none, and seconds.

    Args:
        name: of a task, or a folder of class folders.
        backbone: the pretrained layers.
        precision: of the convolutions.
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
            said = f"views, draw {seed}, {way}: {run.score()} in {run.seconds:.0f} s"
            print(said, file=sys.stderr, flush=True)
    return [row(way, right, seconds) for way in right]


def row(way: str, right: dict[str, list], seconds: dict[str, list]) -> dict:
    """What the page shows of a way; its gain is over the first of the same recipe."""
    recipe = way.split(",")[0]
    plain = next(name for name in right if name.split(",")[0] == recipe)
    answers = np.array(right[way])
    gain = None
    if way != plain:
        others = np.array(right[plain])
        gain = vars(tk.evaluate.paired_difference(answers, others))
    pairs = zip(seconds[way], seconds[plain], strict=True)
    return {
        "way": way,
        "accuracy": vars(tk.evaluate.over_seeds(answers.mean(axis=1), (0, 1))),
        "gain": gain,
        "seconds": mean(seconds[way]),
        "price": mean(mine / theirs for mine, theirs in pairs),
    }
