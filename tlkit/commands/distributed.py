"""One run on several machines or GPUs: Keras's JAX backend, features in parts, training data-parallel.

Every process runs the same command on the same files. Features are computed in parts, each by whichever process
comes first, and kept in the cache that all share, so a process that dies costs no more than the part that it was at.
Training is one step of one batch on all devices at once: the same computation as on one device, cut into shares.
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

from .. import features, transfer
from ..backbone import at_cut
from ..machine.quiet import keras

HEARTBEAT = 30  # seconds without a sign of life after which a process counts as dead
PART = 2048  # images in one part of the features
CUTS = {
    "probe": ("features",),
    "lp_ft": ("features",),
    "fine_tune": ("features", "block4"),
}
VARIABLES = ("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID")


class _Shares(keras.distribution.DataParallel):
    """Data-parallel: every process feeds whole batches, every device computes its share of each, even of an uneven one.

    Keras's own way, in which each process feeds a share, has no place for a last batch that cannot be divided.
    """

    def __init__(self, devices):
        super().__init__(devices=devices, auto_shard_dataset=False)

    def get_data_layout(self, data_shape):
        return keras.distribution.TensorLayout(
            [None] * len(data_shape), self.device_mesh
        )

    def get_tensor_layout(self, path):
        whole = path.split("/")[-2] in (
            "logits",
            "units",
        )  # what the model says is for every process
        return keras.distribution.TensorLayout(
            [None if whole else self.batch_dim_name], self.device_mesh
        )


@contextmanager
def together():
    """Where all of a distributed run happens: the first process prints, and any failure ends this process at once.

    ``JAX_COORDINATOR_ADDRESS``, ``JAX_NUM_PROCESSES`` and ``JAX_PROCESS_ID``, or SLURM, say who belongs together;
    without them it is this process alone with all its devices.
    """
    place = os.environ.get(VARIABLES[2]) or os.environ.get("SLURM_PROCID") or "0"
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # the parent ends us: no process may end its training alone
    try:
        _join()
        out = os.dup(1) if is_first() else os.devnull
        os.dup2(2, 1)  # what C++ libraries print is no output of ours
        with (
            open(out, "w", encoding="utf-8", errors="backslashreplace") as here,
            redirect_stdout(here),
        ):
            print(
                f"{jax.process_count()} processes, {jax.device_count()} devices ({jax.devices()[0].device_kind})"
            )
            yield
    except BaseException as error:
        if not isinstance(
            error,
            ValueError | OSError | features.CacheLimit | jax.errors.JaxRuntimeError,
        ):
            traceback.print_exc()
        print(f"tlkit: process {place}: {error}", file=sys.stderr, flush=True)
        os._exit(1)  # at once: the usual way out waits for the others


def _join() -> None:
    given, numbers = [name for name in VARIABLES if name in os.environ], {}
    if given and len(given) < len(VARIABLES):
        raise ValueError(
            f"--distributed: expected all of {', '.join(VARIABLES)}, got only {', '.join(given)}"
        )
    if given:  # JAX itself reads the first one only
        number, place = (int(os.environ[name]) for name in VARIABLES[1:])
        numbers = {
            "num_processes": number,
            "process_id": place,
            "cluster_detection_method": "deactivate",
        }
    if given or "SLURM_STEP_NODELIST" in os.environ:  # SLURM's variables JAX reads
        jax.distributed.initialize(**numbers, heartbeat_timeout_seconds=HEARTBEAT)
    keras.distribution.set_distribution(_Shares(jax.devices()))


def is_first() -> bool:
    """Whether this is the process that prints and writes the result."""
    return jax.process_index() == 0


def check_equal(what: str, *arrays) -> None:
    """Raises ValueError if the arrays (or texts) are not the same, bit for bit, in all processes."""
    digest = hashlib.sha256(
        b"".join(np.asarray(array).tobytes() for array in arrays)
    ).digest()
    rows = multihost_utils.process_allgather(np.frombuffer(digest, "uint8")).reshape(
        -1, len(digest)
    )
    if differ := [i for i, row in enumerate(rows) if not np.array_equal(row, rows[0])]:
        raise ValueError(
            f"{what}: expected the same in all processes, got others in {differ} than in process 0"
        )


def _train(
    recipe: str, backbone, task, *, precision: str = "float32", **options
) -> transfer.Run:
    """As ``transfer.RECIPES[recipe]``, by all processes together; the weights are the same in each at the end."""
    given = (
        f"{task.fingerprint()} {backbone.weights_hash} {backbone} {precision} {options}"
    )
    check_equal(f"{recipe}: images, labels, weights and options", given)
    with _Shares(
        jax.local_devices()
    ).scope():  # here no process waits for a step of another
        cuts, splits = CUTS.get(recipe, ()), task.splits().values()
        paths = [
            _extract(backbone, split.images, cut, precision)
            for cut in cuts
            for split in splits
        ]
    multihost_utils.sync_global_devices("features")
    if lost := [path for path in paths if not path.exists()]:
        raise features.CacheLimit(
            f"{len(lost)} of {len(paths)} sets of features had no room: raise TLKIT_CACHE_GB"
        )
    for path in paths if is_first() else ():
        shutil.rmtree(_parts(path), ignore_errors=True)
    run = transfer.RECIPES[recipe](backbone, task, precision=precision, **options)
    check_equal(f"{recipe}: trained weights", *run.model.get_weights())
    return run


RECIPES = {recipe: partial(_train, recipe) for recipe in transfer.RECIPES}


def _parts(path: Path) -> Path:
    return path.with_name(f"{path.name}.parts")


def _extract(backbone, images, cut: str, precision: str) -> Path:
    """Compute this process's parts of the features, and join all; returns the entry's path."""
    path, _ = features.place(backbone, images, cut, precision)
    if path.exists():
        return path
    below = at_cut(backbone.build(images.shape[1:], precision), cut)
    dtype, parts = (
        np.dtype("float32" if precision == "float32" else "float16"),
        _parts(path),
    )
    features.make_room(
        len(images) * int(np.prod(below.output.shape[1:])) * dtype.itemsize
    )
    parts.mkdir(exist_ok=True)

    def part(start):
        file, half = parts / f"{start}.npy", parts / f"{start}.half.npy"
        with FileLock(parts / f"{start}.lock"):
            if not file.exists():
                np.save(
                    half,
                    features.predict(below, images[start : start + PART]).astype(dtype),
                )
                os.replace(half, file)
        return np.load(file, mmap_mode="r", allow_pickle=False)

    starts = range(0, len(images), PART)
    for start in starts[jax.process_index() :: jax.process_count()]:
        if not path.exists():  # or else a faster process has done the rest of ours
            part(start)
    joined = ((start, part(start)) for start in starts)
    features.activations(
        backbone, images, cut, precision=precision, model=below, run=lambda *_: joined
    )
    return path
