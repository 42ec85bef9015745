"""Folds, curves and searches: what scikit-learn's tools find is what is found by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from scipy.stats import loguniform, randint
from sklearn.base import BaseEstimator, TransformerMixin, is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the import work
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier
from tests.helpers import (
    assert_same_network,
    fitted_by_hand,
    mlp_classifier,
    network,
)


@pytest.fixture(scope="module")
def cv():
    return StratifiedKFold(3, shuffle=True, random_state=0)


@pytest.fixture(scope="module")
def folds_by_hand(digits, names, cv):
    """The network of each fold, and the rows that it has not seen."""
    return [
        (fitted_by_hand(network(), digits.X[train], names[train]), test)
        for train, test in cv.split(digits.X, names)
    ]


class TestFolds:
    @pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
    def test_each_row_is_predicted_by_the_network_that_has_not_seen_it(
        self, digits, names, cv, folds_by_hand, method
    ):
        predicted = cross_val_predict(network(), digits.X, names, cv=cv, method=method)
        assert len(predicted) == len(names)
        for classifier, test in folds_by_hand:
            np.testing.assert_array_equal(
                predicted[test], getattr(classifier, method)(digits.X[test])
            )
        if method != "predict":
            # The columns are the labels in the order of the alphabet.
            assert np.mean(np.unique(names)[predicted.argmax(axis=1)] == names) > 0.6

    def test_images_are_folded_as_rows_are(self, digits, names, cv, folds_by_hand):
        images = digits.X.reshape(-1, 28, 28)
        predicted = cross_val_predict(network(), images, names, cv=cv)
        for classifier, test in folds_by_hand:
            np.testing.assert_array_equal(predicted[test], classifier.predict(digits.X[test]))

    def test_a_label_that_a_fold_misses_is_improbable_there(self, digits):
        """Here and with MLPClassifier, scikit-learn warns and fills the column in."""
        order = np.argsort(digits.y, kind="stable")
        X, y = digits.X[order], digits.y[order]
        for classifier in (network(epochs=1), mlp_classifier()):
            with pytest.warns(RuntimeWarning, match="Number of classes in training fold"):
                predicted = cross_val_predict(classifier, X, y, cv=KFold(2), method="predict_proba")
            assert predicted.shape == (len(y), 10)
            assert (predicted[y < 4, :4] == 0).all()
            assert (predicted[y < 4, 5:] > 0).all()

    def test_a_learning_curve_is_fits_to_more_and_more_rows(self, sample):
        X, y = (sample.X_train[:900] / 255).astype(np.float32), sample.y_train[:900]
        sizes, train_scores, test_scores = learning_curve(
            network(), X, y, train_sizes=[30, 150, 600], cv=KFold(3)
        )
        assert sizes.tolist() == [30, 150, 600]
        train, test = next(KFold(3).split(X))
        for i, size in enumerate(sizes):
            by_hand = fitted_by_hand(network(), X[train[:size]], y[train[:size]])
            assert test_scores[i, 0] == by_hand.score(X[test], y[test])
            assert train_scores[i, 0] == by_hand.score(X[train[:size]], y[train[:size]])
        means = test_scores.mean(axis=1)
        assert means[0] + 0.1 < means[1] < means[2] - 0.1

    def test_a_learning_curve_may_go_on_with_the_rows_that_are_new(self, digits):
        _, _, test_scores = learning_curve(
            network(),
            digits.X,
            digits.y,
            train_sizes=[50, 100, 200],
            cv=KFold(3),
            exploit_incremental_learning=True,
        )
        train, test = next(KFold(3).split(digits.X))
        by_hand = network()
        for i, part in enumerate([train[:50], train[50:100], train[100:200]]):
            by_hand.partial_fit(digits.X[part], digits.y[part], classes=range(10))
            assert test_scores[i, 0] == by_hand.score(digits.X[test], digits.y[test])

    def test_a_validation_curve_of_hidden_units(self, digits, cv):
        sizes = [2, 16, (16, 16)]
        train_scores, test_scores = validation_curve(
            network(), digits.X, digits.y, param_name="hidden_units", param_range=sizes, cv=cv
        )
        for i, size in enumerate(sizes):
            by_hand = cross_validate(
                network(hidden_units=size), digits.X, digits.y, cv=cv, return_train_score=True
            )
            np.testing.assert_array_equal(test_scores[i], by_hand["test_score"])
            np.testing.assert_array_equal(train_scores[i], by_hand["train_score"])
        assert test_scores[0].mean() < test_scores[1].mean() - 0.2


class CountingScaler(TransformerMixin, BaseEstimator):
    """Divides by a number, and counts its fits."""

    n_fits = 0

    def __init__(self, divisor=255):
        self.divisor = divisor

    def fit(self, X, y=None):
        type(self).n_fits += 1
        self.is_fitted_ = True
        return self

    def transform(self, X):
        return X / np.float32(self.divisor)


class TestSearches:
    def test_a_transformer_is_fitted_once_for_all_candidates(self, digits, tmp_path):
        X, y = digits.images.reshape(-1, 784), digits.y
        middle = np.flatnonzero((digits.X != 0).any(axis=0))

        def search(memory):
            CountingScaler.n_fits = 0
            columns = ColumnTransformer([("middle", CountingScaler(), middle)])
            chain = Pipeline([("columns", columns), ("mlp", network())], memory=memory)
            grid = {"mlp__learning_rate": [1e-5, 0.02], "mlp__epochs": [2, 5]}
            found = GridSearchCV(chain, grid, cv=2, error_score="raise").fit(X, y)
            return found, CountingScaler.n_fits

        plain, n_fits = search(None)
        assert n_fits == 4 * 2 + 1
        cached, n_fits = search(str(tmp_path))
        assert n_fits == 2 + 1
        for name in ("mean_test_score", "split1_test_score"):
            np.testing.assert_array_equal(cached.cv_results_[name], plain.cv_results_[name])
        assert cached.best_params_ == {"mlp__learning_rate": 0.02, "mlp__epochs": 5}
        assert_same_network(cached.best_estimator_[-1], plain.best_estimator_[-1])
        assert cached.best_estimator_[-1].n_features_in_ == len(middle)

    def test_candidates_drawn_at_random(self, digits):
        """From distributions, whose numbers are NumPy's."""
        distributions = {
            "learning_rate": loguniform(1e-5, 1e-1),
            "epochs": randint(1, 6),
            "batch_size": randint(10, 60),
            "l2": loguniform(1e-6, 1e-3),
        }
        search = RandomizedSearchCV(
            network(), distributions, n_iter=5, cv=2, random_state=0, error_score="raise"
        ).fit(digits.X, digits.y)
        assert len({candidate["learning_rate"] for candidate in search.cv_results_["params"]}) == 5
        scores = [
            cross_val_score(network(**candidate), digits.X, digits.y, cv=2).mean()
            for candidate in search.cv_results_["params"]
        ]
        np.testing.assert_array_equal(search.cv_results_["mean_test_score"], scores)
        assert search.best_params_ == search.cv_results_["params"][np.argmax(scores)]
        assert max(scores) > min(scores) + 0.2

    def test_epochs_are_what_halving_hands_out(self, digits):
        search = HalvingGridSearchCV(
            network(),
            {"learning_rate": [1e-5, 1e-4, 1e-3, 3e-3, 0.01, 0.02]},
            resource="epochs",
            min_resources=2,
            max_resources=18,
            factor=3,
            cv=StratifiedKFold(2),
            error_score="raise",
        ).fit(digits.X, digits.y)
        assert search.n_resources_ == [2, 6]
        assert search.n_candidates_ == [6, 2]
        results = search.cv_results_
        assert results["param_epochs"].tolist() == [2] * 6 + [6] * 2
        for candidate, score in zip(results["params"], results["mean_test_score"], strict=True):
            by_hand = cross_val_score(
                network(**candidate), digits.X, digits.y, cv=StratifiedKFold(2)
            )
            assert score == by_hand.mean()
        assert search.best_params_["learning_rate"] >= 0.01
        assert search.best_estimator_.n_iter_ == search.best_params_["epochs"] == 6

    def test_the_larger_network_is_found(self, sample):
        chain = Pipeline(
            [
                ("scaler", MinMaxScaler()),
                ("mlp", SimpleMLPClassifier(learning_rate=0.01, random_state=0)),
            ]
        )
        search = GridSearchCV(chain, {"mlp__hidden_units": [5, 16, 64]}, cv=3)
        search.fit(sample.X_train, sample.y_train)
        assert search.best_params_ == {"mlp__hidden_units": 64}
        assert search.best_score_ > 0.88
        scores = search.cv_results_["mean_test_score"]
        assert scores.tolist() == sorted(scores)
        assert search.best_estimator_[-1].coefs_[0].shape == (784, 64)
        assert search.score(sample.X_test, sample.y_test) > 0.88

    def test_optimizers_are_candidates(self, digits):
        good, bad = keras.optimizers.SGD(0.5), keras.optimizers.SGD(1e-6)
        search = GridSearchCV(
            SimpleMLPClassifier((), epochs=5, random_state=0),
            {"optimizer": [bad, good, "sgd"]},
            cv=StratifiedKFold(3),
            error_score="raise",
        ).fit(digits.X, digits.y)
        assert search.best_params_["optimizer"] is good
        assert search.best_score_ > 0.7
        assert search.cv_results_["mean_test_score"][0] < 0.5
        assert float(good.learning_rate) == 0.5

    def test_layers_and_names_are_candidates(self, digits):
        grid = [{"hidden_units": [(), (6, 4)]}, {"activation": ["relu", keras.ops.tanh]}]
        search = GridSearchCV(network(), grid, cv=2, refit=False, error_score="raise")
        results = search.fit(digits.X, digits.y).cv_results_
        assert len(results["params"]) == 4
        for candidate, score in zip(results["params"], results["mean_test_score"], strict=True):
            by_hand = cross_val_score(network(**candidate), digits.X, digits.y, cv=2)
            assert score == by_hand.mean()

    def test_folds_are_stratified(self, digits):
        """Folds of sorted labels that were not would be tested on digits never seen."""
        assert is_classifier(SimpleMLPClassifier())
        order = np.argsort(digits.y, kind="stable")
        classifier = SimpleMLPClassifier(32, learning_rate=0.01, epochs=15, random_state=0)
        scores = cross_val_score(classifier, digits.X[order], digits.y[order], cv=3)
        assert scores.shape == (3,)
        assert scores.min() > 0.6
