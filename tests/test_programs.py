"""Programs are compiled once, kept for the next fit of the same shape, and freed."""

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
from skmnist.engine import programs
from tests.helpers import assert_same_network


@pytest.fixture
def made(monkeypatch):
    """The descriptions of the programs that are made in a test."""
    specs = []

    class Noted(programs.Program):
        def __init__(self, spec):
            specs.append(spec)
            super().__init__(spec)

    monkeypatch.setattr(programs, "Program", Noted)
    skmnist.engine.clear()
    yield specs
    skmnist.engine.clear()


@pytest.fixture
def fit(sample):
    """Fit a classifier to the first rows of the sample."""
    X, y = sample.X_train / sample.X_train.dtype.type(255), sample.y_train

    def fit(n_rows, hidden_units=7, **parameters):
        return SimpleMLPClassifier(hidden_units, random_state=0, **parameters).fit(
            X[:n_rows], y[:n_rows]
        )

    return fit


def n_graphs():
    """How many graphs of TensorFlow there are in memory."""
    gc.collect()
    return sum(isinstance(thing, tf.Graph) for thing in gc.get_objects())


@pytest.mark.usefixtures("both_ways")
class TestAnotherFit:
    @pytest.mark.parametrize(
        "change",
        [
            {},
            {"learning_rate": 0.1},
            {"l2": 0.01},
            {"optimizer": keras.optimizers.Adam(0.5)},
            {"verbose": 0, "shuffle": False},
        ],
        ids=["nothing", "rate", "l2", "instance", "order"],
    )
    def test_takes_the_same_program(self, fit, made, change):
        parameters = {"epochs": 2, "l2": 0.1}
        fit(600, **parameters)
        fit(600, **parameters | change)
        assert len(made) == 1

    @pytest.mark.parametrize("n_rows", [400, 601, 637, 900])
    def test_takes_it_for_another_number_of_rows(self, fit, made, n_rows):
        """A refit has half as many rows again as each of three folds."""
        fit(600, epochs=2)
        fit(n_rows, epochs=2)
        assert len(made) == 1

    @pytest.mark.parametrize(
        "activation",
        ["tanh", keras.activations.tanh, tf.nn.tanh],
        ids=["name", "Keras", "TensorFlow"],
    )
    def test_takes_it_for_a_function_of_keras_or_tensorflow(
        self, fit, made, activation
    ):
        fit(300, activation=activation)
        fit(300, activation=activation)
        assert len(made) == 1

    def test_takes_another_for_another_optimizer(self, fit, made):
        fit(300)
        fit(300, optimizer="sgd")
        assert len(made) == 2

    def test_takes_it_where_batches_are_larger_than_the_data(self, fit, made):
        fit(50, batch_size=10_000, epochs=1)
        fit(49, batch_size=10_000, epochs=1)
        assert len(made) == 1

    def test_takes_it_after_an_error(self, fit, made):
        class Stop(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                raise RuntimeError("stop")

        fit(300)
        with pytest.raises(RuntimeError, match="stop"):
            fit(300, callbacks=[Stop()])
        fit(300)
        assert len(made) == 1


@pytest.mark.parametrize(("optimizer", "n_programs"), [("adam", 1), ("lamb", 2)])
def test_widths_share_a_program_that_is_not_compiled(fit, made, optimizer, n_programs):
    """Lamb computes with whole matrices."""
    for width in (3, 4):
        fit(300, width, optimizer=optimizer, dropout=0.1)
    assert len(made) == n_programs


def test_a_users_program_which_runs_once_must_save_more(fit, made, monkeypatch):
    # Compiled, these 38 steps take about 2 ms less.
    monkeypatch.setattr("skmnist.engine.planning.SECONDS_WORTH_COMPILING", 1.5e-3)
    fit(600, epochs=2, activation="tanh")
    fit(600, epochs=2, activation=lambda x: keras.ops.tanh(x))
    assert [spec.block_shape is not None for spec in made] == [True, False]


@pytest.mark.parametrize(("n_classes", "is_packed"), [(10, True), (2000, False)])
def test_a_large_output_kernel_is_an_array_of_its_own(
    made, monkeypatch, n_classes, is_packed
):
    """XLA would take many milliseconds for each step."""
    monkeypatch.setattr("skmnist.engine.planning.SECONDS_WORTH_COMPILING", 0.0)
    y = np.repeat(np.arange(n_classes), 2)
    SimpleMLPClassifier(6, epochs=1).fit(np.zeros((len(y), 1)), y)
    assert [spec.is_packed for spec in made] == [is_packed]


def test_threads_share_a_program(digits, made):
    def fit(seed):
        return SimpleMLPClassifier(7, random_state=seed).fit(digits.X, digits.y)

    expected = [fit(seed) for seed in range(4)]
    skmnist.engine.clear()
    with ThreadPoolExecutor(4) as threads:
        networks = list(threads.map(fit, range(4)))
    assert len(made) == 2
    for one, other in zip(networks, expected, strict=True):
        assert_same_network(one, other)


class TestClear:
    def test_the_next_fit_is_the_same_by_a_new_program(self, digits, made):
        before = SimpleMLPClassifier(random_state=0).fit(digits.X, digits.y)
        skmnist.engine.clear()
        after = clone(before).fit(digits.X, digits.y)
        assert len(made) == 2
        assert_same_network(before, after)

    def test_what_it_frees_is_gone(self, digits):
        skmnist.engine.clear()
        before = n_graphs()
        for units in (11, 12, 13):
            SimpleMLPClassifier(units, epochs=1).fit(digits.X, digits.y)
        assert n_graphs() > before
        skmnist.engine.clear()
        assert n_graphs() == before


@pytest.mark.slow
def test_many_programs_do_not_fill_the_memory(digits):
    """The programs that were not used for the longest time are dropped."""
    counts = []
    for number in range(1, 31):
        SimpleMLPClassifier(dropout=number / 100, epochs=1).fit(
            digits.X[:20], digits.y[:20]
        )
        if number in (20, 30):
            counts.append(n_graphs())
    assert counts[1] <= counts[0] + 2


def test_programs_of_a_users_code_are_gone_with_their_fit(digits):
    counts = []
    for number in range(6):
        SimpleMLPClassifier(activation=lambda x: keras.ops.tanh(x), epochs=1).fit(
            digits.X[:20], digits.y[:20]
        )
        if number in (2, 5):
            counts.append(n_graphs())
    assert counts[1] == counts[0]
