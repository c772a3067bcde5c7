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

from tlkit import features
from tlkit.backbone import Backbone
from tlkit.commands import child, cli
from tlkit.recipes import RECIPES
from tlkit.tasks import load_task

ROOT = Path(__file__).parents[1]
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
    """Start processes of one run, each writing to its own file; all have ended when the
    test has.
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
    task = load_task("digits", 20)
    return RECIPES[recipe].train(Backbone("letters-small"), task, **options)


FOUR = f"""
import hashlib, json, sys
from pathlib import Path
from tlkit.backbone import Backbone
from tlkit.commands import distributed
from tlkit.tasks import load_task

with distributed.together():
    fine_tune = distributed.by_all("fine_tune")
    run = fine_tune(Backbone("letters-small"), load_task("digits", 20), **{TUNED})
    weights = b"".join(weights.tobytes() for weights in run.model.get_weights())
    found = dict(
        accuracy=run.score().mean,
        loss=run.history["val_loss"],
        weights=hashlib.sha256(weights).hexdigest(),
        first=distributed.is_first(),
    )
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
    assert all(statuses)
    same = "expected the same in all processes"
    differ = f"{same}, got others in processes [2] than in process 0"
    assert f"tlkit: process 0: numbers: {differ}" in said(tmp_path)


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
    # scenes are drawn already, features are not
    (tmp_path / "cache" / "tasks").symlink_to(session_cache / "tasks")
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))
    both = start(2, *RUN, "--recipes", "probe,lp_ft", "--out", str(tmp_path / "runs"))
    wait_for("seed 0  probe", tmp_path)
    (worker,) = both[1].children()
    both[1].kill()  # its worker must go with it
    began = time.monotonic()
    assert ended(both, 60)[0] == 1
    worker.wait(5)
    assert time.monotonic() - began < 60
    assert (
        said(tmp_path).splitlines()[-1].startswith(f"tlkit: {child.ENDED} (exit status")
    )
    assert not list((tmp_path / "runs").iterdir())

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
from tlkit import features
from tlkit.backbone import Backbone
from tlkit.commands import distributed

devices = len(jax.devices())
small = Backbone(None, width=1 / 16)
images = np.zeros((96, 32, 32, 3), "uint8")

def flops():
    model = small.build()
    variables = (model.trainable_variables, model.non_trainable_variables)
    values = [[v.value for v in some] for some in variables]
    run = jax.jit(lambda *inputs: model.stateless_call(*inputs)[0])
    lowered = run.lower(*values, images.astype("float32"))
    return lowered.compile().cost_analysis()["flops"]

whole = flops()
with distributed.together():
    print("share", whole / flops() / devices)
    distributed.PART = 10
    predict, calls = features.predict, []

    def dies(model, inputs):
        calls.append(len(inputs))
        if len(calls) == 4:
            raise KeyError("killed")
        return predict(model, inputs)

    features.predict = dies
    try:
        distributed.extract(small, images, "features", "float32")
    except KeyError:
        found = distributed.extract(small, images, "features", "float32")
    print("parts", calls)
    stored = np.load(found / "activations.npy")
    model = small.build()
    expected = [predict(model, images[start:start + 10]) for start in range(0, 96, 10)]
    np.testing.assert_array_equal(stored, np.concatenate(expected))
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
    # ten parts, and the one that died again
    assert f"parts {[10] * 10 + [6]}"[:-1] in said(tmp_path)


DENSE = """
import jax, numpy as np
from tlkit.machine import fast
from tlkit.machine.quiet import keras

rng = np.random.default_rng(0)
x = rng.normal(size=(7, 2, 2, fast.CHANNELS)).astype("float32")
upstream = rng.normal(size=(7, 2, 2, 6))
start = keras.initializers.GlorotUniform(seed=0)
layer = keras.layers.Conv2D(6, 3, padding="same", kernel_initializer=start)
inputs = keras.Input(x.shape[1:])
model = keras.Model(inputs, layer(inputs))

def gradients():
    loss = lambda values, x: (model.stateless_call(values, [], x)[0] * upstream).sum()
    values = [variable.value for variable in model.trainable_variables]
    return jax.tree.leaves(jax.grad(loss, (0, 1))(values, x))

theirs = gradients()
with fast.convolutions(model):
    assert "convolution_op" in vars(layer)
    ours = gradients()
assert "convolution_op" not in vars(layer) and len(ours) == 3
for mine, other in zip(ours, theirs, strict=True):
    assert abs(mine - other).max() < 1e-5 * abs(other).max()
"""


@needs_jax
def test_the_faster_convolutions_have_the_same_gradients_by_jax(start, tmp_path):
    assert ended(start(1, "-c", DENSE, KERAS_BACKEND="jax"), 100) == [0], said(tmp_path)


def test_without_jax_one_sentence_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(child, "find_spec", lambda name: None)
    assert cli.main(["run", "--distributed"]) == 1
    install = '`.venv/bin/python -m pip install -e ".[distributed]"`'
    said = f"tlkit: --distributed needs JAX: type {install} first\n"
    assert capsys.readouterr().err == said


@needs_jax
def test_half_an_address_is_refused(start, tmp_path):
    (process,) = start(1, *RUN, JAX_PROCESS_ID="0")
    assert ended([process], 60) == [1]
    wanted = "JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES, JAX_PROCESS_ID"
    refused = f"--distributed: expected all of {wanted}, got only JAX_PROCESS_ID"
    assert f"tlkit: process 0: {refused}" in said(tmp_path)


def test_the_page_names_the_variables_that_are_read():
    page = (ROOT / "docs" / "several-machines.md").read_text("utf-8")
    module = ROOT / "tlkit" / "commands" / "distributed.py"
    read = set(re.findall(r"(?:JAX|SLURM)_[A-Z_]+", module.read_text("utf-8")))
    for name in read - {"SLURM_STEP_NODELIST", "SLURM_PROCID"}:
        assert name in page


CUTS = """
from tlkit.backbone import Backbone
from tlkit.commands import distributed
small = Backbone("letters-small")
print([distributed.cuts(*about) for about in (
    ("scratch", small), ("probe", small), ("fine_tune", small), ("lp_ft", small),
    ("lp_ft", small, "block4"),
)])
try:
    distributed.by_all("bitfit")
except ValueError as error:
    print(error)
"""


@needs_jax
def test_it_is_known_which_features_each_recipe_asks_for(start, tmp_path):
    assert ended(start(1, "-c", CUTS, KERAS_BACKEND="jax"), 60) == [0], said(tmp_path)
    cuts, refused = said(tmp_path).splitlines()
    assert cuts == str(
        [
            (),
            ("features",),
            ("features", "block4"),
            ("features",),
            ("features", "block3"),
        ]
    )
    assert refused.startswith("--distributed: expected scratch, article, probe, ")
