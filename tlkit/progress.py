"""One progress bar for everything that takes long: in notebooks and terminals, silent in logs and pipes."""

import sys


def bar(total: int, what: str, unit: str):
    """A tqdm bar that vanishes at the end. In a notebook, TQDM_DISABLE=1 switches it off."""
    from tqdm.auto import tqdm

    notebook = "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None
    quiet = {} if notebook else {"disable": None}  # None: only where someone watches a terminal
    return tqdm(total=total, desc=what, unit=unit, leave=False, **quiet)
