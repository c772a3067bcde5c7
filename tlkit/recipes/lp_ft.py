"""Linear probe, then fine-tuning. Source: Kumar et al. 2022, arXiv:2202.10054."""

from dataclasses import replace

from ..backbone import Backbone
from ..tasks import Task
from ..training import Run
from . import budget as budgets
from .fine_tune import fine_tune
from .probe import Start, linear_probe


def lp_ft(
    backbone: Backbone,
    task: Task,
    *,
    unfreeze: str = "all",
    budget: str | float | None = None,
    start: Start | None = None,
    seed: int = 0,
    **changes,
) -> Run:
    """Fine-tuning that starts from the head of a linear probe.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        unfreeze: the lowest block to train, "block1" … "block5", or "all".
        budget: "90 s", "2 min", "1 h" or seconds for the whole call. Before training,
            images, blocks and epochs are planned from this machine's measured speed.
            The run's `notes` describe the plan. If no time is left for fine-tuning, the
            result is the run of the probe.
        start: what is left of a probe of this task and seed (``probe_first``); None,
            or with a budget: it is trained first.
        seed: of shuffling.
        **changes: fields of ``Settings`` to set differently from ``TUNE``.

    Raises:
        ValueError: no such block; a budget that is not a time or too short for a probe.
    """
    precision = changes.get("precision", "float32")
    notes: tuple[str, ...] = ()
    lowest: str | None = unfreeze
    if budget is not None:
        plan = budgets.plan(budget, backbone, task, precision, seed)
        task, lowest = plan.task, plan.unfreeze
        changes = {**changes, **plan.settings}
        notes = (plan.in_words(),)
    if start is not None and budget is None:
        run = fine_tune(
            backbone, task, head=start.head, unfreeze=unfreeze, seed=seed, **changes
        )
        return start.before(run, recipe="lp_ft")
    probe = linear_probe(backbone, task, seed=seed, precision=precision)
    if lowest is None:
        return replace(probe, notes=(*notes, *probe.notes))
    run = fine_tune(
        backbone, task, head=probe.head, unfreeze=lowest, seed=seed, **changes
    )
    return replace(
        run,
        recipe="lp_ft",
        seconds=probe.seconds + run.seconds,
        peak_memory_mb=max(probe.peak_memory_mb, run.peak_memory_mb),
        notes=(*notes, *probe.notes, *run.notes),
    )
