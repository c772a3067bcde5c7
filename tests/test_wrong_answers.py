"""No wrong answer passes: each exercise is thrown at least fifty. None is guessed."""

import copy
import math
import warnings
from collections.abc import Mapping

import numpy as np
import pytest
from mutants import wrong_answers
from test_checks import EXERCISES, RIGHT
from tlkit_course.kinds import Parts, Several, Word, Words

SLOW = ("02 freeze", "05 folders", "07 leak", "08 logme")  # asked if right, and no more


@pytest.mark.parametrize("name", EXERCISES)
def test_no_changed_answer_passes_and_no_check_stops(name):
    answer, measured = RIGHT[name]
    exercise = copy.copy(EXERCISES[name])
    if name in SLOW:
        exercise.mistakes = []
    wrong = wrong_answers(exercise, answer, measured)
    print(f"{name}: {len(wrong)} wrong answers")  # pytest -rP shows it
    assert len(wrong) >= 50, "add more ways to change it in mutants.py"
    passed, stopped = [], []
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text, changed in wrong:
            verdict = exercise.judge(changed, measured)
            if verdict.right:
                passed.append(text)
            if "The check stopped" in verdict.message:
                stopped.append((text, verdict.message))
    assert (passed, stopped) == ([], [])


def how_many(kind, names: int) -> float:
    """How many answers of a kind there are; inf for numbers, functions and texts.

    Args:
        names: how many there are where the kind does not say.
    """
    if isinstance(kind, Word | Words):
        known = len(kind.choices) or names
        return known if isinstance(kind, Word) else 2**known
    if isinstance(kind, Parts):
        return math.prod(how_many(part, names) for part in kind.kinds.values())
    if isinstance(kind, Several):
        return math.prod(how_many(part, names) for part in kind.kinds)
    return math.inf


@pytest.mark.parametrize("name", EXERCISES)
def test_three_guesses_do_not_find_an_answer(name):
    measured = RIGHT[name][1]
    rows = len(measured[0]) if measured and isinstance(measured[0], Mapping) else 6
    assert how_many(EXERCISES[name].kind, rows) >= 30, "ask for a reason, too"


def test_two_options_can_be_guessed():
    assert how_many(Word("shown", "not shown"), 6) == 2
    assert how_many(Parts({"A": Word("yes", "no"), "B": Words(*"abc")}), 6) == 16
