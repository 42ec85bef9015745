"""What several test modules share: real digits, estimators fitted to them, other processes."""

import json
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier, load_mnist


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
    classifier = SimpleMLPClassifier(hidden_units=32, learning_rate=0.01, epochs=10, random_state=0)
    return make_pipeline(MinMaxScaler(), classifier).fit(sample.X_train, sample.y_train)


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
