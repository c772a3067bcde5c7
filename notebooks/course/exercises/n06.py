"""Exercises of notebook 06, Fine-tuning."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tlkit.evaluate import Interval

from ..checks import Exercise
from ..kinds import Array, Function, Number, Parts, Word, Words
from . import by_name

leak = Exercise(
    "06 leak",
    expects="the names of layers, such as ['block1_conv1', 'logits']",
    praise="Their flags say frozen, their weights say otherwise. The training step had "
    "been built before the flags were set: compile again after every change of a flag.",
    hint="Copy layer.get_weights() of every layer, call train(), and compare with "
    "np.array_equal.",
    ask="These are names of no layers that move against their flags. What have you "
    "compared, before and after train()?",
    kind=Words(),
    place="Unfreezing, by hand",
)
# The layers of nearly_frozen that are marked as frozen, and learn. Two: so that nobody
# finds them by trying names.
LEAKS = {"block3_conv2", "block4_conv1"}
MEANT = {"block5_conv1", "block5_conv2", "block5_conv3", "logits"}  # what is to learn


def nearly_frozen(model, images, labels):
    """Compile a model whose flags promise more than they hold: two were set too late.

    Args:
        model: a backbone with a head called "logits"; changed in place.
        images, labels: one batch to start with, of the shape that will follow.

    Returns:
        the model.
    """
    from tlkit.machine.quiet import keras

    for layer in model.layers:
        layer.trainable = layer.name in MEANT | LEAKS
    model.compile(
        keras.optimizers.Adam(1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(images, labels, batch_size=len(images), verbose=0)
    for name in LEAKS:  # too late: the training step is built, and fit goes on with it
        model.get_layer(name).trainable = False
    return model


def _names(answer) -> set[str]:
    """The names that an answer gives: one, or several in a list, tuple or set."""
    return {answer} if isinstance(answer, str) else set(answer)


@leak.right
def the_leaks_alone(answer):
    return _names(answer) == LEAKS


@leak.mistake
def none_moved(answer):
    """Some layers did move. Flags cannot show it: keep a copy of all weights, train,
    and compare the arrays.
    """
    return not _names(answer)


@leak.mistake
def all_that_moved(answer):
    """These are all the layers that moved. Four of them were meant to: which ones were
    not?
    """
    return _names(answer) == MEANT | LEAKS


@leak.mistake
def all_that_were_meant_to(answer):
    """These are the layers that were meant to learn, and their flags say so. Look for
    those that moved and whose flags say frozen.
    """
    return _names(answer) == MEANT


@leak.mistake
def some_that_were_meant_to(answer):
    """Block 5 and logits were meant to learn. Leave them out."""
    return bool(_names(answer) & MEANT)


@leak.mistake
def a_block(answer):
    """A block has several layers, and they can be frozen one by one. Give whole names
    of layers, as layer.name gives them.
    """
    return any(name.startswith("block") and "_" not in name for name in _names(answer))


@leak.mistake
def not_all_of_them(answer):
    """Each of these moved, and its flag says frozen. But compare *every* layer: you
    have not found all of them.
    """
    return _names(answer) < LEAKS


@leak.mistake
def some_stood_still(answer):
    """At least one of these stood still, as its flag says. A layer has moved if any of
    its arrays differs before and after: compare every layer, and guess none.
    """
    return all(name.startswith("block") and "_conv" in name for name in _names(answer))


price = Exercise(
    "06 price",
    expects="a function of pictures, epochs, below and above that returns a number",
    praise="Below the cut every picture passes once. Above it, it passes in every "
    "epoch, forward and backward.",
    hint="How often does one picture pass below the cut, and how often above it?",
    ask="Another price. Follow one picture through all epochs: which part does it pass "
    "when, and in which direction?",
    kind=Function("pictures, epochs, below, above", gives=Array()),
    place="What does a block cost?",
)
Price = Callable[[int, int, float, float], Any]  # (pictures, epochs, below, above)
CASES = ((800, 12, 17.0, 2.0), (50, 3, 5.0, 11.0))


def _costs_as(function: Price, formula: Price) -> bool:
    """Whether a learner's function gives what a formula gives."""
    got = [np.asarray(function(*case), float) for case in CASES]
    wanted = [formula(*case) for case in CASES]
    return all(map(_is, got, wanted))


def _is(got: np.ndarray, wanted: float) -> bool:
    return got.shape == () and bool(np.isclose(got, wanted, rtol=1e-9))


@price.right
def once_below_and_in_every_epoch_above(function):
    def formula(pictures, epochs, below, above):
        return pictures * (below + 3 * epochs * above)

    return _costs_as(function, formula)


@price.mistake
def frozen_part_in_every_epoch(function):
    """This runs the frozen part again in every epoch. Its activations are on disk after
    the first.
    """

    def formula(pictures, epochs, below, above):
        return pictures * epochs * (below + 3 * above)

    return _costs_as(function, formula)


@price.mistake
def everything_is_trained(function):
    """That is the price of training everything: the part below the cut needs no
    backward pass, and only one forward pass.
    """

    def formula(pictures, epochs, below, above):
        return 3 * pictures * epochs * (above + below)

    return _costs_as(function, formula)


@price.mistake
def no_backward_pass(function):
    """The part above is trained. Is a forward pass all that a training step needs?"""

    def formula(pictures, epochs, below, above):
        return pictures * (below + epochs * above)

    return _costs_as(function, formula)


@price.mistake
def backward_pass_below_too(function):
    """The frozen part has no backward pass: nothing below the cut needs a gradient."""

    def formula(pictures, epochs, below, above):
        return 3 * pictures * (below + epochs * above)

    return _costs_as(function, formula)


@price.mistake
def backward_pass_only(function):
    """You count the backward pass of the upper part, and leave its forward pass out."""

    def formula(pictures, epochs, below, above):
        return pictures * (below + 2 * epochs * above)

    return _costs_as(function, formula)


@price.mistake
def no_frozen_part(function):
    """The frozen part is missing. Caching makes it rare, not free."""

    def formula(pictures, epochs, below, above):
        return 3 * pictures * epochs * above

    return _costs_as(function, formula)


@price.mistake
def with_a_probe_first(function):
    """That is the formula with a probe first, whose pass goes through all blocks. Here
    nobody trains a probe: the first pass ends at the cut.
    """

    def formula(pictures, epochs, below, above):
        return pictures * (below + above + 3 * epochs * above)

    return _costs_as(function, formula)


@price.mistake
def of_one_picture(function):
    """This is the price of one picture. How many are there?"""

    def formula(pictures, epochs, below, above):
        return below + 3 * epochs * above

    return _costs_as(function, formula)


@price.mistake
def of_one_epoch(function):
    """This is the price of a single epoch. What is paid again in each of the others?"""

    def formula(pictures, epochs, below, above):
        return pictures * (below + 3 * above)

    return _costs_as(function, formula)


@price.mistake
def parts_exchanged(function):
    """You have exchanged the two parts: which of them is cached?"""

    def formula(pictures, epochs, below, above):
        return pictures * (above + 3 * epochs * below)

    return _costs_as(function, formula)


budget = Exercise(
    "06 budget",
    expects='a dictionary such as {"head": "random", "unfreeze": "block2", "rate": '
    '1e-5, "steps": 10}',
    praise=lambda recipe, attempt: (
        f"Better than the recipe that was taken over, by {attempt(recipe)[1]} on "
        f"validation pictures, for {attempt(recipe)[0]:.0%} of the budget. Every "
        "target has a price list of its own, and validation pictures write it."
    ),
    hint="What is new in these pictures, and which layers would have to change for it? "
    "Change one choice at a time, and compare the gains that attempt gives.",
    ask="Within the budget, but not shown to be better on these validation pictures. "
    "Which of the four choices have you not changed yet?",
    kind=Parts(
        {
            "head": Word("random", "probe"),
            "unfreeze": Word("block5", "block4", "block3", "block2", "all"),
            "rate": Number(),
            "steps": Number(whole=True),
        }
    ),
    place="The price list",
)
Recipe = Mapping[str, Any]
# recipe -> share of the budget, gain on validation (None if nothing was trained)
Attempt = Callable[[Recipe], tuple[float, Interval | None]]
MOST_STEPS = 5000


def _is_recipe(recipe) -> bool:
    """Whether an answer is a recipe that can be tried."""
    return 0 < recipe["rate"] < 1 and 0 < recipe["steps"] <= MOST_STEPS


def _share(recipe: Recipe, attempt: Attempt) -> float:
    """Of the budget."""
    share, _ = attempt(recipe)
    return share


@budget.right
def better_within_the_budget(recipe, attempt: Attempt):
    if not _is_recipe(recipe):
        return False
    share, gain = attempt(recipe)
    return gain is not None and share <= 1 and gain.low > 0


@budget.mistake
def no_recipe(recipe, attempt: Attempt):
    """These numbers cannot be tried: a rate lies between 0 and 1, and steps is a whole
    number from 1 to 5000.
    """
    return not _is_recipe(recipe)


@budget.mistake
def too_dear(recipe, attempt: Attempt):
    """Over the budget, so nothing was trained. The function price tells what a depth
    costs: ask it before you try.
    """
    return _share(recipe, attempt) > 1


@budget.mistake
def the_one_that_was_taken_over(recipe, attempt: Attempt):
    """That is the recipe that was taken over, or less of it. It was chosen for another
    target.
    """
    taken_over = {"head": "probe", "unfreeze": "block5", "rate": 1e-3}
    return {**recipe, "steps": 0} == {**taken_over, "steps": 0} and (
        recipe["steps"] <= 100
    )


@budget.mistake
def step_size_too_large(recipe, attempt: Attempt):
    """Not better. With steps as large as this, training destroys what the blocks knew.
    The board of the dial shows where that begins.
    """
    return recipe["rate"] >= 0.01


@budget.mistake
def hardly_moved(recipe, attempt: Attempt):
    """Not better. Step size times steps is so small that hardly anything has moved: you
    scored the start, not a training.
    """
    return recipe["rate"] * recipe["steps"] < 0.005


@budget.mistake
def money_left(recipe, attempt: Attempt):
    """Not better, and more than half of the budget is left."""
    return _share(recipe, attempt) < 0.5


@budget.mistake
def random_head(recipe, attempt: Attempt):
    """Not better. A random head spends its first steps on itself."""
    return recipe["head"] == "random"


EXERCISES = by_name((leak, price, budget))
