"""Downloads and the cache: a wrong file is never used, a good one is never lost."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import replicas
from conftest import register_archive

from tlkit.files import fetch
from tlkit.machine import whole

ROOT = Path(__file__).parents[1]


def files_in(folder):
    return sorted(
        path.name
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    )


# What is published


def test_the_registry_agrees_with_the_keras_that_is_installed():
    # Read as text: importing keras.applications would take seconds
    keras = (
        Path(importlib.util.find_spec("keras").submodule_search_locations[0]) / "src"
    )
    vgg16, cifar10 = fetch.FILES["vgg16"], fetch.FILES["cifar10"]
    source = (keras / "applications" / "vgg16.py").read_text("utf-8")
    assert vgg16.name in source and vgg16.hash.removeprefix("md5:") in source
    joined = source.replace('"\n    "', "")
    assert f'"{vgg16.url}"' in joined
    source = (keras / "datasets" / "cifar10.py").read_text("utf-8")
    assert cifar10.url in source and cifar10.hash.removeprefix("sha256:") in source
    assert f'"{Path(cifar10.keras[0]).name.removesuffix("_archive")}"' in source
    assert (vgg16.bytes, cifar10.bytes) == (58_889_256, 170_498_071)


def test_the_licence_of_cifar10_is_told_as_it_is():
    assert (
        "none" in fetch.FILES["cifar10"].licence
        and "never redistribute" in fetch.FILES["cifar10"].licence
    )


def test_importing_fetch_imports_neither_keras_nor_pooch():
    heavy = {"keras", "tensorflow", "pooch", "requests"}
    code = f"import sys, tlkit.files.fetch; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


# Downloading


def test_a_download_is_verified_and_the_second_call_asks_no_server(
    vgg16, server, cache
):
    assert fetch.find("vgg16") is None and [
        file.name for file in fetch.missing(("vgg16",))
    ] == [vgg16.name]
    assert not server.requests  # looking is not downloading
    path = fetch.get("vgg16")
    assert path.read_bytes() == vgg16.read_bytes() and path.parent == cache
    assert (
        fetch.get("vgg16") == fetch.find("vgg16") == path
        and fetch.missing(("vgg16",)) == []
    )
    assert server.requests.total() == 1
    assert files_in(cache) == [vgg16.name, f"{vgg16.name}.sha256"]


def test_a_tampered_file_is_named_not_used_and_not_lost(vgg16, cache):
    cache.mkdir()
    tampered = cache / vgg16.name
    tampered.write_bytes(b"tampered")
    with pytest.warns(UserWarning, match="not used"):
        assert fetch.find("vgg16") is None
    assert tampered.read_bytes() == b"tampered"
    with pytest.warns(UserWarning, match="not used"):
        path = fetch.get("vgg16")
    assert path.read_bytes() == vgg16.read_bytes()
    assert [p.read_bytes() for p in cache.glob(f"{vgg16.name}.damaged-*")] == [
        b"tampered"
    ]


def test_a_tampered_file_survives_an_attempt_without_a_server(vgg16, server, cache):
    cache.mkdir()
    (cache / vgg16.name).write_bytes(b"tampered")
    vgg16.unlink()
    with pytest.warns(UserWarning), pytest.raises(fetch.FetchError):
        fetch.get("vgg16")
    assert [
        path.read_bytes() for path in cache.glob("*") if path.suffix != ".lock"
    ] == [b"tampered"]


# Keras's own cache


def test_a_file_in_keras_cache_is_verified_and_used(vgg16, server, tmp_path):
    models = tmp_path / "keras" / "models"
    models.mkdir(parents=True)
    shutil.copy(vgg16, models)
    assert fetch.get("vgg16") == models / vgg16.name
    assert not server.requests
    (models / vgg16.name).write_bytes(b"a download of Keras that was cut")
    with pytest.warns(UserWarning, match="not used"):
        assert fetch.find("vgg16") is None
    assert (models / vgg16.name).is_file()


@pytest.mark.parametrize(
    "name", ["cifar-10-batches-py-target_archive", "cifar-10-batches-py.tar.gz"]
)
def test_an_archive_in_keras_cache_is_converted_where_it_lies(
    name, archive, server, cache, tmp_path
):
    datasets = tmp_path / "keras" / "datasets"
    datasets.mkdir(parents=True)
    shutil.copy(archive, datasets / name)
    assert fetch.find("cifar10").parent.parent == cache
    assert files_in(datasets) == [name] and not server.requests


# CIFAR-10


def test_the_arrays_are_the_archives_in_the_published_order(archive):
    images, labels = replicas.cifar10_arrays()
    fetch.get("cifar10")
    found_images, found_labels = fetch.cifar10()
    assert found_images.shape == (120, 32, 32, 3) and found_images.dtype == np.uint8
    assert found_labels.shape == (120,) and found_labels.dtype == np.int64
    np.testing.assert_array_equal(found_images, images)
    np.testing.assert_array_equal(found_labels, labels)


def test_a_known_pixel_lands_where_the_publishers_description_says(
    server, cache, monkeypatch
):
    # "The first 1024 entries contain the red channel values, the next 1024 the green
    # [...] row-major order"
    row = np.zeros((2, 3072), "uint8")
    row[1, 1024 + 32 * 5 + 7] = 200  # second picture, green, row 5, column 7
    batch = {b"labels": [4, 9], b"data": row}
    path = server.folder / "cifar-10-python.tar.gz"
    blank = np.zeros((12, 32, 32, 3), "uint8")
    replicas.cifar10_archive(path, blank, np.zeros(12, int), instead_of_batch_3=batch)
    register_archive(path, server, monkeypatch)
    fetch.get("cifar10")
    images, labels = fetch.cifar10()
    assert images[5, 5, 7].tolist() == [0, 200, 0] and images.sum() == 200
    assert labels.tolist() == [0, 0, 0, 0, 4, 9, 0, 0, 0, 0, 0, 0]


def test_the_arrays_are_memory_mapped_and_read_only(archive):
    fetch.get("cifar10")
    for array in fetch.cifar10():
        assert isinstance(array, np.memmap) and not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_the_archive_is_read_once(archive, server, monkeypatch):
    path = fetch.get("cifar10")
    monkeypatch.setattr(fetch, "_convert", None)  # would fail if called
    assert fetch.get("cifar10") == path and fetch.missing(("cifar10",)) == []
    (fetch.cache_dir() / "cifar-10-python.tar.gz").unlink()
    assert fetch.find("cifar10") == path
    assert server.requests.total() == 1


def test_asking_for_cifar10_does_not_download_it(archive, server):
    with pytest.raises(fetch.FetchError, match=r"not on this machine.*run --real"):
        fetch.cifar10()
    assert not server.requests


@pytest.mark.parametrize("name", ["images.npy", "labels.npy"])
def test_tampered_arrays_are_not_used_and_not_lost(name, archive):
    images = fetch.get("cifar10")
    tampered = images.with_name(name)
    content = bytearray(tampered.read_bytes())
    content[-1] ^= 1
    tampered.write_bytes(content)
    with pytest.warns(UserWarning, match="not used"):
        assert fetch.find("cifar10") == images
    np.testing.assert_array_equal(fetch.cifar10()[0], replicas.cifar10_arrays()[0])
    aside = list(fetch.cache_dir().glob("cifar10.damaged-*"))
    assert [(folder / name).read_bytes() for folder in aside] == [bytes(content)]


def test_what_a_killed_conversion_leaves_is_not_used(archive, cache):
    unfinished = cache / f"{whole.MARK}12345678-cifar10"
    unfinished.mkdir(parents=True)
    (unfinished / "images.npy").write_bytes(b"half of it")
    assert fetch.find("cifar10") is None
    fetch.get("cifar10")
    np.testing.assert_array_equal(fetch.cifar10()[0], replicas.cifar10_arrays()[0])
    assert not unfinished.exists()


def test_whoever_converts_second_keeps_what_the_first_made(archive, cache):
    images = fetch.get("cifar10")
    assert fetch._convert(fetch.FILES["cifar10"], cache / archive.name) == images
    assert not list(cache.glob("*.damaged-*"))


@pytest.mark.parametrize(
    "left", [b"", bytes(80), b"\xff\xfe\xff"], ids=["nothing", "zeros", "noise"]
)
def test_a_record_lost_in_a_power_cut_means_converting_again(archive, left):
    images = fetch.get("cifar10")
    images.with_name("hashes.txt").write_bytes(left)
    assert fetch.find("cifar10") == images
    np.testing.assert_array_equal(fetch.cifar10()[0], replicas.cifar10_arrays()[0])


def test_a_hostile_pickle_is_refused_even_with_the_right_hash(
    server, cache, tmp_path, monkeypatch
):
    path = server.folder / "cifar-10-python.tar.gz"
    hostile = replicas.Hostile(tmp_path / "pwned")
    replicas.cifar10_archive(
        path, *replicas.cifar10_arrays(), python=3, instead_of_batch_3=hostile
    )
    register_archive(path, server, monkeypatch)
    with pytest.raises(fetch.FetchError, match=r"asks for (posix|nt)\.mkdir"):
        fetch.get("cifar10")
    assert not (tmp_path / "pwned").exists()
    assert not (cache / "cifar10").exists()


def test_an_archive_with_a_batch_missing_is_refused(server, cache, monkeypatch):
    path = server.folder / "cifar-10-python.tar.gz"
    replicas.cifar10_archive(
        path, *replicas.cifar10_arrays(), leave_out=["data_batch_5"]
    )
    register_archive(path, server, monkeypatch)
    with pytest.raises(fetch.FetchError, match="a batch is missing"):
        fetch.get("cifar10")
    assert not (cache / "cifar10").exists()


def test_a_full_disk_is_a_sentence_and_leaves_no_array(archive, cache, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", full)
    with pytest.raises(
        fetch.FetchError, match=r"could not be converted.*No space left"
    ):
        fetch.get("cifar10")
    assert not (cache / "cifar10").exists()


# The replicas themselves


def test_the_pickle_replica_opens_as_the_published_one_does():
    import pickletools

    raw = replicas.dumps(
        {
            b"batch_label": b"training batch 1 of 5",
            b"data": np.zeros((1, 3072), "uint8"),
        }
    )
    assert raw.startswith(
        b"\x80\x02}q\x00(U\x0bbatch_labelq\x01U\x15training batch 1 of 5q\x02"
    )
    names = {opcode.name for opcode, _, _ in pickletools.genops(raw)}
    assert "BINSTRING" in names and not names & {
        "BINUNICODE",
        "BINBYTES",
        "SHORT_BINBYTES",
    }
    assert b"numpy.core.multiarray" in raw and b"_codecs" not in raw


def test_the_weights_replica_has_the_published_names(tmp_path):
    import h5py

    values = replicas.vgg16_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5") as file:
        names = [name.decode() for name in file.attrs["layer_names"]]
        assert (
            names[:3] == ["input_1", "block1_conv1", "block1_conv2"]
            and names[-1] == "block5_pool"
        )
        weights = list(file["block5_conv3"].attrs["weight_names"])
        assert weights == [b"block5_conv3_W_1:0", b"block5_conv3_b_1:0"]
        assert len(file["block5_pool"].attrs["weight_names"]) == 0
        np.testing.assert_array_equal(
            file["block1_conv1/block1_conv1_W_1:0"], values["block1_conv1"][0]
        )
    assert values["block5_conv3"][0].shape == (3, 3, 32, 32)  # 512 at full width
