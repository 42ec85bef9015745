"""load_mnist's downloads, its own and scikit-learn's, from a server on this machine.

What is real here is all of the code: ours, scikit-learn's and urllib's, over HTTP. What was
never downloaded by these tests is Google's mnist.npz, its four files of Fashion-MNIST and OpenML's
mnist_784: the server has small stand-ins, whose hashes take the place of the real ones.
"""

import gzip
import hashlib
import inspect
import io
import json
import os
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import keras
import numpy as np
import pytest
from sklearn.datasets import _openml as sklearn_openml

from skmnist import _files, load_mnist
from skmnist.datasets import _download, _fashion, _full, _openml
from tests.processes import end, run, start

RNG = np.random.default_rng(0)
ARRAYS = {
    "x_train": RNG.integers(0, 256, (8, 28, 28), dtype=np.uint8),
    "y_train": np.array([5, 0, 4, 1, 9, 2, 1, 3], np.uint8),
    "x_test": RNG.integers(0, 256, (3, 28, 28), dtype=np.uint8),
    "y_test": np.array([7, 2, 1], np.uint8),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        answers = self.server.answers.get(self.path)
        if not answers:
            self.send_error(404)
            return
        # The last answer is given again and again.
        how, content = answers.pop(0) if len(answers) > 1 else answers[0]
        self.server.together.wait(30)
        self.send_response(200)
        if how != "cut, of unknown length":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content if how == "whole" else content[: len(content) // 2])
        if how == "stuck":
            self.server.is_over.wait(60)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    """A server whose ``answers`` are lists of (how, content) for each path.

    It answers when as many have asked as are to be ``together``.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.asked = {}, []
    server.together, server.is_over = threading.Barrier(1), threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(_download, "ORIGIN", server.url)
    for name in ("_SEARCH_NAME", "_DATA_INFO", "_DATA_FEATURES", "_DATA_QUALITIES"):
        url = getattr(sklearn_openml, name).replace("https://www.openml.org/", server.url)
        monkeypatch.setattr(sklearn_openml, name, url)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.is_over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Empty caches; the one of Keras is returned. Small stand-ins are what is expected."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "sklearn"))
    monkeypatch.setattr(_full, "_SHA256", sha256(npz()))
    monkeypatch.setattr(
        _fashion, "_FILES", {name: sha256(content) for name, content in idx_files().items()}
    )
    monkeypatch.setattr(_openml, "_N_TRAIN", 8)
    monkeypatch.setattr(_openml, "_MD5", tuple(map(_openml._md5_of_idx, ARRAYS.values())))
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


def openml_answers(server, y=None):
    """What OpenML's servers answer for a data set like mnist_784."""
    pixels = np.concatenate([ARRAYS["x_train"], ARRAYS["x_test"]]).reshape(11, 784)
    labels = np.concatenate([ARRAYS["y_train"], ARRAYS["y_test"]]) if y is None else y
    lines = ["@RELATION mnist_784"]
    lines += [f"@ATTRIBUTE pixel{i} REAL" for i in range(1, 785)]
    lines += ["@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}", "@DATA"]
    lines += [",".join(map(str, [*x, y])) for x, y in zip(pixels, labels, strict=True)]
    arff = "\n".join(lines).encode()
    feature = {"data_type": "numeric", "is_target": "false", "is_ignore": "false"}
    feature |= {"is_row_identifier": "false", "number_of_missing_values": "0"}
    features = [{**feature, "index": str(i), "name": f"pixel{i + 1}"} for i in range(784)]
    features += [{**feature, "index": "784", "name": "class", "is_target": "true"}]
    features[-1]["data_type"] = "nominal"
    found = {"did": 554, "name": "mnist_784", "version": 1, "status": "active"}
    about = {"id": "554", "name": "mnist_784", "version": "1", "format": "ARFF"}
    about |= {"status": "active", "description": "as it says", "file_id": "52667"}
    about |= {"url": f"{server.url}data/52667.arff", "md5_checksum": hashlib.md5(arff).hexdigest()}
    api = "/api/v1/json/data/"
    documents = {
        f"{api}list/data_name/mnist_784/limit/2/data_version/1": {"data": {"dataset": [found]}},
        f"{api}554": {"data_set_description": about},
        f"{api}features/554": {"data_features": {"feature": features}},
        f"{api}qualities/554": {
            "data_qualities": {"quality": [{"name": "NumberOfInstances", "value": "11"}]}
        },
    }
    answers = {
        path: [("whole", json.dumps(document).encode())] for path, document in documents.items()
    }
    return answers | {"/data/52667.arff": [("whole", arff)]}


def assert_holds_arrays(data):
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(data[name.replace("x_", "images_")], array)


class TestFull:
    def test_downloads_once(self, server, cache):
        server.answers["/mnist.npz"] = [("whole", npz())]
        data = load_mnist("full")
        assert_holds_arrays(data)
        assert data.DESCR.startswith("MNIST: 70,000 images")
        assert sha256(npz()) in data.DESCR
        assert os.listdir(cache) == ["mnist.npz"]
        assert_holds_arrays(load_mnist("full"))
        assert server.asked == ["/mnist.npz"]

    @pytest.mark.filterwarnings("ignore:A network error occurred")  # scikit-learn tries twice
    @pytest.mark.parametrize("how", ["cut", "cut, of unknown length", "wrong"])
    def test_broken_download_leaves_nothing(self, server, cache, how):
        answer = ("whole", npz()[:-1] + b"x") if how == "wrong" else (how, npz())
        server.answers["/mnist.npz"] = [answer]
        with pytest.raises(OSError, match=r"mnist\.npz could not be downloaded") as caught:
            load_mnist("full")
        for word in ("source='full'", str(cache), sha256(npz()), "source='sample'", "OpenML"):
            assert word in str(caught.value)
        assert os.listdir(cache) == []

        # Once the server is well again, so is the source.
        server.answers["/mnist.npz"] = [("whole", npz())]
        assert_holds_arrays(load_mnist("full"))

    def test_interrupted_download_leaves_nothing(self, server, cache, monkeypatch):
        server.answers["/mnist.npz"] = [("whole", npz())]

        def interrupted(*args, **kwargs):
            raise KeyboardInterrupt

        monkeypatch.setattr(_files.os, "replace", interrupted)  # the file is there by then
        with pytest.raises(KeyboardInterrupt):
            load_mnist("full")
        assert os.listdir(cache) == []

    @pytest.mark.parametrize("kept", [b"", b"another", npz()[:-1]])
    def test_wrong_file_in_the_cache_is_reported_and_fetched_anew(self, server, cache, kept):
        cache.mkdir(parents=True)
        (cache / "mnist.npz").write_bytes(kept)
        server.answers["/mnist.npz"] = [("whole", npz())]
        with pytest.warns(UserWarning, match=r"mnist.npz is damaged, or another file"):
            assert_holds_arrays(load_mnist("full"))
        assert (cache / "mnist.npz").read_bytes() == npz()
        assert server.asked == ["/mnist.npz"]

    def test_wrong_file_in_the_cache_and_wrong_file_again(self, server, cache):
        cache.mkdir(parents=True)
        (cache / "mnist.npz").write_bytes(b"mine")
        server.answers["/mnist.npz"] = [("whole", b"wrong")]
        with (
            pytest.warns(UserWarning, match="is damaged, or another file"),
            pytest.raises(OSError, match="another SHA-256"),
        ):
            load_mnist("full")
        assert server.asked.count("/mnist.npz") == 1
        assert (cache / "mnist.npz").read_bytes() == b"mine"  # only the right one replaces it

    def test_file_put_there_by_hand_needs_no_network(self, cache, monkeypatch):
        cache.mkdir(parents=True)
        (cache / "mnist.npz").write_bytes(npz())
        monkeypatch.setattr(socket, "getaddrinfo", no_names)
        assert_holds_arrays(load_mnist("full"))

    def test_a_server_that_stops(self, server, cache, monkeypatch):
        server.answers["/mnist.npz"] = [("stuck", npz())]
        monkeypatch.setattr(_download, "_TIMEOUT_SECONDS", 0.5)
        with pytest.raises(OSError, match=r"mnist\.npz could not be downloaded \(timed out\)"):
            load_mnist("full")
        assert os.listdir(cache) == []

    def test_without_a_network(self, cache, monkeypatch):
        monkeypatch.setattr(socket, "getaddrinfo", no_names)
        with pytest.raises(OSError, match="source='full'") as caught:
            load_mnist("full")
        message = str(caught.value)
        assert message.count("no host has a name here") == 2  # Keras's server and OpenML's
        for word in ("put it, unaltered, into", repr(str(cache)), "mnist.npz", "SKMNIST_DATA"):
            assert word in message

    def test_cache_that_cannot_be_made(self, server, tmp_path, monkeypatch):
        (tmp_path / "file").write_text("no folder")
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
        server.answers["/mnist.npz"] = [("whole", npz())]
        with pytest.raises(OSError, match=r"mnist\.npz could not be downloaded"):
            load_mnist("full")


# What is patched here is not patched in another process.
DOWNLOAD = """
from skmnist import load_mnist
from skmnist.datasets import _download, _full

def refused():
    raise OSError("no second way")

_download.ORIGIN, _full._SHA256, os.environ["KERAS_HOME"] = sys.argv[1:4]
_full.read_openml = refused
try:
    print(json.dumps(load_mnist("full").y_train.tolist()))
except OSError as error:
    print(json.dumps(str(error)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
class TestProcesses:
    @pytest.fixture
    def arguments(self, server, tmp_path):
        """What to hand to DOWNLOAD, which then finds the server well."""
        server.answers["/mnist.npz"] = [("whole", npz())]
        return server.url, sha256(npz()), tmp_path / "keras"

    def test_two_at_once(self, server, cache, arguments):
        server.together = threading.Barrier(2)  # neither finds the file of the other
        for process in [start(DOWNLOAD, *arguments) for _ in range(2)]:
            status, out, err = end(process)
            assert status == 0, err
            assert json.loads(out.splitlines()[-1]) == ARRAYS["y_train"].tolist()
        assert server.asked == ["/mnist.npz"] * 2
        assert os.listdir(cache) == ["mnist.npz"]
        assert (cache / "mnist.npz").read_bytes() == npz()

    def test_a_full_disk(self, cache, arguments):
        limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
        message = run(limit + DOWNLOAD, *arguments)
        assert "File too large" in message
        assert "put it, unaltered, into" in message
        assert os.listdir(cache) == []

    @pytest.mark.parametrize("mode", [0o755, 0o700])
    def test_a_cache_that_is_not_ours(self, arguments, tmp_path, mode):
        """It goes where Keras would keep it: to the folder for temporary files."""
        if not hasattr(os, "geteuid") or os.geteuid() != 0:
            pytest.skip("only root can become somebody else")
        theirs, ours = tmp_path / "theirs", tmp_path / "ours"
        theirs.mkdir()
        ours.mkdir()
        (tmp_path / "mnist.npz").write_bytes(npz())
        theirs.chmod(mode)
        ours.chmod(0o777)
        for folder in (tmp_path, *tmp_path.parents):
            if not folder.stat().st_mode & 0o001:
                folder.chmod(0o711)  # pytest's own
        become_another = f"""
import encodings.idna, tempfile, rich.progress
from skmnist import load_mnist

load_mnist(sys.argv[4])  # what is not imported yet may be root's alone
tempfile.tempdir = {str(ours)!r}
os.setgroups([])
os.setuid(65534)
"""
        url, digest, _ = arguments
        labels = run(
            become_another + DOWNLOAD, url, digest, theirs / "keras", tmp_path / "mnist.npz"
        )
        assert labels == ARRAYS["y_train"].tolist()
        assert os.listdir(theirs) == []
        assert os.listdir(ours / ".keras" / "datasets") == ["mnist.npz"]


def no_names(*args, **kwargs):
    raise socket.gaierror(socket.EAI_NONAME, "no host has a name here")


class TestOpenML:
    @pytest.mark.parametrize("has_pandas", [True, False])
    def test_is_the_second_way(self, server, tmp_path, monkeypatch, has_pandas):
        if not has_pandas:
            monkeypatch.setattr(_openml, "find_spec", lambda name: None)
        server.answers |= openml_answers(server)
        with pytest.warns(UserWarning, match=r"404: .*OpenML's copy of MNIST"):
            data = load_mnist("full")
        assert_holds_arrays(data)
        assert "mnist_784" in data.DESCR
        assert "/data/52667.arff" in server.asked

        server.asked.clear()
        with pytest.warns(UserWarning, match="OpenML's copy"):
            assert_holds_arrays(load_mnist("full"))
        assert server.asked == ["/mnist.npz"]  # the rest is in scikit-learn's cache

    @pytest.mark.parametrize("how", ["cut", "cut, of unknown length"])
    @pytest.mark.filterwarnings("ignore:Invalid cache")  # scikit-learn tries a second time
    def test_broken_download_is_refused_and_fetched_anew(self, server, how):
        server.answers |= openml_answers(server)
        [whole] = server.answers["/data/52667.arff"]
        server.answers["/data/52667.arff"] = [(how, whole[1])]
        with pytest.raises(OSError, match="OpenML could not provide mnist_784"):
            load_mnist("full")
        server.answers["/data/52667.arff"] = [whole]
        with pytest.warns(UserWarning, match="OpenML's copy"):
            assert_holds_arrays(load_mnist("full"))

    def test_other_images_are_refused(self, server):
        labels = np.concatenate([ARRAYS["y_train"], ARRAYS["y_test"]])
        server.answers |= openml_answers(server, y=np.sort(labels))
        with pytest.raises(OSError, match="it sent other images or labels than MNIST's"):
            load_mnist("full")

    @pytest.mark.slow
    def test_the_checksums_are_those_of_mnist(self, mnist_npz, monkeypatch):
        # All but that of the training images, which the local file may have rebuilt.
        monkeypatch.undo()
        data = load_mnist(mnist_npz)
        found = [_openml._md5_of_idx(data[k]) for k in ("y_train", "images_test", "y_test")]
        assert found == list(_openml._MD5[1:])


class TestFashion:
    def test_downloads_once(self, server, cache):
        server.answers |= {f"/{name}": [("whole", raw)] for name, raw in idx_files().items()}
        data = load_mnist("fashion")
        assert_holds_arrays(data)
        # Labels 0 to 5, 7 and 9 are there.
        assert list(data.target_names) == [
            *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal"),
            *("Sneaker", "Ankle boot"),
        ]
        for word in ("Fashion-MNIST", "Zalando", "MIT", *map(sha256, idx_files().values())):
            assert word in data.DESCR
        assert set(os.listdir(cache / "fashion-mnist")) == set(idx_files())
        load_mnist("fashion")
        assert len(server.asked) == 4

    def test_only_the_broken_file_is_fetched_anew(self, server, cache):
        (cache / "fashion-mnist").mkdir(parents=True)
        for name, raw in idx_files().items():
            (cache / "fashion-mnist" / name).write_bytes(raw)
        broken = "t10k-labels-idx1-ubyte.gz"
        (cache / "fashion-mnist" / broken).write_bytes(b"broken")
        server.answers[f"/{broken}"] = [("whole", idx_files()[broken])]
        with pytest.warns(UserWarning, match=broken):
            assert_holds_arrays(load_mnist("fashion"))
        assert server.asked == [f"/{broken}"]

    def test_without_a_network(self, cache, monkeypatch):
        monkeypatch.setattr(socket, "getaddrinfo", no_names)
        with pytest.raises(OSError, match=r"source='fashion'.*no host has a name here") as caught:
            load_mnist("fashion")
        assert repr(str(cache / "fashion-mnist")) in str(caught.value)
        assert "train-images-idx3-ubyte.gz" in str(caught.value)


def test_the_names_and_the_origin_are_keras_s(server, cache, monkeypatch):
    """A file that Keras's own functions downloaded is found here, and the other way round."""
    monkeypatch.undo()
    mnist = inspect.getsource(keras.datasets.mnist.load_data)
    fashion = inspect.getsource(keras.datasets.fashion_mnist.load_data)
    assert _download.ORIGIN in mnist
    assert _full._SHA256 in mnist
    assert _download.ORIGIN in fashion
    assert all(name in fashion for name in _fashion._FILES)
    assert 'os.path.join("datasets", "fashion-mnist")' in fashion
