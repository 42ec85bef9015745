"""What may change between two fits of one estimator, and what a refused fit leaves."""

from __future__ import annotations

import math

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skmnist import SimpleMLPClassifier
from skmnist.network.architecture import activation_names
from skmnist.network.optimizers import optimizer_names


class TestRefusedFits:
    @pytest.mark.parametrize(
        "refused",
        [
            lambda c, d: c.fit(d.X[:5, :3], [0] * 5),
            lambda c, d: c.fit(d.X[:5, :3], [0, 1, 0, 1, 0], sample_weight=[-1.0] * 5),
            lambda c, d: c.fit(d.X[:5, :3], [0, 1, 0, 1, 0], X_val=d.X[:5], y_val=[0] * 5),
            lambda c, d: c.set_params(class_weight={77: 1.0}).fit(d.X[:5, :3], [0, 1, 0, 1, 0]),
            lambda c, d: c.fit(pd.DataFrame(d.X[:5, :3], columns=list("abc")), [0] * 5),
        ],
    )
    def test_leave_the_estimator_as_it_was(self, digits, refused):
        classifier = SimpleMLPClassifier(epochs=1, random_state=0).fit(digits.X, digits.y)
        before = classifier.predict_proba(digits.X)
        with pytest.raises(ValueError, match=r"class|weight|X_val"):
            refused(classifier, digits)
        assert classifier.n_features_in_ == 784
        assert not hasattr(classifier, "feature_names_in_")
        np.testing.assert_array_equal(classifier.predict_proba(digits.X), before)

    def test_a_new_fit_forgets_the_names_of_the_last(self, digits):
        frame = pd.DataFrame(digits.X, columns=[f"pixel {i}" for i in range(784)])
        classifier = SimpleMLPClassifier(epochs=1).fit(frame, digits.y)
        assert classifier.feature_names_in_[3] == "pixel 3"
        classifier.fit(digits.X, digits.y)
        assert not hasattr(classifier, "feature_names_in_")


class TestWarmStartWithOtherParameters:
    @pytest.fixture
    def classifier(self, digits):
        classifier = SimpleMLPClassifier(6, epochs=2, warm_start=True, random_state=0)
        return classifier.fit(digits.X, digits.y)

    @pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adamw", keras.optimizers.Lion(0.001)])
    def test_another_optimizer_starts_anew_on_the_same_weights(self, digits, classifier, optimizer):
        weights = classifier.coefs_[0]
        classifier.set_params(optimizer=optimizer, learning_rate=1e-30).fit(digits.X, digits.y)
        if isinstance(optimizer, str):
            np.testing.assert_array_equal(classifier.coefs_[0], weights)
        assert classifier.n_iter_ == 4

    def test_the_learning_rate_is_the_new_one(self, digits, classifier):
        weights = classifier.coefs_[0]
        classifier.set_params(learning_rate=1e-30).fit(digits.X, digits.y)
        np.testing.assert_array_equal(classifier.coefs_[0], weights)

    def test_l2_is_the_new_one(self, digits, classifier):
        classifier.set_params(l2=10.0).fit(digits.X, digits.y)
        assert classifier.loss_curve_[2] > 10 * classifier.loss_curve_[1]

    @pytest.mark.parametrize(
        ("name", "value"), [("hidden_units", 7), ("hidden_units", (6, 6)), ("activation", "tanh")]
    )
    def test_another_network_is_refused(self, digits, classifier, name, value):
        with pytest.raises(ValueError, match=f"was fitted with {name}"):
            classifier.set_params(**{name: value}).fit(digits.X, digits.y)


class TestEarlyStoppingOfWhatGoesWrong:
    @staticmethod
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

    def test_it_goes_back_to_the_best_epoch_before_a_divergence(self, digits):
        n_steps = math.ceil(0.9 * len(digits.X) / 32)
        classifier = self.diverging_in_step(4 * n_steps)
        with pytest.warns(ConvergenceWarning, match="has gone back to its best epoch"):
            classifier.fit(digits.X, digits.y)
        assert np.isnan(classifier.loss_) or np.isnan(classifier.history_["val_loss"][-1])
        best = np.argmax(classifier.validation_scores_)
        assert best < 4
        untouched = clone(classifier).set_params(
            epochs=best + 1, optimizer=keras.optimizers.SGD(0.05), early_stopping=True
        )
        np.testing.assert_array_equal(
            classifier.predict(digits.X), untouched.fit(digits.X, digits.y).predict(digits.X)
        )

    def test_an_epoch_that_diverged_is_not_the_best(self):
        # Without numbers every row would be of the first class, which nearly all rows are of.
        X = np.random.default_rng(0).normal(size=(100, 5))
        y = (np.arange(100) % 10 == 0).astype(int)
        with pytest.warns(ConvergenceWarning, match="diverged"):
            classifier = self.diverging_in_step(2, rate=1e-30).fit(X, y)
        assert classifier.validation_scores_[-1] == 0
        assert all(np.isfinite(kernel).all() for kernel in classifier.coefs_)

    def test_a_step_that_diverges_last_is_noticed(self, digits):
        classifier = self.diverging_in_step(8, rate_of_divergence=np.inf)
        classifier.set_params(early_stopping=False, epochs=1)
        with pytest.warns(ConvergenceWarning, match="of no use"):
            classifier.fit(digits.X, digits.y)
        with pytest.raises(ValueError, match="diverged"):
            classifier.predict(digits.X)

    @pytest.mark.parametrize("seed", range(3))
    def test_samples_of_weight_0_are_set_aside_by_nobody(self, digits, seed):
        weights = np.zeros(len(digits.X))
        weights[digits.y < 5] = 1
        parameters = {"early_stopping": True, "random_state": seed, "epochs": 2}
        weighted = SimpleMLPClassifier(**parameters).fit(digits.X, digits.y, sample_weight=weights)
        fewer = digits.X[digits.y < 5], digits.y[digits.y < 5]
        # All of them count: no score is one of fewer samples.
        n_aside = math.ceil(0.1 * len(fewer[0]))
        n_right = np.array(weighted.validation_scores_) * n_aside
        np.testing.assert_allclose(n_right, n_right.round(), atol=1e-9)

    def test_a_warm_start_does_not_end_worse_than_it_began(self, digits):
        classifier = SimpleMLPClassifier(
            10, learning_rate=0.03, early_stopping=True, warm_start=True, epochs=30, random_state=0
        ).fit(digits.X, digits.y)
        before, score = classifier.coefs_, classifier.best_validation_score_
        classifier.set_params(learning_rate=50.0, epochs=2).fit(digits.X, digits.y)
        assert max(classifier.validation_scores_) < score
        assert classifier.best_validation_score_ == score
        for ours, theirs in zip(classifier.coefs_, before, strict=True):
            np.testing.assert_array_equal(ours, theirs)


class TestNames:
    @pytest.mark.parametrize("name", optimizer_names())
    def test_every_optimizer_that_is_named_trains(self, digits, name):
        trained = SimpleMLPClassifier(
            4, optimizer=name, learning_rate=0.01, epochs=3, random_state=0
        )
        assert np.diff(trained.fit(digits.X, digits.y).loss_curve_)[-1] < 0

    @pytest.mark.parametrize("name", activation_names())
    def test_every_activation_that_is_named_predicts_as_keras_does(self, digits, name):
        trained = SimpleMLPClassifier(4, activation=name, epochs=1, random_state=0).fit(
            digits.X, digits.y
        )
        by_keras = trained.model_.predict(digits.X, verbose=0)
        np.testing.assert_allclose(trained.predict_proba(digits.X), by_keras, atol=1e-5)


class TestActivationFunctions:
    @pytest.mark.parametrize(
        ("activation", "message"),
        [
            (np.tanh, "made of TensorFlow's or Keras's functions"),
            (keras.layers.LeakyReLU(), "not the layer"),
            (lambda x: x[:, :1], "a tensor of the shape"),
            (lambda x: 1 / 0, "division by zero"),
        ],
    )
    def test_what_is_no_function_of_a_tensor_is_refused(self, digits, activation, message):
        with pytest.raises(ValueError, match=f"(?s)activation.*{message}"):
            SimpleMLPClassifier(activation=activation).fit(digits.X, digits.y)


class TestPolicies:
    @pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
    def test_the_global_policy_changes_nothing(self, digits, policy):
        parameters = {"optimizer": "sgd", "learning_rate": 0.1, "random_state": 0}
        plain = SimpleMLPClassifier(**parameters).fit(digits.X, digits.y)
        before = keras.config.dtype_policy()
        try:
            keras.config.set_dtype_policy(policy)
            under_policy = SimpleMLPClassifier(**parameters).fit(digits.X, digits.y)
        finally:
            keras.config.set_dtype_policy(before)
        np.testing.assert_array_equal(under_policy.coefs_[0], plain.coefs_[0])

    def test_an_optimizer_that_scales_losses_is_refused(self, digits):
        scaling = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
        with pytest.raises(ValueError, match="optimizer must not be a LossScaleOptimizer"):
            SimpleMLPClassifier(optimizer=scaling).fit(digits.X, digits.y)


class UnregisteredSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """Keras can't make one from its configuration."""

    def __call__(self, step):
        return 0.1 / (1.0 + keras.ops.cast(step, "float32"))

    def get_config(self):
        return {}


@pytest.mark.parametrize("rate", [UnregisteredSchedule(), lambda: 0.05], ids=["schedule", "lambda"])
def test_schedules_of_ones_own(digits, rate):
    trained = SimpleMLPClassifier(optimizer=keras.optimizers.SGD(rate)).fit(digits.X, digits.y)
    assert trained.loss_curve_[-1] < trained.loss_curve_[0]


@pytest.mark.parametrize("scale", [1e-300, 1e-40, 1e38, 1e300])
def test_only_the_ratios_of_weights_count(digits, scale):
    weights = np.random.default_rng(0).integers(1, 4, len(digits.X)).astype(float)
    plain = SimpleMLPClassifier(random_state=0).fit(digits.X, digits.y, weights)
    scaled = SimpleMLPClassifier(random_state=0).fit(digits.X, digits.y, weights * scale)
    np.testing.assert_allclose(scaled.coefs_[0], plain.coefs_[0], atol=1e-6)


@pytest.mark.parametrize("weight", [np.inf, np.nan, -1.0, "a", None])
def test_class_weights_are_finite_numbers(digits, weight):
    with pytest.raises(ValueError, match="class_weight must hold finite weights"):
        SimpleMLPClassifier(class_weight={0: weight}).fit(digits.X, digits.y)


def test_nullable_labels_of_pandas_keep_their_type(digits):
    for dtype, kind in (("Int64", "i"), ("boolean", "b")):
        y = pd.Series(digits.y > 4 if kind == "b" else digits.y, dtype=dtype)
        classifier = SimpleMLPClassifier(epochs=1).fit(digits.X, y)
        assert classifier.predict(digits.X).dtype.kind == kind


def test_the_keras_model_has_the_learning_rate_of_the_training(digits):
    classifier = SimpleMLPClassifier(epochs=1, learning_rate=0.5).fit(digits.X, digits.y)
    assert float(classifier.model_.optimizer.learning_rate) == 0.5
