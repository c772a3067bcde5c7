"""Whatever goes wrong on the way: the right file, or a sentence that says what to do.

Never a wrong file used, never a good file lost, no temporary file left behind except
the part of a download that the next call goes on from. What came of each fault is kept
in docs/reliability.md: TLKIT_UPDATE_DOCS=1 writes it again.
"""

import functools
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tarfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import replicas
from faulty_server import Fault, FaultyServer, certificate

from tlkit.commands import bundle
from tlkit.files import download, fetch
from tlkit.files.hashes import file_hash

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"
FAULTS, OUTCOMES = [], {}  # titles of all tests below; what came of those that ran


def fault(title):
    """A test of one fault; it returns what came of it, for the page."""
    FAULTS.append(title)

    def decorate(test):
        @functools.wraps(test)
        def run(*args, **kwargs):
            OUTCOMES[title] = test(*args, **kwargs)

        return run

    return decorate


@pytest.fixture
def site(tmp_path, cache, monkeypatch):
    """A faulty server with replicas of both published files, which are in the registry.

    Downloads are impatient, and the cache is empty.
    """
    folder = tmp_path / "site"
    folder.mkdir()
    replicas.vgg16_weights(folder / fetch.VGG16)
    replicas.cifar10_archive(
        folder / "cifar-10-python.tar.gz", *replicas.cifar10_arrays()
    )
    for name, value in dict(CONNECT=2, STALL=1.0, RETRIES=2, PAUSE=0.01).items():
        monkeypatch.setattr(download, name, value)
    with FaultyServer(folder) as server:
        register(server, monkeypatch)
        yield server


def register(server, monkeypatch):
    for name, file in ((name, fetch.FILES[name]) for name in fetch.PAIR):
        path = server.folder / file.name
        monkeypatch.setitem(
            fetch.FILES, name, replicas.entry(file, path, f"{server.url}/{file.name}")
        )


@pytest.fixture
def weights(site):
    """The bytes of the file that most tests ask for."""
    return (site.folder / fetch.VGG16).read_bytes()


def names_in(folder):
    """Of all files in the folder but locks, which are empty."""
    if not folder.is_dir():
        return []
    return sorted(
        p.relative_to(folder).as_posix()
        for p in folder.rglob("*")
        if p.is_file() and p.suffix != ".lock"
    )


def arrives(site, cache, times=None):
    """The right file arrives, and nothing else is left: says so, with what it took."""
    weights, before = (site.folder / fetch.VGG16).read_bytes(), site.sent
    path = fetch.get("vgg16")
    assert path.read_bytes() == weights and path.parent == cache
    assert names_in(cache) == [fetch.VGG16, f"{fetch.VGG16}.sha256"]
    again = site.sent - before - len(weights)
    requests = (
        "1 request" if len(site.requests) == 1 else f"{len(site.requests)} requests"
    )
    return f"the right file, {requests}", again


def refused(site, cache, name="vgg16", kept=None):
    """A sentence: returned without what differs from run to run.

    What is kept is a true beginning of the file.
    """
    before = {
        n: (cache / n).read_bytes() for n in names_in(cache) if not n.endswith(".part")
    }
    with pytest.raises(fetch.FetchError) as caught:
        fetch.get(name)
    said = str(caught.value)
    assert "Next: " in said and "\n" not in said
    left = {n: (cache / n).read_bytes() for n in names_in(cache)}
    part = left.pop(f"{fetch.FILES[name].name}.part", None)
    assert left == before and part != b"", "something was lost, or left behind"
    assert (site.folder / fetch.FILES[name].name).read_bytes().startswith(part or b"")
    assert kept is None or bool(part) == kept
    return tidy(said, cache)


def tidy(said, cache):
    said = (
        said.replace(fetch.WAYS, "(the three ways)")
        .replace(str(cache), "CACHE")
        .replace(str(cache.parent), "…")
    )
    said = (
        re.sub(r"https?://(localhost|127.0.0.1):\d+", "http://SERVER", said)
        .replace(fetch.VGG16, "vgg16….h5")
        .replace("(0 MB)", "(… MB)")
    )
    return f"“{said}”"


# The way here


@fault("The connection is cut at every tenth of the file")
@pytest.mark.parametrize("reset", [False, True])
def test_cut_at_every_tenth(site, cache, weights, reset):
    site.faults = [
        Fault(cut=len(weights) * tenth // 10, reset=reset) for tenth in range(1, 10)
    ]
    outcome, again = arrives(site, cache)
    assert len(site.requests) == 10 and again <= 9 * 2**17
    assert reset or again <= 9 * 2**14
    starts = [
        int(asked.removeprefix("bytes=").removesuffix("-"))
        for _, asked in site.requests
    ]
    assert starts == sorted(starts) and all(np.diff(starts) > 0)
    return f"{outcome}, each goes on where the last one ended (at most 16 KiB before)"


@fault("The connection is cut, and the program is started again")
def test_cut_and_started_again(site, cache, weights):
    site.faults = [Fault(cut=100_000), Fault(status=404)]
    said = refused(site, cache, kept=True)
    assert "MB are here" in said
    outcome, again = arrives(site, cache)
    assert again <= 2**14 - 90_000 and site.requests[-1][1] != "bytes=0-"
    return f"{said}; then {outcome.partition(',')[0]}, without what was here"


@fault("Wrong bytes of the right length")
def test_wrong_bytes(site, cache, weights):
    site.always = Fault(content=weights[:-1] + b"?")
    said = refused(site, cache, kept=False)
    assert "hash" in said and len(site.requests) == 1
    return re.sub(r"[0-9a-f]{32,}", "…", said)


@fault("Wrong bytes from a mirror that is cut, then the publisher")
def test_pieces_of_different_files(site, cache, weights, monkeypatch):
    monkeypatch.setenv("TLKIT_MIRRORS", f"{site.url}/mirror")
    site.faults = [Fault(content=bytes(len(weights)), cut=50_000), Fault(status=404)]
    outcome, _ = arrives(site, cache)
    assert [path for path, _ in site.requests] == [f"/mirror/{fetch.VGG16}"] * 2 + [
        f"/{fetch.VGG16}"
    ] * 2
    return f"{outcome}: what does not fit together is fetched again from one server"


@fault("A truncated file on the server")
def test_truncated(site, cache, weights):
    site.always = Fault(content=weights[:200_000])
    said = refused(site, cache, kept=False)
    assert "offers 200000 bytes" in said and len(site.requests) == 1
    return said


@fault("More bytes than announced, without a length")
def test_too_long(site, cache, weights):
    site.always = Fault(
        content=weights + b"more", ranges=False, headers={"Content-Length": None}
    )
    said = refused(site, cache)
    assert "sends more than 261,928 bytes" in said and len(site.requests) == 1
    return said


@fault("A login page instead of the file (hotel wifi)")
def test_login_page(site, cache):
    page = {"Content-Type": "text/html", "Content-Length": None}
    site.always = Fault(
        content=b"<html>Your room number?</html>", headers=page, ranges=False
    )
    return refused(site, cache, kept=False)


@fault("404")
def test_not_found(site, cache):
    site.always = Fault(status=404)
    said = refused(site, cache, kept=False)
    assert len(site.requests) == 1  # asking again would not help
    return said


@fault("500, for ever")
def test_server_error(site, cache):
    site.always = Fault(status=500)
    said = refused(site, cache, kept=False)
    assert len(site.requests) == 3
    return f"{said}, after 3 attempts (4 outside the tests)"


@fault("500 once")
def test_server_error_once(site, cache):
    site.faults = [Fault(status=500)]
    return arrives(site, cache)[0]


@fault("503 with Retry-After: 1")
def test_retry_after(site, cache, monkeypatch):
    waited = []
    monkeypatch.setattr(download, "time", SimpleNamespace(sleep=waited.append))
    site.faults = [Fault(status=503, headers={"Retry-After": "1"})]
    outcome, _ = arrives(site, cache)
    assert waited == [1]
    return f"{outcome}, 1 s later"


@fault("503 with Retry-After: an hour")
def test_retry_after_an_hour(site, cache):
    site.always = Fault(status=503, headers={"Retry-After": "3600"})
    said = refused(site, cache, kept=False)
    assert len(site.requests) == 1 and "asks to wait for 3600 s" in said
    return said


@fault("503 with a Retry-After that is none")
def test_retry_after_nonsense(site, cache):
    site.faults = [Fault(status=503, headers={"Retry-After": "soon"})]
    return arrives(site, cache)[0]


@fault("A redirect")
def test_redirect(site, cache):
    site.faults = [Fault(status=302, headers={"Location": f"/elsewhere/{fetch.VGG16}"})]
    return arrives(site, cache)[0]


@fault("A server without Range, cut twice")
def test_without_range(site, cache, weights):
    site.faults = [Fault(ranges=False, cut=n) for n in (100_000, 200_000)]
    site.always = Fault(ranges=False)
    outcome, again = arrives(site, cache)
    assert 250_000 < again <= 300_000  # nothing else is possible
    return f"{outcome}, each from the beginning"


@fault("A server that begins earlier than asked")
def test_begins_early(site, cache):
    site.faults = [Fault(cut=100_000), Fault(shift=5_000)]
    return arrives(site, cache)[0]


@fault("A server that calls the .gz gzip-encoded")
def test_content_encoding(site, cache):
    site.always = Fault(headers={"Content-Encoding": "gzip"})
    archive = site.folder / "cifar-10-python.tar.gz"
    assert fetch.published("cifar10").read_bytes() == archive.read_bytes()
    return "the right file: it is left packed"


@fault("The data stall once")
def test_stall_once(site, cache):
    site.faults = [Fault(stall=100_000)]
    started = time.monotonic()
    outcome, again = arrives(site, cache)
    assert again <= 2**14 and len(site.requests) > 1 and time.monotonic() - started < 20
    return "the right file: after a second (30 outside the tests) it goes on from there"


@fault("The data stall at the same byte, for ever")
def test_stall(site, cache):
    site.always = Fault(stall=100_000)
    return refused(site, cache, kept=True)


@fault("A slow trickle, in all far slower than the limit for a stall")
def test_trickle(site, cache, weights):
    site.always = Fault(pause=0.1)
    assert len(weights) / 2**13 * 0.1 > 3 * download.STALL
    return arrives(site, cache)[0].partition(",")[0]


@contextmanager
def https(site, monkeypatch, tmp_path, *dates):
    if not shutil.which("openssl"):
        pytest.skip("needs the openssl command to make a certificate")
    pem = certificate(tmp_path / "certificate", *dates)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    with FaultyServer(site.folder, context) as server:
        register(server, monkeypatch)
        yield server


@fault("HTTPS, cut three times")
def test_https_cut(site, cache, monkeypatch, tmp_path):
    with https(
        site, monkeypatch, tmp_path, "20200101000000Z", "20990101000000Z"
    ) as server:
        server.faults = [
            Fault(cut=n, reset=n == 150_000) for n in (100_000, 150_000, 200_000)
        ]
        return arrives(server, cache)[0]


@fault("An expired certificate")
def test_expired_certificate(site, cache, monkeypatch, tmp_path):
    with https(
        site, monkeypatch, tmp_path, "20200101000000Z", "20210101000000Z"
    ) as server:
        monkeypatch.setattr(download, "time", None)  # no waiting: it would not help
        said = refused(server, cache, kept=False)
        assert not server.requests and "date" in said
    return said


@fault("An expired certificate, and a mirror")
def test_expired_certificate_and_a_mirror(site, cache, monkeypatch, tmp_path):
    with https(site, monkeypatch, tmp_path, "20200101000000Z", "20210101000000Z"):
        monkeypatch.setenv(
            "TLKIT_MIRRORS", f"http://localhost:9/nobody-listens {site.url}"
        )
        return arrives(site, cache)[0].partition(",")[0]


@fault("A name that does not resolve (offline)")
def test_no_name(site, cache, monkeypatch):
    file = replace(fetch.FILES["vgg16"], url=f"https://nowhere.invalid/{fetch.VGG16}")
    monkeypatch.setitem(fetch.FILES, "vgg16", file)
    monkeypatch.setattr(download, "time", None)  # no waiting: it would not help
    said = refused(site, cache, kept=False)
    assert "is this machine online?" in said
    return said


@fault("Nobody listens")
def test_refused_connection(site, cache, monkeypatch):
    monkeypatch.setitem(
        fetch.FILES,
        "vgg16",
        replace(fetch.FILES["vgg16"], url=f"http://localhost:9/{fetch.VGG16}"),
    )
    return refused(site, cache, kept=False)


# The machine


@contextmanager
def mounted(folder, *options):
    """A file system of its own in the folder, where this machine lets us."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)]
    if (
        not shutil.which("mount")
        or subprocess.run(command, capture_output=True).returncode
    ):
        pytest.skip("this machine does not let us mount a file system")
    try:
        yield lambda *more: subprocess.run(
            ["mount", "-o", f"remount,{','.join(more)}", str(folder)], check=True
        )
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@fault("A full disk, seen beforehand")
def test_full_disk(site, cache):
    with mounted(cache, "-o", "size=128k"):
        said = refused(site, cache, kept=False)
    assert "make room" in said and not site.requests
    return said


@fault("A disk that fills up on the way; then there is room")
def test_disk_fills_up(site, cache, monkeypatch):
    with mounted(cache, "-o", "size=128k") as remount:
        full_later = SimpleNamespace(free=10**9)
        monkeypatch.setattr(fetch.shutil, "disk_usage", lambda folder: full_later)
        said = refused(site, cache, kept=True)
        assert "make room" in said and "[Errno 28]" in said and len(site.requests) == 1
        remount("size=4m")
        outcome, again = arrives(site, cache)
    assert again < 0 and site.requests[-1][1] != "bytes=0-"
    return f"{said}; then {outcome.partition(',')[0]}, without what was here"


@fault("A limit to the size of files")
def test_file_size_limit(site, cache):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        said = refused(site, cache, kept=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "make room" in said and arrives(site, cache)
    return said


@contextmanager
def read_only(folder):
    """Nothing can be written there, not even by root."""
    if os.name == "nt":
        pytest.skip("Windows has no read-only folders")
    if os.geteuid():
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(0o755)
        return
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    with mounted(folder) as remount:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        remount("ro")
        yield


@fault("A read-only cache without the file")
def test_read_only_cache(site, cache):
    cache.mkdir()
    with read_only(cache):
        said = refused(site, cache)
    assert not site.requests and "TLKIT_CACHE" in said
    return said


@fault("A read-only cache with the file")
def test_read_only_cache_with_the_file(site, cache):
    fetch.get("vgg16")
    with read_only(cache):
        assert fetch.get("vgg16") == cache / fetch.VGG16
    assert len(site.requests) == 1
    return "the right file, 1 request"


@fault("A cache below a file or in a read-only folder")
def test_no_folder_for_the_cache(site, cache, monkeypatch):
    (cache.parent / "file").write_text("")
    monkeypatch.setenv("TLKIT_CACHE", str(cache.parent / "file" / "cache"))
    return refused(site, cache).replace("…/file/cache", "CACHE")


# Several processes, and killed ones

CHILDREN = """
import dataclasses, json, os, random, signal, sys, time
import filelock, numpy, platformdirs, pooch, requests, tqdm  # once, for all children
from tlkit.files import download, fetch

name, entries, kills, together = json.loads(sys.argv[1])
for key, values in entries.items():
    fetch.FILES[key] = dataclasses.replace(fetch.FILES[key], **values)
sys.stdout = open(os.devnull, "w")


def child():
    if pid := os.fork():
        return pid
    code = 1
    try:
        fetch.get(name)
        code = 0
    finally:
        os._exit(code)


for longest in kills:
    pid = child()
    time.sleep(random.uniform(0, longest))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
pids = [child() for _ in range(together)]
codes = [os.waitpid(pid, 0)[1] for pid in pids]
sys.exit(any(codes))
"""


def children(name, kills=(), together=1):
    """Ask for a file in processes of their own.

    Args:
        kills: for each process that is killed, the most seconds that it gets.
        together: how many then ask at once.
    """
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    entries = {
        key: {"url": f.url, "bytes": f.bytes, "hash": f.hash}
        for key, f in fetch.FILES.items()
    }
    command = [
        sys.executable,
        "-c",
        CHILDREN,
        json.dumps([name, entries, kills, together]),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


READY = [
    "cifar-10-python.tar.gz",
    "cifar10/hashes.txt",
    "cifar10/images.npy",
    "cifar10/labels.npy",
]


@fault("Two and eight processes at once")
@pytest.mark.parametrize("together", [2, 8])
def test_processes_at_once(site, cache, together):
    children("cifar10", together=together)
    np.testing.assert_array_equal(fetch.cifar10()[0], replicas.cifar10_arrays()[0])
    assert len(site.requests) == 1 and names_in(cache) == READY
    return "the right file for each, 1 request in all"


@fault("SIGKILL at random moments, twenty times")
def test_killed_twenty_times(site, cache):
    site.always = Fault(
        pause=0.02
    )  # 46 pieces: about a second; killed within a third of that, fifteen times
    children("cifar10", kills=[0.3] * 15)
    np.testing.assert_array_equal(fetch.cifar10()[0], replicas.cifar10_arrays()[0])
    assert names_in(cache) == READY
    assert (
        len({asked for _, asked in site.requests}) > 3
    )  # they went on from one another
    shutil.rmtree(cache / "cifar10")
    asked = len(site.requests)
    children("cifar10", kills=[0.04] * 5)  # while it is converted
    np.testing.assert_array_equal(fetch.cifar10()[0], replicas.cifar10_arrays()[0])
    assert names_in(cache) == READY and len(site.requests) == asked
    return "the right file: the next call goes on from what is there"


# What lies on the disk


@fault("A cached file that was changed")
def test_tampered_cache(site, cache, weights):
    cache.mkdir()
    (cache / fetch.VGG16).write_bytes(b"changed")
    with pytest.warns(UserWarning, match="not used"):
        assert fetch.get("vgg16").read_bytes() == weights
    aside = [path for path in cache.glob("*.damaged-*")]
    assert [path.read_bytes() for path in aside] == [b"changed"]
    return "a warning, the right file, and the changed one is kept under another name"


@fault("The unfinished download was changed")
def test_tampered_part(site, cache, weights):
    cache.mkdir()
    (cache / f"{fetch.VGG16}.part").write_bytes(b"x" * 100_000)
    outcome, again = arrives(site, cache)
    return f"{outcome}: the hash is wrong, so it is fetched from the beginning"


@fault("Another file with the same MD5 as the weights")
def test_recorded_sha256(site, cache, weights):
    fetch.get("vgg16")
    record = cache / f"{fetch.VGG16}.sha256"
    recorded = record.read_text().split()
    assert recorded == [
        file_hash(cache / fetch.VGG16),
        fetch.VGG16,
    ]
    record.write_text(
        "0" * 64
    )  # as if another file had come first: nobody has two files with one MD5 at hand
    with pytest.warns(UserWarning, match="not used"):
        assert fetch.find("vgg16") is None
    for left in (b"", bytes(60), b"\xff\xfe"):  # a power cut: the MD5 decides again
        record.write_bytes(left)
        assert fetch.find("vgg16") == cache / fetch.VGG16
    return "not used: the SHA-256 of the first download is recorded"


@fault("An archive with ../ names and absolute ones")
def test_archive_with_dots(site, cache, monkeypatch, tmp_path):
    archive = site.folder / "cifar-10-python.tar.gz"
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    with tarfile.open(archive, "w:gz") as tar:
        for name in (
            "../evil",
            "cifar-10-batches-py/../../evil",
            str(tmp_path / "evil"),
        ):
            tar.add(PAGE, name)
        tar.add(tmp_path / "unpacked" / "cifar-10-batches-py", "cifar-10-batches-py")
    register(site, monkeypatch)
    fetch.get("cifar10")
    np.testing.assert_array_equal(fetch.cifar10()[0], replicas.cifar10_arrays()[0])
    assert names_in(cache) == READY and not list(tmp_path.rglob("evil*"))
    return "the right arrays; nothing is ever extracted"


@fault("A hostile pickle in place of a batch, with the right hash")
def test_hostile_pickle(site, cache, monkeypatch, tmp_path):
    archive = site.folder / "cifar-10-python.tar.gz"
    hostile = replicas.Hostile(tmp_path / "pwned")
    replicas.cifar10_archive(
        archive, *replicas.cifar10_arrays(), python=3, instead_of_batch_3=hostile
    )
    register(site, monkeypatch)
    with pytest.raises(fetch.FetchError, match=r"asks for (posix|nt)\.mkdir") as caught:
        fetch.get("cifar10")
    assert not (tmp_path / "pwned").exists() and not (cache / "cifar10").exists()
    return tidy(str(caught.value), cache)


@pytest.fixture
def stick(site, cache, monkeypatch, tmp_path):
    """A bundle with both files; then another machine: an empty cache, and no server."""
    bundle.make(tmp_path / "stick", list(fetch.PAIR), accept_cifar10_terms=True)
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "other machine"))
    site.always = Fault(status=404)
    site.requests.clear()
    return tmp_path / "stick"


@fault("A bundle in which one file was changed, or has gone")
@pytest.mark.parametrize("gone", [False, True])
def test_tampered_bundle(stick, gone, tmp_path):
    cache, said = tmp_path / "other machine", ""
    for name in names_in(stick):
        if name in ("manifest.json", "LICENCES.txt"):
            continue
        kept = (stick / name).read_bytes()
        (stick / name).unlink() if gone else (stick / name).write_bytes(
            kept[:-1] + bytes([kept[-1] ^ 1])
        )
        with pytest.raises(
            fetch.FetchError, match=f"is not as it was made: {re.escape(name)}. Next:"
        ) as caught:
            bundle.install(stick, list(fetch.PAIR))
        said = tidy(str(caught.value), cache)
        assert not names_in(cache)
        (stick / name).write_bytes(kept)
    bundle.install(stick, list(fetch.PAIR))  # as it was made
    return said


@fault("A bundle whose manifest was changed with the file")
def test_tampered_bundle_and_manifest(stick, site, tmp_path):
    cache, path = tmp_path / "other machine", stick / fetch.VGG16
    good = path.read_bytes()
    bundle.install(stick, ["vgg16"])
    path.write_bytes(good[:-1] + b"?")
    manifest = json.loads((stick / "manifest.json").read_text())
    manifest["files"][fetch.VGG16]["sha256"] = file_hash(path)
    (stick / "manifest.json").write_text(json.dumps(manifest))
    bundle.install(stick, ["vgg16"])  # what was here is right, and stays
    assert fetch.find("vgg16").read_bytes() == good
    shutil.rmtree(cache)
    with pytest.raises(fetch.FetchError, match="sends another file") as caught:
        bundle.install(stick, ["vgg16"])
    assert not names_in(cache)
    return re.sub(r"[0-9a-f]{32,}", "…", tidy(str(caught.value), cache))


@fault("A bundle whose manifest names ../ files, or is none")
@pytest.mark.parametrize(
    "manifest",
    ['{"files": {"../secret": {}}}', '{"files": []}', "{}", "?", '{"files": {"x": 1}}'],
)
def test_bundle_without_manifest(stick, manifest, tmp_path):
    (tmp_path / "secret").write_text("")
    (stick / "manifest.json").write_text(manifest)
    with pytest.raises(fetch.FetchError, match="is not a complete bundle") as caught:
        bundle.install(stick, list(fetch.PAIR))
    assert not names_in(tmp_path / "other machine")
    return re.sub(
        r"\(.*?\)", "(why)", tidy(str(caught.value), tmp_path / "other machine")
    )


@fault("A package that was added to a bundle")
def test_added_package(stick, tmp_path):
    (stick / "wheels").mkdir()
    (stick / "wheels" / "keras-99-py3-none-any.whl").write_bytes(b"")
    with pytest.raises(
        fetch.FetchError, match="not as it was made: wheels/keras-99"
    ) as caught:
        bundle.install(stick, list(fetch.PAIR))
    return tidy(str(caught.value), tmp_path / "other machine")


@fault("A bundle, and the disk is too small for it")
def test_bundle_on_a_full_disk(stick, tmp_path):
    cache = tmp_path / "other machine"
    with mounted(cache, "-o", "size=128k"):
        with pytest.raises(fetch.FetchError, match="make room") as caught:
            bundle.install(stick, ["vgg16"])
        assert not names_in(cache)
    return tidy(str(caught.value), cache)


@fault("A file in TLKIT_DATA that was changed")
def test_tampered_data(stick, site, monkeypatch, tmp_path):
    monkeypatch.setenv("TLKIT_DATA", str(stick))
    assert fetch.find("vgg16") == stick / fetch.VGG16
    (stick / fetch.VGG16).write_bytes(b"changed")
    with pytest.warns(UserWarning, match="not used"):
        assert fetch.find("vgg16") is None
    images = stick / "cifar10" / "images.npy"
    images.write_bytes(images.read_bytes()[:-1] + b"?")
    with pytest.warns(UserWarning, match="not used"):
        np.testing.assert_array_equal(
            fetch.cifar10()[0], replicas.cifar10_arrays()[0]
        )  # from the archive beside it
        assert fetch.find("cifar10").is_relative_to(tmp_path / "other machine")
    assert (stick / fetch.VGG16).read_bytes() == b"changed"
    return "a warning, and the next place is asked; nothing is written there"


# The page


def page():
    rows = "\n".join(f"| {title} | {OUTCOMES[title]} |" for title in FAULTS)
    return f"""# What happens when something goes wrong on the way

Each of these faults ends with the right file or with one sentence. A wrong file is
never used. A file that was here is never lost: one that does not have the right hash is
kept under another name. A broken download leaves one file that ends in `.part`, and the
next call goes on from it.

`tests/test_faults.py` makes each of them happen, with a real web server on loopback,
and writes this page
(`TLKIT_UPDATE_DOCS=1 .venv/bin/python -m pytest tests/test_faults.py`).

“(the three ways)” stands for: {fetch.WAYS}.

| fault | outcome |
|---|---|
{rows}

Not protected: a folder in `TLKIT_DATA` is as trustworthy as the person who filled it.
Its weights and its archive are compared with the published hashes, but its ready arrays
only with the hashes that lie beside them. They are read as plain numbers and can run
nothing. The packages of a bundle are compared with its manifest only.
"""


def test_the_page_says_what_happened(capsys):
    if unknown := set(FAULTS) - set(OUTCOMES):
        written = PAGE.read_text("utf-8")
        assert all(
            f"| {title} | {said} |" in written for title, said in OUTCOMES.items()
        ), "TLKIT_UPDATE_DOCS=1"
        pytest.skip(
            f"not the whole page: {len(unknown)} of {len(FAULTS)} faults did not happen"
        )
    if os.environ.get("TLKIT_UPDATE_DOCS"):
        PAGE.write_text(page(), "utf-8")
    with capsys.disabled():
        print("\n" + "\n".join(f"{title}: {OUTCOMES[title]}" for title in FAULTS))
    assert PAGE.read_text("utf-8") == page(), "TLKIT_UPDATE_DOCS=1 writes it again"
