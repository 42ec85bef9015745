"""Files in the layout of Keras's ``mnist.npz``: four arrays in one NumPy archive."""

from __future__ import annotations

import zipfile
from typing import IO, Any

from numpy.typing import NDArray

from skmnist.datasets._image_data import ImageData, assemble
from skmnist.datasets._npy import read_member

_NAMES = ("x_train", "y_train", "x_test", "y_test")
_EXPECTED = "expected an .npz file with the arrays " + ", ".join(_NAMES)


def read_npz(path: str) -> ImageData:
    """Read an ``.npz`` file in the layout of Keras's ``mnist.npz``.

    Parameters
    ----------
    path : str
        A file with the arrays ``x_train`` and ``x_test``, integers from 0 to 255 of the shapes
        (n, height, width), and ``y_train`` and ``y_test``, integer labels of the shapes (n,).
        Other arrays in it are not read. Images that `numpy.savez` stored as uint8 are mapped into
        memory.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is not such a file. What its headers claim is compared with its size before anything
        is allocated, and nothing is ever unpickled.
    """
    where = repr(path)
    with open(path, "rb") as file:
        arrays = _read_arrays(file, where)
    return assemble(
        arrays,
        [f"{name} in {where}" for name in _NAMES],
        source=path,
        form="Images and their labels, arrays of one .npz file, laid out like Keras's mnist.npz.",
        split="the file's own, in the file's order.",
        files=(path,),
    )


def _read_arrays(file: IO[bytes], where: str) -> list[NDArray[Any]]:
    try:
        with zipfile.ZipFile(file) as archive:
            held = [name.removesuffix(".npy") for name in archive.namelist()]
            arrays = [read_member(file, archive, name) for name in _NAMES if name in held]
    # zipfile, zlib and NumPy's parser of headers raise some ten types of error on damaged bytes.
    except Exception as error:
        reason = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
        raise ValueError(f"{where} cannot be read ({reason}); {_EXPECTED}.") from error
    missing = [name for name in _NAMES if name not in held]
    if missing:
        raise ValueError(
            f"{where} lacks {', '.join(missing)} (it holds {', '.join(held) or 'nothing'}); "
            f"{_EXPECTED}."
        )
    return arrays
