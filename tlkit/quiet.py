"""Imports Keras without the two lines that TensorFlow's C++ library writes past every Python setting."""

import logging
import os
import sys
from contextlib import contextmanager


@contextmanager
def _no_native_stderr():
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:  # an ImportError passes through, with its message
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
logging.getLogger("tensorflow").setLevel(logging.ERROR)  # every recipe builds a new model, which it calls "retracing"
with _no_native_stderr():
    import keras

__all__ = ["keras"]
