"""Python imports this at its start, if this folder is on PYTHONPATH: fresh luck.

With TLKIT_FRESH=k in the environment every seed gives other numbers than without, and
the same ones for the same k: draws of scenes and labels, test pictures, first weights,
shuffling. What is not seeded by a program (scikit-learn's random_state) stays.
"""

import os
import random
import sys

import numpy as np

FRESH = int(os.environ["TLKIT_FRESH"])
MIXER = 1_000_003  # a prime: no two seeds of a notebook meet

_default_rng, _seed, _numpy_seed = np.random.default_rng, random.seed, np.random.seed


def default_rng(seed=None):
    """As NumPy's, but whole numbers and their lists are mixed with FRESH."""
    if isinstance(seed, int | np.integer):
        seed = [int(seed), FRESH]
    elif isinstance(seed, list | tuple):
        seed = [*seed, FRESH]
    return _default_rng(seed)


def mixed(seed: int) -> int:
    """Another whole number, below 2 ** 32."""
    return (seed + MIXER * FRESH) % 2**32


def numpy_seed(seed=None):
    """As NumPy's for its old generator."""
    _numpy_seed(mixed(seed) if isinstance(seed, int) else seed)


def seed(a=None, version=2):
    """As Python's; Keras draws the first weights of its layers from it.

    Keras seeds Python, NumPy and TensorFlow, in this order. TensorFlow is no part of
    Python, so its function is replaced as late as here.
    """
    if "tensorflow" in sys.modules:
        mix_tensorflow(sys.modules["tensorflow"].random)
    _seed(f"{a} {FRESH}" if isinstance(a, int) else a, version)


def mix_tensorflow(its) -> None:
    """Replace TensorFlow's set_seed once; `fit` of Keras shuffles by it."""
    if not hasattr(its.set_seed, "before"):
        before = its.set_seed

        def set_seed(seed):
            before(mixed(seed))

        set_seed.before = before
        its.set_seed = set_seed


np.random.default_rng, np.random.seed = default_rng, numpy_seed
random.seed = seed
