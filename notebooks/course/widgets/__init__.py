"""Interactive parts, each with a static twin that reads on GitHub and on paper.

A live notebook shows the widget. Everything else (a saved notebook, a page, a printout)
shows the twin beside it, which is the same on every machine. ``TLKIT_STATIC=1`` leaves
the widgets out: the masters are executed in this way, because a widget without its
kernel is an error message in JupyterLab.
"""

from .explorer import Explorer, explore
from .fetch_button import FetchButton, fetch_button
from .guess import Guess, guess

__all__ = ["Explorer", "FetchButton", "Guess", "explore", "fetch_button", "guess"]
