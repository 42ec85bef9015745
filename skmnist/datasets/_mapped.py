"""Bytes of a file as an array, without reading them before they are looked at."""

from __future__ import annotations

import mmap
from typing import IO

import numpy as np
from numpy.typing import NDArray


def map_bytes(file: IO[bytes], offset: int, count: int) -> NDArray[np.uint8]:
    """Map ``count`` bytes of a file, from ``offset`` on, into memory.

    Writing to the array changes a copy of the page in memory and never the file.

    Parameters
    ----------
    file : binary file
        An open file that has these bytes. It may be closed afterwards.
    offset, count : int

    Returns
    -------
    array : ndarray of shape (count,), uint8, writeable
    """
    # Not numpy.memmap: joblib hands such an array to its workers by the file's name, and what was
    # written to it here would be missing there.
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    return np.frombuffer(mapped, np.uint8, count, offset)
