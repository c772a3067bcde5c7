"""What a run writes: a folder with result.json, figures, a model, and one page that can
be sent to others. The page begins with a decision (``decision``).
"""

import base64
import json
import os
import platform
import re
import time
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
from ..training import Run
from . import pictures, wording
from .decision import Decision, best, decide, difference, spoken, task_of
from .doubts import doubts

SCRATCH = "scratch"
UNEVEN = 1.5  # times as frequent as others on average: then accuracy alone misleads
SHARP = 200  # pixels per inch of narrow figures, for phones and paper
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
    task = task_of(runs)
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
    scratch = next((key for key, some in runs.items() if _is_scratch(some)), None)
    if scratch is None or _is_scratch(runs[name]):
        return None
    return difference(runs, name, scratch)


def finding(runs: Mapping[str, Sequence[Run]], name: str | None = None) -> str:
    """The result of a recipe in one sentence, against training from scratch.

    Args:
        runs: recipe -> its Runs.
        name: the recipe; None: the one that was best on validation.
    """
    name, task = name or best(runs), task_of(runs)
    few = ""
    if task.labels_per_class:
        few = f"With {task.labels_per_class} labels per class, "
    kind = "a mean absolute error of" if task.is_regression else "an accuracy of"
    reached = f"reaches {kind} {plots.score(runs[name])} on {task.name}"
    words = f"{few}{spoken(name)} {reached}"
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


def in_words(decision: Decision) -> str:
    """The decision, its price and what to do next, as lines for a terminal."""
    lines = [f"Decision: {decision.sentence}"]
    if decision.cost:
        lines.append(f"Price: {decision.cost}")
    lines += [f"Next: {step}" for step in decision.next_steps]
    return "\n".join(lines)


def result(
    runs: Mapping[str, Sequence[Run]], pair: str, command: str, **extra
) -> dict[str, Any]:
    """Everything that goes into ``result.json``; arguments as in ``write_result``."""
    every = [run for some in runs.values() for run in some]
    task, backbone = every[0].task, _pretrained(every)
    tasks = {run.seed: run.task for run in every}
    seeds, decision = sorted(tasks), decide(runs, pair)
    return {
        "pair": pair,
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "decision": asdict(decision),
        "finding": finding(runs, decision.take),
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
            "processor": processor.name(),
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
        The new folder: result.json, decision.png, compare.png, curves.png,
        confusion.png (scatter.png for a number), predictions.png, report.html, and
        model.keras (first seed of the recipe that the decision takes).

    Raises:
        ValueError: no runs, or another pair.
        OSError: it cannot be written.
    """
    if pair not in PAIRS or not runs:
        raise ValueError(
            f"expected runs, and a pair from {', '.join(PAIRS)}, "
            f"got {len(runs)} recipes and {pair!r}: say where the weights are from"
        )
    decision = decide(runs, pair)
    chosen = runs[decision.take][0]

    def write(folder: Path) -> None:
        said = result(runs, pair, command, **extra)
        figures = _figures(runs, decision)
        values = json.dumps(said, indent=2, default=_plain)
        (folder / "result.json").write_text(values, "utf-8")
        page = _page(runs, decision, said, figures)
        (folder / "report.html").write_text(page, "utf-8")
        for file, figure in figures.items():
            (folder / file).write_bytes(figure.picture)
        save_model(chosen.model, folder, chosen.task.name, chosen.task.classes)

    return new_folder(Path(out), write)


def _pretrained(runs: Sequence[Run]):
    """The backbone of the first run that did not start from random weights, if any."""
    for run in runs:
        if run.backbone.weights is not None:
            return run.backbone
    return runs[0].backbone


def _is_scratch(some: Sequence[Run]) -> bool:
    """Whether these runs are those of training from scratch."""
    return some[0].recipe == SCRATCH


def _recipe(runs: Mapping[str, Sequence[Run]], name: str) -> dict[str, Any]:
    """What ``result.json`` has about one recipe."""
    some, gain = runs[name], against_scratch(runs, name)
    score = "mean_absolute_error" if task_of(runs).is_regression else "accuracy"
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


def _figures(
    runs: Mapping[str, Sequence[Run]], decision: Decision
) -> dict[str, Figure]:
    """File name -> figure, in the order of the page."""
    figures, chosen = {}, runs[decision.take][0]
    if decision.gain is not None:
        figures["decision.png"] = _decided(decision, plots.measure(chosen.task))
    figures["compare.png"] = _compared(runs)
    curves = _curves(runs)
    if curves:
        figures["curves.png"] = curves
    whose = f"{spoken(decision.take)}, seed {chosen.seed}"
    if chosen.task.is_regression:
        figures["scatter.png"] = _scattered(chosen, whose)
    else:
        figures["confusion.png"] = _confused(chosen, whose)
    figures["predictions.png"] = _predicted(chosen, whose)
    return figures


def _figure(axes, alt: str, caption: str, dpi: int = 110) -> Figure:
    """A drawing as a picture with its two texts; `dpi` as of ``plots.png``."""
    return Figure(plots.png(axes, alt, dpi), alt, caption)


def _compared(runs: Mapping[str, Sequence[Run]]) -> Figure:
    """The scores of all recipes beside each other."""
    scores = "; ".join(
        f"{spoken(name)} {plots.score(some)}" for name, some in runs.items()
    )
    return _figure(
        plots.compare(runs),
        f"Test {plots.measure(task_of(runs))} by recipe: {scores}.",
        "Bars are 95 % intervals. With one run, they are about other test pictures; "
        "with several, about other draws of the labels, other trainings and other test "
        "pictures. "
        "Small dots are single seeds; the dashed line is guessing without looking.",
    )


def _decided(decision: Decision, measure: str) -> Figure:
    """The gain that the decision rests on, beside no gain."""
    drawing = pictures.decision(decision, measure)
    return _figure(
        drawing,
        drawing.figure.get_label(),
        "Both answered the same test pictures. The bar is the 95 % interval of the "
        "difference: where it contains 0, the difference may be chance.",
        dpi=SHARP,
    )


def _curves(runs: Mapping[str, Sequence[Run]]) -> Figure | None:
    """Validation scores over the epochs; None if no run has any."""
    drawing = pictures.learning_curves(runs)
    if drawing is None:
        return None
    task = task_of(runs)
    measure, n = plots.measure(task), len(task.validation)
    lines = "The bold line is the mean of the seeds, as far as all of them went; thin "
    lines += "lines are single seeds. "
    if max(map(len, runs.values())) == 1:
        lines = ""
    step = "" if task.is_regression else f", so one picture more is {1 / n:.3f}"
    return _figure(
        drawing,
        drawing.get_label(),
        f"Validation {measure} after each epoch, on {n:,} pictures{step}. {lines}"
        "Circles: the epoch that was kept. Dashed: guessing without looking.",
        dpi=SHARP,
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
    classes, labels = chosen.task.classes, chosen.task.test.labels
    counts = evaluate.confusion(labels, chosen.predicted(), len(classes))
    return _figure(
        plots.confusion(chosen),
        plots.worst_mistake(counts, classes),
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


def _page(
    runs: Mapping[str, Sequence[Run]],
    decision: Decision,
    said: dict[str, Any],
    figures: Mapping[str, Figure],
) -> str:
    """report.html: everything inside one file, every text escaped."""
    from jinja2 import Environment, StrictUndefined

    chosen = runs[decision.take][0]
    task = chosen.task
    classes, mistakes, found, errors = [], [], [], []
    if task.is_regression:
        errors = pictures.largest_errors(chosen)
    else:
        classes = evaluate.per_class(task.test.labels, chosen.predicted(), task.classes)
        mistakes = pictures.mistakes(chosen)
        found = doubts(runs[decision.take])
    scores = {
        name: (plots.score(some), against_scratch(runs, name))
        for name, some in runs.items()
    }
    shown = {
        name.removesuffix(".png"): (
            base64.b64encode(figure.picture).decode(),
            figure.alt,
            figure.caption,
        )
        for name, figure in figures.items()
    }
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters["code"] = _with_code
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    return template.render(
        said=said,
        decision=decision,
        scores=scores,
        pictures=shown,
        seed=chosen.seed,
        outputs=max(1, len(task.classes)),
        classes=classes,
        mistakes=mistakes,
        errors=errors,
        doubts=pictures.doubtful(chosen, found),
        doubts_found=len(found),
        measure=plots.measure(task),
        pair=wording.pair(said["pair"], said["backbone"]["name"], task.name),
        settings=wording.settings,
        about=PAIRS[said["pair"]],
        known=RECIPES,
    )


def _with_code(text: str):
    """A sentence for a page: escaped, and what stands between ` as <code>."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


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
