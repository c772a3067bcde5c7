"""A check says right, names the misconception behind each likely wrong answer, and
never raises.
"""

from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
from tlkit_course.checks import (
    ClaimFailed,
    Exercise,
    NotYet,
    Verdict,
    check,
    claim,
    exercises,
    needs,
)

EXERCISES = {
    name: exercise for n in range(12) for name, exercise in exercises(f"{n:02}").items()
}
ANSWERS = [
    import_module(f"answers.n{number}")
    for number in sorted({name[:2] for name in EXERCISES})
]
RIGHT = {name: right for module in ANSWERS for name, right in module.RIGHT.items()}
WRONG = [row for module in ANSWERS for row in module.WRONG]


def measured(name):
    return RIGHT[name][1]


@pytest.mark.parametrize("name", EXERCISES)
def test_the_right_answer_is_right(name):
    answer, numbers = RIGHT[name]
    verdict = check(name, answer, *numbers)
    assert verdict.right and repr(verdict).startswith("✓ ")


@pytest.mark.parametrize("name, answer, words", WRONG)
def test_each_named_wrong_answer_gets_its_misconception(name, answer, words):
    verdict = check(name, answer, *measured(name))
    assert (
        not verdict.right
        and words in verdict.message
        and repr(verdict).startswith("✗ ")
    )


def test_every_misconception_of_every_exercise_is_tested():
    for name, exercise in EXERCISES.items():
        said = {
            check(name, answer, *measured(name)).message
            for other, answer, _ in WRONG
            if other == name
        }
        assert {message for _, message in exercise.mistakes} <= said, name


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("answer", [..., None])
def test_no_answer_yet_is_told_what_is_asked_for(name, answer):
    assert check(name, answer, *measured(name)).message.startswith(
        "Not answered yet. Expected "
    )


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize(
    "answer",
    [
        float("nan"),
        "text",
        3,
        True,
        [],
        {},
        object(),
        np.zeros((2, 3)),
        lambda: 1,
        lambda x: 1 / 0,
        lambda x: x[0],
        lambda x: np.full(x.shape, np.nan),
        lambda x: "text",
        lambda x: None,
        type,
    ],
)
def test_whatever_comes_the_check_answers_with_a_sentence(name, answer):
    verdict = check(name, answer, *measured(name))
    assert not verdict.right and len(verdict.message) > 20


def test_a_learners_function_cannot_change_the_images_of_the_check():
    def spoils(x):
        x[:] = 0
        return x

    check("05 preprocessing", spoils)
    test_the_right_answer_is_right("05 preprocessing")


def test_where_scratch_does_catch_up_the_smallest_such_budget_is_right():
    met = {20: 0.1, 500: 0.9, 600: 0.95}
    assert check("00 labels", (500, 0.11), met, 0.84).right
    assert not check("00 labels", (600, 0.11), met, 0.84).right
    assert not check("00 labels", ("more", 0.06), {20: 0.1, 500: 0.9}, 0.84).right


def test_the_image_of_the_check_is_what_keras_makes_of_it():
    from tlkit_course.exercises.n05 import GREY, RED

    from tlkit.machine.quiet import keras

    for image in (GREY, RED):
        by_keras = keras.applications.vgg16.preprocess_input(image.astype("float32"))
        np.testing.assert_allclose(
            RIGHT["05 preprocessing"][0](image), by_keras, atol=1e-4
        )


def test_of_a_target_the_first_prediction_counts():
    from tlkit_course.exercises.n01 import first_prediction

    def target(seed):
        pictures = np.random.default_rng(seed).integers(0, 255, (5, 4, 4, 3), "uint8")
        return SimpleNamespace(test=SimpleNamespace(images=pictures, labels=range(5)))

    assert first_prediction(..., target(0)) is ...
    assert first_prediction("perhaps", target(0)) == "perhaps"
    assert first_prediction("harms", target(0)) == "harms"
    assert first_prediction("helps", target(0)) == "harms"
    assert first_prediction("helps", target(1)) == "helps"


def test_a_place_is_measured_only_after_the_decision():
    def too_early(target):
        raise RuntimeError("measured before the decision")

    right, _ = RIGHT["08 decide"]
    for part in right:
        unfinished = {**right, part: ...}
        assert "dots left" in check("08 decide", unfinished, too_early).message
    assert "measured before" in check("08 decide", right, too_early).message


def test_an_unknown_exercise_is_named():
    with pytest.raises(KeyError, match="no exercise '99'"):
        check("99", 1)


def test_a_mistake_without_a_sentence_cannot_be_added():
    exercise = Exercise("99 x", expects="a number", praise="So it is.", hint="Think.")
    with pytest.raises(TypeError, match="99 x: expected a docstring on silent"):

        @exercise.mistake
        def silent(answer):
            return True


def test_the_first_mistake_that_recognises_an_answer_speaks():
    exercise = Exercise("99 x", expects="a number", praise="So it is.", hint="Think.")

    @exercise.right
    def seven(answer):
        return answer == 7

    @exercise.mistake
    def too_small(answer):
        """Too
        small."""
        return answer < 7

    @exercise.mistake
    def any_other(answer):
        """Not so."""
        return True

    said = [exercise.judge(answer).message for answer in (7, 3, 8)]
    assert said == ["So it is.", "Too small.", "Not so."]


def test_a_claim_that_holds_is_printed_and_one_that_does_not_stops_the_notebook(capsys):
    claim("two is more than one", 2 > 1)
    assert capsys.readouterr().out == "✓ two is more than one\n"
    with pytest.raises(ClaimFailed, match="not so in this run: one is more than two"):
        claim("one is more than two", 1 > 2)
    assert issubclass(ClaimFailed, AssertionError)


def test_a_required_answer_goes_on_if_right_and_stops_with_its_sentence_alone_if_not():
    right, wrong = Verdict(True, "So it is."), Verdict(False, "Look at the sign.")
    assert right.required() is right
    with pytest.raises(NotYet, match=r"^Look at the sign\.$") as stopped:
        wrong.required()
    assert stopped.value._render_traceback_() == ["✗ Look at the sign."]


def test_what_is_built_on_an_answer_goes_on_quietly_if_the_answer_is_right(capsys):
    needs("07 pictures", 400)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "answer, words",
    [
        (..., "Not answered yet."),
        (200, "the plain interval"),
        (-50, "stop at the first"),
    ],
)
def test_what_is_built_on_an_answer_waits_with_one_sentence(answer, words):
    with pytest.raises(NotYet, match="the exercise 'pictures' above") as stopped:
        needs("07 pictures", answer)
    (shown,) = stopped.value._render_traceback_()
    assert words in shown and "solution" not in shown


def test_waiting_for_an_answer_is_no_try(tmp_path, monkeypatch):
    monkeypatch.setenv("TLKIT_PROGRESS", str(tmp_path / "progress.json"))
    with pytest.raises(NotYet):
        needs("07 pictures", 200)
    assert not (tmp_path / "progress.json").exists()


def test_waiting_for_an_unknown_exercise_names_it():
    with pytest.raises(KeyError, match="no exercise '07 nothing': expected one of 07"):
        needs("07 nothing", 1)
