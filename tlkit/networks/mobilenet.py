"""MobileNetV3-Small. Source: Howard et al. 2019, https://arxiv.org/abs/1905.02244."""

from ..machine.quiet import keras
from .application import Application


class MobileNetV3Small(Application):
    """One million parameters; its blocks end where the feature map is halved."""

    name = "mobilenet_v3_small"
    blocks = {
        "block1": "expanded_conv_project_bn",
        "block2": "expanded_conv_2_add",
        "block3": "expanded_conv_7_add",
        "block4": "expanded_conv_10_add",
        "block5": "conv_1_bn",
    }
    make = staticmethod(keras.applications.MobileNetV3Small)
    options = {"include_preprocessing": False}
    features = 576

    def prepare(self, images):
        """Pixels from −1 to 1."""
        scale = keras.layers.Rescaling(1 / 127.5, -1.0, name="image", dtype="float32")
        return scale(images)
