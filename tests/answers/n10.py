"""Right and wrong answers to the exercises of notebook 10."""

import os
import shutil
from pathlib import Path

import numpy as np
from scipy.special import softmax

TABLE = {
    "letters": {"validation": 0.85, "megabytes": 1.88, "time": 1.0},
    "letters-small": {"validation": 0.7, "megabytes": 0.5, "time": 0.4},
    "letters-bn": {"validation": 0.87, "megabytes": 1.93, "time": 1.3},
    "random": {"validation": 0.12, "megabytes": 1.88, "time": 1.0},
    "large": {"validation": 0.8, "megabytes": 59.0, "time": 12.0},
}
LIMITS = {"megabytes": 1.9, "time": 1.2}
BROKEN = ("letters-bn", "large")


def chosen(name, *struck_out):
    return {"struck out": list(struck_out or BROKEN), "chosen": name}


def half(file):
    return Path(file).with_name("half-" + Path(file).name)


def safe(model, file):
    model.save(half(file))
    os.replace(half(file), file)


def in_place(model, file):
    model.save(file)


def nothing(model, file):
    model.save(half(file))


def removes_first(model, file):
    Path(file).unlink()
    safe(model, file)


def swallows(model, file):
    try:
        safe(model, file)
    except InterruptedError:
        print("oh well")


def copies(model, file):
    model.save(half(file))
    shutil.copy(half(file), file)


def overwrites(model, file):
    safe(model, file)
    Path(file).write_bytes(b"today")


def other_suffix(model, file):
    model.save(Path(file).with_suffix(".part"))


def design(**changes):
    return {
        "labels": "same draws",
        "head": "same",
        "step size": "each its own, by validation",
        "seeds": 5,
        "score": "paired difference on test",
        **changes,
    }


def say(logits, classes, least):
    shares = softmax(logits)
    best = int(shares.argmax())
    return (classes[best], shares[best]) if shares[best] >= least else None


def turned(logits, classes, least):
    said = say(logits, classes, least)
    return said and said[::-1]


def says(
    name=lambda z, names: names[int(z.argmax())], number=lambda z: softmax(z).max()
):
    """A predictor that says another name or another number, and is silent as it should
    be.
    """

    def function(logits, classes, least):
        silent = say(logits, classes, least) is None
        return None if silent else (name(logits, classes), number(logits))

    return function


def naive(logits, classes, least):
    shares = np.exp(logits) / np.exp(logits).sum()
    best = int(logits.argmax())
    return None if shares[best] < least else (classes[best], shares[best])


THREE = {"optimizer", "class names", "check sum"}
BY_TEST = {"step size": "each its own, by test"}
ONE_STEP_SIZE = {"step size": "one for both"}

RIGHT = {
    "10 choose": (chosen("letters"), (TABLE, LIMITS)),
    "10 lost": ({"class names", "check sum"}, ()),
    "10 safe": (safe, ()),
    "10 fair": (design(), ()),
    "10 say": (say, ()),
}
WRONG = [
    ("10 choose", chosen("vgg19"), "One of your names is not in the table"),
    ("10 choose", chosen("large"), "a backbone that you have struck out"),
    ("10 choose", chosen("letters-bn", "large"), "best of all. But does it fit"),
    ("10 choose", "letters", "got the text 'letters'"),
    ("10 choose", chosen(["letters"]), 'At "chosen": expected one name'),
    ("10 choose", chosen("large", "letters-bn"), "compare its megabytes"),
    ("10 choose", chosen("letters", "large"), "too many or too few"),
    ("10 choose", chosen("letters", *BROKEN, "random"), "too many or too few"),
    ("10 choose", chosen("letters-small"), "It is the smallest"),
    ("10 choose", chosen("random"), "knows nothing"),
    ("10 lost", "class names", "That is one word"),
    ("10 lost", {"labels"}, "with the text 'labels'"),
    ("10 lost", {"Class names"}, 'Did you mean "class names"'),
    ("10 lost", {"weights", "loss", "optimizer"}, "has kept"),
    ("10 lost", ["class names", "check sum", *("weights", "loss", "optimizer")], "old"),
    ("10 lost", set(), "Something is lost"),
    ("10 lost", {"weights", "class names"}, "to the last bit"),
    ("10 lost", THREE, "has the optimizer and its state"),
    ("10 lost", {"loss", "class names"}, "The loss is there"),
    ("10 lost", {"class names"}, "Which of them noticed?"),
    ("10 lost", {"check sum"}, "True, but not all. Print"),
    ("10 safe", nothing, "Nothing was saved"),
    ("10 safe", in_place, "It writes to `file` itself"),
    ("10 safe", removes_first, "before the new one is"),
    ("10 safe", swallows, "passed without a word"),
    ("10 safe", copies, "a second file stays behind"),
    ("10 safe", other_suffix, "Keras refused the name"),
    ("10 safe", lambda model, file: model.save("half-" + file), "a path, not a text"),
    ("10 safe", overwrites, "does not hold today's model"),
    ("10 safe", lambda model: None, "must take 2 arguments"),
    ("10 safe", "model.keras", "Expected a function of model and file"),
    ("10 fair", design(labels="other draws"), "learn from the same pictures"),
    ("10 fair", design(seeds="5"), "Leave out the quotation marks"),
    ("10 fair", design(head=True), 'At "head": expected one of'),
    ("10 fair", design(head="each its own"), "which of the two made the difference"),
    ("10 fair", design(**ONE_STEP_SIZE), "tried at its best"),
    ("10 fair", design(**BY_TEST), "has seen the answers"),
    ("10 fair", design(seeds=1), "How many did this course take"),
    ("10 fair", design(score="accuracy on validation"), "flatters both"),
    ("10 fair", design(score="two accuracies on test"), "What does 07 do"),
    ("10 fair", design(labels="all"), "got the text 'all'"),
    ("10 say", lambda z, names, least: None, "It says nothing"),
    ("10 say", lambda z, names, least: say(z, names, 0.5), "what is `least` for"),
    ("10 say", lambda *given: (say(*given) or [None])[0], "a name alone"),
    ("10 say", turned, "in the wrong order: first the name"),
    ("10 say", lambda z, names, least: softmax(z), "a pair is asked for"),
    ("10 say", says(lambda z, n: n[int(z.argmin())]), "of the smallest logit"),
    ("10 say", says(number=lambda z: 100 * softmax(z).max()), "in percent"),
    ("10 say", lambda z, names, least: say(z, names, 0), "little more than a guess"),
    ("10 say", says(lambda z, n: sorted(n)[int(z.argmax())]), "in the wrong order"),
    ("10 say", says(lambda z, n: int(z.argmax())), "the place of the class"),
    ("10 say", says(number=lambda z: z.max()), "the number is a logit"),
    ("10 say", naive, "the powers overflow"),
    ("10 say", says(number=lambda z: 1.0), "not the probability of its class"),
    ("10 say", says(lambda z, n: "nine"), "Below `least`, return None"),
]
