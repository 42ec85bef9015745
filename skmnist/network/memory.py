"""Memory for the rows of a training, kept from one training to the next.

Fresh memory is handed over by the operating system page by page, which for all of MNIST can
take as long as several epochs. A search trains hundreds of networks on arrays of the same size.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

# XLA and TensorFlow share the memory of a NumPy array only where it starts at a multiple of
# this many bytes.
ALIGNMENT = 64

# All of MNIST as float32 takes 188 MB, and, rounded up for the program, 196 MB of addresses.
MAX_IDLE_BYTES = 512 * 1024 * 1024


def aligned_empty(n_bytes: int) -> np.ndarray:
    """Allocate memory that TensorFlow can share.

    Parameters
    ----------
    n_bytes : int
        How much.

    Returns
    -------
    ndarray of shape (n_bytes,), uint8
        Starts at a multiple of 64 bytes; its values are whatever was there.
    """
    memory = np.empty(n_bytes + ALIGNMENT, dtype=np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + n_bytes]


class MemoryPool:
    """Memory that waits to be borrowed again.

    Parameters
    ----------
    max_idle_bytes : int
        How much may wait; what comes back beyond that is freed.
    """

    def __init__(self, max_idle_bytes: int = MAX_IDLE_BYTES) -> None:
        self._max_idle_bytes = max_idle_bytes
        self._idle: list[np.ndarray] = []
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self, n_bytes: int) -> Iterator[np.ndarray]:
        """Lend memory to this caller alone.

        Parameters
        ----------
        n_bytes : int
            How much.

        Yields
        ------
        ndarray of shape (n_bytes,), uint8
            Its values are whatever was there.
        """
        memory = self._take(n_bytes)
        if memory is None:
            memory = aligned_empty(n_bytes)
        try:
            yield memory[:n_bytes]
        finally:
            self._put_back(memory)

    def clear(self) -> None:
        """Free what is not lent at the moment."""
        with self._lock:
            self._idle.clear()

    def _take(self, n_bytes: int) -> np.ndarray | None:
        with self._lock:
            fitting = [number for number, m in enumerate(self._idle) if m.nbytes >= n_bytes]
            if not fitting:
                return None
            return self._idle.pop(min(fitting, key=lambda number: self._idle[number].nbytes))

    def _put_back(self, memory: np.ndarray) -> None:
        with self._lock:
            self._idle.append(memory)
            while sum(m.nbytes for m in self._idle) > self._max_idle_bytes:
                self._idle.pop(0)


ROWS_MEMORY = MemoryPool()
