"""What the library says while it works: short lines that never share a line with a bar.

Library functions do not print. They return, or they log to "tlkit": a program may
silence or redirect that like any logger
(``logging.getLogger("tlkit").setLevel("ERROR")``).
"""

import logging
import sys


class _AboveBars(logging.Handler):
    """Writes each message on a line of its own, above any progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        tqdm.write(self.format(record), file=sys.stdout)


log = logging.getLogger("tlkit")
if not log.handlers:
    log.addHandler(_AboveBars())
    log.setLevel(logging.INFO)
