"""The book shows every notebook as it is, and its checks see what is wrong with it."""

import base64
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "docs" / "book"))
sys.path.insert(0, str(Path(__file__).parent / "ci"))
import book
import make_book

ROOT = Path(__file__).parents[1]
HOME = "https://github.com/OWNER/tlkit"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SHOWN = [
    "docs/scenes.png",
    "docs/windows.md",
    "notebooks/01_tasks.ipynb",
    "notebooks/glossary.md",
]
PNG = base64.b64encode(
    b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x0dIHDR" + (640).to_bytes(4) + (480).to_bytes(4)
).decode()


def picture(alt):
    return {
        "output_type": "display_data",
        "data": {"image/png": PNG},
        "metadata": {"image/png": {"alt": alt}},
    }


def code(source, *outputs, tags=()):
    metadata = {"tags": list(tags)} if tags else {}
    return {
        "cell_type": "code",
        "source": source,
        "metadata": metadata,
        "outputs": list(outputs),
    }


@pytest.mark.parametrize(
    "page, link, in_the_book",
    [
        ("docs/hub.md", "windows.md", "windows.md"),
        ("docs/hub.md", "../tlkit/saved.py", f"{HOME}/blob/main/tlkit/saved.py"),
        (
            "docs/hub.md",
            "../notebooks/01_tasks.ipynb#What-is-a-task?",
            "../notebooks/01_tasks.ipynb#what-is-a-task",
        ),
        ("notebooks/01_tasks.ipynb", "#Class-weights:-when", "#class-weights-when"),
        (
            "notebooks/01_tasks.ipynb",
            "glossary.md#cross-entropy",
            "glossary.md#cross-entropy",
        ),
        ("notebooks/glossary.md", "#head", "#head"),
        (
            "index.md",
            "README.md#the-course",
            f"{HOME}/blob/main/README.md#the-course",
        ),
        (
            "docs/hub.md",
            "https://example.org/a.ipynb#Part",
            "https://example.org/a.ipynb#Part",
        ),
    ],
)
def test_links_lead_to_pages_of_the_book_or_else_to_the_repository(
    page, link, in_the_book
):
    changed = make_book.with_links(f"see [it]({link}).", page, SHOWN, HOME)
    assert changed == f"see [it]({in_the_book})."


def test_every_file_is_staged_by_its_name(tmp_path):
    shown = make_book.stage(ROOT, tmp_path)
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    notebooks = {f"notebooks/{path.name}" for path in NOTEBOOKS}
    assert notebooks <= names == {*shown, "index.md"}
    first = (tmp_path / "index.md").read_text("utf-8")
    assert "](docs/questions.md)" in first and "docs/questions.md" in shown
    questions = (tmp_path / "docs" / "questions.md").read_text("utf-8")
    asked = "| What is a source task, what a target task? |"
    assert asked in questions and ".ipynb#what-a-task-is)" in questions


def cells_of(path):
    return json.loads(path.read_text("utf-8"))["cells"]


def words_of(cells):
    """The alternative texts of all pictures in the outputs of a notebook."""
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    return [picture["metadata"]["image/png"]["alt"] for picture in pictures]


def test_a_staged_notebook_has_its_number_its_words_and_its_solutions_folded(tmp_path):
    make_book.stage(ROOT, tmp_path)
    for path in NOTEBOOKS:
        master, staged = cells_of(path), cells_of(tmp_path / "notebooks" / path.name)
        title = "".join(master[0]["source"]).splitlines()[0].removeprefix("# ")
        number = f"{path.name[:2]} · " if path.name[:2].isdigit() else ""
        begin = f"# {number}{title}\n\n*This page shows the notebook"
        assert staged[0]["source"].startswith(begin)
        notes = [cell["metadata"].get("mystnb", {}).get("image") for cell in staged]
        notes = [note for note in notes if note]
        assert [note["alt"] for note in notes] == words_of(master)
        assert all(re.fullmatch(r"\d{3,4}px", note["width"]) for note in notes)
        for cell in staged:
            tags = cell["metadata"].get("tags", ())
            assert ("solution" in tags) == ("hide-cell" in tags)
            assert "NBVAL_CHECK_OUTPUT" not in cell["source"]


def test_each_of_two_pictures_of_a_cell_keeps_its_words():
    text = {"output_type": "stream", "name": "stdout", "text": "0.9\n"}
    first, second = make_book.with_notes(
        code("draw()", picture("left"), text, picture("right"))
    )
    assert first["source"] == "draw()" and "remove-input" in second["metadata"]["tags"]
    assert first["metadata"]["mystnb"]["image"] == {"alt": "left", "width": "640px"}
    assert second["metadata"]["mystnb"]["image"]["alt"] == "right"
    assert [len(cell["outputs"]) for cell in (first, second)] == [2, 1]


def test_a_drawing_is_as_wide_as_it_says_and_not_as_it_has_pixels():
    drawing = picture("a curve")
    drawing["metadata"]["image/png"]["width"] = 320
    (cell,) = make_book.with_notes(code("draw()", drawing))
    assert cell["metadata"]["mystnb"]["image"]["width"] == "320px"


def test_outputs_are_set_by_what_the_cell_calls():
    (claim,) = make_book.with_notes(code('course.claim("more", True)'))
    asked = 'course.guess("more?", ["yes"], name="00 more")'
    (guess,) = make_book.with_notes(code(asked))
    assert claim["metadata"]["tags"] == ["sentences"]
    assert guess["metadata"]["tags"] == ["choices"]


def test_the_books_packages_are_pinned_apart_from_the_learners():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = project["dependency-groups"]["book"]
    pins = (ROOT / "docs" / "book" / "requirements.txt").read_text("utf-8").splitlines()
    assert {*wanted} <= {line.split("==")[0] for line in pins if "==" in line}
    learners = (ROOT / "requirements.txt").read_text("utf-8")
    assert not re.search(r"(?m)^(sphinx|furo|myst)", learners)


GOOD = """<html><head><link rel="stylesheet" href="book.css"></head><body>
<h1 id="top">α</h1>
<a href="#top">up</a>
<a href="notebooks/01_a.html#more">more</a>
<a href="https://example.org/">far</a>
<a href="https://github.com/OWNER/tlkit/blob/main/README.md">readme</a>
</body></html>"""
NOTEBOOK = """<html><body><p id="more">words</p>
<img alt="one digit" src="../_images/a.png">
<details class="admonition hide above-input">
<pre>course.check("x", f(a)[0](b))</pre></details></body></html>"""
STYLE = """@font-face { src: url('font.woff') }
a { background: url(data:image/png;base64,AAAA) }"""
FILES = {
    "index.html": GOOD,
    "notebooks/01_a.html": NOTEBOOK,
    "_images/a.png": "",
    "font.woff": "",
    "book.css": STYLE,
}


@pytest.fixture
def site(tmp_path):
    """Builds a small site with one thing replaced, and returns its faults."""
    (tmp_path / "README.md").touch()
    solution = code("course.check()", tags=["solution"])
    cells = [code("draw()", picture("one digit")), solution]
    (tmp_path / "01_a.ipynb").write_text(json.dumps({"cells": cells}))

    def problems(name="index.html", old="", new=""):
        root = tmp_path / "site"
        for file, text in FILES.items():
            path = root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if file == name and old:
                text = text.replace(old, new, 1)
            path.write_text(text, "utf-8")
        pages = book.read(root)
        found = book.lost_links(pages, root, tmp_path, HOME) + book.foreign(pages, root)
        return found + book.unlike_notebooks(pages, [tmp_path / "01_a.ipynb"])

    return problems


def test_a_good_site_has_no_problem(site):
    assert site() == []


@pytest.mark.parametrize(
    "name, old, new, said",
    [
        (
            "index.html",
            "01_a.html#more",
            "01_a.html#mor",
            "the link notebooks/01_a.html#mor leads nowhere",
        ),
        ("index.html", "#top", "#tops", "the link #tops leads nowhere"),
        ("index.html", "01_a.html", "02_b.html", "leads nowhere"),
        ("index.html", "main/README.md", "main/READ.md", "READ.md leads nowhere"),
        (
            "index.html",
            'href="book.css"',
            'href="https://cdn.example.org/a.css"',
            "loads https://cdn.example.org/a.css",
        ),
        ("index.html", "<body>", "<body><script src='a.js'></script>", "loads a.js"),
        (
            "book.css",
            "font.woff",
            "//fonts.example.org/a.woff",
            "loads //fonts.example.org/a.woff",
        ),
        ("notebooks/01_a.html", ' alt="one digit"', "", "a picture without words"),
        ("notebooks/01_a.html", "one digit", "a digit", "pictures have other words"),
        (
            "notebooks/01_a.html",
            "<details",
            "<details open",
            "0 of 1 solutions are folded",
        ),
        (
            "notebooks/01_a.html",
            "words",
            "[words](glossary.md)",
            "Markdown that was not read",
        ),
        ("notebooks/01_a.html", "words", "$$x$$", "Markdown that was not read"),
    ],
)
def test_what_is_wrong_with_a_site_is_seen(site, name, old, new, said):
    assert any(said in problem for problem in site(name, old, new))


def test_a_notebook_without_its_page_is_missed(tmp_path):
    assert book.unlike_notebooks({}, [tmp_path / "06_x.ipynb"]) == [
        "notebooks/06_x.html is missing"
    ]
