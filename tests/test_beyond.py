"""Sentences come from docstrings, once each and in a fixed order.

And a picture of a sound shows its pitch.
"""

import numpy as np
import pytest
from tlkit_course import beyond

import tlkit as tk


def write(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


ANTS = '''"""Ants carry leaves to their nest. Short one.

They never seem to rest: not ever."""
'''
BEES = '''def fly():
    """Ants carry leaves to their nest!"""
raise SystemExit("imported")
'''
HIVE = '''class Hive:
    """A hive has many
    rooms made of wax."""
'''


@pytest.fixture
def library(tmp_path):
    write(tmp_path, "ants.py", ANTS)
    write(tmp_path, "bees/__init__.py", BEES)
    write(tmp_path, "bees/hive.py", HIVE)
    write(tmp_path, "test/test_ants.py", '"""This one belongs to the tests."""\n')
    write(tmp_path, "broken.py", "def (:\n")
    return tmp_path


def test_each_sentence_of_five_words_stands_once_under_the_module_that_has_it_first(
    library,
):
    assert beyond.sentences(library) == [
        ("ants", ("ants", "carry", "leaves", "to", "their", "nest")),
        ("ants", ("they", "never", "seem", "to", "rest")),
        ("bees", ("a", "hive", "has", "many", "rooms", "made", "of", "wax")),
    ]


def test_a_folder_without_docstrings_is_named(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="expected Python files with docstrings in"
    ):
        beyond.sentences(tmp_path)


USED = ("asyncio", "email", "importlib", "logging", "_pydecimal", "unittest", "xml")


def test_this_pythons_library_has_enough_for_source_and_target():
    found = beyond.sentences()
    modules = [module for module, _ in found]
    for module in USED:
        # 100 to train on and 100 to test, with room to spare.
        assert modules.count(module) >= 250, module
    assert len(found) > 10_000 and len({words for _, words in found}) == len(found)


@pytest.mark.parametrize("kind", beyond.KINDS + beyond.OTHER_KINDS)
def test_sounds_follow_their_seed_and_differ_from_one_to_the_next(kind):
    first, again, other = (
        beyond.sound(kind, np.random.default_rng(seed)) for seed in (0, 0, 1)
    )
    assert first.shape == (beyond.SAMPLES,) and np.isfinite(first).all()
    assert np.array_equal(first, again) and not np.allclose(first, other)


def test_a_source_may_have_kinds_that_the_target_does_not_ask_for():
    assert not set(beyond.KINDS) & set(beyond.OTHER_KINDS)
    pictures, labels = beyond.sounds(14, 0, beyond.OTHER_KINDS)
    assert labels.tolist() == [*range(7), *range(7)]
    usual, _ = beyond.sounds(14, 0)
    assert all(not np.array_equal(a, b) for a, b in zip(pictures, usual, strict=True))


def brightest_row(pitch):
    t = np.arange(beyond.SAMPLES) / beyond.RATE
    noise = 1e-3 * np.random.default_rng(0).normal(size=len(t))
    picture = beyond.picture(np.sin(2 * np.pi * pitch * t) + noise)
    assert picture.shape == (32, 32, 3) and picture.dtype == "uint8"
    return picture[..., 0].mean(axis=1).argmax()


def test_high_notes_are_drawn_high():
    for pitch in (250, 1000, 1750):
        assert abs(brightest_row(pitch) - (31 - pitch / 62.5)) <= 1


def test_a_rising_chirp_rises_and_a_falling_one_falls():
    rng = np.random.default_rng(3)
    for kind, sign in (("chirp up", -1), ("chirp down", 1)):
        pictures = [
            beyond.picture(beyond.sound(kind, rng))[..., 0].astype(float)
            for _ in range(20)
        ]
        slopes = []
        for picture in pictures:
            rows, columns = np.nonzero(picture > 200)
            slopes.append(np.polyfit(columns, rows, 1)[0])
        assert np.mean(np.sign(slopes) == sign) > 0.8


def test_every_kind_occurs_equally_often():
    images, labels = beyond.sounds(14, seed=0)
    assert images.shape == (14, 32, 32, 3) and np.bincount(labels).tolist() == [2] * 7


def test_the_linear_head_is_as_good_as_the_kits_probe_and_chooses_by_validation():
    task = tk.load_task("digits", 20)
    right = beyond.linear_head(tk.Backbone("letters-small"), task)
    sizes = {name: len(found) for name, found in right.items()}
    assert sizes == {"train": 160, "validation": 40, "test": 2000}
    probe = tk.linear_probe(tk.Backbone("letters-small"), task)
    assert abs(right["test"].mean() - probe.score().mean) < 0.05
