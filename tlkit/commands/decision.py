"""What to do after a comparison of recipes: which one to take, why, and what next.

Two recipes are compared, and both are chosen on the validation split: the best one, and
the best of those that train in less time. So the test split answers one question only,
and its interval needs no correction for several comparisons.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .. import evaluate, pixels, plots
from ..recipes import RECIPES
from ..tasks import Task
from ..training import Run

SHOWN = 0.05  # a class is called worse if the corrected p-value is below
NAMED = 3  # classes that a sentence names
STEPS = 4  # next steps at most
SMALL = pixels.ADVISED  # pixels: pictures of one's own may show more at this size


@dataclass(frozen=True)
class Decision:
    """Which recipe to take, and what that rests on.

    Attributes:
        take: the recipe.
        ahead: the recipe with the best validation score.
        rival: the best on validation of the recipes that train in less time than
            `ahead`; of all others if none does; None: there is no other.
        gain: how much better `ahead` was than `rival` on the same test pictures, with
            its 95 % interval; above 0 is better, for errors too. None: no rival, or no
            seed that both have.
        kind: "better", "alike", "worse" (than the cheaper one), "cheapest", "alone", or
            "guess" (nothing is shown to be better than guessing).
        sentence: the decision and its reason.
        cost: what it costs, in a sentence; empty if there is no rival.
        next_steps: what to do now, each in a sentence or two.
    """

    take: str
    ahead: str
    rival: str | None
    gain: evaluate.Interval | None
    kind: str
    sentence: str
    cost: str
    next_steps: tuple[str, ...]


def decide(runs: Mapping[str, Sequence[Run]], pair: str = "custom") -> Decision:
    """Choose between the best recipe and the best of the cheaper ones.

    Args:
        runs: recipe -> its Runs, one for each seed.
        pair: "embedded", "real" or "custom". Larger pictures are advised where the
            files have more pixels than were used, and for other pictures of one's own.
    """
    ahead = best(runs)
    rival, is_cheaper = _rival(runs, ahead)
    gain = None
    if rival is not None:
        gain = difference(runs, ahead, rival)
        if gain is not None and task_of(runs).is_regression:
            gain = evaluate.Interval(-gain.mean, -gain.high, -gain.low)
    kind = _kind(gain, is_cheaper)
    take = ahead
    if rival is not None and kind in ("alike", "worse"):
        take = rival
    if not _beats_guessing(runs, take):
        kind = "guess"
    return Decision(
        take=take,
        ahead=ahead,
        rival=rival,
        gain=gain,
        kind=kind,
        sentence=_sentence(runs, kind, take, ahead, rival, gain),
        cost=_cost(runs, take, ahead if take == rival else rival),
        next_steps=_next_steps(runs, take, pair),
    )


def best(runs: Mapping[str, Sequence[Run]]) -> str:
    """The recipe with the best validation score; the test split is not used."""
    scores = {
        name: float(np.mean([run.score("validation").mean for run in some]))
        for name, some in runs.items()
    }
    choose = min if task_of(runs).is_regression else max
    return choose(scores, key=scores.__getitem__)


def difference(
    runs: Mapping[str, Sequence[Run]], one: str, other: str
) -> evaluate.Interval | None:
    """Test score of one recipe minus that of another, on the same images and seeds.

    Args:
        runs: recipe -> its Runs.
        one, other: names of recipes.

    Returns:
        The mean difference with its 95 % interval; None if no seed has both.
    """
    theirs = {run.seed: run for run in runs[other]}
    pairs = [(run, theirs[run.seed]) for run in runs[one] if run.seed in theirs]
    if not pairs:
        return None
    return evaluate.paired_difference(
        np.stack([mine.marks() for mine, _ in pairs]),
        np.stack([other.marks() for _, other in pairs]),
    )


def seconds(runs: Sequence[Run]) -> float:
    """Mean seconds that one training of a recipe took."""
    return float(np.mean([run.seconds for run in runs]))


def spoken(name: str) -> str:
    """A recipe's name as people say it."""
    return RECIPES[name].label


def weak_classes(runs: Sequence[Run]) -> list[str]:
    """Classes whose test pictures are named correctly less often than all others.

    Each class is compared with the rest by Fisher's exact test (one-sided), on the
    pictures of the test split, of which the majority of the runs decides; the p-values
    are corrected for the number of classes (`evaluate.holm`).

    Args:
        runs: of one recipe, of a task with classes.

    Returns:
        names, the worst first.
    """
    from scipy.stats import fisher_exact

    task, labels = runs[0].task, np.asarray(runs[0].task.test.labels)
    right = np.mean([run.correct() for run in runs], axis=0) > 0.5
    found, recall = {}, {}
    for label, name in enumerate(task.classes):
        mine, others = right[labels == label], right[labels != label]
        if len(mine) and len(others):
            counts = [[mine.sum(), (~mine).sum()], [others.sum(), (~others).sum()]]
            found[name] = float(fisher_exact(counts, alternative="less").pvalue)
            recall[name] = float(mine.mean())
    worse = [name for name, p in evaluate.holm(found).items() if p < SHOWN]
    return sorted(worse, key=recall.__getitem__)


def task_of(runs: Mapping[str, Sequence[Run]]) -> Task:
    """The task; those of all runs differ in their labels only."""
    return next(iter(runs.values()))[0].task


def _rival(runs: Mapping[str, Sequence[Run]], ahead: str) -> tuple[str | None, bool]:
    """The best on validation of the cheaper recipes, else of all others; and whether it
    is cheaper.
    """
    price = {name: seconds(some) for name, some in runs.items()}
    cheaper = {name: runs[name] for name in runs if price[name] < price[ahead]}
    others = {name: runs[name] for name in runs if name != ahead}
    if cheaper:
        return best(cheaper), True
    return (best(others), False) if others else (None, False)


def _kind(gain: evaluate.Interval | None, is_cheaper: bool) -> str:
    """What the comparison shows, as ``Decision.kind`` names it."""
    if gain is None:
        return "alone"
    if not is_cheaper:
        return "cheapest"
    if not gain.excludes(0):
        return "alike"
    return "better" if gain.mean > 0 else "worse"


def _beats_guessing(runs: Mapping[str, Sequence[Run]], name: str) -> bool:
    """Whether the whole interval of a recipe's test score is better than guessing."""
    found, (guess, _) = plots.score(runs[name]), plots.guessing(task_of(runs))
    return found.high < guess if task_of(runs).is_regression else found.low > guess


def _sentence(runs, kind: str, take: str, ahead: str, rival, gain) -> str:
    """The decision and its reason; arguments as the attributes of ``Decision``."""
    task, ours = task_of(runs), _quoted(take)
    measure = "mean absolute error" if task.is_regression else "accuracy"
    score = plots.score(runs[take])
    if kind == "guess":
        guess = plots.guessing(task)[0]
        return (
            f"Use none of them yet: {ours}, the one to go on with, is not shown to be "
            f"better than guessing ({measure} {score}; guessing {guess:.3f})."
        )
    if kind == "alone":
        return (
            f"Take {ours} ({measure} {score}). No other recipe was run on the same "
            "pictures, so nothing tells whether a cheaper one would do."
        )
    by = f"{abs(gain.mean):.3f}"
    between = f"95 % interval {gain.low:+.3f} to {gain.high:+.3f}"
    if kind == "better":
        more = "smaller" if task.is_regression else "higher"
        return (
            f"Take {ours}: on new pictures, its {measure} is {by} {more} ({between}) "
            f"than that of {_quoted(rival)}, the best of the cheaper recipes."
        )
    if kind == "alike":
        return (
            f"Take {ours}, which is cheaper: on new pictures it cannot be told apart "
            f"from {_quoted(ahead)} (gain {gain.mean:+.3f}, {between})."
        )
    if kind == "worse":
        return (
            f"Take {ours}, which is cheaper and, on new pictures, better: "
            f"{_quoted(ahead)} was ahead on validation only (gain {gain.mean:+.3f}, "
            f"{between})."
        )
    words = (
        f"Take {ours}: it was the best on validation, and no recipe is cheaper. On new "
        f"pictures, its gain over {_quoted(rival)} is {gain.mean:+.3f} ({between})"
    )
    if gain.high < 0:
        return f"{words}: the two splits disagree, so repeat with more seeds."
    return f"{words}." if gain.low > 0 else f"{words}, which may be chance."


def _quoted(name: str) -> str:
    """A recipe's name inside a sentence."""
    return f"“{spoken(name)}”"


def _cost(runs, take: str, other: str | None) -> str:
    """Seconds and trained numbers of the chosen recipe beside those of the other."""
    if other is None:
        return ""
    ours, theirs = (in_time(seconds(runs[name])) for name in (take, other))
    words = f"One training takes {ours}; with {_quoted(other)}, {theirs}."
    mine, its = (runs[name][0].trained_parameters for name in (take, other))
    if mine == its:
        return f"{words} Both train {mine:,} numbers."
    return f"{words} It trains {mine:,} numbers, the other {its:,}."


def in_time(duration: float) -> str:
    """Seconds as people say them: "1.4 s", "32 s", "12 min", "1.5 h"."""
    if duration < 10:
        return f"{duration:.1f} s"
    if duration < 120:
        return f"{duration:.0f} s"
    if duration < 2 * 3600:
        return f"{duration / 60:.0f} min"
    return f"{duration / 3600:.1f} h"


def _next_steps(runs, take: str, pair: str) -> tuple[str, ...]:
    """What the runs of the chosen recipe point to; each sentence names its reason."""
    some, task = runs[take], task_of(runs)
    steps = [_where_the_errors_are(some)]
    if not task.is_regression:
        steps.append(_which_classes(some))
    steps.append(_still_rising(some))
    size = some[0].backbone.size
    if larger := task.larger("--size {}"):
        steps.append(larger)
    elif pair == "custom" and size < SMALL:
        steps.append(
            f"Pictures were seen at {size} × {size} pixels. If you could not name them "
            f"at that size yourself, try `--size {SMALL}`."
        )
    if len(some) == 1:
        steps.append(
            "One seed is one draw of the labels and one start. Before much depends on "
            "it, repeat with `--seeds 3`."
        )
    return tuple([step for step in steps if step][:STEPS])


def _where_the_errors_are(some: Sequence[Run]) -> str:
    """More labels, or more training? The training split tells."""
    known = float(np.mean([run.score("train").mean for run in some]))
    new = plots.score(some).mean
    if some[0].task.is_regression:
        off, off_new = known, new
        told = f"it is off by {known:.3g} on its own training pictures, by {new:.3g}"
    else:
        off, off_new = 1 - known, 1 - new
        told = f"it names {known:.0%} of its own training pictures correctly, {new:.0%}"
    if not some[0].task.is_regression and off_new < 0.01:
        return "Little is left to gain: 99 % or more of the new pictures are right."
    if off <= off_new / 2:
        return (
            f"More labels help most: {told} of new ones. It has learnt what its "
            "pictures can teach it."
        )
    return (
        f"Train more before you label more: {told} of new ones. Try `--tune`, more "
        "layers (`--unfreeze`), or larger pictures."
    )


def _which_classes(some: Sequence[Run]) -> str:
    """The classes to label first, and with what they are mixed up."""
    task, weak = some[0].task, weak_classes(some)
    if not weak:
        return ""
    counts = np.sum(
        [
            evaluate.confusion(run.task.test.labels, run.predicted(), len(task.classes))
            for run in some
        ],
        axis=0,
    )
    parts = []
    for name in weak[:NAMED]:
        label = task.classes.index(name)
        row = counts[label].copy()
        right, total = row[label], row.sum()
        row[label] = 0
        taken = task.classes[int(row.argmax())]
        parts.append(f"{name} ({right / total:.0%} right, mostly taken for {taken})")
    more = f", and {len(weak) - NAMED} more" if len(weak) > NAMED else ""
    return (
        f"Begin with these classes: {', '.join(parts)}{more}. They are shown to be "
        "worse than the others."
    )


def _still_rising(some: Sequence[Run]) -> str:
    """Whether most of the trainings kept their last epoch."""
    ended = []
    for run in some:
        epochs = kept_epoch(run)
        if epochs is not None:
            kept, trained = epochs
            ended.append(trained > 1 and kept == trained)
    if not ended or sum(ended) * 2 <= len(ended):
        return ""
    return (
        "The last epoch was the best one, so more training may help: try `--tune`, or "
        "a longer `--budget`."
    )


def kept_epoch(run: Run) -> tuple[int, int] | None:
    """The epoch whose weights were kept, from 1, and how many there were.

    Returns:
        As ``training.KeepBest`` chooses: by validation accuracy, then by loss; the last
        one where ``keep_best`` is off. None: the run has no epochs.
    """
    history = run.history
    losses = history.get("val_loss")
    scores = history.get("val_accuracy")
    if not (losses or scores):
        return None
    epochs = len(losses or scores or ())
    if not run.settings.get("keep_best", True):
        return epochs, epochs
    ranks = [
        (scores[i] if scores else 0.0, -losses[i] if losses else 0.0)
        for i in range(epochs)
    ]
    return max(range(epochs), key=ranks.__getitem__) + 1, epochs
