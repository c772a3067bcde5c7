"""Gradient descent on the bowl obeys its theory; a line in weight space begins and ends
at its ends.
"""

import numpy as np
import pytest
from tlkit_course.figures import descent

from tlkit import plots
from tlkit.backbone import Backbone
from tlkit.machine.quiet import keras

pytestmark = pytest.mark.usefixtures("figures_closed")


def test_plain_descent_shrinks_each_distance_by_its_own_factor():
    visited = descent.path(0.15, steps=5)
    for i, curvature in enumerate(descent.CURVATURE):
        np.testing.assert_allclose(
            visited[:, i], descent.START[i] * (1 - 0.15 * curvature) ** np.arange(6)
        )


def test_the_limit_is_two_over_the_largest_curvature():
    start = descent.height(descent.START)
    assert descent.height(descent.path(0.199, steps=400)[-1]) < 1e-3 * start
    assert descent.height(descent.path(0.201, steps=2000)[-1]) > start


def test_momentum_is_what_keras_calls_momentum():
    theta, optimizer = (
        keras.Variable(descent.START),
        keras.optimizers.SGD(0.05, momentum=0.8),
    )
    for _ in range(10):
        gradient = descent.CURVATURE * keras.ops.convert_to_numpy(theta)
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [theta])
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(theta),
        descent.path(0.05, 0.8, steps=10)[-1],
        atol=1e-5,
    )


def test_the_sliders_move_the_path_and_its_words():
    explorer = descent.descent_sliders(step_size=0.05)
    before = explorer.widget.children[-1].value
    assert "0 times" in explorer.alt
    explorer.controls["step_size"].value = 0.22
    assert (
        "grows without end" in explorer.alt
        and explorer.widget.children[-1].value != before
    )


def test_cross_entropy_is_that_of_keras():
    logits, labels = (
        np.random.default_rng(0).normal(0, 50, (20, 10)),
        np.arange(20) % 10,
    )
    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(
        labels, logits
    )
    assert descent.cross_entropy(logits, labels) == pytest.approx(
        float(theirs), rel=1e-5
    )


def test_a_line_begins_and_ends_at_its_ends_and_leaves_the_model_as_it_was():
    shared = Backbone("letters-small").build()
    model = keras.Model(shared.input, keras.layers.Dense(10)(shared.output))
    start = model.get_weights()
    end = [0.5 * w for w in start]
    images, labels = (
        np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), "uint8"),
        np.arange(8),
    )
    found = descent.along(model, start, end, [0, 0.4, 1], images, labels)
    assert all(map(np.array_equal, start, model.get_weights()))
    for (loss, accuracy), scale in zip(found, (1, 0.8, 0.5), strict=True):
        model.set_weights([scale * w for w in start])
        logits = model.predict(images, verbose=0)
        assert loss == pytest.approx(
            descent.cross_entropy(logits.astype("float64"), labels), rel=1e-3
        )
        assert accuracy == (logits.argmax(axis=1) == labels).mean()


def test_four_curves_are_trained_with_the_gradient_that_is_given():
    def bowl(W, X, Y):
        return float((W - 1).sum() ** 2), np.ones_like(W) * 0.5 * (W - 1).sum() / W.size

    curves = descent.four_curves(bowl, np.ones((20, 2)), np.ones((20, 3)), steps=10)
    assert list(curves) == list("ABCD") and all(
        len(losses) == 10 and losses[0] == 36 for losses in curves.values()
    )
    assert curves["B"][-1] > curves["D"][-1]  # the small step size is behind


def words(figure):
    return {text.get_text() for ax in figure.axes for text in ax.texts}


def test_the_loss_line_names_its_stations_and_leaves_out_what_lies_beyond():
    places = [-0.2, 0, 0.5, 1, 1.2]
    lines = {name: np.full((2, 5, 2), 0.5) for name in ("scratch", "between", "tuned")}
    figure = descent.loss_line(places, lines)
    assert {
        "random",
        "trained from scratch",
        "fine-tuned",
        "guessing 2.30",
        "guessing 0.10",
    } <= words(figure)
    assert max(line.get_xdata()[-1] for line in figure.axes[0].lines) == 2
    assert "loss 0.5 to 0.5, accuracy 0.50 to 0.50" in figure.get_label()
    assert plots.png(figure).startswith(b"\x89PNG")


def test_a_walk_between_networks_shows_each_draw_and_says_where_it_is_lowest():
    valley = np.array([[0.8, 0.3, 0.7], [0.6, 0.1, 0.5]])
    ax = descent.walks([0, 0.5, 1], {"two": ("#123456", valley)}, ("one", "other"))
    *each, mean = [line.get_ydata().tolist() for line in ax.lines[:3]]
    assert each == valley.tolist()
    assert np.allclose(mean, [0.7, 0.2, 0.6])
    assert "two: 0.70 and 0.60 at the ends, lowest 0.20 at 0.5" in ax.figure.get_label()
    ticks = [text.get_text() for text in ax.get_xticklabels()]
    assert ticks == ["one", "half-way", "other"]
    assert "mean of 2 draws" in ax.get_xlabel()
    ax = descent.walks([0, 0.5, 1], {"two": ("#123456", valley)}, ("a", "b"), 0.1)
    assert "guessing 0.10" in words(ax.figure)
    assert list(ax.lines[-1].get_ydata()) == [0.1, 0.1]


def test_curves_and_step_sizes_are_named_beside_their_lines():
    ax = descent.loss_curves({"slow": [2.0, 1.0], "fast": [2.0, 0.1]}, every=800)
    assert words(ax.figure) == {"slow", "fast"} and ax.lines[0].get_xdata()[-1] == 800
    assert "slow from 2.00 to 1.00" in ax.figure.get_label()
    ax = descent.loss_curves({"slow": [4.0, 2.9]}, guess=3.69, limits=(2.8, 4.2))
    assert words(ax.figure) == {"slow", "guessing 3.69"} and ax.get_ylim() == (2.8, 4.2)
    ax = descent.by_step_size(
        {
            "adam": {0.1: [1.0, 1.1], 0.2: [0.5, 0.6]},
            "plain": {1: [1.0, 1.1], 2: [0.5, 0.6]},
        },
        trained_on=800,
        scored_on=200,
    )
    named = {text.get_text() for text in ax.get_legend().get_texts()}
    assert named == {"adam", "plain"} and "95 %, 2 splits" in ax.get_xlabel()
    assert "adam lowest 0.55 at 0.2" in ax.figure.get_label()
    curve = descent.steps_on_curve((0.1, 0.5))
    assert len(curve.axes) == 2 and "α = 0.5: θ = 3.00, loss 0.00" in curve.get_label()
