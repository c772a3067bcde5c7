"""What tests share: a cache of their own, a small task and backbone, and a web server.

The server is on loopback and has replicas of the published files.
"""

import importlib
import os
import sys
import threading
from collections import Counter
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import replicas

import tlkit as tk
from tlkit.files import download, fetch


@pytest.fixture(scope="session", autouse=True)
def session_cache(tmp_path_factory):
    """One cache for the whole session, so that scenes are drawn once.

    A test may set another.
    """
    folder = tmp_path_factory.mktemp("tlkit-cache")
    for name in ("TLKIT_DATA", "TLKIT_MIRRORS"):  # of the person who runs the tests
        os.environ.pop(name, None)
    kept = os.environ.get("TLKIT_CACHE")
    os.environ["TLKIT_CACHE"] = str(folder)
    yield folder
    if kept is None:
        del os.environ["TLKIT_CACHE"]
    else:
        os.environ["TLKIT_CACHE"] = kept


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """An empty tlkit cache for one test; its folder."""
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def figures_closed():
    """After the test, no figure is open."""
    from matplotlib import pyplot

    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def digits():
    """Five labels per class, and a short test split."""
    task = tk.load_task("digits", labels_per_class=5)
    test = tk.Split(task.test.images[:200], task.test.labels[:200])
    return replace(task, test=test)


@pytest.fixture(scope="module")
def backbone():
    """The smallest of the pretrained ones."""
    return tk.Backbone("letters-small")


@pytest.fixture(scope="module")
def probe(backbone, digits):
    """A linear probe of that backbone on these digits."""
    return tk.linear_probe(backbone, digits)


def pictures_of(split):
    """The bytes of each picture of a split, as a set."""
    return {image.tobytes() for image in np.asarray(split.images)}


@pytest.fixture
def server(tmp_path):
    """A web server on loopback.

    .folder to put files into, .url, and .requests counted by path.
    """
    folder = tmp_path / "server"
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=folder)

        def do_GET(self):
            httpd.requests[self.path] += 1
            super().do_GET()

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        httpd.folder, httpd.requests = folder, Counter()
        httpd.url = f"http://127.0.0.1:{httpd.server_address[1]}"
        thread = threading.Thread(target=httpd.serve_forever, args=(0.02,))
        thread.start()
        yield httpd
        httpd.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty tlkit cache beside an empty Keras cache; no waiting between attempts."""
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(download, "RETRIES", 0)
    return tmp_path / "cache"


@pytest.fixture
def vgg16(server, cache, monkeypatch):
    """A replica of the VGG16 file on the server, and in the registry."""
    path = server.folder / fetch.FILES["vgg16"].name
    replicas.vgg16_weights(path)
    entry = replicas.entry(fetch.FILES["vgg16"], path, f"{server.url}/{path.name}")
    monkeypatch.setitem(fetch.FILES, "vgg16", entry)
    return path


def register_archive(path, server, monkeypatch):
    """Put the archive at `path`, on the server, into the registry."""
    entry = replicas.entry(fetch.FILES["cifar10"], path, f"{server.url}/{path.name}")
    monkeypatch.setitem(fetch.FILES, "cifar10", entry)


@pytest.fixture(params=[2, 3], ids=["python2-pickle", "python3-pickle"])
def archive(request, server, cache, monkeypatch):
    """A replica of the CIFAR-10 archive on the server, and in the registry."""
    path = server.folder / "cifar-10-python.tar.gz"
    replicas.cifar10_archive(path, *replicas.cifar10_arrays(), python=request.param)
    register_archive(path, server, monkeypatch)
    return path


@pytest.fixture(scope="module")
def bench():
    """Modules of the bench, which import each other as `python tests/bench` does."""
    folder = str(Path(__file__).parent / "bench")
    sys.path.insert(0, folder)
    names = ("cells", "untuned", "untuned_tasks", "left_out", "more_tasks")
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    sys.path.remove(folder)
