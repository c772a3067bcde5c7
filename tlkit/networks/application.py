"""Networks that ``keras.applications`` builds; their stages become blocks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..machine.quiet import keras
from .network import Network, WeightsError

MEAN_RGB = (0.485, 0.456, 0.406)  # of ImageNet's pictures, from 0 to 1
DEVIATION_RGB = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Pixels:
    """A preprocessing: images times `scale` plus `offset`.

    Attributes:
        scale, offset: a number each, or one for each channel.
        bgr: whether the channels come in reverse order.
    """

    scale: float | tuple[float, ...] = 1.0
    offset: float | tuple[float, ...] = 0.0
    bgr: bool = False

    def __call__(self, images):
        """Preprocess images (n, h, w, 3), RGB 0-255, by layers; the last is "image"."""
        if self.bgr:
            images = keras.ops.flip(images, axis=-1)
        scale, offset = (
            list(one) if isinstance(one, tuple) else one
            for one in (self.scale, self.offset)
        )
        layer = keras.layers.Rescaling(scale, offset, name="image", dtype="float32")
        return layer(images)


_OFFSET = tuple(-m / d for m, d in zip(MEAN_RGB, DEVIATION_RGB, strict=True))
# BGR, minus ImageNet's mean ("caffe" in Keras)
MINUS_MEAN = Pixels(offset=(-103.939, -116.779, -123.68), bgr=True)
# from -1 to 1 ("tf" in Keras)
AROUND_ZERO = Pixels(1 / 127.5, -1.0)
# minus ImageNet's mean, divided by its standard deviation ("torch" in Keras)
STANDARDISED = Pixels(tuple(1 / (255 * d) for d in DEVIATION_RGB), _OFFSET)
# EfficientNetV2-S, M and L
HALVES = Pixels(1 / 128, -1.0)
# EfficientNet-B0 to B7, whose layers begin with a division by 255 and a normalisation
# by statistics that are in the weights file. Keras adds a further scale if it loads
# ImageNet's weights, but not if it loads them from a file. So all of it is done before
# the layers; their own normalisation stays as it is built and changes nothing.
STANDARDISED_255 = Pixels(
    tuple(1 / d for d in DEVIATION_RGB), tuple(255 * o for o in _OFFSET)
)


@dataclass(frozen=True)
class Application(Network):
    """A network of ``keras.applications``, in float32.

    Attributes:
        name: what ``Backbone`` takes, and ``fetch`` as the name of its file.
        function: the name of the function of ``keras.applications`` that builds it.
        ends: the last layers of all blocks but the last block, lowest first. The last
            block ends with a layer that is added here; it is named after the network,
            so that no network can be mistaken for another one.
        pixels: the preprocessing.
        features: number of pooled features.
        sizes: smallest and largest images, in pixels; the largest are those of its
            training, but not below 224.
        options: further arguments of the function.
        numbered: class of layers that Keras leaves without lasting names -> the name
            that they get here, with a number from 1 up, in their order.
    """

    name: str
    function: str
    ends: tuple[str, ...]
    pixels: Pixels
    features: int
    sizes: tuple[int, int] = (32, 224)
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    numbered: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def blocks(self) -> dict[str, str]:  # type: ignore[override]
        """Name of a block -> name of the layer that ends it."""
        ends = (*self.ends, f"{self.name}_out")
        return {f"block{i}": end for i, end in enumerate(ends, 1)}

    @property
    def published(self) -> dict[str, str]:  # type: ignore[override]
        """Weights of the network's own name are its file of that name."""
        return {self.name: self.name}

    def channels(self, backbone) -> int:
        return self.features

    def prepare(self, images):
        return self.pixels(images)

    def layers(self, x, backbone, policy):
        if backbone.weights is None:
            keras.utils.set_random_seed(backbone.seed)  # its layers take no seed
        network = self.make(input_tensor=x)
        for kind, name in self.numbered.items():
            layers = [one for one in network.layers if type(one).__name__ == kind]
            for number, layer in enumerate(layers, 1):
                layer.name = f"{name}{number}"
        end = keras.layers.Identity(name=f"{self.name}_out", dtype="float32")
        return end(self.top(network))

    def make(self, **given) -> keras.Model:
        """The network as Keras builds it, with random weights and without its top.

        Args:
            **given: further arguments of the function, such as input_tensor.
        """
        function = getattr(keras.applications, self.function)
        return function(include_top=False, weights=None, **self.options, **given)

    def top(self, network: keras.Model):
        """The tensor of the last feature map (n, h, w, c)."""
        return network.output

    def load(self, model, file: Path) -> None:
        # The layers alone, in the order in which the file has them.
        shape = model.get_layer("image").output.shape[1:]
        alone = self.make(input_shape=shape)
        try:
            alone.load_weights(file)
        except (ValueError, OSError, KeyError) as error:
            raise WeightsError(
                f"{file} holds no weights of {self.name} ({error}). "
                "Next: name a file that was made for this network"
            ) from error
        # by order, because Keras numbers the names of unnamed layers through
        for layer, loaded in zip(loadable(model), loadable(alone), strict=True):
            layer.set_weights(loaded.get_weights())


class ConvNeXt(Application):
    """ConvNeXt, whose last layer normalises *pooled* features.

    Without pooling, Keras would apply that layer to the feature map, which is not how
    it was trained.
    """

    def top(self, network):
        return network.layers[-1].input

    def pool(self, x):
        x = keras.layers.GlobalAveragePooling2D(name="pool", dtype="float32")(x)
        # as in keras.applications
        normalise = keras.layers.LayerNormalization(
            epsilon=1e-6, name="features", dtype="float32"
        )
        return normalise(x)


def loadable(model: keras.Model) -> list[keras.Layer]:
    """The layers that get weights from a file, in their order.

    Without ``Normalization``: preprocessing is what ``Application.pixels`` does.
    """
    return [
        layer
        for layer in model.layers
        if layer.weights and not isinstance(layer, keras.layers.Normalization)
    ]
