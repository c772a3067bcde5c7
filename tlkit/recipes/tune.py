"""Equal care: each recipe gets the step size that suits it, chosen on validation.

A comparison is fair if the same rule chooses for all recipes, also for the baseline.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..backbone import Backbone
from ..machine.quiet import keras
from ..tasks import Task
from ..training import Run

STEP = 3  # from one step size to the next
MOST = 5  # step sizes that are tried


@dataclass
class Tuned:
    """What validation has chosen among step sizes.

    Attributes:
        runs: those of the chosen step size, one for each task.
        tried: step size -> validation score in each draw: accuracy, or minus the mean
            absolute error.
        losses: step size -> mean validation loss, which decides between equal scores.
    """

    runs: tuple[Run, ...] = ()
    tried: dict[float, list[float]] = field(default_factory=dict)
    losses: dict[float, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """The chosen step size."""
        return max(
            self.tried, key=lambda rate: (np.mean(self.tried[rate]), -self.losses[rate])
        )

    def add(self, runs: tuple[Run, ...]) -> None:
        """Note how one step size did; keep its models if it is the best so far."""
        rate = runs[0].settings["rate"]
        found = [on_validation(run.task, run.outputs["validation"]) for run in runs]
        self.tried[rate] = [score for score, _ in found]
        self.losses[rate] = -float(np.mean([minus for _, minus in found]))
        if self.rate == rate:
            self.runs = runs

    def next(self) -> float | None:
        """The step size beyond the best one, if that lies at the edge; else None."""
        if self.rate == min(self.tried):
            return self.rate / STEP
        return self.rate * STEP if self.rate == max(self.tried) else None

    def in_words(self) -> str:
        """What was chosen from what, and whether the best may lie outside."""
        means = ", ".join(
            f"{rate:.2g}: {abs(np.mean(found)):.3f}"
            for rate, found in sorted(self.tried.items())
        )
        words = f"step size {self.rate:.2g}, chosen on validation ({means})"
        if self.next() is not None:
            words += (
                ". It lies at the edge of what was tried: a better one may lie outside"
            )
        return words


def tune(
    train: Callable[..., Run],
    backbone: Backbone,
    tasks: Sequence[Task],
    *,
    start: float | None = None,
    most: int = MOST,
    **settings,
) -> Tuned:
    """Train a recipe with several step sizes; the validation splits choose one.

    First come the recipe's own step size, a third of it, and three times it. If the
    smallest or the largest is best, the next one beyond it is tried, too, and so on.
    The score is the mean over all tasks; between equal scores the validation loss
    decides. Test splits have no influence.

    Args:
        train: a recipe, called as ``train(backbone, task, seed=…, rate=…)``.
        backbone: the pretrained layers.
        tasks: draws of one task; the seed of each is that of its training.
        start: the first step size; None: the one that the recipe takes for these tasks.
        most: step sizes to try, at least 3. Each costs one training per task.
        **settings: other arguments of the recipe.

    Raises:
        ValueError: no task, or fewer than three step sizes.
    """
    if not tasks or most < 3:
        raise ValueError(
            f"expected tasks and at least 3 step sizes, got {len(tasks)} and {most}: "
            "give one task for each draw of the labels"
        )

    def trained(rate: float | None) -> tuple[Run, ...]:
        given = settings if rate is None else {**settings, "rate": rate}
        return tuple(train(backbone, task, seed=task.seed, **given) for task in tasks)

    found = Tuned()
    found.add(trained(start))
    first = found.rate
    for rate in (first / STEP, first * STEP):
        found.add(trained(rate))
    while len(found.tried) < most and (beyond := found.next()) is not None:
        found.add(trained(beyond))
    words = found.in_words()
    found.runs = tuple(replace(run, notes=(*run.notes, words)) for run in found.runs)
    return found


def on_validation(task: Task, outputs: np.ndarray) -> tuple[float, float]:
    """Score and minus the loss on the validation split: the higher, the better.

    Args:
        task: gives the validation labels.
        outputs: float32 (n, classes) logits, or (n, 1) numbers, for the n images.

    Returns:
        accuracy and minus the cross-entropy; for a number, twice minus the mean
        absolute error.
    """
    labels = np.asarray(task.validation.labels)
    if task.is_regression:
        error = float(np.abs(outputs[:, 0] - labels).mean())
        return -error, -error
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    right = outputs.argmax(axis=1) == labels
    return float(right.mean()), -float(loss(labels, outputs))
