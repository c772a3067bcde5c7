"""One progress bar for everything that takes long: in notebooks and terminals, silent in logs and pipes."""

import os
import sys


def bar(total: int, what: str, unit: str):
    """A tqdm bar with rate and time left that vanishes at the end; unit "B" counts in MB. TQDM_DISABLE=1: none."""
    from tqdm.auto import tqdm

    notebook = "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None
    unwatched = False if notebook else None  # None: only where someone watches a terminal
    off = os.environ.get("TQDM_DISABLE", "0") != "0"  # tqdm itself shows an empty bar in notebooks then
    return tqdm(total=total, desc=what, unit=unit, unit_scale=unit == "B", leave=False, disable=off or unwatched)
