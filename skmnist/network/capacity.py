"""Whether a network fits into the memory of the machine, asked before any of it is taken.

Linux hands out more memory than there is, and kills the process that makes use of it; a search
would end with it, where an error ends one candidate.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import skmnist.network
from skmnist.network.architecture import Architecture
from skmnist.network.optimizers import make_optimizer

# How often a training holds the weights: in the Keras model, in the program, in what it leaves
# behind, as gradients and once on the way; and how often what the optimizer knows of them: in the
# program, as it was at the start, in what is left behind and on the way. Measured for 40 million
# weights: 5.6 times with SGD, which knows nothing, 13.6 with Adam, which knows two values a weight.
_COPIES_OF_WEIGHTS = 5
_COPIES_OF_STATE = 4

# More than any of Keras's optimizers needs.
_COPIES_AT_MOST = 25


@contextmanager
def enough_memory(
    architecture: Architecture, optimizer: str | keras.optimizers.Optimizer
) -> Iterator[None]:
    """Begin a training only if its network can fit into memory; say so, too, where it turns out.

    Parameters
    ----------
    architecture : Architecture
        The network.
    optimizer : str or keras.optimizers.Optimizer
        Its name, or the optimizer.

    Raises
    ------
    MemoryError
        Where memory can't suffice, or didn't. Compiled programs and the memory of earlier
        trainings have been freed then.
    """
    network = f"A network with hidden_units={architecture.hidden_units} has"
    network = f"{network} {architecture.n_weights:,} weights"
    advice = "Lower hidden_units."
    one_copy = 4 * architecture.n_weights
    memory = _memory_in_bytes()
    if _COPIES_AT_MOST * one_copy > memory:
        n_copies = _COPIES_OF_WEIGHTS + _COPIES_OF_STATE * _state_values_per_weight(optimizer)
        if n_copies * one_copy > memory:
            raise MemoryError(
                f"{network}. To train them, with their gradients and what the optimizer keeps, "
                f"takes {n_copies * one_copy / 1e9:,.1f} GB, and there are {memory / 1e9:,.1f} GB "
                f"of memory. {advice}"
            )
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        # What waits to be used again may be what is missing, the program that failed with it.
        skmnist.network.clear()
        if isinstance(error, MemoryError):  # NumPy's says what for
            raise
        raise MemoryError(
            f"{network}, and the memory that is free does not suffice to train them. {advice}"
        ) from error


def _state_values_per_weight(optimizer: str | keras.optimizers.Optimizer) -> int:
    # Keras says so in no other way than by making them.
    rehearsal = make_optimizer(optimizer, learning_rate=0.0)
    weights = keras.Variable(np.zeros((64, 64), np.float32))
    rehearsal.build([weights])
    n_values = sum(int(np.prod(variable.shape)) for variable in rehearsal.variables)
    return n_values // 64**2  # the learning rate and the like aside


def _memory_in_bytes() -> float:
    """How much memory this process could have at most."""
    limits = [float("inf")]
    with suppress(AttributeError, OSError, ValueError):  # Windows does not have it
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(ImportError):
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            limits.append(limit)
    with suppress(OSError, ValueError):  # "max", for no limit, is no number
        # That of a container.
        limits.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return min(limits)
