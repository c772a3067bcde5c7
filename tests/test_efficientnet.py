"""A second ImageNet network takes the same way as VGG16: verified file, own
preprocessing inside, cached features.
"""

from dataclasses import replace
from pathlib import Path

import h5py
import nbformat
import numpy as np
import pytest
import replicas
import tlkit_course as course

import tlkit as tk
from tlkit import backbone
from tlkit.backbone import Backbone, WeightsError, at_cut
from tlkit.commands import cli
from tlkit.files import fetch
from tlkit.machine.quiet import keras


def network(seed=1):
    keras.utils.set_random_seed(seed)
    return keras.applications.EfficientNetV2B0(
        include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg"
    )


@pytest.fixture(scope="module")
def replica(tmp_path_factory):
    """A file laid out as the published one, and the network whose random weights are in
    it.
    """
    from keras.src.legacy.saving import legacy_h5_format

    path, model = (
        tmp_path_factory.mktemp("weights") / "efficientnetv2-b0_notop.h5",
        network(),
    )
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    return path, model


@pytest.fixture
def published(replica, server, cache, monkeypatch):
    """The replica on a server and in the registry."""
    path = server.folder / replica[0].name
    path.write_bytes(replica[0].read_bytes())
    entry = replicas.entry(
        fetch.FILES["efficientnetv2b0"], path, f"{server.url}/{path.name}"
    )
    monkeypatch.setitem(fetch.FILES, "efficientnetv2b0", entry)
    return replica[1]


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), dtype="uint8")


def test_the_entry_is_that_of_keras_applications():
    from keras.src.applications import efficientnet_v2 as source

    entry = fetch.FILES["efficientnetv2b0"]
    assert entry.url == source.BASE_WEIGHTS_PATH + entry.name
    assert (
        entry.hash == f"md5:{source.WEIGHTS_HASHES['b0'][1]}"
    )  # [1] is that without the top


def test_without_its_file_one_sentence_says_what_and_how(cache):
    with pytest.raises(
        WeightsError,
        match=r"EfficientNetV2-B0 .* 24 MB\) is not on this machine. Next: ",
    ):
        Backbone("efficientnet")


def test_fetched_by_name_it_gives_keras_own_features(published, images, capsys):
    assert cli.main(["fetch", "efficientnet"]) == 0
    assert "ImageNet's EfficientNetV2-B0 is at " in capsys.readouterr().out
    chosen = Backbone("efficientnet")
    assert (chosen.architecture, chosen.name, chosen.channels) == (
        "efficientnetv2b0",
        "efficientnetv2b0",
        1280,
    )
    found, expected = (
        chosen.build().predict(images, verbose=0),
        published.predict(images.astype("float32"), verbose=0),
    )
    assert expected.std(axis=0).max() > 0
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_a_damaged_file_is_not_used(published, cache, replica):
    cache.mkdir()
    data = bytearray(replica[0].read_bytes())
    data[len(data) // 2] ^= 1
    (cache / replica[0].name).write_bytes(data)
    with (
        pytest.warns(UserWarning, match="is not used: its hash is"),
        pytest.raises(WeightsError, match="is not on this"),
    ):
        Backbone("efficientnet")


def test_what_is_asked_for_without_a_name_is_the_real_pair(cache, capsys):
    assert fetch.PAIR == ("vgg16", "cifar10") and set(fetch.PAIR) < set(fetch.FILES)
    assert [file.title for file in fetch.missing()] == [
        fetch.FILES[name].title for name in fetch.PAIR
    ]
    assert "EfficientNet" not in repr(course.fetch_button())
    said = repr(course.fetch_button("efficientnet"))
    assert (
        "EfficientNetV2-B0 (24 MB)" in said
        and "`python -m tlkit fetch efficientnetv2b0`" in said
    )


def test_random_layers_follow_their_seed_and_are_never_mistaken_for_vgg16s(
    images, tmp_path, monkeypatch
):
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path))
    random = Backbone(None, architecture="efficientnet")
    first, again = (
        random.build().predict(images, verbose=0),
        tk.activations(random, images, "features"),
    )
    np.testing.assert_allclose(first, again, atol=1e-5 * np.abs(first).max())
    assert (
        first.shape == (8, 1280)
        and random.weights_hash != random.random(1).weights_hash
    )
    assert tk.activations(Backbone(None), images, "features").shape == (8, 128)


def test_a_probe_trains_on_it_and_a_block_that_it_lacks_is_named(images):
    random = Backbone(None, architecture="efficientnet")
    task = tk.load_task("digits", 5)
    small = replace(task, test=task.test.pick(range(20)))
    run = tk.linear_probe(random, small, steps=5, min_epochs=1)
    assert run.outputs["test"].shape == (20, 10) and run.head.kernel.shape == (1280, 10)
    with pytest.raises(
        ValueError,
        match="cut='block8': expected one of image, block1, .*, block7, features",
    ):
        at_cut(run.model, "block8")
    assert at_cut(run.model, "block4").output.shape[1:] == (2, 2, 96)
    assert set(backbone.PUBLISHED.values()) <= set(fetch.FILES)


def test_the_batch_norm_trap_of_notebook_06_runs_with_it(published, cache, capsys):
    """The notebook's own cells, on eight pictures: here its file is on the machine."""
    assert cli.main(["fetch", "efficientnet"]) == 0
    book = nbformat.read(
        Path(__file__).parents[1] / "notebooks" / "06_fine_tuning.ipynb", 4
    )
    cells = [cell.source for cell in book.cells if cell.cell_type == "code"]
    digits = tk.load_task("digits", labels_per_class=20)
    digits = replace(
        digits, train=digits.train.pick(range(8)), test=digits.test.pick(range(500))
    )
    ways = ("all frozen", "batch norm left out")
    names = {
        "tk": tk,
        "course": course,
        "np": np,
        "keras": keras,
        "digits": digits,
        "normed": Backbone("letters-bn"),
        "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "networks": ways,
    }
    for part in ("def every_layer", "def with_head", "def train_and_test"):
        (cell,) = (cell for cell in cells if part in cell)
        exec(cell, names)
    (trap,) = (cell for cell in cells if 'tk.Backbone("efficientnet")' in cell)
    made, original = [], names["with_head"]
    names["with_head"] = lambda *given: made.append(original(*given)) or made[-1]
    exec(trap, names)
    said = capsys.readouterr().out
    layers = [layer for layer in names["every_layer"](made[0]) if "_bn" in layer.name]
    normalised = [
        layer
        for layer in network()._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert f"{len(normalised)} batch-norm layers" in said and len(layers) == len(
        normalised
    )
    assert (
        all(way in said for way in ways)
        and "it costs" in said
        and "not on this machine" not in said
    )
    before = {
        layer.name: layer.get_weights()
        for layer in published._flatten_layers(include_self=False)
    }
    for model, moved in zip(made, (False, True), strict=True):
        for layer in names["every_layer"](model):
            if layer.name in before and layer.weights:
                same = all(map(np.array_equal, before[layer.name], layer.get_weights()))
                assert same != (moved and "_bn" in layer.name), layer.name
