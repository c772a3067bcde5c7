"""Right and wrong answers to the exercises of notebook 10."""

import os
import shutil
from pathlib import Path

TABLE = {
    "letters": {"validation": 0.85, "megabytes": 1.88, "time": 1.0},
    "letters-small": {"validation": 0.7, "megabytes": 0.5, "time": 0.4},
    "letters-bn": {"validation": 0.87, "megabytes": 1.93, "time": 1.3},
    "random": {"validation": 0.12, "megabytes": 1.88, "time": 1.0},
    "large": {"validation": 0.8, "megabytes": 59.0, "time": 12.0},
}
LIMITS = {"megabytes": 1.9, "time": 1.2}


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


THREE = {"optimizer", "class names", "check sum"}
BY_TEST = {"step size": "each its own, by test"}
ONE_STEP_SIZE = {"step size": "one for both"}

RIGHT = {
    "10 choose": ("letters", (TABLE, LIMITS)),
    "10 lost": ({"class names", "check sum"}, ()),
    "10 safe": (safe, ()),
    "10 fair": (design(), ()),
}
WRONG = [
    ("10 choose", "vgg19", "No backbone of that name"),
    ("10 choose", "letters-bn", "best of all, and it breaks a limit"),
    ("10 choose", "large", "compare its megabytes"),
    ("10 choose", "letters-small", "It is the smallest"),
    ("10 choose", "random", "knows nothing"),
    ("10 lost", "class names", "That is one word"),
    ("10 lost", {"labels"}, "not on the list"),
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
    ("10 safe", copies, "a second copy stays behind"),
    ("10 safe", other_suffix, "must end in .keras"),
    ("10 fair", design(score=...), "Not finished yet"),
    ("10 fair", design(labels="other draws"), "learn from the same pictures"),
    ("10 fair", design(head="each its own"), "which of the two made the difference"),
    ("10 fair", design(**ONE_STEP_SIZE), "tried at its best"),
    ("10 fair", design(**BY_TEST), "has seen the answers"),
    ("10 fair", design(seeds=1), "at least five"),
    ("10 fair", design(score="accuracy on validation"), "flatters both"),
    ("10 fair", design(score="two accuracies on test"), "draw by draw"),
    ("10 fair", design(labels="all"), "What is compared must differ"),
]
