"""Arrays in files: NumPy's ``.npz``, as Keras has MNIST, and IDX, as it was published.

The size that a header claims is compared with the size of the file before memory is
allocated. IDX is two zero bytes, one byte for the type of the values, one for the
number of dimensions, each dimension as a big-endian integer of four bytes, and the
values, the last dimension running fastest.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmnist._files import printable
from skmnist.datasets._image_data import ImageData, Part, assemble
from skmnist.datasets._lines import FIT, with_lines

# Deflate's longest match copies 258 bytes for two bits, which is 1032 to 1.
_LARGEST_RATIO = 1100
NPZ_NAMES = ("x_train", "y_train", "x_test", "y_test")
# The dtypes for the first four bytes. QMNIST's labels have eight columns, the first is
# the digit.
_IDX_DTYPES = {
    "images": {b"\0\0\x08\x03": "u1"},
    "labels": {b"\0\0\x08\x01": "u1", b"\0\0\x0c\x02": ">i4"},
}


@contextmanager
def reading(path: str, expected: str) -> Iterator[None]:
    """Turn the errors of a reader into a ValueError that names the file."""
    try:
        yield
    # zipfile, zlib, NumPy and pandas raise ten types of error on damaged bytes.
    except Exception as error:
        cannot_be_opened = isinstance(error, OSError) and error.filename is not None
        if cannot_be_opened or isinstance(error, MemoryError):
            raise

        text = str(error)
        if not isinstance(error, ValueError):
            text = f"{type(error).__name__}: {error}"
        reason = printable(text.strip())
        raise ValueError(
            f"{path!r} cannot be read ({reason}); expected {expected}."
        ) from error


def is_gzipped(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(2) == b"\x1f\x8b"


def open_unpacked(path: str, mode: str = "rb", **options: Any) -> Any:
    """Open a file, through gzip if its first bytes are gzip's."""
    if is_gzipped(path):
        return gzip.open(path, mode, **options)
    return open(path, mode, **options)


def read_npz(path: str) -> ImageData:
    """Read an ``.npz`` file in the layout of Keras's ``mnist.npz``."""
    with reading(path, f"an .npz file with the arrays {', '.join(NPZ_NAMES)}"):
        with open(path, "rb") as file:
            # numpy.load would suggest unpickling any other file.
            if not zipfile.is_zipfile(file):
                raise ValueError("it is not a zip archive, or it is cut short")
        with np.load(path, allow_pickle=False) as npz:
            size = os.path.getsize(path)
            arrays = {name: _read_member(npz, name, size) for name in NPZ_NAMES}

    # These read images of any shape and dtype, and one-hot labels.
    lines = [
        "import numpy as np",
        "from skmnist import SimpleMLPClassifier",
        f"arrays = np.load({path!r})",
        'X, y = arrays["x_train"], np.squeeze(arrays["y_train"])',
        "X = X.reshape(len(X), -1)",
        FIT,
    ]
    parts = []
    for part in ("train", "test"):
        images, labels = f"x_{part}", f"y_{part}"
        found = Part(
            arrays[images],
            arrays[labels],
            images_name=f"{images} in {path!r}",
            labels_name=f"{labels} in {path!r}",
            advice=with_lines(" These lines read it:", lines),
        )
        parts.append(found)
    return assemble(
        *parts,
        source=path,
        form="Images and their labels, arrays of one .npz file laid out like Keras's.",
        split="the file's own, in the file's order.",
    )


def list_arrays(path: str) -> list[str] | None:
    """Return the names of the arrays in a zip file, or None if it cannot be opened."""
    # zipfile raises errors of several types on damaged bytes.
    with suppress(Exception), zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        return [name.removesuffix(".npy") for name in names if name.endswith(".npy")]
    return None


def _read_member(npz: Any, name: str, file_size: int) -> NDArray[Any]:
    """Read an array whose header claims what there is."""
    member = npz.zip.getinfo(f"{name}.npy")
    if member.file_size > _LARGEST_RATIO * min(member.compress_size, file_size):
        raise ValueError(
            f"{name} claims {member.file_size:,} bytes, more than the file can hold"
        )
    with npz.zip.open(member) as stream:
        np.lib.format.read_magic(stream)
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        held = member.file_size - stream.tell()

    # NumPy itself refuses arrays of Python objects.
    claims_what_is_held = dtype.itemsize * math.prod(shape) == held
    is_possible = min(shape, default=0) >= 0 and dtype.itemsize > 0
    if not dtype.hasobject and not (is_possible and claims_what_is_held):
        raise ValueError(
            f"{name} has {held:,} bytes, but claims the shape {shape} of {dtype}"
        )
    return npz[f"{name}.npy"]


def read_idx_files(paths: Sequence[str], source: str) -> ImageData:
    """Read the IDX files of training images and labels, test images and labels."""
    parts = []
    for images, labels in (paths[:2], paths[2:]):
        arrays = _read_idx(images, "images"), _read_idx(labels, "labels")
        parts.append(Part(*arrays, repr(images), repr(labels)))
    return assemble(
        *parts,
        source=source,
        form="Images and their labels, in four IDX files.",
        split="the files' own, in the files' order.",
    )


def _read_idx(path: str, role: str) -> NDArray[Any]:
    """Read the IDX file of "images" or "labels", gzipped or not."""
    largest = os.path.getsize(path)
    if is_gzipped(path):
        largest *= _LARGEST_RATIO
    with reading(path, f"an IDX file of {role}"), open_unpacked(path) as stream:
        start = stream.read(4)
        dtypes = _IDX_DTYPES[role]
        if start not in dtypes:
            expected = " or ".join(repr(known) for known in dtypes)
            raise ValueError(f"it begins with {start!r}, not with {expected}")

        dtype, n_dims = np.dtype(dtypes[start]), start[3]
        shape = struct.unpack(f">{n_dims}I", stream.read(4 * n_dims))
        size = math.prod(shape) * dtype.itemsize
        if size > largest:
            raise ValueError(
                f"it claims {size:,} bytes of values, more than the file can hold"
            )

        array = np.empty(shape, dtype)
        n_read = stream.readinto(array.reshape(-1).view(np.uint8))
        # At the end, gzip compares its checksum.
        if n_read < size or stream.read(1):
            raise ValueError(
                f"it does not hold the {size:,} bytes of values that it claims"
            )
    if n_dims == 2:
        return array[:, :1].ravel()
    return array
