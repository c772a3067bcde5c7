"""Runs this command again in a child process, so that its end is always explained, even an end inside a C++ library."""

import os
import signal
import subprocess
import sys
import threading
from importlib.util import find_spec

_MARK = "TLKIT_WATCHED"
ENDED = (
    "this process has ended, and when one ends, all end: the first message among all of them has the cause. A result "
    "is written whole or not at all, and finished features are kept: start all processes again"
)


def is_watched() -> bool:
    """Whether this is the child, which ends as soon as its parent does."""
    if _MARK not in os.environ:
        return False
    threading.Thread(
        target=lambda: (sys.stdin.read(), os._exit(1)), daemon=True
    ).start()  # nothing to read till then
    return True


def run_again() -> int:
    """Run ``python -m tlkit`` with this process's arguments in a child on JAX; returns 0, or 1 after a sentence.

    Raises:
        ValueError: JAX is not installed.
    """
    if not find_spec("jax"):
        raise ValueError(
            '--distributed needs JAX: type `.venv/bin/python -m pip install -e ".[distributed]"` first'
        )
    environment = {**os.environ, _MARK: "1", "KERAS_BACKEND": "jax"}
    child = subprocess.Popen(
        [sys.executable, "-m", "tlkit", *sys.argv[1:]],
        env=environment,
        stdin=subprocess.PIPE,
    )
    signal.signal(
        signal.SIGTERM, lambda *_: child.kill()
    )  # JAX takes SIGTERM for a notice that it may ignore
    try:
        status = child.wait()
    finally:
        child.kill()
    if status:
        print(f"tlkit: {ENDED} (exit status {status}).", file=sys.stderr, flush=True)
    return min(1, abs(status))
