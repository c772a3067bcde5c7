"""What cannot be read in a figure, measured from matplotlib's own boxes."""

import itertools

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from tlkit import look

TOUCH = 1.5  # points by which boxes may overlap: a box is larger than its letters


def arranged(figure):
    """A figure as it is saved: with type that can be read, and everything in place."""
    if not hasattr(figure.canvas, "get_renderer"):
        FigureCanvasAgg(figure)
    figure.set_dpi(look.SHOWN)
    look.readable(figure)
    figure.canvas.draw()
    return figure


def box(text, renderer):
    """The box of a text without its arrow, pixels, a little smaller."""
    found = Text.get_window_extent(text, renderer)
    least = -TOUCH * text.figure.dpi / 72
    return found.padded(least) if min(found.width, found.height) > -2 * least else found


def shown_texts(figure):
    """All texts that are drawn; of ticks, those inside the limits."""
    hidden = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                inside = low <= tick.get_loc() <= high
                on = ax.axison and axis.get_visible() and inside
                hidden |= set() if on else {tick.label1, tick.label2}
            if not ax.axison:
                hidden |= {axis.label, axis.get_offset_text()}
    return [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in hidden
    ]


def lines_of(ax):
    """Paths of all lines of some axes, in pixels."""
    for line in ax.lines:
        if line.get_linestyle() not in ("None", "", " ") and line.get_visible():
            yield line.get_transform().transform_path(line.get_path())
    for some in ax.collections:
        if isinstance(some, LineCollection):
            for path in some.get_paths():
                yield some.get_transform().transform_path(path)


def problems(figure, lines=True):
    """What cannot be read, in sentences."""
    renderer, found = figure.canvas.get_renderer(), []
    texts = shown_texts(figure)
    boxes = {text: box(text, renderer) for text in texts}

    def said(text):
        return repr(text.get_text())

    for one, other in itertools.combinations(texts, 2):
        if boxes[one].overlaps(boxes[other]):
            found.append(f"{said(one)} lies on {said(other)}")
    least = look.smallest(figure) - 0.01
    for text in texts:
        if text.get_fontsize() < least:
            found.append(f"{said(text)} has {text.get_fontsize()} points")
    for ax in figure.axes:
        frame, paths = ax.get_window_extent(renderer), list(lines_of(ax))
        bands = [some for some in ax.collections if isinstance(some, PolyCollection)]
        for text in ax.texts:
            if text not in boxes:
                continue
            mine = boxes[text]
            inside = (frame.x0 <= mine.x0 and mine.x1 <= frame.x1) and (
                frame.y0 <= mine.y0 and mine.y1 <= frame.y1
            )
            if ax.axison and mine.overlaps(frame) and not inside:
                found.append(f"{said(text)} crosses the frame of its axes")
            if not mine.overlaps(frame):
                continue
            if lines and any(path.intersects_bbox(mine, False) for path in paths):
                found.append(f"{said(text)} lies on a line")
            for band in bands:
                own = to_rgb(band.get_facecolor()[0])
                named = to_rgb(text.get_color()) == look.darker(own)
                shape = band.get_transform().transform_path(band.get_paths()[0])
                if not named and shape.intersects_bbox(mine, True):
                    found.append(f"{said(text)} lies in a band that it does not name")
    wide = max(figure.get_size_inches()[0], figure.get_tightbbox(renderer).width)
    if wide > look.WIDE + 0.05:
        found.append(f"{wide:.2f} inches are too wide")
    return found


def outside(figure):
    """Texts that a figure of fixed size cuts off."""
    renderer, whole = figure.canvas.get_renderer(), figure.bbox
    for text in shown_texts(figure):
        mine = box(text, renderer)
        across = whole.x0 <= mine.x0 and mine.x1 <= whole.x1
        if not (across and whole.y0 <= mine.y0 and mine.y1 <= whole.y1):
            yield text.get_text()
