"""How fast this machine is: a batch of each kind is timed, once for each network.

The results are kept in the cache. A new version of this code measures again.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from math import prod
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from .files.fetch import cache_dir
from .machine import processor
from .machine.whole import whole_file

if TYPE_CHECKING:
    from .backbone import Backbone

VGG16 = "vgg16 x 1.0 at 32 px"  # what doctor speaks of
PRECISIONS = ("float32", "bfloat16", "float16")
BATCH = 32  # images in the steps that are timed; "double" has twice as many


@dataclass(frozen=True)
class Depth:
    """What training costs from one block upwards.

    Attributes:
        step: seconds of one step of Adam on 32 images.
        double: the same on 64 images.
        start: seconds until the first step is done; most of it is tracing.
        share: these blocks' part of all multiplications, 0 to 1.
    """

    step: float
    double: float
    start: float
    share: float


@dataclass(frozen=True)
class Speed:
    """What was timed on one machine with one network.

    Attributes:
        machine: processor, instructions, cores and Keras; names no person or computer.
        network: "vgg16 x 1.0 at 32 px" and the like.
        precision: "float32", "bfloat16" or "float16".
        forward: images per second through all frozen layers.
        depths: lowest block that is trained, or "all" -> its costs.
    """

    machine: str
    network: str
    precision: str
    forward: float
    depths: dict[str, Depth]

    @property
    def training(self) -> float:
        """Images per second when all layers are trained."""
        return BATCH / self.depths["all"].step


def measure(
    backbone: "Backbone", image_shape: tuple[int, int, int], precision: str
) -> Speed:
    """Time one batch of each kind (5 to 30 seconds), or return the stored result.

    Args:
        backbone: which layers; their weights do not matter.
        image_shape: (height, width, 3).
        precision: "float32", "bfloat16" or "float16".
    """
    network = f"{backbone.architecture} x {backbone.width} at {backbone.size} px"
    if backbone.batch_norm:
        network += ", batch norm"
    about = [machine(), network, list(image_shape), precision]
    name = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:24]
    path = _folder() / f"{name}.json"
    if not path.exists():
        found = _timed(backbone.random(), image_shape, precision, network)
        with whole_file(path) as unfinished:
            unfinished.write_text(json.dumps(asdict(found)), "utf-8")
    return _read(path)


def known() -> list[Speed]:
    """Stored measurements of this machine. It is fast and measures nothing."""
    # not those that are being written: their names begin with a point
    files = sorted(_folder().glob("[!.]*.json"))
    found = [_read(path) for path in files]
    return [one for one in found if one.machine == machine()]


def precisions() -> tuple[str, ...]:
    """The precisions that may be fastest on this machine.

    float32 always; bfloat16 where the processor has instructions for it, or there is a
    GPU; float16 on a GPU.
    """
    from .machine.quiet import keras

    if any(device.startswith("gpu") for device in keras.distribution.list_devices()):
        return PRECISIONS
    return PRECISIONS[:2] if processor.has_bfloat16() else PRECISIONS[:1]


def faster_precision(backbone: "Backbone", image_shape: tuple[int, int, int]) -> str:
    """The precision in ``precisions()`` that trains fastest here, by measurement."""
    worth_timing = precisions() if backbone.network.any_precision else PRECISIONS[:1]
    if len(worth_timing) == 1:
        return worth_timing[0]

    def training(precision: str) -> float:
        return measure(backbone, image_shape, precision).training

    return max(worth_timing, key=training)


def _folder() -> Path:
    """Where this version of the code keeps what it measured."""
    here = Path(__file__).parent
    code = [(here / name).read_bytes() for name in ("speed.py", "machine/fast.py")]
    return cache_dir() / "speed" / hashlib.sha256(b"".join(code)).hexdigest()[:12]


def _read(path: Path) -> Speed:
    """A stored measurement."""
    found = json.loads(path.read_text("utf-8"))
    depths = {name: Depth(**costs) for name, costs in found.pop("depths").items()}
    return Speed(**found, depths=depths)


def machine() -> str:
    """What a measurement depends on, in words; names no person or computer."""
    gpu = os.environ.get("CUDA_VISIBLE_DEVICES", "any")
    return (
        f"{processor.name()}, {processor.in_words()}, {processor.cores()} cores, "
        f"Keras {version('keras')}, GPU {gpu}"
    )


def _timed(backbone: "Backbone", image_shape, precision: str, network: str) -> Speed:
    """Time forward passes, and training of the last block and of all layers.

    In between, the time grows with the multiplications.
    """
    import numpy as np

    from .backbone import above_cut, cut_below
    from .features import BATCH as rows
    from .features import forward
    from .machine import fast
    from .machine.quiet import keras

    shared = backbone.build(image_shape, precision)
    images = np.zeros((rows, *image_shape), "uint8")
    logits = keras.layers.Dense(10, dtype="float32")(shared.output)
    model = keras.Model(shared.input, logits)
    blocks = list(backbone.network.blocks)
    with fast.convolutions(model):
        _, seconds = first_and_later(lambda: list(forward(shared, images)))
        parts = {
            name: above_cut(model, cut_below(name, backbone.network))
            for name in ("all", *blocks)
        }
        shares = {
            name: multiply_adds(part) / multiply_adds(model)
            for name, part in parts.items()
        }
        whole = _training_costs(parts["all"], shares["all"], twice=False)
        last = _training_costs(parts[blocks[-1]], shares[blocks[-1]], twice=True)
    depths = {name: _between(last, whole, share) for name, share in shares.items()}
    return Speed(machine(), network, precision, rows / seconds, depths)


def _training_costs(network, share: float, twice: bool) -> Depth:
    """Time steps of Adam on a network.

    Args:
        network: what is trained.
        share: its part of all multiplications.
        twice: time batches of 64 too; else they count as two steps, which is right
            where the arithmetic decides.
    """
    import numpy as np

    from .machine.fast import Adam
    from .machine.quiet import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(Adam(clipnorm=1.0), loss)
    network.optimizer.build(network.trainable_variables)
    inputs = np.zeros((2 * BATCH, *network.input.shape[1:]), "float32")
    labels = np.zeros(2 * BATCH, "int64")
    once = partial(network.train_on_batch, inputs[:BATCH], labels[:BATCH])
    start, step = first_and_later(once)
    double = 2 * step
    if twice:
        _, double = first_and_later(partial(network.train_on_batch, inputs, labels))
    return Depth(step, double, start, share)


def _between(last: Depth, whole: Depth, share: float) -> Depth:
    """Costs of a depth from those of the last block and of all layers."""
    if whole.share == last.share:  # there is only one block
        return whole
    part = (share - last.share) / (whole.share - last.share)

    def mix(low: float, high: float) -> float:
        return low + part * (high - low)

    return Depth(
        step=mix(last.step, whole.step),
        double=mix(last.double, whole.double),
        start=mix(last.start, whole.start),
        share=share,
    )


def first_and_later(call: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of the first call, which traces, and the median of five more."""
    took = []
    for _ in range(6):
        started = time.perf_counter()
        call()
        took.append(time.perf_counter() - started)
    return took[0], median(took[1:])


def multiply_adds(model) -> float:
    """Multiplications in one image's forward pass; only layers with a kernel count."""
    return sum(
        layer.kernel.shape.num_elements() * prod(layer.output.shape[1:-1])
        for layer in model._flatten_layers()
        if hasattr(layer, "kernel")
    )
