"""Exercises of notebook 03, Cross-entropy."""

from collections.abc import Callable
from math import log, log2, log10
from typing import Any

import numpy as np

from ..checks import Exercise

LOGITS, LABELS = (
    np.random.default_rng(3).normal(0, 2, (6, 4)),
    np.array([0, 3, 1, 1, 2, 0]),
)
EXTREME = np.array(
    [[1000.0, 0, -1000], [0, 800, 0]]
)  # labels 0 and 0: losses 0 and 800
LOSSES = np.array(
    [0.1, 0.3, 0.2, 0.6, 0.4, 0.2, 0.1, 0.5, 2.0, 3.0]
)  # in batches of 4: the last holds two


def _loss(logits: np.ndarray, labels: np.ndarray) -> float:
    shifted = logits - logits.max(axis=1, keepdims=True)
    true = shifted[np.arange(len(labels)), labels]
    return float((np.log(np.exp(shifted).sum(axis=1)) - true).mean())


def _says(function: Callable, *given) -> np.ndarray:
    """What a learner's function makes of copies of the numbers; NumPy's warnings are part of the lesson, not of it."""
    with np.errstate(all="ignore"):
        return np.asarray(
            function(
                *(
                    np.copy(some) if isinstance(some, np.ndarray) else some
                    for some in given
                )
            ),
            float,
        )


def _is(function: Callable, value: float, *given) -> bool:
    said = _says(function, *given)
    return said.shape == () and bool(np.isclose(said, value, atol=1e-6))


def _usual(factor: float) -> Callable[[Any], bool]:
    """Whether the function gives so many times the loss, on logits of an ordinary size."""
    return lambda function: _is(
        function, factor * _loss(LOGITS, LABELS), LOGITS, LABELS
    )


def _extreme(test: Callable[[np.ndarray], Any]) -> Callable[[Any], bool]:
    """Whether the function is right on ordinary logits, and what it gives for huge ones passes the test."""
    return lambda function: (
        _usual(1)(function) and bool(test(_says(function, EXTREME, np.array([0, 0]))))
    )


def _epoch(value: float) -> Callable[[Any], bool]:
    return lambda function: _is(function, value, LOSSES, 4)


_SUMS = np.array([LOSSES[start : start + 4].sum() for start in (0, 4, 8)])
_MEANS = _SUMS / (4, 4, 2)

EXERCISES = {
    "03 stable": Exercise(
        "a function from logits (n, c) and labels (n,) to one number, the mean loss",
        _extreme(lambda said: np.isclose(said, 400)),
        "Right, also for logits of 1000: no power is larger than 1, and no logarithm meets 0.",
        (
            (lambda f: _says(f, LOGITS, LABELS).shape == LABELS.shape, "That is one loss for each picture. The loss of "
             "the text is their mean: one number."),
            (_usual(-1), "The size is right, the sign is not: a logarithm of a probability is negative, and the minus "
             "in front of the formula makes it a loss."),
            (_usual(1 / log(2)), "That is the loss in bits, with the logarithm to base 2. Keras and the formula use "
             "the natural one: np.log."),
            (_usual(1 / log(10)), "That is the logarithm to base 10. The formula means the natural one: np.log."),
            (_usual(1 / LOGITS.shape[1]), "You divided by pictures times classes. Each picture has one loss, a sum "
             "over classes: divide by the number of pictures alone."),
            (_usual(len(LABELS)), "That is the sum over all pictures. The formula divides it by their number N."),
            (_extreme(lambda said: not np.isfinite(said)), "Right for ordinary logits. For a logit of 1000 np.exp "
             "overflows, or a logarithm meets 0, and inf or nan comes out: subtract the largest logit of each picture "
             "first, and do not take the logarithm of a probability that may be 0."),
            (_extreme(np.isfinite), "Right for ordinary logits. For huge ones your loss is finite but wrong: a "
             "probability cut off at a small number hides how wrong the network is. No cutting is needed if you "
             "subtract logarithms."),
        ),
        "For each picture: the logarithm of the sum of all powers, minus the logit of the true class. Then the mean.",
    ),
    "03 average": Exercise(
        "a function epoch_loss(losses, batch) that gives one number",
        _epoch(LOSSES.mean()),
        "Every picture counts once, whatever the size of its batch.",
        (
            (_epoch(_MEANS.mean()), "Still the mean of the batch means. With ten pictures in batches of four, the last "
             "batch has two, and each of those counts twice as much as any other."),
            (_epoch(_SUMS.mean()), "The sums are right now. But you divide by the number of batches, and there are "
             "more pictures than batches."),
            (_epoch(_SUMS.sum() / 12), "You divide as if the last batch were full. Count the pictures that are there."),
            (_epoch(_MEANS[:2].mean()), "The short batch is gone, and with it the pictures in it. They count too."),
            (_epoch(_SUMS.sum()), "That is the sum of all losses: divide it by the number of pictures."),
        ),
        "Add up losses, not means, and divide once, at the end, by the number of pictures.",
    ),
    "03 first loss": Exercise(
        'a letter and a number, such as ("A", 1.0)',
        lambda a: a[0] == "B" and abs(a[1] - log(40)) < 0.02,
        "An even spread over C classes costs ln C: 2.303 for ten, 3.689 for forty.",
        (
            (lambda a: a[0] == "A", "Nothing is stuck yet: this is where every honest training begins. If it is still "
             "ln 10 after some epochs, then worry."),
            (lambda a: a[0] == "C", "The loss does not count right answers. A network can name every picture rightly "
             "with 0.11 for the truth, and its loss is still about ln 10."),
            (lambda a: abs(a[1] - log(10)) < 0.02, "That is the loss for ten classes again. With forty, an even spread "
             "gives each class 1/40."),
            (lambda a: abs(a[1] - 4 * log(10)) < 0.05, "Four times the classes is not four times the loss: what grows "
             "is the logarithm of their number."),
            (lambda a: abs(a[1] - log2(40)) < 0.02, "That is in bits. Keras shows nats: the natural logarithm."),
            (lambda a: abs(a[1] - log10(40)) < 0.02, "That is the logarithm to base 10; the loss uses the natural "
             "one."),
            (lambda a: abs(a[1] - 1 / 40) < 0.002, "That is the probability of each class. The loss is minus its "
             "logarithm."),
        ),
        "Put the same probability for each class into −log ŷ: 1/10 for digits. What is it for forty letters?",
    ),
}  # fmt: skip
