"""A fit that diverges ends with a warning, and the classifier cannot predict."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skmnist import SimpleMLPClassifier
from tests.helpers import assert_same_network


def diverging_in_step(step, rate=0.05, rate_of_divergence=1e30):
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(
        [step], [rate, rate_of_divergence]
    )
    return SimpleMLPClassifier(
        8,
        activation="relu",
        optimizer=keras.optimizers.SGD(schedule),
        early_stopping=True,
        epochs=20,
        random_state=0,
    )


class TestWithoutEarlyStopping:
    @pytest.fixture
    def diverged(self, digits):
        classifier = SimpleMLPClassifier(
            6,
            activation="relu",
            optimizer="sgd",
            learning_rate=1e30,
            epochs=20,
            random_state=0,
        )
        with pytest.warns(UserWarning, match="Lower learning_rate"):
            return classifier.fit(digits.X, digits.y)

    def test_stops_with_a_warning(self, diverged):
        assert diverged.n_iter_ < 20

    def test_stops_at_once(self, digits):
        losses = []
        classifier = diverging_in_step(3).set_params(
            early_stopping=False,
            callbacks=keras.callbacks.LambdaCallback(
                on_train_batch_end=lambda batch, logs: losses.append(logs["loss"])
            ),
        )
        with pytest.warns(ConvergenceWarning, match="diverged"):
            classifier.fit(digits.X, digits.y)
        assert np.isfinite(losses[:-1]).all()
        assert not np.isfinite(losses[-1])

    def test_does_not_predict(self, diverged, digits):
        with pytest.raises(ValueError, match="diverged"):
            diverged.predict(digits.X)

    def test_does_not_predict_by_finite_weights_either(self, digits):
        # Each step makes the weights ten times as large. Their squares, in the loss,
        # are infinite from the second epoch on.
        classifier = SimpleMLPClassifier(
            6, optimizer="sgd", learning_rate=1.0, l2=5.5, random_state=0
        )
        with pytest.warns(ConvergenceWarning, match="cannot predict"):
            classifier.fit(digits.X, digits.y)
        assert all(np.isfinite(kernel).all() for kernel in classifier.coefs_)
        with pytest.raises(ValueError, match="diverged"):
            classifier.predict(digits.X)

    def test_the_next_fit_is_as_if_it_had_not_been(self, diverged, digits):
        diverged.set_params(learning_rate=0.01).fit(digits.X, digits.y)
        assert_same_network(diverged, clone(diverged).fit(digits.X, digits.y))
        assert np.isfinite(diverged.predict_proba(digits.X)).all()

    def test_a_step_that_diverges_last_is_noticed(self, digits):
        classifier = diverging_in_step(8, rate_of_divergence=np.inf)
        classifier.set_params(early_stopping=False, epochs=1)
        with pytest.warns(ConvergenceWarning, match="cannot predict"):
            classifier.fit(digits.X, digits.y)
        with pytest.raises(ValueError, match="diverged"):
            classifier.predict(digits.X)


class TestWithEarlyStopping:
    def test_it_goes_back_to_the_best_epoch_before_a_divergence(self, digits):
        n_steps = math.ceil(0.9 * len(digits.X) / 32)
        classifier = diverging_in_step(4 * n_steps)
        with pytest.warns(ConvergenceWarning, match="is that of its best epoch"):
            classifier.fit(digits.X, digits.y)
        assert not np.isfinite(
            [classifier.loss_, classifier.history_["val_loss"][-1]]
        ).all()
        best = np.argmax(classifier.validation_scores_)
        assert best < 4
        untouched = clone(classifier).set_params(
            epochs=best + 1, optimizer=keras.optimizers.SGD(0.05), early_stopping=True
        )
        np.testing.assert_array_equal(
            classifier.predict(digits.X),
            untouched.fit(digits.X, digits.y).predict(digits.X),
        )

    def test_an_epoch_that_diverged_is_not_the_best(self):
        # Without numbers every row would be of the first class, which nearly all rows
        # are of.
        X = np.random.default_rng(0).normal(size=(100, 5))
        y = (np.arange(100) % 10 == 0).astype(int)
        with pytest.warns(ConvergenceWarning, match="diverged"):
            classifier = diverging_in_step(2, rate=1e-30).fit(X, y)
        assert classifier.validation_scores_[-1] == 0
        assert all(np.isfinite(kernel).all() for kernel in classifier.coefs_)

    def test_a_loss_that_grows_without_bounds_ends_the_fit(self, digits):
        classifier = SimpleMLPClassifier(
            activation="linear",
            optimizer="sgd",
            learning_rate=1e30,
            epochs=20,
            early_stopping=True,
            random_state=0,
        )
        with pytest.warns(ConvergenceWarning, match="Training diverged"):
            classifier.fit(digits.X, digits.y)
        assert not np.isfinite(classifier.loss_)
        assert not np.isfinite(classifier.history_["val_loss"][-1])
        assert len(classifier.validation_scores_) == classifier.n_iter_ < 20
