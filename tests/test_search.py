"""Searches in one process, in threads and in worker processes."""

import os
import signal
import sys
import textwrap
from pathlib import Path

import cloudpickle
import joblib
import numpy as np
import pytest
import tensorflow as tf
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier

GRID = {"mlp__hidden_units": [2, 5, (6, 3)], "mlp__learning_rate": [0.003, 0.03]}


@pytest.fixture(scope="module")
def data(sample):
    return sample.X_train[:900], sample.y_train[:900]


def search_for(grid=GRID, classifier=None, **parameters):
    classifier = classifier or SimpleMLPClassifier(epochs=2, random_state=0)
    pipeline = Pipeline([("scaler", MinMaxScaler()), ("mlp", classifier)])
    return GridSearchCV(pipeline, grid, cv=3, return_train_score=True, **parameters)


@pytest.fixture(scope="module")
def sequential(data):
    return search_for().fit(*data)


@pytest.fixture(scope="module", autouse=True)
def workers():
    """Send what is defined here to the workers, who can't import tests, and end them at last."""
    this_module = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(this_module)
    yield
    cloudpickle.unregister_pickle_by_value(this_module)
    get_reusable_executor().shutdown(wait=True)


def assert_same_search(one, other):
    for name in ("mean_test_score", "mean_train_score", "std_test_score"):
        np.testing.assert_array_equal(one.cv_results_[name], other.cv_results_[name])
    weights = [search.best_estimator_["mlp"].coefs_ for search in (one, other)]
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_the_answer_is_that_of_one_process(data, sequential, backend):
    with joblib.parallel_config(backend, n_jobs=2):
        # The second search finds the threads or the workers of the first.
        for _ in range(2):
            assert_same_search(search_for().fit(*data), sequential)


def test_long_trainings_give_the_same_answer_too(data):
    # 5 × 300 steps are compiled.
    classifier = SimpleMLPClassifier(4, batch_size=2, epochs=5, random_state=0)
    searches = []
    for backend in ("sequential", "threading", "loky"):
        with joblib.parallel_config(backend, n_jobs=2):
            search = search_for({"mlp__activation": ["tanh", "relu"]}, classifier)
            searches.append(search.fit(*data))
    for search in searches[1:]:
        assert_same_search(search, searches[0])


class DyingActivation:
    """An activation that ends the worker process that trains with it, once."""

    def __init__(self, path):
        self.path = path

    def __call__(self, x):
        if tf.inside_function() and not self.path.exists() and is_worker():
            self.path.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return tf.tanh(x)

    def __eq__(self, other):
        return isinstance(other, DyingActivation)

    def __hash__(self):
        return 1


def is_worker():
    return os.getppid() == int(os.environ["SKMNIST_TEST_PID"])


def test_a_killed_worker_ends_the_search_and_not_the_next(data, tmp_path, monkeypatch):
    monkeypatch.setenv("SKMNIST_TEST_PID", str(os.getpid()))
    get_reusable_executor().shutdown(wait=True)
    classifier = SimpleMLPClassifier(4, activation=DyingActivation(tmp_path / "died"), epochs=1)
    search = search_for({"mlp__random_state": [0, 1]}, classifier)
    with joblib.parallel_config("loky", n_jobs=2):
        with pytest.raises(TerminatedWorkerError, match="SIGKILL"):
            search.fit(*data)
        assert (tmp_path / "died").exists()
        assert search.fit(*data).score(*data) > 0.1


def threads_of_tensorflow(_):
    import skmnist.classifier  # noqa: F401

    return tf.config.threading.get_intra_op_parallelism_threads()


def test_workers_share_the_cores():
    with joblib.parallel_config("loky", n_jobs=2, inner_max_num_threads=1):
        counts = joblib.Parallel()(joblib.delayed(threads_of_tensorflow)(i) for i in range(2))
    assert counts == [1, 1]


@pytest.mark.parametrize(
    ("environment", "n_threads"),
    [
        ({}, 0),  # TensorFlow's own choice
        ({"OMP_NUM_THREADS": "1"}, 1),
        ({"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "3"}, 0),
        ({"OMP_NUM_THREADS": "4,2"}, 0),
    ],
)
def test_the_limit_of_threads(run_python, environment, n_threads):
    lines = f"""
        import os
        os.environ.pop("OMP_NUM_THREADS", None)
        os.environ.update({environment})
        import skmnist.classifier
        import tensorflow as tf
        print(tf.config.threading.get_intra_op_parallelism_threads())
    """
    assert run_python(textwrap.dedent(lines)) == n_threads


FITS = """
    import os
    import numpy as np
    from skmnist import SimpleMLPClassifier, load_mnist

    def resident_megabytes():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    (X, y), _ = load_mnist("sample", return_X_y=True)
    X = (X / np.float32(255)).astype(np.float32)
    megabytes = []
    for number in range(80):
        width = [5, 16, 64, 128][number % 4]
        # Every other four fits are compiled: 1,500 steps.
        n_rows = 1500 if number // 4 % 2 else 100
        classifier = SimpleMLPClassifier(width, batch_size=1, epochs=1, random_state=number)
        classifier.fit(X[:n_rows], y[:n_rows]).predict(X)
        megabytes.append(resident_megabytes())
    print(megabytes[-1] - megabytes[19])
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_many_fits_leave_memory_flat(run_python):
    assert run_python(textwrap.dedent(FITS)) < 40
