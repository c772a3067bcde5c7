"""A check says right, names the misconception behind each likely wrong answer, and
never raises.
"""

import ast
import inspect
import re
from importlib import import_module
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from tlkit_course import record
from tlkit_course.checks import (
    STANDS_BELOW,
    UNFINISHED,
    ClaimFailed,
    Exercise,
    NotYet,
    Verdict,
    check,
    claim,
    exercises,
    needs,
)
from tlkit_course.kinds import Function

from tlkit.commands import copies

EXERCISES = {
    name: exercise for n in range(13) for name, exercise in exercises(f"{n:02}").items()
}
ANSWERS = [
    import_module(f"answers.n{number}")
    for number in sorted({name[:2] for name in EXERCISES})
]
RIGHT = {name: right for module in ANSWERS for name, right in module.RIGHT.items()}
WRONG = [row for module in ANSWERS for row in module.WRONG]


@pytest.fixture(autouse=True)
def no_tries_yet(monkeypatch):
    monkeypatch.setattr(record, "UNKEPT", {})


def measured(name):
    return RIGHT[name][1]


@pytest.mark.parametrize("name", EXERCISES)
def test_the_right_answer_is_right(name):
    answer, numbers = RIGHT[name]
    verdict = check(name, answer, *numbers)
    assert verdict.right and repr(verdict).startswith("✓ ")


@pytest.mark.parametrize("name, answer, words", WRONG)
def test_each_wrong_answer_is_told_more_each_time(name, answer, words):
    exercise = EXERCISES[name]
    first, second, third = (
        exercise.judge(answer, measured(name), tries) for tries in (0, 1, 2)
    )
    assert not first.right and first.is_try and repr(first).startswith("✗ ")
    assert words in first.message or words in exercise.hint
    assert f"Read again: “{exercise.place}”." in first.message
    assert "Hint: " not in first.message
    assert second.message == f"{first.message} Hint: {exercise.hint}"
    assert third.message == f"{second.message} {STANDS_BELOW}"


def test_every_misconception_of_every_exercise_is_tested():
    for name, exercise in EXERCISES.items():
        said = {
            exercise.judge(answer, measured(name)).message.split(" Read again")[0]
            for other, answer, _ in WRONG
            if other == name
        }
        assert {message for _, message in exercise.mistakes} <= said, name
        assert len(said - {exercise.ask}) >= 5, f"{name}: five mistakes are to be named"


def test_the_place_to_read_again_is_a_heading_above_the_exercise():
    for name, exercise in EXERCISES.items():
        above = cells_above(name)
        headings = re.findall(r"(?m)^#+ +(.+?)\s*$", "\n".join(above))
        assert exercise.place in headings, name


def notebook(name):
    (path,) = (copies.ROOT / "notebooks").glob(f"{name[:2]}_*.ipynb")
    return nbformat.read(path, 4).cells


def cells_above(name):
    """The texts above the first check of an exercise, and its own task."""
    found = []
    for cell in notebook(name):
        if cell.cell_type == "markdown":
            found.append(cell.source)
        elif f'course.check("{name}"' in cell.source:
            return found
    raise AssertionError(f"no cell checks {name}")


def cell_of(name, solved=False):
    """The code of the learner's cell, or of the solution."""
    for cell in notebook(name):
        tags = cell.metadata.get("tags", [])
        if f'course.check("{name}"' in cell.source and ("solution" in tags) == solved:
            return cell.source
    raise AssertionError(f"no cell checks {name}")


@pytest.mark.parametrize("name", EXERCISES)
def test_no_first_answer_gives_the_solution_away(name):
    """No line of the solution, and no right number, name or set, is in a sentence."""
    solution = [
        line.split("#")[0].strip()
        for line in cell_of(name, solved=True).splitlines()
        if not line.lstrip().startswith(("def ", "course.", "#", "return 0"))
    ]
    secrets = {line.removeprefix("return ") for line in solution if len(line) > 25}
    exercise, (right, numbers) = EXERCISES[name], RIGHT[name]
    if isinstance(right, int | float):
        secrets |= {f" {right} ", f" {right}.", f"{right:g}:"}
    if isinstance(right, set | dict | tuple):
        secrets.add(repr(right))
    for other, answer, _ in WRONG:
        if other == name:
            said = exercise.judge(answer, numbers).message
            assert not [secret for secret in secrets if secret in said], said


# --- an answer that is unfinished


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("answer", [..., None, (..., ...), [...]])
def test_no_answer_yet_is_told_what_is_asked_for(name, answer):
    verdict = EXERCISES[name].judge(answer, measured(name))
    assert verdict.message.startswith(f"{UNFINISHED}. Expected ")
    assert not verdict.is_try


def test_dots_that_are_left_are_named_and_no_try():
    for name, exercise in EXERCISES.items():
        right, numbers = RIGHT[name]
        if isinstance(right, dict):
            holed = [right | {part: ...} for part in right]
        elif isinstance(right, tuple):
            holed = [(..., right[1]), (right[0], ...)]
        else:
            continue
        for answer in holed:
            said = exercise.judge(answer, numbers)
            assert said.message.startswith(f"{UNFINISHED}: dots (...) are left at ")
            assert not said.is_try
    inner = {"first": {"seeds": ...}, "second": {}, "score": "test"}
    said = EXERCISES["05 experiment"].judge(inner).message
    assert said == f'{UNFINISHED}: dots (...) are left at "first", "seeds".'


RETURNING = [
    name
    for name, exercise in EXERCISES.items()
    if isinstance(exercise.kind, Function) and exercise.kind.gives
]


@pytest.mark.parametrize("name", RETURNING)
def test_a_function_that_returns_dots_or_nothing_is_no_try(name):
    exercise = EXERCISES[name]
    said = exercise.judge(lambda *given: ..., measured(name))
    assert "still returns dots" in said.message and not said.is_try
    if not exercise.kind.or_none:
        said = exercise.judge(lambda *given: None, measured(name))
        assert "returns nothing (None)" in said.message and not said.is_try


def typed(source, name, tmp_path):
    """The function that a cell defines; its source can be found, as in a notebook."""
    file = tmp_path / f"{name.replace(' ', '_')}.py"
    file.write_text(source)
    defined = {"__name__": "typed"}
    exec(compile(source, str(file), "exec"), defined)
    return next(f for f in defined.values() if inspect.isfunction(f))


@pytest.mark.parametrize("name", [name for name in EXERCISES if EXERCISES[name].start])
def test_an_unchanged_cell_is_no_try_and_a_changed_one_is(name, tmp_path):
    def given(source):
        parts = [p for p in ast.parse(source).body if isinstance(p, ast.FunctionDef)]
        return "\n\n".join(map(ast.unparse, parts))

    exercise, source = EXERCISES[name], given(cell_of(name))
    assert source == given(exercise.start), "the notebook has another cell"
    said = exercise.judge(typed(source, name, tmp_path), measured(name))
    assert "as you found it" in said.message and not said.is_try
    head, body = source.split("\n", 1)
    changed = typed(f"{head}\n    1 / 0\n{body}", f"{name} 2", tmp_path)
    said = exercise.judge(changed, measured(name))
    assert said.is_try and "«1 / 0»" in said.message


def test_every_other_cell_of_a_function_begins_with_dots():
    for name, exercise in EXERCISES.items():
        if isinstance(exercise.kind, Function) and not exercise.start:
            assert re.search(r"(?m)^    return \.\.\.( |$)", cell_of(name)), name


# --- an answer of another form


OF_NO_USE = [
    float("nan"),
    "text",
    3,
    True,
    [],
    {},
    object(),
    np.zeros((2, 3)),
    Verdict(True, "So it is."),
    type,
    lambda: 1,
    lambda x: 1 / 0,
    lambda *given: given[0][0][0][0][0],
    lambda *given: np.full(np.shape(given[0]), np.nan),
    lambda *given: "text",
    lambda *given: object(),
]


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("answer", OF_NO_USE)
def test_whatever_comes_the_check_answers_with_a_sentence(name, answer):
    verdict = EXERCISES[name].judge(answer, measured(name))
    assert not verdict.right and len(verdict.message) > 20
    assert "The check stopped" not in verdict.message
    is_function = isinstance(EXERCISES[name].kind, Function)
    assert is_function or "our function stopped" not in verdict.message


def test_a_verdict_a_task_or_a_function_in_place_of_a_value_is_named():
    step = EXERCISES["04 step"]
    for answer, words in (
        (Verdict(True, "So."), "got what a check has said (a Verdict)"),
        ([2.2], "Leave out the brackets"),
        ("2.2", "Leave out the quotation marks"),
        (lambda: 2.2, "Call it"),
        (np.array([2.2, 1.0]), "got an array of shape (2,)"),
        (float("nan"), "Where did you divide 0 by 0"),
    ):
        assert words in step.judge(answer).message
    stable = EXERCISES["03 stable"]
    assert "Give its name, without parentheses" in stable.judge(0.5).message
    assert "must take 2 arguments, (z, labels)" in stable.judge(lambda z: 0).message


def test_an_error_in_a_function_is_told_with_the_learners_own_line():
    def stops(z, labels):
        powers = np.exp(z)
        return np.linalg.inv(powers)  # it stops deep inside of NumPy

    said = EXERCISES["03 stable"].judge(stops).message
    assert said.startswith("Your function stopped with LinAlgError: ")
    assert "in the line «return np.linalg.inv(powers)" in said


def test_what_a_function_prints_is_shown_once(capsys):
    calls = []

    def prints(z, labels):
        calls.append(z)
        print("call", len(calls))
        return 0.5

    EXERCISES["03 stable"].judge(prints)
    assert len(calls) > 2 and capsys.readouterr().out == "call 1\n"


# --- tries are counted


def test_tries_are_counted_and_an_unfinished_answer_is_none():
    def says(answer):
        return check("04 step", answer).message

    first = says(3.8)
    assert (
        says(...) == f"{UNFINISHED}. Expected the number that θ becomes, such as 1.5."
    )
    hint = EXERCISES["04 step"].hint
    assert says(3.8) == f"{first} Hint: {hint}"
    assert says(3.8) == says(3.8) == f"{first} Hint: {hint} {STANDS_BELOW}"
    assert check("04 momentum", 3).message.count("Hint") == 0, "each exercise by itself"


def test_where_progress_is_kept_the_tries_outlive_the_kernel(tmp_path, monkeypatch):
    monkeypatch.setenv("TLKIT_PROGRESS", str(tmp_path / "progress.json"))
    check("04 step", 3.8)
    monkeypatch.setattr(record, "UNKEPT", {})  # a new kernel
    assert "Hint: " in check("04 step", 3.8).message


def test_praise_answers_the_exercises_own_question_with_what_was_measured():
    for name, number in {
        "00 five": "0.710 [0.681, 0.738]",
        "00 labels": "0.58",
        "01 own target": "0.500 [0.450, 0.550]",
        "02 cut": "0.87",
        "04 optimizer": "4 of 6",
        "07 pictures": "0.961",
        "06 budget": "0.050 [0.030, 0.070]",
        "08 curve": "0.388",
        "09 components": "0.810",
        "10 choose": "0.850",
    }.items():
        answer, numbers = RIGHT[name]
        assert number in EXERCISES[name].judge(answer, numbers).message


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
    from tlkit_course.exercises.n05 import GREY, MIXED, RED

    from tlkit.machine.quiet import keras

    for image in (GREY, RED, MIXED):
        by_keras = keras.applications.vgg16.preprocess_input(image.astype("float32"))
        np.testing.assert_allclose(
            RIGHT["05 preprocessing"][0](image), by_keras, atol=1e-4
        )


def test_of_a_target_the_first_prediction_counts():
    from tlkit_course.exercises.n01 import first_prediction

    def target(seed):
        pictures = np.random.default_rng(seed).integers(0, 255, (5, 4, 4, 3), "uint8")
        return SimpleNamespace(test=SimpleNamespace(images=pictures, labels=range(5)))

    with pytest.raises(ValueError, match="the cell above has stopped"):
        first_prediction("helps", None)
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
        assert not check("08 decide", unfinished, too_early).is_try
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
    needs("04 step", 2.2)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "answer, words",
    [
        (..., "Not answered yet."),
        (3.8, "it goes uphill"),
        (-50, "Which slope does the loss have"),
    ],
)
def test_what_is_built_on_an_answer_waits_with_one_sentence(answer, words):
    with pytest.raises(NotYet, match="the exercise 'step' above") as stopped:
        needs("04 step", answer)
    (shown,) = stopped.value._render_traceback_()
    assert words in shown and "solution" not in shown


def test_waiting_for_an_answer_is_no_try(tmp_path, monkeypatch):
    monkeypatch.setenv("TLKIT_PROGRESS", str(tmp_path / "progress.json"))
    with pytest.raises(NotYet):
        needs("04 step", 3.8)
    assert not (tmp_path / "progress.json").exists()


def test_waiting_for_an_unknown_exercise_names_it():
    with pytest.raises(KeyError, match="no exercise '07 nothing': expected one of 07"):
        needs("07 nothing", 1)
