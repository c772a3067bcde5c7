"""Keep a taught model: a folder with model.keras, its class names, a page to
send on.
"""

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
    """Write a new folder named after the time, whole or not at all; earlier ones stay.

    Args:
        probe: what was learnt.
        folder: where the new folder goes; made if need be.
        warning: a sentence for the page: what to expect of the backbone.
        notes: more of them, such as which files were left out.

    Returns:
        The new folder: model.keras (for ``python -m tlkit predict``), classes.json,
        report.html.

    Raises:
        OSError: it cannot be written. Nothing is left behind.
    """
    from tlkit.machine.whole import new_folder
    from tlkit.saved import save_model

    text, model = page(probe, warning, notes), probe.model()
    names = json.dumps(probe.classes, ensure_ascii=False)

    def write(new: Path) -> None:
        (new / "report.html").write_text(text, "utf-8")
        (new / "classes.json").write_text(f"{names}\n", "utf-8")
        save_model(model, new, " or ".join(probe.classes), probe.classes)

    return new_folder(Path(folder), write)


def page(probe: Probe, warning: str = "", notes: Sequence[str] = ()) -> str:
    """The text of report.html: everything inside one file, every text escaped.

    Args:
        probe, warning, notes: as for ``save``.
    """
    from jinja2 import Environment, StrictUndefined

    template = Path(__file__).with_name("report.html").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    labels = range(len(probe.classes))
    return environment.from_string(template).render(
        probe=probe,
        warning=warning,
        size=probe.features.size,
        penalty=PENALTY,
        when=time.strftime("%Y-%m-%d %H:%M"),
        table=_table(probe),
        mistakes=mistakes(probe)[:MISTAKES],
        looks=[_look(probe, label) for label in labels],
        groups=[_group(probe, label) for label in labels],
        notes=[*probe.notes, *notes],
        backbone=probe.features.backbone,
        versions={name: metadata.version(name) for name in PACKAGES},
    )


def mistakes(probe: Probe) -> list[dict[str, str]]:
    """Pictures that were named wrongly when they were left out, the surest first.

    Returns:
        for each: "name" of its file, "src" for an <img>, "said" and "is", names of
            classes.
    """
    rows = np.flatnonzero(probe.predicted != probe.labels)
    said, true = probe.predicted[rows], probe.labels[rows]
    order = np.argsort(probe.left_out[rows, true] - probe.left_out[rows, said])
    return [
        {
            "name": probe.pictures[i].name,
            "src": source(probe.pictures[i].image),
            "said": probe.classes[probe.predicted[i]],
            "is": probe.classes[probe.labels[i]],
        }
        for i in rows[order]
    ]


def _table(probe: Probe) -> list[dict[str, Any]]:
    """For each class: its name, what its pictures were taken for, share named
    correctly.
    """
    counts = evaluate.confusion(probe.labels, probe.predicted, len(probe.classes))
    shares = evaluate.per_class(probe.labels, probe.predicted, probe.classes)
    rows = []
    for name, row, share in zip(probe.classes, counts, shares, strict=True):
        low, high = share["interval"].low, share["interval"].high
        interval = f"{low:.2f} to {high:.2f}"
        rows.append({"name": name, "counts": row.tolist(), "interval": interval})
    return rows


def _group(probe: Probe, label: int) -> dict[str, Any]:
    """A class with all its pictures."""
    mine = [
        {"name": picture.name, "src": source(picture.image)}
        for picture, own in zip(probe.pictures, probe.labels, strict=True)
        if own == label
    ]
    return {"name": probe.classes[label], "pictures": mine}


def _look(probe: Probe, label: int) -> dict[str, str]:
    """What it looks at in the picture of a class of which it was surest when
    left out.
    """
    scores = probe.left_out
    margins = scores[:, label] - np.delete(scores, label, axis=1).max(axis=1)
    surest = int(np.where(probe.labels == label, margins, -np.inf).argmax())
    image, name = probe.pictures[surest].image, probe.classes[label]
    falls = probe.occlusion(image, label)
    return {
        "name": name,
        "src": source(image, SIDE),
        "light": source(spotlight(image, falls)),
        "words": where(falls, name),
    }
