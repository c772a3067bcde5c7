"""Measures the parts for one kind of machine, which this process plays."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import batches
import figure
import main_job
import page
import peaks
import peers
import rates
import recipes
import sizes
import steps
import tally
import targets
import views
from kinds import Kind

import tlkit as tk

QUICK_MEMORY = {"images": 300, "test": 100, "steps": 2, "names": ("scratch", "probe")}


class Results:
    """The JSON file of all kinds; what is written to it appears on its page at once."""

    def __init__(self, path: Path, kind: Kind):
        self.path, self.kind = path, kind
        self.all = {"kinds": {}}
        if path.exists():
            self.all = json.loads(path.read_text("utf-8"))
        self.mine = self.all["kinds"].setdefault(kind.name, {})

    def update(self, **entries) -> None:
        """Add entries to this kind, and write the file, its page and its figure."""
        self.mine.update(entries)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.all, indent=1) + "\n", "utf-8")
        self.path.with_suffix(".png").write_bytes(figure.drawn(self.all))
        text = page.text(self.all, self.path.stem)
        self.path.with_suffix(".md").write_text(text, "utf-8")


def one_kind(kind: Kind, given: Namespace, command: str) -> int:
    """Measure what was asked for; returns the exit status."""
    backbone = tk.Backbone(given.weights)
    task = tk.load_task(given.task)
    results = Results(given.out, kind)
    facts = about(kind, given, backbone, task)
    before = results.mine.get("weights"), results.mine.get("task", {}).get("name")
    asked = given.parts or kind.parts
    same = before in ((None, None), (facts["weights"], facts["task"]["name"]))
    if not same and "recipes" not in asked:
        print(
            f"{given.out} holds results of {before[1]} and {before[0]['name']}. "
            "Next: add recipes to --parts, or name another --out",
            file=sys.stderr,
        )
        return 1
    facts["provenance"] = given.provenance or results.mine.get("provenance", "")
    commands = results.mine.get("commands", [])
    if command not in commands:
        commands = [*commands, command]
    results.update(**facts, commands=commands)
    setting = recipes.Setting(backbone, task, facts["precision"], 0)
    for part in asked:
        print(f"--- {kind.title}: {part}", file=sys.stderr, flush=True)
        MEASURES[part](results, kind, given, setting)
    return 0


def about(kind: Kind, given: Namespace, backbone: tk.Backbone, task: tk.Task) -> dict:
    """What the numbers were measured on, with and by."""
    precision = given.precision
    if precision is None:
        precision = tk.speed.faster_precision(backbone, task.image_shape)
    return {
        "environment": kind.variables,
        "machine": peers.machine(),
        "versions": peers.versions(),
        "weights": peers.provenance(backbone),
        "task": {"name": task.name, "classes": len(task.classes)},
        "precision": precision,
    }


def find_torch() -> Path | None:
    """PyTorch's interpreter; without one, say why and go on without its recipes."""
    try:
        return peers.torch_python()
    except peers.TorchMissing as reason:
        print(f"without PyTorch: {reason}", file=sys.stderr)
        return None


def compare(results: Results, kind: Kind, given: Namespace, setting) -> None:
    """All recipes side by side: every run, and the table's rows."""
    python = find_torch()
    names = given.recipes or list(kind.recipes)
    if not python:
        names = [name for name in names if name not in peers.TORCH]
    passes = kind.passes or None
    limits = [limit for limit in (given.epochs, passes) if limit]
    seeds = range(given.repeats)
    settings = []
    for seed in seeds:
        task = peers.load(given.task, given.images, given.test, seed)
        settings.append(
            replace(
                setting,
                task=task,
                seed=seed,
                epochs=min(limits, default=None),
                head_epochs=1 if given.quick else passes,
            )
        )
    first = settings[0].task
    counts = {name: len(split) for name, split in first.splits().items()}
    task = {**results.mine["task"], "sha256": first.fingerprint(), **counts}
    found = {"task": task, "repeats": given.repeats, "epochs": settings[0].epochs}
    if python:
        found["torch_differs_by"] = peers.same_features(python, settings[0])
    runs = []
    for run in peers.measure(settings, names, python):
        versions = {**results.mine["versions"], **run.pop("versions", {})}
        runs.append(run)
        results.update(**found, versions=versions, runs=runs, rows=tally.rows(runs))


def measure_targets(results: Results, kind: Kind, given: Namespace, setting) -> None:
    """The project's own targets, written down one by one."""
    found: list[dict] = []
    for one in targets.measure(
        given.task,
        setting.backbone,
        setting.precision,
        find_torch(),
        given.quick,
        results.mine.get("rows", {}),
    ):
        found.append(one)
        results.update(targets=found)


def measure_rates(results: Results, kind: Kind, given: Namespace, setting) -> None:
    """Images in a second."""
    few = (1, 1) if given.quick else ()
    results.update(rates=rates.measure(setting, find_torch(), *few))


def measure_memory(results: Results, kind: Kind, given: Namespace, setting) -> None:
    """Peak memory of the recipes."""
    few = QUICK_MEMORY if given.quick else {}
    found = peaks.measure(setting.backbone, setting.precision, **few)
    results.update(memory=found)


def measure_main(results: Results, kind: Kind, given: Namespace, setting) -> None:
    """`python -m tlkit run`."""
    few = (1, "probe") if given.quick else (kind.seeds,)
    results.update(main=main_job.measure(*few))


def measure_steps(results: Results, kind: Kind, given: Namespace, setting) -> None:
    """What a training step is made of."""
    found = steps.parts(setting, repeats=1 if given.quick else 5)
    results.update(steps=found)


def measure_ends(results: Results, kind: Kind, given: Namespace, setting) -> None:
    """When trainings end; with few images, so that the steps are short."""
    splits = setting.task.splits()
    few = {name: split.pick(range(20)) for name, split in splits.items()}
    short = replace(setting, task=replace(setting.task, **few))
    results.update(ends=steps.ends(short, *([(2,)] if given.quick else [])))


def measure_batches(results: Results, kind: Kind, given: Namespace, setting) -> None:
    """Whether larger batches learn as well."""
    few = (2, 200) if given.quick else ()
    found = batches.measure(given.task, setting.backbone, setting.precision, *few)
    results.update(batches=found)


def measure_views(results: Results, kind: Kind, given: Namespace, setting) -> None:
    """What augmentation costs and brings."""
    few = (2, 4, 2) if given.quick else ()
    found = views.measure(
        given.task, setting.backbone, setting.precision, given.test, *few
    )
    results.update(views=found)


def measure_sizes(results: Results, kind: Kind, given: Namespace, setting) -> None:
    """Pictures of several sizes."""
    found = sizes.measure(setting.backbone, *([(32,)] if given.quick else []))
    results.update(sizes=found)


MEASURES: dict[str, Callable] = {
    "recipes": compare,
    "rates": measure_rates,
    "targets": measure_targets,
    "memory": measure_memory,
    "main": measure_main,
    "steps": measure_steps,
    "ends": measure_ends,
    "batches": measure_batches,
    "views": measure_views,
    "sizes": measure_sizes,
}
