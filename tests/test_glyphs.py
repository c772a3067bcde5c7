"""Drawn scenes: repeatable, balanced, fast, and true to what is said about them."""

import time

import numpy as np
import pytest

from tlkit import glyphs
from tlkit.glyphs import COLOURS, DIGITS, LETTERS, TEST_FONTS, TRAIN_FONTS, Style, draw

PLAIN = Style(scale=(0.9, 0.9), turn=0, shift=0, clutter=0, texture=0, noise=0)


def test_the_same_seed_gives_the_same_scenes_and_another_seed_others():
    first, again, other = draw(DIGITS, 50, 7), draw(DIGITS, 50, 7), draw(DIGITS, 50, 8)
    for name in ("images", "symbol", "colour", "angle", "font"):
        assert np.array_equal(getattr(first, name), getattr(again, name)), name
    assert not np.array_equal(first.images, other.images)


def test_scenes_are_small_rgb_images_with_all_that_is_true_about_them():
    scenes = draw(LETTERS, 600, 1)  # more than one chunk
    assert scenes.images.shape == (600, 32, 32, 3) and scenes.images.dtype == np.uint8
    # Else np.take, which Rows uses, would copy all of them at every call.
    assert scenes.images.flags.c_contiguous
    assert scenes.angle.dtype == np.float32
    assert np.abs(scenes.angle).max() <= 30 and scenes.angle.std() > 10
    assert set(scenes.colour) == set(range(8)) and len(COLOURS) == 8
    assert set(scenes.font) == set(range(len(TRAIN_FONTS)))


def test_every_symbol_is_drawn_equally_often():
    assert set(np.bincount(draw(LETTERS, 400, 2).symbol)) == {10}
    assert len(LETTERS) == len(set(LETTERS)) == 40


def test_test_fonts_are_not_training_fonts():
    assert not set(TEST_FONTS) & set(TRAIN_FONTS) and len(TEST_FONTS) >= 3


@pytest.mark.parametrize("font", TRAIN_FONTS + TEST_FONTS)
def test_every_font_draws_every_symbol_differently(font):
    masks = [np.asarray(glyphs._mask(font, symbol)) for symbol in DIGITS + LETTERS]
    assert all((mask > 128).sum() > 20 for mask in masks), "some symbol has no ink"
    # The widest bold M and W lose the tips of their serifs; nothing else is cut off.
    for mask in masks:
        sides = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
        edge = sum(line.sum(dtype=int) for line in sides)
        assert edge < 0.01 * mask.sum(dtype=int), "cut off"
    assert len({mask.tobytes() for mask in masks}) == len(masks), (
        "two symbols look the same"
    )


def test_the_symbol_has_the_colour_that_is_said():
    scenes = draw("8", 80, 3, style=PLAIN)
    inks = np.array(list(COLOURS.values()))
    for image, colour in zip(scenes.images, scenes.colour, strict=True):
        distance = np.abs(image.reshape(-1, 3).astype(int) - inks[colour]).sum(axis=1)
        assert (distance < 120).sum() > 20, "hardly a pixel of that colour"


def test_positive_angles_turn_anticlockwise():
    style = Style(scale=(0.95, 0.95), turn=30, shift=0, clutter=0, texture=0, noise=0)
    scenes = draw("I", 200, 4, fonts=("DejaVuSans",), style=style)
    corner = scenes.images[:, :1, :1].astype(int)  # background
    ink = np.abs(scenes.images.astype(int) - corner).sum(axis=-1) > 60
    ys, xs = np.mgrid[:32, :32]
    for mask, angle in zip(ink, scenes.angle, strict=True):
        if abs(angle) > 10:  # an I that leans to the left has its top at the left
            slope = np.polyfit(ys[mask], xs[mask], 1)[0]
            assert np.sign(slope) == np.sign(angle)
            assert np.degrees(np.arctan(slope)) == pytest.approx(angle, abs=6)


def test_the_background_keeps_its_distance_in_brightness():
    scenes = draw(".", 200, 5, style=PLAIN)  # a dot leaves the corner free
    luma = np.array([0.299, 0.587, 0.114])
    inks = np.array(list(COLOURS.values()))[scenes.colour] @ luma
    grounds = scenes.images[:, 0, 0].astype(float) @ luma
    distance = np.abs(inks - grounds)
    assert np.median(distance) > 60 and (distance > 35).mean() > 0.95


def test_at_least_a_thousand_scenes_a_second_on_one_core():
    draw(DIGITS, 600, 0)  # fonts are loaded once
    started = time.process_time()
    draw(DIGITS, 2000, 0)
    assert 2000 / (time.process_time() - started) > 1000


@pytest.mark.parametrize("wrong", [dict(symbols=""), dict(n=0), dict(fonts=())])
def test_nothing_to_draw_is_a_clear_error(wrong):
    with pytest.raises(ValueError, match="expected symbols, fonts and n >= 1, got"):
        draw(**{"symbols": DIGITS, "n": 5, "seed": 0, **wrong})
