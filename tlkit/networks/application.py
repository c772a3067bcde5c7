"""Networks that ``keras.applications`` builds; their blocks become cuts."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..machine.quiet import keras
from .network import Network, WeightsError


class Application(Network):
    """A network of ``keras.applications``, in float32.

    Attributes:
        make: the function of ``keras.applications`` that builds it.
        options: further arguments for it.
        features: number of pooled features.
    """

    make: Callable[..., keras.Model]
    options: Mapping[str, Any] = {}
    features: int

    def channels(self, backbone) -> int:
        return self.features

    def layers(self, x, backbone, policy):
        if backbone.weights is None:
            keras.utils.set_random_seed(backbone.seed)  # its layers take no seed
        network = type(self).make(
            include_top=False, weights=None, input_tensor=x, **self.options
        )
        return network.output

    def load(self, model, file: Path) -> None:
        # The layers alone, in the order in which the file has them.
        alone = type(self).make(
            include_top=False,
            weights=None,
            input_shape=model.get_layer("image").output.shape[1:],
            **self.options,
        )
        try:
            alone.load_weights(file)
        except (ValueError, OSError, KeyError) as error:
            raise WeightsError(
                f"{file} holds no weights of {self.name}: {error}"
            ) from error
        # by order, because Keras numbers the names of unnamed layers through
        ours = [layer for layer in model.layers if layer.weights]
        theirs = [layer for layer in alone.layers if layer.weights]
        for layer, loaded in zip(ours, theirs, strict=True):
            layer.set_weights(loaded.get_weights())
