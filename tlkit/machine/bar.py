"""One progress bar for everything that takes long: in notebooks and terminals, silent
in logs and pipes.
"""

import os
import sys


def bar(total: int, what: str, unit: str):
    """A tqdm bar with rate and time left that vanishes at the end; unit "B" counts in
    MB. TQDM_DISABLE=1: none.
    """
    from tqdm import (
        tqdm,  # text in notebooks too: a bar that is a widget leaves an error message in the saved page
    )

    notebook = (
        "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None
    )
    off = os.environ.get("TQDM_DISABLE", "0") != "0"
    unwatched = (
        False if notebook else None
    )  # None: only where someone watches a terminal
    look = {"file": sys.stdout, "ncols": 90, "mininterval": 0.3} if notebook else {}
    return tqdm(
        total=total,
        desc=what,
        unit=unit,
        unit_scale=unit == "B",
        leave=False,
        disable=off or unwatched,
        **look,
    )
