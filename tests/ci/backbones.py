"""Build every backbone, check its cuts, measure what it costs here: docs/backbones.md.

    python tests/ci/backbones.py            # all of them, at 224 pixels; half an hour
    python tests/ci/backbones.py --quick    # the small ones, at their smallest size
    python tests/ci/backbones.py --check    # build and check all, no page; minutes
    python tests/ci/backbones.py --sizes    # the page without anything measured

Run it on an idle machine. Weights are random: they change no time. Accuracy is given
only where this machine has the weights *and* photographs to measure it on.
"""

import argparse
import time
from pathlib import Path
from statistics import median

import numpy as np

import tlkit as tk
from tlkit import speed
from tlkit.backbone import Backbone, above_cut, at_cut, cut_below, network_of
from tlkit.files import fetch
from tlkit.files.applications import WEIGHTS
from tlkit.machine import fast
from tlkit.machine.quiet import keras
from tlkit.networks import ARCHITECTURES

PAGE = Path(__file__).parents[2] / "docs" / "backbones.md"
MEASURED = """Measured on {machine}: images of {size}, float32, batches of {batch},
random weights, the median of {repeats} runs. *Training* is one step of Adam on the last
block and a new head, its inputs cached. *Accuracy* is that of a linear probe on
CIFAR-10 with {labels} labels per class, at 32 pixels."""
UNMEASURED = """Nothing has been measured yet: `python tests/ci/backbones.py` on an idle
machine fills the columns that have a dash. *Images* are the smallest and largest that a
network takes."""
SMALL = 35e6  # bytes of the weights of those that --quick takes
BATCH = 32
REPEATS = 3
LABELS = 100  # of CIFAR-10's, per class, for the accuracy of a probe
HEADER = """# Backbones

<!-- Written by `python tests/ci/backbones.py{option}`; do not edit. -->

`tk.Backbone("resnet50v2")`, or `python -m tlkit run --backbone resnet50v2`, uses a
network of [keras.applications](https://keras.io/api/applications/) that was trained on
ImageNet. Its weights are downloaded only when you ask:
`python -m tlkit fetch --backbone resnet50v2`. `python -m tlkit backbones` lists what is
on your machine. Your own file: `--weights FILE --backbone resnet50v2`, or
`tk.Backbone("FILE", architecture="resnet50v2")`.

Each network has its own preprocessing inside, and cuts between its stages, so
`unfreeze="block4"` works, and frozen stages run once. Layers below the cut run with
`training=False` in training too: batch normalisation keeps its statistics, and nothing
drops out.

{measured}

| name | parameters, millions | weights, MB | blocks | images, px | forward, images/s \
| training, ms/step | accuracy |
|---|---:|---:|---:|---:|---:|---:|---|
"""


def check(backbone: Backbone, model: keras.Model) -> None:
    """Raise AssertionError unless the network's row in the table is right."""
    network, heights = backbone.network, []
    assert network_of(model) is network, backbone.architecture
    assert model.output.shape[1] == network.channels(backbone), backbone.architecture
    for cut in network.cuts[:-1]:
        heights.append(at_cut(model, cut).output.shape[1])
        above_cut(model, cut)  # raises ValueError if a layer passes by the cut
    assert heights == sorted(heights, reverse=True), heights


def timed(call) -> float:
    """Seconds of a call: the median of some, after one that traces."""
    call()
    took = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        call()
        took.append(time.perf_counter() - started)
    return median(took)


def costs(backbone: Backbone, model: keras.Model) -> tuple[float, float]:
    """Images per second forward, and seconds of a step of the last block."""
    images = np.zeros((BATCH, backbone.size, backbone.size, 3), "float32")
    last = list(backbone.network.blocks)[-1]
    logits = keras.layers.Dense(10, dtype="float32")(model.output)
    whole = keras.Model(model.input, logits)
    cut = cut_below(last, backbone.network)
    above = above_cut(whole, cut)
    with fast.convolutions(whole):
        forward = timed(lambda: model.predict_on_batch(images))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        above.compile(fast.Adam(1e-4), loss)
        inputs = np.zeros((BATCH, *above.input.shape[1:]), "float32")
        labels = np.zeros(BATCH, "int64")
        step = timed(lambda: above.train_on_batch(inputs, labels))
    return BATCH / forward, step


def accuracy(name: str) -> str:
    """That of a probe with an interval, if weights and photographs are here."""
    if fetch.find(name) is None:
        return "not measured: weights not here"
    if fetch.find("cifar10") is None:
        return "not measured: CIFAR-10 not here"
    smallest = ARCHITECTURES[name].sizes[0]
    if smallest > 32:
        return f"not measured: it takes no less than {smallest} px"
    run = tk.linear_probe(Backbone(name), tk.load_task("cifar10", LABELS))
    return str(run.score())


def row(name: str, size: int) -> str:
    """One line of the table."""
    network = ARCHITECTURES[name]
    width = {"width": 1.0} if name == "vgg16" else {}
    size = max(size, network.sizes[0])
    backbone = Backbone(None, size=size, architecture=name, **width)
    model = backbone.build((size, size, 3))
    check(backbone, model)
    images, step = costs(backbone, model)
    cells = (
        f"`{name}`",
        f"{model.count_params() / 1e6:.1f}",
        f"{WEIGHTS[name].bytes / 1e6:.0f}",
        len(network.blocks),
        size,
        f"{images:.0f}",
        f"{1000 * step:.0f}",
        accuracy(name),
    )
    return f"| {' | '.join(map(str, cells))} |\n"


def unmeasured(name: str) -> str:
    """One line of the table with what is known without building the network."""
    network = ARCHITECTURES[name]
    sizes = "{}-{}".format(*network.sizes)
    size = f"{WEIGHTS[name].bytes / 1e6:.0f}"
    cells = (f"`{name}`", "—", size, len(network.blocks), sizes, "—", "—", "—")
    return f"| {' | '.join(map(str, cells))} |\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true", help="build and check, no page")
    parser.add_argument("--sizes", action="store_true", help="measure nothing")
    options = parser.parse_args()
    size = 32 if options.quick else 224
    small = [name for name, one in WEIGHTS.items() if one.bytes < SMALL]
    names = small if options.quick else list(WEIGHTS)
    if options.check:
        for name in names:
            network = ARCHITECTURES[name]
            backbone = Backbone(None, size=network.sizes[0], architecture=name)
            check(backbone, backbone.build((backbone.size, backbone.size, 3)))
            keras.backend.clear_session()
            print(f"{name}: {len(network.blocks)} blocks", flush=True)
        return
    measured = MEASURED.format(
        machine=speed.machine(),
        size="32 pixels, or the fewest that a network takes"
        if options.quick
        else "224",
        batch=BATCH,
        repeats=REPEATS,
        labels=LABELS,
    )
    if options.sizes:
        page = HEADER.format(option=" --sizes", measured=UNMEASURED)
        PAGE.write_text(page + "".join(map(unmeasured, names)), "utf-8")
        return
    option = " --quick" if options.quick else ""
    page = HEADER.format(option=option, measured=measured)
    for name in names:
        line = row(name, size)
        print(line, end="", flush=True)
        page += line
        keras.backend.clear_session()
    if options.quick:
        page += (
            "\nOnly the small networks: the others are measured without `--quick`.\n"
        )
    PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
