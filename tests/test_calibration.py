"""Probabilities are calibrated, and thresholds on them tuned."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the import work
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.model_selection import (
    FixedThresholdClassifier,
    KFold,
    TunedThresholdClassifierCV,
)

from tests.helpers import (
    assert_same_network,
    fitted_by_hand,
    network,
    weighted_by_hand,
)


@pytest.fixture(scope="module")
def too_sure(digits):
    """A network that knows its digits by heart, and is too sure of others."""
    return network(epochs=60).fit(digits.X, digits.y)


class TestCalibration:
    def test_a_temperature_tames_a_network_that_is_too_sure(self, too_sure, sample, unseen):
        X, y = (sample.X_test[500:] / 255).astype(np.float32), sample.y_test[500:]
        calibrated = CalibratedClassifierCV(FrozenEstimator(too_sure), method="temperature")
        calibrated.fit(X, y)
        X, y = unseen
        probabilities = too_sure.predict_proba(X)
        assert log_loss(y, calibrated.predict_proba(X)) < log_loss(y, probabilities) - 0.03
        # A temperature changes no ranking.
        np.testing.assert_array_equal(calibrated.predict(X), too_sure.predict(X))
        # Confidence is now about how often it is right.
        confidence = calibrated.predict_proba(X).max(axis=1).mean()
        assert confidence == pytest.approx(calibrated.score(X, y), abs=0.05)
        assert probabilities.max(axis=1).mean() > calibrated.score(X, y) + 0.06

    def test_each_fold_has_a_network_and_the_mean_of_them_is_predicted(
        self, digits, weights, unseen
    ):
        calibrated = CalibratedClassifierCV(network(), cv=KFold(2))
        calibrated.fit(digits.X, digits.y, sample_weight=weights)
        folds = list(KFold(2).split(digits.X))
        for member, (train, _) in zip(calibrated.calibrated_classifiers_, folds, strict=True):
            by_hand = weighted_by_hand(network(), digits.X[train], digits.y[train], weights[train])
            assert_same_network(member.estimator, by_hand)
        X, y = unseen
        np.testing.assert_allclose(
            calibrated.predict_proba(X),
            np.mean([m.predict_proba(X) for m in calibrated.calibrated_classifiers_], axis=0),
        )
        assert calibrated.score(X, y) > 0.5


@pytest.fixture(scope="module")
def eight_or_other(digits):
    return np.where(digits.y == 8, "eight", "other")


class TestThresholds:
    """Is it an eight? Only one digit in ten is."""

    @pytest.mark.parametrize("threshold", [0.2, 0.9])
    @pytest.mark.parametrize("label", ["eight", "other"])
    def test_a_fixed_threshold(self, digits, eight_or_other, unseen, threshold, label):
        fixed = FixedThresholdClassifier(network(epochs=20), threshold=threshold, pos_label=label)
        fixed.fit(digits.X, eight_or_other)
        by_hand = fitted_by_hand(network(epochs=20), digits.X, eight_or_other)
        X, _ = unseen
        is_sure = by_hand.predict_proba(X)[:, by_hand.classes_ == label].ravel() >= threshold
        np.testing.assert_array_equal(fixed.predict(X) == label, is_sure)
        assert (fixed.predict(X) != by_hand.predict(X)).any()

    def test_the_threshold_that_finds_most(self, digits, eight_or_other, unseen):
        tuned = TunedThresholdClassifierCV(network(epochs=20), scoring="balanced_accuracy", cv=3)
        tuned.fit(digits.X, eight_or_other)
        assert_same_network(
            tuned.estimator_, fitted_by_hand(network(epochs=20), digits.X, eight_or_other)
        )
        # Of rare digits the network is rarely sure: more of them are found below one half.
        X, y = unseen
        truth = np.where(y == 8, "eight", "other")
        default = balanced_accuracy_score(truth, tuned.estimator_.predict(X))
        assert balanced_accuracy_score(truth, tuned.predict(X)) > default
        is_other = tuned.estimator_.predict_proba(X)[:, 1] >= tuned.best_threshold_
        np.testing.assert_array_equal(tuned.predict(X) == "other", is_other)
