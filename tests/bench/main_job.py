"""How long ``python -m tlkit run`` takes on the embedded pair, and when it begins.

The times of README come from here.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import peers
from children import child


def measure(seeds: int, recipes: str | None = None) -> dict:
    """Seconds of one call with an empty cache.

    Args:
        seeds: draws of labels and first weights.
        recipes: names with commas; None: the command's own.

    Returns:
        "seeds"; seconds from the start of the process to "first_line", "first_step" and
        the end, "total"; "recipes": name -> seconds of each seed.
    """
    with TemporaryDirectory() as out, peers.empty_cache():
        words = ["--task", "digits", "--backbone", "letters", "--seeds", str(seeds)]
        words += ["--out", out]
        if recipes:
            words += ["--recipes", recipes]
        found = child("main_job", words=words)
        (file,) = Path(out).glob("*/result.json")
        result = json.loads(file.read_text("utf-8"))
    by_recipe = {
        name: [run["seconds"] for run in one["runs"]]
        for name, one in result["recipes"].items()
    }
    row = {"seeds": seeds, **found, "recipes": by_recipe}
    print("main:", row, file=sys.stderr, flush=True)
    return row
