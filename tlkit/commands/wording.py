"""A run's settings, and what its pair is, in words for people who did not start it."""

from collections.abc import Mapping
from typing import Any

# Fields of ``Settings`` that need no words of their own, or are part of another's
UNSAID = ("cached", "until", "epoch_steps", "steps", "min_epochs", "schedule")


def pair(kind: str, backbone: str, task: str) -> str:
    """What was moved to what, as the first line of a report says it.

    Args:
        kind: "embedded", "real" or "custom".
        backbone, task: their names.
    """
    if kind == "real":
        return (
            "A network that had learnt from the 1.3 million photographs of ImageNet "
            "was taught to tell the ten things of CIFAR-10 apart"
        )
    known = {
        "letters": "drawn letters",
        "letters-small": "drawn letters (a smaller network)",
        "letters-bn": "drawn letters (with batch normalisation)",
        "imagenet": "the photographs of ImageNet",
        "efficientnet": "the photographs of ImageNet (EfficientNet)",
    }
    from_what = known.get(backbone, f"another task (weights: {backbone})")
    return f"A network that had learnt from {from_what} was taught the task “{task}”"


def settings(values: Mapping[str, Any]) -> str:
    """How a model was trained, in one sentence.

    Args:
        values: as ``Run.settings``; what is not known here is named as it is.
    """
    left = dict(values)
    parts = [_layers(left.pop("cut", None))]
    epochs, keep = left.pop("epochs", None), left.pop("keep_best", None)
    patience = left.pop("patience", None)
    if epochs is not None:
        parts.append(f"{epochs} epoch{'s' if epochs != 1 else ''}")
    if keep:
        parts.append("the epoch that was best on validation kept")
        if patience is not None:
            parts.append(f"stopped after {patience} epochs without a better one")
    elif keep is not None:
        parts.append("the last epoch kept")
    parts.append(_rate(left))
    if "batch" in left:
        parts.append(f"{left.pop('batch')} pictures in a step")
    if "mirror" in left:
        mirrored = left.pop("mirror")
        parts.append("pictures mirrored at random" if mirrored else "no mirroring")
    if "precision" in left:
        parts.append(f"computed in {left.pop('precision')}")
    if pull := left.pop("pull", 0):
        parts.append(f"weights held to where they began (weight {pull:g})")
    if (seconds := left.pop("seconds", None)) is not None:
        parts.append(f"at most {seconds:.0f} s of training")
    for name, value in left.items():
        if name not in UNSAID:
            parts.append(f"{name.replace('_', ' ')} {value}")
    words = ", ".join(part for part in parts if part)
    return f"{words[:1].upper()}{words[1:]}."


def _layers(cut: str | None) -> str:
    """Which layers were trained, from the place where the network was cut."""
    if cut is None:
        return ""
    if cut == "image":
        return "every layer trained"
    if cut == "features":
        return "only the head trained, all layers below it frozen"
    return f"layers up to {cut} frozen, all above it trained"


def _rate(left: dict[str, Any]) -> str:
    """The step size; takes what it is about out of the settings that are left."""
    if "rate" not in left:
        return ""
    words = f"step size {float(left.pop('rate')):.2g}"
    if left.get("schedule"):
        words += " (rising over the first tenth, then falling to 0)"
    shrink = left.pop("shrink", 1.0)
    if shrink != 1.0:
        words += f", {shrink:g} times as large from each block to the one below it"
    return words
