"""What several test modules share: real digits, estimators fitted to them, other processes."""

import json
import math
import os
import subprocess
import sys
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

    X: np.ndarray  # (310, 784), float32, from 0 to 1: a last batch of 32 would be short
    y: np.ndarray  # (310,), int64
    images: np.ndarray  # (310, 28, 28), uint8: the same digits


@pytest.fixture(scope="session")
def sample():
    """The 5,000 images that come with the package's dependencies."""
    return load_mnist("sample")


@pytest.fixture(scope="session")
def digits(sample):
    """310 digits that nobody can write to."""
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
    """Weights of the samples that make a different network."""
    return np.random.default_rng(0).exponential(size=len(digits.y))


@pytest.fixture(scope="session")
def unseen(sample):
    """500 digits that are not among the others, scaled."""
    return (sample.X_test[:500] / 255).astype(np.float32), sample.y_test[:500]


@pytest.fixture(scope="session")
def fitted(digits):
    """A classifier fitted to rows. Don't fit it again, and don't set its parameters."""
    return SimpleMLPClassifier(epochs=3, random_state=0).fit(digits.X, digits.y)


@pytest.fixture(scope="session")
def fitted_to_images(digits):
    """A classifier fitted to images. Don't fit it again, and don't set its parameters."""
    return SimpleMLPClassifier(epochs=3, random_state=0).fit(digits.images, digits.y)


@pytest.fixture(scope="session")
def pipeline(sample):
    """A scaler and a good classifier, fitted to the sample. Don't fit it again."""
    classifier = SimpleMLPClassifier(
        hidden_units=32, learning_rate=0.01, epochs=10, random_state=0
    )
    return make_pipeline(MinMaxScaler(), classifier).fit(sample.X_train, sample.y_train)


@pytest.fixture(scope="session")
def mnist_npz():
    """The path of a file with all of MNIST, which SKMNIST_DATA says."""
    path = os.environ.get("SKMNIST_DATA", "")
    if not path.endswith(".npz"):
        pytest.skip("SKMNIST_DATA does not hold the path of an mnist.npz")
    return path


@pytest.fixture(params=["compiled", "not compiled"])
def both_ways(request, monkeypatch):
    """However short they are, training runs are compiled, or not."""
    limit = 0.0 if request.param == "compiled" else math.inf
    monkeypatch.setattr("skmnist.engine.planning.SECONDS_WORTH_COMPILING", limit)


@pytest.fixture
def no_skmnist_data(monkeypatch):
    """SKMNIST_DATA is taken away."""
    monkeypatch.delenv("SKMNIST_DATA", raising=False)


@pytest.fixture(scope="session")
def small_digits():
    """scikit-learn's images of 8 x 8 pixels, and their labels."""
    return load_digits(return_X_y=True)


@pytest.fixture
def closed_figures():
    """Whatever a test draws with pyplot is closed behind it."""
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def run_python():
    """Run code in a new process and return what it printed on its last line, which is JSON."""

    def run(code, *arguments):
        process = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, process.stderr
        return json.loads(process.stdout.splitlines()[-1])

    return run


@pytest.fixture
def line_runner(monkeypatch, tmp_path_factory):
    """Runs the lines of messages in an empty folder."""
    monkeypatch.chdir(tmp_path_factory.mktemp("lines"))
    return LineRunner(monkeypatch)
