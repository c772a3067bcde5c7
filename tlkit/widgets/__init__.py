"""Interactive parts, each with a static twin that reads on GitHub and on paper.

A live notebook shows the widget; everything else (a saved notebook, a page, a printout) shows the twin beside it,
which is the same on every machine. ``TLKIT_STATIC=1`` leaves the widgets out: so are the masters executed, because
a widget without its kernel is an error message in JupyterLab.
"""

from .explorer import Explorer, explore
from .fetch_button import FetchButton, fetch_button
from .guess import Guess, guess
from .playground import playground
from .quiz import Quiz, quiz

__all__ = ["Explorer", "FetchButton", "Guess", "Quiz", "explore", "fetch_button", "guess", "playground", "quiz"]
