"""Exercises of notebook 10, Choose and ship."""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from ..checks import Exercise
from ..kinds import Anything, Function, Number, Parts, Word, Words, is_number
from . import by_name

choose = Exercise(
    "10 choose",
    expects='a dict: "struck out" a list of the backbones that break a limit, "chosen" '
    "one of the others",
    praise=lambda answer, table, limits: (
        "Among what you can pay for, the best on validation: "
        f"{table[answer['chosen']]['validation']:.3f} with "
        f"{table[answer['chosen']]['megabytes']:.2f} MB. The test pictures were not "
        "asked."
    ),
    hint="Strike out what breaks one of the two limits. Of the rest take the highest "
    "validation accuracy.",
    ask="It keeps both limits, and another one that does is better. By which number do "
    "you compare what is left?",
    kind=Parts({"struck out": Words(), "chosen": Word()}),
    place="Which backbone?",
)
Table = Mapping[str, Mapping[str, float]]  # backbone -> validation, megabytes, time
Limits = Mapping[str, float]  # megabytes, time: at most


def _is_affordable(name: str, table: Table, limits: Limits) -> bool:
    return all(table[name][cost] <= most for cost, most in limits.items())


def _validation(table: Table):
    """A function that gives the validation accuracy of a backbone, to compare by."""
    return lambda name: table[name]["validation"]


def _struck_out(answer) -> set[str]:
    named = answer["struck out"]
    return {named} if isinstance(named, str) else set(named)


@choose.right
def best_within_the_limits(answer, table: Table, limits: Limits):
    affordable = [name for name in table if _is_affordable(name, table, limits)]
    best = max(affordable, key=_validation(table))
    broken = set(table) - set(affordable)
    return answer["chosen"] == best and _struck_out(answer) == broken


@choose.mistake
def not_in_the_table(answer, table: Table, limits: Limits):
    """One of your names is not in the table: copy them from it."""
    return not {answer["chosen"], *_struck_out(answer)} <= set(table)


@choose.mistake
def chosen_and_struck_out(answer, table: Table, limits: Limits):
    """You have chosen a backbone that you have struck out."""
    return answer["chosen"] in _struck_out(answer)


@choose.mistake
def best_of_all(answer, table: Table, limits: Limits):
    """It is the best of all. But does it fit? Compare it with both limits."""
    best = max(table, key=_validation(table))
    return answer["chosen"] == best and not _is_affordable(best, table, limits)


@choose.mistake
def breaks_a_limit(answer, table: Table, limits: Limits):
    """The chosen one breaks a limit: compare its megabytes and its time with both."""
    return not _is_affordable(answer["chosen"], table, limits)


@choose.mistake
def others_struck_out(answer, table: Table, limits: Limits):
    """The wrong ones are struck out, too many or too few. Go through the table row by
    row: one limit that is broken is enough, and accuracy is no limit.
    """
    broken = {name for name in table if not _is_affordable(name, table, limits)}
    return _struck_out(answer) != broken


@choose.mistake
def smallest(answer, table: Table, limits: Limits):
    """It is the smallest one. A limit says what you may spend. It does not say that you
    must spend as little as you can: within the limits accuracy decides.
    """
    return answer["chosen"] == min(table, key=lambda name: table[name]["megabytes"])


@choose.mistake
def worst(answer, table: Table, limits: Limits):
    """It keeps the limits and knows nothing: its accuracy is that of guessing, or
    nearly. Cost is only the first half of the question.
    """
    return answer["chosen"] == min(table, key=_validation(table))


lost = Exercise(
    "10 lost",
    expects='a set of names out of "weights", "loss", "optimizer", "class names", '
    '"check sum"',
    praise="The numbers survive, and so do loss and optimizer. What the layer kept "
    "beside its weights is gone, and nobody will tell you when a byte is wrong.",
    hint="Print the same five things of both loaded models, and put the names of those "
    "that differ into the set.",
    ask="Not these. For each of the five names: how did you see that it is lost?",
    kind=Words("weights", "loss", "optimizer", "class names", "check sum"),
    place="Save it so that it lasts",
)
LOST = {"class names", "check sum"}
KEPT = {"weights", "loss", "optimizer"}


@lost.right
def names_and_check_sum(answer):
    return set(answer) == LOST


@lost.mistake
def one_word(answer):
    """That is one word. Give a set, because more than one thing may be lost: {"…",
    "…"}.
    """
    return isinstance(answer, str)


@lost.mistake
def everything_is_lost(answer):
    """Not everything is lost: `old` was loaded, and some of the five things came with
    it.
    """
    return set(answer) == LOST | KEPT


@lost.mistake
def what_is_kept(answer):
    """The wrong way round: these are the things that the .h5 has kept."""
    return set(answer) == KEPT


@lost.mistake
def nothing(answer):
    """Something is lost. Compare what the two loaded models answer to `.names`, and
    what happens to either file when a byte is changed.
    """
    return not set(answer)


@lost.mistake
def weights_are_there(answer):
    """The weights are there, to the last bit: compare old.get_weights() with
    model.get_weights().
    """
    return "weights" in set(answer)


@lost.mistake
def optimizer_is_there(answer):
    """The .h5 has the optimizer and its state: look at old.optimizer.iterations. (It is
    the *next* .keras file that an .h5 robs of it.)
    """
    return "optimizer" in set(answer)


@lost.mistake
def loss_is_there(answer):
    """The loss is there: look at old.loss. An .h5 keeps how the model was compiled."""
    return "loss" in set(answer)


@lost.mistake
def check_sum_is_missing(answer):
    """True, but not all. Some pages above, one byte was changed in both kinds of file.
    Which of them noticed?
    """
    return "check sum" not in set(answer)


@lost.mistake
def class_names_are_missing(answer):
    """True, but not all. Print old.layers[-1].names and new.layers[-1].names."""
    return "class names" not in set(answer)


safe = Exercise(
    "10 safe",
    expects="a function save(model, file) that leaves nothing behind but a whole file",
    praise="Whatever happens while it writes, `file` is either the whole old model or "
    "the whole new one.",
    hint="Save to another name in the same folder, one that ends in .keras, then "
    "os.replace(that, file).",
    ask="When all went well, `file` does not hold today's model. Which file have you "
    "written, and which one have you moved where?",
    kind=Function("model, file", lets=(InterruptedError,)),
    place="Half a file",
    start="""
def save(model, file):
    model.save(file)
""",
)
OLD, NEW = b"the model that works" * 50, b"the model of today" * 50
HALF = NEW[: len(NEW) // 2]


class Fake:
    """Saves as a Keras model does: only to .keras, and straight into the file.

    Args:
        interrupted: whether it stops half-way, with an InterruptedError.
    """

    def __init__(self, interrupted: bool):
        self.interrupted = interrupted

    def save(self, file: str | Path) -> None:
        """Write NEW into the file, or half of it."""
        if Path(file).suffix != ".keras":
            raise ValueError(
                f"Invalid filepath extension for saving: {file}; it must end in .keras"
            )
        Path(file).write_bytes(HALF if self.interrupted else NEW)
        if self.interrupted:
            raise InterruptedError("the power went off")


class _Trial(NamedTuple):
    """What a learner's save left behind, where model.keras held OLD before.

    Attributes:
        kept: what model.keras holds afterwards; empty if there is none.
        others: names of the other files in the folder.
        stopped: whether the interruption was passed on.
    """

    kept: bytes
    others: list[str]
    stopped: bool


def _try(save, interrupted: bool) -> _Trial:
    """Let a learner's save replace a model, and look at what is there afterwards."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "model.keras"
        file.write_bytes(OLD)
        stopped = False
        try:
            save(Fake(interrupted), file)
        except InterruptedError:
            stopped = True
        others = sorted(path.name for path in Path(folder).iterdir() if path != file)
        kept = file.read_bytes() if file.is_file() else b""
        return _Trial(kept, others, stopped)


@safe.right
def whole_or_old(save):
    whole, broken = _try(save, interrupted=False), _try(save, interrupted=True)
    return (
        whole.kept == NEW and not whole.others and broken.kept == OLD and broken.stopped
    )


@safe.mistake
def another_suffix(save):
    """Keras refused the name of your half-written file: see on which letters a name
    must end.
    """
    try:
        _try(save, interrupted=False)
    except ValueError as error:
        return "filepath extension" in str(error)
    return False


@safe.mistake
def text_and_path(save):
    """`file` is a path, not a text: a text cannot be added to it. `with_name` makes
    another name in the same folder.
    """
    try:
        _try(save, interrupted=False)
    except TypeError as error:
        return "Path" in str(error)
    return False


@safe.mistake
def nothing_saved(save):
    """Nothing was saved: `file` still holds the old model. The finished file has yet to
    get its name.
    """
    trial = _try(save, interrupted=False)
    return trial.kept == OLD and not trial.stopped


@safe.mistake
def half_a_model(save):
    """It writes to `file` itself. When that was interrupted, half a model stood where a
    whole one had been.
    """
    return _try(save, interrupted=True).kept == HALF


@safe.mistake
def no_model(save):
    """It removes the old file before the new one is whole. When it was interrupted,
    there was no model at all.
    """
    return _try(save, interrupted=True).kept == b""


@safe.mistake
def silent_interruption(save):
    """An interruption passed without a word. What does the caller then believe?"""
    return not _try(save, interrupted=True).stopped


@safe.mistake
def second_copy(save):
    """The model is safe, but a second file stays behind in the folder."""
    return bool(_try(save, interrupted=False).others)


fair = Exercise(
    "10 fair",
    expects="the dictionary with every ... replaced by one of the choices named beside "
    "it",
    praise="What is compared differs, everything else is equal or equally well chosen, "
    "and the answer has an interval.",
    hint="What is compared must differ. Everything else must be the same, or chosen "
    "equally well without the test split.",
    ask="One of the choices lets something else than the backbone decide. Which one?",
    kind=Parts(
        {
            "labels": Word("same draws", "other draws"),
            "head": Word("same", "each its own"),
            "step size": Word(
                "one for both", "each its own, by validation", "each its own, by test"
            ),
            "seeds": Number(whole=True),
            "score": Word(
                "accuracy on validation",
                "two accuracies on test",
                "paired difference on test",
            ),
        }
    ),
    place="Which backbone?",
)
FAIR = {  # and at least five seeds
    "labels": "same draws",
    "head": "same",
    "step size": "each its own, by validation",
    "score": "paired difference on test",
}
MIN_SEEDS = 5


@fair.right
def equal_but_for_the_backbone(design):
    as_wanted = all(design[part] == choice for part, choice in FAIR.items())
    return as_wanted and design["seeds"] >= MIN_SEEDS


@fair.mistake
def other_labels(design):
    """The draw of the labels moves the score as much as many a backbone does. Both must
    learn from the same pictures.
    """
    return design["labels"] == "other draws"


@fair.mistake
def other_heads(design):
    """If the heads differ too, you cannot say which of the two made the difference."""
    return design["head"] == "each its own"


@fair.mistake
def one_step_size(design):
    """A step size that suits one may be bad for the other: features of another scale
    ask for another step. Was then each of them tried at its best?
    """
    return design["step size"] == "one for both"


@fair.mistake
def step_size_by_test(design):
    """A model that is tuned on the test pictures has seen the answers. What is its test
    score worth then?
    """
    return design["step size"] == "each its own, by test"


@fair.mistake
def few_seeds(design):
    """So few draws give a very wide interval, and one gives none. How many did this
    course take where it claimed something about a recipe?
    """
    return design["seeds"] < MIN_SEEDS


@fair.mistake
def scored_on_validation(design):
    """The validation split has chosen the step sizes, so it flatters both, and perhaps
    not equally.
    """
    return design["score"] == "accuracy on validation"


@fair.mistake
def two_accuracies(design):
    """Two intervals may overlap although the difference is clear, because both met the
    same hard pictures. What does 07 do with two models on the same pictures?
    """
    return design["score"] == "two accuracies on test"


say = Exercise(
    "10 say",
    expects="a function say(logits, classes, least) that returns a name and its "
    "probability, or None",
    praise="Names in the file's order, a probability that can be read, and no answer "
    "where it would be a guess.",
    hint="Softmax of the logits, without overflow. The place of the largest is the "
    "place in classes. Below `least`, return None.",
    ask="For some logits another name comes back, or silence where there should be a "
    "name. Try your function on three logits of your own.",
    kind=Function("logits, classes, least", gives=Anything(), or_none=True),
    place="A predictor for your own pictures",
)
CLASSES = ("nine", "apple", "zero")  # not sorted
LOGITS = {  # each with the probability of its largest
    (1.0, 3.0, 0.0): 0.8438,
    (2.0, 0.0, -1.0): 0.8438,
    (-1.0, 0.0, 2.0): 0.8438,
    (1000.0, 0.0, 990.0): 0.99995,
}
UNSURE = (0.2, 0.1, 0.0)  # 0.367 at most
LEAST = 0.5


def _says(function, test: Callable[[object, tuple[float, ...], float], bool]) -> bool:
    """Whether what a learner's function says of every sure picture passes a test.

    The test gets what it says, the logits, and the probability of the largest one.
    """
    with np.errstate(all="ignore"):
        said = [function(np.array(logits), CLASSES, LEAST) for logits in LOGITS]
    rows = zip(said, LOGITS.items(), strict=True)
    return all(test(one, logits, share) for one, (logits, share) in rows)


def _pair_of(said) -> tuple[object, float]:
    """Name and number; (None, nan) for anything else."""
    if not isinstance(said, tuple | list) or len(said) != 2:
        return None, float("nan")
    number = said[1] if is_number(said[1]) else float("nan")
    return said[0], float(number)


def _best(logits: tuple[float, ...], classes=CLASSES) -> str:
    """The name at the place of the largest logit."""
    return classes[logits.index(max(logits))]


def _named(said, logits, share) -> bool:
    """The right name, whatever the number."""
    return _pair_of(said)[0] == _best(logits)


def _right(said, logits, share) -> bool:
    """The right name with its probability."""
    return _named(said, logits, share) and abs(_pair_of(said)[1] - share) < 1e-3


def _of_unsure(function):
    """What a learner's function says where no class is probable."""
    return function(np.array(UNSURE), CLASSES, LEAST)


@say.right
def sure_or_silent(function):
    return (
        _says(function, _right)
        and _of_unsure(function) is None
        and _keeps_to_least(function)
    )


def _keeps_to_least(function) -> bool:
    """Whether another bound decides otherwise about the same logits."""
    strict = function(np.array([1.0, 3.0, 0.0]), CLASSES, 0.9)
    name, share = _pair_of(function(np.array(UNSURE), CLASSES, 0.3))
    return strict is None and name == CLASSES[0] and abs(share - 0.3672) < 1e-3


@say.mistake
def own_bound(function):
    """Right for one bound, and it does not change with another: what is `least` for?"""
    return (
        _says(function, _right)
        and _of_unsure(function) is None
        and not _keeps_to_least(function)
    )


@say.mistake
def name_alone(function):
    """It says a name alone. People also want to know how sure the network is: a pair is
    asked for, the name and its probability.
    """
    return _says(function, lambda said, logits, share: isinstance(said, str))


@say.mistake
def probability_first(function):
    """A pair, but in the wrong order: first the name, then its probability."""

    def turned(said, logits, share):
        is_pair = isinstance(said, tuple | list) and len(said) == 2
        return is_pair and isinstance(said[1], str)

    return _says(function, turned)


@say.mistake
def no_pair(function):
    """Where the network is sure, a pair is asked for: a name and a number."""

    def other(said, logits, share):
        is_pair = isinstance(said, tuple | list) and len(said) == 2
        return said is not None and not is_pair

    return _says(function, other)


@say.mistake
def never_the_largest(function):
    """That is the name of the smallest logit. Which one has the probable class?"""
    return _says(
        function, lambda said, z, share: _pair_of(said)[0] == CLASSES[z.index(min(z))]
    )


@say.mistake
def in_percent(function):
    """The number is in percent. A probability lies between 0 and 1."""
    return _says(
        function,
        lambda said, z, share: abs(_pair_of(said)[1] - 100 * share) < 0.1,
    )


@say.mistake
def always_silent(function):
    """It says nothing, even where one class has a probability of 0.84."""
    return _says(function, lambda said, logits, share: said is None)


@say.mistake
def never_silent(function):
    """Right, where the network is sure. But of a picture with 0.37, 0.33 and 0.30 your
    function says a name, and that is little more than a guess.
    """
    return _says(function, _right)


@say.mistake
def by_alphabet(function):
    """The names are in the wrong order: the places of the logits are those of the
    labels, not those of the alphabet.
    """
    return _says(
        function, lambda said, z, share: _pair_of(said)[0] == _best(z, sorted(CLASSES))
    )


@say.mistake
def place_instead_of_name(function):
    """That is the place of the class. People want its name."""
    return _says(function, lambda said, z, share: _pair_of(said)[0] == z.index(max(z)))


@say.mistake
def logit_instead_of_probability(function):
    """The name is right, but the number is a logit: it may be any number, and nobody
    can tell from it how sure the network is.
    """
    return _says(function, lambda said, z, share: _pair_of(said)[1] == max(z))


@say.mistake
def overflows(function):
    """For a logit of 1000 the powers overflow, and the probability is nan. Notebook 03
    has a form of softmax that does not.
    """
    with np.errstate(all="ignore"):
        huge = function(np.array([1000.0, 0.0, 990.0]), CLASSES, LEAST)
        usual = function(np.array([1.0, 3.0, 0.0]), CLASSES, LEAST)
    at_huge = _pair_of(huge)[1]
    return _right(usual, (1.0, 3.0, 0.0), 0.8438) and not at_huge <= 1


@say.mistake
def no_probability(function):
    """The name is right, but the number is not the probability of its class. The
    probabilities are the softmax of the logits.
    """
    return _says(function, _named)


EXERCISES = by_name((choose, lost, safe, fair, say))
