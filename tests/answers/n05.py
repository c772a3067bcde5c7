"""Right and wrong answers to the exercises of notebook 05."""

from pathlib import Path

import numpy as np
from PIL import Image

import tlkit as tk

MEAN = np.array([123.68, 116.779, 103.939], "float32")


def by_hand(
    folder, classes_of="train", labels_of=None, order=sorted, split="test", scale=1
):
    """Class folders read as a learner would, with the mistakes that the arguments make."""
    listed = {
        name: order(path.name for path in Path(folder, name).iterdir())
        for name in ("train", "test")
    }
    files = [
        file
        for name in listed[split]
        for file in sorted(Path(folder, split, name).iterdir())
    ]
    images = np.stack([np.asarray(Image.open(file)) for file in files])
    labels = np.array(
        [listed[labels_of or classes_of].index(file.parent.name) for file in files]
    )
    return listed[classes_of], images if scale == 1 else images / scale, labels


def by_the_kit(folder):
    task = tk.load_task(folder)
    return task.classes, task.test.images, task.test.labels


def backwards(names):
    return sorted(names, reverse=True)


def design(first=("vgg16", "all", 5), second=("1/255", "all", 5), score="test"):
    names = ("pixels", "trained", "seeds")
    return {
        "first": dict(zip(names, first, strict=True)),
        "second": dict(zip(names, second, strict=True)),
        "score": score,
    }


RIGHT = {
    "05 preprocessing": (lambda x: x.astype("float32")[..., ::-1] - MEAN[::-1], ()),
    "05 folders": (by_the_kit, ()),
    "05 experiment": (design(), ()),
}
WRONG = [
    ("05 preprocessing", lambda x: x / 255, "these images are almost black"),
    ("05 preprocessing", lambda x: x / 127.5 - 1, "MobileNet"),
    ("05 preprocessing", lambda x: x - MEAN, "still red, green, blue"),
    ("05 preprocessing", lambda x: x[..., ::-1] - MEAN, "turn those round too"),
    ("05 preprocessing", lambda x: x[..., ::-1], "the mean of each is still there"),
    ("05 preprocessing", lambda x: x, "nothing has been done to them yet"),
    ("05 preprocessing", lambda x: x[..., ::-1] - MEAN[::-1].astype("uint8"), "wrap round"),
    ("05 preprocessing", lambda x: x + 1, "Two steps are needed"),
    ("05 folders", lambda folder: by_hand(folder, scale=255), "scaled twice"),
    ("05 folders", lambda folder: by_hand(folder, "test"), "where no ant occurs"),
    ("05 folders", lambda folder: by_hand(folder, order=backwards), "differs from machine to machine: sort them"),
    ("05 folders", lambda folder: by_hand(folder, split="train"), "nine pictures of train/"),
    ("05 folders", lambda folder: by_hand(folder, labels_of="test"), "numbered within test/"),
    ("05 folders", lambda folder: (by_the_kit(folder)[0], by_the_kit(folder)[1][:].astype("float32"),
                                   by_the_kit(folder)[2]), "must be uint8"),
    ("05 experiment", design(second=(..., ..., 5)), "Not finished yet"),
    ("05 experiment", design(second=("vgg16", "all", 5)), "nothing can differ but luck"),
    ("05 experiment", design(second=("1/255", "head", 5)), "Two things change at once"),
    ("05 experiment", design(second=("vgg16", "head", 5)), "what it brings to train all layers"),
    ("05 experiment", design(("vgg16", "head", 5), ("1/255", "head", 5)), "have already seen"),
    ("05 experiment", design(score="train"), "by heart"),
    ("05 experiment", design(score="validation"), "40 pictures"),
    ("05 experiment", design(("vgg16", "all", 1), ("1/255", "all", 1)), "at least five"),
    ("05 experiment", design(score="all"), "Write down the question first"),
]  # fmt: skip
