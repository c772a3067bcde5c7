"""TensorFlow is set up for the processor before it is imported, and users decide."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tlkit.machine import processor

ROOT = Path(__file__).parents[1]
X86 = pytest.mark.skipif(not processor.is_x86(), reason="oneDNN is x86's")


def in_a_fresh_python(code, **variables):
    """Standard output and error of some code, without the variables of this process."""
    env = {k: v for k, v in os.environ.items() if k not in (processor.ONEDNN,)}
    env |= variables | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@X86
def test_onednn_is_on_before_tensorflow_is_imported():
    out, _ = in_a_fresh_python(
        "import sys, os, tlkit; "
        "print(os.environ['TF_ENABLE_ONEDNN_OPTS'], 'tensorflow' in sys.modules)"
    )
    assert out.split() == ["1", "False"]


@X86
@pytest.mark.parametrize("chosen", ["0", "1"])
def test_what_the_user_chose_stays(chosen):
    code = "import os, tlkit; print(os.environ['TF_ENABLE_ONEDNN_OPTS'])"
    out, _ = in_a_fresh_python(code, TF_ENABLE_ONEDNN_OPTS=chosen)
    assert out.strip() == chosen


@X86
def test_where_it_is_too_late_one_line_says_what_to_do(monkeypatch):
    code = (
        "import sys, types; sys.modules['tensorflow'] = "
        "types.ModuleType('tensorflow')\n"
        "from tlkit.machine import processor\n"
        "processor.flags = lambda: {'avx2'}\n"
        "processor.prefer_onednn(); print(processor.onednn())"
    )
    out, _ = in_a_fresh_python(code)
    assert out.strip() == "too late" and "import tlkit first" in processor.TOO_LATE


@X86
def test_too_late_does_not_matter_where_tensorflow_switches_it_on_by_itself():
    code = (
        "import sys, types; sys.modules['tensorflow'] = "
        "types.ModuleType('tensorflow')\n"
        "from tlkit.machine import processor\n"
        "processor.flags = lambda: {'avx2', 'avx512_vnni'}\n"
        "processor.prefer_onednn(); print(processor.onednn())"
    )
    assert in_a_fresh_python(code)[0].strip() == "on"


@X86
def test_no_line_of_a_library_reaches_the_user():
    code = (
        "import tlkit as tk, numpy as np\n"
        "b = tk.Backbone(None, width=0.125)\n"
        "p = tk.speed.faster_precision(b, (32, 32, 3))\n"
        "task = tk.load_task('digits', 2)\n"
        "tk.linear_probe(b, task, precision=p, steps=2)\n"
        "tk.fine_tune(b, task, precision=p, steps=2)"
    )
    assert in_a_fresh_python(code) == ("", "")


@pytest.mark.parametrize(
    "flags, cap, expected",
    [
        ({"avx2"}, "", False),
        ({"avx2", "avx512f"}, "", False),
        ({"avx2", "avx512f", "avx512_bf16"}, "", True),
        ({"avx2", "avx512f", "avx512_bf16"}, "AVX2", False),
        ({"avx2", "avx512f", "avx512_bf16"}, "AVX512_CORE_BF16", True),
        ({"avx2", "avx512f", "amx_bf16"}, "ALL", True),
    ],
)
def test_bfloat16_is_worth_timing_only_with_instructions_for_it(
    flags, cap, expected, monkeypatch
):
    monkeypatch.setattr(processor, "is_x86", lambda: True)
    monkeypatch.setattr(processor, "flags", lambda: flags)
    monkeypatch.setenv(processor.CAP, cap)
    assert processor.has_bfloat16() is expected
    assert ("BF16" in processor.in_words()) is expected


def test_the_words_say_what_is_in_use(monkeypatch):
    monkeypatch.setattr(processor, "is_x86", lambda: True)
    monkeypatch.setattr(processor, "flags", lambda: {"avx2", "avx512f"})
    monkeypatch.setenv(processor.ONEDNN, "0")
    assert processor.in_words() == "AVX-512, oneDNN off"
    monkeypatch.setenv(processor.CAP, "AVX2")
    monkeypatch.setenv(processor.ONEDNN, "1")
    assert processor.in_words() == "AVX2, oneDNN on"
    assert json.dumps(processor.in_words())
