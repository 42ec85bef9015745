"""Rows of numbers, in an array or in a sparse matrix, handled alike.

A network needs dense rows. Those of a sparse matrix are filled in where they are needed, in the
matrix's own dtype: straight into the memory of a training, or block by block.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import issparse

# An array, or a scipy.sparse.csr_array, whose type scipy does not tell.
RowMatrix: TypeAlias = Any


def dense_bytes(x: RowMatrix) -> int:
    """How many bytes the rows take as an array."""
    n_rows, n_features = x.shape
    return n_rows * n_features * x.dtype.itemsize


def copy_rows(x: RowMatrix, out: np.ndarray) -> None:
    """Copy all rows into an array of the same shape and dtype."""
    if issparse(x):
        x.toarray(out=out)
    else:
        out[...] = x


def gather_rows(x: RowMatrix, rows: np.ndarray, out: np.ndarray) -> None:
    """Copy some rows, in the given order, into a C-contiguous array of the same dtype."""
    if issparse(x):
        x[rows].toarray(out=out)
    else:
        # "clip" is NumPy's only mode that writes straight into `out`.
        np.take(x, rows, axis=0, out=out, mode="clip")


def dense_slice(x: RowMatrix, rows: slice) -> np.ndarray:
    """Return some rows as an array, without a copy where there is one already."""
    return x[rows].toarray() if issparse(x) else x[rows]
