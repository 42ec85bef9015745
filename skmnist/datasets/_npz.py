"""Files in the layout of Keras's ``mnist.npz``: four arrays in one NumPy archive."""

from __future__ import annotations

import os
import zipfile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._image_data import ImageData, as_images, as_labels

_NAMES = ("x_train", "y_train", "x_test", "y_test")
_EXPECTED = "expected an .npz file with the arrays " + ", ".join(_NAMES)


def read_npz(path: str | os.PathLike[str]) -> ImageData:
    """Read an ``.npz`` file in the layout of Keras's ``mnist.npz``.

    Parameters
    ----------
    path : str or os.PathLike
        A file with the arrays ``x_train`` and ``x_test``, integers from 0 to 255 of the shapes
        (n, height, width), and ``y_train`` and ``y_test``, integer labels of the shapes (n,).
        Other arrays in it are not read.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is not such a file.
    """
    where = repr(os.fspath(path))
    with open(path, "rb") as file:
        x_train, y_train, x_test, y_test = _read_arrays(file, where)
    images_train = as_images(x_train, f"x_train in {where}")
    images_test = as_images(x_test, f"x_test in {where}")
    if images_train.shape[1:] != images_test.shape[1:]:
        raise ValueError(
            f"x_train in {where} holds images of {_size(images_train)} pixels and x_test of "
            f"{_size(images_test)}; expected one size."
        )
    labels_train = as_labels(y_train, f"y_train in {where}", len(images_train))
    labels_test = as_labels(y_test, f"y_test in {where}", len(images_test))
    description = (
        f"Images of {_size(images_train)} pixels and their labels, read from the file\n"
        f"{os.fspath(path)}\n\n"
        f"Split: the file's own, {len(images_train):,} images to train and {len(images_test):,} "
        "to test, in the file's order.\nThe file names no origin and no licence.\n"
    )
    return ImageData(images_train, labels_train, images_test, labels_test, description)


def _read_arrays(file: IO[bytes], where: str) -> list[NDArray[Any]]:
    try:
        with zipfile.ZipFile(file) as archive:
            held = [name.removesuffix(".npy") for name in archive.namelist()]
            arrays = [_read_array(archive, name) for name in _NAMES if name in held]
    # zipfile, zlib and NumPy's parser of headers raise some ten types of error on damaged bytes,
    # MemoryError for an absurd shape among them.
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ValueError(f"{where} cannot be read ({reason}); {_EXPECTED}.") from error
    missing = [name for name in _NAMES if name not in held]
    if missing:
        raise ValueError(
            f"{where} lacks {', '.join(missing)} (it holds {', '.join(held) or 'nothing'}); "
            f"{_EXPECTED}."
        )
    return arrays


def _read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    # Not through numpy.load: to a file that is no archive it answers with the advice to unpickle.
    with archive.open(f"{name}.npy") as member:
        array = np.lib.format.read_array(member, allow_pickle=False)
        # Only at a member's end does zipfile compare its checksum.
        if member.read(1):
            raise ValueError(f"{name} is longer than its shape {array.shape} says")
    return array


def _size(images: NDArray[np.uint8]) -> str:
    return f"{images.shape[1]} x {images.shape[2]}"
