"""The page of the app without a browser: what is chosen is taken in, whatever goes
wrong is said, nothing is lost.
"""

import io
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest
import tlkit_course as course
from PIL import Image
from tlkit_course import teach
from tlkit_course.teach import app as made
from tlkit_course.teach.app import ALL, TeachApp, content

from tlkit import glyphs
from tlkit.files import fetch


def chosen(*files):
    """What the browser sends: (name, bytes) each."""
    now = datetime.now(UTC)
    return tuple(
        {
            "name": name,
            "type": "",
            "size": len(data),
            "content": memoryview(data),
            "last_modified": now,
        }
        for name, data in files
    )


def scenes(symbol, n, seed=0):
    """Files of drawn scenes of one symbol."""
    found = []
    for i, image in enumerate(glyphs.draw(symbol, n, seed).images):
        Image.fromarray(image).save(file := io.BytesIO(), "PNG")
        found.append((f"{symbol}{i}.png", file.getvalue()))
    return found


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """The letters backbone, built once for all pages."""
    features = teach.Features("letters", tmp_path_factory.mktemp("network"))
    return features.network, features.backbone


@pytest.fixture
def app(tmp_path, cache, monkeypatch, network):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TLKIT_STATIC", raising=False)
    monkeypatch.setattr(TeachApp, "_warm_soon", lambda self: None)
    page = course.teach_app()
    page.features._network, page.features._backbone = network
    return page


def fill(app, n=4):
    for row, (name, symbol) in zip(
        app.rows, (("two", "2"), ("five", "5")), strict=False
    ):
        row.name.value = name
        row.upload.value = chosen(*scenes(symbol, n))


def said(app):
    return app.status.value


def test_chosen_files_are_taken_in_and_the_button_is_ready_for_more(app):
    fill(app)
    assert [len(app.examples.of(label)) for label in (0, 1)] == [
        4,
        4,
    ] and app.examples.names == ["two", "five"]
    assert (
        app.rows[0].upload.value == ()
        and app.rows[0].upload.description == "Choose pictures of two"
    )
    app.rows[0].upload.value = chosen(*scenes("2", 3, seed=9))
    assert len(
        app.examples.of(0)
    ) == 7 and "3 of 3 files were taken in. Next: Learn." in said(app)
    assert (
        app.rows[0].shown.value.count("<img") == 7
        and 'alt="20.png"' in app.rows[0].shown.value
    )


def test_a_bad_file_is_named_in_its_row_and_the_good_ones_go_on(app):
    app.rows[0].upload.value = chosen(
        ("a&b.jpg", b"text"), *scenes("2", 2), ("cut.png", scenes("2", 1)[0][1][:500])
    )
    shown = app.rows[0].shown.value
    assert (
        "✗ a&amp;b.jpg: expected a picture" in shown
        and "✗ cut.png: expected a whole picture" in shown
    )
    assert len(app.examples.of(0)) == 2 and "2 of 4 files were taken in" in said(app)


@pytest.mark.parametrize(
    "data, words",
    [
        (b"tlkit: 34000000 bytes", "at most 8 MB through the browser, got 34 MB"),
        (b"tlkit: folder", "a folder"),
    ],
)
def test_what_stayed_in_the_browser_is_named_too(data, words):
    with pytest.raises(teach.PictureError, match=rf"x\.jpg: .*{words}.*Next: "):
        content(chosen(("x.jpg", data))[0])


def test_one_picture_is_taken_out_or_all(app):
    fill(app)
    row = app.rows[0]
    row.which.value = "21.png"
    row.clear.click()
    assert [picture.name for picture in app.examples.of(0)] == [
        "20.png",
        "22.png",
        "23.png",
    ]
    assert row.which.value == ALL
    row.clear.click()
    assert (
        not app.examples.of(0) and row.clear.disabled and len(app.examples.of(1)) == 4
    )


def test_learning_asking_and_keeping(app, tmp_path):
    fill(app, 8)
    app.learn.click()
    for words in (
        "Leave-one-out accuracy",
        "95 % interval",
        "guessing 0.50",
        "Features: 16 computed, 0 from before",
    ):
        assert words in app.result.value, words
    app.ask.value = chosen(*scenes("5", 1, seed=77), ("no.png", b"text"))
    assert (
        "five" in app.answers.value
        and "✗ no.png: expected a picture" in app.answers.value
    )
    assert app.answers.value.count("<img") == 2 and "Looking" not in app.answers.value
    app.keep.click()
    assert (app.kept / "model.keras").is_file() and str(
        app.kept.absolute()
    ) in app.done.value
    assert (
        app.kept.parent == tmp_path / app.place.value
        or app.kept.parent.absolute() == tmp_path / "my_model"
    )
    assert {path.name for path in tmp_path.iterdir()} <= {"my_model", "server", "cache"}


def test_what_is_missing_is_said_and_nothing_is_lost(app):
    app.learn.click()
    assert (
        "✗ expected at least 2 pictures of each thing" in said(app)
        and not app.learn.disabled
    )
    app.keep.click()
    assert "Next: Learn first" in said(app)
    app.ask.value = chosen(*scenes("2", 1))
    assert "Next: Learn, then choose" in said(app) and app.ask.value == ()
    app.read.click()
    assert "name of a folder" in said(app)
    app.folder.value = "nowhere"
    app.read.click()
    assert "expected a folder with 2 to 5 folders of pictures" in said(app)
    fill(app)
    app.example.click()
    assert "remove yours first" in said(app) and len(app.examples.of(0)) == 4


def test_an_error_that_nobody_foresaw_is_said_as_well(app, monkeypatch, capsys):
    fill(app)
    monkeypatch.setattr(made, "learn", lambda *_: 1 / 0)
    app.learn.click()
    assert (
        "✗ ZeroDivisionError" in said(app)
        and "still here" in said(app)
        and not app.learn.disabled
    )
    assert len(app.examples.of(0)) == 4 and "Traceback" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_said_and_the_model_stays(app, tmp_path):
    fill(app)
    app.learn.click()
    (tmp_path / "file").write_text("in the way")
    app.place.value = str(tmp_path / "file")
    app.keep.click()
    assert "✗ " in said(app) and app.kept is None and app.probe is not None
    app.place.value = str(tmp_path / "other")
    app.keep.click()
    assert app.kept.parent == tmp_path / "other"


def test_class_folders_fill_the_rows(app, tmp_path):
    for name, symbol in (("b two", "2"), ("a five", "5"), ("c nine", "9")):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for file, data in scenes(symbol, 3):
            (tmp_path / "mine" / name / file).write_bytes(data)
    app.folder.value = "mine"
    app.read.click()
    assert app.count.value == 3 and [row.name.value for row in app.rows[:3]] == [
        "a five",
        "b two",
        "c nine",
    ]
    assert app.examples.names == [
        "a five",
        "b two",
        "c nine",
    ] and "a five 3, b two 3, c nine 3" in said(app)


def test_the_drawn_example_is_learnt(app):
    app.example.click()
    assert app.count.value == 3 and app.examples.names == ["two", "five", "nine"]
    app.learn.click()
    assert "Each picture was left out once" in said(app)


def test_another_number_of_things_keeps_names_and_pictures(app):
    app.example.click()
    app.count.value = 2
    assert len(app._classes.children) == 2
    app.count.value = 5
    assert (
        app.examples.names == ["two", "five", "nine", "", ""]
        and len(app.examples.of(2)) == 10
    )


def test_without_vgg16_it_says_what_to_expect_and_a_click_brings_it(app, vgg16):
    app = course.teach_app()
    assert (
        "trained on printed letters" in app.about.value
        and "hardly better than guessing" in app.warning
    )
    fill(app)
    button = app._fetch.children[0]
    button.click()
    assert (
        fetch.find("vgg16") and app.features.weights == "imagenet" and app.warning == ""
    )
    assert "ImageNet" in app.about.value and "VGG16 is here" in said(app)
    assert (
        app.examples.of(0)[0].image.shape == (96, 96, 3)
        and len(app.examples.of(1)) == 4
    )
    assert course.teach_app().features.weights == "imagenet"


@pytest.mark.parametrize("name", ["teach_app", "fetch_button"])
def test_the_page_does_not_wait_for_keras(name):
    code = f"import sys, tlkit_course as course; course.{name}(); "
    code += "print({'keras', 'tensorflow'} & set(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "set()\n"


def test_weights_of_ones_own_are_named(app, tmp_path):
    own = course.teach_app(weights=str(tmp_path / "my.weights.h5"), size=64)
    assert (
        "my.weights.h5" in own.about.value
        and own.features.size == own.examples.size == 64
    )


def test_a_network_that_cannot_be_built_is_said_at_once_and_when_learning(
    app, tmp_path
):
    own = course.teach_app(weights=str(tmp_path / "none.h5"))
    own._warm()
    assert "no weights file at" in own.about.value
    fill(own)
    own.learn.click()
    assert "✗ no weights file at" in said(own)


def test_every_control_has_a_label_of_its_own(app):
    controls = [
        app.count,
        app.folder,
        app.read,
        app.example,
        app.learn,
        app.ask,
        app.place,
        app.keep,
    ]
    controls += [
        part
        for row in app.rows
        for part in (row.name, row.upload, row.which, row.clear)
    ]
    assert all(control.description for control in controls)
    assert 'role="status"' in said(app)


def test_live_it_is_the_page_with_its_script_and_static_a_picture_in_words(
    app, monkeypatch
):
    shown = []
    monkeypatch.setattr(
        "IPython.display.display", lambda *what, **how: shown.append((what, how))
    )
    app._ipython_display_()
    assert (
        "application/vnd.jupyter.widget-view+json" in shown[0][0][0]
        and "tlkitTeach" in shown[1][0][0].data
    )
    monkeypatch.setenv("TLKIT_STATIC", "1")
    monkeypatch.setattr(made, "example_twin", lambda: ({"text/plain": "words"}, {}))
    app._ipython_display_()
    assert shown[2][0][0] == {"text/plain": "words"} and len(shown) == 3


def test_many_pictures_are_counted_and_a_few_are_shown(app):
    rng = np.random.default_rng(0)
    files = []
    for i in range(30):
        Image.fromarray(rng.integers(0, 256, (20, 20, 3), "uint8")).save(
            file := io.BytesIO(), "PNG"
        )
        files.append((f"{i}.png", file.getvalue()))
    app.rows[0].upload.value = chosen(*files)
    assert (
        "30 pictures" in app.rows[0].shown.value
        and "and 6 more" in app.rows[0].shown.value
    )
