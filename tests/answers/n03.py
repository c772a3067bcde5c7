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


def whole_array(logits, labels):
    """Subtracts the largest logit of all pictures."""
    shifted = logits - logits.max()
    powers = np.exp(shifted).sum(axis=1)
    return (np.log(powers) - of_truth(shifted, labels)).mean()


def flat_maximum(logits, labels):
    return mean(logits - logits.max(axis=1), labels)


def spoils(logits, labels):
    logits -= logits.max(axis=1, keepdims=True)
    return mean(logits, labels)


def shifts_only_the_sum(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return (np.log(np.exp(shifted).sum(axis=1)) - of_truth(logits, labels)).mean()


def by_means(losses, batch):
    return sum(means(losses, batch)) / len(losses)


def by_full_batches(losses, batch):
    return batch * sum(means(losses, batch)) / len(losses)


def gradients(x, y_hat, y):
    pull = (y_hat - y) / len(x)
    return x.T @ pull, pull.sum(axis=0)


def times(factor):
    """Both gradients times a factor, a function of (n, c)."""

    def scaled(x, y_hat, y):
        kernel, bias = gradients(x, y_hat, y)
        return factor(*y.shape) * kernel, factor(*y.shape) * bias

    return scaled


def turned(x, y_hat, y):
    kernel, bias = gradients(x, y_hat, y)
    return kernel.T, bias


def no_truth(x, y_hat, y):
    return gradients(x, y_hat, 0 * y)


def of_logits(x, y_hat, y):
    return (y_hat - y) / len(x), gradients(x, y_hat, y)[1]


def bias_for_each_picture(x, y_hat, y):
    return gradients(x, y_hat, y)[0], (y_hat - y).mean(axis=1)


def bias_not_divided(x, y_hat, y):
    return gradients(x, y_hat, y)[0], (y_hat - y).sum(axis=0)


def constant(x, y_hat, y):
    return np.zeros((x.shape[1], y.shape[1])), np.zeros(y.shape[1])


def weighted(y_hat, labels, weight):
    pull = y_hat - np.eye(len(weight))[labels]
    return weight[labels, None] * pull / len(labels)


def by_column(y_hat, labels, weight):
    return weighted(y_hat, labels, 0 * weight + 1) * weight


def by_place(y_hat, labels, weight):
    return weighted(y_hat, labels, 0 * weight + 1) * weight[:, None]


def unweighted(y_hat, labels, weight):
    return weighted(y_hat, labels, 0 * weight + 1)


def by_sum_of_weights(y_hat, labels, weight):
    return weighted(y_hat, labels, weight) * len(labels) / weight[labels].sum()


def truth_alone(y_hat, labels, weight):
    truth = weight[labels, None] * np.eye(len(weight))[labels]
    return (y_hat - truth) / len(labels)


RIGHT = {
    "03 stable": (mean, ()),
    "03 gradient": (gradients, ()),
    "03 weights": (weighted, ()),
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
    ("03 stable", zero_probability, "the logarithm of 0"),
    ("03 stable", whole_array, "all powers of another picture 0"),
    ("03 stable", flat_maximum, "keepdims"),
    ("03 stable", spoils, "changes the logits that it gets"),
    ("03 stable", shifts_only_the_sum, "but not from the logit of the true class"),
    ("03 stable", lambda z, y: 1.5, "The labels have no influence"),
    ("03 stable", lambda z, y: of_truth(z, y).mean(), "only the half"),
    ("03 stable", lambda z, y: mean(2 * z, y), "minus the logit of the true class"),
    ("03 stable", lambda z, y: f"{mean(z, y)}", "got the text"),
    ("03 stable", lambda z, y: z[labels], "stopped with NameError"),  # noqa: F821
    ("03 stable", 0.5, "got the number 0.5"),
    ("03 stable", clipped, "finite but wrong"),
    ("03 stable", mean_probability, "The labels have no influence"),
    ("03 average", of_means, "the mean of the batch means"),
    ("03 average", of_sums, "number of batches"),
    ("03 average", all_full, "were full"),
    ("03 average", by_means, "You add up means"),
    ("03 average", by_full_batches, "the size of a full batch"),
    ("03 average", last_left_out, "They count too"),
    ("03 average", lambda losses, batch: sum(sums(losses, batch)), "sum of all losses"),
    ("03 average", lambda losses, batch: losses[:batch].mean(), "the first batch"),
    ("03 average", lambda losses, batch: means(losses, batch)[-1], "Only the last"),
    ("03 average", lambda losses, batch: losses.max(), "divide once, at the end"),
    ("03 average", means, "returns an array of shape (3,)"),
    ("03 average", lambda losses: losses.mean(), "must take 2 arguments"),
    ("03 first loss", ("A", log(40)), "a network begins that prefers no class"),
    ("03 first loss", ("C", log(40)), "does not count right answers"),
    ("03 first loss", ("B", log(10)), "each class 1/40"),
    ("03 first loss", "B", "got the text 'B'"),
    ("03 first loss", ("B", "3.689"), "Leave out the quotation marks"),
    ("03 first loss", ("D", 3.689), "got the text 'D'"),
    ("03 first loss", ("B", float("nan")), "got nan"),
    ("03 first loss", ("b", log(1 / 40)), "*minus* that logarithm"),
    ("03 first loss", ("B", 4 * log(10)), "do not give four times the loss"),
    ("03 first loss", ("B", log2(40)), "in bits"),
    ("03 first loss", ("B", log10(40)), "base 10"),
    ("03 first loss", ("B", 1 / 40), "the probability of each class"),
    ("03 first loss", ("B", 7.0), "What is it for forty letters?"),
    ("03 gradient", lambda x, y_hat, y: y_hat - y, "Expected two arrays"),
    ("03 gradient", lambda x, y_hat, y: (x @ (y_hat - y), 0), "Expected two arrays"),
    ("03 gradient", lambda *head: gradients(*head)[::-1], "in the wrong order"),
    ("03 gradient", times(lambda n, c: -1), "the sign is not"),
    ("03 gradient", times(lambda n, c: n), "the sum over all pictures"),
    ("03 gradient", times(lambda n, c: 1 / c), "pictures times classes"),
    ("03 gradient", turned, "turned round"),
    ("03 gradient", no_truth, "The truth has no influence"),
    ("03 gradient", of_logits, "the features are missing"),
    ("03 gradient", bias_for_each_picture, "of *every* picture"),
    ("03 gradient", bias_not_divided, "of *every* picture"),
    ("03 gradient", constant, "Which product with x"),
    ("03 weights", by_column, "You multiplied the columns"),
    ("03 weights", by_place, "place in the batch"),
    ("03 weights", unweighted, "the plain gradient"),
    ("03 weights", lambda *given: -weighted(*given), "the sign is not"),
    ("03 weights", lambda p, t, w: len(p) * weighted(p, t, w), "divided by N"),
    ("03 weights", by_sum_of_weights, "the sum of the weights"),
    ("03 weights", truth_alone, "You weighted only the truth"),
    ("03 weights", lambda p, t, w: np.zeros_like(p), "one number for each picture"),
    ("03 weights", lambda p, t, w: p, "one number for each picture"),
]
