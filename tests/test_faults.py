"""What goes wrong around a program: Ctrl-C, full disks, no memory, forks, servers that stop.

In processes of their own, with real signals and real limits.
"""

import hashlib
import io
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from sklearn.base import clone

from skmnist import SimpleMLPClassifier, load_mnist
from skmnist.datasets import _download, _full

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")

# Background jobs are deaf to Ctrl-C, and so would be what they start.
PRELUDE = """
import json, os, resource, signal, sys, threading, time, warnings
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
DATA = """
import numpy as np
from sklearn.model_selection import GridSearchCV
from skmnist import SimpleMLPClassifier, load_mnist

digits = load_mnist("sample")
X, y = (digits.X_train[:300] / 255).astype(np.float32), digits.y_train[:300]
"""


def start(code, *arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code, *map(str, arguments)],
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


def end(process, timeout=90):
    """Wait for a process; if it hangs, end it and whatever it has started."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        pytest.fail(f"It hangs.\n{out}\n{err}")
    return process.returncode, out, err


def run(code, *arguments):
    """Run code in a new process and return what it printed on its last line, which is JSON."""
    status, out, err = end(start(code, *arguments))
    assert status == 0, err
    return json.loads(out.splitlines()[-1])


class TestCtrlC:
    def test_on_any_line_of_a_refit(self):
        """It is heard, and leaves a classifier that is as before or as the warning says."""
        outcomes = run(
            DATA
            + """
import collections
import pandas as pd
import skmnist
from skmnist.network import interruption

interruption.TWICE_SECONDS = 0.0  # each of these many is the only one
folder = os.path.dirname(skmnist.__file__)
frame = pd.DataFrame(X).rename(columns=str)  # the refit has no such names: none may stay behind


def refit(before, reached):
    # Calls `reached` on each line of this package.
    def trace(called, event, argument):
        if not called.f_code.co_filename.startswith(folder):
            return None
        if event == "line":
            reached((called.f_code.co_filename, called.f_lineno))
        return trace
    refitted = before.set_params(hidden_units=6, epochs=2)
    sys.settrace(trace)
    try:
        refitted.fit(X[:64], y[:64])
    finally:
        sys.settrace(None)

pressed = set()

def press_at(line):
    def reached(here):
        if here == line and here not in pressed:
            pressed.add(line)
            signal.raise_signal(signal.SIGINT)
    return reached

first = SimpleMLPClassifier(hidden_units=4, random_state=0)
first.fit(frame, y)
expected = first.predict_proba(frame)
state = dict(vars(first))
lines = {}
refit(SimpleMLPClassifier(random_state=0).fit(X, y), lambda line: lines.setdefault(line))
outcomes = collections.Counter()
is_dense = lambda line: line[0].endswith(("classifier.py", "interruption.py"))
for number, line in enumerate(lines):
    if number % 9 and not is_dense(line):
        continue
    if line[0].endswith("programs.py"):
        skmnist.network.clear()  # or the program would not be made again
    vars(first).clear()
    vars(first).update(state)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            refit(first, press_at(line))
            said = [str(w.message) for w in caught if "interrupted" in str(w.message)]
            outcome = "kept" if said else "lost" if line in pressed else "not reached"
        except KeyboardInterrupt:
            outcome = "raised"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, line
    is_new = first.coefs_[0].shape == (784, 6)
    if is_new:
        assert not hasattr(first, "feature_names_in_")
        probabilities = first.predict_proba(X)
        assert probabilities.shape == (300, 10) and np.isfinite(probabilities).all(), line
        assert first.n_iter_ == len(first.loss_curve_) <= 2, line
    else:
        assert outcome == "raised", (outcome, line)
        parameters = {"hidden_units": 6, "epochs": 2}
        assert vars(first) == {**state, **parameters}, line
        assert np.array_equal(first.predict_proba(frame), expected), line
    assert outcome != "lost", line
    outcomes[outcome] += 1
print(json.dumps(outcomes))
"""
        )
        # Some lines are for the first fit of a process only, such as those of a cache.
        assert outcomes.pop("not reached", 0) < 10
        assert set(outcomes) == {"kept", "raised"}
        assert min(outcomes.values()) >= 10

    def test_twice_ends_a_search(self):
        """The first ends one training, and says how to end the search."""
        messages, n_epochs = run(
            DATA
            + """
import keras
from skmnist.network import interruption

interruption.TWICE_SECONDS = 60.0  # however busy this machine is
epochs = []

class Press(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        epochs.append(epoch)
        if epoch == 3:
            signal.raise_signal(signal.SIGINT)

grid = GridSearchCV(
    SimpleMLPClassifier(epochs=100, callbacks=Press()), {"hidden_units": [2, 3]}, cv=2
)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    try:
        grid.fit(X, y)
    except KeyboardInterrupt:
        messages = [str(w.message) for w in caught if "interrupted" in str(w.message)]
        print(json.dumps([messages, len(epochs)]))
"""
        )
        assert n_epochs == 8  # of two trainings
        [message] = messages
        assert "Press Ctrl-C twice to end a search." in message

    def test_ends_a_search_in_other_processes(self):
        search = start(
            DATA
            + """
def press():
    time.sleep(8.0)
    os.killpg(0, signal.SIGINT)  # as a terminal does it, to the workers too

threading.Thread(target=press, daemon=True).start()
classifier = SimpleMLPClassifier(epochs=10**6)
try:
    GridSearchCV(classifier, {"hidden_units": [2, 3, 4]}, cv=2, n_jobs=2).fit(X, y)
except KeyboardInterrupt:
    print("it ended")
"""
        )
        status, out, err = end(search)
        assert (status, out) == (0, "it ended\n"), err

    def test_between_two_trainings_ends_a_search(self):
        n_fits = run(
            DATA
            + """
scored = []

def score(classifier, X, y):
    scored.append(classifier)
    signal.raise_signal(signal.SIGINT)
    return 1.0

try:
    GridSearchCV(SimpleMLPClassifier(), {"hidden_units": [2, 3]}, cv=2, scoring=score).fit(X, y)
except KeyboardInterrupt:
    print(len(scored))
"""
        )
        assert n_fits == 1

    @pytest.mark.parametrize(
        ("options", "moment"),
        [([], ""), ([], "The data"), (["--search", "2", "3"], "The search")],
    )
    def test_on_the_command_line(self, tmp_path, options, moment):
        """The status is 130, and no figure is damaged."""
        names = ["first_digits", "predictions", "training", "confusion_matrix", "search"]
        for name in names:
            (tmp_path / f"{name}.png").write_bytes(b"old")
        arguments = ["--data", "sample", "--epochs", "100000", "--output", tmp_path, *options]
        code = """
from skmnist.cli import main
print("It begins")
sys.exit(main(sys.argv[1:]))
"""
        process = start(code, *arguments)
        seen = ""
        while (moment or "It begins") not in seen:
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            seen += line
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        status, _, err = end(process)
        assert status == 130
        assert "skmnist: interrupted" in err
        assert "Traceback" not in err
        assert sorted(os.listdir(tmp_path)) == sorted(f"{name}.png" for name in names)
        for path in tmp_path.iterdir():
            content = path.read_bytes()
            assert content == b"old" or content.endswith(b"IEND\xaeB`\x82")


class TestFullDisk:
    def test_old_figures_survive(self, tmp_path):
        (tmp_path / "first_digits.png").write_bytes(b"old")
        code = """
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from skmnist.cli import main
sys.exit(main(sys.argv[1:]))
"""
        status, _, err = end(start(code, "--data", "sample", "--output", tmp_path))
        assert status == 1
        assert err.splitlines()[-1].startswith(f"skmnist: error: {tmp_path / 'first_digits.png'}:")
        assert os.listdir(tmp_path) == ["first_digits.png"]
        assert (tmp_path / "first_digits.png").read_bytes() == b"old"

    def test_a_download_leaves_nothing(self, server, tmp_path):
        message = run(
            "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))" + DOWNLOAD,
            server.url,
            hashlib.sha256(NPZ).hexdigest(),
            tmp_path,
        )
        assert "File too large" in message
        assert "put it, unaltered, into" in message
        assert os.listdir(tmp_path / "datasets") == []


def make_npz():
    rng = np.random.default_rng(0)
    file = io.BytesIO()
    np.savez(
        file,
        x_train=rng.integers(0, 256, (8, 28, 28), dtype=np.uint8),
        y_train=np.arange(8, dtype=np.uint8),
        x_test=rng.integers(0, 256, (3, 28, 28), dtype=np.uint8),
        y_test=np.arange(3, dtype=np.uint8),
    )
    return file.getvalue()


# Stands for Keras's mnist.npz.
NPZ = make_npz()

DOWNLOAD = """
from skmnist import load_mnist
from skmnist.datasets import _download, _full

def refused():
    raise OSError("no second way")

_download.ORIGIN, _full._SHA256, os.environ["KERAS_HOME"] = sys.argv[1:4]
os.environ["no_proxy"] = "127.0.0.1"
_full.read_openml = refused
try:
    print(json.dumps(load_mnist("full").y_train.tolist()))
except OSError as error:
    print(json.dumps(str(error)))
"""


@pytest.fixture
def server():
    """A server of NPZ; it answers when `together` of them have asked, `is_stuck` only half."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            if self.path != "/mnist.npz":
                self.send_error(404)
                return
            self.server.together.wait(30)
            self.send_response(200)
            self.send_header("Content-Length", str(len(NPZ)))
            self.end_headers()
            if self.server.is_stuck:
                self.wfile.write(NPZ[: len(NPZ) // 2])
                self.server.is_over.wait(60)
            else:
                self.wfile.write(NPZ)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{server.server_port}/"
    server.asked, server.together, server.is_stuck = [], threading.Barrier(1), False
    server.is_over = threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.is_over.set()
    server.shutdown()
    thread.join()
    server.server_close()


class TestDownloads:
    def test_two_processes_at_once(self, server, tmp_path):
        server.together = threading.Barrier(2)  # neither finds the file of the other
        arguments = (server.url, hashlib.sha256(NPZ).hexdigest(), tmp_path)
        for process in [start(DOWNLOAD, *arguments) for _ in range(2)]:
            status, out, err = end(process)
            assert status == 0, err
            assert json.loads(out.splitlines()[-1]) == list(range(8))
        assert server.asked == ["/mnist.npz"] * 2
        assert os.listdir(tmp_path / "datasets") == ["mnist.npz"]
        assert (tmp_path / "datasets" / "mnist.npz").read_bytes() == NPZ

    def test_a_server_that_stops(self, server, tmp_path, monkeypatch):
        server.is_stuck = True
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setattr(_download, "ORIGIN", server.url)
        monkeypatch.setattr(_download, "_TIMEOUT_SECONDS", 0.5)
        monkeypatch.setattr(_full, "read_openml", lambda: (_ for _ in ()).throw(OSError("no")))
        with pytest.raises(OSError, match=r"mnist\.npz could not be downloaded \(timed out\)"):
            load_mnist("full")
        assert os.listdir(tmp_path / "datasets") == []

    @pytest.mark.parametrize("mode", [0o755, 0o700])
    def test_a_cache_that_is_not_ours(self, server, tmp_path, mode):
        """It goes where Keras would keep it: to the folder for temporary files."""
        if not hasattr(os, "geteuid") or os.geteuid() != 0:
            pytest.skip("only root can become somebody else")
        theirs, ours = tmp_path / "theirs", tmp_path / "ours"
        theirs.mkdir()
        ours.mkdir()
        (tmp_path / "mnist.npz").write_bytes(NPZ)
        theirs.chmod(mode)
        ours.chmod(0o777)
        for folder in (tmp_path, *tmp_path.parents):
            if not folder.stat().st_mode & 0o001:
                folder.chmod(0o711)  # pytest's own
        digits = run(
            f"""
import encodings.idna, tempfile, rich.progress
from skmnist import load_mnist

load_mnist(sys.argv[4])  # what is not imported yet may be root's alone
tempfile.tempdir = {str(ours)!r}
os.setgroups([])
os.setuid(65534)
"""
            + DOWNLOAD,
            server.url,
            hashlib.sha256(NPZ).hexdigest(),
            theirs / "keras",
            tmp_path / "mnist.npz",
        )
        assert digits == list(range(8))
        assert os.listdir(theirs) == []
        assert os.listdir(ours / ".keras" / "datasets") == ["mnist.npz"]


class TestMemory:
    def test_a_candidate_that_cannot_fit_costs_the_search_nothing(self):
        scores, message = run(
            DATA
            + """
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
classifier = SimpleMLPClassifier(learning_rate=0.01, random_state=0)
grid = GridSearchCV(classifier, {"hidden_units": [8, 10**7, 10**9]}, cv=2, error_score=np.nan)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    grid.fit(X, y)
alone = GridSearchCV(classifier, {"hidden_units": [8]}, cv=2).fit(X, y)
assert np.array_equal(grid.predict_proba(X), alone.predict_proba(X))
scores = [None if np.isnan(s) else s for s in grid.cv_results_["mean_test_score"]]
message = next(str(w.message) for w in caught if "MemoryError" in str(w.message))
print(json.dumps([scores, message]))
"""
        )
        assert scores[0] > 0
        assert scores[1:] == [None, None]
        assert "A network with hidden_units=(1000000000,) has 795,000,000,010 weights." in message
        assert "Lower hidden_units." in message

    def test_needed_depends_on_the_optimizer(self):
        messages = run(
            DATA
            + """
messages = []
for optimizer in ("sgd", "adam"):
    try:
        SimpleMLPClassifier(10**9, optimizer=optimizer).fit(X, y)
    except MemoryError as error:
        messages.append(str(error))
print(json.dumps(messages))
"""
        )
        # Five copies of the weights, and four of each value that the optimizer keeps of a weight:
        # none and two.
        one_copy = 4 * 795_000_000_010 / 1e9
        for message, n_copies in zip(messages, (5, 13), strict=True):
            assert f"takes {n_copies * one_copy:,.1f} GB" in message

    def test_that_is_gone_when_it_is_asked_for(self):
        message = run(
            DATA
            + """
expected = SimpleMLPClassifier(random_state=0).fit(X, y).predict_proba(X)
status = open("/proc/self/status").read().split()
in_use = int(status[status.index("VmSize:") + 1]) * 1024
hard_limit = resource.getrlimit(resource.RLIMIT_AS)[1]
resource.setrlimit(resource.RLIMIT_AS, (in_use + (1 << 27), hard_limit))
try:
    SimpleMLPClassifier(45_000).fit(X, y)
except MemoryError as error:
    message = str(error)
resource.setrlimit(resource.RLIMIT_AS, (hard_limit, hard_limit))
again = SimpleMLPClassifier(random_state=0).fit(X, y)
assert np.array_equal(again.predict_proba(X), expected)
print(json.dumps(message))
"""
        )
        assert "35,775,010 weights, and the memory that is free does not suffice" in message


FORK = """
def in_fork(function):
    # What it returns in a fork, or its error; "hangs" after 20 seconds.
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            outcome = function()
        except BaseException as error:
            outcome = repr(error)
        os.write(writer, json.dumps(outcome).encode())
        os._exit(0)
    for _ in range(400):
        if os.waitpid(child, os.WNOHANG)[0]:
            return json.loads(os.read(reader, 10_000))
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hangs"
"""


class TestFork:
    def test_after_a_fit(self):
        outcomes = run(
            DATA
            + FORK
            + """
import joblib

many = np.tile(X, (200, 1))  # so many that TensorFlow would use its threads
fitted = [
    SimpleMLPClassifier(activation=activation, random_state=0).fit(X, y)
    for activation in ("sigmoid", "relu", "tanh", "linear")
]
expected = [classifier.predict_proba(many) for classifier in fitted]
gelu = SimpleMLPClassifier(activation="gelu").fit(X, y)

def predict():
    pairs = zip(fitted, expected)
    return [np.array_equal(classifier.predict_proba(many), p) for classifier, p in pairs]

with joblib.parallel_backend("multiprocessing"):
    in_joblib = joblib.Parallel(n_jobs=2)(
        joblib.delayed(classifier.predict_proba)(many) for classifier in fitted
    )
outcomes = [
    in_fork(predict),
    [np.array_equal(p, q) for p, q in zip(in_joblib, expected)],
    in_fork(lambda: fitted[0].fit(X, y)),
    in_fork(lambda: SimpleMLPClassifier().partial_fit(X, y, classes=range(10))),
    in_fork(lambda: fitted[0].model_),
    in_fork(lambda: gelu.predict(many)),
]
search = GridSearchCV(SimpleMLPClassifier(), {"hidden_units": [2, 3]}, cv=2, n_jobs=2)
try:
    with joblib.parallel_backend("multiprocessing"):
        search.fit(X, y)
except ValueError as error:
    outcomes.append(str(error))
print(json.dumps(outcomes))
"""
        )
        assert outcomes[:2] == [[True] * 4] * 2
        for message in outcomes[2:]:
            assert "RuntimeError" in message
            assert "loky" in message
            assert "spawn" in message

    def test_before_a_fit(self, digits, tmp_path):
        """As servers do it: load, fork, and predict or train in the children."""
        gelu = SimpleMLPClassifier(activation="gelu", random_state=0).fit(digits.X, digits.y)
        (tmp_path / "pickle").write_bytes(pickle.dumps((gelu, digits.X, digits.y)))
        outcomes = run(
            FORK
            + """
import pickle

with open(sys.argv[1], "rb") as file:
    classifier, X, y = pickle.load(file)
print(json.dumps([
    in_fork(lambda: classifier.predict(X).tolist()),
    in_fork(lambda: classifier.fit(X, y).predict(X).tolist()),
]))
""",
            tmp_path / "pickle",
        )
        assert outcomes == [gelu.predict(digits.X).tolist()] * 2


def test_threads_that_predict_while_others_fit(digits, fitted):
    rows = [digits.X[:n_rows] for n_rows in (1, 10, 50)]
    expected = [fitted.predict_proba(X) for X in rows]
    is_over = threading.Event()

    def predict(number):
        return sum(
            np.array_equal(fitted.predict_proba(rows[i % 3]), expected[i % 3])
            for i in range(number, number + 1_250)
        )

    def fit(number):
        n_fits = 0
        while not is_over.is_set():
            other = clone(fitted).set_params(hidden_units=3 + number, epochs=1)
            other.fit(digits.X[:100], digits.y[:100])
            n_fits += 1
        return n_fits

    with ThreadPoolExecutor(10) as executor:
        fits = [executor.submit(fit, number) for number in range(2)]
        n_right = sum(executor.map(predict, range(8)))
        is_over.set()
    assert n_right == 10_000
    assert all(future.result() > 0 for future in fits)
