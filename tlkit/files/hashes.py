"""Hashes of files, computed again only when a file has changed."""

import hashlib
import time
from functools import lru_cache
from pathlib import Path

SETTLED = 2.0  # seconds after a change from which on a further one shows in the time


def file_hash(path: str | Path, algorithm: str = "sha256") -> str:
    """The hash of a file's bytes, as hexadecimal digits.

    It is remembered as long as size and times of the file stay the same: the published
    files take 0.3 s, and one experiment asks for them dozens of times.

    Args:
        path: the file.
        algorithm: "sha256" or "md5".

    Raises:
        OSError: no such file.
    """
    path = Path(path)
    seen = path.stat()
    if time.time() - max(seen.st_mtime, seen.st_ctime) < SETTLED:
        return _computed(path, algorithm)  # another change might get the same time
    state = (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
    return _remembered(path.absolute(), algorithm, state)


def _computed(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


@lru_cache(maxsize=64)
def _remembered(path: Path, algorithm: str, state: tuple[int, ...]) -> str:
    return _computed(path, algorithm)
