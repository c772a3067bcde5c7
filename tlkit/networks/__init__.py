"""The architectures: one class each, all in one table.

``Network`` says what a class must define. To add an architecture, add a file and an
entry.
"""

from .efficientnet import EfficientNetV2B0
from .mobilenet import MobileNetV3Small
from .network import Network, WeightsError
from .vgg16 import VGG16

ARCHITECTURES: dict[str, Network] = {
    network.name: network
    for network in (VGG16(), EfficientNetV2B0(), MobileNetV3Small())
}

__all__ = ["ARCHITECTURES", "Network", "WeightsError"]
