"""The command that makes the shipped weights: repeatable, small, and what its manifest
says.
"""

import json

import numpy as np
import pytest

import tlkit as tk
from tlkit import glyphs
from tlkit.backbone import ASSETS, read_weights
from tlkit.commands.pretrain import POOL_SEED, SPECS, pretrain, turned
from tlkit.files.hashes import file_hash
from tlkit.files.pairs import SHIPPED, TRAINABLE
from tlkit.machine import whole

MANIFEST = json.loads((ASSETS / "manifest.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Two trainings of a few steps with one seed, and one with another."""
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second", "other")]
    return folders, [
        pretrain("letters-small", epochs=2, scenes=256, seed=seed, out=folder)
        for folder, seed in zip(folders, (0, 0, 1), strict=True)
    ]


def test_the_same_seed_gives_the_same_file_and_another_seed_does_not(tiny):
    _, (first, second, other) = tiny
    assert first["sha256"] == second["sha256"] != other["sha256"]


def test_the_entry_says_how_to_make_the_file_and_what_it_is(tiny):
    (folder, *_), (entry, *_) = tiny
    file = folder / "letters-small.weights.h5"
    assert (
        entry["command"]
        == "python -m tlkit pretrain letters-small --epochs 2 --scenes 256 --seed 0"
    )
    assert entry["sha256"] == file_hash(file) and entry["bytes"] == file.stat().st_size
    assert 0 <= entry["accuracy"] <= 1 and entry["held_out_scenes"] == 4000
    assert json.loads((folder / "manifest.json").read_text("utf-8")) == {
        file.name: entry
    }
    assert not list(folder.glob(f"{whole.MARK}*"))


def test_the_file_loads_as_a_backbone_of_that_layout(tiny):
    (folder, *_), _ = tiny
    made = tk.Backbone(folder / "letters-small.weights.h5")
    assert (made.width, made.batch_norm) == (0.125, False)
    assert (
        made.build().count_params()
        == tk.Backbone("letters-small").build().count_params()
    )
    stored = read_weights(folder / "letters-small.weights.h5")["block1_conv1"][0]
    np.testing.assert_array_equal(
        made.build().get_layer("block1_conv1").get_weights()[0], stored
    )


def test_every_shipped_backbone_can_be_trained_again():
    assert tuple(SPECS) == TRAINABLE and set(SHIPPED) < set(SPECS)


def test_a_scene_is_turned_as_often_as_its_answer_says():
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), "uint8")
    seen, turns = turned(images, seed=3)
    assert set(turns) == {0, 1, 2, 3} and seen.dtype == "uint8"
    for before, after, number in zip(images, seen, turns, strict=True):
        for _ in range(number):  # anticlockwise: the right edge becomes the upper one
            before = before.transpose(1, 0, 2)[::-1]
        np.testing.assert_array_equal(after, before)


def test_a_backbone_learns_to_say_how_scenes_are_turned(tmp_path):
    entry = pretrain("letters-unlabelled", epochs=2, scenes=256, out=tmp_path)
    assert entry["command"].startswith("python -m tlkit pretrain letters-unlabelled")
    made = tk.Backbone(str(tmp_path / "letters-unlabelled.weights.h5"))
    assert made.width == tk.Backbone("letters").width
    assert 0.1 < entry["accuracy"] < 0.6  # four answers, hardly trained


def test_an_unknown_name_is_refused():
    with pytest.raises(
        ValueError,
        match="name='digits': expected one of letters, letters-small, letters-bn",
    ):
        pretrain("digits")


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_files_are_what_the_manifest_says(name):
    file, entry = ASSETS / f"{name}.weights.h5", MANIFEST[f"{name}.weights.h5"]
    assert (
        entry["sha256"] == file_hash(file)
        and entry["bytes"] == file.stat().st_size < 2_000_000
    )
    assert entry["minutes"] <= 30 and entry["scenes_version"] == glyphs.VERSION
    assert entry["command"].startswith(f"python -m tlkit pretrain {name} ")


def test_the_letters_backbone_is_as_good_as_promised_and_all_three_are_small():
    assert MANIFEST["letters.weights.h5"]["accuracy"] >= 0.90
    assert sum(entry["bytes"] for entry in MANIFEST.values()) < 5_000_000


def test_held_out_letters_are_of_no_seed_that_was_trained_on():
    assert POOL_SEED - 1 not in range(POOL_SEED, POOL_SEED + 1000)
