"""Notebooks 02, 05 and 06 on the real pair, each on one core.

    python tests/ci/real_notebook.py PICTURES WEIGHTS

PICTURES holds train/<class>/ and test/<class>/ with pictures of CIFAR-10, WEIGHTS is a
file with VGG16's layers. Both are packed as the published files are
(tests/replicas.py), so that the notebooks find "their" downloads in the cache, as on
Binder, where VGG16 is in the image and CIFAR-10 one button away. Each notebook may take
three minutes and 1.5 GB. They run one after another: two cores of a cloud machine are
often two threads of one, and would slow each other down.
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
PER_BATCH = 2500  # pictures in each of the six files of the packed CIFAR-10
SECONDS, BYTES = 180, 1.5e9
NOTEBOOKS = {  # and what each prints on the real pair; the slowest first
    "06_fine_tuning": "You are on the real pair",
    "05_vgg16_to_cifar10": "You are on the real pair",
    "02_shared_and_task_specific_layers": "pretrained on photographs: imagenet",
}
FIRST_CELL = """
import dataclasses
from tlkit.files import fetch
for name, (size, known) in {entries!r}.items():
    fetch.FILES[name] = dataclasses.replace(fetch.FILES[name], bytes=size, hash=known)
"""
LAST_CELL = """
import re
status = open("/proc/self/status").read()
print("peak kB:", re.search(r"VmHWM:\\s+(\\d+)", status)[1])
"""


def choose(pictures: Path) -> list[Path]:
    """Paths of 5 * PER_BATCH pictures for training, then of PER_BATCH for the test."""
    rng = np.random.default_rng(0)
    chosen = []
    for split, n in (("train", 5 * PER_BATCH), ("test", PER_BATCH)):
        found = sorted((pictures / split).glob("*/*.jpg"))
        chosen += [found[i] for i in rng.permutation(len(found))[:n]]
    missing = 6 * PER_BATCH - len(chosen)
    if missing:  # a small test split is filled up with pictures that no split uses
        unused = sorted(set((pictures / "train").glob("*/*.jpg")) - set(chosen))
        chosen += [unused[i] for i in rng.permutation(len(unused))[:missing]]
    return chosen


def pack(pictures: Path, weights: Path, cache: Path) -> str:
    """Write both files into the cache; returns the code that registers their hashes."""
    files = {name: cache / fetch.FILES[name].name for name in fetch.PAIR}
    replicas.vgg16_weights(files["vgg16"], values=read_weights(weights))
    paths = choose(pictures)
    images = np.stack([folders.decode(path, 32) for path in paths])
    labels = np.array([fetch.CIFAR10_CLASSES.index(path.parent.name) for path in paths])
    replicas.cifar10_archive(files["cifar10"], images, labels)
    entries = {}
    for name, path in files.items():
        entry = replicas.entry(fetch.FILES[name], path)
        entries[name] = (entry.bytes, entry.hash)
    return FIRST_CELL.format(entries=entries)


def main(pictures: str, weights: str) -> int:
    """Exit status 0 if each notebook runs on the real pair, in its time and memory."""
    spawn = multiprocessing.get_context("spawn")
    core = min(os.sched_getaffinity(0))
    with TemporaryDirectory() as cache:
        os.environ["TLKIT_CACHE"] = os.environ["KERAS_HOME"] = cache
        os.environ["TQDM_DISABLE"] = os.environ["TLKIT_STATIC"] = "1"
        first_cell = pack(Path(pictures), Path(weights), Path(cache))
        asked = [(name, sign, first_cell) for name, sign in NOTEBOOKS.items()]
        with spawn.Pool(1, stay_on, (core,)) as pool:
            found = pool.starmap(run, asked, chunksize=1)
    for report, _ in found:
        print(report)
    return int(any(failed for _, failed in found))


def stay_on(core: int) -> None:
    """Pin this process, and the kernels that it starts, to one core."""
    os.sched_setaffinity(0, {core})


def run(name: str, sign: str, first_cell: str) -> tuple[str, bool]:
    """Execute one notebook.

    Args:
        name: of the notebook, without its ending.
        sign: what it prints only on the real pair.
        first_cell: code that registers the packed files.

    Returns:
        all that it printed and a line with pair, time and memory; whether it failed.
    """
    path = ROOT / "notebooks" / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(first_cell))
    notebook.cells.append(nbformat.v4.new_code_cell(LAST_CELL))
    resources = {"metadata": {"path": path.parent}}
    started = time.perf_counter()
    nbclient.NotebookClient(notebook, timeout=600, resources=resources).execute()
    seconds = time.perf_counter() - started

    printed = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            printed += text_of(output).splitlines()
    peak = 1024 * int(printed[-1].removeprefix("peak kB: "))
    is_real = any(sign in line for line in printed)
    pair = "real" if is_real else "WRONG"
    printed.append(
        f"notebook {name} on the {pair} pair: {seconds:.0f} s, "
        f"{peak / 1e6:,.0f} MB at most"
    )
    return "\n".join(printed), not is_real or seconds > SECONDS or peak > BYTES


def text_of(output) -> str:
    """The text of one output of a cell."""
    data = output.get("data", {})
    return output.get("text", data.get("text/markdown", data.get("text/plain", "")))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
