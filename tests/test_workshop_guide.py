"""Notes fit the notebooks, the guide fits the notes, its commands run as written."""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "ci"))
import guide_commands
from tlkit_course.checks import exercises
from tlkit_course.workshop import guide, notes

ROOT = Path(__file__).parents[1]
MASTERS = {
    path.name[:2]: path
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
}
TEXT = guide.GUIDE.read_text("utf-8")
BLOCKS = guide_commands.blocks(TEXT)
every_notebook = pytest.mark.parametrize("number", MASTERS)


def cells(number):
    return json.loads(MASTERS[number].read_text("utf-8"))["cells"]


def prose(number):
    return "\n".join(
        "".join(cell["source"])
        for cell in cells(number)
        if cell["cell_type"] == "markdown"
    )


def said(cell):
    """All text that a cell has put out."""
    outputs = cell.get("outputs", ())
    return "\n".join(
        "".join(o.get("text", o.get("data", {}).get("text/markdown", "")))
        for o in outputs
    )


def guesses(number):
    """Name of a guess -> (its options, what the committed output measured)."""
    names, options, measured = {}, {}, {}
    for cell in cells(number):
        if cell["cell_type"] != "code":
            continue
        source, output = "".join(cell["source"]), said(cell)
        asked = re.search(r"(\w+) = course\.guess\(", source)
        if asked:
            name = re.search(r'name="([^"]+)"', source)[1]
            names[asked[1]] = name
            options[name] = re.findall(r"(?m)^- ○ (.+)$", output)
        else:
            variables = re.findall(r"(\w+)\.compare\(", source)
            compared = [names[variable] for variable in variables if variable in names]
            found = re.findall(r"(?m)^You made no guess; measured (.+)\.$", output)
            measured |= zip(compared, found, strict=True)
    return {name: (options[name], measured[name]) for name in options}


def span(option):
    """(low, high) of the numbers that an option stands for; None if it has none."""
    numbers = [float(found) for found in re.findall(r"\d+(?:\.\d+)?", option)]
    if re.match(r"(below|fewer than) \d", option):
        return 0.0, numbers[0]
    if re.match(r"(above|more than) \d", option):
        return numbers[0], float("inf")
    if re.match(r"[\d.]+ to [\d.]+", option):
        return numbers[0], numbers[1]
    if option == "none":
        return 0.0, 0.0
    if re.match(r"(about |all )?\d", option):
        return numbers[0], numbers[0]
    return None


def borne_out(options, measured):
    """The option that a measurement names or comes closest to.

    None where one cannot tell by looking at the words and numbers.
    """
    named = [option for option in options if option in measured]
    longest = [
        option
        for option in named
        if not any(option in other for other in named if other != option)
    ]
    if longest:
        return longest[0] if len(longest) == 1 else None
    spans = {option: span(option) for option in options}
    number = re.match(r"-?\d+(?:\.\d+)?", measured)
    if None in spans.values() or not number:
        return None
    value = float(number[0])

    def distance(option):
        low, high = spans[option]
        return max(low - value, value - high)

    return min(options, key=distance)


@pytest.mark.parametrize(
    "options, measured, expected",
    [
        (["about 10", "about 30", "about 80"], "85 of 100", "about 80"),
        (["10 to 20", "20 to 50", "more than 50"], "21 of 100", "20 to 50"),
        (["all 200", "about 100", "fewer than 50"], "18 of 200", "fewer than 50"),
        (["letters-small", "letters", "letters-bn"], "letters-bn", "letters-bn"),
        (
            ["pixels", "from scratch", "two of them alike"],
            "pixels 0.53, from scratch 0.73",
            None,
        ),
        (["help", "harm"], "-0.168 [-0.200, -0.136]", None),
    ],
)
def test_a_measurement_finds_its_option(options, measured, expected):
    assert borne_out(options, measured) == expected


@every_notebook
def test_the_notes_have_a_section_for_each_heading_in_order(number):
    assert [part["heading"] for part in notes(number)["section"]] == re.findall(
        r"(?m)^## (.+)$", prose(number)
    )


@every_notebook
def test_the_minutes_of_the_sections_are_those_of_the_notebook(number):
    stated = int(re.search(r"\*\*Time:\*\* (\d+) minutes", prose(number))[1])
    assert abs(sum(part["minutes"] for part in notes(number)["section"]) - stated) <= 2


@every_notebook
def test_the_notes_hold_what_an_instructor_is_promised(number):
    known = notes(number)
    promised = ("goal", "board", "section", "discussion", "trouble", "predictions")
    assert set(known) == {*promised} and all(known.values())
    for part in known["section"]:
        assert set(part) == {"heading", "minutes", "cut", "say"}
        assert part["say"] and part["cut"] in range(4) and part["minutes"] > 0
    assert known["section"][-1]["cut"] == 0, "the end of a notebook is not left out"
    for row in (*known["trouble"], *known["discussion"]):
        for text in row.values():  # becomes a cell of a table
            assert "|" not in text and "\n" not in text


@every_notebook
def test_the_predictions_are_what_the_committed_outputs_measured(number):
    asked, predicted = guesses(number), notes(number)["predictions"]
    assert list(predicted) == list(asked)
    for name, (options, measured) in asked.items():
        assert predicted[name] in options, name
        assert borne_out(options, measured) in (None, predicted[name]), (
            f"{name}: measured {measured}"
        )


def test_most_predictions_can_be_checked_without_a_person():
    judged = [
        borne_out(*found) is not None
        for number in MASTERS
        for found in guesses(number).values()
    ]
    assert sum(judged) >= 0.6 * len(judged) > 20


def test_the_days_are_as_long_as_they_may_be_and_hold_their_notebooks_in_order():
    for plan, last, most, breaks in (
        (guide.HALF_DAY, "05", 240, 30),
        (guide.FULL_DAY, "09", 450, 75),
    ):
        assert sum(guide.length(item) for item in plan) <= most
        assert [item for item in plan if isinstance(item, str)] == [
            n for n in MASTERS if n <= last
        ]
        assert sum(item[1] for item in plan if item[0] in ("Break", "Lunch")) >= breaks
    assert "| 13:00 | | **End**" in guide.timetable(guide.HALF_DAY)


def test_the_guide_is_as_it_is_made():
    assert guide.page(TEXT) == TEXT, "python -m tlkit_course.workshop.guide"
    assert (
        guide.page(TEXT.replace("| Step 3: load | 1 |", "| Step 3: load | 9 |")) == TEXT
    )


def test_there_is_a_short_card_for_each_notebook_that_leads_to_its_chapter():
    cards = TEXT.split("<!-- made: cards -->")[1].split("<!-- end -->")[0]
    chapters = TEXT.split("<!-- made: notebooks -->")[1]
    shown = cards.strip().split("\n\n**")
    assert len(shown) == len(MASTERS) and len(cards.split()) < 110 * len(MASTERS)
    for text, number in zip(shown, MASTERS, strict=True):
        heading, target = re.search(r"\[(.+?)\]\(#(.+?)\)", text).groups()
        assert heading.startswith(number) and f"### {heading}\n" in chapters
        assert target == guide.anchor(heading)
        assert all(f"- *{line}:* " in text for line in ("Goal", "Ask", "Expect"))


def test_the_guide_names_every_misconception_that_the_checks_name():
    known = [one for number in MASTERS for one in exercises(number).values()]
    named = [text for exercise in known for _, text in exercise.mistakes]
    lacking = [text for text in named if f"  - {text}\n" not in TEXT]
    assert len(named) > 150
    assert not lacking


def test_every_command_is_run_or_the_guide_says_why_not():
    left_out = [block for block in BLOCKS if not block.kind.startswith("bash")]
    kinds = {block.kind for block in BLOCKS if block not in left_out}
    assert kinds == {"bash", "bash slow"}
    assert all(guide_commands.NEEDS.fullmatch(block.kind) for block in left_out)
    assert len(left_out) <= 8 < len(BLOCKS) - 1
    by_hand = guide.PLACE.sub("", TEXT)
    commands = r"`((?:python -m tlkit|make|nbgrader) [^`]+)`"
    fenced = "\n".join(block.code for block in BLOCKS)
    for command in re.findall(commands, by_hand):
        assert command in fenced or command == "make book", command


def test_what_an_instructor_does_tonight_stands_first():
    first = re.findall(r"(?m)^## (.+)$", TEXT)[0]
    assert first == "Tonight, in ten minutes"
    card = TEXT.split("\n## ")[1]
    runs = [block.kind for block in guide_commands.blocks(card)]
    assert runs.count("bash") == 2 and "bash slow" not in runs


needs_bash = pytest.mark.skipif(
    sys.platform == "win32", reason="the guide's commands are for bash; see windows.md"
)


@needs_bash
def test_a_block_that_fails_is_noticed(tmp_path):
    one = guide_commands.blocks(
        "1. a list\n\n   ```bash\n   cd .\n   false\n   true\n   ```\n"
    )
    assert [(block.line, block.kind, block.code) for block in one] == [
        (3, "bash", "cd .\nfalse\ntrue\n")
    ]
    assert guide_commands.run(one[0], tmp_path).returncode == 1


@needs_bash
@pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="git lists what belongs into the copy"
)
def test_the_quick_commands_of_the_guide_run_as_written(tmp_path):
    guide_commands.copy_checkout(folder := tmp_path / "a copy")
    for block in BLOCKS:
        if block.kind == "bash":
            done = guide_commands.run(block, folder)
            assert done.returncode == 0, (
                f"line {block.line}:\n{block.code}\n{done.stdout}"
            )
