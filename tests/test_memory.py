"""Memory: trainings leave nothing behind, mapped files do not stay, every recipe's peak
has a limit.
"""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from tlkit.backbone import Backbone
from tlkit.features import activations
from tlkit.machine import allocator, fast, memory
from tlkit.machine.memory import leaving_nothing, unmap_pages
from tlkit.machine.quiet import keras
from tlkit.recipes import RECIPES, fine_tune
from tlkit.tasks import Rows, Split, Task

pytestmark = pytest.mark.usefixtures("own_cache")

LIMIT_MB = 1_500  # of 10⁶ bytes: what every recipe keeps below, alone and after others
# The recipes of one process, and those that are trained a second time there, so that a
# leak would show: VGG16's weights are 59 MB.
BASIC = ("scratch", "probe", "lp_ft", "fine_tune", "article", "bitfit")
CHEAP = ("lora", "adapters", "layerwise", "wise_ft", "distill", "knn", "prototypes")
OTHERS = tuple(name for name in RECIPES if name not in BASIC + CHEAP)
TOGETHER = [(BASIC, BASIC), (CHEAP, ("lora", "distill")), (OTHERS + OTHERS, OTHERS)]
SMALL = Backbone(None, width=1 / 16)

on_linux = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux tells what is mapped"
)
with_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="it is TensorFlow that keeps graphs"
)


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)

    def split(n):
        images = rng.integers(0, 256, (n, 32, 32, 3), dtype="uint8")
        return Split(images, np.arange(n) % 2)

    return Task("noise", "?", ("a", "b"), split(64), split(8), split(8), True, None, 0)


def graphs() -> int:
    """How many traced functions TensorFlow holds."""
    gc.collect()
    return sum(type(item).__name__ == "FuncGraph" for item in gc.get_objects())


@with_tensorflow
def test_a_training_leaves_no_graph_behind_and_so_no_optimizer(task):
    run = fine_tune(SMALL, task, unfreeze="all", steps=2, min_epochs=1)
    before, known = graphs(), set(memory.registered_gradients())
    for _ in range(2):
        run = fine_tune(SMALL, task, unfreeze="all", steps=2, min_epochs=1)
    assert set(memory.registered_gradients()) == known
    assert graphs() == before, "the model and the optimizer stay with such a graph"
    assert getattr(run.model, "optimizer", None) is None


@with_tensorflow
def test_faster_convolutions_leave_no_graph_behind():
    wide = Backbone(None, width=0.5)  # wide enough for them
    images = np.zeros((8, 32, 32, 3), "uint8")
    activations(wide, images, "block3")
    before = graphs()
    activations(wide, images, "block4")
    activations(wide, images, "features")
    assert graphs() == before


@with_tensorflow
def test_gradients_that_were_registered_before_stay():
    import tensorflow as tf

    @tf.custom_gradient
    def doubled(x):
        return 2 * x, lambda upstream: 2 * upstream

    @tf.function
    def outside(x):
        return doubled(x)

    outside(tf.constant(1.0))
    known = set(memory.registered_gradients())
    with leaving_nothing():
        tf.function(doubled)(tf.constant(1.0))
        assert set(memory.registered_gradients()) > known, (
            "TensorFlow keeps them elsewhere now"
        )
    assert set(memory.registered_gradients()) == known


def test_what_a_recipe_returns_can_be_used_and_trained_on(task):
    run = fine_tune(SMALL, task, unfreeze="all", steps=2, min_epochs=1)
    images = task.test.images.astype("float32")
    logits = np.asarray(run.model(images))
    np.testing.assert_allclose(logits, run.outputs["test"], rtol=1e-4, atol=1e-4)
    with fast.convolutions(run.model):
        run.model.compile(fast.Adam(1e-3), keras.losses.MeanSquaredError())
        run.model.fit(images, logits + 1, verbose=0)
    assert not np.array_equal(logits, np.asarray(run.model(images)))


@on_linux
def test_freed_memory_between_kept_pieces_goes_back_to_the_system():
    def resident_mb():
        return psutil.Process().memory_info().rss / 1e6

    with leaving_nothing():
        # so small that none gets a map of its own
        pieces = [np.ones(100_000, "uint8") for _ in range(2_000)]
        kept = pieces[::4]
        del pieces
        held = resident_mb()
    assert held - resident_mb() > 100
    assert all(piece.all() for piece in kept)


def mapped_mb() -> float:
    """Mapped files' part of this process's memory, in MB."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith("RssFile")]
    return int(line.split()[1]) * 1.024e-3


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A file of 184 MB: as many pictures as CIFAR-10 has, all black but the first."""
    path = tmp_path_factory.mktemp("pictures") / "images.npy"
    shape = (60_000, 32, 32, 3)
    images = np.lib.format.open_memmap(path, "w+", "uint8", shape)
    images[0] = 7
    del images
    return path


@on_linux
def test_pages_of_a_large_mapped_file_are_given_back_and_read_again(pictures):
    images = np.load(pictures, mmap_mode="r")
    before = mapped_mb()
    total = int(images.sum())
    assert mapped_mb() - before > 150, "this test needs pages that stay"
    unmap_pages(np.asarray(images)[5:])
    assert mapped_mb() - before < 10
    assert int(images.sum()) == total == 7 * 32 * 32 * 3


@on_linux
def test_a_large_file_that_is_written_keeps_what_was_written(tmp_path):
    path = tmp_path / "made.npy"
    store = np.lib.format.open_memmap(path, "w+", "uint8", (200, 10**6))
    before = mapped_mb()
    for i in range(len(store)):
        store[i] = i
        unmap_pages(store)
        assert mapped_mb() - before < 50
    assert np.array_equal(store[:, 0], np.arange(200))
    assert np.array_equal(np.load(path)[:, -1], np.arange(200))


def test_changes_of_a_private_map_and_arrays_in_memory_stay(pictures):
    private = np.load(pictures, mmap_mode="c")
    private[1] = 9
    ordinary = np.full((3, 3), 5)
    for array in (private, private[1:], np.asarray(private), ordinary, Rows([1], [0])):
        unmap_pages(array)
    assert (private[1] == 9).all() and (ordinary == 5).all()


@on_linux
def test_rows_here_and_there_in_a_file_do_not_bring_all_of_it_into_memory(tmp_path):
    path, status = tmp_path / "images.npy", Path("/proc/self/status")
    images = np.lib.format.open_memmap(path, "w+", "uint8", (60_000, 32, 32, 3))
    for start in range(0, len(images), 1_000):  # written files have the largest pages
        images[start : start + 1_000] = 7
    unmap_pages(images)
    some = Rows(images, np.random.default_rng(0).permutation(len(images)))

    def highest_mb():
        return int(status.read_text("utf-8").split("VmHWM:")[1].split()[0]) * 1.024e-3

    Path("/proc/self/clear_refs").write_text("5")  # VmHWM begins again
    before = highest_mb()
    assert (some[:512] == 7).all() and (some[-1] == 7).all()
    assert highest_mb() - before < 60


@on_linux
def test_training_on_many_stored_pictures_does_not_fill_memory_with_them(pictures):
    images = np.load(pictures, mmap_mode="r")
    rows = np.random.default_rng(0).permutation(len(images))
    labels = np.arange(len(images)) % 2
    several = Split(images, labels)
    splits = several.pick(rows[:40_000]), several.pick(rows[-64:]), several.pick([0, 1])
    task = Task("black", "?", ("a", "b"), *splits, True, None, 0)
    tiny = Backbone(None, width=1 / 64)
    fine_tune(tiny, task, unfreeze="all", steps=1, min_epochs=1, epoch_steps=1)
    before = mapped_mb()
    fine_tune(tiny, task, unfreeze="all", steps=900, min_epochs=1, epoch_steps=900)
    assert mapped_mb() - before < 60, "28,800 pictures have passed"


FULL_WIDTH = """
import json, sys
import numpy as np
from tlkit import features
from tlkit.backbone import Backbone
from tlkit.recipes import RECIPES
from tlkit.tasks import Split, Task


def status(field):
    (line,) = [line for line in open("/proc/self/status") if line.startswith(field)]
    return int(line.split()[1]) * 1.024e-3


features.MANY = 500  # from here on 256 in a pass
images = np.load(sys.argv[1], mmap_mode="r")
rows = np.random.default_rng(0).permutation(len(images))
pool = Split(images, np.arange(len(images)) % 10)
splits = [pool.pick(rows[a:b]) for a, b in ((0, 520), (520, 560), (600, 1120))]
task = Task("black", "?", tuple("abcdefghij"), *splits, True, None, 0)
vgg16 = Backbone(None, width=1.0)
for name in sys.argv[2:]:
    open("/proc/self/clear_refs", "w").write("5")  # VmHWM begins again
    changes = {"steps": 3, "min_epochs": 1, "epoch_steps": 3}
    run = RECIPES[name].train(vgg16, task, **changes)
    print(json.dumps([name, run.peak_memory_mb, status("VmHWM"), status("VmRSS")]))
"""


def test_the_memory_of_every_recipe_is_measured():
    assert {name for first, _ in TOGETHER for name in first} == set(RECIPES)


@on_linux
@with_tensorflow
@pytest.mark.parametrize("first, again", TOGETHER)
def test_full_vgg16_keeps_below_the_limit_in_recipes_one_after_the_other(
    tmp_path, first, again
):
    pictures = tmp_path / "images.npy"
    images = np.lib.format.open_memmap(pictures, "w+", "uint8", (60_000, 32, 32, 3))
    noise = np.random.default_rng(0).integers(0, 256, (1_000, 32, 32, 3), "uint8")
    for start in range(0, len(images), len(noise)):  # black ones would teach nothing
        images[start : start + len(noise)] = noise
    del images
    environment = {**os.environ, "TLKIT_CACHE": str(tmp_path), "TQDM_DISABLE": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", FULL_WIDTH, str(pictures), *first, *again],
        env=environment,
        capture_output=True,
        text=True,
        timeout=1_200,
    )
    assert ran.returncode == 0, ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    peaks = [(name, peak) for name, _, peak, _ in lines]
    assert max(peak for _, peak in peaks) < LIMIT_MB, lines
    assert len(lines) == len(first) + len(again)
    # What the allocator keeps of a recipe's first buffers serves its second training.
    after_all, after_more = (lines[i][-1] for i in (len(first) - 1, -1))
    grown = after_more - after_all
    assert grown < 120, f"{again} a second time add {grown:.0f} MB: {lines}"


IN_A_NEW_PYTHON = """
import os, sys
{before}
import tlkit
print(os.environ.get("TF_ONEDNN_USE_SYSTEM_ALLOCATOR"))
"""


@on_linux
@pytest.mark.parametrize(
    "before, chosen, found",
    [
        ("", None, "1"),
        ("", "0", "0"),
        ("sys.modules['tensorflow'] = sys", None, "None"),
    ],
    ids=["by itself", "the user chose", "too late"],
)
def test_tensorflow_takes_memory_that_can_be_given_back(before, chosen, found):
    environment = {k: v for k, v in os.environ.items() if k != allocator.ALLOCATOR}
    if chosen is not None:
        environment[allocator.ALLOCATOR] = chosen
    code = IN_A_NEW_PYTHON.format(before=before)
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert ran.stdout.strip() == found, ran.stderr


PAGES = """
import resource
import numpy as np
from tlkit.machine import fast
from tlkit.machine.quiet import keras

def batches():
    while True:
        yield np.zeros((4, 8), "float32"), np.zeros(4, "float32")

network = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
network.compile("sgd", "mse")
network.fit(fast.stream(batches()), steps_per_epoch=2, verbose=0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    np.ones(2_000_000)  # 16 MB
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@on_linux
@with_tensorflow
def test_blocks_are_used_again_after_tensorflow_has_made_a_dataset_of_a_generator():
    ran = subprocess.run([sys.executable, "-c", PAGES], capture_output=True, text=True)
    new_pages = int(ran.stdout)
    assert new_pages < 10_000, "50 blocks of 16 MB have 195,000 pages"


FREED = """
import numpy as np
import psutil
import tlkit

def resident():
    return psutil.Process().memory_info().rss / 1e6

blocks = [np.ones(1_000_000) for _ in range(40)]  # 8 MB each
full = resident()
del blocks
print(full - resident())
"""


@on_linux
def test_many_small_blocks_that_are_free_go_back_without_being_asked():
    ran = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True)
    assert float(ran.stdout) > 200, "of 320 MB"
