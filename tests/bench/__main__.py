"""The benchmark: every recipe beside its peers, then the targets. `make bench` calls this.

    python tests/bench [--task DIR] [--weights FILE] [--images N] [--test N] [--repeats N] [--epochs N]
                       [--recipes a,b] [--precision P] [--parts a,b] [--provenance TEXT] [--quick] [--out FILE]

By default the embedded pair: digits, with the backbone that was trained on letters. Writes FILE (JSON), and beside it
the same with .md and .png: a page with the tables, and its figure. docs/performance.md is such a page.

The parts: recipes (every recipe beside its peers), targets, steps (what a training step is made of, and when a training
ends), batches (whether larger ones learn as well), views (what augmentation costs and brings) and sizes (pictures of
several sizes, on a GPU where there is one).
Without the first, the others are added to the runs that FILE already has.
"""

import argparse
import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import batches
import page
import peers
import recipes
import sizes
import tally
import targets
import views

import tlkit as tk

PARTS = ("recipes", "targets", "steps", "batches", "views", "sizes")


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/bench", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--task", default="digits", help="a folder of class folders, or a task's name"
    )
    parser.add_argument(
        "--weights",
        default="letters",
        help="a file with VGG16's weights, or a backbone's name",
    )
    parser.add_argument(
        "--images", type=int, default=1000, help="training images of the comparison"
    )
    parser.add_argument(
        "--test", type=int, default=2000, help="test images of the comparison"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--epochs",
        type=int,
        help="passes that a stage which trains blocks runs at most",
    )
    parser.add_argument(
        "--recipes", default=",".join(peers.NAMES), help="some of %(default)s"
    )
    parser.add_argument(
        "--precision",
        choices=("float32", "bfloat16"),
        help="default: the one that is faster here",
    )
    parser.add_argument(
        "--provenance",
        default="",
        help="a sentence for the page: which pictures, which weights",
    )
    parser.add_argument("--parts", default=",".join(PARTS), help="some of %(default)s")
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, to see that everything runs"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("build/bench/performance.json")
    )
    given = parser.parse_args(words)
    unknown = set(given.recipes.split(",")) - set(peers.NAMES)
    if unknown:
        parser.error(
            f"no recipe {', '.join(sorted(unknown))}: expected some of {', '.join(peers.NAMES)}"
        )
    given.parts = given.parts.split(",")
    if unknown := set(given.parts) - set(PARTS):
        parser.error(
            f"no part {', '.join(sorted(unknown))}: expected some of {', '.join(PARTS)}"
        )
    if "recipes" not in given.parts and not given.out.exists():
        parser.error(
            f"expected {given.out} with the runs of the recipes, got no file: add recipes to --parts"
        )
    if given.quick:
        given.images, given.test, given.repeats, given.epochs = 100, 200, 1, 1
    return given


def command(words: list[str]) -> str:
    """The command line as it may be published: of places on this machine only the last part."""
    return shlex.join(
        [
            "python",
            "tests/bench",
            *(Path(word).name if Path(word).is_absolute() else word for word in words),
        ]
    )


def find_torch(names: list[str]) -> tuple[Path | None, list[str]]:
    """PyTorch's interpreter; without one, say why and go on without its recipes."""
    try:
        return peers.torch_python(), names
    except peers.TorchMissing as reason:
        print(f"without PyTorch: {reason}", file=sys.stderr)
        return None, [name for name in names if name not in peers.TORCH]


def compare(given: argparse.Namespace, backbone: tk.Backbone, words: list[str]) -> dict:
    """All recipes side by side: machine, versions, provenance, every run, and the table's rows."""
    python, names = find_torch(given.recipes.split(","))
    tasks = [
        peers.load(given.task, given.images, given.test, seed)
        for seed in range(given.repeats)
    ]
    precision = given.precision or tk.speed.faster_precision(
        backbone, tasks[0].image_shape
    )
    heads = 1 if given.quick else None
    settings = [
        recipes.Setting(backbone, task, precision, task.seed, given.epochs, heads)
        for task in tasks
    ]
    result = {
        "command": command(words), "provenance": given.provenance,
        "machine": peers.machine(), "versions": peers.versions(), "weights": peers.provenance(backbone),
        "task": {"name": tasks[0].name, "sha256": tasks[0].fingerprint(), "classes": len(tasks[0].classes),
                 **{name: len(split) for name, split in tasks[0].splits().items()}},
        "precision": precision, "repeats": given.repeats, "epochs": given.epochs,
    }  # fmt: skip
    if python:
        result["torch_differs_by"] = peers.same_features(python, settings[0])
    result["runs"] = []
    for run in peers.measure(settings, names, python):
        result["versions"] |= run.pop("versions", {})
        result["runs"].append(run)
        result["rows"] = tally.rows(result["runs"])
        write(given.out, result)
    return result


def main(words: list[str]) -> int:
    given = arguments(words)
    backbone = tk.Backbone(given.weights)
    new = "recipes" in given.parts
    result = (
        compare(given, backbone, words)
        if new
        else json.loads(given.out.read_text("utf-8"))
    )
    result["provenance"] = given.provenance or result["provenance"]
    setting = recipes.Setting(
        backbone, tk.load_task(given.task), result["precision"], 0
    )
    if "targets" in given.parts:
        python, result["targets"] = find_torch([])[0], []
        for one in targets.measure(
            given.task,
            backbone,
            result["precision"],
            python,
            given.quick,
            result["rows"],
        ):
            result["targets"].append(one)
            write(given.out, result)
    if "steps" in given.parts:
        result["steps"] = targets.parts_of_a_step(
            setting, repeats=1 if given.quick else 11
        )
        few = {
            name: split.pick(range(20)) for name, split in setting.task.splits().items()
        }
        short = replace(setting, task=replace(setting.task, **few))
        result["ends"] = targets.ends_of_training(
            short, *([(2,)] if given.quick else [])
        )
    if "batches" in given.parts:
        few = (2, 200) if given.quick else ()
        result["batches"] = batches.measure(
            given.task, backbone, result["precision"], *few
        )
    if "views" in given.parts:
        few = (2, 4, 2) if given.quick else ()
        result["views"] = views.measure(
            given.task, backbone, result["precision"], given.test, *few
        )
    if "sizes" in given.parts:
        result["sizes"] = sizes.measure(backbone, *([(32,)] if given.quick else []))
    write(given.out, result)
    print(page.text(result, given.out.with_suffix(".png").name))
    return 0


def write(out: Path, result: dict) -> None:
    """The JSON file, and its page and figure beside it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    out.with_suffix(".png").write_bytes(page.figure(result))
    out.with_suffix(".md").write_text(
        page.text(result, out.with_suffix(".png").name), "utf-8"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
