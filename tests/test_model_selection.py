"""Folds, searches and ensembles: each network is compared with one fitted by hand.

scikit-learn tests its own tools. These test what the tools need of a classifier: labels
of any kind, weights, `partial_fit`, candidates that are optimizers or layers.
"""

from __future__ import annotations

import joblib
import keras
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import AdaBoostClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the import work
from sklearn.feature_selection import RFE
from sklearn.inspection import permutation_importance
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier

from tests.helpers import (
    assert_same_network,
    fitted_by_hand,
    mlp_classifier,
    network,
    weighted_by_hand,
)


def class_name(estimator):
    return type(estimator).__name__


class TestFolds:
    def test_each_row_is_predicted_by_the_network_that_has_not_seen_it(
        self, digits, names
    ):
        cv = StratifiedKFold(3, shuffle=True, random_state=0)
        predicted = cross_val_predict(
            network(), digits.X, names, cv=cv, method="predict_proba"
        )
        for train, test in cv.split(digits.X, names):
            by_hand = fitted_by_hand(network(), digits.X[train], names[train])
            np.testing.assert_array_equal(
                predicted[test], by_hand.predict_proba(digits.X[test])
            )
        # The columns are the labels in the order of the alphabet.
        assert np.mean(np.unique(names)[predicted.argmax(axis=1)] == names) > 0.5

    @pytest.mark.parametrize(
        "classifier", [network(epochs=1), mlp_classifier()], ids=class_name
    )
    def test_a_label_that_a_fold_misses_is_improbable_there(self, digits, classifier):
        """Here and with MLPClassifier, scikit-learn warns and fills the column in."""
        order = np.argsort(digits.y, kind="stable")
        X, y = digits.X[order], digits.y[order]
        with pytest.warns(RuntimeWarning, match="Number of classes in training fold"):
            predicted = cross_val_predict(
                classifier, X, y, cv=KFold(2), method="predict_proba"
            )
        assert predicted.shape == (len(y), 10)
        assert (predicted[y < 4, :4] == 0).all()
        assert (predicted[y < 4, 5:] > 0).all()

    def test_folds_are_stratified(self, digits):
        """Folds of sorted labels that were not would be tested on digits never seen."""
        order = np.argsort(digits.y, kind="stable")
        scores = cross_val_score(
            network(epochs=15), digits.X[order], digits.y[order], cv=3
        )
        assert scores.min() > 0.5

    def test_a_learning_curve_may_go_on_with_the_rows_that_are_new(self, digits):
        _, _, test_scores = learning_curve(
            network(),
            digits.X,
            digits.y,
            train_sizes=[50, 100],
            cv=KFold(2),
            exploit_incremental_learning=True,
            error_score="raise",
        )
        train, test = next(KFold(2).split(digits.X))
        by_hand = network()
        for i, part in enumerate([train[:50], train[50:100]]):
            by_hand.partial_fit(digits.X[part], digits.y[part], classes=range(10))
            assert test_scores[i, 0] == by_hand.score(digits.X[test], digits.y[test])


class TestSearches:
    @pytest.mark.slow
    def test_optimizers_layers_and_names_are_candidates(self, digits):
        optimizer = keras.optimizers.SGD(0.5)
        grid = [
            {"hidden_units": [(), (6, 4)]},
            {"activation": ["relu", keras.ops.tanh]},
            {"optimizer": [keras.optimizers.SGD(1e-6), optimizer, "sgd"]},
        ]
        search = GridSearchCV(
            network(), grid, cv=StratifiedKFold(2), error_score="raise"
        )
        results = search.fit(digits.X, digits.y).cv_results_
        assert len(results["params"]) == 7
        scores = [
            cross_val_score(network(**candidate), digits.X, digits.y, cv=2).mean()
            for candidate in results["params"]
        ]
        np.testing.assert_array_equal(results["mean_test_score"], scores)
        assert results["params"][5]["optimizer"] is optimizer
        assert scores[5] > scores[4] + 0.2
        assert float(optimizer.learning_rate) == 0.5

    def test_epochs_are_the_resource_of_halving(self, digits):
        search = HalvingGridSearchCV(
            network(),
            {"learning_rate": [1e-7, 1e-6, 0.01, 0.02]},
            resource="epochs",
            min_resources=2,
            max_resources=8,
            factor=4,
            cv=StratifiedKFold(2),
            error_score="raise",
        ).fit(digits.X, digits.y)
        assert search.n_resources_ == [2, 8]
        assert search.cv_results_["param_epochs"].tolist() == [2] * 4 + [8]
        assert search.best_params_["learning_rate"] >= 0.01
        assert search.best_estimator_.n_iter_ == 8


class TestEnsembles:
    def test_a_vote_is_the_mean_of_the_probabilities(
        self, digits, names, unseen, weights
    ):
        voters = [
            (f"seed {seed}", network(random_state=seed, epochs=2)) for seed in range(2)
        ]
        vote = VotingClassifier(voters, voting="soft", weights=[1, 2])
        vote.fit(digits.X, names, sample_weight=weights)
        members = [
            weighted_by_hand(voter, digits.X, names, weights) for _, voter in voters
        ]
        X, _ = unseen
        means = np.average(
            [m.predict_proba(X) for m in members], axis=0, weights=[1, 2]
        )
        np.testing.assert_allclose(vote.predict_proba(X), means, rtol=1e-12)

    def test_boosting_weighs_the_mistakes_of_those_before(self, digits, weights):
        boosted = AdaBoostClassifier(network(epochs=2), n_estimators=2, random_state=0)
        boosted.fit(digits.X, digits.y, sample_weight=weights)
        current = weights / weights.sum()
        for member in boosted.estimators_:
            by_hand = weighted_by_hand(member, digits.X, digits.y, current)
            assert_same_network(member, by_hand)
            is_wrong = by_hand.predict(digits.X) != digits.y
            error = current[is_wrong].sum()
            # SAMME, as its article has it, for ten classes.
            current = current * np.exp(
                (np.log((1 - error) / error) + np.log(9)) * is_wrong
            )
            current /= current.sum()

    def test_one_network_for_each_digit_in_parts(self, digits):
        many = OneVsRestClassifier(network())
        by_hand = network()
        for part in (slice(200), slice(200, None)):
            many.partial_fit(digits.X[part], digits.y[part], classes=range(10))
            by_hand.partial_fit(
                digits.X[part], digits.y[part] == 3, classes=[False, True]
            )
        assert_same_network(many.estimators_[3], by_hand)

    def test_calibration_in_folds_with_weights(self, digits, weights):
        calibrated = CalibratedClassifierCV(network(), cv=KFold(2))
        calibrated.fit(digits.X, digits.y, sample_weight=weights)
        folds = KFold(2).split(digits.X)
        for member, (train, _) in zip(
            calibrated.calibrated_classifiers_, folds, strict=True
        ):
            by_hand = weighted_by_hand(
                network(), digits.X[train], digits.y[train], weights[train]
            )
            assert_same_network(member.estimator, by_hand)


class TestFeatures:
    def test_what_pixels_are_worth_in_two_threads(self, digits):
        """One network predicts in both; empty pixels have an importance of 0."""
        X = digits.X.reshape(-1, 28, 28)[:, 12:14].reshape(-1, 2 * 28)
        classifier = network(epochs=10).fit(X, digits.y)

        def importances():
            return permutation_importance(
                classifier,
                X,
                digits.y,
                scoring="neg_log_loss",
                n_repeats=2,
                random_state=0,
            ).importances_mean

        expected = importances()
        with joblib.parallel_config("threading", n_jobs=2):
            np.testing.assert_array_equal(importances(), expected)
        is_empty = (X == 0).all(axis=0)
        assert (expected[is_empty] == 0).all()
        assert np.median(expected[~is_empty]) > 0

    @pytest.mark.parametrize(
        "classifier", [network(epochs=1), mlp_classifier()], ids=class_name
    )
    def test_they_are_not_selected_by_a_coef(self, digits, classifier):
        """There is no `coef_`, as with MLPClassifier."""
        name = type(classifier).__name__
        message = f"{name}.*`coef_` or `feature_importances_`"
        with pytest.raises(ValueError, match=message):
            RFE(classifier).fit(digits.X, digits.y)

    def test_they_are_selected_by_a_function_of_the_weights(self, digits):
        selection = RFE(
            network(l2=0.01),
            n_features_to_select=392,
            step=0.5,
            importance_getter=lambda classifier: np.abs(classifier.coefs_[0]).sum(
                axis=1
            ),
        ).fit(digits.X, digits.y)
        # The penalty shrank the weights of pixels that are always 0.
        is_empty = (digits.X == 0).all(axis=0)
        assert is_empty[selection.support_].mean() < is_empty.mean() / 2
