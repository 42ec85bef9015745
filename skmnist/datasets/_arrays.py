"""Arrays in files: NumPy's ``.npz``, as Keras has MNIST, and IDX, as MNIST was published.

The size that a header claims is compared with the size of the file before memory is allocated.
IDX is described at the end of http://yann.lecun.com/exdb/mnist/: two zero bytes, one byte for the
type of the values, one for the number of dimensions, each dimension as a big-endian integer of four
bytes, and the values, the last dimension running fastest.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zipfile
import zlib
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._image_data import ImageData, assemble, printable

GZIP_START = b"\x1f\x8b"
NPZ_NAMES = ("x_train", "y_train", "x_test", "y_test")
EXPECTED_NPZ = "an .npz file with the arrays " + ", ".join(NPZ_NAMES)
# Deflate's longest match copies 258 bytes for two bits, 1032 to 1; the rest is for rounding.
_LARGEST_RATIO = 1100
_NPY_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_IDX_TYPES = {
    0x08: "unsigned bytes",
    0x09: "signed bytes",
    0x0B: "integers of 2 bytes",
    0x0C: "integers of 4 bytes",
    0x0D: "floats of 4 bytes",
    0x0E: "floats of 8 bytes",
}
# What is read, by type and number of dimensions. QMNIST's labels have eight columns, of which the
# first is the digit.
_IDX_LAYOUTS = {
    "images": ({(0x08, 3): "u1"}, "images: unsigned bytes in 3 dimensions"),
    "labels": (
        {(0x08, 1): "u1", (0x0C, 2): ">i4"},
        "labels: unsigned bytes in 1 dimension, or QMNIST's integers of 4 bytes in 2",
    ),
}


def read_npz(path: str) -> ImageData:
    """Read an ``.npz`` file in the layout of Keras's ``mnist.npz``."""
    where = repr(path)
    with open(path, "rb") as file:
        try:
            held, arrays = _read_members(file)
        # zipfile, zlib and NumPy's parser of headers raise ten types of error on damaged bytes.
        except Exception as error:
            reason = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
            raise ValueError(
                f"{where} cannot be read ({printable(reason)}); expected {EXPECTED_NPZ}."
            ) from error
    if missing := [name for name in NPZ_NAMES if name not in held]:
        raise ValueError(
            f"{where} lacks {', '.join(missing)} (it holds {held}); "
            f"expected {EXPECTED_NPZ}. numpy.savez puts arrays under these names into one file."
        )
    return assemble(
        arrays,
        [f"{name} in {where}" for name in NPZ_NAMES],
        source=path,
        form="Images and their labels, arrays of one .npz file, laid out like Keras's mnist.npz.",
        split="the file's own, in the file's order.",
        files=(path,),
    )


def _read_members(file: IO[bytes]) -> tuple[list[str], list[NDArray[Any]]]:
    # numpy.load would suggest unpickling any other file.
    if not zipfile.is_zipfile(file):
        raise ValueError("it is not a zip archive, or it is cut short")
    file.seek(0)
    with np.load(file, allow_pickle=False) as npz:
        held = [name.removesuffix(".npy") for name in npz.zip.namelist()]
        size = os.fstat(file.fileno()).st_size
        return held, [_read_member(npz, name, size) for name in NPZ_NAMES if name in held]


def _read_member(npz: Any, name: str, file_size: int) -> NDArray[Any]:
    member = npz.zip.getinfo(f"{name}.npy")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is packed by method {member.compress_type}, not by deflate")
    _check_unpacked_size(member.file_size, min(member.compress_size, file_size), name)
    with npz.zip.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        if version not in _NPY_HEADERS:
            raise ValueError(f"{name} is in version {version} of the NPY format, not in 1.0 or 2.0")
        shape, _, dtype = _NPY_HEADERS[version](stream)
        start = stream.tell()
    if dtype.hasobject:
        raise ValueError(
            f"{name} holds Python objects, which are never unpickled: that could run any program"
        )
    if min(shape, default=0) < 0 or dtype.itemsize == 0:
        raise ValueError(f"{name} has the shape {shape} and values of {dtype.itemsize} bytes")
    size = math.prod(shape) * dtype.itemsize
    if start + size != member.file_size:
        raise ValueError(
            f"{name} has {member.file_size - start:,} bytes, but its shape {shape} needs {size:,}"
        )
    return npz[f"{name}.npy"]


def read_idx(path: str, role: str) -> NDArray[Any]:
    """Read the IDX file of "images" or "labels", gzipped or not, whatever its name is."""
    layouts, expected = _IDX_LAYOUTS[role]
    where = repr(path)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        gzipped = file.read(2) == GZIP_START
        file.seek(0)
        stream: Any = gzip.GzipFile(fileobj=file) if gzipped else file
        try:
            dtype, shape = _read_idx_header(stream, layouts)
            needed = math.prod(shape) * dtype.itemsize
            if gzipped:
                _check_unpacked_size(needed, size, "its header")
            elif size != stream.tell() + needed:
                raise ValueError(
                    f"is {size:,} bytes long, but its header, shape {shape}, needs "
                    f"{stream.tell() + needed:,}"
                )
            array = np.empty(math.prod(shape), dtype)
            filled = stream.readinto(array.view(np.uint8))
            if filled < needed:
                raise ValueError(f"ends after {filled:,} of {needed:,} bytes of values")
            if stream.read(1):  # at the end, gzip compares its checksum
                raise ValueError(f"is longer than the {needed:,} bytes that its header claims")
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ValueError(f"{where} is damaged: {error}.") from error
        except ValueError as error:
            raise ValueError(f"{where} {error}; expected an IDX file of {expected}.") from error
    array = array.reshape(shape)
    return array[:, 0] if array.ndim == 2 else array


def _read_idx_header(
    stream: IO[bytes], layouts: dict[tuple[int, int], str]
) -> tuple[np.dtype[Any], tuple[int, ...]]:
    start = stream.read(4)
    if start.startswith(GZIP_START):
        raise ValueError("is gzipped twice; unpack it once")
    if len(start) < 4 or start[:2] != b"\0\0":
        raise ValueError(f"begins with {start!r} and is not an IDX file")
    kind, n_dims = start[2:]
    if (kind, n_dims) not in layouts:
        held = _IDX_TYPES.get(kind, f"values of the unknown type 0x{kind:02X}")
        raise ValueError(f"holds {held} in {n_dims} dimensions")
    header = stream.read(4 * n_dims)
    if len(header) < 4 * n_dims:
        raise ValueError("ends within its header")
    shape = struct.unpack(f">{n_dims}I", header)
    if n_dims == 2 and shape[1] == 0:
        raise ValueError(f"has the shape {shape}")
    return np.dtype(layouts[kind, n_dims]), shape


def _check_unpacked_size(unpacked: int, packed: int, what: str) -> None:
    if unpacked > packed * _LARGEST_RATIO:
        raise ValueError(
            f"{what} claims {unpacked:,} bytes, which {packed:,} packed bytes cannot hold"
        )
