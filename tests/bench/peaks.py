"""Peak resident memory of each recipe alone, and of all in one call.

Full-width VGG16 and 50,000 pictures, 10,000 of them for testing, in a file. Only the
first batches of every pass go through the network, because memory does not depend on
the rest; training is cut short.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import peers
from children import FEW, child, write_pictures

import tlkit as tk
from tlkit.recipes import RECIPES

LIMIT_MB = 1500
IMAGES, TEST, STEPS = 50_000, 10_000, 20


def measure(
    backbone: tk.Backbone,
    precision: str,
    images: int = IMAGES,
    test: int = TEST,
    steps: int = STEPS,
    names: tuple[str, ...] = tuple(RECIPES),
) -> list[dict]:
    """One row for each recipe, and one for all in one process: peak in MB.

    Args:
        backbone: its weights are taken if it is of full width.
        precision: of the convolutions.
        images: of all splits together.
        test: of the test split.
        steps: of training.
        names: of the recipes.
    """
    weights = backbone.weights if backbone.width == 1 else None
    settings = {
        "classes": 10,
        "precision": precision,
        "steps": steps,
        "test": test,
        "weights": weights,
        "width": 1.0,
    }
    rows = []
    with TemporaryDirectory() as folder:
        pictures = write_pictures(Path(folder), images + FEW, (32, 32, 3))
        alone = {name: [name] for name in names}
        for name, some in {**alone, "all in one call": list(names)}.items():
            with peers.empty_cache():
                found = child(
                    "memory", **settings, recipes=some, pictures=str(pictures)
                )
            row = {
                "recipe": name,
                "images": images,
                "mb": found["mb"],
                "met": found["mb"] < LIMIT_MB,
            }
            print("memory:", row, file=sys.stderr, flush=True)
            rows.append(row)
    return rows
