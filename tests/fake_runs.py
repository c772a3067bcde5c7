"""Runs without training: predictions of known quality.

So figures and reports are tested in a moment.
"""

import zipfile
from dataclasses import dataclass, field

import numpy as np

from tlkit import evaluate
from tlkit.tasks import Task

SIZES = {"train": 40, "validation": 20, "test": 120}
QUALITY = {  # recipe -> share of right answers
    "scratch": 0.12,
    "probe": 0.80,
    "lp_ft": 0.85,
    "fine_tune": 0.82,
    "article": 0.11,
    "lora": 0.83,
}


@dataclass
class FakeSplit:
    images: np.ndarray
    labels: np.ndarray

    def __len__(self):
        return len(self.labels)


@dataclass
class FakeTask:
    seed: int = 0
    classes: tuple[str, ...] = tuple("0123456789")
    name: str = "digits"
    question: str = "which digit is it?"
    labels_per_class: int | None = 20
    notes: tuple[str, ...] = ()
    file_size: tuple[int, int] | None = None
    larger = Task.larger

    def __post_init__(self):
        rng = np.random.default_rng(self.seed)
        for name, n in SIZES.items():
            images = rng.integers(0, 256, (n, 8, 8, 3), dtype="uint8")
            if self.classes:
                labels = np.arange(n) % len(self.classes)
            else:
                labels = rng.uniform(-30, 30, n).astype("float32")
            setattr(self, name, FakeSplit(images, labels))

    @property
    def is_regression(self):
        return not self.classes

    def splits(self):
        return {name: getattr(self, name) for name in SIZES}

    def fingerprint(self):
        return f"{self.seed:064x}"


@dataclass
class FakeBackbone:
    weights: str | None = "letters"
    size: int = 32
    width: float = 0.25
    architecture: str = "vgg16"
    name: str = "letters"
    weights_hash: str = "ab" * 32


class FakeModel:
    def save(self, path):
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("config.json", "{}")


@dataclass
class FakeRun:
    recipe: str
    task: FakeTask
    seed: int
    outputs: dict[str, np.ndarray]
    history: dict[str, list[float]]
    backbone: FakeBackbone = field(default_factory=FakeBackbone)
    model: FakeModel = field(default_factory=FakeModel)
    seconds: float = 12.5
    peak_memory_mb: float = 1234.5
    trained_parameters: int = 5130
    settings: dict = field(
        default_factory=lambda: {"rate": np.float32(0.5), "steps": 300}
    )
    notes: tuple[str, ...] = ()

    def predicted(self, split="test"):
        outputs = self.outputs[split]
        return outputs[:, 0] if self.task.is_regression else outputs.argmax(axis=1)

    def correct(self, split="test"):
        return self.predicted(split) == getattr(self.task, split).labels

    def marks(self, split="test"):
        if self.task.is_regression:
            return np.abs(self.predicted(split) - getattr(self.task, split).labels)
        return self.correct(split)

    def score(self, split="test"):
        labels = getattr(self.task, split).labels
        if self.task.is_regression:
            return evaluate.mean_absolute_error(labels, self.predicted(split))
        return evaluate.accuracy(labels, self.predicted(split))


def fake_run(recipe, task, quality=None):
    """A run whose share of right answers is `quality`; None: that of ``QUALITY``."""
    quality = QUALITY[recipe] if quality is None else quality
    rng, outputs = np.random.default_rng([task.seed, len(recipe)]), {}
    for name, split in task.splits().items():
        if task.is_regression:
            errors = rng.normal(0, 30 * (1 - quality), len(split))
            outputs[name] = (split.labels + errors)[:, None].astype("float32")
        else:
            # Exactly that share is right.
            right = rng.permutation(len(split)) < quality * len(split)
            wrong = (split.labels + 1) % len(task.classes)
            named = np.where(right, split.labels, wrong)
            outputs[name] = np.eye(len(task.classes), dtype="float32")[named]
    measure = "val_mae" if task.is_regression else "val_accuracy"
    history = {measure: [0.1, 0.5 * quality, quality]}
    backbone = FakeBackbone()
    if recipe == "scratch":
        backbone = FakeBackbone(weights=None, name="random")
    return FakeRun(recipe, task, task.seed, outputs, history, backbone)


def fake_runs(recipes=("scratch", "probe", "lp_ft"), seeds=3, **task):
    """Recipe -> one run for each seed, on tasks with these fields."""
    tasks = [FakeTask(seed=seed, **task) for seed in range(seeds)]
    return {recipe: [fake_run(recipe, one) for one in tasks] for recipe in recipes}


def fake_degrees(**options):
    """As ``fake_runs``, where a number is asked for."""
    return fake_runs(
        classes=(),
        name="degrees",
        question="at which angle?",
        labels_per_class=None,
        **options,
    )
