"""Right and wrong answers to the exercises of notebook 03."""

from math import log, log2, log10

import numpy as np
from scipy.special import log_softmax, softmax


def each(logits, labels):
    return -log_softmax(logits, axis=1)[np.arange(len(labels)), labels]


def naive(logits, labels):
    powers = np.exp(logits)
    return -np.log(
        (powers / powers.sum(axis=1, keepdims=True))[np.arange(len(labels)), labels]
    ).mean()


def zero_probability(logits, labels):  # a stable softmax, and then the logarithm of it
    return -np.log(softmax(logits, axis=1)[np.arange(len(labels)), labels]).mean()


def clipped(logits, labels):
    return -np.log(
        np.clip(softmax(logits, axis=1), 1e-7, 1)[np.arange(len(labels)), labels]
    ).mean()


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


RIGHT = {
    "03 stable": (lambda z, y: each(z, y).mean(), ()),
    "03 average": (lambda losses, batch: sum(sums(losses, batch)) / len(losses), ()),
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
    (
        "03 stable",
        lambda z, y: softmax(z, axis=1).mean(),
        "minus the logit of the true class",
    ),
    (
        "03 average",
        lambda losses, batch: np.mean(means(losses, batch)),
        "mean of the batch means",
    ),
    (
        "03 average",
        lambda losses, batch: np.mean(sums(losses, batch)),
        "number of batches",
    ),
    (
        "03 average",
        lambda losses, batch: (
            sum(sums(losses, batch)) / (batch * len(means(losses, batch)))
        ),
        "were full",
    ),
    (
        "03 average",
        lambda losses, batch: np.mean(means(losses, batch)[:-1]),
        "They count too",
    ),
    ("03 average", lambda losses, batch: sum(sums(losses, batch)), "sum of all losses"),
    ("03 average", lambda losses, batch: losses.max(), "divide once, at the end"),
    ("03 first loss", ("A", log(40)), "where every honest training begins"),
    ("03 first loss", ("C", log(40)), "does not count right answers"),
    ("03 first loss", ("B", log(10)), "each class 1/40"),
    ("03 first loss", ("B", 4 * log(10)), "not four times the loss"),
    ("03 first loss", ("B", log2(40)), "in bits"),
    ("03 first loss", ("B", log10(40)), "base 10"),
    ("03 first loss", ("B", 1 / 40), "the probability of each class"),
    ("03 first loss", ("B", 7.0), "What is it for forty letters?"),
]
