"""The shared layers: a pretrained network without its top, with preprocessing inside.

A ``Backbone`` is a description (which architecture, which weights, which image size),
not a live model. Every ``build`` makes a fresh model from it. So fine-tuning one model
never changes the next one, and the description can be the key of the feature cache.

A *cut* is the name of a place between blocks. Layers below it are frozen and shared;
layers above it belong to the task.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from .files import fetch
from .files.applications import ALIASES, named
from .files.hashes import file_hash
from .machine.quiet import keras
from .networks import ARCHITECTURES, Network, WeightsError, architecture
from .networks.vgg16 import BLOCKS, CONVOLUTIONS, MEAN_RGB, read_weights

CUTS = ARCHITECTURES["vgg16"].cuts
SHIPPED = ("letters", "letters-small", "letters-bn")
PUBLISHED = {  # weights -> file, as fetch names it
    weights: file
    for network in ARCHITECTURES.values()
    for weights, file in network.published.items()
}
PUBLISHED |= {alias: name for alias, name in ALIASES.items() if alias not in PUBLISHED}
PREPROCESSING = ("own", "1/255")
ASSETS = Path(__file__).parent / "assets"

__all__ = [
    "ASSETS",
    "BLOCKS",
    "CONVOLUTIONS",
    "CUTS",
    "MEAN_RGB",
    "PUBLISHED",
    "SHIPPED",
    "Backbone",
    "WeightsError",
    "above_cut",
    "at_cut",
    "cut_below",
    "layer_at",
    "network_of",
    "read_weights",
]


@dataclass(frozen=True)
class Backbone:
    """A network without its top, described well enough to build it again.

    Attributes:
        weights: one of these.
            "letters", "letters-small", "letters-bn": shipped with the kit.
            "imagenet": VGG16's, trained on ImageNet; the file must be on disk.
            Another network of ``keras.applications``, such as "resnet50v2" or
            "ResNet50V2": its weights of ImageNet; the file must be on disk.
            A path of a weights file (.h5, .weights.h5 or .keras); VGG16's may have any
            width, in float16 or float32.
            None: random weights.
        size: height and width that images are resized to inside the model, 32-224
            pixels; some architectures have other limits.
        width: channels as a fraction of VGG16's; read from the weights file if there
            is one.
        batch_norm: batch normalisation after every convolution of VGG16; read from the
            weights file, too.
        seed: of the random weights.
        preprocessing: "own", as in the training of the weights; or "1/255", pixels
            from 0 to 1. Random weights need "1/255". With VGG16's pretrained weights it
            is the article's mistake; so its cost can be measured.
        architecture: a name in ``networks.ARCHITECTURES``, such as "vgg16" or
            "mobilenet_v3_small"; set by the weights if they are published ones.
    """

    weights: str | None = "letters"
    size: int = 32
    width: float = 0.25
    batch_norm: bool = False
    seed: int = 0
    preprocessing: str = "own"
    architecture: str = "vgg16"

    def __post_init__(self):
        """Check the fields, and set those that follow from the weights.

        Raises:
            ValueError: a preprocessing, architecture or size that is not known.
            WeightsError: the weights are not on this machine, or are damaged.
        """
        if self.preprocessing not in PREPROCESSING:
            expected = " or ".join(f'"{one}"' for one in PREPROCESSING)
            raise ValueError(
                f"preprocessing={self.preprocessing!r}: expected {expected}"
            )
        if isinstance(self.weights, Path):
            self._resolve(weights=str(self.weights))
        if published := named(self.weights or ""):
            weights = _weights_of(published)
            self._resolve(weights=weights, architecture=published)
        self._resolve(architecture=architecture(self.architecture))
        smallest, largest = self.network.sizes
        if not smallest <= self.size <= largest:
            why = f" for {self.architecture}"
            if smallest == 32:
                why = ", because five poolings halve it five times"
            raise ValueError(
                f"size={self.size}: expected {smallest} to {largest} pixels{why}"
            )
        if file := self.weights_file:
            self._resolve(**self.network.describe(file))

    def _resolve(self, **fields) -> None:
        """Set what follows from other fields, while the description is being made."""
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @property
    def network(self) -> Network:
        """The architecture's class."""
        return ARCHITECTURES[self.architecture]

    @property
    def weights_file(self) -> Path | None:
        """Path of the weights file; None for random weights.

        Raises:
            WeightsError: they are not on this machine, or a shipped file was changed.
        """
        if self.weights is None:
            return None
        if self.weights in SHIPPED:
            return _as_shipped(ASSETS / f"{self.weights}.weights.h5")
        if self.weights in PUBLISHED:
            published = PUBLISHED[self.weights]
            if found := fetch.find(published):
                return found
            raise WeightsError(fetch.not_here([fetch.FILES[published]]))
        path = Path(self.weights)
        if not path.is_file():
            known = ", ".join((*SHIPPED, *PUBLISHED))
            raise WeightsError(
                f"no weights file at {path}: expected one of {known}, "
                "or the path of a .h5 file"
            )
        return path

    @property
    def weights_hash(self) -> str:
        """SHA-256 of the weights file; for random weights, of the seed."""
        if file := self.weights_file:
            return file_hash(file)
        return hashlib.sha256(f"random {self.seed}".encode()).hexdigest()

    @property
    def name(self) -> str:
        """For tables: "letters", "imagenet", "random", or the stem of the file."""
        return Path(self.weights).name.split(".")[0] if self.weights else "random"

    @property
    def channels(self) -> int:
        """Number of features after the last block."""
        return self.network.channels(self)

    def random(self, seed: int = 0) -> "Backbone":
        """The same layers with random weights: where training from scratch starts."""
        return replace(self, weights=None, seed=seed)

    def build(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 3),
        precision: str = "float32",
    ) -> keras.Model:
        """A fresh model from images to pooled features.

        Args:
            image_shape: (height, width, 3) of the images to come: RGB, 0-255, uint8 or
                float32.
            precision: of the convolutions: "float32", "bfloat16" or (for GPUs)
                "float16". Architectures that cannot be built in the latter two take
                float32.

        Returns:
            keras.Model, images (n, height, width, 3) -> float32 (n, channels). A cut's
            layer is ``layer_at(cut)``; "image" is the preprocessed images.
        """
        mixed = precision != "float32" and self.network.any_precision
        policy = keras.DTypePolicy(f"mixed_{precision}" if mixed else "float32")
        # uint8 images are cast to the input's type
        inputs = x = keras.Input(image_shape, dtype="float32", name="images")
        if image_shape[:2] != (self.size, self.size):
            resize = keras.layers.Resizing(
                self.size, self.size, name="resize", dtype="float32"
            )
            x = resize(x)
        if self.preprocessing == "1/255":
            scale = keras.layers.Rescaling(1 / 255, name="image", dtype="float32")
            x = scale(x)
        else:
            x = self.network.prepare(x)
        x = self.network.layers(x, self, policy)
        model = keras.Model(inputs, self.network.pool(x), name="backbone")
        if file := self.weights_file:
            self.network.load(model, file)
        return model


def cut_below(unfreeze: str | None, network: Network = ARCHITECTURES["vgg16"]) -> str:
    """The cut under the first block to be trained: "block5" -> "block4", "all" ->
    "image".

    ``None`` trains no block, so the cut lies above all of them.

    Raises:
        ValueError: not a block of the network, "all" or None.
    """
    if unfreeze is None:
        return "features"
    if unfreeze == "all":
        return "image"
    if unfreeze not in network.blocks:
        expected = ", ".join(("all", *network.blocks))
        raise ValueError(
            f"unfreeze={unfreeze!r}: expected one of {expected}, "
            "or None for the head alone"
        )
    return network.cuts[network.cuts.index(unfreeze) - 1]


def network_of(model: keras.Model) -> Network:
    """The architecture of a built model. Raises ValueError if it is none of ours."""
    names = [layer.name for layer in model.layers]
    found = [
        network
        for network in ARCHITECTURES.values()
        if set(network.blocks.values()) <= set(names)
    ]
    if found:  # VGG19 has all of VGG16's names, but ends with one of its own
        return max(found, key=lambda one: names.index([*one.blocks.values()][-1]))
    raise ValueError(
        f"expected a model that Backbone.build made, got layers {', '.join(names)}"
    )


def layer_at(cut: str, network: Network = ARCHITECTURES["vgg16"]) -> str:
    """Name of the layer whose output is the cut. Raises ValueError for no such cut."""
    return network.layer_at(cut)


def at_cut(model: keras.Model, cut: str) -> keras.Model:
    """The part of a built model below a cut: images -> activations (n, h, w, c).

    Raises:
        ValueError: no such cut in this network.
    """
    end = model.get_layer(network_of(model).layer_at(cut)).output
    return keras.Model(model.input, end, name=f"below_{cut}")


def above_cut(model: keras.Model, cut: str) -> keras.Model:
    """The part of a built model above a cut: activations -> what the model gives.

    Both share the same layers. So training this part also trains the model.
    """
    start = model.get_layer(network_of(model).layer_at(cut)).output
    return keras.Model(start, model.output, name=f"above_{cut}")


def _weights_of(published: str) -> str:
    """What ``Backbone`` takes for a published file: "vgg16" -> "imagenet"."""
    for weights, file in PUBLISHED.items():
        if file == published:
            return weights
    raise AssertionError(f"{published} is not in PUBLISHED")


def _as_shipped(path: Path) -> Path:
    """The path of a shipped file. Raises WeightsError if the file was changed."""
    manifest = json.loads((ASSETS / "manifest.json").read_text("utf-8"))
    if file_hash(path) != manifest[path.name]["sha256"]:
        raise WeightsError(
            f"{path} has been changed since it was shipped: install tlkit again"
        )
    return path
