"""The training rows, in the order of an epoch, in blocks of batches.

A compiled program takes arrays of fixed shapes. Blocks have one shape, and the rows that they
point into have a rounded number, so that folds of 40,000 and 40,001 rows share a program; and
blocks are small, so that a training can be interrupted between two of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from skmnist.network.memory import aligned_empty
from skmnist.network.rows import RowMatrix, copy_rows, dense_bytes, gather_rows

# Rows that take more than this many bytes are not copied into the memory of the training, but
# gathered block by block.
_MAX_RESIDENT_BYTES = 512 * 1024 * 1024


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


def is_resident(x: RowMatrix) -> bool:
    """Whether rows are few enough to be copied into the memory of the training."""
    return dense_bytes(x) <= _MAX_RESIDENT_BYTES


def bytes_needed(x: RowMatrix, shape: BlockShape) -> int:
    """How much memory a reader needs for rows."""
    n_copies = 1 if is_resident(x) else 2
    return n_copies * shape.n_rows * x.shape[1] * x.dtype.itemsize


class BlockReader:
    """Reads the rows of a training set block by block.

    Few rows are copied once, and the program gathers each batch from there, which costs it
    next to nothing. Of many rows, a thread gathers the next block while the program works on
    this one, and the rows are never copied as a whole.

    Parameters
    ----------
    x : ndarray or CSR matrix of shape (n_samples, n_features), uint8 or float32
        The rows; an array is C-contiguous.
    codes : ndarray of shape (n_samples,), int32
        The class of each row, as an integer from 0.
    weights : ndarray of shape (n_samples,), float32, or None
        The weight of each row; None for 1.
    shape : BlockShape
        The shape of the blocks.
    memory : ndarray of uint8
        As many bytes as `bytes_needed` says, for this reader alone. Starts at a multiple of
        64 bytes.
    """

    def __init__(
        self,
        x: RowMatrix,
        codes: np.ndarray,
        weights: np.ndarray | None,
        shape: BlockShape,
        memory: np.ndarray,
    ) -> None:
        self._x = x
        self._codes = codes
        self._weights = weights
        self._shape = shape
        self._is_resident = is_resident(x)
        # One to work on, and where rows are gathered, one to gather into.
        room = memory.view(x.dtype).reshape(-1, shape.n_rows, x.shape[1])
        self._buffers = [_Buffer(rows, shape) for rows in room]
        if self._is_resident:
            copy_rows(x, self._buffers[0].x[: x.shape[0]])

    def read(self, order: np.ndarray) -> Iterator[Block]:
        """Yield the blocks of the rows `order`; each is good until the next is asked for.

        Parameters
        ----------
        order : ndarray of int
            The rows of the epoch, in the order in which the batches take them.
        """
        n_places = self._shape.n_places
        pieces = [order[start : start + n_places] for start in range(0, len(order), n_places)]
        if self._is_resident:
            for piece in pieces:
                yield self._point(piece, self._buffers[0])
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
        gather_rows(self._x, rows, buffer.x[: len(rows)])
        return self._fill(rows, np.arange(len(rows)), buffer)

    def _point(self, rows: np.ndarray, buffer: _Buffer) -> Block:
        return self._fill(rows, rows, buffer)

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
            aligned_empty(4 * shape.n_places).view(dtype).reshape(batches)
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
