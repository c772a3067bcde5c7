"""Right and wrong answers to the exercises of notebook 05."""

from pathlib import Path

import numpy as np
from PIL import Image

import tlkit as tk
from tlkit.machine.quiet import keras

MEAN = np.array([123.68, 116.779, 103.939], "float32")


def prepared(images):
    return images.astype("float32")[..., ::-1] - MEAN[::-1]


def wrapped(images):
    return images[..., ::-1] - MEAN[::-1].astype("uint8")


def keras_own(images):
    return keras.applications.vgg16.preprocess_input(images.astype("float32"))


def subtracts_in_place(images):
    images -= MEAN
    return images


def turns_in_place(images):
    images[:] = images[..., ::-1]
    return images - MEAN[::-1]


def two_values(folder):
    return by_the_kit(folder)[:2]


def names_for_labels(folder):
    classes, images, labels = by_the_kit(folder)
    return classes, images, [classes[label] for label in labels]


def pictures_first(folder):
    classes, images, labels = by_the_kit(folder)
    return images, labels, classes


def rows_divided(folder):
    classes, images, labels = by_the_kit(folder)
    return classes, images / 255, labels


def blue_first(folder):
    classes, images, labels = by_the_kit(folder)
    return classes, images[:][..., ::-1], labels


def mirrored(folder):
    classes, images, labels = by_the_kit(folder)
    return classes, images[:][:, :, ::-1], labels


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


def with_new_head(frozen=True, outputs=10, activation=None, all_frozen=False):
    """A learner's ``with_new_head``, with the mistakes that the arguments make."""

    def function(base):
        from tlkit.machine.quiet import keras

        base.trainable = not frozen
        pictures = keras.Input(base.input_shape[1:])
        x = base(pictures, training=False)
        x = keras.layers.GlobalAveragePooling2D()(x)
        logits = keras.layers.Dense(outputs, activation=activation)(x)
        model = keras.Model(pictures, logits)
        if all_frozen:
            model.trainable = False
        return model

    return function


def without_the_base(base):
    from tlkit.machine.quiet import keras

    layers = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10)]
    return keras.Sequential([keras.Input(base.input_shape[1:]), *layers])


def of_another_base(base):
    from tlkit.machine.quiet import keras

    layers = [keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D()]
    return keras.Sequential([keras.Input((16, 16, 3)), *layers, keras.layers.Dense(10)])


def second_stage(
    base_on=True,
    trained=("block5_conv",),
    compiled=True,
    rate=1e-5,
    from_logits=True,
    head=True,
    one_hot=False,
):
    """A learner's ``second_stage``, with the mistakes that the arguments make."""

    def function(model):
        from tlkit.machine.quiet import keras

        base = model.get_layer("vgg16")
        base.trainable = base_on
        for layer in base.layers:
            layer.trainable = layer.name.startswith(tuple(trained))
        model.get_layer("head").trainable = head
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
        if one_hot:
            loss = keras.losses.CategoricalCrossentropy(from_logits=from_logits)
        if compiled:
            model.compile(keras.optimizers.Adam(rate), loss)
        return model

    return function


def without_a_step(model):
    return second_stage(rate=0.0)(model)


def the_base_alone(model):
    return second_stage()(model).get_layer("vgg16")


def with_a_softmax(model):
    from tlkit.machine.quiet import keras

    prepared = second_stage()(model)
    softmax = keras.layers.Softmax()(prepared.output)
    longer = keras.Model(prepared.input, softmax)
    longer.compile(prepared.optimizer, prepared.loss)
    return longer


RIGHT = {
    "05 preprocessing": (prepared, ()),
    "05 folders": (by_the_kit, ()),
    "05 experiment": (design(), ()),
    "05 freeze": (with_new_head(), ()),
    "05 unfreeze": (second_stage(), ()),
}
WRONG = [
    ("05 preprocessing", lambda x: x / 255, "these images are almost black"),
    ("05 preprocessing", lambda x: x / 127.5 - 1, "MobileNet"),
    ("05 preprocessing", lambda x: x - MEAN, "the order that should come out"),
    ("05 preprocessing", lambda x: x[..., ::-1] - MEAN, "that comes first now"),
    ("05 preprocessing", keras_own, "Keras's own `preprocess_input`"),
    ("05 preprocessing", subtracts_in_place, "cannot put fractions"),
    ("05 preprocessing", turns_in_place, "changes the images that it gets"),
    ("05 preprocessing", lambda x: x[..., ::-1] + MEAN[::-1], "The means are added"),
    ("05 preprocessing", lambda x: x[::-1] - MEAN, "another axis round"),
    ("05 preprocessing", lambda x: x - x.mean(), "ImageNet, given in the task"),
    ("05 preprocessing", lambda x: prepared(x) / 255, "divided as well"),
    ("05 preprocessing", lambda x: prepared(x) * np.nan, "returns nan or inf"),
    ("05 preprocessing", lambda x: prepared(x)[0], "returns an array of shape"),
    ("05 preprocessing", lambda x: prepared(x).astype(int), "no fractions"),
    ("05 preprocessing", lambda x: x[..., ::-1], "you have not subtracted their means"),
    ("05 preprocessing", lambda x: x, "nothing has been done to them yet"),
    ("05 preprocessing", wrapped, "wrap round"),
    ("05 preprocessing", lambda x: x + 1, "Two steps are needed"),
    ("05 folders", divided, "scaled twice"),
    ("05 folders", rows_divided, "`[:]` makes an array"),
    ("05 folders", two_values, "Three things must come back"),
    ("05 folders", names_for_labels, "Your labels are names"),
    ("05 folders", pictures_first, "do not fit their places"),
    ("05 folders", blue_first, "The channels are turned round"),
    ("05 folders", mirrored, "must be uint8"),
    ("05 folders", classes_of_test, "A class is missing in your list"),
    ("05 folders", backwards, "from machine to machine: sort the classes"),
    ("05 folders", training_pictures, "nine pictures of train/"),
    ("05 folders", numbered_within_test, "classes of test/, where one is missing"),
    ("05 folders", as_floats, "The pixels are floats"),
    ("05 experiment", design(second=("1/255", "all", "5")), "the quotation marks"),
    ("05 experiment", design(second=("1/255", "all", [1, 2, 3])), "got a list of 3"),
    ("05 experiment", design(second=("VGG16", "all", 5)), 'Did you mean "vgg16"'),
    ("05 experiment", design(second=("vgg16", "all", 6)), "different numbers of draws"),
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
        "How many draws did the stored results take",
    ),
    ("05 experiment", design(score="all"), 'At "score": expected one of'),
    ("05 freeze", with_new_head(frozen=False), "The base is not frozen"),
    ("05 freeze", with_new_head(all_frozen=True), "Nothing is left to train"),
    ("05 freeze", with_new_head(outputs=1000), "ten numbers for each picture"),
    ("05 freeze", with_new_head(activation="softmax"), "a second time"),
    ("05 freeze", with_new_head(activation="sigmoid"), "ends in an activation"),
    ("05 freeze", with_new_head(activation="relu"), "ends in an activation"),
    ("05 freeze", without_the_base, "is not in the model that comes out"),
    ("05 freeze", of_another_base, "pictures of another shape"),
    ("05 freeze", lambda base: keras.layers.Dense(10), "an object of type Dense"),
    ("05 unfreeze", the_base_alone, "not the model that came in"),
    ("05 unfreeze", with_a_softmax, "not the model that came in"),
    ("05 unfreeze", second_stage(base_on=False, trained=()), "Block 5 is still frozen"),
    ("05 unfreeze", second_stage(trained=("block",)), "Lower blocks are switched on"),
    ("05 unfreeze", second_stage(trained=("block5",)), "The batch normalisation"),
    ("05 unfreeze", second_stage(head=False), "The head is frozen now"),
    ("05 unfreeze", second_stage(compiled=False), "What has to be called again"),
    ("05 unfreeze", second_stage(rate=1e-3), "Adam's default is 1e-3"),
    ("05 unfreeze", second_stage(from_logits=False), "expects probabilities"),
    ("05 unfreeze", second_stage(one_hot=True), "one whole number"),
    ("05 unfreeze", without_a_step, "by which steps"),
]
