"""Ctrl-C in a fit, a search and the command line: real signals to real processes."""

from __future__ import annotations

import json
import signal
import sys

import keras
import numpy as np
import pytest

from skmnist import SimpleMLPClassifier
from tests.helpers import assert_same_network, is_before, train
from tests.processes import DATA, PRELUDE, end, start

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.timeout(240),
]

INTERRUPTED = "\nskmnist: interrupted\n"

# One process plays all of it, one scene after the other: starting TensorFlow takes
# seconds. It presses from a thread, which each scene waits for: no press comes too
# late, in the next scene.
SCENES = """
import random
import keras
from skmnist.cli import main

training, scoring, at_once = threading.Event(), threading.Event(), threading.Event()
at_once.set()

def press(seconds):
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGINT)

def outcome(function, event, seconds, until_it_ends=False):
    is_over = False

    def press_then():
        event.wait(60)
        press(seconds)
        while until_it_ends and not is_over:
            press(0.4)

    presses = threading.Thread(target=press_then)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            presses.start()
            value = function()
        except KeyboardInterrupt:
            value = "KeyboardInterrupt"
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    is_over = True
    presses.join()
    assert handler is signal.default_int_handler, handler
    return value, [str(w.message) for w in caught if "interrupted" in str(w.message)]

class SayTraining(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 20:
            training.set()

forever = SimpleMLPClassifier(
    8, learning_rate=0.01, epochs=10**6, callbacks=SayTraining(), random_state=0
)

def fit_forever():
    classifier = forever.fit(X, y)
    return [classifier.n_iter_, len(classifier.loss_curve_), classifier.score(X, y)]

def search_forever():
    return repr(GridSearchCV(forever, {"hidden_units": [8, 9]}, cv=2).fit(X, y))

def score(classifier, X, y):
    scoring.set()
    time.sleep(60)

def search_that_is_scoring():
    grid = GridSearchCV(
        forever, {"epochs": [1]}, cv=2, scoring=score, error_score="raise"
    )
    return repr(grid.fit(X, y))

def refit(seconds):
    # Of another width than before: fitted as before, or anew, and nothing in between.
    classifier = SimpleMLPClassifier(4, random_state=0).fit(X, y)
    before = classifier.predict_proba(X)
    classifier.set_params(hidden_units=6, epochs=40)
    value, messages = outcome(lambda: repr(classifier.fit(X, y)), at_once, seconds)
    if value == "KeyboardInterrupt":
        assert not messages
        assert np.array_equal(classifier.predict_proba(X), before)
        assert classifier.n_iter_ == 5
    else:
        assert classifier.coefs_[0].shape == (784, 6)
        assert classifier.n_iter_ == len(classifier.loss_curve_) <= 40
        assert messages or classifier.n_iter_ == 40
        assert np.isfinite(classifier.predict_proba(X)).all()

outcomes = {"fit": outcome(fit_forever, training, 0)}
outcomes["scoring"] = outcome(search_that_is_scoring, scoring, 0)
training.clear()
# Until it ends, as people press it. While TensorFlow computes a block, two signals are
# one; within 3 seconds of the scene before, the first would count as a second.
outcomes["search"] = outcome(search_forever, training, 3, until_it_ends=True)
numbers = random.Random(0)
for _ in range(6):
    refit(numbers.uniform(0, 0.3))
print(json.dumps(outcomes), flush=True)
signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Thread(target=press, args=[3.1]).start()
sys.exit(main(["--data", "sample", "--epochs", "1000000", "--output", sys.argv[1]]))
"""


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """The outcome of each scene, by its name."""
    folder = tmp_path_factory.mktemp("figures")
    (folder / "first_digits.png").write_bytes(b"old")
    (folder / "predictions.png").write_bytes(b"old")
    status, out, err = end(start(DATA + SCENES, folder), timeout=200)
    outcomes = json.loads(out.splitlines()[0]) if out else {}
    return outcomes | {"end": (status, err), "folder": folder}


@pytest.mark.slow
class TestInAProcessOfItsOwn:
    def test_a_fit_ends_with_a_warning_and_keeps_what_it_has_learnt(self, scenes):
        (n_iter, n_losses, score), messages = scenes["fit"]
        assert 0 < n_iter == n_losses < 10**6
        assert score > 0.7
        [message] = messages
        assert f"interrupted after {n_iter} whole epochs" in message

    def test_twice_ends_a_search(self, scenes):
        """The first ends one fit, and its message names how to end the search."""
        value, [message, *_] = scenes["search"]
        assert value == "KeyboardInterrupt"
        assert "Press Ctrl-C twice to end a search." in message

    def test_between_two_fits_it_ends_a_search(self, scenes):
        assert scenes["scoring"] == ["KeyboardInterrupt", []]

    def test_the_command_line_ends_and_no_figure_is_damaged(self, scenes):
        """The process itself checks that each refit was as before or new."""
        status, err = scenes["end"]
        assert status == 130, err
        assert "skmnist: interrupted" in err
        assert "Traceback" not in err
        for path in scenes["folder"].iterdir():
            content = path.read_bytes()
            assert content == b"old" or content.endswith(b"IEND\xaeB`\x82")


@pytest.mark.slow
def test_it_ends_a_search_in_other_processes(tmp_path):
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


@pytest.mark.slow
def test_it_ends_a_search_of_the_command_line_whose_fits_go_on_in_threads(tmp_path):
    search = start(
        PRELUDE
        + """
from skmnist.__main__ import run
# Before the thread: with other threads, TensorFlow's messages are printed.
import skmnist.engine

def press():
    while len(sys._current_frames()) < 4:
        time.sleep(0.1)
    time.sleep(4)  # until the threads train
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=press, daemon=True).start()
sys.argv[1:] = ["--output", sys.argv[1], "--search", "4", "5", "--epochs", "1000000"]
run()
""",
        tmp_path,
    )
    status, out, err = end(search)
    assert status == 130, out
    # TensorFlow before 2.21 prints messages of XLA at any level.
    said = err[-len(INTERRUPTED) :] if is_before("tensorflow", 2, 21) else err
    assert said == INTERRUPTED
    assert "Traceback" not in err


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


@pytest.mark.parametrize(("epoch", "n_iter"), [(0, 0), (2, 2)])
def test_in_the_batch_of_an_epoch(digits, epoch, n_iter):
    """Two batches of an epoch count as well, and the next fit is whole."""
    classifier = SimpleMLPClassifier(
        6, epochs=4, callbacks=[Press(epoch, 1)], random_state=0
    )
    with pytest.warns(UserWarning, match="interrupted"):
        classifier.fit(digits.X, digits.y)
    assert classifier.n_iter_ == len(classifier.loss_curve_) == n_iter
    assert np.isfinite(classifier.predict_proba(digits.X)).all()
    whole_epochs = SimpleMLPClassifier(
        6, learning_rate=0.001 if epoch else 1e-30, epochs=max(epoch, 1), random_state=0
    ).fit(digits.X, digits.y)
    assert np.abs(classifier.coefs_[0] - whole_epochs.coefs_[0]).max() > 1e-5
    classifier.set_params(callbacks=None).fit(digits.X, digits.y)
    assert_same_network(classifier, train(digits.X, digits.y, hidden_units=6, epochs=4))


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_train_end"])
@pytest.mark.parametrize("n_presses", [1, 2])
def test_two_in_a_row_end_more_than_a_fit(digits, n_presses, hook, monkeypatch):
    monkeypatch.setattr(
        "skmnist.engine.interruption.Interrupts._last_press", float("-inf")
    )

    # Shells start background jobs without it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def press(*arguments):
        for _ in range(n_presses):
            signal.raise_signal(signal.SIGINT)

    callback = keras.callbacks.LambdaCallback(**{hook: press})
    classifier = SimpleMLPClassifier(callbacks=callback)
    ends = (
        pytest.raises(KeyboardInterrupt)
        if n_presses == 2
        else pytest.warns(match="interrupted")
    )
    try:
        with ends:
            classifier.fit(digits.X, digits.y)
    finally:
        signal.signal(signal.SIGINT, before)
    assert hasattr(classifier, "classes_") == (n_presses == 1)


def test_background_jobs_go_on_ignoring_it():
    """Shells start them so; a handler of the user's is left alone as well."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        SimpleMLPClassifier(epochs=1).fit(np.eye(4), [0, 1, 0, 1])
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
