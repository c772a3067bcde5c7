"""Exercises of notebook 10, Choose, ship, go on."""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..checks import Exercise

OLD, NEW = b"the model that works" * 50, b"the model of today" * 50


class Fake:
    """Saves as a Keras model does: only to .keras, written in place. One that is interrupted stops half-way."""

    def __init__(self, interrupted: bool):
        self.interrupted = interrupted

    def save(self, file: str | Path) -> None:
        if Path(file).suffix != ".keras":
            raise ValueError(
                f"Invalid filepath extension for saving: {file}; it must end in .keras"
            )
        Path(file).write_bytes(NEW[: len(NEW) // 2] if self.interrupted else NEW)
        if self.interrupted:
            raise InterruptedError("the power went off")


def _tried(save: Callable, interrupted: bool) -> tuple[bytes, list[str], bool]:
    """What stands in model.keras after a learner's save over an old one, the other files, and if an error came."""
    with TemporaryDirectory() as folder:
        (file := Path(folder) / "model.keras").write_bytes(OLD)
        stopped = False
        try:
            save(Fake(interrupted), file)
        except InterruptedError:
            stopped = True
        rest = sorted(path.name for path in Path(folder).iterdir() if path != file)
        return file.read_bytes() if file.is_file() else b"", rest, stopped


def _saves(
    judge: Callable[[bytes, list[str], bool], bool], interrupted: bool
) -> Callable[[Any], bool]:
    return lambda save: judge(*_tried(save, interrupted))


def _safe(save) -> bool:
    whole, rest, _ = _tried(save, False)
    kept, _, stopped = _tried(save, True)
    return (whole, rest, kept, stopped) == (NEW, [], OLD, True)


FAIR = {
    "labels": "same draws", "head": "same", "step size": "each its own, by validation", "seeds": 5,
    "score": "paired difference on test",
}  # fmt: skip
Table = Mapping[str, Mapping[str, float]]  # backbone -> validation, megabytes, time


def _affordable(table: Table, limits: Mapping[str, float]) -> list[str]:
    return [
        name
        for name, row in table.items()
        if all(row[cost] <= most for cost, most in limits.items())
    ]


def _best(table: Table, names: list[str]) -> str:
    return max(names, key=lambda name: table[name]["validation"])


def _filled(design) -> bool:
    return not any(value is ... for value in design.values())


EXERCISES = {
    "10 choose": Exercise(
        'the name of a backbone in the table, such as "letters"',
        lambda a, table, limits: a == _best(table, _affordable(table, limits)),
        "Among what you can pay for, the best on validation. The test pictures were not asked.",
        (
            (lambda a, table, limits: a not in table, "No backbone of that name is in the table: copy one."),
            (lambda a, table, limits: a not in _affordable(table, limits) and a == _best(table, list(table)),
             "It is the best of all, and it breaks a limit: a model that does not fit is no candidate. First strike "
             "out, then compare."),
            (lambda a, table, limits: a not in _affordable(table, limits), "It breaks a limit: compare its megabytes "
             "and its time with both limits."),
            (lambda a, table, limits: a == min(table, key=lambda name: table[name]["megabytes"]), "It is the smallest "
             "one. A limit says what you may spend. It does not say that you must spend as little as you can: "
             "within the limits accuracy decides."),
            (lambda a, table, limits: a == min(table, key=lambda name: table[name]["validation"]), "It keeps the "
             "limits and knows nothing: its accuracy is that of guessing, or nearly. Cost is only the first half of "
             "the question."),
        ),
        "Strike out what breaks one of the two limits. Of the rest take the highest validation accuracy.",
    ),
    "10 lost": Exercise(
        'a set of names out of "weights", "loss", "optimizer", "class names", "check sum"',
        lambda a: set(a) == {"class names", "check sum"},
        "The numbers survive, and so do loss and optimizer. What the layer kept beside its weights is gone, and nobody "
        "will tell you when a byte is wrong.",
        (
            (lambda a: isinstance(a, str), "That is one word. Give a set, because more than one thing may be lost: "
             '{"…", "…"}.'),
            (lambda a: not set(a) <= {"weights", "loss", "optimizer", "class names", "check sum"}, "The set names "
             "something that is not on the list: take the five names as they stand there."),
            (lambda a: not set(a), "Something is lost. Compare what the two loaded models answer to `.names`, and what "
             "happens to either file when a byte is changed."),
            (lambda a: "weights" in set(a), "The weights are there, to the last bit: compare old.get_weights() "
             "with model.get_weights()."),
            (lambda a: "optimizer" in set(a), "The .h5 has the optimizer and its state: look at old.optimizer"
             ".iterations. (It is the *next* .keras file that an .h5 robs of it.)"),
            (lambda a: "loss" in set(a), "The loss is there: look at old.loss. An .h5 keeps how the model was "
             "compiled."),
            (lambda a: "check sum" not in set(a), "True, but not all. Some pages above, one byte was changed in both "
             "kinds of file. Which of them noticed?"),
            (lambda a: "class names" not in set(a), "True, but not all. Print old.layers[-1].names and "
             "new.layers[-1].names."),
        ),
        "Print the same five things of both loaded models, and put the names of those that differ into the set.",
    ),
    "10 safe": Exercise(
        "a function save(model, file) that leaves nothing behind but a whole file",
        _safe,
        "Whatever happens while it writes, `file` is either the whole old model or the whole new one.",
        (
            (_saves(lambda kept, rest, stopped: kept == OLD and not stopped, False), "Nothing was saved: `file` still "
             "holds the old model. Give the finished file its name with os.replace."),
            (_saves(lambda kept, rest, stopped: kept == NEW[: len(NEW) // 2], True), "It writes to `file` itself. When "
             "that was interrupted, half a model stood where a whole one had been."),
            (_saves(lambda kept, rest, stopped: kept == b"", True), "It removes the old file before the new one is "
             "whole. When it was interrupted, there was no model at all: os.replace does both in one step."),
            (_saves(lambda kept, rest, stopped: not stopped, True), "An interruption passed without a word. "
             "Whoever called believes that the model was saved: let the error through."),
            (_saves(lambda kept, rest, stopped: bool(rest), False), "The model is safe, but a second copy stays "
             "behind: move the finished file (os.replace), do not copy it."),
        ),
        "Save to another name in the same folder, one that ends in .keras, then os.replace(that, file).",
    ),
    "10 fair": Exercise(
        "the dictionary with every ... replaced by one of the choices named beside it",
        lambda a: _filled(a) and a["seeds"] >= 5 and {**a, "seeds": 5} == FAIR,
        "What is compared differs, everything else is equal or equally well chosen, and the answer has an interval.",
        (
            (lambda a: not _filled(a), "Not finished yet: replace every ... in the dictionary."),
            (lambda a: a["labels"] == "other draws", "The draw of the labels moves the score as much as many a "
             "backbone does. Both must learn from the same pictures."),
            (lambda a: a["head"] == "each its own", "If the heads differ too, you cannot say which of the two made "
             "the difference."),
            (lambda a: a["step size"] == "one for both", "A step size that suits one may be bad for the other: "
             "features of another scale ask for another step. Each must be tried at its best."),
            (lambda a: a["step size"] == "each its own, by test", "Whoever is tuned on the test pictures has seen "
             "the answers. Choose by validation, and use the test split once."),
            (lambda a: isinstance(a["seeds"], int) and a["seeds"] < 5, "So few draws give a very wide interval, and "
             "one gives none: take at least five."),
            (lambda a: a["score"] == "accuracy on validation", "The validation split has chosen the step sizes, so it "
             "flatters both, and perhaps not equally."),
            (lambda a: a["score"] == "two accuracies on test", "Two intervals may overlap although the difference is "
             "clear, because both met the same hard pictures. Take the difference, draw by draw."),
        ),
        "What is compared must differ. Everything else must be the same, or chosen equally well without the test "
        "split.",
    ),
}  # fmt: skip
