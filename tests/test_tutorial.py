"""The tutorial's network reaches the accuracy that the tutorial reports."""

import os

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier, load_mnist

TUTORIAL_STEPS = 9_375  # five epochs of 60,000 samples in batches of 32


@pytest.fixture(scope="module")
def mnist():
    source = os.environ.get("SKMNIST_DATA")
    if not source:
        pytest.skip("SKMNIST_DATA does not say where all of MNIST is")
    mnist = load_mnist(source)
    if len(mnist.X_train) != 60_000:
        pytest.skip(f"SKMNIST_DATA={source} is not all of MNIST")
    return mnist


class TestSample:
    """As many steps as the tutorial made, on a fifteenth of its images."""

    def test_raw_pixels(self, sample):
        classifier = SimpleMLPClassifier(epochs=75, random_state=0)
        classifier.fit(sample.images_train, sample.y_train)
        assert (
            classifier.n_iter_ * len(sample.y_train) // classifier.batch_size
            == TUTORIAL_STEPS
        )
        assert classifier.model_.count_params() == 3985
        assert 0.6 < classifier.score(sample.images_test, sample.y_test) < 0.82
        assert classifier.loss_curve_[-1] < 1.2 < classifier.loss_curve_[0]

    def test_scaled_pixels(self, sample):
        scaled = make_pipeline(
            MinMaxScaler(), SimpleMLPClassifier(epochs=75, random_state=0)
        )
        scaled.fit(sample.X_train, sample.y_train)
        assert 0.78 < scaled.score(sample.X_test, sample.y_test) < 0.9


@pytest.mark.slow
class TestAllOfMNIST:
    """The tutorial's own run. On raw pixels, its accuracy depends much on the seed."""

    def test_raw_pixels(self, mnist):
        classifier = SimpleMLPClassifier(random_state=0).fit(
            mnist.images_train, mnist.y_train
        )
        assert classifier.n_iter_ * 60_000 // classifier.batch_size == TUTORIAL_STEPS
        assert 0.68 < classifier.score(mnist.images_test, mnist.y_test) < 0.83
        assert np.all(np.diff(classifier.loss_curve_) < 0)

    def test_scaled_pixels(self, mnist):
        scaled = make_pipeline(MinMaxScaler(), SimpleMLPClassifier(random_state=0))
        scaled.fit(mnist.X_train, mnist.y_train)
        assert 0.82 < scaled.score(mnist.X_test, mnist.y_test) < 0.9
