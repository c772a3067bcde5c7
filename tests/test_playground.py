"""The playground's picture and probabilities follow its sliders; the scene changes in
what was moved alone.
"""

import numpy as np
import pytest
from matplotlib.figure import Figure
from tlkit_course.figures.playground import draw, playground, probabilities, spoil

import tlkit as tk
from tlkit import glyphs


class Model:
    """Says 3 of bright pictures and 8 of dark ones."""

    def predict_on_batch(self, images):
        assert images.shape[1:] == (32, 32, 3) and images.dtype == "float32"
        return np.eye(10)[np.where(images.mean(axis=(1, 2, 3)) > 200, 3, 8)] * 5


def run_on(classes, test=None):
    task = tk.Task("t", "?", tuple(classes), test, test, test, False, None, 0)
    return tk.Run("probe", task, None, Model(), None, {}, 0, 0, 0, 0, {})


@pytest.fixture
def digits(monkeypatch):
    monkeypatch.delenv("TLKIT_STATIC", raising=False)
    return playground(run_on(glyphs.DIGITS))


@pytest.mark.parametrize(
    "name, value",
    [("digit", "7"), ("angle", 90), ("scale", 0.4), ("clutter", 9), ("contrast", 0)],
)
def test_every_slider_changes_the_picture_and_the_words(digits, name, value):
    before, words = digits.widget.children[-1].value, digits.alt
    digits.controls[name].value = value
    assert digits.widget.children[-1].value != before and digits.alt != words


def test_the_words_say_who_is_right_and_by_how_much():
    said = np.full(10, 0.02)
    said[3], said[8] = 0.24, 0.60
    alt = draw(Figure(), np.zeros((32, 32, 3), "uint8"), said, 3, glyphs.DIGITS, "A 3.")
    assert (
        alt == "A 3. The model says 8 with probability 0.60; 3 is true and gets 0.24. "
        "Margin -0.36."
    )
    figure = Figure()
    draw(figure, np.zeros((32, 32, 3), "uint8"), said[::-1], 6, glyphs.DIGITS, "A 6.")
    assert any("fooled: the model says 1" in text.get_text() for text in figure.texts)


def test_probabilities_are_a_softmax_of_the_models_logits():
    found = probabilities(run_on(glyphs.DIGITS), np.full((32, 32, 3), 255, "uint8"))
    assert (
        found.argmax() == 3
        and found.sum() == pytest.approx(1)
        and found[3] == pytest.approx(1 / (1 + 9 * np.exp(-5)))
    )


def test_photographs_are_spoilt_where_the_classes_are_no_digits(monkeypatch):
    monkeypatch.delenv("TLKIT_STATIC", raising=False)
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), "uint8")
    shown = playground(
        run_on([f"class {i}" for i in range(10)], tk.Split(images, np.arange(4)))
    )
    assert list(shown.controls) == ["picture", "angle", "scale", "contrast", "noise"]
    for name, value in (
        ("picture", 2),
        ("angle", 45),
        ("scale", 1.5),
        ("contrast", 0.5),
        ("noise", 30),
    ):
        before = shown.widget.children[-1].value
        shown.controls[name].value = value
        assert shown.widget.children[-1].value != before, name
    assert "class 2 is true" in shown.alt


def test_an_unspoilt_picture_stays_and_positive_angles_turn_anticlockwise():
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), "uint8")
    same = spoil(image, angle=0, scale=1, contrast=1, noise=0, seed=0)
    assert np.abs(same.astype(int) - image).max() <= 1
    image = np.zeros((32, 32, 3), "uint8")
    image[14:18, 24:] = 255  # a mark on the right
    turned = spoil(image, angle=90, scale=1, contrast=1, noise=0, seed=0)
    assert (
        turned[:8, 14:18].mean() > 200 > turned[24:, 14:18].mean()
    )  # is now at the top


def test_a_scene_drawn_to_order_is_repeatable_and_changes_only_in_what_was_changed():
    assert np.array_equal(glyphs.scene("3"), glyphs.scene("3"))
    plain = glyphs.scene("3", contrast=0, clutter=0, scale=0.3).astype(int)
    marks = glyphs.scene("3", contrast=0, clutter=2, scale=0.3).astype(int)
    more = glyphs.scene("3", contrast=0, clutter=3, scale=0.3).astype(int)
    changed, again = (np.abs(a - plain).max(axis=-1) > 0 for a in (marks, more))
    assert (
        changed.any()
        and again.sum() > changed.sum()
        and (again & changed).sum() > 0.9 * changed.sum()
    )
    big = (
        np.abs(glyphs.scene("3", clutter=0, scale=1).astype(int) - plain).max(axis=-1)
        > 30
    )
    assert big.sum() > 60 and not big[:2].any()


def test_a_scene_turns_anticlockwise_and_its_contrast_is_that_asked_for():
    flat = [
        glyphs.scene("I", clutter=0, angle=angle, contrast=200).mean(axis=-1)
        for angle in (0, 30)
    ]
    ground = glyphs.scene("I", clutter=0, contrast=0).mean(axis=-1)
    upright, turned = (np.abs(image - ground) > 60 for image in flat)
    assert (
        upright[6:26].any(axis=1).all()
        and np.nonzero(turned[8])[0].mean() < np.nonzero(turned[23])[0].mean()
    )
    assert 120 < np.abs(flat[0] - ground)[12:20, 15:17].mean() <= 210


@pytest.mark.parametrize("symbol, scale", [("33", 1), ("", 1), ("3", 0)])
def test_what_cannot_be_drawn_is_said(symbol, scale):
    with pytest.raises(ValueError, match="expected one character and scale > 0"):
        glyphs.scene(symbol, scale=scale)
