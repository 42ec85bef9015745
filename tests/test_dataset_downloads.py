"""load_mnist's downloads, from a server on this machine.

All of the code runs, over HTTP. Google's mnist.npz and its four files of Fashion-MNIST
are not downloaded: the server has small stand-ins, whose hashes replace the real ones.
"""

import gzip
import hashlib
import inspect
import io
import os
import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import keras
import numpy as np
import pooch
import pytest

from skmnist import load_mnist
from skmnist.cli import main
from skmnist.datasets import _named_sets
from skmnist.datasets._named_sets import NAMED_SETS

RNG = np.random.default_rng(0)
ARRAYS = {
    "x_train": RNG.integers(0, 256, (8, 28, 28), dtype=np.uint8),
    "y_train": np.array([5, 0, 4, 1, 9, 2, 1, 3], np.uint8),
    "x_test": RNG.integers(0, 256, (3, 28, 28), dtype=np.uint8),
    "y_test": np.array([7, 2, 1], np.uint8),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requested.append(self.path)
        if self.path not in self.server.answers:
            self.send_error(404, "not\x1b here")
            return
        content, n_sent = self.server.answers[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:n_sent])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    """A server; ``answers`` has the content of each path and how much of it is sent."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.requested = {}, []
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(
        _named_sets, "ORIGIN", f"http://127.0.0.1:{server.server_port}/"
    )
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}
    )
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache of Keras; the expected files are the small stand-ins."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    contents = {"mnist.npz": npz()} | idx_files()
    for name, named in NAMED_SETS.items():
        hashes = {file: sha256(contents[file]) for file in named.sha256}
        monkeypatch.setitem(NAMED_SETS, name, replace(named, sha256=hashes))
    monkeypatch.setattr(pooch.get_logger(), "disabled", True)
    return tmp_path / "keras" / "datasets"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def npz():
    file = io.BytesIO()
    np.savez_compressed(file, **ARRAYS)
    return file.getvalue()


def idx_files():
    roles = ("train-images", "train-labels", "t10k-images", "t10k-labels")
    files = {}
    for role, array in zip(roles, ARRAYS.values(), strict=True):
        sizes = b"".join(size.to_bytes(4) for size in array.shape)
        content = bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()
        files[f"{role}-idx{array.ndim}-ubyte.gz"] = gzip.compress(content, mtime=0)
    return files


def assert_holds_arrays(data):
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(data[name.replace("x_", "images_")], array)


def no_names(*args, **kwargs):
    raise socket.gaierror(socket.EAI_NONAME, "no host has a name here")


def test_named_sets_once(server, cache):
    server.answers["/mnist.npz"] = npz(), None
    data = load_mnist("full")
    assert_holds_arrays(data)
    assert data.DESCR.startswith("MNIST: 70,000 images")
    assert os.listdir(cache) == ["mnist.npz"]
    assert (cache / "mnist.npz").stat().st_mode & 0o444 == 0o444
    assert_holds_arrays(load_mnist("full"))
    assert server.requested == ["/mnist.npz"]


@pytest.mark.parametrize("answer", [None, (npz(), 100), (npz()[:-1] + b"x", None)])
def test_failed_download_leaves_nothing(server, cache, answer):
    if answer:
        server.answers["/mnist.npz"] = answer
    with pytest.raises(OSError, match=r"mnist\.npz could not be downloaded") as caught:
        load_mnist("full")
    for word in (
        "source='full'",
        str(cache),
        sha256(npz()),
        "source='sample'",
        "SKMNIST_DATA",
    ):
        assert word in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert os.listdir(cache) == []
    server.answers["/mnist.npz"] = npz(), None
    assert_holds_arrays(load_mnist("full"))


def test_only_the_right_file_replaces_a_wrong_one(server, cache):
    cache.mkdir(parents=True)
    (cache / "mnist.npz").write_bytes(b"mine")
    server.answers["/mnist.npz"] = b"wrong", None
    with pytest.raises(OSError, match="does not match the known hash"):
        load_mnist("full")
    assert (cache / "mnist.npz").read_bytes() == b"mine"
    server.answers["/mnist.npz"] = npz(), None
    assert_holds_arrays(load_mnist("full"))
    assert (cache / "mnist.npz").read_bytes() == npz()


@pytest.mark.parametrize(
    ("source", "folder"), [("full", "."), ("fashion", "fashion-mnist")]
)
def test_without_a_network(cache, monkeypatch, source, folder):
    monkeypatch.setattr(socket, "getaddrinfo", no_names)
    message = f"source='{source}'.*no host has a name"
    with pytest.raises(OSError, match=message) as caught:
        load_mnist(source)
    assert f"file, unaltered, into {str(cache / folder)!r}" in str(caught.value)


def test_a_file_in_the_cache_needs_no_network(cache, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", no_names)
    cache.mkdir(parents=True)
    (cache / "mnist.npz").write_bytes(npz())
    assert_holds_arrays(load_mnist("full"))


def test_cache_that_cannot_be_made(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    server.answers["/mnist.npz"] = npz(), None
    with pytest.raises(OSError, match=r"mnist\.npz could not be downloaded"):
        load_mnist("full")


def test_fashion(server, cache):
    server.answers |= {f"/{name}": (raw, None) for name, raw in idx_files().items()}
    data = load_mnist("fashion")
    assert_holds_arrays(data)
    # Labels 0 to 5, 7 and 9 are there.
    assert list(data.target_names) == [
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal"),
        *("Sneaker", "Ankle boot"),
    ]
    for word in ("Fashion-MNIST", "Zalando", "MIT"):
        assert word in data.DESCR
    assert set(os.listdir(cache / "fashion-mnist")) == set(idx_files())

    # Only a broken file is downloaded again.
    server.requested.clear()
    broken = "t10k-labels-idx1-ubyte.gz"
    (cache / "fashion-mnist" / broken).write_bytes(b"broken")
    assert_holds_arrays(load_mnist("fashion"))
    assert server.requested == [f"/{broken}"]


def test_the_names_and_the_origin_are_keras_s(cache, monkeypatch):
    """A file that Keras's functions have downloaded is found here, and vice versa."""
    monkeypatch.undo()
    mnist = inspect.getsource(keras.datasets.mnist.load_data)
    fashion = inspect.getsource(keras.datasets.fashion_mnist.load_data)
    assert _named_sets.ORIGIN in mnist
    assert NAMED_SETS["full"].sha256["mnist.npz"] in mnist
    assert _named_sets.ORIGIN in fashion
    assert len(NAMED_SETS["fashion"].sha256) == 4
    assert all(name in fashion for name in NAMED_SETS["fashion"].sha256)
    assert f'os.path.join("datasets", "{NAMED_SETS["fashion"].folder}")' in fashion


def test_a_set_that_is_added_has_one_place(cache, monkeypatch, capsys):
    """Messages, the help and the docstring are made of the records."""
    added = replace(NAMED_SETS["full"], name="mine", summary="digits of mine")
    monkeypatch.setitem(NAMED_SETS, "mine", added)
    cache.mkdir(parents=True)
    (cache / "mnist.npz").write_bytes(npz())
    assert_holds_arrays(load_mnist("mine"))
    with pytest.raises(
        FileNotFoundError, match=r"expected 'sample', 'full', .*'mine' or the path of"
    ):
        load_mnist("nime")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "'mine', digits of mine;" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("name", NAMED_SETS)
def test_the_docstring_lists_the_sets(name):
    text = " ".join(load_mnist.__doc__.split())
    assert f'- ``"{name}"``: {NAMED_SETS[name].summary}.' in text
