"""Every figure can be read: no text on another one, on a line or across a frame, and
type is large enough on a telephone. Measured from matplotlib's own boxes.
"""

import matplotlib
import pytest

matplotlib.use("Agg")
from drawings import DRAWINGS, EXPLORERS
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from notebook_cells import CELLS, drawn_by, that_draw
from reading import arranged, outside, problems

from tlkit import look, plots

pytestmark = pytest.mark.usefixtures("figures_closed")

BACKGROUND = {"descent_sliders"}  # contour lines, on which the start is named


def figure_of(name):
    """A figure as it is saved."""
    if name not in EXPLORERS:
        return arranged(plots._figure(DRAWINGS[name]()))
    explorer = EXPLORERS[name]()
    figure = Figure(explorer._size, layout="constrained")
    values = {key: one.value for key, one in explorer.controls.items()}
    explorer._draw(figure, **values)
    return arranged(figure)


@pytest.mark.parametrize("name", [*DRAWINGS, *EXPLORERS])
def test_every_text_of_a_figure_can_be_read(name):
    figure = figure_of(name)
    assert problems(figure, lines=name not in BACKGROUND) == []
    if name in EXPLORERS:
        assert list(outside(figure)) == []


@pytest.mark.parametrize("place", CELLS)
def test_every_text_of_a_figure_that_a_cell_draws_can_be_read(place):
    assert problems(arranged(plots._figure(drawn_by(place)))) == []


def test_no_cell_of_a_notebook_draws_a_figure_that_is_not_measured():
    assert that_draw() == set(CELLS)


def drawn(*texts, width=6.0, size=12):
    """A figure with one line across and some texts at (x, y)."""
    figure = Figure((width, 3), dpi=100)
    ax = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    ax.plot([0, 1], [0.5, 0.5])
    ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    for x, y, words in texts:
        ax.text(x, y, words, fontsize=float(size))
    FigureCanvasAgg(figure).draw()
    return figure


def test_what_cannot_be_read_is_found():
    assert problems(drawn((0.2, 0.7, "free"), (0.6, 0.7, "too"))) == []
    assert "lies on 'two'" in problems(drawn((0.2, 0.7, "one"), (0.21, 0.7, "two")))[0]
    assert "on a line" in problems(drawn((0.2, 0.48, "on it")))[0]
    assert "crosses the frame" in problems(drawn((0.95, 0.7, "over the edge")))[0]
    assert "has 6.0 points" in problems(drawn((0.2, 0.7, "small"), size=6))[0]
    assert "too wide" in problems(drawn(width=9.0))[0]
    banded = drawn((0.2, 0.2, "in a band"))
    banded.axes[0].fill_between([0, 1], [0.1, 0.1], [0.4, 0.4], color="#0072B2")
    assert "band that it does not name" in problems(banded)[0]
    assert list(outside(drawn((1.05, 0.7, "far outside of it")))) == [
        "far outside of it"
    ]


def test_type_is_enlarged_until_a_telephone_shows_it():
    figure = drawn((0.2, 0.7, "small"), size=6)
    look.readable(figure)
    (text,) = figure.axes[0].texts
    wide = 6.0 + 2 * look.PAD
    shown = text.get_fontsize() * look.PHONE / 96 / wide
    assert shown == pytest.approx(look.SMALLEST)
    assert problems(figure) == []


def test_names_at_the_ends_move_apart_as_little_as_needed_on_any_scale():
    for scale in ("linear", "log"):
        ax = plots.axes(None, (6, 3))
        ax.set(yscale=scale, ylim=(0.1, 10))
        near = [(5.0, "a", "#0072B2"), (5.1, "b", "#D55E00"), (0.2, "c", "#009E73")]
        look.name_ends(ax, near)
        ax.figure.canvas.draw()
        assert problems(ax.figure) == []
        heights = {text.get_text(): text.xyann[1] for text in ax.texts}
        ends = {text.get_text(): text.xy[1] for text in ax.texts}
        assert heights["a"] < ends["a"] and heights["b"] > ends["b"]
        assert heights["c"] == pytest.approx(ends["c"])


def test_a_drawing_has_more_pixels_than_its_place_and_pictures_keep_theirs():
    drawing = plots.png(plots.five_steps(1), dpi=look.DRAWN)
    assert plots.width(drawing) == pytest.approx((look.WIDE + 2 * look.PAD) * 110, 1)
    small = plots.png(plots.five_steps(1))
    assert plots.width(small) == pytest.approx(plots.width(drawing), abs=2)
    pixels, few = (int.from_bytes(file[16:20]) for file in (drawing, small))
    assert pixels == pytest.approx(1.5 * few, abs=2)
    pictures = plots.png(DRAWINGS["images"](), dpi=look.DRAWN)
    assert int.from_bytes(pictures[16:20]) == plots.width(pictures)


def test_the_words_on_bars_say_of_what_they_are():
    assert look.bars() == "bars: 95 %"
    assert look.bars(5, 2000) == "bars: 95 %, 5 draws × 2,000 pictures"
    assert look.bars(1, 2000) == "bars: 95 %, 2,000 pictures"
    assert look.bars(3, what="bands", dots=True) == (
        "bands: 95 %, 3 draws; small dots: single draws"
    )
