"""Where TensorFlow takes its memory from, so that it can be given back.

Standard library only: ``import tlkit`` calls ``prefer_c_library`` and must stay fast.
"""

import ctypes
import os
import sys

ALLOCATOR = "TF_ONEDNN_USE_SYSTEM_ALLOCATOR"  # TensorFlow reads it once
BLOCK = 17_000_000  # bytes: blocks of memory below this size are used again
KEPT = 2**26  # bytes that may stay free at the end of the memory, 67 MB
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # in the C library's malloc.h


def prefer_c_library() -> None:
    """Let TensorFlow take its memory from the C library. Call before importing it.

    Why: with oneDNN, TensorFlow has an allocator of its own, which gives nothing back,
    so that trainings one after another need more and more. Memory of the C library
    goes back to the system when a training ends (``give_back``).

    Only where that library is glibc, as on most Linux systems, and not if the user has
    set TF_ONEDNN_USE_SYSTEM_ALLOCATOR=0.

    Source: https://github.com/tensorflow/tensorflow/pull/54169
    """
    library = _glibc()
    if library and "tensorflow" not in sys.modules and _is_wanted(default="1"):
        os.environ[ALLOCATOR] = "1"
        library.mallopt(ARENA_MAX, 1)  # else each thread keeps memory of its own
        keep_blocks()


def keep_blocks() -> None:
    """Let the C library use small blocks again, instead of asking the system.

    Why: a new block comes page by page, and each page is first filled with zeros, which
    takes time in every step of a training. Large blocks still go back at once.

    Call it again when a dataset of a Python generator has begun: TensorFlow sets the
    limit to 131 kB when it makes one (``ApplyPython311MemoryPatch``).
    """
    library = _glibc()
    if library and _is_wanted(default="0"):
        library.mallopt(MMAP_THRESHOLD, BLOCK)
        library.mallopt(TRIM_THRESHOLD, KEPT)


def give_back() -> None:
    """Give memory back to the system that the C library keeps though it is free."""
    library = _glibc()
    if library:
        library.malloc_trim(0)


def _is_wanted(default: str) -> bool:
    """What the variable says, in the words that TensorFlow understands."""
    return os.environ.get(ALLOCATOR, default).lower() in ("1", "true")


def _glibc() -> ctypes.CDLL | None:
    """The C library of Linux, if it is glibc; others have no ``mallopt``."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") else None
