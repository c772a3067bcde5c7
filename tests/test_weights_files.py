"""Weights files as people have them: VGG16 is found where it is, and of everything else
one sentence says what it is and what to do next.
"""

import shutil
import zipfile

import h5py
import numpy as np
import pytest
from PIL import Image

from tlkit import saved
from tlkit.backbone import Backbone, WeightsError, read_weights
from tlkit.commands.pretrain import save_weights
from tlkit.machine.quiet import keras
from tlkit.networks import vgg16

WIDTH = 0.125


@pytest.fixture(scope="module")
def network():
    return Backbone(None, width=WIDTH, seed=5).build()


@pytest.fixture(scope="module")
def own(tmp_path_factory, network):
    """The network's weights, as the kit saves them."""
    file = tmp_path_factory.mktemp("weights") / "own.weights.h5"
    save_weights(network, file)
    return file


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype="uint8")


def with_a_head(network, *, nested):
    """As people put layers of their own on top."""
    if nested:
        return keras.Sequential([network, keras.layers.Dense(3)])
    return keras.Model(network.input, keras.layers.Dense(3)(network.output))


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("name", ["whole.h5", "some.weights.h5", "whole.keras"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5:UserWarning")
def test_vgg16_is_found_below_other_layers(tmp_path, network, images, nested, name):
    model = with_a_head(network, nested=nested)
    file = tmp_path / name
    (model.save_weights if "weights" in name else model.save)(file)
    found = Backbone(file)
    assert (found.width, found.batch_norm) == (WIDTH, False)
    given, expected = (
        one.predict(images, verbose=0) for one in (found.build(), network)
    )
    np.testing.assert_array_equal(given, expected)


def vgg19(layout):
    """A file with VGG19's sixteen convolutions, by name or numbered."""

    def write(file):
        names = [f"{b}_conv{i}" for b, n in DEPTHS for i in range(1, n + 1)]
        with h5py.File(file, "w") as store:
            below = 3
            for i, name in enumerate(names):
                filters = int(FILTERS[name[:6]] * WIDTH)
                kernel, bias = np.zeros((3, 3, below, filters)), np.zeros(filters)
                if layout == "named":
                    store[f"{name}/{name}/kernel:0"] = kernel
                    store[f"{name}/{name}/bias:0"] = bias
                else:
                    place = f"layers/conv2d_{i}" if i else "layers/conv2d"
                    store[f"{place}/vars/0"], store[f"{place}/vars/1"] = kernel, bias
                below = filters

    return write


DEPTHS = (("block1", 2), ("block2", 2), ("block3", 4), ("block4", 4), ("block5", 4))
FILTERS = {block: filters for block, (_, filters) in vgg16.BLOCKS.items()}


def theano(file):
    with h5py.File(file, "w") as store:
        below = 3
        for name in vgg16.CONVOLUTIONS:
            filters = int(FILTERS[name[:6]] * WIDTH)
            store[f"{name}/kernel"] = np.zeros((filters, below, 3, 3))
            store[f"{name}/bias"] = np.zeros(filters)
            below = filters


def archive(*members):
    def write(file):
        with zipfile.ZipFile(file, "w") as made:
            for member in members:
                made.writestr(member, b"x")

    return write


def content(data):
    return lambda file: file.write_bytes(data)


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 58889256\n"
OTHERS = {  # what the file is -> how it is made, what the sentence says
    "VGG19 by name": (vgg19("named"), "this is VGG19. Next: use VGG16's"),
    "VGG19 numbered": (vgg19("numbered"), "this is VGG19. Next: use VGG16's"),
    "Theano's": (theano, "block1_conv1 has its kernel in Theano's order, (8, 3, 3, 3)"),
    "PyTorch's": (archive("x/data.pkl", "x/data/0"), "got a PyTorch file. Next: conv"),
    "an old PyTorch's": (content(b"\x80\x02\x8a\nl\xfc"), "got a PyTorch file"),
    "safetensors": (content(b"\x40\0\0\0\0\0\0\0{}"), "got a safetensors file. Next"),
    "npz": (archive("kernel.npy", "bias.npy"), "got arrays of NumPy (.npz). Next"),
    "zip": (archive("vgg16.h5"), "got a ZIP archive"),
    "LFS": (content(LFS), "got a Git LFS pointer, not the file itself. Next: `git lfs"),
    "web page": (content(b"<!DOCTYPE html><html>"), "got a web page. Next: download"),
    "text": (content(b"hello"), "got something that is not HDF5. Next: download"),
    "empty": (content(b""), "got something that is not HDF5. Next: download"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_vgg16_is_called_what_it_is(tmp_path, kind):
    make, said = OTHERS[kind]
    file = tmp_path / "file.h5"
    make(file)
    with pytest.raises(WeightsError) as caught:
        Backbone(file)
    assert said in str(caught.value) and str(file) in str(caught.value)


def test_half_a_download_is_a_damaged_file(tmp_path, own):
    half = tmp_path / "half.h5"
    half.write_bytes(own.read_bytes()[: own.stat().st_size // 2])
    with pytest.raises(WeightsError, match="a part of an HDF5 file, or a damaged one"):
        Backbone(half)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(tmp_path, own, number):
    file = tmp_path / "broken.weights.h5"
    shutil.copy(own, file)
    with h5py.File(file, "a") as store:
        store["layers/conv2d_4/vars/0"][1, 1, 0, 0] = number
    with pytest.raises(WeightsError, match="expected finite weights, got others in bl"):
        read_weights(file)


# model.keras, as `predict` reads it


@pytest.fixture
def model(tmp_path):
    layers = [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(2)]
    saved.save_model(keras.Sequential(layers), tmp_path, "pets", ("cat", "dog"))
    return tmp_path / "model.keras"


def rewritten(file, change):
    """The same archive with some members changed."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in (members | change(members)).items():
            archive.writestr(name, data)


DAMAGE = {
    "the weights": lambda found: {"model.weights.h5": found["model.weights.h5"][:500]},
    "the layers": lambda found: {
        "config.json": found["config.json"].replace(b'"Dense"', b'"Denser"')
    },
    "the names": lambda found: {"tlkit.json": b"{"},
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_model_is_named_with_its_keras_and_this_one(tmp_path, model, what):
    Image.new("RGB", (8, 8)).save(tmp_path / "x.png")
    rewritten(model, DAMAGE[what])
    with pytest.raises(ValueError) as caught:
        list(saved.predict(model, [tmp_path / "x.png"]))
    said = str(caught.value)
    assert said.startswith(f"{model}: expected a model")
    if what != "the names":
        version = keras.__version__
        assert f"Keras {version} saved it, this is Keras {version}" in said
        assert "Next: copy the file again" in said


def test_a_model_with_a_flipped_byte_is_one_sentence(tmp_path, model):
    Image.new("RGB", (8, 8)).save(tmp_path / "x.png")
    whole = model.read_bytes()
    for place in range(200, len(whole), 3001):
        data = bytearray(whole)
        data[place] ^= 0xFF
        model.write_bytes(data)
        try:
            answers = list(saved.predict(model, [tmp_path / "x.png"]))
        except ValueError as error:
            assert str(model) in str(error)
        else:  # a byte that nothing depends on
            assert {name for name, _ in answers[0][1]} == {"cat", "dog"}
