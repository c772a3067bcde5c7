"""Right and wrong answers to the exercises of notebook 02."""

FOUND = {  # cut -> accuracy, as measured
    "image": 0.52,
    "block1": 0.75,
    "block2": 0.81,
    "block3": 0.87,
    "block4": 0.80,
    "block5": 0.71,
}


def freeze_but(*learning):
    """Freeze every layer whose name does not begin with one of these words."""

    def freeze(model):
        for layer in model.layers:
            layer.trainable = layer.name.startswith(learning)

    return freeze


def whole_model(model):
    model.trainable = False
    for layer in model.layers:
        if layer.name.startswith(("block5", "logits")):
            layer.trainable = True


def convolutions_alone(model):
    for layer in model.layers:
        if "conv" in layer.name and not layer.name.startswith("block5"):
            layer.trainable = False


everything_but_block5 = freeze_but("block1", "block2", "block3", "block4", "logits")

RIGHT = {
    "02 count": (lambda inputs, outputs: 9 * inputs * outputs + outputs, ()),
    "02 freeze": (freeze_but("block5", "logits"), ()),
    "02 cut": (("block3", "image", "angle"), (lambda: FOUND,)),
}
WRONG = [
    ("02 count", lambda i, o: 9 * (i * o + o), "counted nine times"),
    ("02 count", lambda i, o: 9 * i * o + 1, "a single bias"),
    ("02 count", 1792, "got the number 1792"),
    ("02 count", lambda i: 9 * i, "must take 2 arguments"),
    ("02 count", lambda i, o: f"{9 * i * o + o}", "got the text"),
    ("02 count", lambda i, o: 9 * i * o, "its bias"),
    ("02 count", lambda i, o: 9 * o + o, "not flat"),
    ("02 count", lambda i, o: i * o + o, "a dense layer"),
    ("02 count", lambda i, o: 3 * i * o + o, "also 3 high"),
    ("02 count", lambda i, o: 9 * i * o + i, "not to those that come in"),
    ("02 count", lambda i, o: 32 * 32 * o, "there are 1,792"),
    ("02 freeze", whole_model, "overrules"),
    ("02 freeze", freeze_but("logits"), "linear probe"),
    ("02 freeze", freeze_but("block5"), "The head is frozen"),
    ("02 freeze", lambda model: None, "Block 1 still learns"),
    ("02 freeze", convolutions_alone, "not by the kind of layer"),
    ("02 freeze", everything_but_block5, "wrong way round"),
    ("02 freeze", freeze_but("block4", "block5", "logits"), "begin with block5"),
    ("02 freeze", lambda model: model.layer, "stopped with AttributeError"),
    ("02 freeze", ["block5"], "Expected a function of (model)"),
    ("02 cut", "block3", "Expected three names"),
    ("02 cut", ("block3", "angle"), "Expected three names"),
    ("02 cut", ("block6", "image", "angle"), "Part 1: expected one of"),
    ("02 cut", ("block3", "angle", "image"), "Part 2: expected one of"),
    ("02 cut", ("block3", "image", "colour"), "from one pixel"),
    ("02 cut", ("block3", "image", "digit"), "Does the size tell them apart"),
    ("02 cut", ("block3", "block3", "angle"), "as the best and as the worst"),
    ("02 cut", ("block1", "image", "angle"), "a few pixels"),
    ("02 cut", ("block5", "image", "angle"), "whatever its size"),
    ("02 cut", ("block4", "image", "angle"), "not far off"),
    ("02 cut", ("block3", "block5", "angle"), "reads the size worse"),
]
