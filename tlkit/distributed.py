"""One run on several machines or GPUs: Keras's JAX backend, features in parts, training data-parallel.

Every process runs the same command on the same files. Features are computed in parts, each by whichever process
comes first, and kept in the cache that all share, so a process that dies costs no more than its part. Training is
one step of one batch over all devices at once: it is the same computation as on one device, cut into shares.
"""

import hashlib
import os
import shutil
import signal
import sys
import traceback
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path

import jax
import numpy as np
from filelock import FileLock
from jax.experimental import multihost_utils

from . import features, transfer
from .backbone import at_cut
from .quiet import keras

HEARTBEAT = 30  # seconds without a sign of life after which a process counts as dead
PART = 2048  # images in one part of the features: what is lost when a process dies
CUTS = {"probe": ("features",), "lp_ft": ("features",), "fine_tune": ("features", "block4")}
VARIABLES = ("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID")


class _Shares(keras.distribution.DataParallel):
    """Data-parallel over devices: each gets whole batches and computes its share of them, an uneven one too.

    Keras's own way, a share of every batch for each process, has no place for a last batch that cannot be divided.
    """

    def __init__(self, devices):
        super().__init__(devices=devices, auto_shard_dataset=False)

    def get_data_layout(self, shape):
        return keras.distribution.TensorLayout([None] * len(shape), self.device_mesh)

    def get_tensor_layout(self, path):
        axis = None if path.split("/")[-2] in ("logits", "units") else self.batch_dim_name  # whole outputs for all
        return keras.distribution.TensorLayout([axis], self.device_mesh)


@contextmanager
def together():
    """All that a distributed run does happens in here; the first process prints, any failure ends this process at once.

    Raises:
        ValueError: some of JAX's three variables are set, but not all.
    """
    given = [name for name in VARIABLES if name in os.environ]
    if given and len(given) < len(VARIABLES):
        raise ValueError(f"--distributed: expected all of {', '.join(VARIABLES)}, got {', '.join(given)} alone")
    numbers = {}
    if given:  # JAX itself reads the first only
        number, place = (int(os.environ[name]) for name in VARIABLES[1:])
        numbers = dict(num_processes=number, process_id=place, cluster_detection_method="deactivate")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops us: one process must not end its training alone
    try:
        if given or "SLURM_STEP_NODELIST" in os.environ:  # JAX reads SLURM's variables
            jax.distributed.initialize(**numbers, heartbeat_timeout_seconds=HEARTBEAT)
        keras.distribution.set_distribution(_Shares(jax.devices()))
        out = os.dup(1)
        os.dup2(2, 1)  # what C++ libraries print does not belong into our output
        with open(out if is_first() else os.devnull, "w", errors="backslashreplace") as here, redirect_stdout(here):
            print(f"{jax.process_count()} processes, {jax.device_count()} devices ({jax.devices()[0].device_kind})")
            yield
    except BaseException as error:
        if not isinstance(error, ValueError | OSError | jax.errors.JaxRuntimeError):
            traceback.print_exc()
        print(f"tlkit: process {os.environ.get('JAX_PROCESS_ID', 0)}: {error}", file=sys.stderr, flush=True)
        os._exit(1)  # at once: the usual way out waits for the others


def is_first() -> bool:
    """Whether this process writes the result."""
    return jax.process_index() == 0


def check_equal(what: str, *values) -> None:
    """End the run if text, numbers or arrays are not the same, bit for bit, in all processes."""
    digest = hashlib.sha256(b"".join(value.encode() if isinstance(value, str) else np.ascontiguousarray(value).tobytes() for value in values)).digest()
    all_of_them = multihost_utils.process_allgather(np.frombuffer(digest, "uint8"))
    differ = [i for i, one in enumerate(all_of_them) if not np.array_equal(one, all_of_them[0])]
    if differ:
        raise ValueError(f"{what}: expected the same in all processes, processes {differ} differ from process 0")


def _train(recipe: str, backbone, task, *, seed: int, precision: str) -> transfer.Run:
    """As ``transfer.RECIPES[recipe]``, with all processes; ends with the same weights in each."""
    check_equal(f"{recipe}: task, weights and options", f"{task.fingerprint()} {backbone} {backbone.weights_hash} {precision} {seed}")
    with _Shares(jax.local_devices()).scope():  # no process waits for another
        cuts, splits = CUTS.get(recipe, ()), task.splits().values()
        finished = [_extract(backbone, split.images, cut, precision) for cut in cuts for split in splits]
    multihost_utils.sync_global_devices("features")
    for folder in finished if is_first() else ():
        shutil.rmtree(folder, ignore_errors=True)
    run = transfer.RECIPES[recipe](backbone, task, seed=seed, precision=precision)
    check_equal(f"{recipe}: trained weights", *run.model.get_weights())
    return run


RECIPES = {recipe: partial(_train, recipe) for recipe in transfer.RECIPES}


def _extract(backbone, images, cut: str, precision: str) -> Path:
    """Compute this process's parts, and join all when all are there; returns the folder of parts, to be removed."""
    path, _ = features.place(backbone, images, cut, precision)
    folder = path.with_name(f"{path.name}.parts")
    if path.exists():
        return folder
    below = at_cut(backbone.build(images.shape[1:], precision), cut)
    dtype = np.dtype("float32" if precision == "float32" else "float16")
    if len(images) * np.prod(below.output.shape[1:]) * dtype.itemsize > features.limit_bytes():
        return folder  # training says so, and goes without
    folder.mkdir(exist_ok=True)

    def part(start):
        file, half = folder / f"{start}.npy", folder / f"{start}.half.npy"
        with FileLock(folder / f"{start}.lock"):
            if not file.exists():
                rows = [rows for _, rows in features.forward(below, images[start : start + PART])]
                np.save(half, np.concatenate(rows).astype(dtype))
                os.replace(half, file)
        return np.load(file, mmap_mode="r", allow_pickle=False)

    starts = range(0, len(images), PART)
    for start in starts[jax.process_index() :: jax.process_count()]:
        if not path.exists():  # a faster process did the rest of our parts
            part(start)
    features.activations(
        backbone, images, cut, precision=precision, model=below, run=lambda *_: ((start, part(start)) for start in starts)
    )
    return folder
