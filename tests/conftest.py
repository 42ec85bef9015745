"""Fixtures of several test modules: digits, estimators fitted to them, processes."""

import copy
import math
import os
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier, load_mnist
from tests.helpers import NAMES
from tests.message_lines import LineRunner


class Digits(NamedTuple):
    """Real digits, few enough to train on in a tenth of a second."""

    # (310, 784), float32, from 0 to 1. With batches of 32, the last one is short.
    X: np.ndarray
    # (310,), int64
    y: np.ndarray
    # (310, 28, 28), uint8: the same digits
    images: np.ndarray


@pytest.fixture(scope="session")
def sample():
    """The 5,000 images that come with the package's dependencies."""
    return load_mnist("sample")


@pytest.fixture(scope="session")
def digits(sample):
    """310 digits in read-only arrays."""
    images = sample.images_train[:310].copy()
    X = (images.reshape(310, 784) / 255).astype(np.float32)
    y = sample.y_train[:310].copy()
    for array in (X, y, images):
        array.setflags(write=False)
    return Digits(X, y, images)


@pytest.fixture(scope="session")
def names(digits):
    """The labels of the digits in words."""
    return NAMES[digits.y]


@pytest.fixture(scope="session")
def weights(digits):
    """Sample weights that change the fitted network."""
    return np.random.default_rng(0).exponential(size=len(digits.y))


@pytest.fixture(scope="session")
def unseen(sample):
    """500 other digits, scaled."""
    return (sample.X_test[:500] / 255).astype(np.float32), sample.y_test[:500]


@pytest.fixture(scope="session")
def fitted_once(digits):
    """A classifier fitted to rows, for fixtures that do not change it."""
    return SimpleMLPClassifier(epochs=3, random_state=0).fit(digits.X, digits.y)


@pytest.fixture
def fitted(fitted_once):
    """A classifier fitted to rows: each test has its own copy."""
    return copy.deepcopy(fitted_once)


@pytest.fixture(scope="session")
def fitted_to_images_once(digits):
    return SimpleMLPClassifier(epochs=3, random_state=0).fit(digits.images, digits.y)


@pytest.fixture
def fitted_to_images(fitted_to_images_once):
    """A classifier fitted to images: each test has its own copy."""
    return copy.deepcopy(fitted_to_images_once)


@pytest.fixture(scope="session")
def pipeline_once(sample):
    classifier = SimpleMLPClassifier(
        hidden_units=32, learning_rate=0.01, epochs=10, random_state=0
    )
    return make_pipeline(MinMaxScaler(), classifier).fit(sample.X_train, sample.y_train)


@pytest.fixture
def pipeline(pipeline_once):
    """A scaler and a good classifier, fitted to the sample: each test has its own."""
    return copy.deepcopy(pipeline_once)


@pytest.fixture(scope="session")
def mnist_npz():
    """The path of a file with all of MNIST, from SKMNIST_DATA."""
    path = os.environ.get("SKMNIST_DATA", "")
    if not path.endswith(".npz"):
        pytest.skip("SKMNIST_DATA does not hold the path of an mnist.npz")
    return path


@pytest.fixture(params=["compiled", "not compiled"])
def both_ways(request, monkeypatch):
    """Compile every training run, however short, or none."""
    limit = 0.0 if request.param == "compiled" else math.inf
    monkeypatch.setattr("skmnist.engine.planning.SECONDS_WORTH_COMPILING", limit)


@pytest.fixture
def no_skmnist_data(monkeypatch):
    """Unset SKMNIST_DATA."""
    monkeypatch.delenv("SKMNIST_DATA", raising=False)


@pytest.fixture(scope="session")
def small_digits():
    """scikit-learn's images of 8 x 8 pixels, and their labels."""
    return load_digits(return_X_y=True)


@pytest.fixture
def closed_figures():
    """Close the figures that a test draws with pyplot."""
    yield
    plt.close("all")


@pytest.fixture
def line_runner(monkeypatch, tmp_path_factory):
    """Runs the lines of messages in an empty folder."""
    monkeypatch.chdir(tmp_path_factory.mktemp("lines"))
    return LineRunner(monkeypatch)
