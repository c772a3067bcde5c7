"""Imports Keras without the lines that TensorFlow's C++ code writes to the terminal."""

import logging
import os
import sys
from contextlib import contextmanager

from . import allocator, processor
from .log import log


@contextmanager
def _no_native_stderr():
    """C++ writes past ``sys.stderr``, so the file descriptor itself is redirected."""
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
processor.prefer_onednn()
allocator.prefer_c_library()
if processor.onednn() == "too late":
    log.warning(processor.TOO_LATE)
with _no_native_stderr():
    import keras

if "tensorflow" in sys.modules:
    # Every recipe builds a new model, and TensorFlow warns of "retracing". Only now: in
    # a notebook its logger sets its own level when it is made.
    sys.modules["tensorflow"].get_logger().setLevel(logging.ERROR)

__all__ = ["keras"]
