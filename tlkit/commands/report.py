"""What a run writes: a folder with result.json, figures, the best model, and one page
that can be sent to others.
"""

import base64
import json
import os
import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import evaluate, plots
from ..machine import processor
from ..machine.whole import new_folder
from ..recipes import RECIPES
from ..saved import save_model
from ..tasks import Task
from ..training import Run

SCRATCH = "scratch"
UNEVEN = 1.5  # times as frequent as others on average: then accuracy alone misleads
TEMPLATE = Path(__file__).parents[1] / "assets" / "report.html"
PAIRS = {
    "embedded": (
        "Source and target are scenes that the kit drew; the backbone was trained on "
        "drawn letters. This is not ImageNet: it shows how transfer works, not how "
        "well it works on photographs. For that, python -m tlkit run --real takes the "
        "published VGG16 weights to CIFAR-10."
    ),
    "real": (
        "Source: the 1.3 million photographs of ImageNet. Target: CIFAR-10, real "
        "photographs too."
    ),
    "custom": "Task and backbone were chosen by the person who ran this.",
}


class Figure(NamedTuple):
    """A figure of the page: its PNG, what it shows in words, and the text below it."""

    picture: bytes
    alt: str
    caption: str


def table(runs: Mapping[str, Sequence[Run]]) -> str:
    """The recipes' scores and costs, as text with columns.

    Args:
        runs: recipe -> its Runs, one for each seed.

    Returns:
        A line for each recipe: test score with its 95 % interval, mean seconds, trained
        parameters, largest peak memory. Then what guessing gives; and where one class
        is much more frequent than others, each recipe's balanced accuracy.
    """
    task = _task(runs)
    score = plots.measure(task)
    rows = [["recipe", score, "seconds", "trained parameters", "peak memory"]]
    for name, some in runs.items():
        recipe = _recipe(runs, name)
        rows.append(
            [
                name,
                str(plots.score(some)),
                f"{recipe['seconds']:.1f}",
                f"{recipe['trained_parameters']:,}",
                f"{recipe['peak_memory_mb']:,.0f} MB",
            ]
        )
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for name, *numbers in rows:
        cells = [name.ljust(widths[0])]
        for number, width in zip(numbers, widths[1:], strict=True):
            cells.append(number.rjust(width))
        lines.append("  ".join(cells))
    guess, words = plots.guessing(task)
    lines.append(f"{words}: {guess:.3f}")
    if not task.is_regression and guess > UNEVEN / len(task.classes):
        scores = [f"{name} {balanced(some):.3f}" for name, some in runs.items()]
        lines.append(
            f"balanced accuracy, for which every class counts the same (chance "
            f"{1 / len(task.classes):.3f}): {', '.join(scores)}"
        )
    return "\n".join(lines)


def balanced(runs: Sequence[Run]) -> float:
    """Balanced accuracy: the mean recall of all classes, averaged over runs."""
    found = []
    for run in runs:
        labels, right = run.task.test.labels, run.correct()
        found.append(np.mean([right[labels == kind].mean() for kind in set(labels)]))
    return float(np.mean(found))


def best(runs: Mapping[str, Sequence[Run]]) -> str:
    """The recipe with the best validation score; the test split is not used."""
    scores = {
        name: float(np.mean([run.score("validation").mean for run in some]))
        for name, some in runs.items()
    }
    choose = min if _task(runs).is_regression else max
    return choose(scores, key=scores.__getitem__)


def against_scratch(
    runs: Mapping[str, Sequence[Run]], name: str
) -> evaluate.Interval | None:
    """Test score of a recipe minus that from scratch, on the same images and seeds.

    Args:
        runs: recipe -> its Runs.
        name: the recipe.

    Returns:
        The mean difference with its 95 % interval; None if no seed has both.
    """
    scratch = {
        run.seed: run for some in runs.values() for run in some if run.recipe == SCRATCH
    }
    ours, theirs = [], []
    for run in runs[name]:
        if run.recipe != SCRATCH and run.seed in scratch:
            ours.append(run.marks())
            theirs.append(scratch[run.seed].marks())
    if not ours:
        return None
    return evaluate.paired_difference(np.stack(ours), np.stack(theirs))


def finding(runs: Mapping[str, Sequence[Run]]) -> str:
    """The result in one sentence: the recipe that was best on validation, against
    training from scratch.
    """
    name, task = best(runs), _task(runs)
    few = ""
    if task.labels_per_class:
        few = f"With {task.labels_per_class} labels per class, "
    kind = "a mean absolute error of" if task.is_regression else "an accuracy of"
    reached = f"reaches {kind} {plots.score(runs[name])} on {task.name}"
    words = f"{few}{_spoken(name)} {reached}"
    gain = against_scratch(runs, name)
    if gain is None:
        return f"{words}; guessing gives {plots.guessing(task)[0]:.3f}."
    scratch = next(
        plots.score(some) for some in runs.values() if some[0].recipe == SCRATCH
    )
    if not gain.excludes(0):
        return (
            f"{words}, and from scratch {scratch}: "
            f"the difference of {gain} may be chance."
        )
    is_better = gain.mean < 0 if task.is_regression else gain.mean > 0
    better = "a gain" if is_better else "a loss"
    if gain.mean < 0:
        gain = evaluate.Interval(-gain.mean, -gain.high, -gain.low)
    return f"{words}, against {scratch.mean:.3f} from scratch: {better} of {gain}."


def result(
    runs: Mapping[str, Sequence[Run]], pair: str, command: str, **extra
) -> dict[str, Any]:
    """Everything that goes into ``result.json``; arguments as in ``write_result``."""
    every = [run for some in runs.values() for run in some]
    task, backbone = every[0].task, _pretrained(every)
    tasks = {run.seed: run.task for run in every}
    seeds = sorted(tasks)
    return {
        "pair": pair,
        "finding": finding(runs),
        "task": {
            "name": task.name,
            "question": task.question,
            "classes": task.classes,
            "labels_per_class": task.labels_per_class,
            "notes": task.notes,
            "images": {name: len(split) for name, split in task.splits().items()},
        },
        "backbone": {
            "name": backbone.name,
            "size": backbone.size,
            "width": backbone.width,
            "architecture": backbone.architecture,
        },
        "seeds": seeds,
        "recipes": {name: _recipe(runs, name) for name in runs},
        "best_by_validation": best(runs),
        "guessing": plots.guessing(task)[0],
        "command": command.replace(str(Path.home()), "~"),
        "hashes": {
            "task": {seed: tasks[seed].fingerprint() for seed in seeds},
            "weights": backbone.weights_hash,
        },
        "versions": _versions(),
        "machine": {
            "cores": os.cpu_count(),
            "processor": _processor(),
            "instructions": processor.in_words(),
            "platform": platform.system(),
        },
        **extra,
    }


def write_result(
    runs: Mapping[str, Sequence[Run]], out: Path, pair: str, command: str, **extra
) -> Path:
    """Write a folder named after the time, whole or not at all.

    Args:
        runs: recipe -> its Runs, one for each seed.
        out: the folder for the new folder, usually ``runs``; made if absent.
        pair: "embedded", "real" or "custom".
        command: what to type to repeat this; the home folder in it becomes ~.
        extra: more entries for result.json.

    Returns:
        The new folder: result.json, compare.png, curves.png, confusion.png (scatter.png
        for a number), predictions.png, report.html, and model.keras (first seed of the
        recipe that is best on validation).

    Raises:
        ValueError: no runs, or another pair.
        OSError: it cannot be written.
    """
    if pair not in PAIRS or not runs:
        raise ValueError(
            f"expected runs, and a pair from {', '.join(PAIRS)}, "
            f"got {len(runs)} recipes and {pair!r}: say where the weights are from"
        )
    chosen = runs[best(runs)][0]

    def write(folder: Path) -> None:
        said = result(runs, pair, command, **extra)
        figures = _figures(runs, chosen)
        values = json.dumps(said, indent=2, default=_plain)
        (folder / "result.json").write_text(values, "utf-8")
        page = _page(runs, chosen, said, figures)
        (folder / "report.html").write_text(page, "utf-8")
        for file, figure in figures.items():
            (folder / file).write_bytes(figure.picture)
        save_model(chosen.model, folder, chosen.task.name, chosen.task.classes)

    return new_folder(Path(out), write)


def _task(runs: Mapping[str, Sequence[Run]]) -> Task:
    """The task; those of all runs differ in their labels only."""
    return next(iter(runs.values()))[0].task


def _pretrained(runs: Sequence[Run]):
    """The backbone of the first run that did not start from random weights, if any."""
    for run in runs:
        if run.backbone.weights is not None:
            return run.backbone
    return runs[0].backbone


def _spoken(name: str) -> str:
    """A recipe's name as people say it."""
    return RECIPES[name].label


def _recipe(runs: Mapping[str, Sequence[Run]], name: str) -> dict[str, Any]:
    """What ``result.json`` has about one recipe."""
    some, gain = runs[name], against_scratch(runs, name)
    score = "mean_absolute_error" if _task(runs).is_regression else "accuracy"
    found: dict[str, Any] = {
        score: asdict(plots.score(some)),
        "seconds": float(np.mean([run.seconds for run in some])),
        "trained_parameters": some[0].trained_parameters,
        "peak_memory_mb": max(run.peak_memory_mb for run in some),
    }
    if gain is not None:
        found["paired_vs_scratch"] = asdict(gain)
    found["runs"] = [
        {
            "seed": run.seed,
            score: run.score().mean,
            "validation": run.score("validation").mean,
            "seconds": run.seconds,
            "notes": run.notes,
        }
        for run in some
    ]
    found["settings"] = some[0].settings
    return found


def _figures(runs: Mapping[str, Sequence[Run]], chosen: Run) -> dict[str, Figure]:
    """File name -> figure, in the order of the page."""
    figures = {"compare.png": _compared(runs)}
    curves = _curves(runs)
    if curves:
        figures["curves.png"] = curves
    whose = f"{_spoken(best(runs))}, seed {chosen.seed}"
    if chosen.task.is_regression:
        figures["scatter.png"] = _scattered(chosen, whose)
    else:
        figures["confusion.png"] = _confused(chosen, whose)
    figures["predictions.png"] = _predicted(chosen, whose)
    return figures


def _figure(axes, alt: str, caption: str) -> Figure:
    return Figure(plots.png(axes, alt), alt, caption)


def _compared(runs: Mapping[str, Sequence[Run]]) -> Figure:
    """The scores of all recipes beside each other."""
    scores = "; ".join(
        f"{_spoken(name)} {plots.score(some)}" for name, some in runs.items()
    )
    return _figure(
        plots.compare(runs),
        f"Test {plots.measure(_task(runs))} by recipe: {scores}.",
        "Bars are 95 % intervals. With one run, they are about other test pictures; "
        "with several, about other draws of the labels, other trainings and other test "
        "pictures. "
        "Small dots are single seeds; the dashed line is guessing without looking.",
    )


def _curves(runs: Mapping[str, Sequence[Run]]) -> Figure | None:
    """Validation scores over the epochs; None if no run has any."""
    key = "val_mae" if _task(runs).is_regression else "val_accuracy"
    ends = []
    for name, some in runs.items():
        way = some[0].history.get(key)
        if way:
            ends.append(f"{_spoken(name)} from {way[0]:.2f} to {way[-1]:.2f}")
    if not ends:
        return None
    measure = plots.measure(_task(runs))
    return _figure(
        plots.curves(runs),
        f"Validation {measure} over the epochs: {'; '.join(ends)}.",
        f"Validation {measure} after each epoch; the first seed is bold.",
    )


def _scattered(chosen: Run, whose: str) -> Figure:
    """Predicted over true numbers."""
    return _figure(
        plots.scatter(chosen),
        f"Off by {chosen.score()} on average.",
        f"Predicted against true {chosen.task.name} of the test pictures ({whose}).",
    )


def _confused(chosen: Run, whose: str) -> Figure:
    """Which class is taken for which."""
    return _figure(
        plots.confusion(chosen),
        _worst_mistake(chosen),
        f"Which class was taken for which, in percent of each true class ({whose}).",
    )


def _predicted(chosen: Run, whose: str) -> Figure:
    """Some test pictures with the model's answers."""
    if chosen.task.is_regression:
        told = "each with the predicted and the true number"
    else:
        shown = plots.spread(len(chosen.task.test), 16)
        told = f"{chosen.correct()[shown].sum()} of them classified correctly"
    return _figure(
        plots.predictions(chosen),
        f"Up to 16 test pictures, {told}.",
        "Evenly spaced test pictures, not hand-picked, and what the model predicts "
        f"({whose}).",
    )


def _worst_mistake(run: Run) -> str:
    """The most frequent mistake on the test split, in a sentence."""
    names = run.task.classes
    counts = evaluate.confusion(run.task.test.labels, run.predicted(), len(names))
    np.fill_diagonal(counts, 0)
    true, predicted = np.unravel_index(counts.argmax(), counts.shape)
    number = counts[true, predicted]
    if not number:
        return "No mistakes."
    taken = f"{names[true]} taken for {names[predicted]}"
    return f"Most frequent mistake: {taken}, {number} times."


def _page(
    runs: Mapping[str, Sequence[Run]],
    chosen: Run,
    said: dict[str, Any],
    figures: Mapping[str, Figure],
) -> str:
    """report.html: everything inside one file, every text escaped."""
    from jinja2 import Environment, StrictUndefined

    task = chosen.task
    classes = []
    if not task.is_regression:
        classes = evaluate.per_class(task.test.labels, chosen.predicted(), task.classes)
    scores = {
        name: (plots.score(some), against_scratch(runs, name))
        for name, some in runs.items()
    }
    pictures = [
        (base64.b64encode(figure.picture).decode(), figure.alt, figure.caption)
        for figure in figures.values()
    ]
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    return template.render(
        said=said,
        scores=scores,
        pictures=pictures,
        seed=chosen.seed,
        classes=classes,
        measure=plots.measure(task),
        about=PAIRS[said["pair"]],
        known=RECIPES,
    )


def _plain(value):
    """NumPy's numbers and arrays as JSON has them; anything else as text."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)


def _versions() -> dict[str, str]:
    """Package -> version, of those that decide the numbers."""
    found = {"python": platform.python_version(), "tlkit": "not installed"}
    for name in ("tlkit", "keras", "tensorflow", "tensorflow-cpu", "numpy"):
        with suppress(metadata.PackageNotFoundError):
            found[name.removesuffix("-cpu")] = metadata.version(name)
    return found


def _processor() -> str:
    """The processor's model, such as "AMD EPYC 7763"."""
    with suppress(OSError):  # Linux only
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(": ", 1)[1]
    return platform.processor() or platform.machine()
