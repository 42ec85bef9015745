"""Compiled programs are kept, and shared by fits one after the other and at the same time."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone

import skmnist.network
from skmnist import SimpleMLPClassifier
from skmnist.network.optimizers import _classes_by_name, _Stateless

KERAS_OPTIMIZERS = list(_classes_by_name().values())


@pytest.fixture
def counted_activation():
    """A sigmoid that counts its calls: TensorFlow calls it while it traces, and never after."""

    def activation(x):
        activation.n_calls += 1
        return keras.activations.sigmoid(x)

    activation.n_calls = 0
    return activation


@pytest.mark.parametrize(
    ("n_rows", "batch_size"), [(3001, 3), (600, 32)], ids=["compiled", "uncompiled"]
)
def test_another_fit_of_the_same_shape_traces_nothing(
    sample, counted_activation, n_rows, batch_size
):
    X, y = sample.X_train / np.float32(255), sample.y_train
    classifier = SimpleMLPClassifier(
        7, activation=counted_activation, batch_size=batch_size, epochs=2, l2=0.1, random_state=0
    )

    def calls_of_fit(classifier, n_rows):
        before = counted_activation.n_calls
        classifier.fit(X[:n_rows], y[:n_rows])
        return counted_activation.n_calls - before

    first = calls_of_fit(classifier, n_rows)
    second = calls_of_fit(classifier, n_rows)
    # Building the Keras model that scikeras wants calls it too, in every fit alike.
    assert second < first
    others = [
        clone(classifier),
        clone(classifier).set_params(learning_rate=0.1),
        clone(classifier).set_params(random_state=1),
        clone(classifier).set_params(l2=0.01),
        clone(classifier).set_params(optimizer=keras.optimizers.Adam(0.5)),
    ]
    assert [calls_of_fit(other, n_rows) for other in others] == [second] * 5
    assert [calls_of_fit(classifier, n) for n in (n_rows + 1, n_rows + 37)] == [second] * 2
    # The count would show it: another optimizer is another program.
    assert calls_of_fit(clone(classifier).set_params(optimizer="sgd"), n_rows) > second


def test_batches_larger_than_the_data_share_a_program(sample, counted_activation):
    X, y = sample.X_train / np.float32(255), sample.y_train
    classifier = SimpleMLPClassifier(
        7, activation=counted_activation, batch_size=10_000, epochs=2000, random_state=0
    )
    calls = []
    for n_rows in (50, 49):
        before = counted_activation.n_calls
        classifier.fit(X[:n_rows], y[:n_rows])
        calls.append(counted_activation.n_calls - before)
    assert calls[1] < calls[0]


def test_threads_share_a_program(sample, counted_activation):
    X, y = sample.X_train[:600] / np.float32(255), sample.y_train[:600]

    def fit(seed):
        return SimpleMLPClassifier(
            7, activation=counted_activation, epochs=3, random_state=seed
        ).fit(X, y)

    skmnist.network.clear()
    expected = [fit(seed).coefs_[0] for seed in range(4)]
    n_calls = counted_activation.n_calls
    skmnist.network.clear()
    with ThreadPoolExecutor(4) as threads:
        networks = list(threads.map(fit, range(4)))
    assert counted_activation.n_calls == 2 * n_calls
    for network, kernel in zip(networks, expected, strict=True):
        np.testing.assert_array_equal(network.coefs_[0], kernel)


def test_clearing_makes_the_next_fit_trace_again(sample, counted_activation):
    X, y = sample.X_train[:300] / 255, sample.y_train[:300]
    calls = []
    for clears in (False, False, True):
        if clears:
            skmnist.network.clear()
        before = counted_activation.n_calls
        SimpleMLPClassifier(7, activation=counted_activation).fit(X, y)
        calls.append(counted_activation.n_calls - before)
    assert calls[1] < calls[2] == calls[0]


def test_a_fit_after_clear_is_the_same_fit(sample):
    X, y = sample.X_train[:300] / 255, sample.y_train[:300]
    before = SimpleMLPClassifier(random_state=0).fit(X, y)
    skmnist.network.clear()
    after = SimpleMLPClassifier(random_state=0).fit(X, y)
    np.testing.assert_array_equal(before.coefs_[0], after.coefs_[0])


def test_what_clear_frees_is_gone(digits):
    def n_graphs():
        skmnist.network.clear()
        gc.collect()
        return sum(isinstance(thing, tf.Graph) for thing in gc.get_objects())

    before = n_graphs()
    for units in (11, 12, 13):
        SimpleMLPClassifier(units, epochs=1).fit(digits.X, digits.y)
    assert n_graphs() == before


@pytest.mark.parametrize(
    ("n_rows", "batch_size"), [(3001, 3), (600, 32)], ids=["compiled", "uncompiled"]
)
def test_data_too_large_to_copy_trains_the_same_network(sample, monkeypatch, n_rows, batch_size):
    # Blocks of a few batches, gathered by a thread, as for data of more than 512 MB.
    X, y = sample.X_train[:n_rows] / np.float32(255), sample.y_train[:n_rows]
    weights = np.random.default_rng(0).uniform(0, 2, n_rows) // 0.1
    classifier = SimpleMLPClassifier(5, batch_size=batch_size, epochs=2, random_state=0)
    copied = clone(classifier).fit(X, y, sample_weight=weights)
    monkeypatch.setattr("skmnist.network.blocks._MAX_RESIDENT_BYTES", 1000)
    monkeypatch.setattr("skmnist.network.planning._BLOCK_VALUES", 784 * batch_size * 7)
    gathered = clone(classifier).fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(gathered.coefs_[0], copied.coefs_[0])
    np.testing.assert_allclose(gathered.loss_curve_, copied.loss_curve_, rtol=1e-5)


@pytest.mark.parametrize("optimizer_class", KERAS_OPTIMIZERS)
def test_keras_has_the_methods_that_are_replaced_for_pure_programs(optimizer_class):
    # A replaced method that Keras no longer calls would be replaced for nothing.
    replaced = [name for name in vars(_Stateless) if callable(getattr(_Stateless, name))]
    own = {"_accumulate", "_assign_if"}
    assert not [n for n in replaced if n not in own and not hasattr(optimizer_class, n)]
