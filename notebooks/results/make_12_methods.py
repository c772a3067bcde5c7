"""Makes 12_methods.json: what every recipe of the table reaches, and what it costs.

On the digits, 20 labels per class, ten draws of them, the network trained on letters.
Measured are the test pictures ("usual") and the same digits in shifted styles, which no
training saw ("shifted"). The table is ``tk.recipes.RECIPES`` without the article's
program, whose mistakes are measured elsewhere. Recipes that take no steps, and the
probe, are also measured with 2, 3 and 5 labels per class, one of them for validation.

Every recipe gets the same care: ``tk.tune`` tries three step sizes, and more outwards
while the best one lies at the edge, up to five; the validation splits of all draws
choose. Recipes that take no steps choose for each draw by its validation split (k and
distance), or choose nothing. A student's teacher is ``lp_ft`` as it is in the kit.

Seconds and memory are of a process that trains one recipe once, at the chosen step
size, with no activation in the cache: for the first three draws, after everything else,
one process at a time. "idle_mb" is the process before it trains, and "peak_mb" the
largest while it does.

For photographs of your own, name a folder with one folder of pictures for each class,
and a weights file. Then "shifted" are blurred, noisy, faint and strongly compressed
copies of the test pictures, and the result is 12_methods_FOLDER.json.

Progress is kept in the cache after every training: the same command, started again,
goes on where it stopped. ``--quick`` tries every part of this program: four recipes,
one draw, a few steps, three step sizes; it writes to a temporary folder.

Run from the repository's root: python notebooks/results/make_12_methods.py
(about an hour and a half on one core, and ten minutes for the costs).
"""

import argparse
import base64
import hashlib
import io
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import stored
from alone import cost, empty_cache

import tlkit as tk
from tlkit.features import predict
from tlkit.machine.whole import whole_file
from tlkit.recipes import RECIPES
from tlkit.recipes.tune import MOST

LABELS = 20
FEW = (2, 3, 5)  # labels per class, one of them for validation
SEEDS = tuple(range(10))
COST_SEEDS = SEEDS[:3]
QUICK = {"steps": 4, "min_epochs": 1}  # settings of --quick
METHODS = tuple(name for name in RECIPES if name != "article")
AT_ONCE = ("knn", "prototypes")  # they take no steps
QUICK_METHODS = ("probe", "wise_ft", *AT_ONCE)
STYLES = {  # shifted styles, none of which was trained on, in fonts that were
    "noisy": tk.glyphs.Style(noise=30),
    "faint": tk.glyphs.Style(contrast=25, texture=60),
    "turned": tk.glyphs.Style(turn=70),
    "small": tk.glyphs.Style(scale=(0.4, 0.55)),
}
SCENES = 500  # of each style


@dataclass(frozen=True)
class Setting:
    """What is measured on.

    Attributes:
        task: a task's name, or a folder of pictures.
        weights: of the backbone: a name or a file.
        size: of the pictures inside the backbone.
        quick: whether only a few steps are taken, to see that everything works.
    """

    task: str
    weights: str
    size: int
    quick: bool

    @property
    def is_drawn(self) -> bool:
        """Whether it is the embedded pair."""
        return self.task == "digits"

    @property
    def seeds(self) -> tuple[int, ...]:
        return SEEDS[:1] if self.quick else SEEDS

    @property
    def methods(self) -> tuple[str, ...]:
        return QUICK_METHODS if self.quick else METHODS

    @property
    def few(self) -> tuple[int, ...]:
        """Budgets of few labels per class."""
        return FEW[:1] if self.quick else FEW

    @property
    def changes(self) -> dict:
        """Settings that differ from each recipe's own."""
        return dict(QUICK) if self.quick else {}

    def backbone(self) -> tk.Backbone:
        return tk.Backbone(self.weights, size=self.size)

    def draw(self, labels: int, seed: int) -> tk.Task:
        """One draw of the labels."""
        task = tk.load_task(self.task, labels, seed=seed, image_size=self.size)
        if self.quick:
            return replace(task, test=task.test.pick(range(min(100, len(task.test)))))
        return task

    def shifted(self, task: tk.Task) -> dict[str, tk.Split]:
        """Kind of shift -> pictures and labels."""
        if not self.is_drawn:
            return corrupted(task.test)
        return drawn_in_styles(40 if self.quick else SCENES)


@cache
def drawn_in_styles(count: int) -> dict[str, tk.Split]:
    """Digits in the shifted styles, ``count`` scenes of each."""
    found = {}
    for i, (name, style) in enumerate(STYLES.items()):
        scenes = tk.glyphs.draw(tk.glyphs.DIGITS, count, 9100 + i, style=style)
        found[name] = tk.Split(scenes.images, scenes.symbol)
    return found


def corrupted(split: tk.Split) -> dict[str, tk.Split]:
    """Copies of some photographs: blurred, noisy, faint, strongly compressed."""
    from PIL import Image, ImageFilter

    rng = np.random.default_rng(0)

    def blurred(image: np.ndarray) -> np.ndarray:
        radius = image.shape[0] / 32
        filtered = Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius))
        return np.asarray(filtered)

    def noisy(image: np.ndarray) -> np.ndarray:
        noise = rng.normal(0, 30, image.shape)
        return np.clip(image + noise, 0, 255).astype("uint8")

    def faint(image: np.ndarray) -> np.ndarray:
        mean = image.mean()
        return np.clip(mean + 0.3 * (image - mean), 0, 255).astype("uint8")

    def compressed(image: np.ndarray) -> np.ndarray:
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=10)
        return np.asarray(Image.open(file))

    ways: tuple[Callable, ...] = (blurred, noisy, faint, compressed)
    images = np.asarray(split.images)
    return {
        way.__name__: tk.Split(np.stack([way(one) for one in images]), split.labels)
        for way in ways
    }


class Progress:
    """What is measured so far, in a file: key -> row."""

    def __init__(self, path: Path):
        self.path = path
        self.rows: dict[str, dict] = {}
        if path.exists():
            self.rows = json.loads(path.read_text("utf-8"))
            print(f"going on after {len(self.rows)} trainings: {path}", flush=True)

    def get(self, key: str, make: Callable[[], dict]) -> dict:
        """The row of a key, from the file or made and written now."""
        if key not in self.rows:
            self.rows[key] = make()
            with whole_file(self.path) as unfinished:
                unfinished.write_text(json.dumps(self.rows), "utf-8")
        return self.rows[key]


def progress_of(setting: Setting) -> Progress:
    """The file of this setting; it has another name if code or weights changed."""
    root = Path(tk.recipes.__file__).parents[1]
    sources = sorted([*root.glob("*.py"), *root.glob("recipes/*.py"), Path(__file__)])
    digest = hashlib.sha256(repr((setting, setting.backbone().weights_hash)).encode())
    for source in sources:
        digest.update(source.read_bytes())
    folder = tk.fetch.cache_dir() / "measured"
    folder.mkdir(parents=True, exist_ok=True)
    return Progress(folder / f"12_methods_{digest.hexdigest()[:16]}.json")


@dataclass
class Row:
    """A measured training, with what ``tk.tune`` asks of a Run."""

    task: tk.Task
    row: dict
    notes: tuple[str, ...] = ()

    @property
    def settings(self) -> dict:
        return {"rate": self.row["rate"]}

    @property
    def outputs(self) -> dict[str, np.ndarray]:
        return {"validation": np.array(self.row["validation"], "float32")}


def measured(run: tk.Run, shifted: dict[str, tk.Split]) -> dict:
    """What is kept of a run: logits of the validation split, and what was right."""
    right = {"usual": run.correct()}
    for name, split in shifted.items():
        logits = predict(run.model, split.images)
        right[name] = logits.argmax(axis=1) == split.labels
    chosen = {
        key: run.settings[key]
        for key in ("k", "metric", "share")
        if key in run.settings
    }
    return {
        "rate": run.settings.get("rate"),
        "validation": run.outputs["validation"].round(4).tolist(),
        "accuracy": {name: round(float(of.mean()), 4) for name, of in right.items()},
        "right": {name: bits(of) for name, of in right.items()},
        "trained": run.trained_parameters,
        "parameters": run.model.count_params(),
        "chosen": chosen,
    }


def bits(right: np.ndarray) -> str:
    """Bool (n,) as text: bits in the order of the pictures."""
    return base64.b64encode(np.packbits(right)).decode("ascii")


def of_method(
    name: str, labels: int, setting: Setting, progress: Progress
) -> list[dict]:
    """A recipe's rows, one for each draw, at the step size that validation chose."""
    backbone = setting.backbone()

    def train(backbone, task, *, seed, **changes) -> Row:
        key = f"{name} {labels} {seed} {changes.get('rate')}"

        def make() -> dict:
            with empty_cache():
                run = RECIPES[name].train(backbone, task, seed=seed, **changes)
                row = measured(run, setting.shifted(task))
            print(key, row["accuracy"], f"{run.seconds:.1f} s", flush=True)
            return row

        return Row(task, progress.get(key, make))

    tasks = [setting.draw(labels, seed) for seed in setting.seeds]
    if RECIPES[name].fixed:
        rows = [train(backbone, task, seed=task.seed) for task in tasks]
        return [one.row for one in rows]
    most = 3 if setting.quick else MOST
    tuned = tk.tune(train, backbone, tasks, most=most, **setting.changes)
    print(name, labels, tuned.in_words(), flush=True)
    return [
        {**one.row, "tried": {f"{rate:g}": tuned.tried[rate] for rate in tuned.tried}}
        for one in tuned.runs
    ]


def costs(name: str, rate: float | None, setting: Setting, progress: Progress) -> list:
    """Cost of a recipe at a step size, for each of the first draws."""
    if setting.quick and name != "knn":
        return []
    changes = {} if RECIPES[name].fixed else {"rate": rate, **setting.changes}
    found = []
    for seed in setting.seeds[: len(COST_SEEDS)]:
        load = partial(start, setting, seed)
        make = partial(cost, name, load, seed, **changes)
        found.append(progress.get(f"cost {name} {seed} {rate}", make))
    return found


def start(setting: Setting, seed: int) -> tuple[tk.Backbone, tk.Task]:
    """What a training starts from: the backbone, and a draw of the labels."""
    return setting.backbone(), setting.draw(LABELS, seed)


def summary(rows: list[dict]) -> dict:
    """What is stored of a recipe's draws."""
    one = {key: rows[0][key] for key in ("rate", "trained", "parameters")}
    one |= {"tried": rows[0].get("tried", {})}
    accuracy = {
        kind: [row["accuracy"][kind] for row in rows] for kind in rows[0]["accuracy"]
    }
    right = {kind: [row["right"][kind] for row in rows] for kind in rows[0]["right"]}
    chosen = [row["chosen"] for row in rows]
    return {**one, "accuracy": accuracy, "right": right, "chosen": chosen}


def asked() -> Setting:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--task", default="digits", help="a folder of your pictures")
    parser.add_argument("--weights", default="letters", help="a name, or a file")
    parser.add_argument("--size", type=int, default=32, help="of the pictures")
    parser.add_argument("--quick", action="store_true", help="only try that it works")
    return Setting(**vars(parser.parse_args()))


def main() -> None:
    started, setting = time.perf_counter(), asked()
    progress, few = progress_of(setting), {}
    methods: dict[str, dict] = {}
    for name in setting.methods:
        methods[name] = summary(of_method(name, LABELS, setting, progress))
        if name in ("probe", *AT_ONCE):
            few[name] = {
                str(labels): summary(of_method(name, labels, setting, progress))
                for labels in setting.few
            }
    for name, found in methods.items():
        found["cost"] = costs(name, found["rate"], setting, progress)
    task = setting.draw(LABELS, 0)
    shifted = {name: len(split) for name, split in setting.shifted(task).items()}
    result = {
        "task": task.name,
        "labels_per_class": LABELS,
        "pictures": {"usual": len(task.test), **shifted},
        "methods": methods,
        "few": few,
    }
    if setting.quick:
        folder = Path(tempfile.mkdtemp())
        (folder / "12_methods.json").write_text(json.dumps(result, indent=1), "utf-8")
        print(f"tried everything in {time.perf_counter() - started:.0f} s: {folder}")
        progress.path.unlink()
        return
    stem = "12_methods"
    if not setting.is_drawn:
        stem += f"_{Path(setting.task).name}"
        words = f"--task {setting.task} --weights {setting.weights}"
        result["command"] = (
            f"python notebooks/results/make_12_methods.py {words} --size {setting.size}"
        )
    stored.write(stem, setting.backbone(), setting.seeds, **result)


if __name__ == "__main__":
    main()
