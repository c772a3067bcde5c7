"""A figure that follows sliders and buttons."""

import base64
import gc
import html
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from tlkit import look

from .twin import with_twin

DPI = 90  # pixels of a figure's inch
SLIDER = 300  # pixels of a slider and its number


class Explorer:
    """Controls above a figure that is drawn again whenever one of them moves.

    A drawing should take less than a tenth of a second.

    Attributes:
        controls: name -> ipywidgets control.
        widget: everything together, an ipywidgets.VBox.
        alt: the figure as it is now, in words; screen readers get it.
        seconds: how long the last drawing took.
    """

    def __init__(
        self,
        draw: Callable[..., str],
        size: tuple[float, float] = (6.4, 3.6),
        **controls,
    ):
        from ipywidgets import HTML, VBox

        self._draw, self._size, self.controls = draw, size, controls
        self._shown = HTML()
        for name, control in controls.items():
            control.description = control.description or name
            control.observe(self._update, "value")
        _align(list(controls.values()))
        self.widget = VBox([*controls.values(), self._shown])
        self._update()
        self._twin = (self._png, self.alt)  # the beginning, which paper shows

    def _update(self, _change=None) -> None:
        """Draw with the controls' values, and put the picture into the widget."""
        started = time.perf_counter()
        with _garbage_collected_young():
            self._png, self.alt = self._drawn()
        picture = base64.b64encode(self._png).decode()
        self._shown.value = (
            f'<img alt="{html.escape(self.alt)}" style="max-width: 100%" '
            f'src="data:image/png;base64,{picture}">'
        )
        self.seconds = time.perf_counter() - started

    def _drawn(self) -> tuple[bytes, str]:
        """The figure as a PNG file, and in words.

        Without pyplot, because a kernel may have threads. The canvas writes the file
        itself: ``savefig`` would draw twice.
        """
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure, file = Figure(self._size, dpi=DPI, layout="constrained"), BytesIO()
        values = {name: control.value for name, control in self.controls.items()}
        alt = self._draw(figure, **values)
        look.readable(figure)
        FigureCanvasAgg(figure).print_png(file, metadata={"Description": alt})
        return file.getvalue(), alt

    def __repr__(self) -> str:
        labels = ", ".join(control.description for control in self.controls.values())
        return f"{self._twin[1]} (Move the controls: {labels}.)"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget, and as its twin the figure as it was at the beginning."""
        picture, alt = self._twin
        twin = {
            "text/plain": repr(self),
            "image/png": base64.b64encode(picture).decode(),
        }
        return with_twin(self.widget, twin), {"image/png": {"alt": alt}}


def _align(controls: list) -> None:
    """Put labels in one column, give sliders one length, and every label a title.

    JupyterLab shows "null" as the title of a label without one.
    """
    widest = max((len(control.description) for control in controls), default=0)
    for control in controls:
        control.style.description_width = f"{widest}ch"
        control.tooltip = control.tooltip or control.description
        if hasattr(control, "readout"):  # a slider
            control.layout.width = f"calc({widest}ch + {SLIDER}px)"


@contextmanager
def _garbage_collected_young() -> Iterator[None]:
    """Free the figure that is drawn inside at once.

    Left to a later full collection it costs more: with Keras loaded, that takes a third
    of a second.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect(0)
        if enabled:
            gc.enable()


def explore(
    draw: Callable[..., str], size: tuple[float, float] = (6.4, 3.6), **controls
) -> Explorer:
    """Show a figure that follows its controls. As the last line of a cell it is shown.

    Args:
        draw: called as ``draw(figure, **values)``; draws on an empty matplotlib Figure
            and returns what the figure shows, in words. It must be quick: train or
            compute beforehand.
        size: width and height of the figure, inches (of 90 pixels).
        controls: name -> an ipywidgets control whose ``value`` goes to ``draw``; its
            ``description`` is its label.
    """
    return Explorer(draw, size, **controls)
