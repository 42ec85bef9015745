"""The training rows, gathered in the order of an epoch into blocks of batches.

A compiled program takes arrays of one fixed shape. Blocks have it whatever the number of rows,
so that folds of 40,000 and 40,001 rows share a program, and they are small, so that a training
can be interrupted between two of them. A thread gathers the next block while the program works
on this one; the rows themselves are never copied as a whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import tensorflow as tf

# XLA and TensorFlow share the memory of a NumPy array only where it starts at a multiple of
# this many bytes.
_ALIGNMENT = 64


class BlockShape(NamedTuple):
    """Shape of a block: `n_batches` batches of `batch_size` rows."""

    n_batches: int
    batch_size: int

    @property
    def n_rows(self) -> int:
        """Number of rows in a full block."""
        return self.n_batches * self.batch_size


class Block(NamedTuple):
    """Some batches of an epoch, as the program takes them.

    The last batch of an epoch may be short: the rows behind its end carry the weight 0.
    """

    x: tf.Tensor  # (n_batches, batch_size, n_features), uint8 or float32
    codes: tf.Tensor  # (n_batches, batch_size) int32: the classes as 0 ... n_classes - 1
    weights: tf.Tensor  # (n_batches, batch_size) float32
    n_batches: tf.Tensor  # () int32: how many of the batches hold rows
    n_rows: int  # how many rows they hold


class BlockReader:
    """Reads the rows of a training set block by block.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features), uint8 or float32, C-contiguous
        The rows.
    codes : ndarray of shape (n_samples,), int32
        The class of each row, as an integer from 0.
    weights : ndarray of shape (n_samples,), float32, or None
        The weight of each row; None for 1.
    shape : BlockShape
        The shape of the blocks.
    """

    def __init__(
        self,
        x: np.ndarray,
        codes: np.ndarray,
        weights: np.ndarray | None,
        shape: BlockShape,
    ) -> None:
        self._x = x
        self._codes = codes
        self._weights = weights
        self._shape = shape
        # Two blocks: one to work on, one to gather into. Zeros, since what is left of a row
        # behind the end is multiplied by the weight 0, and 0 · NaN is NaN.
        n_buffers = 2 if len(codes) > shape.n_rows else 1
        self._buffers = [_Buffer(shape, x.shape[1], x.dtype) for _ in range(n_buffers)]

    def read(self, order: np.ndarray) -> Iterator[Block]:
        """Yield the blocks of the rows `order`; each is good until the next is asked for.

        Parameters
        ----------
        order : ndarray of int
            The rows of the epoch, in the order in which the batches take them.
        """
        n_rows = self._shape.n_rows
        pieces = [order[start : start + n_rows] for start in range(0, len(order), n_rows)]
        if len(pieces) == 1:
            yield self._gather(pieces[0], self._buffers[0])
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
        n_rows = len(rows)
        # "clip" is NumPy's only mode that writes straight into `out`.
        np.take(self._x, rows, axis=0, out=buffer.x[:n_rows], mode="clip")
        np.take(self._codes, rows, out=buffer.codes[:n_rows], mode="clip")
        if self._weights is None:
            buffer.weights[:n_rows] = 1.0
        else:
            np.take(self._weights, rows, out=buffer.weights[:n_rows], mode="clip")
        buffer.weights[n_rows:] = 0.0
        n_batches = math.ceil(n_rows / self._shape.batch_size)
        x, codes, weights = buffer.tensors
        return Block(x, codes, weights, tf.constant(n_batches), n_rows)


class _Buffer:
    """Memory of one block, seen by NumPy as rows and by TensorFlow as batches of rows."""

    def __init__(self, shape: BlockShape, n_features: int, dtype: np.dtype) -> None:
        batches_x = _aligned_zeros((*shape, n_features), dtype)
        batches_codes = _aligned_zeros(shape, np.dtype(np.int32))
        batches_weights = _aligned_zeros(shape, np.dtype(np.float32))
        self.x = batches_x.reshape(shape.n_rows, n_features)
        self.codes = batches_codes.reshape(shape.n_rows)
        self.weights = batches_weights.reshape(shape.n_rows)
        self.tensors = tuple(
            tf.experimental.dlpack.from_dlpack(array.__dlpack__())
            for array in (batches_x, batches_codes, batches_weights)
        )


def _aligned_zeros(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    n_bytes = math.prod(shape) * dtype.itemsize
    memory = np.zeros(n_bytes + _ALIGNMENT, dtype=np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + n_bytes].view(dtype).reshape(shape)
