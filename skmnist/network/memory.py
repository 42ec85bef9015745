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
    """Memory that waits to be used again: as many pieces as were in use at once, the largest."""

    def __init__(self) -> None:
        self._idle: list[np.ndarray] = []
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self, n_bytes: int) -> Iterator[np.ndarray]:
        """Yield `n_bytes` of memory for this caller alone; its values are whatever was there."""
        memory = self._take(n_bytes)
        if memory is None or memory.nbytes < n_bytes:
            memory = None  # freed before there is more
            memory = aligned_empty(n_bytes)
        try:
            yield memory[:n_bytes]
        finally:
            if memory.nbytes <= MAX_IDLE_BYTES:
                with self._lock:
                    self._idle.append(memory)

    def clear(self) -> None:
        """Free what is not in use at the moment."""
        with self._lock:
            self._idle.clear()

    def _take(self, n_bytes: int) -> np.ndarray | None:
        """Take the smallest piece that suffices, or else the largest one."""
        with self._lock:
            self._idle.sort(key=lambda memory: memory.nbytes)
            for number, memory in enumerate(self._idle):
                if memory.nbytes >= n_bytes:
                    return self._idle.pop(number)
            return self._idle.pop() if self._idle else None


ROWS_MEMORY = MemoryPool()
