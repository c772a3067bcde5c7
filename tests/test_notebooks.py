"""Every notebook has what the course promises, and nothing in it leads nowhere."""

import ast
import re
from functools import cache

import nbformat
import pytest
from tlkit_course.checks import exercises

from tlkit.commands import copies

FOLDER = copies.ROOT / "notebooks"
NOTEBOOKS = sorted(path.name for path in FOLDER.glob("[0-9][0-9]_*.ipynb"))
APP = "teach_it_your_own.ipynb"
PLAYGROUND = {"00"}  # may do without a widget of its own
every_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


@cache
def read(name):
    return nbformat.read(FOLDER / name, 4).cells


def code(name):
    return [cell for cell in read(name) if cell.cell_type == "code"]


def prose(name):
    return "\n\n".join(
        cell.source for cell in read(name) if cell.cell_type == "markdown"
    )


def tags(cell):
    return cell.metadata.get("tags", [])


def calls(cell, function):
    """The calls of tk.<function> in a cell."""
    found = (
        node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)
    )
    return [node for node in found if ast.unparse(node.func) == f"course.{function}"]


def headings(text):
    """What a link may lead to: headings outside fenced code."""
    outside = re.sub(r"(?ms)^```.*?^```", "", text)
    return re.findall(r"(?m)^#+ +(.+?)\s*$", outside)


def on_github(heading):
    """The anchor that GitHub, and JupyterLab for Markdown files, gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@every_notebook
def test_the_first_cell_says_what_for_how_long_and_with_what(name):
    first = read(name)[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    for promised in ("By the end you will be able to", "**Time:**", "**Needs:**"):
        assert promised in first.source, promised
    assert 3 <= len(re.findall(r"(?m)^- ", first.source)) <= 4
    assert (
        sum(
            len(re.findall(r"(?m)^# ", cell.source))
            for cell in read(name)
            if cell.cell_type == "markdown"
        )
        == 1
    )


@every_notebook
def test_the_five_steps_stand_at_the_top(name):
    assert calls(code(name)[0], "plots.five_steps")


@every_notebook
def test_it_ends_with_what_was_seen_a_quiz_and_where_next(name):
    last = [cell for cell in read(name) if cell.cell_type == "markdown"][-3:]
    ending = "\n".join(cell.source for cell in last)
    assert "## You have seen" in ending and "**Where next" in ending
    quizzes = [
        call.args[0].value for cell in code(name) for call in calls(cell, "quiz")
    ]
    assert quizzes == [name[:2]]


@every_notebook
def test_two_to_four_predictions_each_named_and_compared(name):
    guesses = [call for cell in code(name) for call in calls(cell, "guess")]
    names = [
        keyword.value.value
        for call in guesses
        for keyword in call.keywords
        if keyword.arg == "name"
    ]
    assert 2 <= len(guesses) <= 4 and len(names) == len(set(names)) == len(guesses)
    assert all(named.startswith(f"{name[:2]} ") for named in names)
    text = "\n".join(cell.source for cell in code(name))
    asked = re.findall(r"(?m)^(\w+) = course\.guess\(", text)
    assert len(asked) == len(guesses) and all(
        f"{guess}.compare(" in text for guess in asked
    )


@every_notebook
def test_every_exercise_of_a_notebook_is_in_it_with_a_hint_and_its_solution_after_it(
    name,
):
    asked, solved = [], []
    for index, cell in enumerate(read(name)):
        for call in calls(cell, "check") if cell.cell_type == "code" else ():
            exercise = call.args[0].value
            if "solution" in tags(cell):
                assert exercise in asked, (
                    f"the solution of {exercise} comes before its exercise"
                )
                assert "<summary>Hint" in read(name)[index - 1].source, (
                    f"no hint right before the solution of {exercise}"
                )
                solved.append(exercise)
            else:
                asked.append(exercise)
        if cell.cell_type == "code" and "solution" in tags(cell):
            assert calls(cell, "check"), (
                "a solution is checked as the learner's answer is"
            )
    assert (
        len(asked) == len(set(asked))
        and asked == solved
        and set(asked) == set(exercises(name[:2]))
    )
    assert name[:2] in PLAYGROUND or 2 <= len(asked) <= 4


@every_notebook
def test_a_master_is_executed_top_to_bottom_with_its_own_outputs(name):
    cells = [cell for cell in code(name) if cell.source.strip()]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        shows = any(
            calls(cell, function)
            for function in ("plots.show", "claim", "check", "guess", "quiz", "explore")
        )
        assert cell.outputs or not shows, (
            f"run it again, this cell has lost its output: {cell.source[:60]}"
        )
        for output in cell.outputs:
            assert output.output_type != "error" or "raises-exception" in tags(cell)
            assert (
                output.get("execution_count", cell.execution_count)
                == cell.execution_count
            )
            kinds = output.get("data", {})
            assert "application/vnd.jupyter.widget-view+json" not in kinds, (
                "make notebooks (TLKIT_STATIC=1)"
            )
            assert (
                "image/png" not in kinds
                or len(output.metadata["image/png"]["alt"]) > 20
            )
            assert "WARNING:tensorflow" not in output.get("text", "")
        if calls(cell, "check"):
            said = "".join(
                str(output.get("data", {}).get("text/plain", ""))
                for output in cell.outputs
            )
            assert ("✓" if "solution" in tags(cell) else "✗") in said
        claims = len(calls(cell, "claim"))
        said = "".join(output.get("text", "") for output in cell.outputs)
        assert not claims or "✓" in said, (
            f"a claim without its sentence: {cell.source[:60]}"
        )


@every_notebook
def test_cells_are_short_and_plain(name):
    long = [cell for cell in code(name) if len(cell.source.splitlines()) > 8]
    assert len(long) <= len(code(name)) / 2, "most cells have at most 8 lines"
    for cell in code(name):
        assert len(cell.source.splitlines()) <= 15, cell.source
        assert "NBVAL_CHECK_OUTPUT" not in cell.source or cell.source.startswith(
            "# NBVAL_CHECK_OUTPUT\n"
        )
        assert not re.search(r"(?m)^\s*[!%]|import \*|sys\.path", cell.source), (
            cell.source
        )
    in_a_row = 0
    for cell in read(name):
        in_a_row = in_a_row + 1 if cell.cell_type == "code" else 0
        assert in_a_row <= 4, f"no word between code cells: {cell.source[:60]}"


@every_notebook
def test_something_goes_wrong_on_purpose(name):
    assert "What could go wrong" in prose(name)


@every_notebook
def test_a_notebook_has_a_widget_of_its_own(name):
    text = "\n".join(cell.source for cell in code(name))
    assert name[:2] in PLAYGROUND or "course." in text or "course.explore(" in text


def test_every_notebook_is_numbered_or_the_app():
    assert {path.name for path in FOLDER.glob("*.ipynb")} == {*NOTEBOOKS, APP}


def test_the_app_page_says_what_it_needs_that_pictures_stay_and_how_honest_it_is():
    first = read(APP)[0]
    assert (
        first.cell_type == "markdown"
        and first.source.startswith("# ")
        and prose(APP).count("\n# ") == 0
    )
    for promised in (
        "**Time:**",
        "**Needs:**",
        "nothing leaves the machine",
        "writes only into the folder",
        "`voila ",
    ):
        assert promised in first.source, promised
    assert "## How it works" in prose(APP) and "## How honest the number is" in prose(
        APP
    )


def test_the_app_is_one_cell_and_its_twin_reads_without_a_kernel():
    (cell,) = code(APP)
    assert (
        calls(cell, "widgets.teach_app")
        and len(cell.source.splitlines()) <= 8
        and cell.execution_count == 1
    )
    (output,) = cell.outputs
    assert set(output.data) == {"image/png", "text/plain"}, (
        "make notebooks (TLKIT_STATIC=1)"
    )
    alt = output.metadata["image/png"]["alt"]
    assert (
        alt == output.data["text/plain"]
        and "left out once" in alt
        and "It looks most at the" in alt
    )


def links(name):
    return re.findall(
        r"\]\(([^)\s]+)\)",
        prose(name) if name.endswith(".ipynb") else (FOLDER / name).read_text("utf-8"),
    )


@pytest.mark.parametrize("name", [*NOTEBOOKS, APP, "glossary.md"])
def test_links_lead_to_files_and_headings_that_a_learners_copy_has_too(name, tmp_path):
    copies.refresh(tmp_path)
    for link in links(name):
        if re.match(r"https?:", link):
            continue
        file, _, anchor = link.partition("#")
        assert not file.startswith("..") and (tmp_path / (file or name)).is_file(), link
        if anchor and (file or name).endswith(
            ".ipynb"
        ):  # JupyterLab keeps case and signs there
            assert anchor in {
                heading.replace(" ", "-") for heading in headings(prose(file or name))
            }, link
        elif anchor:
            assert anchor in map(
                on_github, headings((FOLDER / (file or name)).read_text("utf-8"))
            ), link


def test_pictures_in_text_have_words_too():
    for name in (*NOTEBOOKS, APP):
        assert all(alt.strip() for alt in re.findall(r"!\[(.*?)\]\(", prose(name))), (
            name
        )
        assert all("alt=" in tag for tag in re.findall(r"<img[^>]*>", prose(name))), (
            name
        )


def test_every_term_of_the_glossary_has_its_chinese_word_and_an_anchor_of_its_own():
    text = (FOLDER / "glossary.md").read_text("utf-8")
    terms = re.findall(r"(?ms)^### (.+?)\n\n(.+?)(?=\n\n###|\n\n## |\Z)", text)
    assert len(terms) >= 60 and len({on_github(term) for term, _ in terms}) == len(
        terms
    )
    for term, meaning in terms:
        assert re.match(r"\*\*[^*]*[\u4e00-\u9fff][^*]*\*\* · ", meaning), (
            f"{term}: the Chinese term comes first"
        )
        assert re.search(
            r"\. \*(First in \[\d\d\]\(.*\)|Notebook \d\d)\*$", meaning.strip()
        ), term
        assert on_github(term) == term.replace(" ", "-"), (
            f"{term}: JupyterLab's anchor is not GitHub's"
        )
    assert [term for term, _ in terms] == sorted(
        (term for term, _ in terms), key=str.lower
    )
