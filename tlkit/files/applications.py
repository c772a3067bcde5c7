"""The weights files of ``keras.applications``: trained on ImageNet, without the top.

Names of files and hashes are those in Keras's source; a test compares all of them. It
gives an MD5 for most files, a SHA-256 for ConvNeXt, and nothing for the two oldest
MobileNets: of those the size is checked, and the SHA-256 from the first download on.
Keras does not give sizes; they are those that the server tells.
"""

from typing import NamedTuple

SERVER = "https://storage.googleapis.com"
FOLDER = "tensorflow/keras-applications"
KERNELS = "weights_tf_dim_ordering_tf_kernels"


class Family(NamedTuple):
    """What networks of one paper have in common: terms and source, in words."""

    licence: str
    paper: str


class Weights(NamedTuple):
    """One published file.

    Attributes:
        title: of the network, as its paper writes it.
        path: of the file on the server.
        bytes: its size.
        hash: "md5:…", "sha256:…", or "" if the publisher gives none.
        family: terms and source.
    """

    title: str
    path: str
    bytes: int
    hash: str
    family: Family


_VGG = Family(
    "CC BY 4.0 (Visual Geometry Group, Oxford)",
    "Simonyan & Zisserman 2015, https://arxiv.org/abs/1409.1556",
)
_RESNET = Family("MIT (Kaiming He)", "He et al. 2016, https://arxiv.org/abs/1512.03385")
_RESNET_V2 = Family(
    "Apache 2.0 (TensorFlow's authors)",
    "He et al. 2016, https://arxiv.org/abs/1603.05027",
)
_DENSENET = Family(
    "BSD 3-Clause (Zhuang Liu)", "Huang et al. 2017, https://arxiv.org/abs/1608.06993"
)
_INCEPTION = Family(
    "Apache 2.0 (Google)", "Szegedy et al. 2016, https://arxiv.org/abs/1512.00567"
)
_INCEPTION_RESNET = Family(
    "Apache 2.0 (Google)", "Szegedy et al. 2017, https://arxiv.org/abs/1602.07261"
)
_XCEPTION = Family(
    "MIT (François Chollet)", "Chollet 2017, https://arxiv.org/abs/1610.02357"
)
_MOBILENET = Family(
    "Apache 2.0 (Google)", "Howard et al. 2017, https://arxiv.org/abs/1704.04861"
)
_MOBILENET_V2 = Family(
    "Apache 2.0 (Google)", "Sandler et al. 2018, https://arxiv.org/abs/1801.04381"
)
_MOBILENET_V3 = Family(
    "Apache 2.0 (Google)", "Howard et al. 2019, https://arxiv.org/abs/1905.02244"
)
_NASNET = Family(
    "Apache 2.0 (Google)", "Zoph et al. 2018, https://arxiv.org/abs/1707.07012"
)
_EFFICIENTNET = Family(
    "Apache 2.0 (Google)", "Tan & Le 2019, https://arxiv.org/abs/1905.11946"
)
_EFFICIENTNET_V2 = Family(
    "Apache 2.0 (Google)", "Tan & Le 2021, https://arxiv.org/abs/2104.00298"
)
_CONVNEXT = Family(
    "MIT (Meta Platforms)", "Liu et al. 2022, https://arxiv.org/abs/2201.03545"
)

WEIGHTS: dict[str, Weights] = {
    "vgg16": Weights(
        "VGG16",
        f"{FOLDER}/vgg16/vgg16_{KERNELS}_notop.h5",
        58_889_256,
        "md5:6d6bbae143d832006294945121d1f1fc",
        _VGG,
    ),
    "vgg19": Weights(
        "VGG19",
        f"{FOLDER}/vgg19/vgg19_{KERNELS}_notop.h5",
        80_134_624,
        "md5:253f8cb515780f3b799900260a226db6",
        _VGG,
    ),
    "resnet50": Weights(
        "ResNet-50",
        f"{FOLDER}/resnet/resnet50_{KERNELS}_notop.h5",
        94_765_736,
        "md5:4d473c1dd8becc155b73f8504c6f6626",
        _RESNET,
    ),
    "resnet101": Weights(
        "ResNet-101",
        f"{FOLDER}/resnet/resnet101_{KERNELS}_notop.h5",
        171_446_536,
        "md5:88cf7a10940856eca736dc7b7e228a21",
        _RESNET,
    ),
    "resnet152": Weights(
        "ResNet-152",
        f"{FOLDER}/resnet/resnet152_{KERNELS}_notop.h5",
        234_698_864,
        "md5:ee4c566cf9a93f14d82f913c2dc6dd0c",
        _RESNET,
    ),
    "resnet50v2": Weights(
        "ResNet-50-V2",
        f"{FOLDER}/resnet/resnet50v2_{KERNELS}_notop.h5",
        94_668_760,
        "md5:fac2f116257151a9d068a22e544a4917",
        _RESNET_V2,
    ),
    "resnet101v2": Weights(
        "ResNet-101-V2",
        f"{FOLDER}/resnet/resnet101v2_{KERNELS}_notop.h5",
        171_317_808,
        "md5:c0ed64b8031c3730f411d2eb4eea35b5",
        _RESNET_V2,
    ),
    "resnet152v2": Weights(
        "ResNet-152-V2",
        f"{FOLDER}/resnet/resnet152v2_{KERNELS}_notop.h5",
        234_545_216,
        "md5:ed17cf2e0169df9d443503ef94b23b33",
        _RESNET_V2,
    ),
    "densenet121": Weights(
        "DenseNet-121",
        f"{FOLDER}/densenet/densenet121_{KERNELS}_notop.h5",
        29_084_464,
        "md5:30ee3e1110167f948a6b9946edeeb738",
        _DENSENET,
    ),
    "densenet169": Weights(
        "DenseNet-169",
        f"{FOLDER}/densenet/densenet169_{KERNELS}_notop.h5",
        51_877_672,
        "md5:b8c4d4c20dd625c148057b9ff1c1176b",
        _DENSENET,
    ),
    "densenet201": Weights(
        "DenseNet-201",
        f"{FOLDER}/densenet/densenet201_{KERNELS}_notop.h5",
        74_836_368,
        "md5:c13680b51ded0fb44dff2d8f86ac8bb1",
        _DENSENET,
    ),
    "inception_v3": Weights(
        "Inception-v3",
        f"{FOLDER}/inception_v3/inception_v3_{KERNELS}_notop.h5",
        87_910_968,
        "md5:bcbd6486424b2319ff4ef7d526e38f63",
        _INCEPTION,
    ),
    "inception_resnet_v2": Weights(
        "Inception-ResNet-v2",
        f"{FOLDER}/inception_resnet_v2/inception_resnet_v2_{KERNELS}_notop.h5",
        219_055_592,
        "md5:d19885ff4a710c122648d3b5c3b684e4",
        _INCEPTION_RESNET,
    ),
    "xception": Weights(
        "Xception",
        f"{FOLDER}/xception/xception_{KERNELS}_notop.h5",
        83_683_744,
        "md5:b0042744bf5b25fce3cb969f33bebb97",
        _XCEPTION,
    ),
    "mobilenet": Weights(
        "MobileNet",
        f"{FOLDER}/mobilenet/mobilenet_1_0_224_tf_no_top.h5",
        17_225_924,
        "",
        _MOBILENET,
    ),
    "mobilenet_v2": Weights(
        "MobileNetV2",
        f"{FOLDER}/mobilenet_v2/mobilenet_v2_{KERNELS}_1.0_224_no_top.h5",
        9_406_464,
        "",
        _MOBILENET_V2,
    ),
    "mobilenet_v3_small": Weights(
        "MobileNetV3-Small",
        f"{FOLDER}/mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
        4_334_752,
        "md5:d3e8ec802a04aa4fc771ee12a9a9b836",
        _MOBILENET_V3,
    ),
    "mobilenet_v3_large": Weights(
        "MobileNetV3-Large",
        f"{FOLDER}/mobilenet_v3/weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5",
        12_683_000,
        "md5:07fb09a5933dd0c8eaafa16978110389",
        _MOBILENET_V3,
    ),
    "nasnet_mobile": Weights(
        "NASNet-Mobile",
        f"{FOLDER}/nasnet/NASNet-mobile-no-top.h5",
        19_993_432,
        "md5:1ed92395b5b598bdda52abe5c0dbfd63",
        _NASNET,
    ),
    "nasnet_large": Weights(
        "NASNet-Large",
        f"{FOLDER}/nasnet/NASNet-large-no-top.h5",
        343_610_240,
        "md5:d81d89dc07e6e56530c4e77faddd61b5",
        _NASNET,
    ),
    "efficientnetb0": Weights(
        "EfficientNet-B0",
        "keras-applications/efficientnetb0_notop.h5",
        16_705_208,
        "md5:50bc09e76180e00e4465e1a485ddc09d",
        _EFFICIENTNET,
    ),
    "efficientnetb1": Weights(
        "EfficientNet-B1",
        "keras-applications/efficientnetb1_notop.h5",
        27_018_416,
        "md5:74c4e6b3e1f6a1eea24c589628592432",
        _EFFICIENTNET,
    ),
    "efficientnetb2": Weights(
        "EfficientNet-B2",
        "keras-applications/efficientnetb2_notop.h5",
        31_790_344,
        "md5:111f8e2ac8aa800a7a99e3239f7bfb39",
        _EFFICIENTNET,
    ),
    "efficientnetb3": Weights(
        "EfficientNet-B3",
        "keras-applications/efficientnetb3_notop.h5",
        43_941_136,
        "md5:af6d107764bb5b1abb91932881670226",
        _EFFICIENTNET,
    ),
    "efficientnetb4": Weights(
        "EfficientNet-B4",
        "keras-applications/efficientnetb4_notop.h5",
        71_686_520,
        "md5:ebc24e6d6c33eaebbd558eafbeedf1ba",
        _EFFICIENTNET,
    ),
    "efficientnetb5": Weights(
        "EfficientNet-B5",
        "keras-applications/efficientnetb5_notop.h5",
        115_263_384,
        "md5:38879255a25d3c92d5e44e04ae6cec6f",
        _EFFICIENTNET,
    ),
    "efficientnetb6": Weights(
        "EfficientNet-B6",
        "keras-applications/efficientnetb6_notop.h5",
        165_234_480,
        "md5:9ecce42647a20130c1f39a5d4cb75743",
        _EFFICIENTNET,
    ),
    "efficientnetb7": Weights(
        "EfficientNet-B7",
        "keras-applications/efficientnetb7_notop.h5",
        258_076_736,
        "md5:cbcfe4450ddf6f3ad90b1b398090fe4a",
        _EFFICIENTNET,
    ),
    "efficientnetv2b0": Weights(
        "EfficientNetV2-B0",
        f"{FOLDER}/efficientnet_v2/efficientnetv2-b0_notop.h5",
        24_274_472,
        "md5:893217f2bb855e2983157299931e43ff",
        _EFFICIENTNET_V2,
    ),
    "efficientnetv2b1": Weights(
        "EfficientNetV2-B1",
        f"{FOLDER}/efficientnet_v2/efficientnetv2-b1_notop.h5",
        28_456_008,
        "md5:0e80663031ca32d657f9caa404b6ec37",
        _EFFICIENTNET_V2,
    ),
    "efficientnetv2b2": Weights(
        "EfficientNetV2-B2",
        f"{FOLDER}/efficientnet_v2/efficientnetv2-b2_notop.h5",
        35_839_040,
        "md5:1dfe2e7a5d45b6632553a8961ea609eb",
        _EFFICIENTNET_V2,
    ),
    "efficientnetv2b3": Weights(
        "EfficientNetV2-B3",
        f"{FOLDER}/efficientnet_v2/efficientnetv2-b3_notop.h5",
        52_606_240,
        "md5:f6abf7b5849ac99a89b50dd3fd532856",
        _EFFICIENTNET_V2,
    ),
    "efficientnetv2s": Weights(
        "EfficientNetV2-S",
        f"{FOLDER}/efficientnet_v2/efficientnetv2-s_notop.h5",
        82_420_632,
        "md5:af0682fb74e8c54910f2d4393339c070",
        _EFFICIENTNET_V2,
    ),
    "efficientnetv2m": Weights(
        "EfficientNetV2-M",
        f"{FOLDER}/efficientnet_v2/efficientnetv2-m_notop.h5",
        214_201_816,
        "md5:1b8dc055df72dde80d614482840fe342",
        _EFFICIENTNET_V2,
    ),
    "efficientnetv2l": Weights(
        "EfficientNetV2-L",
        f"{FOLDER}/efficientnet_v2/efficientnetv2-l_notop.h5",
        473_176_280,
        "md5:b0b66b5c863aef5b46e8608fe1711615",
        _EFFICIENTNET_V2,
    ),
    "convnext_tiny": Weights(
        "ConvNeXt-Tiny",
        f"{FOLDER}/convnext/convnext_tiny_notop.h5",
        111_650_432,
        "sha256:d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
        _CONVNEXT,
    ),
    "convnext_small": Weights(
        "ConvNeXt-Small",
        f"{FOLDER}/convnext/convnext_small_notop.h5",
        198_551_472,
        "sha256:6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
        _CONVNEXT,
    ),
    "convnext_base": Weights(
        "ConvNeXt-Base",
        f"{FOLDER}/convnext/convnext_base_notop.h5",
        350_926_856,
        "sha256:40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
        _CONVNEXT,
    ),
    "convnext_large": Weights(
        "ConvNeXt-Large",
        f"{FOLDER}/convnext/convnext_large_notop.h5",
        785_596_384,
        "sha256:96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd",
        _CONVNEXT,
    ),
    "convnext_xlarge": Weights(
        "ConvNeXt-XLarge",
        f"{FOLDER}/convnext/convnext_xlarge_notop.h5",
        1_393_257_616,
        "sha256:de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05",
        _CONVNEXT,
    ),
}

ALIASES = {"imagenet": "vgg16", "efficientnet": "efficientnetv2b0"}
_IN_KERAS = {  # file on the server -> its name in Keras's own cache, if that is another
    "NASNet-mobile-no-top.h5": "nasnet_mobile_no_top.h5",
    "NASNet-large-no-top.h5": "nasnet_large_no_top.h5",
}


def name_in_keras(file: str) -> str:
    """The name that Keras gives a file of the server in ~/.keras/models."""
    return _IN_KERAS.get(file, file)


def plain(name: str) -> str:
    """A name without capitals, "_" and "-": what two spellings have in common."""
    return name.lower().replace("_", "").replace("-", "")


def named(name: str) -> str | None:
    """The network that somebody means, as ``WEIGHTS`` writes it; None for no such name.

    Args:
        name: as in ``keras.applications`` or in ``WEIGHTS`` ("MobileNetV3Small",
            "mobilenet_v3_small", "mobilenetv3small"), or one of ``ALIASES``.
    """
    meant = plain(name)
    meant = ALIASES.get(meant, meant)
    for known in WEIGHTS:
        if plain(known) == plain(meant):
            return known
    return None
