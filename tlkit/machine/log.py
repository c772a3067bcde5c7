"""Messages of the library while it works: short, never on the line of a progress bar.

Library functions do not print. They return, or they log to "tlkit". A program can
silence or redirect this logger like any other
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
