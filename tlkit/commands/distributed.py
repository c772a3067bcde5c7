"""One run on several machines or GPUs: Keras's JAX backend, features in parts, training
data-parallel.

Every process runs the same command on the same files. Features are computed in parts,
each part by the process that reaches it first, and kept in the shared cache. So if a
process dies, only the part that it was computing is lost. In training, all devices do
one step on one batch together: the same computation as on one device, in shares.
"""

import hashlib
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path

import jax
import numpy as np
from filelock import FileLock
from jax.experimental import multihost_utils

from .. import features
from ..backbone import Backbone, at_cut, cut_below
from ..machine.quiet import keras
from ..machine.whole import whole_file
from ..recipes import RECIPES
from ..tasks import Task
from ..training import Run

HEARTBEAT = 30  # seconds without a sign of life after which a process counts as dead
PART = 2048  # images in one part of the features
VARIABLES = ("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID")
ABLE = ("scratch", "article", "probe", "fine_tune", "lp_ft")  # all others: alone


class _Shares(keras.distribution.DataParallel):
    """Data-parallel: every process feeds whole batches, and every device computes its
    share of each, even of one that cannot be divided evenly.

    Keras's own way, in which each process feeds a share, has no place for such a batch.
    """

    def __init__(self, devices):
        super().__init__(devices=devices, auto_shard_dataset=False)

    def get_data_layout(self, data_shape):
        """Every device gets the whole batch."""
        axes = [None] * len(data_shape)
        return keras.distribution.TensorLayout(axes, self.device_mesh)

    def get_tensor_layout(self, path):
        """Cut by rows, but for the model's output, which every process needs whole."""
        layer = path.split("/")[-2]
        axis = None if layer in ("logits", "units") else self.batch_dim_name
        return keras.distribution.TensorLayout([axis], self.device_mesh)


@contextmanager
def together() -> Iterator[None]:
    """A distributed run happens inside this ``with`` block.

    Only the first process prints, and any failure ends this process at once.
    ``JAX_COORDINATOR_ADDRESS``, ``JAX_NUM_PROCESSES`` and ``JAX_PROCESS_ID``, or SLURM,
    say which processes belong together. Without them, this process runs alone on all
    its devices.
    """
    place = os.environ.get(VARIABLES[2]) or os.environ.get("SLURM_PROCID") or "0"
    # the parent ends us: no process may end its training alone
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _join()
        out = os.dup(1) if is_first() else os.devnull
        os.dup2(2, 1)  # what C++ libraries print is no output of ours
        with (
            open(out, "w", encoding="utf-8", errors="backslashreplace") as here,
            redirect_stdout(here),
        ):
            kind = jax.devices()[0].device_kind
            devices = f"{jax.device_count()} devices ({kind})"
            print(f"{jax.process_count()} processes, {devices}")
            yield
    except BaseException as error:
        if not _explains_itself(error):
            traceback.print_exc()
        print(f"tlkit: process {place}: {error}", file=sys.stderr, flush=True)
        os._exit(1)  # at once: the usual way out waits for the others


def _explains_itself(error: BaseException) -> bool:
    """Whether an error's message says enough without a traceback."""
    kinds = (ValueError, OSError, features.CacheLimit, jax.errors.JaxRuntimeError)
    return isinstance(error, kinds)


def _join() -> None:
    """Meet the other processes, if there are any. Raises ValueError."""
    given = [name for name in VARIABLES if name in os.environ]
    if given and len(given) < len(VARIABLES):
        raise ValueError(
            f"--distributed: expected all of {', '.join(VARIABLES)}, "
            f"got only {', '.join(given)}. Next: set the others, too"
        )
    if given:  # JAX itself reads the first one only
        jax.distributed.initialize(
            num_processes=int(os.environ["JAX_NUM_PROCESSES"]),
            process_id=int(os.environ["JAX_PROCESS_ID"]),
            cluster_detection_method="deactivate",
            heartbeat_timeout_seconds=HEARTBEAT,
        )
    elif "SLURM_STEP_NODELIST" in os.environ:  # SLURM's variables JAX reads
        jax.distributed.initialize(heartbeat_timeout_seconds=HEARTBEAT)
    keras.distribution.set_distribution(_Shares(jax.devices()))


def is_first() -> bool:
    """Whether this is the process that prints and writes the result."""
    return jax.process_index() == 0


def check_equal(what: str, *arrays) -> None:
    """Make sure that all processes have the same arrays (or texts), bit for bit.

    Raises:
        ValueError: they differ.
    """
    content = b"".join(np.asarray(array).tobytes() for array in arrays)
    digest = np.frombuffer(hashlib.sha256(content).digest(), "uint8")
    rows = multihost_utils.process_allgather(digest).reshape(-1, len(digest))
    differ = [i for i, row in enumerate(rows) if not np.array_equal(row, rows[0])]
    if differ:
        raise ValueError(
            f"{what}: expected the same in all processes, "
            f"got others in processes {differ} than in process 0. "
            "Next: give all the same files and the same command"
        )


def by_all(recipe: str) -> Callable[..., Run]:
    """A recipe's function, carried out by all processes together.

    Args:
        recipe: its name in ``RECIPES``.

    Returns:
        a function with the same arguments and result; at the end the weights are the
        same in all processes, or it raises ValueError.

    Raises:
        ValueError: it is not known which features the recipe needs.
    """
    if recipe not in ABLE:
        raise ValueError(
            f"--distributed: expected {', '.join(ABLE[:-1])} or {ABLE[-1]}, "
            f"got {recipe!r}. Next: leave it out of --recipes"
        )
    return partial(_train, recipe)


def cuts(
    recipe: str, backbone: Backbone, unfreeze: str | None = None
) -> tuple[str, ...]:
    """The cuts whose activations a recipe will ask for.

    Args:
        recipe: its name.
        backbone: decides which cuts there are.
        unfreeze: the lowest block that it trains; None: the recipe's default.
    """
    if recipe in ("scratch", "article"):  # their heads are not standardised
        return ()
    lowest = unfreeze or RECIPES[recipe].lowest
    if lowest is None:
        return ("features",)
    # a new head is standardised by the features, whatever is trained
    below = cut_below(lowest, backbone.network)
    return ("features",) if below == "image" else ("features", below)


def _train(
    recipe: str,
    backbone: Backbone,
    task: Task,
    *,
    precision: str = "float32",
    **options,
) -> Run:
    """Compute the features together, then train together; see ``by_all``."""
    about = f"{task.fingerprint()} {backbone.weights_hash} {backbone} {precision}"
    check_equal(f"{recipe}: images, labels, weights and options", f"{about} {options}")
    paths = []
    # here no process waits for a step of another
    with _Shares(jax.local_devices()).scope():
        for cut in cuts(recipe, backbone, options.get("unfreeze")):
            for split in task.splits().values():
                paths.append(extract(backbone, split.images, cut, precision))
    multihost_utils.sync_global_devices("features")
    lost = [path for path in paths if not path.exists()]
    if lost:
        raise features.CacheLimit(
            f"{len(lost)} of {len(paths)} sets of features had no room: "
            "raise TLKIT_CACHE_GB"
        )
    if is_first():
        for path in paths:
            shutil.rmtree(_parts(path), ignore_errors=True)
    run = RECIPES[recipe].train(backbone, task, precision=precision, **options)
    check_equal(f"{recipe}: trained weights", *run.model.get_weights())
    return run


def _parts(path: Path) -> Path:
    """The folder for the parts of the features that will lie at a path."""
    return path.with_name(f"{path.name}.parts")


def extract(backbone: Backbone, images, cut: str, precision: str) -> Path:
    """Compute this process's parts of the features, and join all parts.

    Returns:
        The path of the cache's entry.
    """
    path, _ = features.place(backbone, images, cut, precision)
    if path.exists():
        return path
    model = backbone.build(images.shape[1:], precision)
    below = at_cut(model, cut)
    dtype = np.dtype("float32" if precision == "float32" else "float16")
    numbers = len(images) * int(np.prod(below.output.shape[1:]))
    features.make_room(numbers * dtype.itemsize)
    parts = _parts(path)
    parts.mkdir(exist_ok=True)

    def part(start: int) -> np.ndarray:
        """The features of PART images, computed here unless another process has."""
        file = parts / f"{start}.npy"
        with FileLock(parts / f"{start}.lock"):
            if not file.exists():
                found = features.predict(below, images[start : start + PART])
                with whole_file(file, locked=True) as unfinished:
                    np.save(unfinished, found.astype(dtype))
        return np.load(file, mmap_mode="r", allow_pickle=False)

    def joined(*_) -> Iterator[tuple[int, np.ndarray]]:
        """All parts in order, as ``features.forward`` would give the features."""
        for start in starts:
            yield start, part(start)

    starts = range(0, len(images), PART)
    for start in starts[jax.process_index() :: jax.process_count()]:
        if not path.exists():  # or else a faster process has done the rest of ours
            part(start)
    features.activations(
        backbone, images, cut, precision=precision, model=model, run=joined
    )
    return path
