"""Keras's callbacks and scikit-learn's, as each library calls them."""

from __future__ import annotations

import csv
import math

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier
from tests.helpers import NO_STEP, assert_same_network


class Recorder(keras.callbacks.Callback):
    """Keeps what it is called with."""

    def __init__(self):
        super().__init__()
        self.events = []
        self.logs = []
        self.weights = []

    def on_train_begin(self, logs=None):
        self.events.append("train begin")

    def on_epoch_begin(self, epoch, logs=None):
        self.events.append(("begin", epoch))

    def on_epoch_end(self, epoch, logs=None):
        self.events.append(("end", epoch))
        self.logs.append(dict(logs))
        self.weights.append(self.model.get_weights())

    def on_train_end(self, logs=None):
        self.events.append("train end")


class BatchRecorder(keras.callbacks.Callback):
    """Wants to be called at each batch."""

    def __init__(self):
        super().__init__()
        self.batches = []
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append(batch)
        self.losses.append(logs["loss"])


def fit(digits, **parameters):
    parameters = {"hidden_units": 6, "epochs": 3, "random_state": 0, **parameters}
    return SimpleMLPClassifier(**parameters).fit(digits.X, digits.y)


class TestKerasCallbacks:
    def test_is_called_in_the_order_of_keras(self, digits):
        recorder = fit(digits, callbacks=[Recorder()], epochs=2).callbacks_[0]
        assert recorder.events == [
            "train begin",
            ("begin", 0),
            ("end", 0),
            ("begin", 1),
            ("end", 1),
            "train end",
        ]

    def test_changes_nothing_by_looking_on(self, digits):
        watched = fit(digits, callbacks=Recorder())
        assert_same_network(watched, fit(digits))
        recorder = watched.callbacks_[0]
        np.testing.assert_array_equal(recorder.weights[-1][0], watched.coefs_[0])
        assert [logs["loss"] for logs in recorder.logs] == watched.loss_curve_

    def test_sees_the_weights_of_the_epoch(self, digits):
        recorder = fit(digits, callbacks=[Recorder()]).callbacks_[0]
        after_one_epoch = fit(digits, epochs=1)
        np.testing.assert_array_equal(recorder.weights[0][0], after_one_epoch.coefs_[0])

    def test_is_copied_for_each_fit(self, digits):
        given = Recorder()
        first = fit(digits, callbacks=[given])
        second = clone(first).fit(digits.X, digits.y)
        assert given.events == []
        assert first.callbacks_[0] is not second.callbacks_[0]
        assert len(second.callbacks_[0].logs) == 3

    def test_batches_are_served_one_by_one_where_wanted(self, digits):
        served = fit(digits, callbacks=[BatchRecorder()], batch_size=32)
        n_batches = -(-len(digits.X) // 32)
        recorder = served.callbacks_[0]
        assert recorder.batches == 3 * list(range(n_batches))
        # As in Keras, the loss of the epoch so far.
        np.testing.assert_allclose(
            recorder.losses[n_batches - 1 :: n_batches], served.loss_curve_, rtol=1e-6
        )
        assert_same_network(served, fit(digits, batch_size=32), atol=1e-5)

    def test_a_function_for_each_batch_is_called_for_each(self, digits):
        batches = []
        callback = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: batches.append(batch)
        )
        # deepcopy leaves functions as they are, and with them the list.
        fit(digits, callbacks=[callback], epochs=1, batch_size=50)
        assert batches == list(range(-(-len(digits.X) // 50)))

    def test_can_stop_the_training(self, digits):
        class Stop(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                self.model.stop_training = epoch == 1

        assert fit(digits, callbacks=[Stop()], epochs=9).n_iter_ == 2

    def test_can_set_weights_in_the_end(self, digits):
        class Reset(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                self.model.set_weights([np.zeros_like(w) for w in self.model.get_weights()])

        assert not fit(digits, callbacks=[Reset()], epochs=1).coefs_[0].any()

    def test_can_set_the_weights_to_begin_with(self, digits):
        start = fit(digits, learning_rate=NO_STEP, random_state=1).model_.get_weights()

        class StartFrom(keras.callbacks.Callback):
            def on_train_begin(self, logs=None):
                self.model.set_weights(start)

        begun = fit(digits, callbacks=[StartFrom()], shuffle=False)
        assert_same_network(begun, fit(digits, shuffle=False, random_state=1))

    def test_early_stopping_restores_the_best_weights(self, digits):
        callback = keras.callbacks.EarlyStopping(
            "loss", mode="max", patience=2, restore_best_weights=True
        )
        # The loss falls: by "max", the first epoch is the best.
        stopped = fit(digits, callbacks=[callback], epochs=9)
        assert stopped.n_iter_ == 3
        assert_same_network(stopped, fit(digits, epochs=1))

    def test_schedulers_set_the_learning_rate_of_the_next_epoch(self, digits):
        frozen = fit(
            digits,
            callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 * (epoch == 0))],
            learning_rate=0.01,
        )
        assert frozen.history_["learning_rate"] == pytest.approx([0.01, 0.0, 0.0])
        assert_same_network(frozen, fit(digits, epochs=1, learning_rate=0.01))

    def test_sees_the_rate_of_a_schedule(self, digits):
        schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=3, decay_rate=0.5)
        parameters = {"optimizer": keras.optimizers.SGD(schedule), "epochs": 3, "random_state": 0}

        class RateRecorder(keras.callbacks.Callback):
            rates: list[float]

            def on_train_begin(self, logs=None):
                self.rates = []

            def on_epoch_end(self, epoch, logs=None):
                self.rates.append(float(self.model.optimizer.learning_rate))

        classifier = SimpleMLPClassifier(callbacks=RateRecorder(), **parameters)
        classifier.fit(digits.X, digits.y)
        n_steps = math.ceil(len(digits.X) / 32)
        expected = [0.1 * 0.5 ** (n_steps * (epoch + 1) / 3) for epoch in range(3)]
        np.testing.assert_allclose(classifier.callbacks_[0].rates, expected, rtol=1e-5)
        unwatched = SimpleMLPClassifier(**parameters).fit(digits.X, digits.y)
        np.testing.assert_array_equal(classifier.coefs_[0], unwatched.coefs_[0])

    def test_reduce_on_plateau(self, digits):
        callback = keras.callbacks.ReduceLROnPlateau("loss", min_delta=10.0, patience=1, factor=0.1)
        reduced = fit(digits, callbacks=[callback], learning_rate=0.01, epochs=4)
        rates = reduced.history_["learning_rate"]
        assert rates[0] == pytest.approx(0.01)
        assert rates[-1] < 0.002

    def test_checkpoints_load_without_this_package(self, digits, tmp_path, run_python):
        path = tmp_path / "best.keras"
        trained = fit(digits, callbacks=[keras.callbacks.ModelCheckpoint(path)])
        np.save(tmp_path / "x.npy", digits.X[:20])
        script = """
import json, sys, numpy as np, keras
sys.modules["skmnist"] = None  # an import of it fails from here on
model = keras.saving.load_model(sys.argv[1])
print(json.dumps(model.predict(np.load(sys.argv[2]), verbose=0).tolist()))
"""
        by_keras = run_python(script, path, tmp_path / "x.npy")
        np.testing.assert_allclose(trained.predict_proba(digits.X[:20]), by_keras, atol=1e-6)

    def test_csv_logger_writes_each_epoch(self, digits, tmp_path):
        path = tmp_path / "log.csv"
        logged = fit(digits, callbacks=[keras.callbacks.CSVLogger(str(path))])
        with path.open() as file:
            losses = [float(row["loss"]) for row in csv.DictReader(file)]
        np.testing.assert_allclose(losses, logged.loss_curve_)

    def test_tensorboard_writes_a_log(self, digits, tmp_path):
        pytest.importorskip("tensorboard")
        fit(digits, callbacks=[keras.callbacks.TensorBoard(str(tmp_path))])
        assert list(tmp_path.rglob("events.out.tfevents.*"))

    def test_those_of_keras_that_can_wait_are_not_called_at_each_batch(self, digits, monkeypatch):
        batches = []
        monkeypatch.setattr(
            keras.callbacks.TerminateOnNaN,
            "on_batch_end",
            lambda self, batch, logs=None: batches.append(batch),
        )
        fit(digits, callbacks=[keras.callbacks.TerminateOnNaN()])
        n_batches = -(-len(digits.X) // 32)
        assert batches == [n_batches - 1] * 3

    @pytest.mark.parametrize("wrong", [[Recorder], ["checkpoint"], [Recorder(), None]])
    def test_refuses_what_is_no_callback(self, digits, wrong):
        with pytest.raises(TypeError, match=r"callbacks\[\d\] must be an instance of keras"):
            fit(digits, callbacks=wrong)

    def test_an_error_in_a_callback_reaches_the_user(self, digits):
        class Broken(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                raise RuntimeError("the disk is on fire")

        fitted = fit(digits)
        before = fitted.predict_proba(digits.X)
        with pytest.raises(RuntimeError, match="on fire"):
            fitted.set_params(callbacks=[Broken()]).fit(digits.X, digits.y)
        np.testing.assert_array_equal(fitted.predict_proba(digits.X), before)


class TestScikitLearnCallbacks:
    def test_each_epoch_is_a_task_with_a_fitted_estimator(self, digits):
        monitor = ScoringMonitor(scoring="accuracy")
        classifier = SimpleMLPClassifier(6, learning_rate=0.01, epochs=3, random_state=0)
        classifier.set_callbacks(monitor).fit(digits.X, digits.y)
        rows = monitor.get_logs().data
        epochs = [row["accuracy"] for row in rows if row["task_name"] == "epoch"]
        expected = [
            fit(digits, learning_rate=0.01, epochs=n).score(digits.X, digits.y) for n in (1, 2, 3)
        ]
        assert epochs == expected
        assert [row["accuracy"] for row in rows if row["task_name"] == "fit"] == expected[-1:]

    def test_they_nest_from_a_search_down_to_the_epochs(self, digits):
        monitor = ScoringMonitor(scoring="accuracy")
        classifier = SimpleMLPClassifier(6, epochs=2, random_state=0).set_callbacks(monitor)
        pipeline = Pipeline([("scale", MinMaxScaler()), ("mlp", classifier)])
        search = GridSearchCV(pipeline, {"mlp__hidden_units": [3, 4]}, cv=2, refit=False)
        search.fit(digits.X, digits.y)
        rows = monitor.get_logs("most_recent").data
        assert sum(row["task_name"] == "epoch" for row in rows) == 2 * 2 * 2

    def test_progress_bar_reaches_the_end(self, digits, capsys):
        classifier = SimpleMLPClassifier(6, epochs=4).set_callbacks(ProgressBar())
        classifier.fit(digits.X, digits.y)
        out = capsys.readouterr().out
        assert "SimpleMLPClassifier" in out
        assert "100%" in out

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
