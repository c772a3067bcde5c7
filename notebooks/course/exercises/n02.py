"""Exercises of notebook 02, Shared and task-specific layers."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from ..checks import Exercise
from ..kinds import Array, Function, Several, Word, is_number
from . import by_name

count = Exercise(
    "02 count",
    expects="a function that takes the numbers of input and output channels, such as "
    "(3, 64), and returns a whole number",
    praise="Each of the outgoing channels has a kernel of 3 · 3 · inputs weights, and "
    "one bias.",
    hint="How many numbers does one output channel need? Multiply by the number of "
    "output channels. With 3 inputs and 64 outputs there are 1,792.",
    ask="Another number comes out than the table above shows. What does one output "
    "channel need, and what does it need once, whatever the number of inputs?",
    kind=Function("inputs, outputs", gives=Array()),
    place="VGG16, layer by layer",
)
# In two of them more channels come in than go out.
CASES = ((3, 64), (256, 512), (64, 3), (1, 1))


def _counts_as(function, formula: Callable[[int, int], Any]) -> bool:
    """Whether a learner's function of (inputs, outputs) counts as the formula does."""
    counted = [(function(*case), formula(*case)) for case in CASES]
    return all(is_number(got) and got == wanted for got, wanted in counted)


@count.right
def weights_and_biases(function):
    return _counts_as(function, lambda inputs, outputs: 9 * inputs * outputs + outputs)


@count.mistake
def without_bias(function):
    """The weights are all there. Each outgoing channel also adds a constant,
    its bias.
    """
    return _counts_as(function, lambda inputs, outputs: 9 * inputs * outputs)


@count.mistake
def flat_kernel(function):
    """A kernel is not flat: it looks at every incoming channel, and has nine weights
    for each of them.
    """
    return _counts_as(function, lambda inputs, outputs: 9 * outputs + outputs)


@count.mistake
def dense_layer(function):
    """That is a dense layer. A convolution has nine weights, 3 · 3, where a dense layer
    has one.
    """
    return _counts_as(function, lambda inputs, outputs: inputs * outputs + outputs)


@count.mistake
def one_row_of_a_kernel(function):
    """The kernel is 3 wide and also 3 high."""
    return _counts_as(function, lambda inputs, outputs: 3 * inputs * outputs + outputs)


@count.mistake
def one_weight_too_many(function):
    """The bias is counted nine times, or once for each weight. Each outgoing channel
    has one.
    """
    return _counts_as(
        function, lambda inputs, outputs: 9 * (inputs * outputs + outputs)
    ) or _counts_as(function, lambda inputs, outputs: 9 * inputs * outputs * 2)


@count.mistake
def one_bias(function):
    """The weights are right. But you count a single bias for the whole layer."""
    return _counts_as(function, lambda inputs, outputs: 9 * inputs * outputs + 1)


@count.mistake
def bias_for_each_input(function):
    """The weights are right. The biases belong to the channels that go out, not to
    those that come in.
    """
    return _counts_as(function, lambda inputs, outputs: 9 * inputs * outputs + inputs)


freeze = Exercise(
    "02 freeze",
    expects="a function that gets a model and sets the flag trainable of its layers",
    praise="Block 5 and the head learn. The rest does not change, and neither does its "
    "batch normalisation. Now compile, then fit.",
    hint="The names of the layers to train begin with block5, or are logits. Every "
    "other layer is frozen.",
    ask="Other layers learn than the two parts that should. Print the names of "
    "model.layers with their flags: which flag is not as you meant it?",
    kind=Function("model"),
    place="Replace the head, freeze the rest",
    start="""
def freeze(model):
    for layer in model.layers:
        layer.trainable = True
""",
)
BLOCK5 = {f"block5_{kind}{i}" for kind in ("conv", "bn") for i in (1, 2, 3)}


@lru_cache(maxsize=1)  # each mistake asks, and building a network takes time
def _learning(function) -> frozenset[str]:
    """The layers that learn after a learner's function has had a small network."""
    from tlkit.backbone import Backbone
    from tlkit.machine.quiet import keras

    shared = Backbone(None, width=1 / 16, batch_norm=True).build()
    logits = keras.layers.Dense(10, name="logits")(shared.output)
    model = keras.Model(shared.input, logits)
    function(model)
    return frozenset(
        variable.path.split("/")[0] for variable in model.trainable_variables
    )


@freeze.right
def block5_and_head(function):
    return _learning(function) == BLOCK5 | {"logits"}


@freeze.mistake
def nothing_learns(function):
    """Nothing learns any more. The flag of the whole model overrules those of its
    layers, so leave model.trainable alone: set layer.trainable of each layer.
    """
    return not _learning(function)


@freeze.mistake
def head_only(function):
    """Only the head learns: that is a linear probe. Block 5 should learn as well."""
    return _learning(function) == {"logits"}


@freeze.mistake
def block5_only(function):
    """The head is frozen. It starts at random, and would stay so."""
    return _learning(function) == BLOCK5


@freeze.mistake
def everything_learns(function):
    """Block 1 still learns: freeze every layer below block 5. Does your function reach
    all of them?
    """
    all_over = {"block1_bn1", "block1_conv1", "block5_conv1", "logits"}
    return all_over <= _learning(function)


@freeze.mistake
def convolutions_only(function):
    """The convolutions stand still, but batch normalisation in block 1 still learns.
    Freeze by the name of the block, not by the kind of layer.
    """
    learning = _learning(function)
    return "block1_bn1" in learning and "block1_conv1" not in learning


@freeze.mistake
def wrong_way_round(function):
    """The wrong way round: the first blocks learn and the last one is frozen."""
    return "block1_conv1" in _learning(function)


def how_well_the_size_is_read(answer, measure) -> str:
    """The answer to the question of the exercise, from what was measured."""
    found = measure()
    return (
        "Size is a geometric property, like the angle, and the map shows where such "
        f"properties are read best. At your cut a head reads the size with accuracy "
        f"{found[answer[0]]:.2f}, from the last features with {found['block5']:.2f}."
    )


CUTS = ("image", "block1", "block2", "block3", "block4", "block5")
cut = Exercise(
    "02 cut",
    expects="three names: the cut where the size is read best, the cut where it is "
    "read worst, and the question of the map that is most like this one, such as "
    '("image", "block5", "colour")',
    praise=how_well_the_size_is_read,
    hint="First the question of the map that is most like this one, then the two cuts "
    "where that question is read best and worst.",
    ask="Another cut reads the size worse. Where is the line of the question that you "
    "named lowest?",
    kind=Several(
        Word(*CUTS),
        Word(*CUTS),
        Word("digit", "angle", "colour"),
        wanted="three names, two cuts of this network and a question of the map, as in "
        '("image", "block5", "colour")',
    ),
    place="Read the map",
)
CLOSE = 0.02  # cuts whose accuracies differ by less are equally good
Measure = Callable[[], Mapping[str, float]]  # gives cut -> accuracy


@cut.right
def as_good_as_the_best_and_as_bad_as_the_worst(answer, measure: Measure):
    best, worst, question = answer
    if question != "angle":
        return False
    found = measure()
    is_best = found[best] > max(found.values()) - CLOSE
    return is_best and found[worst] < min(found.values()) + CLOSE


@cut.mistake
def like_the_colour(answer, measure: Measure):
    """A colour can be read from one pixel. Can the size?"""
    return answer[2] == "colour"


@cut.mistake
def like_the_digit(answer, measure: Measure):
    """The source task was to name letters, and for that the last layers keep what tells
    one symbol from another. Does the size tell them apart?
    """
    return answer[2] == "digit"


@cut.mistake
def one_cut_twice(answer, measure: Measure):
    """You named one cut as the best and as the worst."""
    return answer[0] == answer[1]


@cut.mistake
def too_early(answer, measure: Measure):
    """You read it best at a depth where each number sees only a few pixels. They show
    the colour, but to see the size one needs a larger part of the picture.
    """
    return answer[0] in ("image", "block1")


@cut.mistake
def too_late(answer, measure: Measure):
    """You read it best in the last block. It was trained to name a letter, whatever its
    size: does a linear head read there what the task did not ask for?
    """
    return answer[0] == "block5"


@cut.mistake
def nearly(answer, measure: Measure):
    """The best cut is not far off, but another one has a higher accuracy."""
    found = measure()
    return found[answer[0]] <= max(found.values()) - CLOSE


EXERCISES = by_name((count, freeze, cut))
