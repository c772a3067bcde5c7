"""Every family of keras.applications: Keras's own features from Keras's own file, cuts
between its stages, and frozen layers that do not move.

``tests/ci/backbones.py`` builds all of the networks; here is the smallest of each kind.
"""

import importlib.util
import warnings
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import replicas

import tlkit as tk
from tlkit import training
from tlkit.backbone import (
    PUBLISHED,
    Backbone,
    WeightsError,
    above_cut,
    at_cut,
    network_of,
)
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
    for layer in model.layers:
        if isinstance(layer, STATISTICS):  # silent channels must not become loud
            variance = layer.moving_variance
            variance.assign(variance + 0.1 * keras.ops.mean(variance) + 1e-3)
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


def features(model, images):
    """What a model makes of images, layer by layer: tracing would take longer."""
    return np.asarray(model(images.astype("float32"), training=False))


@pytest.fixture(scope="module", params=SMALLEST)
def replica(request, tmp_path_factory):
    """A network, a file of random weights for it, and two images."""
    network = ARCHITECTURES[request.param]
    path = tmp_path_factory.mktemp("weights") / "some.h5"
    write_replica(network, path)
    size = size_of(network)
    yield network, path, noise(8, size)[:2]
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
    expected = np.asarray(theirs(preprocessed(network, images)))
    found = features(built[1], images)
    assert found.shape == (2, network.features) and expected.std(axis=0).max() > 0
    np.testing.assert_allclose(found, expected, atol=5e-3 * np.abs(expected).max())


def test_its_cuts_lie_between_its_stages_and_the_parts_make_the_whole(replica, built):
    network, _, images = replica
    model = built[1]
    assert network_of(model) is network
    whole, heights = features(model, images), [images.shape[1]]
    for cut in network.cuts[:-1]:
        below = features(at_cut(model, cut), images)
        found = above_cut(model, cut)(below)
        np.testing.assert_allclose(
            found, whole, atol=5e-3 * np.abs(whole).max(), err_msg=cut
        )
        if cut != "image":
            assert below.shape[1] <= heights[-1], cut
            heights.append(below.shape[1])
    assert len(network.blocks) == (1 if "nasnet" in network.name else len(heights) - 1)
    if len(network.blocks) > 1:
        assert len(network.blocks) >= 5 and len(set(heights)) >= 4, heights
    depths = training.depths(model)
    assert depths[next(iter(network.blocks.values()))] == len(network.blocks) - 1
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
    np.testing.assert_array_equal(features(again, images), features(built[1], images))
    assert network_of(again) is network


def test_every_file_is_the_one_that_keras_would_download(monkeypatch):
    def get_file(name, url, file_hash=None, **_):
        raise Asked(name, url, file_hash or "")

    folder = Path(importlib.util.find_spec("keras.src.applications").origin).parent
    source = "".join(file.read_text("utf-8") for file in folder.glob("*.py"))
    for network in [*APPLICATIONS, ARCHITECTURES["vgg16"]]:
        file = fetch.FILES[network.name]
        algorithm, _, known = file.hash.partition(":")
        assert known in source and (known or network.name in OLDEST), network.name
        assert {64: "sha256", 32: "md5", 0: ""}[len(known)] == algorithm
    assert set(fetch.FILES) == {*PUBLISHED.values(), "cifar10"}
    for name in ("mobilenet_v2", "resnet50v2", "convnext_tiny", "nasnet_mobile"):
        network, file = ARCHITECTURES[name], fetch.FILES[name]
        size = size_of(network)
        with pytest.raises(Asked) as asked:
            keras_own(network, monkeypatch, get_file, input_shape=(size, size, 3))
        cached, url, known = asked.value.args
        assert (url, f"models/{cached}") == (file.url, file.keras[0])
        assert known == file.hash.partition(":")[2]


@pytest.mark.parametrize(
    "said, meant",
    [
        ("MobileNetV3Small", "mobilenet_v3_small"),
        ("mobilenetv3small", "mobilenet_v3_small"),
        ("ResNet50V2", "resnet50v2"),
        ("efficientnet_v2_b1", "efficientnetv2b1"),
        ("convnext-tiny", "convnext_tiny"),
        ("efficientnet", "efficientnetv2b0"),
        ("imagenet", "vgg16"),
    ],
)
def test_names_count_without_capitals_and_underscores(said, meant):
    assert applications.named(said) == fetch.key(said) == architecture(said) == meant


def test_an_unknown_name_is_answered_by_the_known_ones():
    for wrong in (dict(weights="resnet34"), dict(weights=None, architecture="vit")):
        with pytest.raises(ValueError, match="expected one of .*resnet50v2, .*vgg19"):
            Backbone(**wrong)
    with pytest.raises(ValueError, match="size=32: expected 71 to 299 pixels for xcep"):
        Backbone(None, architecture="Xception")


def test_no_two_networks_can_be_mistaken_for_each_other():
    ends = {name: set(one.blocks.values()) for name, one in ARCHITECTURES.items()}
    for name, layers in ends.items():
        larger = [other for other, theirs in ends.items() if layers <= theirs]
        assert larger == [name]
        assert ARCHITECTURES[name].cuts[0] == "image" and len(layers) >= 1


def serve(name, server, monkeypatch, tmp_path):
    """A replica of a network's file on a server and in the registry."""
    path = server.folder / fetch.FILES[name].name
    write_replica(ARCHITECTURES[name], path)
    file = fetch.FILES[name]
    entry = replace(file, bytes=path.stat().st_size, url=f"{server.url}/{path.name}")
    if file.hash:
        entry = replicas.entry(file, path, entry.url)
    monkeypatch.setitem(fetch.FILES, name, entry)
    return path


def test_fetched_for_a_backbone_it_is_used_and_goes_into_a_bundle(
    server, cache, monkeypatch, tmp_path, capsys
):
    path = serve("mobilenet_v3_small", server, monkeypatch, tmp_path)
    with pytest.raises(WeightsError, match="MobileNetV3-Small .* is not on this mach"):
        Backbone("mobilenet_v3_small")
    assert cli.main(["fetch", "--backbone", "MobileNetV3Small"]) == 0
    assert "ImageNet's MobileNetV3-Small is at " in capsys.readouterr().out
    chosen = Backbone("MobileNetV3Small")
    assert (chosen.weights, chosen.architecture, chosen.channels) == (
        "mobilenet_v3_small",
        "mobilenet_v3_small",
        576,
    )
    assert chosen.weights_file.read_bytes() == path.read_bytes()
    assert len(server.requests) == 1
    given = Backbone(path, architecture="mobilenet_v3_small")
    assert given.weights_hash == chosen.weights_hash
    stick = tmp_path / "stick"
    words = ["fetch", "--backbone", "mobilenet_v3_small"]
    assert cli.main([*words, "--to", str(stick)]) == 0
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "other"))
    assert fetch.find("mobilenet_v3_small") is None
    assert cli.main([*words, "--from", str(stick)]) == 0
    assert fetch.find("mobilenet_v3_small").parent == tmp_path / "other"
    assert cli.main(["backbones"]) == 0
    lines = capsys.readouterr().out.splitlines()
    here = [line.split()[0] for line in lines if line.endswith(" MB  on this machine")]
    assert here == ["mobilenet_v3_small"]


def test_a_file_without_a_published_hash_has_its_size_and_then_its_first_hash(
    server, cache, monkeypatch, tmp_path
):
    assert [n for n, file in fetch.FILES.items() if not file.hash] == list(OLDEST)
    serve("mobilenet_v2", server, monkeypatch, tmp_path)
    cache.mkdir()
    place = cache / fetch.FILES["mobilenet_v2"].name
    place.write_bytes(b"short")
    with pytest.warns(UserWarning, match="it has 5 bytes, expected "):
        assert fetch.find("mobilenet_v2") is None
    with pytest.warns(UserWarning, match="it has 5 bytes, expected "):
        assert fetch.get("mobilenet_v2") == place
    data = bytearray(place.read_bytes())
    data[len(data) // 2] ^= 1
    place.write_bytes(data)  # as long as before
    with pytest.warns(UserWarning, match="its hash is sha256"):
        assert fetch.find("mobilenet_v2") is None


def test_a_file_of_another_network_is_refused(tmp_path):
    write_replica(ARCHITECTURES["mobilenet_v3_small"], tmp_path / "small.h5")
    chosen = Backbone(tmp_path / "small.h5", architecture="mobilenet_v3_large")
    with pytest.raises(WeightsError, match="no weights of mobilenet_v3_large"):
        chosen.build()
    with pytest.raises(WeightsError, match="Next: if it is a file of another network"):
        Backbone(tmp_path / "small.h5")


def options(*words):
    from tlkit.commands import run

    return run.choose(cli._parser().parse_args(["run", *words]))


def test_the_command_line_takes_a_name_or_a_file_for_a_name(cache, tmp_path):
    chosen = options("--backbone", "resnet50v2", "--task", "digits")
    assert (chosen.backbone, chosen.architecture, chosen.kind) == (
        "resnet50v2",
        None,
        "custom",
    )
    assert options("--backbone", "vgg16", "--task", "cifar10").kind == "real"
    file = tmp_path / "own.h5"
    file.touch()
    words = ["--task", "digits", "--weights", str(file)]
    chosen = options(*words, "--backbone", "ConvNeXtTiny")
    assert (chosen.backbone, chosen.architecture) == (str(file), "convnext_tiny")
    assert options(*words).architecture is None
    with pytest.raises(ValueError, match="--backbone: expected, with --weights, one"):
        options(*words, "--backbone", "letters")
    with pytest.raises(ValueError, match="--weights: expected a weights file, got no"):
        options("--weights", "nothing.h5", "--backbone", "vgg19", "--task", "digits")
