"""Runs this command again in a child process, so that a crash is always explained, even
one inside a C++ library.
"""

import os
import signal
import subprocess
import sys
import threading
from importlib.util import find_spec

_MARK = "TLKIT_WATCHED"  # in the environment of a child
ENDED = (
    "this process has ended. When one process ends, all end: the first message of all "
    "processes gives the cause. A result is written whole or not at all, and finished "
    "features are kept: start all processes again"
)


def is_watched() -> bool:
    """Whether this is the child, which from now on ends as soon as its parent does."""
    if _MARK not in os.environ:
        return False
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return True


def _end_with_parent() -> None:
    """Wait for the end of standard input, which comes when the parent has ended."""
    sys.stdin.read()
    os._exit(1)


def run_again(words: list[str]) -> int:
    """Run ``python -m tlkit`` in a child on JAX.

    Args:
        words: what was typed after ``python -m tlkit``.

    Returns:
        0, or 1 after a sentence.

    Raises:
        ValueError: JAX is not installed.
    """
    if not find_spec("jax"):
        raise ValueError(
            "--distributed needs JAX: "
            'type `.venv/bin/python -m pip install -e ".[distributed]"` first'
        )
    command = [sys.executable, "-m", "tlkit", *words]
    environment = {**os.environ, _MARK: "1", "KERAS_BACKEND": "jax"}
    child = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE)
    # JAX takes SIGTERM for a notice that it may ignore
    signal.signal(signal.SIGTERM, lambda *_: child.kill())
    try:
        status = child.wait()
    finally:
        child.kill()
    if not status:
        return 0
    print(f"tlkit: {ENDED} (exit status {status}).", file=sys.stderr, flush=True)
    return 1
