"""Exercises of notebook 06, Fine-tuning."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..checks import Exercise

LEAK = "block3_conv2"  # the layer of nearly_frozen that says it is frozen, and learns
MEANT = {
    "block5_conv1",
    "block5_conv2",
    "block5_conv3",
    "logits",
}  # what is to learn there


def nearly_frozen(model, images, labels):
    """Compile a model so that its flags say one thing and its training does another: one layer was frozen too late.

    Args:
        model: a backbone with a head called "logits"; changed in place.
        images, labels: one batch to start with, of the shape that will follow.
    """
    from tlkit.machine.quiet import keras

    for layer in model.layers:
        layer.trainable = layer.name in MEANT | {LEAK}
    model.compile(
        keras.optimizers.Adam(1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(images, labels, batch_size=len(images), verbose=0)
    model.get_layer(
        LEAK
    ).trainable = False  # after the step was built: fit goes on with it
    return model


def _names(answer) -> set[str]:
    """The names that an answer gives: one, or several in a list, tuple or set."""
    found = {answer} if isinstance(answer, str) else set(answer)
    if not all(isinstance(name, str) for name in found):
        raise ValueError("not every name is a text")
    return found


def _costs(
    formula: Callable[[float, float, float, float], Any],
) -> Callable[[Any], bool]:
    """Whether a learner's function gives what the formula gives."""
    cases = ((800, 12, 17.0, 2.0), (50, 3, 5.0, 11.0))

    def same(function) -> bool:
        got, wanted = ([f(*case) for case in cases] for f in (function, formula))
        if ... in got or ... in wanted:
            return got == wanted
        return bool(np.allclose(np.asarray(got, "float64"), wanted))

    return same


FIELDS = {
    "head": ("random", "probe"),
    "unfreeze": ("block5", "block4", "block3", "block2", "all"),
}


def _formed(recipe) -> bool:
    return (
        isinstance(recipe, dict)
        and set(recipe) == {*FIELDS, "rate", "steps"}
        and all(recipe[name] in options for name, options in FIELDS.items())
        and isinstance(recipe["rate"], int | float)
        and isinstance(recipe["steps"], int)
        and 0 < recipe["rate"] < 1
        and 0 < recipe["steps"] <= 5000
    )


def _share(recipe, attempt) -> float:
    """Its price, as a share of the budget."""
    return attempt(recipe)[0]


def _gain(recipe, attempt):
    """What it gains over the given recipe: an Interval."""
    return attempt(recipe)[1]


EXERCISES = {
    "06 leak": Exercise(
        "the name of a layer, such as 'block1_conv1', or a list of names",
        lambda answer: _names(answer) == {LEAK},
        "Its flag says frozen, its weights say otherwise. The training step had been built before the flag was set: "
        "compile again after every change of a flag.",
        (
            (lambda answer: not _names(answer), "One layer did move. Flags cannot show it: keep a copy of all weights, "
             "train, and compare the arrays."),
            (lambda answer: _names(answer) == MEANT | {LEAK}, "These are all the layers that moved. Four of them were "
             "meant to: which one was not?"),
            (lambda answer: _names(answer) == MEANT, "These are the layers that were meant to learn, and their flags "
             "say so. Look for one that moved and whose flag says frozen."),
            (lambda answer: bool(_names(answer) & MEANT), "Block 5 and logits were meant to learn. Leave them out."),
            (lambda answer: LEAK in _names(answer), "It is among them, but others of these stood still. A layer has "
             "moved if any of its arrays differs, not if it could have."),
            (lambda answer: all(name.startswith("block") and "_conv" in name for name in _names(answer)),
             "That layer stood still, as its flag says. Compare the weights of every layer, before and after."),
        ),
        "Copy layer.get_weights() of every layer, call train(), and compare with np.array_equal.",
    ),
    "06 price": Exercise(
        "a function of pictures, epochs, below and above that returns a number",
        _costs(lambda n, e, b, a: n * (b + 3 * e * a)),
        "Below the cut every picture passes once. Above it, it passes in every epoch, forward and backward.",
        (
            (_costs(lambda n, e, b, a: ...), "Nothing there yet: put your formula where the dots are."),
            (_costs(lambda n, e, b, a: n * e * (b + 3 * a)), "This runs the frozen part again in every epoch. Its "
             "activations are on disk after the first."),
            (_costs(lambda n, e, b, a: 3 * n * e * (a + b)), "That is the price of training everything: the part "
             "below the cut needs no backward pass, and only one forward pass."),
            (_costs(lambda n, e, b, a: n * (b + e * a)), "The part above is trained, so it also needs the backward "
             "pass, which costs about two more forward passes."),
            (_costs(lambda n, e, b, a: 3 * n * (b + e * a)), "The frozen part has no backward pass: nothing below the "
             "cut needs a gradient."),
            (_costs(lambda n, e, b, a: n * (b + 2 * e * a)), "Backward costs two forward passes, and the forward pass "
             "comes on top: three in all."),
            (_costs(lambda n, e, b, a: 3 * n * e * a), "The frozen part is missing. It runs once for every picture."),
            (_costs(lambda n, e, b, a: n * (b + a + 3 * e * a)), "That is the formula with a probe first, whose "
             "pass goes through all blocks. Here nobody trains a probe: the first pass ends at the cut."),
            (_costs(lambda n, e, b, a: b + 3 * e * a), "This is the price of one picture. How many are there?"),
        ),
        "How often does one picture pass below the cut, and how often above it?",
    ),
    "06 budget": Exercise(
        'a dictionary such as {"head": "probe", "unfreeze": "block4", "rate": 1e-3, "steps": 100}',
        lambda recipe, attempt: _formed(recipe) and _share(recipe, attempt) <= 1 and _gain(recipe, attempt).low > 0,
        "Better, and within the budget. What pays is where training starts and what it leaves alone, not how much of "
        "the network moves.",
        (
            (lambda recipe, attempt: isinstance(recipe, dict) and ... in recipe.values(), "Not finished yet: replace "
             "every ... in the dictionary."),
            (lambda recipe, attempt: not _formed(recipe), 'The head is "random" or "probe"; unfreeze is "block5" … '
             '"block2" or "all"; rate lies between 0 and 1; steps is a whole number up to 5000.'),
            (lambda recipe, attempt: _share(recipe, attempt) > 1 and recipe["unfreeze"] == "all", "Over the budget. "
             "With all blocks unfrozen every step pays for the whole network: which block costs least?"),
            (lambda recipe, attempt: _share(recipe, attempt) > 1, "Over the budget: fewer steps, or fewer blocks."),
            (lambda recipe, attempt: recipe["rate"] >= 0.01, "Not better. The step size is so large that the first "
             "steps destroy what the blocks knew. Look at the dial again."),
            (lambda recipe, attempt: recipe["head"] == "random" and recipe["unfreeze"] == "all", "Not better. A random "
             "head first has to be learnt, and that takes steps in which everything above it is shaken, too. Where "
             "else could it start?"),
            (lambda recipe, attempt: recipe["head"] == "random", "Not better. The head needs many steps to become "
             "useful, and the budget is small: a probe's head costs one pass and is good at once."),
        ),
        "Not better than the given recipe, as far as these pictures can tell. Is the step size large enough to move "
        "anything in so few steps?",
    ),
}  # fmt: skip
