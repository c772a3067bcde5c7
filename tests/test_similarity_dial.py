"""The similarity dial moves digits away from the source, and shows what letters gain
there.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from tlkit_course.figures.similarity_dial import (
    STEPS,
    dial_gains,
    dial_panels,
    moved,
    similarity_dial,
)

import tlkit as tk

STORED = json.loads(
    (Path(__file__).parents[1] / "notebooks" / "results" / "08_dial.json").read_text(
        "utf-8"
    )
)


@pytest.fixture(scope="module")
def dial():
    return similarity_dial(STORED["accuracy"])


@pytest.mark.parametrize("what", STEPS)
def test_every_step_changes_the_pictures_and_not_the_labels(what):
    near, far = moved(what, 0, 20, 1), moved(what, 5, 20, 1)
    assert (
        near[0].shape == far[0].shape == (20, 32, 32, 3)
        and near[0].dtype == far[0].dtype == np.uint8
    )
    assert np.array_equal(near[1], far[1]) and not np.array_equal(near[0], far[0])


def test_scrambling_keeps_every_pixel_and_moves_all_pictures_alike():
    straight, mixed = (
        moved("scrambled", step, 12, 1)[0].reshape(12, -1, 3) for step in (0, 5)
    )
    assert np.array_equal(np.sort(straight.sum(axis=-1)), np.sort(mixed.sum(axis=-1)))
    other = moved("scrambled", 5, 12, 2)[0].reshape(12, -1, 3)
    place = [
        np.flatnonzero((straight == mixed[:, [pixel]]).all(axis=(0, 2)))[0]
        for pixel in range(40)
    ]
    assert np.array_equal(
        other[:, :40], moved("scrambled", 0, 12, 2)[0].reshape(12, -1, 3)[:, place]
    )


def test_the_gain_is_a_difference_draw_by_draw():
    found = dial_gains({"letters": [[0.5, 0.7]], "pixels": [[0.3, 0.4]]}, "letters")
    assert found[0].mean == pytest.approx(0.25) and str(found[0]) == str(
        tk.evaluate.over_seeds([0.2, 0.3])
    )


def test_the_stored_steps_are_those_that_are_drawn():
    assert {what: tuple(steps) for what, steps in STORED["steps"].items()} == STEPS
    for ways in STORED["accuracy"].values():
        assert {len(steps) for steps in ways.values()} == {6}


def test_the_figure_has_a_panel_for_each_way_to_move():
    figure = dial_panels(STORED["accuracy"])
    assert len(figure.axes) == len(STEPS)
    gains = dial_gains(STORED["accuracy"]["small"], "letters")
    ends = f"{gains[0].mean:+.2f} to {gains[-1].mean:+.2f}"
    assert f"small letters' last features {ends}" in figure.get_label()


def test_each_control_changes_the_picture_and_its_words(dial):
    seen = {dial.alt}
    for name, value in (("step", 1), ("what", "blurred"), ("step", 5)):
        dial.controls[name].value = value
        seen.add(dial.alt)
    assert len(seen) == 4 and "blurred: over 5 pixels" in dial.alt
    expected = dial_gains(STORED["accuracy"]["blurred"], "letters")[5]
    assert str(expected) in dial.alt


def test_it_answers_quickly(dial):
    times = []
    for step in (0, 3, 1, 4, 2):
        dial.controls["step"].value = step
        times.append(dial.seconds)
    assert np.median(times) < 2  # under a tenth of a second on an idle machine
