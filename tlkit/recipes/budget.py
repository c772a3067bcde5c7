"""What fits into a given time, decided before training begins.

The plan uses as many images as possible, then as many blocks, then as many epochs.
"""

import re
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import speed
from ..backbone import Backbone
from ..tasks import Split, Task, in_shares
from ..training import Settings
from .fine_tune import batch_of

FEWEST, MOST = 5, 30  # epochs: fewer are not worth a deeper cut, more rarely help
MARGIN = 0.8  # share of the time that may be planned when images are chosen
# Seconds that training a probe takes on cached features: these, and more for each image
PROBE_SECONDS, PROBE_SECONDS_PER_IMAGE = 2.0, 1.5e-4


@dataclass(frozen=True)
class Plan:
    """What is done with a budget of time.

    Attributes:
        seconds: the budget.
        task: with as many training images as fit.
        unfreeze: the lowest block that is fine-tuned; None: no time for fine-tuning.
        settings: for ``fine_tune``, fields of ``Settings``.
    """

    seconds: float
    task: Task
    unfreeze: str | None
    settings: dict[str, Any]

    def in_words(self) -> str:
        """What was planned, for people."""
        first = f"{self.seconds:.0f} s: {len(self.task.train):,} images, "
        if self.unfreeze is None:
            return first + "no time for fine-tuning: the linear probe is the result"
        epochs = self.settings["min_epochs"]
        return first + f"fine-tuning of {self.unfreeze} for up to {epochs} epochs"


def as_seconds(budget: str | float) -> float:
    """Seconds of "90 s", "2 min", "1.5 h" or a plain number.

    Raises:
        ValueError: anything else.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|min|h|)", str(budget).strip())
    if not found:
        raise ValueError(
            f'budget={budget!r}: expected "90 s", "2 min", "1 h" or a number of seconds'
        )
    return float(found[1]) * {"": 1, "s": 1, "min": 60, "h": 3600}[found[2]]


def plan(
    budget: str | float, backbone: Backbone, task: Task, precision: str, seed: int
) -> Plan:
    """Plan a linear probe, fine-tuning and the final predictions. The time runs from
    now.

    Args:
        budget: "90 s", "2 min", "1 h", or seconds.
        backbone: the pretrained layers.
        task: the target task.
        precision: of the convolutions.
        seed: which images are taken if not all fit.

    Raises:
        ValueError: not a time, or too short for even a few images of each class.
    """
    ends = time.perf_counter() + as_seconds(budget)
    costs = Costs(speed.measure(backbone, task.image_shape, precision), task)
    left = max(0.0, ends - time.perf_counter())
    images = costs.images(as_seconds(budget), left)
    task = replace(task, train=some(task, images, seed))
    costs = Costs(costs.speed, task)
    unfreeze, epochs = costs.depth(left - costs.probe(images))
    settings: dict[str, Any] = {}
    if unfreeze:
        # what is left after the last epoch: the layers above the cut run once more
        after = costs.predictions
        settings = {"min_epochs": epochs, "steps": 1, "until": ends - after}
    return Plan(as_seconds(budget), task, unfreeze, settings)


def some(task: Task, images: int, seed: int) -> Split:
    """`images` training images, drawn by the seed; each class keeps its share."""
    labels = np.asarray(task.train.labels)
    if task.is_regression:
        labels = np.zeros(len(labels))
    return task.train.pick(np.sort(in_shares(labels, seed)[:images]))


@dataclass(frozen=True)
class Costs:
    """Seconds that the parts of a training take on a machine of known speed."""

    speed: speed.Speed
    task: Task

    @property
    def predictions(self) -> float:
        """Seconds of one pass over all three splits."""
        return self._seen(len(self.task.train)) / self.speed.forward

    def probe(self, images: int) -> float:
        """A linear probe on `images` training images, with their features."""
        features = self._seen(images) / self.speed.forward
        return features + PROBE_SECONDS + PROBE_SECONDS_PER_IMAGE * images

    def epoch(self, images: int, unfreeze: str) -> float:
        """One epoch of fine-tuning, validation included."""
        depth, batch = self.speed.depths[unfreeze], batch_of(images, unfreeze)
        step = depth.step if batch == speed.BATCH else depth.double
        validation = len(self.task.validation) * depth.share / self.speed.forward
        return -(-images // batch) * step + validation

    def once(self, images: int, unfreeze: str) -> float:
        """Fine-tuning without its epochs: tracing, frozen layers, the test split."""
        return (
            self._seen(images) / self.speed.forward + self.speed.depths[unfreeze].start
        )

    def _seen(self, images: int) -> int:
        """Images in all three splits, with `images` of them to train on."""
        return images + len(self.task.validation) + len(self.task.test)

    def images(self, seconds: float, left: float) -> int:
        """How many training images leave time for a probe and the cheapest fine-tuning.

        Args:
            seconds: the budget, for the message.
            left: seconds of the budget that are left.

        Raises:
            ValueError: not even a few of each class.
        """
        lowest = min(self.speed.depths, key=lambda name: self.speed.depths[name].step)

        def cost(images: int) -> float:
            tuned = FEWEST * self.epoch(images, lowest) + self.once(images, lowest)
            return self.probe(images) + tuned

        most = len(self.task.train)
        few = min(most, 4 * max(1, len(self.task.classes)))
        if cost(few) > left:
            least = seconds - left + cost(few)
            raise ValueError(
                f"budget of {seconds:.0f} s: expected at least {least:.0f} s. The "
                f"{len(self.task.test):,} test and the validation pictures take time, "
                "too. Give more time, or fewer test pictures"
            )
        while most > few and cost(most) > MARGIN * left:
            most = max(few, most * 9 // 10)
        return most

    def depth(self, left: float) -> tuple[str | None, int]:
        """The deepest cut that leaves time for enough epochs, and how many then fit."""
        images = len(self.task.train)
        depths = self.speed.depths
        ranked = sorted(depths, key=lambda name: depths[name].share, reverse=True)
        for unfreeze in ranked:  # deepest first
            spare = left - self.once(images, unfreeze)
            epochs = min(MOST, int(spare / self.epoch(images, unfreeze)))
            shallowest = unfreeze == ranked[-1]
            if epochs >= FEWEST or (shallowest and epochs >= 1):
                return unfreeze, epochs
        return None, 0


def training(settings: Settings, costs: Costs, lowest: str) -> float:
    """Seconds of a training from a block upwards, with all its epochs.

    Args:
        settings: what it trains with.
        costs: what trainings cost here.
        lowest: the lowest block that is trained, or "all".
    """
    images = len(costs.task.train)
    steps = settings.epoch_steps or -(-images // settings.batch)
    epochs = max(settings.min_epochs, -(-settings.steps // steps))
    passes = epochs * steps * settings.batch / images
    return passes * costs.epoch(images, lowest) + costs.once(images, lowest)
