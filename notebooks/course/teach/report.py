"""Keep a taught model: a folder with model.keras, its class names, a page to
send on. The page begins with a decision: whether to use the model, and what next.
"""

import json
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from tlkit import evaluate

from ..figures.arrays import softmax
from .probe import PENALTY, Probe
from .show import SIDE, source, spotlight, where

MISTAKES = 24  # shown at most
SURE = 0.9  # probability of another class from which on a label looks mistaken
WIDE = 0.2  # of the accuracy's interval, from which on more pictures are advised
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
    wrong = mistakes(probe)
    doubtful = [one for one in wrong if one["share"] >= SURE]
    return environment.from_string(template).render(
        probe=probe,
        warning=warning,
        size=probe.features.size,
        penalty=PENALTY,
        when=time.strftime("%Y-%m-%d %H:%M"),
        table=_table(probe),
        decision=decision(probe),
        next_steps=next_steps(probe),
        doubtful=doubtful[:MISTAKES],
        mistakes=[one for one in wrong if one["share"] < SURE][:MISTAKES],
        looks=[_look(probe, label) for label in labels],
        groups=[_group(probe, label) for label in labels],
        notes=[*probe.notes, *notes],
        backbone=probe.features.backbone,
        versions={name: metadata.version(name) for name in PACKAGES},
    )


def decision(probe: Probe) -> str:
    """Whether to use it, in a sentence: only if it is shown to do more than guess."""
    found = probe.accuracy
    between = f"{found.low:.2f} to {found.high:.2f}"
    if found.low > probe.guessing:
        return (
            f"Use it for pictures like these: it tells {_listed(probe.classes)} apart, "
            f"with an accuracy of {found.mean:.2f} (95 % interval {between})."
        )
    return (
        f"Do not rely on it yet: with an accuracy of {found.mean:.2f} (95 % interval "
        f"{between}), it may still be guessing ({probe.guessing:.2f})."
    )


def next_steps(probe: Probe) -> list[str]:
    """What to do now, each in a sentence with its reason."""
    found, n = probe.accuracy, len(probe.labels)
    steps = []
    rows = evaluate.per_class(probe.labels, probe.predicted, probe.classes)
    worst = min(range(len(rows)), key=lambda label: rows[label]["recall"])
    counts = evaluate.confusion(probe.labels, probe.predicted, len(rows))[worst]
    right, total = counts[worst], counts.sum()
    if right < total:
        counts[worst] = 0
        mostly = probe.classes[int(counts.argmax())]
        steps.append(
            f"Add pictures of {probe.classes[worst]} first: {right} of its {total} "
            f"were named correctly, the others mostly {mostly}."
        )
    else:
        steps.append(
            "None of its pictures was named wrongly. Try harder ones: another day, "
            "another place, another light."
        )
    if found.high - found.low > WIDE:
        steps.append(
            f"Add pictures of every class: {n} leave the interval wide, and four times "
            "as many halve it."
        )
    steps.append(
        "Before anything depends on it, test it on pictures that it has never seen."
    )
    return steps


def _listed(names: Sequence[str]) -> str:
    """ "a and b", or "a, b and c"."""
    return f"{', '.join(names[:-1])} and {names[-1]}"


def mistakes(probe: Probe) -> list[dict[str, Any]]:
    """Pictures that were named wrongly when they were left out, the surest first.

    Returns:
        for each: "name" of its file, "src" for an <img>, "said" and "is", names of
            classes; "share", 0-1, the probability of what was said.
    """
    shares = softmax(probe.left_out)
    rows = np.flatnonzero(probe.predicted != probe.labels)
    said, true = probe.predicted[rows], probe.labels[rows]
    order = np.argsort(probe.left_out[rows, true] - probe.left_out[rows, said])
    return [
        {
            "name": probe.pictures[i].name,
            "src": source(probe.pictures[i].image),
            "said": probe.classes[probe.predicted[i]],
            "is": probe.classes[probe.labels[i]],
            "share": float(shares[i].max()),
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
