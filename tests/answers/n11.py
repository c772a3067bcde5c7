"""Right and wrong answers to the exercises of notebook 11.

The project is a small one: three classes of one colour each, thirty pictures, three
copies, and models whose answers are set by hand.
"""

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from PIL import Image
from scipy.stats import binomtest

from tlkit.machine.quiet import keras

SIZE = 32
KINDS = (".png", ".jpg", ".jpeg")

# ---- pictures


def decoded(file, mode="RGB", size=(SIZE, SIZE)):
    with Image.open(file) as image:
        return np.asarray(image.convert(mode).resize(size))


def reading(
    kinds=KINDS,
    decode=decoded,
    order=sorted,
    only_folders=True,
    label=lambda classes, file: classes.index(file.parent.name),
    lower=True,
):
    """A learner's function, each part of it changeable."""

    def read(folder, stack=np.stack):
        places = list(folder.iterdir())
        if only_folders:
            places = [path for path in places if path.is_dir()]
        classes = order(path.name for path in places)
        files = [
            file
            for file in sorted(folder.glob("*/*"))
            if (file.suffix.lower() if lower else file.suffix) in kinds
        ]
        images = stack([decode(file) for file in files])
        labels = np.array([label(classes, file) for file in files])
        return classes, images, labels

    return read


def backwards(names):
    return sorted(names, reverse=True)


def scaled(file):
    return decoded(file) / 255


def in_grey(file):
    return decoded(file, "L")


def as_it_is(file):
    with Image.open(file) as image:
        return np.asarray(image)


def small(file):
    return decoded(file, size=(16, 16))


def on_its_side(file):
    return decoded(file).swapaxes(0, 1)


def upside_down(file):
    return decoded(file)[::-1]


def name_of(classes, file):
    return file.parent.name


def first_class(classes, file):
    return 0


def red_last(file):
    return decoded(file)[..., ::-1]


def brighter(file):
    return np.minimum(decoded(file) + 20.0, 255).astype("uint8")


def a_list_of_pictures(folder):
    classes, images, labels = reading(decode=as_it_is)(folder, stack=list)
    return classes, images, labels


def one_text(folder):
    classes, images, labels = reading()(folder)
    return " ".join(classes), images, labels


def pictures_alone(folder):
    return reading()(folder)[1]


def stops(*given):
    raise RuntimeError("no more")


# ---- splits, baseline: pictures of the check

rng = np.random.default_rng(0)
COLOURS = np.array([(200, 30, 30), (30, 200, 30), (30, 30, 200)])
LABELS = np.repeat([0, 1, 2], (14, 10, 6))
NOISE = rng.integers(0, 30, (len(LABELS), SIZE, SIZE, 3))
IMAGES = (COLOURS[LABELS][:, None, None] + NOISE).astype("uint8")
# How difficult each picture is, 0 to 255: its first pixel says it to ``by_colour``.
DIFFICULT = np.resize((10, 60, 200, 110, 160), len(LABELS))
IMAGES[:, 0, 0] = DIFFICULT[:, None]
# A copy of the first picture of each class stands at the end of all.
FIRSTS = np.array([0, 14, 24])
IMAGES = np.concatenate([IMAGES, IMAGES[FIRSTS]])
LABELS = np.concatenate([LABELS, LABELS[FIRSTS]])
COPY = 30  # of row 0
CUT = {
    "train": np.r_[0:7, 14:19, 24:27],
    "validation": np.r_[7:9, 19:21, 27:28],
    "test": np.r_[9:14, 21:24, 28:30],
}


def cut(**changed):
    return CUT | {name: np.asarray(rows) for name, rows in changed.items()}


# Other shares than in CUT, so that each way to count gives another number
UNEVEN = {
    "train": np.r_[0:9, 14:17, 24:26],
    "validation": np.r_[9:10, 17:22, 26:29],
    "test": np.r_[10:14, 22:24, 29:30],
}

# ---- model


def with_head(
    prepare=keras.applications.vgg16.preprocess_input,
    pool=True,
    activation=None,
    outputs=None,
    frozen=True,
    head_frozen=False,
    own=None,
):
    """A learner's new_model, each part of it changeable."""

    def new_model(base, classes):
        base = own or base
        base.trainable = not frozen
        inputs = keras.Input(base.input_shape[1:])
        x = base(prepare(inputs), training=False)
        if pool:
            x = keras.layers.GlobalAveragePooling2D()(x)
        head = keras.layers.Dense(
            outputs or classes,
            activation,
            kernel_initializer=keras.initializers.RandomNormal(seed=0),
        )
        model = keras.Model(inputs, head(x))
        if head_frozen:
            model.trainable = False
        return model

    return new_model


def twice(x):
    prepare = keras.applications.vgg16.preprocess_input
    return prepare(prepare(x))


def means_only(x):
    return x - np.array([123.68, 116.779, 103.939], "float32")


def by_numpy(x):
    return np.asarray(x)[..., ::-1] - np.array([103.939, 116.779, 123.68], "float32")


def of_another_size(base, classes):
    inputs = keras.Input((SIZE // 2, SIZE // 2, 3))
    flat = keras.layers.Flatten()(inputs)
    return keras.Model(inputs, keras.layers.Dense(classes)(flat))


def a_layer(base, classes):
    return keras.layers.Dense(classes)


# ---- choice, tuned: models that answer by the strongest colour


def new_base():
    """As in the notebook, but small; the same weights every time."""
    inputs = keras.Input((SIZE, SIZE, 3))
    below = keras.layers.Conv2D(
        2, 1, name="block4_conv1", kernel_initializer=keras.initializers.Constant(0.1)
    )
    above = keras.layers.Conv2D(
        2, 1, name="block5_conv1", kernel_initializer=keras.initializers.Constant(0.2)
    )
    return keras.Model(inputs, above(below(inputs)), name="vgg16")


def by_colour(able, base=True):
    """A model that names the strongest colour, but wrongly in difficult pictures.

    Args:
        able: how difficult a picture may be, 0 to 255.
        base: whether a base is inside; it has no influence.
    """
    pictures = keras.Input((SIZE, SIZE, 3))
    mean = keras.ops.mean(pictures, axis=(1, 2))
    easy = keras.ops.cast(pictures[:, 0, 0, :] <= able, "float32")
    logits = easy * mean + (1 - easy) * keras.ops.roll(mean, 1, axis=-1)
    if base:
        features = new_base()(pictures, training=False)
        head = keras.layers.Dense(3, kernel_initializer="zeros", name="head")
        logits = logits + head(keras.ops.mean(features, axis=(1, 2)))
    return keras.Model(pictures, logits)


def accuracy(model, rows):
    logits = np.asarray(model(IMAGES[rows], training=False))
    return float((logits.argmax(axis=1) == LABELS[rows]).mean())


MODELS = {1e-3: by_colour(100), 1e-2: by_colour(250), 1e-1: by_colour(170)}
TABLE = {step: accuracy(one, CUT["validation"]) for step, one in MODELS.items()}


def chosen(models=MODELS, validation=None, step=1e-2):
    if validation is None:
        validation = {k: accuracy(v, CUT["validation"]) for k, v in models.items()}
    return {"models": models, "validation": validation, "chosen": step}


def table_of(split):
    return {step: accuracy(one, CUT[split]) for step, one in MODELS.items()}


def close(factor):
    return dict(zip((1e-3, 2e-3, factor * 1e-3), MODELS.values(), strict=True))


def moved(able=250, below=0.0, block5=0.01, step=1e-4):
    """A model whose blocks were moved by some share of their size."""
    model = by_colour(able)
    base = model.get_layer("vgg16")
    for name, share in (("block4_conv1", below), ("block5_conv1", block5)):
        kernel, bias = base.get_layer(name).get_weights()
        base.get_layer(name).set_weights([kernel * (1 + share), bias])
    model.compile(keras.optimizers.Adam(step))
    return model


# ---- test

FINAL = by_colour(170)
N = len(CUT["test"])
RIGHT_OF_TEST = round(accuracy(FINAL, CUT["test"]) * N)
SHARE = RIGHT_OF_TEST / N


def interval(right=RIGHT_OF_TEST, n=N, way="wilson"):
    found = binomtest(right, n).proportion_ci(method=way)
    return right / n, float(found.low), float(found.high)


def around(half):
    return SHARE, SHARE - half, SHARE + half


def on(rows):
    return interval(round(accuracy(FINAL, rows) * len(rows)), len(rows))


ERROR = (SHARE * (1 - SHARE) / N) ** 0.5
SCORE = interval()

# ---- saved

CLASSES = ["ant", "bee", "cat"]


IN_ORDER, BACKWARDS = json.dumps(CLASSES), json.dumps(CLASSES[::-1])


@cache
def folder(model=FINAL, file="model.keras", names=IN_ORDER):
    """A folder in which a learner saved something."""
    place = Path(mkdtemp(prefix="tlkit-answers-"))
    if model is not None:
        model.save(place / file)
    if names is not None:
        (place / "classes.json").write_text(names, "utf-8")
    return place


def with_lambda():
    pictures = keras.Input((SIZE, SIZE, 3))
    mean = keras.layers.Lambda(lambda x: keras.ops.mean(x, axis=(1, 2)))
    return keras.Model(pictures, mean(pictures))


# ---- report

BASELINE = 0.4
TEXT = (
    "We want to know which animal is in the picture. On {n} test pictures that had no "
    "part in any choice the model names the right class in {share:.2f} of the cases, "
    "with a 95 % interval from {low:.2f} to {high:.2f}. {against}"
)
AGAINST = "Always naming the most frequent class reaches {baseline:.3f}."


def text(**changed):
    values = (
        dict(n=N, share=SCORE[0], low=SCORE[1], high=SCORE[2], against=AGAINST)
        | changed
    )
    return TEXT.format(**values).format(baseline=BASELINE)


LEARNT_NOTHING = {step: by_colour(0) for step in MODELS}
PARTS = (IMAGES, LABELS, CUT)
RIGHT = {
    "11 pictures": (reading(), (SIZE,)),
    "11 splits": (CUT, (IMAGES, LABELS)),
    "11 baseline": (1 / 9, (LABELS, UNEVEN)),
    "11 model": (with_head(), (SIZE,)),
    "11 choice": (chosen(), PARTS),
    "11 tuned": (moved(), (new_base, chosen(), *PARTS)),
    "11 test": (SCORE, (FINAL, *PARTS)),
    "11 saved": (folder(), (FINAL, CLASSES, IMAGES)),
    "11 report": (text(), (SCORE, BASELINE, CUT)),
}
WRONG = [
    ("11 pictures", pictures_alone, "returns an array of shape (10, 32, 32, 3)"),
    ("11 pictures", a_list_of_pictures, "should be one array"),
    ("11 pictures", one_text, "a list of texts"),
    ("11 pictures", reading(decode=red_last), "read blue first"),
    ("11 pictures", reading(decode=brighter), "next to their files"),
    ("11 pictures", reading(kinds=(*KINDS, ".txt")), "A file that is no picture"),
    ("11 pictures", reading(decode=as_it_is), "cannot be stacked"),
    ("11 pictures", stops, "«raise RuntimeError"),
    ("11 pictures", reading(only_folders=False), "no folder's"),
    ("11 pictures", reading(order=backwards), "not in alphabetical order"),
    ("11 pictures", reading(decode=in_grey), "three colours"),
    ("11 pictures", reading(decode=small), "not SIZE rows"),
    ("11 pictures", reading(decode=scaled), "no whole numbers"),
    ("11 pictures", reading(lower=False), "Some pictures are missing"),
    ("11 pictures", reading(label=name_of), "should be whole numbers"),
    ("11 pictures", reading(label=first_class), "not the class that their picture"),
    ("11 pictures", reading(decode=on_its_side), "the first row is the upper one"),
    ("11 pictures", reading(decode=upside_down), "the first row is the upper one"),
    ("11 splits", list(CUT.values()), "a dict with the keys"),
    ("11 splits", cut(train=["0.png"]), 'At "train": expected row numbers'),
    ("11 splits", {"train": CUT["train"]}, "The key 'validation' is missing"),
    ("11 splits", cut(train=LABELS == 0), "true and false"),
    ("11 splits", cut(test=[*CUT["test"], 99]), "that no picture has"),
    ("11 splits", cut(test=[*CUT["test"], 0]), "in two splits. A picture learns"),
    ("11 splits", cut(test=[*CUT["test"], COPY]), "A leak"),
    (
        "11 splits",
        cut(train=CUT["train"][1:], test=[*CUT["test"], 0, COPY]),
        "count twice",
    ),
    (
        "11 splits",
        cut(validation=CUT["validation"][:-1], test=[*CUT["test"], 27]),
        "a class is missing",
    ),
    ("11 splits", cut(train=CUT["train"][1:]), "in no split"),
    (
        "11 splits",
        cut(
            train=np.r_[0:7, 9:14, 14:19, 21:24, 24:27, 28],
            validation=[7, 19, 27],
            test=[8, 20, 29],
        ),
        "do not do their jobs",
    ),
    (
        "11 splits",
        cut(
            train=np.r_[0:2, 14:21, 24:27],
            validation=np.r_[2:4, 21:23, 27:29],
            test=np.r_[4:14, 23:24, 29:30],
        ),
        "than their share",
    ),
    ("11 baseline", [0.1], "Leave out the brackets"),
    ("11 baseline", 100 / 9, "percentage"),
    ("11 baseline", 0, "number of the most frequent class"),
    ("11 baseline", 4 / 7, "on the test split"),
    ("11 baseline", 9 / 14, "counted on"),
    ("11 baseline", 1 / 3, "blind guessing"),
    ("11 baseline", 8 / 9, "share of wrong answers"),
    ("11 baseline", 0.5, "most training pictures"),
    ("11 model", a_layer, "returns an object of type Dense"),
    ("11 model", FINAL, "Expected the function that makes one"),
    ("11 model", of_another_size, "cannot take pictures"),
    ("11 model", with_head(prepare=by_numpy), "symbols without values"),
    ("11 model", with_head(own=new_base()), "does not use the base"),
    ("11 model", with_head(prepare=lambda x: x), "0 to 255"),
    ("11 model", with_head(prepare=twice), "preprocessed twice"),
    ("11 model", with_head(prepare=lambda x: x / 255), "0…1 or −1…1"),
    ("11 model", with_head(prepare=lambda x: x / 127.5 - 1), "0…1 or −1…1"),
    ("11 model", with_head(prepare=means_only), "the means, or both"),
    ("11 model", with_head(pool=False), "more than two axes"),
    ("11 model", with_head(outputs=1000), "another length"),
    ("11 model", with_head(activation="softmax"), "after a softmax"),
    ("11 model", with_head(activation="sigmoid"), "bends them"),
    ("11 model", with_head(activation="relu"), "bends them"),
    ("11 model", with_head(frozen=False), "is not frozen"),
    ("11 model", with_head(head_frozen=True), "Nothing is left to train"),
    ("11 model", stops, "«raise RuntimeError"),
    ("11 choice", [MODELS, TABLE, 1e-2], "a dict with the keys"),
    ("11 choice", chosen(validation=list(TABLE.values())), "the same step sizes"),
    ("11 choice", chosen({1e-3: MODELS[1e-3], 1e-2: MODELS[1e-2]}), "Fewer than three"),
    ("11 choice", chosen(close(4), step=2e-3), "too close together"),
    ("11 choice", chosen(dict.fromkeys(MODELS, FINAL)), "more than once"),
    (
        "11 choice",
        chosen(validation={step: 100 * share for step, share in TABLE.items()}),
        "percentages",
    ),
    ("11 choice", chosen(validation=table_of("test")), "accuracies on the test split"),
    ("11 choice", chosen(validation=table_of("train")), "on the training pictures"),
    (
        "11 choice",
        chosen(validation=TABLE | {1e-3: TABLE[1e-3] + 0.05}),
        "does not reach its number",
    ),
    ("11 choice", chosen(step=1), "one of the step sizes"),
    ("11 choice", chosen(step=1e-1), "better validation accuracy"),
    (
        "11 choice",
        chosen(LEARNT_NOTHING),
        "beats the baseline",
    ),
    ("11 tuned", "best.keras", "the model itself"),
    ("11 tuned", MODELS[1e-2], "models of the table"),
    ("11 tuned", by_colour(250, base=False), "not in this model"),
    ("11 tuned", moved(below=0.01), "below block 5 has moved"),
    ("11 tuned", moved(block5=0.0), "where it was"),
    ("11 tuned", moved(block5=0.8), "forgets what the backbone knew"),
    ("11 tuned", moved(step=1e-2), "as large as that of the head"),
    ("11 tuned", moved(able=100), "clearly worse"),
    ("11 test", SHARE, "Expected three numbers"),
    ("11 test", tuple(100 * number for number in SCORE), "percentages"),
    ("11 test", on(CUT["validation"]), "on the validation split"),
    ("11 test", on(np.arange(len(LABELS))), "on all pictures"),
    ("11 test", (SHARE - 0.05, *SCORE[1:]), "does not reach this number"),
    ("11 test", (SHARE, SHARE, SHARE), "the same, or in the wrong order"),
    ("11 test", (SHARE, 0.05, 0.06), "distances from it"),
    (
        "11 test",
        (SHARE, *interval(round(SHARE * len(LABELS)), len(LABELS))[1:]),
        "more pictures than the test split has",
    ),
    ("11 test", around(ERROR), "two cases of three"),
    ("11 test", around(1.96 * ERROR), "the plain interval"),
    ("11 test", around(0.01), "binomtest"),
    ("11 saved", "no such place", "no such folder"),
    ("11 saved", folder(file="model.weights.keras.h5"), "old format"),
    ("11 saved", folder(with_lambda()), "does not load model.keras"),
    ("11 saved", folder(by_colour(100)), "other answers"),
    ("11 saved", folder(names=None), "answers are numbers"),
    ("11 saved", folder(names=BACKWARDS), "order of the model's"),
    ("11 report", 0.8, "between quotation marks"),
    ("11 report", f"It is right in {SHARE:.2f}.", "Too short"),
    ("11 report", text(share=0.123), "accuracy on the test split is not in it"),
    ("11 report", text(low=0.0), "both ends"),
    ("11 report", text(n="many"), "on how many test pictures"),
    ("11 report", text(against="This is very good."), "compared with"),
]
