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
SHOWS = (  # calls that leave something to see below their cell
    "tk.plots.show",
    "course.check",
    "course.claim",
    "course.explore",
    "course.guess",
    "course.quiz",
)
every_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


@cache
def read(name):
    return nbformat.read(FOLDER / name, 4).cells


def code(name):
    return [cell for cell in read(name) if cell.cell_type == "code"]


def prose(name):
    cells = [cell for cell in read(name) if cell.cell_type == "markdown"]
    return "\n\n".join(cell.source for cell in cells)


def tags(cell):
    return cell.metadata.get("tags", [])


def calls(cell, function):
    """The calls of a function in a code cell; its name as it is written there."""
    if cell.cell_type != "code":
        return []
    nodes = ast.walk(ast.parse(cell.source))
    found = (node for node in nodes if isinstance(node, ast.Call))
    return [call for call in found if ast.unparse(call.func) == function]


def shows(cell):
    """Whether running the cell calls one of SHOWS, functions that it defines apart."""
    run = [
        node
        for node in ast.parse(cell.source).body
        if not isinstance(node, ast.FunctionDef)
    ]
    names = [
        ast.unparse(node.func)
        for statement in run
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
    ]
    return any(name in SHOWS for name in names)


def text_of(output):
    """What an output says in words."""
    return output.get("text", "") or output.get("data", {}).get("text/plain", "")


def headings(text):
    """What a link may lead to: headings outside fenced code."""
    outside = re.sub(r"(?ms)^```.*?^```", "", text)
    return re.findall(r"(?m)^#+ +(.+?)\s*$", outside)


def on_github(heading):
    """The anchor that GitHub, and JupyterLab for Markdown files, gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# --- what a notebook has


@every_notebook
def test_the_first_cell_tells_what_for_how_long_and_with_what(name):
    first = read(name)[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    for promised in ("By the end you will be able to", "**Time:**", "**Needs:**"):
        assert promised in first.source, promised
    assert len(re.findall(r"(?m)^# ", prose(name))) == 1


@every_notebook
def test_the_five_steps_stand_at_the_top(name):
    assert calls(code(name)[0], "tk.plots.five_steps")


@every_notebook
def test_it_ends_with_what_was_seen_a_quiz_and_where_next(name):
    last = [cell for cell in read(name) if cell.cell_type == "markdown"][-3:]
    ending = "\n".join(cell.source for cell in last)
    assert "## You have seen" in ending and "**Where next" in ending
    asked = [call for cell in code(name) for call in calls(cell, "course.quiz")]
    assert [call.args[0].value for call in asked] == [name[:2]]


@every_notebook
def test_something_goes_wrong_on_purpose(name):
    assert "What could go wrong" in prose(name)


@every_notebook
def test_each_prediction_is_named_and_compared_with_what_was_measured(name):
    text = "\n".join(cell.source for cell in code(name))
    guesses = [call for cell in code(name) for call in calls(cell, "course.guess")]
    names = [
        keyword.value.value
        for call in guesses
        for keyword in call.keywords
        if keyword.arg == "name"
    ]
    assert len(set(names)) == len(guesses) >= 2
    assert all(named.startswith(f"{name[:2]} ") for named in names)
    asked = re.findall(r"(?m)^(\w+) = course\.guess\(", text)
    assert len(asked) == len(guesses)
    assert [guess for guess in asked if f"{guess}.compare(" not in text] == []


@every_notebook
def test_what_a_guess_is_compared_with_is_measured_and_not_written_down(name):
    text = "\n".join(cell.source for cell in code(name))
    lines = r"(?m)^ *guess\w*\.compare\(.*(?:\n +.*)*"
    compared = "\n".join(re.findall(lines, text))
    for call in (call for cell in code(name) for call in calls(cell, "course.guess")):
        nodes = ast.walk(call.args[1])
        options = [str(node.value) for node in nodes if isinstance(node, ast.Constant)]
        given = [option for option in options if " " in option and option in compared]
        assert given == [], "a learner reads this line before running it"


@every_notebook
def test_every_exercise_is_there_with_a_hint_and_its_solution_after_it(name):
    asked, solved = [], []
    for index, cell in enumerate(read(name)):
        checked = [call.args[0].value for call in calls(cell, "course.check")]
        if "solution" not in tags(cell):
            asked += checked
            continue
        assert checked, "a solution is checked as the learner's answer is"
        assert set(checked) <= set(asked), f"{checked}: solved before it is asked"
        above = read(name)[index - 1].source
        assert "<summary>Hint" in above, f"{checked}: no hint before the solution"
        solved += checked
    assert len(asked) == len(set(asked))
    assert asked == solved
    assert set(asked) == set(exercises(name[:2]))


def test_every_notebook_is_numbered_or_the_app():
    assert {path.name for path in FOLDER.glob("*.ipynb")} == {*NOTEBOOKS, APP}


# --- it was executed, and its outputs are true


@every_notebook
def test_a_master_is_executed_top_to_bottom_with_its_own_outputs(name):
    cells = [cell for cell in code(name) if cell.source.strip()]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert cell.outputs or not shows(cell), f"run it again: {cell.source[:60]}"
        for output in cell.outputs:
            count = output.get("execution_count", cell.execution_count)
            assert count == cell.execution_count


@every_notebook
def test_no_output_is_an_error_a_widget_or_a_warning(name):
    for cell in code(name):
        for output in cell.outputs:
            assert output.output_type != "error" or "raises-exception" in tags(cell)
            kinds = output.get("data", {})
            widget = "application/vnd.jupyter.widget-view+json" in kinds
            assert not widget, "make notebooks (TLKIT_STATIC=1)"
            assert "WARNING:tensorflow" not in output.get("text", "")


@every_notebook
def test_every_picture_has_its_words(name):
    for cell in code(name):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert len(output.metadata["image/png"]["alt"]) > 20, cell.source


@every_notebook
def test_every_claim_holds_and_only_solutions_are_right(name):
    for cell in code(name):
        said = "".join(text_of(output) for output in cell.outputs)
        if calls(cell, "course.claim"):
            assert "✓" in said, f"a claim without its sentence: {cell.source[:60]}"
        if calls(cell, "course.check"):
            sign = "✓" if "solution" in tags(cell) else "✗"
            assert sign in said, cell.source[:60]


@every_notebook
def test_cells_are_plain_python_and_marks_for_nbval_come_first(name):
    for cell in code(name):
        odd = r"(?m)^\s*[!%]|import \*|sys\.path"
        assert not re.search(odd, cell.source), cell.source
        if "NBVAL_CHECK_OUTPUT" in cell.source:
            assert cell.source.startswith("# NBVAL_CHECK_OUTPUT\n"), cell.source


# --- the app


def test_the_app_page_tells_what_it_needs_and_how_honest_it_is():
    first = read(APP)[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    assert len(re.findall(r"(?m)^# ", prose(APP))) == 1
    words = " ".join(first.source.split())
    for promised in (
        "**Time:**",
        "**Needs:**",
        "nothing leaves the machine",
        "writes only into the folder",
        "`voila ",
    ):
        assert promised in words, promised
    assert "## How it works" in prose(APP)
    assert "## How honest the number is" in prose(APP)


def test_the_app_is_one_cell_and_its_twin_reads_without_a_kernel():
    (cell,) = code(APP)
    assert calls(cell, "course.teach_app") and cell.execution_count == 1
    (output,) = cell.outputs
    twin = {"image/png", "text/plain"}
    assert set(output.data) == twin, "make notebooks (TLKIT_STATIC=1)"
    alt = output.metadata["image/png"]["alt"]
    assert alt == output.data["text/plain"]
    assert "left out once" in alt and "It looks most at the" in alt


# --- links and words


def links(name):
    is_notebook = name.endswith(".ipynb")
    text = prose(name) if is_notebook else (FOLDER / name).read_text("utf-8")
    return re.findall(r"\]\(([^)\s]+)\)", text)


def anchors(name):
    """What a link into a notebook or a Markdown file may lead to."""
    if name.endswith(".ipynb"):  # JupyterLab keeps case and signs there
        return {heading.replace(" ", "-") for heading in headings(prose(name))}
    text = (FOLDER / name).read_text("utf-8")
    return {on_github(heading) for heading in headings(text)}


@pytest.mark.parametrize("name", [*NOTEBOOKS, APP, "glossary.md"])
def test_links_lead_to_files_and_headings_that_a_learners_copy_has_too(name, tmp_path):
    copies.refresh(tmp_path)
    for link in links(name):
        if re.match(r"https?:", link):
            continue
        file, _, anchor = link.partition("#")
        file = file or name
        assert not file.startswith("..") and (tmp_path / file).is_file(), link
        assert not anchor or anchor in anchors(file), link


def test_pictures_in_text_have_words_too():
    for name in (*NOTEBOOKS, APP):
        for alt in re.findall(r"!\[(.*?)\]\(", prose(name)):
            assert alt.strip(), name
        for tag in re.findall(r"<img[^>]*>", prose(name)):
            assert "alt=" in tag, name


def test_every_term_of_the_glossary_has_its_chinese_word_and_an_anchor_of_its_own():
    text = (FOLDER / "glossary.md").read_text("utf-8")
    found = re.findall(r"(?ms)^### (.+?)\n\n(.+?)(?=\n\n###|\n\n## |\Z)", text)
    terms = [term for term, _ in found]
    assert len({on_github(term) for term in terms}) == len(terms) >= 60
    assert terms == sorted(terms, key=str.lower)
    for term, meaning in found:
        chinese = re.match(r"\*\*[^*]*[\u4e00-\u9fff][^*]*\*\* · ", meaning)
        assert chinese, f"{term}: the Chinese term comes first"
        first = re.search(
            r"\. \*(First in \[\d\d\]\(.*\)|Notebook \d\d)\*$", meaning.strip()
        )
        assert first, f"{term}: in which notebook is it first?"
        plain = on_github(term) == term.replace(" ", "-")
        assert plain, f"{term}: JupyterLab's anchor is not GitHub's"


def test_the_glossary_names_for_each_term_a_notebook_that_says_it():
    text = (FOLDER / "glossary.md").read_text("utf-8")
    named = re.findall(r"(?m)^### (.+)\n\n.*\*First in \[(\d\d)\]", text)
    assert len(named) >= 60
    for term, number in named:
        (name,) = (name for name in NOTEBOOKS if name.startswith(number))
        said = " ".join(prose(name).lower().split())
        # pretraining: pretrained; forgetting: forgets
        stem = re.sub(r"(tting|ing|s|e|isation)$", "", term.lower())
        assert stem in said, f"{term}: notebook {number} does not say it"
