"""Memory stays flat in a process that loads or fits many classifiers."""

import ctypes
import gc
import os
import pickle
import sys

import numpy as np
import pytest

import skmnist.engine
from skmnist import SimpleMLPClassifier

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux", reason="reads the memory of a process of Linux"
    ),
]


def megabytes():
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is free goes back to the operating system
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.fixture(scope="module")
def data():
    generator = np.random.default_rng(0)
    return generator.random((2200, 784), dtype=np.float32), generator.integers(
        0, 10, 2200
    )


def growth(action, n_before, n_times):
    for number in range(n_before):
        action(number)
    before = megabytes()
    for number in range(n_before, n_before + n_times):
        action(number)
    return megabytes() - before


def test_keras_models_of_loaded_classifiers_are_freed(data):
    # Each has 0.6 MB of weights and of optimizer state.
    X, y = data
    saved = pickle.dumps(SimpleMLPClassifier(64, epochs=1).fit(X, y))
    assert growth(lambda number: pickle.loads(saved).model_, 10, 50) < 10


def test_rows_of_many_sizes_are_freed(data):
    # Each has 6 to 7 MB of rows.
    X, y = data
    sizes = np.random.default_rng(0).permutation(np.arange(2000, 2200))

    def fit(number):
        n_rows, width = sizes[number], (5, 16, 64, 128)[number % 4]
        SimpleMLPClassifier(width, epochs=1).fit(X[:n_rows], y[:n_rows])

    assert growth(fit, 20, 60) < 30


def test_clear_frees_programs(data):
    # Each takes 5 MB.
    X, y = data

    def fit_and_clear(number):
        SimpleMLPClassifier(10 + number, epochs=1).fit(X[:300], y[:300])
        skmnist.engine.clear()

    assert growth(fit_and_clear, 3, 12) < 15
