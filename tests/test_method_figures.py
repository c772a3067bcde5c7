"""The figures of notebook 12: every recipe at its cost, every gain in its row."""

import pytest
from tlkit_course.figures.methods import method_map, shifts, starts

from tlkit.evaluate import Interval
from tlkit.recipes import RECIPES


def marks(ax):
    """Colour, marker, x and y of each mark."""
    return [
        (line.get_color(), line.get_marker(), *map(float, line.get_xydata()[0]))
        for line in ax.lines
        if line.get_marker() not in ("None", "", None) and len(line.get_xdata()) == 1
    ]


def test_every_recipe_stands_at_its_costs_with_its_own_colour_and_marker():
    accuracy = {"knn": Interval(0.8, 0.7, 0.9), "lora": Interval(0.9, 0.85, 0.95)}
    costs = {
        "knn": {"trained": 0, "seconds": 0.5, "peak_mb": 600.0},
        "lora": {"trained": 17034, "seconds": 20.0, "peak_mb": 900.0},
    }
    figure = method_map(accuracy, costs, "bars: 95 %")
    knn, lora = RECIPES["knn"], RECIPES["lora"]
    for ax, cost in zip(figure.axes, ("trained", "seconds", "peak_mb"), strict=True):
        assert marks(ax) == [
            (knn.colour, knn.marker, costs["knn"][cost], 0.8),
            (lora.colour, lora.marker, costs["lora"][cost], 0.9),
        ]
        low, high = ax.get_xlim()
        assert all(low < x < high for *_, x, _ in marks(ax)), "one is outside"
        low, high = ax.get_ylim()
        assert low < 0.7 and high > 0.95, "a bar is outside"
        bars = [line.get_ydata() for line in ax.lines if len(line.get_xdata()) == 2]
        assert [list(bar) for bar in bars] == [[0.7, 0.9], [0.85, 0.95]]
    assert len({ax.get_ylim() for ax in figure.axes}) == 1, "one scale for all"
    assert "LoRA 0.900 [0.850, 0.950], 17,034 numbers, 20.0 s" in figure.get_label()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "nearest neighbours",
        "LoRA",
    ]


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
    assert "digits, random probe 0.100 [0.050, 0.150]" in figure.get_label()


def test_recipes_of_one_cost_stand_side_by_side():
    alike = {name: Interval(0.8, 0.7, 0.9) for name in ("lp_ft", "l2_sp", "probe")}
    tuned = {"trained": 922074, "seconds": 9.0, "peak_mb": 800.0}
    head = {"trained": 1290, "seconds": 2.0, "peak_mb": 700.0}
    costs = {"lp_ft": tuned, "l2_sp": tuned, "probe": head}
    ax = method_map(alike, costs, "").axes[0]
    ax.figure.canvas.draw()
    shown = [line for line in ax.lines if len(line.get_xdata()) == 1]
    pixels = [line.get_transform().transform(line.get_xydata())[0, 0] for line in shown]
    points = 72 / ax.figure.dpi
    assert (pixels[1] - pixels[0]) * points == pytest.approx(10)
    alone = ax.transData.transform((1290, 0.8))[0]
    assert pixels[2] == pytest.approx(alone), "one that stands alone is not moved"
