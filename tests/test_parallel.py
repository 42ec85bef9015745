"""Fits, searches and predictions at the same time, in threads and processes."""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import joblib
import keras
import numpy as np
import pytest
import tensorflow as tf
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the import work
from sklearn.model_selection import (
    GridSearchCV,
    cross_validate,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier
from tests.helpers import (
    assert_same_network,
    network,
)
from tests.processes import run_python

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
    """Send this module's definitions by value to workers, which can't import tests."""
    this_module = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(this_module)
    yield
    cloudpickle.unregister_pickle_by_value(this_module)
    get_reusable_executor().shutdown(wait=True)


def assert_same_search(one, other):
    for name in ("mean_test_score", "mean_train_score", "std_test_score"):
        np.testing.assert_array_equal(one.cv_results_[name], other.cv_results_[name])
    assert_same_network(one.best_estimator_["mlp"], other.best_estimator_["mlp"])


@pytest.mark.parametrize(
    "backend", ["threading", pytest.param("loky", marks=pytest.mark.slow)]
)
def test_the_answer_is_that_of_one_process(data, sequential, backend):
    with joblib.parallel_config(backend, n_jobs=2):
        # The second search finds the threads or the workers of the first.
        for _ in range(2):
            assert_same_search(search_for().fit(*data), sequential)


@pytest.fixture(scope="module")
def fit_compiled_search(data):
    """Fit a search by a backend of joblib; 40 × 300 steps are compiled."""

    def fit(backend):
        classifier = SimpleMLPClassifier(4, batch_size=2, epochs=40, random_state=0)
        search = search_for({"mlp__activation": ["tanh", "relu"]}, classifier)
        with joblib.parallel_config(backend, n_jobs=2):
            return search.fit(*data)

    return functools.cache(fit)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_compiled_fits_give_the_same_answer_too(fit_compiled_search, backend):
    assert_same_search(fit_compiled_search(backend), fit_compiled_search("sequential"))


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


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(signal, "SIGKILL"), reason="needs a signal to kill with"
)
def test_a_killed_worker_ends_the_search_and_not_the_next(data, tmp_path, monkeypatch):
    monkeypatch.setenv("SKMNIST_TEST_PID", str(os.getpid()))
    get_reusable_executor().shutdown(wait=True)
    classifier = SimpleMLPClassifier(
        4, activation=DyingActivation(tmp_path / "died"), epochs=1
    )
    search = search_for({"mlp__random_state": [0, 1]}, classifier)
    with joblib.parallel_config("loky", n_jobs=2):
        with pytest.raises(TerminatedWorkerError, match="SIGKILL"):
            search.fit(*data)
        assert (tmp_path / "died").exists()
        search.fit(*data)
    assert_same_search(search, clone(search).fit(*data))


def threads_of_tensorflow(_):
    import skmnist.engine  # noqa: F401

    return tf.config.threading.get_intra_op_parallelism_threads()


@pytest.mark.slow
def test_workers_share_the_cores():
    with joblib.parallel_config("loky", n_jobs=2, inner_max_num_threads=1):
        counts = joblib.Parallel()(
            joblib.delayed(threads_of_tensorflow)(i) for i in range(2)
        )
    assert counts == [1, 1]


# The environment of a process, and the number of threads that is set for TensorFlow.
LIMITS = [
    ({}, 0),  # TensorFlow's default
    ({"OMP_NUM_THREADS": "1"}, 1),
    ({"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "3"}, 0),
    ({"OMP_NUM_THREADS": "4,2"}, 0),
]
# A process for each environment would be slow to start: these are forks, which import
# the package.
THREADS_IN_FORKS = """
import json, os, sys
import keras, sklearn.neural_network
import tensorflow as tf

def n_threads(environment):
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.environ.pop("OMP_NUM_THREADS", None)
        os.environ.update(environment)
        import skmnist.engine
        number = tf.config.threading.get_intra_op_parallelism_threads()
        os.write(writer, str(number).encode())
        os._exit(0)
    os.close(writer)
    return int(os.read(reader, 100))

assert "skmnist" not in sys.modules
print(json.dumps([n_threads(environment) for environment in json.loads(sys.argv[1])]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are POSIX's")
def test_the_limit_of_threads():
    environments, expected = zip(*LIMITS, strict=True)
    assert run_python(THREADS_IN_FORKS, json.dumps(environments)) == list(expected)


@pytest.fixture(
    scope="module", params=[(310, 32), (3000, 1)], ids=["not compiled", "compiled"]
)
def short_or_long(request, sample):
    """Five epochs of two folds: of 3,000 rows in batches of one, they are compiled."""
    n_rows, batch_size = request.param
    X = (sample.X_train[:n_rows] / 255).astype(np.float32)
    return X, sample.y_train[:n_rows], network(batch_size=batch_size, dropout=0.2)


class TestThreads:
    """Two of them, with clones of one estimator, against one after the other."""

    @staticmethod
    def assert_folds_are_the_same(classifier, X, y):
        def folds():
            return cross_validate(
                classifier, X, y, cv=2, return_estimator=True, error_score="raise"
            )

        # The first leaves a compiled program behind, which only one of the two may
        # have.
        sequential = folds()
        with joblib.parallel_config("threading", n_jobs=2):
            concurrent = folds()
        np.testing.assert_array_equal(
            concurrent["test_score"], sequential["test_score"]
        )
        for one, other in zip(
            concurrent["estimator"], sequential["estimator"], strict=True
        ):
            assert_same_network(one, other)
            assert one.history_ == other.history_
        first, second = concurrent["estimator"]
        assert not np.array_equal(first.coefs_[1], second.coefs_[1])

    def test_folds(self, short_or_long):
        X, y, classifier = short_or_long
        self.assert_folds_are_the_same(classifier, X, y)

    def test_folds_with_copies_of_one_optimizer(self, digits):
        optimizer = keras.optimizers.SGD(0.05, momentum=0.9)
        self.assert_folds_are_the_same(network(optimizer=optimizer), digits.X, digits.y)


def test_concurrent_fits_equal_sequential_ones(sample):
    X, y = sample.X_train / np.float32(255), sample.y_train
    candidates = [
        SimpleMLPClassifier(4, batch_size=batch_size, random_state=seed, epochs=2)
        for seed in range(3)
        for batch_size in (3, 64)
    ]

    def fitted(classifier):
        return clone(classifier).fit(X[:3001], y[:3001])

    sequential = [fitted(candidate) for candidate in candidates]
    with ThreadPoolExecutor(4) as executor:
        concurrent = list(executor.map(fitted, candidates))
    for ours, theirs in zip(concurrent, sequential, strict=True):
        assert_same_network(ours, theirs)


def test_threads_that_predict_while_others_fit(digits, fitted):
    rows = [digits.X[:n_rows] for n_rows in (1, 10, 50)]
    expected = [fitted.predict_proba(X) for X in rows]
    is_over = threading.Event()

    def predict(number):
        return sum(
            np.array_equal(fitted.predict_proba(rows[i % 3]), expected[i % 3])
            for i in range(number, number + 250)
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
    assert n_right == 2_000
    assert all(future.result() > 0 for future in fits)


def test_a_prediction_is_of_one_network_while_another_is_fitted(digits):
    X, y = digits.X, digits.y
    classifier = SimpleMLPClassifier(epochs=1, random_state=0).fit(X, y)
    expected = classifier.predict(X)

    class FitsMeanwhile:
        """As if another thread fitted the classifier to other classes just then."""

        shape = X.shape

        def __array__(self, dtype=None, copy=None):
            classifier.set_params(hidden_units=7).fit(X[y < 5], y[y < 5] + 100)
            return X

    np.testing.assert_array_equal(classifier.predict(FitsMeanwhile()), expected)
    assert classifier.classes_[0] == 100
