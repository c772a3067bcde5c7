"""Images in a second by plain Keras, by tlkit and by PyTorch, in turn.

The backbone with a linear layer of ten outputs, random pictures, no input pipeline:
this is the arithmetic alone.
"""

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import peers
import recipes
import tally

import tlkit as tk
from tlkit.machine import fast
from tlkit.machine.quiet import keras

BATCHES = {"forward": (64, 256), "training": (32, 64)}
CALLS = 3  # the fastest of so many counts, in each repeat


def measure(
    setting: recipes.Setting,
    python: Path | None,
    repeats: int = 3,
    calls: int = CALLS,
) -> list[dict]:
    """One row for each kind of pass and batch, with the ratio of tlkit to the others.

    Args:
        setting: backbone, precision, and the shape of the pictures.
        python: PyTorch's; None: without it.
        repeats: in each, all ways come in turn.
        calls: the fastest of so many counts, in each repeat.
    """
    images = np.random.default_rng(0).integers(
        0, 256, (max(BATCHES["forward"]), *setting.task.image_shape), "uint8"
    )
    split = tk.Split(images, np.arange(len(images)) % len(setting.task.classes))
    few = split.pick(range(20))
    task = replace(setting.task, train=split, validation=few, test=few)
    setting = replace(setting, task=task)
    ways = {"Keras": timed_calls(setting, plain=True)}
    ways["tlkit"] = timed_calls(setting, plain=False)
    found: dict[str, dict[str, dict[int, float]]] = {}
    for i in range(repeats):
        for way, passes in ways.items():
            for name, call in passes.items():
                batch = int(name.split()[1])
                rate = batch / fastest(call, calls)
                found.setdefault(name, {}).setdefault(way, {})[i] = rate
        if python:
            theirs = peers.in_torch(
                python, "rates", setting, batches=BATCHES, calls=calls
            )
            for name, rate in theirs.items():
                found[name].setdefault("PyTorch", {})[i] = rate
    return [row(name, by_way) for name, by_way in found.items()]


def row(name: str, by_way: dict[str, dict[int, float]]) -> dict:
    """What the page shows of one pass: rates, and tlkit's as a multiple of the others'.

    Args:
        name: of the pass, with the batch.
        by_way: way -> images in a second by repeat.
    """
    kind, batch = name.split()
    mine = by_way["tlkit"]
    found = {"pass": kind, "batch": int(batch), "ways": {}, "ratios": {}}
    for way, rates in by_way.items():
        found["ways"][way] = tally.spread(rates.values())
        if way != "tlkit":
            found["ratios"][way] = tally.ratios(mine, rates)
    print("rates:", found, file=sys.stderr, flush=True)
    return found


def timed_calls(setting: recipes.Setting, plain: bool) -> dict:
    """What is timed, traced already: name of the pass and batch -> function.

    Args:
        setting: backbone, precision and pictures.
        plain: Keras's convolutions and Adam, else those of ``tlkit.machine.fast``.
    """
    shared = setting.backbone.build(setting.task.image_shape, setting.precision)
    outputs = keras.layers.Dense(10, dtype="float32")(shared.output)
    model = keras.Model(shared.input, outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    images = np.asarray(setting.task.train.images[:], "float32")
    labels = np.asarray(setting.task.train.labels, "int64") % 10
    adam = keras.optimizers.Adam if plain else fast.Adam
    calls = {}
    with fast.convolutions(*([] if plain else [model])):
        for batch in BATCHES["forward"]:
            one = keras.Model(model.input, model.output)
            call = partial(one.predict_on_batch, images[:batch])
            call()
            calls[f"forward {batch}"] = call
        for batch in BATCHES["training"]:
            one = keras.Model(model.input, model.output)
            one.compile(adam(1e-5), loss)
            one.optimizer.build(one.trainable_variables)
            call = partial(one.train_on_batch, images[:batch], labels[:batch])
            call()
            calls[f"training {batch}"] = call
    return calls


def fastest(call, calls: int) -> float:
    """Seconds of the fastest of some calls."""
    taken = []
    for _ in range(calls):
        started = perf_counter()
        call()
        taken.append(perf_counter() - started)
    return min(taken)
