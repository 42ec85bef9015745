"""The classifier at the end of a pipeline: steps, data frames, and what is routed through."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the import work
from sklearn.metrics import (
    classification_report,
    get_scorer,
)
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_validate,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skmnist import SimpleMLPClassifier
from tests.helpers import (
    assert_same_network,
    fitted_by_hand,
    mlp_classifier,
    network,
    weighted_by_hand,
)


class TestPipelines:
    def test_a_scaler_and_the_classifier_learn_digits(self, pipeline, sample):
        assert pipeline.score(sample.X_test, sample.y_test) > 0.88
        # The scaler is part of it: raw pixels straight into the network are something else.
        assert pipeline[-1].score(sample.X_test, sample.y_test) < pipeline.score(
            sample.X_test, sample.y_test
        )

    def test_classification_report(self, pipeline, sample):
        predicted = pipeline.predict(sample.X_test)
        report = classification_report(
            sample.y_test, predicted, target_names=sample.target_names, output_dict=True
        )
        assert set(sample.target_names) < set(report)
        assert report["accuracy"] == pipeline.score(sample.X_test, sample.y_test)
        assert min(report[name]["recall"] for name in sample.target_names) > 0.7

    def test_validation_data_goes_through_the_steps_before(self, digits):
        X, X_val = digits.images.reshape(-1, 784)[:250], digits.images.reshape(-1, 784)[250:]
        y, y_val = digits.y[:250], digits.y[250:]
        with sklearn.config_context(enable_metadata_routing=True):
            classifier = SimpleMLPClassifier(epochs=3, random_state=0)
            classifier.set_fit_request(X_val=True, y_val=True)
            routed = Pipeline(
                [("scaler", MinMaxScaler()), ("mlp", classifier)], transform_input=["X_val"]
            ).fit(X, y, X_val=X_val, y_val=y_val)
        scaler = MinMaxScaler().fit(X)
        by_hand = SimpleMLPClassifier(epochs=3, random_state=0).fit(
            scaler.transform(X), y, X_val=scaler.transform(X_val), y_val=y_val
        )
        assert routed[-1].history_ == by_hand.history_
        not_scaled = SimpleMLPClassifier(epochs=3, random_state=0).fit(
            scaler.transform(X), y, X_val=X_val, y_val=y_val
        )
        assert routed[-1].history_["val_loss"] != not_scaled.history_["val_loss"]

    def test_weights_are_routed_to_the_fits_and_scores_of_a_search(self, digits):
        is_small = digits.y < 5
        with sklearn.config_context(enable_metadata_routing=True):
            classifier = SimpleMLPClassifier((), learning_rate=0.01, random_state=0)
            classifier.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
            search = GridSearchCV(classifier, {"epochs": [10]}, cv=2)
            search.fit(digits.X, digits.y, sample_weight=is_small.astype(float))
        assert set(search.predict(digits.X)) <= set(range(5))
        assert search.best_score_ > 0.7  # where large digits counted, 0.5 would be a lot


@pytest.fixture(scope="module")
def columns():
    return [f"pixel {i}" for i in range(784)]


class TestFrames:
    @pytest.mark.parametrize("library", ["pandas", "polars"])
    def test_columns_are_chosen_by_name_whatever_their_order(self, digits, columns, library):
        pixels = digits.images.reshape(-1, 784)
        frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[library](
            dict(zip(columns, pixels.T, strict=True))
        )
        middle = slice(200, 500)
        chain = make_pipeline(
            ColumnTransformer(
                [("scaler", MinMaxScaler(), columns[middle])], verbose_feature_names_out=False
            ),
            network(),
        ).set_output(transform=library)
        chain.fit(frame, digits.y)
        assert type(chain[:-1].transform(frame)) is type(frame)
        assert chain[-1].feature_names_in_.tolist() == columns[middle]
        scaled = MinMaxScaler().fit_transform(pixels[:, middle])
        assert_same_network(chain[-1], fitted_by_hand(network(), scaled, digits.y))
        expected = chain[-1].predict_proba(chain[:-1].transform(frame))
        np.testing.assert_array_equal(chain.predict_proba(frame[columns[::-1]]), expected)

    @pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
    def test_columns_in_another_order_are_refused_as_by_mlp_classifier(self, digits, columns, kind):
        frame = kind(dict(zip(columns, digits.X.T, strict=True)))
        messages = []
        for classifier in (network(epochs=1), mlp_classifier()):
            classifier.fit(frame, digits.y)
            with pytest.raises(ValueError, match="in the same order") as caught:
                classifier.predict(frame[columns[::-1]])
            messages.append(str(caught.value))
        assert messages[0] == messages[1]

    @pytest.mark.parametrize("library", ["pandas", "polars"])
    def test_frames_and_series_are_folded_as_arrays_are(self, digits, names, columns, library):
        data = dict(zip(columns, digits.X.T, strict=True))
        if library == "pandas":
            index = np.random.default_rng(0).permutation(len(names))
            X, y = pd.DataFrame(data, index=index), pd.Series(names, index=index)
        else:
            X, y = pl.DataFrame(data), pl.Series(names)
        results = cross_validate(
            network(epochs=2), X, y, cv=3, return_estimator=True, error_score="raise"
        )
        expected = cross_validate(network(epochs=2), digits.X, names, cv=3, return_estimator=True)
        np.testing.assert_array_equal(results["test_score"], expected["test_score"])
        for one, other in zip(results["estimator"], expected["estimator"], strict=True):
            assert_same_network(one, other)


class TestRouting:
    """Beside what is tested of pipelines and searches alone, the one inside the other."""

    def test_weights_of_a_fold_go_through_a_pipeline(self, digits, weights):
        with sklearn.config_context(enable_metadata_routing=True):
            chain = make_pipeline(
                StandardScaler().set_fit_request(sample_weight=False),
                network().set_fit_request(sample_weight=True).set_score_request(sample_weight=True),
            )
            routed = cross_validate(
                chain,
                digits.X,
                digits.y,
                cv=KFold(2),
                params={"sample_weight": weights},
                return_estimator=True,
                error_score="raise",
            )
        for fold, (train, test) in enumerate(KFold(2).split(digits.X)):
            scaler = StandardScaler().fit(digits.X[train])
            scaled = scaler.transform(digits.X[train])
            by_hand = weighted_by_hand(network(), scaled, digits.y[train], weights[train])
            assert_same_network(routed["estimator"][fold][-1], by_hand)
            assert routed["test_score"][fold] == by_hand.score(
                scaler.transform(digits.X[test]), digits.y[test], sample_weight=weights[test]
            )

    def test_weights_of_a_search_by_name_of_the_step(self, digits, weights):
        """The same with routing, and without, where the step is named in the call."""
        chain = Pipeline([("scaler", MinMaxScaler()), ("mlp", network())])
        grid = {"mlp__epochs": [1, 5]}
        named = GridSearchCV(chain, grid, cv=2, scoring="accuracy")
        named.fit(digits.X, digits.y, mlp__sample_weight=weights)
        with sklearn.config_context(enable_metadata_routing=True):
            chain = clone(chain)
            chain[-1].set_fit_request(sample_weight=True)
            scorer = get_scorer("accuracy").set_score_request(sample_weight=False)
            routed = GridSearchCV(chain, grid, cv=2, scoring=scorer)
            routed.fit(digits.X, digits.y, sample_weight=weights)
        np.testing.assert_array_equal(
            routed.cv_results_["mean_test_score"], named.cv_results_["mean_test_score"]
        )
        assert_same_network(routed.best_estimator_[-1], named.best_estimator_[-1])
        scaled = MinMaxScaler().fit_transform(digits.X)
        by_hand = weighted_by_hand(network(), scaled, digits.y, weights)
        assert_same_network(routed.best_estimator_[-1], by_hand)

    def test_weights_that_nobody_asked_for_are_refused_as_for_mlp_classifier(self, digits, weights):
        messages = []
        with sklearn.config_context(enable_metadata_routing=True):
            for classifier in (network(), mlp_classifier()):
                search = GridSearchCV(classifier, {"random_state": [0, 1]}, cv=2)
                with pytest.raises(UnsetMetadataPassedError) as caught:
                    search.fit(digits.X, digits.y, sample_weight=weights)
                messages.append(str(caught.value).replace(type(classifier).__name__, "It"))
        assert messages[0] == messages[1]

    def test_validation_data_of_a_search_go_through_the_steps_before(self, digits, unseen):
        """Transformed by what each fold has learnt, and by what all samples teach in the end."""
        X_val, y_val = unseen
        with sklearn.config_context(enable_metadata_routing=True):
            classifier = network(epochs=3).set_fit_request(X_val=True, y_val=True)
            chain = Pipeline(
                [("scaler", StandardScaler()), ("mlp", classifier)], transform_input=["X_val"]
            )
            grid = {"mlp__early_stopping": [True], "mlp__n_iter_no_change": [1, 3]}
            search = GridSearchCV(chain, grid, cv=2, error_score="raise")
            search.fit(digits.X, digits.y, X_val=X_val, y_val=y_val)
            folds = cross_validate(
                chain,
                digits.X,
                digits.y,
                cv=KFold(2),
                params={"X_val": X_val, "y_val": y_val},
                return_estimator=True,
                error_score="raise",
            )["estimator"]
        rows = [train for train, _ in KFold(2).split(digits.X)]
        for chain, row in zip([*folds, search.best_estimator_], [*rows, slice(None)], strict=True):
            scaler = StandardScaler().fit(digits.X[row])
            by_hand = fitted_by_hand(
                chain[-1],
                scaler.transform(digits.X[row]),
                digits.y[row],
                X_val=scaler.transform(X_val),
                y_val=y_val,
            )
            assert chain[-1].history_ == by_hand.history_
            assert_same_network(chain[-1], by_hand)
            assert chain[-1].history_["val_accuracy"][-1] > 0.5
