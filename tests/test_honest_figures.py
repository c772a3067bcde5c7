"""The figures of notebook 07 show what they were given: pictures of a cell, misses,
what only one model got right.
"""

import base64
import re
from importlib import import_module

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import tlkit_course as course
from matplotlib.colors import to_hex

from tlkit import evaluate, plots

CLASSES = ("ant", "bee", "cat")
LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
NAMED = np.array([0, 1, 1, 1, 0, 2, 2, 2, 0])
IMAGES = np.stack([np.full((8, 8, 3), 10 * i, "uint8") for i in range(9)])


@pytest.fixture
def cells():
    return course.confusion_cells(IMAGES, LABELS, NAMED, CLASSES)


def picture(explorer):
    return base64.b64decode(
        re.search(r"base64,([^\"]+)", explorer.widget.children[-1].value)[1]
    )


def test_the_confusion_opens_at_the_commonest_mistake(cells):
    assert (cells.controls["true"].value, cells.controls["named"].value) == (0, 1)
    assert "true ant, named bee: 2 of 3 (a mistake), and 2 of its pictures" in cells.alt


def test_every_cell_shows_its_count_and_another_picture(cells):
    counts, seen = evaluate.confusion(LABELS, NAMED, 3), set()
    for true in range(3):
        for named in range(3):
            cells.controls["true"].value, cells.controls["named"].value = true, named
            what = "right" if true == named else "a mistake"
            words = (
                f"true {CLASSES[true]}, named {CLASSES[named]}: {counts[true, named]} "
                f"of {counts[true].sum()}"
            )
            assert f"{words} ({what})" in cells.alt
            seen.add(picture(cells))
    assert len(seen) == 9 and cells.seconds < 5
    assert [control.description for control in cells.controls.values()] == [
        "true class",
        "named class",
    ]


def test_behind_a_cell_stand_its_own_pictures(monkeypatch):
    shown, module = (
        [],
        import_module("tlkit_course.figures.confusion_cells"),
    )  # its name is also the function's
    monkeypatch.setattr(module, "_pictures", lambda ax, some: shown.append(some))
    cells = course.confusion_cells(IMAGES, LABELS, NAMED, CLASSES)
    np.testing.assert_array_equal(shown[-1], IMAGES[1:3])
    cells.controls["true"].value, cells.controls["named"].value = 2, 0
    np.testing.assert_array_equal(shown[-1], IMAGES[8:])
    cells.controls["named"].value = 1
    assert shown[-1] is None


def test_an_interval_that_misses_the_truth_is_marked():
    figure = course.caught(
        {
            "both": ([0.1, 0.4], [0.3, 0.6], 0.2),
            "moving": ([0.1, 0.4], [0.3, 0.6], [0.2, 0.5]),
        },
        "x",
    )
    fixed, moving = figure.axes
    held, missed = (lines.get_segments() for lines in fixed.collections)
    assert held[0][:, 0].tolist() == [0.1, 0.3] and missed[0][:, 0].tolist() == [
        0.4,
        0.6,
    ]
    assert (
        to_hex(fixed.collections[1].get_color()[0]).upper()
        == plots.PALETTE["scratch"].upper()
    )
    assert (
        fixed.lines[0].get_xdata().tolist() == [0.5]
        and fixed.lines[1].get_xdata()[0] == 0.2
    )
    assert "both; 1 of the 2 drawn miss it" in figure.get_label()
    assert "moving; 0 of the 2 drawn miss it" in figure.get_label()
    assert not len(moving.collections[1].get_segments()) and moving.lines[
        1
    ].get_xdata().tolist() == [0.2, 0.5]


def test_the_paired_figure_counts_pictures_and_keeps_one_scale():
    new = np.repeat([True, True, False, False], (80, 9, 3, 8))
    old = np.repeat([True, False, True, False], (80, 9, 3, 8))
    figure = course.paired_interval(new, old, ("new", "old"))
    alone, pictures, together = figure.axes
    said = figure.get_label()
    assert f"new scores {evaluate.wilson(new)}" in said
    assert "9 pictures only new got right, 3 only old" in said
    words = [text.get_text() for text in pictures.texts]
    assert words == ["80 both right", "9 only new", "3 only old", "8 both wrong"]
    assert [bar.get_width() for bar in pictures.patches] == [80, 9, 3, 8]
    assert np.ptp(alone.get_xlim()) == pytest.approx(np.ptp(together.get_xlim()))
    assert "overlap" in [text.get_text() for text in alone.texts]
    paired, apart = (line.get_xdata() for line in together.lines[:4:2])
    found = evaluate.paired_difference(new, old)
    assert list(paired) == [found.low, found.high] and np.ptp(apart) > np.ptp(paired)


def test_two_models_far_apart_do_not_overlap():
    new, old = np.arange(100) < 95, np.arange(100) < 20
    alone = course.paired_interval(new, old).axes[0]
    assert "overlap" not in [text.get_text() for text in alone.texts]


def test_answers_are_binned_by_what_was_stated():
    stated = np.array([0.11, 0.15, 0.95, 1.0])
    low, high = course.reliability_bins(stated, np.array([True, False, True, True]))
    assert low[0] == pytest.approx(0.13) and low[1].mean == 0.5 and low[2] == 2
    assert high[0] == pytest.approx(0.975) and high[1].mean == 1.0 and high[2] == 2


def test_the_reliability_figure_draws_each_bin_where_it_belongs():
    figure = course.reliability(
        {"one": (np.array([0.25, 0.25]), np.array([True, False]))}
    )
    (ax,) = figure.axes
    dot = ax.lines[-1]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (
        0.25,
        0.5,
    ) and ax.get_title() == "one"
    assert figure.get_label().endswith("one (0.25: 0.50).")
