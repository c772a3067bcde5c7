"""What predict writes: a table of all answers, and a page with the least sure first."""

import csv
from pathlib import Path

import pytest
from PIL import Image

from tlkit.commands import answers
from tlkit.commands.answers import Answer


@pytest.fixture
def some(tmp_path):
    """Three answers about pictures that are there; the second is the least sure."""
    found = []
    for name, share, second in (("a", 0.9, 0.1), ("b", 0.5, 0.4), ("<i>c", 0.7, 0.2)):
        path = tmp_path / "new" / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (9, 9), (int(255 * share), 0, 0)).save(path)
        ranked = [("<b>cat", share), ("dog", second)]
        found.append(answers.answer(path, ranked))
    return found


def test_the_table_has_all_answers_in_the_order_given(some, tmp_path):
    folder = answers.write(some, tmp_path / "out", tmp_path / "model.keras")
    with open(folder / "answers.csv", encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["file", "answer", "probability", "second answer", "margin"]
    assert [row[0] for row in rows] == [str(one.path) for one in some]
    assert rows[1][1:] == ["<b>cat", "0.5000", "dog", "0.1000"]


def test_the_page_begins_with_the_least_sure_and_escapes_names(some, tmp_path):
    trouble = ["<u>bad.png: expected a picture"]
    folder = answers.write(some, tmp_path / "out", tmp_path / "model.keras", trouble)
    page = (folder / "answers.html").read_text("utf-8")
    places = [
        page.index(f"{name}.png</figcaption>".replace("</", "\n    </"))
        for name in ("b", "c", "a")
    ]
    assert places == sorted(places)
    assert page.count('<img src="data:image/') == 3
    for forbidden in ("<b>cat", "<i>c", "<u>bad", "<script", "http"):
        assert forbidden not in page
    assert "&lt;u&gt;bad.png: expected a picture" in page
    assert "width: 10%" in page  # the margin of b
    assert f"{tmp_path.name}/model.keras" in page and str(tmp_path.parent) not in page


def test_only_the_least_sure_are_shown_of_very_many(some, tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "SHOWN", 2)
    folder = answers.write(some, tmp_path / "out", tmp_path / "model.keras")
    page = (folder / "answers.html").read_text("utf-8")
    assert page.count("<img") == 2 and "The 2 least sure of 3" in page


def test_a_number_has_no_second_answer(tmp_path, some):
    number = answers.answer(some[0].path, [("degrees", -12.348)])
    assert number == Answer(some[0].path, "-12.35")
    folder = answers.write([number], tmp_path / "out", tmp_path / "model.keras")
    with open(folder / "answers.csv", encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1][1:] == [number.answer, "", "", ""]


def test_no_cell_begins_as_a_formula_does(tmp_path, some, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("=cmd.png")
    Image.new("RGB", (4, 4)).save(path)
    one = Answer(path, "=1+1", 0.9, "@x", 0.8)
    folder = answers.write([one], tmp_path / "out", tmp_path / "model.keras")
    with open(folder / "answers.csv", encoding="utf-8-sig", newline="") as file:
        row = list(csv.reader(file))[1]
    assert row[1] == "'=1+1" and row[3] == "'@x"
    assert not row[0].startswith("=") and Path(row[0]).samefile(path)


def test_a_folder_means_all_its_pictures_but_no_other_files(some, tmp_path):
    place = some[0].path.parent
    (place / "deep").mkdir()
    some[0].path.rename(place / "deep" / "no suffix")
    (place / "notes.txt").write_text("no picture")
    (place / ".hidden.png").write_bytes(b"")
    found, others = answers.find([place, some[1].path])
    assert [path.name for path in found] == ["<i>c.png", "b.png", "no suffix", "b.png"]
    assert others == 1
