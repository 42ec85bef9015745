"""The training rows, in the order of an epoch, in blocks of batches, and the memory for them.

A compiled program takes arrays of fixed shapes. Blocks have one shape, and the rows that they
point into have a rounded number, so that folds of 40,000 and 40,001 rows share a program; and
blocks are small, so that a fit can be interrupted between two of them.

A network needs dense rows. Those of a sparse matrix are filled in where they are needed, in the
matrix's own dtype: straight into the memory of a fit, or block by block.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from scipy.sparse import issparse

from skmnist._network import RowMatrix, Samples

# Rows that take more than this many bytes are not copied into the memory of a fit, but gathered
# block by block.
_MAX_RESIDENT_BYTES = 512 * 1024 * 1024

# XLA and TensorFlow share the memory of a NumPy array only where it starts at a multiple of
# this many bytes.
_ALIGNMENT = 64


class BlockShape(NamedTuple):
    """Shape of a block: `n_batches` batches of `batch_size` rows, out of `n_rows` rows."""

    n_batches: int
    batch_size: int
    n_rows: int

    @property
    def n_places(self) -> int:
        """Number of rows that a full block trains on."""
        return self.n_batches * self.batch_size


class Block(NamedTuple):
    """Some batches of an epoch, as the program takes them.

    The last batch of an epoch may be short: the places behind its end carry the weight 0.
    """

    x: tf.Tensor  # (n_rows, n_features), uint8 or float32
    rows: tf.Tensor  # (n_batches, batch_size) int32: which row of `x` is at each place
    codes: tf.Tensor  # (n_batches, batch_size) int32: the classes as 0 ... n_classes - 1
    weights: tf.Tensor  # (n_batches, batch_size) float32
    n_batches: tf.Tensor  # () int32: how many of the batches hold rows
    n_rows: int  # how many rows they hold

    @property
    def tensors(self) -> tuple[tf.Tensor, ...]:
        """The arguments of the program."""
        return self[:-1]


def is_resident(x: RowMatrix) -> bool:
    """Whether rows are few enough to be copied into the memory of a fit."""
    return x.shape[0] * x.shape[1] * x.dtype.itemsize <= _MAX_RESIDENT_BYTES


@contextmanager
def open_reader(samples: Samples, shape: BlockShape) -> Iterator[BlockReader]:
    """Yield a reader of these samples, which has its memory while the context lasts."""
    x = samples.x
    n_copies = 1 if is_resident(x) else 2
    with ROWS_MEMORY.borrow(n_copies * shape.n_rows * x.shape[1] * x.dtype.itemsize) as memory:
        yield BlockReader(samples, shape, memory)


class BlockReader:
    """Reads the rows of a training set block by block.

    Few rows are copied once, and the program gathers each batch from there, which costs it
    next to nothing. Of many rows, a thread gathers the next block while the program works on
    this one, and the rows are never copied as a whole.
    """

    def __init__(self, samples: Samples, shape: BlockShape, memory: np.ndarray) -> None:
        self._x = samples.x
        self._codes = samples.codes.astype(np.int32, copy=False)
        self._weights = samples.weights
        self._shape = shape
        self._is_resident = is_resident(self._x)
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
        """Yield the blocks of the rows `order`; each is valid until the next is requested."""
        n_places = self._shape.n_places
        pieces = [order[start : start + n_places] for start in range(0, len(order), n_places)]
        if self._is_resident:
            for piece in pieces:
                yield self._fill(piece, piece, self._buffers[0])
            return
        with ThreadPoolExecutor(1, thread_name_prefix="skmnist-gather") as executor:
            upcoming = executor.submit(self._gather, pieces[0], self._buffers[0])
            for number in range(1, len(pieces) + 1):
                block = upcoming.result()
                if number < len(pieces):
                    buffer = self._buffers[number % 2]
                    upcoming = executor.submit(self._gather, pieces[number], buffer)
                yield block

    def _gather(self, rows: np.ndarray, buffer: _Buffer) -> Block:
        out = buffer.x[: len(rows)]
        if issparse(self._x):
            self._x[rows].toarray(out=out)
        else:
            # "clip" is NumPy's only mode that writes straight into `out`.
            np.take(self._x, rows, axis=0, out=out, mode="clip")
        return self._fill(rows, np.arange(len(rows)), buffer)

    def _fill(self, rows: np.ndarray, places: np.ndarray, buffer: _Buffer) -> Block:
        n_rows = len(rows)
        buffer.rows[:n_rows] = places
        np.take(self._codes, rows, out=buffer.codes[:n_rows], mode="clip")
        if self._weights is None:
            buffer.weights[:n_rows] = 1.0
        else:
            np.take(self._weights, rows, out=buffer.weights[:n_rows], mode="clip")
        buffer.weights[n_rows:] = 0.0
        n_batches = math.ceil(n_rows / self._shape.batch_size)
        x, row_numbers, codes, weights = buffer.tensors
        return Block(x, row_numbers, codes, weights, tf.constant(n_batches), n_rows)


class _Buffer:
    """Memory of one block, flat for NumPy and in batches for TensorFlow."""

    def __init__(self, x: np.ndarray, shape: BlockShape) -> None:
        # Zeros, so that a place that holds no row yet points to one that is there: its loss is
        # multiplied by the weight 0, and 0 · NaN would be NaN.
        batches = (shape.n_batches, shape.batch_size)
        rows, codes, weights = (
            _aligned_empty(4 * shape.n_places).view(dtype).reshape(batches)
            for dtype in (np.int32, np.int32, np.float32)
        )
        for array in (rows, codes, weights):
            array[:] = 0
        self.x = x
        self.rows, self.codes, self.weights = rows.ravel(), codes.ravel(), weights.ravel()
        self.tensors = tuple(
            tf.experimental.dlpack.from_dlpack(array.__dlpack__())
            for array in (x, rows, codes, weights)
        )


def _aligned_empty(n_bytes: int) -> np.ndarray:
    """Allocate bytes that TensorFlow can share."""
    memory = np.empty(n_bytes + _ALIGNMENT, dtype=np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + n_bytes]


class MemoryPool:
    """Memory that is kept for the next fit: as many pieces as were in use at once, the largest.

    The operating system hands over fresh memory page by page, which for all of MNIST can take as
    long as several epochs.
    """

    def __init__(self) -> None:
        self._idle: list[np.ndarray] = []
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self, n_bytes: int) -> Iterator[np.ndarray]:
        """Yield `n_bytes` of memory for this caller alone; its values are whatever was there."""
        with self._lock:
            self._idle.sort(key=len)
            memory = self._idle.pop() if self._idle else None
        if memory is None or len(memory) < n_bytes:
            memory = None  # freed before there is more
            memory = _aligned_empty(n_bytes)
        try:
            yield memory[:n_bytes]
        finally:
            if memory.nbytes <= _MAX_RESIDENT_BYTES:
                with self._lock:
                    self._idle.append(memory)

    def clear(self) -> None:
        """Free what is not in use at the moment."""
        with self._lock:
            self._idle.clear()


ROWS_MEMORY = MemoryPool()
