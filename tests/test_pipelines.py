"""The classifier at the end of a pipeline: steps, data frames, metadata routing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.metrics import classification_report, get_scorer
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from tests.helpers import (
    assert_same_network,
    fitted_by_hand,
    mlp_classifier,
    needs_polars,
    needs_weighted_mlp,
    network,
    weighted_by_hand,
)


def test_classification_report(pipeline, sample):
    report = classification_report(
        sample.y_test,
        pipeline.predict(sample.X_test),
        target_names=sample.target_names,
        output_dict=True,
    )
    assert set(sample.target_names) < set(report)
    assert report["accuracy"] == pipeline.score(sample.X_test, sample.y_test) > 0.85
    scaled = MinMaxScaler().fit(sample.X_train).transform(sample.X_test)
    np.testing.assert_array_equal(
        pipeline.predict_proba(sample.X_test), pipeline[-1].predict_proba(scaled)
    )


@pytest.mark.parametrize(
    "library", ["pandas", pytest.param("polars", marks=needs_polars)]
)
def test_columns_are_chosen_by_name_whatever_their_order(digits, library):
    pixels = digits.images.reshape(-1, 784)
    columns = [f"pixel {i}" for i in range(784)]
    frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[library](
        dict(zip(columns, pixels.T, strict=True))
    )
    middle = slice(200, 500)
    chain = make_pipeline(
        ColumnTransformer(
            [("scaler", MinMaxScaler(), columns[middle])],
            verbose_feature_names_out=False,
        ),
        network(),
    ).set_output(transform=library)
    chain.fit(frame, digits.y)
    assert chain[-1].feature_names_in_.tolist() == columns[middle]
    scaled = MinMaxScaler().fit_transform(pixels[:, middle])
    assert_same_network(chain[-1], fitted_by_hand(network(), scaled, digits.y))
    np.testing.assert_array_equal(
        chain.predict_proba(frame[columns[::-1]]),
        chain[-1].predict_proba(chain[:-1].transform(frame)),
    )


class TestRouting:
    # scikit-learn 1.6 has no request for the score of a Pipeline.
    @needs_weighted_mlp
    def test_weights_of_a_fold_go_through_a_pipeline(self, digits, weights):
        with sklearn.config_context(enable_metadata_routing=True):
            chain = make_pipeline(
                StandardScaler().set_fit_request(sample_weight=False),
                network()
                .set_fit_request(sample_weight=True)
                .set_score_request(sample_weight=True),
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
            by_hand = weighted_by_hand(
                network(), scaled, digits.y[train], weights[train]
            )
            assert_same_network(routed["estimator"][fold][-1], by_hand)
            assert routed["test_score"][fold] == by_hand.score(
                scaler.transform(digits.X[test]),
                digits.y[test],
                sample_weight=weights[test],
            )

    def test_weights_of_a_search_by_name_of_the_step(self, digits, weights):
        """The same with routing, and without, where the step is named in the call."""
        chain = Pipeline([("scaler", MinMaxScaler()), ("mlp", network())])
        grid = {"mlp__epochs": [1, 5]}
        named = GridSearchCV(chain, grid, cv=2, scoring="accuracy")
        named.fit(digits.X, digits.y, mlp__sample_weight=weights)
        with sklearn.config_context(enable_metadata_routing=True):
            chain[-1].set_fit_request(sample_weight=True)
            scorer = get_scorer("accuracy").set_score_request(sample_weight=False)
            routed = GridSearchCV(chain, grid, cv=2, scoring=scorer)
            routed.fit(digits.X, digits.y, sample_weight=weights)
        np.testing.assert_array_equal(
            routed.cv_results_["mean_test_score"], named.cv_results_["mean_test_score"]
        )
        by_hand = weighted_by_hand(
            network(epochs=named.best_params_["mlp__epochs"]),
            MinMaxScaler().fit_transform(digits.X),
            digits.y,
            weights,
        )
        for search in (named, routed):
            assert_same_network(search.best_estimator_[-1], by_hand)

    @needs_weighted_mlp
    def test_weights_that_were_not_requested_are_refused_as_for_mlp_classifier(
        self, digits, weights
    ):
        def message_for(classifier):
            search = GridSearchCV(classifier, {"random_state": [0, 1]}, cv=2)
            with (
                sklearn.config_context(enable_metadata_routing=True),
                pytest.raises(UnsetMetadataPassedError) as caught,
            ):
                search.fit(digits.X, digits.y, sample_weight=weights)
            return str(caught.value).replace(type(classifier).__name__, "It")

        assert message_for(network()) == message_for(mlp_classifier())

    def test_validation_data_of_a_search_go_through_the_steps_before(
        self, digits, unseen
    ):
        """Each fold's by the steps fitted to it, the refit's by those of all data."""
        X_val, y_val = unseen
        with sklearn.config_context(enable_metadata_routing=True):
            classifier = network(epochs=3).set_fit_request(X_val=True, y_val=True)
            chain = Pipeline(
                [("scaler", StandardScaler()), ("mlp", classifier)],
                transform_input=["X_val"],
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
        for chain, row in zip(
            [*folds, search.best_estimator_], [*rows, slice(None)], strict=True
        ):
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
