"""The main job: transfer a backbone to a task by several recipes, and write a report.

Importing Keras takes seconds. So the pair, the reason for it and the expected time are
printed before that.
"""

import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from ..files import fetch, pairs
from ..files.applications import WEIGHTS, named
from . import child
from .plan import Plan

DRAWN_PAIR = "`python -m tlkit run --task digits --backbone letters`"


Found = TypeVar("Found")
SHORT = "short"  # the real pair's files are here, and nobody asked for anything else
ROOM = {"small": 10e6, "large": 100e6}  # bytes for the best model and the report
TRIALS = (  # said before they begin
    "Settings: short trials choose step size and depth of each recipe on validation. "
    "A recipe takes up to 3 times as long (without: --no-trials)."
)
PLANS = {  # of each kind of experiment, unless options change it
    "embedded": Plan(labels_per_class=pairs.EMBEDDED.labels_per_class),
    SHORT: Plan(("probe", "lp_ft"), 1, 100, unfreeze="block5"),
    "real": Plan(labels_per_class=pairs.REAL.labels_per_class),
    "custom": Plan(at_most=True),
}


@dataclass(frozen=True)
class Experiment:
    """What one call of ``run`` does.

    Attributes:
        kind: "embedded", "short", "real" or "custom".
        task: what ``load_task`` takes.
        backbone: what ``Backbone`` takes as weights.
        architecture: the network of a weights file; None: it follows from `backbone`.
        why: the reason for this pair.
        plan: how much is done.
        minutes: what it takes on 2 cores: on new processors, on older ones; None:
            nobody has measured it.
    """

    kind: str
    task: str
    backbone: str
    why: str
    plan: Plan
    minutes: tuple[int, int] | None
    architecture: str | None = None

    @property
    def pair(self) -> str:
        """ "embedded", "real" or "custom"."""
        return "real" if self.kind == SHORT else self.kind


def run(options) -> int:
    """Carry out ``python -m tlkit run``; returns the exit status."""
    if options.check_only:
        return _check_only(options)
    if not options.distributed:
        return _train_and_report(options)
    if not child.is_watched():
        return child.run_again(options.words)
    from . import distributed

    with distributed.together():
        return _train_and_report(options, distributed)


def choose(options) -> Experiment:
    """Decide what the options leave open. Nothing is downloaded; Keras is not needed.

    Raises:
        ValueError: options that exclude each other.
    """
    chosen = options.backbone or options.weights
    if options.real and (options.task or chosen):
        raise ValueError(
            "expected --real (ImageNet's VGG16 on CIFAR-10), or --task and --backbone, "
            "got both. Next: leave out one of them"
        )
    architecture = None
    if options.weights and options.backbone:
        architecture = _network_of_file(options)
        chosen = options.weights
    elif chosen and named(chosen) == "vgg16":
        chosen = pairs.REAL.backbone
    task, backbone, why = _pair(options, chosen)
    kind = _kind(task, backbone)
    if kind == "real" and not (options.real or options.task or chosen):
        kind = SHORT
    usual = PLANS[kind]
    plan = usual
    if options.recipes is not None:
        plan = replace(plan, recipes=tuple(options.recipes.split(",")))
    if options.labels_per_class is not None:
        labels = options.labels_per_class or None
        plan = replace(plan, labels_per_class=labels, at_most=False)
    if options.unfreeze is not None:
        plan = replace(plan, unfreeze=options.unfreeze)
    chooses = options.tune or has_trials(task, options)
    same = options.size == 32 and options.budget is None and not chooses
    measured = plan == usual and same
    minutes = pairs.MINUTES.get((kind, backbone)) if measured else None
    if options.seeds is not None:
        plan = replace(plan, seeds=options.seeds)
        if minutes:
            new, old = (-(-n * plan.seeds // usual.seeds) for n in minutes)
            minutes = new, old
    return Experiment(kind, task, backbone, why, plan, minutes, architecture)


def _network_of_file(options) -> str:
    """The network that --backbone names for the file of --weights.

    Raises:
        ValueError: --backbone names none, or --weights is no file.
    """
    network = named(options.backbone)
    if network is None:
        raise ValueError(
            f"--backbone: expected, with --weights, one of {', '.join(WEIGHTS)}, "
            f"got {options.backbone}. Next: name the network that the file is for"
        )
    if not Path(options.weights).is_file():
        raise ValueError(
            f"--weights: expected a weights file, got {options.weights}. "
            "Next: name an .h5 file, or leave out --weights for the published one"
        )
    return network


def _pair(options, chosen: str | None) -> tuple[str, str, str]:
    """Task, backbone, and the reason: what was asked for, completed.

    Args:
        options: of the command line.
        chosen: the backbone, or its weights file, that was asked for.
    """
    if options.real:
        return pairs.REAL.task, pairs.REAL.backbone, "as you asked"
    if options.task and chosen:
        return options.task, chosen, "as you asked"
    if options.task:
        return options.task, *_backbone_for(options.task)
    if chosen:
        task, why = _task_for(chosen)
        return task, chosen, why
    pair = pairs.choose()
    return pair.task, pair.backbone, pair.why


def _backbone_for(task: str) -> tuple[str, str]:
    """The backbone for a task that was asked for, and the reason."""
    if not _is_of_photographs(task):
        return pairs.EMBEDDED.backbone, "as you asked"
    title = fetch.FILES["vgg16"].title
    if fetch.find("vgg16"):
        return pairs.REAL.backbone, f"because {title} is on this machine"
    return pairs.EMBEDDED.backbone, f"because {title} is not on this machine"


def _task_for(backbone: str) -> tuple[str, str]:
    """The task for a backbone that was asked for, and the reason."""
    if backbone in pairs.SHIPPED:
        return pairs.EMBEDDED.task, "as you asked"
    if fetch.find("cifar10"):
        return pairs.REAL.task, "because CIFAR-10 is on this machine"
    return pairs.EMBEDDED.task, "because CIFAR-10 is not on this machine"


def _kind(task: str, backbone: str) -> str:
    """ "embedded", "real", or "custom" for all other pairs."""
    if (task, backbone) == (pairs.REAL.task, pairs.REAL.backbone):
        return "real"
    if backbone in pairs.SHIPPED and not _is_of_photographs(task):
        return "embedded"
    return "custom"


def _is_of_photographs(task: str) -> bool:
    """Whether a task is not drawn by the kit."""
    if _is_folder(task):
        return Path(task).expanduser().is_dir()
    return task == pairs.REAL.task


def _is_folder(task: str) -> bool:
    """Whether a task is a folder of pictures."""
    from ..tasks import TASKS

    return task not in TASKS


def has_trials(task: str, options) -> bool:
    """Whether short trials choose the recipes' settings (``recipes.choose``).

    By default they do for a folder: nobody has tuned the recipes for it.
    """
    if options.trials is not None:
        return options.trials
    other = options.tune or options.budget is not None or options.distributed
    return _is_folder(task) and not other


def announce(experiment: Experiment) -> list[str]:
    """The first lines: which pair, why, how much, how long, and what else there is."""
    names = f"{experiment.backbone} → {experiment.task}"
    lines = [f"Pair: {experiment.pair} ({names}), {experiment.why}."]
    if not _is_folder(experiment.task) and Path(experiment.task).is_dir():
        lines.append(
            f"Note: {experiment.task} is the kit's own task; for the folder of that "
            f"name: --task ./{experiment.task}"
        )
    plan = f"Plan: {experiment.plan.in_words()}"
    if experiment.kind == SHORT:
        plan += ". This is a short experiment"
    if experiment.minutes:
        new, old = experiment.minutes
        plan += f". About {pairs.in_minutes(new, old)} on 2 cores"
    lines.append(f"{plan}.")
    if experiment.kind == SHORT:
        whole = PLANS["real"].in_words()
        long = pairs.in_minutes(*pairs.MINUTES["real", pairs.REAL.backbone])
        lines.append(
            f"The whole experiment: {whole}, about {long}: `make run-real`, or "
            "`python -m tlkit run --real`."
        )
        lines.append(f"The drawn pair, letters → digits: {DRAWN_PAIR}.")
    if experiment.kind == "embedded" and fetch.missing():
        how = pairs.how_to_get_real()
        lines.append(f"The real pair (ImageNet → CIFAR-10): {how}")
    return lines


def _train_and_report(options, distributed=None) -> int:
    """Train all recipes and write the report; returns the exit status.

    Args:
        options: of the command line.
        distributed: the module of that name, if several processes train together.
    """
    # --json keeps standard output for the result
    aside = redirect_stdout(sys.stderr) if options.json else nullcontext()
    with aside:
        experiment = choose(options)
        for line in announce(experiment):
            print(line, flush=True)
        _try_place(options.out, experiment.backbone)
        if options.real:
            for name in fetch.PAIR:
                fetch.get(name)
        print("Loading Keras and TensorFlow …", flush=True)
        from ..folders import readable
        from ..unfinished import finished_ones_kept
        from . import report, rescue

        with finished_ones_kept():
            runs = _train(experiment, options, distributed)
            if distributed and not distributed.is_first():
                return 0
            with rescue.model_kept(runs, options.out):
                # before anything is written: it is not lost on a full disk
                print(f"\n{report.table(runs)}\n", flush=True)
                decision = report.decide(runs, experiment.pair)
                print(f"{report.in_words(decision)}\n", flush=True)
                command = shlex.join(["python", "-m", "tlkit", *options.words])
                folder = report.write_result(
                    runs, options.out, experiment.pair, readable(command)
                )
        print(f"Report: {folder / 'report.html'}")
    if options.json:
        print((folder / "result.json").read_text("utf-8"))
    return 0


def _try_place(out: Path, backbone: str) -> None:
    """Raise ValueError now, and not after an hour, if results cannot be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out):
            pass
        free = shutil.disk_usage(out).free
    except OSError as error:
        raise ValueError(
            f"--out: expected a folder that results can be written to, got {out} "
            f"({error.strerror}). Next: name another one"
        ) from error
    needed = ROOM["small" if backbone in pairs.SHIPPED else "large"]
    if free < needed:
        raise ValueError(
            f"--out: expected room for {needed / 1e6:.0f} MB of results in {out}, got "
            f"{free / 1e6:.1f} MB. Next: free some, or name another folder"
        )


def _check_only(options) -> int:
    """Look at the pictures of a folder; returns the exit status. Keras is not needed.

    Raises:
        ValueError: another task than a folder.
    """
    experiment = choose(options)
    if not _is_folder(experiment.task):
        raise ValueError(
            "--check-only: expected --task FOLDER with pictures of your own, got "
            f"{experiment.task}. Next: name a folder, or leave out --check-only"
        )
    from . import check

    _try_place(options.out, experiment.backbone)
    found = _survey(experiment, options)
    return check.report(found, options.out, options.bad_files == "skip")


def _survey(experiment: Experiment, options):
    """What the folder holds that a run with these options would use."""
    from ..survey import survey

    plan = experiment.plan
    return _with_labels(
        plan,
        lambda labels: survey(experiment.task, labels, plan.seeds, options.size),
    )


def _train(experiment: Experiment, options, distributed=None) -> dict[str, list]:
    """Train each recipe with each seed; returns recipe -> its Runs by seed."""
    from ..backbone import Backbone
    from . import estimate

    plan = experiment.plan
    _check(plan.recipes, options)
    backbone = Backbone(
        experiment.backbone,
        size=options.size,
        architecture=experiment.architecture or "vgg16",
    )
    tasks = _load(experiment, options)
    if _is_folder(experiment.task):
        lines = _survey(experiment, options).lines()
    else:
        lines = [f"Note: {note}" for note in tasks[0].notes]
    for line in lines:
        print(line, flush=True)
    trials = has_trials(experiment.task, options)
    precision = _precision(experiment, options, backbone, tasks[0], distributed)
    if experiment.pair == "real" and options.size == 32 and not distributed:
        costs = estimate.measured(backbone, tasks[0], precision)
        chooses = {"tuned": options.tune, "trials": trials}
        words = estimate.in_words(costs, plan, options.budget, **chooses)
        print(words, flush=True)
    if trials:
        print(TRIALS, flush=True)
    width = max(map(len, plan.recipes))
    measure = "mean absolute error" if tasks[0].is_regression else "accuracy"
    runs: dict[str, list] = {name: [] for name in plan.recipes}
    trained = _trained(
        plan, backbone, tasks, precision, options, distributed, trials=trials
    )
    for name, found in trained:
        runs[name].append(found)
        score = f"{measure} {found.score()}  {found.seconds:.0f} s"
        print(f"seed {found.seed}  {name:{width}}  {score}", flush=True)
        for note in found.notes:
            print(f"        {note}", flush=True)
    return runs


def _trained(
    plan: Plan,
    backbone,
    tasks: list,
    precision: str,
    options,
    distributed,
    *,
    trials: bool = False,
) -> Iterator[tuple[str, Any]]:
    """Each recipe's name and Run, as soon as it is trained.

    Seed after seed; or, with --tune or trials, recipe after recipe: the settings are
    chosen over all seeds.
    """
    from ..recipes import RECIPES, choose, tune

    def settings(name: str) -> dict[str, Any]:
        wanted = _wanted(name, plan.unfreeze, options.budget)
        return {"precision": precision, **wanted}

    if options.tune or trials:
        for name in plan.recipes:
            recipe, given = RECIPES[name], settings(name)
            if recipe.fixed:
                for task in tasks:
                    yield name, recipe.train(backbone, task, seed=task.seed, **given)
                continue
            if options.tune:
                runs = tune(recipe.train, backbone, tasks, **given).runs
            else:
                chosen = choose(recipe.train, recipe.settings, backbone, tasks, **given)
                runs = chosen.runs
            for run in runs:
                yield name, run
        return
    for seed, task in enumerate(tasks):
        for name in plan.recipes:
            train = RECIPES[name].train
            if distributed:
                train = distributed.by_all(name)
            yield name, train(backbone, task, seed=seed, **settings(name))


def _check(names: tuple[str, ...], options) -> None:
    """Raise ValueError, before anything is trained, for what no recipe can do."""
    from ..recipes import RECIPES, takes
    from ..recipes.budget import as_seconds

    unknown = [name for name in names if name not in RECIPES]
    if unknown:
        raise ValueError(
            f"--recipes: expected some of {','.join(RECIPES)}, "
            f"got {','.join(unknown)}. "
            "Next: `python -m tlkit recipes` says what each does"
        )
    for option in ("unfreeze", "budget"):
        value = getattr(options, option)
        able = [name for name, one in RECIPES.items() if takes(one.train, option)]
        if value is not None and not set(able) & set(names):
            raise ValueError(
                f"--{option}: expected {' or '.join(able)} among --recipes, "
                f"got {','.join(names)}. Next: add one, or leave out --{option}"
            )
    asked = {
        "--tune": options.tune,
        "--trials": options.trials,
        "--budget": options.budget is not None,
        "--distributed": options.distributed,
    }
    given = [option for option, is_asked in asked.items() if is_asked]
    if len(given) > 1 and given[0] in ("--tune", "--trials"):
        raise ValueError(
            f"expected {given[0]} or {given[-1]}, got both. Next: leave out one"
        )
    if options.budget is None:
        return
    if options.distributed:
        raise ValueError(
            "--budget: expected one process, got --distributed. Next: leave out one"
        )
    if not as_seconds(options.budget):
        raise ValueError(
            f"--budget: expected a time above 0, got {options.budget!r}. "
            'Next: a longer one, such as "2 min"'
        )


def _wanted(name: str, unfreeze: str | None, budget: str | None) -> dict[str, Any]:
    """The arguments of these two that are given, and that the recipe has."""
    from ..recipes import RECIPES, takes

    given = {"unfreeze": unfreeze, "budget": budget}
    train = RECIPES[name].train
    return {
        option: value
        for option, value in given.items()
        if value is not None and takes(train, option)
    }


def _load(experiment: Experiment, options) -> list:
    """The task, once for each seed.

    Raises:
        TaskError: it cannot be loaded as asked.
    """
    from ..tasks import load_task

    plan = experiment.plan

    def load(labels: int | None) -> list:
        return [
            load_task(
                experiment.task,
                labels,
                seed,
                image_size=options.size,
                bad_files=options.bad_files,
                mirror=False if options.no_mirror else None,
            )
            for seed in range(plan.seeds)
        ]

    tasks = _with_labels(plan, load)
    if tasks[0].labels_per_class != plan.labels_per_class:
        print(f"Labels: all, because a class has fewer than {plan.labels_per_class}.")
    return tasks


def _with_labels(plan: Plan, load: Callable[[int | None], Found]) -> Found:
    """Call ``load`` with the plan's labels per class; with None if a class has fewer
    and the plan allows it.

    Raises:
        TaskError: as ``load``.
    """
    from ..folders import BadImagesError, TaskError

    try:
        return load(plan.labels_per_class)
    except BadImagesError:
        raise
    except TaskError:  # perhaps there are not as many labels
        if not plan.at_most:
            raise
    return load(None)


def _precision(experiment: Experiment, options, backbone, task, distributed) -> str:
    """What --precision says; for "auto" the one in which training is fastest here:
    measured, where it may matter.
    """
    from .. import speed

    if options.precision != "auto":
        return options.precision
    if experiment.pair == "embedded":
        return "float32"  # small networks gain nothing
    if distributed:
        return "float32"  # several machines may measure different things
    return speed.faster_precision(backbone, task.image_shape)
