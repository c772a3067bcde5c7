"""Exercises of notebook 11, a project of the learner's own.

The checks look at what was made: they call the learner's functions on folders and
networks of their own, and measure the learner's models again. Keras is imported only
where a model is judged.
"""

import json
import math
import os
import re
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from ..checks import Exercise
from ..kinds import (
    Anything,
    Array,
    Function,
    Made,
    Number,
    Parts,
    Several,
    Text,
    is_number,
    numbers_of,
)
from ..project import copies_of
from . import by_name, steer

SPLITS = ("train", "validation", "test")
BATCH = 256  # pictures that a model under judgement gets at once


def _accuracy(model, images, labels, rows) -> float:
    """Share of some pictures whose largest output is that of their class."""
    predicted = _outputs(model, images[rows]).argmax(axis=1)
    return float((predicted == labels[rows]).mean())


def _outputs(model, images) -> np.ndarray:
    """What a model says about pictures, in batches, without training."""
    parts = [
        np.asarray(model(images[i : i + BATCH], training=False))
        for i in range(0, len(images), BATCH)
    ]
    return np.concatenate(parts)


def _is_model(answer: Any) -> bool:
    """Whether an answer is a Keras model."""
    from tlkit.machine.quiet import keras

    return isinstance(answer, keras.Model)


def _is_number(answer: Any) -> bool:
    """Whether an answer is one finite number, and not True or False."""
    return is_number(answer) and math.isfinite(answer)


# ---- pictures: the class folders, read

pictures = Exercise(
    "11 pictures",
    expects="a function from a folder to three things: the classes' names, sorted; the "
    "pictures, uint8 (n, SIZE, SIZE, 3), RGB; and their labels, int (n,)",
    praise="Whatever lay in the folders, you have colour pictures of one size, and "
    "each label is the place of its folder's name in the sorted list.",
    hint="For every file that is a picture: open it, make it RGB, resize it. Its class "
    "is the name of the folder that it lies in.",
    ask="Three things come back, but the pictures are not those of the folder. Show a "
    "few of yours next to their files: what has changed?",
    kind=Function(
        "folder",
        gives=Several(
            *(Anything() for _ in range(3)),
            wanted="three things: the classes' names, the pictures, their labels",
        ),
    ),
    place="Exercise 1: read the pictures",
    start="""
def read(folder):
    classes = ...
    images = ...
    labels = ...
    return classes, images, labels
""",
)
COLOURS = {"ant": (200, 0, 0), "bee": (0, 200, 0), "cat": (0, 0, 200)}
# Name of a file -> its size in pixels (width, height); one is stored without colours.
FILES = {"1.png": (48, 48), "2.png": (40, 64), "3.JPG": (32, 32)}
GREY, IN_GREY, OF_GREY = 90, "grey.png", "bee"
OF_JPEG = 4  # by how much JPEG and rounding change a pixel at most


def mixed_folder(root: Path) -> Path:
    """Write class folders as one finds them: sizes differ, one picture is grey, and
    two files are no pictures. The lower half of each picture is darker.

    Returns:
        root.
    """
    from PIL import Image

    def save(file: Path, mode: str, size: tuple[int, int], colour) -> None:
        picture = Image.new(mode, size, colour)
        width, height = size
        dark = picture.crop((0, height // 2, width, height)).point(lambda x: x // 2)
        picture.paste(dark, (0, height // 2))
        picture.save(file, quality=95)

    for name, colour in reversed(COLOURS.items()):
        (root / name).mkdir()
        for file, size in FILES.items():
            save(root / name / file, "RGB", size, colour)
    save(root / OF_GREY / IN_GREY, "L", (48, 48), GREY)
    (root / "cat" / "notes.txt").write_text("no picture", "utf-8")
    (root / "read me.txt").write_text("no folder", "utf-8")
    return root


class _Read(NamedTuple):
    """What a learner's function made of ``mixed_folder``.

    Attributes:
        classes: as returned, as a tuple; () if these are no names.
        images: as returned; None if these are no numbers, or of several shapes.
        labels: as returned.
    """

    classes: tuple[str, ...]
    images: Any
    labels: Any

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.images)

    @property
    def has_numbers(self) -> bool:
        """Whether the labels are whole numbers, in one row."""
        labels = numbers_of(self.labels)
        is_row = labels is not None and labels.ndim == 1
        return is_row and np.asarray(self.labels).dtype.kind in "iu"

    @property
    def named(self) -> list[str]:
        """The class that each label points to; "?" for a label that is no index."""
        numbers = range(len(self.classes))
        return [
            self.classes[label] if label in numbers else "?"
            for label in np.asarray(self.labels).tolist()
        ]

    @property
    def shown(self) -> list[str]:
        """The class that is in each picture."""
        means = np.reshape(self.images, (len(self.images), -1, 3)).mean(axis=1)
        return [
            OF_GREY if np.ptp(mean) < 5 else list(COLOURS)[mean.argmax()]
            for mean in means
        ]

    @property
    def upright(self) -> bool:
        """Whether the upper half of each picture is the brighter one."""
        rows = np.reshape(self.images, self.shape).mean(axis=(2, 3))  # (n, rows)
        upper, lower = np.array_split(rows, 2, axis=1)
        return bool((upper.mean(axis=1) > 1.5 * lower.mean(axis=1)).all())

    @property
    def as_stored(self) -> bool:
        """Whether each upright picture has a colour of the files, and half of it below.

        The middle third is left out, where resizing mixes both.
        """
        thirds = np.array_split(np.reshape(self.images, self.shape), 3, axis=1)
        colours = np.array([*COLOURS.values(), (GREY,) * 3])
        for part, share in ((thirds[0], 1.0), (thirds[2], 0.5)):
            means = part.mean(axis=(1, 2))[:, None]  # (n, 1, 3)
            away = abs(means - share * colours).max(axis=2).min(axis=1)
            if (away > OF_JPEG).any():
                return False
        return True


def _are_names(found) -> bool:
    """Whether these are texts, in a list, a tuple or an array."""
    is_row = isinstance(found, list | tuple | np.ndarray)
    return is_row and all(isinstance(name, str) for name in found)


@lru_cache(maxsize=1)  # each mistake asks, and files take time
def _read(function) -> _Read:
    """Call a learner's function on a folder that is removed afterwards."""
    with TemporaryDirectory() as folder:
        classes, images, labels = function(mixed_folder(Path(folder)))
    if numbers_of(images) is None:
        images = None
    return _Read(tuple(classes) if _are_names(classes) else (), images, labels)


@pictures.right
def every_picture_with_its_class(function, size):
    found = _read(function)
    return (
        found.classes == tuple(sorted(COLOURS))
        and found.shape == (len(COLOURS) * len(FILES) + 1, size, size, 3)
        and np.asarray(found.images).dtype == "uint8"
        and found.has_numbers
        and found.named == found.shown
        and found.upright
        and found.as_stored
    )


@pictures.mistake
def other_files_opened(function, size):
    """A file that is no picture stopped your function. The check's folders hold a
    notes.txt, too, as yours do: take only files whose names end as pictures' do.
    """
    try:
        _read(function)
    except OSError as error:
        return type(error).__name__ in ("UnidentifiedImageError", "NotADirectoryError")
    return False


@pictures.mistake
def shapes_differ(function, size):
    """These pictures cannot be stacked: their shapes differ. Some have another size,
    and one is grey, so it has no axis for colours.
    """
    try:
        _read(function)
    except ValueError as error:
        return "shape" in str(error)
    return False


@pictures.mistake
def no_list_of_classes(function, size):
    """The first of the three things should be a list of texts, the classes' names."""
    return not _read(function).classes


@pictures.mistake
def no_array_of_pictures(function, size):
    """The second of the three things should be one array: np.stack makes it of a list
    of pictures of one shape.
    """
    return _read(function).images is None


@pictures.mistake
def files_as_classes(function, size):
    """The list of classes holds a name that is no folder's: a text file lies beside the
    folders.
    """
    return not set(_read(function).classes) <= set(COLOURS)


@pictures.mistake
def order_of_the_disk(function, size):
    """The classes are not in alphabetical order. The order in which a disk lists
    folders differs from machine to machine, and your labels with it.
    """
    classes = _read(function).classes
    return classes != tuple(sorted(classes))


@pictures.mistake
def grey_pictures(function, size):
    """The last axis of the pictures should hold three colours, red, green and blue, and
    here it does not.
    """
    return _read(function).shape[-1:] != (3,)


@pictures.mistake
def other_size(function, size):
    """The pictures have the right colours, but not SIZE rows and SIZE columns."""
    return _read(function).shape[1:] != (size, size, 3)


@pictures.mistake
def scaled_already(function, size):
    """The pixels are no whole numbers from 0 to 255 any more. Keep them as they are:
    the preprocessing comes later, inside the model, and once.
    """
    return np.asarray(_read(function).images).dtype != "uint8"


@pictures.mistake
def capital_ends(function, size):
    """Some pictures are missing. Names of files may end in capitals, too: cameras write
    .JPG.
    """
    return len(_read(function).images) < len(COLOURS) * len(FILES) + 1


@pictures.mistake
def names_as_labels(function, size):
    """The labels should be whole numbers: the place of each picture's class in the list
    of classes.
    """
    return not _read(function).has_numbers


@pictures.mistake
def blue_first(function, size):
    """Red and blue have changed places: some libraries, such as OpenCV, read blue
    first. The last axis should be red, green, blue.
    """
    found = _read(function)
    turned_back = found._replace(images=np.asarray(found.images)[..., ::-1])
    return found.named != found.shown and found.named == turned_back.shown


@pictures.mistake
def labels_of_others(function, size):
    """Some labels are not the class that their picture shows. Were pictures and labels
    collected in two different orders?
    """
    found = _read(function)
    return found.named != found.shown


@pictures.mistake
def turned(function, size):
    """The pictures are turned, or upside down: the axes of an array are rows, columns,
    colours, and the first row is the upper one.
    """
    return not _read(function).upright


# ---- splits: three, without copies across

splits = Exercise(
    "11 splits",
    expects='a dictionary with "train", "validation" and "test"; each holds row '
    "numbers of `images`, int (rows,)",
    praise="No picture is in two splits, none is judged twice, and every class is in "
    "all three, also the rare one.",
    hint="First make a list in which every picture occurs once, then cut this list in "
    "three, with equal shares of each class.",
    ask="Something is not as the four conditions ask. Count, for each split, its rows "
    "and its different pictures.",
    kind=Parts(
        dict.fromkeys(SPLITS, Array("row numbers, whole numbers in one list or array"))
    ),
    place="Exercise 2: three splits, and no picture in two of them",
)


def _is_cut(answer) -> bool:
    """Whether each split holds whole numbers, in one row."""
    parts = [np.asarray(rows) for rows in answer.values()]
    return all(rows.ndim == 1 and rows.dtype.kind in "iu" for rows in parts)


def _same(answer, images) -> dict[str, np.ndarray]:
    """Name of a split -> the first row of the same picture, for each of its rows."""
    first = copies_of(images)
    return {name: first[np.asarray(answer[name])] for name in SPLITS}


@splits.right
def no_picture_twice(answer, images, labels):
    known = (masks, out_of_range, rows_twice, copies_across, copies_within)
    later = (class_missing, pictures_left_out, too_small, shares_differ)
    return not any(made(answer, images, labels) for made in (*known, *later))


@splits.mistake
def masks(answer, images, labels):
    """Each split should hold row numbers, whole numbers in one list. These are others:
    perhaps true and false, or the pictures themselves?
    """
    return not _is_cut(answer)


@splits.mistake
def out_of_range(answer, images, labels):
    """There are row numbers that no picture has. Did you cut a shorter list, and forget
    which rows it was made of?
    """
    rows = np.concatenate([np.asarray(answer[name]) for name in SPLITS])
    return bool(rows.size) and (rows.min() < 0 or rows.max() >= len(images))


@splits.mistake
def rows_twice(answer, images, labels):
    """The same row is in two splits. A picture learns, or chooses, or judges: never two
    of these.
    """
    parts = [set(np.asarray(answer[name]).tolist()) for name in SPLITS]
    return len(set.union(*parts)) < sum(map(len, parts))


@splits.mistake
def copies_across(answer, images, labels):
    """A leak: a picture is in one split, and its copy in another. The files differ, and
    so do their names; it is the pixels that are the same.
    """
    parts = [set(rows.tolist()) for rows in _same(answer, images).values()]
    return len(set.union(*parts)) < sum(map(len, parts))


@splits.mistake
def copies_within(answer, images, labels):
    """No picture is in two splits now. But one is twice in the validation or in the
    test split: it would count twice, and your interval would be too short.
    """
    same = _same(answer, images)
    return any(len(set(same[name].tolist())) < len(same[name]) for name in SPLITS[1:])


@splits.mistake
def class_missing(answer, images, labels):
    """In one of the splits a class is missing, so nothing can be learnt, chosen or said
    about it. Look at the rare one.
    """
    classes = set(np.unique(labels).tolist())
    return any(
        set(labels[np.asarray(answer[name])].tolist()) != classes for name in SPLITS
    )


@splits.mistake
def pictures_left_out(answer, images, labels):
    """Some pictures are in no split. Only copies may be left out: a picture that has
    copies stays, once.
    """
    used = np.concatenate(list(_same(answer, images).values()))
    return len(np.unique(used)) < len(np.unique(copies_of(images)))


@splits.mistake
def too_small(answer, images, labels):
    """These sizes do not do their jobs. Expected at least a tenth of the pictures in
    the validation split, a fifth in the test split, and a third to learn from.
    """
    n = {name: len(np.unique(rows)) for name, rows in _same(answer, images).items()}
    total = sum(n.values())
    least = {"train": total / 3, "validation": total / 10, "test": total / 5}
    return any(n[name] < least[name] - 1 for name in SPLITS)


@splits.mistake
def shares_differ(answer, images, labels):
    """Every class is in every split, but some have far more than their share in one of
    them: a plain random cut does this. Cut each class in the same proportions.
    """
    same = _same(answer, images)
    every = np.concatenate(list(same.values()))
    count = np.bincount(labels[every], minlength=labels.max() + 1)
    for rows in same.values():
        expected = count * len(rows) / len(every)
        got = np.bincount(labels[rows], minlength=len(count))
        if (abs(got - expected) > 1 + 0.25 * expected).any():
            return True
    return False


# ---- baseline: what needs no network

baseline = Exercise(
    "11 baseline",
    expects="an accuracy on the validation split, a number from 0 to 1",
    praise="Every model has to beat this number, and nothing was learnt for it but "
    "which class is the most frequent one.",
    hint="Which class do most training pictures have? For how many of the validation "
    "pictures is this the right answer?",
    ask="Another share comes out. Which class did you name for every picture, and for "
    "which pictures did you count how often it is right?",
    kind=Number(),
    place="Exercise 3: what needs no learning",
)


def _majority(labels, splits, counted: str, scored: str) -> float:
    """Accuracy on one split of the class that is the most frequent of another."""
    frequent = np.bincount(labels[splits[counted]]).argmax()
    return float((labels[splits[scored]] == frequent).mean())


def _is(answer, number: float) -> bool:
    return _is_number(answer) and abs(answer - number) < 5e-3


@baseline.right
def of_the_most_frequent(answer, labels, splits):
    return _is(answer, _majority(labels, splits, "train", "validation"))


@baseline.mistake
def in_percent(answer, labels, splits):
    """This is a percentage. All accuracies here are from 0 to 1."""
    return _is(answer / 100, _majority(labels, splits, "train", "validation"))


@baseline.mistake
def the_class(answer, labels, splits):
    """This is the number of the most frequent class. How often is it the right
    answer?
    """
    return answer == np.bincount(labels[splits["train"]]).argmax()


@baseline.mistake
def on_test(answer, labels, splits):
    """This is its accuracy on the test split. The test split is for one look, at the
    end.
    """
    return _is(answer, _majority(labels, splits, "train", "test"))


@baseline.mistake
def on_train(answer, labels, splits):
    """This is its accuracy on the pictures that it was counted on. Compare models on
    the validation split.
    """
    return _is(answer, _majority(labels, splits, "train", "train"))


@baseline.mistake
def one_in_classes(answer, labels, splits):
    """This is what blind guessing reaches. Whoever always names the most frequent class
    is right more often.
    """
    return _is(answer, 1 / len(np.unique(labels)))


@baseline.mistake
def errors(answer, labels, splits):
    """This is the share of wrong answers."""
    return _is(1 - answer, _majority(labels, splits, "train", "validation"))


# ---- model: preprocessing, frozen layers, a head

model = Exercise(
    "11 model",
    expects="a function new_model(base, classes), where classes is how many there are; "
    "it returns a keras.Model from pictures (n, SIZE, SIZE, 3), 0 to 255, to logits "
    "(n, classes)",
    praise="Whole numbers go in, the base gets what it was trained on, and logits come "
    "out. Nothing but the head can move.",
    hint="From bottom to top: an Input of the shape base.input_shape[1:], the "
    "preprocessing of VGG16, the base, a pooling, one Dense layer.",
    ask="The model is built, but it is not the one that was asked for. Follow one "
    "picture through it: what does each layer get, and which of them may learn?",
    kind=Function(
        "base, classes",
        gives=Made(
            "layers",
            "predict",
            "trainable_variables",
            wanted="a keras.Model: not a tensor, and not a layer",
        ),
    ),
    place="Exercise 4: a head on a frozen backbone",
)
CLASSES = 3  # of the model that the check asks for
MEAN_BGR = np.array([103.939, 116.779, 123.68], "float32")


@cache
def _watch():
    """A layer that passes on what it gets, and keeps it; made when Keras is needed."""
    from tlkit.machine.quiet import keras

    class Watch(keras.layers.Layer):
        """Keeps its last input that is no symbol, as an array."""

        seen = None

        def call(self, inputs):
            if hasattr(inputs, "numpy"):
                self.seen = inputs.numpy()
            return inputs

    return Watch


def probe_base(size: int):
    """A small network for the check, built as a backbone without its top.

    A layer named "watch" keeps the pixels that came in.
    """
    from tlkit.machine.quiet import keras

    layers = keras.layers
    inputs = keras.Input((size, size, 3))
    x = _watch()(name="watch")(inputs)
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="block5_conv1")(x)
    x = layers.MaxPooling2D(size // 2, name="block5_pool")(x)
    return keras.Model(inputs, x, name="vgg16")


def probe_pictures(size: int) -> np.ndarray:
    """Four pictures of noise, uint8 (4, size, size, 3)."""
    return np.random.default_rng(5).integers(0, 256, (4, size, size, 3), "uint8")


class _Built(NamedTuple):
    """What a learner's function built around ``probe_base``.

    Attributes:
        outputs: of the model for ``probe_pictures``, after ``steer``.
        seen: the pixels that reached the base; None if none did.
        movable: how many of the base's variables training would change.
        head: how many other variables it would change.
        stopped: whether the model cannot take such pictures.
    """

    outputs: np.ndarray = np.zeros(0)
    seen: np.ndarray | None = None
    movable: int = 0
    head: int = 0
    stopped: bool = False


@lru_cache(maxsize=1)  # each mistake asks, and building a network takes time
def _build(function, size: int) -> _Built:
    """Build a model with a learner's function, and look at it."""
    base, pictures = probe_base(size), probe_pictures(size)
    made = function(base, CLASSES)
    of_base = {id(variable) for variable in base.variables}
    to_train = [id(variable) in of_base for variable in made.trainable_variables]
    steer(made, base)
    try:
        outputs = _outputs(made, pictures)
    except Exception:  # Keras raises many kinds; cannot_take_pictures tells it
        return _Built(stopped=True)
    seen = base.get_layer("watch").seen
    head = len(to_train) - sum(to_train)
    return _Built(outputs, seen, sum(to_train), head)


def _sees(function, size: int, formula) -> bool:
    """Whether the base gets what a formula makes of the pictures, float32."""
    seen = _build(function, size).seen
    expected = formula(probe_pictures(size).astype("float32"))
    return seen is not None and np.allclose(seen, expected, atol=0.05)


def _as_vgg16(x):
    return x[..., ::-1] - MEAN_BGR


def _is_softmax(outputs: np.ndarray) -> bool:
    return bool(
        (outputs >= 0).all() and np.allclose(outputs.sum(axis=-1), 1, atol=1e-3)
    )


def _is_bent(outputs: np.ndarray) -> bool:
    """Whether outputs after ``steer`` went through an activation."""
    return bool(outputs.min() >= 0 or abs(outputs).max() <= 1)


@model.right
def frozen_with_a_head(function, size):
    found = _build(function, size)
    return (
        not found.stopped
        and _sees(function, size, _as_vgg16)
        and found.outputs.shape == (len(probe_pictures(size)), CLASSES)
        and not _is_softmax(found.outputs)
        and not _is_bent(found.outputs)
        and found.movable == 0
        and found.head >= 1
    )


@model.mistake
def model_itself(function, size):
    """This is a model. Expected the function that makes one."""
    return _is_model(getattr(function, "__wrapped__", function))


@model.mistake
def arrays_only(function, size):
    """Inside a model the pictures are symbols without values, and one of your steps
    needs an array. Use the functions of keras.ops, or Keras's own preprocessing.
    """
    try:
        _build(function, size)
    except Exception as error:  # NumPy and Keras raise several kinds
        return "KerasTensor" in str(error) or "symbolic" in str(error)
    return False


@model.mistake
def cannot_take_pictures(function, size):
    """The model that your function returns cannot take pictures (n, SIZE, SIZE, 3), or
    it gives more than one array. Run new_model(new_base(), 3)(images[:4]) in a cell of
    its own, and read what comes.
    """
    return _build(function, size).stopped


@model.mistake
def other_base(function, size):
    """The model does not use the base that your function is given. Is another one, made
    outside of the function, inside?
    """
    return _build(function, size).seen is None


@model.mistake
def raw_pixels(function, size):
    """The base gets the pixels as they come, 0 to 255. Its weights were trained on
    others: the preprocessing is missing.
    """
    return _sees(function, size, lambda x: x)


@model.mistake
def prepared_twice(function, size):
    """The base gets pixels that were preprocessed twice."""
    return _sees(function, size, lambda x: _as_vgg16(_as_vgg16(x)))


@model.mistake
def scaled_to_one(function, size):
    """The base gets pixels that were scaled to 0…1 or −1…1. Many networks want this;
    VGG16's weights were trained on others.
    """
    zero_one = _sees(function, size, lambda x: x / 255)
    return zero_one or _sees(function, size, lambda x: x / 127.5 - 1)


@model.mistake
def other_pixels(function, size):
    """What reaches the base is not VGG16's preprocessing: the order of the channels,
    the means, or both are others.
    """
    return not _sees(function, size, _as_vgg16)


@model.mistake
def not_pooled(function, size):
    """The output has more than two axes: the base's rows and columns are still there
    when the last layer comes.
    """
    return _build(function, size).outputs.ndim > 2


@model.mistake
def other_number(function, size):
    """The check asked for three classes, and the model's output has another length. It
    should be one logit for each class, with the number of classes that comes in.
    """
    return _build(function, size).outputs.shape[-1:] != (CLASSES,)


@model.mistake
def softmax(function, size):
    """The outputs of each picture add up to 1: these are probabilities, after a
    softmax, and the exercise asks for logits.
    """
    return _is_softmax(_build(function, size).outputs)


@model.mistake
def bent(function, size):
    """No output is below 0, or all lie between −1 and 1: an activation bends them, and
    logits are free numbers.
    """
    return _is_bent(_build(function, size).outputs)


@model.mistake
def not_frozen(function, size):
    """The base is not frozen: with the model as it is, training changes its kernels."""
    return _build(function, size).movable > 0


@model.mistake
def all_frozen(function, size):
    """Nothing is left to train: the head is frozen, too."""
    return _build(function, size).head == 0


# ---- choice: by the validation split

choice = Exercise(
    "11 choice",
    expects='a dictionary: "models", step size -> trained model; "validation", step '
    'size -> accuracy; "chosen", a step size',
    praise="Three or more step sizes, each with a model of its own, and the validation "
    "split has chosen. The test split has seen nothing of it.",
    hint="A loop over step sizes: a new model, compile, fit with early stopping. Then "
    "ask each model for the validation pictures again.",
    ask="The table does not fit the models. Take one step size: which model has it, "
    "and what does this model reach on the validation split now?",
    kind=Parts({"models": Anything(), "validation": Anything(), "chosen": Number()}),
    place="Exercise 5: the validation split chooses",
)


def _is_table(answer) -> bool:
    """Whether an answer has a model and an accuracy for each step size."""
    models, table = answer["models"], answer["validation"]
    if not isinstance(models, dict) or not isinstance(table, dict):
        return False
    numbers = [*models, *table, *table.values()]
    return (
        bool(models)
        and set(models) == set(table)
        and all(map(_is_number, numbers))
        and all(map(_is_model, models.values()))
    )


def _table_is(answer, images, labels, rows, tolerance=5e-3) -> bool:
    """Whether the stated accuracies are those of the models on some pictures."""
    return all(
        abs(_accuracy(one, images, labels, rows) - answer["validation"][step])
        < tolerance
        for step, one in answer["models"].items()
    )


@choice.right
def by_validation(answer, images, labels, splits):
    if not _is_table(answer):
        return False
    steps, table = list(answer["models"]), answer["validation"]
    return (
        len(steps) >= 3
        and max(steps) >= 10 * min(steps) > 0
        and len({id(one) for one in answer["models"].values()}) == len(steps)
        and _table_is(answer, images, labels, splits["validation"])
        and answer["chosen"] in table
        and table[answer["chosen"]] == max(table.values())
        and max(table.values()) > _majority(labels, splits, "train", "validation")
    )


@choice.mistake
def no_table(answer, images, labels, splits):
    """Expected two dictionaries, "models" and "validation", with the same step sizes as
    keys: a keras.Model for each in the one, its accuracy in the other.
    """
    return not _is_table(answer)


@choice.mistake
def too_few_steps(answer, images, labels, splits):
    """Fewer than three step sizes: one cannot see from them whether a smaller or a
    larger one would be better.
    """
    return len(answer["models"]) < 3


@choice.mistake
def too_close(answer, images, labels, splits):
    """These step sizes lie too close together. Expected a range in which the largest is
    at least ten times the smallest: step sizes are tried by factors, not by sums.
    """
    return (
        max(answer["models"]) < 10 * min(answer["models"]) or min(answer["models"]) <= 0
    )


@choice.mistake
def one_model_for_all(answer, images, labels, splits):
    """The same model stands in the table more than once: the second step size went on
    from what the first had learnt. Each needs a new model.
    """
    models = answer["models"].values()
    return len({id(one) for one in models}) < len(models)


@choice.mistake
def percentages(answer, images, labels, splits):
    """These accuracies are percentages. All accuracies here are from 0 to 1."""
    return max(answer["validation"].values()) > 1 and _table_is(
        {**answer, "validation": {k: v / 100 for k, v in answer["validation"].items()}},
        images,
        labels,
        splits["validation"],
    )


@choice.mistake
def chosen_on_test(answer, images, labels, splits):
    """These are accuracies on the test split. If it chooses, it cannot judge any
    more.
    """
    measured = _table_is(answer, images, labels, splits["validation"])
    return not measured and _table_is(answer, images, labels, splits["test"])


@choice.mistake
def chosen_on_training(answer, images, labels, splits):
    """These are accuracies on the training pictures, which the models may know by
    heart.
    """
    measured = _table_is(answer, images, labels, splits["validation"])
    return not measured and _table_is(answer, images, labels, splits["train"], 0.02)


@choice.mistake
def not_theirs(answer, images, labels, splits):
    """At least one of the models does not reach its number on the validation pictures
    now. If you took the best epoch's number, was the model of that epoch kept? Or the
    last one?
    """
    return not _table_is(answer, images, labels, splits["validation"])


@choice.mistake
def chosen_is_no_step(answer, images, labels, splits):
    """What is chosen should be one of the step sizes of the table, not its place and
    not its accuracy.
    """
    return answer["chosen"] not in answer["models"]


@choice.mistake
def not_the_best(answer, images, labels, splits):
    """The table is right, but another step size has a better validation accuracy than
    the chosen one.
    """
    table = answer["validation"]
    return table[answer["chosen"]] < max(table.values())


@choice.mistake
def nothing_learnt(answer, images, labels, splits):
    """None of these models beats the baseline. Do pictures and labels belong together,
    and is the loss told that it gets logits?
    """
    best = max(answer["validation"].values())
    return best <= _majority(labels, splits, "train", "validation")


# ---- tuned: block 5 goes on, the others stay

tuned = Exercise(
    "11 tuned",
    expects="a trained keras.Model, in which block 5 and the head have moved",
    praise="Block 5 has moved a little, blocks 1 to 4 have not, and on the validation "
    "split nothing was lost.",
    hint="Start from the chosen model's weights. Unfreeze, then compile, then fit with "
    "a small step, and keep the best epoch.",
    ask="This is not the fine-tuned model that was asked for. Which layers have moved, "
    "how far, and with which step was it compiled?",
    kind=Made(
        "layers",
        "predict",
        "trainable_variables",
        wanted="the model itself, a keras.Model: not its history, and not the name of "
        "its file",
    ),
    place="Exercise 6: block 5 goes on learning",
)


def _convolutions(network) -> dict[str, np.ndarray]:
    """Name of a layer -> its kernel, for the layers of VGG16's blocks, at any depth."""
    found: dict[str, np.ndarray] = {}
    for layer in network.layers:
        if hasattr(layer, "layers"):
            found |= _convolutions(layer)
        elif layer.name.startswith("block") and layer.weights:
            found[layer.name] = np.asarray(layer.weights[0])
    return found


class _Moved(NamedTuple):
    """How far a block's kernels are from where they came from, relative to their size.

    Attributes:
        below: the largest of blocks 1 to 4.
        block5: the largest of block 5; None if the model has no such block.
    """

    below: float
    block5: float | None


def _moved(answer, new_base) -> _Moved:
    """Compare a model's blocks with those of a fresh base."""
    now, shipped = _convolutions(answer), _convolutions(new_base())
    if set(now) != set(shipped):
        return _Moved(0.0, None)
    away = {
        name: float(np.linalg.norm(now[name] - kernel) / np.linalg.norm(kernel))
        for name, kernel in shipped.items()
    }
    below = [far for name, far in away.items() if not name.startswith("block5")]
    above = [far for name, far in away.items() if name.startswith("block5")]
    return _Moved(max(below, default=0.0), max(above, default=None))


def _step_of(network) -> float:
    """The step size with which a model was compiled; 0 if it does not know."""
    optimizer = getattr(network, "optimizer", None)
    return float(np.asarray(optimizer.learning_rate)) if optimizer else 0.0


FAR = 0.5  # of the size of a kernel: further than fine-tuning goes
LOST = 0.1  # validation accuracy that no luck explains


def _lost(answer, choice, images, labels, splits) -> bool:
    """Whether validation accuracy was lost against the chosen model."""
    now = _accuracy(answer, images, labels, splits["validation"])
    return now < choice["validation"][choice["chosen"]] - LOST


@tuned.right
def only_block_5(answer, new_base, choice, images, labels, splits):
    below, block5 = _moved(answer, new_base)
    return (
        below == 0
        and block5 is not None
        and 0 < block5 < FAR
        and not any(answer is one for one in choice["models"].values())
        and _step_of(answer) < 0.99 * choice["chosen"]
        and not _lost(answer, choice, images, labels, splits)
    )


@tuned.mistake
def the_chosen_itself(answer, new_base, choice, images, labels, splits):
    """This is one of the models of the table itself. The table is about it, and there
    is nothing left to compare with: tune a copy.
    """
    return any(answer is one for one in choice["models"].values())


@tuned.mistake
def no_blocks(answer, new_base, choice, images, labels, splits):
    """The layers of VGG16's blocks are not in this model. Make it as before, from
    new_base().
    """
    return _moved(answer, new_base).block5 is None


@tuned.mistake
def lower_blocks_moved(answer, new_base, choice, images, labels, splits):
    """A layer below block 5 has moved. Setting `trainable` of the whole base unfreezes
    all of its layers, so the lower ones have to be frozen again.
    """
    return _moved(answer, new_base).below > 0


@tuned.mistake
def nothing_moved(answer, new_base, choice, images, labels, splits):
    """Block 5 is where it was. A model learns with what was trainable when it was
    compiled.
    """
    return _moved(answer, new_base).block5 == 0


@tuned.mistake
def too_far(answer, new_base, choice, images, labels, splits):
    """Block 5 is far from what it was: its kernels have changed by more than half. So
    large a step forgets what the backbone knew.
    """
    return _moved(answer, new_base).block5 >= FAR


@tuned.mistake
def step_too_large(answer, new_base, choice, images, labels, splits):
    """The step is as large as that of the head, or larger. The head began at random;
    block 5 only needs a small push.
    """
    return _step_of(answer) >= 0.99 * choice["chosen"]  # Keras rounds it to float32


@tuned.mistake
def worse_than_before(answer, new_base, choice, images, labels, splits):
    """On the validation split this model is clearly worse than the one you started
    from. Was the best epoch kept, and did the head start from the chosen model's
    weights?
    """
    return _lost(answer, choice, images, labels, splits)


# ---- test: once, with an interval

judged = Exercise(
    "11 test",
    expects="three numbers from 0 to 1: the accuracy on the test split, and the lower "
    "and the upper end of its 95 % interval",
    praise="One look, the right n, and an interval that keeps its promise also when "
    "the accuracy is near to 1.",
    hint="Count how many test pictures the model `final` gets right. k of n right: "
    "scipy.stats.binomtest has an interval for it.",
    ask="The accuracy is right, and these two ends are of no interval that keeps its "
    "promise. How many pictures were judged, and how many of them rightly?",
    kind=Several(
        *(Number() for _ in range(3)),
        wanted="three numbers: the accuracy, the lower end and the upper end",
    ),
    place="Exercise 7: judge once",
)
NEAR = 6e-3  # two ways to write the same interval


def _honest(right: int, n: int) -> list[tuple[float, float]]:
    """Intervals that hold what they promise, near 0 and 1, too."""
    from scipy.stats import beta, binomtest

    found = [
        binomtest(right, n).proportion_ci(method=way) for way in ("wilson", "exact")
    ]
    ends = [(float(one.low), float(one.high)) for one in found]
    jeffreys = beta.ppf((0.025, 0.975), right + 0.5, n - right + 0.5)
    middle, more = (right + 2) / (n + 4), n + 4  # Agresti and Coull 1998
    half = 1.96 * (middle * (1 - middle) / more) ** 0.5
    around = (max(middle - half, 0), min(middle + half, 1))
    return [*ends, (float(jeffreys[0]), float(jeffreys[1])), around]


def _plain(share: float, n: int, errors: float = 1.96) -> tuple[float, float]:
    """The plain interval: a number of standard errors to either side."""
    half = errors * (share * (1 - share) / n) ** 0.5
    return share - half, share + half


def _is_interval(answer, ends: tuple[float, float]) -> bool:
    return bool(np.allclose(answer[1:], ends, atol=NEAR))


def _count(final, images, labels, rows) -> tuple[int, int]:
    """(right, n) on some pictures."""
    n = len(rows)
    return round(_accuracy(final, images, labels, rows) * n), n


@judged.right
def one_look(answer, final, images, labels, splits):
    right, n = _count(final, images, labels, splits["test"])
    honest = any(_is_interval(answer, ends) for ends in _honest(right, n))
    return honest and abs(answer[0] - right / n) < 1e-3


@judged.mistake
def score_in_percent(answer, final, images, labels, splits):
    """These are percentages. All accuracies here are from 0 to 1."""
    return max(answer) > 1.5


@judged.mistake
def scored_on_validation(answer, final, images, labels, splits):
    """This is the accuracy on the validation split. It has chosen the step size and the
    epoch, so it is a little too good.
    """
    right, n = _count(final, images, labels, splits["validation"])
    on_test, n_test = _count(final, images, labels, splits["test"])
    return abs(answer[0] - right / n) < 1e-3 < abs(answer[0] - on_test / n_test)


@judged.mistake
def scored_on_all(answer, final, images, labels, splits):
    """This is the accuracy on all pictures. The model has learnt from many of them."""
    right, n = _count(final, images, labels, np.arange(len(images)))
    on_test, n_test = _count(final, images, labels, splits["test"])
    return abs(answer[0] - right / n) < 1e-3 < abs(answer[0] - on_test / n_test)


@judged.mistake
def other_score(answer, final, images, labels, splits):
    """The model `final` does not reach this number on the test pictures. Was it another
    model, or were other pictures counted?
    """
    right, n = _count(final, images, labels, splits["test"])
    return abs(answer[0] - right / n) >= 1e-3


@judged.mistake
def no_interval(answer, final, images, labels, splits):
    """The accuracy is right, but its two ends are the same, or in the wrong order."""
    return answer[1] >= answer[2]


@judged.mistake
def half_widths(answer, final, images, labels, splits):
    """The accuracy is right, but it does not lie between the two ends. Are these
    distances from it, and not ends?
    """
    return not answer[1] <= answer[0] <= answer[2]


@judged.mistake
def n_of_all(answer, final, images, labels, splits):
    """Too short: this is the interval for more pictures than the test split has. Its n
    is the number of pictures that were judged.
    """
    right, n = _count(final, images, labels, splits["test"])
    share, every = right / n, len(images)
    used = sum(len(splits[name]) for name in SPLITS)
    narrow = [
        ends for many in (every, used) for ends in _honest(round(share * many), many)
    ]
    narrow += [_plain(share, every), _plain(share, used)]
    return any(_is_interval(answer, ends) for ends in narrow)


@judged.mistake
def one_standard_error(answer, final, images, labels, splits):
    """This reaches one standard error to either side, so it holds the truth in two
    cases of three. 95 % needs almost twice as much.
    """
    right, n = _count(final, images, labels, splits["test"])
    return _is_interval(answer, _plain(right / n, n, 1.0))


@judged.mistake
def plain_interval(answer, final, images, labels, splits):
    """This is the plain interval, p ± 1.96 standard errors. Near to 1 it is too short
    and may reach beyond 1: see notebook 07.
    """
    right, n = _count(final, images, labels, splits["test"])
    return _is_interval(answer, _plain(right / n, n))


# ---- saved: what somebody else needs

saved = Exercise(
    "11 saved",
    expects="the path of a folder that holds model.keras and classes.json",
    praise="Somebody who has only this folder gets the same answers, and knows what "
    "they are called.",
    hint="final.save writes the model; json.dumps makes text of a list. Then load both "
    "again, and compare.",
    ask="Load both files of the folder in a cell of its own. What is not as it was?",
    place="Exercise 8: save, and load again",
)


def _folder(answer) -> Path | None:
    """The folder that an answer names; None if it names none."""
    is_path = isinstance(answer, str | Path) and str(answer).strip()
    return Path(answer) if is_path and os.path.isdir(answer) else None


def _loaded(answer):
    """The model of a folder; None if Keras cannot load it safely."""
    from tlkit.machine.quiet import keras

    folder = _folder(answer)
    if folder is None or not (folder / "model.keras").is_file():
        return None
    try:
        return keras.saving.load_model(folder / "model.keras", compile=False)
    except Exception:  # Keras raises many kinds; the mistakes tell them apart
        return None


def _names(answer):
    """The content of classes.json; None if it is no JSON."""
    folder = _folder(answer)
    try:
        return (
            json.loads((folder / "classes.json").read_text("utf-8")) if folder else None
        )
    except (OSError, ValueError):
        return None


def _agrees(answer, final, images) -> bool:
    """Whether the loaded model gives the answers of the final one."""
    some = images[:: max(1, len(images) // 32)]
    loaded = _loaded(answer)
    if loaded is None or loaded.input_shape != final.input_shape:
        return False
    return np.allclose(_outputs(loaded, some), _outputs(final, some), atol=1e-3)


@saved.right
def same_answers(answer, final, classes, images):
    return _agrees(answer, final, images) and _names(answer) == list(classes)


@saved.mistake
def no_folder(answer, final, classes, images):
    """There is no such folder. Expected the path of a folder that you have made, as a
    text or a Path.
    """
    return _folder(answer) is None


@saved.mistake
def old_format(answer, final, classes, images):
    """In this folder there is no model.keras. A file that ends in .h5 is of an old
    format, which does not keep everything, and weights alone are no model.
    """
    return not (_folder(answer) / "model.keras").is_file()


@saved.mistake
def not_loadable(answer, final, classes, images):
    """Keras does not load model.keras on its own. Is a Lambda layer or a layer of your
    own inside, or was the file written by something else than save?
    """
    return _loaded(answer) is None


@saved.mistake
def other_answers(answer, final, classes, images):
    """The loaded model gives other answers than `final`. Is it another one of your
    models?
    """
    return not _agrees(answer, final, images)


@saved.mistake
def no_names(answer, final, classes, images):
    """The model is right. But its answers are numbers, and classes.json, which says
    what they are called, is missing or is no JSON.
    """
    return _names(answer) is None


@saved.mistake
def other_names(answer, final, classes, images):
    """classes.json does not hold the list of the classes in the order of the model's
    outputs.
    """
    return _names(answer) != list(classes)


# ---- report: what was found

report = Exercise(
    "11 report",
    expects="a text of a few sentences, with the numbers that a reader needs",
    praise="Whoever reads this can say how good the model is, on how many pictures it "
    "was tried, and what it was compared with.",
    hint="How good, how sure, on how many pictures, compared with what? Each of these "
    "has a number.",
    ask="A number that a reader needs is missing. Which question of a reader can your "
    "text not answer yet?",
    kind=Text(),
    place="Exercise 9: report it",
)
WORDS = 25  # fewer are no report


def _says(text: str, number: float) -> bool:
    """Whether a text names a share, as 0.83 or as 83 %, with two digits or more."""
    for found in re.finditer(r"(\d+(?:[.,]\d+)?|[.,]\d+)(\s*(?:%|percent))?", text):
        value = float(found[1].replace(",", "."))
        digits = (
            len(re.split("[.,]", found[1])[1]) if re.search("[.,]", found[1]) else 0
        )
        if found[2]:
            value, digits = value / 100, digits + 2
        if digits >= 2 and abs(value - number) <= 0.51 * 10**-digits:
            return True
    return False


def _counts(text: str, n: int) -> bool:
    """Whether a text names a whole number."""
    return re.search(rf"(?<![\d.,]){n}(?![\d]|[.,]\d|\s*%)", text) is not None


@report.right
def complete(answer, score, baseline, splits):
    if len(answer.split()) < WORDS:
        return False
    numbers = (*score, baseline)
    n = len(splits["test"])
    return all(_says(answer, number) for number in numbers) and _counts(answer, n)


@report.mistake
def too_short(answer, score, baseline, splits):
    """Too short for a report: write whole sentences, 25 words or more."""
    return len(answer.split()) < WORDS


@report.mistake
def no_accuracy(answer, score, baseline, splits):
    """The accuracy on the test split is not in it, or it was rounded to fewer than two
    digits, or copied wrongly.
    """
    return not _says(answer, score[0])


@report.mistake
def no_ends(answer, score, baseline, splits):
    """The accuracy is in it, but not both ends of its interval. Without them nobody
    knows how much luck there may be.
    """
    return not (_says(answer, score[1]) and _says(answer, score[2]))


@report.mistake
def no_count(answer, score, baseline, splits):
    """It does not say on how many test pictures the model was tried."""
    return not _counts(answer, len(splits["test"]))


@report.mistake
def no_comparison(answer, score, baseline, splits):
    """It does not say what the accuracy should be compared with: the number of the
    baseline is missing.
    """
    return not _says(answer, baseline)


EXERCISES = by_name(
    (pictures, splits, baseline, model, choice, tuned, judged, saved, report)
)
