"""Interactive parts, each with a static twin that reads on GitHub and on paper.

A live notebook shows the widget; everything else (a saved notebook, a page, a printout) shows the twin beside it,
which is the same on every machine. ``TLKIT_STATIC=1`` leaves the widgets out: so are the masters executed, because
a widget without its kernel is an error message in JupyterLab.
"""

from .descent import descent_sliders
from .explorer import Explorer, explore
from .guess import Guess, guess
from .quiz import Quiz, quiz

__all__ = ["Explorer", "Guess", "Quiz", "descent_sliders", "explore", "guess", "quiz"]
