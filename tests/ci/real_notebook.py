"""Notebooks 02, 05 and 06 on the real pair: python tests/ci/real_notebook.py PICTURES WEIGHTS.

PICTURES holds train/<class>/ and test/<class>/ with pictures of CIFAR-10, WEIGHTS is a file with VGG16's layers. Both
are packed as the published files are (tests/replicas.py), so that the notebooks find "their" downloads in the cache, as
on Binder, where VGG16 is baked in and CIFAR-10 one button away: in three minutes and 1.5 GB.
"""

import multiprocessing
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import nbclient
import nbformat
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import replicas

from tlkit import folders
from tlkit.backbone import read_weights
from tlkit.files import fetch

ROOT = Path(__file__).parents[2]
PER_BATCH, SECONDS, BYTES = 2500, 180, 1.5e9
NOTEBOOKS = {  # and what each prints on the real pair; the slowest first
    "06_fine_tuning": "You are on the real pair",
    "05_vgg16_to_cifar10": "You are on the real pair",
    "02_shared_and_task_specific_layers": "pretrained on photographs: imagenet",
}
PATCH = """
import dataclasses
from tlkit import fetch
for name, (size, known) in {entries!r}.items():
    fetch.FILES[name] = dataclasses.replace(fetch.FILES[name], bytes=size, hash=known)
"""
PEAK = """
import re
print("peak kB:", re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


def pack(pictures: Path, weights: Path, cache: Path) -> str:
    """Write both files into the cache; returns the code that registers their hashes."""
    files = {name: cache / fetch.FILES[name].name for name in fetch.PAIR}
    replicas.vgg16_weights(files["vgg16"], values=read_weights(weights))
    rng, paths = np.random.default_rng(0), []
    for split, n in (("train", 5 * PER_BATCH), ("test", PER_BATCH)):
        found = sorted((pictures / split).glob("*/*.jpg"))
        paths += [found[i] for i in rng.permutation(len(found))[:n]]
    if (
        len(paths) < 6 * PER_BATCH
    ):  # a smaller test split: fill up with other pictures, which no split shares
        rest = sorted(set((pictures / "train").glob("*/*.jpg")) - set(paths))
        paths += [
            rest[i] for i in rng.permutation(len(rest))[: 6 * PER_BATCH - len(paths)]
        ]
    images = np.stack([folders.decode(path, 32) for path in paths])
    labels = np.array([fetch.CIFAR10_CLASSES.index(path.parent.name) for path in paths])
    replicas.cifar10_archive(files["cifar10"], images, labels)
    entries = {
        name: replicas.entry(fetch.FILES[name], path) for name, path in files.items()
    }
    return PATCH.format(
        entries={name: (entry.bytes, entry.hash) for name, entry in entries.items()}
    )


def main(pictures: str, weights: str) -> int:
    """Exit status 0 if every cell of each notebook runs, on the real pair, within its time and memory on one core."""
    spawn, cores = multiprocessing.get_context("spawn"), sorted(os.sched_getaffinity(0))
    free = spawn.SimpleQueue()
    for core in cores:
        free.put(core)
    with TemporaryDirectory() as cache:
        os.environ.update(
            TLKIT_CACHE=cache, KERAS_HOME=cache, TQDM_DISABLE="1", TLKIT_STATIC="1"
        )
        patch = pack(Path(pictures), Path(weights), Path(cache))
        asked = [(name, sign, patch) for name, sign in NOTEBOOKS.items()]
        with spawn.Pool(len(cores), stay_on_a_core, (free,)) as pool:
            found = pool.starmap(run, asked, chunksize=1)
    for said, _ in found:
        print(said)
    return max(failed for _, failed in found)


def stay_on_a_core(free) -> None:
    """Pin this process, and the kernels that it starts, to a core that no other one has."""
    os.sched_setaffinity(0, {free.get()})


def run(name: str, sign: str, patch: str) -> tuple[str, bool]:
    """Execute one notebook; what it said, and if it is not on the real pair, or took too much."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(patch))
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
    started = time.perf_counter()
    nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": ROOT / "notebooks"}}
    ).execute()
    seconds = time.perf_counter() - started
    said = [
        line
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        for line in shown(output).splitlines()
    ]
    real, peak = (
        any(sign in line for line in said),
        1024 * int(said[-1].removeprefix("peak kB: ")),
    )
    said += [
        f"notebook {name} on the {'real' if real else 'WRONG'} pair: {seconds:.0f} s, {peak / 1e6:,.0f} MB at most"
    ]
    return "\n".join(said), not real or seconds > SECONDS or peak > BYTES


def shown(output) -> str:
    """The text of one output of a cell."""
    data = output.get("data", {})
    return output.get("text", data.get("text/markdown", data.get("text/plain", "")))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
