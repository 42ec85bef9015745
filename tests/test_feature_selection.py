"""What single pixels are worth to a network, and how some of them are selected."""

from __future__ import annotations

import joblib
import numpy as np
import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the import work
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.inspection import permutation_importance
from sklearn.metrics import log_loss

from tests.helpers import (
    fitted_by_hand,
    mlp_classifier,
    network,
)


@pytest.fixture(scope="module")
def strip(digits):
    """Four rows of pixels across the middle of the digits, and a network that knows them."""
    X = digits.X.reshape(-1, 28, 28)[:, 12:16].reshape(-1, 4 * 28)
    return network(epochs=10).fit(X, digits.y), X, digits.y


def importances_of(strip):
    """By the loss: a few digits more or less are too coarse for a single pixel."""
    return permutation_importance(
        *strip, scoring="neg_log_loss", n_repeats=2, random_state=0
    ).importances


@pytest.fixture(scope="module")
def importances(strip):
    return importances_of(strip)


class TestFeatures:
    def test_pixels_that_are_always_0_are_of_no_importance(self, importances, strip):
        is_empty = (strip[1] == 0).all(axis=0)
        assert is_empty.reshape(4, 28)[:, [0, -1]].all()
        assert (importances[is_empty] == 0).all()
        means = importances.mean(axis=1).reshape(4, 28)
        assert (means[:, 10:18] > 0).all()
        assert means[:, 10:18].mean() > 3 * means[:, :5].mean()

    def test_an_importance_is_what_is_lost_by_mixing_a_pixel_up(self, importances, strip):
        classifier, X, y = strip
        pixel = importances.mean(axis=1).argmax()
        # Every pixel is mixed up in the same two ways, the second on top of the first.
        generator = np.random.RandomState(np.random.RandomState(0).randint(2**31 - 1))
        X, order = X.copy(), np.arange(len(y))
        by_hand = []
        for _ in range(2):
            generator.shuffle(order)
            X[:, pixel] = X[order, pixel]
            losses = [log_loss(y, classifier.predict_proba(rows)) for rows in (X, strip[1])]
            by_hand.append(losses[0] - losses[1])
        assert importances[pixel].tolist() == by_hand
        assert min(by_hand) > 0

    def test_one_network_predicts_in_two_threads(self, importances, strip):
        with joblib.parallel_config("threading", n_jobs=2):
            concurrent = importances_of(strip)
        np.testing.assert_array_equal(concurrent, importances)

    @pytest.mark.parametrize("selector", [RFE, SelectFromModel])
    def test_features_are_not_selected_by_layers_of_weights(self, digits, selector):
        """The refusal says what is missing, and is the one that MLPClassifier gets."""
        messages = []
        for classifier in (network(epochs=1), mlp_classifier()):
            with pytest.raises(ValueError, match="`coef_` or `feature_importances_`") as caught:
                selector(classifier).fit(digits.X, digits.y).transform(digits.X)
            messages.append(str(caught.value).replace(type(classifier).__name__, "It"))
        assert messages[0] == messages[1]

    def test_features_are_selected_by_what_one_makes_of_the_weights(self, digits):
        def sum_of_weights(classifier):
            return np.abs(classifier.coefs_[0]).sum(axis=1)

        selection = RFE(
            network(l2=0.01), n_features_to_select=196, step=0.5, importance_getter=sum_of_weights
        ).fit(digits.X, digits.y)
        kept = np.arange(784)
        for _ in range(2):
            by_hand = fitted_by_hand(network(l2=0.01), digits.X[:, kept], digits.y)
            order = np.argsort(sum_of_weights(by_hand))
            kept = np.sort(kept[order[-max(196, len(kept) - 392) :]])
        np.testing.assert_array_equal(np.flatnonzero(selection.support_), kept)
        # The penalty shrank the weights of pixels that tell nothing.
        is_empty = (digits.X == 0).all(axis=0)
        assert is_empty[kept].mean() < is_empty.mean() / 4
