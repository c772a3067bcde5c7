"""Right and wrong answers to the exercises of notebook 06."""

from tlkit.evaluate import Interval

GOOD = {"head": "probe", "unfreeze": "block4", "rate": 3e-3, "steps": 75}
TAKEN_OVER = {"head": "probe", "unfreeze": "block5", "rate": 1e-3, "steps": 100}


def attempt(recipe):
    """A price and a gain as the notebook measures them, without any training."""
    blocks = {"block5": 0.09, "block4": 0.4, "block3": 0.7, "block2": 0.9, "all": 1.0}
    share = blocks[recipe["unfreeze"]] * recipe["steps"] / 30
    if share > 1:
        return share, None
    good = (
        recipe["head"] == "probe"
        and recipe["unfreeze"] in ("block4", "block3")
        and 3e-4 <= recipe["rate"] < 0.01
        and recipe["steps"] > 20
    )
    return share, Interval(0.05, 0.03, 0.07) if good else Interval(0.0, -0.02, 0.02)


def price(pictures, epochs, below, above):
    return pictures * (below + 3 * epochs * above)


def everything(pictures, epochs, below, above):
    return 3 * pictures * epochs * (below + above)


def one_pass_too_many(pictures, epochs, below, above):
    return pictures * (below + above + 3 * epochs * above)


RIGHT = {
    "06 leak": (["block3_conv2", "block4_conv1"], ()),
    "06 price": (price, ()),
    "06 budget": (GOOD, (attempt,)),
}
LEAKS = ["block3_conv2", "block4_conv1"]
BLOCK5 = ["block5_conv1", "block5_conv2", "block5_conv3"]
WRONG = [
    ("06 leak", [], "Flags cannot show it"),
    ("06 leak", {*LEAKS, *BLOCK5, "logits"}, "which ones were not"),
    ("06 leak", [*BLOCK5, "logits"], "meant to learn, and their flags"),
    ("06 leak", ["block5_conv1", *LEAKS], "Leave them out"),
    ("06 leak", "block3_conv2", "you have not found all of them"),
    ("06 leak", [*LEAKS, "block3_conv1"], "At least one of these stood still"),
    ("06 leak", "block1_conv1", "At least one of these stood still"),
    ("06 leak", "block3", "whole names of layers"),
    ("06 leak", "all of them", "np.array_equal"),
    ("06 leak", 7, "got the number 7"),
    ("06 leak", [object()], "with an object of type object"),
    ("06 price", lambda n, e, b, a: n * (b + 3 * a), "a single epoch"),
    ("06 price", lambda n, e, b, a: n * (a + 3 * e * b), "exchanged the two parts"),
    ("06 price", price(1, 2, 3.0, 4.0), "got the number 27.0"),
    ("06 price", lambda n, e, b: n * e * b, "must take 4 arguments"),
    ("06 price", lambda n, e, b, a: n * e * (b + 3 * a), "again in every epoch"),
    ("06 price", everything, "the price of training everything"),
    ("06 price", lambda n, e, b, a: n * (b + e * a), "all that a training step needs"),
    ("06 price", lambda n, e, b, a: 3 * n * (b + e * a), "nothing below the cut"),
    ("06 price", lambda n, e, b, a: n * (b + 2 * e * a), "leave its forward pass out"),
    ("06 price", lambda n, e, b, a: 3 * n * e * a, "The frozen part is missing"),
    ("06 price", one_pass_too_many, "the first pass ends at the cut"),
    ("06 price", lambda n, e, b, a: b + 3 * e * a, "the price of one picture"),
    ("06 price", lambda n, e, b, a: n * e, "How often does one picture pass"),
    ("06 budget", GOOD | {"head": "zeros"}, 'At "head": expected one of'),
    ("06 budget", GOOD | {"unfreeze": "block1"}, 'At "unfreeze": expected one of'),
    ("06 budget", GOOD | {"rate": "0.003"}, "Leave out the quotation marks"),
    ("06 budget", GOOD | {"steps": 7.5}, "got the number 7.5"),
    ("06 budget", GOOD | {"steps": 0}, "These numbers cannot be tried"),
    ("06 budget", {"head": "probe"}, "The key 'unfreeze' is missing"),
    ("06 budget", GOOD | {"unfreeze": "all"}, "nothing was trained"),
    ("06 budget", GOOD | {"steps": 1000}, "ask it before you try"),
    ("06 budget", TAKEN_OVER, "It was chosen for another"),
    ("06 budget", TAKEN_OVER | {"steps": 20}, "or less of it"),
    ("06 budget", GOOD | {"rate": 0.1}, "destroys what the blocks knew"),
    ("06 budget", GOOD | {"rate": 1e-5}, "hardly anything has moved"),
    ("06 budget", GOOD | {"steps": 10}, "more than half of the budget is left"),
    ("06 budget", GOOD | {"head": "random"}, "first steps on itself"),
    ("06 budget", TAKEN_OVER | {"steps": 300}, "Which of the four choices"),
]
