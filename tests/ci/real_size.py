"""Files of the published sizes on their whole way: python tests/ci/real_size.py.

A server on loopback offers random files with the published names, sizes and layouts
(tests/replicas.py), and cuts the connection now and then. Another process asks for
both, as ``run --real`` does, and begins to train. It fails if a byte comes twice
without need, if more than 1 MiB is fetched again for a cut, or if memory grows by more
than 200 MB.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))
import replicas
from faulty_server import Fault, FaultyServer

from tlkit.files import fetch
from tlkit.machine import whole

ROOT = Path(__file__).parents[2]
CUTS = (  # after how many bytes the connection fails: of the weights, of the archive
    [7e6, 12e6, 30e6, 31e6, 55e6],
    [1e6, 40e6, 90e6, 91e6, 130e6, 170e6],
)
LIMIT_MB = 200  # of memory
AGAIN = 2**20  # bytes that may be fetched again for each cut
REGISTER = """
import dataclasses, json, sys
from tlkit.commands import cli
from tlkit.files import fetch

for name, values in json.loads(sys.argv[1]).items():
    fetch.FILES[name] = dataclasses.replace(fetch.FILES[name], **values)
"""
FETCH = """
import tarfile, threading, time
# here, so that what they take does not count
import filelock, numpy, platformdirs, pooch, requests, tqdm


def anonymous():
    for line in open("/proc/self/status"):
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1.024e-3


def watch():
    while not done.wait(0.005):
        most[0] = max(most[0], anonymous())


before, most, done = anonymous(), [0], threading.Event()
watcher = threading.Thread(target=watch)
watcher.start()
started = time.perf_counter()
for name in fetch.PAIR:
    fetch.get(name)
images, labels = fetch.cifar10()
assert images.shape == (60000, 32, 32, 3) and numpy.bincount(labels).sum() == 60000
seconds = time.perf_counter() - started
done.set()
watcher.join()
print(json.dumps({"imports": before, "most": most[0], "seconds": seconds}))
"""
RUN = """
options = ["--recipes", "probe", "--seeds", "1", "--labels-per-class", "2"]
sys.exit(cli.main(["run", "--real", *options, "--out", sys.argv[2]]))
"""


def make_weights(path):
    """VGG16's layers in full width, filled up to the published size."""
    replicas.vgg16_weights(path, width=1)
    pad(path, fetch.FILES["vgg16"].bytes)


def pad(path, size):
    """Fill up to a size: readers of HDF5 and of tar.gz ignore what follows the end."""
    missing = size - path.stat().st_size
    assert missing >= 0, f"the replica {path.name} is {-missing} bytes too large"
    with path.open("ab") as file:
        file.write(bytes(missing))


def make_archive(path):
    """60,000 random pictures that compress about as well as the published ones."""
    images, labels = replicas.cifar10_arrays(per_batch=10_000)
    images[..., 0] &= 0b1100_0000  # pure noise would be too large
    replicas.cifar10_archive(path, images, labels, level=1)
    pad(path, fetch.FILES["cifar10"].bytes)


def learner(code, *arguments, cache):
    """Run code in a process of its own; returns the lines that it printed."""
    environment = {
        **os.environ,
        "TLKIT_CACHE": str(cache),
        "KERAS_HOME": str(cache),
        "TQDM_DISABLE": "1",
        "PYTHONPATH": str(ROOT),
        "TLKIT_DATA": "",
        "TLKIT_MIRRORS": "",
    }
    command = [sys.executable, "-c", REGISTER + code, *map(str, arguments)]
    done = subprocess.run(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=900,
    )
    print(done.stdout)
    return done.stdout.splitlines()


def main() -> int:
    """Exit status 0 if everything holds."""
    with TemporaryDirectory() as work:
        site, cache = Path(work, "site"), Path(work, "cache")
        site.mkdir()
        paths = {name: site / fetch.FILES[name].name for name in fetch.PAIR}
        make_weights(paths["vgg16"])
        make_archive(paths["cifar10"])
        entries = {
            name: replicas.entry(fetch.FILES[name], path)
            for name, path in paths.items()
        }
        for name, entry in entries.items():
            assert entry.bytes == fetch.FILES[name].bytes
        with FaultyServer(site) as server:
            for cuts in CUTS:
                for i, cut in enumerate(cuts):  # by turns as servers and networks fail
                    server.faults.append(Fault(cut=int(cut), reset=i % 2 == 1))
                server.faults.append(Fault())
            known = {
                name: {"url": f"{server.url}/{entry.name}", "hash": entry.hash}
                for name, entry in entries.items()
            }
            seen = json.loads(learner(FETCH, json.dumps(known), cache=cache)[-1])
            sent, requests = server.sent, len(server.requests)
            ran = learner(RUN, json.dumps(known), Path(work, "runs"), cache=cache)
            more = len(server.requests) - requests
        trained = any("Report: " in line for line in ran)
        return judge(seen, sent, requests, more, trained, cache)


def judge(seen, sent, requests, more, trained, cache) -> int:
    """Print the figures; 1 if one of them is too large.

    Args:
        seen: what the process that fetched the files saw: MB and seconds.
        sent: bytes that the server sent.
        requests: of that process.
        more: requests of the run afterwards.
        trained: whether that run wrote its report.
        cache: the folder in which nothing unfinished may be left.
    """
    size = sum(fetch.FILES[name].bytes for name in fetch.PAIR)
    cuts = sum(map(len, CUTS))
    again = sent - size
    grown = seen["most"] - seen["imports"]
    unfinished = [*cache.rglob("*.part"), *cache.rglob(f"{whole.MARK}*")]
    left = [path.name for path in unfinished]
    print(
        f"{size:,} bytes, cut {cuts} times: {requests} requests, "
        f"{seen['seconds']:.0f} s with the conversion"
    )
    print(
        f"fetched again: {again:,} bytes in all, {again / cuts:,.0f} for each cut "
        f"(limit {AGAIN:,})"
    )
    print(
        f"anonymous memory: {seen['imports']:.0f} MB after imports, "
        f"at most {grown:.0f} MB more (limit {LIMIT_MB})"
    )
    print(
        f"run --real: {'trained' if trained else 'FAILED'}, {more} more requests; "
        f"left behind: {left or 'nothing'}"
    )
    good = (
        requests == cuts + 2
        and again <= cuts * AGAIN
        and grown < LIMIT_MB
        and trained
        and not more
        and not left
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
