"""Before training, a folder's pictures are looked at: what would spoil the result is
found, said in at most five lines, and shown on a page.
"""

import subprocess
import sys
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tlkit import survey
from tlkit.commands import cli
from tlkit.tasks import Rows

pytestmark = pytest.mark.usefixtures("own_cache")

TRAIN, TEST = "train", "test"


def scene(seed, size=(40, 40)):
    """A picture that is like no other: a few soft spots of colour."""
    rng = np.random.default_rng(seed)
    spots = Image.fromarray(rng.integers(0, 256, (6, 6, 3), "uint8"))
    return spots.resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def root(tmp_path):
    """Twelve training and six test pictures each of two classes; nothing is wrong."""
    folder = tmp_path / "pets"
    for i, place in enumerate(("train/cat", "train/dog", "test/cat", "test/dog")):
        (folder / place).mkdir(parents=True)
        for j in range(12 if i < 2 else 6):
            scene(100 * i + j).save(folder / place / f"{j}.png")
    return folder


def changed(picture, how):
    """A copy of a picture that is not the same file, and not the same pixels."""
    if how == "JPEG":
        file = BytesIO()
        picture.save(file, "JPEG", quality=60)
        return Image.open(file)
    if how == "smaller":
        return picture.resize((30, 30))
    return Image.fromarray((np.asarray(picture) * 0.8).astype("uint8"))


# What is put into the folder, what a line says, whether it spoils the result


def nothing(root):
    pass


def copy(root):
    scene(200).save(root / "train/cat/copy.png")  # as test/cat/0.png


def near(how):
    def put(root):
        changed(scene(200), how).save(root / "train/cat/near.png")

    return put


def copy_of_another_class(root):
    scene(0).save(root / "train/dog/cat.png")


def flat(root):
    Image.new("RGB", (40, 40), (200, 10, 10)).save(root / "train/cat/flat.png")
    ramp = np.linspace(0, 255, 1600).reshape(40, 40, 1).repeat(3, axis=2)
    faint = {"test/cat/flat.png": 7.9 / 255, "train/dog/ramp.png": 1}
    for place, contrast in faint.items():
        Image.fromarray((contrast * ramp).astype("uint8")).save(root / place)


def dark(root):
    night = Image.fromarray((np.asarray(scene(7)) // 6).astype("uint8"))
    night.save(root / "train/cat/night.png")


def few(root):
    for split, n in ((TRAIN, 4), (TEST, 2)):
        (root / split / "fox").mkdir()
        for i in range(n):
            scene(900 + n + i).save(root / split / "fox" / f"{i}.png")


def copies_alone(root):
    for split, n in ((TRAIN, 8), (TEST, 3)):
        (root / split / "owl").mkdir()
        for i in range(n):
            scene(900).save(root / split / "owl" / f"{i}.png")


def large(root):
    scene(8, (400, 300)).save(root / "train/cat/large.png")


def own_sizes(root):
    for file in root.glob("*/dog/*.png"):
        Image.open(file).resize((44, 40)).save(file)


def other_file(root):
    (root / "train/cat/phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))


def damaged(root):
    (root / "train/cat/bad.png").write_bytes(b"no")


CASES = {
    "nothing": (nothing, "Found: 2 classes, 36 pictures; 18 of each. Used: 20", False),
    "copy": (copy, "The same in test and training: 1 (test/cat/0.png = train", True),
    "JPEG": (near("JPEG"), "Nearly the same in test and training: 1 (test/cat", True),
    "smaller": (near("smaller"), "(test/cat/0.png = train/cat/near.png)", True),
    "darker": (near("darker"), "(test/cat/0.png = train/cat/near.png)", True),
    "two classes": (copy_of_another_class, "in two classes: 2 (train/cat/0", False),
    "flat": (flat, "of a single colour: 2 (test/cat/flat.png, train/cat", False),
    "dark": (dark, "Look at: dark: 1 (train/cat/night.png)", False),
    "few": (few, "Fewer than 10 pictures: fox (6)", True),
    "copies alone": (copies_alone, "all pictures of owl are copies of one", True),
    "large": (large, "Sizes: from 40 × 40 to 400 × 300 pixels", False),
    "own sizes": (own_sizes, "each class has a size of its own", False),
    "other file": (other_file, "left out 1 files (.heic, in fact HEIC)", False),
    "damaged": (damaged, "files that cannot be read: 1; a run stops", True),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_with_a_folder_is_said_and_decides_the_exit_status(
    root, tmp_path, capsys, case
):
    put, said, is_spoilt = CASES[case]
    put(root)
    out = tmp_path / "out"
    words = ["run", "--check-only", "--task", str(root), "--out", str(out)]
    assert cli.main(words) == int(is_spoilt)
    printed = capsys.readouterr().out
    assert said in printed
    assert ("Spoils the result: " in printed) == is_spoilt
    assert ("Nothing was found that would spoil" in printed) != is_spoilt
    assert (out / "check.html").exists()


def test_everything_at_once_is_said_in_five_lines(root):
    puts = [case[0] for case in CASES.values() if case[0] is not own_sizes]
    for put in puts:
        put(root)
    lines = survey.survey(root).lines()
    assert [line.split(":")[0].split()[0] for line in lines] == [
        "Found",
        "Note",
        "The",
        "Sizes",
        "Look",
    ]


def test_a_damaged_file_that_is_left_out_spoils_nothing(root, tmp_path, capsys):
    damaged(root)
    words = ["run", "--check-only", "--task", str(root), "--out", str(tmp_path)]
    assert cli.main([*words, "--bad-files", "skip"]) == 0
    assert "skipped 1 unreadable pictures: train/cat/bad.png" in capsys.readouterr().out


def test_pictures_of_every_draw_are_looked_at_and_no_others(root):
    copy(root)
    one, three = (survey.survey(root, 4, seeds) for seeds in (1, 3))
    assert one.used == three.used == {"train": 6, "validation": 2, "test": 12}
    assert len(one.files) == 12 + 8 < len(three.files) < 38
    assert set(one.files) < set(three.files)
    everything = survey.survey(root)
    assert len(everything.files) == 37
    assert [pair.is_exact for pair in everything.pairs] == [True]


def test_a_picture_on_the_wall_is_that_of_its_file(root):
    found = survey.survey(root)
    for place, (file, label) in enumerate(zip(found.files, found.labels, strict=True)):
        with Image.open(root / file) as picture:
            square = picture.resize((32, 32), Image.Resampling.BILINEAR)
        assert np.array_equal(found.images[place], square)
        assert found.classes[label] == file.split("/")[1]
        assert found.is_test[place] == file.startswith("test/")


def test_handwritten_digits_are_not_taken_for_copies_of_each_other():
    from sklearn.datasets import load_digits

    digits = load_digits()
    pictures = (digits.images * 15.9).astype("uint8")
    sized = [Image.fromarray(one).convert("RGB").resize((32, 32)) for one in pictures]
    images = Rows(np.stack([np.asarray(one) for one in sized]), np.arange(len(sized)))
    _, thumbnails, _, flat = survey._looked_through(images)
    is_test = np.arange(len(sized)) < 360
    assert survey._near_copies(thumbnails, digits.target, is_test, flat) == []


def test_where_classes_look_alike_near_copies_are_not_claimed(root):
    rng = np.random.default_rng(0)
    board = np.asarray(scene(5)).astype(int)
    for file in root.glob("*/*/*.png"):  # one board, with a small mark
        pixels = np.clip(board + rng.normal(0, 2, board.shape), 0, 255)
        Image.fromarray(pixels.astype("uint8")).save(file)
    found = survey.survey(root)
    assert not found.pairs and not found.spoils
    assert survey.NOT_TOLD in found.notes


def test_five_thousand_pictures_take_less_than_two_seconds():
    rng = np.random.default_rng(0)
    images = Rows(
        rng.integers(0, 256, (500, 32, 32, 3), "uint8"), np.arange(5000) % 500
    )
    began = time.process_time()
    survey._looked_through(images)
    assert time.process_time() - began < 2


def test_the_page_marks_what_is_doubtful_and_is_safe(root, tmp_path):
    copy(root)
    dark(root)
    scene(77).save(root / "train/cat/<script>alert(1)<script>.png")
    out = tmp_path / "out"
    cli.main(["run", "--check-only", "--task", str(root), "--out", str(out)])
    html = (out / "check.html").read_text("utf-8")
    assert "<script" not in html and "&lt;script&gt;alert" in html
    assert html.count("<img") == 39 + 2  # every picture, and the pair once more
    marked = html.split('<figure class="doubt">')[1:]
    assert len(marked) == 2 + 3
    for words in ("⚠ dark", "⚠ in test and training", "⚠ the same"):
        assert any(words in one for one in marked)
    assert "http" not in html


def test_the_wall_of_a_large_class_shows_the_doubtful_and_some_others(root, tmp_path):
    for i in range(150):
        scene(5000 + i).save(root / f"train/cat/more{i}.png")
    dark(root)
    out = tmp_path / "out"
    cli.main(["run", "--check-only", "--task", str(root), "--out", str(out)])
    html = (out / "check.html").read_text("utf-8")
    assert "121 of 169 pictures" in html and "⚠ dark" in html


def test_another_task_than_a_folder_is_refused(tmp_path, capsys):
    for task in ("digits", "cifar10"):
        words = ["run", "--check-only", "--task", task, "--out", str(tmp_path)]
        assert cli.main(words) == 1
        assert "--check-only: expected --task FOLDER" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_said_as_ever(tmp_path, capsys):
    words = ["run", "--check-only", "--task", "digit", "--out", str(tmp_path / "out")]
    assert cli.main(words) == 1
    assert "did you mean 'digits'?" in capsys.readouterr().err


def test_it_needs_no_keras(root, tmp_path):
    code = (
        "import sys; from tlkit.commands import cli; "
        f"status = cli.main({['run', '--check-only', '--task', str(root)]!r} + "
        f"{['--out', str(tmp_path)]!r}); "
        "assert not {'keras', 'tensorflow'} & set(sys.modules); sys.exit(status)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
