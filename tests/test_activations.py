"""Activations in NumPy, compared with Keras's own."""

from __future__ import annotations

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from skmnist._activations import ACTIVATIONS
from skmnist.engine.layers import activation_names
from tests.processes import run_python

SPECIAL_VALUES = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, 6.0]
SPECIAL_VALUES += [1e-30, -1e-30, 100.0, -100.0, 1000.0, -1000.0, 1e308, -1e308]
SPECIAL_VALUES += [np.inf, -np.inf, np.nan]


@pytest.fixture(scope="module")
def sums():
    """Rows of ordinary values, and a row with one of each special value."""
    generator = np.random.default_rng(0)
    ordinary = generator.uniform(-12.0, 12.0, size=(300, 7))
    close_together = generator.uniform(-0.5, 0.5, size=(300, 7))

    special = generator.uniform(-2.0, 2.0, size=(len(SPECIAL_VALUES), 7))
    special[:, 3] = SPECIAL_VALUES
    return np.concatenate([ordinary, close_together, special])


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_agrees_with_keras(name, sums):
    if name not in activation_names():
        pytest.skip("this version of Keras does not have it")
    expected = np.asarray(keras.activations.get(name)(tf.constant(sums)))
    # Versions of TensorFlow compute gelu with different constants, rounded to float32.
    atol = {"gelu": 2e-8}.get(name, 1e-14)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values = ACTIVATIONS[name](sums)

    assert values.shape == sums.shape
    assert values.dtype == np.float64
    np.testing.assert_allclose(values, expected, rtol=1e-12, atol=atol)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_small_values_are_not_rounded_to_zero(name):
    """Except where Keras rounds them: its elu returns 0 for those below 0."""
    if name not in activation_names():
        pytest.skip("this version of Keras does not have it")
    tiny = np.array([[1e-30, -1e-30]])
    expected = np.asarray(keras.activations.get(name)(tf.constant(tiny)))
    is_kept = expected != 0.0
    values = ACTIVATIONS[name](tiny)
    np.testing.assert_allclose(values[is_kept], expected[is_kept], rtol=1e-6, atol=0)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_leaves_its_input_as_it_is(name, sums):
    before = sums.copy()
    ACTIVATIONS[name](sums)
    np.testing.assert_array_equal(sums, before)


def test_there_is_one_for_each_of_keras():
    assert set(activation_names()) - set(ACTIVATIONS) == set()


def test_the_table_needs_neither_keras_nor_tensorflow():
    code = """
import json, sys
sys.modules |= dict.fromkeys(["keras", "sklearn", "tensorflow"])  # not to be imported
from skmnist._activations import ACTIVATIONS
print(json.dumps(sorted(ACTIVATIONS)))
"""
    assert run_python(code) == sorted(ACTIVATIONS)
