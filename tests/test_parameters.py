"""All forms of the parameters, and their effect."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skmnist import SimpleMLPClassifier
from skmnist.engine.layers import activation_names
from skmnist.engine.optimizers import optimizer_names
from tests.helpers import (
    assert_same_network,
    train,
)


class TestGetSetAndClone:
    NAMES = (
        "activation batch_size callbacks class_weight dropout early_stopping epochs "
        "hidden_units l2 learning_rate n_iter_no_change optimizer random_state "
        "shuffle tol validation_fraction verbose warm_start"
    )

    def test_they_are_those_of_the_constructor(self):
        assert " ".join(sorted(SimpleMLPClassifier().get_params())) == self.NAMES

    @pytest.mark.parametrize(
        "construct",
        [
            pytest.param(
                lambda given: SimpleMLPClassifier(**given), id="the constructor"
            ),
            pytest.param(
                lambda given: SimpleMLPClassifier().set_params(**given), id="set_params"
            ),
            pytest.param(
                lambda given: SimpleMLPClassifier(
                    **SimpleMLPClassifier(**given).get_params()
                ),
                id="get_params",
            ),
        ],
    )
    def test_there_and_back(self, construct):
        given = {
            "hidden_units": np.array([7, 3]),
            "activation": keras.activations.relu,
            "optimizer": keras.optimizers.Adam(0.01),
            "class_weight": {0: 2.0},
            "random_state": np.random.RandomState(0),
            "l2": 0.1,
        }
        expected = SimpleMLPClassifier().get_params() | given
        parameters = construct(given).get_params()
        assert parameters.keys() == expected.keys()
        assert all(parameters[name] is value for name, value in expected.items())

    def test_clones_train_the_same_network(self, digits):
        original = SimpleMLPClassifier(
            [7, 3],
            activation=keras.activations.relu,
            optimizer=keras.optimizers.SGD(
                keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5), momentum=0.9
            ),
            dropout=0.1,
            l2=0.01,
            class_weight={0: 2.0},
            epochs=2,
            random_state=0,
        ).fit(digits.X, digits.y)
        twin = clone(original)
        assert not hasattr(twin, "coefs_")
        assert_same_network(twin.fit(digits.X, digits.y), original)

    def test_parameters_of_the_next_fit_are_no_parameters_of_this_one(self, digits):
        classifier = SimpleMLPClassifier(epochs=1, random_state=0).fit(
            digits.X, digits.y
        )
        before = classifier.predict_proba(digits.X)
        classifier.set_params(
            hidden_units=(9, 9), activation="relu", dropout=0.5, l2=1.0
        )
        np.testing.assert_array_equal(classifier.predict_proba(digits.X), before)
        assert classifier.model_.count_params() == 3985
        classifier.fit(digits.X, digits.y)
        assert [kernel.shape for kernel in classifier.coefs_] == [
            (784, 9),
            (9, 9),
            (9, 10),
        ]
        assert classifier.n_iter_ == 1


class TestHiddenUnits:
    @pytest.mark.parametrize(
        ("hidden_units", "widths"),
        [
            (np.int64(6), (6,)),
            (pd.Series([6]), (6,)),
            ([6, 4], (6, 4)),
            (np.array([6, 4]), (6, 4)),
        ],
    )
    def test_one_hidden_layer_or_several(self, digits, hidden_units, widths):
        classifier = train(digits.X, digits.y, hidden_units=hidden_units)
        ends = (*widths, 10)
        shapes = list(zip((784, *widths), ends, strict=True))
        assert [kernel.shape for kernel in classifier.coefs_] == shapes
        assert [bias.shape for bias in classifier.intercepts_] == [
            (units,) for units in ends
        ]
        assert classifier.n_layers_ == len(widths) + 2

    def test_no_hidden_layer_is_softmax_regression(self, digits):
        classifier = train(
            digits.X, digits.y, hidden_units=(), epochs=20, learning_rate=0.01
        )
        assert [kernel.shape for kernel in classifier.coefs_] == [(784, 10)]
        logits = digits.X @ classifier.coefs_[0] + classifier.intercepts_[0]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        np.testing.assert_allclose(
            classifier.predict_proba(digits.X),
            odds / odds.sum(axis=1, keepdims=True),
            rtol=1e-4,
            atol=1e-7,
        )
        assert classifier.score(digits.X, digits.y) > 0.95


OWN_WAYS = {"adafactor", "lamb", "muon", "schedulefreeadamw"}


class UnregisteredSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """Keras can't make one from its configuration."""

    def __call__(self, step):
        return 0.1 / (1.0 + keras.ops.cast(step, "float32"))

    def get_config(self):
        return {}


class TestOptimizers:
    def test_an_optimizer_by_its_name_is_an_instance_with_the_learning_rate(
        self, digits
    ):
        by_name = train(digits.X, digits.y, optimizer="sgd", learning_rate=0.25)
        instance = train(
            digits.X,
            digits.y,
            optimizer=keras.optimizers.SGD(0.25),
            learning_rate=100.0,  # without effect on an instance
        )
        assert_same_network(by_name, instance)
        for classifier in (by_name, instance):
            assert float(classifier.model_.optimizer.learning_rate) == 0.25

    def test_the_configuration_of_an_instance_counts(self, digits):
        losses = {
            momentum: train(
                digits.X,
                digits.y,
                optimizer=keras.optimizers.SGD(0.05, momentum=momentum),
            ).loss_curve_[-1]
            for momentum in (0.0, 0.9)
        }
        assert losses[0.9] < losses[0.0]

    def test_an_instance_is_never_changed(self, digits):
        optimizer = keras.optimizers.Adam(0.01, beta_1=0.8, clipnorm=1.0)
        optimizer.apply([np.ones(3)], [keras.Variable(np.ones(3))])
        config = optimizer.get_config()
        variables = [variable.numpy() for variable in optimizer.variables]
        first = train(digits.X, digits.y, optimizer=optimizer)
        second = train(digits.X, digits.y, optimizer=optimizer)
        first.partial_fit(digits.X, digits.y)
        second.model_.fit(digits.X[:32], digits.y[:32], verbose=0)
        assert optimizer.get_config() == config
        assert len(optimizer.variables) == len(variables)
        for now, before in zip(optimizer.variables, variables, strict=True):
            np.testing.assert_array_equal(now.numpy(), before)
        assert_same_network(second, train(digits.X, digits.y, optimizer=optimizer))

    def test_a_schedule_sets_the_learning_rate_of_each_step(self, digits):
        """With 10 batches an epoch, and a learning rate of 0 from the 11th step on."""
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay([9], [0.1, 0.0])

        def after(epochs):
            return train(
                digits.X,
                digits.y,
                optimizer=keras.optimizers.SGD(schedule),
                epochs=epochs,
            )

        assert_same_network(after(1), after(3))
        constant = train(digits.X, digits.y, optimizer="sgd", learning_rate=0.1)
        assert_same_network(after(1), constant)

    def test_a_schedule_continues_in_partial_fit(self, digits):
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay([9], [0.1, 0.0])
        classifier = SimpleMLPClassifier(
            optimizer=keras.optimizers.SGD(schedule), random_state=0
        )
        classifier.partial_fit(digits.X, digits.y, classes=range(10))
        first = [kernel.copy() for kernel in classifier.coefs_]
        classifier.partial_fit(digits.X, digits.y)
        for one, other in zip(first, classifier.coefs_, strict=True):
            np.testing.assert_array_equal(one, other)

    @pytest.mark.parametrize(
        ("own", "of_keras"),
        [
            (
                UnregisteredSchedule(),
                keras.optimizers.schedules.InverseTimeDecay(0.1, 1, 1.0),
            ),
            (lambda: 0.05, 0.05),
        ],
        ids=["schedule", "function"],
    )
    def test_schedules_of_ones_own(self, digits, own, of_keras):
        one, other = (
            train(digits.X, digits.y, optimizer=keras.optimizers.SGD(rate), epochs=2)
            for rate in (own, of_keras)
        )
        assert one.loss_curve_[-1] < one.loss_curve_[0]
        assert_same_network(one, other, atol=1e-6)

    @pytest.mark.parametrize(
        "name",
        [
            # Those that look at whole matrices or keep a state of their own; the others
            # by default in many tests, or now and then.
            name if name in OWN_WAYS else pytest.param(name, marks=pytest.mark.slow)
            for name in optimizer_names()
        ],
    )
    def test_every_optimizer_that_is_named_trains(self, digits, name):
        trained = SimpleMLPClassifier(
            4, optimizer=name, learning_rate=0.01, epochs=3, random_state=0
        )
        assert np.diff(trained.fit(digits.X, digits.y).loss_curve_)[-1] < 0

    def test_an_optimizer_that_scales_losses_is_refused(self, digits):
        scaling = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
        with pytest.raises(
            ValueError, match="optimizer must not be a LossScaleOptimizer"
        ):
            SimpleMLPClassifier(optimizer=scaling).fit(digits.X, digits.y)


ACTIVATIONS = {"gelu", "linear", "relu", "sigmoid", "softmax", "tanh"}


class TestActivations:
    def test_an_activation_is_a_name_or_a_function(self, digits):
        by_name = train(digits.X, digits.y, activation="relu")
        assert_same_network(
            by_name, train(digits.X, digits.y, activation=keras.activations.relu)
        )
        own = train(digits.X, digits.y, activation=lambda x: keras.ops.maximum(x, 0))
        np.testing.assert_allclose(own.loss_curve_, by_name.loss_curve_, rtol=1e-4)
        np.testing.assert_allclose(
            own.predict_proba(digits.X), by_name.predict_proba(digits.X), rtol=1e-3
        )

    @pytest.mark.parametrize(
        "name",
        [
            # Those that NumPy computes, and one that TensorFlow does.
            name if name in ACTIVATIONS else pytest.param(name, marks=pytest.mark.slow)
            for name in activation_names()
        ],
    )
    def test_every_activation_that_is_named_predicts_as_keras_does(self, digits, name):
        trained = SimpleMLPClassifier(4, activation=name, epochs=1, random_state=0).fit(
            digits.X, digits.y
        )
        by_keras = trained.model_.predict(digits.X, verbose=0)
        np.testing.assert_allclose(trained.predict_proba(digits.X), by_keras, atol=1e-5)

    @pytest.mark.parametrize(
        ("activation", "message"),
        [
            (np.tanh, "made of TensorFlow's or Keras's functions"),
            (keras.layers.LeakyReLU(), "not the layer"),
            (lambda x: x[:, :1], "a tensor of the shape"),
            (lambda x: 1 / 0, "division by zero"),
        ],
    )
    def test_what_is_no_function_of_a_tensor_is_refused(
        self, digits, activation, message
    ):
        with pytest.raises(ValueError, match=f"(?s)activation.*{message}"):
            SimpleMLPClassifier(activation=activation).fit(digits.X, digits.y)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"optimizer": "sgd", "learning_rate": 1},
            {"optimizer": "sgd", "learning_rate": 1.0},
        ),
        (
            {"batch_size": np.uint8(200), "epochs": np.int8(2)},
            {"batch_size": 200, "epochs": 2},
        ),
        (
            {"l2": 1, "dropout": np.float16(0.5), "learning_rate": np.float32(0.5)},
            {"l2": 1.0, "dropout": 0.5, "learning_rate": 0.5},
        ),
    ],
)
def test_numbers_of_any_type(digits, given, expected):
    assert_same_network(
        train(digits.X, digits.y, **given), train(digits.X, digits.y, **expected)
    )


def test_numbers_of_any_type_for_early_stopping(digits):
    parameters = {"n_iter_no_change": 1, "tol": 0.25, "validation_fraction": 0.25}
    numpy = {name: np.float32(value) for name, value in parameters.items()}
    numpy["n_iter_no_change"] = np.uint8(1)
    one, other = (
        train(digits.X, digits.y, epochs=9, early_stopping=True, **these)
        for these in (parameters, numpy)
    )
    assert one.validation_scores_ == other.validation_scores_


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_units", True),
        ("learning_rate", Fraction(1, 2)),
        ("l2", np.True_),
        ("dropout", False),
        ("epochs", True),
        ("batch_size", True),
        ("validation_fraction", Decimal("0.5")),
        ("n_iter_no_change", True),
        ("tol", True),
    ],
)
def test_what_is_not_a_number_of_python_or_numpy_is_refused(name, value):
    with pytest.raises(
        ValueError, match=f"'{name}' parameter.*Got {re.escape(repr(value))}"
    ):
        SimpleMLPClassifier(**{name: value}).fit([[0.0], [1.0]], [0, 1])


def test_a_batch_larger_than_the_data_is_one_batch(digits):
    one = train(digits.X, digits.y, batch_size=len(digits.X), learning_rate=0.01)
    larger = train(digits.X, digits.y, batch_size=10**12, learning_rate=0.01)
    np.testing.assert_allclose(one.loss_curve_, larger.loss_curve_, rtol=1e-5)
    np.testing.assert_allclose(one.coefs_[1], larger.coefs_[1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "float64"])
def test_the_global_policy_changes_nothing(digits, policy):
    parameters = {"optimizer": "sgd", "learning_rate": 0.1, "random_state": 0}
    plain = SimpleMLPClassifier(**parameters).fit(digits.X, digits.y)
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(policy)
        under_policy = SimpleMLPClassifier(**parameters).fit(digits.X, digits.y)
    finally:
        keras.config.set_dtype_policy(before)
    np.testing.assert_array_equal(under_policy.coefs_[0], plain.coefs_[0])
