"""Early stopping: the samples that it sets aside, and when it ends a training run."""

from __future__ import annotations

import copy
import warnings

import keras
import numpy as np
import pandas as pd
import pytest

from skmnist import SimpleMLPClassifier
from tests.helpers import NO_STEP, assert_same_network, train

# Eight steps an epoch. From the eleventh epoch on, they are so large that the network
# gets worse: the best score is not the last one, whatever the rounding of a processor.
LOSES_ITS_WAY = keras.optimizers.schedules.PiecewiseConstantDecay([79], [0.02, 10.0])
STOPPING = {
    "hidden_units": 16,
    "optimizer": keras.optimizers.Adam(LOSES_ITS_WAY),
    "early_stopping": True,
    "validation_fraction": 0.25,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def unstopped(digits):
    """A classifier that no score can stop, with the scores of all its epochs."""
    classifier = SimpleMLPClassifier(
        epochs=30, n_iter_no_change=np.inf, tol=1e9, **STOPPING
    )
    return classifier.fit(digits.X, digits.y)


def accuracy_of_no_network(y, sample_weight=None, random_state=0):
    """The validation score of a network that finds all samples and all classes alike.

    It takes the first class for any sample, so that its accuracy is the share of that
    class.
    """
    classifier = SimpleMLPClassifier(
        (),
        learning_rate=NO_STEP,
        epochs=1,
        early_stopping=True,
        validation_fraction=0.25,
        random_state=random_state,
    )
    return classifier.fit(np.zeros((len(y), 2)), y, sample_weight).validation_scores_


class TestSamplesSetAside:
    def test_they_are_scored_and_not_learnt_from(self):
        """Each row has a feature of its own, whose weights change only in its steps."""
        X, y = np.eye(40), np.arange(40) % 2
        parameters = STOPPING | {
            "hidden_units": (),
            "optimizer": "sgd",
            "learning_rate": 0.02,
            "epochs": 1,
        }
        start = SimpleMLPClassifier(**parameters | {"learning_rate": NO_STEP}).fit(X, y)
        classifier = SimpleMLPClassifier(**parameters).fit(X, y)
        is_aside = (classifier.coefs_[0] == start.coefs_[0]).all(axis=1)
        assert is_aside.sum() == 10
        assert classifier.validation_scores_ == [
            classifier.score(X[is_aside], y[is_aside])
        ]

    def test_where_others_are_given_none_are(self, digits):
        X_val, y_val = digits.X[:40], digits.y[:40]
        classifier = SimpleMLPClassifier(
            6, epochs=2, early_stopping=True, random_state=0
        )
        classifier.fit(digits.X, digits.y, X_val=X_val, y_val=y_val)
        assert classifier.score(X_val, y_val) == max(classifier.validation_scores_)
        best = int(np.argmax(classifier.validation_scores_))
        plain = SimpleMLPClassifier(6, epochs=best + 1, random_state=0)
        assert_same_network(classifier, plain.fit(digits.X, digits.y))

    @pytest.mark.parametrize("random_state", range(2))
    def test_the_shares_of_the_classes_are_kept(self, random_state):
        y = np.repeat([0, 1], [160, 40])
        assert accuracy_of_no_network(y, random_state=random_state) == [0.8]

    @pytest.mark.parametrize(
        ("counts", "fraction", "reason"),
        [
            ([1, 30], 0.1, "least populated class"),
            (
                [4] * 10,
                0.1,
                "test_size = 4 should be greater or equal to the number of classes",
            ),
        ],
    )
    def test_a_split_that_cannot_be_stratified_is_not(self, counts, fraction, reason):
        y = np.repeat(np.arange(len(counts)), counts)
        X = np.eye(len(y))
        parameters = STOPPING | {"hidden_units": (), "optimizer": "sgd", "epochs": 1}
        parameters["validation_fraction"] = fraction
        start = SimpleMLPClassifier(**parameters | {"learning_rate": NO_STEP})
        classifier = SimpleMLPClassifier(**parameters)
        for trained in (start, classifier):
            with pytest.warns(
                UserWarning, match=f"without stratifying.*{reason}"
            ) as warned:
                trained.fit(X, y)
            assert warned[0].filename == __file__
        is_aside = (classifier.coefs_[0] == start.coefs_[0]).all(axis=1)
        assert is_aside.sum() == 4
        assert len(classifier.classes_) == len(counts)

    def test_samples_too_few_to_set_some_aside(self):
        X, y = np.eye(2), [0, 1]
        classifier = SimpleMLPClassifier(early_stopping=True, validation_fraction=0.9)
        with pytest.raises(
            ValueError, match=r"validation_fraction=0\.9 of 2 samples aside"
        ):
            classifier.fit(X, y)
        # Given samples to validate on, it sets none of these aside.
        assert classifier.fit(X, y, X_val=X, y_val=y).n_iter_ == 5

    def test_none_of_them_has_a_weight_of_0(self, digits):
        """All is as if only the others had been given, of the same ten classes."""
        one_hot, is_small = np.eye(10)[digits.y], digits.y < 5
        parameters = {"early_stopping": True, "random_state": 0, "epochs": 2}
        weighted = SimpleMLPClassifier(**parameters)
        weighted.fit(digits.X, one_hot, sample_weight=is_small.astype(float))
        fewer = SimpleMLPClassifier(**parameters).fit(
            digits.X[is_small], one_hot[is_small]
        )
        assert weighted.validation_scores_ == fewer.validation_scores_
        assert_same_network(weighted, fewer)


class TestWhenItStops:
    def test_infinite_patience_goes_on_to_the_last_epoch(self, unstopped, digits):
        scores = unstopped.validation_scores_
        assert len(scores) == unstopped.n_iter_ == 30
        # And then back to the best, which is not the last.
        best = int(np.argmax(scores))
        assert scores[-1] < unstopped.best_validation_score_ == scores[best]
        shorter = SimpleMLPClassifier(epochs=best + 1, **STOPPING).fit(
            digits.X, digits.y
        )
        assert_same_network(unstopped, shorter)

    @pytest.mark.parametrize(("n_iter_no_change", "tol"), [(2, 1e-4), (2, 0.1)])
    def test_patience_and_tolerance(self, unstopped, digits, n_iter_no_change, tol):
        scores = unstopped.validation_scores_

        def is_no_better(epoch):
            return scores[epoch] < max(scores[:epoch]) + tol

        last = next(
            epoch
            for epoch in range(n_iter_no_change + 1, 30)
            if all(map(is_no_better, range(epoch - n_iter_no_change, epoch + 1)))
        )
        classifier = SimpleMLPClassifier(
            epochs=30, n_iter_no_change=n_iter_no_change, tol=tol, **STOPPING
        ).fit(digits.X, digits.y)
        assert last < 29
        assert classifier.n_iter_ == last + 1
        assert classifier.validation_scores_ == scores[: last + 1]
        assert classifier.history_["val_accuracy"] == scores[: last + 1]
        assert classifier.best_validation_score_ == max(scores[: last + 1])
        best = int(np.argmax(scores[: last + 1]))
        shorter = SimpleMLPClassifier(epochs=best + 1, **STOPPING).fit(
            digits.X, digits.y
        )
        assert_same_network(classifier, shorter)

    def test_the_best_loss_is_that_of_a_fit_without_it(self, unstopped, digits):
        assert unstopped.best_loss_ is None
        classifier = SimpleMLPClassifier(
            16, learning_rate=0.01, epochs=2, warm_start=True, random_state=0
        ).fit(digits.X, digits.y)
        # Steps so large that the loss is many times as high.
        classifier.set_params(learning_rate=50.0, epochs=1).fit(digits.X, digits.y)
        assert (
            classifier.best_loss_ == min(classifier.loss_curve_) < classifier.loss_ / 2
        )
        assert classifier.loss_ == classifier.loss_curve_[-1]

    def test_without_it_there_are_no_scores(self, digits):
        plain = train(digits.X, digits.y)
        assert plain.validation_scores_ is None
        assert plain.best_validation_score_ is None

    def test_a_warm_start_does_not_end_worse_than_it_began(self, digits):
        classifier = SimpleMLPClassifier(
            10,
            learning_rate=0.03,
            early_stopping=True,
            warm_start=True,
            epochs=30,
            random_state=0,
        ).fit(digits.X, digits.y)
        before, score = copy.deepcopy(classifier), classifier.best_validation_score_
        classifier.set_params(learning_rate=50.0, epochs=2).fit(digits.X, digits.y)
        assert max(classifier.validation_scores_) < score
        assert classifier.best_validation_score_ == score
        assert_same_network(classifier, before)


class TestKindsOfData:
    def test_the_score_is_weighted(self):
        y = np.repeat([0, 1], [160, 40])
        # Weighted so, the few are worth as much as the many.
        assert accuracy_of_no_network(y, np.where(y == 1, 4.0, 1.0)) == [0.5]

    def test_equal_weights_are_none(self, digits):
        parameters = STOPPING | {"epochs": 5}
        plain = SimpleMLPClassifier(**parameters).fit(digits.X, digits.y)
        weighted = SimpleMLPClassifier(**parameters)
        weighted.fit(digits.X, digits.y, sample_weight=np.full(len(digits.y), 3.0))
        assert weighted.validation_scores_ == plain.validation_scores_
        assert_same_network(weighted, plain, atol=1e-6)

    def test_names_of_features_and_labels_are_kept_without_a_warning(self):
        table = pd.DataFrame(
            np.random.default_rng(0).normal(size=(20, 2)), columns=["a", "b"]
        )
        y = pd.Series(["dark", "light"] * 10, name="label")
        classifier = SimpleMLPClassifier(
            early_stopping=True, validation_fraction=0.2, random_state=0
        )
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            classifier.fit(table, y).score(table, y)
        assert classifier.feature_names_in_.tolist() == ["a", "b"]
        assert set(classifier.predict(table)) <= {"dark", "light"}
        assert len(classifier.validation_scores_) == 5


class TestWhatIsScored:
    """Samples that are set aside are scored as `X_val` is."""

    def test_weights_of_classes_do_not_count(self, digits):
        classifier = SimpleMLPClassifier(
            8,
            early_stopping=True,
            validation_fraction=0.3,
            class_weight={0: 1000.0},
            epochs=3,
            random_state=0,
        ).fit(digits.X, digits.y)
        # It predicts 0 for nearly every sample.
        share_of_zeros = np.mean(digits.y == 0)
        assert classifier.best_validation_score_ == pytest.approx(
            share_of_zeros, abs=0.1
        )

    def test_weights_of_samples_count(self, digits):
        weights = np.where(digits.y == 0, 1000.0, 1.0)
        classifier = SimpleMLPClassifier(
            8, early_stopping=True, validation_fraction=0.3, epochs=3, random_state=0
        ).fit(digits.X, digits.y, weights)
        assert classifier.best_validation_score_ > 0.9

    def test_a_class_of_which_no_sample_is_left(self, digits):
        y = np.where(digits.y == 3, 1, 0)
        y[0] = 2
        seeds = range(6)
        messages = []
        for seed in seeds:
            classifier = SimpleMLPClassifier(
                2,
                early_stopping=True,
                validation_fraction=0.5,
                epochs=1,
                random_state=seed,
            )
            with pytest.warns(UserWarning, match="without stratifying") as record:
                classifier.fit(digits.X, y)
            messages.append(str(record[0].message))
        # One of six fair coins falls otherwise than the others, in 31 of 32 cases.
        assert any(
            "No sample of 1 class(es) is left to train on" in m for m in messages
        )
        assert not all(
            "No sample of 1 class(es) is left to train on" in m for m in messages
        )
