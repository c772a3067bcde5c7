"""One progress bar for everything that takes long.

It shows in notebooks and terminals, and is silent in logs and pipes.
"""

import os
import sys


def bar(total: int, what: str, unit: str):
    """A tqdm bar with rate and time left, which vanishes at the end.

    Args:
        total: how many units there are.
        what: the words before the bar.
        unit: of what is counted, for example "step"; "B" counts bytes in MB.

    Returns:
        tqdm.tqdm, to be used in a ``with`` block; ``update(n)`` moves it on. With
        TQDM_DISABLE=1 in the environment it shows nothing.
    """
    # Text in notebooks too: a bar that is a widget leaves an error in the saved page
    from tqdm import tqdm

    in_notebook = _in_notebook()
    off: bool | None = os.environ.get("TQDM_DISABLE", "0") != "0"
    if not off and not in_notebook:
        off = None  # tqdm then shows it only where someone watches a terminal
    look = {"file": sys.stdout, "ncols": 90, "mininterval": 0.3} if in_notebook else {}
    return tqdm(
        total=total,
        desc=what,
        unit=unit,
        unit_scale=unit == "B",
        leave=False,
        disable=off,
        **look,
    )


def _in_notebook() -> bool:
    """Whether a notebook's kernel runs this; IPython is not imported to find out."""
    if "IPython" not in sys.modules:
        return False
    return sys.modules["IPython"].get_ipython() is not None
