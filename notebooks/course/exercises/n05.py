"""Exercises of notebook 05, VGG16 on CIFAR-10."""

import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from ..checks import Exercise
from ..kinds import Anything, Array, Function, Made, Number, Parts, Word
from . import by_name, steer

preprocessing = Exercise(
    "05 preprocessing",
    expects="a function from uint8 images (n, h, w, 3), RGB, to float images of the "
    "same shape",
    praise="Blue comes first and each channel's mean is gone: this is what VGG16's "
    "weights were trained on.",
    hint="Two steps are needed: the order of the channels, and the mean of each "
    "channel. A grey pixel of 128 must become (24.061, 11.221, 4.32).",
    ask="Other numbers come out. Take one pixel, (255, 0, 0), and do both steps by "
    "hand: which three numbers should it become?",
    kind=Function(
        "images",
        gives=Array("images of the same shape", lambda images: images.shape),
    ),
    place="What the preprocessing costs",
    start="""
def preprocess(images):
    return images
""",
)
GREY = np.full((1, 2, 2, 3), 128, "uint8")
RED = np.full((1, 2, 2, 3), (255, 0, 0), "uint8")
# Several images, no two pixels alike: what mixes pixels or images cannot pass.
MIXED = np.random.default_rng(5).integers(0, 256, (3, 4, 5, 3), "uint8")
MEAN_RGB = np.array([123.68, 116.779, 103.939], "float32")
MEAN_BGR = MEAN_RGB[::-1]


def _prepares_as(function, formula: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Whether a learner's function makes of a grey image, a red one and mixed ones what
    a formula makes.

    The formula gets float32 images.
    """
    for image in (GREY, RED, MIXED):
        got = np.asarray(function(image.copy()), "float64")
        expected = np.broadcast_to(formula(image.astype("float32")), image.shape)
        if got.shape != image.shape or not np.allclose(got, expected, atol=1e-2):
            return False
    return True


def _is_keras_own(function) -> bool:
    """Whether Keras's own preprocessing is called, under whatever name."""
    called = set()

    def note(frame, event, argument):
        called.add(frame.f_code.co_name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function(GREY.copy())
    finally:
        sys.setprofile(before)
    return "preprocess_input" in called


def _changes_what_it_gets(function) -> bool:
    """Whether a function leaves other images behind than it was given."""
    given = MIXED.copy()
    function(given)
    return not np.array_equal(given, MIXED)


@preprocessing.right
def blue_first_without_means(function):
    return (
        _prepares_as(function, lambda x: x[..., ::-1] - MEAN_BGR)
        and not _changes_what_it_gets(function)
        and not _is_keras_own(function)
    )


@preprocessing.mistake
def in_place_on_integers(function):
    """NumPy cannot put fractions into an array of whole numbers: `-=` keeps the type of
    the array on its left. Which array of floats could you subtract from?
    """
    try:
        function(MIXED.copy())
    except TypeError as error:  # UFuncTypeError is one
        return "Cannot cast" in str(error)
    return False


@preprocessing.mistake
def by_keras(function):
    """This calls Keras's own `preprocess_input`. The task is to write it: afterwards
    you know what is in it, and can notice when it is missing.
    """
    return _is_keras_own(function)


@preprocessing.mistake
def in_place(function):
    """Your function changes the images that it gets: the caller has other pictures
    afterwards. Work on a copy.
    """
    return _changes_what_it_gets(function)


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
    """The means are right for the order in which the channels came in, red, green,
    blue. Is this the order that should come out?
    """
    return _prepares_as(function, lambda x: x - MEAN_RGB)


@preprocessing.mistake
def means_not_turned_round(function):
    """The channels are reversed, but the means are still in the order red, green, blue.
    Which mean belongs to the channel that comes first now?
    """
    return _prepares_as(function, lambda x: x[..., ::-1] - MEAN_RGB)


@preprocessing.mistake
def no_means(function):
    """The channels are reversed, but you have not subtracted their means."""
    return _prepares_as(function, lambda x: x[..., ::-1])


@preprocessing.mistake
def means_added(function):
    """The means are added. They must be taken away, so that grey lies near 0."""
    return _prepares_as(function, lambda x: x[..., ::-1] + MEAN_BGR)


@preprocessing.mistake
def another_axis_turned(function):
    """You turned another axis round than that of the channels: `[::-1]` alone turns the
    order of the images. Which of the four axes holds red, green and blue?
    """
    turned = (
        lambda x: x[::-1],
        lambda x: x[:, ::-1],
        lambda x: x[:, :, ::-1],
        lambda x: x[::-1, ::-1, ::-1, ::-1],
    )
    return any(
        _prepares_as(function, lambda x, turn=turn, mean=mean: turn(x) - mean)
        for turn in turned
        for mean in (MEAN_RGB, MEAN_BGR)
    )


@preprocessing.mistake
def own_means(function):
    """You subtracted means of the images that you got. The means that belong to VGG16's
    weights are those of ImageNet, given in the task.
    """

    def less_its_mean(axis, step):
        def prepared(x):
            return x[..., ::step] - x[..., ::step].mean(axis, keepdims=True)

        return prepared

    return any(
        _prepares_as(function, less_its_mean(axis, step))
        for axis in ((0, 1, 2), (1, 2), None, -1)
        for step in (1, -1)
    )


@preprocessing.mistake
def scaled_too(function):
    """Both steps are there, and the numbers are divided as well. VGG16 was trained on
    values from about −124 to 151.
    """
    return any(
        _prepares_as(function, lambda x, by=by: (x[..., ::-1] - MEAN_BGR) / by)
        for by in (255, 127.5, 58.4)
    )


@preprocessing.mistake
def unchanged(function):
    """The images came back as they were: nothing has been done to them yet."""
    return _prepares_as(function, lambda x: x)


@preprocessing.mistake
def in_integers(function):
    """Integers below zero wrap round to 255, and integers have no fractions. In which
    type must you subtract?
    """

    def wrapped(x):
        return x[..., ::-1].astype("uint8") - MEAN_BGR.astype("uint8")

    def too_late(x):
        return (x[..., ::-1] - MEAN_BGR).astype("int64").astype("uint8")

    def cut_off(x):
        return (x[..., ::-1] - MEAN_BGR).astype("int64")

    return any(_prepares_as(function, made) for made in (wrapped, too_late, cut_off))


folders = Exercise(
    "05 folders",
    expects="a function from a folder to three things: the classes' names, the test "
    "images, uint8 (n, 32, 32, 3), and their labels, int (n,)",
    praise="The classes come from train/ in alphabetical order, the labels are their "
    "indices, and the pixels are unchanged. A class without test pictures keeps its "
    "number.",
    hint="The fields of tk.load_task(folder) hold all three. The pixels must be uint8, "
    "32 by 32.",
    ask="Three things come back, but the pictures are not those of test/ as they lie "
    "there. Look at their number, their type and their pixels.",
    kind=Function("folder", gives=Anything()),
    place="The better way, step by step",
    start="""
def read(folder):
    classes = sorted(path.name for path in (folder / "test").iterdir())
    files = sorted((folder / "test").rglob("*.png"))
    images = np.stack([tk.folders.decode(file, 32) for file in files])
    labels = np.array([classes.index(file.parent.name) for file in files])
    return classes, images, labels
""",
)
COLOURS = {"ant": (200, 0, 0), "bee": (0, 200, 0), "cat": (0, 0, 200)}
COUNTS = {  # pictures of each class; no ant is tested
    "train": {"cat": 3, "ant": 3, "bee": 3},
    "test": {"cat": 2, "bee": 3},
}


def picture(name: str, i: int) -> np.ndarray:
    """Picture i of a class, uint8 (32, 32, 3): its colour, darker from left to right
    and from one row to the next, so that no picture is its own mirror image.
    """
    shade = 1 - np.add.outer(np.arange(32) / 200, np.arange(32) / 400) - i / 20
    return (shade[..., None] * COLOURS[name]).astype("uint8")


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
                Image.fromarray(picture(name, i)).save(place / f"{i}.png")
    return root


def _tested() -> list[bytes]:
    """The pixels of the test pictures, in an order that does not depend on theirs."""
    classes = COUNTS["test"].items()
    shown = [picture(name, i) for name, count in classes for i in range(count)]
    return sorted(image.tobytes() for image in shown)


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


@lru_cache(maxsize=1)  # each mistake asks, and files take time
def _returned(function) -> Any:
    """What a learner's function returns for class folders; pictures of a task as an
    array, because the folders are removed afterwards.
    """
    with TemporaryDirectory() as folder:
        found = function(class_folders(Path(folder)))
        if isinstance(found, tuple | list):
            return tuple(
                np.array(part) if type(part).__name__ == "Rows" else part
                for part in found
            )
    return found


def _has_three_parts(function) -> bool:
    """Whether there are classes, images (n, h, w, 3) and n labels, numbers in range."""
    found = _returned(function)
    if not isinstance(found, tuple) or len(found) != 3:
        return False
    classes, images, labels = found
    return (
        _are_names(classes)
        and np.ndim(images) == 4
        and np.shape(images)[3] == 3
        and np.shape(labels) == (len(images),)
        and np.asarray(labels).dtype.kind in "iu"
        and bool(np.isin(labels, range(len(classes))).all())
    )


def _are_names(classes) -> bool:
    """Whether this is a list or tuple of texts."""
    named = isinstance(classes, tuple | list | np.ndarray)
    return named and all(isinstance(name, str) for name in classes)


def _read(function) -> _Read:
    """What a function that has all three parts read."""
    classes, images, labels = _returned(function)
    return _Read(tuple(classes), np.array(images), [classes[label] for label in labels])


@folders.right
def classes_pixels_and_labels(function):
    if not _has_three_parts(function):
        return False
    found = _read(function)
    return (
        found.classes == tuple(sorted(COLOURS))
        and found.images.shape == (5, 32, 32, 3)
        and found.images.dtype == "uint8"
        and sorted(image.tobytes() for image in found.images) == _tested()
        and found.named == found.shown
    )


@folders.mistake
def rows_divided(function):
    """The pictures of a task are read from the disk when they are needed; `[:]` makes
    an array of them. But ask first if these pixels should be divided at all.
    """
    try:
        _returned(function)
    except TypeError as error:
        return "Rows" in str(error)
    return False


@folders.mistake
def another_number_of_parts(function):
    """Three things must come back, in this order: classes, pictures, labels."""
    found = _returned(function)
    return not isinstance(found, tuple) or len(found) != 3


@folders.mistake
def labels_are_names(function):
    """Your labels are names. A model gives numbers: the label of a picture is the place
    of its class in the list of classes.
    """
    classes, _, labels = _returned(function)
    return _are_names(classes) and _are_names(labels)


@folders.mistake
def another_order_of_parts(function):
    """The three things do not fit their places: first the classes, a list of names;
    then the pictures (n, 32, 32, 3); then one whole number for each picture, below the
    number of classes.
    """
    return not _has_three_parts(function)


@folders.mistake
def scaled_pixels(function):
    """The pixels have been scaled to 0–1. The backbone prepares them itself, so they
    would be scaled twice: leave whole numbers from 0 to 255.
    """
    return _read(function).images.max() <= 1


@folders.mistake
def reversed_channels(function):
    """The channels are turned round: red comes last. The backbone turns them itself, so
    leave them as they are in the file.
    """
    images = _read(function).images[..., ::-1]
    return sorted(np.ascontiguousarray(x).tobytes() for x in images) == _tested()


@folders.mistake
def floats(function):
    """The pixels are floats. In a folder's task they stay uint8, whole numbers: a
    quarter of the memory, and the backbone converts them itself.
    """
    return _read(function).images.dtype != "uint8"


@folders.mistake
def classes_from_test(function):
    """A class is missing in your list. Every class after it gets another number than
    the one that the model has learnt. Which of the two folders does the model know?
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
    ask="The two runs do not ask the question yet. Say it in a sentence: what is "
    "compared with what, and where is it scored?",
    kind=Parts(
        {
            **dict.fromkeys(
                ("first", "second"),
                Parts(
                    {
                        "pixels": Word("vgg16", "1/255"),
                        "trained": Word("head", "all"),
                        "seeds": Number(whole=True),
                    }
                ),
            ),
            "score": Word("train", "validation", "test"),
        }
    ),
    place="What the preprocessing costs",
)


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
    )


@experiment.mistake
def nothing_differs(design):
    """The two runs are the same, so only chance can make a difference. Whose cost do
    you want to measure?
    """
    return not _differs_in(design)


@experiment.mistake
def other_seeds(design):
    """The two runs have different numbers of draws. Then they cannot be compared draw
    by draw.
    """
    return _differs_in(design) == {"seeds"}


@experiment.mistake
def two_things_differ(design):
    """Two things change at once. If the scores differ, you cannot say which of the two
    did it: change one, keep the rest.
    """
    return len(_differs_in(design)) > 1


@experiment.mistake
def what_is_trained_differs(design):
    """This measures how much it helps to train all layers. The question is about the
    pixels.
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
    both runs. And with 20 labels per class it has only 40 pictures.
    """
    return design["score"] == "validation"


@experiment.mistake
def few_seeds(design):
    """With so few seeds the interval is very wide, and with one seed there is no
    interval. The draw of the labels alone changes the score. How many draws did the
    stored results take?
    """
    return design["first"]["seeds"] < 5


MODEL = Made("layers", "predict", "trainable_variables", wanted="a keras.Model")

freeze = Exercise(
    "05 freeze",
    expects="a function from a base (a keras.Model without its top) to a keras.Model "
    "that ends in ten logits",
    praise="Only the new head is trained: the base goes in as it came from the source "
    "task, and comes out so.",
    hint="Follow the cell of step 5: freeze the base, call it, pool, ten logits.",
    ask="The model is not the one that the loss of step 6 expects, or others of its "
    "parts are trained. What goes in, what comes out, and what may move?",
    kind=Function("base", gives=MODEL),
    place="The better way, step by step",
    start="""
def with_new_head(base):
    pictures = keras.Input(base.input_shape[1:])
    x = base(pictures, training=False)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.LayerNormalization(center=False, scale=False)(x)
    head = keras.layers.Dense(10, activation="softmax")
    return keras.Model(pictures, head(x))
""",
)


class _Headed(NamedTuple):
    """A base, and what a learner's function made of it.

    Attributes:
        base: keras.Model, images (n, 8, 8, 3) -> (n, 8, 8, 4).
        model: what the function returned.
    """

    base: Any
    model: Any

    @property
    def trained(self) -> set[str]:
        """Which parts have weights that would be trained: "base", "head"."""
        of_base = {id(weight) for weight in self.base.weights}
        trained = [id(weight) for weight in self.model.trainable_weights]
        return {"base" if weight in of_base else "head" for weight in trained}

    @property
    def has_base(self) -> bool:
        """Whether the base is a part of the model, for pictures of the same shape."""
        of_model = {id(weight) for weight in self.model.weights}
        shape = getattr(self.model, "input_shape", None)
        return shape == self.base.input_shape and all(
            id(weight) in of_model for weight in self.base.weights
        )

    @property
    def logits(self) -> np.ndarray:
        """What the model says about ``_images``, (16, 10)."""
        return np.asarray(self.model(_images()))


def _images() -> np.ndarray:
    """Images without a meaning, float32 (16, 8, 8, 3), 0 to 255."""
    return np.random.default_rng(0).uniform(0, 255, (16, 8, 8, 3)).astype("float32")


@lru_cache(maxsize=1)  # each mistake asks, and building a network takes time
def _headed(function) -> _Headed:
    """Give a learner's function a fresh base, then ``steer`` its head."""
    from tlkit.machine.quiet import keras

    as_drawn = keras.initializers.GlorotUniform(seed=0)
    convolution = keras.layers.Conv2D(4, 3, padding="same", kernel_initializer=as_drawn)
    base = keras.Sequential([keras.Input((8, 8, 3)), convolution], name="base")
    made = _Headed(base, function(base))
    steer(made.model, base)
    return made


def _is_softmax(outputs: np.ndarray) -> bool:
    return np.allclose(outputs.sum(axis=1), 1, atol=1e-3)


def _is_bent(outputs: np.ndarray) -> bool:
    """Whether outputs after ``steer`` went through an activation."""
    return bool(outputs.min() >= 0 or abs(outputs).max() <= 1)


@freeze.right
def head_alone(function):
    made = _headed(function)
    return (
        made.has_base
        and made.trained == {"head"}
        and made.model.output_shape == (None, 10)
        and not _is_softmax(made.logits)
        and not _is_bent(made.logits)
    )


@freeze.mistake
def another_base(function):
    """The base that comes in is not in the model that comes out, or the model takes
    pictures of another shape than this base.
    """
    return not _headed(function).has_base


@freeze.mistake
def base_is_trained(function):
    """The base is not frozen: its weights would be trained together with the random
    head. training=False says how the base runs, not whether its weights change. Which
    line of step 5 decides that?
    """
    return "base" in _headed(function).trained


@freeze.mistake
def nothing_is_trained(function):
    """Nothing is left to train: the head is frozen, too. Freeze the base alone."""
    return not _headed(function).trained


@freeze.mistake
def not_ten(function):
    """The new head has to give ten numbers for each picture, one for each class."""
    return _headed(function).model.output_shape != (None, 10)


@freeze.mistake
def probabilities(function):
    """The head ends in a softmax. Our loss has from_logits=True, so it would take the
    softmax a second time: end in logits.
    """
    return _is_softmax(_headed(function).logits)


@freeze.mistake
def bent(function):
    """The head ends in an activation: no output is below 0, or all lie between −1 and
    1. Logits are free numbers.
    """
    return _is_bent(_headed(function).logits)


unfreeze = Exercise(
    "05 unfreeze",
    expects="a function that gets a trained model with a frozen base named vgg16, and "
    "returns it, ready to train block 5 and the head",
    praise="Block 5 and the head move, in small steps; the lower blocks and the batch "
    "normalisation stay. Without the second compile, nothing of block 5 would have "
    "moved.",
    hint="Three things: which layers are trained, the second compile with the same "
    "loss, and a step size of 1e-4 or less.",
    ask="It is switched and compiled, but the training would not be the one that was "
    "asked for. Which parts would move, and by which steps?",
    kind=Function("model", gives=MODEL),
    place="The better way, step by step",
    start="""
def second_stage(model):
    base = model.get_layer("vgg16")
    for layer in base.layers:
        if layer.name.startswith("block5"):
            layer.trainable = True
    return model
""",
)
CONVOLUTIONS = ("block1_conv1", "block4_conv1", "block5_conv1")
PARTS = (*CONVOLUTIONS, "block5_bn1", "head")
SMALL_STEP = 1e-4


class _Thawed(NamedTuple):
    """A model after a learner's function has prepared it.

    Attributes:
        same: whether it still gives the logits of the model that came in.
        thawed: the parts (of PARTS) that are set to be trained.
        compiled: whether the model was compiled again.
        from_logits: whether its loss expects logits.
        from_numbers: whether its loss expects whole numbers as labels.
        step_size: of its optimizer.
        moved: the parts of which one step of training has changed a weight or a
            statistic; empty if the model was not compiled again with such a loss.
    """

    same: bool
    thawed: set[str] = set()
    compiled: bool = False
    from_logits: bool = False
    from_numbers: bool = False
    step_size: float = 0.0
    moved: set[str] = set()


@lru_cache(maxsize=1)  # each mistake asks, and it trains
def _thawed(function) -> _Thawed:
    """Give a learner's function a small frozen model, then train it for one step.

    The layers are named as VGG16's; none has an activation, so that each gets a
    gradient.
    """
    from tlkit.machine.quiet import keras

    x = pictures = keras.Input((8, 8, 3))
    for name in CONVOLUTIONS:
        x = keras.layers.Conv2D(4, 3, padding="same", name=name)(x)
    x = keras.layers.BatchNormalization(name="block5_bn1")(x)
    base = keras.Model(pictures, x, name="vgg16")
    base.trainable = False
    pictures = keras.Input((8, 8, 3))
    x = keras.layers.GlobalAveragePooling2D()(base(pictures, training=False))
    model = keras.Model(pictures, keras.layers.Dense(10, name="head")(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-2), loss)
    first_optimizer = model.optimizer
    images, weights = _images() / 255, {id(weight) for weight in model.weights}
    logits = np.asarray(model(images, training=False))

    returned = function(model)
    is_whole = {id(weight) for weight in returned.weights} == weights
    if not is_whole or returned.output_shape != model.output_shape:
        return _Thawed(same=False)
    layers = {name: base.get_layer(name) for name in PARTS[:-1]}
    layers["head"] = model.get_layer("head")
    trainable = {id(weight) for weight in returned.trainable_weights}
    optimizer = getattr(returned, "optimizer", None)
    loss = getattr(returned, "loss", None)
    found = _Thawed(
        same=np.allclose(returned(images, training=False), logits, atol=1e-4),
        thawed={
            name
            for name, layer in layers.items()
            if any(id(weight) in trainable for weight in layer.weights)
        },
        compiled=optimizer not in (None, first_optimizer),
        from_logits=bool(getattr(loss, "from_logits", False)),
        from_numbers=isinstance(loss, keras.losses.SparseCategoricalCrossentropy),
    )
    if optimizer is None or not found.compiled:
        return found
    found = found._replace(step_size=float(optimizer.learning_rate))
    if not (found.same and found.from_logits and found.from_numbers):
        return found
    before = {name: layer.get_weights() for name, layer in layers.items()}
    returned.train_on_batch(images, np.arange(16) % 10)
    moved = {
        name
        for name, layer in layers.items()
        if not all(map(np.array_equal, before[name], layer.get_weights()))
    }
    return found._replace(moved=moved)


@unfreeze.right
def block5_and_head_at_a_small_step(function):
    found = _thawed(function)
    return (
        found.same
        and found.moved == found.thawed == {"block5_conv1", "head"}
        and found.compiled
        and found.from_logits
        and 0 < found.step_size <= SMALL_STEP
    )


@unfreeze.mistake
def another_model(function):
    """What comes back is not the model that came in: a part of it, or one with other
    layers or weights. Return the model itself.
    """
    return not _thawed(function).same


@unfreeze.mistake
def base_still_frozen(function):
    """Block 5 is still frozen: no convolution of it is switched on. Step 7 switches the
    whole base on first, and then the lower layers off again.
    """
    return "block5_conv1" not in _thawed(function).thawed


@unfreeze.mistake
def everything_trained(function):
    """Lower blocks are switched on, too. base.trainable = True switches every layer
    on: switch those below block 5 off again.
    """
    return bool(_thawed(function).thawed & {"block1_conv1", "block4_conv1"})


@unfreeze.mistake
def batch_norm_on(function):
    """The batch normalisation of block 5 is switched on. In training it would replace
    the source's statistics by those of your few pictures: only the convolutions of
    block 5 may learn.
    """
    return "block5_bn1" in _thawed(function).thawed


@unfreeze.mistake
def head_frozen(function):
    """The head is frozen now. It has to follow block 5 as that changes: train both."""
    return "head" not in _thawed(function).thawed


@unfreeze.mistake
def not_compiled_again(function):
    """The right layers are switched on, but block 5 would not move: the training that
    was compiled before goes on as it was. What has to be called again?
    """
    return not _thawed(function).compiled


@unfreeze.mistake
def large_step(function):
    """Compiled again, but the step is too large for weights that are already good: the
    first steps may destroy them. Adam's default is 1e-3: give it 1e-4 or less.
    """
    return _thawed(function).step_size > SMALL_STEP


@unfreeze.mistake
def loss_of_probabilities(function):
    """The loss has changed: the model gives logits, and this loss expects
    probabilities. Give compile the same loss as before, with from_logits=True.
    """
    return not _thawed(function).from_logits


@unfreeze.mistake
def loss_of_other_labels(function):
    """The loss has changed: here each label is one whole number, and this loss expects
    labels of another form. Give compile the same loss as before.
    """
    return not _thawed(function).from_numbers


EXERCISES = by_name((preprocessing, folders, experiment, freeze, unfreeze))
