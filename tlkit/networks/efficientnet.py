"""EfficientNetV2-B0. Source: Tan & Le 2021, https://arxiv.org/abs/2104.00298."""

from ..machine.quiet import keras
from .application import Application


class EfficientNetV2B0(Application):
    """Its own preprocessing is part of its layers, so it gets pixels from 0 to 255."""

    name = "efficientnet"
    blocks = {
        "block1": "block1a_project_activation",
        "block2": "block2b_add",
        "block3": "block3b_add",
        "block4": "block4c_add",
        "block5": "block5e_add",
        "block6": "block6h_add",
        "block7": "top_activation",
    }
    published = {"efficientnet": "efficientnet"}
    make = staticmethod(keras.applications.EfficientNetV2B0)
    features = 1280
