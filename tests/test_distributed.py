"""A cluster of worker processes, and data that are never whole in memory."""

from __future__ import annotations

import functools
import os
import signal
import time
import weakref
from unittest import mock

import joblib
import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skmnist import SimpleMLPClassifier
from tests.helpers import assert_same_network

NEEDED = "Dask is not installed: pip install 'skmnist[distributed]'"
dask = pytest.importorskip("dask", reason=NEEDED)
da = pytest.importorskip("dask.array", reason=NEEDED)
distributed = pytest.importorskip("distributed", reason=NEEDED)

pytestmark = pytest.mark.timeout(180)

N_WORKERS = 2
# Of two thirds of the digits: 21 steps, and 1,648, which are enough for XLA to compile
# them.
TRAINING_RUNS = {
    "not compiled": {"epochs": 3},
    "compiled": {"epochs": 60, "batch_size": 1},
}
WIDTHS = {"not compiled": [4, 8, 16], "compiled": [4, 8]}

BLOCK = 40  # rows of 310: the last of the 8 blocks is short
PASSES = 2


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A client of two workers with one thread each."""
    with (
        # Dask sets OMP_NUM_THREADS for its workers in this process, and leaves it
        # there.
        mock.patch.dict(os.environ),
        dask.config.set(
            {
                # The time for which Dask tries to reach a dead worker, by default 30 s.
                "distributed.comm.timeouts.connect": "10s",
                # The interval at which Dask drops second copies of data, by default
                # 2 s: code that needs both copies without pinning them fails here.
                "distributed.scheduler.active-memory-manager.interval": "50ms",
            }
        ),
        distributed.LocalCluster(
            processes=True,
            n_workers=N_WORKERS,
            threads_per_worker=1,
            dashboard_address=":0",
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def worker_pids(client):
    client.wait_for_workers(N_WORKERS, timeout=60)
    return set(client.run(os.getpid).values())


@pytest.fixture(scope="module")
def rows(digits):
    """The digits as the files have them, which the scaler of a pipeline scales."""
    return digits.images.reshape(-1, 784)


def chain(**parameters):
    classifier = SimpleMLPClassifier(learning_rate=0.01, random_state=0, **parameters)
    return Pipeline([("scaler", MinMaxScaler()), ("mlp", classifier)])


def new_search(training="not compiled", cv=3, callbacks=None):
    return GridSearchCV(
        chain(callbacks=callbacks, **TRAINING_RUNS[training]),
        {"mlp__hidden_units": WIDTHS[training]},
        cv=cv,
        error_score="raise",
    )


@pytest.fixture(scope="module")
def search_alone(rows, digits):
    """The same search in this process, by the name of the training run."""
    return functools.cache(lambda training: new_search(training).fit(rows, digits.y))


def assert_same_search(one, other):
    for name in ("mean_test_score", "std_test_score"):
        np.testing.assert_array_equal(one.cv_results_[name], other.cv_results_[name])
    assert one.cv_results_["params"] == other.cv_results_["params"]
    assert_same_network(one.best_estimator_[-1], other.best_estimator_[-1])


# The classes of the callbacks are created in functions: the workers can't import this
# module, and a class that is not in a module is sent to them by value.


def note_process():
    """A callback that keeps the number of the process that trained."""

    class NoteProcess(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.pid = os.getpid()

    return NoteProcess()


def die_once(n_units, note):
    """A callback that kills the first worker process that trains that many units."""

    class DieOnce(keras.callbacks.Callback):
        client_pid = os.getpid()

        def on_epoch_end(self, epoch, logs=None):
            pid = os.getpid()
            if (
                pid == self.client_pid
                or self.model.layers[-1].kernel.shape[0] != n_units
            ):
                return
            try:
                # Of all fits on all workers, only one can create the file.
                with note.open("x") as file:
                    file.write(str(pid))
            except FileExistsError:
                return
            # Until the client has fetched what this worker had finished. Otherwise Dask
            # tries for a while to fetch it from the dead worker.
            time.sleep(1)
            os.kill(pid, signal.SIGKILL)

    return DieOnce()


@pytest.mark.slow
class TestCluster:
    @pytest.mark.parametrize("training", TRAINING_RUNS)
    def test_a_search_finds_what_it_finds_alone(
        self, client, rows, digits, training, search_alone
    ):
        # With fewer than two threads, joblib would train in this process.
        worker_pids(client)
        with joblib.parallel_config(backend="dask", client=client):
            search = new_search(training).fit(rows, digits.y)
        assert_same_search(search, search_alone(training))

    def test_workers_train_bit_for_bit_the_same(self, client, rows, digits):
        pids = worker_pids(client)
        with joblib.parallel_config(backend="dask", client=client):
            folds = cross_validate(
                chain(callbacks=note_process()),
                rows,
                digits.y,
                cv=4,
                return_estimator=True,
                return_indices=True,
                error_score="raise",
            )
        trained_by = {fold[-1].callbacks_[0].pid for fold in folds["estimator"]}
        assert trained_by
        assert trained_by <= pids
        for fold, train in zip(
            folds["estimator"], folds["indices"]["train"], strict=True
        ):
            alone = chain().fit(rows[train], digits.y[train])
            assert_same_network(fold[-1], alone[-1])
            assert fold[-1].history_ == alone[-1].history_

    def test_blocks_are_predicted_by_the_workers(self, client, digits, fitted):
        X = da.from_array(digits.X, chunks=(BLOCK, -1))
        predicted = X.map_blocks(fitted.predict, dtype=digits.y.dtype, drop_axis=1)
        np.testing.assert_array_equal(
            client.compute(predicted).result(), fitted.predict(digits.X)
        )

    @pytest.mark.skipif(
        not hasattr(signal, "SIGKILL"), reason="needs a signal to kill with"
    )
    def test_a_worker_is_killed_in_the_middle_of_a_search(
        self, client, rows, digits, search_alone, tmp_path
    ):
        note = tmp_path / "killed"
        # What Dask can't compute again must be on both workers and stay there, as the
        # rows and the labels are, or be sent with each task, as joblib does it with
        # lists.
        folds = StratifiedKFold(3).split(rows, digits.y)
        folds = [(train.tolist(), test.tolist()) for train, test in folds]
        search = new_search(cv=folds, callbacks=die_once(8, note))
        before = worker_pids(client)
        client.amm.stop()
        try:
            with joblib.parallel_config(
                backend="dask", client=client, scatter=[rows, digits.y]
            ):
                search.fit(rows, digits.y)
        finally:
            client.amm.start()
        killed = int(note.read_text())
        assert killed in before
        assert killed not in worker_pids(client)  # of which there are two again
        assert_same_search(search, search_alone("not compiled"))


class Blocks:
    """Blocks of digits in files, and how many were in memory at the same time."""

    def __init__(self, folder, X, y):
        self._folder = folder
        self._in_memory = []
        self.most = 0
        self.starts = range(0, len(X), BLOCK)
        np.save(folder / "X.npy", X)
        np.save(folder / "y.npy", y)
        for start in self.starts:
            np.save(folder / f"X{start}.npy", X[start : start + BLOCK])
            np.save(folder / f"y{start}.npy", y[start : start + BLOCK])

    def _count(self, block):
        self._in_memory.append(weakref.ref(block))
        self.most = max(
            self.most, sum(block() is not None for block in self._in_memory)
        )
        return block

    def _read(self, start):
        return self._count(np.load(self._folder / f"X{start}.npy"))

    @property
    def n_read(self):
        return len(self._in_memory)

    def from_files(self):
        for start in self.starts:
            yield self._read(start), np.load(self._folder / f"y{start}.npy")

    def from_a_mapped_file(self):
        X = np.load(self._folder / "X.npy", mmap_mode="r")
        y = np.load(self._folder / "y.npy", mmap_mode="r")
        for start in self.starts:
            yield self._count(X[start : start + BLOCK]), y[start : start + BLOCK]

    def from_dask(self):
        """Blocks of two arrays that are read when they are computed, one at a time."""
        y = da.from_array(np.load(self._folder / "y.npy", mmap_mode="r"), chunks=BLOCK)
        mapped = np.load(self._folder / "X.npy", mmap_mode="r")
        pieces = [
            da.from_delayed(
                dask.delayed(self._read)(start), shape=(n, 784), dtype=mapped.dtype
            )
            for start, n in zip(self.starts, y.chunks[0], strict=True)
        ]
        X = da.concatenate(pieces)
        assert X.shape == mapped.shape
        for blocks in zip(X.to_delayed().ravel(), y.to_delayed().ravel(), strict=True):
            # Threads would let go of a block a little later, and the count would vary.
            yield dask.compute(*blocks, scheduler="synchronous")


class TestBlocks:
    @pytest.mark.parametrize(
        ("source", "dtype"),
        [
            ("from_files", "uint8"),
            ("from_a_mapped_file", "float32"),
            ("from_dask", "uint8"),
        ],
    )
    def test_they_train_what_blocks_in_memory_train(
        self, digits, rows, tmp_path, dtype, source
    ):
        X = rows if dtype == "uint8" else digits.X
        parameters = {"learning_rate": 0.01, "dropout": 0.1, "random_state": 0}
        expected = SimpleMLPClassifier(8, **parameters)
        for _ in range(PASSES):
            for start in range(0, len(X), BLOCK):
                block = slice(start, start + BLOCK)
                expected.partial_fit(X[block], digits.y[block], classes=range(10))

        blocks = Blocks(tmp_path, X, digits.y)
        classifier = SimpleMLPClassifier(8, **parameters)
        for _ in range(PASSES):
            for X_block, y_block in getattr(blocks, source)():
                classifier.partial_fit(X_block, y_block, classes=range(10))
        assert_same_network(classifier, expected)
        assert classifier.history_ == expected.history_
        assert blocks.n_read == PASSES * len(blocks.starts) == 16
        # The one that the loop still has a name for, and the next.
        assert blocks.most <= 2
