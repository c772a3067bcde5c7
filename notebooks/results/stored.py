"""Writes a stored result: a curve that is too slow for a notebook.

The file holds what is needed to draw the curve, to check it and to make it again.
"""

import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import tlkit as tk


def write(
    name: str,
    backbone: tk.Backbone,
    seeds: Sequence[int],
    *,
    arguments: str = "",
    **result,
) -> None:
    """Write NAME.json beside this file: where the numbers come from, then the numbers.

    Args:
        name: the notebook's number and a word, as in "00_labels"; ``make_NAME.py``
            makes it.
        backbone: whose weights the numbers belong to; a test asks for `make results`
            when they change.
        seeds: of the draws of labels and of training.
        arguments: of the command, where it needs files that are not in this repository.
        result: what the notebook draws, as plain numbers, lists and dicts.
    """
    versions = {package: version(package) for package in ("keras", "numpy")}
    entry = {
        "command": f"python notebooks/results/make_{name}.py {arguments}".strip(),
        "backbone": {"name": backbone.name, "sha256": backbone.weights_hash},
        "seeds": list(seeds),
        "versions": {"python": platform.python_version(), **versions},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        **result,
    }
    path = Path(__file__).with_name(f"{name}.json")
    path.write_text(json.dumps(entry, indent=1) + "\n", "utf-8")
