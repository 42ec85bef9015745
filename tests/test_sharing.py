"""No fit changes another: what fits share is a pure function of its key.

The right network is the one of a fit that shares nothing, made after
`skmnist.engine.clear`.
"""

from __future__ import annotations

import functools
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone

import skmnist.engine
from skmnist import SimpleMLPClassifier
from skmnist.engine import blocks
from tests.helpers import assert_same_network, compiled_if_slow
from tests.keras_parts import Warm
from tests.processes import run_python


def fit(digits, *, n_features=784, n_classes=10, as_bytes=False, **parameters):
    """Fit a classifier to a few of the digits."""
    parameters = {
        "hidden_units": 6,
        "learning_rate": 0.01,
        "epochs": 2,
        "random_state": 0,
    } | (parameters)
    is_used = digits.y < n_classes
    X = digits.images.reshape(len(digits.y), -1) if as_bytes else digits.X
    X = np.ascontiguousarray(X[is_used, 784 - n_features :])
    return SimpleMLPClassifier(**parameters).fit(X, digits.y[is_used])


def fit_alone(digits, **parameters):
    skmnist.engine.clear()
    return fit(digits, **parameters)


SGD = keras.optimizers.SGD
decay = keras.optimizers.schedules.ExponentialDecay

# Two fits that differ in one of the things that a program depends on.
DIFFERENT = {
    "features": ({}, {"n_features": 500}),
    "number of layers": ({}, {"hidden_units": (6, 6)}),
    "units": ({}, {"hidden_units": 7}),
    "classes": ({}, {"n_classes": 4}),
    "activation": ({}, {"activation": "tanh"}),
    "dropout": ({"dropout": 0.1}, {"dropout": 0.5}),
    "whether there is l2": ({}, {"l2": 0.1}),
    "strength of l2": ({"l2": 0.01}, {"l2": 0.1}),
    "optimizer": ({}, {"optimizer": "sgd"}),
    "momentum": ({"optimizer": SGD(0.1)}, {"optimizer": SGD(0.1, momentum=0.9)}),
    "nesterov": (
        {"optimizer": SGD(0.1, momentum=0.9)},
        {"optimizer": SGD(0.1, momentum=0.9, nesterov=True)},
    ),
    "schedule": (
        {"optimizer": SGD(decay(0.1, 5, 0.9))},
        {"optimizer": SGD(decay(0.1, 5, 0.1))},
    ),
    "learning rate": ({"learning_rate": 0.01}, {"learning_rate": 0.1}),
    "dtype": ({}, {"as_bytes": True}),
    "batch size": ({}, {"batch_size": 16}),
    "seed": ({"dropout": 0.2}, {"dropout": 0.2, "random_state": 1}),
}


@compiled_if_slow
@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("difference", DIFFERENT)
def test_a_fit_that_differs_in_one_thing_is_as_alone(digits, difference):
    first, second = DIFFERENT[difference]
    expected = fit_alone(digits, **second)
    skmnist.engine.clear()
    other = fit(digits, **first)
    assert_same_network(fit(digits, **second), expected)
    assert other.history_ != expected.history_


def test_optimizers_made_by_name_are_not_changed_by_callbacks(digits):
    expected = fit_alone(digits)
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 0.5)
    changed = fit(digits, callbacks=[schedule])
    assert changed.history_ != expected.history_
    assert_same_network(fit(digits), expected)


class Scaled:
    """An activation with a number that can change; all of them are equal."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        return keras.ops.tanh(self.factor * x)

    def method(self, x):
        return self(x)

    def __eq__(self, other):
        return isinstance(other, Scaled)

    def __hash__(self):
        return 0


def of_factor(factor):
    return lambda x: keras.ops.tanh(factor * x)


@functools.wraps(keras.activations.tanh)
def named_as_one_of_keras(x):
    return keras.ops.tanh(named_as_one_of_keras.factor * x)


def optimizer_class(sign):
    class Signed(keras.optimizers.SGD):
        def update_step(self, gradient, variable, learning_rate):
            super().update_step(sign * gradient, variable, learning_rate)

    return Signed


def rate_of(factor):
    def rate():
        return 0.1 * factor

    return rate


def wrapper_of(factor):
    named_as_one_of_keras.factor = factor
    return named_as_one_of_keras


# Each makes a piece of a user's code of a number, which nothing else than running it
# can find.
USER_CODE = {
    "function": lambda n: {"activation": of_factor(n)},
    "object": lambda n: {"activation": Scaled(n)},
    "method": lambda n: {"activation": Scaled(n).method},
    "partial": lambda n: {"activation": functools.partial(keras.ops.multiply, n)},
    "wrapper": lambda n: {"activation": wrapper_of(n)},
    "rate": lambda n: {"optimizer": SGD(rate_of(n))},
    "schedule": lambda n: {"optimizer": SGD(Warm(0.1 * n))},
    "optimizer": lambda n: {"optimizer": optimizer_class(n)(0.1)},
}


@compiled_if_slow
@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("kind", USER_CODE)
def test_a_users_code_is_read_anew_by_each_fit(digits, kind):
    expected = fit_alone(digits, **USER_CODE[kind](3.0))
    skmnist.engine.clear()
    other = fit(digits, **USER_CODE[kind](1.0))
    assert_same_network(fit(digits, **USER_CODE[kind](3.0)), expected)
    assert other.history_ != expected.history_


@pytest.mark.usefixtures("both_ways")
def test_a_function_that_reads_what_has_changed(digits):
    scaled = Scaled(1.0)
    first = fit(digits, activation=scaled)
    scaled.factor = 3.0
    second = fit(digits, activation=scaled)
    assert_same_network(second, fit_alone(digits, activation=scaled))
    assert first.history_ != second.history_


def test_a_schedule_that_is_changed_after_a_fit(digits):
    schedule = decay(0.1, 5, 0.9)
    before = fit_alone(digits, optimizer=SGD(schedule))
    schedule.initial_learning_rate = 1e-6
    changed = fit(digits, optimizer=SGD(schedule))
    schedule.initial_learning_rate = 0.1
    assert_same_network(fit(digits, optimizer=SGD(schedule)), before)
    assert changed.history_ != before.history_


class StopError(Exception):
    """An exception that ends a fit."""


class StopAtBatch(keras.callbacks.Callback):
    """Ends a fit by an exception while the next rows are gathered."""

    def __init__(self, batch):
        super().__init__()
        self._batch = batch

    def on_train_batch_begin(self, batch, logs=None):
        if batch == self._batch:
            raise StopError


class EachBatch(keras.callbacks.Callback):
    """Makes each batch a block of its own."""

    def on_train_batch_begin(self, batch, logs=None):
        pass


@pytest.fixture
def gathered(monkeypatch):
    """Rows are gathered block by block, as if they were many."""
    monkeypatch.setattr(blocks, "MAX_RESIDENT_BYTES", 0)


def mapped_file(X, folder):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r")


@pytest.fixture(scope="module")
def many_rows():
    """Rows that take a thread some time to gather."""
    generator = np.random.default_rng(0)
    X = generator.random((20_000, 784), dtype=np.float32)
    X[X < 0.9] = 0.0
    return X, generator.integers(0, 2, len(X))


class TestMemory:
    @pytest.mark.usefixtures("gathered")
    @pytest.mark.parametrize("kind", ["sparse", "mapped", "dense"])
    def test_a_fit_that_an_exception_ends_writes_to_no_other(
        self, digits, many_rows, kind, tmp_path
    ):
        X, y = many_rows
        if kind == "sparse":
            X = sp.csr_array(X)
        if kind == "mapped":
            X = mapped_file(X, tmp_path)

        def small():
            return SimpleMLPClassifier(4, random_state=0, epochs=3).fit(
                digits.X, digits.y
            )

        expected = small()
        errors = []  # as notebooks keep the last one, and with it the frames of the fit
        for _ in range(6):
            with pytest.raises(StopError) as error:
                SimpleMLPClassifier(
                    2,
                    epochs=1,
                    batch_size=5000,
                    callbacks=StopAtBatch(1),
                    random_state=0,
                ).fit(X, y)
            errors.append(error)
            assert_same_network(small(), expected)

    @pytest.mark.usefixtures("gathered")
    def test_a_thread_that_is_late_writes_nothing(self, digits, monkeypatch):
        """The memory of its rows may be that of another fit by then."""
        expected = fit(digits, epochs=1, callbacks=EachBatch())
        gather = blocks.BlockReader._gather
        n_calls = itertools.count(1)
        fit_has_ended, is_over = threading.Event(), threading.Event()

        def gather_late(*arguments):
            is_third = next(n_calls) == 3
            if is_third:
                fit_has_ended.wait(60)
            gather(*arguments)
            if is_third:
                is_over.set()

        monkeypatch.setattr(blocks.BlockReader, "_gather", gather_late)
        with pytest.raises(StopError):
            fit(digits, callbacks=StopAtBatch(1))

        class LetItWrite(EachBatch):
            def on_train_batch_begin(self, batch, logs=None):
                fit_has_ended.set()
                assert is_over.wait(60)

        assert_same_network(fit(digits, epochs=1, callbacks=LetItWrite()), expected)

    def test_rows_that_are_gathered_train_the_same_network(self, digits, monkeypatch):
        expected = fit(digits, callbacks=EachBatch())
        monkeypatch.setattr(blocks, "MAX_RESIDENT_BYTES", 0)
        assert_same_network(fit(digits, callbacks=EachBatch()), expected)

    @pytest.mark.usefixtures("gathered")
    def test_no_thread_is_left_behind(self, digits):
        with pytest.raises(StopError):
            fit(digits, batch_size=100, callbacks=StopAtBatch(1))
        names = {thread.name for thread in threading.enumerate()}
        assert not any(name.startswith("skmnist") for name in names)

    @pytest.mark.usefixtures("gathered")
    def test_an_error_while_rows_are_gathered_is_the_fits(self, digits, monkeypatch):
        def fail(*arguments, **options):
            raise OSError("the file is gone")

        monkeypatch.setattr(blocks.BlockReader, "_gather", fail)
        with pytest.raises(OSError, match="the file is gone"):
            fit(digits)

    @pytest.mark.slow
    def test_a_thread_trains_on_when_the_main_thread_has_ended(self):
        code = """
import json, threading
import numpy as np
from skmnist import SimpleMLPClassifier
from skmnist.engine import blocks

blocks.MAX_RESIDENT_BYTES = 0
X, y = np.eye(2000, 50, dtype=np.float32), np.resize([0, 1], 2000)
fit = SimpleMLPClassifier(4, epochs=300, batch_size=10, random_state=0).fit
threading.Thread(target=lambda: print(json.dumps(fit(X, y).n_iter_))).start()
"""
        assert run_python(code) == 300


class TestManyThreads:
    @pytest.mark.parametrize(
        "is_gathered",
        [
            pytest.param(False, id="resident", marks=pytest.mark.slow),
            pytest.param(True, id="gathered"),
        ],
    )
    def test_each_fit_is_as_alone_although_others_fail(
        self, digits, monkeypatch, is_gathered
    ):
        if is_gathered:
            monkeypatch.setattr(blocks, "MAX_RESIDENT_BYTES", 0)
        variants = [
            {"hidden_units": 5, "dropout": 0.2},
            {"hidden_units": 9, "optimizer": "sgd", "epochs": 4},
            {"hidden_units": (4, 4), "activation": of_factor(2.0)},
            {"hidden_units": 5, "batch_size": 10, "random_state": 1},
        ]
        expected = [fit_alone(digits, **parameters) for parameters in variants]

        def fit_one(number):
            if number % 4 == 3:
                with pytest.raises(StopError):
                    fit(digits, batch_size=40, callbacks=StopAtBatch(number % 5))
            return fit(digits, **variants[number % len(variants)])

        skmnist.engine.clear()
        with ThreadPoolExecutor(16) as threads:
            networks = list(threads.map(fit_one, range(32)))
        for number, network in enumerate(networks):
            assert_same_network(network, expected[number % len(variants)])


class TestLabels:
    """Labels pass through scikeras unchanged, whatever classes are missing."""

    @pytest.fixture
    def two_of_ten(self, digits):
        is_used = np.isin(digits.y, [3, 8])
        return digits.X[is_used], keras.utils.to_categorical(digits.y[is_used], 10)

    @pytest.mark.parametrize(
        "how", ["fit", "early stopping", "validation", "warm start", "weights of zero"]
    )
    def test_one_hot_labels_with_empty_columns(self, digits, two_of_ten, how):
        X, Y = two_of_ten
        classifier = SimpleMLPClassifier(
            16, learning_rate=0.01, epochs=15, random_state=0
        )
        if how == "early stopping":
            classifier.set_params(early_stopping=True).fit(X, Y)
        elif how == "validation":
            classifier.fit(X, Y, X_val=X, y_val=Y)
            assert classifier.history_["val_accuracy"][-1] == classifier.score(X, Y)
        elif how == "warm start":
            all_of_them = keras.utils.to_categorical(digits.y, 10)
            classifier.set_params(warm_start=True).fit(digits.X, all_of_them).fit(X, Y)
        elif how == "weights of zero":
            all_of_them = keras.utils.to_categorical(digits.y, 10)
            classifier.fit(
                digits.X, all_of_them, sample_weight=np.isin(digits.y, [3, 8])
            )
        else:
            classifier.fit(X, Y)

        assert classifier.score(X, Y) > 0.9
        assert classifier.history_["accuracy"][-1] > 0.9
        assert set(classifier.predict(X).argmax(axis=1)) == {3, 8}

    def test_it_is_the_fit_to_single_labels(self, two_of_ten):
        X, Y = two_of_ten
        one_hot = SimpleMLPClassifier(5, epochs=1, random_state=0).fit(X, Y)
        single = clone(one_hot).partial_fit(X, Y.argmax(axis=1), classes=range(10))
        assert_same_network(one_hot, single)
        assert one_hot.history_ == single.history_
