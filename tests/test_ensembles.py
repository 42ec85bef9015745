"""Ensembles of networks, each member held against one that is fitted by hand."""

from __future__ import annotations

import joblib
import numpy as np
import pytest
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the import work
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    cross_val_predict,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.semi_supervised import SelfTrainingClassifier

from tests.helpers import (
    NAMES,
    assert_same_network,
    fitted_by_hand,
    mlp_classifier,
    network,
    weighted_by_hand,
)


@pytest.fixture(scope="module")
def voters():
    return [(f"seed {seed}", network(random_state=seed, epochs=2)) for seed in range(3)]


class TestVotes:
    def test_a_soft_vote_is_the_mean_of_the_probabilities(self, digits, names, unseen, voters):
        vote = VotingClassifier(voters, voting="soft", weights=[1, 2, 4]).fit(digits.X, names)
        members = [fitted_by_hand(voter, digits.X, names) for _, voter in voters]
        X, _ = unseen
        means = np.average([m.predict_proba(X) for m in members], axis=0, weights=[1, 2, 4])
        np.testing.assert_allclose(vote.predict_proba(X), means, rtol=1e-12)
        np.testing.assert_array_equal(vote.predict(X), np.unique(names)[means.argmax(axis=1)])

    def test_a_hard_vote_is_the_most_frequent_label(self, digits, names, unseen, voters):
        vote = VotingClassifier(voters, voting="hard", weights=[3, 2, 2]).fit(digits.X, names)
        members = [fitted_by_hand(voter, digits.X, names) for _, voter in voters]
        X, _ = unseen
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
    def test_the_last_estimator_learns_from_held_out_probabilities(self, digits, names, unseen):
        members = [("one", network()), ("two", network(random_state=1))]
        stack = StackingClassifier(members, LogisticRegression(), cv=3).fit(digits.X, names)
        held_out = [
            cross_val_predict(m, digits.X, names, cv=3, method="predict_proba") for _, m in members
        ]
        last = LogisticRegression().fit(np.hstack(held_out), names)
        X, y = unseen
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
        self, digits, weights, unseen, n_jobs
    ):
        X, _ = unseen
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
    def test_each_network_is_trained_on_the_mistakes_of_those_before(self, digits, weights, unseen):
        boosted = AdaBoostClassifier(network(epochs=2), n_estimators=3, random_state=0)
        boosted.fit(digits.X, digits.y, sample_weight=weights)
        assert len(boosted.estimators_) == 3
        X, _ = unseen
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
    def test_one_network_for_each_digit(self, digits, names, unseen):
        many = OneVsRestClassifier(network()).fit(digits.X, names)
        X, y = unseen
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

    def test_several_labels_of_one_digit(self, digits, names, unseen):
        """Each by a network of its own, where MLPClassifier alone refuses as well."""
        both = np.column_stack([names, np.where(digits.y % 2, "odd", "even")]).astype(object)
        several = MultiOutputClassifier(network()).fit(digits.X, both)
        X, _ = unseen
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
