"""What tests share: a cache of their own, and a web server on loopback.

The server has replicas of the published files.
"""

import os
import threading
from collections import Counter
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import replicas

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
