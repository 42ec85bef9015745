"""Keras's callbacks and scikit-learn's, as each library calls them."""

from __future__ import annotations

import copy
import math
import pickle
import threading
import zipfile

import keras
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier
from tests.helpers import NO_STEP, assert_same_network, compiled_if_slow


def fit(digits, **parameters):
    parameters = {"hidden_units": 6, "epochs": 3, "random_state": 0, **parameters}
    return SimpleMLPClassifier(**parameters).fit(digits.X, digits.y)


HOOKS = [
    f"on_{part}_{edge}"
    for part in ("train", "epoch", "train_batch", "test", "test_batch")
    for edge in ("begin", "end")
]


class Recorder(keras.callbacks.Callback):
    """Records hooks with their arguments, and stops the fit in one of them."""

    def __init__(self, stop_in=None):
        super().__init__()
        self.calls = []
        self.stop_in = stop_in


def recording(hook):
    def record(self, *number, logs=None):
        if hook.startswith("on_epoch") or hook in ("on_train_end", "on_test_end"):
            *number, logs = number
        self.calls.append((hook, *number, logs and dict(logs)))
        if hook == self.stop_in:
            self.model.stop_training = True

    return record


for hook in HOOKS:
    setattr(Recorder, hook, recording(hook))


@pytest.fixture
def ends_of_blocks(monkeypatch):
    """The batches after which TerminateOnNaN, which can wait, was called."""
    batches = []
    monkeypatch.setattr(
        keras.callbacks.TerminateOnNaN,
        "on_batch_end",
        lambda self, batch, logs=None: batches.append(batch),
    )
    return batches


class Quiet(keras.callbacks.Callback):
    """Has a batch hook that does nothing."""

    def on_train_batch_end(self, batch, logs=None):
        pass


DO_NOTHING = {
    "batch hook": lambda folder: Quiet(),
    "epoch hook": lambda folder: keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: None
    ),
    "TerminateOnNaN": lambda folder: keras.callbacks.TerminateOnNaN(),
    "ModelCheckpoint": lambda folder: keras.callbacks.ModelCheckpoint(
        folder / "model.keras"
    ),
    "BackupAndRestore": lambda folder: keras.callbacks.BackupAndRestore(
        folder / "backup"
    ),
}


@compiled_if_slow
@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("kind", DO_NOTHING)
@pytest.mark.parametrize(
    "parameters",
    [
        {"dropout": 0.5, "hidden_units": (16, 8), "activation": "relu"},
        {"optimizer": "nadam"},
        {"optimizer": keras.optimizers.SGD(0.1, momentum=0.9, use_ema=True)},
        {"optimizer": keras.optimizers.SGD(0.1, gradient_accumulation_steps=3)},
    ],
    ids=["dropout", "momentum", "averages", "accumulation"],
)
def test_a_callback_that_changes_nothing(digits, kind, parameters, tmp_path):
    """Compiled, not compiled, or batch by batch, in many blocks of few batches."""
    parameters = {"batch_size": 8} | parameters
    expected = fit(digits, **parameters)
    network = fit(digits, **parameters, callbacks=DO_NOTHING[kind](tmp_path))
    # What is compiled rounds otherwise.
    assert_same_network(network, expected, atol=2e-5)


class AsKeras:
    """The same network as a classifier and as a Keras model."""

    X = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    y = np.array([0, 1, 2, 0, 1, 2, 0, 1])

    def __init__(self, optimizer):
        self.ours = SimpleMLPClassifier(
            3, optimizer=optimizer, batch_size=2, shuffle=False, random_state=0
        )
        start = clone(self.ours).set_params(optimizer="sgd", learning_rate=NO_STEP)
        self.start = start.fit(self.X[:5], self.y[:5]).model_.get_weights()
        self.theirs = self.ours.fit(self.X[:5], self.y[:5]).model_

    def fit_both(self, callbacks, has_validation=True):
        val = (self.X[5:], self.y[5:])
        self.theirs.set_weights(self.start)
        theirs = self.theirs.fit(
            self.X[:5],
            self.y[:5],
            batch_size=2,
            epochs=2,
            shuffle=False,
            verbose=0,
            validation_data=val if has_validation else None,
            validation_batch_size=len(val[0]),  # as ours
            callbacks=[callbacks[0]],
        )
        self.ours.set_params(callbacks=[callbacks[1]], epochs=2)
        X_val, y_val = val if has_validation else (None, None)
        self.ours.fit(self.X[:5], self.y[:5], X_val=X_val, y_val=y_val)
        return theirs.history, self.ours.history_


@pytest.fixture(scope="module")
def as_keras():
    return AsKeras(keras.optimizers.SGD(0.1))


class TestOrderOfKeras:
    @pytest.mark.parametrize(
        ("stop_in", "has_validation"),
        [(None, False), *((hook, True) for hook in (None, *HOOKS))],
    )
    def test_hooks_and_their_arguments(self, as_keras, stop_in, has_validation):
        theirs, ours = (Recorder(stop_in) for _ in range(2))
        as_keras.fit_both((theirs, ours), has_validation)
        assert ours.params == theirs.params == {"epochs": 2, "steps": 3, "verbose": 0}
        assert [call[:-1] for call in ours.calls] == [
            call[:-1] for call in theirs.calls
        ]
        for (*_, our_logs), (*_, their_logs) in zip(
            ours.calls, theirs.calls, strict=True
        ):
            assert our_logs == (their_logs and pytest.approx(their_logs, rel=1e-4))

    def test_averaged_weights_are_validated(self):
        both = AsKeras(keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.7))
        # The optimizer of the other has made steps already, and this is where it ended.
        callbacks = [keras.callbacks.SwapEMAWeights() for _ in range(2)]
        both.theirs.compile(
            keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.7),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        theirs, ours = both.fit_both(callbacks)
        for name in ("loss", "val_loss", "val_accuracy"):
            assert ours[name] == pytest.approx(theirs[name], rel=1e-4)
        for kernel, expected in zip(
            both.ours.coefs_, both.theirs.get_weights()[::2], strict=True
        ):
            np.testing.assert_allclose(kernel, expected, rtol=1e-4, atol=1e-6)

    def test_early_stopping_keeps_the_averaged_weights_that_it_scored(self, digits):
        classifier = SimpleMLPClassifier(
            6,
            optimizer=keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9),
            epochs=4,
            early_stopping=True,
            callbacks=keras.callbacks.SwapEMAWeights(),
            random_state=0,
        )
        classifier.fit(digits.X, digits.y, X_val=digits.X[:100], y_val=digits.y[:100])
        score = classifier.score(digits.X[:100], digits.y[:100])
        assert classifier.best_validation_score_ == score

    @pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_begin"])
    def test_a_stop_before_the_first_batch_leaves_one_step(self, digits, hook):
        """Also if no callback has a hook of batches."""
        stop = keras.callbacks.Callback()
        setattr(stop, hook, lambda *_: setattr(stop.model, "stop_training", True))
        stopped = fit(digits, callbacks=stop, shuffle=False)
        one_step = SimpleMLPClassifier(6, epochs=1, shuffle=False, random_state=0)
        assert_same_network(
            stopped, one_step.fit(digits.X[:32], np.r_[digits.y[:32]]), atol=1e-6
        )

    def test_a_metric_is_improved_in_its_direction(self, digits, tmp_path):
        callbacks = [
            keras.callbacks.EarlyStopping("val_accuracy", patience=9),
            keras.callbacks.ReduceLROnPlateau(
                "val_accuracy", patience=1, min_delta=1.0
            ),
            keras.callbacks.ModelCheckpoint(
                tmp_path / "best.keras", monitor="val_accuracy", save_best_only=True
            ),
        ]
        watched = SimpleMLPClassifier(
            6, learning_rate=0.02, callbacks=callbacks, random_state=0
        )
        watched.fit(digits.X, digits.y, X_val=digits.X, y_val=digits.y)
        best = max(watched.history_["val_accuracy"])
        assert (
            callbacks[0].best
            == callbacks[2].best
            == best
            > watched.history_["val_accuracy"][0]
        )
        assert watched.history_["learning_rate"][-1] < 0.02


class TestWhatTheyDo:
    def test_looking_on_changes_nothing(self, digits):
        weights = []
        looks_on = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: weights.append(
                looks_on.model.get_weights()
            )
        )
        watched = fit(digits, callbacks=looks_on)
        assert_same_network(watched, fit(digits))
        np.testing.assert_array_equal(weights[0][0], fit(digits, epochs=1).coefs_[0])
        np.testing.assert_array_equal(weights[-1][0], watched.coefs_[0])

    def test_batches_are_run_one_by_one_where_wanted(self, digits):
        losses = []
        # Its hooks are attributes, not methods.
        callback = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: losses.append((batch, logs["loss"]))
        )
        watched = fit(digits, callbacks=[callback])
        assert [batch for batch, _ in losses] == 3 * list(range(10))
        np.testing.assert_allclose(
            [loss for _, loss in losses[9::10]], watched.loss_curve_
        )
        assert_same_network(watched, fit(digits), atol=1e-5)

    def test_those_of_keras_that_can_wait_are_called_at_ends_of_blocks(
        self, digits, ends_of_blocks
    ):
        fit(digits, callbacks=[keras.callbacks.TerminateOnNaN()])
        assert ends_of_blocks == [9] * 3

    def test_the_logits_of_a_block_take_at_most_4_megabytes(self, ends_of_blocks):
        n_classes, batch_size = 1500, 64
        SimpleMLPClassifier(
            1,
            epochs=1,
            batch_size=batch_size,
            callbacks=keras.callbacks.TerminateOnNaN(),
        ).fit(np.zeros((2 * n_classes, 1)), np.arange(2 * n_classes) % n_classes)
        n_batches = np.diff([-1, *ends_of_blocks])
        assert n_batches.sum() == math.ceil(2 * n_classes / batch_size)
        assert 4 * batch_size * n_classes * n_batches.max() <= 2**22

    def test_the_rows_that_are_gathered_for_a_block_take_at_most_16_megabytes(
        self, ends_of_blocks, monkeypatch
    ):
        monkeypatch.setattr("skmnist.engine.blocks.MAX_RESIDENT_BYTES", 0)
        n_features, batch_size = 100_000, 10
        X = sp.csr_array((50, n_features), dtype=np.float32)
        SimpleMLPClassifier(
            1,
            epochs=1,
            batch_size=batch_size,
            callbacks=keras.callbacks.TerminateOnNaN(),
        ).fit(X, np.arange(50) % 2)
        n_batches = np.diff([-1, *ends_of_blocks])
        assert n_batches.sum() == 5
        assert 4 * batch_size * n_features * n_batches.max() <= 2**24

    def test_weights_may_be_set_at_the_begin_and_at_the_end(self, digits):
        start = fit(digits, learning_rate=NO_STEP, random_state=1).model_.get_weights()
        begin = keras.callbacks.LambdaCallback(
            on_train_begin=lambda logs: begin.model.set_weights(start)
        )
        begun = fit(digits, callbacks=begin, shuffle=False)
        assert_same_network(begun, fit(digits, shuffle=False, random_state=1))
        zeros = [np.zeros_like(w) for w in start]
        end = keras.callbacks.LambdaCallback(
            on_train_end=lambda logs: end.model.set_weights(zeros)
        )
        assert not fit(digits, callbacks=end).coefs_[0].any()

    def test_masks_of_dropout_go_on_where_weights_are_set(self):
        losses = []

        def change(batch, logs=None):
            *others, bias = callback.model.get_weights()
            callback.model.set_weights([*others, bias + 1e-6])

        callback = keras.callbacks.LambdaCallback(
            on_train_batch_begin=change,
            on_train_batch_end=lambda batch, logs: losses.append(logs["loss"]),
        )
        # All rows but the last are the same.
        SimpleMLPClassifier(
            50,
            dropout=0.5,
            learning_rate=NO_STEP,
            epochs=1,
            batch_size=10,
            shuffle=False,
            callbacks=callback,
            random_state=0,
        ).fit(np.ones((100, 1)), np.arange(100) == 99)
        assert np.ptp(losses[:-1]) > 1e-3

    def test_early_stopping_restores_the_best_weights(self, digits):
        # The loss falls: by "max", the first epoch is the best.
        callback = keras.callbacks.EarlyStopping(
            "loss", mode="max", patience=2, restore_best_weights=True
        )
        stopped = fit(digits, callbacks=[callback], epochs=9)
        assert stopped.n_iter_ == 3
        assert_same_network(stopped, fit(digits, epochs=1))

    @pytest.mark.parametrize("hook", ["on_epoch_begin", "on_train_batch_begin"])
    def test_a_learning_rate_counts_from_the_next_step_on(self, digits, hook):
        def set_rate(number, logs=None):
            callback.model.optimizer.learning_rate = 0.01 if number == 0 else NO_STEP

        callback = keras.callbacks.LambdaCallback(**{hook: set_rate})
        parameters = {"optimizer": "sgd", "shuffle": False, "batch_size": 155}
        frozen = fit(digits, callbacks=callback, epochs=2, **parameters)
        if hook == "on_epoch_begin":
            expected = fit(digits, epochs=1, learning_rate=0.01, **parameters)
        else:  # the first of two batches, in each epoch
            first = SimpleMLPClassifier(
                6, epochs=2, learning_rate=0.01, random_state=0, **parameters
            )
            expected = first.fit(digits.X[:155], digits.y[:155])
        assert_same_network(frozen, expected, atol=1e-6)

    def test_sees_the_last_rate_beside_the_best_weights(self, digits):
        rates = []

        def set_rate(epoch, logs=None):
            # Only the first epoch changes the weights, so it is the best.
            callback.model.optimizer.learning_rate = 0.01 if epoch == 0 else NO_STEP

        callback = keras.callbacks.LambdaCallback(
            on_epoch_begin=set_rate,
            on_train_end=lambda logs: rates.append(
                float(callback.model.optimizer.learning_rate)
            ),
        )
        fit(digits, callbacks=callback, early_stopping=True)
        np.testing.assert_allclose(rates, [NO_STEP], rtol=1e-6)

    def test_sees_the_rate_of_a_schedule(self, digits):
        schedule = keras.optimizers.schedules.ExponentialDecay(
            0.1, decay_steps=3, decay_rate=0.5
        )
        rates = []
        callback = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: rates.append(
                float(callback.model.optimizer.learning_rate)
            )
        )
        watched = fit(
            digits, callbacks=callback, optimizer=keras.optimizers.SGD(schedule)
        )
        np.testing.assert_allclose(
            rates, [0.1 * 0.5 ** (10 * n / 3) for n in (1, 2, 3)], rtol=1e-5
        )
        assert_same_network(
            watched, fit(digits, optimizer=keras.optimizers.SGD(schedule))
        )

    def test_what_some_epochs_log_is_nan_in_the_others(self, digits):
        callback = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: logs.update(
                {"odd": 1.0} if epoch % 2 else {}
            )
        )
        history = fit(digits, callbacks=callback, epochs=4).history_
        np.testing.assert_equal(history["odd"], [math.nan, 1.0, math.nan, 1.0])

    def test_checkpoints_hold_nothing_of_this_package(self, digits, tmp_path):
        trained = fit(
            digits, callbacks=[keras.callbacks.ModelCheckpoint(tmp_path / "m.keras")]
        )
        with zipfile.ZipFile(tmp_path / "m.keras") as file:
            assert b"skmnist" not in file.read("config.json")
        by_keras = keras.saving.load_model(tmp_path / "m.keras").predict(
            digits.X, verbose=0
        )
        np.testing.assert_allclose(trained.predict_proba(digits.X), by_keras, atol=1e-6)

    @pytest.mark.parametrize("wrong", [[Recorder], [Recorder(), None]])
    def test_what_is_not_a_callback_is_refused(self, digits, wrong):
        with pytest.raises(
            TypeError, match=r"callbacks\[\d\] must be an instance of keras"
        ):
            fit(digits, callbacks=wrong)

    def test_an_error_in_a_callback_reaches_the_user(self, digits):
        fitted = fit(digits)
        before = fitted.predict_proba(digits.X)
        broken = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            fitted.set_params(callbacks=[broken]).fit(digits.X, digits.y)
        np.testing.assert_array_equal(fitted.predict_proba(digits.X), before)


def own_tanh(x):
    return keras.ops.tanh(x)


class HoldsALock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


class TestInstances:
    def test_the_given_ones_are_called(self, digits):
        given = [keras.callbacks.History(), HoldsALock()]
        classifier = fit(digits, callbacks=given)
        assert classifier.callbacks_ == given
        assert given[0].history["loss"] == classifier.loss_curve_

    def test_one_that_is_its_own_copy_is_called_by_all_fits_of_a_search(self, digits):
        class Shared(keras.callbacks.Callback):
            n_fits = 0

            def __deepcopy__(self, memo):
                return self

            def on_train_begin(self, logs=None):
                self.n_fits += 1

        classifier = SimpleMLPClassifier(epochs=1, callbacks=[Shared()])
        search = GridSearchCV(classifier, {"hidden_units": [2, 3]}, cv=2).fit(
            digits.X, digits.y
        )
        assert classifier.callbacks[0].n_fits == 5
        assert clone(search.best_estimator_).callbacks == classifier.callbacks

    def test_they_may_be_used_again(self, digits):
        callback = keras.callbacks.EarlyStopping("loss", mode="max", patience=1)
        history = keras.callbacks.History()
        classifier = fit(digits, callbacks=[callback, history], epochs=9)
        for _ in range(2):
            assert classifier.n_iter_ == len(history.epoch) == 2
            classifier.fit(digits.X, digits.y)

    @pytest.mark.parametrize("name", ["EarlyStopping", "CSVLogger", "TensorBoard"])
    def test_a_fitted_classifier_can_be_copied(self, digits, tmp_path, name):
        path = tmp_path / "log"
        argument = "loss" if name == "EarlyStopping" else str(path)
        callback = getattr(keras.callbacks, name)(argument)
        fitted = fit(digits, callbacks=callback, activation=own_tanh, epochs=1)
        twin = clone(fitted)
        assert_same_network(twin.fit(digits.X, digits.y), fitted)
        assert twin.callbacks_[0] is not callback
        assert path.exists() or name == "EarlyStopping"
        for copied in (copy.deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):
            assert_same_network(copied, fitted)
            assert (
                type(copied.callbacks_[0]) is type(copied.callbacks) is type(callback)
            )
        assert callback.model is not None


class TestScikitLearnCallbacks:
    @pytest.fixture
    def sklearn_callback(self):
        """The module, which scikit-learn has from 1.9 on."""
        return pytest.importorskip("sklearn.callback", reason="needs scikit-learn 1.9")

    def test_each_epoch_is_a_task_with_a_fitted_estimator(
        self, digits, sklearn_callback
    ):
        monitor = sklearn_callback.ScoringMonitor(scoring="accuracy")
        classifier = SimpleMLPClassifier(
            6, learning_rate=0.01, epochs=3, random_state=0
        )
        classifier.set_callbacks(monitor).fit(digits.X, digits.y)
        rows = monitor.get_logs().data
        epochs = [row["accuracy"] for row in rows if row["task_name"] == "epoch"]
        expected = [
            fit(digits, learning_rate=0.01, epochs=n).score(digits.X, digits.y)
            for n in (1, 2, 3)
        ]
        assert epochs == expected
        assert [
            row["accuracy"] for row in rows if row["task_name"] == "fit"
        ] == expected[-1:]

    @pytest.mark.parametrize(
        "classifier",
        [SimpleMLPClassifier(6, epochs=2), LogisticRegression(max_iter=2)],
        ids=lambda classifier: type(classifier).__name__,
    )
    def test_they_get_the_weights_of_the_samples(
        self, digits, sklearn_callback, classifier
    ):
        weights = np.where(digits.y < 5, 100.0, 0.01)
        classifier = clone(classifier)
        monitor = sklearn_callback.ScoringMonitor(scoring="accuracy")
        classifier.set_callbacks(monitor).fit(digits.X, digits.y, sample_weight=weights)
        scores = [row["accuracy"] for row in monitor.get_logs().data]
        assert classifier.score(digits.X, digits.y, weights) in scores
        assert classifier.score(digits.X, digits.y) not in scores

    def test_they_nest_from_a_search_down_to_the_epochs(self, digits, sklearn_callback):
        monitor = sklearn_callback.ScoringMonitor(scoring="accuracy")
        classifier = SimpleMLPClassifier(6, epochs=2, random_state=0).set_callbacks(
            monitor
        )
        pipeline = Pipeline([("scale", MinMaxScaler()), ("mlp", classifier)])
        search = GridSearchCV(
            pipeline, {"mlp__hidden_units": [3, 4]}, cv=2, refit=False
        )
        search.fit(digits.X, digits.y)
        rows = monitor.get_logs("most_recent").data
        assert sum(row["task_name"] == "epoch" for row in rows) == 2 * 2 * 2

    def test_progress_bar_reaches_the_end(self, digits, sklearn_callback, capsys):
        classifier = SimpleMLPClassifier(6, epochs=4).set_callbacks(
            sklearn_callback.ProgressBar()
        )
        classifier.fit(digits.X, digits.y)
        out = capsys.readouterr().out
        assert "SimpleMLPClassifier" in out
        assert "100%" in out

    @pytest.mark.usefixtures("sklearn_callback")
    def test_a_callback_can_stop_the_training(self, digits):
        class StopAfterTwo:
            n_epochs = 0

            def setup(self, estimator, context):
                pass

            def teardown(self, estimator, context):
                pass

            def on_fit_task_begin(self, estimator, context):
                pass

            def on_fit_task_end(self, estimator, context):
                self.n_epochs += context.task_name == "epoch"
                return self.n_epochs == 2

        classifier = SimpleMLPClassifier(6, epochs=9).set_callbacks(StopAfterTwo())
        assert classifier.fit(digits.X, digits.y).n_iter_ == 2
