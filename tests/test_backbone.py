"""The shared layers are VGG16's: same parameters, same preprocessing, same activations
at every cut.
"""

import json
import shutil
from dataclasses import replace

import h5py
import numpy as np
import pytest

from tlkit import backbone as module
from tlkit.backbone import (
    CONVOLUTIONS,
    CUTS,
    Backbone,
    WeightsError,
    above_cut,
    at_cut,
    cut_below,
)
from tlkit.commands.pretrain import save_weights


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (16, 32, 32, 3), dtype="uint8")


@pytest.fixture(scope="module")
def own_weights(tmp_path_factory):
    """A weights file of an eighth of VGG16's width, made here, in float16 in Keras 3's
    layout.
    """
    file = tmp_path_factory.mktemp("weights") / "own.weights.h5"
    save_weights(Backbone(None, width=0.125, seed=5).build(), file)
    return file


def convolve(x, kernel, bias):
    """3 x 3 convolution with zero padding, then ReLU, in NumPy's float64; x is (n, h,
    w, c).
    """
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), (3, 3), axis=(1, 2)
    )
    return np.maximum(
        np.einsum("nyxcij,ijco->nyxo", windows, kernel, optimize=True) + bias, 0
    )


def forward_in_numpy(file, images):
    """Activations at every cut, from nothing but the numbers in the file."""
    x = images[..., ::-1].astype("float64") - np.array([103.939, 116.779, 123.68])
    found = {"image": x}
    with h5py.File(file) as store:
        for i, name in enumerate(CONVOLUTIONS):
            values = store["layers"][f"conv2d_{i}" if i else "conv2d"]["vars"]
            x = convolve(
                x, values["0"][()].astype("float64"), values["1"][()].astype("float64")
            )
            if i + 1 == len(CONVOLUTIONS) or name[:6] != CONVOLUTIONS[i + 1][:6]:
                n, h, w, c = x.shape
                x = x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))
                found[name[:6]] = x
    found["features"] = x.mean(axis=(1, 2))
    return found


def test_activations_at_every_cut_equal_an_independent_forward_pass(
    own_weights, images
):
    expected, model = (
        forward_in_numpy(own_weights, images),
        Backbone(own_weights).build(),
    )
    assert set(expected) == set(CUTS)
    for cut in CUTS:
        scale = np.abs(expected[cut]).max()
        assert scale > 0
        found = at_cut(model, cut).predict(images, verbose=0)
        np.testing.assert_allclose(
            found / scale, expected[cut] / scale, atol=1e-4, err_msg=cut
        )


def test_activations_equal_pytorchs(own_weights, images):
    torch = pytest.importorskip(
        "torch", reason="PyTorch is not installed; the NumPy oracle has run"
    )
    x = torch.from_numpy(
        (images[..., ::-1].astype("float32") - np.float32([103.939, 116.779, 123.68]))
        .transpose(0, 3, 1, 2)
        .copy()
    )
    layers = module.read_weights(own_weights)
    for i, name in enumerate(CONVOLUTIONS):
        kernel, bias = (torch.from_numpy(value) for value in layers[name])
        x = torch.relu(
            torch.nn.functional.conv2d(x, kernel.permute(3, 2, 0, 1), bias, padding=1)
        )
        if i + 1 == len(CONVOLUTIONS) or name[:6] != CONVOLUTIONS[i + 1][:6]:
            x = torch.nn.functional.max_pool2d(x, 2)
    expected = x.mean(dim=(2, 3)).numpy()
    found = Backbone(own_weights).build().predict(images, verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_preprocessing_is_that_of_keras_applications(images):
    import keras

    found = at_cut(Backbone(None, width=0.125).build(), "image").predict(
        images, verbose=0
    )
    expected = keras.applications.vgg16.preprocess_input(images.astype("float32"))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_full_width_backbone_is_keras_vgg16_without_top():
    import keras

    ours, theirs = (
        Backbone(None, width=1.0).build(),
        keras.applications.VGG16(
            weights=None, include_top=False, input_shape=(32, 32, 3)
        ),
    )
    assert ours.count_params() == theirs.count_params() == 14_714_688
    for layer in theirs.layers[1:]:
        assert [w.shape for w in ours.get_layer(layer.name).weights] == [
            w.shape for w in layer.weights
        ], layer.name


def test_a_quarter_of_the_width_has_920784_parameters():
    assert Backbone(None, width=0.25).build().count_params() == 920_784


def test_below_and_above_a_cut_make_the_whole(own_weights, images):
    model = Backbone(own_weights).build()
    whole = model.predict(images, verbose=0)
    for cut in CUTS[:-1]:
        parts = above_cut(model, cut).predict(
            at_cut(model, cut).predict(images, verbose=0), verbose=0
        )
        np.testing.assert_allclose(
            parts, whole, rtol=1e-4, atol=1e-4 * np.abs(whole).max(), err_msg=cut
        )


def test_images_are_resized_inside_the_model(own_weights, images):
    model = Backbone(own_weights, size=64).build()
    assert at_cut(model, "image").output.shape == (None, 64, 64, 3)
    assert at_cut(model, "block5").output.shape == (None, 2, 2, 64)
    assert model.predict(images, verbose=0).shape == (16, 64)


def test_a_build_is_fresh_so_training_one_does_not_change_the_next(own_weights):
    spec = Backbone(own_weights)
    first = spec.build()
    first.get_layer("block1_conv1").set_weights(
        [w * 0 for w in first.get_layer("block1_conv1").get_weights()]
    )
    assert np.abs(spec.build().get_layer("block1_conv1").get_weights()[0]).sum() > 0


def test_random_weights_repeat_by_seed_and_differ_between_seeds():
    kernels = [
        Backbone(None, width=0.125, seed=s)
        .build()
        .get_layer("block3_conv1")
        .get_weights()[0]
        for s in (0, 0, 1)
    ]
    assert np.array_equal(kernels[0], kernels[1]) and not np.array_equal(
        kernels[0], kernels[2]
    )


def test_a_backbone_is_frozen_and_hashable(own_weights):
    spec = Backbone(own_weights)
    assert hash(spec) == hash(Backbone(own_weights)) and spec == Backbone(own_weights)
    with pytest.raises(AttributeError):
        spec.size = 64
    assert (spec.width, spec.channels, spec.batch_norm) == (0.125, 64, False)
    assert replace(spec, size=64) != spec


@pytest.mark.parametrize(
    "unfreeze, cut",
    [
        (None, "features"),
        ("block5", "block4"),
        ("block2", "block1"),
        ("block1", "image"),
        ("all", "image"),
    ],
)
def test_unfreezing_a_block_cuts_below_it(unfreeze, cut):
    assert cut_below(unfreeze) == cut


def test_batch_normalised_weights_survive_saving(tmp_path, images):
    model = Backbone(None, width=0.125, batch_norm=True, seed=1).build()
    for layer in model.layers:
        if layer.name.endswith(
            "_bn1"
        ):  # values that only survive if each goes to its place
            layer.set_weights(
                [w + 0.25 * (i + 1) for i, w in enumerate(layer.get_weights())]
            )
    save_weights(model, tmp_path / "bn.weights.h5")
    spec = Backbone(tmp_path / "bn.weights.h5")
    assert spec.batch_norm
    expected = model.predict(images, verbose=0)
    np.testing.assert_allclose(
        spec.build().predict(images, verbose=0),
        expected,
        atol=0.02 * np.abs(expected).max(),
    )


@pytest.mark.parametrize("name", module.SHIPPED)
def test_shipped_weights_are_those_of_the_manifest(name):
    entry = json.loads((module.ASSETS / "manifest.json").read_text("utf-8"))[
        f"{name}.weights.h5"
    ]
    spec = Backbone(name)
    assert spec.weights_hash == entry["sha256"]
    assert spec.weights_file.stat().st_size == entry["bytes"] <= 2_000_000
    assert (
        entry["command"].startswith(f"python -m tlkit pretrain {name} ")
        and entry["versions"]["keras"]
    )


def test_shipped_weights_together_stay_below_5_mb():
    assert sum(file.stat().st_size for file in module.ASSETS.glob("*.h5")) <= 5_000_000


def test_a_changed_shipped_file_is_refused(tmp_path, monkeypatch):
    shutil.copytree(module.ASSETS, tmp_path / "assets")
    monkeypatch.setattr(module, "ASSETS", tmp_path / "assets")
    file = tmp_path / "assets" / "letters.weights.h5"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(
        WeightsError, match="has been changed since it was shipped: install tlkit again"
    ):
        Backbone("letters")


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(size=31), "size=31: expected 32 to 224 pixels"),
        (
            dict(weights="no/such/file.h5"),
            "no weights file at no/such/file.h5: expected one of letters",
        ),
        (dict(preprocessing="none"), 'expected "own" or "1/255"'),
    ],
)
def test_a_bad_description_is_a_clear_error(change, message):
    with pytest.raises(ValueError, match=message):
        Backbone(**{"weights": None, **change})


def test_a_file_that_is_not_vgg16_is_a_clear_error(tmp_path, own_weights):
    text = tmp_path / "text.h5"
    text.write_text("hello")
    with pytest.raises(WeightsError, match="something that is not HDF5. Next"):
        Backbone(text)
    short = tmp_path / "short.weights.h5"
    shutil.copy(own_weights, short)
    with h5py.File(short, "a") as store:
        del store["layers/conv2d_12"]
    with pytest.raises(WeightsError, match="holds no VGG16 weights"):
        Backbone(short)
    wrong = tmp_path / "wrong.weights.h5"
    shutil.copy(own_weights, wrong)
    with h5py.File(wrong, "a") as store:
        del store["layers/conv2d_4/vars/0"]
        store["layers/conv2d_4/vars/0"] = np.zeros((5, 5, 16, 32), "float16")
    with pytest.raises(WeightsError, match="block3_conv1 has shapes"):
        Backbone(wrong)


def test_imagenet_weights_that_are_not_here_say_how_to_get_them(monkeypatch):
    monkeypatch.setattr(module.fetch, "find", lambda name: None)
    with pytest.raises(
        WeightsError,
        match=r"59 MB\) is not on this machine. Next: `python -m tlkit run --real`",
    ):
        Backbone("imagenet")


def test_unknown_blocks_and_cuts_are_clear_errors():
    with pytest.raises(
        ValueError, match="unfreeze='block6': expected one of all, block1"
    ):
        cut_below("block6")
    with pytest.raises(
        ValueError, match="cut='layers\\[56\\]': expected one of image, block1"
    ):
        module.layer_at("layers[56]")
