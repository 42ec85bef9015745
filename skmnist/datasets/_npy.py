"""One array of an ``.npz`` file, its header held against the file before anything is allocated."""

from __future__ import annotations

import math
import os
import struct
import zipfile
import zlib
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._mapped import map_bytes
from skmnist.datasets._packed import check_unpacked_size, fill

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_LOCAL_HEADER = struct.Struct("<26xHH")  # of zip; ends with the lengths of a name and an extra


def read_member(file: IO[bytes], archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Read the array that `numpy.savez` or `numpy.savez_compressed` stored as ``name``.

    Parameters
    ----------
    file : binary file
        What ``archive`` was opened from.
    archive : ZipFile
    name : str

    Returns
    -------
    array : ndarray
        One that was stored as it is, in single bytes, is mapped into memory. Any other is read
        into memory.

    Raises
    ------
    Exception
        `zipfile`, `zlib` and NumPy's parser of headers raise some ten types of error on damaged
        bytes. A header that asks for more or less than there is, and an array of Python objects,
        is a ValueError.
    """
    # Not through numpy.load: to a file that is no archive it answers with the advice to unpickle,
    # and it allocates what a header claims.
    member = archive.getinfo(f"{name}.npy")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is packed by method {member.compress_type}, not by deflate")
    held = min(member.compress_size, os.fstat(file.fileno()).st_size)
    check_unpacked_size(member.file_size, held, name)
    with archive.open(member) as stream:
        shape, is_fortran, dtype = _read_header(stream, name)
        start = stream.tell()
        count = math.prod(shape)
        if start + count * dtype.itemsize != member.file_size:
            raise ValueError(
                f"{name} has {member.file_size - start:,} bytes, where its shape {shape} asks for "
                f"{count * dtype.itemsize:,}"
            )
        # Wider values could lie at odd addresses, and are converted anyway.
        if count and member.compress_type == zipfile.ZIP_STORED and dtype.itemsize == 1:
            array = _map(file, member, start, name).view(dtype)
        else:
            array = np.empty(count, dtype)
            fill(array, stream, name)
    return array.reshape(shape, order="F" if is_fortran else "C")


def _read_header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(f"{name} is in version {version} of the NPY format, not in 1.0 or 2.0")
    shape, is_fortran, dtype = _HEADERS[version](stream)
    if min(shape, default=0) < 0:
        raise ValueError(f"{name} has the shape {shape}")
    if dtype.hasobject:
        raise ValueError(
            f"{name} holds Python objects, which are never unpickled: that could run any program"
        )
    if dtype.itemsize == 0:
        raise ValueError(f"{name} holds values of no bytes, dtype {dtype}")
    return shape, is_fortran, dtype


def _map(file: IO[bytes], member: zipfile.ZipInfo, start: int, name: str) -> NDArray[np.uint8]:
    if member.compress_size != member.file_size:
        raise ValueError(f"{name} is stored unpacked, in another size than its own")
    # Not the name and the extra of the directory at the archive's end, which may have other sizes.
    file.seek(member.header_offset)
    lengths = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    whole = map_bytes(
        file, member.header_offset + _LOCAL_HEADER.size + sum(lengths), member.file_size
    )
    if zlib.crc32(whole.data) != member.CRC:
        raise ValueError(f"{name} is damaged: its checksum is wrong")
    return whole[start:]
