"""The price list and the two starts show what they are given, the dial follows its
controls, and steps shrink with depth.
"""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
from tlkit_course.figures.unfreeze import (
    price_list,
    still_read,
    two_starts,
    unfreeze_dial,
)

from tlkit import plots
from tlkit.backbone import Backbone
from tlkit.evaluate import Interval
from tlkit.machine.quiet import keras
from tlkit.training import AdamByDepth, depths

DEPTHS = ("head", "block5", "block4", "all")
TUNED = {
    depth: {
        rate: [
            {"validation": [0.3, level, level + 0.01 * seed], "letters": 0.9 - 0.2 * i}
            for seed in range(3)
        ]
        for rate, level in (
            ("0.001", 0.8 - 0.1 * i),
            ("0.0003", 0.63 - 0.1 * i),
            ("0.003", 0.72 - 0.1 * i),
        )
    }
    for i, depth in enumerate(DEPTHS[1:])
}


def words(figure):
    return {text.get_text() for ax in figure.axes for text in ax.texts}


def test_every_depth_of_the_price_list_has_its_numbers_and_its_trained_blocks():
    rows = {
        depth: {
            "accuracy": Interval(0.8 + 0.01 * i, 0.79, 0.9),
            "price": 1.0 + i,
            "numbers": 1290 * (i + 1),
            "memory": i,
            "draws": [0.8, 0.81],
        }
        for i, depth in enumerate(DEPTHS)
    }
    figure = price_list(rows)
    assert {"0.800", "0.830", "1.0 ×", "4.0 ×", "1,290", "5,160", "3.0 MB"} <= words(
        figure
    )
    boxes = [patch.get_facecolor() for patch in figure.axes[0].patches]
    lit = [len(set(boxes[6 * i : 6 * i + 6]) - {boxes[0]}) for i in range(4)]
    greens = [
        sum(box != boxes[0] for box in boxes[6 * i : 6 * i + 6]) for i in range(4)
    ]
    assert greens == [1, 2, 3, 6] and lit == [1, 1, 1, 1]
    assert "head only: accuracy 0.800 [0.790, 0.900], 1.0 times" in figure.get_label()
    draws = [line for line in figure.axes[1].lines if line.get_label() == "_draws"]
    assert [list(line.get_xdata()) for line in draws] == [[0.8, 0.81]] * 4
    assert plots.png(figure).startswith(b"\x89PNG")


def test_the_dial_begins_where_it_is_told_and_follows_both_controls():
    dial = unfreeze_dial(TUNED)
    assert dial.alt.startswith(
        "from block 5, step size 0.001: validation accuracy 0.810"
    )
    assert "place 1 of 9" in dial.alt and dial.controls["rate"].options == (
        "0.0003",
        "0.001",
        "0.003",
    )
    seen = {dial.widget.children[-1].value}
    dial.controls["depth"].value = "all"
    seen.add(dial.widget.children[-1].value)
    assert (
        "all blocks" in dial.alt
        and "place 6 of 9; the old head still reads 0.50" in dial.alt
    )
    dial.controls["rate"].value = "0.0003"
    seen.add(dial.widget.children[-1].value)
    assert len(seen) == 3 and "place 9 of 9" in dial.alt and "3 seeds" in dial.alt


def test_each_draw_is_a_line_over_the_depths_and_their_mean_is_bold():
    first, second = (0.9, 0.8, 0.7, 0.6), (0.9, 0.9, 0.9, 0.8)
    line = dict(zip(DEPTHS, zip(first, second, strict=True), strict=True))
    ax = still_read({"the old head": line, "a new head": line})
    assert words(ax.figure) == {"the old head", "a new head"}
    one, other, mean = ax.lines[:3]
    assert (tuple(one.get_ydata()), tuple(other.get_ydata())) == (first, second)
    np.testing.assert_allclose(mean.get_ydata(), [0.9, 0.85, 0.8, 0.7])
    assert mean.get_linewidth() > 2 * one.get_linewidth()
    assert ax.get_ylim() == pytest.approx((0.6, 1))
    assert "bold: mean of 2 draws; thin: each draw" in ax.get_xlabel()
    said = "a new head: head only 0.90 (0.90 to 0.90), from block 5 0.85 (0.80 to 0.90)"
    assert said in ax.figure.get_label()
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [
        "head\nonly",
        "from\nblock 5",
        "from\nblock 4",
        "all\nblocks",
    ]


def test_both_starts_are_drawn_above_the_probe_alone_and_the_choices_are_large():
    usual = {"0.001": Interval(0.92, 0.9, 0.94), "0.0003": Interval(0.91, 0.9, 0.92)}
    other = {"0.001": Interval(0.9, 0.88, 0.92), "0.003": Interval(0.87, 0.8, 0.9)}
    lines = {"from a probe": usual, "at random": other}
    figure = two_starts(
        {"usual": lines, "shifted": lines},
        {"usual": Interval(0.86, 0.8, 0.9), "shifted": Interval(0.7, 0.6, 0.8)},
        {"from a probe": "0.0003", "at random": "0.001"},
    )
    for ax, level in zip(figure.axes, (0.86, 0.7), strict=True):
        dashed, *drawn = ax.lines
        assert dashed.get_ydata()[0] == level
        large = {
            (line.get_xdata()[at], line.get_ydata()[at])
            for line in drawn
            for at in line.get_markevery() or ()
        }
        assert large == {(0.0003, 0.91), (0.001, 0.9)}
    ticks = [tick.get_text() for tick in figure.axes[-1].get_xticklabels()]
    assert ticks == ["0.0003", "0.001", "0.003"]
    said = figure.get_label()
    assert "shifted: the probe alone 0.700; from a probe: 0.920 at 0.001" in said
    assert "at random: 0.001." in said


@pytest.mark.parametrize("shrink", [1.0, 0.3])
def test_adams_first_step_shrinks_by_the_factor_from_block_to_block(shrink):
    shared = Backbone(None, width=1 / 16).build()
    model = keras.Model(
        shared.input, keras.layers.Dense(3, name="logits")(shared.output)
    )
    model.compile(
        AdamByDepth(shrink, depths(model), learning_rate=1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    names = [
        "logits",
        "block5_conv2",
        "block4_conv2",
        "block3_conv2",
        "block2_conv2",
        "block1_conv2",
    ]
    before = {name: model.get_layer(name).get_weights()[0] for name in names}
    model.train_on_batch(
        np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 3)), np.arange(8) % 3
    )
    steps = [
        np.abs(model.get_layer(name).get_weights()[0] - before[name]).max()
        for name in names
    ]
    np.testing.assert_allclose(
        steps, 1e-3 * shrink ** np.array([0, 0, 1, 2, 3, 4]), rtol=0.05
    )
