"""Gives back memory that TensorFlow or a mapped file would keep."""

import gc
import mmap
import sys
from contextlib import contextmanager

import numpy as np

from . import allocator

MAPPED = 128_000_000  # bytes of a mapped file that may stay in memory


@contextmanager
def leaving_nothing():
    """At the end of the block, forgets what was traced in it, and frees its memory.

    Why: TensorFlow never drops a gradient that ``tf.custom_gradient`` makes in a graph,
    and Keras's optimizers make one in each training. The gradient holds the graph, and
    the graph holds the variables of model and optimizer: 177 MB for VGG16.

    Use it as a decorator, ``@leaving_nothing()``: when a function has returned, none of
    its variables holds a model. Models that it returns can be used and trained as
    before, except through a ``tf.function`` that was traced inside. Not for functions
    that run at the same time in several threads.

    Linux's C library also keeps freed memory that lies between used pieces. This is
    given back, too.

    Source: https://github.com/tensorflow/tensorflow/issues/97697
    """
    known = set(registered_gradients())
    try:
        yield
    finally:
        registered = registered_gradients()
        for name in set(registered) - known:
            del registered[name]
        gc.collect()  # models and optimizers hold each other
        allocator.give_back()


def registered_gradients() -> dict:
    """TensorFlow's registered gradients by name; empty if they are not there."""
    if "tensorflow" not in sys.modules:
        return {}
    from tensorflow.python.framework import ops

    registry = getattr(ops, "gradient_registry", None)
    return getattr(registry, "_registry", {})


def unmap_pages(array) -> None:
    """Give back the pages of a large memory-mapped array that were read or written.

    Why: every page that was touched counts as memory of this process, in the end the
    whole file. The system still caches the file, so that the next read is fast.

    Args:
        array: an array, or a view of one. Nothing happens if it is in memory, if its
            file is not larger than 128 MB, if changes to it are private (mode "c"), or
            if the system cannot do it (Windows).
    """
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap) and array.mode == "c":
            return  # the changes would be lost
        array = array.base
    can = hasattr(mmap, "MADV_DONTNEED")
    if can and isinstance(array, mmap.mmap) and len(array) > MAPPED:
        array.madvise(mmap.MADV_DONTNEED)
