"""Exercises of notebook 02, Shared and task-specific layers."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..checks import Exercise

BLOCK5 = {f"block5_{kind}{i}" for kind in ("conv", "bn") for i in (1, 2, 3)}
CLOSE = 0.02  # cuts whose accuracies differ by less are equally good


def _counts(formula: Callable[[int, int], Any]) -> Callable[[Any], bool]:
    """Whether a learner's function counts as the formula does."""
    return lambda function: all(
        function(i, o) == formula(i, o) for i, o in ((3, 64), (256, 512))
    )


@lru_cache(maxsize=1)
def _learning(freeze) -> frozenset[str]:
    """Names of the layers that would learn after a learner's function has had a small network with its head."""
    from tlkit.backbone import Backbone
    from tlkit.machine.quiet import keras

    shared = Backbone(None, width=1 / 16, batch_norm=True).build()
    model = keras.Model(
        shared.input, keras.layers.Dense(10, name="logits")(shared.output)
    )
    freeze(model)
    return frozenset(
        variable.path.split("/")[0] for variable in model.trainable_variables
    )


EXERCISES = {
    "02 count": Exercise(
        "a function of the channels that come in and go out, such as (3, 64), that returns a whole number",
        _counts(lambda i, o: 9 * i * o + o),
        "Each of the outgoing channels has a kernel of 3 · 3 · inputs weights, and one bias.",
        (
            (_counts(lambda i, o: ...), "Nothing there yet: put your formula where the dots are."),
            (_counts(lambda i, o: 9 * i * o), "The weights are all there. Each outgoing channel also adds a constant, "
             "its bias."),
            (_counts(lambda i, o: 9 * o + o), "A kernel is not flat: it looks at every incoming channel, and has nine "
             "weights for each of them."),
            (_counts(lambda i, o: i * o + o), "That is a dense layer. A convolution has nine weights, 3 · 3, where "
             "a dense layer has one."),
            (_counts(lambda i, o: 3 * i * o + o), "The kernel is 3 wide and also 3 high."),
            (_counts(lambda i, o: 9 * i * o + i), "The weights are right. The biases belong to the channels that go "
             "out, not to those that come in."),
        ),
        "How many numbers does one outgoing channel need? Multiply by the number of outgoing channels. "
        "From 3 to 64 channels there are 1,792.",
    ),
    "02 freeze": Exercise(
        "a function that gets a model and sets the flag trainable of its layers",
        lambda freeze: _learning(freeze) == BLOCK5 | {"logits"},
        "Block 5 and the head learn; the rest stands still, batch normalisation too. Now compile, then fit.",
        (
            (lambda freeze: not _learning(freeze), "Nothing learns any more. The flag of the whole model overrules "
             "those of its layers, so leave model.trainable alone: set layer.trainable of each layer."),
            (lambda freeze: _learning(freeze) == {"logits"}, "Only the head learns: that is a linear probe. Block 5 "
             "was to learn as well."),
            (lambda freeze: _learning(freeze) == BLOCK5, "The head is frozen. It starts at random, and would stay so."),
            (lambda freeze: "logits" in _learning(freeze) and {"block1_bn1", "block1_conv1"} <= _learning(freeze)
             and "block5_conv1" in _learning(freeze), "Block 1 still learns: freeze every layer below block 5, and "
             "see that your function runs through all of them."),
            (lambda freeze: "block1_bn1" in _learning(freeze) and "block1_conv1" not in _learning(freeze), "The "
             "convolutions stand still, but batch normalisation in block 1 still learns. Freeze by the name of the "
             "block, not by the kind of layer."),
            (lambda freeze: "block1_conv1" in _learning(freeze), "The wrong way round: the first blocks learn and "
             "the last one is frozen."),
        ),
        "The names of the layers to train begin with block5, or are logits. Every other layer is frozen.",
    ),
    "02 cut": Exercise(
        'the name of a cut: "image", or "block1" to "block5"',
        lambda cut, found: found[cut] > max(found.values()) - CLOSE if isinstance(cut, str) and cut in found else False,
        "Size is a matter of geometry, like the angle, and the map says where geometry is read best.",
        (
            (lambda cut, found: not isinstance(cut, str) or cut not in found, "That is not a cut of this network. A "
             'cut is the name of a place, such as "image" or "block2".'),
            (lambda cut, found: cut in ("image", "block1"), "So early each number sees a few pixels. Colour is there, "
             "but how large something is shows only when one sees more of it."),
            (lambda cut, found: cut == "block5", "The last block was trained to name a letter whatever its size. Much "
             "of what you want is forgotten there."),
            (lambda cut, found: max(found.values()) - 0.3 < found[cut], "Not far off, and better than the ends. There "
             "is a block next to it that answers more."),
        ),
        "Which of the three questions of the map is most like this one?",
    ),
}  # fmt: skip
