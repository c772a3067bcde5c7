"""Python imports this at its start, if this folder is on PYTHONPATH: fresh luck.

With TLKIT_FRESH=k in the environment every seed gives other numbers than without, and
the same ones for the same k: draws of scenes and labels, test pictures, first weights,
shuffling. What is not seeded by a program (scikit-learn's random_state) stays.
"""

import os
import random

import numpy as np

FRESH = int(os.environ["TLKIT_FRESH"])

_default_rng, _seed = np.random.default_rng, random.seed


def default_rng(seed=None):
    """As NumPy's, but whole numbers and their lists are mixed with FRESH."""
    if isinstance(seed, int | np.integer):
        seed = [int(seed), FRESH]
    elif isinstance(seed, list | tuple):
        seed = [*seed, FRESH]
    return _default_rng(seed)


def seed(a=None, version=2):
    """As Python's; Keras draws the first weights of its layers from it."""
    _seed(f"{a} {FRESH}" if isinstance(a, int) else a, version)


np.random.default_rng = default_rng
random.seed = seed
