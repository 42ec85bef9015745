"""From the name of a source, or a path, to the reader for it."""

from __future__ import annotations

import os
from typing import Any

from skmnist.datasets._arrays import GZIP_ERRORS, open_unpacked, read_npz
from skmnist.datasets._downloads import read_fashion, read_full
from skmnist.datasets._folders import EXPECTED_IN_FOLDER, read_begin, read_folder
from skmnist.datasets._image_data import ImageData
from skmnist.datasets._other_files import describe_other
from skmnist.datasets._sample import read_sample
from skmnist.datasets._tables import read_tables

_READERS = {"sample": read_sample, "full": read_full, "fashion": read_fashion}
_VARIABLE = "SKMNIST_DATA"
_CHOICES = (
    "'sample', 'full', 'fashion' or the path of an .npz file, a .csv file or a folder of files"
)


def read_source(source: Any, target: str | int | None) -> ImageData:
    """Read what :func:`skmnist.load_mnist` calls a source; `target` is its `target_column`."""
    given = f"source={source!r}"
    if source is None:
        source = os.environ.get(_VARIABLE) or "sample"
        given = f"the environment variable {_VARIABLE}={source!r}"
    if not isinstance(source, str | os.PathLike):
        raise TypeError(
            f"source must be {_CHOICES}, or None, got {source!r} of type {type(source).__name__}."
        )
    not_a_table = f"target_column={target!r} is for tables, but {given} is not one."
    if isinstance(source, str) and source in _READERS:
        if target is not None:
            raise ValueError(not_a_table)
        return _READERS[source]()

    path = os.path.expanduser(os.fsdecode(source))
    if os.path.isdir(path):
        return read_folder(path, target)
    if not os.path.exists(path):
        if data := read_begin(path, target):
            return data
        raise FileNotFoundError(f"{given}: there is no such file; expected {_CHOICES}.")
    if not os.path.isfile(path):  # opening a pipe or a terminal may take forever
        raise ValueError(f"{given} is not a regular file; expected {_CHOICES}.")

    try:
        with open_unpacked(path) as file:
            start = file.read(1024)
    except GZIP_ERRORS as error:
        raise ValueError(f"{path!r} is damaged: {error}.") from error
    if start.startswith(b"\0\0") and start[2:3] in b"\x08\x09\x0b\x0c\x0d\x0e":
        raise ValueError(f"{path!r} is one file of a set; expected {EXPECTED_IN_FOLDER}.")
    is_zip, is_named_npz = start.startswith(b"PK"), path.lower().endswith(".npz")
    message = describe_other(path, start)
    if (is_zip and b".npy" in start) or (is_named_npz and (is_zip or not message)):
        if target is not None:
            raise ValueError(not_a_table)
        return read_npz(path)
    if message:
        raise ValueError(message)
    if b"\0" in start:
        raise ValueError(f"{path!r} is a binary file of an unknown kind; expected {_CHOICES}.")
    return read_tables(path, None, path, target)
