"""Exercises of notebook 05, VGG16 on CIFAR-10."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from ..checks import Exercise
from . import by_name

preprocessing = Exercise(
    "05 preprocessing",
    expects="a function from uint8 images (n, h, w, 3), RGB, to float images of the "
    "same shape",
    praise="Blue comes first and each channel's mean is gone: this is what VGG16's "
    "weights were trained on.",
    hint="Two steps are needed: the order of the channels, and the mean of each "
    "channel. A grey pixel of 128 must become (24.061, 11.221, 4.32).",
)
GREY = np.full((1, 2, 2, 3), 128, "uint8")
RED = np.full((1, 2, 2, 3), (255, 0, 0), "uint8")
MEAN_RGB = np.array([123.68, 116.779, 103.939], "float32")
MEAN_BGR = MEAN_RGB[::-1]


def _prepares_as(function, formula: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Whether a learner's function makes of a grey and a red image what a formula
    makes.

    The formula gets float32 images.
    """
    for image in (GREY, RED):
        got = np.asarray(function(image.copy()), "float64")
        expected = np.broadcast_to(formula(image.astype("float32")), image.shape)
        if got.shape != image.shape or not np.allclose(got, expected, atol=1e-2):
            return False
    return True


@preprocessing.right
def blue_first_without_means(function):
    return _prepares_as(function, lambda x: x[..., ::-1] - MEAN_BGR)


@preprocessing.mistake
def to_0_and_1(function):
    """Scaling to 0–1 is what many networks want, and what the article did. VGG16 was
    trained on values from about −124 to 151, so to it these images are almost black.
    """
    return _prepares_as(function, lambda x: x / 255)


@preprocessing.mistake
def as_for_mobilenet(function):
    """Scaling to −1…1 is MobileNet's preprocessing; each network has its own."""
    return _prepares_as(function, lambda x: x / 127.5 - 1)


@preprocessing.mistake
def red_first(function):
    """The means are right, but the channels are still red, green, blue. VGG16's first
    layer expects blue first.
    """
    return _prepares_as(function, lambda x: x - MEAN_RGB)


@preprocessing.mistake
def means_not_turned_round(function):
    """The channels are reversed, but the means are still in the order red, green, blue:
    reverse them too.
    """
    return _prepares_as(function, lambda x: x[..., ::-1] - MEAN_RGB)


@preprocessing.mistake
def no_means(function):
    """The channels are reversed, but you have not subtracted their means."""
    return _prepares_as(function, lambda x: x[..., ::-1])


@preprocessing.mistake
def unchanged(function):
    """The images came back as they were: nothing has been done to them yet."""
    return _prepares_as(function, lambda x: x)


@preprocessing.mistake
def in_integers(function):
    """Integers below zero wrap round to 255: convert the images to floats before you
    subtract.
    """

    def wrapped(x):
        return x[..., ::-1].astype("uint8") - MEAN_BGR.astype("uint8")

    return _prepares_as(function, wrapped)


folders = Exercise(
    "05 folders",
    expects="a function from a folder to three things: the classes' names, the test "
    "images, uint8 (n, 32, 32, 3), and their labels, int (n,)",
    praise="The classes come from train/ in alphabetical order, the labels are their "
    "indices, and the pixels are unchanged. A class without test pictures keeps its "
    "number.",
    hint="The fields of tk.load_task(folder) hold all three. The pixels must be uint8, "
    "32 by 32.",
)
COLOURS = {"ant": (200, 0, 0), "bee": (0, 200, 0), "cat": (0, 0, 200)}
COUNTS = {  # pictures of each class; no ant is tested
    "train": {"cat": 3, "ant": 3, "bee": 3},
    "test": {"cat": 2, "bee": 3},
}


def class_folders(root: Path) -> Path:
    """Write small pictures of one colour for each class, as train/<class>/,
    test/<class>/.

    Returns:
        root.
    """
    from PIL import Image

    for split, classes in COUNTS.items():
        for name, count in classes.items():
            place = root / split / name
            place.mkdir(parents=True)
            for i in range(count):
                Image.new("RGB", (32, 32), COLOURS[name]).save(place / f"{i}.png")
    return root


class _Read(NamedTuple):
    """What a learner's function read from ``class_folders``.

    Attributes:
        classes: names.
        images: (n, h, w, 3).
        named: the class that each picture's label points to.
    """

    classes: tuple[str, ...]
    images: np.ndarray
    named: list[str]

    @property
    def shown(self) -> list[str]:
        """The class that is in each picture: that of its strongest channel."""
        pixels = self.images.reshape(len(self.images), -1, 3)
        strongest = pixels.sum(axis=1).argmax(axis=1)
        return [list(COLOURS)[channel] for channel in strongest]


def _read(function) -> _Read:
    """Call a learner's function on class folders that are removed afterwards."""
    with TemporaryDirectory() as folder:
        classes, images, labels = function(class_folders(Path(folder)))
        images, labels = np.array(images), np.asarray(labels).astype(int)
    return _Read(tuple(classes), images, [classes[label] for label in labels])


@folders.right
def classes_pixels_and_labels(function):
    found = _read(function)
    return (
        found.classes == tuple(sorted(COLOURS))
        and found.images.shape == (5, 32, 32, 3)
        and found.images.dtype == "uint8"
        and found.named == found.shown
        and sorted(found.named) == ["bee", "bee", "bee", "cat", "cat"]
    )


@folders.mistake
def scaled_pixels(function):
    """The pixels have been scaled to 0–1. The backbone prepares them itself, so they
    would be scaled twice: leave whole numbers from 0 to 255.
    """
    return _read(function).images.max() <= 1


@folders.mistake
def classes_from_test(function):
    """These classes come from test/, where the class ant is missing. Every class after
    ant gets a different number from the one that the model has learnt: take the classes
    from train/.
    """
    return set(_read(function).classes) < set(COLOURS)


@folders.mistake
def unsorted_classes(function):
    """The classes are in the order in which the folders were listed. This order differs
    from machine to machine: sort the classes.
    """
    classes = _read(function).classes
    return classes != tuple(sorted(classes))


@folders.mistake
def training_pictures(function):
    """These are the nine pictures of train/. The question asks for the test split."""
    return len(_read(function).images) == 9


@folders.mistake
def labels_of_other_pictures(function):
    """Some labels are not the class that the picture shows. Perhaps you numbered the
    classes of test/, where one is missing, or you sorted pictures and labels
    separately.
    """
    found = _read(function)
    return found.named != found.shown


experiment = Exercise(
    "05 experiment",
    expects='the dictionary with every ... replaced: pixels "vgg16" or "1/255", '
    'trained "head" or "all", seeds a number, score "train", "validation" or "test"',
    praise="Two runs that differ in one thing, several seeds, and pictures that had no "
    "part in any choice: whatever comes out, you will know why.",
    hint="Write down the question first: what do wrong pixels cost if all layers are "
    "trained? What must differ, and what must not?",
)
PIXELS = ("vgg16", "1/255")


def _differs_in(design) -> set[str]:
    """The settings in which the two runs of a design differ."""
    first, second = design["first"], design["second"]
    return {name for name in first if first[name] != second[name]}


@experiment.right
def only_the_pixels_differ(design):
    return (
        _differs_in(design) == {"pixels"}
        and design["first"]["trained"] == "all"
        and design["score"] == "test"
        and design["first"]["seeds"] >= 5
        and design["first"]["pixels"] in PIXELS
        and design["second"]["pixels"] in PIXELS
    )


@experiment.mistake
def not_filled_in(design):
    """Not finished yet: replace every ... in the dictionary."""
    runs = [*design["first"].values(), *design["second"].values()]
    return any(value is ... for value in [*runs, design["score"]])


@experiment.mistake
def nothing_differs(design):
    """The two runs are the same, so only chance can make a difference. Whose cost do
    you want to measure?
    """
    return not _differs_in(design)


@experiment.mistake
def two_things_differ(design):
    """Two things change at once. If the scores differ, you cannot say which of the two
    did it: change one, keep the rest.
    """
    return len(_differs_in(design)) > 1


@experiment.mistake
def what_is_trained_differs(design):
    """This measures how much it helps to train all layers.
    The question is what the pixels
    cost when all layers are trained.
    """
    return _differs_in(design) == {"trained"}


@experiment.mistake
def head_only(design):
    """That is the experiment you have already seen. The question is whether layers that
    may change get used to the wrong pixels.
    """
    return design["first"]["trained"] == "head"


@experiment.mistake
def scored_on_training(design):
    """Both runs may know their training pictures by heart: score pictures that they
    never saw.
    """
    return design["score"] == "train"


@experiment.mistake
def scored_on_validation(design):
    """The validation split was used to choose the epoch, so its score is too high for
    both runs. And with 20 labels per class it has only 40 pictures. Use the test split,
    once.
    """
    return design["score"] == "validation"


@experiment.mistake
def few_seeds(design):
    """With so few seeds the interval is very wide, and with one seed there is no
    interval. The draw of the labels alone changes the score. Take at least five.
    """
    return design["first"]["seeds"] < 5


EXERCISES = by_name((preprocessing, folders, experiment))
