"""Equal care: each recipe gets the step size that suits it, chosen on validation.

A comparison is fair if the same rule chooses for all recipes, also for the baseline.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..backbone import Backbone
from ..tasks import Task
from ..training import Run

STEP = 3  # from one step size to the next
MOST = 5  # step sizes that are tried


@dataclass(frozen=True)
class Tuned:
    """What validation has chosen among step sizes.

    Attributes:
        rate: the chosen step size.
        runs: those of the chosen step size, one for each task.
        tried: step size -> validation score in each draw: accuracy, or minus the mean
            absolute error.
    """

    rate: float
    runs: tuple[Run, ...]
    tried: dict[float, list[float]]

    def in_words(self) -> str:
        """What was chosen from what, and whether the best may lie outside."""
        means = ", ".join(
            f"{rate:g}: {abs(np.mean(found)):.3f}"
            for rate, found in sorted(self.tried.items())
        )
        words = f"step size {self.rate:g}, chosen on validation ({means})"
        if self.rate in (min(self.tried), max(self.tried)):
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
    best: tuple[Run, ...] = ()
    scores: dict[float, tuple[float, float]] = {}
    tried: dict[float, list[float]] = {}

    def attempt(rate: float | None) -> None:
        nonlocal best
        given = settings if rate is None else {**settings, "rate": rate}
        runs = tuple(train(backbone, task, seed=task.seed, **given) for task in tasks)
        used = round(runs[0].settings["rate"], 12)
        tried[used] = [_on_validation(run) for run in runs]
        loss = float(np.mean([_validation_loss(run) for run in runs]))
        scores[used] = (float(np.mean(tried[used])), -loss)
        if scores[used] == max(scores.values()):  # only the best models stay in memory
            best = runs

    attempt(start)
    first = next(iter(scores))
    attempt(round(first / STEP, 12))
    attempt(round(first * STEP, 12))
    while len(scores) < most:
        chosen = max(scores, key=scores.__getitem__)
        if chosen == min(scores):
            attempt(round(chosen / STEP, 12))
        elif chosen == max(scores):
            attempt(round(chosen * STEP, 12))
        else:
            break
    rate = max(scores, key=scores.__getitem__)
    found = Tuned(rate, best, tried)
    noted = tuple(replace(run, notes=(*run.notes, found.in_words())) for run in best)
    return replace(found, runs=noted)


def _on_validation(run: Run) -> float:
    """The higher, the better."""
    score = run.score("validation").mean
    return -score if run.task.is_regression else score


def _validation_loss(run: Run) -> float:
    """Cross-entropy of the validation split, or the mean absolute error."""
    outputs, labels = run.outputs["validation"], run.task.validation.labels
    if run.task.is_regression:
        return float(np.abs(outputs[:, 0] - labels).mean())
    logits = outputs.astype("float64")
    logits -= logits.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(logits).sum(axis=1))
    return float((log_sums - logits[np.arange(len(labels)), labels]).mean())
