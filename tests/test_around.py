"""Other estimators of scikit-learn around the classifier, each held against the same by hand."""

from __future__ import annotations

import joblib
import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from scipy.stats import loguniform, randint
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the import work
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, get_scorer, log_loss
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from skmnist import SimpleMLPClassifier

# Their order as text is not that of the digits.
NAMES = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])


def network(**parameters):
    """A classifier that is right about two digits in three after a tenth of a second."""
    defaults = {"hidden_units": 16, "learning_rate": 0.01, "epochs": 5, "random_state": 0}
    return SimpleMLPClassifier(**defaults | parameters)


def mlp_classifier():
    """scikit-learn's own, satisfied after two epochs, and without a warning."""
    return MLPClassifier(5, tol=1e3, n_iter_no_change=1, random_state=0)


def assert_same_network(one, other):
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)


def fitted_by_hand(estimator, X, y, **fit_params):
    """What an ensemble should have made of one of its members."""
    return clone(estimator).fit(X, y, **fit_params)


def weighted_by_hand(estimator, X, y, sample_weight):
    """The same with weights, which must make a difference, or it would be no comparison."""
    weighted = fitted_by_hand(estimator, X, y, sample_weight=sample_weight)
    assert not np.allclose(weighted.coefs_[1], fitted_by_hand(estimator, X, y).coefs_[1])
    return weighted


@pytest.fixture(scope="module")
def names(digits):
    return NAMES[digits.y]


@pytest.fixture(scope="module")
def weights(digits):
    """Weights of the samples that make a different network."""
    return np.random.default_rng(0).exponential(size=len(digits.y))


@pytest.fixture(scope="module")
def others(sample):
    """500 digits that no network here has seen, scaled."""
    return (sample.X_test[:500] / 255).astype(np.float32), sample.y_test[:500]


@pytest.fixture(scope="module")
def voters():
    return [(f"seed {seed}", network(random_state=seed, epochs=2)) for seed in range(3)]


class TestVotes:
    def test_a_soft_vote_is_the_mean_of_the_probabilities(self, digits, names, others, voters):
        vote = VotingClassifier(voters, voting="soft", weights=[1, 2, 4]).fit(digits.X, names)
        members = [fitted_by_hand(voter, digits.X, names) for _, voter in voters]
        X, _ = others
        means = np.average([m.predict_proba(X) for m in members], axis=0, weights=[1, 2, 4])
        np.testing.assert_allclose(vote.predict_proba(X), means, rtol=1e-12)
        np.testing.assert_array_equal(vote.predict(X), np.unique(names)[means.argmax(axis=1)])

    def test_a_hard_vote_is_the_most_frequent_label(self, digits, names, others, voters):
        vote = VotingClassifier(voters, voting="hard", weights=[3, 2, 2]).fit(digits.X, names)
        members = [fitted_by_hand(voter, digits.X, names) for _, voter in voters]
        X, _ = others
        ballots = np.array([member.predict(X) for member in members])
        assert (ballots[1] != ballots[0]).any()
        # Two that agree win against the first, and the first where all three differ.
        expected = np.where(ballots[1] == ballots[2], ballots[1], ballots[0])
        np.testing.assert_array_equal(vote.predict(X), expected)

    def test_weights_of_samples_reach_the_voters(self, digits, weights, voters):
        vote = VotingClassifier(voters[:1]).fit(digits.X, digits.y, sample_weight=weights)
        weighted = weighted_by_hand(voters[0][1], digits.X, digits.y, weights)
        assert_same_network(vote.estimators_[0], weighted)


class TestStacks:
    def test_the_last_estimator_learns_from_held_out_probabilities(self, digits, names, others):
        members = [("one", network()), ("two", network(random_state=1))]
        stack = StackingClassifier(members, LogisticRegression(), cv=3).fit(digits.X, names)
        held_out = [
            cross_val_predict(m, digits.X, names, cv=3, method="predict_proba") for _, m in members
        ]
        last = LogisticRegression().fit(np.hstack(held_out), names)
        X, y = others
        probabilities = [fitted_by_hand(m, digits.X, names).predict_proba(X) for _, m in members]
        np.testing.assert_allclose(
            stack.predict_proba(X), last.predict_proba(np.hstack(probabilities)), rtol=1e-9
        )
        assert stack.score(X, NAMES[y]) > 0.6

    def test_the_last_estimator_may_be_a_network(self, digits):
        """And where there are two classes, each member hands on one column."""
        y = digits.y % 2
        members = [("one", network()), ("linear", LogisticRegression())]
        stack = StackingClassifier(members, network(), cv=2, passthrough=True).fit(digits.X, y)
        held_out = [
            cross_val_predict(m, digits.X, y, cv=2, method="predict_proba")[:, [1]]
            for _, m in members
        ]
        last = fitted_by_hand(network(), np.hstack([*held_out, digits.X]), y)
        assert_same_network(stack.final_estimator_, last)
        assert stack.final_estimator_.n_features_in_ == 2 + 784


class TestBags:
    @pytest.mark.parametrize("n_jobs", [None, 2])
    def test_a_bag_is_networks_fitted_to_parts_of_samples_and_features(
        self, digits, weights, others, n_jobs
    ):
        X, _ = others
        bag = BaggingClassifier(
            network(epochs=2), 4, max_features=0.5, n_jobs=n_jobs, random_state=0
        )
        with joblib.parallel_config("threading"):
            bag.fit(digits.X, digits.y, sample_weight=weights)
            mean = bag.predict_proba(X)
        probabilities = []
        for member, rows, columns in zip(
            bag.estimators_, bag.estimators_samples_, bag.estimators_features_, strict=True
        ):
            times = np.bincount(rows, minlength=len(digits.y))
            by_hand = weighted_by_hand(member, digits.X[:, columns], digits.y, times)
            assert_same_network(member, by_hand)
            probabilities.append(by_hand.predict_proba(X[:, columns]))
        assert len({member.random_state for member in bag.estimators_}) == 4
        np.testing.assert_allclose(mean, np.mean(probabilities, axis=0), rtol=1e-12)
        # Samples that weigh more are drawn more often.
        drawn = np.bincount(np.concatenate(bag.estimators_samples_), minlength=len(digits.y))
        assert drawn[weights > 1].mean() > 2 * drawn[weights < 0.5].mean()

    def test_members_that_miss_a_digit_have_its_column(self, digits):
        """Columns of networks that saw other digits each would not add up."""
        bag = BaggingClassifier(network(epochs=20), 3, max_samples=12, random_state=0)
        bag.fit(digits.X, digits.y)
        for member, rows in zip(bag.estimators_, bag.estimators_samples_, strict=True):
            seen = np.unique(digits.y[rows])
            assert len(seen) < 10
            assert member.classes_.tolist() == list(range(10))
            assert set(member.predict(digits.X[rows])) <= set(seen)

    def test_the_score_out_of_the_bag_is_that_of_digits_not_seen(self, digits):
        bag = BaggingClassifier(network(), 8, max_samples=0.5, oob_score=True, random_state=0)
        bag.fit(digits.X, digits.y)
        sums = np.zeros((len(digits.y), 10))
        for member, rows in zip(bag.estimators_, bag.estimators_samples_, strict=True):
            is_out = ~np.isin(np.arange(len(digits.y)), rows)
            sums[is_out] += member.predict_proba(digits.X[is_out])
        assert bag.oob_score_ == np.mean(sums.argmax(axis=1) == digits.y)
        assert 0.5 < bag.oob_score_ < bag.score(digits.X, digits.y)


class TestBoosting:
    def test_each_network_is_trained_on_the_mistakes_of_those_before(self, digits, weights, others):
        boosted = AdaBoostClassifier(network(epochs=2), n_estimators=3, random_state=0)
        boosted.fit(digits.X, digits.y, sample_weight=weights)
        assert len(boosted.estimators_) == 3
        X, _ = others
        votes = np.zeros((len(X), 10))
        current = weights / weights.sum()
        for i, member in enumerate(boosted.estimators_):
            by_hand = weighted_by_hand(member, digits.X, digits.y, current)
            assert_same_network(member, by_hand)
            is_wrong = by_hand.predict(digits.X) != digits.y
            error = current[is_wrong].sum() / current.sum()
            assert boosted.estimator_errors_[i] == pytest.approx(error)
            # SAMME, as its article has it, for ten classes.
            vote = np.log((1 - error) / error) + np.log(9)
            assert boosted.estimator_weights_[i] == pytest.approx(vote)
            votes[np.arange(len(X)), by_hand.predict(X)] += vote
            current = current * np.exp(vote * is_wrong)
            current /= current.sum()
        np.testing.assert_array_equal(boosted.predict(X), votes.argmax(axis=1))


class TestManyBinaryNetworks:
    def test_one_network_for_each_digit(self, digits, names, others):
        many = OneVsRestClassifier(network()).fit(digits.X, names)
        X, y = others
        columns = []
        for label, member in zip(np.unique(names), many.estimators_, strict=True):
            by_hand = fitted_by_hand(network(), digits.X, (names == label).astype(int))
            assert_same_network(member, by_hand)
            columns.append(by_hand.predict_proba(X)[:, 1])
        columns = np.column_stack(columns)
        np.testing.assert_allclose(
            many.predict_proba(X), columns / columns.sum(axis=1, keepdims=True), rtol=1e-12
        )
        np.testing.assert_array_equal(many.predict(X), np.unique(names)[columns.argmax(axis=1)])
        assert many.score(X, NAMES[y]) > 0.6

    def test_one_network_for_each_digit_in_parts(self, digits):
        many = OneVsRestClassifier(network())
        by_hand = network()
        for part in (slice(200), slice(200, None)):
            many.partial_fit(digits.X[part], digits.y[part], classes=range(10))
            by_hand.partial_fit(digits.X[part], digits.y[part] == 3, classes=[False, True])
        assert_same_network(many.estimators_[3], by_hand)

    def test_one_network_for_each_pair(self, digits):
        is_small = digits.y < 3
        X, y = digits.X[is_small], digits.y[is_small]
        many = OneVsOneClassifier(network()).fit(X, y)
        for (i, j), member in zip([(0, 1), (0, 2), (1, 2)], many.estimators_, strict=True):
            of_pair = np.isin(y, [i, j])
            by_hand = fitted_by_hand(network(), X[of_pair], (y[of_pair] == j).astype(int))
            assert_same_network(member, by_hand)
        assert many.score(X, y) > 0.95

    def test_several_labels_of_one_digit(self, digits, names, others):
        """Each by a network of its own, where MLPClassifier alone refuses as well."""
        both = np.column_stack([names, np.where(digits.y % 2, "odd", "even")]).astype(object)
        several = MultiOutputClassifier(network()).fit(digits.X, both)
        X, _ = others
        for i, member in enumerate(several.estimators_):
            by_hand = fitted_by_hand(network(), digits.X, both[:, i])
            assert_same_network(member, by_hand)
            np.testing.assert_array_equal(several.predict(X)[:, i], by_hand.predict(X))
        for alone in (network(), mlp_classifier()):
            with pytest.raises(ValueError, match=r"[Mm]ultioutput|one label for each sample"):
                alone.fit(digits.X, both)

    def test_a_chain_hands_labels_on(self, digits):
        both = np.column_stack([digits.y % 2, digits.y > 4])
        chain = ClassifierChain(network()).fit(digits.X, both)
        handed_on = np.column_stack([digits.X, digits.y % 2])
        by_hand = fitted_by_hand(network(), handed_on, both[:, 1])
        assert_same_network(chain.estimators_[1], by_hand)


@pytest.fixture(scope="module")
def too_sure(digits):
    """A network that knows its digits by heart, and is too sure of others."""
    return network(epochs=60).fit(digits.X, digits.y)


class TestCalibration:
    def test_a_temperature_tames_a_network_that_is_too_sure(self, too_sure, sample, others):
        X, y = (sample.X_test[500:] / 255).astype(np.float32), sample.y_test[500:]
        calibrated = CalibratedClassifierCV(FrozenEstimator(too_sure), method="temperature")
        calibrated.fit(X, y)
        X, y = others
        probabilities = too_sure.predict_proba(X)
        assert log_loss(y, calibrated.predict_proba(X)) < log_loss(y, probabilities) - 0.03
        # A temperature changes no ranking.
        np.testing.assert_array_equal(calibrated.predict(X), too_sure.predict(X))
        # Confidence is now about how often it is right.
        confidence = calibrated.predict_proba(X).max(axis=1).mean()
        assert confidence == pytest.approx(calibrated.score(X, y), abs=0.05)
        assert probabilities.max(axis=1).mean() > calibrated.score(X, y) + 0.06

    def test_each_fold_has_a_network_and_the_mean_of_them_is_predicted(
        self, digits, weights, others
    ):
        calibrated = CalibratedClassifierCV(network(), cv=KFold(2))
        calibrated.fit(digits.X, digits.y, sample_weight=weights)
        folds = list(KFold(2).split(digits.X))
        for member, (train, _) in zip(calibrated.calibrated_classifiers_, folds, strict=True):
            by_hand = weighted_by_hand(network(), digits.X[train], digits.y[train], weights[train])
            assert_same_network(member.estimator, by_hand)
        X, y = others
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
    def test_a_fixed_threshold(self, digits, eight_or_other, others, threshold, label):
        fixed = FixedThresholdClassifier(network(epochs=20), threshold=threshold, pos_label=label)
        fixed.fit(digits.X, eight_or_other)
        by_hand = fitted_by_hand(network(epochs=20), digits.X, eight_or_other)
        X, _ = others
        is_sure = by_hand.predict_proba(X)[:, by_hand.classes_ == label].ravel() >= threshold
        np.testing.assert_array_equal(fixed.predict(X) == label, is_sure)
        assert (fixed.predict(X) != by_hand.predict(X)).any()

    def test_the_threshold_that_finds_most(self, digits, eight_or_other, others):
        tuned = TunedThresholdClassifierCV(network(epochs=20), scoring="balanced_accuracy", cv=3)
        tuned.fit(digits.X, eight_or_other)
        assert_same_network(
            tuned.estimator_, fitted_by_hand(network(epochs=20), digits.X, eight_or_other)
        )
        # Of rare digits the network is rarely sure: more of them are found below one half.
        X, y = others
        truth = np.where(y == 8, "eight", "other")
        default = balanced_accuracy_score(truth, tuned.estimator_.predict(X))
        assert balanced_accuracy_score(truth, tuned.predict(X)) > default
        is_other = tuned.estimator_.predict_proba(X)[:, 1] >= tuned.best_threshold_
        np.testing.assert_array_equal(tuned.predict(X) == "other", is_other)


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


def test_labels_of_its_own_are_added_to_the_few_that_are_given(digits):
    few = np.where(np.arange(len(digits.y)) < 100, digits.y, -1)
    taught = SelfTrainingClassifier(network(epochs=20), threshold=0.8, max_iter=3)
    taught.fit(digits.X, few)
    first = fitted_by_hand(network(epochs=20), digits.X[:100], digits.y[:100])
    probabilities = first.predict_proba(digits.X)
    is_sure = (few == -1) & (probabilities.max(axis=1) > 0.8)
    np.testing.assert_array_equal(taught.labeled_iter_ == 1, is_sure)
    assert is_sure.sum() > 20
    np.testing.assert_array_equal(
        taught.transduction_[is_sure], probabilities.argmax(axis=1)[is_sure]
    )
    # The last network learns from all labels, given and added.
    is_labeled = taught.transduction_ != -1
    last = fitted_by_hand(
        network(epochs=20), digits.X[is_labeled], taught.transduction_[is_labeled]
    )
    assert_same_network(taught.estimator_, last)


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

    def test_validation_data_of_a_search_go_through_the_steps_before(self, digits, others):
        """Transformed by what each fold has learnt, and by what all samples teach in the end."""
        X_val, y_val = others
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


def test_blocks_of_a_stream_are_as_good_as_all_at_once(sample):
    X, X_test = ((x / 255).astype(np.float32) for x in (sample.X_train, sample.X_test))
    # 200 rows a block and 40 a batch: both take as many steps, and none that is short.
    at_once = network(epochs=5, batch_size=40).fit(X, sample.y_train)
    streamed = network(batch_size=40)
    blocks = list(zip(np.array_split(X, 20), np.array_split(sample.y_train, 20), strict=True))
    for _ in range(5):
        for rows, labels in blocks:
            streamed.partial_fit(rows, labels, classes=range(10))
    expected = at_once.score(X_test, sample.y_test)
    assert expected > 0.85
    assert streamed.score(X_test, sample.y_test) == pytest.approx(expected, abs=0.02)
    assert streamed.score(X, sample.y_train) == pytest.approx(
        at_once.score(X, sample.y_train), abs=0.02
    )


@pytest.fixture(scope="module", params=[(310, 32), (3000, 4)], ids=["not compiled", "compiled"])
def short_or_long(request, sample):
    """Of 3,000 rows in batches of 4, two folds and five epochs are worth compiling."""
    n_rows, batch_size = request.param
    X = (sample.X_train[:n_rows] / 255).astype(np.float32)
    return X, sample.y_train[:n_rows], network(batch_size=batch_size, dropout=0.2)


class TestThreads:
    """Two of them, with clones of one estimator, against one after the other."""

    @staticmethod
    def assert_folds_are_the_same(classifier, X, y):
        def folds():
            return cross_validate(
                classifier, X, y, cv=2, return_estimator=True, error_score="raise"
            )

        # The first leaves a compiled program behind, which only one of the two may have.
        sequential = folds()
        with joblib.parallel_config("threading", n_jobs=2):
            concurrent = folds()
        np.testing.assert_array_equal(concurrent["test_score"], sequential["test_score"])
        for one, other in zip(concurrent["estimator"], sequential["estimator"], strict=True):
            assert_same_network(one, other)
            assert one.history_ == other.history_
        first, second = concurrent["estimator"]
        assert not np.array_equal(first.coefs_[1], second.coefs_[1])

    def test_folds(self, short_or_long):
        X, y, classifier = short_or_long
        self.assert_folds_are_the_same(classifier, X, y)

    def test_folds_with_copies_of_one_optimizer(self, digits):
        optimizer = keras.optimizers.SGD(0.05, momentum=0.9)
        self.assert_folds_are_the_same(network(optimizer=optimizer), digits.X, digits.y)

    def test_a_search(self, short_or_long):
        X, y, classifier = short_or_long
        search = GridSearchCV(classifier, {"random_state": [0, 1]}, cv=2, error_score="raise")
        sequential = clone(search).fit(X, y)
        with joblib.parallel_config("threading", n_jobs=2):
            search.fit(X, y)
        for name in ("mean_test_score", "split0_test_score", "split1_test_score"):
            np.testing.assert_array_equal(search.cv_results_[name], sequential.cv_results_[name])
        assert search.cv_results_["mean_test_score"][0] != search.cv_results_["mean_test_score"][1]
        assert_same_network(search.best_estimator_, sequential.best_estimator_)
