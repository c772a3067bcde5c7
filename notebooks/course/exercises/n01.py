"""Exercises of notebook 01, Source and target tasks."""

from collections.abc import Mapping

import numpy as np

from ..checks import Exercise
from . import by_name

roles = Exercise(
    "01 roles",
    expects='a dict such as {"source": "b", "target": "e", "shared": "a", "specific": '
    '"f"}, each a letter from the list',
    praise="All four. What is kept is shared, and what is new belongs to the target "
    "alone.",
    hint="First find the two questions that are asked of pictures. Then ask of each "
    "layer: who uses it?",
)
ROLES = ("source", "target", "shared", "specific")


def _has_all_roles(answer) -> bool:
    return isinstance(answer, dict) and set(ROLES) <= set(answer)


def _names(answer, **parts: str) -> bool:
    """Whether an answer with all four roles gives these letters to these roles."""
    return _has_all_roles(answer) and all(
        answer[role] == part for role, part in parts.items()
    )


@roles.right
def all_four(answer):
    return _names(answer, source="a", target="b", shared="d", specific="e")


@roles.mistake
def source_and_target_swapped(answer):
    """Source and target are the wrong way round. The source comes first in time and has
    the many labels; the target is what the nursery wants.
    """
    return _names(answer, source="b", target="a")


@roles.mistake
def data_for_a_task(answer):
    """The photographs are data for the target task, not the task. A task is a question
    with its set of answers.
    """
    return _names(answer, target="c")


@roles.mistake
def shared_and_specific_swapped(answer):
    """The other way round: shared layers are those that both tasks use."""
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


@roles.mistake
def a_role_is_missing(answer):
    """A role is missing: the dict needs all of source, target, shared and specific."""
    return isinstance(answer, dict) and not _has_all_roles(answer)


carry_over = Exercise(
    "01 carry over",
    expects="a function of two dicts, layer name -> parameters, that gives back such a "
    "dict",
    praise="The shared layers come from the source; the head, which the source never "
    "had, starts at random.",
    hint="For each name in new: take the source's parameters if the source has that "
    "name, else the new model's.",
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
def carries_nothing_yet(function):
    """The line still has its three dots: what does the new model start from?"""
    return function(dict(SOURCE), dict(NEW)) is ...


@carry_over.mistake
def source_model(function):
    """That is the source model, 40 letters and all. It has no layer that
    names digits.
    """
    return _starts_as(function, SOURCE)


@carry_over.mistake
def new_model(function):
    """Everything is still random, so nothing has been carried over. This is traditional
    learning. In {**a, **b} the later dict wins.
    """
    return _starts_as(function, NEW)


@carry_over.mistake
def both_heads(function):
    """The shared layers are right, but the head for letters has come along. Keep only
    the layers that the new model has.
    """
    return _starts_as(function, {**NEW, **SOURCE})


@carry_over.mistake
def random_over_trained(function):
    """The random parameters have overwritten the trained ones, and the head for letters
    has come along.
    """
    return _starts_as(function, {**SOURCE, **NEW})


@carry_over.mistake
def no_head(function):
    """The shared layers are right, but the head is missing: the new model needs a start
    for it too.
    """
    return _starts_as(function, {name: SOURCE[name] for name in SOURCE if name in NEW})


own_target = Exercise(
    "01 own target",
    expects='one of "helps", "no difference", "harms"',
    praise="Your prediction and the interval agree. Could you say why, before the next "
    "one?",
    hint="Is what your target asks about something that a reader of letters has to "
    "look at?",
)


def outcome(gain) -> str:
    """What the interval of a gain shows: "helps", "harms" or "no difference"."""
    if gain.low > 0:
        return "helps"
    if gain.high < 0:
        return "harms"
    return "no difference"


@own_target.right
def as_measured(answer, gain):
    return isinstance(answer, str) and answer == outcome(gain)


@own_target.mistake
def a_gain(answer, gain):
    """That is a gain. The question asks for your prediction of its direction: "helps",
    "no difference" or "harms".
    """
    return isinstance(answer, float) and -1 < answer < 1


@own_target.mistake
def yes_or_no(answer, gain):
    """Be more exact: a "no" may mean "no difference" or "harms", and these are not the
    same.
    """
    return isinstance(answer, str) and answer in ("yes", "no")


@own_target.mistake
def no_difference_where_there_is_one(answer, gain):
    """The interval leaves 0 out, so there is a difference. Look at the sign of its two
    ends.
    """
    return isinstance(answer, str) and answer == "no difference"


@own_target.mistake
def another_direction(answer, gain):
    """The measurement says something else. This is the more useful outcome: what do the
    two tasks share that you had not thought of, or what do they not share?
    """
    return isinstance(answer, str) and answer in ("helps", "harms")


EXERCISES = by_name((roles, carry_over, own_target))
