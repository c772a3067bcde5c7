"""A guess is one click, reads without a kernel, and stands beside the result."""

from importlib import import_module
from types import SimpleNamespace

import pytest
import tlkit_course as course

import tlkit as tk

guesses = import_module("tlkit_course.widgets.guess")
QUESTION, OPTIONS = "How many of 100 digits?", ("about 10", "about 50", "about 80")


@pytest.fixture
def asked(monkeypatch):
    monkeypatch.delenv("TLKIT_STATIC", raising=False)
    monkeypatch.setattr(guesses, "_clicked", {})
    return course.guess(QUESTION, OPTIONS, name="00 scratch")


def test_a_click_stands_beside_the_result(asked, capsys):
    asked.widget.value = "about 50"
    asked.compare(0.8234)
    assert capsys.readouterr().out == "You guessed about 50; measured 0.823.\n"


def test_no_click_is_no_error(asked, capsys):
    assert asked.choice is None
    asked.compare("12 %")
    assert capsys.readouterr().out == "You made no guess; measured 12 %.\n"


def test_an_interval_is_compared_as_it_prints(asked, capsys):
    asked.compare(tk.evaluate.Interval(0.5, 0.4, 0.6))
    assert capsys.readouterr().out.endswith("measured 0.500 [0.400, 0.600].\n")


def test_nothing_is_chosen_before_the_learner_chooses(asked):
    assert asked.widget.value is None and asked.widget.index is None


def test_a_guess_is_still_there_when_its_cell_runs_again(asked, capsys):
    asked.widget.value = "about 50"
    again = course.guess(QUESTION, OPTIONS, name="00 scratch")
    again.compare("12 %")
    assert capsys.readouterr().out.startswith("You guessed about 50;")
    assert course.guess(QUESTION, OPTIONS, name="00 other").choice is None
    assert course.guess(QUESTION, ("few", "many"), name="00 scratch").choice is None


def test_a_guess_is_still_there_on_another_day(asked, tmp_path, monkeypatch):
    monkeypatch.setenv("TLKIT_PROGRESS", str(tmp_path / "progress.json"))
    asked.widget.value = "about 80"
    monkeypatch.setattr(guesses, "_clicked", {})  # a new kernel
    assert course.guess(QUESTION, OPTIONS, name="00 scratch").choice == "about 80"


def test_the_buttons_are_labelled_with_the_whole_question(asked):
    assert asked.widget.description == QUESTION
    assert asked.widget.options == OPTIONS
    assert all(
        option in tip
        for option, tip in zip(OPTIONS, asked.widget.tooltips, strict=True)
    )


def test_a_live_notebook_gets_the_widget_and_its_static_twin(asked):
    shown = asked._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in shown
    for kind in ("text/plain", "text/markdown"):
        assert all(words in shown[kind] for words in (QUESTION, *OPTIONS))


def test_the_twin_is_the_same_text_every_time_and_does_not_give_the_choice_away(asked):
    before = {
        kind: text
        for kind, text in asked._repr_mimebundle_().items()
        if kind.startswith("text/")
    }
    asked.widget.value = "about 80"
    after = course.guess(QUESTION, OPTIONS)._repr_mimebundle_()
    assert before == {
        kind: text for kind, text in after.items() if kind.startswith("text/")
    }
    assert before.items() <= asked._repr_mimebundle_().items()


def test_a_master_holds_the_twin_alone(asked, monkeypatch):
    monkeypatch.setenv("TLKIT_STATIC", "1")
    assert set(asked._repr_mimebundle_()) == {"text/plain", "text/markdown"}


def test_in_a_kernel_the_script_for_the_keyboard_comes_with_the_widget(
    asked, monkeypatch
):
    """What it does is looked at in a browser: tests/ci/browser.py."""
    displayed = []
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=True))
    monkeypatch.setattr(
        "IPython.display.display", lambda data, raw: displayed.append(data)
    )
    asked._repr_mimebundle_()
    (data,) = displayed
    assert "aria-pressed" in data["application/javascript"] and not data["text/plain"]
    monkeypatch.setenv("TLKIT_STATIC", "1")
    asked._repr_mimebundle_()
    assert len(displayed) == 1


def test_options_may_be_numbers(capsys):
    asked = course.guess("How many?", (20, 50))
    asked.widget.value = "50"
    asked.compare(100)
    assert capsys.readouterr().out == "You guessed 50; measured 100.\n"


@pytest.mark.parametrize("options", [(), ("one",), ("same", "same")])
def test_a_guess_needs_two_different_options(options):
    with pytest.raises(ValueError, match="two or more, all different"):
        course.guess(QUESTION, options)
