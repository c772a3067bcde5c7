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
with _no_native_stderr():
    import keras
if "tensorflow" in sys.modules:  # every recipe builds a new model, and TensorFlow warns of "retracing". Only now: in a
    sys.modules["tensorflow"].get_logger().setLevel(logging.ERROR)  # notebook its logger sets its own level when made

__all__ = ["keras"]
