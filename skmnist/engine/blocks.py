"""The training rows, in the order of an epoch, in blocks of batches.

A compiled program takes arrays of fixed shapes. Blocks have one shape, and the rows
that they point into have a rounded number, so that folds of 40,000 and 40,001 rows
share a program; and blocks are small, so that a fit can be interrupted between two of
them.

A network needs dense rows. Those of a sparse matrix are filled in where they are
needed, in the matrix's own dtype: straight into the memory of a fit, or block by block.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from scipy.sparse import issparse

from skmnist._network import RowMatrix, Samples
from skmnist.engine.memory import MAX_RESIDENT_BYTES, ROWS_MEMORY, aligned_empty


class BlockShape(NamedTuple):
    """Shape of a block: `n_batches` batches of `batch_size` rows, out of `n_rows`."""

    n_batches: int
    batch_size: int
    n_rows: int

    @property
    def n_places(self) -> int:
        """Number of rows that a full block trains on."""
        return self.n_batches * self.batch_size


class Block(NamedTuple):
    """Some batches of an epoch, as the program takes them.

    The last batch of an epoch may be short: the places behind its end carry the weight
    0.
    """

    x: tf.Tensor  # (n_rows, n_features), uint8 or float32
    rows: tf.Tensor  # (n_batches, batch_size) int32: which row of `x` is at each place
    codes: tf.Tensor  # (n_batches, batch_size) int32: classes, 0 to n_classes - 1
    weights: tf.Tensor  # (n_batches, batch_size) float32
    n_batches: tf.Tensor  # () int32: how many of the batches hold rows
    n_rows: int  # how many rows they hold

    @property
    def tensors(self) -> tuple[tf.Tensor, ...]:
        """The arguments of the program."""
        return self[:-1]


def is_resident(x: RowMatrix) -> bool:
    """Whether rows are few enough to be copied into the memory of a fit.

    A copy takes as much memory again, also of a mapped file, and is worth it: a program
    that finds the rows of an epoch's order there itself trains a fifth faster than one
    that they are gathered for.
    """
    return x.shape[0] * x.shape[1] * x.dtype.itemsize <= MAX_RESIDENT_BYTES


@contextmanager
def open_reader(samples: Samples, shape: BlockShape) -> Iterator[BlockReader]:
    """Yield a reader of these samples, which has its memory while the context lasts."""
    x = samples.x
    n_copies = 1 if is_resident(x) else 2
    n_bytes = n_copies * shape.n_rows * x.shape[1] * x.dtype.itemsize

    memory = ROWS_MEMORY.take(n_bytes)
    reader = BlockReader(samples, shape, memory[:n_bytes])
    try:
        yield reader
    finally:
        # An exception's traceback may keep the reader alive, but it writes nothing from
        # here on. If Ctrl-C ends this waiting, the memory is not given back.
        reader.close()
        ROWS_MEMORY.give_back(memory)


class BlockReader:
    """Reads the rows of a training set block by block.

    Few rows are copied once, and the program gathers each batch from there, which costs
    it next to nothing. Of many rows, a thread gathers the next block while the program
    works on this one, and the rows are never copied as a whole.
    """

    def __init__(self, samples: Samples, shape: BlockShape, memory: np.ndarray) -> None:
        self._x = samples.x
        self._codes = samples.codes.astype(np.int32, copy=False)
        self._weights = samples.weights
        self._shape = shape
        self._is_resident = is_resident(self._x)
        self._writing = threading.Lock()  # held while a thread gathers rows
        self._is_closed = False

        # One to work on, and where rows are gathered, one to gather into.
        room = memory.view(self._x.dtype).reshape(-1, shape.n_rows, self._x.shape[1])
        self._buffers = [_Buffer(rows, shape) for rows in room]

        if self._is_resident:
            rows = self._buffers[0].x[: self._x.shape[0]]
            if issparse(self._x):
                self._x.toarray(out=rows)
            else:
                rows[...] = self._x

    def read(self, order: np.ndarray) -> Iterator[Block]:
        """Yield the blocks of the rows `order`; each is valid until the next one."""
        n_places = self._shape.n_places
        pieces = [
            order[start : start + n_places] for start in range(0, len(order), n_places)
        ]
        if self._is_resident:
            return self._read_resident(pieces)
        return self._read_gathered(pieces)

    def block_without_rows(self) -> Block:
        """Return a block of no batch, to compile the program with."""
        x, row_numbers, codes, weights = self._buffers[0].tensors
        return Block(x, row_numbers, codes, weights, tf.constant(0), n_rows=0)

    def close(self) -> None:
        """Wait until nothing is written to the memory, and write nothing after it."""
        self._is_closed = True
        with self._writing:
            pass

    def _read_resident(self, pieces: list[np.ndarray]) -> Iterator[Block]:
        for piece in pieces:
            yield self._fill(piece, piece, self._buffers[0])

    def _read_gathered(self, pieces: list[np.ndarray]) -> Iterator[Block]:
        upcoming = _start(self._gather, pieces[0], self._buffers[0])
        for number, piece in enumerate(pieces):
            upcoming.result()

            if number + 1 < len(pieces):
                next_buffer = self._buffers[(number + 1) % 2]
                upcoming = _start(self._gather, pieces[number + 1], next_buffer)

            yield self._fill(piece, np.arange(len(piece)), self._buffers[number % 2])

    def _gather(self, rows: np.ndarray, buffer: _Buffer) -> None:
        out = buffer.x[: len(rows)]
        with self._writing:
            if self._is_closed:
                return
            if issparse(self._x):
                self._x[rows].toarray(out=out)
            else:
                # "clip" is NumPy's only mode that writes straight into `out`.
                np.take(self._x, rows, axis=0, out=out, mode="clip")

    def _fill(self, rows: np.ndarray, places: np.ndarray, buffer: _Buffer) -> Block:
        n_rows = len(rows)
        buffer.rows[:n_rows] = places
        # Where a batch has no row there is one that is trained on, times the weight 0.
        # The loss of another one, such as a row left out, may be infinite, and 0 times
        # that is NaN.
        buffer.rows[n_rows:] = places[0]
        np.take(self._codes, rows, out=buffer.codes[:n_rows], mode="clip")
        if self._weights is None:
            buffer.weights[:n_rows] = 1.0
        else:
            np.take(self._weights, rows, out=buffer.weights[:n_rows], mode="clip")
        buffer.weights[n_rows:] = 0.0

        n_batches = math.ceil(n_rows / self._shape.batch_size)
        x, row_numbers, codes, weights = buffer.tensors
        return Block(x, row_numbers, codes, weights, tf.constant(n_batches), n_rows)


def _start(function: Callable[..., None], *arguments: Any) -> Future[None]:
    """Call a function in a thread of its own.

    Not by an executor of concurrent.futures: those take no work after the end of the
    main thread, when other threads train on.
    """
    future: Future[None] = Future()

    def call() -> None:
        try:
            function(*arguments)
            future.set_result(None)
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=call, name="skmnist-gather").start()
    return future


class _Buffer:
    """Memory of one block, flat for NumPy and in batches for TensorFlow."""

    def __init__(self, x: np.ndarray, shape: BlockShape) -> None:
        batches = (shape.n_batches, shape.batch_size)
        rows, codes, weights = (
            aligned_empty(4 * shape.n_places).view(dtype).reshape(batches)
            for dtype in (np.int32, np.int32, np.float32)
        )
        for array in (rows, codes, weights):
            array[:] = 0

        self.x = x
        self.rows, self.codes, self.weights = (
            rows.ravel(),
            codes.ravel(),
            weights.ravel(),
        )
        self.tensors = tuple(
            tf.experimental.dlpack.from_dlpack(array.__dlpack__())
            for array in (x, rows, codes, weights)
        )
