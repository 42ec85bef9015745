"""Ctrl-C: in a training, in a search, on the command line."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import redirect_stdout

import keras
import numpy as np
import pytest

from skmnist import SimpleMLPClassifier
from skmnist.cli import main
from tests.helpers import assert_same_network, train
from tests.processes import DATA, end, run, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")


class TestInProcessesOfTheirOwn:
    @pytest.mark.slow
    def test_on_any_line_of_a_refit(self):
        """It is heard, and leaves a classifier that is as before or as the warning says."""
        outcomes = run(
            DATA
            + """
import collections
import pandas as pd
import skmnist
from skmnist.engine import interruption

interruption.TWICE_SECONDS = 0.0  # each of these many is the only one
folder = os.path.dirname(skmnist.__file__)
frame = pd.DataFrame(X).rename(columns=str)  # the refit has no such names: none may stay behind


def refit(before, reached):
    # Calls `reached` on each line of this package.
    def trace(called, event, argument):
        if not called.f_code.co_filename.startswith(folder):
            return None
        if event == "line":
            reached((called.f_code.co_filename, called.f_lineno))
        return trace
    refitted = before.set_params(hidden_units=6, epochs=2)
    sys.settrace(trace)
    try:
        refitted.fit(X[:64], y[:64])
    finally:
        sys.settrace(None)

pressed = set()

def press_at(line):
    def reached(here):
        if here == line and here not in pressed:
            pressed.add(line)
            signal.raise_signal(signal.SIGINT)
    return reached

first = SimpleMLPClassifier(hidden_units=4, random_state=0)
first.fit(frame, y)
expected = first.predict_proba(frame)
state = dict(vars(first))
lines = {}
refit(SimpleMLPClassifier(random_state=0).fit(X, y), lambda line: lines.setdefault(line))
outcomes = collections.Counter()
is_dense = lambda line: line[0].endswith(("classifier.py", "interruption.py"))
for number, line in enumerate(lines):
    if number % 9 and not is_dense(line):
        continue
    if line[0].endswith("programs.py"):
        skmnist.engine.clear()  # or the program would not be made again
    vars(first).clear()
    vars(first).update(state)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            refit(first, press_at(line))
            said = [str(w.message) for w in caught if "interrupted" in str(w.message)]
            outcome = "kept" if said else "lost" if line in pressed else "not reached"
        except KeyboardInterrupt:
            outcome = "raised"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, line
    is_new = first.coefs_[0].shape == (784, 6)
    if is_new:
        assert not hasattr(first, "feature_names_in_")
        probabilities = first.predict_proba(X)
        assert probabilities.shape == (300, 10) and np.isfinite(probabilities).all(), line
        assert first.n_iter_ == len(first.loss_curve_) <= 2, line
    else:
        assert outcome == "raised", (outcome, line)
        parameters = {"hidden_units": 6, "epochs": 2}
        assert vars(first) == {**state, **parameters}, line
        assert np.array_equal(first.predict_proba(frame), expected), line
    assert outcome != "lost", line
    outcomes[outcome] += 1
print(json.dumps(outcomes))
"""
        )
        # Some lines are for the first fit of a process only, such as those of a cache.
        assert outcomes.pop("not reached", 0) < 10
        assert set(outcomes) == {"kept", "raised"}
        assert min(outcomes.values()) >= 10

    def test_twice_ends_a_search(self):
        """The first ends one training, and says how to end the search."""
        messages, n_epochs = run(
            DATA
            + """
import keras
from skmnist.engine import interruption

interruption.TWICE_SECONDS = 60.0  # however busy this machine is
epochs = []

class Press(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        epochs.append(epoch)
        if epoch == 3:
            signal.raise_signal(signal.SIGINT)

grid = GridSearchCV(
    SimpleMLPClassifier(epochs=100, callbacks=Press()), {"hidden_units": [2, 3]}, cv=2
)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    try:
        grid.fit(X, y)
    except KeyboardInterrupt:
        messages = [str(w.message) for w in caught if "interrupted" in str(w.message)]
        print(json.dumps([messages, len(epochs)]))
"""
        )
        assert n_epochs == 8  # of two trainings
        [message] = messages
        assert "Press Ctrl-C twice to end a search." in message

    @pytest.mark.slow
    def test_ends_a_search_in_other_processes(self, tmp_path):
        search = start(
            DATA
            + """
import keras
from pathlib import Path

folder = Path(sys.argv[1])

class Note(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        (folder / str(os.getpid())).touch()

def press():
    while len(list(folder.iterdir())) < 2:  # until both workers train
        time.sleep(0.1)
    os.killpg(0, signal.SIGINT)  # as a terminal does it, to the workers too

threading.Thread(target=press, daemon=True).start()
classifier = SimpleMLPClassifier(epochs=10**6, callbacks=Note())
try:
    GridSearchCV(classifier, {"hidden_units": [2, 3, 4]}, cv=2, n_jobs=2).fit(X, y)
except KeyboardInterrupt:
    print("it ended")
""",
            tmp_path,
        )
        status, out, err = end(search)
        assert (status, out) == (0, "it ended\n"), err

    def test_between_two_trainings_ends_a_search(self):
        n_fits = run(
            DATA
            + """
scored = []

def score(classifier, X, y):
    scored.append(classifier)
    signal.raise_signal(signal.SIGINT)
    return 1.0

try:
    GridSearchCV(SimpleMLPClassifier(), {"hidden_units": [2, 3]}, cv=2, scoring=score).fit(X, y)
except KeyboardInterrupt:
    print(len(scored))
"""
        )
        assert n_fits == 1

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("options", "moment"),
        [([], ""), ([], "The data"), (["--search", "2", "3"], "The search")],
    )
    def test_on_the_command_line(self, tmp_path, options, moment):
        """The status is 130, and no figure is damaged."""
        names = ["first_digits", "predictions", "training", "confusion_matrix", "search"]
        for name in names:
            (tmp_path / f"{name}.png").write_bytes(b"old")
        arguments = ["--data", "sample", "--epochs", "100000", "--output", tmp_path, *options]
        code = """
from skmnist.cli import main
print("It begins")
sys.exit(main(sys.argv[1:]))
"""
        process = start(code, *arguments)
        seen = ""
        while (moment or "It begins") not in seen:
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            seen += line
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        status, _, err = end(process)
        assert status == 130
        assert "skmnist: interrupted" in err
        assert "Traceback" not in err
        assert sorted(os.listdir(tmp_path)) == sorted(f"{name}.png" for name in names)
        for path in tmp_path.iterdir():
            content = path.read_bytes()
            assert content == b"old" or content.endswith(b"IEND\xaeB`\x82")


class Press(keras.callbacks.Callback):
    """Presses Ctrl-C."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.when = (epoch, batch)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.when:
            raise KeyboardInterrupt


class TestInTheBatchOfAnEpoch:
    @staticmethod
    def interrupted(digits, epoch, n_epochs):
        """A classifier that has learnt from two batches of this epoch."""
        classifier = SimpleMLPClassifier(
            6, epochs=n_epochs, callbacks=[Press(epoch, 1)], random_state=0
        )
        with pytest.warns(UserWarning, match="interrupted"):
            return classifier.fit(digits.X, digits.y)

    @pytest.mark.parametrize(("epoch", "n_iter"), [(0, 0), (2, 2)])
    def test_keeps_what_was_learnt(self, digits, epoch, n_iter):
        interrupted = self.interrupted(digits, epoch, n_epochs=9)
        assert interrupted.n_iter_ == n_iter
        assert len(interrupted.loss_curve_) == n_iter
        assert np.isfinite(interrupted.predict_proba(digits.X)).all()
        # Two batches of the epoch count too.
        if epoch:
            whole_epochs = train(digits.X, digits.y, hidden_units=6, epochs=epoch)
            assert np.abs(interrupted.coefs_[0] - whole_epochs.coefs_[0]).max() > 1e-5

    def test_the_next_fit_is_whole(self, digits):
        classifier = self.interrupted(digits, 0, n_epochs=3)
        classifier.set_params(callbacks=None).fit(digits.X, digits.y)
        assert_same_network(classifier, train(digits.X, digits.y, hidden_units=6, epochs=3))


def test_in_a_fit_of_hours():
    # A training of hours, in a process of its own, which gets the signal of Ctrl-C.
    script = """
        import signal, warnings
        from skmnist import SimpleMLPClassifier, load_mnist
        # A shell starts a background job deaf to Ctrl-C, and what that starts is deaf too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        digits = load_mnist("sample")
        X = digits.X_train / 255
        SimpleMLPClassifier(epochs=16).fit(X, digits.y_train)  # compiles
        print("ready", flush=True)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            classifier = SimpleMLPClassifier(epochs=1_000_000).fit(X, digits.y_train)
        print(*(str(w.message) for w in caught if "interrupted" in str(w.message)))
        print(classifier.n_iter_, classifier.score(X, digits.y_train))
        print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=2)

            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    message, numbers, handler = out.splitlines()
    assert "interrupted" in message
    assert handler == "True"
    n_iter, accuracy = numbers.split()
    assert int(n_iter) > 1
    assert float(accuracy) > 0.7


def test_in_the_training_of_the_command_line(tmp_path, capsys):
    class CtrlC(io.StringIO):
        def write(self, text):
            if "Epoch" in text:
                raise KeyboardInterrupt
            return super().write(text)

    with redirect_stdout(CtrlC()):
        status = main(["--data", "sample", "--epochs", "50", "--output", str(tmp_path)])
    assert status == 130
    assert capsys.readouterr().err.strip() == "skmnist: interrupted"
    assert os.listdir(tmp_path) == ["first_digits.png"]


@pytest.fixture
def hears_ctrl_c():
    """Make Ctrl-C heard where the tests run as a background job, which shells start deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears_ctrl_c")
def test_in_the_search_of_the_command_line(tmp_path, capsys):
    class CtrlC(io.StringIO):
        def write(self, text):
            if "fits of" in text:
                press = (os.getpid(), signal.SIGINT)
                threading.Timer(1.5, os.kill, press).start()  # when the first training is under way
            return super().write(text)

    arguments = ["--data", "sample", "--search", "3", "4", "--epochs", "5000"]
    out = CtrlC()
    with redirect_stdout(out):
        status = main([*arguments, "--output", str(tmp_path)])
    assert status == 130
    assert capsys.readouterr().err.strip() == "skmnist: interrupted"
    assert "searched in" not in out.getvalue()
    assert os.listdir(tmp_path) == ["first_digits.png"]


@pytest.mark.usefixtures("hears_ctrl_c")
def test_on_the_command_line_where_python_drops_it(tmp_path, monkeypatch, capsys):
    class Dropping:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    def train(options):
        Dropping()
        for _ in range(1_000):
            time.sleep(0.01)

    monkeypatch.setattr("skmnist.cli._train.train", train)
    assert main(["--output", str(tmp_path)]) == 130
    assert capsys.readouterr().err.strip() == "skmnist: interrupted"
