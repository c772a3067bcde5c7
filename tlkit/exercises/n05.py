"""Exercises of notebook 05, VGG16 on CIFAR-10."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..checks import Exercise

GREY = np.full((1, 2, 2, 3), 128, "uint8")
RED = np.full((1, 2, 2, 3), (255, 0, 0), "uint8")
_MEAN_RGB = np.array([123.68, 116.779, 103.939], "float32")


def _gives(formula: Callable[[np.ndarray], np.ndarray]) -> Callable[[Any], bool]:
    """Whether a learner's function maps a grey and a red image as the formula does (float32 images in)."""

    def same(function) -> bool:
        for image in (GREY, RED):
            got = np.asarray(function(image.copy()), "float64")
            expected = np.broadcast_to(formula(image.astype("float32")), image.shape)
            if got.shape != image.shape or not np.allclose(got, expected, atol=1e-2):
                return False
        return True

    return same


EXERCISES = {
    "05 preprocessing": Exercise(
        "a function from uint8 images (n, h, w, 3), RGB, to float images of the same shape",
        _gives(lambda x: x[..., ::-1] - _MEAN_RGB[::-1]),
        "Blue comes first and each channel's mean is gone: this is what VGG16's weights were trained on.",
        (
            (_gives(lambda x: x / 255), "Scaling to 0–1 is what many networks want, and what the article did. VGG16 "
             "was trained on values from about −124 to 151, so to it these images are almost black."),
            (_gives(lambda x: x / 127.5 - 1), "Scaling to −1…1 is MobileNet's preprocessing; each network has "
             "its own."),
            (_gives(lambda x: x - _MEAN_RGB), "The means are right, but the channels are still red, green, blue. "
             "VGG16's first layer expects blue first."),
            (_gives(lambda x: x[..., ::-1] - _MEAN_RGB), "The channels are turned round, but the means are still in "
             "the order red, green, blue: turn those round too."),
            (_gives(lambda x: x[..., ::-1]), "The channels are turned round; the mean of each is still there."),
            (_gives(lambda x: x), "The images came back as they were: nothing has been done to them yet."),
            (_gives(lambda x: x[..., ::-1].astype("uint8") - _MEAN_RGB[::-1].astype("uint8")), "Integers below zero "
             "wrap round to 255: turn the images into floats before you subtract."),
        ),
        "Two steps are needed: the order of the channels, and the mean of each channel. A grey pixel of 128 must "
        "become (24.061, 11.221, 4.32).",
    ),
}  # fmt: skip
