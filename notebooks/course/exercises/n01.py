"""Exercises of notebook 01, Source and target tasks."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tlkit.tasks import Task, fingerprint

from ..checks import Exercise
from ..kinds import Anything, Function, Parts, Word, Words, is_number
from . import by_name

SYMBOLS = {"X", "P(X)", "Y", "P(Y|X)"}
symbols = Exercise(
    "01 symbols",
    expects='a dict: each of "a" to "d" a list of what differs, of the names "X", '
    '"P(X)", "Y" and "P(Y|X)"',
    praise="All four projects. The first two symbols are the domain, the other two are "
    "the task: one that differs is enough for transfer.",
    hint="Ask four questions of each project: are other inputs possible, are other "
    "inputs likely, are other answers possible, and is another answer right for the "
    "same input?",
    ask="Something in one of the lists does not fit its project. For which project are "
    "you least sure, and which of its pictures would decide it for a friend?",
    kind=Parts({project: Words("X", "P(X)", "Y", "P(Y|X)") for project in "abcd"}),
    place="What a task is",
)
DIFFERS = {
    "a": {"P(X)"},
    "b": {"Y", "P(Y|X)"},
    "c": {"P(Y|X)"},
    "d": {"X", "P(X)", "Y", "P(Y|X)"},
}


def _differs(answer) -> dict[str, set]:
    """Project -> the names in its list."""
    return {
        name: {part} if isinstance(part, str) else set(part)
        for name, part in answer.items()
    }


@symbols.right
def all_projects(answer):
    return _differs(answer) == DIFFERS


@symbols.mistake
def nothing_differs(answer):
    """A list is empty. If nothing differed, source and target would be one task in one
    domain, and there would be nothing to transfer.
    """
    return any(not part for part in _differs(answer).values())


@symbols.mistake
def a_set_without_its_probability(answer):
    """In one of your lists a set has changed and its probabilities have not. If another
    set of inputs, or of answers, is possible, can each one keep the probability that it
    had?
    """
    return any(
        ("X" in part and "P(X)" not in part) or ("Y" in part and "P(Y|X)" not in part)
        for part in _differs(answer).values()
    )


@symbols.mistake
def same_pictures(answer):
    """Look for the projects in which source and target have the very same pictures. Can
    the domain differ there?
    """
    found = _differs(answer)
    return any(found.get(name, set()) & {"X", "P(X)"} for name in "bc")


@symbols.mistake
def a_rule_is_no_list(answer):
    """Which symbol is the list of possible answers, and which one says how likely each
    of them is for a picture? Look for the project in which the list stays and the rule
    changes.
    """
    found = _differs(answer)
    return "Y" in found["c"] or "P(Y|X)" not in found["b"] & found["c"]


@symbols.mistake
def likely_is_not_right(answer):
    """Take one picture and hold it fast. For which projects is another answer right for
    it, and for which is the picture only more or less likely to occur?
    """
    return bool(_differs(answer).get("a", set()) & {"X", "Y", "P(Y|X)"})


roles = Exercise(
    "01 roles",
    expects='a dict such as {"source": "b", "target": "e", "shared": "a", "specific": '
    '"f"}, each a letter from the list',
    praise="All four are right. The kept layers are shared; the new layer belongs to "
    "the target alone.",
    hint="First find the two questions about pictures. Then ask for each layer: which "
    "task uses it?",
    ask="One of the four has a letter that does not fit. Say each line of the list as "
    "a sentence: is it a question, are these pictures, or are these layers?",
    kind=Parts(
        dict.fromkeys(("source", "target", "shared", "specific"), Word(*"abcdef"))
    ),
    place="What a task is",
)


def _names(answer, **parts: str) -> bool:
    """Whether an answer gives these letters to these roles."""
    return all(answer[role] == part for role, part in parts.items())


@roles.right
def all_four(answer):
    return _names(answer, source="a", target="b", shared="d", specific="e")


@roles.mistake
def source_and_target_swapped(answer):
    """Two tasks, but look at each of them again: which one comes first in time and has
    the many labels, and which one does the nursery want to solve?
    """
    return _names(answer, source="b", target="a")


@roles.mistake
def data_for_the_source(answer):
    """The photographs of the nursery are the target's data. The source is an earlier
    task, a question with its set of answers.
    """
    return _names(answer, source="c")


@roles.mistake
def layers_for_a_task(answer):
    """One of your two tasks is a group of layers. A task is a question about pictures;
    layers only help to answer it.
    """
    return answer["source"] in "def" or answer["target"] in "def"


@roles.mistake
def tasks_for_layers(answer):
    """Shared and specific are groups of layers. A question or a pile of photographs is
    no layer.
    """
    return answer["shared"] in "abc" or answer["specific"] in "abc"


@roles.mistake
def one_task_twice(answer):
    """Source and target are two tasks here, and you named one of them twice."""
    return answer["source"] == answer["target"]


@roles.mistake
def data_for_a_task(answer):
    """The photographs are data for the target task, not the task. A task is a question
    with its set of answers.
    """
    return _names(answer, target="c")


@roles.mistake
def shared_and_specific_swapped(answer):
    """Shared layers are those that both tasks use. Which of your two groups of layers
    was there when the source task was learnt?
    """
    return _names(answer, shared="e", specific="d")


@roles.mistake
def old_head_as_specific(answer):
    """That layer was specific to the source task and has been taken away. Which layer
    can name five diseases?
    """
    return _names(answer, specific="f")


@roles.mistake
def old_head_as_shared(answer):
    """The old last layer names 1,000 things. The target has no use for it, so it is not
    shared.
    """
    return _names(answer, shared="f")


carry_over = Exercise(
    "01 carry over",
    expects="a function of two dicts, layer name -> parameters, that gives back such a "
    "dict",
    praise="The shared layers come from the source; the head, which the source never "
    "had, starts at random.",
    hint="Go through the names in new. Which of them does the source have, too? And "
    "from where comes what the source has not?",
    ask="That is another set of layers, or other parameters. Which layers does the new "
    "model have, and for which of them did the source learn something?",
    kind=Function("source, new", gives=Anything()),
    place="Step 3: load",
)
SOURCE = {
    "block1_conv1": np.ones(2),
    "block5_conv3": np.full(2, 3.0),
    "letters": np.full(40, 5.0),
}
NEW = {
    "block1_conv1": np.zeros(2),
    "block5_conv3": np.full(2, 0.5),
    "digits": np.full(10, 0.25),
}


def _starts_as(function, expected: Mapping[str, np.ndarray]) -> bool:
    """Whether a learner's function makes just these layers of SOURCE and NEW."""
    got = function(dict(SOURCE), dict(NEW))
    return (
        isinstance(got, dict)
        and set(got) == set(expected)
        and all(np.array_equal(got[name], expected[name]) for name in expected)
    )


@carry_over.right
def shared_layers_and_a_new_head(function):
    return _starts_as(function, {name: SOURCE.get(name, NEW[name]) for name in NEW})


@carry_over.mistake
def asks_the_source_for_the_head(function):
    """It stops at the layer "digits", because the source has no layer of that name.
    What does the new model start from where the source has nothing to give?
    """
    try:
        function(dict(SOURCE), dict(NEW))
    except KeyError as error:
        return error.args == ("digits",)
    return False


@carry_over.mistake
def asks_the_new_model_for_the_old_head(function):
    """It stops at the layer "letters", because the new model has no layer of that name.
    Go through the layers of which of the two models?
    """
    try:
        function(dict(SOURCE), dict(NEW))
    except KeyError as error:
        return error.args == ("letters",)
    return False


@carry_over.mistake
def no_dict(function):
    """A dict is asked for, layer name → parameters. A list of names, or of parameters,
    has lost which parameters belong to which layer.
    """
    return not isinstance(function(dict(SOURCE), dict(NEW)), dict)


@carry_over.mistake
def head_without_parameters(function):
    """One layer has no parameters: its value is None. `get` gives None where the source
    has no such layer.
    """
    return any(value is None for value in function(dict(SOURCE), dict(NEW)).values())


@carry_over.mistake
def source_model(function):
    """That is the source model, with its head for 40 letters. It has no layer that
    names digits.
    """
    return _starts_as(function, SOURCE)


@carry_over.mistake
def new_model(function):
    """Everything is still random, so nothing has been carried over. This is traditional
    learning.
    """
    return _starts_as(function, NEW)


@carry_over.mistake
def both_heads(function):
    """The shared layers are right, but the head for letters was copied too. Keep only
    the layers that the new model has.
    """
    return _starts_as(function, {**NEW, **SOURCE})


@carry_over.mistake
def random_over_trained(function):
    """The shared layers have the new model's random parameters, so nothing trained is
    left. And the head for letters came along. Which of two dicts wins where both have a
    name?
    """
    return _starts_as(function, {**SOURCE, **NEW})


@carry_over.mistake
def no_head(function):
    """The shared layers are right, but the head is missing: the new model needs a start
    for it too.
    """
    return _starts_as(function, {name: SOURCE[name] for name in SOURCE if name in NEW})


@carry_over.mistake
def no_shared_layers(function):
    """Only the head is there. The layers that both models have are what transfer
    carries over.
    """
    return _starts_as(function, {"digits": NEW["digits"]})


own_target = Exercise(
    "01 own target",
    expects='a dict with "first" and "second", each one of "helps", "harms", "not '
    'shown"',
    praise=lambda answer, gains: (
        "Your predictions and the intervals agree: the gains are "
        f"{gains['first']} and {gains['second']}. Say in a sentence what made the "
        "difference."
    ),
    hint="Does a network that reads letters need what your target asks for, or has it "
    "learnt to ignore it?",
    ask='Use one of the three words for each target: "helps", "harms" or "not shown".',
    kind=Parts({"first": Anything(), "second": Anything()}),
    place="The same pictures, another question",
)
OUTCOMES = ("helps", "harms", "not shown")
FIRST: dict[str, str] = {}  # what identifies a target -> the first prediction


def first_prediction(prediction: Any, target: Task | None) -> Any:
    """The prediction that counts: the first one about this target.

    After it, the learner has seen the gain.

    Args:
        prediction: one of ``OUTCOMES``; anything else is no prediction, and comes back
            as it is.
        target: the task that it is about; None if it could not be made.

    Raises:
        ValueError: there is no target.
    """
    if target is None:
        raise ValueError(
            "expected a target, got none: the cell above has stopped. Correct it and "
            "run it again, then this one"
        )
    if not isinstance(prediction, str) or prediction not in OUTCOMES:
        return prediction
    test = target.test
    asked = fingerprint(test.images) + fingerprint(np.asarray(test.labels))
    return FIRST.setdefault(asked, prediction)


def outcome(gain) -> str:
    """What the interval of a gain shows: "helps", "harms" or "not shown"."""
    if gain.low > 0:
        return "helps"
    if gain.high < 0:
        return "harms"
    return "not shown"


Gains = Mapping[str, Any]  # "first" and "second" -> an interval


@own_target.right
def one_helps_and_one_does_not(answer, gains: Gains):
    agree = all(_agrees(answer, gains, name) for name in answer)
    return agree and _words(answer).count("helps") == 1


def _agrees(answer, gains: Gains, name: str) -> bool:
    """Whether a prediction is what the interval shows."""
    return isinstance(answer[name], str) and answer[name] == outcome(gains[name])


def _words(answer) -> list[str]:
    """The predictions that are texts."""
    return [word for word in answer.values() if isinstance(word, str)]


@own_target.mistake
def a_gain(answer, gains: Gains):
    """That is a gain. The question asks for your prediction of its direction: "helps",
    "harms" or "not shown".
    """
    return any(map(is_number, answer.values()))


@own_target.mistake
def several_predictions(answer, gains: Gains):
    """One word for one target. With all three, no measurement could show you wrong."""
    return any(isinstance(word, list | tuple | set | dict) for word in answer.values())


@own_target.mistake
def written_otherwise(answer, gains: Gains):
    """Nearly one of the three words: write it in small letters, as it stands above, and
    without spaces around it.
    """
    return any(
        word not in OUTCOMES and word.strip().lower() in OUTCOMES
        for word in _words(answer)
    )


@own_target.mistake
def yes_or_no(answer, gains: Gains):
    """Be more exact: a "no" may mean "harms" or "not shown", and these are not the
    same.
    """
    return bool({"yes", "no"} & {*_words(answer)})


@own_target.mistake
def no_difference(answer, gains: Gains):
    """An interval never shows that there is *no* difference. It may hold 0, and then a
    difference is "not shown": it may be small, or the test pictures too few.
    """
    return "no difference" in _words(answer)


@own_target.mistake
def no_prediction(answer, gains: Gains):
    """A prediction is one of three words: "helps", "harms" or "not shown"."""
    return any(word not in OUTCOMES for word in _words(answer)) or (
        len(_words(answer)) < len(answer)
    )


@own_target.mistake
def not_one_of_each(answer, gains: Gains):
    """Two targets are asked for: one for which letters help, and one for which they do
    not. Change one of yours: its question, its symbols or its style.
    """
    return _words(answer).count("helps") != 1


@own_target.mistake
def nothing_shown_where_there_is_something(answer, gains: Gains):
    """Of a target you said "not shown", and its interval leaves 0 out. Which of the two
    tasks' parts did you not think of? Your first prediction about a target counts: make
    another target for the next one.
    """
    return any(
        answer[name] == "not shown" and not _agrees(answer, gains, name)
        for name in answer
    )


@own_target.mistake
def another_direction(answer, gains: Gains):
    """One measurement says something else than you. This is the more useful outcome:
    what do the two tasks share that you had not thought of, or what do they not share?
    Your first prediction about a target counts: make another target for the next one.
    """
    return not all(_agrees(answer, gains, name) for name in answer)


EXERCISES = by_name((symbols, roles, carry_over, own_target))
