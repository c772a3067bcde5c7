"""What an architecture must define, so that every recipe can use it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..machine.quiet import keras


class WeightsError(ValueError):
    """A weights file that is missing, damaged, or made for another architecture."""


class Network:
    """One architecture: its layers, its cuts, its preprocessing and its weights files.

    To add one, write a subclass in a file of this folder and put an instance of it into
    ``ARCHITECTURES``. Nothing else has to change.

    Attributes:
        name: what ``Backbone(architecture=…)`` takes.
        blocks: name of a block -> name of the layer whose output ends it, lowest first.
            Layers above a block may use only its end, no layer below that end.
        published: what ``Backbone`` takes as weights -> the file, as ``fetch`` names
            it.
        sizes: smallest and largest images that it takes, in pixels.
        any_precision: whether it can be built in bfloat16 and float16.
        untrained: which ``Backbone.preprocessing`` suits random weights.
    """

    name: str
    blocks: Mapping[str, str]
    published: Mapping[str, str] = {}
    sizes: tuple[int, int] = (32, 224)
    any_precision = False
    untrained = "own"

    @property
    def cuts(self) -> tuple[str, ...]:
        """Every cut: "image" below all layers, the blocks' ends, "features" on top."""
        return ("image", *self.blocks, "features")

    def layer_at(self, cut: str) -> str:
        """Name of the layer whose output is the cut. Raises ValueError for an unknown
        one.
        """
        if cut not in self.cuts:
            raise ValueError(f"cut={cut!r}: expected one of {', '.join(self.cuts)}")
        return self.blocks.get(cut, cut)

    def describe(self, file: Path) -> dict[str, Any]:
        """Fields of ``Backbone`` that follow from a weights file: none by default."""
        return {}

    def channels(self, backbone) -> int:
        """Number of pooled features."""
        raise NotImplementedError

    def prepare(self, images):
        """Preprocess images (n, h, w, 3), RGB 0-255, as in the training of the weights.

        The last layer of the preprocessing is named "image".
        """
        return keras.layers.Rescaling(1.0, name="image", dtype="float32")(images)

    def layers(self, x, backbone, policy: keras.DTypePolicy):
        """Apply all layers between the prepared images and the pooling to a tensor."""
        raise NotImplementedError

    def pool(self, x):
        """Pool the last feature map (n, h, w, c): float32 (n, channels).

        The last layer is named "features".
        """
        return keras.layers.GlobalAveragePooling2D(name="features", dtype="float32")(x)

    def load(self, model: keras.Model, file: Path) -> None:
        """Put a file's weights into a model that ``layers`` is part of.

        Raises:
            WeightsError: the file does not hold this architecture's weights.
        """
        raise NotImplementedError
