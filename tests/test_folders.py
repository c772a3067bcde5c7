"""Class folders: files are read as they look, and everything that is wrong is named."""

import io
import os
import re
import struct
import sys
import tarfile
import threading
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from conftest import pictures_of
from PIL import Image, ImageOps

from tlkit import folders, pixels
from tlkit.folders import (
    BadImagesError,
    EmptyClassError,
    MissingFolderError,
    SingleClassError,
    TaskError,
    UnseenClassError,
)
from tlkit.tasks import cache_bytes, clear_cache, load_task

pytestmark = pytest.mark.usefixtures("own_cache")

CIFAR = (
    Path(__file__).resolve().parents[2] / "shared" / "data" / "cifar10-images.tar.xz"
)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "pets"


def picture(path, value=0, mode="RGB", size=(40, 36), **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(value)
    image = Image.fromarray(
        rng.integers(0, 256, (size[1], size[0], 3), "uint8")
    ).convert(mode)
    image.save(path, **how)
    return image


def tree(root, **counts):
    """tree(root, train__cat=5) writes root/train/cat/00.png …, all different."""
    for i, (place, n) in enumerate(counts.items()):
        folder = root.joinpath(*place.split("__"))
        folder.mkdir(parents=True, exist_ok=True)
        for j in range(n):
            picture(folder / f"{j:02}.png", 1000 * i + j)


def expected(image, size=32):
    return np.asarray(
        image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    )


# ---- splits ----


def test_plain_class_folders_are_split_by_class(root):
    tree(root, dog=20, cat=10)
    task = load_task(root)
    assert task.name == "pets" and task.classes == ("cat", "dog") and task.mirror
    assert np.bincount(task.test.labels).tolist() == [2, 4]
    assert np.bincount(task.validation.labels).tolist() == [1, 3]
    assert np.bincount(task.train.labels).tolist() == [7, 13]
    parts = [pictures_of(split) for split in task.splits().values()]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 30
    assert "no test folder" in " ".join(task.notes)


@pytest.mark.parametrize(
    ("classes", "mirrored"),
    [
        (("cat", "dog"), True),
        (("turn left", "turn right"), False),
        (("rechts", "links"), False),
        (("bright", "dark"), True),
        (("3", "7"), False),
        (("b", "d"), False),
    ],
)
def test_pictures_whose_mirror_image_may_mean_something_else_are_not_mirrored(
    root, classes, mirrored
):
    tree(root, **{name: 5 for name in classes})
    task = load_task(root)
    assert task.mirror == mirrored
    assert any("mirror" in note for note in task.notes) != mirrored
    assert load_task(root, mirror=True).mirror


def test_labels_name_the_folder_that_a_picture_lies_in(root):
    tree(root, dog=6, cat=6)
    task = load_task(root)
    truth = {
        expected(Image.open(file)).tobytes(): file.parent.name
        for file in root.rglob("*.png")
    }
    for split in task.splits().values():
        for image, label in zip(split.images, split.labels, strict=True):
            assert truth[image.tobytes()] == task.classes[label]


def test_a_seed_leaves_the_test_split_alone(root):
    tree(root, dog=20, cat=20)
    first, other, again = (load_task(root, 5, seed) for seed in (0, 1, 0))
    assert pictures_of(first.test) == pictures_of(other.test)
    assert pictures_of(first.train) != pictures_of(other.train)
    assert first.fingerprint() == again.fingerprint() != other.fingerprint()


def test_a_given_test_folder_is_the_test_split(root):
    tree(root, train__a=6, train__b=6, test__a=3, test__b=1)
    task = load_task(str(root), 5)
    assert np.bincount(task.test.labels).tolist() == [3, 1]
    assert (len(task.train), len(task.validation)) == (8, 2)
    assert not any("fifth" in note for note in task.notes)
    assert pictures_of(task.test) == {
        expected(Image.open(file)).tobytes() for file in root.glob("test/*/*.png")
    }


@pytest.mark.parametrize("name", ["validation", "val", "Val"])
def test_a_validation_folder_is_used_as_it_is_without_a_budget(root, name):
    kept = {f"{name}__a": 4, f"{name}__b": 3}
    tree(root, train__a=6, train__b=6, **kept, test__a=2, test__b=2)
    task = load_task(root)
    assert np.bincount(task.train.labels).tolist() == [6, 6]
    assert np.bincount(task.validation.labels).tolist() == [4, 3]


def test_a_budget_draws_validation_labels_from_the_validation_folder(root):
    kept = {"validation__a": 4, "validation__b": 1}
    tree(root, train__a=12, train__b=12, **kept, test__a=2, test__b=2)
    task = load_task(root, 10)
    # A fifth, as far as there are.
    assert np.bincount(task.validation.labels).tolist() == [2, 1]
    assert np.bincount(task.train.labels).tolist() == [8, 9]
    assert pictures_of(task.validation) <= {
        expected(Image.open(f)).tobytes() for f in root.glob("validation/*/*")
    }


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "valid", "test"),
        ("Training", "Val", "Testing"),
        ("seg_train/seg_train", "dev", "seg_test/seg_test"),
        ("training-set", "validation set", "test_set"),
    ],
)
def test_splits_are_known_by_their_usual_names(root, train, validation, test):
    for split, n in ((train, 8), (validation, 3), (test, 4)):
        for i, kind in enumerate(("cat", "dog")):
            for j in range(n):
                picture(root / split / kind / f"{j}.png", 100 * n + 10 * i + j)
    task = load_task(root)
    found = {name: len(split) for name, split in task.splits().items()}
    assert task.classes == ("cat", "dog")
    assert found == {"train": 16, "validation": 6, "test": 8}


def test_splits_of_unknown_names_are_not_learnt_as_classes(root):
    for split in ("learn", "exam"):
        tree(root / split, cat=4, dog=4)
    with pytest.raises(
        TaskError, match=r"\(exam, learn\) that all hold cat, dog: these look like spli"
    ):
        load_task(root)


def test_two_folders_for_one_split_are_refused(root):
    tree(root, train__a=5, train__b=5, val__a=2, val__b=2, valid__a=2, valid__b=2)
    with pytest.raises(TaskError, match="one validation folder .* val/ and valid/"):
        load_task(root)


def test_one_outer_folder_is_gone_through_and_said(root):
    tree(root / "data" / "pets", train__cat=8, train__dog=8, test__cat=2, test__dog=2)
    task = load_task(root)
    assert task.classes == ("cat", "dog") and len(task.test) == 4
    assert "looked in data/pets/" in task.notes


def test_what_is_not_used_and_what_is_absent_is_said(root):
    tree(root, train__a=5, train__b=5, test__a=2, extra_train__a=9)
    notes = load_task(root).notes
    assert "not used: extra_train/" in notes and "test: no pictures of b" in notes


def test_folders_that_a_system_makes_are_no_classes_and_give_no_pictures(root):
    tree(root, a=5, b=5)
    for place in ("@eaDir", "$RECYCLE.BIN", ".Trash-1000/files", "lost+found"):
        picture(root / place / "x.png")
    for place in ("a/@eaDir", "b/.cache/deep", "b/old/__MACOSX/deep"):
        picture(root / place / "x.png")
    (root / "c").symlink_to(root / "nowhere")
    task = load_task(root)
    assert task.classes == ("a", "b")
    assert sum(len(split) for split in task.splits().values()) == 10
    notes = " ".join(task.notes)
    assert (
        "left out 3 files (hidden)" in notes and "links that lead nowhere: c" in notes
    )
    assert "left out system folders: $RECYCLE.BIN/, .Trash-1000/" in notes


def test_pictures_are_known_by_their_first_bytes_where_the_suffix_does_not_tell(root):
    tree(root, a=3, b=3)
    picture(root / "a/photo.jfif", 7, format="JPEG")
    picture(root / "a/scan.tif", 8, format="TIFF")
    picture(root / "b/download", 9, format="JPEG")
    picture(root / "b/photo.jpg_large", 10, format="JPEG")
    (root / "b/phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    task = load_task(root)
    assert sum(len(split) for split in task.splits().values()) == 10
    assert any(".heic, in fact HEIC" in note for note in task.notes)


def test_a_train_folder_without_a_test_folder_is_split_and_says_so(root):
    tree(root, train__a=10, train__b=10)
    task = load_task(root)
    assert [len(split) for split in task.splits().values()] == [14, 2, 4]
    assert "a fifth of each class was kept for the test split" in task.notes[0]


def test_a_class_of_trains_is_a_class(root):
    tree(root, car=4, train=4, boat=4)
    assert load_task(root).classes == ("boat", "car", "train")


def test_a_budget_beyond_the_rarest_class_names_its_size(root):
    tree(root, a=10, b=5)
    with pytest.raises(TaskError, match=r"from 2 .* to 4 .*got 5"):
        load_task(root, 5)


def test_pictures_in_deeper_folders_count(root):
    tree(root, a__x=3, a__y=3, b=3)
    assert sum(len(split) for split in load_task(root).splits().values()) == 9


# ---- formats ----


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("x.png", "RGB"),
        ("x.png", "L"),
        ("x.png", "1"),
        ("x.png", "P"),
        ("x.PNG", "RGB"),
        ("x.bmp", "RGB"),
        ("x.bmp", "L"),
        ("x.gif", "P"),
        ("x.gif", "L"),
        ("x.webp", "RGB"),
        ("x.jpg", "RGB"),
        ("x.jpeg", "L"),
        ("x.JPG", "CMYK"),
    ],
)
@pytest.mark.parametrize("size", [32, 50])
def test_every_format_and_mode_is_read_as_pillow_shows_it(tmp_path, name, mode, size):
    picture(tmp_path / name, 1, mode)
    with Image.open(tmp_path / name) as image:
        want = expected(image, size)
    got = folders.decode(tmp_path / name, size)
    assert got.shape == (size, size, 3) and got.dtype == np.uint8
    assert np.array_equal(got, want)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (32, 32), (31, 33), (1500, 1100)])
def test_any_size_becomes_a_square(tmp_path, size):
    picture(tmp_path / "x.png", 2, size=size)
    with Image.open(tmp_path / "x.png") as image:
        assert np.array_equal(folders.decode(tmp_path / "x.png", 32), expected(image))


def test_a_large_jpeg_is_read_nearly_as_if_decoded_in_full(tmp_path):
    ramp = np.linspace(0, 255, 1600).astype("uint8")
    Image.fromarray(
        np.stack(np.broadcast_arrays(ramp, ramp[::-1], ramp[:1200, None]), axis=-1)
    ).save(tmp_path / "x.jpg")
    with Image.open(tmp_path / "x.jpg") as image:
        want = expected(image).astype(int)
    assert abs(folders.decode(tmp_path / "x.jpg", 32) - want).max() <= 3


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white(tmp_path, mode):
    image = Image.new(mode, (8, 8), (0,) * len(mode))
    image.putpixel((0, 0), (0,) * (len(mode) - 1) + (255,))
    image.save(tmp_path / "x.png")
    got = folders.decode(tmp_path / "x.png", 32)
    assert (got[0, 0] == 0).all() and (got[-1, -1] == 255).all()


def test_a_transparent_palette_is_laid_on_white(tmp_path):
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 200, 0, 0])
    image.putpixel((7, 7), 0)
    image.save(tmp_path / "x.png", transparency=0)
    image.save(tmp_path / "x.gif", transparency=0)
    for name in ("x.png", "x.gif"):
        got = folders.decode(tmp_path / name, 32)
        assert (got[0, 0] == (200, 0, 0)).all() and (got[-1, -1] == 255).all()


def test_sixteen_bit_grey_keeps_its_range(tmp_path):
    Image.fromarray(np.tile(np.uint16([0, 20_000, 65_535]).repeat(32), (3, 1))).save(
        tmp_path / "x.png"
    )
    got = folders.decode(tmp_path / "x.png", 32)
    greys = [got[i, i].tolist() for i in (0, 16, -1)]
    assert greys == [[0] * 3, [78] * 3, [255] * 3]


@pytest.mark.parametrize("largest", [255, 4095, 65_535])
def test_deep_grey_is_scaled_by_the_depth_that_it_uses(tmp_path, largest):
    ramp = np.linspace(0, largest, 1600).reshape(40, 40).astype("uint16")
    Image.fromarray(ramp).save(tmp_path / "grey.png")
    found = pixels.decode(tmp_path / "grey.png", 32)
    assert found.min() < 5 and found.max() > 250


def test_a_phone_s_photograph_of_200_million_pixels_is_read(tmp_path):
    large = Image.new("RGB", (16_000, 12_500), (200, 10, 10))
    large.save(tmp_path / "large.jpg", quality=30)
    assert abs(pixels.decode(tmp_path / "large.jpg", 32)[0, 0, 0].astype(int) - 200) < 3


def test_a_photograph_is_turned_whatever_its_other_tags_are(tmp_path):
    tags = Image.Exif()
    tags[0x0112], tags[0x011A] = 6, 1.0
    one = struct.pack(">II", 1, 1)
    assert one in tags.tobytes()
    odd = tags.tobytes().replace(one, struct.pack(">iI", -1, 0))
    image = picture(tmp_path / "odd.jpg", exif=odd, quality=100, subsampling=0)
    found = pixels.decode(tmp_path / "odd.jpg", 32).astype(int)
    turned = expected(image.transpose(Image.Transpose.ROTATE_270)).astype(int)
    assert np.abs(found - turned).mean() < 20 < np.abs(found - expected(image)).mean()


def test_heic_by_another_name_is_called_so(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    with pytest.raises(ValueError, match="this is HEIC. Next: convert it to JPEG"):
        pixels.decode(tmp_path / "photo.jpg", 32)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_of_an_animation_the_first_frame_is_read(tmp_path, kind):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    path = tmp_path / f"x.{kind.lower()}"
    frames[0].save(path, kind, save_all=True, append_images=frames[1:])
    red, _, blue = folders.decode(path, 32)[5, 5]
    assert red > 200 and blue < 50


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_are_turned_upright(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture(tmp_path / "x.jpg", 4, exif=exif)
    with Image.open(tmp_path / "x.jpg") as image:
        assert np.array_equal(
            folders.decode(tmp_path / "x.jpg", 32),
            expected(ImageOps.exif_transpose(image)),
        )
        assert (orientation == 1) == np.array_equal(
            folders.decode(tmp_path / "x.jpg", 32), expected(image)
        )


def test_other_files_are_ignored_and_counted(root):
    tree(root, a=5, b=5)
    for name in (
        "a/Thumbs.db",
        "a/notes.txt",
        "b/more.TXT",
        "a/.DS_Store",
        "b/._00.png",
        "b/photo.heic",
        "README",
    ):
        (root / name).write_bytes(b"x")
    for hidden in (".git", "__MACOSX"):
        picture(root / hidden / "x.png")
    task = load_task(root)
    assert (
        task.classes == ("a", "b")
        and sum(len(split) for split in task.splits().values()) == 10
    )
    notes = " ".join(task.notes)
    for part in (
        "left out 2 files (.txt)",
        "1 files (.db)",
        "2 files (hidden)",
        "1 files (.heic)",
    ):
        assert part in notes


def test_copies_stay_on_one_side_and_are_named(root):
    tree(root, train__a=6, train__b=6, test__a=3, test__b=3)
    for i in range(2):
        picture(root / f"train/a/copy{i}.png", 2000 + i)  # as in test/a
    picture(root / "train/b/other.png", 0)  # as in train/a
    task = load_task(root)
    assert len(task.test) == 6 and not pictures_of(task.test) & pictures_of(task.train)
    assert not pictures_of(task.test) & pictures_of(task.validation)
    notes = " ".join(task.notes)
    assert "left out of train: 2 (train/a/copy0.png, train/a/copy1.png)" in notes
    assert "look the same and lie in two classes: " in notes


def test_a_class_of_copies_alone_stays_and_is_warned_about(root):
    tree(root, train__a=6, train__b=1, test__a=3, test__b=1)
    for i in range(4):
        picture(root / f"train/b/{i:02}.png", 3000)  # the picture of test/b
    task = load_task(root)
    assert set(task.train.labels) == {0, 1}
    assert any("do not trust the score" in note for note in task.notes)


def test_pictures_that_are_all_the_same_are_refused(root):
    for kind in "ab":
        for i in range(5):
            picture(root / kind / f"{i}.png", 7)
    with pytest.raises(TaskError, match="only copies of"):
        load_task(root)


# ---- errors ----


def bomb(path):
    """A PNG of a few bytes that claims 20,000 x 20,000 pixels."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data))
            + kind
            + data
            + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def negative_bmp(path):
    """A BMP file whose header says that it is −40 pixels wide."""
    picture(path, format="BMP")
    data = bytearray(path.read_bytes())
    data[18:22] = struct.pack("<i", -40)
    path.write_bytes(data)


def damaged_png(path):
    """A PNG whose pixels are spoilt after the first ones."""
    picture(path, size=(200, 200))
    data = bytearray(path.read_bytes())
    data[400:800] = bytes(400)
    path.write_bytes(data)


def bad_checksum(path):
    """A PNG whose header has another checksum."""
    picture(path)
    data = bytearray(path.read_bytes())
    data[29] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize("spoilt", [bomb, negative_bmp, damaged_png, bad_checksum])
def test_whatever_a_decoder_raises_is_a_reason_and_no_traceback(tmp_path, spoilt):
    path = tmp_path / "x.png"
    spoilt(path)
    why = pixels.read(path, 32)
    assert isinstance(why, str) and why and str(path) not in why


def spoil(root):
    """Five kinds of bad files."""
    bomb(root / "a/bomb.png")
    (root / "a/empty.jpg").write_bytes(b"")
    (root / "a/page.jpg").write_text("<html>404</html>")
    whole, image = io.BytesIO(), Image.open(root / "b/00.png")
    image.save(whole, "JPEG")
    (root / "b/cut.jpg").write_bytes(whole.getvalue()[:-300])
    image.save(root / "b/icon.png", "PPM")
    return ["a/bomb.png", "a/empty.jpg", "a/page.jpg", "b/cut.jpg", "b/icon.png"]


def test_bad_pictures_are_listed_with_their_reasons(root):
    tree(root, a=5, b=5)
    names = spoil(root)
    with pytest.raises(
        BadImagesError, match="expected 15 pictures .* 5 of them cannot be read"
    ) as caught:
        load_task(root)
    text = str(caught.value)
    for name in names:
        assert f"  {name} (" in text
    assert (
        "a/empty.jpg (empty file)" in text
        and "truncated" in text
        and 'bad_files="skip"' in text
    )
    assert (
        "more than 180 million pixels. Next: save it smaller" in text
        and "cannot identify" in text
    )
    for i, name in enumerate(names):
        picture(root / name, 9900 + i, format="PNG")
    assert sum(map(len, load_task(root).splits().values())) == 15  # they were mended


def test_skipping_bad_pictures_counts_and_lists_them(root):
    tree(root, a=5, b=5)
    clean = load_task(root)
    names = spoil(root)
    for _ in range(2):  # decoded, then from the cache
        task = load_task(root, bad_files="skip")
        assert sum(len(split) for split in task.splits().values()) == 10
        assert set.union(*map(pictures_of, task.splits().values())) == set.union(
            *map(pictures_of, clean.splits().values())
        )
        (note,) = [note for note in task.notes if "unreadable" in note]
        assert note.startswith("skipped 5 unreadable pictures") and all(
            name in note for name in names
        )
    with pytest.raises(BadImagesError):
        load_task(root)


def test_at_most_ten_bad_pictures_are_listed(root):
    tree(root, a=3, b=3)
    for i in range(12):
        (root / f"a/bad{i:02}.png").write_bytes(b"no")
    with pytest.raises(BadImagesError, match="12 of them") as caught:
        load_task(root)
    assert len(re.findall(r"bad\d\d", str(caught.value))) == 10 and "…" in str(
        caught.value
    )


def test_odd_metadata_of_a_readable_picture_is_no_error(root):
    tree(root, a=3, b=3)
    picture(root / "a/odd.jpg", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sum(len(split) for split in load_task(root).splits().values()) == 7


def test_a_class_whose_pictures_are_all_bad_is_empty(root):
    tree(root, a=3, b=0)
    for i in range(3):
        (root / f"b/bad{i}.png").write_bytes(b"no")
    said = r"train/b \(0\).*skipped 3 unreadable pictures: b/bad0.png"
    with pytest.raises(EmptyClassError, match=said):
        load_task(root, bad_files="skip")


def test_too_few_files_are_noticed_before_any_is_opened(root, monkeypatch):
    tree(root, a=3, b=0)
    (root / "b/bad.png").write_bytes(b"no")
    monkeypatch.setattr(pixels, "decoded", None)
    with pytest.raises(EmptyClassError, match=r"train/b \(1\)"):
        load_task(root, bad_files="skip")


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"a": 5, "b": 0}, r"at least 3 training pictures.*train/b \(0\).*Next: add"),
        ({"a": 5, "b": 2}, r"at least 3 training pictures.*train/b \(2\)"),
        ({"a": 0, "b": 0}, r"train/a \(0\), train/b \(0\)"),
        (
            {"train__a": 5, "train__b": 1, "test__a": 1},
            r"at least 2 training pictures.*train/b \(1\)",
        ),
        ({"train__a": 5, "train__b": 5, "test__a": 1, "test__b": 0}, r"test/b \(0\)"),
        ({"train__a": 5, "train__b": 5, "validation__b": 0}, r"validation/b \(0\)"),
    ],
)
def test_an_empty_or_too_small_class_is_named(root, counts, said):
    tree(root, **counts)
    with pytest.raises(EmptyClassError, match=said):
        load_task(root)


def test_an_empty_class_says_which_files_were_passed_over(root):
    tree(root, a=5, b=0)
    (root / "b/photo.heic").write_bytes(b"x")
    with pytest.raises(
        EmptyClassError,
        match=r"left out 1 files \(.heic\): not JPEG, PNG, GIF, BMP, WEBP",
    ):
        load_task(root)


@pytest.mark.parametrize("counts", [{"cat": 5}, {"train__cat": 5, "test__cat": 5}])
def test_a_single_class_is_refused_by_name(root, counts):
    tree(root, **counts)
    with pytest.raises(
        SingleClassError, match=r"at least two classes .*got \['cat'\].*add another"
    ):
        load_task(root)


@pytest.mark.parametrize("split", ["test", "validation"])
def test_a_class_never_seen_in_training_is_named(root, split):
    tree(
        root,
        **{"train__cat": 5, "train__dog": 5, f"{split}__cat": 2, f"{split}__Dog": 2},
    )
    with pytest.raises(
        UnseenClassError,
        match=rf"train/ \(cat, dog\) in {split}/, got also Dog\. Next: .*spell",
    ):
        load_task(root)


@pytest.mark.parametrize("place", [".", "train", "test"])
def test_pictures_that_are_not_sorted_into_classes_are_refused(root, place):
    if place == "test":
        tree(root, train__a=4, train__b=4)
    picture(root / place / "x.png")
    want = root if place == "." else root / place
    with pytest.raises(
        MissingFolderError,
        match=re.escape(f"a folder for each class in {want}, got none"),
    ):
        load_task(root)


def test_a_test_folder_alone_asks_for_training_pictures(root):
    tree(root, test__a=4, test__b=4)
    with pytest.raises(
        MissingFolderError, match=re.escape(f"each class in {root / 'train'}, got none")
    ):
        load_task(root)


def test_every_error_is_a_task_error_and_a_value_error():
    for error in (
        BadImagesError,
        EmptyClassError,
        MissingFolderError,
        SingleClassError,
        UnseenClassError,
    ):
        assert issubclass(error, TaskError) and issubclass(error, ValueError)


# ---- what is chosen ----


def named_tree(root, **counts):
    """As ``tree``, of pictures of one colour; returns the name of each red value."""
    names = []
    for place, n in counts.items():
        folder = root.joinpath(*place.split("__"))
        folder.mkdir(parents=True)
        for j in range(n):
            Image.new("RGB", (8, 8), (len(names), 0, 0)).save(folder / f"{j:02}.png")
            names.append(f"{place.replace('__', '/')}/{j:02}")
    return names


def chosen(task, names):
    """Split -> names of its pictures, in order."""
    return {
        split: [names[image[0, 0, 0]] for image in part.images]
        for split, part in task.splits().items()
    }


PLAIN = {"a": 12, "b": 9, "c": 15}
SPLIT = {f"train__{name}": n for name, n in PLAIN.items()}
TEST = {"test__a": 2, "test__b": 2, "test__c": 1}
KEPT = {"validation__a": 4, "validation__b": 2, "validation__c": 3}
# What was chosen when every picture was still decoded first: test, validation, train.
BEFORE = [
    (
        PLAIN,
        (5, 0),
        "a/02 a/09 b/04 b/06 c/04 c/05 c/06",
        "b/03 a/05 c/08",
        "b/05 b/08 b/02 c/13 a/08 a/04 b/00 c/14 a/03 c/11 a/07 c/07",
    ),
    (
        PLAIN,
        (6, 3),
        "a/02 a/09 b/04 b/06 c/04 c/05 c/06",
        "b/08 c/07 a/11",
        "a/07 a/05 b/05 c/08 c/10 c/09 b/01 a/03 c/02 b/02 a/01 a/00 c/03 b/07 b/00",
    ),
    (
        PLAIN,
        (None, 1),
        "a/02 a/09 b/04 b/06 c/04 c/05 c/06",
        "c/03 a/10 b/01 c/11 a/05",
        "c/10 c/12 b/07 b/08 c/08 c/02 c/07 a/01 a/03 b/00 c/00 a/08 c/09 a/04 a/07 "
        "b/05 c/13 c/14 a/06 a/11 a/00 b/02 b/03 c/01",
    ),
    (
        SPLIT | TEST,
        (5, 0),
        "test/a/00 test/a/01 test/b/00 test/b/01 test/c/00",
        "train/a/09 train/b/06 train/c/04",
        "train/a/07 train/a/04 train/c/03 train/c/06 train/a/02 train/b/04 train/b/01 "
        "train/c/05 train/c/02 train/b/05 train/a/05 train/b/02",
    ),
    (
        SPLIT | KEPT | TEST,
        (5, 0),
        "test/a/00 test/a/01 test/b/00 test/b/01 test/c/00",
        "validation/b/00 validation/a/02 validation/c/01",
        "train/b/04 train/b/06 train/a/07 train/a/04 train/c/07 train/b/02 train/c/06 "
        "train/c/09 train/a/02 train/b/07 train/c/04 train/a/09",
    ),
    (
        SPLIT | KEPT | TEST,
        (None, 1),
        "test/a/00 test/a/01 test/b/00 test/b/01 test/c/00",
        "validation/a/02 validation/a/03 validation/c/01 validation/c/02 "
        "validation/b/00 validation/c/00 validation/a/00 validation/a/01 "
        "validation/b/01",
        "train/b/01 train/b/07 train/c/05 train/b/02 train/a/01 train/c/02 train/c/14 "
        "train/c/04 train/b/05 train/a/03 train/c/10 train/b/06 train/a/00 train/a/09 "
        "train/b/04 train/a/07 train/c/11 train/c/00 train/c/08 train/c/01 train/a/02 "
        "train/a/11 train/b/00 train/c/07 train/a/04 train/b/08 train/c/09 train/a/10 "
        "train/c/03 train/c/12 train/a/06 train/a/05 train/c/13 train/a/08 train/c/06 "
        "train/b/03",
    ),
]


@pytest.mark.parametrize(("counts", "budget", "test", "held", "train"), BEFORE)
def test_a_seed_chooses_the_same_pictures_for_ever(
    root, counts, budget, test, held, train
):
    names = named_tree(root, **counts)
    found = chosen(load_task(root, *budget), names)
    assert found["test"] == test.split()
    assert found["validation"] == held.split()
    assert found["train"] == train.split()


def test_a_validation_folder_without_a_test_folder_needs_two_pictures_of_a_class(root):
    tree(root, train__a=2, train__b=2, val__a=1, val__b=1)
    task = load_task(root)
    assert np.bincount(task.test.labels).tolist() == [1, 1]
    assert np.bincount(task.train.labels).tolist() == [1, 1]


@pytest.fixture
def opened(monkeypatch):
    """Names of the files that are decoded, as they are."""
    names, real = [], pixels.decode

    def counting(path, size):
        names.append("/".join(path.parts[-3:]))
        return real(path, size)

    monkeypatch.setattr(pixels, "decode", counting)
    return names


def test_only_chosen_pictures_are_opened_and_each_of_them_once(root, opened):
    tree(root, train__a=30, train__b=30, test__a=4, test__b=4)
    load_task(root, 5)
    assert len(opened) == 8 + 10
    load_task(root, 10)
    assert len(opened) == 8 + 20  # those of the smaller budget are among the larger's
    load_task(root, 10, seed=1)
    assert 8 + 20 < len(opened) < 8 + 40
    load_task(root)
    assert len(opened) == len(set(opened)) == 68


def test_a_damaged_picture_that_is_not_chosen_is_not_noticed(root):
    names = named_tree(root, train__a=30, train__b=30, test__a=4, test__b=4)
    found = chosen(load_task(root, 5), names)
    unused = set(names).difference(*found.values())
    for name in unused:
        (root / f"{name}.png").write_bytes(b"no")
    assert chosen(load_task(root, 5), names) == found
    with pytest.raises(BadImagesError, match="expected 28 pictures"):
        load_task(root, 10)


def test_the_next_picture_takes_the_place_of_a_damaged_one(root):
    names = named_tree(root, train__a=30, train__b=30, test__a=4, test__b=4)
    before = chosen(load_task(root, 5), names)
    more = chosen(load_task(root, 10), names)
    damaged = before["train"][0]
    (root / f"{damaged}.png").write_bytes(b"no")
    with pytest.raises(BadImagesError, match=re.escape(f"{damaged}.png (")):
        load_task(root, 5)
    task = load_task(root, 5, bad_files="skip")
    after = chosen(task, names)
    assert np.bincount(task.train.labels).tolist() == [4, 4]
    assert (len(after["validation"]), after["test"]) == (2, before["test"])
    drawn = set(before["train"] + before["validation"])
    drawn_now = set(after["train"] + after["validation"])
    (new,) = drawn_now - drawn
    assert drawn - drawn_now == {damaged}
    assert new in more["train"] + more["validation"]  # a larger budget has it anyway
    assert damaged in " ".join(task.notes)


def test_damaged_test_pictures_change_the_test_split_alike_for_every_budget(root):
    names = named_tree(root, a=30, b=30)
    before = chosen(load_task(root, 5), names)
    for name in before["test"][:2]:
        (root / f"{name}.png").write_bytes(b"no")
    tasks = [load_task(root, *given, bad_files="skip") for given in [(5,), (9, 1), ()]]
    tests = [chosen(task, names)["test"] for task in tasks]
    assert tests[0] == tests[1] == tests[2] != before["test"]
    assert [len(test) for test in tests] == [12] * 3
    assert len(set(tests[0]) - set(before["test"])) == 2
    for task in tasks:
        parts = chosen(task, names).values()
        assert len(set().union(*parts)) == sum(map(len, parts))


def test_damaged_pictures_of_a_test_folder_are_left_out(root):
    tree(root, train__a=5, train__b=5, test__a=3, test__b=3)
    (root / "test/a/01.png").write_bytes(b"no")
    assert len(load_task(root, bad_files="skip").test) == 5


def test_a_class_with_few_readable_pictures_keeps_some_for_every_split(root):
    tree(root, a=10, b=10)
    for i in range(7):
        (root / f"a/{i:02}.png").write_bytes(b"no")
    for budget in (None, 2):
        task = load_task(root, budget, bad_files="skip")
        for split in task.splits().values():
            assert (split.labels == 0).sum() == 1


def test_a_budget_that_damaged_pictures_make_impossible_names_its_limit(root):
    tree(root, train__a=10, train__b=10, test__a=1, test__b=1)
    for i in range(4):
        (root / f"train/a/{i:02}.png").write_bytes(b"no")
    assert len(load_task(root, 6, bad_files="skip").train) == 10
    with pytest.raises(TaskError, match=r"from 2 .* to 6 .*got 10"):
        load_task(root, 10, bad_files="skip")


# ---- cache ----


def test_what_is_kept_is_counted_and_cleared_with_what_killed_programs_left(
    root, own_cache
):
    tree(root, a=4, b=4)
    before = load_task(root).fingerprint()
    left = own_cache / "tasks" / "tmpabc" / "new"
    left.mkdir(parents=True)
    (left / "images.npy").write_bytes(bytes(500_000))
    assert cache_bytes() >= 8 * 32 * 32 * 3 + 500_000
    assert clear_cache() >= 8 * 32 * 32 * 3 + 500_000
    assert not [path for path in (own_cache / "tasks").iterdir() if path.is_dir()]
    assert load_task(root).fingerprint() == before


def test_pictures_are_decoded_once_and_memory_mapped(root, monkeypatch):
    tree(root, a=4, b=4)
    first = load_task(root)
    monkeypatch.setattr(pixels, "decode", None)  # decoding again would fail
    task = load_task(root)
    assert task.fingerprint() == first.fingerprint()
    assert isinstance(task.train.images._array.base, np.memmap)
    with pytest.raises(BadImagesError):  # another size is another entry
        load_task(root, image_size=48)


def test_a_changed_picture_is_decoded_again(root):
    tree(root, a=4, b=4)
    first, path = load_task(root), root / "a/00.png"
    before = [np.array(split.images) for split in first.splits().values()]
    times, size = path.stat(), path.stat().st_size
    picture(path, 77)
    path.write_bytes(path.read_bytes().ljust(size, b"\0"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # same name, size, time
    assert load_task(root).fingerprint() != first.fingerprint()
    for images, split in zip(before, first.splits().values(), strict=True):
        assert np.array_equal(images, split.images)  # mapped before: as it was


class StoppingBar:
    """A progress bar at whose second step something happens."""

    def __init__(self, happens):
        self.happens, self.steps = happens, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def update(self, n):
        self.steps += 1
        if self.steps == 2:
            self.happens()


def stopped(monkeypatch, happens):
    monkeypatch.setattr(pixels, "AT_ONCE", 3)
    monkeypatch.setattr(pixels, "bar", lambda *_: StoppingBar(happens))


def interrupt():
    raise KeyboardInterrupt


def test_what_was_decoded_before_an_interruption_is_kept(root, opened, monkeypatch):
    tree(root, a=5, b=5)
    with monkeypatch.context() as patch:
        stopped(patch, interrupt)
        with pytest.raises(KeyboardInterrupt):
            load_task(root)
    assert len(opened) == 6
    task = load_task(root)
    assert len(opened) == 10
    assert all_shown(root, task)


def all_shown(root, task):
    """Whether the task's splits show exactly the files of the folder."""
    files = {expected(Image.open(file)).tobytes() for file in root.rglob("*.png")}
    return files == set.union(*map(pictures_of, task.splits().values()))


@pytest.mark.skipif(sys.platform == "win32", reason="os.fork is POSIX only")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # it has threads
def test_a_program_killed_while_it_decodes_spoils_nothing(root, monkeypatch):
    tree(root, a=5, b=5)
    load_task(root, 2)
    if not (child := os.fork()):
        stopped(monkeypatch, lambda: os._exit(9))
        load_task(root)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert all_shown(root, load_task(root))


def test_a_cache_that_has_lost_pictures_is_made_again(root, own_cache):
    tree(root, a=5, b=5)
    load_task(root)
    (file,) = own_cache.glob("tasks/pixels-*/pixels")
    with open(file, "r+b") as pixels_file:
        pixels_file.truncate(100)
    assert all_shown(root, load_task(root))
    file.unlink()
    assert all_shown(root, load_task(root))


def test_readers_at_the_same_time_decode_each_picture_once(root, opened):
    tree(root, a=8, b=8)
    tasks, barrier = [], threading.Barrier(3)

    def work(seed):
        barrier.wait()
        tasks.append(load_task(root, seed=seed))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tasks) == 3 and all(all_shown(root, task) for task in tasks)
    assert len(opened) == len(set(opened)) == 16


def test_a_task_knows_the_usual_size_of_its_files_and_what_to_try(root):
    tree(root, train__a=4, train__b=4, test__a=5, test__b=5)
    for i, file in enumerate(sorted((root / "train" / "a").iterdir())):
        picture(file, i, size=(200, 300))
    for i, file in enumerate(sorted((root / "train" / "b").iterdir())):
        picture(file, 9 + i, size=(200, 300) if i else (1000, 20))
    for i, file in enumerate(sorted(root.glob("test/*/*"))):
        picture(file, 20 + i, size=(7, 9))  # the test split has no say
    task = load_task(root)
    assert task.file_size == (200, 300)
    assert task.larger("--size {}") == (
        "Your pictures have 200 × 300 pixels and were made 32 × 32: try `--size 64` "
        "(about 4 times the time)."
    )
    assert load_task("digits", 3).file_size is None
    assert load_task("digits", 3).larger("--size {}") == ""


@pytest.mark.parametrize(
    "used, files, size",
    [
        (32, (200, 300), 64),
        (64, (200, 300), 96),
        (96, (200, 300), None),
        (32, (40, 300), None),  # hardly more pixels
        (32, (60, 300), 48),  # no more than the files have
        (32, None, None),
    ],
)
def test_a_size_to_try_is_larger_but_no_larger_than_the_files(used, files, size):
    assert pixels.larger_size(used, files) == size


@pytest.mark.parametrize("size", [32, 64, 224])
def test_image_size_sets_the_shape(root, size):
    tree(root, a=3, b=3)
    assert load_task(root, image_size=size).image_shape == (size, size, 3)


@pytest.mark.skipif(
    not CIFAR.exists(), reason="the CIFAR-10 pictures are not beside this checkout"
)
def test_real_pictures_are_read_as_they_are(root):
    wanted = re.compile(r"(train|test)/(cat|ship|truck)/00[0-4]\d\.jpg")
    with tarfile.open(CIFAR) as archive:
        for member in archive:
            if wanted.fullmatch(member.name):
                archive.extract(member, root, filter="data")
    task = load_task(root, 20)
    assert task.classes == ("cat", "ship", "truck")
    assert [len(split) for split in task.splits().values()] == [48, 12, 150]
    first = sorted(root.glob("test/cat/*"))[0]
    assert np.array_equal(task.test.images[0], np.asarray(Image.open(first)))
