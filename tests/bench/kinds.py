"""Kinds of machines, and the environment in which this processor plays each of them.

The libraries read these variables when they are imported, so every kind is measured in
processes of its own.
"""

from dataclasses import dataclass, field

from tlkit.machine import processor

ONLY_AVX2 = {  # for TensorFlow's and PyTorch's oneDNN, PyTorch itself, and MKL
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}
PARTS = (
    "recipes",
    "rates",
    "targets",
    "memory",
    "main",
    "steps",
    "ends",
    "batches",
    "views",
    "sizes",
)
USUAL = ("recipes", "rates", "targets", "memory", "main", "steps")
NAMES = (  # of the recipes
    "article",
    "keras_guide",
    "tf_tutorial",
    "torch_fixed",
    "torch_finetune",
    "probe",
    "fine_tune",
    "lp_ft",
)


@dataclass(frozen=True)
class Kind:
    """A kind of machine.

    Attributes:
        name: in the JSON file and on the command line.
        title: heads its column.
        sentence: which machines these are.
        variables: environment in which this processor plays it.
        parts: what is measured unless something else is asked for.
        recipes: likewise.
        passes: over the training images that any stage of a peer runs at most; None:
            as many as are asked for.
        seeds: of ``python -m tlkit run`` in the part "main".
    """

    name: str
    title: str
    sentence: str
    variables: dict[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = USUAL
    recipes: tuple[str, ...] = NAMES
    passes: int | None = None
    seeds: int = 3


AVX2_DEFAULT = Kind(
    "avx2-default",
    "AVX2 without oneDNN",
    "the same machines as TensorFlow sets itself up there, unless tlkit is imported",
    {**ONLY_AVX2, processor.ONEDNN: "0"},
    parts=("recipes", "rates", "main"),
    recipes=("keras_guide", "tf_tutorial", "probe", "fine_tune"),
    passes=2,
    seeds=1,
)
AVX2 = Kind(
    "avx2",
    "AVX2",
    "most laptops and PCs since 2013, and a good part of the clouds",
    {**ONLY_AVX2, processor.ONEDNN: "1"},
)
AVX512 = Kind(
    "avx512",
    "AVX-512",
    "Intel's servers since 2017, and some laptops",
    {processor.ONEDNN: "1"},
)
AVX512_BF16 = Kind(
    "avx512-bf16",
    "AVX-512 BF16",
    "AMD since Zen 4 (2022), Intel's servers since 2023",
    {processor.ONEDNN: "1"},
)
OTHER = Kind("other", "other", "a machine as it is, with its GPU if it has one")
KINDS = {one.name: one for one in (AVX2, AVX2_DEFAULT, AVX512, AVX512_BF16, OTHER)}


def playable() -> list[Kind]:
    """The kinds that this processor can play, the most ordinary one first."""
    if not processor.is_x86():
        return [OTHER]
    instructions = processor.in_words()
    if instructions.startswith("AVX-512 BF16"):
        return [AVX2, AVX2_DEFAULT, AVX512_BF16]
    if instructions.startswith("AVX-512"):
        return [AVX2, AVX2_DEFAULT, AVX512]
    return [AVX2, AVX2_DEFAULT] if instructions.startswith("AVX2") else [OTHER]
