"""Exercises of notebook 03, Cross-entropy."""

from collections.abc import Callable
from math import log, log2, log10
from typing import Any

import numpy as np

from ..checks import Exercise
from . import by_name


def _result(function, *given) -> np.ndarray:
    """What a learner's function makes of copies of the numbers.

    NumPy's warnings are left out: to overflow is one of the mistakes, not an accident.
    """
    copied = [np.copy(some) if isinstance(some, np.ndarray) else some for some in given]
    with np.errstate(all="ignore"):
        return np.asarray(function(*copied), float)


def _gives(function, value: float, *given) -> bool:
    """Whether a learner's function gives this one number."""
    result = _result(function, *given)
    return result.shape == () and bool(np.isclose(result, value, atol=1e-6))


stable = Exercise(
    "03 stable",
    expects="a function from logits (n, c) and labels (n,) to one number, the mean "
    "loss",
    praise="Right, also for logits of 1000: no power is larger than 1, and no "
    "logarithm meets 0.",
    hint="For each picture: the logarithm of the sum of all powers, minus the logit of "
    "the true class. Then the mean.",
)
LOGITS = np.random.default_rng(3).normal(0, 2, (6, 4))
LABELS = np.array([0, 3, 1, 1, 2, 0])
EXTREME = np.array([[1000.0, 0, -1000], [0, 800, 0]])
EXTREME_LABELS = np.array([0, 0])  # whose losses are 0 and 800


def _loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross-entropy of logits (n, c) and labels (n,), the stable way."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    true = shifted[np.arange(len(labels)), labels]
    return float((np.log(np.exp(shifted).sum(axis=1)) - true).mean())


def _gives_loss_times(factor: float, function) -> bool:
    """Whether a function gives the loss times a factor, on logits of an
    ordinary size.
    """
    return _gives(function, factor * _loss(LOGITS, LABELS), LOGITS, LABELS)


def _passes_on_huge_logits(function, test: Callable[[np.ndarray], Any]) -> bool:
    """Whether a function is right on ordinary logits, and its loss of huge
    ones passes.
    """
    if not _gives_loss_times(1, function):
        return False
    return bool(test(_result(function, EXTREME, EXTREME_LABELS)))


@stable.right
def right_for_huge_logits(function):
    return _passes_on_huge_logits(function, lambda loss: np.isclose(loss, 400))


@stable.mistake
def one_loss_for_each_picture(function):
    """That is one loss for each picture. The loss of the text is their mean: one
    number.
    """
    return _result(function, LOGITS, LABELS).shape == LABELS.shape


@stable.mistake
def wrong_sign(function):
    """The size is right, the sign is not: a logarithm of a probability is negative, and
    the minus in front of the formula makes it a loss.
    """
    return _gives_loss_times(-1, function)


@stable.mistake
def in_bits(function):
    """That is the loss in bits, with the logarithm to base 2. Keras and the formula use
    the natural one: np.log.
    """
    return _gives_loss_times(1 / log(2), function)


@stable.mistake
def to_base_ten(function):
    """That is the logarithm to base 10. The formula means the natural one: np.log."""
    return _gives_loss_times(1 / log(10), function)


@stable.mistake
def mean_over_classes_too(function):
    """You divided by pictures times classes. Each picture has one loss, a sum over
    classes: divide by the number of pictures alone.
    """
    return _gives_loss_times(1 / LOGITS.shape[1], function)


@stable.mistake
def sum_of_losses(function):
    """That is the sum over all pictures. The formula divides it by their number N."""
    return _gives_loss_times(len(LABELS), function)


@stable.mistake
def overflows(function):
    """Right for ordinary logits. For a logit of 1000 np.exp overflows, or a logarithm
    meets 0, and inf or nan comes out: subtract the largest logit of each picture first,
    and do not take the logarithm of a probability that may be 0.
    """
    return _passes_on_huge_logits(function, lambda loss: not np.isfinite(loss))


@stable.mistake
def clipped(function):
    """Right for ordinary logits. For huge ones your loss is finite but wrong: a
    probability cut off at a small number hides how wrong the network is. No cutting is
    needed if you subtract logarithms.
    """
    return _passes_on_huge_logits(function, np.isfinite)


average = Exercise(
    "03 average",
    expects="a function epoch_loss(losses, batch) that gives one number",
    praise="Every picture counts once, whatever the size of its batch.",
    hint="Add up losses, not means, and divide once, at the end, by the number of "
    "pictures.",
)
LOSSES = np.array([0.1, 0.3, 0.2, 0.6, 0.4, 0.2, 0.1, 0.5, 2.0, 3.0])
BATCH = 4  # so that the last batch holds two
SUMS = np.array([LOSSES[start : start + BATCH].sum() for start in (0, 4, 8)])
MEANS = SUMS / (4, 4, 2)


def _gives_epoch_loss(function, value: float) -> bool:
    return _gives(function, value, LOSSES, BATCH)


@average.right
def mean_over_pictures(function):
    return _gives_epoch_loss(function, LOSSES.mean())


@average.mistake
def mean_of_means(function):
    """Still the mean of the batch means. With ten pictures in batches of four, the last
    batch has two, and each of those counts twice as much as any other.
    """
    return _gives_epoch_loss(function, MEANS.mean())


@average.mistake
def divided_by_batches(function):
    """The sums are right now. But you divide by the number of batches, and there are
    more pictures than batches.
    """
    return _gives_epoch_loss(function, SUMS.mean())


@average.mistake
def as_if_all_were_full(function):
    """You divide as if the last batch were full. Count the pictures that are there."""
    return _gives_epoch_loss(function, SUMS.sum() / (3 * BATCH))


@average.mistake
def without_the_last_batch(function):
    """The short batch is gone, and with it the pictures in it. They count too."""
    return _gives_epoch_loss(function, MEANS[:2].mean())


@average.mistake
def sum_of_all(function):
    """That is the sum of all losses: divide it by the number of pictures."""
    return _gives_epoch_loss(function, SUMS.sum())


first_loss = Exercise(
    "03 first loss",
    expects='a letter and a number, such as ("A", 1.0)',
    praise="An even spread over C classes costs ln C: 2.303 for ten, 3.689 for forty.",
    hint="Put the same probability for each class into −log ŷ: 1/10 for digits. What "
    "is it for forty letters?",
)


@first_loss.right
def even_spread(answer):
    return answer[0] == "B" and abs(answer[1] - log(40)) < 0.02


@first_loss.mistake
def stuck(answer):
    """Nothing is stuck yet: an untrained network should begin about here. If it is
    still ln 10 after some epochs, then worry.
    """
    return answer[0] == "A"


@first_loss.mistake
def counts_right_answers(answer):
    """The loss does not count right answers. A network can name every picture correctly
    with 0.11 for the truth, and its loss is still about ln 10.
    """
    return answer[0] == "C"


@first_loss.mistake
def for_ten_classes(answer):
    """That is the loss for ten classes again. With forty, an even spread gives each
    class 1/40.
    """
    return abs(answer[1] - log(10)) < 0.02


@first_loss.mistake
def four_times_the_loss(answer):
    """Four times the classes is not four times the loss: what grows is the logarithm of
    their number.
    """
    return abs(answer[1] - 4 * log(10)) < 0.05


@first_loss.mistake
def first_loss_in_bits(answer):
    """That is in bits. Keras shows nats: the natural logarithm."""
    return abs(answer[1] - log2(40)) < 0.02


@first_loss.mistake
def first_loss_to_base_ten(answer):
    """That is the logarithm to base 10; the loss uses the natural one."""
    return abs(answer[1] - log10(40)) < 0.02


@first_loss.mistake
def a_probability(answer):
    """That is the probability of each class. The loss is minus its logarithm."""
    return abs(answer[1] - 1 / 40) < 0.002


EXERCISES = by_name((stable, average, first_loss))
