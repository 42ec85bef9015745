"""Training that is continued, by a warm start or by partial_fit."""

from __future__ import annotations

import copy
import pickle
import re
import warnings

import keras
import numpy as np
import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the import work

from skmnist import SimpleMLPClassifier
from tests.helpers import NO_STEP, assert_same_network, network

# What an epoch may depend on beside the weights: the state of the optimizer and of the
# dropout.
TRAININGS = {
    "adam, dropout": {
        "dropout": 0.3,
        "hidden_units": (8, 4),
        "l2": 0.01,
        "class_weight": {3: 2},
    },
    "schedule": {
        "optimizer": keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(0.1, 9, 0.5)
        )
    },
}


@pytest.fixture(params=TRAININGS, scope="module")
def parameters(request):
    return {"random_state": 0, "learning_rate": 0.01} | TRAININGS[request.param]


@pytest.fixture(scope="module")
def at_once(digits, parameters):
    """Four epochs without a break."""
    return SimpleMLPClassifier(epochs=4, **parameters).fit(digits.X, digits.y)


class TestAsWithoutABreak:
    def test_warm_start(self, digits, parameters, at_once):
        classifier = SimpleMLPClassifier(epochs=2, warm_start=True, **parameters)
        classifier.fit(digits.X, digits.y)
        first_losses = list(classifier.loss_curve_)
        # A fit in between that uses the same compiled program.
        SimpleMLPClassifier(**parameters | {"random_state": 1}).fit(digits.X, digits.y)
        classifier = pickle.loads(pickle.dumps(classifier)).fit(digits.X, digits.y)
        assert_same_network(classifier, at_once)
        assert classifier.history_ == at_once.history_
        assert classifier.loss_curve_[:2] == first_losses
        assert classifier.n_iter_ == 4

    def test_partial_fit(self, digits, parameters, at_once):
        classifier = SimpleMLPClassifier(**parameters)
        for _ in range(4):
            classifier.partial_fit(digits.X, digits.y, classes=range(10))
        assert_same_network(classifier, at_once)
        assert classifier.history_ == at_once.history_
        assert classifier.n_iter_ == 4

    def test_partial_fit_and_warm_start_continue_with_each_other(self, digits):
        classifier = SimpleMLPClassifier(epochs=3, warm_start=True, random_state=0)
        classifier.partial_fit(digits.X, digits.y, classes=range(10)).fit(
            digits.X, digits.y
        )
        at_once = SimpleMLPClassifier(epochs=4, random_state=0).fit(digits.X, digits.y)
        assert_same_network(classifier, at_once)

    @pytest.mark.usefixtures("both_ways")
    def test_of_a_pickled_classifier(self, digits):
        classifier = SimpleMLPClassifier(epochs=2, warm_start=True, random_state=0)
        classifier.fit(digits.X, digits.y)
        classifier = pickle.loads(pickle.dumps(classifier)).fit(digits.X, digits.y)
        at_once = SimpleMLPClassifier(epochs=4, random_state=0).fit(digits.X, digits.y)
        assert_same_network(classifier, at_once)

    def test_fit_without_warm_start_begins_anew(self, fitted, digits):
        classifier = SimpleMLPClassifier(epochs=3, random_state=0)
        classifier.partial_fit(digits.X[:50], digits.y[:50], classes=range(20))
        classifier.fit(digits.X, digits.y)
        assert_same_network(classifier, fitted)
        assert classifier.history_ == fitted.history_


class TestClasses:
    def test_they_may_be_missing_in_any_call(self, digits):
        """As if the samples that are missing had been there with a weight of 0."""
        in_parts, weighted = (
            SimpleMLPClassifier(learning_rate=0.02, random_state=0) for _ in range(2)
        )
        is_large, is_of_one_class = digits.y >= 5, digits.y == 3
        for part in (is_large, ~is_large, is_large, is_of_one_class):
            # The classes are named again, in another order.
            in_parts.partial_fit(
                digits.X[part], digits.y[part], classes=range(9, -1, -1)
            )
            weighted.partial_fit(digits.X, digits.y, range(10), part.astype(float))
        assert in_parts.classes_.tolist() == list(range(10))
        assert in_parts.n_iter_ == 4
        assert_same_network(in_parts, weighted)
        assert in_parts.predict_proba(digits.X).shape == (len(digits.X), 10)

    def test_one_may_come_late(self):
        X, y = np.eye(4), np.array(["a", "b", "c", "d"])
        classifier = SimpleMLPClassifier(
            (), optimizer="sgd", learning_rate=1.0, random_state=0
        )
        for _ in range(10):
            classifier.partial_fit(X[:3], y[:3], classes=["d", "c", "b", "a", "never"])
        assert classifier.predict(X[:3]).tolist() == ["a", "b", "c"]
        assert "d" not in classifier.predict(X)
        assert classifier.classes_.tolist() == ["a", "b", "c", "d", "never"]
        for _ in range(10):
            classifier.partial_fit(X[3:], y[3:])
        assert classifier.predict(X[3:]).tolist() == ["d"]

    @pytest.mark.parametrize(
        "change",
        [
            lambda y: y % 2,
            lambda y: y // 2 + 1,  # as many classes, but others
            lambda y: (y // 2).astype(str),
        ],
        ids=["two", "five others", "in text"],
    )
    def test_warm_start_refuses_others(self, digits, change):
        y = digits.y // 2
        classifier = SimpleMLPClassifier(epochs=1, warm_start=True, random_state=0)
        classifier.fit(digits.X, y)
        before = classifier.predict_proba(digits.X)
        others = change(digits.y)
        message = (
            f"the last fit, [0, 1, 2, 3, 4], but y has {np.unique(others).tolist()}"
        )
        with pytest.raises(ValueError, match=re.escape(message)):
            classifier.fit(digits.X, others)
        np.testing.assert_array_equal(classifier.predict_proba(digits.X), before)
        # The same classes in other shares are no other classes.
        assert classifier.fit(digits.X, np.sort(y)).n_iter_ == 2


class TestEpochs:
    def test_each_warm_start_trains_for_all_its_epochs(self, digits):
        classifier = SimpleMLPClassifier(epochs=3, warm_start=True, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # as fits that did not converge would give
            assert classifier.fit(digits.X, digits.y).n_iter_ == 3
            classifier.set_params(epochs=4).fit(digits.X, digits.y)
        assert classifier.n_iter_ == len(classifier.loss_curve_) == 3 + 4

    def test_the_history_has_nan_where_nothing_was_validated(self, digits):
        X, y = digits.X, digits.y
        classifier = SimpleMLPClassifier(epochs=1, warm_start=True, random_state=0).fit(
            X, y
        )
        classifier.fit(X, y, X_val=X, y_val=y)
        score = classifier.score(X, y)
        classifier.partial_fit(X, y)
        assert classifier.history_.keys() == {
            "loss",
            "accuracy",
            "val_loss",
            "val_accuracy",
        }
        np.testing.assert_equal(
            classifier.history_["val_accuracy"], [np.nan, score, np.nan]
        )
        assert {len(values) for values in classifier.history_.values()} == {
            classifier.n_iter_
        }

    def test_warm_start_validates_on_the_same_samples(self, digits):
        classifier = SimpleMLPClassifier(
            16,
            learning_rate=0.02,
            epochs=10,
            early_stopping=True,
            warm_start=True,
            random_state=0,
        ).fit(digits.X, digits.y)
        first = classifier.validation_scores_
        assert len(set(first)) > 3
        # Without a step, it scores what the best epoch scored, on the same samples.
        classifier.set_params(learning_rate=NO_STEP, epochs=20).fit(digits.X, digits.y)
        second = classifier.validation_scores_
        # 10 epochs that are no better than the start are tolerated.
        assert second == [max(first)] * 11
        assert classifier.history_["val_accuracy"] == first + second

    def test_partial_fit_refuses_early_stopping_also_after_fit(self, digits):
        classifier = SimpleMLPClassifier(epochs=2, early_stopping=True, random_state=0)
        classifier.fit(digits.X, digits.y)
        before = classifier.predict_proba(digits.X)
        with pytest.raises(
            ValueError, match="partial_fit does not support early_stopping=True"
        ):
            classifier.partial_fit(digits.X, digits.y)
        np.testing.assert_array_equal(classifier.predict_proba(digits.X), before)
        classifier.set_params(early_stopping=False).partial_fit(digits.X, digits.y)
        assert classifier.n_iter_ == 3
        assert classifier.validation_scores_ is None


class TestWarmStartWithOtherParameters:
    @pytest.fixture
    def classifier(self, digits):
        classifier = SimpleMLPClassifier(6, epochs=2, warm_start=True, random_state=0)
        return classifier.fit(digits.X, digits.y)

    # The state of one has another size, that of the other has the same.
    @pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
    def test_another_optimizer_starts_anew_on_the_same_weights(
        self, digits, classifier, optimizer
    ):
        before = copy.deepcopy(classifier)
        classifier.set_params(optimizer=optimizer, learning_rate=NO_STEP)
        with pytest.warns(
            UserWarning, match=f"it was 'adam', and is '{optimizer}'. It starts"
        ):
            classifier.fit(digits.X, digits.y)
        assert_same_network(classifier, before)
        assert classifier.n_iter_ == 4

    def test_another_momentum_starts_anew_too(self, digits):
        classifier = SimpleMLPClassifier(6, epochs=1, warm_start=True, random_state=0)
        classifier.set_params(optimizer=keras.optimizers.SGD(0.1, momentum=0.9))
        classifier.fit(digits.X, digits.y)
        classifier.set_params(optimizer=keras.optimizers.SGD(0.1, momentum=0.5))
        with pytest.warns(
            UserWarning, match=r"its momentum was 0\.9, and is 0\.5"
        ) as record:
            classifier.fit(digits.X, digits.y)
        assert record[0].filename == __file__

    def test_the_learning_rate_is_the_new_one(self, digits, classifier):
        before = copy.deepcopy(classifier)
        classifier.set_params(learning_rate=NO_STEP).fit(digits.X, digits.y)
        assert_same_network(classifier, before)

    def test_l2_is_the_new_one(self, digits, classifier):
        classifier.set_params(l2=10.0).fit(digits.X, digits.y)
        assert classifier.loss_curve_[2] > 10 * classifier.loss_curve_[1]

    @pytest.mark.parametrize(
        ("name", "value"), [("hidden_units", (6, 6)), ("activation", "tanh")]
    )
    def test_another_network_is_refused(self, digits, classifier, name, value):
        with pytest.raises(ValueError, match=f"was fitted with {name}"):
            classifier.set_params(**{name: value}).fit(digits.X, digits.y)


@pytest.mark.slow
def test_blocks_of_a_stream_are_as_good_as_all_at_once(sample):
    X, X_test = ((x / 255).astype(np.float32) for x in (sample.X_train, sample.X_test))
    # 200 rows a block and 40 a batch: both take as many steps, and none that is short.
    at_once = network(epochs=5, batch_size=40).fit(X, sample.y_train)
    streamed = network(batch_size=40)
    blocks = list(
        zip(np.array_split(X, 20), np.array_split(sample.y_train, 20), strict=True)
    )
    for _ in range(5):
        for rows, labels in blocks:
            streamed.partial_fit(rows, labels, classes=range(10))
    expected = at_once.score(X_test, sample.y_test)
    assert expected > 0.85
    assert streamed.score(X_test, sample.y_test) == pytest.approx(expected, abs=0.02)
    assert streamed.score(X, sample.y_train) == pytest.approx(
        at_once.score(X, sample.y_train), abs=0.02
    )
