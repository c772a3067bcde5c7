"""Vision transformers of KerasHub, for those who have installed the extra "hub".

KerasHub is not among the learners' packages: ``pip install "tlkit[hub]"`` installs it.
It downloads nothing here. Give the file ``model.weights.h5`` of a preset:
``Backbone("model.weights.h5", architecture="dinov2_small", size=224)``.

Source of DINOv2: Oquab et al. 2024, https://arxiv.org/abs/2304.07193.
"""

import importlib
import warnings
from dataclasses import dataclass
from pathlib import Path

from ..machine.quiet import keras
from .application import STANDARDISED
from .network import Network, WeightsError

PATCH = 14  # pixels
TRAINED = (518, 518, 3)  # the position embeddings are made for these images
BLOCKS = 4  # into which the transformer's layers are divided


@dataclass(frozen=True)
class DINOv2(Network):
    """DINOv2: features are the class token after the last normalisation.

    Attributes:
        name: what ``Backbone`` takes as architecture.
        depth: transformer layers; a quarter of them is a block.
        features: numbers in a token.
        heads: of attention in each layer.
        registers: tokens that are there only to compute with.
    """

    name: str
    depth: int
    features: int
    heads: int
    registers: int = 0
    sizes = (4 * PATCH, 16 * PATCH)

    @property
    def blocks(self) -> dict[str, str]:  # type: ignore[override]
        """Name of a block -> name of the layer that ends it."""
        each = self.depth // BLOCKS
        ends = {f"block{i}": f"layers_{i * each - 1}" for i in range(1, BLOCKS)}
        return {**ends, f"block{BLOCKS}": f"{self.name}_out"}

    def channels(self, backbone) -> int:
        return self.features

    def prepare(self, images):
        return STANDARDISED(images)

    def layers(self, x, backbone, policy):
        """Apply all layers: tokens (n, 1 + registers + patches, features)."""
        if backbone.weights is None:
            keras.utils.set_random_seed(backbone.seed)
        network = self.make(backbone.size)
        x = network.embeddings(x)
        for layer in network.encoder.layers:
            x = layer(x)
        end = keras.layers.Identity(name=f"{self.name}_out", dtype="float32")
        return end(network.layernorm(x))

    def pool(self, x):
        first = keras.layers.Cropping1D((0, x.shape[1] - 1), dtype="float32")(x)
        return keras.layers.Flatten(name="features", dtype="float32")(first)

    def make(self, size: int) -> keras.Model:
        """The network as KerasHub builds it, with random weights.

        Raises:
            WeightsError: KerasHub is not installed.
        """
        try:
            models = importlib.import_module("keras_hub.models")
        except ImportError as error:
            raise WeightsError(
                f"{self.name} needs KerasHub, which cannot be imported ({error}). "
                'Next: pip install "tlkit[hub]"'
            ) from error
        return models.DINOV2Backbone(
            patch_size=PATCH,
            num_layers=self.depth,
            hidden_dim=self.features,
            num_heads=self.heads,
            intermediate_dim=4 * self.features,
            num_register_tokens=self.registers,
            image_shape=(size, size, 3),
            position_embedding_shape=TRAINED,
            dtype="float32",
        )

    def load(self, model, file: Path) -> None:
        alone = self.make(model.get_layer("image").output.shape[1])
        try:
            with warnings.catch_warnings():
                # KerasHub's files have no entry for the order of operations
                warnings.filterwarnings("ignore", "Skipping nested container")
                alone.load_weights(file)
        except (ValueError, OSError, KeyError) as error:
            raise WeightsError(
                f"{file} holds no weights of {self.name} ({error}). "
                "Next: name a file that was made for this network"
            ) from error
        loaded = [alone.embeddings, *alone.encoder.layers, alone.layernorm]
        ours = [layer for layer in model.layers if layer.weights]
        for layer, source in zip(ours, loaded, strict=True):
            layer.set_weights(source.get_weights())


HUB = (
    DINOv2("dinov2_small", 12, 384, 6),
    DINOv2("dinov2_base", 12, 768, 12),
    DINOv2("dinov2_with_registers_small", 12, 384, 6, registers=4),
    DINOv2("dinov2_with_registers_base", 12, 768, 12, registers=4),
)
