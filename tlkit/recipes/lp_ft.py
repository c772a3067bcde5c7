"""Linear probe, then fine-tuning. Source: Kumar et al. 2022, arXiv:2202.10054."""

from dataclasses import replace

from ..backbone import Backbone
from ..tasks import Task
from ..training import Run
from . import budget as budgets
from .fine_tune import fine_tune
from .probe import Start, linear_probe, probe_first


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
        start: a probe of this task and seed, as ``probe_first`` gives it. If it is
            None, or if there is a budget, a probe is trained first.
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
    if lowest is None:
        run = linear_probe(backbone, task, seed=seed, precision=precision)
    else:
        if start is None or budget is not None:
            start = probe_first(backbone, task, seed, precision)
        tuned = fine_tune(
            backbone, task, head=start.head, unfreeze=lowest, seed=seed, **changes
        )
        run = start.before(tuned, recipe="lp_ft")
    return replace(run, notes=(*notes, *run.notes))
