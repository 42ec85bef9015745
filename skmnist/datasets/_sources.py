"""From the name of a source, or a path, to the reader that understands it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from skmnist.datasets._csv import read_csv_alone
from skmnist.datasets._fashion import read_fashion
from skmnist.datasets._folder import EXPECTED_IN_FOLDER, read_folder, read_split
from skmnist.datasets._full import read_full
from skmnist.datasets._idx import GZIP_START, IDX_START
from skmnist.datasets._image_data import ImageData
from skmnist.datasets._npz import read_npz
from skmnist.datasets._sample import read_sample

_READERS: dict[str, Callable[[], ImageData]] = {
    "sample": read_sample,
    "full": read_full,
    "fashion": read_fashion,
}
_VARIABLE = "SKMNIST_DATA"
_CHOICES = (
    "'sample', 'full', 'fashion' or the path of an .npz file, a .csv file or a folder of files"
)


def read_source(source: Any) -> ImageData:
    """Read what :func:`skmnist.load_mnist` calls a source.

    Raises
    ------
    TypeError
        If `source` is neither text nor a path.
    OSError
        If there is no such file, or it cannot be opened, or what is to be downloaded cannot be.
    ValueError
        If there is such a file or folder, but without images as they are expected.
    """
    given = f"source={source!r}"
    if source is None:
        source = os.environ.get(_VARIABLE) or "sample"
        given = f"the environment variable {_VARIABLE}={source!r}"
    if not isinstance(source, str | os.PathLike):
        raise TypeError(
            f"source must be {_CHOICES}, or None, got {source!r} of type {type(source).__name__}."
        )
    if isinstance(source, str) and source in _READERS:
        return _READERS[source]()

    path = os.path.expanduser(os.fsdecode(source))
    if os.path.isdir(path):
        return read_folder(path)
    if not os.path.exists(path):
        if data := read_split(path):
            return data
        raise FileNotFoundError(f"{given}: there is no such file; expected {_CHOICES}.")
    if not os.path.isfile(path):  # to open a pipe or a terminal may take forever
        raise ValueError(f"{given} is no ordinary file; expected {_CHOICES}.")
    return _read_file(path)


def _read_file(path: str) -> ImageData:
    if path.lower().endswith(".csv"):
        return read_csv_alone(path)
    with open(path, "rb") as file:
        start = file.read(3)
    if start == IDX_START or start.startswith(GZIP_START):
        raise ValueError(
            f"{path!r} is one file of a set, or gzipped; expected {_CHOICES}, which is "
            f"{EXPECTED_IN_FOLDER}."
        )
    return read_npz(path)
