"""README and docs: links lead somewhere, numbers are measured, both languages agree."""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "ci"))
import course

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh.md")
PAGES = [
    *READMES,
    "CONTRIBUTING.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
]


def read(name):
    return (ROOT / name).read_text("utf-8")


def without_code(text):
    """The text without fenced blocks."""
    return re.sub(r"(?ms)^ *```.*?^ *```$", "", text)


def headings(path):
    """All headings of a Markdown file or a notebook, without their signs."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        prose = [c["source"] for c in cells if c["cell_type"] == "markdown"]
        text = "\n".join("".join(source) for source in prose)
    return re.findall(r"(?m)^#+ +(.+?)\s*$", without_code(text))


def anchors(path):
    """What may stand behind the # of a link to this file."""
    if path.suffix == ".ipynb":  # JupyterLab keeps case and signs
        return {heading.replace(" ", "-") for heading in headings(path)}
    lower = [heading.lower() for heading in headings(path)]  # as GitHub does
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in lower}


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name):
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", read(name))
    for target, anchor in links:
        path = (ROOT / name).parent / target if target else ROOT / name
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), f"{target}#{anchor}"


@pytest.mark.parametrize("name", PAGES)
def test_every_make_command_exists(name):
    targets = re.findall(r"(?m)^([a-z-]+):", read("Makefile"))
    text = read(name)
    blocks = re.findall(r"(?ms)^ *```.*?^ *```$", text)
    named = re.findall(r"(?m)^ *make ([a-z-]+)", "\n".join(blocks))
    for target in named + re.findall(r"`make ([a-z-]+)", text):
        assert target in targets, target


def test_both_readmes_give_the_same_numbers_commands_and_links():
    english, chinese = (read(name) for name in READMES)
    same = (
        r"0\.\d{2,3}",
        r"\d+ (?:MB|GB)",
        r"\| (\d+) \|\n",  # minutes
        r"@@\w+@@|\d+(?:–\d+)? (?:s|min|h)\b",  # how long a command takes
        r"\]\((?!README)((?:notebooks|docs|https|[A-Z])[^)]*)\)",
        r"`(?:make|\.venv)[^`]*`",
    )
    for pattern in same:
        found = sorted(re.findall(pattern, english))
        assert found == sorted(re.findall(pattern, chinese)), pattern


def test_the_minutes_of_the_course_are_those_of_the_notebooks():
    rows = re.findall(
        r"\]\((notebooks/\d\S+\.ipynb)\) \|.*\| (\d+) \|\n", read("README.md")
    )
    assert len(rows) == len(list((ROOT / "notebooks").glob("[0-9]*.ipynb")))
    for notebook, minutes in rows:
        assert f"**Time:** {minutes} minutes" in read(notebook), notebook


def test_the_numbers_beside_the_picture_are_those_that_are_stored():
    accuracy = json.loads(read("notebooks/results/00_labels.json"))["accuracy"]
    probe, scratch = (
        sum(accuracy[recipe][labels]) / len(accuracy[recipe][labels])
        for recipe, labels in (("probe", "20"), ("scratch", "500"))
    )
    for name in READMES:
        alt = re.search(r"(?s)!\[(.+?)\]\(docs/few_labels\.png\)", read(name))[1]
        assert re.findall(r"0\.\d\d", alt) == [f"{probe:.2f}", f"{scratch:.2f}"]


@pytest.mark.parametrize("name", [page for page in PAGES if page != "CONTRIBUTING.md"])
def test_an_address_that_cannot_be_cloned_is_called_so_and_no_other(name):
    text = read(name)
    clones = "git clone https://github.com/OWNER/" in text
    assert clones == ("`OWNER`" in text), "see the sentence about `OWNER`"


def test_the_times_of_the_commands_are_filled_in():
    for name in READMES:
        assert "@@" not in read(name)


def test_as_many_faults_are_tested_as_the_page_on_commands_names():
    faults = re.findall(r"(?m)^\| (?!fault )", read("docs/reliability.md"))
    assert f"in each of {len(faults)} faults" in read("docs/usage.md")


def test_the_table_of_the_course_is_that_of_the_executed_notebooks():
    assert read("docs/course.md") == course.page(), "make notebooks"
