"""Activations at a cut are computed once, survive kills and rivals, and stay within
their limit.
"""

import json
import multiprocessing
import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from tlkit import features
from tlkit.backbone import Backbone, at_cut
from tlkit.features import CacheLimit, activations, entries
from tlkit.machine.quiet import keras
from tlkit.machine.whole import MARK
from tlkit.tasks import Rows

pytestmark = pytest.mark.usefixtures("own_cache")

SMALL = Backbone(None, width=1 / 16)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(
        0, 256, (300, 32, 32, 3), dtype="uint8"
    )  # more than one batch


def test_cached_activations_are_those_of_the_model(images):
    model = SMALL.build()
    for cut in ("image", "block2", "features"):
        found = activations(SMALL, images, cut)
        assert found.dtype == np.float32 and len(found) == 300
        np.testing.assert_allclose(
            found, at_cut(model, cut).predict(images, verbose=0), rtol=1e-4, atol=1e-3
        )


def test_a_second_call_runs_no_backbone_and_returns_the_same(images, monkeypatch):
    first = np.array(activations(SMALL, images, "block5"))
    monkeypatch.setattr(
        Backbone, "build", lambda *_: pytest.fail("the backbone was built again")
    )
    second = activations(SMALL, images, "block5")
    assert np.array_equal(first, second)
    assert isinstance(second, np.memmap) and not second.flags.writeable


def test_rows_of_a_larger_array_give_the_same_activations_as_a_copy(images):
    rows = Rows(images, np.arange(0, 300, 3))
    first = activations(SMALL, rows, "features")
    assert np.array_equal(first, activations(SMALL, images[::3].copy(), "features"))
    assert len(entries()) == 1


@pytest.mark.parametrize(
    "change", ["weights", "size", "cut", "images", "precision", "preprocessing"]
)
def test_every_part_of_the_key_makes_another_entry(images, change):
    few = images[:8]
    activations(SMALL, few, "features")
    if change == "weights":
        activations(SMALL.random(seed=1), few, "features")
    elif change == "size":
        activations(replace(SMALL, size=64), few, "features")
    elif change == "preprocessing":
        activations(replace(SMALL, preprocessing="1/255"), few, "features")
    elif change == "cut":
        activations(SMALL, few, "block5")
    elif change == "images":
        activations(SMALL, np.concatenate([few[:-1], 255 - few[-1:]]), "features")
    else:
        activations(SMALL, few, "features", precision="bfloat16")
    assert len(entries()) == 2


def test_bfloat16_is_stored_in_half_the_bytes_and_agrees_roughly(images):
    exact, rough = (
        activations(SMALL, images, "features"),
        activations(SMALL, images, "features", precision="bfloat16"),
    )
    assert rough.dtype == np.float16 and rough.nbytes * 2 == exact.nbytes
    np.testing.assert_allclose(rough, exact, atol=0.05 * np.abs(exact).max())


def unfinished(cache):
    """What writers have left in the cache of features."""
    return [path for path in (cache / "features").iterdir() if MARK in path.name]


def test_a_half_written_entry_is_never_used(images, own_cache, monkeypatch):
    def stop_in_the_middle(model, inputs):
        yield 0, np.zeros((256, 32), "float32")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(features, "forward", stop_in_the_middle)
        activations(SMALL, images, "features")
    assert entries() == [] and not unfinished(own_cache)
    assert np.abs(activations(SMALL, images, "features")).sum() > 0
    assert len(entries()) == 1 and not unfinished(own_cache)


def test_an_entry_that_is_still_being_written_is_not_listed(images):
    activations(SMALL, images, "features")
    (entry,) = entries()
    beside = entry.path.with_name(f"{MARK}0123abcd-{entry.path.name}")
    shutil.copytree(entry.path, beside)
    assert [one.path for one in entries()] == [entry.path]


def _write_slowly(cache, images, started):
    os.environ["TLKIT_CACHE"] = str(cache)
    forward = features.forward

    def slowly(model, inputs):
        for part in forward(model, inputs):
            yield part
            started.set()
            time.sleep(60)

    features.forward = slowly
    activations(SMALL, images, "features")


def test_a_killed_writer_leaves_nothing_that_is_used_and_frees_its_lock(
    images, own_cache
):
    spawn = multiprocessing.get_context("spawn")
    started = spawn.Event()
    writer = spawn.Process(target=_write_slowly, args=(own_cache, images, started))
    writer.start()
    assert started.wait(120), "the writer never began"
    os.kill(
        writer.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM
    )
    writer.join(30)
    assert entries() == [] and unfinished(own_cache)
    expected = at_cut(SMALL.build(), "features").predict(images, verbose=0)
    np.testing.assert_allclose(
        activations(SMALL, images, "features"), expected, rtol=1e-4, atol=1e-3
    )
    assert len(entries()) == 1 and not unfinished(own_cache)


def _write(cache, images, results):
    os.environ["TLKIT_CACHE"] = str(cache)
    results.put(float(np.abs(activations(SMALL, images, "features")).sum()))


def test_two_writers_at_once_both_end_with_the_whole_entry(images, own_cache):
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    writers = [
        spawn.Process(target=_write, args=(own_cache, images, results))
        for _ in range(2)
    ]
    for writer in writers:
        writer.start()
    found = [results.get(timeout=180) for _ in writers]
    for writer in writers:
        writer.join(180)
        assert writer.exitcode == 0
    assert (
        found[0]
        == found[1]
        == pytest.approx(float(np.abs(activations(SMALL, images, "features")).sum()))
    )
    assert len(entries()) == 1 and not unfinished(own_cache)


def test_an_entry_over_the_limit_is_refused_before_anything_is_written(
    images, own_cache, monkeypatch
):
    monkeypatch.setenv("TLKIT_CACHE_GB", "0.0001")
    with pytest.raises(
        CacheLimit,
        match=r"activations would take 0\.\d GB, the cache may hold 0\.0 GB "
        r"\(TLKIT_CACHE_GB\)",
    ):
        activations(SMALL, images, "block1")
    assert not unfinished(own_cache)


def test_the_least_recently_used_entry_makes_room(images, monkeypatch):
    one = 100 * 32 * 4  # bytes of 100 pooled features of 32 numbers
    sets = [images[i * 100 : (i + 1) * 100] for i in range(3)]
    for i, some in enumerate(sets[:2]):
        activations(SMALL, some, "features")
        os.utime(
            entries()[0].path
            if i == 0
            else max(entries(), key=lambda e: e.path.stat().st_mtime).path,
            (i, i),
        )
    monkeypatch.setenv("TLKIT_CACHE_GB", str(2.5 * (one + 200) / 1e9))
    activations(SMALL, sets[2], "features")
    kept = {entry.made_from["images"] for entry in entries()}
    assert kept == {features.fingerprint(some) for some in sets[1:]}


def test_anonymous_memory_does_not_grow_with_the_number_of_images(tmp_path):
    def anonymous_mb():
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(
            int(line.split()[1]) / 1e3 for line in lines if line.startswith("RssAnon")
        )

    if not os.path.exists("/proc/self/status"):
        pytest.skip("only Linux tells anonymous from file memory")
    images = np.lib.format.open_memmap(
        tmp_path / "images.npy", "w+", "uint8", (20_000, 32, 32, 3)
    )  # 61 MB
    images[::7] = 200
    model = SMALL.build()
    activations(SMALL, images[:512], "block3", model=model)  # warm
    before = anonymous_mb()
    found = activations(SMALL, images, "block3", model=model)
    assert found.nbytes > 20e6
    assert anonymous_mb() - before < 20, (
        "less than a third of the images, a fifth of what all copies would take"
    )


def test_entries_tell_what_they_were_made_from_and_clear_frees_them(images):
    activations(SMALL, images, "block4")
    (entry,) = entries()
    assert entry.bytes > 300 * 2 * 2 * 32 * 4 and entry.made_from["cut"] == "block4"
    assert json.loads((entry.path / "entry.json").read_text("utf-8")) == entry.made_from
    assert features.clear() >= entry.bytes
    assert entries() == []


def test_the_limit_never_exceeds_the_free_disk(monkeypatch):
    monkeypatch.setenv("TLKIT_CACHE_GB", "1000000")
    assert features.limit_bytes() < psutil.disk_usage("/").total * 2


class Layer:
    """Stands for a layer with outputs of one shape."""

    def __init__(self, *shape):
        self.output = np.zeros((1, *shape), "float32")


class Counting:
    """Stands for a network of one layer: gives the first number of each row, and
    remembers how many rows it was given.
    """

    def __init__(self, *shape):
        self.layers = [Layer(*shape)]
        self.rows = []

    def predict_on_batch(self, x):
        self.rows.append(len(x))
        return x.reshape(len(x), -1)[:, :1]


@pytest.mark.parametrize(
    "count, layer, rows",
    [
        (4_999, (32, 32, 16), 64),
        (5_001, (32, 32, 16), 256),
        (5_001, (32, 32, 64), 64),
        (100, (224, 224, 64), 1),
    ],
    ids=["few", "many", "many large ones", "few of ImageNet's size"],
)
def test_a_batch_is_as_large_as_number_and_memory_allow_and_changes_nothing(
    count, layer, rows
):
    inputs = np.zeros((count, 4, 4, 3), "uint8")
    inputs[:, 0, 0, 0] = np.arange(count) % 251
    network = Counting(*layer)
    outputs = features.predict(network, inputs)
    assert set(network.rows) == {rows}, "one size of batch, one trace"
    assert outputs.dtype == np.float32
    assert np.array_equal(outputs[:, 0], np.arange(count) % 251)


def test_the_largest_layer_is_found_inside_of_a_network_too():
    network = SMALL.build()
    assert features.largest_output(network) == 4 * 32 * 32 * 4, "bytes of float32"
    inputs = network.input
    outer = keras.Model(inputs, keras.layers.Dense(3)(network(inputs)))
    assert features.largest_output(outer) == 4 * 32 * 32 * 4
    assert features.largest_output(object()) == 0
    half = SMALL.build(precision="bfloat16")
    assert features.largest_output(half) == 4 * 32 * 32 * 3, "the images are float32"
    wide = Backbone(None, width=1 / 4).build(precision="bfloat16")
    assert features.largest_output(wide) == 2 * 32 * 32 * 16


def test_no_images_and_no_such_cut_are_clear_errors(images):
    with pytest.raises(ValueError, match="expected at least one image, got none"):
        activations(SMALL, images[:0], "block1")
    with pytest.raises(ValueError, match="cut='block7': expected one of image"):
        activations(SMALL, images, "block7")
