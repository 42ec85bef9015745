"""Memory that is kept from one fit to the next, and how all that is kept is freed.

What outlives a fit is described where it is shared: compiled programs in `programs`,
optimizers in `optimizers`, TensorFlow's settings in `runtime`, and the memory for rows
here.

Shared here
    `ROWS_MEMORY`: bytes that hold the rows of a fit.
Depends on
    Nothing: whoever takes them writes them anew.
Who may change it
    Only who has taken it. When it is given back, no thread of theirs may write into it
    any more.
Freed
    By `clear`; when more is needed; at once if it is larger than is kept.
"""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from skmnist.engine import runtime

# XLA and TensorFlow share the memory of a NumPy array only where it starts at a
# multiple of this many bytes.
_ALIGNMENT = 64


def aligned_empty(n_bytes: int) -> np.ndarray:
    """Allocate bytes that TensorFlow can share."""
    memory = np.empty(n_bytes + _ALIGNMENT, dtype=np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + n_bytes]


class MemoryPool:
    """Memory that is kept for the next fit: as many pieces as were in use at once.

    The operating system hands over fresh memory page by page, which for all of MNIST
    can take as long as several epochs.
    """

    def __init__(self, max_kept_bytes: int) -> None:
        self._max_kept_bytes = max_kept_bytes
        self._idle: list[np.ndarray] = []
        self._lock = threading.Lock()

    def take(self, n_bytes: int) -> np.ndarray:
        """Return `n_bytes` or more for this caller alone, with whatever values."""
        with self._lock:
            self._idle.sort(key=len)
            memory = self._idle.pop() if self._idle else None

        if memory is None or len(memory) < n_bytes:
            memory = None  # freed before there is more
            memory = aligned_empty(n_bytes)
        return memory

    def give_back(self, memory: np.ndarray) -> None:
        """Keep memory from `take` for the next caller: nothing may write to it now."""
        if memory.nbytes <= self._max_kept_bytes:
            with self._lock:
                self._idle.append(memory)

    def clear(self) -> None:
        """Free what is not in use at the moment."""
        with self._lock:
            self._idle.clear()


# Rows that take more than this many bytes are not copied into the memory of a fit, but
# gathered block by block.
MAX_RESIDENT_BYTES = 512 * 1024 * 1024

ROWS_MEMORY = MemoryPool(MAX_RESIDENT_BYTES)

# What frees the things that other modules keep.
_to_clear: list[Callable[[], None]] = [ROWS_MEMORY.clear]


def clear_with(function: Callable[[], None]) -> None:
    """Let `clear` call a function, which frees what a module keeps for the next fit."""
    _to_clear.append(function)


def clear() -> None:
    """Free the compiled programs and the memory that are kept for the next fit.

    Fits that run at the moment keep theirs. What XLA has compiled stays in memory until
    the process ends, about 6 MB for each number of hidden units, and for each fit with
    an activation, a schedule or an optimizer class of your own.

    Examples
    --------
    >>> import skmnist.engine
    >>> skmnist.engine.clear()
    """
    for free in _to_clear:
        free()

    gc.collect()  # graphs refer to themselves
    runtime.release_variables()
    with suppress(AttributeError, OSError, TypeError):  # the C library is not GNU's
        ctypes.CDLL(None).malloc_trim(0)
