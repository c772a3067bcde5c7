"""VGG16: thirteen convolutions in five blocks, of any width.

Source: Simonyan & Zisserman 2015, https://arxiv.org/abs/1409.1556 (configuration D).
"""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from ..machine.quiet import keras
from . import weights_file
from .network import Network, WeightsError

# block -> (number of convolutions, filters of each at full width)
BLOCKS = {
    "block1": (2, 64),
    "block2": (2, 128),
    "block3": (3, 256),
    "block4": (3, 512),
    "block5": (3, 512),
}
CONVOLUTIONS = tuple(
    f"{block}_conv{i + 1}" for block, (depth, _) in BLOCKS.items() for i in range(depth)
)
MEAN_RGB = (123.68, 116.779, 103.939)  # of ImageNet's pictures


class VGG16(Network):
    """Layers are named as in ``keras.applications.VGG16``; poolings end the blocks."""

    name = "vgg16"
    blocks = {block: f"{block}_pool" for block in BLOCKS}
    published = {"imagenet": "vgg16"}
    any_precision = True
    untrained = "1/255"  # He's random weights are made for inputs around 1, not 100

    def describe(self, file: Path) -> dict:
        """Width and batch normalisation, read from the shapes in the file."""
        shapes = _shapes(file)
        return {
            "width": shapes[CONVOLUTIONS[0]][0][-1] / 64,
            "batch_norm": "block1_bn1" in shapes,
        }

    def channels(self, backbone) -> int:
        return int(512 * backbone.width)

    def prepare(self, images):
        """BGR, ImageNet's mean subtracted, as in ``keras.applications.vgg16``."""
        bgr = keras.ops.flip(images, axis=-1)
        mean_bgr = [-mean for mean in MEAN_RGB[::-1]]
        return keras.layers.Rescaling(1.0, mean_bgr, name="image", dtype="float32")(bgr)

    def layers(self, x, backbone, policy):
        number = 0
        for block, (depth, filters) in BLOCKS.items():
            for part in range(1, depth + 1):
                x = self._convolution(x, backbone, policy, block, part, filters, number)
                number += 1
            x = keras.layers.MaxPooling2D(2, name=f"{block}_pool", dtype=policy)(x)
        return x

    def _convolution(self, x, backbone, policy, block, part, filters, number):
        """One 3 × 3 convolution, perhaps batch normalisation, and ReLU."""
        if backbone.weights is None:  # He et al. 2015
            start = keras.initializers.HeNormal(seed=1000 * backbone.seed + number)
        else:
            start = "zeros"  # to be overwritten; drawing random numbers takes time
        convolution = keras.layers.Conv2D(
            int(filters * backbone.width),
            kernel_size=3,
            padding="same",
            activation=None if backbone.batch_norm else "relu",
            kernel_initializer=start,
            name=f"{block}_conv{part}",
            dtype=policy,
        )
        x = convolution(x)
        if backbone.batch_norm:
            name = f"{block}_bn{part}"
            x = keras.layers.BatchNormalization(name=name, dtype=policy)(x)
            x = keras.layers.ReLU(name=f"{block}_relu{part}", dtype=policy)(x)
        return x

    def load(self, model, file):
        for name, values in read_weights(file).items():
            model.get_layer(name).set_weights(values)


def read_weights(file: Path) -> dict[str, list[np.ndarray]]:
    """VGG16's layers from a file of Keras 2 (by name) or Keras 3 (numbered).

    Returns:
        layer name -> [kernel float32 (3, 3, in, out), bias float32 (out,)], or gamma,
        beta, mean and variance for batch normalisation. A top, if the file has one, is
        left out.

    Raises:
        WeightsError: not a file of Keras, a layer missing, a shape that does not fit,
            VGG19, or numbers that are not finite.
    """
    _shapes(file)
    with weights_file.opened(file) as opened:
        read = {
            name: [np.asarray(value, "float32") for value in values]
            for name, values in _datasets(opened)
        }
    for name, values in read.items():
        if not all(np.isfinite(value).all() for value in values):
            raise WeightsError(
                f"{file}: expected finite weights, got others in {name}. "
                "Next: use a file from before the training went wrong"
            )
    return read


def _shapes(file: Path) -> dict[str, list[tuple[int, ...]]]:
    """Layer name -> shapes of its weights. Raises WeightsError as ``read_weights``
    does.
    """
    try:
        with weights_file.opened(file) as opened:
            _refuse_vgg19(file, opened)
            found = {
                name: [value.shape for value in values]
                for name, values in _datasets(opened)
            }
    except (OSError, KeyError) as error:
        raise WeightsError(
            f"{file} holds no VGG16 weights ({error}): "
            f"expected layers {CONVOLUTIONS[0]} … {CONVOLUTIONS[-1]}. "
            "Next: if it is a file of another network, name that: architecture=…"
        ) from error
    width, below = found[CONVOLUTIONS[0]][0][-1] / 64, 3
    for name in CONVOLUTIONS:
        filters = int(BLOCKS[name.split("_")[0]][1] * width)
        expected = [(3, 3, below, filters), (filters,)]
        if found[name] != expected:
            if found[name][0][2:] == (3, 3):
                raise WeightsError(
                    f"{file}: {name} has its kernel in Theano's order, "
                    f"{found[name][0]}. Next: use the file for TensorFlow (tf_kernels)"
                )
            raise WeightsError(
                f"{file}: {name} has shapes {found[name]}, expected {expected}. "
                "Next: name a file of VGG16, of one width in all layers"
            )
        below = filters
    return found


def _datasets(opened: h5py.File) -> Iterator[tuple[str, list[h5py.Dataset]]]:
    """Layer names and their weights in an open file of either kind."""
    root = _root(opened)
    if CONVOLUTIONS[-1] in root:
        return _named(root)
    return _numbered(root.get("layers", root))


def _root(opened: h5py.File) -> h5py.Group:
    """The group that holds the convolutions: the file, or the part of it for VGG16, if
    somebody's layers were put on top.
    """
    last = (CONVOLUTIONS[-1], f"conv2d_{len(CONVOLUTIONS) - 1}")
    found: list[h5py.Group] = []

    def look(_, item):
        if isinstance(item, h5py.Group) and any(name in item for name in last):
            found.append(item)

    look("", opened)
    opened.visititems(look)
    return found[0] if found else opened


def _refuse_vgg19(file: Path, opened: h5py.File) -> None:
    """Raise WeightsError for the weights of VGG19, which has three more layers."""
    root = _root(opened)
    if "block3_conv4" in root or "conv2d_15" in root:
        raise WeightsError(
            f"{file}: this is VGG19. Next: use VGG16's file, such as the one that "
            "`python -m tlkit fetch vgg16` downloads"
        )


def _named(root):
    """Keras 2: a group for each layer, its kernel and bias somewhere below it."""
    for name in CONVOLUTIONS:
        values: list[h5py.Dataset] = []

        def keep(_, item, values=values):
            if isinstance(item, h5py.Dataset):
                values.append(item)

        root[name].visititems(keep)
        yield name, sorted(values, key=lambda value: value.ndim, reverse=True)


def _numbered(root):
    """Keras 3: "conv2d", "conv2d_1", … in order; batch normalisation likewise."""
    for i, name in enumerate(CONVOLUTIONS):
        suffix = f"_{i}" if i else ""
        yield name, _variables(root[f"conv2d{suffix}"])
        if f"batch_normalization{suffix}" in root:
            normalised = root[f"batch_normalization{suffix}"]
            yield name.replace("conv", "bn"), _variables(normalised)


def _variables(group):
    return [group["vars"][str(i)] for i in range(len(group["vars"]))]
