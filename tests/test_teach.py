"""Teach it your own: every bad file is named and the good ones go on; the score is that
of heads that had not seen.
"""

import io
import json
import re
import socket
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tlkit_course import teach
from tlkit_course.teach import (
    Examples,
    Features,
    PictureError,
    TeachError,
    learn,
    leave_one_out,
    read_picture,
    ridge,
    save,
)
from tlkit_course.teach import probe as probe_module
from tlkit_course.teach.report import decision, next_steps, page
from tlkit_course.teach.show import SIDE, spotlight, where

from tlkit import glyphs, saved

FONTS = glyphs.TRAIN_FONTS + glyphs.TEST_FONTS


def data(image, kind="PNG", **how):
    """The bytes of a file that holds an image (an array, or Pillow's)."""
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(
        file, kind, **how
    )
    return file.getvalue()


def noise(seed=0, size=(40, 30), mode="RGB"):
    """A picture unlike any other: large patches, so that JPEG keeps them."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), "uint8")
    return Image.fromarray(small).resize(size, Image.Resampling.NEAREST).convert(mode)


def drawn(symbols="259", n=30, seed=5, names=("two", "five", "nine")):
    """Examples with drawn scenes."""
    examples = Examples(names)
    scenes = glyphs.draw(symbols, n, seed, fonts=FONTS)
    for i, (image, symbol) in enumerate(zip(scenes.images, scenes.symbol, strict=True)):
        examples.add(int(symbol), f"{i}.png", data(image))
    return examples


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    """The letters backbone, built once."""
    return Features("letters", tmp_path_factory.mktemp("features"))


@pytest.fixture(scope="module")
def probe(features):
    """What it learnt from thirty drawn digits."""
    return learn(drawn(), features)


# ---- files


HTML = b"<!DOCTYPE html><html><body>404</body></html>"
HEIC = b"\x00\x00\x00\x18ftypheic" + b"\x00" * 40
BAD = {
    "an empty file": (b"", "an empty file"),
    "text": (b"just words, long enough to be a file" * 20, "got text"),
    "a web page": (HTML, "got a web page"),
    "an SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "got an SVG drawing"),
    "a PDF": (b"%PDF-1.7 \x00 1 0 obj", "got a PDF"),
    "HEIC": (HEIC, "got HEIC or AVIF, which phones write"),
    "a film": (b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 40, "got a film"),
    "an archive": (b"PK\x03\x04\x14\x00\x00\x00", "got a ZIP archive"),
    "nothing known": (bytes(range(256)) * 3, "got something else"),
    "a cut JPEG": (
        data(noise(size=(200, 150)), "JPEG")[:1500],
        "got a damaged one (image file is truncated",
    ),
    "a cut PNG": (
        data(np.random.default_rng(0).integers(0, 256, (60, 60, 3), "uint8"))[:900],
        "got a damaged one",
    ),
    "tiny": (data(noise(size=(15, 300))), "at least 16 × 16 pixels, got 15 × 300"),
    "huge": (
        data(Image.new("1", (9000, 9000))),
        "at most 50 million pixels, got 9000 × 9000",
    ),
    "a bomb": (
        data(Image.new("1", (20000, 20000))),
        "at most 50 million pixels, got far more",
    ),
    "heavy": (b"\xff\xd8" + b"\x00" * 30_000_001, "at most 30 MB, got 30 MB"),
}


@pytest.mark.parametrize("bad, said", BAD.values(), ids=BAD)
def test_a_bad_file_is_named_with_what_was_expected_what_came_and_what_to_do(bad, said):
    examples = Examples(("cat", "dog"))
    with pytest.raises(PictureError) as raised:
        examples.add(0, "IMG_1.jpg", bad)
    message = str(raised.value)
    assert (
        message.startswith("IMG_1.jpg: expected ")
        and said in message
        and ". Next: " in message
    )
    assert message.endswith(".") and examples.of(0) == ()
    assert (
        examples.add(0, "IMG_2.png", data(noise())) == [] and len(examples.of(0)) == 1
    )  # the good ones go on


TURNED = Image.Exif()
TURNED[0x0112] = 6
ODD = {
    "an animation": (
        data(noise(1), "GIF", save_all=True, append_images=[noise(2)]),
        "a.gif",
        "animation of 2 frames",
    ),
    "CMYK": (data(noise(1, mode="CMYK"), "JPEG"), "a.jpg", "in CMYK"),
    "16 bits": (
        data(Image.fromarray(np.arange(1200, dtype="uint16").reshape(30, 40) * 50)),
        "a.png",
        "of 16 bits",
    ),
    "alpha": (data(noise(1, mode="RGBA")), "a.png", "transparent: put on white"),
    "turned": (data(noise(1), "JPEG", exif=TURNED), "a.jpeg", "turned upright"),
    "long": (data(noise(1, size=(200, 40))), "a.png", "squeezed to a square"),
    "another name": (data(noise(1)), "a.jpg", "a PNG, whatever its name says"),
}


@pytest.mark.parametrize("odd, name, said", ODD.values(), ids=ODD)
def test_an_odd_picture_is_used_and_said_how(odd, name, said):
    examples = Examples(("cat", "dog"))
    (sentence,) = examples.add(0, name, odd)
    assert (
        sentence.startswith(f"{name}: ")
        and said in sentence
        and len(examples.of(0)) == 1
    )
    assert examples.of(0)[0].image.shape == (32, 32, 3)


def test_a_picture_is_read_as_predict_reads_it(tmp_path):
    (tmp_path / "a.jpg").write_bytes(
        data(noise(3, size=(400, 300)), "JPEG", exif=TURNED)
    )
    from tlkit.folders import decode

    assert np.array_equal(
        read_picture("a.jpg", (tmp_path / "a.jpg").read_bytes(), 48).image,
        decode(tmp_path / "a.jpg", 48),
    )


def test_the_same_picture_twice_counts_once_and_a_copy_of_it_is_said():
    examples = Examples(("cat", "dog"))
    examples.add(0, "first.png", data(noise(1, size=(64, 64))))
    (same,) = examples.add(0, "second.bmp", data(noise(1, size=(64, 64)), "BMP"))
    assert "same picture as first.png" in same and len(examples.of(0)) == 1
    (near,) = examples.add(
        0, "third.jpeg", data(noise(1, size=(60, 60)), "JPEG", quality=80)
    )
    assert "third.jpeg: looks like first.png" in near and len(examples.of(0)) == 2
    assert examples.add(0, "other.png", data(noise(2, size=(64, 64)))) == []


def test_pictures_of_one_name_are_told_apart_and_taken_out_one_by_one():
    examples = Examples(("a", "b"))
    for i in range(3):
        examples.add(0, "image.jpg", data(noise(i)))
    names = [picture.name for picture in examples.of(0)]
    assert names == ["image.jpg", "image (2).jpg", "image (3).jpg"]
    kept = [examples.of(0)[i].key for i in (0, 2)]
    examples.remove(0, "image (2).jpg")
    assert [picture.key for picture in examples.of(0)] == kept


def test_a_picture_in_two_classes_is_used_in_neither_until_it_leaves_one():
    examples = drawn("25", 8, names=("two", "five"))
    twin = examples.of(0)[0]
    examples.add(1, "twin.png", twin.data)
    pictures, labels, (said,) = examples.usable()
    assert twin.key not in {picture.key for picture in pictures} and np.bincount(
        labels
    ).tolist() == [3, 4]
    assert (
        f"{twin.name}: the same picture is in two (as {twin.name}) and five (as "
        "twin.png): used in neither" in said
    )
    examples.remove(1)
    for i, picture in enumerate(drawn("5", 4, 9, names=("five",)).of(0)):
        examples.add(1, f"{i}.png", picture.data)
    assert len(examples.usable()[0]) == 8 and not examples.usable()[2]


def test_a_class_takes_a_hundred_pictures_and_says_so():
    examples = Examples(("cat", "dog"), 16)
    for i in range(teach.MOST):
        examples.add(0, f"{i}.png", data(noise(i, size=(16, 16))))
    with pytest.raises(
        PictureError, match="one.png: expected at most 100 pictures of a class"
    ):
        examples.add(0, "one.png", data(noise(1000, size=(16, 16))))


# ---- classes


@pytest.mark.parametrize(
    "names, counts, said",
    [
        (
            ("cat", "dog"),
            (1, 3),
            r"at least 2 pictures of each thing.*few of cat \(1\)",
        ),
        (("cat", ""), (3, 0), r"few of thing 2 \(0\)"),
        (("cat", " "), (3, 3), "a name for each thing, got none for thing 2"),
        (("cat", "Cat "), (3, 3), "different names, got “Cat” twice"),
    ],
)
def test_what_is_missing_is_said(names, counts, said):
    examples = Examples(names)
    for label, n in enumerate(counts):
        for i in range(n):
            examples.add(label, f"{i}.png", data(noise(10 * label + i)))
    with pytest.raises(TeachError, match=said):
        examples.usable()


def folder_of(root, **counts):
    for label, (name, n) in enumerate(counts.items()):
        (root / name).mkdir(parents=True)
        for i in range(n):
            (root / name / f"{i}.png").write_bytes(data(noise(100 * label + i)))
    return root


def test_class_folders_give_names_and_pictures_and_bad_files_are_named(tmp_path):
    root = folder_of(tmp_path / "pets", cat=3, dog=2)
    (root / "cat" / "bad.jpg").write_text("no")
    (root / "cat" / "notes.txt").write_text("no picture, and not called one")
    (root / ".cache").mkdir()
    examples = Examples()
    said = examples.add_folder(root)
    assert examples.names == ["cat", "dog"] and [
        len(examples.of(i)) for i in (0, 1)
    ] == [3, 2]
    assert len(said) == 1 and said[0].startswith("bad.jpg: expected a picture")


@pytest.mark.parametrize("n", [0, 1, 6])
def test_a_folder_needs_two_to_five_class_folders_and_else_nothing_changes(tmp_path, n):
    root = folder_of(tmp_path / "pets", **{f"class{i}": 1 for i in range(n)})
    examples = drawn()
    with pytest.raises(
        TeachError, match=r"expected a folder with 2 to 5 folders of pictures.*Next: "
    ):
        examples.add_folder(root)
    assert examples.names == ["two", "five", "nine"] and len(examples.of(0)) == 10


def test_fewer_classes_for_a_while_lose_no_picture():
    examples = drawn()
    examples.count(2)
    assert len(examples.usable()[0]) == 20
    examples.count(3)
    examples.names[2] = "nine"
    assert len(examples.usable()[0]) == 30


@pytest.mark.parametrize("n_classes", [2, 5])
def test_two_to_five_classes_are_learnt(features, n_classes):
    names = ("one", "two", "three", "four", "six")[:n_classes]
    learnt = learn(drawn("12346"[:n_classes], 4 * n_classes, names=names), features)
    assert learnt.probabilities(glyphs.draw("2", 3, 1).images).shape == (3, n_classes)
    assert learnt.left_out.shape == (4 * n_classes, n_classes)


def test_two_pictures_of_each_are_enough_and_nothing_is_promised(features):
    learnt = learn(drawn("25", 4, names=("two", "five")), features)
    assert (
        learnt.accuracy.high - learnt.accuracy.low > 0.4
        and "Each picture was left out once" in learnt.finding()
    )


# ---- the head


@pytest.mark.parametrize(
    "n, channels, classes", [(12, 40, 2), (30, 7, 3), (25, 128, 5)]
)
def test_leave_one_out_is_what_scikit_learn_gives_without_each_picture(
    n, channels, classes
):
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import PredefinedSplit
    from sklearn.utils.class_weight import compute_sample_weight

    def oracle(rows, labels):
        targets = np.where(labels[:, None] == np.arange(classes), 1.0, -1.0)
        return Ridge(probe_module.PENALTY).fit(
            rows, targets, compute_sample_weight("balanced", labels)
        )

    rng = np.random.default_rng(n)
    rows, labels = (
        rng.random((n, channels)),
        rng.permutation(np.minimum(np.arange(n) % (classes + 1), classes - 1)),
    )
    kernel, bias = ridge(rows, labels, classes)
    np.testing.assert_allclose(
        rows @ kernel + bias, oracle(rows, labels).predict(rows), atol=1e-8
    )
    left_out, seen = (
        leave_one_out(rows, labels, classes),
        {label: 0 for label in range(classes)},
    )
    turns = []
    for label in labels:
        turns.append(seen[label])
        seen[label] += 1
    asked = []
    for others, some in PredefinedSplit(turns).split():
        assert len(set(labels[some])) == len(some)  # at most one picture of each class
        np.testing.assert_allclose(
            left_out[some],
            oracle(rows[others], labels[others]).predict(rows[some]),
            atol=1e-8,
        )
        asked += some.tolist()
    assert sorted(asked) == list(range(n))


def test_features_that_tell_nothing_score_like_guessing_neither_better_nor_worse():
    """Leaving out one picture alone makes its class the smaller one: then the score
    would be 0.2 here, not a third.
    """
    rng = np.random.default_rng(0)
    right = []
    for _ in range(40):
        rows, labels = rng.random((30, 2000)), np.arange(30) % 3
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        right.append(np.mean(leave_one_out(rows, labels, 3).argmax(1) == labels))
    assert 0.28 < np.mean(right) < 0.39


def test_leave_one_out_says_what_new_pictures_show(features):
    seen, new, held = [], [], 0
    for seed in range(12):
        learnt = learn(drawn(seed=100 + seed), features)
        scenes = glyphs.draw("259", 150, 500 + seed, fonts=FONTS)
        seen.append(learnt.accuracy.mean)
        new.append(
            np.mean(learnt.probabilities(scenes.images).argmax(1) == scenes.symbol)
        )
        held += learnt.accuracy.low <= new[-1] <= learnt.accuracy.high
    assert abs(np.mean(seen) - np.mean(new)) < 0.05 and min(new) > 0.7 and held >= 9


def test_probabilities_are_sharpened_as_far_as_left_out_pictures_bear_out():
    labels = np.arange(20) % 2
    sure = np.where(labels[:, None] == np.arange(2), 1.0, -1.0)
    factor = probe_module.sharpness(sure, labels)
    most = probe_module.softmax(factor * sure).max()
    assert 0.9 < most < 0.99  # 20 right of 20 do not prove that the 21st is
    unsure = np.random.default_rng(0).normal(size=(20, 2))
    assert probe_module.sharpness(unsure, labels) < factor


def test_scores_and_head_are_sharpened_alike(probe, features):
    rows = features.of(probe.pictures).astype("float64")
    kernel, bias = ridge(rows, probe.labels, 3)
    factor = probe_module.sharpness(leave_one_out(rows, probe.labels, 3), probe.labels)
    assert factor > 1
    np.testing.assert_allclose(probe.kernel, factor * kernel)
    np.testing.assert_allclose(probe.bias, factor * bias)
    np.testing.assert_allclose(
        probe.left_out, factor * leave_one_out(rows, probe.labels, 3)
    )


# ---- features


def test_features_are_computed_once_for_each_picture_and_kept_for_the_next_time(
    tmp_path,
):
    features = Features("letters", tmp_path / "mine")
    examples = drawn()
    first = learn(examples, features)
    assert (features.computed, features.found) == (30, 0)
    examples.add(0, "new.png", data(noise(1)))
    learn(examples, features)
    assert (features.computed, features.found) == (1, 30)
    again = Features("letters", tmp_path / "mine")
    again.run = None  # nothing may run
    np.testing.assert_array_equal(learn(drawn(), again).left_out, first.left_out)
    assert (again.computed, again.found) == (0, 30)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [again.file.name]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", b"text"])
def test_a_damaged_features_file_is_computed_again(tmp_path, features, damage):
    mine = Features("letters", tmp_path)
    mine._network, mine._backbone = features.network, features.backbone
    mine.file.write_bytes(damage)
    learn(drawn(), mine)
    assert mine.computed == 30
    with np.load(mine.file) as kept:
        assert kept["features"].shape == (30, 128)


def test_learning_goes_on_where_features_cannot_be_kept(
    tmp_path, features, monkeypatch
):
    mine = Features("letters", tmp_path / "file")
    mine._network, mine._backbone = features.network, features.backbone
    (tmp_path / "file").write_text("in the way")
    assert (
        learn(drawn(), mine).accuracy.mean > 0.7 and "could not be kept" in mine.trouble
    )
    assert (tmp_path / "file").read_text() == "in the way"


def test_pictures_are_read_again_for_another_backbone():
    examples = drawn()
    examples.squeeze(96)
    assert all(picture.image.shape == (96, 96, 3) for picture in examples.usable()[0])


def test_it_works_without_network_or_a_cache_and_writes_only_into_its_folder(
    tmp_path, monkeypatch
):
    def refuse(*_):
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    learnt = learn(drawn(), Features("letters", tmp_path / "mine"))
    save(learnt, tmp_path / "mine")
    assert {path.name for path in tmp_path.iterdir()} == {"mine"}


# ---- what it looks at


def test_the_occlusion_map_is_brightest_where_the_symbol_is(probe):
    inside_wins, far = [], []
    for seed in range(60):
        offset = np.random.default_rng(seed).integers(-8, 9, 2)
        image = np.roll(
            glyphs.scene("259"[seed % 3], scale=0.5, clutter=0, seed=seed),
            offset,
            (0, 1),
        )
        if probe.probabilities(image[None])[0].argmax() != seed % 3:
            continue  # nobody can say what a wrong answer should look at
        falls = probe.occlusion(image, seed % 3)
        assert falls.shape == (32, 32)
        y, x = np.mgrid[:32, :32] - (16 + offset)[:, None, None]
        inside = (abs(y) < 8) & (abs(x) < 7)
        inside_wins.append(falls[inside].mean() > falls[~inside].mean())
        far.append(
            np.hypot(*(np.unravel_index(falls.argmax(), falls.shape) - (16 + offset)))
        )
    assert len(far) >= 20 and np.mean(inside_wins) > 0.85 and np.median(far) < 8


def test_a_map_is_said_in_words_and_shown_as_light():
    falls = np.zeros((32, 32))
    assert "No single place decides" in where(falls, "cat")
    falls[:8, 24:] = np.log(4)
    assert (
        where(falls, "cat")
        == "It looks most at the upper right: hiding that divides the odds for cat by "
        "4.0."
    )
    shown = spotlight(np.full((32, 32, 3), 200, "uint8"), falls)
    assert (
        shown.shape == (SIDE, SIDE, 3)
        and shown[10, -10, 0] > 150
        and shown[-10, 10, 0] < 50
    )


# ---- keeping it


def test_what_is_kept_says_the_same_from_the_command_line(tmp_path, probe):
    folder = save(probe, tmp_path / "mine")
    assert {path.name for path in folder.iterdir()} == {
        "model.keras",
        "classes.json",
        "report.html",
    }
    assert json.loads((folder / "classes.json").read_text("utf-8")) == [
        "two",
        "five",
        "nine",
    ]
    new = glyphs.draw("259", 3, 9).images
    files = [tmp_path / f"{i}.png" for i in range(3)]
    for file, image in zip(files, new, strict=True):
        file.write_bytes(data(image))
    for (_, ranked), shares in zip(
        saved.predict(folder, files), probe.probabilities(new), strict=True
    ):
        assert ranked[0][0] == probe.classes[shares.argmax()]
        np.testing.assert_allclose(
            [share for _, share in ranked], np.sort(shares)[::-1], atol=1e-4
        )


def test_an_earlier_model_stays_and_a_failure_leaves_nothing(
    tmp_path, probe, monkeypatch
):
    first = save(probe, tmp_path)
    assert save(probe, tmp_path) != first and (first / "model.keras").is_file()
    before = sorted(tmp_path.iterdir())

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="disk full"):
        save(probe, tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_the_report_is_one_safe_page_that_says_what_was_left_out(features, tmp_path):
    names = ("<b>two</b>", "five & six")
    examples = Examples(names)
    scenes = glyphs.draw("25", 20, 3)
    for i, (image, symbol) in enumerate(zip(scenes.images, scenes.symbol, strict=True)):
        examples.add(int(symbol), f"<i>{i}.png", data(image))
    examples.add(1, "twin.png", examples.of(0)[0].data)
    learnt = learn(examples, features)
    text = page(learnt, "It has seen no photograph.", ["bad.jpg: expected a picture"])
    assert (
        "<b>two" not in text
        and "<i>" not in text
        and "&lt;b&gt;two" in text
        and "five &amp; six" in text
    )
    for words in (
        "used in neither",
        "bad.jpg: expected a picture",
        "It has seen no photograph.",
        "python -m tlkit predict",
    ):
        assert words in text, words
    assert f"{learnt.accuracy.low:.2f} to {learnt.accuracy.high:.2f}" in text
    assert (
        text.count("<img") == text.count("alt=")
        and "<script" not in text
        and 'src="http' not in text
    )


def test_the_page_begins_with_a_decision_and_says_what_to_do_next(probe):
    text = page(probe)
    made, steps = decision(probe), next_steps(probe)
    assert f"<h1>{made}</h1>" in text
    opened = text.split("<details>")[0]
    assert all(step in opened for step in steps)
    scale = opened.split('<div class="scale"')[1].split("</div>")[0]
    named = re.findall(r">([^<>]+)</em>", scale)
    assert named == [f"guessing {probe.guessing:.2f}", "0", "accuracy 1"]
    assert made.startswith(
        "Use it for pictures like these: it tells two, five and nine"
    )
    lost = replace(probe, left_out=np.roll(probe.left_out, 1, axis=1))
    assert decision(lost).startswith("Do not rely on it yet")
    assert f"{lost.accuracy.low:.2f} to {lost.accuracy.high:.2f}" in decision(lost)


def test_the_class_with_the_fewest_right_answers_is_to_be_added_to_first(probe):
    scores = 9 * np.eye(3)[probe.labels]
    nine = np.flatnonzero(probe.labels == 2)
    scores[nine[:2]] = [0, 4, 0]
    steps = next_steps(replace(probe, left_out=scores))
    assert steps[0] == (
        f"Add pictures of nine first: {len(nine) - 2} of its {len(nine)} were named "
        "correctly, the others mostly five."
    )
    steps = next_steps(replace(probe, left_out=9 * np.eye(3)[probe.labels]))
    assert steps[0].startswith("None of its pictures was named wrongly")


def test_a_label_looks_mistaken_only_where_the_model_was_sure(probe):
    scores = 9 * np.eye(3)[probe.labels]
    first, second = np.flatnonzero(probe.labels == 2)[:2]
    scores[first], scores[second] = [0, 9, 0], [0, 1, 0]
    text = page(replace(probe, left_out=scores))
    assert text.count("labelled nine, looks like five") == 1
    assert text.count("✗ five (is nine)") == 1


def test_the_package_brings_the_page_and_its_script():
    root = Path(teach.__file__).parents[1]
    assert (root / "teach" / "report.html").is_file() and (
        root / "teach" / "app.js"
    ).is_file()
