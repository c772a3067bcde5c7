"""The shared layers: VGG16's thirteen convolutions in five blocks (or another network), with preprocessing inside.

A ``Backbone`` is a description (which weights, which image size), not a live model. Every ``build`` makes
a fresh model from it, so fine-tuning one model never changes the next one, and the description can be
the key of the feature cache. A *cut* is the name of a place between blocks: layers below it are frozen
and shared, layers above it belong to the task.

Source: Simonyan & Zisserman 2015, https://arxiv.org/abs/1409.1556 (configuration D).
"""

import hashlib
import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import h5py
import numpy as np

from .files import fetch
from .machine import fast
from .machine.quiet import keras

BLOCKS = {
    "block1": (2, 64),
    "block2": (2, 128),
    "block3": (3, 256),
    "block4": (3, 512),
    "block5": (3, 512),
}
CUTS = (
    "image",
    *BLOCKS,
    "features",
)  # "image" lies below every layer, "features" above the pooling at the end
CONVOLUTIONS = tuple(
    f"{block}_conv{i + 1}" for block, (depth, _) in BLOCKS.items() for i in range(depth)
)
MEAN_RGB = (
    123.68,
    116.779,
    103.939,
)  # of ImageNet's pictures, subtracted as in keras.applications.vgg16
SHIPPED = ("letters", "letters-small", "letters-bn")
PUBLISHED = {
    "imagenet": "vgg16",
    "efficientnet": "efficientnet",
}  # weights -> file, as fetch names it
ASSETS = Path(__file__).parent / "assets"


class WeightsError(ValueError):
    """A weights file that is missing, damaged or not VGG16's."""


def cut_below(unfreeze: str | None) -> str:
    """The cut under the first block to be trained: ``"block5"`` -> ``"block4"``, ``"all"`` -> ``"image"``.

    ``None`` trains no block, so the cut lies above all of them.

    Raises:
        ValueError: not a block's name, "all" or None.
    """
    if unfreeze is None:
        return CUTS[-1]
    blocks = ("all", *BLOCKS)
    if unfreeze not in blocks:
        raise ValueError(
            f"unfreeze={unfreeze!r}: expected one of {', '.join(blocks)}, or None for the head alone"
        )
    return CUTS[max(0, blocks.index(unfreeze) - 1)]


@dataclass(frozen=True)
class Backbone:
    """A VGG16-style network without its top, described well enough to build it again.

    Attributes:
        weights: "letters", "letters-small" or "letters-bn" (shipped), "imagenet" or "efficientnet"
            (keras.applications' VGG16 and EfficientNetV2-B0, whose files must be on disk), the path of a
            weights file with VGG16's layers (.h5 or .weights.h5, any width, float16 or float32), or None
            for random weights (He et al. 2015).
        size: height and width that images are resized to inside the model, 32 to 224 pixels.
        width: channels as a fraction of VGG16's; read from the weights if there are any.
        batch_norm: batch normalisation after every convolution; read from the weights likewise.
        seed: of the random weights.
        preprocessing: "vgg16" (BGR, mean subtracted, as the weights were trained), or "1/255", the
            article's mistake, kept so that its price can be measured.
        layout: "vgg16", or "efficientnet", which follows from the weights: EfficientNetV2-B0 (Tan & Le 2021), whose
            own preprocessing is part of it, in float32, with no cuts but "image" and "features".
    """

    weights: str | None = "letters"
    size: int = 32
    width: float = 0.25
    batch_norm: bool = False
    seed: int = 0
    preprocessing: str = "vgg16"
    layout: str = "vgg16"

    def __post_init__(self):
        if not 32 <= self.size <= 224:
            raise ValueError(
                f"size={self.size}: expected 32 to 224 pixels, because five poolings halve it five times"
            )
        if self.preprocessing not in ("vgg16", "1/255"):
            raise ValueError(
                f'preprocessing={self.preprocessing!r}: expected "vgg16" or "1/255"'
            )
        if isinstance(self.weights, Path):
            object.__setattr__(self, "weights", str(self.weights))
        if self.weights == "efficientnet":
            object.__setattr__(self, "layout", "efficientnet")
        if (file := self.weights_file) and self.layout == "vgg16":
            layers = read_weights(file)
            object.__setattr__(self, "width", layers["block1_conv1"][0].shape[-1] / 64)
            object.__setattr__(self, "batch_norm", "block1_bn1" in layers)

    @property
    def weights_file(self) -> Path | None:
        """Where the weights lie; None for random ones. Raises WeightsError if they are not on this machine."""
        if self.weights is None:
            return None
        if self.weights in SHIPPED:
            return ASSETS / f"{self.weights}.weights.h5"
        published = PUBLISHED.get(self.weights, "")
        path = fetch.find(published) if published else Path(self.weights)
        if path is None:
            raise WeightsError(fetch.not_here([fetch.FILES[published]]))
        if not path.is_file():
            known = ", ".join((*SHIPPED, *PUBLISHED))
            raise WeightsError(
                f"no weights file at {path}: expected one of {known}, or the path of a .h5 file"
            )
        return path

    @property
    def weights_hash(self) -> str:
        """SHA-256 of the weights file; for random weights, of the seed."""
        file = self.weights_file
        return (
            file_hash(file)
            if file
            else hashlib.sha256(f"random {self.seed}".encode()).hexdigest()
        )

    @property
    def name(self) -> str:
        """A short name for tables: "letters", "imagenet", "efficientnet", "random", or the stem of the file."""
        return Path(self.weights).name.split(".")[0] if self.weights else "random"

    @property
    def channels(self) -> int:
        """Number of features after the last block."""
        return 1280 if self.layout == "efficientnet" else int(512 * self.width)

    def random(self, seed: int = 0) -> "Backbone":
        """The same layers with random weights: where training from scratch starts."""
        return replace(self, weights=None, seed=seed)

    def build(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 3),
        precision: str = "float32",
    ):
        """A fresh model from images to pooled features.

        Args:
            image_shape: (height, width, 3) of the images to come: RGB, 0-255, uint8 or float32.
            precision: "float32", "bfloat16" or (for GPUs) "float16" for the convolutions' arithmetic.

        Returns:
            keras.Model, images (n, height, width, 3) -> float32 (n, channels). VGG16's layers bear their
            names; "blockK_pool" is the output at cut "blockK", "image" the preprocessed images.
        """
        layer = keras.layers
        policy = keras.DTypePolicy(
            precision if precision == "float32" else f"mixed_{precision}"
        )
        inputs = x = keras.Input(
            image_shape, dtype="float32", name="images"
        )  # float32: uint8 input is cast to it
        if image_shape[:2] != (self.size, self.size):
            x = layer.Resizing(self.size, self.size, name="resize", dtype="float32")(x)
        scale, offset = 1 / 255 if self.preprocessing == "1/255" else 1.0, [0.0] * 3
        if self.layout == self.preprocessing == "vgg16":
            x, offset = (
                keras.ops.flip(x, axis=-1),
                [-m for m in MEAN_RGB[::-1]],
            )  # RGB to BGR
        x = layer.Rescaling(scale, offset, name="image", dtype="float32")(x)
        x = (
            self._efficientnet(x)
            if self.layout == "efficientnet"
            else self._vgg16(x, policy)
        )
        model = keras.Model(
            inputs,
            layer.GlobalAveragePooling2D(name="features", dtype="float32")(x),
            name="backbone",
        )
        if (file := self.weights_file) and self.layout == "vgg16":
            for name, values in read_weights(file).items():
                model.get_layer(name).set_weights(values)
        return model

    def _efficientnet(self, x):
        if self.weights is None:
            keras.utils.set_random_seed(
                self.seed
            )  # its layers take no seed of their own
        return keras.applications.EfficientNetV2B0(
            False, self.weights_file, input_shape=x.shape[1:]
        )(x)

    def _vgg16(self, x, policy):
        for i, name in enumerate(CONVOLUTIONS):
            block, part = name.split("_conv")
            depth, filters = BLOCKS[block]
            start = (
                "zeros"
                if self.weights
                else keras.initializers.HeNormal(seed=1000 * self.seed + i)
            )
            activation = None if self.batch_norm else "relu"
            x = fast.convolution(keras.layers.Conv2D(int(filters * self.width), 3, padding="same", name=name,
                                 activation=activation, kernel_initializer=start, dtype=policy), x)  # fmt: skip
            if self.batch_norm:
                x = keras.layers.BatchNormalization(
                    name=f"{block}_bn{part}", dtype=policy
                )(x)
                x = keras.layers.ReLU(name=f"{block}_relu{part}", dtype=policy)(x)
            if int(part) == depth:
                x = keras.layers.MaxPooling2D(2, name=f"{block}_pool", dtype=policy)(x)
        return x


def at_cut(model, cut: str):
    """The part of a built model below a cut: images -> activations (n, h, w, c).

    Raises:
        ValueError: no such cut, or not in this network.
    """
    if layer_at(cut) not in (names := [layer.name for layer in model.layers]):
        raise ValueError(
            f"cut={cut!r}: this network has no blocks, only {', '.join(c for c in CUTS if c in names)}"
        )
    return keras.Model(
        model.input, model.get_layer(layer_at(cut)).output, name=f"below_{cut}"
    )


def above_cut(model, cut: str):
    """The part of a built model above a cut, sharing its layers: training it trains them in the model too."""
    names = [layer.name for layer in model.layers]
    inputs = x = keras.Input(
        model.get_layer(layer_at(cut)).output.shape[1:],
        dtype="float32",
        name="activations",
    )
    for layer in model.layers[names.index(layer_at(cut)) + 1 :]:
        x = layer(x)
    return keras.Model(inputs, x, name=f"above_{cut}")


def layer_at(cut: str) -> str:
    """Name of the layer whose output is the cut. Raises ValueError if there is no such cut."""
    if cut not in CUTS:
        raise ValueError(f"cut={cut!r}: expected one of {', '.join(CUTS)}")
    return f"{cut}_pool" if cut in BLOCKS else cut


@lru_cache(maxsize=8)
def _file_hash(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file; computed again only if the file changed."""
    return _file_hash(path, path.stat().st_mtime_ns)


def read_weights(path: Path) -> dict[str, list[np.ndarray]]:
    """VGG16's layers from a file of Keras 2 (groups by layer name) or Keras 3 (``.weights.h5``, numbered).

    Returns:
        layer name -> [kernel float32 (3, 3, in, out), bias float32 (out,)], or gamma, beta, mean and
        variance for batch normalisation. The top, if the file has one, is left out.

    Raises:
        WeightsError: not an HDF5 file, a layer missing or of a shape that does not fit VGG16's layout,
            or a shipped file whose SHA-256 is not that of its manifest.
    """
    if path.parent == ASSETS:
        expected = json.loads((ASSETS / "manifest.json").read_text("utf-8"))[path.name][
            "sha256"
        ]
        if file_hash(path) != expected:
            raise WeightsError(
                f"{path} has been changed since it was shipped: install tlkit again"
            )
    try:
        with h5py.File(path) as file:
            root = file.get("model_weights", file)
            layers = dict(
                _numbered(root["layers"]) if "layers" in root else _named(root)
            )
    except (OSError, KeyError) as error:
        raise WeightsError(
            f"{path} holds no VGG16 weights ({error}): expected layers {CONVOLUTIONS[0]} … {CONVOLUTIONS[-1]}"
        ) from error
    width, below = layers[CONVOLUTIONS[0]][0].shape[-1] / 64, 3
    for name in CONVOLUTIONS:
        filters = int(BLOCKS[name[:6]][1] * width)
        shapes = [value.shape for value in layers[name]]
        if shapes != [(3, 3, below, filters), (filters,)]:
            raise WeightsError(
                f"{path}: {name} has shapes {shapes}, expected {[(3, 3, below, filters), (filters,)]}"
            )
        below = filters
    return layers


def _named(root):
    for name in CONVOLUTIONS:
        values = []
        root[name].visititems(
            lambda _, item, values=values: (
                values.append(item[()]) if hasattr(item, "dtype") else None
            )
        )
        yield (
            name,
            [v.astype("float32") for v in sorted(values, key=np.ndim, reverse=True)],
        )  # kernel, then bias


def _numbered(root):
    for i, name in enumerate(CONVOLUTIONS):
        for kind, label in (
            ("conv2d", name),
            ("batch_normalization", name.replace("conv", "bn")),
        ):
            key = f"{kind}_{i}" if i else kind
            if kind == "conv2d" or key in root:
                values = root[key]["vars"]
                yield (
                    label,
                    [values[str(j)][()].astype("float32") for j in range(len(values))],
                )
