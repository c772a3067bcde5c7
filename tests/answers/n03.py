"""Right and wrong answers to the exercises of notebook 03."""

from math import log, log2, log10

import numpy as np
from scipy.special import log_softmax, softmax


def of_truth(numbers, labels):
    """In each row of (n, classes), the number of the true class: (n,)."""
    return numbers[np.arange(len(labels)), labels]


def each(logits, labels):
    return -of_truth(log_softmax(logits, axis=1), labels)


def mean(logits, labels):
    return each(logits, labels).mean()


def naive(logits, labels):
    powers = np.exp(logits)
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return -np.log(of_truth(probabilities, labels)).mean()


def zero_probability(logits, labels):
    """A stable softmax, and then the logarithm of it."""
    return -np.log(of_truth(softmax(logits, axis=1), labels)).mean()


def clipped(logits, labels):
    probabilities = np.clip(softmax(logits, axis=1), 1e-7, 1)
    return -np.log(of_truth(probabilities, labels)).mean()


def mean_probability(logits, labels):
    return softmax(logits, axis=1).mean()


def over_classes(logits, labels):
    return -(np.eye(logits.shape[1])[labels] * log_softmax(logits, axis=1)).mean()


def means(losses, batch):
    return [
        losses[start : start + batch].mean() for start in range(0, len(losses), batch)
    ]


def sums(losses, batch):
    return [
        losses[start : start + batch].sum() for start in range(0, len(losses), batch)
    ]


def average(losses, batch):
    return sum(sums(losses, batch)) / len(losses)


def of_means(losses, batch):
    return np.mean(means(losses, batch))


def of_sums(losses, batch):
    return np.mean(sums(losses, batch))


def all_full(losses, batch):
    return sum(sums(losses, batch)) / (batch * len(means(losses, batch)))


def last_left_out(losses, batch):
    return np.mean(means(losses, batch)[:-1])


RIGHT = {
    "03 stable": (mean, ()),
    "03 average": (average, ()),
    "03 first loss": (("B", 3.689), ()),
}
WRONG = [
    ("03 stable", each, "one loss for each picture"),
    ("03 stable", lambda z, y: -each(z, y).mean(), "the sign is not"),
    ("03 stable", lambda z, y: each(z, y).mean() / np.log(2), "in bits"),
    ("03 stable", lambda z, y: each(z, y).mean() / np.log(10), "base 10"),
    ("03 stable", over_classes, "pictures times classes"),
    ("03 stable", lambda z, y: each(z, y).sum(), "sum over all pictures"),
    ("03 stable", naive, "np.exp overflows"),
    ("03 stable", zero_probability, "a logarithm meets 0"),
    ("03 stable", clipped, "finite but wrong"),
    ("03 stable", mean_probability, "minus the logit of the true class"),
    ("03 average", of_means, "mean of the batch means"),
    ("03 average", of_sums, "number of batches"),
    ("03 average", all_full, "were full"),
    ("03 average", last_left_out, "They count too"),
    ("03 average", lambda losses, batch: sum(sums(losses, batch)), "sum of all losses"),
    ("03 average", lambda losses, batch: losses.max(), "divide once, at the end"),
    ("03 first loss", ("A", log(40)), "an untrained network should begin about here"),
    ("03 first loss", ("C", log(40)), "does not count right answers"),
    ("03 first loss", ("B", log(10)), "each class 1/40"),
    ("03 first loss", ("B", 4 * log(10)), "not four times the loss"),
    ("03 first loss", ("B", log2(40)), "in bits"),
    ("03 first loss", ("B", log10(40)), "base 10"),
    ("03 first loss", ("B", 1 / 40), "the probability of each class"),
    ("03 first loss", ("B", 7.0), "What is it for forty letters?"),
]
