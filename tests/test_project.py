"""The folder of notebook 11: a drawn one with its traps, or the learner's own."""

import hashlib
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from tlkit_course import project


@pytest.fixture(scope="module")
def drawn():
    return project.project_folder()


def pictures(folder):
    return sorted(folder.glob("*/*.png"))


def pixels(file):
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))


def fill(folder, name, count):
    (folder / name).mkdir(parents=True)
    for i in range(count):
        Image.new("RGB", (8, 8), (i, 0, 0)).save(folder / name / f"{i}.png")


def test_the_drawn_folder_is_the_same_every_time(drawn):
    again = project.project_folder()
    assert again != drawn
    names = [path.relative_to(drawn) for path in sorted(drawn.rglob("*"))]
    assert names == [path.relative_to(again) for path in sorted(again.rglob("*"))]
    for file in pictures(drawn):
        assert file.read_bytes() == (again / file.relative_to(drawn)).read_bytes()


def test_one_class_is_rare_and_all_have_their_pictures(drawn):
    count = Counter(file.parent.name for file in pictures(drawn))
    different = {name: number for name, (_, number) in project.CLASSES.items()}
    assert count == {name: n + project.COPIED for name, n in different.items()}
    assert min(different, key=different.get) == "nine"
    assert different["nine"] * 3 == sorted(different.values())[1]


def test_copies_are_the_same_pixels_in_other_bytes_and_never_of_two_classes(drawn):
    files = pictures(drawn)
    packed = {hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    assert len(packed) == len(files), "a hash of the files finds a copy"
    same = project.copies_of([pixels(file) for file in files])
    pairs = [(files[first], file) for first, file in zip(same, files, strict=True)]
    copies = [(first, file) for first, file in pairs if first != file]
    assert len(copies) == project.COPIED * len(project.CLASSES)
    assert all(first.parent == file.parent for first, file in copies)
    numbers = [int(file.stem[-3:]) for file in files if file.parent.name == "two"]
    late = [int(file.stem[-3:]) for _, file in copies if file.parent.name == "two"]
    assert min(late) < max(numbers) - len(late), "the names give the copies away"


def test_not_every_file_is_a_picture_with_colours(drawn):
    assert (drawn / "read me.txt").is_file()
    modes = Counter()
    for file in pictures(drawn):
        with Image.open(file) as image:
            modes[image.mode] += 1
    assert modes["L"] == project.GREY * len(project.CLASSES)
    assert modes["RGB"] == sum(modes.values()) - modes["L"]


def test_the_first_of_equal_pictures_stands_for_all():
    images = np.zeros((4, 2, 2, 3), "uint8")
    images[1] = 7
    images[3, 1, 1, 2] = 1
    assert project.copies_of(images).tolist() == [0, 1, 0, 3]
    assert project.copies_of(images[:, ::-1]).tolist() == [0, 1, 0, 3]


def test_a_folder_of_ones_own_is_taken_as_it_is(tmp_path):
    for name in ("cat", "dog"):
        fill(tmp_path, name, 10)
    before = sorted(tmp_path.rglob("*"))
    assert project.project_folder(str(tmp_path)) == tmp_path
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "filled, said",
    [
        ({}, "got no folders"),
        ({"cat": 10}, "got cat: add pictures"),
        ({"cat": 10, "dog": 9}, r"got dog \(9\): add pictures"),
        ({"train": 10, "test": 10}, "got train and test .* is not split yet"),
    ],
)
def test_a_folder_that_is_no_project_is_refused_with_what_to_do(tmp_path, filled, said):
    for name, count in filled.items():
        fill(tmp_path, name, count)
    with pytest.raises(ValueError, match=said):
        project.project_folder(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match="none at .*missing: put its path into FOLDER"):
        project.project_folder(tmp_path / "missing")
