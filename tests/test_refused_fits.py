"""A fit that is refused leaves a fitted classifier as it was."""

import copy

import numpy as np
import pandas as pd
import pytest

from skmnist import SimpleMLPClassifier


@pytest.fixture(scope="module")
def untouched(digits):
    return SimpleMLPClassifier(epochs=2, random_state=0).fit(digits.X, digits.y)


def fitted_attributes(classifier):
    names = [
        name
        for name in dir(classifier)
        if name.endswith("_") and not name.startswith("_")
    ]
    return {name: getattr(classifier, name) for name in names if name != "model_"}


# What is refused early and late: parameters, samples, features, labels, weights,
# validation data.
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"parameters": {"epochs": 0}}, "epochs"),
        ({"parameters": {"hidden_units": [3, -1]}}, "hidden_units"),
        ({"X": np.full((310, 784), np.nan)}, "NaN"),
        (
            {"X": pd.DataFrame({"a": np.zeros(310)}), "y": np.full(310, np.nan)},
            "NaN|1 features",
        ),
        (
            {"X": np.zeros((310, 3)), "sample_weight": -np.ones(310)},
            "sample_weight|3 features",
        ),
        (
            {"X": np.zeros((310, 3)), "X_val": np.zeros((2, 784)), "y_val": [0, 1]},
            "features",
        ),
        ({"y": [0, 1]}, "inconsistent"),
        ({"X_val": np.zeros((2, 784)), "y_val": [0, 77]}, "y_val"),
    ],
)
@pytest.mark.parametrize("warm_start", [False, True])
def test_it_predicts_as_before(untouched, digits, change, text, warm_start):
    arguments = {"X": digits.X, "y": digits.y} | change
    classifier = copy.deepcopy(untouched)
    classifier.set_params(warm_start=warm_start, **arguments.pop("parameters", {}))
    before = fitted_attributes(classifier)
    with pytest.raises(ValueError, match=text):
        classifier.fit(**arguments)
    np.testing.assert_array_equal(
        classifier.predict_proba(digits.X), untouched.predict_proba(digits.X)
    )
    after = fitted_attributes(classifier)
    np.testing.assert_equal(after, before)
    assert classifier.n_features_in_ == 784
    assert classifier.n_iter_ == len(classifier.history_["loss"]) == 2


@pytest.mark.parametrize(
    ("change", "text"),
    [
        pytest.param(lambda X: X[:, 1:], "features", id="a feature less"),
        pytest.param(lambda X: X * np.nan, "NaN", id="NaN"),
        pytest.param(lambda X: X[:7], "inconsistent", id="fewer rows than labels"),
    ],
)
def test_partial_fit_goes_on_as_if_nothing_had_happened(digits, change, text):
    classifier = SimpleMLPClassifier(random_state=0)
    classifier.partial_fit(digits.X, digits.y, range(10))
    undisturbed = copy.deepcopy(classifier)
    with pytest.raises(ValueError, match=text):
        classifier.partial_fit(change(digits.X), digits.y)
    classifier.partial_fit(digits.X, digits.y)
    undisturbed.partial_fit(digits.X, digits.y)
    np.testing.assert_array_equal(
        classifier.predict_proba(digits.X), undisturbed.predict_proba(digits.X)
    )
