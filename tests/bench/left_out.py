"""Does ``tk.suggest`` choose well among backbones and recipes on a task it never saw?

On each target every backbone is trained in every way, on the same draws of the labels.
The best of all is picked by its **test** accuracy, which no learner can do. A rule that
chooses before training loses some points to it: its regret. The rule itself is chosen
by leaving whole targets out: for each target, that rule is taken which does best on all
*other* targets, with numbers that come from them alone. Beside it stand two rules that
need no choice: always fine-tune, with the default backbone, and with the largest one.

Each training is kept in a file, so a run that was stopped goes on.
"""

import hashlib
import json
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import peers
from cells import Cells
from more_tasks import ALL
from untuned import FEW_PHOTOGRAPHS, LABELS, NO_PHOTOGRAPHS, of_folder

import tlkit as tk
from tlkit import candidates, forecast, speed
from tlkit.backbone import above_cut, cut_below
from tlkit.recipes import TUNE
from tlkit.recipes.budget import Costs

DRAWS = 3  # of the labels
DEFAULT = candidates.DEFAULT
QUICK = ("textures", "shapes", "faces")
WAYS = tuple(candidates.GAINS)  # the cheapest first
OWN = {"rate": TUNE.rate, "unfreeze": "all"}  # lp_ft without any setting
SCORES = ("accuracy", "log loss", "LogME", "neighbours")
MULTIPLICATIONS = 1e10  # in a second, of the machine that all budgets are counted on
CLEAR = (0.05, 0.1, 0.2)  # margins that are tried
SHORT = 0.5  # a short budget: so much of what the largest backbone's last way takes

Pick = tuple[str, str]  # a backbone's name, and a way


@dataclass(frozen=True)
class Target:
    """What was measured on a target. Arrays have one number for each draw.

    Attributes:
        name: of the task.
        test, validation: candidate -> accuracy, float (draws,).
        own: test accuracy of the default backbone with lp_ft's own step size, (draws,).
        scores: backbone -> score -> float (draws,), from before any training; the
            higher, the better.
        seconds: candidate -> what it takes on the machine of ``counted``.
        sizes: backbone -> bytes of its file.
    """

    name: str
    test: dict[Pick, np.ndarray]
    validation: dict[Pick, np.ndarray]
    own: np.ndarray
    scores: dict[str, dict[str, np.ndarray]]
    seconds: dict[Pick, float]
    sizes: dict[str, int]

    @property
    def best(self) -> Pick:
        """The candidate with the highest mean test accuracy."""
        return max(self.test, key=lambda pick: self.test[pick].mean())

    @property
    def short(self) -> float:
        """A budget, in seconds, that is too short for the largest candidate."""
        largest = max(self.sizes, key=self.sizes.__getitem__)
        return SHORT * self.seconds[largest, WAYS[-1]]

    def able(self, budget: float | None) -> list[Pick]:
        """The candidates that fit into so many seconds; None: all of them."""
        fits = (
            pick for pick in self.test if budget is None or self.seconds[pick] <= budget
        )
        return list(fits)

    def regret(self, picks: Sequence[Pick], able: Sequence[Pick]) -> float:
        """What picks lose to the best candidate that fits, in accuracy.

        Args:
            picks: one for each draw.
            able: the candidates that fit.
        """
        best = max(self.test[pick].mean() for pick in able)
        taken = [self.test[pick][draw] for draw, pick in enumerate(picks)]
        return float(best - np.mean(taken))


def measure(
    name: str, tasks: list[tk.Task], backbones: list[tk.Backbone], cells: Cells
):
    """Train every candidate on every draw of a target; gives a ``Target``."""
    test, validation, scores, seconds, sizes = {}, {}, {}, {}, {}
    for backbone in backbones:
        short = backbone.name
        assert backbone.weights_file is not None
        sizes[short] = backbone.weights_file.stat().st_size
        costs = Costs(counted(backbone), tasks[0])
        for way in WAYS:
            given = candidates.settings(way, backbone) or {"recipe": "probe"}
            runs = [cells(backbone, task, seed=task.seed, **given) for task in tasks]
            test[short, way] = np.array([run.score("test") for run in runs])
            validation[short, way] = np.array([run.score() for run in runs])
            seconds[short, way] = candidates.seconds(way, backbone, costs)
        found = [before(backbone, task, cells.folder) for task in tasks]
        scores[short] = {one: np.array([all_[one] for all_ in found]) for one in SCORES}
    default = next(one for one in backbones if one.name == DEFAULT)
    own = [cells(default, task, seed=task.seed, **OWN).score("test") for task in tasks]
    return Target(name, test, validation, np.array(own), scores, seconds, sizes)


@cache
def counted(backbone: tk.Backbone) -> speed.Speed:
    """A machine that only multiplies, 10 thousand million times a second.

    Times on it depend on the network alone, so a page that was measured on a busy or on
    another machine has the same short budgets. A backward pass costs two forward ones.
    """
    model = backbone.build()
    whole = speed.multiply_adds(model)
    forward = MULTIPLICATIONS / whole
    depths = {}
    for lowest in ("all", *backbone.network.blocks):
        part = above_cut(model, cut_below(lowest, backbone.network))
        share = speed.multiply_adds(part) / whole
        step = 3 * share * speed.BATCH / forward
        depths[lowest] = speed.Depth(step, 2 * step, 0.0, share)
    return speed.Speed("counted", backbone.architecture, "float32", forward, depths)


def before(backbone: tk.Backbone, task: tk.Task, folder: Path) -> dict[str, float]:
    """The scores of a backbone on a task, kept in a file as the trainings are."""
    said = f"{backbone.name} {task.fingerprint()} scores"
    name = hashlib.sha256(said.encode()).hexdigest()[:16]
    path = folder / f"{task.name}-{task.seed}-{name}.json"
    if not path.exists():
        head = candidates.head(backbone, task)
        x, labels = candidates.known(backbone, task)
        found = {
            "accuracy": head.accuracy,
            "log loss": -head.loss,
            "LogME": forecast.logme(x, labels),
            "neighbours": forecast.nearest(x, labels),
        }
        path.write_text(json.dumps(found), "utf-8")
    return json.loads(path.read_text("utf-8"))


Rule = Callable[[Target, int, Sequence[Target], list[Pick]], Pick]


def always(which: str, way: str) -> Rule:
    """One backbone in one way; where that takes too long, in the next cheaper way.

    Args:
        which: "default", "largest" or "smallest".
        way: that it is trained in.
    """

    def pick(target: Target, draw: int, others, able: list[Pick]) -> Pick:
        ranks = {
            "default": lambda name: name == DEFAULT,
            "largest": target.sizes.__getitem__,
            "smallest": lambda name: -target.sizes[name],
        }
        some = [one for one in able if one[1] in WAYS[: WAYS.index(way) + 1]] or able
        return max(some, key=lambda one: (ranks[which](one[0]), WAYS.index(one[1])))

    return pick


def by_score(score: str, way: str) -> Rule:
    """The backbone with the best score, in this way; or in the next cheaper one."""

    def pick(target: Target, draw: int, others, able: list[Pick]) -> Pick:
        some = [one for one in able if one[1] in WAYS[: WAYS.index(way) + 1]] or able

        def rank(one: Pick) -> tuple[int, float]:
            return WAYS.index(one[1]), target.scores[one[0]][score][draw]

        return max(some, key=rank)

    return pick


def gains(targets: Sequence[Target]) -> dict[str, float]:
    """Way -> what it gained over a probe: mean over targets, backbones and draws."""
    return {
        way: float(
            np.mean(
                [
                    target.test[name, way].mean() - target.test[name, "probe"].mean()
                    for target in targets
                    for name in target.sizes
                ]
            )
        )
        for way in WAYS
    }


def added(target: Target, draw: int, others, able: list[Pick]) -> Pick:
    """The head's accuracy on the backbone, and what the way gained on the others."""
    gain = gains(others)
    return max(
        able, key=lambda one: target.scores[one[0]]["accuracy"][draw] + gain[one[1]]
    )


def unless(clear: float) -> Rule:
    """All layers of the largest backbone; or of another one, if the head on it is
    better by `clear` or more. Where that takes too long, as ``added``.
    """

    def pick(target: Target, draw: int, others, able: list[Pick]) -> Pick:
        heads = {name: found["accuracy"][draw] for name, found in target.scores.items()}
        largest = max(target.sizes, key=target.sizes.__getitem__)
        ahead = max(heads, key=heads.__getitem__)
        name = ahead if heads[ahead] - heads[largest] >= clear else largest
        first = name, WAYS[-1]
        return first if first in able else added(target, draw, others, able)

    return pick


RULES: dict[str, Rule] = {
    **{
        f"always {which}, {way}": always(which, way)
        for which in ("default", "largest", "smallest")
        for way in WAYS
    },
    **{f"by {score}, {way}": by_score(score, way) for score in SCORES for way in WAYS},
    "by accuracy, and gains": added,
    **{
        f"largest, unless a head is {100 * clear:.0f} points better": unless(clear)
        for clear in CLEAR
    },
}
# the rule of ``tk.suggest``
SHIPPED = f"largest, unless a head is {100 * candidates.CLEAR:.0f} points better"
SIMPLE = ("always default, all layers", "always largest, all layers")


def left_out(targets: Sequence[Target], budget: Callable[[Target], float | None]):
    """For each target, the rule that does best on all others, and what it loses.

    Args:
        targets: at least 3.
        budget: gives the seconds that a training may take on a target; None: any.

    Returns:
        (rule's name, regret) for each target.
    """
    found = []
    for target in targets:
        others = [one for one in targets if one is not target]
        name = min(RULES, key=lambda rule: mean_regret(rule, others, budget))
        found.append((name, regret(name, target, others, budget)))
    return found


def mean_regret(rule: str, targets: Sequence[Target], budget) -> float:
    """Mean over targets; on each the rule knows the others only."""
    return float(np.mean(regrets(rule, targets, budget)))


def regrets(rule: str, targets: Sequence[Target], budget) -> list[float]:
    """On each target, with numbers that come from the others only."""
    return [
        regret(rule, target, [one for one in targets if one is not target], budget)
        for target in targets
    ]


def regret(rule: str, target: Target, others: Sequence[Target], budget) -> float:
    """What a rule loses on a target, in accuracy.

    Args:
        rule: its name.
        target: that it chooses for, in each draw.
        others: targets that it may learn from.
        budget: as in ``left_out``.
    """
    able = target.able(budget(target))
    picks = [RULES[rule](target, draw, others, able) for draw in range(len(target.own))]
    return target.regret(picks, able)


def by_validation(target: Target) -> float:
    """What is lost by training everything and taking the best on validation."""
    able = target.able(None)
    picks = [
        max(able, key=lambda pick: target.validation[pick][draw])
        for draw in range(len(target.own))
    ]
    return target.regret(picks, able)


def own_settings(target: Target) -> float:
    """What is lost by ``lp_ft`` with its own step size, on the default backbone."""
    return float(target.test[target.best].mean() - target.own.mean())


def unlimited(target: Target) -> None:
    """The budget of a target: any time."""


def short(target: Target) -> float:
    """The budget of a target: too short for the largest candidate."""
    return target.short


def compared(targets: Sequence[Target], budget) -> dict:
    """The choice beside the simple rules. The targets are the unit of all intervals.

    Args:
        targets: at least 3.
        budget: as in ``left_out``.

    Returns:
        "chosen": for each target the rule that the others chose, and its regret;
        "choice": its mean with an interval; "simple": the same for each simple rule,
        with "more", what it loses more than the choice; "rules": each rule's mean.
    """
    over = tk.evaluate.over_seeds  # Student's t; here each number is a target's
    chosen = left_out(targets, budget)
    mine = np.array([lost for _, lost in chosen])
    shipped = np.array(regrets(SHIPPED, targets, budget))
    simple = {}
    for rule in SIMPLE:
        theirs = np.array(regrets(rule, targets, budget))
        simple[rule] = {
            "lost": vars(over(theirs)),
            "more": vars(over(theirs - mine)),
            "more than suggest": vars(over(theirs - shipped)),
        }
    return {
        "chosen": [{"rule": rule, "lost": lost} for rule, lost in chosen],
        "choice": vars(over(mine)),
        "suggest": vars(over(shipped)),
        "suggest by target": shipped.tolist(),
        "simple": simple,
        "rules": {rule: mean_regret(rule, targets, budget) for rule in RULES},
    }


def summary(targets: Sequence[Target]) -> dict:
    """All that the page and the kit say of these targets."""
    over = tk.evaluate.over_seeds
    return {
        "gains": {way: round(gain, 4) for way, gain in gains(targets).items()},
        "any time": compared(targets, unlimited),
        "short": compared(targets, short),
        "by validation": vars(over([by_validation(one) for one in targets])),
        "own step size": vars(over([own_settings(one) for one in targets])),
    }


def questions(given: Namespace) -> list[tuple[str, Callable[[int], tk.Task], list]]:
    """Name, task of a draw, and backbones: the drawn targets, then those of --task."""
    shipped = [tk.Backbone(name) for name in tk.backbone.SHIPPED]
    found: list = [
        (one.name, partial(one.task, LABELS), shipped)
        for one in ALL.values()
        if not given.quick or one.name in QUICK
    ]
    theirs = tk.Backbone(given.weights)
    if not Path(given.task).is_dir() or theirs.name in tk.backbone.SHIPPED:
        print(NO_PHOTOGRAPHS, file=sys.stderr)
        return found
    for labels in FEW_PHOTOGRAPHS:
        task = partial(of_folder, given.task, labels, given.test)
        name = f"{Path(given.task).name}, {labels} labels"
        found.append((name, task, [*shipped, theirs]))
    return found


def main(given: Namespace, command: str) -> int:
    """Measure all targets, then leave each out. Returns the exit status."""
    draws = 2 if given.quick else given.repeats or DRAWS
    cells = Cells(given.out.parent / "untuned")  # some trainings are the same
    targets = []
    for name, task, backbones in questions(given):
        print(f"--- {name}", file=sys.stderr, flush=True)
        tasks = [task(seed) for seed in range(draws)]
        targets.append(measure(name, tasks, backbones, cells))
    result = {
        "command": command,
        "machine": peers.machine(),
        "versions": peers.versions(),
        "draws": draws,
        "labels_per_class": LABELS,
        "largest": max(targets[0].sizes, key=targets[0].sizes.__getitem__),
        **summary(targets),
        "targets": [stored(one) for one in targets],
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    given.out.with_suffix(".md").write_text(text(result), "utf-8")
    print(sentence(result), sentence(result, "short"), sep="\n")
    return 0


def stored(target: Target) -> dict:
    """A target as plain numbers."""

    def by_name(found: dict[Pick, np.ndarray]) -> dict[str, list[float]]:
        return {", ".join(pick): values.tolist() for pick, values in found.items()}

    return {
        "name": target.name,
        "question": getattr(ALL.get(target.name), "question", "the pictures of --task"),
        "best": ", ".join(target.best),
        "test": by_name(target.test),
        "validation": by_name(target.validation),
        "own step size": target.own.tolist(),
        "scores": {
            name: {score: values.tolist() for score, values in scores.items()}
            for name, scores in target.scores.items()
        },
        "seconds": {
            ", ".join(pick): round(value, 2) for pick, value in target.seconds.items()
        },
        "bytes": target.sizes,
    }


def points(one: dict) -> str:
    """Accuracy as points with their interval: "1.2 [-0.4, 2.8]"."""
    # + 0.0: no minus before a zero
    mean, low, high = (
        round(100 * one[key], 1) + 0.0 for key in ("mean", "low", "high")
    )
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]"


def sentence(result: dict, budget: str = "any time") -> str:
    """What was found with a budget, in a few sentences."""
    found = result[budget]
    simple = found["simple"].items()
    lost = " and ".join(f"{points(one['lost'])} ({rule})" for rule, one in simple)
    more = " and ".join(points(one["more"]) for _, one in simple)
    beaten = [rule for rule, one in simple if one["more"]["low"] > 0]
    verdict = {
        0: "It beats neither of them",
        1: f"It beats one of them ({' '.join(beaten)})",
        2: "It beats both",
    }[len(beaten)]
    return (
        f"**{budget.capitalize()}:** on {len(result['targets'])} targets, each left "
        "out in its turn, the rule that the others chose loses "
        f"{points(found['choice'])} points to the best candidate. The simple rules "
        f"lose {lost}, which is {more} points more. {verdict}, by these intervals."
    )


def line(*cells: str) -> str:
    """A row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def table(head: str, rows: list[str]) -> str:
    """A table in Markdown; the cells of `head` are divided by "|"."""
    names = head.split("|")
    return "\n".join([line(*names), line(*["---"] * len(names)), *rows])


def losses(result: dict) -> list[str]:
    """Rows: what each rule loses, with any time and with little."""
    rows = []
    for budget in ("any time", "short"):
        found = result[budget]
        rows += [
            line(budget, "chosen by the others", points(found["choice"]), "", ""),
            line(budget, f"`tk.suggest`: {SHIPPED}", points(found["suggest"]), "", ""),
        ]
        for rule, one in found["simple"].items():
            more = points(one["more"]), points(one["more than suggest"])
            rows.append(line(budget, rule, points(one["lost"]), *more))
    own = f"`lp_ft` of {DEFAULT} with its own step size, {TUNE.rate:g}"
    best = "everything trained, the best on validation taken"
    rows.append(line("any time", own, points(result["own step size"]), "", ""))
    rows.append(line("any time", best, points(result["by validation"]), "", ""))
    return rows


def by_target(result: dict) -> list[str]:
    """Rows: what was best on each target, and what was chosen for it."""
    rows = []
    for i, one in enumerate(result["targets"]):
        chosen, quick = (
            result[budget]["chosen"][i] for budget in ("any time", "short")
        )
        lost = result["any time"]["suggest by target"][i]
        rows.append(
            line(
                one["name"],
                one["best"],
                f"{np.mean(one['test'][one['best']]):.3f}",
                chosen["rule"],
                f"{100 * chosen['lost']:.1f}",
                f"{100 * lost:.1f}",
                quick["rule"],
                f"{100 * quick['lost']:.1f}",
            )
        )
    return rows


def by_rule(result: dict) -> list[str]:
    """Rows: what each rule loses on average, the best first."""
    some, other = (result[budget]["rules"] for budget in ("any time", "short"))
    ranked = sorted(some, key=some.__getitem__)
    return [
        line(rule, f"{100 * some[rule]:.1f}", f"{100 * other[rule]:.1f}")
        for rule in ranked
    ]


def text(result: dict) -> str:
    """The page, in Markdown."""
    asked = [f"- **{one['name']}**: {one['question']}" for one in result["targets"]]
    gained = ", ".join(f"{way} {100 * by:.1f}" for way, by in result["gains"].items())
    lost = "time|rule|points lost|more than the choice|more than `tk.suggest`"
    each = (
        "target|best of all|its accuracy|rule chosen by the others|points lost"
        "|points lost by `tk.suggest`|rule chosen, short budget|points lost"
    )
    every = "rule|points lost, any time|points lost, short budget"
    return f"""# Does `tk.suggest` choose well on a task that it never saw?

{sentence(result)}

{sentence(result, "short")}

{table(lost, losses(result))}

Candidates: each backbone as a linear probe, and fine-tuned from it (the last block, or
all layers) with a step size of {candidates.RATE:g}. There are
{result["labels_per_class"]} labels of each class, a fifth of them for validation, in
{result["draws"]} draws. *Default* is {DEFAULT}, *largest* the backbone with the largest
file, here {result["largest"]}. *Points lost*: test accuracy of the best of all
candidates minus that of what the rule takes. Shown are means over targets with a 95 %
interval (Student's t) over targets.
The best is picked by its test accuracy, which nobody can do who has no test labels.
*Short*: {SHORT:g} of the time that all layers of the largest backbone take, counted in
multiplications. Then the best is the best of those that fit.

For each target, all other targets chose one of the rules below; the numbers in a rule
come from the others alone, too. `tk.suggest` uses one rule for all: where no rule beats
a simple one, it follows that. It was picked with all targets, so its row is a little
too good. The backbones are three of one family, one training of each: nothing is said
about others. Each way gained over a linear probe, mean over targets, in points:
{gained}.

## Each target

{table(each, by_target(result))}

{chr(10).join(asked)}

## Each rule

{table(every, by_rule(result))}

The scores of a backbone come from training and validation pictures, before any
training: accuracy and log loss of a linear head on its features, cross-validated;
LogME; and the five nearest neighbours.

Measured by `{result["command"]}`.
"""
