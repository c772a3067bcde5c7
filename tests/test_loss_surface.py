"""The point stands where softmax puts it, and loss and gradient are those of the
formula.
"""

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.special import log_softmax
from tlkit_course.figures.arrays import softmax
from tlkit_course.figures.loss_surface import draw_loss_surface, loss_surface


def test_softmax_is_scipys_and_does_not_overflow():
    for logits in ([0.0, 1.0, -2.0], [1000.0, 0.0, -1000.0]):
        np.testing.assert_allclose(
            softmax(logits), np.exp(log_softmax(logits)), atol=1e-12
        )


@pytest.mark.parametrize("true", ["3", "5", "8"])
def test_words_and_title_say_the_loss_of_the_true_class(true):
    logits, figure = {"3": 1.0, "5": -2.0, "8": 0.5}, Figure()
    alt = draw_loss_surface(figure, true, **logits)
    loss = -log_softmax(list(logits.values()))[list(logits).index(true)]
    assert f"True class {true}. Loss {loss:.3f} nats." in alt
    assert figure.axes[0].get_title().split("\n") == [
        f"loss {loss:.3f} nats = {loss / np.log(2):.3f} bits",
        "lines: equal loss (nats); arrow: one step of descent",
    ]
    (point,) = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert point.get_ydata()[0] == pytest.approx(
        np.exp(-loss)
    )  # height is the probability of the true class
    for name, p in zip(logits, softmax(list(logits.values())), strict=True):
        assert f"{name}: {p:.2f} ({p - (name == true):+.2f})" in alt


def test_the_arrow_points_to_less_loss():
    figure = Figure()
    draw_loss_surface(figure, "5", **{"3": 2.0, "5": 0.0, "8": 0.0})
    (arrow,) = [
        text
        for text in figure.axes[0].texts
        if getattr(text, "arrow_patch", None) is not None
    ]
    assert arrow.xy[1] > arrow.xyann[1]


def test_the_controls_move_the_point():
    explorer = loss_surface()
    before = explorer.alt
    explorer.controls["3"].value = 4
    assert explorer.alt != before and "True class 3" in explorer.alt
    explorer.controls["true"].value = "8"
    assert "True class 8" in explorer.alt
    assert [c.description for c in explorer.controls.values()] == [
        "true class",
        *(f"logit of {n}" for n in "358"),
    ]
