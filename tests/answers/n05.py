"""Right and wrong answers to the exercises of notebook 05."""

from pathlib import Path

import numpy as np
from PIL import Image

import tlkit as tk

MEAN = np.array([123.68, 116.779, 103.939], "float32")


def prepared(images):
    return images.astype("float32")[..., ::-1] - MEAN[::-1]


def wrapped(images):
    return images[..., ::-1] - MEAN[::-1].astype("uint8")


def by_hand(
    folder, classes_of="train", labels_of=None, order=sorted, split="test", scale=1
):
    """Class folders read as a learner would.

    With the mistakes that the arguments make.
    """
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
    if scale != 1:
        images = images / scale
    classes = listed[labels_of or classes_of]
    labels = np.array([classes.index(file.parent.name) for file in files])
    return listed[classes_of], images, labels


def by_the_kit(folder):
    task = tk.load_task(folder)
    return task.classes, task.test.images, task.test.labels


def as_floats(folder):
    classes, images, labels = by_the_kit(folder)
    return classes, images[:].astype("float32"), labels


def divided(folder):
    return by_hand(folder, scale=255)


def classes_of_test(folder):
    return by_hand(folder, classes_of="test")


def backwards(folder):
    return by_hand(folder, order=lambda names: sorted(names, reverse=True))


def training_pictures(folder):
    return by_hand(folder, split="train")


def numbered_within_test(folder):
    return by_hand(folder, labels_of="test")


def design(first=("vgg16", "all", 5), second=("1/255", "all", 5), score="test"):
    names = ("pixels", "trained", "seeds")
    return {
        "first": dict(zip(names, first, strict=True)),
        "second": dict(zip(names, second, strict=True)),
        "score": score,
    }


RIGHT = {
    "05 preprocessing": (prepared, ()),
    "05 folders": (by_the_kit, ()),
    "05 experiment": (design(), ()),
}
WRONG = [
    ("05 preprocessing", lambda x: x / 255, "these images are almost black"),
    ("05 preprocessing", lambda x: x / 127.5 - 1, "MobileNet"),
    ("05 preprocessing", lambda x: x - MEAN, "still red, green, blue"),
    ("05 preprocessing", lambda x: x[..., ::-1] - MEAN, "reverse them too"),
    ("05 preprocessing", lambda x: x[..., ::-1], "you have not subtracted their means"),
    ("05 preprocessing", lambda x: x, "nothing has been done to them yet"),
    ("05 preprocessing", wrapped, "wrap round"),
    ("05 preprocessing", lambda x: x + 1, "Two steps are needed"),
    ("05 folders", divided, "scaled twice"),
    ("05 folders", classes_of_test, "where the class ant is missing"),
    ("05 folders", backwards, "from machine to machine: sort the classes"),
    ("05 folders", training_pictures, "nine pictures of train/"),
    ("05 folders", numbered_within_test, "classes of test/, where one is missing"),
    ("05 folders", as_floats, "must be uint8"),
    ("05 experiment", design(second=(..., ..., 5)), "Not finished yet"),
    (
        "05 experiment",
        design(second=("vgg16", "all", 5)),
        "only chance can make a difference",
    ),
    ("05 experiment", design(second=("1/255", "head", 5)), "Two things change at once"),
    (
        "05 experiment",
        design(second=("vgg16", "head", 5)),
        "how much it helps to train all layers",
    ),
    (
        "05 experiment",
        design(("vgg16", "head", 5), ("1/255", "head", 5)),
        "have already seen",
    ),
    ("05 experiment", design(score="train"), "by heart"),
    ("05 experiment", design(score="validation"), "40 pictures"),
    (
        "05 experiment",
        design(("vgg16", "all", 1), ("1/255", "all", 1)),
        "at least five",
    ),
    ("05 experiment", design(score="all"), "Write down the question first"),
]
