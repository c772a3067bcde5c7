"""Several processes train one model: as good as one process, the same weights in each,
and a clear end if one dies.

Real processes on loopback, with the small letters backbone. They need JAX, which is an
extra.
"""

import json
import os
import re
import socket
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import psutil
import pytest

from tlkit import features, transfer
from tlkit.backbone import Backbone
from tlkit.commands import child, cli
from tlkit.tasks import load_task

needs_jax = pytest.mark.skipif(
    not find_spec("jax"), reason='JAX is not installed: pip install -e ".[distributed]"'
)
RUN = (
    "-m",
    "tlkit",
    "run",
    "--distributed",
    "--task",
    "digits",
    "--backbone",
    "letters-small",
    "--seeds",
    "1",
)
TUNED = {"seed": 0, "steps": 60, "rate": 1e-3}


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start so many processes of one run, each writing to its own file; all have ended
    when the test has.
    """
    started = []

    def start(count, *command, **environment):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        for i in range(count):
            place = {
                "JAX_COORDINATOR_ADDRESS": address,
                "JAX_NUM_PROCESSES": str(count),
                "JAX_PROCESS_ID": str(i),
            }
            place = {
                **os.environ,
                "TQDM_DISABLE": "1",
                **(place if count > 1 else {}),
                **environment,
            }
            with open(tmp_path / f"{i}.txt", "w") as said:
                started.append(
                    psutil.Popen(
                        [sys.executable, *command], env=place, stdout=said, stderr=said
                    )
                )
        return started[-count:]

    yield start
    for process in started:
        with suppress(psutil.NoSuchProcess):
            for one in [*process.children(), process]:
                one.kill()


def ended(processes, seconds):
    """Exit statuses, when all have ended."""
    until = time.monotonic() + seconds
    return [process.wait(max(0.1, until - time.monotonic())) for process in processes]


def said(tmp_path, i=0):
    return (tmp_path / f"{i}.txt").read_text("utf-8")


def alone(recipe, **options):
    """What one process reaches, with TensorFlow."""
    return transfer.RECIPES[recipe](
        Backbone("letters-small"), load_task("digits", 20), **options
    )


FOUR = f"""
import hashlib, json, sys
from pathlib import Path
from tlkit import distributed
from tlkit.backbone import Backbone
from tlkit.tasks import load_task
with distributed.together():
    run = distributed.RECIPES["fine_tune"](Backbone("letters-small"), load_task("digits", 20), **{TUNED})
    weights = hashlib.sha256(b"".join(w.tobytes() for w in run.model.get_weights())).hexdigest()
    found = dict(accuracy=run.score().mean, loss=run.history["val_loss"], weights=weights, first=distributed.is_first())
    rank = distributed.jax.process_index()
    Path(sys.argv[1], f"{{rank}}.json").write_text(json.dumps(found))
    distributed.check_equal("numbers", 1.5 if rank == 2 else 1.0)
"""


@needs_jax
def test_four_processes_fine_tune_what_one_does_and_notice_when_they_differ(
    start, tmp_path
):
    statuses = ended(start(4, "-c", FOUR, str(tmp_path), KERAS_BACKEND="jax"), 200)
    found = [json.loads((tmp_path / f"{i}.json").read_text()) for i in range(4)]
    assert (
        len({one["weights"] for one in found}) == 1
        and len({one["accuracy"] for one in found}) == 1
    )
    assert [one["first"] for one in found] == [True, False, False, False]
    one_process = alone("fine_tune", **TUNED)
    assert one_process.score().low > 0.5, (
        "a model that learnt nothing would prove nothing"
    )
    assert not one_process.score().excludes(found[0]["accuracy"])
    np.testing.assert_allclose(
        found[0]["loss"][0], one_process.history["val_loss"][0], rtol=0.01
    )
    assert (
        all(statuses)
        and "tlkit: process 0: numbers: expected the same in all processes, got others in [2]"
        in said(tmp_path)
    )


def wait_for(text, tmp_path, seconds=150):
    until = time.monotonic() + seconds
    while text not in said(tmp_path):
        assert time.monotonic() < until, said(tmp_path)
        time.sleep(0.1)


@needs_jax
def test_a_killed_process_ends_the_others_and_the_next_run_uses_the_finished_features(
    start, tmp_path, monkeypatch, session_cache
):
    load_task("digits")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "tasks").symlink_to(
        session_cache / "tasks"
    )  # scenes are drawn already, features are not
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))
    both = start(2, *RUN, "--recipes", "probe,lp_ft", "--out", str(tmp_path / "runs"))
    wait_for("probe ", tmp_path)
    (worker,) = both[1].children()
    both[1].kill()  # its worker must go with it
    began = time.monotonic()
    assert ended(both, 60)[0] == 1
    worker.wait(5)
    assert time.monotonic() - began < 60
    assert (
        said(tmp_path).splitlines()[-1].startswith(f"tlkit: {child.ENDED} (exit status")
    )
    assert not (tmp_path / "runs").exists()

    before = {
        entry.path: (entry.path / "activations.npy").stat().st_mtime_ns
        for entry in features.entries()
    }
    assert len(before) == 3  # of the three splits
    statuses = ended(
        start(2, *RUN, "--recipes", "probe,lp_ft", "--out", str(tmp_path / "runs")), 200
    )
    assert statuses == [0, 0], said(tmp_path)
    assert before == {
        entry.path: (entry.path / "activations.npy").stat().st_mtime_ns
        for entry in features.entries()
    }
    (folder,) = (tmp_path / "runs").iterdir()
    recipes = json.loads((folder / "result.json").read_text("utf-8"))["recipes"]
    for recipe in ("probe", "lp_ft"):
        assert not alone(recipe).score().excludes(recipes[recipe]["accuracy"]["mean"])
    assert "seed" not in said(tmp_path, 1), "only the first process prints"


ONE = """
import jax, numpy as np
from tlkit import distributed, features
from tlkit.backbone import Backbone
devices, small, images = len(jax.devices()), Backbone(None, width=1 / 16), np.zeros((96, 32, 32, 3), "uint8")
def flops():
    model = small.build()
    run = jax.jit(lambda *inputs: model.stateless_call(*inputs)[0])
    values = [[v.value for v in some] for some in (model.trainable_variables, model.non_trainable_variables)]
    return run.lower(*values, images.astype("float32")).compile().cost_analysis()["flops"]
whole = flops()
with distributed.together():
    print("share", whole / flops() / devices)
    distributed.PART, forward, calls = 10, features.forward, []
    def dies(model, inputs):
        calls.append(len(inputs))
        if len(calls) == 4:
            raise KeyError("killed")
        return forward(model, inputs)
    features.forward = dies
    try:
        distributed._extract(small, images, "features", "float32")
    except KeyError:
        found = distributed._extract(small, images, "features", "float32")
    print("parts", calls)
    np.testing.assert_array_equal(np.load(found / "activations.npy"), distributed.np.concatenate(
        [rows for start in range(0, 96, 10) for _, rows in forward(small.build(), images[start:start + 10])]))
"""


@needs_jax
def test_one_process_cuts_a_batch_over_its_devices_and_goes_on_where_it_was_killed(
    start, tmp_path, monkeypatch
):
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))
    flags = {
        "KERAS_BACKEND": "jax",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=3",
    }
    assert ended(start(1, "-c", ONE, **flags), 100) == [0], said(tmp_path)
    assert 0.95 < float(re.search("share (.+)", said(tmp_path))[1]) < 1.05
    assert f"parts {[10] * 10 + [6]}"[:-1] in said(
        tmp_path
    )  # ten parts, and the one that died again


DENSE = """
import jax, numpy as np
from tlkit import fast
from tlkit.machine.quiet import keras
start, rng = keras.initializers.GlorotUniform(seed=0), np.random.default_rng(0)
x, upstream = rng.normal(size=(7, 2, 2, fast.CHANNELS)).astype("float32"), rng.normal(size=(7, 2, 2, 6))
def gradients(convolve):
    layer = keras.layers.Conv2D(6, 3, padding="same", kernel_initializer=start)
    model = keras.Model(inputs := keras.Input(x.shape[1:]), convolve(layer, inputs))
    loss = lambda values, x: (model.stateless_call(values, [], x)[0] * upstream).sum()
    return vars(layer), jax.tree.leaves(jax.grad(loss, (0, 1))([v.value for v in model.trainable_variables], x))
(dense, ours), (plain, theirs) = gradients(fast.convolution), gradients(lambda layer, x: layer(x))
assert "convolution_op" in dense and "convolution_op" not in plain and len(ours) == 3
for mine, other in zip(ours, theirs, strict=True):
    assert abs(mine - other).max() < 1e-5 * abs(other).max()
"""


@needs_jax
def test_jax_computes_a_convolution_on_four_pixels_as_a_dense_layer(start, tmp_path):
    assert ended(start(1, "-c", DENSE, KERAS_BACKEND="jax"), 100) == [0], said(tmp_path)


def test_without_jax_one_sentence_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(child, "find_spec", lambda name: None)
    assert cli.main(["run", "--distributed"]) == 1
    assert capsys.readouterr().err == (
        'tlkit: --distributed needs JAX: type `.venv/bin/python -m pip install -e ".[distributed]"` first\n'
    )


@needs_jax
def test_half_an_address_is_refused(start, tmp_path):
    (process,) = start(1, *RUN, JAX_PROCESS_ID="0")
    assert ended([process], 60) == [1]
    wanted = "JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES, JAX_PROCESS_ID"
    assert (
        f"tlkit: process 0: --distributed: expected all of {wanted}, got only JAX_PROCESS_ID"
        in said(tmp_path)
    )


def test_the_page_names_the_variables_that_are_read():
    page = (Path(__file__).parents[1] / "docs" / "several-machines.md").read_text(
        "utf-8"
    )
    code = (
        Path(__file__).parents[1] / "tlkit" / "commands" / "distributed.py"
    ).read_text("utf-8")
    for name in set(re.findall(r"(?:JAX|SLURM)_[A-Z_]+", code)) - {
        "SLURM_STEP_NODELIST",
        "SLURM_PROCID",
    }:
        assert name in page
