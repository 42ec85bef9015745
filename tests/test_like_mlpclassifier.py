"""Tests of scikit-learn's MLPClassifier (test_mlp.py of version 1.9) that hold here.

These of its tests do not hold:

- `test_*regress*`, `test_*poisson*`, `test_lbfgs_*`: there are no regressors and no
  L-BFGS.
- `test_*multilabel*`: the output is a softmax, so that each sample has one label.
- `test_tolerance`, `test_n_iter_no_change`, `test_mlp_warm_start_no_convergence`: as in
  Keras, all `epochs` are run unless `early_stopping` or a callback ends them, without
  a warning.
- `test_adaptive_learning_rate`: `learning_rate` is a number; `ReduceLROnPlateau` lowers
  it.
- `test_warm_start_full_iteration`: `n_iter_` counts the epochs of all fits.
- `test_early_stopping_stratified`: a class of one sample is not refused, but warned of.
- `test_mlp_param_dtypes`: weights are float32 and probabilities float64.
"""

from __future__ import annotations

import warnings
from itertools import pairwise

import keras
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier

from skmnist import SimpleMLPClassifier
from tests.helpers import NO_STEP, assert_same_network, needs_weighted_mlp


def weights_of(classifier):
    return classifier.coefs_ + classifier.intercepts_


# For each optimizer of Keras, the solver of MLPClassifier that takes the same steps.
OPTIMIZERS = {
    "sgd": (
        keras.optimizers.SGD(0.1),
        {"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0},
    ),
    "nesterov": (
        keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        {"solver": "sgd", "learning_rate_init": 0.1},
    ),
    "adam": (
        keras.optimizers.Adam(0.01, epsilon=1e-8),  # Keras's own epsilon is 1e-7
        {"solver": "adam", "learning_rate_init": 0.01},
    ),
}


EPOCHS = 3


BATCH_SIZE = 50


SHARED = {
    "activation": "tanh",
    "batch_size": BATCH_SIZE,
    "shuffle": False,
    "random_state": 0,
}


def train_both(X, y, name, *, alpha=0.0, **weights):
    """Train both classifiers from the same weights."""
    start = SimpleMLPClassifier(6, learning_rate=NO_STEP, epochs=1, **SHARED).fit(X, y)
    optimizer, parameters = OPTIMIZERS[name]
    # Half of alpha, divided by the number of samples in the batch, is what
    # MLPClassifier adds.
    ours = SimpleMLPClassifier(
        6, optimizer=optimizer, l2=alpha / 2 / BATCH_SIZE, epochs=EPOCHS, **SHARED
    ).fit(X, y, **weights)
    assert np.abs(ours.coefs_[0] - start.coefs_[0]).max() > 0.05

    theirs = MLPClassifier(
        6, alpha=alpha, max_iter=EPOCHS, warm_start=True, **parameters, **SHARED
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs.fit(X.astype(np.float64), y)
        # A warm start goes on with whatever weights it finds.
        theirs.coefs_ = [kernel.astype(np.float64) for kernel in start.coefs_]
        theirs.intercepts_ = [bias.astype(np.float64) for bias in start.intercepts_]
        theirs.fit(X.astype(np.float64), y, **weights)
    return ours, theirs


class TestSameSteps:
    """From the same weights, MLPClassifier computes the same."""

    @pytest.mark.parametrize("alpha", [0.0, 1.0])
    @pytest.mark.parametrize("name", OPTIMIZERS)
    def test_weights_losses_and_probabilities(self, digits, name, alpha):
        # Batches of one size: Keras adds the same penalty to a short batch.
        X, y = digits.X[:300], digits.y[:300]
        ours, theirs = train_both(X, y, name, alpha=alpha)
        assert_same_network(ours, theirs, atol=1e-4)
        np.testing.assert_allclose(
            ours.loss_curve_, theirs.loss_curve_[-EPOCHS:], rtol=1e-4
        )
        np.testing.assert_allclose(
            ours.predict_proba(X), theirs.predict_proba(X), atol=1e-4
        )

    @needs_weighted_mlp
    @pytest.mark.parametrize("name", OPTIMIZERS)
    def test_a_short_last_batch_and_weights_of_samples(self, digits, name):
        sample_weight = np.random.default_rng(0).uniform(0.1, 3.0, len(digits.y))
        ours, theirs = train_both(digits.X, digits.y, name, sample_weight=sample_weight)
        assert_same_network(ours, theirs, atol=1e-4)

    def test_l2_makes_weights_smaller(self, digits):
        sizes = []
        for l2 in (0.0, 0.001, 0.01):
            classifier = SimpleMLPClassifier(
                10, learning_rate=0.01, epochs=15, random_state=0
            )
            classifier.set_params(l2=l2).fit(digits.X, digits.y)
            sizes.append([np.abs(kernel).sum() for kernel in classifier.coefs_])
        for larger, smaller in pairwise(sizes):
            assert larger[0] > smaller[0]
            assert larger[1] > smaller[1]


FUNCTIONS = {
    "linear": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
}


def loss_of(weights, X, y, activation, l2):
    """The loss of a network, as its definition has it."""
    n_layers = len(weights) // 2
    kernels, biases = weights[:n_layers], weights[n_layers:]
    z = X @ kernels[0] + biases[0]
    for kernel, bias in zip(kernels[1:], biases[1:], strict=True):
        z = FUNCTIONS[activation](z) @ kernel + bias
    log_likelihoods = z[np.arange(len(y)), y] - np.log(np.exp(z).sum(axis=1))
    return -log_likelihoods.mean() + l2 * sum((kernel**2).sum() for kernel in kernels)


@pytest.mark.parametrize(
    ("activation", "n_classes"),
    [("linear", 3), ("sigmoid", 2), ("tanh", 3), ("relu", 2)],
)
def test_a_step_follows_the_gradient_of_the_loss(activation, n_classes):
    X = np.random.default_rng(0).uniform(size=(7, 10)).astype(np.float32)
    y = np.arange(7) % n_classes
    parameters = {
        "hidden_units": (6, 5),
        "activation": activation,
        "optimizer": "sgd",
        "l2": 0.01,
        "epochs": 1,
        "random_state": 0,
    }
    before = SimpleMLPClassifier(**parameters, learning_rate=NO_STEP).fit(X, y)
    after = SimpleMLPClassifier(**parameters, learning_rate=1.0).fit(X, y)

    weights = [array.astype(np.float64) for array in weights_of(before)]
    assert after.loss_ == pytest.approx(
        loss_of(weights, X, y, activation, 0.01), rel=1e-6
    )
    for array, ours, start in zip(
        weights, weights_of(after), weights_of(before), strict=True
    ):
        # A small step to either side, along one weight after the other.
        slopes = np.empty_like(array)
        for place, value in np.ndenumerate(array):
            losses = []
            for moved in (value + 1e-5, value - 1e-5):
                array[place] = moved
                losses.append(loss_of(weights, X, y, activation, 0.01))
            array[place] = value
            slopes[place] = (losses[0] - losses[1]) / 2e-5
        np.testing.assert_allclose(start - ours, slopes, rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def zeros_and_ones(sample):
    """150 digits to train on and 50 others, 0 or 1 each."""
    rows = np.flatnonzero(sample.y_train < 2)[:200]
    X, y = (sample.X_train[rows] / 255).astype(np.float32), sample.y_train[rows]
    return (X[:150], y[:150]), (X[150:], y[150:])


class TestLearning:
    @pytest.mark.parametrize("activation", FUNCTIONS)
    def test_ten_digits(self, digits, activation):
        classifier = SimpleMLPClassifier(
            50, activation=activation, learning_rate=0.01, epochs=15, random_state=0
        ).fit(digits.X[:250], digits.y[:250])
        assert classifier.score(digits.X[:250], digits.y[:250]) > 0.95
        assert classifier.score(digits.X[250:], digits.y[250:]) > 0.7

    def test_two_digits(self, zeros_and_ones):
        (X, y), (X_test, y_test) = zeros_and_ones
        classifier = SimpleMLPClassifier(
            learning_rate=0.01, epochs=15, random_state=0
        ).fit(X, y)
        assert classifier.score(X, y) > 0.99
        assert classifier.score(X_test, y_test) > 0.95
        # The second column is that of the greater label, which is what scorers take.
        probabilities = classifier.predict_proba(X_test)
        assert roc_auc_score(y_test, probabilities[:, 1]) > 0.99
        np.testing.assert_array_equal(
            classifier.predict_log_proba(X_test).argmax(axis=1),
            classifier.predict(X_test),
        )


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_weights_are_float32_and_probabilities_float64(digits, dtype):
    X = digits.images.reshape(-1, 784).astype(dtype)
    classifier = SimpleMLPClassifier(epochs=1, random_state=0).fit(X, digits.y)
    assert {array.dtype for array in weights_of(classifier)} == {np.dtype(np.float32)}
    assert classifier.predict_proba(X).dtype == np.float64
    assert classifier.predict_log_proba(X).dtype == np.float64
