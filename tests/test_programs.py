"""Compiled programs are kept, shared one after the other, and never at the same time."""

from __future__ import annotations

import gc

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone

import skmnist.network
from skmnist import SimpleMLPClassifier
from skmnist.network.architecture import Architecture
from skmnist.network.memory import MemoryPool
from skmnist.network.optimizers import OptimizerSpec
from skmnist.network.programs import ProgramSpec, ProgramStore


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


def spec_of(hidden_units):
    return ProgramSpec(
        Architecture((4,), (hidden_units,), "sigmoid", 3),
        OptimizerSpec.of(keras.optimizers.SGD()),
        "float32",
        None,
    )


def test_a_lent_program_is_lent_once():
    store = ProgramStore()
    with store.borrow(spec_of(2)) as first, store.borrow(spec_of(2)) as second:
        assert first is not second
    with store.borrow(spec_of(2)) as again:
        assert again in (first, second)


def test_a_program_comes_back_after_an_error():
    store = ProgramStore()
    with pytest.raises(KeyboardInterrupt), store.borrow(spec_of(2)) as first:
        raise KeyboardInterrupt
    with store.borrow(spec_of(2)) as again:
        assert again is first


def test_the_store_drops_the_least_recently_used():
    store = ProgramStore(max_idle=2)
    kept = {}
    for hidden_units in (2, 3, 2, 4):
        with store.borrow(spec_of(hidden_units)) as program:
            kept[hidden_units] = program
    with store.borrow(spec_of(2)) as again:
        assert again is kept[2]
    with store.borrow(spec_of(3)) as again:
        assert again is not kept[3]


def test_clear_drops_all():
    store = ProgramStore()
    with store.borrow(spec_of(2)) as first:
        pass
    store.clear()
    with store.borrow(spec_of(2)) as again:
        assert again is not first


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


class TestMemoryPool:
    def test_memory_is_lent_again(self):
        pool = MemoryPool(max_idle_bytes=1000)
        with pool.borrow(500) as first:
            address = first.ctypes.data
        with pool.borrow(400) as again, pool.borrow(400) as other:
            assert again.nbytes == 400
            assert again.ctypes.data == address
            assert other.ctypes.data != address

    def test_memory_can_be_shared_with_tensorflow(self):
        with MemoryPool(0).borrow(100) as memory:
            assert memory.ctypes.data % 64 == 0

    def test_no_more_than_the_limit_waits(self):
        pool = MemoryPool(max_idle_bytes=1000)
        with pool.borrow(700) as first, pool.borrow(600) as second:
            pass
        # The one of 700 came back last, and that of 600 had to go.
        with pool.borrow(600) as again, pool.borrow(600) as other:
            assert again.ctypes.data == first.ctypes.data
            assert other.ctypes.data != second.ctypes.data

    def test_clear_frees_all(self):
        pool = MemoryPool(max_idle_bytes=1000)
        with pool.borrow(500) as first:
            kept = first
        pool.clear()
        with pool.borrow(500) as again:
            assert again.ctypes.data != kept.ctypes.data
