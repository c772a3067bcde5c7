"""Seconds and peak memory of a piece of work."""

import threading
import time

import psutil


class Watch:
    """Seconds, and the largest resident memory of this process, sampled every 20 ms.

    ``with Watch() as watch: …`` measures what happens inside.

    Attributes:
        seconds: how long it took.
        peak_mb: largest resident memory, in MB (10^6 bytes).
    """

    def __enter__(self):
        self.started = time.perf_counter()
        self.peak_mb = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def _sample(self):
        process = psutil.Process()
        while True:
            self.peak_mb = max(self.peak_mb, process.memory_info().rss / 1e6)
            if self._done.wait(0.02):
                return

    def __exit__(self, *_):
        self.seconds = time.perf_counter() - self.started
        self._done.set()
        self._thread.join()
