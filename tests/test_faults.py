"""Full disks, no memory, forks: in separate processes, with real limits."""

import os
import pickle
import sys
import textwrap
from pathlib import Path

import pytest

from skmnist import SimpleMLPClassifier
from tests.processes import DATA, PRELUDE, end, run_python, start

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="signals and limits of POSIX"
)
needs_memory_limit = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux respects RLIMIT_AS"
)


@pytest.mark.slow
def test_old_figures_survive_a_full_disk(tmp_path):
    (tmp_path / "first_digits.png").write_bytes(b"old")
    code = """
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from skmnist.cli import main
sys.exit(main(sys.argv[1:]))
"""
    status, _, err = end(
        start(PRELUDE + code, "--data", "sample", "--output", tmp_path)
    )
    assert status == 1
    said = f"skmnist: error: {tmp_path / 'first_digits.png'}:"
    # Anywhere in the output: a measurement of coverage may print an error of its own.
    assert any(line.startswith(said) for line in err.splitlines())
    assert os.listdir(tmp_path) == ["first_digits.png"]
    assert (tmp_path / "first_digits.png").read_bytes() == b"old"


class TestMemory:
    @pytest.mark.slow
    @needs_memory_limit
    def test_a_candidate_that_cannot_fit_costs_the_search_nothing(self):
        scores, message = run_python(
            DATA
            + """
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
classifier = SimpleMLPClassifier(learning_rate=0.01, random_state=0)
grid = GridSearchCV(
    classifier, {"hidden_units": [8, 10**7, 10**9]}, cv=2, error_score=np.nan
)
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
        assert (
            "A network with hidden_units=(1000000000,) has 795,000,000,010 weights."
            in message
        )
        assert "Lower hidden_units." in message

    def test_a_network_larger_than_the_machine_is_refused_at_once(self, digits):
        with pytest.raises(
            MemoryError, match=r"795,000,000,010 weights.*Lower hidden_units"
        ):
            SimpleMLPClassifier(10**9).fit(digits.X, digits.y)

    @pytest.mark.slow
    @needs_memory_limit
    def test_that_is_gone_when_it_is_needed(self):
        # Ten seconds long, TensorFlow waits for memory to be given back.
        message = run_python(
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
        assert (
            "35,775,010 weights, and the memory that is free does not suffice"
            in message
        )


FITS = """
    import math
    import os
    import numpy as np
    from skmnist import SimpleMLPClassifier, load_mnist
    from skmnist.engine import planning

    def resident_megabytes():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    (X, y), _ = load_mnist("sample", return_X_y=True)
    X = (X / np.float32(255)).astype(np.float32)
    megabytes = []
    for number in range(80):
        width = [5, 16, 64, 128][number % 4]
        # Every other four fits are compiled.
        planning.SECONDS_WORTH_COMPILING = math.inf if number // 4 % 2 else 0.0
        classifier = SimpleMLPClassifier(
            width, batch_size=1, epochs=1, random_state=number
        )
        classifier.fit(X[:100], y[:100]).predict(X)
        megabytes.append(resident_megabytes())
    print(megabytes[-1] - megabytes[19])
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_many_fits_leave_memory_flat():
    assert run_python(textwrap.dedent(FITS)) < 40


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


@pytest.mark.slow
class TestFork:
    def test_after_a_fit(self):
        outcomes = run_python(
            DATA
            + FORK
            + """
import joblib
import keras

many = np.tile(X, (200, 1))  # so many that TensorFlow would use its threads
fitted = [
    SimpleMLPClassifier(activation=activation, random_state=0).fit(X, y)
    for activation in ("sigmoid", "relu", "tanh", "linear")
]
expected = [classifier.predict_proba(many) for classifier in fitted]
gelu = SimpleMLPClassifier(activation=keras.ops.gelu).fit(X, y)

def predict():
    found = [classifier.predict_proba(many) for classifier in fitted]
    return [np.array_equal(p, q) for p, q in zip(found, expected)]

with joblib.parallel_backend("multiprocessing"):
    in_joblib = joblib.Parallel(n_jobs=2)(
        joblib.delayed(classifier.predict_proba)(many) for classifier in fitted
    )
outcomes = [
    in_fork(predict),
    [np.array_equal(p, q) for p, q in zip(in_joblib, expected)],
    in_fork(lambda: len(fitted[0]._repr_html_()) > 1000 and "model_" in dir(fitted[0])),
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
        assert outcomes[2] is True
        for message in outcomes[3:]:
            assert "RuntimeError" in message
            assert "loky" in message
            assert "spawn" in message

    @pytest.mark.slow
    def test_before_a_fit(self, digits, tmp_path):
        """As servers do: load, fork, and predict or train in the children."""
        gelu = SimpleMLPClassifier(activation="gelu", random_state=0).fit(
            digits.X, digits.y
        )
        (tmp_path / "pickle").write_bytes(pickle.dumps((gelu, digits.X, digits.y)))
        outcomes = run_python(
            PRELUDE
            + FORK
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
