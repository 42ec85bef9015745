"""Compiled programs are made once, kept for the next fit of the same shape, and freed.

A function as an activation counts its calls here: TensorFlow calls it while a program is made,
and never after.
"""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone

import skmnist.engine
from skmnist import SimpleMLPClassifier
from tests.helpers import assert_same_network


@pytest.fixture
def counted_activation():
    def activation(x):
        activation.n_calls += 1
        return keras.activations.sigmoid(x)

    activation.n_calls = 0
    return activation


@pytest.fixture
def calls_of_fit(sample, counted_activation):
    """Fit a classifier to the first rows, and return how often its activation was called."""
    X, y = sample.X_train / np.float32(255), sample.y_train

    def calls_of_fit(n_rows, **parameters):
        parameters = {"activation": counted_activation, "random_state": 0} | parameters
        before = counted_activation.n_calls
        SimpleMLPClassifier(7, **parameters).fit(X[:n_rows], y[:n_rows])
        return counted_activation.n_calls - before

    return calls_of_fit


@pytest.mark.usefixtures("both_ways")
def test_another_fit_of_the_same_shape_makes_no_program(calls_of_fit):
    n_rows, parameters = 600, {"epochs": 2, "l2": 0.1}
    first = calls_of_fit(n_rows, **parameters)
    second = calls_of_fit(n_rows, **parameters)
    # Building the Keras model that scikeras wants calls it too, in every fit alike.
    assert second < first
    for change in (
        {"learning_rate": 0.1},
        {"random_state": 1},
        {"l2": 0.01},
        {"optimizer": keras.optimizers.Adam(0.5)},
    ):
        assert calls_of_fit(n_rows, **parameters | change) == second, change
    # A refit has half as many rows again as each of three folds.
    for n_others in (400, 601, 637, 900):
        assert calls_of_fit(n_others, **parameters) == second
    # The count would show it: another optimizer is another program.
    assert calls_of_fit(n_rows, **parameters, optimizer="sgd") > second


def test_widths_share_a_program_that_is_not_compiled(digits, counted_activation):
    def calls_of_fit(hidden_units, **parameters):
        before = counted_activation.n_calls
        classifier = SimpleMLPClassifier(hidden_units, activation=counted_activation, **parameters)
        classifier.fit(digits.X, digits.y)
        return counted_activation.n_calls - before

    assert calls_of_fit(3, dropout=0.1) > calls_of_fit(4, dropout=0.1)
    # Lamb computes with whole matrices.
    assert calls_of_fit(3, optimizer="lamb") == calls_of_fit(4, optimizer="lamb")


@pytest.mark.usefixtures("both_ways")
def test_batches_larger_than_the_data_share_a_program(calls_of_fit):
    parameters = {"batch_size": 10_000, "epochs": 1}
    first = calls_of_fit(50, **parameters)
    assert calls_of_fit(49, **parameters) < first


def test_a_program_serves_again_after_an_error(calls_of_fit):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("stop")

    first = calls_of_fit(600)
    with pytest.raises(RuntimeError, match="stop"):
        calls_of_fit(600, callbacks=[Stop()])
    assert calls_of_fit(600) < first


def test_threads_share_a_program(digits, counted_activation):
    def fit(seed):
        classifier = SimpleMLPClassifier(7, activation=counted_activation, random_state=seed)
        return classifier.fit(digits.X, digits.y)

    skmnist.engine.clear()
    expected = [fit(seed) for seed in range(4)]
    n_calls = counted_activation.n_calls
    skmnist.engine.clear()
    with ThreadPoolExecutor(4) as threads:
        networks = list(threads.map(fit, range(4)))
    assert counted_activation.n_calls == 2 * n_calls
    for one, other in zip(networks, expected, strict=True):
        assert_same_network(one, other)


class TestClear:
    def test_the_next_fit_is_the_same_by_a_new_program(self, digits, calls_of_fit):
        before = SimpleMLPClassifier(random_state=0).fit(digits.X, digits.y)
        calls = [calls_of_fit(300), calls_of_fit(300)]
        skmnist.engine.clear()
        calls.append(calls_of_fit(300))
        assert calls[1] < calls[2] == calls[0]
        assert_same_network(before, clone(before).fit(digits.X, digits.y))

    def test_what_it_frees_is_gone(self, digits):
        def n_graphs():
            skmnist.engine.clear()
            gc.collect()
            return sum(isinstance(thing, tf.Graph) for thing in gc.get_objects())

        before = n_graphs()
        for units in (11, 12, 13):
            SimpleMLPClassifier(units, epochs=1).fit(digits.X, digits.y)
        assert n_graphs() == before


@pytest.mark.slow
def test_many_programs_do_not_fill_the_memory(digits):
    """The programs that were not used for the longest time are dropped."""

    def n_graphs():
        gc.collect()
        return sum(isinstance(thing, tf.Graph) for thing in gc.get_objects())

    counts = []
    for number in range(1, 31):
        SimpleMLPClassifier(dropout=number / 100, epochs=1).fit(digits.X[:20], digits.y[:20])
        if number in (20, 30):
            counts.append(n_graphs())
    assert counts[1] <= counts[0] + 2
