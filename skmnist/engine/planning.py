"""Which program a fit runs, and on blocks of which shape.

The decision depends on the fit alone, not on what ran before it, so that the same seed
gives the same network.
"""

from __future__ import annotations

import math

from skmnist._network import Architecture, RowMatrix
from skmnist.engine.blocks import BlockShape, is_resident
from skmnist.engine.optimizers import OptimizerSpec
from skmnist.engine.programs import ProgramSpec

# A block holds at most as many batches as take about half a second to train on. Its
# logits are kept until its end: at most this many values, 4 MB as float32, of which
# TensorFlow makes several copies. Where its rows are gathered, these are at most 16 MB.
_BLOCK_BATCHES = 512
_BLOCK_FLOPS = 1e10
_BLOCK_LOGITS = 1024 * 1024
_BLOCK_GATHERED_VALUES = 4 * 1024 * 1024

# Training sets of up to this many bytes share compiled programs, whatever their number
# of rows.
_SHARED_BYTES = 32 * 1024 * 1024

# Compiling takes about a second, and saves so much of each step: 30 µs and 6 ns a
# weight. Most programs run several times, such as in the three folds of a search and
# its refit: of such scripts the fastest have a limit between 0.2 and 0.4 s. A program
# of a user's code runs once.
SECONDS_WORTH_COMPILING = 0.3
_TIMES_A_PROGRAM_RUNS = 3
_SECONDS_SAVED_PER_STEP = 30e-6
_SECONDS_SAVED_PER_STEP_AND_WEIGHT = 6e-9


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
    """Decide which program a fit to `n_used` rows of `x` runs, on which blocks.

    With `is_batchwise`, each batch is a block of its own.
    """
    batch_size = min(batch_size, _round_up(n_used))
    batches_of_epoch = math.ceil(n_used / batch_size)
    n_steps = n_epochs * batches_of_epoch
    uncompiled = ProgramSpec.of(architecture, optimizer, x.dtype.name, block_shape=None)

    is_compiled = not is_batchwise and _is_worth_compiling(
        n_steps, architecture.n_weights, is_shared=uncompiled.is_shareable
    )
    max_batches = 1 if is_batchwise else _max_batches(architecture, batch_size, x)

    if not is_compiled:
        # This program takes blocks of any shape.
        n_batches = min(batches_of_epoch, max_batches)
        n_rows = _rows_pointed_into(x, n_batches * batch_size, x.shape[0])
        return uncompiled, BlockShape(n_batches, batch_size, n_rows)

    # Memory that no row comes to costs nothing, and batches that hold no row next to
    # nothing, so that the folds of a search and its refit can share a program.
    rows_that_share = _SHARED_BYTES // (x.shape[1] * x.dtype.itemsize)
    rounded_rows = 2 ** (max(x.shape[0], rows_that_share) - 1).bit_length()
    n_rows = _rows_pointed_into(x, max_batches * batch_size, rounded_rows)
    block_shape = BlockShape(max_batches, batch_size, n_rows)
    return ProgramSpec.of(
        architecture, optimizer, x.dtype.name, block_shape
    ), block_shape


def _is_worth_compiling(n_steps: int, n_weights: int, *, is_shared: bool) -> bool:
    saved_per_step = (
        _SECONDS_SAVED_PER_STEP + _SECONDS_SAVED_PER_STEP_AND_WEIGHT * n_weights
    )
    limit = SECONDS_WORTH_COMPILING
    if not is_shared:
        limit *= _TIMES_A_PROGRAM_RUNS
    return n_steps * saved_per_step >= limit


def _rows_pointed_into(x: RowMatrix, n_places: int, n_resident: int) -> int:
    """Return how many rows a block points into: its own where these are gathered."""
    return n_resident if is_resident(x) else n_places


def _max_batches(architecture: Architecture, batch_size: int, x: RowMatrix) -> int:
    # Forward and backward, each weight is multiplied and added three times a row.
    flops_of_batch = 6.0 * architecture.n_weights * batch_size
    limits = [
        _BLOCK_BATCHES,
        int(_BLOCK_FLOPS / flops_of_batch),
        _BLOCK_LOGITS // (batch_size * architecture.n_classes),
    ]
    if not is_resident(x):
        values_of_batch = batch_size * architecture.n_features
        limits.append(_BLOCK_GATHERED_VALUES // values_of_batch)
    return max(1, min(limits))


def _round_up(number: int) -> int:
    # Where the arithmetic grows with it, only by a little: up to the next multiple of
    # an eighth of the power of two below.
    step = max(1, 2 ** (number.bit_length() - 4))
    return math.ceil(number / step) * step
