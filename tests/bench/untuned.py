"""Do the recipes hold on tasks that nobody tuned them for?

Each task is learnt by ``lp_ft`` with every setting of a full grid (step sizes and
depths), and by what short trials choose on validation (``tk.recipes.choose``), as
``python -m tlkit run --task FOLDER`` does. The best of the full grid is picked by its
**test** accuracy, which no learner can do: so the points that the choice loses to it
are counted honestly. For the probe, the best penalty of a logistic regression is picked
in the same way.

Each training is kept in a file, so a run that was stopped goes on.
"""

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import peers
from cells import Cells
from untuned_tasks import TARGETS

import tlkit as tk
from tlkit.recipes import TUNE, choose
from tlkit.recipes.choose import trial_length
from tlkit.recipes.tune import on_validation

DRAWS = 3  # of the labels
LABELS = 20  # of a class, a fifth of them for validation
FEW_PHOTOGRAPHS = (10, 100)  # labels of a class, of the pictures of --task
RATES = (1e-4, 3e-4, 1e-3, 3e-3)
LAST_BLOCK_RATES = RATES[1:]  # its smallest step size is never the best one
PENALTIES = tuple(10.0**power for power in range(-4, 4))  # C of scikit-learn
POINT = 0.01
KEPT = Path(__file__).parents[2] / "build/bench/untuned"
QUICK = ("textures", "shapes")
NO_PHOTOGRAPHS = (
    "without photographs: give --task FOLDER (such as CIFAR-10's pictures in class "
    "folders) and --weights FILE (ImageNet's VGG16)"
)


@dataclass(frozen=True)
class Question:
    """One line of the table.

    Attributes:
        name: of the task.
        sentence: what is asked, and of which pictures.
        kept_aside: no default was chosen with it.
        backbone: the pretrained layers.
        labels: of each class.
        task: gives the task of a draw.
    """

    name: str
    sentence: str
    kept_aside: bool
    backbone: tk.Backbone
    labels: int
    task: Callable[[int], tk.Task]


def questions(given: Namespace) -> list[Question]:
    """All that can be asked here: drawn and packaged pictures, then those of --task."""
    letters = tk.Backbone("letters")
    found = [
        Question(
            one.name,
            one.question,
            one.kept_aside,
            letters,
            LABELS,
            partial(one.task, LABELS),
        )
        for one in TARGETS.values()
        if not given.quick or one.name in QUICK
    ]
    theirs = tk.Backbone(given.weights)
    if not Path(given.task).is_dir() or theirs.name == letters.name:
        print(NO_PHOTOGRAPHS, file=sys.stderr)
        return found
    for labels in FEW_PHOTOGRAPHS:
        for backbone in (letters, theirs):
            found.append(
                Question(
                    f"{Path(given.task).name}, {backbone.name}",
                    f"the pictures of {Path(given.task).name}",
                    True,
                    backbone,
                    labels,
                    partial(of_folder, given.task, labels, given.test),
                )
            )
    return found


def of_folder(folder: str, labels: int, test: int, seed: int) -> tk.Task:
    """A draw of a folder's labels; at most `test` test pictures, always the same."""
    found = tk.load_task(folder, labels, seed)
    rows = np.random.default_rng(0).permutation(len(found.test))[:test]
    return replace(found, test=found.test.pick(np.sort(rows)))


def full_grid(backbone: tk.Backbone) -> list[dict]:
    """All layers with every step size, the last block with all but the smallest."""
    last = list(backbone.network.blocks)[-1]
    return [
        *({"rate": rate, "unfreeze": "all"} for rate in RATES),
        *({"rate": rate, "unfreeze": last} for rate in LAST_BLOCK_RATES),
    ]


def measure(one: Question, cells: Cells, draws: int) -> dict:
    """All numbers of a question; see ``row`` for what is formed from them."""
    tasks = [one.task(seed) for seed in range(draws)]

    def trained(**settings) -> list:
        return [cells(one.backbone, task, seed=task.seed, **settings) for task in tasks]

    probes = trained(recipe="probe")
    tried = [(setting, trained(**setting)) for setting in full_grid(one.backbone)]
    chosen = choose(cells, TUNE, one.backbone, tasks)
    own_setting, own = tried[0]
    assert own_setting == {"rate": TUNE.rate, "unfreeze": "all"}
    spent = 0
    for trial in chosen.trials:
        spent += epochs(trained(**trial.candidate, **trial_length(TUNE)))
    for final in chosen.finals:
        spent += epochs(trained(**final.candidate))
    price = spent / epochs(own)
    return {
        "name": one.name,
        "sentence": one.sentence,
        "kept_aside": one.kept_aside,
        "backbone": one.backbone.name,
        "labels_per_class": one.labels,
        "draws": draws,
        "test_pictures": len(tasks[0].test),
        "validation_pictures": len(tasks[0].validation),
        "price": price,
        **row(tried, own, chosen, probes),
        "penalty": penalty(one.backbone, tasks, probes),
    }


def epochs(cells: list) -> int:
    """Epochs of some trainings: unlike seconds, they are the same on a busy machine."""
    return sum(cell.epochs for cell in cells)


def row(tried: list, own: list, chosen, probes: list) -> dict:
    """What the table shows.

    Args:
        tried: (settings, its cells by draw) of the full grid.
        own: the cells of the recipe's own settings.
        chosen: what ``choose`` gave.
        probes: of each draw.
    """

    def right(cells: list) -> np.ndarray:
        return np.array([cell.right() for cell in cells])  # (draws, n)

    means = [right(cells).mean() for _, cells in tried]
    best = int(np.argmax(means))
    answers = right(tried[best][1])

    def by_validation(cells: list) -> tuple[float, float]:
        scores = [on_validation(one.task, one.outputs["validation"]) for one in cells]
        return tuple(np.mean(scores, axis=0))

    _, whole = max(tried, key=lambda one: by_validation(one[1]))

    def lost_by(cells: list) -> dict:
        return vars(tk.evaluate.paired_difference(answers, right(cells)))

    return {
        "grid": [
            {**setting, "accuracy": [cell.score("test") for cell in cells]}
            for setting, cells in tried
        ],
        "best": tried[best][0],
        "best_accuracy": means[best],
        "chosen": chosen.best.candidate,
        "chosen_accuracy": right(chosen.runs).mean(),
        "lost": lost_by(chosen.runs),
        "whole_lost": lost_by(whole),
        "own_accuracy": right(own).mean(),
        "own_lost": lost_by(own),
        "probe_accuracy": right(probes).mean(),
    }


def penalty(backbone: tk.Backbone, tasks: list[tk.Task], probes: list) -> dict:
    """The probe against logistic regressions on the same features, standardised alike.

    The best penalty is picked by test accuracy, as the best of the grid is.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    right = {strength: [] for strength in PENALTIES}
    for task in tasks:
        train, test = (
            np.asarray(tk.activations(backbone, split.images, "features"), "float32")
            for split in (task.train, task.test)
        )
        scale = StandardScaler().fit(train)
        train, test = scale.transform(train), scale.transform(test)
        for strength in PENALTIES:
            head = LogisticRegression(C=strength, max_iter=2000)
            named = head.fit(train, task.train.labels).predict(test)
            right[strength].append(named == task.test.labels)
    best = max(right, key=lambda strength: np.mean(right[strength]))
    mine = np.array([cell.right() for cell in probes])
    lost = tk.evaluate.paired_difference(np.array(right[best]), mine)
    return {"best": best, "lost": vars(lost)}


def main(given: Namespace, command: str) -> int:
    """Measure all questions; the table grows with each. Returns the exit status."""
    draws = 2 if given.quick else given.repeats or DRAWS
    cells = Cells(KEPT)
    found: list[dict] = []
    for one in questions(given):
        print(f"--- {one.name}, {one.labels} labels", file=sys.stderr, flush=True)
        found.append(measure(one, cells, draws))
        result = {
            "command": command,
            "machine": peers.machine(),
            "versions": peers.versions(),
            "questions": found,
        }
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
        given.out.with_suffix(".md").write_text(text(result), "utf-8")
    print(summary(found))
    return 0


def fewest(found: list[dict]) -> int:
    """Validation pictures of a draw, in the task that has the fewest."""
    return min(one["validation_pictures"] for one in found)


def summary(found: list[dict]) -> str:
    """What the choice loses, what else would lose, and what the choice costs."""

    def within(some: list[dict], key: str) -> str:
        near = sum(one[key]["mean"] <= POINT + 1e-9 for one in some)
        return f"{near} of {len(some)}"

    def points(key: str) -> str:
        return f"{100 * np.mean([one[key]['mean'] for one in found]):.1f}"

    aside = [one for one in found if one["kept_aside"]]
    prices = [one["price"] for one in found]
    words = (
        "For a folder of pictures, `python -m tlkit run` chooses the step size of "
        "fine-tuning and how many layers it trains. Was that worth it? On these "
        f"{len(found)} tasks the best of all settings is on average {points('lost')} "
        "points of accuracy better than the choice, and "
        f"**{points('own_lost')} points better than the recipe's own settings**. The "
        f"choice is within 1 point of the best in {within(found, 'lost')} tasks, the "
        f"own settings in {within(found, 'own_lost')}."
    )
    if aside:
        words += (
            f" (Of the tasks that were kept aside: {within(aside, 'lost')}, and "
            f"{within(aside, 'own_lost')}.)"
        )
    return (
        f"{words}\n\nMore search would not help: if all settings were trained at full "
        "length, validation would choose one that loses "
        f"{points('whole_lost')} points. "
        f"(A draw of a task has {fewest(found)} validation pictures or more.) "
        f"The choice takes {min(prices):.1f} to {max(prices):.1f} times as many "
        "epochs as the own settings, which early stopping ends sooner."
    )


def settings(one: dict) -> str:
    """ "1e-3, all"."""
    return f"{one['rate']:.0e}, {one['unfreeze']}".replace("e-0", "e-")


def lost(one: dict) -> str:
    """Points with their interval: "1.2 [-0.4, 2.8]"."""
    mean, low, high = (100 * one[key] for key in ("mean", "low", "high"))
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]"


def text(result: dict) -> str:
    """The page, in Markdown."""
    found = result["questions"]
    some = found[0]
    rows = []
    for one in found:
        mark = " (kept aside)" if one["kept_aside"] else ""
        rows.append(
            f"| {one['name']}{mark} | {one['labels_per_class']} "
            f"| {one['probe_accuracy']:.3f} | {one['own_accuracy']:.3f} "
            f"| {one['chosen_accuracy']:.3f} ({settings(one['chosen'])}) "
            f"| {one['best_accuracy']:.3f} ({settings(one['best'])}) "
            f"| {lost(one['lost'])} | {lost(one['whole_lost'])} "
            f"| {lost(one['own_lost'])} | {lost(one['penalty']['lost'])} |"
        )
    heads = (
        "| task | labels of a class | probe | `lp_ft`, own settings | `lp_ft`, chosen "
        "| best of the full grid | points lost by the choice | … by a choice from the "
        "full grid | … by the own settings | … by the probe |"
    )
    asked = [f"- **{one['name']}**: {one['sentence']}" for one in found]
    rates = ", ".join(f"{rate:g}" for rate in RATES)
    later = ", ".join(f"{rate:g}" for rate in LAST_BLOCK_RATES)
    return f"""# Do the recipes hold on a task that nobody tuned them for?

{summary(found)}

{heads}
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
{chr(10).join(rows)}

Test accuracies, means over {some["draws"]} draws of the labels. "Chosen" is what
`python -m tlkit run --task FOLDER` does by itself: the validation splits of all draws
choose step size and depth, by short trials and two trainings at full length
(`tk.recipes.choose`). The best of the full grid is picked by its test accuracy, which
nobody can do who has no test labels: it is the most that a choice could reach. Points
lost: the best of the grid minus the other, on the same pictures, with a 95 % interval
over draws and pictures. The full grid: all layers with step sizes {rates}; the last
block with {later}. "A choice from the full grid" trains all of it at full length and
lets validation choose. The probe is compared with logistic regressions on the same
features; of {len(PENALTIES)} penalties the best is picked by its test accuracy, too.

No recipe was tuned on any of these tasks. How many finalists the choice has, and how
long a trial is, was decided with those that are not kept aside; the others had been
seen by then.

{chr(10).join(asked)}

Measured by `{result["command"]}`.
"""
