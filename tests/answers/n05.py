"""Right and wrong answers to the exercises of notebook 05."""

import numpy as np

MEAN = np.array([123.68, 116.779, 103.939], "float32")

RIGHT = {"05 preprocessing": (lambda x: x.astype("float32")[..., ::-1] - MEAN[::-1], ())}
WRONG = [
    ("05 preprocessing", lambda x: x / 255, "these images are almost black"),
    ("05 preprocessing", lambda x: x / 127.5 - 1, "MobileNet"),
    ("05 preprocessing", lambda x: x - MEAN, "still red, green, blue"),
    ("05 preprocessing", lambda x: x[..., ::-1] - MEAN, "turn those round too"),
    ("05 preprocessing", lambda x: x[..., ::-1], "the mean of each is still there"),
    ("05 preprocessing", lambda x: x, "nothing has been done to them yet"),
    ("05 preprocessing", lambda x: x[..., ::-1] - MEAN[::-1].astype("uint8"), "wrap round"),
    ("05 preprocessing", lambda x: x + 1, "Two steps are needed"),
]
