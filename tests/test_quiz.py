"""A quiz has something to say about every option, and never gives the answer away by
itself.
"""

import re
from pathlib import Path

import pytest
import tlkit_course
from tlkit_course.questions import Option, Question, questions, quiz

NUMBERS = sorted(
    path.stem for path in (Path(tlkit_course.__path__[0]) / "quizzes").glob("*.toml")
)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_option_is_answered_and_one_is_right(number):
    asked = quiz(number)
    assert len(asked.questions) >= 3
    for question, row in zip(asked.questions, asked.widget.children, strict=True):
        _, buttons, said = row.children
        assert buttons.value is None and said.value == ""
        for option in question.options:
            buttons.value = option.text
            assert (
                said.value == f"{'✓' if option.right else '✗'} {option.feedback}"
                and len(option.feedback) > 20
            )


@pytest.mark.parametrize("number", NUMBERS)
def test_on_paper_the_answers_are_folded_below_the_options(number, monkeypatch):
    monkeypatch.setenv("TLKIT_STATIC", "1")
    shown = quiz(number)._repr_mimebundle_()
    assert set(shown) == {"text/plain", "text/markdown"}
    open_text = re.sub(
        r"<details>.*?</details>", "", shown["text/markdown"], flags=re.DOTALL
    )
    for question in questions(number):
        for option in question.options:
            assert (
                option.text in open_text
                and option.feedback not in open_text + shown["text/plain"]
            )
            assert option.feedback in shown["text/markdown"]


def test_the_right_answers_do_not_all_stand_in_the_same_place():
    for number in NUMBERS:
        places = {
            [option.right for option in question.options].index(True)
            for question in questions(number)
        }
        assert len(places) > 1, number


def test_a_question_needs_one_right_answer():
    for options in (
        (Option("a", ""), Option("b", "")),
        (Option("a", "", True),),
        (Option("a", "", True),) * 2,
    ):
        with pytest.raises(ValueError, match="one of them right"):
            Question("00 x", "?", options)


def test_a_quiz_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no quiz '99'"):
        quiz("99")
