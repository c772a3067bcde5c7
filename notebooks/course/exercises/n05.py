"""Exercises of notebook 05, VGG16 on CIFAR-10."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
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


COLOURS = {
    "ant": (200, 0, 0),
    "bee": (0, 200, 0),
    "cat": (0, 0, 200),
}  # each class of the check's pictures
COUNTS = {
    "train": {"cat": 3, "ant": 3, "bee": 3},
    "test": {"cat": 2, "bee": 3},
}  # no ant is tested


def class_folders(root: Path) -> Path:
    """Write small pictures of one colour for each class, as train/<class>/ and test/<class>/."""
    from PIL import Image

    for split, classes in COUNTS.items():
        for name, count in classes.items():
            (place := root / split / name).mkdir(parents=True)
            for i in range(count):
                Image.new("RGB", (32, 32), COLOURS[name]).save(place / f"{i}.png")
    return root


def _reads(judge: Callable[[tuple, np.ndarray, list], bool]) -> Callable[[Any], bool]:
    """Whether `judge(classes, images, names)` is so of what a learner's function reads from folders; `names` are
    what its labels call the pictures."""

    def judged(function) -> bool:
        with TemporaryDirectory() as folder:
            classes, images, labels = function(class_folders(Path(folder)))
            images, labels = np.asarray(images), np.asarray(labels)
            return judge(
                tuple(classes), images, [classes[label] for label in labels.astype(int)]
            )

    return judged


def _shown(images: np.ndarray) -> list[str]:
    """What is really in the pictures: the class of each one's strongest channel."""
    strongest = images.reshape(len(images), -1, 3).sum(axis=1).argmax(axis=1)
    return [list(COLOURS)[channel] for channel in strongest]


def _right_folders(classes, images, names) -> bool:
    wanted = sorted(
        name for name, count in COUNTS["test"].items() for _ in range(count)
    )
    same = images.shape == (len(wanted), 32, 32, 3) and images.dtype == "uint8"
    return (
        same
        and classes == tuple(COLOURS)
        and names == _shown(images)
        and sorted(names) == wanted
    )


def _states(design) -> tuple[dict, dict, str]:
    """The two runs and the split of a designed experiment, as the exercise lays them out."""
    return design["first"], design["second"], design["score"]


def _differ(design) -> set[str]:
    first, second, _ = _states(design)
    return {name for name in first if first[name] != second[name]}


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
    "05 folders": Exercise(
        "a function from a folder to three things: the classes' names, the test images, uint8 (n, 32, 32, 3), and "
        "their labels, int (n,)",
        _reads(_right_folders),
        "The classes come from train/ in alphabetical order, the labels point into them, and the pixels are as they "
        "were. A class that no test picture shows has kept its number.",
        (
            (_reads(lambda classes, images, names: images.max() <= 1), "The pixels have been scaled to 0–1. The "
             "backbone prepares them itself, so they would be scaled twice: leave whole numbers from 0 to 255."),
            (_reads(lambda classes, images, names: set(classes) < set(COLOURS)), "These classes come from test/, "
             "where no ant occurs. Every class after it gets another number than the model has learnt: take the "
             "classes from train/."),
            (_reads(lambda classes, images, names: classes != tuple(sorted(classes))), "The classes stand in the "
             "order in which the folders were listed, and that differs from machine to machine: sort them."),
            (_reads(lambda classes, images, names: len(images) == 9), "These are the nine pictures of train/. Asked "
             "for is the test split."),
            (_reads(lambda classes, images, names: names != _shown(images)), "Some labels name another class than "
             "the picture shows. Were they numbered within test/, where a class is absent, or were pictures and "
             "labels put in order separately?"),
        ),
        "The fields of tk.load_task(folder) hold all three. The pixels must be uint8, 32 by 32.",
    ),
    "05 experiment": Exercise(
        'the dictionary with every ... replaced: pixels "vgg16" or "1/255", trained "head" or "all", seeds a number, '
        'score "train", "validation" or "test"',
        lambda a: _differ(a) == {"pixels"} and a["first"]["trained"] == "all" and a["score"] == "test"
        and a["first"]["seeds"] >= 5 and a["first"]["pixels"] in ("vgg16", "1/255")
        and a["second"]["pixels"] in ("vgg16", "1/255"),
        "Two runs that differ in one thing, several seeds, and pictures that had no say in anything: whatever comes "
        "out, you will know why.",
        (
            (lambda a: any(value is ... for run in _states(a)[:2] for value in run.values()) or a["score"] is ...,
             "Not finished yet: replace every ... in the dictionary."),
            (lambda a: not _differ(a), "The two runs are the same, so nothing can differ but luck: what is it that "
             "you want to know the price of?"),
            (lambda a: len(_differ(a)) > 1, "Two things change at once. If the scores differ, you cannot say which of "
             "the two did it: change one, keep the rest."),
            (lambda a: _differ(a) == {"trained"}, "This measures what it brings to train all layers. The question is "
             "what the pixels cost when all layers are trained."),
            (lambda a: a["first"]["trained"] == "head", "That is the experiment you have already seen. The question "
             "is whether layers that may change get used to the wrong pixels."),
            (lambda a: a["score"] == "train", "Both runs may know their training pictures by heart: score pictures "
             "that they never saw."),
            (lambda a: a["score"] == "validation", "The validation split has chosen the epoch, so it flatters both "
             "runs, and with 20 labels per class it has 40 pictures: use the test split, once."),
            (lambda a: a["first"]["seeds"] < 5, "With so few seeds the interval is very wide, and with one there is "
             "none: the draw of the labels alone moves the score. Take at least five."),
        ),
        "Write down the question first: what do wrong pixels cost if all layers are trained? What must differ, and "
        "what must not?",
    ),
}  # fmt: skip
