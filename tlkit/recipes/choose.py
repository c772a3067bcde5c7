"""A recipe on a task that nobody tuned it for: short trials choose its settings.

Every candidate of a small grid is trained for a tenth of the recipe's steps, with a
schedule of that length. The validation splits choose two of them. These are trained at
full length, and the validation splits choose one.

This is successive halving with two rounds (Jamieson & Talwalkar 2016,
arXiv:1502.07943): what is best after a tenth of the steps need not be best in the end,
so two go on. The price is bounded by the grid: its five candidates and the two full
trainings take 2.5 times the recipe's own steps. Where early stopping ends the recipe's
own training sooner, it is more times of that.

On eight of the nine tasks of docs/untuned.md this chooses what validation would choose
if the whole grid were trained at full length.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any

import numpy as np

from ..backbone import Backbone
from ..tasks import Task
from ..training import Run, Settings
from .probe import probe_first
from .recipe import takes
from .tune import on_validation

SHARE = 10  # a trial takes the recipe's steps, divided by this
FINALISTS = 2  # candidates that are trained at full length
FACTORS = (1, 3, 10, 30)  # step sizes that are tried, as multiples of the recipe's own
LAST_BLOCK = 10  # the multiple that is tried for the last block alone
MOST = 3  # times a recipe's own steps: no choice takes more


@dataclass(frozen=True, eq=False)
class Trial:
    """How a candidate did on validation, in trainings of one length.

    Attributes:
        candidate: "rate", and "unfreeze" where the recipe has it.
        score: mean over the tasks: validation accuracy, or minus the mean absolute
            error.
        loss: mean validation loss, which decides between equal scores.
    """

    candidate: dict[str, Any]
    score: float
    loss: float

    def rank(self) -> tuple[float, float]:
        """The better trial has the higher one."""
        return self.score, -self.loss

    def in_words(self) -> str:
        """ "0.0003, all: 0.825"."""
        words = [f"{self.candidate['rate']:.2g}"]
        if "unfreeze" in self.candidate:
            words.append(self.candidate["unfreeze"])
        return f"{', '.join(words)}: {abs(self.score):.3f}"


@dataclass
class Chosen:
    """What was chosen, and from what.

    Attributes:
        trials: short ones, one for each candidate, in the order of the grid.
        finals: of the best candidates, at full length, the best trial first.
        seconds: of all trainings but those in ``runs``.
        runs: of the chosen candidate, one for each task. The seconds of each contain
            its share of ``seconds``.
    """

    trials: list[Trial] = field(default_factory=list)
    finals: list[Trial] = field(default_factory=list)
    seconds: float = 0.0
    runs: tuple[Run, ...] = ()

    @property
    def best(self) -> Trial:
        """What was chosen."""
        return max(self.finals, key=Trial.rank)

    def in_words(self) -> str:
        """What was chosen, from what, and what that cost."""
        chosen = self.best.candidate
        words = f"step size {chosen['rate']:.2g}"
        if "unfreeze" in chosen:
            words += f", trained from {chosen['unfreeze']} upwards"
            if chosen["unfreeze"] == "all":
                words = words.replace("trained from all upwards", "all layers trained")
        tried, whole = (
            "; ".join(trial.in_words() for trial in some)
            for some in (self.trials, self.finals)
        )
        return (
            f"{words}: chosen on validation, which took {self.seconds:.0f} s. Short "
            f"trials: {tried}. At full length: {whole}"
        )


def choose(
    train: Callable[..., Run],
    usual: Settings,
    backbone: Backbone,
    tasks: Sequence[Task],
    **settings,
) -> Chosen:
    """Choose a recipe's step size and depth: short trials, then two at full length.

    The grid: the recipe's own step size, 3, 10 and 30 times of it, for the layers that
    the recipe trains by itself; if it can leave blocks frozen, 10 times also for the
    last block alone. The score is the mean over all tasks, on their validation splits.
    Test splits have no influence. A probe that the recipe starts from is trained once
    for a task.

    Args:
        train: a recipe, called as ``train(backbone, task, seed=…, rate=…, …)``.
        usual: the recipe's own settings.
        backbone: the layers to start from.
        tasks: draws of one task; the seed of each is that of its training.
        **settings: other arguments of the recipe. With "rate" or "unfreeze" among them,
            that one is not chosen.

    Raises:
        ValueError: no task.
    """
    if not tasks:
        raise ValueError(
            "expected at least one task, got none: give one task for each draw of the "
            "labels"
        )
    given: list[dict[str, Any]] = [dict(settings) for _ in tasks]
    if takes(train, "start"):
        precision = settings.get("precision", "float32")
        for some, task in zip(given, tasks, strict=True):
            some["start"] = probe_first(backbone, task, task.seed, precision)

    def trained(candidate: dict, length: dict) -> tuple[Trial, list[Run], float]:
        started = time.perf_counter()
        runs = [
            train(backbone, task, seed=task.seed, **{**candidate, **length, **some})
            for some, task in zip(given, tasks, strict=True)
        ]
        scores = [on_validation(run.task, run.outputs["validation"]) for run in runs]
        # nan: the steps were so large that the numbers left their range
        score, minus = np.nan_to_num(np.mean(scores, axis=0), nan=-np.inf)
        trial = Trial(candidate, float(score), -float(minus))
        return trial, runs, time.perf_counter() - started

    found, short = Chosen(), trial_length(usual)
    for candidate in grid(train, usual, backbone, settings):
        trial, _, seconds = trained(candidate, short)
        found.trials.append(trial)
        found.seconds += seconds
    kept: list[Run] = []
    of_kept = 0.0  # seconds
    for trial in sorted(found.trials, key=Trial.rank, reverse=True)[:FINALISTS]:
        final, runs, seconds = trained(trial.candidate, {})
        found.finals.append(final)
        found.seconds += seconds
        if found.best is final:
            kept, of_kept = runs, seconds
        del runs  # models take memory
    found.seconds -= of_kept
    words, share = found.in_words(), found.seconds / len(tasks)
    found.runs = tuple(
        replace(run, seconds=run.seconds + share, notes=(*run.notes, words))
        for run in kept
    )
    return found


def trial_length(usual: Settings) -> dict[str, int]:
    """The settings that make a recipe's training a short trial."""
    return {
        "steps": -(-usual.steps // SHARE),
        "min_epochs": max(1, usual.min_epochs // SHARE),
    }


def grid(
    train: Callable[..., Run],
    usual: Settings,
    backbone: Backbone,
    settings: dict[str, Any],
) -> list[dict[str, Any]]:
    """The candidates of a recipe, its own settings first.

    Args:
        train: a recipe.
        usual: the recipe's own settings.
        backbone: gives the names of the blocks.
        settings: what is given, and so not chosen.
    """
    rates = [usual.rate * factor for factor in FACTORS]
    if "rate" in settings:
        rates = [settings["rate"]]
    if not takes(train, "unfreeze"):
        return [{"rate": rate} for rate in rates]
    own = signature(train).parameters["unfreeze"].default
    last = list(backbone.network.blocks)[-1]
    if "unfreeze" in settings:
        own = last = settings["unfreeze"]
    found = [{"rate": rate, "unfreeze": own} for rate in rates]
    if last != own:
        rate = settings.get("rate", usual.rate * LAST_BLOCK)
        found.append({"rate": rate, "unfreeze": last})
    return found
