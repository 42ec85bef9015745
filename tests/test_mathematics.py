"""A compiled training run computes what Keras's own loop computes."""

from __future__ import annotations

from typing import ClassVar

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, softmax

from skmnist import SimpleMLPClassifier
from tests.helpers import NO_STEP, is_before

# The last of the batches is short.
N_ROWS, BATCH_SIZE = 250, 32


def rows_of(sample, n_rows=N_ROWS):
    return (sample.X_train[:n_rows] / 255).astype(np.float32), sample.y_train[:n_rows]


def untrained_model(X, y, **parameters):
    """The Keras model that a classifier with these parameters starts from."""
    start = SimpleMLPClassifier(
        **{**parameters, "optimizer": "adam", "learning_rate": NO_STEP}
    )
    return start.set_params(epochs=1).fit(X, y).model_


def compile_eagerly(model, optimizer, **options):
    """Compile a model to run eagerly: to trace a few steps takes longer."""
    model.compile(
        optimizer, "sparse_categorical_crossentropy", run_eagerly=True, **options
    )


def assert_same_weights(classifier, model, atol=1e-5):
    for ours, theirs in zip(
        classifier.model_.get_weights(), model.get_weights(), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol)


OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.001),
    "momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.001),
}


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize(
    ("name", "hidden_units"),
    [
        ("adam", 6),
        ("momentum", 6),
        ("rmsprop", 6),
        # So wide that the output kernel stands alone in the compiled program.
        ("adam", 1100),
    ],
)
def test_two_epochs_equal_those_of_keras(sample, name, hidden_units):
    X, y = rows_of(sample)
    parameters = {
        "hidden_units": hidden_units,
        "epochs": 2,
        "batch_size": BATCH_SIZE,
        "shuffle": False,
        "random_state": 0,
    }
    model = untrained_model(X, y, **parameters)
    compile_eagerly(model, OPTIMIZERS[name](), metrics=["accuracy"])
    history = model.fit(
        X, y, batch_size=BATCH_SIZE, epochs=2, shuffle=False, verbose=0
    ).history

    classifier = SimpleMLPClassifier(**parameters, optimizer=OPTIMIZERS[name]()).fit(
        X, y
    )

    assert_same_weights(classifier, model)
    np.testing.assert_allclose(classifier.history_["loss"], history["loss"], rtol=1e-4)
    np.testing.assert_allclose(
        classifier.history_["accuracy"], history["accuracy"], atol=1e-6
    )


STEPPING = {"hidden_units": 6, "epochs": 2, "shuffle": False, "random_state": 0}


@pytest.fixture(scope="module")
def steps(sample):
    """Rows, their labels, a Keras model, and the weights that it starts from."""
    X, y = rows_of(sample)
    model = untrained_model(X, y, **STEPPING)
    return X, y, model, model.get_weights()


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adadelta(0.1),
        keras.optimizers.Adafactor(0.01),
        keras.optimizers.Adagrad(0.01),
        keras.optimizers.Adamax(0.001),
        keras.optimizers.AdamW(0.001, weight_decay=0.1),
        keras.optimizers.Ftrl(0.01),
        keras.optimizers.Lamb(0.001),
        # Of a step, Lion takes the sign alone, which rounding decides where a gradient
        # is nearly 0. Two steps of other signs are within the tolerance.
        keras.optimizers.Lion(0.000001),
        pytest.param(
            keras.optimizers.Muon(0.001),
            marks=pytest.mark.skipif(
                is_before("keras", 3, 13), reason="Muon fails in Keras before 3.13"
            ),
        ),
        keras.optimizers.Nadam(0.001),
        keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5)),
        keras.optimizers.Adam(0.001, clipnorm=0.01),
        keras.optimizers.Adam(0.001, use_ema=True, ema_momentum=0.9),
        keras.optimizers.SGD(0.1, gradient_accumulation_steps=3),
    ],
    ids=lambda optimizer: (
        f"{type(optimizer).__name__}-{optimizer.clipnorm}-{optimizer.use_ema}"
    ),
)
def test_every_optimizer_of_keras_steps_as_in_keras(steps, optimizer):
    # Weights in another layout, or an average that is not put back at the end, show in
    # some of these alone.
    X, y, model, start = steps
    twin = type(optimizer).from_config(optimizer.get_config())
    model.set_weights(start)
    compile_eagerly(model, twin)
    model.fit(X, y, batch_size=32, epochs=2, shuffle=False, verbose=0)

    classifier = SimpleMLPClassifier(**STEPPING, optimizer=optimizer).fit(X, y)

    # Rounding causes differences of 1e-7; a tolerance of 1e-5 would hide an `amsgrad`.
    assert_same_weights(classifier, model, atol=3e-6)


@pytest.mark.parametrize(
    ("optimizer", "hidden_units"),
    [("adam", (6, 4)), ("nadam", (6, 4)), ("adam", 10 * (3,))],
    ids=["adam", "nadam", "numbers of two digits"],
)
def test_the_state_of_the_optimizer_is_where_keras_has_it(
    sample, optimizer, hidden_units
):
    X, y = rows_of(sample, 100)
    parameters = {
        "hidden_units": hidden_units,
        "activation": "tanh",
        "epochs": 2,
        "shuffle": False,
        "random_state": 0,
    }
    model = untrained_model(X, y, **parameters)
    compile_eagerly(model, optimizer)
    model.fit(X, y, batch_size=32, epochs=3, shuffle=False, verbose=0)

    classifier = SimpleMLPClassifier(**parameters, optimizer=optimizer).fit(X, y)
    continued = classifier.model_
    continued.fit(X, y, batch_size=32, shuffle=False, verbose=0)
    classifier.partial_fit(X, y)

    assert_same_weights(classifier, model)
    assert_same_weights(classifier, continued)


@pytest.mark.skipif(
    not hasattr(keras.optimizers, "ScheduleFreeAdamW"),
    reason="it is newer than this Keras",
)
class TestScheduleFreeAdamW:
    """It begins with copies of the weights, and follows its formula.

    With TensorFlow, Keras 3.15 itself takes the new momentum where the formula needs
    the old one.
    """

    parameters: ClassVar = {
        "hidden_units": 6,
        "epochs": 1,
        "shuffle": False,
        "random_state": 5,
    }

    def by_formula(self, X, y, *, is_late):
        """Train by the formula, or as Keras does, whose momentum is one step late."""
        rate, beta_1, beta_2, epsilon = 0.001, 0.9, 0.999, 1e-8
        model = untrained_model(X, y, **self.parameters)
        momenta = model.get_weights()
        velocities = [np.zeros_like(weights) for weights in momenta]
        for step, start in enumerate(range(0, len(X), 32), start=1):
            batch = slice(start, start + 32)
            with tf.GradientTape() as tape:
                losses = keras.losses.sparse_categorical_crossentropy(
                    y[batch], model(X[batch])
                )
                loss = tf.reduce_mean(losses)
            gradients = tape.gradient(
                loss, [variable.value for variable in model.variables]
            )

            weights = model.get_weights()
            for n, gradient in enumerate(map(np.asarray, gradients)):
                velocities[n] = beta_2 * velocities[n] + (1 - beta_2) * gradient**2
                scale = np.sqrt(velocities[n] / (1 - beta_2**step)) + epsilon
                before = momenta[n]
                momenta[n] = before - rate * gradient / scale
                known = momenta[n] if is_late else before
                average = (weights[n] - (1 - beta_1) * known) / beta_1
                average = (1 - 1 / step) * average + momenta[n] / step
                weights[n] = (1 - beta_1) * momenta[n] + beta_1 * average
            model.set_weights(weights)
        return model.get_weights()

    def test_both(self, sample):
        X, y = rows_of(sample, 500)
        formula, late = (
            self.by_formula(X, y, is_late=is_late) for is_late in (False, True)
        )
        ours = SimpleMLPClassifier(
            **self.parameters, optimizer=keras.optimizers.ScheduleFreeAdamW(0.001)
        ).fit(X, y)
        theirs = untrained_model(X, y, **self.parameters)
        compile_eagerly(theirs, keras.optimizers.ScheduleFreeAdamW(0.001))
        # Built by `fit`, it would take the copies of the weights anew in each step.
        theirs.optimizer.build(theirs.trainable_variables)
        theirs.fit(X, y, batch_size=32, shuffle=False, verbose=0)

        for weights, expected in zip(ours.model_.get_weights(), formula, strict=True):
            np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-5)
        # Or as ours, in a version of Keras that has mended it.
        kernel = theirs.get_weights()[0]
        distances = [np.abs(kernel - expected[0]).max() for expected in (late, formula)]
        assert min(distances) < 1e-5 < max(distances), distances


@pytest.mark.usefixtures("both_ways")
def test_weighted_batches_are_divided_by_their_weight(sample):
    X, y = rows_of(sample)
    weights = np.random.default_rng(0).uniform(0.1, 3.0, len(X))
    parameters = {
        "hidden_units": 6,
        "epochs": 2,
        "batch_size": BATCH_SIZE,
        "shuffle": False,
        "random_state": 0,
    }
    model = untrained_model(X, y, **parameters)
    compile_eagerly(model, keras.optimizers.Adam(0.001))
    for _ in range(2):
        for start in range(0, len(X), BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            # Keras divides by the number of rows, so that this leaves the sum of the
            # weights.
            shares = weights[batch] * len(weights[batch]) / weights[batch].sum()
            model.train_on_batch(X[batch], y[batch], sample_weight=shares)

    classifier = SimpleMLPClassifier(**parameters).fit(X, y, sample_weight=weights)

    assert_same_weights(classifier, model)


def test_l2_is_keras_l2(sample):
    X, y = rows_of(sample)
    parameters = {
        "hidden_units": (6, 4),
        "activation": "tanh",
        "l2": 0.01,
        "epochs": 2,
        "shuffle": False,
        "random_state": 0,
    }
    model = untrained_model(X, y, **parameters)
    compile_eagerly(model, keras.optimizers.Adam(0.001))
    history = model.fit(
        X, y, epochs=2, shuffle=False, validation_data=(X, y), verbose=0
    ).history

    classifier = SimpleMLPClassifier(**parameters).fit(X, y, X_val=X, y_val=y)

    assert_same_weights(classifier, model)
    np.testing.assert_allclose(classifier.history_["loss"], history["loss"], rtol=1e-4)
    np.testing.assert_allclose(
        classifier.history_["val_loss"], history["val_loss"], rtol=1e-4
    )


def test_places_without_rows_are_not_counted_as_right():
    # A batch of 33 rows has 36 places.
    classifier = SimpleMLPClassifier(
        batch_size=100, learning_rate=0.1, epochs=20, random_state=0
    ).fit(np.ones((33, 1)), np.arange(33) == 32)
    assert not classifier.predict([[1]])
    assert classifier.history_["accuracy"][-1] == pytest.approx(32 / 33)


def test_bytes_train_as_the_same_numbers_in_float32(sample):
    X, y = sample.X_train[:500], sample.y_train[:500]
    as_bytes = SimpleMLPClassifier(random_state=0).fit(X, y)
    as_floats = SimpleMLPClassifier(random_state=0).fit(X.astype(np.float32), y)
    np.testing.assert_array_equal(as_bytes.coefs_[0], as_floats.coefs_[0])


@pytest.mark.parametrize("rate", [0.5, 0.9])
def test_dropout_leaves_out_that_fraction_of_the_units(sample, rate):
    X, y = rows_of(sample, 2000)
    classifier = SimpleMLPClassifier(
        50, dropout=rate, learning_rate=NO_STEP, epochs=3, random_state=0
    ).fit(X, y)

    # The others are scaled, so that their sum is on average what it would be.
    units = 1 / (1 + np.exp(-(X @ classifier.coefs_[0] + classifier.intercepts_[0])))
    is_left = np.random.default_rng(0).random((30, *units.shape)) >= rate
    logits = (is_left * units / (1 - rate)) @ classifier.coefs_[
        1
    ] + classifier.intercepts_[1]
    log_likelihoods = log_softmax(logits, axis=2)[:, np.arange(len(y)), y]
    np.testing.assert_allclose(
        classifier.loss_curve_, -log_likelihoods.mean(), rtol=0.03
    )

    # At prediction, nothing is left out.
    by_keras = classifier.model_.predict(X, verbose=0)
    np.testing.assert_allclose(classifier.predict_proba(X), by_keras, atol=1e-6)
    whole = softmax(units @ classifier.coefs_[1] + classifier.intercepts_[1], axis=1)
    np.testing.assert_allclose(classifier.predict_proba(X), whole, atol=1e-5)


def test_dropout_layers_leave_out_units_independently():
    def set_weights(logs=None):
        callback.model.set_weights(
            [
                np.ones((1, 200)),
                np.zeros(200),
                np.eye(200),
                np.zeros(200),
                np.full((200, 2), [1 / 200, 0.0]),
                np.zeros(2),
            ]
        )

    callback = keras.callbacks.LambdaCallback(on_train_begin=set_weights)
    classifier = SimpleMLPClassifier(
        (200, 200),
        activation="linear",
        dropout=0.5,
        learning_rate=NO_STEP,
        epochs=1,
        callbacks=callback,
        random_state=0,
    ).fit(np.ones((1000, 1)), np.arange(1000) == 0)

    # A quarter of the units is left, times 4. The same masks would leave half of them.
    assert classifier.loss_ == pytest.approx(np.log1p(np.exp(-1)), rel=0.1)
