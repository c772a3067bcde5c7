"""What a run leaves behind: a folder with result.json, figures, the best model and one page to send on."""

import base64
import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from .. import evaluate, plots
from ..saved import save_model

SCRATCH = "scratch"
RECIPES = {
    SCRATCH: "random weights, every layer trained on the target task alone",
    "probe": "pretrained layers frozen, only a new head trained",
    "lp_ft": "the linear probe first, then its head and the pretrained layers trained together",
    "fine_tune": "pretrained layers trained together with the head",
    "article": "the article's program as it was written, every layer trained",
}
PAIRS = {
    "embedded": "Source and target are scenes that the kit drew; the backbone was trained on drawn letters. "
    "This is not ImageNet: it shows how transfer works, not how well it works on photographs. For that, "
    "python -m tlkit run --real takes the published VGG16 weights to CIFAR-10.",
    "real": "Source: the 1.3 million photographs of ImageNet. Target: CIFAR-10.",
    "custom": "Task and backbone were chosen by the person who ran this.",
}


def table(runs: Mapping[str, Sequence]) -> str:
    """Recipes with test score and 95 % interval, mean seconds, trained parameters, peak memory, as text."""
    rows = [
        [
            "recipe",
            plots.measure(_task(runs)),
            "seconds",
            "trained parameters",
            "peak memory",
        ]
    ]
    for name in runs:
        recipe = _recipe(runs, name)
        costs = (
            recipe["seconds"],
            recipe["trained_parameters"],
            recipe["peak_memory_mb"],
        )
        rows.append(
            [
                name,
                str(plots.score(runs[name])),
                *"{:.1f}|{:,}|{:,.0f} MB".format(*costs).split("|"),
            ]
        )
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        [row[0].ljust(wide[0]), *map(str.rjust, row[1:], wide[1:])] for row in rows
    )
    return "\n".join("  ".join(line) for line in lines)


def best(runs: Mapping[str, Sequence]) -> str:
    """The recipe with the best validation score; the test split has no say in the choice."""
    sign = -1 if _task(runs).is_regression else 1
    return max(
        runs,
        key=lambda name: (
            sign * np.mean([run.score("validation").mean for run in runs[name]])
        ),
    )


def against_scratch(
    runs: Mapping[str, Sequence], name: str
) -> evaluate.Interval | None:
    """Test score of a recipe minus that from scratch, on the same images and seeds; None without a pair."""
    scratch = {
        run.seed: run for some in runs.values() for run in some if run.recipe == SCRATCH
    }
    pairs = [
        (run, scratch[run.seed])
        for run in runs[name]
        if run.recipe != SCRATCH and run.seed in scratch
    ]
    if not pairs:
        return None
    ours, theirs = (
        np.stack([_marks(run) for run in side]) for side in zip(*pairs, strict=True)
    )
    return evaluate.paired_difference(ours, theirs)


def finding(runs: Mapping[str, Sequence]) -> str:
    """The result in one sentence: the recipe chosen on validation against training from scratch."""
    name, task = best(runs), _task(runs)
    few = (
        f"With {task.labels_per_class} labels per class, "
        if task.labels_per_class
        else ""
    )
    kind = "a mean absolute error of" if task.is_regression else "an accuracy of"
    words = (
        f"{few}{_spoken(name)} reaches {kind} {plots.score(runs[name])} on {task.name}"
    )
    gain = against_scratch(runs, name)
    if gain is None:
        return f"{words}; guessing gives {plots.guessing(task)[0]:.3f}."
    scratch = next(
        plots.score(some) for some in runs.values() if some[0].recipe == SCRATCH
    )
    if not gain.excludes(0):
        return f"{words}, and from scratch {scratch}: the difference of {gain} may be chance."
    better = "a gain" if (gain.mean < 0) == task.is_regression else "a loss"
    size = (
        gain if gain.mean > 0 else evaluate.Interval(-gain.mean, -gain.high, -gain.low)
    )
    return f"{words}, against {scratch.mean:.3f} from scratch: {better} of {size}."


def result(
    runs: Mapping[str, Sequence], pair: str, command: str, **extra
) -> dict[str, Any]:
    """All that ``result.json`` says, as plain values; arguments as in ``write_result``."""
    every = [run for some in runs.values() for run in some]
    backbone = next(
        (run.backbone for run in every if run.backbone.weights is not None),
        every[0].backbone,
    )
    task, tasks = every[0].task, {run.seed: run.task for run in every}
    about = {
        name: getattr(task, name)
        for name in ("name", "question", "classes", "labels_per_class", "notes")
    }
    return {
        "pair": pair,
        "finding": finding(runs),
        "task": {
            **about,
            "images": {name: len(split) for name, split in task.splits().items()},
        },
        "backbone": {
            name: getattr(backbone, name) for name in ("name", "size", "width")
        },
        "seeds": sorted(tasks),
        "recipes": {name: _recipe(runs, name) for name in runs},
        "best_by_validation": best(runs),
        "guessing": plots.guessing(task)[0],
        "command": command.replace(str(Path.home()), "~"),
        "hashes": {
            "task": {n: tasks[n].fingerprint() for n in sorted(tasks)},
            "weights": backbone.weights_hash,
        },
        "versions": _versions(),
        "machine": {
            "cores": os.cpu_count(),
            "processor": _processor(),
            "platform": platform.system(),
        },
        **extra,
    }


def write_result(
    runs: Mapping[str, Sequence], out: Path, pair: str, command: str, **extra
) -> Path:
    """Write a folder named after the time, whole or not at all.

    Args:
        runs: recipe -> its Runs, one for each seed.
        out: the folder for such folders, usually ``runs``; made if need be.
        pair: "embedded", "real" or "custom".
        command: what to type to repeat this; the home folder in it becomes ~.
        extra: more entries for result.json.

    Returns:
        The new folder: result.json, compare.png, curves.png, confusion.png (scatter.png for a number),
        predictions.png, report.html, and model.keras: the recipe best on validation, its first seed.
    """
    if pair not in PAIRS or not runs:
        expected = f"expected runs and pair one of {', '.join(PAIRS)}"
        raise ValueError(
            f"{expected}, got {len(runs)} recipes and {pair!r}: say where the weights are from"
        )
    chosen = runs[best(runs)][0]

    def write(folder: Path) -> None:
        said, figures = result(runs, pair, command, **extra), _figures(runs, chosen)
        (folder / "result.json").write_text(
            json.dumps(said, indent=2, default=_plain), "utf-8"
        )
        (folder / "report.html").write_text(_page(runs, chosen, said, figures), "utf-8")
        for file, (picture, _, _) in figures.items():
            (folder / file).write_bytes(picture)
        save_model(chosen.model, folder, chosen.task.name, chosen.task.classes)

    return new_folder(Path(out), write)


def new_folder(out: Path, write: Callable[[Path], None]) -> Path:
    """A folder in `out` that is named after the time and filled by ``write(folder)``: there whole, or not at all."""
    name = time.strftime("%Y-%m-%dT%H-%M-%S")
    unfinished = out / f".unfinished-{name}-{os.getpid()}"
    unfinished.mkdir(parents=True)
    try:
        write(unfinished)
        for i in range(1, 1000):
            with suppress(OSError):  # the name is taken
                return unfinished.rename(out / (name if i == 1 else f"{name}-{i}"))
        raise FileExistsError(
            f"{out / name} cannot be written: choose another folder with --out"
        )
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _task(runs):
    return next(iter(runs.values()))[0].task


def _spoken(name: str) -> str:
    return plots.NAMES.get(name, name)


def _marks(run) -> np.ndarray:
    """What the run got right on the test split, bool (n,), or how far off it was, float (n,)."""
    return (
        np.abs(run.predicted() - run.task.test.labels)
        if run.task.is_regression
        else run.correct()
    )


def _recipe(runs, name) -> dict[str, Any]:
    some, gain = runs[name], against_scratch(runs, name)
    score = "mean_absolute_error" if _task(runs).is_regression else "accuracy"
    return {
        score: asdict(plots.score(some)),
        "seconds": float(np.mean([run.seconds for run in some])),
        "trained_parameters": some[0].trained_parameters,
        "peak_memory_mb": max(run.peak_memory_mb for run in some),
        **({"paired_vs_scratch": asdict(gain)} if gain else {}),
        "runs": [{"seed": run.seed, score: run.score().mean, "validation": run.score("validation").mean,
                  "seconds": run.seconds} for run in some],
        "settings": some[0].settings,
    }  # fmt: skip


def _figures(runs, chosen) -> dict[str, tuple[bytes, str, str]]:
    """File name -> (PNG, alternative text, caption)."""
    task, measure, who = (
        chosen.task,
        plots.measure(chosen.task),
        f"{_spoken(best(runs))}, seed {chosen.seed}",
    )
    scores = "; ".join(
        f"{_spoken(name)} {plots.score(some)}" for name, some in runs.items()
    )
    key = "val_mae" if task.is_regression else "val_accuracy"
    ways = {
        _spoken(name): some[0].history[key]
        for name, some in runs.items()
        if some[0].history.get(key)
    }
    ends = "; ".join(
        f"{name} from {way[0]:.2f} to {way[-1]:.2f}" for name, way in ways.items()
    )
    figures = {}

    def add(file, axes, alt, caption):
        figures[file] = (plots.png(axes, alt), alt, caption)

    caption = "Bars are 95 % intervals, small dots single seeds; the dashed line is guessing without looking."
    add(
        "compare.png",
        plots.compare(runs),
        f"Test {measure} by recipe: {scores}.",
        caption,
    )
    if ways:
        caption = f"Validation {measure} after each epoch; the first seed is bold."
        add(
            "curves.png",
            plots.curves(runs),
            f"Validation {measure} over the epochs: {ends}.",
            caption,
        )
    if task.is_regression:
        caption = f"Predicted against true {task.name} of the test pictures ({who})."
        add(
            "scatter.png",
            plots.scatter(chosen),
            f"Off by {chosen.score()} on average.",
            caption,
        )
        told = "each with the predicted and the true number"
    else:
        caption = (
            f"Which class was taken for which, in percent of each true class ({who})."
        )
        add("confusion.png", plots.confusion(chosen), _worst_mistake(chosen), caption)
        told = f"{chosen.correct()[plots.spread(len(task.test), 16)].sum()} of them classified rightly"
    caption = (
        f"Test pictures, evenly spaced and not chosen, and what the model says ({who})."
    )
    add(
        "predictions.png",
        plots.predictions(chosen),
        f"Up to 16 test pictures, {told}.",
        caption,
    )
    return figures


def _worst_mistake(run) -> str:
    names = run.task.classes
    counts = evaluate.confusion(run.task.test.labels, run.predicted(), len(names))
    np.fill_diagonal(counts, 0)
    true, said = np.unravel_index(counts.argmax(), counts.shape)
    if not counts[true, said]:
        return "No mistakes."
    return f"Most frequent mistake: {names[true]} taken for {names[said]}, {counts[true, said]} times."


def _page(runs, chosen, said, figures) -> str:
    """report.html: everything inside one file, every text escaped."""
    from jinja2 import Environment, StrictUndefined

    task, template = chosen.task, Path(__file__).parents[1] / "assets" / "report.html"
    scores = {
        name: (plots.score(some), against_scratch(runs, name))
        for name, some in runs.items()
    }
    pictures = [
        (base64.b64encode(picture).decode(), *words)
        for picture, *words in figures.values()
    ]
    labels, said_so = task.test.labels, chosen.predicted()
    fill = {
        "classes": ()
        if task.is_regression
        else evaluate.per_class(labels, said_so, task.classes),
        "measure": plots.measure(task),
        "about": PAIRS[said["pair"]],
    }
    page = Environment(autoescape=True, undefined=StrictUndefined).from_string(
        template.read_text("utf-8")
    )
    words = {"spoken": _spoken, "recipes": RECIPES}
    return page.render(
        said=said, scores=scores, pictures=pictures, seed=chosen.seed, **fill, **words
    )


def _plain(value):
    """NumPy's numbers and arrays as JSON has them; anything else as text."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("tlkit", "keras", "tensorflow", "tensorflow-cpu", "numpy"):
        with suppress(metadata.PackageNotFoundError):
            found[name.removesuffix("-cpu")] = metadata.version(name)
    return {"tlkit": "not installed", **found}


def _processor() -> str:
    with suppress(OSError, StopIteration):  # Linux only
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        return next(
            line.split(": ", 1)[1] for line in lines if line.startswith("model name")
        )
    return platform.processor() or platform.machine()
