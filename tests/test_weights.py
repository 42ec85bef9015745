"""Weights of samples and of classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight

from skmnist import SimpleMLPClassifier
from tests.helpers import (
    assert_same_network,
)


class TestSamplesAndClasses:
    def test_weights_of_classes_are_weights_of_samples(self, digits):
        y = np.array([f"digit {label}" for label in digits.y])
        class_weight = {"digit 0": 5.0, "digit 3": 0.5, "digit 7": 0.0}
        given = np.linspace(0.5, 2, len(y))
        by_class = SimpleMLPClassifier(
            epochs=2, class_weight=class_weight, random_state=0
        )
        by_class.fit(digits.X, y, sample_weight=given)
        of_samples = [class_weight.get(label, 1.0) for label in y.tolist()]
        by_sample = SimpleMLPClassifier(epochs=2, random_state=0)
        by_sample.fit(digits.X, y, sample_weight=given * of_samples)
        assert_same_network(by_class, by_sample)
        assert by_class.history_ == by_sample.history_

    def test_balanced_classes(self, digits):
        # Many ones and twos, few others.
        rows = np.flatnonzero((digits.y < 3) | (np.arange(len(digits.y)) % 4 == 0))
        X, y = digits.X[rows], digits.y[rows]
        balanced = SimpleMLPClassifier(
            epochs=2, class_weight="balanced", random_state=0
        ).fit(X, y)
        by_sample = SimpleMLPClassifier(epochs=2, random_state=0)
        by_sample.fit(X, y, sample_weight=compute_sample_weight("balanced", y))
        assert_same_network(balanced, by_sample)

    def test_there_may_be_weights_of_classes_that_are_missing(self, digits):
        """As in scikit-learn: a fold of ten digits may lack some of them."""
        is_small = digits.y < 5
        X, y = digits.X[is_small], digits.y[is_small]
        for_ten = {label: 1.0 + label for label in range(10)}
        weighted = SimpleMLPClassifier(
            epochs=1, class_weight=for_ten, random_state=0
        ).fit(X, y)
        by_sample = SimpleMLPClassifier(epochs=1, random_state=0).fit(
            X, y, sample_weight=1.0 + y
        )
        assert_same_network(weighted, by_sample)

    @pytest.mark.parametrize(
        "class_weight", [{3: 2.0, 77: 1.0}, {"3": 2.0}], ids=["another", "a text"]
    )
    @pytest.mark.parametrize("estimator", [SimpleMLPClassifier, LogisticRegression])
    def test_weights_of_other_classes_are_refused(
        self, digits, class_weight, estimator
    ):
        classifier = estimator(class_weight=class_weight)
        with pytest.raises(ValueError, match="are not in class_weight"):
            classifier.fit(digits.X, digits.y)

    def test_a_weight_of_0_leaves_a_sample_out(self, digits):
        """Also in what counts as a batch, in its order, and in the history."""
        is_left = np.arange(len(digits.y)) % 3 > 0
        weighted = SimpleMLPClassifier(epochs=3, random_state=0)
        weighted.fit(digits.X, digits.y, sample_weight=is_left.astype(float))
        without = SimpleMLPClassifier(epochs=3, random_state=0)
        without.fit(digits.X[is_left], digits.y[is_left])
        assert_same_network(weighted, without)
        for name in ("loss", "accuracy"):
            assert weighted.history_[name] == pytest.approx(without.history_[name])

    @given(
        repeats=st.lists(st.integers(0, 3), min_size=4, max_size=12).filter(
            lambda repeats: any(repeats[::2]) and any(repeats[1::2])
        ),
        scale=st.floats(1e-3, 1e3),
        seed=st.integers(0, 100),
    )
    @settings(max_examples=10, deadline=None)
    def test_a_weight_is_as_many_samples(self, repeats, scale, seed):
        """Where all samples are one batch; and only the ratios of the weights count."""
        X = np.random.default_rng(seed).normal(size=(len(repeats), 4))
        y = np.arange(len(repeats)) % 2
        parameters = {
            "hidden_units": 3,
            "optimizer": "sgd",
            "learning_rate": 0.5,
            "batch_size": 100,
            "epochs": 3,
            "random_state": seed,
        }
        repeated = SimpleMLPClassifier(**parameters).fit(
            np.repeat(X, repeats, axis=0), np.repeat(y, repeats)
        )
        weighted = SimpleMLPClassifier(**parameters).fit(
            X, y, sample_weight=scale * np.array(repeats)
        )
        np.testing.assert_allclose(
            weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(
            weighted.loss_curve_, repeated.loss_curve_, rtol=1e-5
        )


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_only_the_ratios_of_weights_count(digits, scale):
    weights = np.random.default_rng(0).integers(1, 4, len(digits.X)).astype(float)
    plain = SimpleMLPClassifier(random_state=0).fit(digits.X, digits.y, weights)
    scaled = SimpleMLPClassifier(random_state=0).fit(
        digits.X, digits.y, weights * scale
    )
    np.testing.assert_allclose(scaled.coefs_[0], plain.coefs_[0], atol=1e-6)


@pytest.mark.usefixtures("both_ways")
def test_a_row_that_is_left_out_never_ends_a_fit(digits):
    """Also the first one, whose loss is infinite, where the last batch is short."""
    X, y = digits.X[:290].copy(), digits.y[:290]
    X[0] = 1e4
    weights = np.ones(290)
    weights[0] = 0.0
    parameters = {"hidden_units": 8, "activation": "exponential", "random_state": 1}
    left_out = SimpleMLPClassifier(**parameters).fit(X, y, weights)
    without = SimpleMLPClassifier(**parameters).fit(X[1:], y[1:])
    assert np.isfinite(left_out.loss_curve_).all()
    assert_same_network(left_out, without)
