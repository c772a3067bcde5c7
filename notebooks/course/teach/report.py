"""Keep a taught model: a folder with model.keras, its class names, and one page to send on."""

import json
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from tlkit import evaluate

from .probe import PENALTY, Probe
from .show import SIDE, source, spotlight, where

MISTAKES = 24  # shown at most
PACKAGES = ("tlkit", "keras", "numpy")


def save(
    probe: Probe, folder: str | Path, warning: str = "", notes: Sequence[str] = ()
) -> Path:
    """Write a new folder named after the time into ``folder``, whole or not at all; earlier ones stay.

    Args:
        probe: what was learnt.
        folder: made if need be.
        warning, notes: sentences for the page: what to expect of the backbone, which files were left out.

    Returns:
        The new folder: model.keras (for ``python -m tlkit predict``), classes.json, report.html.

    Raises:
        OSError: it cannot be written. Nothing is left behind.
    """
    from tlkit.commands.report import new_folder, save_model

    text, model = page(probe, warning, notes), probe.model()

    def write(new: Path) -> None:
        (new / "report.html").write_text(text, "utf-8")
        (new / "classes.json").write_text(
            json.dumps(probe.classes, ensure_ascii=False) + "\n", "utf-8"
        )
        save_model(model, new, " or ".join(probe.classes), probe.classes)

    return new_folder(Path(folder), write)


def page(probe: Probe, warning: str = "", notes: Sequence[str] = ()) -> str:
    """report.html: everything inside one file, every text escaped."""
    from jinja2 import Environment, StrictUndefined

    template = Path(__file__).with_name("report.html").read_text("utf-8")
    fill: dict[str, Any] = {
        "when": time.strftime("%Y-%m-%d %H:%M"),
        "table": _table(probe),
        "mistakes": mistakes(probe)[:MISTAKES],
        "looks": [_look(probe, label) for label in range(len(probe.classes))],
        "groups": [
            {"name": name, "pictures": _shown(probe, label)}
            for label, name in enumerate(probe.classes)
        ],
        "notes": [*probe.notes, *notes],
        "backbone": probe.features.backbone,
        "versions": {name: metadata.version(name) for name in PACKAGES},
    }
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    known = {
        "probe": probe,
        "warning": warning,
        "size": probe.features.size,
        "penalty": PENALTY,
    }
    return environment.from_string(template).render(**known, **fill)


def mistakes(probe: Probe) -> list[dict[str, str]]:
    """Pictures that were named wrongly when they were left out, the surest first: name, src, said, is."""
    rows = np.flatnonzero(probe.predicted != probe.labels)
    said, true = probe.predicted[rows], probe.labels[rows]
    order = np.argsort(probe.left_out[rows, true] - probe.left_out[rows, said])
    return [
        {"name": probe.pictures[i].name, "src": source(probe.pictures[i].image),
         "said": probe.classes[probe.predicted[i]], "is": probe.classes[probe.labels[i]]}
        for i in rows[order]
    ]  # fmt: skip


def _table(probe: Probe) -> list[dict[str, Any]]:
    counts = evaluate.confusion(probe.labels, probe.predicted, len(probe.classes))
    rows = evaluate.per_class(probe.labels, probe.predicted, probe.classes)
    intervals = [
        f"{row['interval'].low:.2f} to {row['interval'].high:.2f}" for row in rows
    ]
    return [
        {"name": name, "counts": row.tolist(), "interval": interval}
        for name, row, interval in zip(probe.classes, counts, intervals, strict=True)
    ]


def _shown(probe: Probe, label: int) -> list[dict[str, str]]:
    mine = (
        picture
        for picture, own in zip(probe.pictures, probe.labels, strict=True)
        if own == label
    )
    return [{"name": picture.name, "src": source(picture.image)} for picture in mine]


def _look(probe: Probe, label: int) -> dict[str, str]:
    margins = np.where(
        probe.labels == label,
        probe.left_out[:, label] - np.delete(probe.left_out, label, 1).max(1),
        -np.inf,
    )
    image = probe.pictures[int(margins.argmax())].image
    falls = probe.occlusion(image, label)
    words = where(falls, probe.classes[label])
    light = source(spotlight(image, falls))
    return {
        "name": probe.classes[label],
        "src": source(image, SIDE),
        "light": light,
        "words": words,
    }
