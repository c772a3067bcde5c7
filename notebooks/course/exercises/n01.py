"""Exercises of notebook 01, Source and target tasks."""

from collections.abc import Callable

import numpy as np

from ..checks import Exercise

ROLES = ("source", "target", "shared", "specific")
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


def _all_roles(answer) -> bool:
    return isinstance(answer, dict) and set(ROLES) <= set(answer)


def _has(**parts) -> Callable[[dict], bool]:
    return lambda answer: (
        _all_roles(answer) and all(answer[role] == part for role, part in parts.items())
    )


def _starts(names, formula: Callable[[str], np.ndarray]) -> Callable[[Callable], bool]:
    """Whether a learner's function gives layers of these names, each with the parameters of the formula."""

    def same(function) -> bool:
        got = function(dict(SOURCE), dict(NEW))
        return (
            isinstance(got, dict)
            and set(got) == set(names)
            and all(np.array_equal(got[n], formula(n)) for n in names)
        )

    return same


def outcome(gain) -> str:
    """What an interval of a gain says."""
    return "helps" if gain.low > 0 else "harms" if gain.high < 0 else "no difference"


EXERCISES = {
    "01 roles": Exercise(
        'a dict such as {"source": "b", "target": "e", "shared": "a", "specific": "f"}, each a letter from the list',
        _has(source="a", target="b", shared="d", specific="e"),
        "All four. What is kept is shared, and what is new belongs to the target alone.",
        (
            (_has(source="b", target="a"), "Source and target are the wrong way round. The source comes first in time "
             "and has the many labels; the target is what the nursery wants."),
            (_has(target="c"), "The photographs are data for the target task, not the task. A task is a question with "
             "its set of answers."),
            (_has(shared="e", specific="d"), "The other way round: shared layers are those that both tasks use."),
            (_has(specific="f"), "That layer was specific to the source task and has been taken away. Which layer can "
             "name five diseases?"),
            (_has(shared="f"), "The old last layer names 1,000 things. The target has no use for it, so it is not "
             "shared."),
            (lambda a: isinstance(a, dict) and not _all_roles(a), "A role is missing: the dict needs all of source, "
             "target, shared and specific."),
        ),
        "First find the two questions that are asked of pictures. Then ask of each layer: who uses it?",
    ),
    "01 carry over": Exercise(
        "a function of two dicts, layer name -> parameters, that gives back such a dict",
        _starts(NEW, lambda name: SOURCE.get(name, NEW[name])),
        "The shared layers come from the source; the head, which the source never had, starts at random.",
        (
            (lambda f: f(dict(SOURCE), dict(NEW)) is ..., "The line still has its three dots: what does the new model "
             "start from?"),
            (_starts(SOURCE, SOURCE.__getitem__), "That is the source model, 40 letters and all. It has no layer that "
             "names digits."),
            (_starts(NEW, NEW.__getitem__), "Everything is still random, so nothing has been carried over. This is "
             "traditional learning. In {**a, **b} the later dict wins."),
            (_starts({**SOURCE, **NEW}, lambda name: {**NEW, **SOURCE}[name]), "The shared layers are right, but the "
             "head for letters has come along. Keep only the layers that the new model has."),
            (_starts({**SOURCE, **NEW}, lambda name: {**SOURCE, **NEW}[name]), "The random parameters have overwritten "
             "the trained ones, and the head for letters has come along."),
            (_starts(set(SOURCE) & set(NEW), SOURCE.__getitem__), "The shared layers are right, but the head is "
             "missing: the new model needs a start for it too."),
        ),
        "For each name in new: take the source's parameters if the source has that name, else the new model's.",
    ),
    "01 own target": Exercise(
        'one of "helps", "no difference", "harms"',
        lambda answer, gain: isinstance(answer, str) and answer == outcome(gain),
        "Your prediction and the interval agree. Could you say why, before the next one?",
        (
            (lambda a, gain: isinstance(a, float) and -1 < a < 1, "That is a gain. Asked for is your prediction of its "
             'direction: "helps", "no difference" or "harms".'),
            (lambda a, gain: isinstance(a, str) and a in ("yes", "no"), 'Be more exact: a "no" may mean '
             '"no difference" or "harms", and these are not the same.'),
            (lambda a, gain: isinstance(a, str) and a == "no difference", "The interval leaves 0 out, so there is "
             "a difference. Look at the sign of its two ends."),
            (lambda a, gain: isinstance(a, str) and a in ("helps", "harms"), "The measurement says something else. "
             "This is the more useful outcome: what do the two tasks share that you had not thought of, or "
             "what do they not share?"),
        ),
        "Is what your target asks about something that a reader of letters has to look at?",
    ),
}  # fmt: skip
