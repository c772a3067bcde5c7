"""Every figure of the kit, drawn from stored results or from made-up runs.

``DRAWINGS`` maps a name to a function that draws: it gives a matplotlib Figure or Axes.
``EXPLORERS`` maps a name to a function that gives an Explorer.
"""

import json
import sys
from pathlib import Path

import numpy as np
import tlkit_course as course
from fake_runs import FakeTask, fake_degrees, fake_run, fake_runs
from tlkit_course.figures import stations
from tlkit_course.figures.block_slider import SHOWN

from tlkit import evaluate, glyphs, look, plots
from tlkit.evaluate import Interval
from tlkit.recipes import RECIPES

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "notebooks" / "results"
BLOCKS = ("block1", "block2", "block3", "block4", "block5")


def stored(name: str) -> dict:
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


def over(values) -> Interval:
    return evaluate.over_seeds(values, (0, 1))


def around(mean: float, half: float = 0.03) -> Interval:
    return Interval(mean, mean - half, mean + half)


def scenes(n: int) -> np.ndarray:
    return glyphs.draw(glyphs.DIGITS, n, seed=7).images


def maps() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    sides = (32, 16, 8, 4, 2)
    return {
        block: rng.random((SHOWN, side, side), "float32")
        for block, side in zip(BLOCKS, sides, strict=True)
    }


def label_curve():
    few, more = stored("08_labels")["accuracy"], stored("00_labels")["accuracy"]
    draws = {}
    for way, line in few.items():
        both = line | more.get(way, {})
        draws[way] = {int(labels): seeds for labels, seeds in both.items()}
    points = {
        way: {labels: over(seeds) for labels, seeds in line.items()}
        for way, line in draws.items()
    }
    return plots.label_curve(points, draws=draws, chance=0.1)


def traps():
    from matplotlib import pyplot

    lost = {
        "pixels ÷ 255": Interval(0.496, 0.463, 0.529),
        "all layers at once, random head": Interval(0.064, 0.041, 0.086),
        "no validation, last state": Interval(-0.011, -0.020, -0.003),
    }
    figure = pyplot.figure(figsize=(6.3, 5), layout="constrained")
    top, bottom = figure.subplots(2, height_ratios=(3, 1))
    plots.costs(lost, "accuracy lost", ax=top)
    plots.costs(
        {"frozen layers in every epoch": Interval(5.332, 4.306, 6.358)},
        "times slower",
        nothing=1.0,
        ax=bottom,
    )
    return figure


def colour_gains():
    found = stored("08_recipes")["accuracy"]["colours"]
    every = {}
    for recipe in ("probe", "fine_tune", "lp_ft"):
        gain = np.subtract(found[recipe], found["scratch"])
        every[plots.NAMES[recipe]] = evaluate.over_seeds(gain)
    label = "gain over training from scratch, which colour?"
    return plots.costs(every, label, gains=True)


def depth_map():
    scores = stored("02_map")["scores"]["components"]
    points: dict = {question: {} for question in ("digit", "angle", "colour")}
    each: dict = {question: {} for question in points}
    for question, by_network in points.items():
        for network in ("letters", "random"):
            line = scores[network][question]
            by_network[network] = {cut: over(some) for cut, some in line.items()}
            each[question][network] = line
    chance = {"digit": 1 / 10, "angle": 1 / 4, "colour": 1 / 8}
    titles = dict(zip(chance, ("Which digit?", "Turned?", "Colour?"), strict=True))
    return course.depth_map(points, chance, titles, each=each)


def collapse():
    runs = stored("04_collapse")
    curves = {}
    for way, losses in runs["losses"].items():
        curves |= {f"{way} {i}": line for i, line in enumerate(losses)}
    return course.descent.loss_curves(
        curves,
        every=runs["steps_in_a_chunk"],
        guess=float(np.log(runs["classes"])),
        limits=(2.8, 4.2),
    )


def loss_curves():
    fall = np.exp(-np.arange(40) / 8) + 0.3
    return course.descent.loss_curves(
        {"batches of 8": fall + 0.06, "batches of 32": fall, "all 800": fall + 0.03},
        xlabel="pictures looked at",
        every=800,
    )


def step_sizes():
    rng = np.random.default_rng(0)
    sizes = {
        "plain": (0.03, 0.1, 0.5, 1, 3),
        "momentum": (0.003, 0.01, 0.03, 0.1, 0.3),
        "adam": (0.001, 0.003, 0.01, 0.03, 0.1),
    }
    level = (0.53, 0.38, 0.32, 0.34, 0.7)
    points = {
        name: {
            size: list(mean * rng.uniform(0.8, 1.2, 12))
            for size, mean in zip(some, level, strict=True)
        }
        for name, some in sizes.items()
    }
    return course.descent.by_step_size(points, 800, 200)


def walks():
    found = stored("04_walks")
    lines = {}
    for name, words, colour in (
        ("tuned", "two fine-tunings", plots.PALETTE["lp_ft"]),
        ("scratch", "two from scratch", plots.PALETTE["scratch"]),
    ):
        draws = [draw["usual"]["accuracy"] for draw in found["lines"][name]]
        lines[words] = (colour, np.array(draws))
    ends = ("one order", "another order")
    return course.descent.walks(found["places"], lines, ends, chance=0.1)


def loss_line():
    found = stored("04_line")
    lines = {name: np.array(one["unseen"]) for name, one in _lines(found).items()}
    return course.descent.loss_line(found["places"], lines)


def _lines(found: dict) -> dict:
    return found["loss_and_accuracy"]


def price_list():
    rows = {}
    for i, depth in enumerate(("head", "block5", "block4", "all")):
        rows[depth] = {
            "accuracy": around(0.88 + 0.012 * i, 0.018),
            "price": (1.0, 2.1, 5.6, 13.0)[i],
            "numbers": (1290, 444042, 813066, 922074)[i],
            "memory": (0.0, 5.5, 10.8, 20.9)[i],
            "draws": [0.88 + 0.012 * i + step for step in (-0.01, -0.004, 0, 0.006)],
        }
    return course.price_list(rows)


def still_read():
    depths = ("head", "block5", "block4", "all")
    tuned = stored("06_prices")["tuned"]
    same = {"head": stored("06_prices")["probe"]}
    same |= {depth: tuned[depth]["0.001"] for depth in depths[1:]}
    asked = {"the old head": "letters", "a new head": "letters_again"}
    return course.still_read(
        {
            name: {depth: [run[what] for run in some] for depth, some in same.items()}
            for name, what in asked.items()
        }
    )


def two_starts():
    def line(*means):
        rates = ("0.0001", "0.0003", "0.001", "0.003")[-len(means) :]
        return {
            rate: around(mean, 0.015) for rate, mean in zip(rates, means, strict=True)
        }

    first, second = "from a probe's head", "from a random head"
    panels = {
        "usual pictures": {
            first: line(0.907, 0.917, 0.917, 0.881),
            second: line(0.902, 0.914, 0.895),
        },
        "shifted styles": {
            first: line(0.73, 0.752, 0.749, 0.699),
            second: line(0.72, 0.745, 0.696),
        },
    }
    levels = {"usual pictures": around(0.884), "shifted styles": around(0.696)}
    return course.two_starts(panels, levels, {first: "0.0003", second: "0.001"})


def caught(moving: bool):
    rng = np.random.default_rng(0)
    panels = {}
    for title in ("Wald: 89.1% of 20,000 hold it", "Wilson: 93.9% of 20,000 hold it"):
        middle = rng.normal(0.98, 0.01, 30)
        truth = rng.normal(0.98, 0.002, 30) if moving else 0.98
        panels[title] = middle - 0.02, middle + 0.02, truth
    return course.caught(panels, "accuracy; the line is the truth, 0.98")


def paired():
    new = np.repeat([True, True, False, False], (498, 30, 9, 63))
    old = np.repeat([True, False, True, False], (498, 30, 9, 63))
    return course.paired_interval(new, old, ("new head", "old head"))


def reliability():
    rng = np.random.default_rng(0)
    stated = rng.uniform(0.2, 1, 600)
    panels = {
        "as trained: ECE 0.118": (stated, rng.random(600) < stated**2),
        "divided by T = 4.9: ECE 0.033": (stated, rng.random(600) < stated),
    }
    return course.reliability(panels)


FEW = {
    "fine-tune all layers": (0.3, 0.55, 0.7, 0.6, 0.62),
    "tk.linear_probe": (0.77, 0.76, 0.78, 0.77, 0.775),
    "penalty chosen, ten views": (0.80, 0.79, 0.81, 0.8, 0.805),
}


def ladder():
    found = {way: over(some) for way, some in FEW.items()}
    return stations.ladder(found, "accuracy, 5 labels per class", 0.1, draws=FEW)


def oracle():
    ways = ("one softmax over 50", "two stages", "told which kind")
    found = dict(zip(ways, map(around, (0.81, 0.78, 0.89)), strict=True))
    label = "accuracy, 10 labels per class, 5 draws"
    return stations.ladder(found, label, remedies=ways[1:2], told=ways[2:])


def components():
    counts = (2, 5, 10, 20, 40, 60, 80, 99)
    first = (0.33, 0.65, 0.77, 0.82, 0.84, 0.83, 0.81, 0.76)
    second = (0.33, 0.65, 0.77, 0.82, 0.845, 0.85, 0.85, 0.853)
    points = {
        "least squares": dict(zip(counts, map(around, first), strict=True)),
        "with a penalty": dict(zip(counts, map(around, second), strict=True)),
    }
    return stations.by_components(points, labelled=100)


def summary():
    return stations.summary(
        [
            ("few samples", "accuracy", "probe, then fine-tune", 0.55, around(0.25)),
            ("unbalanced classes", "balanced accuracy", "augmentation", 0.71)
            + (around(0.21),),
            ("many classes", "accuracy, 50 classes", "two stages did not help", 0.81)
            + (around(-0.03, 0.01),),
            ("mixed sources", "accuracy, grey", "by its own scale", 0.73, around(0.02)),
        ]
    )


def optimizers():
    tuned = stored("10_tuning")["optimizers"]
    points, chosen = {}, {}
    for name, line in tuned.items():
        tried = sorted(line["tried"].items(), key=lambda pair: float(pair[0]))
        points[name] = {float(size): found["test"] for size, found in tried}
        chosen[name] = float(line["chosen"])
    return course.optimizer_steps(points, chosen, chance=0.1)


def two_lines():
    rng = np.random.default_rng(0)
    results = {}
    for way, means in {
        "word vectors": (0.33, 0.42, 0.53, 0.6),
        "bag of words": (0.25, 0.36, 0.57, 0.75),
    }.items():
        results[way] = {
            n: list(rng.normal(mean, 0.02, 5))
            for n, mean in zip((2, 5, 20, 100), means, strict=True)
        }
    return course.two_lines(results, 1 / 7, "labelled sentences per module")


def sound_ways():
    names = ("random-bn, features", "letters, features", "pixels", "from scratch")
    found = dict(zip(names, map(around, (0.42, 0.45, 0.47, 0.82)), strict=True))
    label = "accuracy on 700 test sounds, 20 labels for each kind"
    return course.ways(found, 1 / 7, label)


METHODS = [name for name in RECIPES if name not in ("article", "scratch")]


def method_map():
    accuracy = {name: around(0.83 + 0.008 * i) for i, name in enumerate(METHODS)}
    costs = {
        name: {"trained": trained, "seconds": 2.0 + 5 * i, "peak_mb": 700.0 + 40 * i}
        for i, (name, trained) in enumerate(
            zip(
                METHODS,
                (1290, 922074, 444042, 2346, 40000, 9000)
                + (922074, 922074, 922074, 60000, 0, 0),
                strict=True,
            )
        )
    }
    return course.method_map(accuracy, costs, look.bars(10, 2000))


def shifts():
    kinds = ("usual", "noisy", "faint", "turned", "small")
    names = ("lp_ft", "wise_ft", "l2_sp")
    gains = {
        kind: {name: around(0.01 * i - 0.02 * j, 0.02) for i, name in enumerate(names)}
        for j, kind in enumerate(kinds)
    }
    return course.shifts(gains, look.bars(10, 500))


def starts():
    names = ("with labels", "without labels", "random")
    accuracy = {
        target: {
            name: {"probe": around(0.2 + 0.3 * i), "fine-tuned": around(0.3 + 0.2 * i)}
            for i, name in enumerate(names)
        }
        for target in ("digits", "colours", "angles")
    }
    chance = {"digits": 0.1, "colours": 0.125, "angles": 0.25}
    return course.starts(accuracy, chance, look.bars(5, 2000))


def few_labels():
    sys.path.insert(0, str(RESULTS))
    try:
        import make_00_labels
    finally:
        sys.path.remove(str(RESULTS))
    return make_00_labels.figure(stored("00_labels")["accuracy"])


def strip():
    return stations.strip({"interpolated": scenes(4), "grey, faint": scenes(4)})


def by_size():
    """The stored rows, and what costs and still larger pictures would look like."""
    rows = [
        row
        for row in stored("05_photographs")["rows"]
        if row["labels"] == 100 and row["recipe"] in ("probe", "fine_tune")
    ]
    return course.by_size(rows)


def by_size_with_costs():
    rows = [
        {
            "recipe": recipe,
            "size": size,
            "accuracy": [mean, mean - 0.03, mean + 0.03],
            "draws": [mean - 0.01, mean, mean + 0.01],
            "seconds": 4 * (1 + 9 * (recipe == "fine_tune")) * (size / 32) ** 2,
            "peak_mb": round(700 + 30 * size),
        }
        for recipe, start in (("probe", 0.54), ("fine_tune", 0.61))
        for size, mean in zip(
            (32, 48, 64, 96), start + np.array([0, 0.01, 0.08, 0.13]), strict=True
        )
    ]
    return course.by_size(rows)


def app():
    from types import SimpleNamespace

    from tlkit_course.teach.example import learnt_and_new

    side = 32
    probe = SimpleNamespace(
        pictures=[SimpleNamespace(image=image) for image in scenes(30)],
        labels=np.repeat(range(3), 10),
        classes=("two", "five", "nine"),
        accuracy=around(0.967),
        finding=lambda: "Each picture was left out once.",
    )
    shares = np.array([[0.05, 0.05, 0.9], [0.97, 0.01, 0.02], [0.03, 0.95, 0.02]])
    falls = np.random.default_rng(0).random((3, side, side))
    return learnt_and_new(probe, scenes(3), shares, falls)


DRAWINGS = {
    "five_steps": lambda: plots.five_steps((1, 3)),
    "images": lambda: plots.images(images=scenes(16), labels=list("1234567890123456")),
    "images, long names": lambda: plots.images(
        images=scenes(8), labels=["automobile"] * 8
    ),
    "images, three lines": lambda: plots.images(
        images=scenes(6), labels=["0\nmagenta\n15° to 30°"] * 6
    ),
    "predictions": lambda: plots.predictions(fake_run("probe", FakeTask(), 0.5)),
    "confusion": lambda: plots.confusion(fake_run("probe", FakeTask(), 0.5)),
    "scatter": lambda: plots.scatter(fake_degrees(seeds=1)["probe"][0]),
    "compare": lambda: plots.compare(fake_runs()),
    "compare, one run": lambda: plots.compare(fake_run("probe", FakeTask())),
    "compare, a number": lambda: plots.compare(fake_degrees()),
    "curves": lambda: plots.curves(fake_runs()),
    "label_curve": label_curve,
    "traps": traps,
    "colour_gains": colour_gains,
    "few_labels": few_labels,
    "draw_blocks": lambda: course.draw_blocks(scenes(1)[0], maps()),
    "filter_responses": lambda: course.filter_responses(
        scenes(1)[0], np.random.default_rng(0).normal(size=(3, 3, 3, 16))
    ),
    "depth_map": depth_map,
    "steps_on_curve": lambda: course.descent.steps_on_curve((0.03, 0.3, 1.05)),
    "loss_curves": loss_curves,
    "collapse": collapse,
    "step_sizes": step_sizes,
    "loss_line": loss_line,
    "walks": walks,
    "price_list": price_list,
    "still_read": still_read,
    "two_starts": two_starts,
    "caught": lambda: caught(False),
    "caught, moving": lambda: caught(True),
    "paired": paired,
    "reliability": reliability,
    "dial_panels": lambda: course.dial_panels(stored("08_dial")["accuracy"]),
    "ladder": ladder,
    "oracle": oracle,
    "components": components,
    "summary": summary,
    "strip": strip,
    "optimizers": optimizers,
    "two_lines": two_lines,
    "sound_ways": sound_ways,
    "by_size": by_size,
    "by_size, with costs": by_size_with_costs,
    "app": app,
    "method_map": method_map,
    "shifts": shifts,
    "starts": starts,
}


def confusion_cells():
    run = fake_run("probe", FakeTask(), 0.5)
    test = run.task.test
    return course.confusion_cells(
        scenes(len(test)), test.labels, run.predicted(), run.task.classes
    )


def threshold():
    rng = np.random.default_rng(0)
    labels = np.arange(400) < 60
    scores = rng.normal(-5, 2, 400) + 4.5 * labels
    return course.threshold_slider(scores, labels, "sevens")


def unfreeze_dial():
    tuned = stored("06_prices")["tuned"]
    board = ("0.0003", "0.001", "0.003")
    grid = {
        depth: {rate: tuned[depth][rate] for rate in board}
        for depth in ("block5", "block4", "all")
    }
    return course.unfreeze_dial(grid)


def playground():
    from tlkit_course.figures import playground as module
    from tlkit_course.widgets import explore

    names = ("aeroplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse")

    def draw(figure) -> str:
        shares = np.array([0.02, 0.6, 0.1, 0.2, 0.02, 0.02, 0.02, 0.02])
        return module.draw(figure, scenes(1)[0], shares, 3, names, "A picture.")

    return explore(draw, module.SIZE)


EXPLORERS = {
    "pair_picker": lambda: course.pair_picker(stored("01_pairs")["accuracy"]),
    "block_slider": lambda: course.block_slider(scenes(1)[0], maps()),
    "loss_surface": course.loss_surface,
    "descent_sliders": lambda: course.descent_sliders(step_size=0.17),
    "playground": playground,
    "unfreeze_dial": unfreeze_dial,
    "confusion_cells": confusion_cells,
    "similarity_dial": lambda: course.similarity_dial(stored("08_dial")["accuracy"]),
    "threshold_slider": threshold,
    "backbone_costs": lambda: course.backbone_costs(stored("10_backbones")),
}
