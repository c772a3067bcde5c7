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
    """What is left of an earlier run, without its model, which takes memory."""

    head: Head | None
    seconds: float
    peak_memory_mb: float
    notes: tuple[str, ...]

    @classmethod
    def of(cls, run: Run) -> "Start":
        """What a later training needs of a run."""
        return cls(run.head, run.seconds, run.peak_memory_mb, run.notes)

    def before(self, run: Run, **changes) -> Run:
        """The run that came after, with the earlier one's costs and notes added to it.

        Args:
            run: the training that came after.
            **changes: fields of ``Run`` to set differently.
        """
        costs = {
            "seconds": self.seconds + run.seconds,
            "peak_memory_mb": max(self.peak_memory_mb, run.peak_memory_mb),
            "notes": (*self.notes, *run.notes),
        }
        return replace(run, **{**costs, **changes})


def probe_first(backbone: Backbone, task: Task, seed: int, precision: str) -> Start:
    """Train a linear probe and keep its head, but not its model, which takes memory.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        seed: of shuffling.
        precision: of the convolutions.
    """
    return Start.of(linear_probe(backbone, task, seed=seed, precision=precision))


def train_from_probe(
    recipe: str,
    backbone: Backbone,
    task: Task,
    settings: Settings,
    *,
    seed: int,
    cut: str = "image",
    **how,
) -> Run:
    """A linear probe, then a training that starts from its head.

    Args:
        recipe: name of the recipe.
        backbone: the pretrained layers.
        task: the target task.
        settings: of the training; the probe shares only its precision.
        seed: of shuffling, in both.
        cut: layers below it are frozen in the training; "image": none.
        **how: other arguments of ``train``.

    Returns:
        the training's run; its seconds, memory and notes are those of both.
    """
    start = probe_first(backbone, task, seed, settings.precision)
    run = train(
        recipe, backbone, task, cut, settings, seed=seed, head=start.head, **how
    )
    return start.before(run)
