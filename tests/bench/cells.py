"""Trainings of one task by many settings, each kept in a file: a bench can go on."""

import hashlib
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

import tlkit as tk


@dataclass(frozen=True, eq=False)
class Cell:
    """What is kept of a training; ``tk.recipes.choose`` can take it for a Run.

    Attributes:
        task: that it was trained on.
        settings: as they were given.
        outputs: "validation" and "test" -> float32 (n, classes), logits.
        seconds: that it took, without the probe that it started from.
        epochs: that it took.
        notes: sentences.
    """

    task: tk.Task
    settings: dict
    outputs: dict[str, np.ndarray]
    seconds: float
    epochs: int
    notes: tuple[str, ...] = field(default=())

    def score(self, split: str = "validation") -> float:
        """The accuracy on a split."""
        return float(self.right(split).mean())

    def right(self, split: str = "test") -> np.ndarray:
        """Which answers are right, bool (n,)."""
        labels = np.asarray(self.task.splits()[split].labels)
        return self.outputs[split].argmax(axis=1) == labels


class Cells:
    """``lp_ft`` with many settings; the probe that all start from is trained once.

    Called as ``cells(backbone, task, seed=…, **settings)``, as a recipe is; with
    ``recipe="probe"`` it gives that probe.

    Args:
        folder: where the cells are kept. A cell's file is named after the backbone, the
            pixels and labels of the task, the seed and the settings.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.probes: dict[str, tk.Run] = {}  # of the last task only

    def __call__(
        self,
        backbone: tk.Backbone,
        task: tk.Task,
        *,
        seed: int,
        unfreeze: str = "all",
        **settings,
    ) -> Cell:
        if "recipe" not in settings:
            settings["unfreeze"] = unfreeze
        settings = dict(sorted(settings.items()))
        said = f"{backbone.name} {task.fingerprint()} {seed} {settings}"
        name = hashlib.sha256(said.encode()).hexdigest()[:16]
        path = self.folder / f"{task.name}-{seed}-{name}.npz"
        if not path.exists():
            run = self._trained(backbone, task, seed, settings)
            kept = {name: run.outputs[name] for name in ("validation", "test")}
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part.npz")
            numbers = {"seconds": run.seconds, "epochs": run.settings["epochs"]}
            np.savez_compressed(part, **kept, **numbers)
            part.replace(path)
            words = ", ".join(f"{key} {value}" for key, value in settings.items())
            print(
                f"{task.name}, seed {seed}, {words}: {run.score()} in "
                f"{run.seconds:.0f} s",
                file=sys.stderr,
                flush=True,
            )
        with np.load(path) as kept:
            return Cell(
                task,
                settings,
                {name: kept[name] for name in ("validation", "test")},
                float(kept["seconds"]),
                int(kept["epochs"]),
            )

    def probe(self, backbone: tk.Backbone, task: tk.Task, seed: int) -> tk.Run:
        """The probe that all trainings of a task start from."""
        key = f"{backbone.name} {task.fingerprint()} {seed}"
        if key not in self.probes:
            self.probes = {key: tk.linear_probe(backbone, task, seed=seed)}
        return self.probes[key]

    def _trained(self, backbone, task: tk.Task, seed: int, settings: dict) -> tk.Run:
        if settings.get("recipe") == "probe":
            return self.probe(backbone, task, seed)
        head = self.probe(backbone, task, seed).head
        run = tk.fine_tune(backbone, task, head=head, seed=seed, **settings)
        return replace(run, recipe="lp_ft")
