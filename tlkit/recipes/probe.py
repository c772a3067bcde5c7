"""The linear probe. Source: Alain & Bengio 2016, https://arxiv.org/abs/1610.01644."""

from dataclasses import replace
from typing import NamedTuple

from ..backbone import Backbone
from ..features import MANY
from ..tasks import Task
from ..training import Head, Run, Settings, train

PROBE = Settings(rate=3e-3, steps=300, min_epochs=15, batch=128, mirror=False)


def linear_probe(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """All shared layers frozen; only a linear head is trained, on cached features.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        seed: of shuffling.
        **changes: fields of ``Settings`` to set differently from ``PROBE``. If "batch"
            is not given, it is doubled for 5,000 images or more: as accurate, in two
            thirds of the time (docs/performance.md).
    """
    if len(task.train) >= MANY:
        changes = {"batch": 2 * PROBE.batch, **changes}
    settings = replace(PROBE, **changes)
    return train("probe", backbone, task, "features", settings, seed=seed)


class Start(NamedTuple):
    """What is left of a probe for a training that starts from its head."""

    head: Head
    seconds: float
    peak_memory_mb: float
    notes: tuple[str, ...]

    def before(self, run: Run, **changes) -> Run:
        """The run that came after, with the probe's costs and notes added to it.

        Args:
            run: the training that started from this head.
            **changes: fields of ``Run`` to set differently.
        """
        costs = {
            "seconds": self.seconds + run.seconds,
            "peak_memory_mb": max(self.peak_memory_mb, run.peak_memory_mb),
            "notes": (*self.notes, *run.notes),
        }
        return replace(run, **{**costs, **changes})


def probe_first(backbone: Backbone, task: Task, seed: int, precision: str) -> Start:
    """Train a linear probe and keep its head; its model goes before the next is built.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        seed: of shuffling.
        precision: of the convolutions.
    """
    run = linear_probe(backbone, task, seed=seed, precision=precision)
    assert run.head is not None
    return Start(run.head, run.seconds, run.peak_memory_mb, run.notes)
