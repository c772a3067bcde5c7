"""The pair picker shows the pair that was picked, with its gain over the pixels."""

import numpy as np
import pytest
from tlkit_course.figures.pair_picker import gain, pair_picker

ACCURACY = {
    "pixels": {"digits": [0.1, 0.12, 0.1], "colours": [0.5, 0.52, 0.51]},
    "letters": {"digits": [0.8, 0.82, 0.84], "colours": [0.2, 0.2, 0.2]},
    "random": {"digits": [0.11, 0.11, 0.1], "colours": [0.6, 0.62, 0.6]},
}


@pytest.fixture(scope="module")
def picker():
    return pair_picker(ACCURACY)


def test_the_gain_is_over_the_pixels_draw_by_draw():
    found, each = gain(ACCURACY, "letters", "digits")
    np.testing.assert_allclose(each, [0.7, 0.7, 0.74])
    assert 0 < found.low < found.mean < found.high and found.mean == pytest.approx(
        each.mean()
    )


@pytest.mark.parametrize(
    "source, target, verdict",
    [
        ("letters", "digits", "draws of the labels, a gain."),
        ("letters", "colours", "negative transfer"),
        ("random", "colours", "draws of the labels, a gain."),
        ("random", "digits", "no difference shown"),
    ],
)
def test_words_and_picture_follow_the_pair(picker, source, target, verdict):
    picker.controls["source"].value, picker.controls["target"].value = source, target
    assert f"Source {source}, target {target}: " in picker.alt and verdict in picker.alt
    assert picker.alt in picker.widget.children[-1].value and picker.seconds < 5


def test_every_pair_has_another_picture(picker):
    seen = set()
    for source in picker.controls["source"].options:
        for target in picker.controls["target"].options:
            picker.controls["source"].value, picker.controls["target"].value = (
                source,
                target,
            )
            seen.add(picker.widget.children[-1].value)
    assert len(seen) == 4
