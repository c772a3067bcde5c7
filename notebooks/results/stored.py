"""Writes a stored result: what a curve that is too slow for a notebook needs to be drawn, checked and made again."""

import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import tlkit as tk


def write(name: str, backbone: tk.Backbone, seeds: Sequence[int], **result) -> None:
    """Write NAME.json beside this file: the command, weights, seeds, versions and machine, then the result.

    Args:
        name: the notebook's number and a word, as in "00_labels"; made by ``make_NAME.py``.
        backbone: whose weights the numbers belong to; a test asks for `make results` when they change.
        seeds: of the draws of labels and of training.
        result: what the notebook draws, as plain numbers, lists and dicts.
    """
    entry = {
        "command": f"python notebooks/results/make_{name}.py",
        "backbone": {"name": backbone.name, "sha256": backbone.weights_hash},
        "seeds": list(seeds),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("keras", "numpy")},
        },
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        **result,
    }
    Path(__file__).with_name(f"{name}.json").write_text(
        json.dumps(entry, indent=1) + "\n", "utf-8"
    )
