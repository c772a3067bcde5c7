"""Exercises of notebook 03, Cross-entropy."""

from collections.abc import Callable
from math import log, log2, log10
from typing import Any, NamedTuple

import numpy as np

from ..checks import Exercise
from ..kinds import Anything, Array, Function, Number, Several, Word, numbers_of
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
    praise="Right, also for logits of 1000: no power is larger than 1, and you never "
    "take the logarithm of 0.",
    hint="For each picture: the logarithm of the sum of all powers, minus the logit of "
    "the true class. Then the mean.",
    ask="This is not the mean loss, even for small logits. Compare your line with the "
    "formula, symbol by symbol: which array stands for which symbol?",
    kind=Function("z, labels", gives=Array()),
    place="Exercise: write it stably",
    start="""
def stable_loss(z, labels):
    powers = np.exp(z)
    y_hat = powers / powers.sum(axis=1, keepdims=True)
    return -np.log(y_hat[np.arange(len(labels)), labels]).mean()
""",
)
LOGITS = np.random.default_rng(3).normal(0, 2, (6, 4))
LABELS = np.array([0, 3, 1, 1, 2, 0])
# The last two rows overflow, or become 0, if the largest logit of all is subtracted.
EXTREME = np.array([[1000.0, 0, -1000], [0, 800, 0], [0, 0, 0], [-900, -900, -900]])
EXTREME_LABELS = np.array([0, 0, 2, 1])  # whose losses are 0, 800, ln 3 and ln 3


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


def _error(function) -> str:
    """What NumPy says if a function stops on ordinary logits; empty if it does not."""
    try:
        _result(function, LOGITS, LABELS)
    except ValueError as error:
        return str(error)
    return ""


def _row_by_row(function) -> np.ndarray:
    """A function's losses of the huge logits, each row by itself."""
    pairs = zip(EXTREME, EXTREME_LABELS, strict=True)
    rows = [_result(function, z[None], np.array([label])) for z, label in pairs]
    return np.array(rows, float).ravel()


def _passes_on_huge_logits(function, test: Callable[[np.ndarray], Any]) -> bool:
    """Whether a function is right on ordinary logits, and its loss of huge
    ones passes.
    """
    if not _gives_loss_times(1, function):
        return False
    return bool(test(_result(function, EXTREME, EXTREME_LABELS)))


@stable.right
def right_for_huge_logits(function):
    if _error(function) or _changes_what_it_gets(function):
        return False
    wanted = _loss(EXTREME, EXTREME_LABELS)
    return _passes_on_huge_logits(function, lambda loss: np.isclose(loss, wanted))


def _changes_what_it_gets(function) -> bool:
    """Whether a function leaves other logits behind than it was given."""
    given = LOGITS.copy()
    with np.errstate(all="ignore"):
        function(given, LABELS.copy())
    return not np.array_equal(given, LOGITS)


@stable.mistake
def without_keepdims(function):
    """NumPy cannot subtract one number for each picture from a table of logits, because
    the shapes (n, c) and (n,) do not fit. `keepdims=True` gives the shape (n, 1).
    """
    return "broadcast" in _error(function)


@stable.mistake
def in_place(function):
    """Your function changes the logits that it gets: the caller has other logits
    afterwards. Make a new array, `z - …`, instead of `z -= …`.
    """
    return _changes_what_it_gets(function)


@stable.mistake
def one_loss_for_each_picture(function):
    """That is one loss for each picture. The exercise asks for their mean: one
    number.
    """
    return _result(function, LOGITS, LABELS).shape == LABELS.shape


@stable.mistake
def labels_not_used(function):
    """The labels have no influence on your loss. The loss of a picture is about one
    class, the true one.
    """
    others = (LABELS + 1) % LOGITS.shape[1]
    found = _result(function, LOGITS, LABELS)
    return np.array_equal(found, _result(function, LOGITS, others), equal_nan=True)


@stable.mistake
def logit_alone(function):
    """That is only the half with the true logit. The loss also has the logarithm of a
    sum over all classes.
    """
    true = float(LOGITS[np.arange(len(LABELS)), LABELS].mean())
    return _gives(function, true, LOGITS, LABELS) or _gives(
        function, -true, LOGITS, LABELS
    )


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
def true_logit_not_shifted(function):
    """You subtracted something from the logits in the sum, but not from the logit of
    the true class. What you subtract cancels only if it is in both.
    """
    return _gives(function, _loss(LOGITS, LABELS) - _largest_mean(), LOGITS, LABELS)


def _largest_mean() -> float:
    """Mean over the pictures of their largest logit."""
    return float(LOGITS.max(axis=1).mean())


@stable.mistake
def one_shift_for_all(function):
    """Each picture alone is right. In a batch, one picture's huge logit makes all
    powers of another picture 0: look at what you subtract from which rows.
    """
    each = [0, 800, log(3), log(3)]
    alone = _passes_on_huge_logits(function, lambda loss: True)
    return alone and np.allclose(_row_by_row(function), each)


@stable.mistake
def overflows(function):
    """Right for ordinary logits. For a logit of 1000, np.exp overflows or you take the
    logarithm of 0. The result is inf or nan. The formula above has a form in which
    neither can happen.
    """
    return _passes_on_huge_logits(function, lambda loss: not np.isfinite(loss))


@stable.mistake
def clipped(function):
    """Right for ordinary logits. For huge ones your loss is finite but wrong: a
    probability clipped at a small number hides how wrong the network is. You need no
    clipping if you subtract logarithms.
    """
    return _passes_on_huge_logits(function, np.isfinite)


average = Exercise(
    "03 average",
    expects="a function epoch_loss(losses, batch) that gives one number",
    praise="Every picture counts once, whatever the size of its batch.",
    hint="Add up losses, not means, and divide once, at the end, by the number of "
    "pictures.",
    ask="This is another number than the mean over all pictures. Take three "
    "pictures in batches of two: what does your function make of them by hand?",
    kind=Function("losses, batch", gives=Array()),
    place="The loss of one picture",
    start="""
def epoch_loss(losses, batch):
    starts = range(0, len(losses), batch)
    total = 0
    for start in starts:
        total += losses[start : start + batch].mean()
    return total / len(starts)
""",
)
LOSSES = np.array([0.1, 0.3, 0.2, 0.6, 0.8, 0.2, 0.1, 0.5, 2.0, 3.0])
BATCH = 4  # so that the last batch holds two
SUMS = np.array([LOSSES[start : start + BATCH].sum() for start in (0, 4, 8)])
MEANS = SUMS / (4, 4, 2)
OTHERS = LOSSES[:7] ** 2  # in batches of 3, so that the last one holds one


def _gives_epoch_loss(function, value: float) -> bool:
    return _gives(function, value, LOSSES, BATCH)


@average.right
def mean_over_pictures(function):
    return _gives_epoch_loss(function, LOSSES.mean()) and _gives(
        function, OTHERS.mean(), OTHERS, 3
    )


@average.mistake
def mean_of_means(function):
    """That is the mean of the batch means. How much does a picture of a short batch
    count in it, and how much does any other?
    """
    return _gives_epoch_loss(function, MEANS.mean())


@average.mistake
def divided_by_batches(function):
    """The sums are correct. But you divide by the number of batches, and there are more
    pictures than batches.
    """
    return _gives_epoch_loss(function, SUMS.mean())


@average.mistake
def as_if_all_were_full(function):
    """You divide as if the last batch were full. Count the pictures that are there."""
    return _gives_epoch_loss(function, SUMS.sum() / (3 * BATCH))


@average.mistake
def means_over_pictures(function):
    """You add up means, and divide by the number of pictures. A mean has been divided
    once already.
    """
    return _gives_epoch_loss(function, MEANS.sum() / len(LOSSES))


@average.mistake
def full_batches(function):
    """You multiply each mean by the size of a full batch. The last batch is smaller."""
    return _gives_epoch_loss(function, MEANS.sum() * BATCH / len(LOSSES))


@average.mistake
def without_the_last_batch(function):
    """The short batch is gone, and with it the pictures in it. They count too."""
    return _gives_epoch_loss(function, MEANS[:2].mean())


@average.mistake
def first_batch_alone(function):
    """That is the mean of the first batch: a `return` inside the loop ends it there."""
    return _gives_epoch_loss(function, MEANS[0]) or _gives_epoch_loss(
        function, SUMS[0] / len(LOSSES)
    )


@average.mistake
def last_batch_alone(function):
    """Only the last batch is left: does each round set something back that should add
    up?
    """
    return _gives_epoch_loss(function, MEANS[-1]) or _gives_epoch_loss(
        function, SUMS[-1] / len(LOSSES)
    )


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
    ask="The letter may be right; the loss is another one. Which probability has each "
    "class, if none is preferred, and what does the loss make of it?",
    kind=Several(
        Word(*"ABCabc"),
        Number(),
        wanted='two things, a letter and the loss as a number, as in ("A", 1.0)',
    ),
    place="Read the first loss",
)


def _is_letter(answer, letter: str) -> bool:
    """Whether this letter was chosen, small or capital."""
    return answer[0].upper() == letter


@first_loss.right
def even_spread(answer):
    return _is_letter(answer, "B") and abs(answer[1] - log(40)) < 0.02


@first_loss.mistake
def stuck(answer):
    """Nothing is stuck yet: this is where a network begins that prefers no class. If it
    is still ln 10 after some epochs, then worry.
    """
    return _is_letter(answer, "A")


@first_loss.mistake
def counts_right_answers(answer):
    """The loss does not count right answers. A network can name every picture correctly
    with a probability of 0.11 for the true class, and its loss is still about ln 10.
    """
    return _is_letter(answer, "C")


@first_loss.mistake
def minus_forgotten(answer):
    """The size is right. The logarithm of a probability is negative, and the loss is
    *minus* that logarithm.
    """
    return abs(answer[1] + log(40)) < 0.02


@first_loss.mistake
def for_ten_classes(answer):
    """That is the loss for ten classes again. With forty, an even spread gives each
    class 1/40.
    """
    return abs(answer[1] - log(10)) < 0.02


@first_loss.mistake
def four_times_the_loss(answer):
    """Four times as many classes do not give four times the loss: the loss grows with
    the logarithm of their number.
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


gradient = Exercise(
    "03 gradient",
    expects="a function gradients(x, y_hat, y) that returns two arrays: the gradient "
    "of the kernel, (features, c), and that of the bias, (c,)",
    praise="A weight joins one feature with one logit. Its gradient adds up feature "
    "times (ŷ − y) over the pictures, and divides by their number.",
    hint="Begin with ŷ − y, divided by the number of pictures: shape (n, c). Which "
    "product with x, shape (n, features), has the shape of the kernel?",
    ask="Two arrays, but not the two gradients. How does one weight reach the loss: "
    "through which logit, and times what?",
    kind=Function("x, y_hat, y", gives=Anything()),
    place="Its gradient is ŷ − y",
)


class Head(NamedTuple):
    """Features (n, f), probabilities and one-hot truth, both (n, c)."""

    x: np.ndarray
    y_hat: np.ndarray
    y: np.ndarray


def _head(n: int, features: int, classes: int) -> Head:
    """A random head on random features."""
    rng = np.random.default_rng(n)
    powers = np.exp(rng.normal(0, 1, (n, classes)))
    return Head(
        rng.normal(0, 1, (n, features)),
        powers / powers.sum(axis=1, keepdims=True),
        np.eye(classes)[rng.integers(0, classes, n)],
    )


# In the second one all sizes are equal, so that a wrong axis raises no error.
HEADS = (_head(6, 5, 3), _head(4, 4, 4))
Pair = tuple[np.ndarray, np.ndarray]


def _pair(function, head: Head) -> Pair | None:
    """The two arrays that a learner's function gives; None for anything else."""
    copies = [np.copy(some) for some in head]
    try:
        found = function(*copies)
    except ValueError:  # NumPy's, about shapes that do not fit
        return None
    if not isinstance(found, tuple | list) or len(found) != 2:
        return None
    kernel, bias = map(numbers_of, found)
    return None if kernel is None or bias is None else (kernel, bias)


def _are(found, wanted) -> bool:
    """Whether an array has the wanted shape and numbers."""
    return np.shape(found) == np.shape(wanted) and np.allclose(found, wanted)


def _gradients(head: Head) -> Pair:
    """The right ones, for the mean loss."""
    pull = (head.y_hat - head.y) / len(head.x)
    return head.x.T @ pull, pull.sum(axis=0)


def _gives_both(function, formula: Callable[[Head], Pair]) -> bool:
    """Whether a function gives what a formula does, for both heads."""
    for head in HEADS:
        found = _pair(function, head)
        if found is None or not all(map(_are, found, formula(head))):
            return False
    return True


def _gives_times(function, factor: Callable[[Head], float]) -> bool:
    """Whether both gradients are right but for a factor."""

    def scaled(head: Head) -> Pair:
        kernel, bias = _gradients(head)
        return factor(head) * kernel, factor(head) * bias

    return _gives_both(function, scaled)


@gradient.right
def both_gradients(function):
    return _gives_both(function, _gradients)


@gradient.mistake
def not_two_arrays(function):
    """Expected two arrays, first that of the kernel, then that of the bias: `return
    of_kernel, of_bias`. If NumPy says that shapes do not fit, one of the arrays in the
    product must be turned (`.T`).
    """
    return any(_pair(function, head) is None for head in HEADS)


@gradient.mistake
def the_other_way_round(function):
    """Two right arrays in the wrong order: first the kernel, then the bias."""
    return _gives_both(function, lambda head: _gradients(head)[::-1])


@gradient.mistake
def uphill(function):
    """The size is right, the sign is not. This is the direction in which the loss
    falls. The gradient points to where it rises: ŷ − y.
    """
    return _gives_times(function, lambda head: -1)


@gradient.mistake
def of_the_sum(function):
    """That is the gradient of the sum over all pictures. The loss is their mean."""
    return _gives_times(function, lambda head: len(head.x))


@gradient.mistake
def divided_by_classes_too(function):
    """You divided by pictures times classes. The mean is over the pictures only."""
    return _gives_times(function, lambda head: 1 / head.y.shape[1])


@gradient.mistake
def kernel_turned(function):
    """The kernel's gradient is turned round: its shape must be that of the kernel,
    (features, c). Watch out where both numbers are equal: NumPy does not notice.
    """
    found = [_pair(function, head) for head in HEADS]
    return all(map(_are, [p[0].T for p in found], [_gradients(h)[0] for h in HEADS]))


@gradient.mistake
def without_the_truth(function):
    """The truth has no influence: you used ŷ where ŷ − y belongs. Then training lowers
    every probability, the right ones too.
    """
    return _gives_both(
        function, lambda head: _gradients(head._replace(y=np.zeros_like(head.y)))
    )


@gradient.mistake
def of_the_logits(function):
    """The first array is ŷ − y itself, the gradient of the logits. A weight reaches a
    logit only through its feature: the features are missing.
    """
    found = [_pair(function, head)[0] for head in HEADS]
    pulls = [head.y_hat - head.y for head in HEADS]
    return all(map(_are, found, pulls)) or all(
        _are(some, pull / len(pull)) for some, pull in zip(found, pulls, strict=True)
    )


@gradient.mistake
def wrong_bias(function):
    """The kernel is right. The bias of a class adds to that logit of *every* picture:
    it has one number for each class, a sum over the pictures, divided by N like the
    kernel.
    """
    found = [_pair(function, head)[0] for head in HEADS]
    return all(map(_are, found, [_gradients(head)[0] for head in HEADS]))


weights = Exercise(
    "03 weights",
    expects="a function weighted_gradient(y_hat, labels, weight) that returns an array "
    "(n, c)",
    praise="Each picture pulls with the weight of its class: a weight of 2 does what a "
    "second copy of the picture would do.",
    hint="The weight of a picture depends on its label: weight[labels] has one number "
    "for each picture. It multiplies the whole row ŷ − y of this picture.",
    ask="A class with weight 2 does not act as if each of its pictures were there "
    "twice. Which part of the gradient belongs to one picture?",
    kind=Function(
        "y_hat, labels, weight",
        gives=Array("an array (n, c)", lambda y_hat, labels, weight: y_hat.shape),
    ),
    place="Class weights: when one class is rare",
    start="""
def weighted_gradient(y_hat, labels, weight):
    return (y_hat - np.eye(len(weight))[labels]) / len(labels)
""",
)
WEIGHT = np.array([2.0, 1.0, 4.0, 3.0])  # whole numbers, of four classes
PICTURES = np.array([3, 0, 2, 2])  # as many as classes: a wrong axis raises no error
MORE = np.array([0, 0, 1, 3, 2, 1, 3])


def _probabilities(n: int) -> np.ndarray:
    """Random ones, (n, 4)."""
    powers = np.exp(np.random.default_rng(n).normal(0, 1, (n, len(WEIGHT))))
    return powers / powers.sum(axis=1, keepdims=True)


def _pulls(labels: np.ndarray) -> np.ndarray:
    """ŷ − y, (n, 4)."""
    return _probabilities(len(labels)) - np.eye(len(WEIGHT))[labels]


def _gives_pulls(function, formula: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Whether a function gives what a formula makes of the labels, for both sets."""
    for labels in (PICTURES, MORE):
        given = (np.copy(_probabilities(len(labels))), np.copy(labels), np.copy(WEIGHT))
        try:
            found = np.asarray(function(*given), float)
        except (ValueError, IndexError):  # NumPy's, about shapes that do not fit
            return False
        if not _are(found, formula(labels)):
            return False
    return True


def _as_if_repeated(labels: np.ndarray) -> np.ndarray:
    """What each picture's pull comes to, if it is there as often as its weight says.

    Divided by the number of different pictures.
    """
    often = WEIGHT[labels].astype(int)
    picture = np.repeat(np.arange(len(labels)), often)  # (copies,)
    copies = _pulls(labels)[picture]
    total = [copies[picture == i].sum(axis=0) for i in range(len(labels))]
    return np.array(total) / len(labels)


def _weighted(labels: np.ndarray) -> np.ndarray:
    """w (ŷ − y) / N, (n, 4)."""
    return WEIGHT[labels, None] * _pulls(labels) / len(labels)


@weights.right
def like_copies_of_the_pictures(function):
    return _gives_pulls(function, _as_if_repeated)


@weights.mistake
def by_column(function):
    """You multiplied the columns: all pictures' pulls at class 0 by the weight of class
    0, and so on. The weight belongs to the *picture*, by its label, and multiplies its
    whole row.
    """
    by_columns = lambda labels: WEIGHT * _pulls(labels)  # noqa: E731
    return _gives_pulls(function, lambda labels: by_columns(labels) / len(labels)) or (
        _gives_pulls(function, by_columns)
    )


@weights.mistake
def by_place(function):
    """You gave the first picture the weight of class 0, the second one that of class 1
    … A picture's place in the batch says nothing about its class.
    """
    given = _probabilities(len(PICTURES)), PICTURES, WEIGHT
    wanted = WEIGHT[:, None] * _pulls(PICTURES) / len(PICTURES)
    try:
        return _are(function(*map(np.copy, given)), wanted)
    except (ValueError, IndexError):
        return False


@weights.mistake
def without_weights(function):
    """The weights have no influence: this is the plain gradient."""
    return _gives_pulls(function, lambda labels: _pulls(labels) / len(labels))


@weights.mistake
def weighted_uphill(function):
    """The size is right, the sign is not: the gradient is ŷ − y, not y − ŷ."""
    return _gives_pulls(function, lambda labels: -_weighted(labels))


@weights.mistake
def weighted_sum(function):
    """The weights are right. The loss above is divided by N, the number of pictures, so
    its gradient is, too.
    """
    return _gives_pulls(function, lambda labels: len(labels) * _weighted(labels))


@weights.mistake
def divided_by_weights(function):
    """You divided by the sum of the weights. That is a mean, too, but not the one of
    the formula: there N is the number of pictures.
    """
    return _gives_pulls(
        function,
        lambda labels: len(labels) * _weighted(labels) / WEIGHT[labels].sum(),
    )


@weights.mistake
def weighted_truth_alone(function):
    """You weighted only the truth, ŷ − w · y. Then the row of a picture no longer adds
    up to 0: its other classes must be pushed down as strongly as the true one is pulled
    up.
    """

    def only_truth(labels: np.ndarray) -> np.ndarray:
        truth = np.eye(len(WEIGHT))[labels]
        pulls = _probabilities(len(labels)) - WEIGHT[labels, None] * truth
        return pulls / len(labels)

    return _gives_pulls(function, only_truth)


EXERCISES = by_name((stable, gradient, first_loss, weights, average))
