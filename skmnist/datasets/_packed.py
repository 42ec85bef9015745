"""What deflate packed, which gzip and zip files are: no more is read than a header promises."""

from __future__ import annotations

from gzip import GzipFile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

# Deflate's longest match copies 258 bytes for two bits, 1032 to 1; the rest is for rounding.
_LARGEST_RATIO = 1100
_CHUNK = 2**20


def check_unpacked_size(unpacked: int, packed: int, what: str) -> None:
    """Refuse a size that ``packed`` bytes of deflate cannot unpack to, before it is allocated.

    Parameters
    ----------
    unpacked : int
        The number of bytes that a header promises.
    packed : int
        The number of bytes in the file.
    what : str
        How an error calls the data: its name and its file.

    Raises
    ------
    ValueError
        If the promise cannot be kept.
    """
    if unpacked > packed * _LARGEST_RATIO:
        raise ValueError(
            f"{what} promises {unpacked:,} bytes, which the {packed:,} packed bytes there cannot "
            "hold"
        )


def fill(array: NDArray[Any], stream: IO[bytes] | GzipFile, what: str) -> None:
    """Read the bytes of ``array``, and check that ``stream`` ends with them.

    Reading on to the end is what makes `gzip` and `zipfile` compare their checksums.

    Parameters
    ----------
    array : ndarray of one dimension, contiguous
        It is filled in place: no second array of its size is ever made.
    stream : binary file
    what : str
        How an error calls the data: its name and its file.

    Raises
    ------
    ValueError
        If the stream is shorter or longer.
    """
    memory = array.view(np.uint8)
    done = 0
    while done < len(memory):
        chunk = stream.read(min(_CHUNK, len(memory) - done))
        if not chunk:
            raise ValueError(
                f"{what} ends after {done:,} of the {len(memory):,} bytes that it promises"
            )
        memory[done : done + len(chunk)] = np.frombuffer(chunk, np.uint8)
        done += len(chunk)
    if stream.read(1):
        raise ValueError(f"{what} is longer than the {len(memory):,} bytes that it promises")
