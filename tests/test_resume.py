"""A program that is killed and started again trains the same network."""

import itertools
import pickle
import random
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier
from skmnist.persistence import load, save
from tests.helpers import assert_same_network

N_EPOCHS = 12
LOOP = Path(__file__).with_name("resumable_loop.py")


def classifiers():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.02, 10, 0.8)
    parameters = {"epochs": 1, "warm_start": True, "random_state": 0}
    return {
        "plain": SimpleMLPClassifier(**parameters),
        "dropout": SimpleMLPClassifier((12, 8), dropout=0.3, l2=1e-4, **parameters),
        "schedule": SimpleMLPClassifier(
            optimizer=keras.optimizers.SGD(schedule, momentum=0.9), **parameters
        ),
    }


def assert_same_training(classifier, expected):
    assert classifier.history_ == expected.history_
    assert_same_network(classifier, expected)


def run_until_killed(folder, line, count, delay):
    """Start the loop, and kill it `delay` seconds after it has printed a line so often.

    If the delay is None, it is killed as soon as there is an unfinished file.
    """
    command = [sys.executable, LOOP, folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = (text for text in process.stdout if text.strip() == line)
            next(itertools.islice(lines, count - 1, None))
            if delay is None:
                while process.poll() is None and not any(folder.glob(".*")):
                    pass
            else:
                time.sleep(delay)
            assert process.poll() is None, "it has ended before it could be killed"
        finally:
            process.kill()


@pytest.mark.slow
def test_killed_programs_train_the_same_networks(digits, tmp_path):
    X, y = digits.X, digits.y
    np.savez(tmp_path / "data.npz", X=X, y=y)
    jobs = [(name, classifier, N_EPOCHS) for name, classifier in classifiers().items()]
    (tmp_path / "jobs.pkl").write_bytes(pickle.dumps(jobs))
    undisturbed = {}  # after each epoch
    for name, classifier, _ in jobs:
        in_one_go = clone(classifier)
        undisturbed[name] = [
            pickle.loads(pickle.dumps(in_one_go.fit(X, y))) for _ in range(N_EPOCHS)
        ]

    rng = random.Random(0)
    moments = [
        ("ready", 1, rng.uniform(0, 0.5)),  # before there is a file, most likely
        ("saved", rng.randint(3, 15), rng.uniform(0, 0.02)),  # in a fit
        ("fitted", rng.randint(3, 15), None),  # writing
    ]
    for moment in moments:
        run_until_killed(tmp_path, *moment)
        for path in tmp_path.glob("[!.]*.skops"):
            loaded = load(path)
            assert_same_training(loaded, undisturbed[path.stem][loaded.n_iter_ - 1])
    subprocess.run(
        [sys.executable, LOOP, tmp_path], check=True, stdout=subprocess.DEVNULL
    )

    names = {path.name for path in tmp_path.iterdir() if path.name[0] != "."}
    assert names == {"data.npz", "jobs.pkl", *(f"{name}.skops" for name in undisturbed)}
    for name, states in undisturbed.items():
        resumed, in_one_go = load(tmp_path / f"{name}.skops"), states[-1]
        assert_same_training(resumed, in_one_go)
        # The optimizers have the same state.
        assert_same_training(resumed.fit(X, y), in_one_go.fit(X, y))


@pytest.mark.parametrize("name", classifiers())
def test_a_saved_pipeline_goes_on(digits, tmp_path, name):
    classifier, path = classifiers()[name], tmp_path / "digits.skops"
    save(make_pipeline(MinMaxScaler(), classifier), path)
    for _ in range(3):
        save(load(path).fit(digits.X, digits.y), path)
    in_one_go = make_pipeline(MinMaxScaler(), clone(classifier).set_params(epochs=3))
    assert_same_training(load(path)[-1], in_one_go.fit(digits.X, digits.y)[-1])
