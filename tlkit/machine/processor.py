"""Which processor this is, and what it can do where TensorFlow has to be told.

Standard library only: ``import tlkit`` calls ``prefer_onednn`` and must stay fast.
"""

import os
import platform
import re
import sys
from pathlib import Path

ONEDNN = "TF_ENABLE_ONEDNN_OPTS"  # TensorFlow reads it once, when it is imported
CAP = "ONEDNN_MAX_CPU_ISA"  # oneDNN uses no newer instructions than these
BFLOAT16 = {"avx512_bf16", "amx_bf16"}  # flags of processors that compute in bfloat16
BY_ITSELF = {"avx512_vnni", "avx_vnni"}  # where TensorFlow switches oneDNN on by itself
TOO_LATE = (
    "TensorFlow was imported before tlkit, so its faster convolutions (oneDNN) stay "
    "off: "
    f"restart Python and import tlkit first, or set {ONEDNN}=1"
)

_too_late = False  # set by prefer_onednn


def is_x86() -> bool:
    """Whether this is an Intel or AMD processor."""
    return platform.machine().lower() in ("x86_64", "amd64", "i386", "i686")


def name() -> str:
    """The processor's model, such as "AMD EPYC 7763"; names no person or computer."""
    return _linux("model name") or platform.processor() or platform.machine()


def cores() -> int:
    """Processor cores that this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def flags() -> set[str]:
    """Instruction sets as Linux names them, for example "avx2"; empty elsewhere."""
    return set(_linux("flags").split())


def _linux(entry: str) -> str:
    """What Linux says about the first core: an entry of /proc/cpuinfo, or ""."""
    cpu = Path("/proc/cpuinfo")
    if not cpu.exists():
        return ""
    found = re.search(rf"(?m)^{entry}\s*: (.*)", cpu.read_text("utf-8"))
    return found[1].strip() if found else ""


def prefer_onednn() -> None:
    """Let TensorFlow use oneDNN, unless the user decided. Call before importing it.

    By itself TensorFlow does so only on processors with AVX-512 VNNI or AVX-VNNI. On
    those with AVX2 alone the small convolutions of this kit train about 2.5 times
    faster with it.
    """
    global _too_late
    if ONEDNN in os.environ or not is_x86():
        return
    if "tensorflow" not in sys.modules:
        os.environ[ONEDNN] = "1"
    else:
        _too_late = not flags() & BY_ITSELF


def onednn() -> str:
    """ "on", "off" (the user said so), "too late" (see ``TOO_LATE``) or "not x86"."""
    if not is_x86():
        return "not x86"
    if _too_late:
        return "too late"
    return "off" if os.environ.get(ONEDNN) == "0" else "on"


def has_bfloat16() -> bool:
    """Whether bfloat16 is worth timing here.

    On x86, only with bfloat16 instructions: other processors print an error and compute
    slowly. Only Linux lists the instructions. On other x86 systems the answer is False,
    because float32 always works.
    """
    if not is_x86():
        return True
    cap = os.environ.get(CAP, "").upper()
    capped = cap not in ("", "ALL", "DEFAULT") and not re.search(
        "BF16|FP16|AMX|AVX10", cap
    )
    return bool(flags() & BFLOAT16) and not capped


def in_words() -> str:
    """The newest instructions in use and oneDNN's state: "AVX2, oneDNN on"."""
    if not is_x86():
        return platform.machine()
    known = flags()
    if has_bfloat16():
        newest = "AVX-512 BF16"
    elif "avx512f" in known and not os.environ.get(CAP, "").upper().startswith("AVX2"):
        newest = "AVX-512"
    else:
        newest = "AVX2" if "avx2" in known else "x86"
    return f"{newest}, oneDNN {onednn()}"
