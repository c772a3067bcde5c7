"""Rooms without internet: bundles, shared folders, and what is said when nothing is
there.
"""

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import replicas
from faulty_server import FaultyServer
from test_faults import names_in, read_only, register

from tlkit.commands import bundle, cli
from tlkit.files import download, fetch, pairs
from tlkit.files.hashes import file_hash
from tlkit.machine.bar import bar

ROOT = Path(__file__).parents[1]


@pytest.fixture
def site(tmp_path, cache, monkeypatch):
    """A server with replicas of both published files, which are in the registry, and an
    empty cache.
    """
    folder = tmp_path / "site"
    folder.mkdir()
    replicas.vgg16_weights(folder / fetch.VGG16)
    replicas.cifar10_archive(
        folder / "cifar-10-python.tar.gz", *replicas.cifar10_arrays()
    )
    with FaultyServer(folder) as server:
        register(server, monkeypatch)
        yield server


@pytest.fixture
def stick(site, tmp_path, monkeypatch, capsys):
    """A bundle made by the command line, on another machine: no cache, no server."""
    assert (
        cli.main(["fetch", "--to", str(tmp_path / "stick"), "--accept-cifar10-terms"])
        == 0
    )
    assert "5 files" in capsys.readouterr().out
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "other machine"))
    for path in site.folder.iterdir():
        path.unlink()
    site.requests.clear()
    return tmp_path / "stick"


def same_pair():
    np.testing.assert_array_equal(fetch.cifar10()[0], replicas.cifar10_arrays()[0])
    return fetch.find("vgg16"), fetch.find("cifar10")


# Downloading by the command line


def test_fetch_downloads_and_tells_licence_and_source_once(site, capsys):
    assert cli.main(["fetch"]) == 0
    said = capsys.readouterr().out
    for file in map(fetch.FILES.get, fetch.PAIR):
        assert f"Licence: {file.licence}. Cite: {file.citation}." in said
    assert f"CIFAR-10 is at {fetch.find('cifar10')}" in said and len(site.requests) == 2
    assert cli.main(["fetch", "vgg16"]) == 0
    assert "Licence" not in capsys.readouterr().out and len(site.requests) == 2


def test_a_name_that_is_none_is_refused(site, capsys):
    assert cli.main(["fetch", "vgg61"]) == 1
    said = capsys.readouterr().err
    assert "expected some of vgg16, cifar10, vgg19, resnet50, " in said
    assert said.endswith(", got vgg61\n")


def test_mirrors_are_asked_first_and_the_publisher_last(site, monkeypatch):
    port = urlsplit(site.url).port
    monkeypatch.setenv(
        "TLKIT_MIRRORS", f"http://127.0.0.1:{port}/a/ http://127.0.0.1:{port}/b"
    )
    (site.folder / fetch.VGG16).rename(site.folder / "away")
    with pytest.raises(
        fetch.FetchError,
        match=rf"/a/{fetch.VGG16}: 404.*/b/.*: 404.*localhost:{port}/vgg16",
    ):
        fetch.get("vgg16")
    assert [path for path, _ in site.requests] == [
        f"/{folder}{fetch.VGG16}" for folder in ("a/", "b/", "")
    ]
    (site.folder / "away").rename(site.folder / fetch.VGG16)
    fetch.get("vgg16")
    assert site.requests[3:] == [(f"/a/{fetch.VGG16}", "bytes=0-")]


def test_one_bar_counts_bytes_with_rate_and_time_left(site, monkeypatch):
    bars = []

    def watched(total, what, unit):
        bars.append((total, what, unit))
        return bar(total, what, unit)

    monkeypatch.setattr(download, "bar", watched)
    fetch.get("vgg16")
    size = (site.folder / fetch.VGG16).stat().st_size
    assert bars == [(size, "ImageNet's VGG16", "B")]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_counts_megabytes_and_is_quiet_where_nobody_watches(
    capsys, monkeypatch
):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    for stream in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stream)
        with bar(58_889_256, "weights", "B") as shown:
            shown.update(29_000_000)
            shown.refresh()
            said = stream.getvalue()
        watched = re.search(r"weights: .*29.0M/58.9M \[\d\d:\d\d<.*B/s\]", said)
        assert watched if stream.isatty() else said == ""


# Offline


def test_offline_the_real_pair_is_one_sentence_with_three_ways(
    site, monkeypatch, capsys
):
    for name, file in ((name, fetch.FILES[name]) for name in fetch.PAIR):
        monkeypatch.setitem(
            fetch.FILES, name, replace(file, url=f"http://localhost:9/{file.name}")
        )  # nobody listens
    with pytest.raises(fetch.FetchError) as caught:
        pairs.choose(real=True)
    said = str(caught.value)
    assert (
        said.startswith("ImageNet's VGG16 (vgg16_weights")
        and " and CIFAR-10 (cifar-10-python.tar.gz" in said
    )
    assert cli.main(["fetch"]) == 1
    for message in (said, capsys.readouterr().err):
        ways = (
            "`python -m tlkit run --real` or `python -m tlkit fetch`",
            "`python -m tlkit fetch --from DIR`",
        )
        places = [message.index(way) for way in (*ways, "TLKIT_DATA=DIR")]
        assert places == sorted(places) and message.count("\n") <= 1


# Bundles


def test_a_bundle_has_files_manifest_hashes_and_licences(stick, site):
    assert names_in(stick) == [
        "LICENCES.txt",
        "cifar-10-python.tar.gz",
        "cifar10/hashes.txt",
        "cifar10/images.npy",
        "cifar10/labels.npy",
        "manifest.json",
        fetch.VGG16,
    ]
    manifest = json.loads((stick / "manifest.json").read_text("utf-8"))
    assert set(manifest["files"]) == set(names_in(stick)) - {
        "LICENCES.txt",
        "manifest.json",
    }
    for path, entry in manifest["files"].items():
        assert entry["bytes"] == (stick / path).stat().st_size
        assert entry["sha256"] == file_hash(stick / path)
    for file in map(fetch.FILES.get, fetch.PAIR):
        assert manifest["files"][file.name]["licence"] == file.licence
        assert file.licence in (stick / "LICENCES.txt").read_text("utf-8")


def test_cifar10_goes_into_a_bundle_only_after_an_acknowledgement(
    site, tmp_path, capsys
):
    assert cli.main(["fetch", "--to", str(tmp_path / "stick")]) == 1
    said = capsys.readouterr().err
    assert "CIFAR-10 has no licence" in said and "--accept-cifar10-terms" in said
    assert not (tmp_path / "stick").exists() and not site.requests
    assert cli.main(["fetch", "vgg16", "--to", str(tmp_path / "stick")]) == 0
    assert fetch.VGG16 in names_in(tmp_path / "stick") and "cifar" not in str(
        names_in(tmp_path / "stick")
    )


def test_a_bundle_is_installed_without_a_network(stick, site, tmp_path, capsys):
    assert cli.main(["fetch", "--from", str(stick)]) == 0
    weights, images = same_pair()
    assert (
        weights.parent == images.parent.parent == tmp_path / "other machine"
        and not site.requests
    )
    assert not [
        name for name in names_in(tmp_path / "other machine") if name.endswith(".part")
    ]
    assert "CIFAR-10 is now at" in capsys.readouterr().out


def test_a_bundle_without_the_file_says_so(site, tmp_path):
    bundle.make(tmp_path / "stick", ["vgg16"])
    with pytest.raises(fetch.FetchError, match="stick has none of cifar10. Next: "):
        bundle.install(tmp_path / "stick", ["cifar10"])


def test_a_bundle_that_is_not_finished_is_none(stick, site, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle.shutil, "copyfile", full)
    before = names_in(stick)
    monkeypatch.setenv("TLKIT_DATA", str(stick))
    with pytest.raises(OSError, match="No space"):
        bundle.make(stick, ["vgg16"])
    assert names_in(stick) == [name for name in before if name != "manifest.json"]
    with pytest.raises(fetch.FetchError, match="is not a complete bundle"):
        bundle.install(stick, ["vgg16"])


def test_wheels_are_what_the_requirements_pin_but_not_tlkit(
    site, tmp_path, monkeypatch
):
    asked = []

    def pip(command):
        asked.extend(command)
        folder = Path(command[command.index("--dest") + 1])
        folder.mkdir()
        (folder / "numpy-2-cp311.whl").write_bytes(b"wheel")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(bundle.subprocess, "run", pip)
    bundle.make(tmp_path / "stick", ["vgg16"], wheels=True)
    pins = [
        line
        for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()
        if "==" in line
    ]
    assert (
        asked[-len(pins) :] == pins
        and asked[1:4] == ["-m", "pip", "download"]
        and "-e ." not in asked
    )
    assert any(
        pin.startswith("setuptools==") for pin in pins
    )  # which installs tlkit itself, without a network
    manifest = json.loads((tmp_path / "stick" / "manifest.json").read_text("utf-8"))
    assert "wheels/numpy-2-cp311.whl" in manifest["files"]
    assert manifest["packages_for"].startswith(f"Python 3.{sys.version_info.minor}, ")
    monkeypatch.setattr(
        bundle.subprocess,
        "run",
        lambda command: subprocess.CompletedProcess(command, 1),
    )
    with pytest.raises(fetch.FetchError, match="packages could not be downloaded"):
        bundle.make(tmp_path / "stick", ["vgg16"], wheels=True)


# Shared folders

MAPPED = """
import sys
from tlkit.files import fetch
images, _ = fetch.cifar10()
images.sum()
maps = open("/proc/self/smaps").read().split("images.npy")[1].splitlines()
anonymous = next(line for line in maps if line.startswith("Anonymous:"))
print(images.filename, anonymous.split()[1])
"""


def test_tlkit_data_is_used_where_it_lies_and_never_written_to(
    stick, site, tmp_path, monkeypatch
):
    monkeypatch.setenv(
        "TLKIT_DATA", os.pathsep.join([str(tmp_path / "not there"), str(stick)])
    )
    with read_only(stick):
        weights, images = same_pair()
        assert weights.parent == images.parent.parent == stick
        assert pairs.choose().name == "real"
    assert not site.requests and not names_in(tmp_path / "other machine")


def test_tlkit_data_comes_before_the_users_own_cache(
    stick, site, tmp_path, monkeypatch
):
    bundle.install(stick, ["vgg16", "cifar10"])
    assert same_pair()[0].parent == tmp_path / "other machine"
    monkeypatch.setenv("TLKIT_DATA", str(stick))
    assert same_pair()[0].parent == same_pair()[1].parent.parent == stick


def test_an_archive_in_tlkit_data_without_arrays_is_converted_into_the_users_cache(
    stick, tmp_path, monkeypatch
):
    for path in (stick / "cifar10").iterdir():
        path.unlink()
    before = names_in(stick)
    monkeypatch.setenv("TLKIT_DATA", str(stick))
    assert (
        same_pair()[1].parent.parent == tmp_path / "other machine"
        and names_in(stick) == before
    )


@pytest.mark.skipif(
    not Path("/proc/self/smaps").exists(),
    reason="only Linux tells which pages are whose",
)
def test_kernels_share_the_pages_of_the_arrays(stick, monkeypatch):
    entries = {name: (file.bytes, file.hash) for name, file in fetch.FILES.items()}
    code = f"""
import dataclasses
from tlkit.files import fetch
for name, (size, known) in {entries!r}.items():
    fetch.FILES[name] = dataclasses.replace(fetch.FILES[name], bytes=size, hash=known)
{MAPPED}"""
    monkeypatch.setenv("TLKIT_DATA", str(stick))
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.split() == [
        str(stick / "cifar10" / "images.npy"),
        "0",
    ]  # no page of its own
