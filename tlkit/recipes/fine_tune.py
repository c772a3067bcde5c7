"""Fine-tuning: training goes on from the pretrained layers."""

from dataclasses import replace

from ..backbone import Backbone, cut_below
from ..tasks import Task
from ..training import Head, Run, Settings, train

TUNE = Settings(rate=1e-4, steps=300, min_epochs=5, batch=32)
MANY = 2_000  # images from which larger steps pay, where layers are frozen below a cut


def fine_tune(
    backbone: Backbone,
    task: Task,
    *,
    head: Head | None = None,
    unfreeze: str = "block5",
    seed: int = 0,
    **changes,
) -> Run:
    """Train the head and the blocks from `unfreeze` upwards; lower blocks stay frozen.

    The frozen blocks run once: their activations are computed before the first epoch.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        head: initial head, for example that of a probe; None: random.
        unfreeze: the lowest block to train, "block1" … "block5", or "all".
        seed: of a random head and of shuffling.
        **changes: fields of ``Settings`` to set differently from ``TUNE``. With 2,000
            images or more and frozen blocks, "batch" and "rate" are doubled and "steps"
            is halved, unless "batch" or "rate" is given: as accurate, in less time
            (docs/performance.md).

    Raises:
        ValueError: no such block.
    """
    cut = cut_below(unfreeze, backbone.network)
    if not {"batch", "rate"} & changes.keys():
        # the step size grows with the batch: Goyal et al. 2017, arXiv:1706.02677
        times = batch_of(len(task.train), unfreeze) // TUNE.batch
        larger = {
            "batch": TUNE.batch * times,
            "rate": TUNE.rate * times,
            "steps": TUNE.steps // times,
        }
        changes = {**larger, **changes}
    settings = replace(TUNE, **changes)
    return train("fine_tune", backbone, task, cut, settings, seed=seed, head=head)


def batch_of(images: int, unfreeze: str) -> int:
    """Images in a step of fine-tuning: 32, or 64 for many images above a cut.

    Args:
        images: of the training split.
        unfreeze: the lowest block that is trained, or "all".
    """
    everything = unfreeze in ("block1", "all")
    return TUNE.batch if everything or images < MANY else 2 * TUNE.batch
