"""Every family of keras.applications: Keras's own features from Keras's own file, cuts
between its stages, and frozen layers that do not move.

``tests/ci/backbones.py`` builds all of the networks; here is the smallest of each kind.
"""

import warnings
from dataclasses import replace

import h5py
import numpy as np
import pytest
import replicas

import tlkit as tk
from tlkit import training
from tlkit.backbone import Backbone, WeightsError, above_cut, at_cut, network_of
from tlkit.commands import cli
from tlkit.files import applications, fetch
from tlkit.machine.quiet import keras
from tlkit.networks import ARCHITECTURES, architecture
from tlkit.networks.keras_applications import APPLICATIONS

SMALLEST = [
    "mobilenet",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mobilenet_v3_large",
    "efficientnetv2b0",
    "efficientnetv2s",
    "efficientnetb0",
    "resnet50",
    "resnet50v2",
    "densenet121",
    "convnext_tiny",
    "inception_v3",
    "inception_resnet_v2",
    "xception",
    "nasnet_mobile",
    "vgg19",
]
OLDEST = ("mobilenet", "mobilenet_v2")  # Keras publishes no hash of these
STATISTICS = keras.layers.BatchNormalization


class Asked(Exception):
    """What Keras would download: name, address and hash."""


def size_of(network):
    """The smallest that Keras takes, with ImageNet's weights, without its top."""
    return 224 if network.name == "nasnet_mobile" else network.sizes[0]


def noise(n, size):
    """Images uint8 (n, size, size, 3), each of noise around a colour of its own."""
    rng = np.random.default_rng(0)
    images = rng.normal(rng.integers(0, 256, (n, 1, 1, 3)), 40, (n, size, size, 3))
    return images.clip(0, 255).astype("uint8")


def write_replica(network, path, seed=1):
    """A file laid out as the published one, with random weights in every layer.

    The statistics of batch normalisation are those of noise, so that no signal fades.
    """
    from keras.src.legacy.saving import legacy_h5_format

    keras.utils.set_random_seed(seed)
    size = size_of(network)
    model, rng = network.make(input_shape=(size, size, 3)), np.random.default_rng(seed)
    for layer in model.layers:
        values = layer.get_weights()
        if isinstance(layer, keras.layers.Normalization):  # EfficientNet-B0 to B7
            deviation = np.float32([0.229, 0.224, 0.225])
            layer.set_weights([np.float32([0.485, 0.456, 0.406]), deviation, values[2]])
        elif values:
            layer.set_weights(
                [v + rng.normal(0, 0.1, v.shape) if v.ndim == 1 else v for v in values]
            )
    for layer in model.layers:
        if isinstance(layer, STATISTICS):
            layer.momentum = 0.0
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    model(noise(8, size).astype("float32"), training=True)
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)


def keras_own(network, monkeypatch, get_file, **options):
    """What Keras makes of weights="imagenet", with another download."""
    from keras.src.utils import file_utils

    monkeypatch.setattr(file_utils, "get_file", get_file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # small images are what we want
        function = getattr(keras.applications, network.function)
        return function(include_top=False, weights="imagenet", **options)


def preprocessed(network, images):
    """Images as the documentation of Keras wants them."""
    module = {
        "MobileNet": "mobilenet",
        "MobileNetV2": "mobilenet_v2",
        "ResNet50": "resnet",
        "ResNet50V2": "resnet_v2",
        "DenseNet121": "densenet",
        "InceptionV3": "inception_v3",
        "InceptionResNetV2": "inception_resnet_v2",
        "Xception": "xception",
        "NASNetMobile": "nasnet",
        "VGG19": "vgg19",
    }.get(network.function)
    floats = images.astype("float32")
    if module is None:  # inside the network
        return floats
    return getattr(keras.applications, module).preprocess_input(floats)


@pytest.fixture(scope="module", params=SMALLEST)
def replica(request, tmp_path_factory):
    """A network, a file of random weights for it, and two images."""
    network = ARCHITECTURES[request.param]
    path = tmp_path_factory.mktemp("weights") / "some.h5"
    write_replica(network, path)
    size = size_of(network)
    yield network, path, noise(2, size)
    path.unlink()


@pytest.fixture(scope="module")
def built(replica):
    """The backbone of that file, and a model of it."""
    network, path, images = replica
    backbone = Backbone(path, size=images.shape[1], architecture=network.name)
    return backbone, backbone.build(images.shape[1:])


def test_its_features_are_keras_own_with_its_own_preprocessing(
    replica, built, monkeypatch
):
    network, path, images = replica
    theirs = keras_own(
        network,
        monkeypatch,
        lambda *_, **__: str(path),
        input_shape=images.shape[1:],
        pooling="avg",
    )
    expected = theirs.predict(preprocessed(network, images), verbose=0)
    found = built[1].predict(images, verbose=0)
    assert found.shape == (2, network.features) and expected.std(axis=0).max() > 0
    np.testing.assert_allclose(found, expected, atol=2e-4 * np.abs(expected).max())


def test_its_cuts_lie_between_its_stages_and_the_parts_make_the_whole(replica, built):
    network, _, images = replica
    model = built[1]
    assert network_of(model) is network
    whole, heights = model.predict(images, verbose=0), [images.shape[1]]
    for cut in network.cuts[:-1]:
        below = at_cut(model, cut).predict(images, verbose=0)
        found = above_cut(model, cut)(below)
        np.testing.assert_allclose(
            found, whole, atol=1e-3 * np.abs(whole).max(), err_msg=cut
        )
        if cut != "image":
            assert below.shape[1] <= heights[-1], cut
            heights.append(below.shape[1])
    assert len(network.blocks) == (1 if "nasnet" in network.name else len(heights) - 1)
    if len(network.blocks) > 1:
        assert len(network.blocks) >= 5 and len(set(heights)) >= 4, heights
    depths = training.depths(model)
    assert depths[list(network.blocks.values())[0]] == len(network.blocks) - 1
    assert depths["features"] == 0


def test_what_is_frozen_stays_as_it_is_in_training(replica, built):
    network, _, images = replica
    backbone, model = built[0], built[0].build(images.shape[1:])
    task = replace(tk.load_task("digits", 5), classes=("0", "1"))
    head = training.Head(
        *(np.float32([value] * network.features) for value in (0, 1)),
        np.random.default_rng(0).normal(0, 1, (network.features, 2)).astype("float32"),
        np.zeros(2, "float32"),
    )
    whole = training.with_head(model, head, task)
    cut = network.cuts[-3] if len(network.blocks) > 1 else "image"
    halves = training._Halves(whole, cut, training.every, backbone, "float32")
    still = {layer.name: layer.get_weights() for layer in halves.below.layers}
    moving = [layer for layer in halves.above.layers if isinstance(layer, STATISTICS)]
    before = [layer.get_weights() for layer in moving]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    halves.whole.compile(keras.optimizers.Adam(1e-3), loss, run_eagerly=True)
    for _ in range(2):
        halves.whole.train_on_batch(images.astype("float32"), np.array([0, 1]))
    for layer in halves.below.layers:
        for old, new in zip(still[layer.name], layer.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new, err_msg=layer.name)
    for layer, old in zip(moving, before, strict=True):
        new = layer.get_weights()
        assert not np.array_equal(old[-2], new[-2]), layer.name  # the mean moved
    has = {type(layer) for layer in whole.layers}
    assert (STATISTICS in has) == (network.name not in ("vgg19", "convnext_tiny"))
    if STATISTICS in has:
        assert moving
    halves.check(network.name)
    # nothing that is frozen drops out or normalises by the batch
    frozen = training._Halves(whole, "features", training.every, backbone, "float32")
    floats = images.astype("float32")
    np.testing.assert_array_equal(
        frozen.whole(floats, training=True), frozen.whole(floats, training=False)
    )


def test_a_saved_model_answers_as_before(replica, built, tmp_path):
    network, _, images = replica
    if network.name not in ("convnext_tiny", "inception_resnet_v2", "mobilenet_v2"):
        pytest.skip("only layers that Keras does not export are worth the time")
    built[1].save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_array_equal(
        again.predict(images, verbose=0), built[1].predict(images, verbose=0)
    )
    assert network_of(again) is network
