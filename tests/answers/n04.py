"""Right and wrong answers to the exercises of notebook 04."""

import numpy as np

# Validation loss over eight seeds.
BASE = np.array([0.30, 0.42, 0.34, 0.38, 0.30, 0.28, 0.32, 0.34])
WIGGLE = np.array([-0.02, 0.03, 0.01, -0.01, 0.02, -0.01, 0.01, 0.01])
# Plain 0.3 wins with the first seed, momentum 0.03 on average, adam 0.03 on the
# training pictures.
TABLE = {
    "plain 0.1": {"training": BASE - 0.02, "validation": BASE + 0.05 + WIGGLE / 2},
    "plain 0.3": {"training": BASE - 0.1, "validation": BASE + WIGGLE},
    "momentum 0.03": {"training": BASE - 0.11, "validation": BASE},
    "adam 0.01": {"training": BASE - 0.12, "validation": BASE - WIGGLE / 4 + 0.003},
    "adam 0.02": {"training": BASE, "validation": BASE + 0.0065 + WIGGLE / 2},
    "adam 0.03": {"training": BASE - 0.15, "validation": BASE + 0.2 + WIGGLE},
}
RACE = {"plain 0.3", "momentum 0.03", "adam 0.01", "adam 0.02"}
CURVES = {"A": "mini-batches", "B": "too small", "C": "too large", "D": "just right"}


def momentum(theta, v, gradient, step_size, beta):
    v = beta * v - step_size * gradient
    return theta + v, v


def uphill(theta, v, gradient, step_size, beta):
    v = beta * v + step_size * gradient
    return theta + v, v


def without_step_size(theta, v, gradient, step_size, beta):
    v = beta * v - gradient
    return theta + v, v


def without_brake(theta, v, gradient, step_size, beta):
    v = v - step_size * gradient
    return theta + v, v


def doubled(theta, v, gradient, step_size, beta):
    v = 2 * beta * v - step_size * gradient
    return theta + v, v


def against(theta, v, gradient, step_size, beta):
    v = beta * v - step_size * gradient
    return theta - v, v


def old_velocity(theta, v, gradient, step_size, beta):
    return theta + v, beta * v - step_size * gradient


def velocity_unused(theta, v, gradient, step_size, beta):
    return theta - step_size * gradient, beta * v - step_size * gradient


RIGHT = {
    "04 step": (2.2, ()),
    "04 momentum": (momentum, ()),
    "04 curves": (CURVES, ()),
    "04 optimizer": (RACE, (TABLE,)),
}
WRONG = [
    ("04 step", 3.8, "uphill"),
    ("04 step", -5, "the whole slope"),
    ("04 step", 8, "is the slope at"),
    ("04 step", 0.8, "where you arrive"),
    ("04 step", 2.6, "by a factor of 2"),
    ("04 step", 2.1, "multiplied α with the loss"),
    ("04 step", 1, "the lowest point of this valley"),
    ("04 step", 1.72, "after two steps"),
    ("04 step", 2.8, "without the square"),
    ("04 step", 2.5, "First the slope"),
    ("04 step", "2.2", "Leave out the quotation marks"),
    ("04 step", [2.2], "Leave out the brackets"),
    ("04 step", float("nan"), "got nan"),
    ("04 step", lambda: 2.2, "Call it"),
    ("04 momentum", lambda theta, v, g, a, b: (theta, v), "Nothing has moved"),
    ("04 momentum", lambda *given: momentum(*given)[::-1], "in the wrong order"),
    ("04 momentum", against, "moves against it"),
    ("04 momentum", lambda theta, v, g, a, b: theta - a * g, "Expected two arrays"),
    ("04 momentum", lambda t, v, g, a, b: (t.sum(), v), "Expected an array like theta"),
    ("04 momentum", uphill, "points uphill"),
    ("04 momentum", old_velocity, "old velocity"),
    ("04 momentum", without_step_size, "step size is missing"),
    ("04 momentum", velocity_unused, "does not use it"),
    ("04 momentum", without_brake, "without the brake"),
    ("04 momentum", doubled, "a step along the gradient"),
    ("04 curves", {"A": "mini-batches"}, "The key 'B' is missing"),
    ("04 curves", {**CURVES, "A": "noisy"}, 'At "A": expected one of'),
    ("04 curves", list(CURVES.values()), "got a list of 4"),
    (
        "04 curves",
        {**CURVES, "A": "too large", "C": "mini-batches"},
        "Noise and jumps are not the same",
    ),
    (
        "04 curves",
        {**CURVES, "B": "just right", "D": "too small"},
        "A smooth curve is not always a good one",
    ),
    ("04 curves", {**CURVES, "B": "too large", "C": "too small"}, "only very slowly"),
    ("04 curves", {**CURVES, "C": "mini-batches"}, "one curve"),
    (
        "04 curves",
        {**CURVES, "A": "just right", "D": "mini-batches"},
        "Ask three things",
    ),
    ("04 optimizer", {"sgd"}, "first column"),
    ("04 optimizer", set(), "An empty set"),
    ("04 optimizer", 0.03, "got the number 0.03"),
    ("04 optimizer", {"plain 0.1", "adam 0.03"}, "The wrong way round"),
    ("04 optimizer", "adam 0.03", "lowest training loss"),
    ("04 optimizer", {"momentum 0.03"}, "not alone"),
    ("04 optimizer", {"plain 0.3"}, "wins with seed 0"),
    ("04 optimizer", list(TABLE), "Not all of them"),
    ("04 optimizer", RACE | {"plain 0.1"}, "two separate intervals"),
    ("04 optimizer", RACE - {"adam 0.02"}, "cut from the same pictures"),
    ("04 optimizer", RACE - {"momentum 0.03"}, "in the race too"),
    ("04 optimizer", {"plain 0.1"}, "Keep the candidate"),
]
