"""How fast this machine is, and what fits into a given time.

Nothing is concluded from a processor's name: a batch of each kind is timed, once for each machine and network, and
what was found is kept in the cache. A learner with two minutes then gets the best use of two minutes.
"""

import hashlib
import json
import os
import platform
import re
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from math import prod
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import psutil

from .files.fetch import cache_dir

if TYPE_CHECKING:
    from .backbone import Backbone
    from .tasks import Split, Task

VGG16 = "vgg16 x 1.0 at 32 px"  # what doctor speaks of
PRECISIONS = ("float32", "bfloat16", "float16")
BATCH = 32  # images in a step of fine-tuning
MANY = 2_000  # from so many on, twice as many above a cut: as accurate, and fewer steps move all those weights
FEWEST, MOST = (
    5,
    30,
)  # epochs of fine-tuning: fewer are not worth a deeper cut, more rarely help
MARGIN = 0.8  # of the time is planned for when images are chosen, before anything was seen to run
PROBE = (
    2.0,
    1.5e-4,
)  # seconds that a probe's training takes: at least, and for each image


@dataclass(frozen=True)
class Speed:
    """What was timed on one machine with one network.

    Attributes:
        machine: processor, cores and Keras; names no person and no computer.
        network: "vgg16 x 1.0 at 32 px" and the like.
        precision: "float32", "bfloat16" or "float16".
        forward: images per second through all frozen layers.
        step: lowest block that is trained -> seconds of one step of Adam on 32 images.
        double: the same on 64 images.
        start: the same -> seconds until the first step is done, for the most part tracing.
        share: the same -> its and the higher blocks' part of all multiply-adds, 0 to 1.
    """

    machine: str
    network: str
    precision: str
    forward: float
    step: dict[str, float]
    double: dict[str, float]
    start: dict[str, float]
    share: dict[str, float]

    @property
    def training(self) -> float:
        """Images per second when all layers are trained."""
        return BATCH / self.step["all"]


def measure(
    backbone: "Backbone", image_shape: tuple[int, int, int], precision: str
) -> Speed:
    """Time one batch of each kind, or return what was found when this was last asked here; 5 to 20 seconds.

    Args:
        backbone: which layers; their weights do not matter.
        image_shape: (height, width, 3).
        precision: "float32", "bfloat16" or "float16".
    """
    network = (
        f"{backbone.layout} x {backbone.width} at {backbone.size} px"
        + ", batch norm" * backbone.batch_norm
    )
    about = [_machine(), network, list(image_shape), precision]
    path = (
        _folder()
        / f"{hashlib.sha256(json.dumps(about).encode()).hexdigest()[:24]}.json"
    )
    if not path.exists():
        found = asdict(_timed(backbone.random(), image_shape, precision, network))
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, delete=False, encoding="utf-8"
        ) as half:
            json.dump(found, half)
        os.replace(half.name, path)
    return _read(path)


def known() -> list[Speed]:
    """What has been measured on this machine; light, and measures nothing."""
    found = [_read(path) for path in sorted(_folder().glob("*.json"))]
    return [one for one in found if one.machine == _machine()]


def precisions() -> tuple[str, ...]:
    """Which are worth timing here: on a processor "float32" and "bfloat16", on a GPU "float16" too."""
    from .machine.quiet import keras

    gpu = any(device.startswith("gpu") for device in keras.distribution.list_devices())
    return PRECISIONS if gpu else PRECISIONS[:2]


def faster_precision(backbone: "Backbone", image_shape: tuple[int, int, int]) -> str:
    """The one of ``precisions()`` that training is fastest in on this machine: measured."""
    if backbone.layout != "vgg16":
        return "float32"  # the only one that it is built in
    return max(
        precisions(),
        key=lambda precision: measure(backbone, image_shape, precision).training,
    )


def batch(images: int, lowest: str) -> int:
    """How many images a step of fine-tuning takes: 32, or 64 for many images where layers are frozen below a cut.

    Args:
        images: of the training split.
        lowest: the lowest block that is trained, or "all".
    """
    return 2 * BATCH if images >= MANY and lowest not in ("block1", "all") else BATCH


def _folder() -> Path:
    """Of what the code that is here has measured: an older or newer one may be slower or faster."""
    code = b"".join(
        (Path(__file__).parent / name).read_bytes()
        for name in ("speed.py", "machine/fast.py")
    )
    return cache_dir() / "speed" / hashlib.sha256(code).hexdigest()[:12]


def _read(path: Path) -> Speed:
    return Speed(**json.loads(path.read_text("utf-8")))


def _machine() -> str:
    """What must stay the same for a measurement to hold; names no person and no computer."""
    cpu = Path("/proc/cpuinfo")
    names = (
        re.findall(r"model name\s*: (.*)", cpu.read_text("utf-8"))
        if cpu.exists()
        else []
    )
    cores = (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count()
    )
    gpu = os.environ.get("CUDA_VISIBLE_DEVICES", "any")
    return f"{[*names, platform.processor()][0]}, {cores} cores, Keras {version('keras')}, GPU {gpu}"


def _timed(backbone: "Backbone", image_shape, precision: str, network: str) -> Speed:
    import numpy as np

    from .backbone import BLOCKS, above_cut, cut_below
    from .features import BATCH as rows
    from .features import forward
    from .machine.fast import Adam
    from .machine.quiet import keras

    shared = backbone.build(image_shape, precision)
    images = np.zeros((rows, *image_shape), "uint8")
    seconds = first_and_later(lambda: list(forward(shared, images)))[1]
    model = keras.Model(
        shared.input, keras.layers.Dense(10, dtype="float32")(shared.output)
    )
    step, double, start, share = {}, {}, {}, {}
    lowest = ("block5", "all") if backbone.layout == "vgg16" else ("all",)
    for name in ("all", *BLOCKS) if backbone.layout == "vgg16" else lowest:
        above = above_cut(model, cut_below(name))
        share[name] = multiply_adds(above) / multiply_adds(model)
        if name not in lowest:
            continue
        above.compile(
            Adam(clipnorm=1.0),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        above.optimizer.build(above.trainable_variables)
        inputs, labels = (
            np.zeros((2 * BATCH, *above.input.shape[1:]), "float32"),
            np.zeros(2 * BATCH, "int64"),
        )
        start[name], step[name] = first_and_later(
            partial(above.train_on_batch, inputs[:BATCH], labels[:BATCH])
        )
        double[name] = 2 * step[name]  # of all layers, where the arithmetic decides
        if name != "all":
            double[name] = first_and_later(
                partial(above.train_on_batch, inputs, labels)
            )[1]
    for name in (
        share.keys() - step.keys()
    ):  # in between the time grows with the multiply-adds
        part = (share[name] - share["block5"]) / (1 - share["block5"])
        for at in (step, double, start):
            at[name] = at["block5"] + part * (at["all"] - at["block5"])
    return Speed(
        _machine(), network, precision, rows / seconds, step, double, start, share
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
    """Multiplications of one image's forward pass; layers without a kernel count as free."""
    return sum(layer.kernel.shape.num_elements() * prod(layer.output.shape[1:-1])
               for layer in model._flatten_layers() if hasattr(layer, "kernel"))  # fmt: skip


def as_seconds(budget: str | float) -> float:
    """Seconds of "90 s", "2 min", "1.5 h" or a plain number. Raises ValueError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|min|h|)", str(budget).strip())
    if not found:
        raise ValueError(
            f'budget={budget!r}: expected "90 s", "2 min", "1 h" or a number of seconds'
        )
    return float(found[1]) * {"": 1, "s": 1, "min": 60, "h": 3600}[found[2]]


class Budget:
    """A time for linear probe, fine-tuning and the final predictions together, and what is done with it.

    Args:
        budget: "90 s", "2 min", "1 h", or seconds. The time runs from now.
        backbone, image_shape, precision: as for ``measure``.
    """

    def __init__(
        self,
        budget: str | float,
        backbone: "Backbone",
        image_shape: tuple[int, int, int],
        precision: str,
    ):
        self.started, self.seconds = time.perf_counter(), as_seconds(budget)
        self.speed = measure(backbone, image_shape, precision)

    @property
    def left(self) -> float:
        """Seconds that are left, at least 0."""
        return max(0.0, self.seconds - (time.perf_counter() - self.started))

    def _probe(self, task: "Task", images: int) -> float:
        seen = images + len(task.validation) + len(task.test)
        return seen / self.speed.forward + PROBE[0] + PROBE[1] * images

    def _tune(
        self, task: "Task", images: int, lowest: str, epochs: int
    ) -> tuple[float, float]:
        """Seconds of fine-tuning: of the epochs, and of what comes before and after them."""
        speed, share = self.speed, self.speed.share[lowest]
        held_out, seen = (
            len(task.validation),
            images + len(task.validation) + len(task.test),
        )
        size = batch(images, lowest)
        step = (speed.step if size == BATCH else speed.double)[lowest]
        epoch = -(-images // size) * step + held_out * share / speed.forward
        once = (
            seen / speed.forward
        )  # the layers below the cut before the epochs, those above it after them
        return epochs * epoch, once + speed.start[lowest]

    def some(self, task: "Task", seed: int) -> "Split":
        """As many training images as fit, drawn by the seed; each class has the share that it has in all."""
        import numpy as np

        order = np.random.default_rng(seed).permutation(len(task.train))
        kinds = (
            np.zeros(len(order))
            if task.is_regression
            else np.asarray(task.train.labels)[order]
        )
        place = np.zeros(
            len(order)
        )  # of each image in the row of its class: 0 is the first, 1 the last
        for kind in np.unique(kinds):
            place[kinds == kind] = np.linspace(0, 1, (kinds == kind).sum())
        return task.train.pick(
            np.sort(order[np.argsort(place, kind="stable")[: self.images(task)]])
        )

    def images(self, task: "Task") -> int:
        """How many training images fit: all, if a probe and the fewest epochs of the cheapest fine-tuning do.

        Raises:
            ValueError: not even a few images of each class would fit.
        """
        lowest = min(self.speed.step, key=self.speed.step.__getitem__)

        def cost(images: int) -> float:
            return self._probe(task, images) + sum(
                self._tune(task, images, lowest, FEWEST)
            )

        few, most = min(len(task.train), 4 * max(1, len(task.classes))), len(task.train)
        if cost(few) > self.left:
            least = self.seconds - self.left + cost(few)
            raise ValueError(
                f"budget of {self.seconds:.0f} s: expected at least {least:.0f} s, for the {len(task.test):,} test "
                "and the validation pictures must be run too. Give more time, or fewer test pictures"
            )
        while most > few and cost(most) > MARGIN * self.left:
            most = max(few, most * 9 // 10)
        return most

    def plan(self, task: "Task") -> dict[str, Any]:
        """After the probe: the deepest cut that leaves time for enough epochs, and as many epochs as then fit.

        Returns:
            "unfreeze", "min_epochs", "steps" and "seconds" for ``fine_tune``; empty if no time is left for it.
        """
        n, depths = (
            len(task.train),
            sorted(self.speed.step, key=self.speed.share.__getitem__),
        )
        for lowest in depths[::-1]:  # deepest first
            epoch, once = self._tune(task, n, lowest, 1)
            epochs = min(MOST, int((self.left - once) / epoch))
            if epochs >= FEWEST or (lowest == depths[0] and epochs >= 1):
                seconds = self.left - (once - self.speed.start[lowest])
                return {
                    "unfreeze": lowest,
                    "min_epochs": epochs,
                    "steps": 1,
                    "seconds": seconds,
                }
        return {}


def in_words(plan: dict[str, Any]) -> str:
    """What ``Budget.plan`` chose, for people."""
    if not plan:
        return "no time for fine-tuning: the linear probe is the result"
    return f"fine-tuning of {plan['unfreeze']} for up to {plan['min_epochs']} epochs"


class Watch:
    """Seconds, and the largest resident memory of this process, sampled every 20 ms."""

    def __enter__(self):
        self.started, self.peak_mb, self._done = (
            time.perf_counter(),
            0.0,
            threading.Event(),
        )
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def _sample(self):
        process = psutil.Process()
        while True:
            self.peak_mb = max(self.peak_mb, process.memory_info().rss / 1e6)
            if self._done.wait(0.02):
                return

    def __exit__(self, *_):
        self.seconds = time.perf_counter() - self.started
        self._done.set()
        self._thread.join()
