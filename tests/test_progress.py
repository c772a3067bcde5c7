"""course.progress() says what is done and what there is to do, and nothing where
nothing is kept.
"""

import pkgutil
from importlib import import_module

import pytest
import tlkit_course as course
from tlkit_course import record
from tlkit_course.checks import check, exercises
from tlkit_course.questions import questions


@pytest.fixture
def copies(tmp_path, monkeypatch):
    monkeypatch.delenv("TLKIT_PROGRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / record.REGISTER).write_text("{}")
    (tmp_path / "00_start_here.ipynb").write_text("")
    return tmp_path


def row(number):
    """The cells of a notebook's row in the table, as printed in Markdown."""
    lines = [
        line
        for line in course.progress()._repr_markdown_().splitlines()
        if line.startswith(f"| {number}")
    ]
    return [cell.strip() for cell in lines[0].strip("|").split("|")]


def test_nothing_done_yet_is_a_table_of_what_there_is(copies):
    for number in ("00", "05"):
        _, solved, tries, quiz, guesses = row(number)
        assert (
            solved == f"0 of {len(exercises(number))}"
            and quiz == f"0 of {len(questions(number))}"
        )
        assert (tries, guesses) == ("0", "0")


def test_what_was_done_is_counted_in_its_notebook(copies):
    name = next(iter(exercises("00")))
    for solved in (False, False, True):
        record.note("exercises", name, solved)
    for question in questions("00"):
        record.note("quizzes", question.name, True)
    record.note("guesses", "00 scratch", "about 10")
    all_quiz, all_exercises = len(questions("00")), len(exercises("00"))
    done = "✓ " if all_exercises == 1 else ""
    assert row("00") == [
        "00 start here",
        f"{done}1 of {all_exercises}",
        "3",
        f"✓ {all_quiz} of {all_quiz}",
        "1",
    ]
    assert row("05")[2:] == ["0", f"0 of {len(questions('05'))}", "0"]


def test_text_and_table_say_the_same(copies):
    check("00 labels", 50, {50: 0.1}, 0.8)
    shown = repr(course.progress())
    assert (
        all(cell in shown for cell in row("00"))
        and "progress.json, which is yours" in shown
    )


def test_a_solved_exercise_that_is_no_longer_there_is_not_counted(copies):
    record.note("exercises", "00 of old", True)
    assert row("00")[1] == f"0 of {len(exercises('00'))}"


def test_in_a_master_it_says_what_it_would_show(tmp_path, monkeypatch):
    monkeypatch.delenv("TLKIT_PROGRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert (
        course.progress().rows == []
        and repr(course.progress()) == course.progress()._repr_markdown_()
    )
    assert "`make lab`" in repr(course.progress())


def test_it_is_a_function_whatever_else_has_been_imported():
    for module in pkgutil.iter_modules(course.__path__):
        if not module.ispkg:
            import_module(f"tlkit_course.{module.name}")
    assert callable(course.progress) and callable(course.quiz)
