"""Tasks: one pool of scenes, several questions; exact budgets; disjoint splits."""

import os
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import pictures_of

from tlkit import glyphs, tasks
from tlkit.files import fetch
from tlkit.folders import MissingFolderError, TaskError
from tlkit.tasks import Rows, Split, load_task

DIGIT_TASKS = ("digits", "colours", "angles", "degrees")


@pytest.fixture
def small_pools(own_cache, monkeypatch):
    fonts = glyphs.TRAIN_FONTS
    small = {
        name: (pool[0], (80, 1, fonts), (40, 2, fonts))
        for name, pool in tasks.POOLS.items()
    }
    monkeypatch.setattr(tasks, "POOLS", small)
    return own_cache / "tasks"


def test_digits_have_the_promised_pools_and_shapes():
    task = load_task("digits")
    assert (len(task.train) + len(task.validation), len(task.test)) == (6000, 2000)
    assert task.image_shape == (32, 32, 3)
    assert task.train.images.dtype == np.uint8 and task.train.labels.dtype == np.int64
    assert task.classes == tuple("0123456789")
    assert not task.is_regression and not task.mirror
    assert (np.bincount(task.test.labels) == 200).all()
    known = np.concatenate([task.train.labels, task.validation.labels])
    assert (np.bincount(known) == 600).all()


def test_digit_tasks_ask_about_exactly_the_same_scenes():
    first, *others = (load_task(name) for name in DIGIT_TASKS)
    everything = pictures_of(first.train) | pictures_of(first.validation)
    for other in others:
        assert np.array_equal(first.test.images, other.test.images)
        assert pictures_of(other.train) | pictures_of(other.validation) == everything
    assert len({task.question for task in (first, *others)}) == 4


def test_each_question_is_answered_with_what_was_drawn():
    _, scenes = tasks._drawn("digits")
    assert np.array_equal(load_task("digits").test.labels, scenes.symbol)
    assert np.array_equal(load_task("colours").test.labels, scenes.colour)
    degrees, angles = load_task("degrees").test.labels, load_task("angles").test.labels
    assert np.array_equal(degrees, scenes.angle) and degrees.dtype == np.float32
    assert np.array_equal(angles, np.digitize(scenes.angle, [-15, 0, 15]))
    assert load_task("degrees").is_regression and load_task("degrees").classes == ()


def test_the_ends_of_the_range_of_angles_have_a_class():
    scenes = SimpleNamespace(angle=np.float32([-30, -15, 0, 15, 30]))
    assert tasks._quarter(scenes).tolist() == [0, 1, 2, 3, 3]


def test_some_fonts_are_in_the_test_split_only():
    train, test = tasks._drawn("digits")
    held_out = {len(glyphs.TRAIN_FONTS) + i for i in range(len(glyphs.TEST_FONTS))}
    assert held_out and held_out <= set(test.font)
    assert not held_out & set(train.font) and set(train.font) <= set(test.font)


def test_letters_have_forty_classes(small_pools):
    task = load_task("letters")
    assert len(task.classes) == len(glyphs.LETTERS) == 40
    assert len(task.train) + len(task.validation) == 80


def test_letters_are_drawn_from_other_seeds_than_pretraining():
    from tlkit.commands import pretrain

    seeds = [part[1] for _, *parts in tasks.POOLS.values() for part in parts]
    assert len(set(seeds)) == len(seeds) and max(seeds) < pretrain.POOL_SEED - 1


@pytest.mark.parametrize("name", ["digits", "colours", "angles"])
@pytest.mark.parametrize("k", [2, 3, 5, 20, 300])
def test_the_budget_includes_validation_and_is_stratified(name, k):
    task = load_task(name, k)
    held = max(1, min(50, k // 5))
    for split, each in ((task.validation, held), (task.train, k - held)):
        counts = np.bincount(split.labels, minlength=len(task.classes))
        assert (counts == each).all()


def test_a_number_gets_ten_times_as_many_scenes():
    task = load_task("degrees", 20)
    assert (len(task.train), len(task.validation)) == (160, 40)
    assert len(load_task("degrees", 600).validation) == 500


@pytest.mark.parametrize("k", [3, None])
def test_splits_share_no_image(k):
    splits = load_task("digits", k).splits().values()
    images = set.union(*(pictures_of(split) for split in splits))
    assert len(images) == sum(len(split) for split in splits)


def test_a_seed_decides_which_labels_and_not_which_tests():
    first, again, other = (load_task("digits", 5, seed) for seed in (1, 1, 2))
    assert first.fingerprint() == again.fingerprint() != other.fingerprint()
    assert np.array_equal(first.train.images, again.train.images)
    assert not pictures_of(first.train) <= pictures_of(other.train)
    assert np.array_equal(first.test.images, other.test.images)


def test_a_smaller_budget_is_part_of_a_larger_one():
    small, large = (
        pictures_of(task.train) | pictures_of(task.validation)
        for task in (load_task("digits", 5), load_task("digits", 20))
    )
    assert small < large


def test_training_rows_come_in_mixed_order():
    assert len(set(load_task("digits", 20).train.labels[:10])) > 2


@pytest.mark.parametrize("k", [1, 0, -5, 601, 5.0, "5", True])
def test_an_impossible_budget_names_the_range(k):
    with pytest.raises(
        TaskError, match=r"labels_per_class from 2 .* to 600 .*or None.*got " + repr(k)
    ):
        load_task("digits", k)


def test_a_fingerprint_sees_one_pixel_and_one_label():
    task = load_task("digits", 2)
    images, labels = np.array(task.test.images), np.array(task.test.labels)
    images[-1, -1, -1, -1] ^= 1
    labels[-1] = (labels[-1] + 1) % 10
    prints = {task.fingerprint()}
    for test in (Split(images, task.test.labels), Split(task.test.images, labels)):
        other = tasks.Task(
            "", "", task.classes, task.train, task.validation, test, False, 2, 0
        )
        prints.add(other.fingerprint())
    assert len(prints) == 3


def test_pixels_of_a_file_are_hashed_once_and_arrays_that_may_change_always(
    tmp_path, monkeypatch
):
    hashed, real = [], tasks._sha256

    def counting(array):
        hashed.append(len(array))
        return real(array)

    monkeypatch.setattr(tasks, "_sha256", counting)
    array = np.arange(60, dtype="uint8").reshape(10, 2, 3)
    np.save(tmp_path / "a.npy", array)
    prints = {}
    for mode in ("r", "r+", "c", None):
        rows = Rows(np.load(tmp_path / "a.npy", mmap_mode=mode), [7, 2, 5])
        prints[mode] = [tasks.fingerprint(rows), tasks.fingerprint(rows)]
        assert len(hashed) == (1 if mode == "r" else 2)
        hashed.clear()
    assert len({one for both in prints.values() for one in both}) == 1
    rows._array[7] = 0
    assert tasks.fingerprint(rows) != prints[None][0]


def test_a_beginning_of_the_rows_holds_each_class_in_its_share():
    labels = np.repeat([3, 1, 0], [60, 30, 10])
    order = tasks.in_shares(labels, seed=0)
    assert sorted(order) == list(range(100))
    assert np.bincount(labels[order[:50]]).tolist() == [5, 15, 0, 30]
    assert np.array_equal(order, tasks.in_shares(labels, seed=0))
    assert not np.array_equal(order, tasks.in_shares(labels, seed=1))
    one = tasks.in_shares(np.zeros(8), seed=2)  # one class: any order
    assert np.array_equal(one, np.random.default_rng(2).permutation(8))


def test_pools_are_drawn_once_and_memory_mapped(small_pools, monkeypatch):
    first = load_task("digits").fingerprint()
    monkeypatch.setattr(glyphs, "draw", None)  # a second drawing would fail
    task = load_task("digits")
    assert task.fingerprint() == first
    assert isinstance(task.test.images, np.memmap)
    assert isinstance(task.train.images._array.base, np.memmap)


def test_a_new_version_or_style_of_the_scenes_is_drawn_anew(small_pools, monkeypatch):
    load_task("digits")
    before = len(list(small_pools.glob("digits-*[!k]")))
    monkeypatch.setattr(glyphs, "VERSION", glyphs.VERSION + 1)
    load_task("digits")
    assert len(list(small_pools.glob("digits-*[!k]"))) == 2 * before


def test_an_interrupted_drawing_leaves_nothing_that_is_used(small_pools, monkeypatch):
    real, saved = np.save, []

    def dies(path, array):
        if saved:
            raise KeyboardInterrupt
        saved.append(path)
        real(path, array)

    monkeypatch.setattr(np, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        load_task("digits")
    assert saved and not [path for path in small_pools.iterdir() if path.is_dir()]
    monkeypatch.setattr(np, "save", real)
    assert len(load_task("digits").test) == 40


@pytest.mark.skipif(sys.platform == "win32", reason="os.fork is POSIX only")
def test_a_killed_writer_neither_blocks_nor_spoils_the_next(own_cache):
    def write_half_and_die(folder):
        (folder / "data").write_text("half")
        os._exit(9)

    if not (child := os.fork()):
        tasks.stored("x", 1, write_half_and_die)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    folder = tasks.stored("x", 1, lambda folder: (folder / "data").write_text("whole"))
    assert (folder / "data").read_text() == "whole"


def test_writers_at_the_same_time_write_once(own_cache):
    written, barrier = [], threading.Barrier(4)

    def write(folder):
        written.append(folder)
        time.sleep(0.1)  # the others arrive meanwhile

    def work():
        barrier.wait()
        tasks.stored("x", 2, write)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(written) == 1


def test_rows_read_what_was_asked_for_and_give_copies(tmp_path):
    array = np.arange(60, dtype="uint8").reshape(10, 2, 3)
    np.save(tmp_path / "a.npy", array)
    rows = Rows(np.load(tmp_path / "a.npy", mmap_mode="r+"), [7, 2, 5, 5])
    assert len(rows) == 4 and rows.shape == (4, 2, 3) and rows.dtype == np.uint8
    assert np.array_equal(rows[1], array[2]) and np.array_equal(rows[-4], array[7])
    assert np.array_equal(rows[1:3], array[[2, 5]])
    assert np.array_equal(rows[np.array([3, 0])], array[[5, 7]])
    assert np.array_equal(np.asarray(rows), array[[7, 2, 5, 5]])
    assert np.asarray(rows, dtype="float32").dtype == np.float32
    assert np.array_equal(
        Rows(rows, [1, 0])[:], array[[2, 7]]
    )  # rows of rows read the array itself
    assert [len(row) for row in rows] == [2] * 4
    for got in (rows[0], rows[:], np.asarray(rows)):
        assert type(got) is np.ndarray
        got[:] = 0
    assert np.array_equal(np.load(tmp_path / "a.npy"), array)
    with pytest.raises(IndexError):
        rows[4]


def test_cifar10_is_mirrored_photographs_with_a_fixed_test_split(tmp_path, monkeypatch):
    labels = np.arange(60_000) % 10
    np.save(tmp_path / "images.npy", np.zeros((60_000, 32, 32, 3), "uint8"))
    images = np.load(tmp_path / "images.npy", mmap_mode="r+")
    images[:, 0, 0, 0], images[:, 0, 0, 1] = (
        np.arange(60_000) // 256,
        np.arange(60_000) % 256,
    )
    monkeypatch.setattr(fetch, "cifar10", lambda: (images, labels))
    task = load_task("cifar10", 500)
    place = {
        name: np.asarray(s.images)[:, 0, 0, :2] @ [256, 1]
        for name, s in task.splits().items()
    }
    assert np.array_equal(place["test"], np.arange(50_000, 60_000))
    assert place["train"].max() < 50_000 and len(place["train"]) == 4500
    for name, split in task.splits().items():
        assert np.array_equal(split.labels, labels[place[name]])
    assert task.mirror and not load_task("cifar10", 2, mirror=False).mirror
    assert task.classes[:2] == ("airplane", "automobile")
    assert len(load_task("cifar10").validation) == 500  # 50 of each class at most


def test_cifar10_that_is_missing_says_how_to_get_it(own_cache, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(fetch.FetchError, match="--real"):
        load_task("cifar10")


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(MissingFolderError, match="got 'digit': did you mean 'digits'"):
        load_task("digit")
    with pytest.raises(
        MissingFolderError,
        match="letters, digits, .*cifar10, got .*no-such-folder.*check the spelling",
    ):
        load_task("pictures/no-such-folder")


def test_a_file_is_not_a_folder(tmp_path):
    (tmp_path / "pictures.zip").write_bytes(b"PK")
    with pytest.raises(MissingFolderError, match="is a file: unpack it"):
        load_task(tmp_path / "pictures.zip")


WRONG = [
    {"image_size": 31},
    {"image_size": 225},
    {"image_size": "32"},
    {"bad_files": "drop"},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_settings_out_of_range_are_named(wrong):
    with pytest.raises(
        TaskError, match="32 … 224.*" + repr(next(iter(wrong.values())))
    ):
        load_task("digits", **wrong)


def test_mirror_can_be_overridden():
    assert load_task("digits", 2, mirror=True).mirror


def test_pictures_from_files_know_their_files_and_drawn_ones_have_none(
    own_cache, tmp_path
):
    from PIL import Image

    for name, red in (("a", 10), ("b", 200)):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for i in range(6):
            colour = (red + i, 20 * i, 0)
            Image.new("RGB", (40, 40), colour).save(
                tmp_path / "mine" / name / f"{i}.png"
            )
    task = load_task(tmp_path / "mine")
    for split in task.splits().values():
        assert len(split.images.files) == len(split)
        for image, file in zip(split.images, split.images.files, strict=True):
            with Image.open(tmp_path / "mine" / file) as picture:
                assert picture.getpixel((0, 0)) == tuple(image[0, 0])
    assert Rows(np.zeros((3, 4, 4, 3), "uint8"), [0]).files is None
