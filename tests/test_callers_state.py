"""Settings of TensorFlow and Keras change no fit, and no fit changes them."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager

import keras
import numpy as np
import pytest
import tensorflow as tf

import skmnist.engine
from skmnist import SimpleMLPClassifier
from tests.helpers import assert_same_network, compiled_if_slow


@contextmanager
def setting(read, write, value):
    """Set an option of Keras or TensorFlow for a block."""
    before = read()
    write(value)
    try:
        yield
        assert read() == value, "it was not restored"
    finally:
        write(before)


def dtype(value):
    return setting(keras.config.floatx, keras.config.set_floatx, value)


@contextmanager
def dtype_policy(value):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(value)
    try:
        yield
        assert keras.config.dtype_policy().name == value
    finally:
        keras.config.set_dtype_policy(before)


@contextmanager
def check_numerics():
    tf.debugging.enable_check_numerics()
    try:
        yield
    finally:
        tf.debugging.disable_check_numerics()


STATES = {
    "float64": lambda: dtype("float64"),
    "float16": lambda: dtype("float16"),
    "bfloat16": lambda: dtype("bfloat16"),
    "mixed precision": lambda: dtype_policy("mixed_float16"),
    "channels first": lambda: setting(
        keras.config.image_data_format,
        keras.config.set_image_data_format,
        "channels_first",
    ),
    "eager functions": lambda: setting(
        tf.config.functions_run_eagerly, tf.config.run_functions_eagerly, True
    ),
    "mirrored strategy": lambda: tf.distribute.MirroredStrategy(["CPU:0"]).scope(),
    "strategy of one device": lambda: tf.distribute.OneDeviceStrategy("/cpu:0").scope(),
    "check numerics": check_numerics,
    "name scope": lambda: keras.name_scope("mine"),
    "gradient tape": lambda: tf.GradientTape(persistent=True),
}

# The plain fit, and one in which all that makes variables of Keras's has a part.
EVERYTHING = "callback, matrices, averages, function"
FITS = {
    "plain": {},
    EVERYTHING: {
        "callbacks": keras.callbacks.ReduceLROnPlateau("loss", min_delta=10.0),
        "optimizer": keras.optimizers.Lamb(0.01, use_ema=True),
        "activation": lambda x: keras.ops.tanh(2.0 * x),
    },
}


def fit(digits, **parameters):
    parameters = {
        "learning_rate": 0.01,
        "epochs": 2,
        "dropout": 0.1,
        "random_state": 0,
    } | (parameters)
    return SimpleMLPClassifier(6, **parameters).fit(digits.images, digits.y)


@compiled_if_slow
@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize(
    "kind", ["plain", pytest.param(EVERYTHING, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("state", STATES)
def test_a_fit_is_the_same_under_it_and_after_it(digits, state, kind):
    parameters = FITS[kind]
    expected = fit(digits, **parameters)
    skmnist.engine.clear()
    with STATES[state]():
        inside = fit(digits, **parameters)
        probabilities = inside.predict_proba(digits.images)
    assert_same_network(inside, expected)
    assert_same_network(fit(digits, **parameters), expected)
    np.testing.assert_array_equal(probabilities, expected.predict_proba(digits.images))


@pytest.mark.parametrize("state", STATES)
def test_the_keras_model_is_the_same_under_it(digits, state):
    classifier = fit(digits)
    with STATES[state]():
        model = classifier.model_
        dtypes = {variable.dtype for variable in model.weights}
    assert dtypes == {"float32"}
    np.testing.assert_allclose(
        model.predict(digits.images, verbose=0),
        classifier.predict_proba(digits.images),
        rtol=0,
        atol=1e-5,
    )


def test_the_model_of_callbacks_is_that_of_the_classifier(digits, tmp_path):
    """Its file too, read elsewhere."""
    look = keras.callbacks.LambdaCallback(
        on_train_end=lambda logs: look.model.save(tmp_path / "model.keras")
    )
    with STATES["channels first"]():
        classifier = fit(digits, callbacks=look)
    model = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        model.predict(digits.images, verbose=0),
        classifier.predict_proba(digits.images),
        rtol=0,
        atol=1e-5,
    )


class TestWhatCannotBe:
    """The message has the setting, and how to unset it."""

    def test_graphs(self, digits):
        with (
            tf.Graph().as_default(),
            pytest.raises(
                RuntimeError, match=r"eager execution, which is off here.*outside of"
            ),
        ):
            fit(digits)

    def test_inside_a_function_of_tensorflow(self, digits):
        @tf.function(autograph=False)
        def function():
            fit(digits)

        with pytest.raises(
            RuntimeError, match="Fitting needs TensorFlow's eager execution"
        ):
            function()

    def test_the_model(self, digits):
        classifier = fit(digits)
        with (
            tf.Graph().as_default(),
            pytest.raises(RuntimeError, match="Building a network"),
        ):
            _ = classifier.model_

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("first", "message"),
        [
            ("tf.compat.v1.disable_eager_execution()", "disable_eager_execution()"),
            ("tf.compat.v1.disable_v2_behavior()", "disable_v2_behavior()"),
            ("tf.config.set_visible_devices([], 'CPU')", "needs a CPU, and tf.config"),
        ],
    )
    def test_in_a_process(self, first, message):
        assert message in last_line(f"import tensorflow as tf; {first}; {FIT}")

    @pytest.mark.slow
    @pytest.mark.parametrize("backend", ["numpy", "jax", "no_such_backend"])
    def test_another_backend(self, backend):
        line = last_line(FIT, KERAS_BACKEND=backend)
        assert line.startswith("ImportError: skmnist ")
        assert backend in line
        assert "Unset the environment variable KERAS_BACKEND" in line


FIT = """
from skmnist import SimpleMLPClassifier
SimpleMLPClassifier().fit([[0], [1]], [0, 1])
"""


def last_line(code, **environment):
    """Run code that raises an error, and return the line with its message."""
    process = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    return process.stderr.splitlines()[-1]
