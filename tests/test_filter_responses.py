"""The filters that are shown are those most like an edge or a colour, and a response is
what the layer computes.
"""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import tlkit_course as course
from tlkit_course.figures.filter_responses import (
    COLOUR,
    EDGES,
    SLOPE,
    likeness,
    response,
)

from tlkit.machine.quiet import keras

UPRIGHT, LEVEL = EDGES


def in_grey(edge):
    return np.repeat(edge[:, :, None], 3, axis=2)


RED = np.zeros((3, 3, 3), "float32")
RED[..., 0] = 1
KERNEL = np.stack([in_grey(SLOPE), -in_grey(SLOPE.T), RED], axis=-1)


def test_each_filter_is_most_like_what_it_was_made_for():
    alike = likeness(KERNEL)
    assert [int(alike[what].argmax()) for what in (UPRIGHT, LEVEL, COLOUR)] == [0, 1, 2]
    assert alike[UPRIGHT][0] == pytest.approx(1) == alike[LEVEL][1]
    assert alike[UPRIGHT][1] == pytest.approx(0, abs=1e-6)
    assert alike[COLOUR][2] == pytest.approx((2 / 3) ** 0.5)  # a third is brightness
    assert alike[COLOUR][0] == pytest.approx(0, abs=1e-6)


def test_a_response_is_that_of_keras():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (8, 9, 3), "uint8")
    kernel = rng.normal(size=(3, 3, 3)).astype("float32")
    centred = (image - image.mean(axis=(0, 1))).astype("float32")
    expected = keras.ops.conv(centred[None], kernel[..., None], padding="same")
    found = response(image, kernel)
    np.testing.assert_allclose(found, np.asarray(expected)[0, ..., 0], rtol=1e-3)


def test_a_filter_stands_beside_the_picture_and_its_response():
    image = np.zeros((8, 8, 3), "uint8")
    image[:, 4:] = 200
    figure = course.filter_responses(image, KERNEL)
    assert len(figure.axes) == 9
    assert "filter 0, 1.00 like one for upright edges" in figure.get_label()
    upright, level = (figure.axes[row].images[0].get_array() for row in (2, 5))
    assert upright[4, 3] > 0 and abs(level[4, 3]) < 1e-3
