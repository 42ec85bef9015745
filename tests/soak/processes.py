"""Scenarios of several processes: files read elsewhere, kills, Ctrl-C."""

import copy
import itertools
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path

import joblib
import keras
import numpy as np
from draws import draw_classifier, draw_data
from ordinary import through_joblib
from scenario import COUNTS, TRUSTED, assert_same, assert_same_classifier, check, fit
from sklearn.base import clone

from skmnist.persistence import load, save

LOOP = Path(__file__).parents[1] / "resumable_loop.py"
# Those that run, to be killed if the program is aborted.
CHILDREN = set()


@contextmanager
def child(*arguments):
    """Start Python, and end it after the block."""
    command = [sys.executable, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        CHILDREN.add(process)
        try:
            yield process
        finally:
            process.kill()
            CHILDREN.discard(process)


def program(code):
    return "-c", textwrap.dedent(code)


def run(*arguments):
    with child(*arguments) as process:
        process.communicate()
    assert process.returncode == 0, f"a child process ended with {process.returncode}"


READ_ELSEWHERE = program("""
    import pickle, sys
    from pathlib import Path
    import joblib
    from skmnist.persistence import load
    folder = Path(sys.argv[1])
    X, y, X_test = pickle.loads((folder / "data.pkl").read_bytes())
    found = []
    for classifier in (
        load(folder / "digits.skops", trusted=sys.argv[2:]),
        pickle.loads((folder / "digits.pkl").read_bytes()),
        joblib.load(folder / "digits.joblib"),
    ):
        proba = classifier.predict_proba(X_test)
        classifier.set_params(warm_start=True, epochs=1).fit(X, y)
        found.append((proba, classifier.coefs_, classifier.intercepts_))
    (folder / "found.pkl").write_bytes(pickle.dumps(found))
""")


def read_elsewhere(scenario):
    """A new process predicts and trains further with loaded files as this one does."""
    data = draw_data(scenario.rng)
    classifier = draw_classifier(scenario.rng, data)
    scenario.record(f"{classifier}")
    if not fit(scenario, classifier, data):
        return
    folder = scenario.folder
    scenario.record(
        "a new process", **{"saves": 1, "loads": 1, "new processes": 1, "copies": 2}
    )
    save(classifier, folder / "digits.skops")
    (folder / "digits.pkl").write_bytes(pickle.dumps(classifier))
    joblib.dump(classifier, folder / "digits.joblib")
    (folder / "data.pkl").write_bytes(pickle.dumps((data.X, data.y, data.X_test)))
    run(*READ_ELSEWHERE, folder, *TRUSTED)
    proba = classifier.predict_proba(data.X_test)
    gone_on = through_joblib(classifier).set_params(warm_start=True, epochs=1)
    gone_on.fit(data.X, data.y)
    for found in pickle.loads((folder / "found.pkl").read_bytes()):
        assert_same(
            found, (proba, gone_on.coefs_, gone_on.intercepts_), "a new process"
        )
        COUNTS["predictions compared"] += len(proba)


def kill_and_resume(scenario):
    """Kill a resumable loop four times; its network equals that of no kill."""
    rng, folder = scenario.rng, scenario.folder
    data = draw_data(rng, form=rng.choice(["uint8", "float32", "images"]))
    n_epochs = rng.randint(20, 40)
    unfitted = draw_classifier(rng, data, epochs=1, warm_start=True, callbacks=None)
    scenario.record(
        f"{n_epochs} times {unfitted} on {data}, and the same with kills", fits=n_epochs
    )
    undisturbed, states = copy.deepcopy(unfitted), []
    for _ in range(n_epochs):
        undisturbed.fit(data.X, data.y)
        states.append(
            (undisturbed.coefs_, undisturbed.intercepts_, undisturbed.history_)
        )
    np.savez(folder / "data.npz", X=data.X, y=data.y)
    (folder / "jobs.pkl").write_bytes(pickle.dumps([("digits", unfitted, n_epochs)]))
    path = folder / "digits.skops"
    for _ in range(4):
        kill(scenario, n_epochs)
        if path.exists():
            loaded = load(path)
            found = (loaded.coefs_, loaded.intercepts_, loaded.history_)
            assert_same(found, states[loaded.n_iter_ - 1], "what a killed process left")
            COUNTS["loads"] += 1
    scenario.record("to the end", resumes=1)
    run(LOOP, folder)
    names = {file.name for file in folder.iterdir() if file.name[0] != "."}
    assert names == {"data.npz", "jobs.pkl", "digits.skops"}
    unfinished = sum(file.name[0] == "." for file in folder.iterdir())
    scenario.record(
        f"{unfinished} unfinished files", **{"unfinished files": unfinished}
    )
    resumed = load(path)
    assert_same_classifier(resumed, undisturbed, "a resumed loop")
    if check(scenario, resumed, data):
        for one in (resumed, undisturbed):
            one.fit(data.X, data.y)
        assert_same_classifier(resumed, undisturbed, "a resumed loop, fitted again")


def kill(scenario, n_epochs):
    """Start the loop, and kill it in the imports, in a fit, or in a write."""
    rng = scenario.rng
    line, limit = rng.choice(
        [("", 4), ("ready", 2), ("saved", 0.05), ("fitted", 0.05), ("fitted", None)]
    )
    count = 1 if line == "ready" else rng.randint(1, n_epochs // 4)
    delay = None if limit is None else rng.uniform(0, limit)
    moment = "when it writes" if delay is None else f"after {delay:.4f} s"
    is_resumed = (scenario.folder / "digits.skops").exists()
    with child(LOOP, scenario.folder) as process:
        if line:
            lines = (text for text in process.stdout if text.strip() == line)
            next(itertools.islice(lines, count - 1, None), None)
        if delay is not None:
            time.sleep(delay)
        else:
            before = set(scenario.folder.glob(".*"))
            while process.poll() is None and before == set(scenario.folder.glob(".*")):
                pass
        has_ended = process.poll() is not None
        process.kill()
    # A loop that has ended by itself, with success, is neither a kill nor a failure.
    assert process.returncode in (0, -signal.SIGKILL), (
        f"the loop ended with {process.returncode}"
    )
    where = f"{line!r} number {count}" if line else "its start"
    scenario.record(
        f"kill {moment} of {where}", kills=not has_ended, resumes=int(is_resumed)
    )


# cloudpickle writes the function of the callback, which a file of skops cannot hold.
INTERRUPTED = program("""
    import pickle, signal, sys, warnings
    from pathlib import Path
    import cloudpickle
    import keras
    # Background jobs of a shell ignore Ctrl-C, and so do the processes that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(sys.argv[1])
    classifier, X, y = pickle.loads((folder / "job.pkl").read_bytes())
    def print_epoch(epoch, logs):
        print(epoch, flush=True)
    callback = keras.callbacks.LambdaCallback(on_epoch_end=print_epoch)
    classifier.set_params(callbacks=[callback])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        classifier.fit(X, y)
    assert any("interrupted" in str(warning.message) for warning in caught), caught
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    (folder / "interrupted.pkl").write_bytes(cloudpickle.dumps(classifier))
""")


class StopAfter(keras.callbacks.Callback):
    """Ends a fit after some epochs."""

    def __init__(self, n_epochs):
        super().__init__()
        self.n_epochs = n_epochs

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch + 1 == self.n_epochs


def interrupt(scenario):
    """Ctrl-C in a long fit: the classifier keeps its weights, and can train further."""
    rng = scenario.rng
    data = draw_data(rng)
    classifier = draw_classifier(rng, data, epochs=1_000_000, early_stopping=False)
    classifier.set_params(
        dropout=0.0, learning_rate=0.001, callbacks=None, activation="sigmoid"
    )
    scenario.record(
        f"Ctrl-C in {classifier} on {data}", **{"fits": 1, "Ctrl-C": 1, "copies": 1}
    )
    (scenario.folder / "job.pkl").write_bytes(
        pickle.dumps((classifier, data.X, data.y))
    )
    with child(*INTERRUPTED, scenario.folder) as process:
        epochs = list(itertools.islice(process.stdout, rng.randint(1, 20)))
        assert epochs, "it ended before the first epoch did"
        time.sleep(rng.uniform(0, 0.2))
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 0, (
        f"the interrupted process ended with {process.returncode}"
    )
    interrupted = pickle.loads((scenario.folder / "interrupted.pkl").read_bytes())
    interrupted.set_params(callbacks=None)
    assert interrupted.n_iter_ >= len(epochs)
    # As many of a million epochs, so that the same program runs.
    n_common = min(interrupted.n_iter_, 20)
    beginning = clone(classifier).set_params(callbacks=[StopAfter(n_common)])
    beginning.fit(data.X, data.y)
    assert_same(interrupted.loss_curve_[:n_common], beginning.loss_curve_, "losses")
    if check(scenario, interrupted, data):
        n_epochs = interrupted.n_iter_
        fit(scenario, interrupted.set_params(warm_start=True, epochs=1), data)
        assert interrupted.n_iter_ == n_epochs + 1
