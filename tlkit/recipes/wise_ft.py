"""WiSE-FT. Source: Wortsman et al. 2022, https://arxiv.org/abs/2109.01903."""

import numpy as np

from ..backbone import Backbone
from ..features import predict
from ..machine import fast
from ..machine.memory import leaving_nothing
from ..machine.quiet import keras
from ..machine.watch import Watch
from ..tasks import Task
from ..training import Run, head_of
from .fine_tune import fine_tune
from .probe import Start, linear_probe
from .tune import on_validation

SHARES = tuple(round(0.1 * tenths, 1) for tenths in range(11))


@leaving_nothing()
def wise_ft(backbone: Backbone, task: Task, *, seed: int = 0, **changes) -> Run:
    """Average the weights of a linear probe and of the network fine-tuned from it.

    Each weight becomes (1 − α) · probe + α · fine-tuned, for α = 0, 0.1, … 1: the
    validation split chooses α. The two networks are the ends of a line. A point between
    them may be better than both ends, above all on pictures that differ from those of
    the training.

    The source averages a network that needs no labels (CLIP) with its fine-tuned form.
    Here the probe takes the place of the first one.

    Args:
        backbone: the pretrained layers.
        task: the target task.
        seed: of shuffling.
        **changes: fields of ``Settings`` to set differently from ``TUNE``.
    """
    precision = changes.get("precision", "float32")
    probe = linear_probe(backbone, task, seed=seed, precision=precision)
    start, first = Start.of(probe), probe.model.get_weights()
    del probe  # its model goes before the next one is built
    run = fine_tune(
        backbone, task, head=start.head, unfreeze="all", seed=seed, **changes
    )
    assert run.head is not None
    last = run.model.get_weights()
    with fast.convolutions(run.model):
        network = keras.Model(run.model.input, run.model.output)
        with Watch() as watch:
            scores = along(network, first, last, task)
            chosen = max(scores, key=scores.__getitem__)
            average(network, first, last, chosen)
        outputs = {
            name: predict(network, split.images)
            for name, split in task.splits().items()
        }
    note = (
        f"share of the fine-tuned weights {chosen}, chosen on validation "
        f"({abs(scores[chosen][0]):.3f}; probe {abs(scores[0.0][0]):.3f}, "
        f"fine-tuned {abs(scores[1.0][0]):.3f})"
    )
    return start.before(
        run,
        recipe="wise_ft",
        head=head_of(run.model, run.head),
        seconds=start.seconds + run.seconds + watch.seconds,
        peak_memory_mb=max(start.peak_memory_mb, run.peak_memory_mb, watch.peak_mb),
        settings={**run.settings, "share": chosen},
        outputs=outputs,
        notes=(*start.notes, *run.notes, note),
    )


def along(
    network: keras.Model, first: list[np.ndarray], last: list[np.ndarray], task: Task
) -> dict[float, tuple[float, float]]:
    """Share of the last weights -> score on validation, as ``on_validation`` gives it.

    Args:
        network: it gets the weights of each share in turn.
        first, last: as of ``average``.
        task: the target task.
    """
    scores = {}
    for share in SHARES:
        average(network, first, last, share)
        scores[share] = on_validation(task, predict(network, task.validation.images))
    return scores


def average(
    network: keras.Model,
    first: list[np.ndarray],
    last: list[np.ndarray],
    share: float,
) -> None:
    """Give a network the weights between two sets of weights of the same layers.

    Args:
        network: it gets them.
        first: its weights where `share` is 0, in the order of ``network.weights``.
        last: its weights where `share` is 1.
        share: of the last ones, 0-1.
    """
    for variable, one, other in zip(network.weights, first, last, strict=True):
        # exact at both ends, and whole numbers stay whole
        same = np.array_equal(one, other)
        variable.assign(one if same else (1 - share) * one + share * other)
