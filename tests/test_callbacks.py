"""Keras's callbacks and scikit-learn's, as each library calls them."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest
from rich.console import Console
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier
from skmnist.network.progress import Progress


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


def assert_same_weights(one, other, atol=0.0):
    for ours, theirs in zip(one.coefs_, other.coefs_, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol)


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
        assert_same_weights(watched, fit(digits))
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
        assert_same_weights(served, fit(digits, batch_size=32), atol=1e-5)

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

    def test_can_set_weights(self, digits):
        class Reset(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                self.model.set_weights([np.zeros_like(w) for w in self.model.get_weights()])

        assert not fit(digits, callbacks=[Reset()], epochs=1).coefs_[0].any()

    def test_early_stopping_restores_the_best_weights(self, digits):
        callback = keras.callbacks.EarlyStopping(
            "loss", mode="max", patience=2, restore_best_weights=True
        )
        # The loss falls: by "max", the first epoch is the best.
        stopped = fit(digits, callbacks=[callback], epochs=9)
        assert stopped.n_iter_ == 3
        assert_same_weights(stopped, fit(digits, epochs=1))

    def test_schedulers_set_the_learning_rate_of_the_next_epoch(self, digits):
        frozen = fit(
            digits,
            callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 * (epoch == 0))],
            learning_rate=0.01,
        )
        assert frozen.history_["learning_rate"] == pytest.approx([0.01, 0.0, 0.0])
        assert_same_weights(frozen, fit(digits, epochs=1, learning_rate=0.01))

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

    def test_checkpoints_load_without_this_package(self, digits, tmp_path):
        path = tmp_path / "best.keras"
        trained = fit(digits, callbacks=[keras.callbacks.ModelCheckpoint(path)])
        np.save(tmp_path / "x.npy", digits.X[:20])
        script = """
            import sys, numpy as np, keras
            sys.modules["skmnist"] = None  # an import of it fails from here on
            model = keras.saving.load_model(sys.argv[1])
            np.save(sys.argv[3], model.predict(np.load(sys.argv[2]), verbose=0))
        """
        arguments = [path, tmp_path / "x.npy", tmp_path / "p.npy"]
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)], check=True
        )
        by_keras = np.load(tmp_path / "p.npy")
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

    def test_patient_callbacks_of_keras_do_not_slow_the_training(self, digits):
        # Served one by one, a program of its own would be traced.
        calls = []

        def activation(x):
            calls.append(1)
            return keras.activations.sigmoid(x)

        fit(digits, activation=activation)
        plain = len(calls)
        fit(digits, activation=activation, callbacks=[keras.callbacks.TerminateOnNaN()])
        with_callback = len(calls) - plain
        calls.clear()
        fit(digits, activation=activation, callbacks=[BatchRecorder()])
        fit(digits, activation=activation)
        assert with_callback <= plain

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


class Interrupt(keras.callbacks.Callback):
    """Presses Ctrl-C."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.when = (epoch, batch)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.when:
            raise KeyboardInterrupt


class TestInterruption:
    @pytest.mark.parametrize(("epoch", "n_iter"), [(0, 0), (2, 2)])
    def test_keeps_what_was_learnt(self, digits, epoch, n_iter):
        with pytest.warns(UserWarning, match="interrupted"):
            interrupted = fit(digits, callbacks=[Interrupt(epoch, 1)], epochs=9)
        assert interrupted.n_iter_ == n_iter
        assert len(interrupted.loss_curve_) == n_iter
        assert np.isfinite(interrupted.predict_proba(digits.X)).all()
        # Two batches of the epoch count too.
        if epoch:
            whole_epochs = fit(digits, epochs=epoch)
            assert np.abs(interrupted.coefs_[0] - whole_epochs.coefs_[0]).max() > 1e-5

    def test_the_next_fit_is_whole(self, digits):
        with pytest.warns(UserWarning, match="interrupted"):
            classifier = fit(digits, callbacks=[Interrupt(0, 1)])
        classifier.set_params(callbacks=None).fit(digits.X, digits.y)
        assert_same_weights(classifier, fit(digits))


class TestDivergence:
    @pytest.fixture
    def diverged(self, digits):
        with pytest.warns(UserWarning, match="Lower learning_rate"):
            return fit(digits, activation="relu", optimizer="sgd", learning_rate=1e30, epochs=20)

    def test_stops_and_says_so(self, diverged):
        assert diverged.n_iter_ < 20

    def test_does_not_predict(self, diverged, digits):
        with pytest.raises(ValueError, match="diverged"):
            diverged.predict(digits.X)

    def test_recovers(self, diverged, digits):
        diverged.set_params(learning_rate=0.01).fit(digits.X, digits.y)
        assert diverged.predict(digits.X).shape == digits.y.shape


STOPPING = {
    "early_stopping": True,
    "n_iter_no_change": 3,
    "learning_rate": 0.02,
    "epochs": 60,
    "validation_fraction": 0.25,
}


@pytest.fixture(scope="module")
def stopped(digits):
    return fit(digits, **STOPPING)


class TestEarlyStopping:
    def test_stops_after_that_many_epochs_without_improvement(self, stopped):
        scores = stopped.validation_scores_
        assert len(scores) == stopped.n_iter_ < 60
        best = int(np.argmax(scores))
        assert len(scores) - 1 - best >= 3
        assert stopped.best_validation_score_ == scores[best]
        assert stopped.history_["val_accuracy"] == scores

    def test_goes_back_to_the_best_epoch(self, stopped, digits):
        best = int(np.argmax(stopped.validation_scores_))
        parameters = {**STOPPING, "epochs": best + 1}
        assert_same_weights(stopped, fit(digits, **parameters))

    def test_learns_from_the_other_samples_alone(self, digits):
        # With X_val given, all samples are for training: another network comes of it.
        kwargs = {"X_val": digits.X[:50], "y_val": digits.y[:50]}
        parameters = {**STOPPING, "epochs": 2, "hidden_units": 6, "random_state": 0}
        given = SimpleMLPClassifier(**parameters).fit(digits.X, digits.y, **kwargs)
        plain = SimpleMLPClassifier(**{**parameters, "early_stopping": False})
        plain.fit(digits.X, digits.y)
        set_aside = SimpleMLPClassifier(**parameters).fit(digits.X, digits.y)
        assert_same_weights(given, plain)
        assert np.abs(set_aside.coefs_[0] - plain.coefs_[0]).max() > 1e-4

    def test_validates_on_x_val(self, digits):
        given = SimpleMLPClassifier(6, epochs=2, early_stopping=True, random_state=0)
        given.fit(digits.X, digits.y, X_val=digits.X[:40], y_val=digits.y[:40])
        last = int(np.argmax(given.validation_scores_))
        assert given.score(digits.X[:40], digits.y[:40]) == given.validation_scores_[last]

    def test_is_stratified(self, digits):
        # One sample in four of each class: with a class of three samples, none can be spared.
        few = np.concatenate([np.flatnonzero(digits.y == 0)[:1], np.flatnonzero(digits.y == 1)])
        with pytest.raises(ValueError, match="early_stopping can't set validation_fraction"):
            SimpleMLPClassifier(early_stopping=True).fit(digits.X[few], digits.y[few])

    def test_without_it_there_are_no_scores(self, digits):
        plain = fit(digits)
        assert plain.validation_scores_ is None
        assert plain.best_validation_score_ is None

    def test_partial_fit_refuses_it(self, digits):
        with pytest.raises(ValueError, match="partial_fit does not support early_stopping"):
            SimpleMLPClassifier(early_stopping=True).partial_fit(
                digits.X, digits.y, classes=np.unique(digits.y)
            )


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


class TestProgress:
    def run(self, digits, capsys, **parameters):
        fit(digits, **parameters)
        return capsys.readouterr().out

    def test_silent_by_default(self, digits, capsys):
        assert self.run(digits, capsys) == ""

    def test_a_file_gets_a_line_an_epoch(self, digits, capsys):
        out = self.run(digits, capsys, verbose=1)
        lines = out.splitlines()
        assert len(lines) == 3
        assert lines[0].startswith("Epoch 1/3  loss ")
        assert "\x1b" not in out
        assert "\r" not in out

    def test_long_trainings_get_at_most_a_screen(self, digits, capsys):
        lines = self.run(digits, capsys, verbose=1, epochs=200).splitlines()
        assert len(lines) <= 21
        assert lines[-1].startswith("Epoch 200/200")
        assert len(self.run(digits, capsys, verbose=2, epochs=30).splitlines()) == 30

    @pytest.mark.parametrize("has_widgets", [True, False])
    def test_a_notebook_without_widgets_gets_lines(self, monkeypatch, capsys, has_widgets):
        spec = "a spec" if has_widgets else None
        monkeypatch.setattr("skmnist.network.progress.find_spec", lambda name: spec)
        progress = Progress(0, 2, 10, verbose=1, console=Console(force_jupyter=True))
        assert progress.has_bar == has_widgets
        progress.end_epoch(0, {"loss": 1.0})
        assert capsys.readouterr().out == "Epoch 1/2  loss 1.0000\n"

    def test_going_on_counts_on(self, digits, capsys):
        classifier = fit(digits, verbose=2, warm_start=True, epochs=2)
        classifier.fit(digits.X, digits.y)
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[1] for line in lines] == ["1/2", "2/2", "3/4", "4/4"]
