"""The networks of ``keras.applications``, one row each.

A block is a stage: it ends before the feature map is halved. In ResNet, DenseNet and
ConvNeXt block1 is the stem, so block2 to block5 are what the papers call stages 1 to 4.
EfficientNet's blocks are those of its layers' names, and one more for its top. NASNet's
cells use the outputs of the last two cells, so no cut fits between them: it is one
block.

Sources: the papers that ``files/applications.py`` names.
"""

from .application import (
    AROUND_ZERO,
    HALVES,
    MINUS_MEAN,
    STANDARDISED,
    STANDARDISED_255,
    Application,
    ConvNeXt,
    Pixels,
)

OUTSIDE = {"include_preprocessing": False}  # we do it ourselves, where Keras lets us


def _vgg19() -> Application:
    ends = tuple(f"block{i}_pool" for i in range(1, 5))
    return Application("vgg19", "VGG19", ends, MINUS_MEAN, 512)


def _resnets(depth: int, *repeats: int) -> tuple[Application, Application]:
    """Both versions of a ResNet.

    Args:
        depth: layers, as in its name.
        repeats: residual blocks in each of the first three stages.
    """
    stages = (f"conv{i}_block{n}_out" for i, n in enumerate(repeats, 2))
    ends = ("pool1_pool", *stages)
    name, function = f"resnet{depth}", f"ResNet{depth}"
    return (
        Application(name, function, ends, MINUS_MEAN, 2048),
        Application(f"{name}v2", f"{function}V2", ends, AROUND_ZERO, 2048),
    )


def _densenet(depth: int, features: int) -> Application:
    ends = ("pool1", "pool2_pool", "pool3_pool", "pool4_pool")
    name, function = f"densenet{depth}", f"DenseNet{depth}"
    return Application(name, function, ends, STANDARDISED, features)


def _convnext(size: str, features: int) -> ConvNeXt:
    """The layer that halves the feature map ends a block, as in VGG16."""
    name = f"convnext_{size.lower()}"
    halved = (f"{name}_downsampling_block_{i}" for i in range(3))
    ends = (f"{name}_stem", *halved)
    return ConvNeXt(
        name, f"ConvNeXt{size}", ends, STANDARDISED, features, options=OUTSIDE
    )


def _stages(repeats: tuple[int, ...], alone: str) -> tuple[str, ...]:
    """The last layers of EfficientNet's stages.

    Args:
        repeats: blocks in each stage.
        alone: the last layer of a block that has no residual connection.
    """
    ends = []
    for stage, n in enumerate(repeats, 1):
        block = f"block{stage}{chr(ord('a') + n - 1)}"
        ends.append(f"{block}_add" if n > 1 else f"{block}_{alone}")
    return tuple(ends)


def _efficientnet(number: int, size: int, features: int, *repeats: int) -> Application:
    name, function = f"efficientnetb{number}", f"EfficientNetB{number}"
    ends = _stages(repeats, "project_bn")
    sizes = (32, size)
    return Application(name, function, ends, STANDARDISED_255, features, sizes)


def _efficientnet_v2(
    variant: str, size: int, features: int, pixels: Pixels, *repeats: int
) -> Application:
    name, function = f"efficientnetv2{variant.lower()}", f"EfficientNetV2{variant}"
    ends = _stages(repeats, "project_activation")
    return Application(name, function, ends, pixels, features, (32, size), OUTSIDE)


_MOBILENETS = (
    Application(
        "mobilenet",
        "MobileNet",
        ("conv_pw_1_relu", "conv_pw_3_relu", "conv_pw_5_relu", "conv_pw_11_relu"),
        AROUND_ZERO,
        1024,
    ),
    Application(
        "mobilenet_v2",
        "MobileNetV2",
        ("expanded_conv_project_BN", "block_2_add", "block_5_add", "block_12_add"),
        AROUND_ZERO,
        1280,
    ),
    Application(
        "mobilenet_v3_small",
        "MobileNetV3Small",
        (
            "expanded_conv_project_bn",
            "expanded_conv_2_add",
            "expanded_conv_7_add",
            "expanded_conv_10_add",
        ),
        AROUND_ZERO,
        576,
        options=OUTSIDE,
    ),
    Application(
        "mobilenet_v3_large",
        "MobileNetV3Large",
        (
            "expanded_conv_add",
            "expanded_conv_2_add",
            "expanded_conv_5_add",
            "expanded_conv_11_add",
        ),
        AROUND_ZERO,
        960,
        options=OUTSIDE,
    ),
)
_INCEPTIONS = (
    Application(
        "inception_v3",
        "InceptionV3",
        ("pool1", "pool2", "mixed2", "mixed7"),
        AROUND_ZERO,
        2048,
        (75, 299),
        numbered={"MaxPooling2D": "pool"},
    ),
    Application(
        "inception_resnet_v2",
        "InceptionResNetV2",
        ("pool1", "mixed_5b", "block35_10_ac", "block17_20_ac"),
        AROUND_ZERO,
        1536,
        (75, 299),
        numbered={"MaxPooling2D": "pool"},
    ),
    Application(
        "xception",
        "Xception",
        ("block1_conv2_act", "add1", "add2", "add11"),
        AROUND_ZERO,
        2048,
        (71, 299),
        numbered={"Add": "add"},
    ),
)
_NASNETS = (
    Application("nasnet_mobile", "NASNetMobile", (), AROUND_ZERO, 1056),
    Application("nasnet_large", "NASNetLarge", (), AROUND_ZERO, 4032, (32, 331)),
)
APPLICATIONS: tuple[Application, ...] = (
    *_MOBILENETS,
    _efficientnet_v2("B0", 224, 1280, STANDARDISED, 1, 2, 2, 3, 5, 8),
    _efficientnet_v2("B1", 240, 1280, STANDARDISED, 2, 3, 3, 4, 6, 9),
    _efficientnet_v2("B2", 260, 1408, STANDARDISED, 2, 3, 3, 4, 6, 10),
    _efficientnet_v2("B3", 300, 1536, STANDARDISED, 2, 3, 3, 5, 7, 12),
    _efficientnet_v2("S", 384, 1280, HALVES, 2, 4, 4, 6, 9, 15),
    _efficientnet_v2("M", 480, 1280, HALVES, 3, 5, 5, 7, 14, 18, 5),
    _efficientnet_v2("L", 480, 1280, HALVES, 4, 7, 7, 10, 19, 25, 7),
    _efficientnet(0, 224, 1280, 1, 2, 2, 3, 3, 4, 1),
    _efficientnet(1, 240, 1280, 2, 3, 3, 4, 4, 5, 2),
    _efficientnet(2, 260, 1408, 2, 3, 3, 4, 4, 5, 2),
    _efficientnet(3, 300, 1536, 2, 3, 3, 5, 5, 6, 2),
    _efficientnet(4, 380, 1792, 2, 4, 4, 6, 6, 8, 2),
    _efficientnet(5, 456, 2048, 3, 5, 5, 7, 7, 9, 3),
    _efficientnet(6, 528, 2304, 3, 6, 6, 8, 8, 11, 3),
    _efficientnet(7, 600, 2560, 4, 7, 7, 10, 10, 13, 4),
    *_resnets(50, 3, 4, 6),
    *_resnets(101, 3, 4, 23),
    *_resnets(152, 3, 8, 36),
    _densenet(121, 1024),
    _densenet(169, 1664),
    _densenet(201, 1920),
    _convnext("Tiny", 768),
    _convnext("Small", 768),
    _convnext("Base", 1024),
    _convnext("Large", 1536),
    _convnext("XLarge", 2048),
    *_INCEPTIONS,
    *_NASNETS,
    _vgg19(),
)
