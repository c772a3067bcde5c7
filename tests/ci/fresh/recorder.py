"""Notes every claim of a notebook, also one that is not so. Its first cell imports it.

A claim then goes to the outputs of its cell, and the notebook goes on.
"""

import tlkit_course
from IPython.display import display

CLAIM = "application/x-tlkit-claim+json"


def claim(sentence: str, holds: bool) -> None:
    """In place of `course.claim`: note it, raise nothing."""
    display({CLAIM: {"sentence": sentence, "holds": bool(holds)}}, raw=True)


tlkit_course.claim = claim
