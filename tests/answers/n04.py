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
    ("04 step", 2.6, "factor 2"),
    ("04 step", 2.1, "multiplied α with the loss"),
    ("04 step", 1, "First the slope"),
    ("04 momentum", lambda theta, v, g, a, b: (theta, v), "Nothing has moved"),
    ("04 momentum", uphill, "points uphill"),
    ("04 momentum", old_velocity, "old velocity"),
    ("04 momentum", without_step_size, "step size is missing"),
    ("04 momentum", velocity_unused, "does not use it"),
    ("04 momentum", without_brake, "multiplied by β"),
    ("04 momentum", doubled, "Two lines"),
    ("04 curves", {"A": "mini-batches"}, "all four curves"),
    ("04 curves", {**CURVES, "A": "noisy"}, "as they are printed"),
    (
        "04 curves",
        {**CURVES, "A": "too large", "C": "mini-batches"},
        "Both go up and down",
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
    ("04 optimizer", "adam 0.03", "lowest training loss"),
    ("04 optimizer", {"momentum 0.03"}, "not alone"),
    ("04 optimizer", {"plain 0.3"}, "wins with seed 0"),
    ("04 optimizer", list(TABLE), "Not all of them"),
    ("04 optimizer", RACE | {"plain 0.1"}, "two separate intervals"),
    ("04 optimizer", RACE - {"adam 0.02"}, "cut from the same pictures"),
    ("04 optimizer", RACE - {"momentum 0.03"}, "in the race too"),
    ("04 optimizer", {"plain 0.1"}, "Keep the candidate"),
]
