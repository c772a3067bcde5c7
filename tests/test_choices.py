"""The figures of notebooks 10 and 12: every backbone at its cost, every ring, line and
dot where it should.
"""

import pytest
from tlkit_course.figures.backbone_costs import AXES, backbone_costs, cost_of
from tlkit_course.figures.choices import optimizer_steps, two_lines, ways

from tlkit.evaluate import Interval

pytestmark = pytest.mark.usefixtures("figures_closed")

NAMES = ("letters", "letters-small", "letters-bn", "random")
STORED = {
    "costs": {
        name: {
            "parameters": 1000 * (i + 1),
            "megabytes": i + 0.5,
            "times_letters": [i + 1, i + 1.2, 90.0],
        }
        for i, name in enumerate((*NAMES, "VGG16"))
    },
    "accuracy": {
        name: {
            k: {"test": [0.2 * i + b, 0.2 * i + b + 0.01]}
            for k, b in (("5", 0.1), ("20", 0.2), ("100", 0.25))
        }
        for i, name in enumerate(NAMES)
    },
}


@pytest.fixture(scope="module")
def widget():
    return backbone_costs(STORED)


def test_the_time_is_the_median_so_that_one_bad_round_does_not_count():
    assert cost_of(STORED["costs"]["letters-small"], "time") == 2.2


def test_it_begins_in_the_middle_and_says_what_it_shows(widget):
    assert widget.controls["labels"].value == "20"
    assert (
        "20 labels per class: letters 0.205 [" in widget.alt
        and "VGG16 would stand at 5,000" in widget.alt
    )


@pytest.mark.parametrize("axis", AXES)
def test_each_cost_and_each_budget_have_a_picture_of_their_own(widget, axis):
    seen = set()
    for budget in ("5", "20", "100"):
        widget.controls["cost"].value, widget.controls["labels"].value = axis, budget
        assert AXES[axis] in widget.alt and f"{budget} labels" in widget.alt
        seen.add(widget.widget.children[-1].value)
    assert len(seen) == 3 and widget.seconds < 5


def test_the_ring_stands_at_the_chosen_step_size():
    points = {
        "SGD": {0.1: [0.5, 0.6], 1.0: [0.2, 0.3]},
        "Adam": {0.01: [0.7, 0.8], 0.1: [0.9, 0.8]},
    }
    figure = optimizer_steps(points, {"SGD": 0.1, "Adam": 0.1}, chance=0.1)
    rings = [
        line for ax in figure.axes for line in ax.lines if line.get_markersize() > 10
    ]
    assert [(ring.get_xdata()[0], round(ring.get_ydata()[0], 2)) for ring in rings] == [
        (0.1, 0.55),
        (0.1, 0.85),
    ]
    assert [ax.get_title() for ax in figure.axes] == ["SGD: 0.550", "Adam: 0.850"]
    for ax in figure.axes:
        dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
        assert [list(line.get_ydata()) for line in dashed] == [[0.1, 0.1]]
    assert "dashed: guessing 0.10" in figure.get_supxlabel()
    dots = [line for line in figure.axes[0].lines if line.get_label() == "_draws"]
    assert [list(line.get_ydata()) for line in dots] == [[0.5, 0.6], [0.2, 0.3]]
    assert "The lowest single draw: SGD 0.20; Adam 0.70" in figure.get_label()
    assert "SGD 0.550 at 0.1; Adam 0.850 at 0.1" in figure.get_label()


def test_lines_and_ways_stand_at_their_means():
    ax = two_lines(
        {
            "vectors": {2: [0.2, 0.4], 5: [0.4, 0.6]},
            "bag": {2: [0.1, 0.1], 5: [0.6, 0.8]},
        },
        0.1,
        "labels",
    )
    means = [line for line in ax.lines if line.get_label() != "_draws"]
    assert [line.get_ydata().round(2).tolist() for line in means[:2]] == [
        [0.3, 0.5],
        [0.1, 0.7],
    ]
    assert "bag (2: 0.100 [0.100, 0.100], 5: 0.700" in ax.figure.get_label()
    ax = ways(
        {"pixels": Interval(0.5, 0.4, 0.6), "random": Interval(0.7, 0.6, 0.8)},
        0.1,
        "accuracy",
    )
    assert [list(line.get_xdata()) for line in ax.lines[:4:2]] == [
        [0.4, 0.6],
        [0.6, 0.8],
    ]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["pixels", "random"]
    before = ("letters, block2", "letters-bn, features", "random-bn, block2", "pixels")
    ax = ways({name: Interval(0.5, 0.4, 0.6) for name in before}, 0.1, "accuracy")
    marks = [line.get_marker() for line in ax.lines if len(line.get_xdata()) == 1]
    assert marks == ["o", "o", "s", "D"]
    ax = ways(
        {"pixels": Interval(0.5, 0.4, 0.6), "random": Interval(0.7, 0.6, 0.8)},
        0.1,
        "accuracy",
    )
    assert (
        ax.figure.get_label() == "Accuracy: pixels 0.500 [0.400, 0.600]; "
        "random 0.700 [0.600, 0.800]. Guessing gives 0.10."
    )
