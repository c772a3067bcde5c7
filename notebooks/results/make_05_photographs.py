"""Makes 05_photographs.json and the tables of docs/photographs.md: the recipes on
photographs, with ImageNet's VGG16.

Three draws of labels for each number of labels; then the size of the pictures, for a
linear probe and for block 5. Each recipe has its own usual settings.

The pictures and the weights are not in this repository. Run from its root:

    python notebooks/results/make_05_photographs.py --weights FILE --task FOLDER \
        --pictures "what the folder holds"

It takes some hours on 2 cores. Each training is kept in build/photographs when it
ends, so a run that was stopped goes on where it was. The file holds what is complete.
With --costs, each row's first draw is trained once more in a process of its own, with
no activation in the cache, for its seconds and its memory. Nothing else should run on
the machine then.
"""

import argparse
import hashlib
import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import stored
from alone import cost

import tlkit as tk
from tlkit import recipes, speed
from tlkit.machine import processor
from tlkit.machine.whole import whole_file

DRAWS = (0, 1, 2)
LABELS = (100, 500, 20)  # the most telling number first
RECIPES = ("probe", "fine_tune", "lp_ft", "article", "scratch")
SIZES = (48, 64, 96)  # besides 32
FEW = 100  # labels per class for other sizes
PAGE = Path("docs/photographs.md")
MADE = re.compile("(<!-- made -->\n).*(<!-- end -->)", re.DOTALL)


class Cell(NamedTuple):
    """One row of the tables: what is trained, on how many labels, on which pictures."""

    recipe: str
    labels: int
    size: int


def cells() -> Iterator[Cell]:
    """All rows, in the order in which they are measured."""
    yield from (Cell(recipe, FEW, 32) for recipe in RECIPES[:3])
    yield from (Cell(recipe, FEW, size) for size in SIZES for recipe in RECIPES[:2])
    yield from (Cell(recipe, FEW, 32) for recipe in RECIPES[3:])
    for labels in LABELS[1:]:
        yield from (Cell(recipe, labels, 32) for recipe in RECIPES)


def trained(cell: Cell, draw: int, asked: argparse.Namespace) -> np.ndarray:
    """Train one recipe on one draw of labels, or read what is kept of it.

    Returns:
        Which test pictures it got right: bool (test pictures,).
    """
    file = asked.kept / f"{'-'.join(map(str, cell))}-{draw}.npz"
    if not file.exists():
        backbone, task = start(cell, draw, asked.weights, asked.task)
        train = recipes.RECIPES[cell.recipe].train
        run = train(backbone, task, seed=draw, precision=asked.precision)
        print(f"{cell} draw {draw}: {run.score()} in {run.seconds:.0f} s", flush=True)
        with whole_file(file) as unfinished, unfinished.open("wb") as opened:
            np.savez(opened, correct=run.correct())
    with np.load(file) as found:
        return found["correct"]


def start(
    cell: Cell, draw: int, weights: str, folder: str
) -> tuple[tk.Backbone, tk.Task]:
    """What a training starts from: the backbone, and a draw of the labels."""
    task = tk.load_task(folder, cell.labels, draw, image_size=cell.size)
    return tk.Backbone(weights, size=cell.size), task


def costs(cell: Cell, asked: argparse.Namespace) -> dict:
    """Seconds and memory of a row's first draw; empty if they were never measured."""
    file = asked.kept / f"{'-'.join(map(str, cell))}-cost.json"
    if asked.costs and not file.exists():
        load = partial(start, cell, DRAWS[0], asked.weights, asked.task)
        found = cost(cell.recipe, load, DRAWS[0], precision=asked.precision)
        print(f"{cell}: {found}", flush=True)
        with whole_file(file) as unfinished:
            unfinished.write_text(json.dumps(found), "utf-8")
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def row(cell: Cell, asked: argparse.Namespace) -> dict:
    """A row of the table: accuracy, gain over the probe, seconds, each draw."""
    correct = np.stack([trained(cell, draw, asked) for draw in DRAWS]).astype(float)
    found = {
        **cell._asdict(),
        "accuracy": as_list(tk.evaluate.crossed(correct, (0, 1))),
        "draws": [round(float(one.mean()), 4) for one in correct],
        **costs(cell, asked),
    }
    if cell.recipe != "probe":
        found["gain_over_probe"] = gain(correct, cell._replace(recipe="probe"), asked)
    if cell.size != 32:
        found["gain_over_32"] = gain(correct, cell._replace(size=32), asked)
    return found


def gain(correct: np.ndarray, other: Cell, asked: argparse.Namespace) -> list[float]:
    """What is gained over another row, with the same labels and test pictures.

    Args:
        correct: float (draws, test pictures), 1 where a training was right.
        other: the row to compare with.
    """
    same = np.stack([trained(other, draw, asked) for draw in DRAWS])
    return as_list(tk.evaluate.crossed(correct - same, (-1, 1)))


def as_list(interval: tk.evaluate.Interval) -> list[float]:
    """Mean, lower and upper end."""
    return [round(float(n), 4) for n in (interval.mean, interval.low, interval.high)]


def tables(rows: list[dict]) -> str:
    """The rows in Markdown: one table for each number of labels, and one of sizes."""
    parts = []
    for labels in sorted({row["labels"] for row in rows}):
        same = [row for row in rows if (row["labels"], row["size"]) == (labels, 32)]
        parts.append(f"With {labels} labels per class, pictures of 32 × 32 pixels:\n")
        parts += [
            "| recipe | accuracy | draws | gain over the probe | one training |",
            "|---|---|---|---|---|",
        ]
        for row in sorted(same, key=lambda row: row["accuracy"]):
            more = ""
            if "gain_over_probe" in row:
                more = with_ends(row["gain_over_probe"])
            parts.append(
                f"| `{row['recipe']}` | {found(row)} | {more} | {price(row)} |"
            )
        parts.append("")
    sizes = [row for row in rows if row["size"] != 32]
    if sizes:
        parts.append(f"Larger pictures, {FEW} labels per class:\n")
        parts += [
            "| recipe | pixels | accuracy | draws | gain over 32 × 32 | one training |",
            "|---|---|---|---|---|---|",
        ]
        for row in rows:
            if row["labels"] == FEW and row["recipe"] in RECIPES[:2]:
                more = with_ends(row["gain_over_32"]) if "gain_over_32" in row else ""
                size = f"{row['size']} × {row['size']}"
                start = f"| `{row['recipe']}` | {size} |"
                parts.append(f"{start} {found(row)} | {more} | {price(row)} |")
        parts.append("")
    return "\n".join(parts)


def found(row: dict) -> str:
    """Two columns: accuracy with its interval, and the draws."""
    draws = ", ".join(f"{draw:.3f}" for draw in row["draws"])
    return f"{with_ends(row['accuracy'])} | {draws}"


def price(row: dict) -> str:
    """Seconds and memory of one training, if they were measured."""
    if "seconds" not in row:
        return ""
    return f"{row['seconds']:.0f} s, {row['peak_mb']:,} MB"


def with_ends(interval: list[float]) -> str:
    """For example "0.538 [0.511, 0.565]", with true minus signs."""
    mean, low, high = (f"{number:.3f}".replace("-", "−") for number in interval)
    return f"{mean} [{low}, {high}]"


def write_page(file: Path) -> None:
    """Put the tables of a stored result into the page, between its two marks."""
    made = tables(json.loads(file.read_text("utf-8"))["rows"])
    text = PAGE.read_text("utf-8")
    PAGE.write_text(
        MADE.sub(lambda marks: f"{marks[1]}{made}\n{marks[2]}", text), "utf-8"
    )


def arguments() -> argparse.Namespace:
    """What was asked for on the command line, with the backbone and the precision."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", help="a folder of class folders")
    parser.add_argument("--weights", help="a file of VGG16's layers")
    parser.add_argument("--pictures", help="what the folder holds")
    parser.add_argument("--precision", help="none: whichever is faster here")
    parser.add_argument("--costs", action="store_true", help="seconds and memory too")
    parser.add_argument("--first", type=int, help="measure only this many rows")
    asked = parser.parse_args()
    given = [asked.task, asked.weights, asked.pictures]
    if not any(given):  # as `make results` calls it
        print("05_photographs.json stays: it needs --weights, --task and --pictures")
        raise SystemExit
    if not all(given):
        parser.error("give all three of --weights, --task and --pictures")
    asked.backbone = tk.Backbone(asked.weights)
    if asked.precision is None:
        asked.precision = speed.faster_precision(asked.backbone, (32, 32, 3))
    about = f"{asked.backbone.weights_hash} {Path(asked.task).resolve()}"
    key = f"{hashlib.sha256(about.encode()).hexdigest()[:12]}-{asked.precision}"
    asked.kept = Path("build/photographs") / key
    asked.kept.mkdir(parents=True, exist_ok=True)
    return asked


def main() -> None:
    asked = arguments()
    rows = []
    for cell in list(cells())[: asked.first]:
        rows.append(row(cell, asked))
        stored.write(
            "05_photographs",
            asked.backbone,
            DRAWS,
            arguments="--weights FILE --task FOLDER --pictures WORDS",
            pictures=asked.pictures,
            precision=asked.precision,
            processor=processor.in_words(),
            rows=rows,
        )
        write_page(Path("notebooks/results/05_photographs.json"))


if __name__ == "__main__":
    main()
