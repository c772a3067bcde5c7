"""The architectures, all in one table.

``Network`` says what a class must define. To add an architecture of
``keras.applications``, add a row to ``keras_applications.py``; for any other, add a
file and an entry.
"""

from ..files.applications import named, plain
from .hub import HUB
from .keras_applications import APPLICATIONS
from .network import Network, WeightsError
from .vgg16 import VGG16

ARCHITECTURES: dict[str, Network] = {
    network.name: network for network in (VGG16(), *APPLICATIONS, *HUB)
}

__all__ = ["ARCHITECTURES", "Network", "WeightsError", "architecture"]


def architecture(name: str) -> str:
    """The entry of ``ARCHITECTURES`` that somebody means: "ResNet50V2" -> "resnet50v2".

    Raises:
        ValueError: no such architecture.
    """
    if known := named(name):
        return known
    for known in ARCHITECTURES:
        if plain(known) == plain(name):
            return known
    raise ValueError(
        f"architecture={name!r}: expected one of {', '.join(ARCHITECTURES)}"
    )
