"""Figures that a notebook's cell draws by itself, drawn again from that cell's source.

``CELLS`` maps the id of a cell to the names that the cell uses, with made-up numbers
like those of the notebook. ``drawn_by(id)`` gives the matplotlib Figure or Axes.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import tlkit_course as course

import tlkit as tk
from tlkit import glyphs, look, plots
from tlkit.evaluate import Interval

FOLDER = Path(__file__).parents[1] / "notebooks"
# What a cell does with matplotlib itself, beside calling a function of the kit.
DRAWS = re.compile(r"plots\.axes\(|pyplot|\bax\.|draw_three\(|draw_share\(")


@cache
def code() -> dict[str, Any]:
    """Id -> code cell, of all notebooks."""
    return {
        cell.id: cell
        for file in sorted(FOLDER.glob("*.ipynb"))
        for cell in nbformat.read(file, 4).cells
        if cell.cell_type == "code"
    }


def that_draw() -> set[str]:
    """Ids of the cells with a picture below them that they draw by themselves."""
    return {
        place
        for place, cell in code().items()
        if any("image/png" in output.get("data", {}) for output in cell.outputs)
        and DRAWS.search(cell.source)
    }


def drawn_by(place: str):
    """The figure that a cell shows, with the made-up numbers of ``CELLS``.

    Args:
        place: id of the cell.

    Raises:
        NameError: the cell uses a name that ``CELLS`` does not have.
    """
    shown: list[Any] = []
    quiet = SimpleNamespace(
        claim=lambda *_: None, needs=lambda *_: None, descent=course.descent
    )
    names = {"tk": tk, "np": np, "course": quiet, **CELLS[place]()}
    show, plots.show = plots.show, lambda drawing, alt=None: shown.append(drawing)
    try:
        exec(code()[place].source, names)
    finally:
        plots.show = show
    (drawing,) = shown
    return drawing


def defined_in(*places: str, **names) -> dict[str, Any]:
    """Names, and those that cells define with their help."""
    names = {"tk": tk, "np": np, **names}
    for place in places:
        exec(code()[place].source, names)
    return names


def around(mean: float, half: float = 0.01) -> Interval:
    return Interval(mean, mean - half, mean + half)


def run_of(mean: float, half: float = 0.016):
    return SimpleNamespace(score=lambda: around(mean, half))


def five_draws() -> dict[str, Any]:
    """Scores of five draws, of which the cell trains four."""
    scores = iter((0.818, 0.844, 0.8485, 0.821))
    kit = SimpleNamespace(
        load_task=lambda *_, **__: None,
        linear_probe=lambda *_: run_of(next(scores)),
        plots=plots,
        look=look,
    )
    return {"tk": kit, "probe": run_of(0.851), "letters": None}


def budgets() -> dict[str, Any]:
    accuracy = {
        "scratch": {"20": [0.11, 0.12, 0.13], "500": [0.75, 0.76, 0.77]},
        "probe": {"20": [0.82, 0.84, 0.85], "500": [0.90, 0.90, 0.91]},
    }
    points = {
        way: {int(n): around(np.mean(some)) for n, some in line.items()}
        for way, line in accuracy.items()
    }
    return {"points": points, "stored": {"accuracy": accuracy}}


def folders_as_words() -> dict[str, Any]:
    words = ["zero", "one", "two", "three", "four"]
    words += ["five", "six", "seven", "eight", "nine"]
    by_folder = np.repeat(range(10), 20)
    named = np.array([words.index(name) for name in sorted(words)])[by_folder]
    better = SimpleNamespace(predicted=lambda: named)
    return {
        "by_folder": by_folder,
        "better": better,
        "folders": sorted(words),
        "words": words,
        "spoilt": around(0.1),
    }


def three_digits() -> dict[str, Any]:
    y_hat = np.full((3, 10), 0.005)
    y_hat[range(3), [2, 0, 8]] = 0.955
    labels = np.array([2, 0, 5])
    return defined_in(
        "c03-08",
        y_hat=y_hat,
        y=np.eye(10)[labels],
        labels=labels,
        gradient=y_hat,
        pictures=glyphs.draw(glyphs.DIGITS, 3, seed=7).images,
    )


def one_parameter() -> dict[str, Any]:
    from matplotlib import pyplot

    moves = np.linspace(-10, 10, 201)
    accuracies = np.round(0.85 - 0.02 * np.maximum(0, moves) * moves / 4, 2)
    losses = 0.5 + 0.02 * moves**2
    more = {"changes": 18, "pyplot": pyplot}
    return {"moves": moves, "accuracies": accuracies, "losses": losses, **more}


def smoothing() -> dict[str, Any]:
    from math import log

    from scipy.special import softmax

    return defined_in("c03-52", softmax=softmax, log=log, floor=0.5)


def weighted_classes() -> dict[str, Any]:
    steps = (10, 30, 100, 300, 600)
    rng = np.random.default_rng(0)

    def shares(threes, others):  # (seeds, looks, kinds)
        mean = np.stack([threes, np.full(5, others)], axis=1)
        return np.clip(mean + rng.normal(0, 0.02, (10, 5, 2)), 0, 1)

    return defined_in(
        "draw-shares",
        looks=steps,
        over_draws=tk.evaluate.over_seeds,
        plain=shares((0.0, 0.02, 0.11, 0.2, 0.23), 0.9),
        weighted=shares((0.57, 0.53, 0.46, 0.41, 0.39), 0.88),
    )


def softmax_twice() -> dict[str, Any]:
    epochs = np.arange(80)
    return {
        "good_losses": 0.05 + 2.5 * np.exp(-epochs / 8),
        "twice_losses": 1.49 + 0.8 * np.exp(-epochs / 8),
        "lowest": 1.46,
    }


def training() -> dict[str, Any]:
    epochs = np.arange(36)
    learnt = 0.16 + 3.4 * np.exp(-epochs / 2)
    seen = 0.5 + 1.4 * np.exp(-epochs / 2) + 0.1 * (epochs % 3)
    return {"stage_1": {"loss": learnt.tolist(), "val_loss": seen.tolist()}}


def traps() -> dict[str, Any]:
    lost = {
        "pixels ÷ 255": around(0.496, 0.033),
        "all layers at once, random head": around(0.064, 0.022),
        "10 × 100 steps": around(0.011, 0.005),
        "no validation, last state": around(-0.011, 0.009),
    }
    cost_of = {
        "together": around(0.2, 0.016),
        "printed": around(0.359, 0.02),
        "test_chooses": around(0.005, 0.004),
        "recomputed": around(5.332, 1.03),
    }
    return {"lost": lost, "cost_of": cost_of}


def guessers() -> dict[str, Any]:
    tried = (1, 3, 10, 30, 100, 300, 1000)
    means = (0.103, 0.119, 0.133, 0.144, 0.16, 0.164, 0.176)
    return {"best": dict(zip(tried, map(around, means), strict=True))}


def luck() -> dict[str, Any]:
    names = ("192 test pictures", "1,000 test pictures", "2,000 test pictures")
    spread = dict(zip(names, (0.027, 0.012, 0.008), strict=True))
    return {
        "luck": {f"another {name}": one for name, one in spread.items()}
        | {"another 200 labels": 0.01}
    }


def neighbours() -> dict[str, Any]:
    named = np.linspace(0.06, 1, 176)
    truth = np.clip(named + 0.1 * np.sin(40 * named), 0, 1)
    return {
        "named": named,
        "truth": truth,
        "trained": np.arange(176) % 3 > 0,
        "agree": 0.96,
    }


def heard() -> dict[str, Any]:
    from tlkit_course import beyond

    return {"beyond": beyond}


def chosen() -> dict[str, Any]:
    choice = {"validation": {0.001: 0.66, 0.01: 0.8, 0.1: 0.83}}
    more = {"images": None, "labels": None, "splits": {"validation": range(64)}}
    return {"choice": choice, "baseline": 0.19, **more}


CELLS: dict[str, Callable[[], dict[str, Any]]] = {
    "five-draws": five_draws,
    "0d6564f7": budgets,
    "b60eeddc": folders_as_words,
    "c03-09": three_digits,
    "c03-25": one_parameter,
    "c03-41": three_digits,
    "draw-smoothing": smoothing,
    "c03-60": weighted_classes,
    "c03-73": softmax_twice,
    "watch-fit": training,
    "e8be230c": traps,
    "n07-009": guessers,
    "n07-040b": luck,
    "c08-050": neighbours,
    "n10-061": heard,
    "use-choice": chosen,
}
