"""The figures of notebook 12: every recipe at its cost, every gain in its row."""

import pytest
from tlkit_course.figures.methods import method_map, shifts, starts

from tlkit.evaluate import Interval
from tlkit.recipes import RECIPES

pytestmark = pytest.mark.usefixtures("figures_closed")


def marks(ax):
    """Colour, marker, x and y of each mark."""
    return [
        (line.get_color(), line.get_marker(), *map(float, line.get_xydata()[0]))
        for line in ax.lines
        if line.get_marker() not in ("None", "", None) and len(line.get_xdata()) == 1
    ]


def test_each_recipe_has_a_row_with_its_accuracy_and_costs_the_best_on_top():
    accuracy = {"knn": Interval(0.8, 0.7, 0.9), "lora": Interval(0.9, 0.85, 0.95)}
    costs = {
        "knn": {"trained": 0, "seconds": 0.5, "peak_mb": 600.0},
        "lora": {"trained": 17034, "seconds": 20.0, "peak_mb": 900.0},
    }
    ax = method_map(accuracy, costs, "bars: 95 %, 10 draws")
    knn, lora = RECIPES["knn"], RECIPES["lora"]
    assert marks(ax) == [
        (lora.colour, lora.marker, 0.9, 0.0),
        (knn.colour, knn.marker, 0.8, 1.0),
    ]
    bars = [list(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2]
    assert bars == [[0.85, 0.95], [0.7, 0.9]]
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names == ["LoRA", "nearest neighbours"]
    in_rows = {
        row: [text.get_text() for text in ax.texts if text.xy[1] == row]
        for row in (0, 1)
    }
    assert in_rows == {0: ["17,034", "20.0", "900"], 1: ["0", "0.5", "600"]}
    assert ax.get_xlabel() == "accuracy\nbars: 95 %, 10 draws"
    said = ax.figure.get_label()
    assert "LoRA 0.900 [0.850, 0.950], 17,034 numbers, 20.0 s, 900 MB" in said


def test_a_gain_on_shifted_pictures_stands_in_the_row_of_its_kind():
    gains = {
        "usual": {"lp_ft": Interval(0.02, 0.01, 0.03)},
        "turned": {"lp_ft": Interval(-0.04, -0.06, -0.02)},
    }
    ax = shifts(gains, "bars: 95 %")
    one = RECIPES["lp_ft"]
    assert marks(ax) == [
        (one.colour, one.marker, 0.02, 0.0),
        (one.colour, one.marker, -0.04, 1.0),
    ]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["usual", "turned"]
    assert "turned probe + fine-tune -0.040 [-0.060, " in ax.figure.get_label()


def test_two_recipes_of_one_kind_do_not_lie_on_each_other():
    both = {"lp_ft": Interval(0.0, -0.1, 0.1), "wise_ft": Interval(0.0, -0.1, 0.1)}
    heights = [y for *_, y in marks(shifts({"usual": both}, ""))]
    assert heights[1] - heights[0] == pytest.approx(0.24) and sum(heights) == 0


def test_each_start_has_a_row_and_each_target_its_chance():
    of = {
        "with labels": {
            "probe": Interval(0.8, 0.7, 0.9),
            "fine-tuned": Interval(0.9, 0.85, 0.95),
        },
        "random": {
            "probe": Interval(0.1, 0.05, 0.15),
            "fine-tuned": Interval(0.2, 0.1, 0.3),
        },
    }
    figure = starts({"digits": of, "angles": of}, {"digits": 0.1, "angles": 0.25}, "")
    for ax, chance in zip(figure.axes, (0.1, 0.25), strict=True):
        at = [(x, round(y)) for *_, x, y in marks(ax)]
        assert at == [(0.8, 0), (0.9, 0), (0.1, 1), (0.2, 1)]
        dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
        assert [list(line.get_xdata()) for line in dashed] == [[chance, chance]]
        assert [text.get_text() for text in ax.texts] == [f"guessing {chance:.2f}"]
        ways = {mark for _, mark, *_ in marks(ax)}
        assert len(ways) == 2, "told apart without colour"
        rows = [tick.get_text() for tick in ax.get_yticklabels()]
        assert rows == ["pretrained\nwith labels", "random weights"]
    assert "digits, random probe 0.100 [0.050, 0.150]" in figure.get_label()
