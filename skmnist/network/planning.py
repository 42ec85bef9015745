"""Which program a training runs, on blocks of which shape: decided from its size alone.

Not from what ran before it, so that the same seed gives the same network.
"""

from __future__ import annotations

import math

from skmnist.network.architecture import Architecture
from skmnist.network.blocks import BlockShape, is_resident
from skmnist.network.optimizers import OptimizerSpec
from skmnist.network.programs import ProgramSpec
from skmnist.network.rows import RowMatrix

# A block holds at most as many batches as take about half a second to train on, and where its
# rows are gathered, at most this many values: 16 MB as float32.
_BLOCK_BATCHES = 512
_BLOCK_FLOPS = 1e10
_BLOCK_VALUES = 4 * 1024 * 1024

# Compiling takes 0.7 to 1 s, and saves 0.05 to 0.2 ms a step; most programs run more than once.
_STEPS_WORTH_COMPILING = 1500


def plan(
    architecture: Architecture,
    optimizer: OptimizerSpec,
    x: RowMatrix,
    *,
    batch_size: int,
    n_used: int,
    n_epochs: int,
    is_batchwise: bool,
) -> tuple[ProgramSpec, BlockShape]:
    """Decide which program to run, on blocks of which shape.

    Parameters
    ----------
    architecture : Architecture
        The network.
    optimizer : OptimizerSpec
        The optimizer.
    x : ndarray or CSR matrix of shape (n_samples, n_features)
        The rows.
    batch_size : int
        Rows per optimizer step.
    n_used : int
        How many of the rows are trained on.
    n_epochs : int
        How often.
    is_batchwise : bool
        Whether each batch must be a block of its own.

    Returns
    -------
    spec : ProgramSpec
        The program.
    block_shape : BlockShape
        The shape of its blocks.
    """
    batch_size = min(batch_size, _round_up(n_used))
    n_steps_per_epoch = math.ceil(n_used / batch_size)
    is_compiled = n_epochs * n_steps_per_epoch >= _STEPS_WORTH_COMPILING and not is_batchwise
    n_batches = n_steps_per_epoch
    n_rows = x.shape[0]
    if is_compiled:
        # A program that is not compiled takes blocks of any shape. Memory that no row comes to
        # costs nothing, so that the folds of a search and its refit can share a program.
        n_batches = _round_up(n_batches)
        n_rows = 2 ** (n_rows - 1).bit_length()
    n_batches = min(n_batches, 1 if is_batchwise else _max_batches(architecture, batch_size, x))
    if not is_resident(x):
        n_rows = n_batches * batch_size
    block_shape = BlockShape(n_batches, batch_size, n_rows)
    spec = ProgramSpec(architecture, optimizer, x.dtype.name, block_shape if is_compiled else None)
    return spec, block_shape


def _max_batches(architecture: Architecture, batch_size: int, x: RowMatrix) -> int:
    # Forward and backward, each weight is multiplied and added three times a row.
    flops = 6.0 * architecture.n_weights * batch_size
    n_batches = min(_BLOCK_BATCHES, int(_BLOCK_FLOPS / flops))
    if not is_resident(x):
        n_batches = min(n_batches, _BLOCK_VALUES // (batch_size * architecture.n_features))
    return max(1, n_batches)


def _round_up(number: int) -> int:
    # Where the arithmetic grows with it, only by a little: up to the next multiple of an eighth of
    # the power of two below.
    step = max(1, 2 ** (number.bit_length() - 4))
    return math.ceil(number / step) * step
