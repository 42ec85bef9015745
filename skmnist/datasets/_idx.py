"""One file in the IDX format, in which MNIST came: a short header and the bytes of one array.

The format is described at the end of MNIST's page, http://yann.lecun.com/exdb/mnist/: two zero
bytes, one byte for the type of the values, one for the number of dimensions, each dimension as a
big-endian integer of four bytes, and the values, the last dimension running fastest.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from typing import IO

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._mapped import map_bytes
from skmnist.datasets._packed import check_unpacked_size, fill

GZIP_START = b"\x1f\x8b"
IDX_START = b"\x00\x00\x08"  # the third byte: values of one unsigned byte
_TYPES = {
    0x09: "signed bytes",
    0x0B: "integers of 2 bytes",
    0x0C: "integers of 4 bytes",
    0x0D: "floats of 4 bytes",
    0x0E: "floats of 8 bytes",
}


def read_idx(path: str, n_dims: int) -> NDArray[np.uint8]:
    """Read one IDX file of unsigned bytes, gzipped or not, whatever its name says.

    Parameters
    ----------
    path : str
    n_dims : int
        3 for images, 1 for labels.

    Returns
    -------
    array : ndarray with n_dims dimensions, uint8, C-contiguous
        A gzipped file is unpacked into it. The bytes of another are mapped into memory.

    Raises
    ------
    OSError
        If the file cannot be opened or mapped.
    ValueError
        If it is not such a file. Its header is compared with its size before anything is
        allocated.
    """
    where = repr(path)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        gzipped = file.read(2) == GZIP_START
        file.seek(0)
        try:
            return (_unpack if gzipped else _map)(file, size, n_dims, where)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ValueError(f"{where} is damaged: {error}.") from error
        except ValueError as error:
            raise ValueError(f"{error}; expected {_expected(n_dims)}.") from error


def _unpack(file: IO[bytes], size: int, n_dims: int, where: str) -> NDArray[np.uint8]:
    with gzip.GzipFile(fileobj=file) as stream:
        shape = _read_shape(stream, n_dims, where)
        check_unpacked_size(math.prod(shape), size, where)
        array = np.empty(math.prod(shape), np.uint8)
        fill(array, stream, where)
    return array.reshape(shape)


def _map(file: IO[bytes], size: int, n_dims: int, where: str) -> NDArray[np.uint8]:
    shape = _read_shape(file, n_dims, where)
    start, count = file.tell(), math.prod(shape)
    if size != start + count:
        raise ValueError(
            f"{where} is {size:,} bytes long, where its header, shape {shape}, asks for "
            f"{start + count:,}"
        )
    if count == 0:  # a file may end with its header, and nothing cannot be mapped
        return np.empty(shape, np.uint8)
    return map_bytes(file, start, count).reshape(shape)


def _read_shape(stream: IO[bytes] | gzip.GzipFile, n_dims: int, where: str) -> tuple[int, ...]:
    start = stream.read(4)
    if start.startswith(GZIP_START):
        raise ValueError(f"{where} is gzipped twice; unpack it once")
    if len(start) < 4 or start[:2] != IDX_START[:2]:
        raise ValueError(f"{where} begins with {start!r} and is no IDX file")
    if start[2] != IDX_START[2]:
        held = _TYPES.get(start[2], f"values of the unknown type 0x{start[2]:02X}")
        raise ValueError(f"{where} holds {held}")
    if start[3] != n_dims:
        raise ValueError(f"{where} holds an array of {start[3]} dimensions")
    header = stream.read(4 * n_dims)
    if len(header) < 4 * n_dims:
        raise ValueError(f"{where} ends within its header")
    return struct.unpack(f">{n_dims}I", header)


def _expected(n_dims: int) -> str:
    held = "images: 3 dimensions" if n_dims == 3 else "labels: 1 dimension"
    return f"an IDX file of {held}, of unsigned bytes"
