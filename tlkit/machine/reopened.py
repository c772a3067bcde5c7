"""A page that was closed while a cell ran: the next cell says what became of it.

JupyterLab shows no output of the time in which nobody looked. The kernel goes on all
the same, and what the cell made is in it.
"""

import time
from typing import Any

LONG = 3.0  # seconds; of a shorter cell nobody closes the page
SHOWN = 40  # characters of a cell's first line


def tell_what_ran() -> None:
    """Let IPython tell, in a page that was opened again. Elsewhere, do nothing."""
    try:
        from IPython.core.getipython import get_ipython
    except ModuleNotFoundError:
        return
    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return
    watch = _Watch(shell)
    shell.events.register("pre_run_cell", watch.before)
    shell.events.register("post_run_cell", watch.after)


class _Watch:
    """The last long cell of a kernel, and the page that had asked for it.

    Attributes:
        page: the Jupyter session of the page that ran a cell last; None before that.
        sentence: what a page that was opened later should read; "" if nothing.
    """

    def __init__(self, shell: Any):
        self._shell, self._started = shell, 0.0
        self.page: str | None = None
        self.sentence = ""

    def before(self, info: Any) -> None:
        """Called by IPython before a cell runs."""
        page = self._shell.kernel.get_parent().get("header", {}).get("session")
        if self.sentence and page != self.page:
            print(self.sentence)
        self.page, self.sentence, self._started = page, "", time.monotonic()

    def after(self, result: Any) -> None:
        """Called by IPython when a cell has ended, also by an error."""
        took = time.monotonic() - self._started
        if took < LONG or result.info is None:
            return
        error = result.error_before_exec or result.error_in_exec
        ended = f"stopped with {type(error).__name__}" if error else "ended"
        kept = "" if error else " What it made is here. Run it again only to see it."
        first = (result.info.raw_cell or "").strip().split("\n")[0][:SHOWN]
        self.sentence = (
            f"(This page has not shown how the cell «{first} …» went: it "
            f"{ended} at {time.strftime('%H:%M')}, after {took:.0f} s.{kept})"
        )
