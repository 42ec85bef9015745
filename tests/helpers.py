"""Networks that several test modules fit, and comparisons of them."""

import inspect
from importlib.metadata import version

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier

from skmnist import SimpleMLPClassifier


def is_before(package, *release):
    """Whether a package is older than this release; it is not imported."""
    return tuple(map(int, version(package).split(".")[: len(release)])) < release


# MLPClassifier has no sample weights before scikit-learn 1.7.
needs_weighted_mlp = pytest.mark.skipif(
    "sample_weight" not in inspect.signature(MLPClassifier.fit).parameters,
    reason="MLPClassifier.fit has no sample_weight before scikit-learn 1.7",
)

# XLA takes a second for each program.
compiled_if_slow = pytest.mark.parametrize(
    "both_ways",
    ["not compiled", pytest.param("compiled", marks=pytest.mark.slow)],
    indirect=True,
)

# A learning rate so small that a step changes no weight of float32.
NO_STEP = 1e-30

# polars 2 has no interchange protocol, by which older versions of scikit-learn read its
# columns. It is not imported here: workers of a cluster import this module beside other
# threads.
needs_polars = pytest.mark.skipif(
    not is_before("polars", 2) and is_before("scikit-learn", 1, 9),
    reason="scikit-learn before 1.9 does not read the column names of polars 2",
)

# Their order as text is not that of the digits.
NAMES = np.array(
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
)


def network(**parameters):
    """A classifier that is fitted in 0.1 s and then has an accuracy of about 2 in 3."""
    defaults = {
        "hidden_units": 16,
        "learning_rate": 0.01,
        "epochs": 5,
        "random_state": 0,
    }
    return SimpleMLPClassifier(**defaults | parameters)


def mlp_classifier():
    """scikit-learn's own, which converges after two epochs, without a warning."""
    return MLPClassifier(5, tol=1e3, n_iter_no_change=1, random_state=0)


def train(X, y, *, X_val=None, y_val=None, **parameters):
    """Train from the same weights, by default for one epoch."""
    parameters = {"epochs": 1, "random_state": 0} | parameters
    return SimpleMLPClassifier(**parameters).fit(X, y, X_val=X_val, y_val=y_val)


def fitted_by_hand(estimator, X, y, **fit_params):
    """The estimator that one of scikit-learn's tools should have fitted."""
    return clone(estimator).fit(X, y, **fit_params)


def weighted_by_hand(estimator, X, y, sample_weight):
    """The same with sample weights, which must change the fitted network."""
    weighted = fitted_by_hand(estimator, X, y, sample_weight=sample_weight)
    assert not np.allclose(
        weighted.coefs_[1], fitted_by_hand(estimator, X, y).coefs_[1]
    )
    return weighted


def state_without_checksum(classifier):
    """The state of a classifier without its checksum, so that a test can change it."""
    state = classifier.__getstate__()
    return {**state, "_saved_with": {**state["_saved_with"], "digest": None}}


def assert_same_network(one, other, atol=0.0):
    """Check that all weights are equal, bit for bit unless `atol` is given."""
    for a, b in zip(
        one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)
