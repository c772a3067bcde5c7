"""No wrong answer passes: each exercise is thrown at least fifty."""

import copy
import warnings

import numpy as np
import pytest
from mutants import wrong_answers
from test_checks import EXERCISES, RIGHT

SLOW = ("02 freeze", "05 folders", "07 leak", "08 logme")  # asked if right, and no more


@pytest.mark.parametrize("name", EXERCISES)
def test_no_changed_answer_passes_and_no_check_stops(name):
    answer, measured = RIGHT[name]
    exercise = copy.copy(EXERCISES[name])
    if name in SLOW:
        exercise.mistakes = []
    wrong = wrong_answers(exercise, answer, measured)
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
