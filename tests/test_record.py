"""Progress belongs to the learner: kept only in copies, never lost, never in
the way.
"""

import json
import subprocess
import sys

import pytest
from tlkit_course import record
from tlkit_course.checks import check
from tlkit_course.widgets import guess

from tlkit.commands import copies


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.delenv("TLKIT_PROGRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / record.REGISTER).write_text("{}")
    return tmp_path / "progress.json"


def test_running_a_master_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.delenv("TLKIT_PROGRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    check("00 labels", 50, {50: 0.1}, 0.8)
    assert list(tmp_path.iterdir()) == []


def test_a_chosen_file_is_used_anywhere(tmp_path, monkeypatch):
    monkeypatch.setenv("TLKIT_PROGRESS", str(tmp_path / "mine.json"))
    record.note("quizzes", "00 better", True)
    assert record.read()["quizzes"]["00 better"] == {"tries": 1, "solved": True}


def test_tries_are_counted_until_it_is_solved(file):
    wrong, right = (50, -0.7), ("more", -0.7)
    for answer in (wrong, wrong, right, wrong):
        check("00 labels", answer, {50: 0.1}, 0.8)
    assert json.loads(file.read_text())["exercises"]["00 labels"] == {
        "tries": 3,
        "solved": True,
    }


def test_a_blank_is_no_try(file):
    check("00 labels", (..., ...), {50: 0.1}, 0.8)
    assert not file.exists()


def test_a_guess_is_kept_by_its_name(file):
    guess("How many?", ("few", "many"), name="00 few").widget.value = "many"
    guess("Nameless?", ("few", "many")).widget.value = "many"
    assert record.read()["guesses"] == {"00 few": {"guess": "many"}}


@pytest.mark.parametrize("text", ["{", "[]", '{"guesses": 3}', "\x00"])
def test_a_damaged_file_is_set_aside_and_not_lost(file, capsys, text):
    file.write_text(text)
    record.note("exercises", "00 labels", True)
    assert record.read()["exercises"] == {"00 labels": {"tries": 1, "solved": True}}
    assert file.with_suffix(".damaged.json").read_text() == text
    assert "progress starts again" in capsys.readouterr().out


def test_the_record_knows_a_folder_of_copies_by_the_file_that_copies_write():
    assert copies.REGISTER == record.REGISTER


def test_a_record_is_light():
    """A check must not wait for what converts notebooks, nor for Keras."""
    code = (
        "import sys, tlkit_course as course; from tlkit_course import checks, "
        "record;course.check, course.claim;heavy = {'keras', 'tensorflow', 'nbformat', "
        "'nbconvert', 'matplotlib', 'numpy'};print(heavy & set(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "set()\n"
