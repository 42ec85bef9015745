"""A checksum of plain values, by which damage to a file is noticed; forgery is not."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np


def digest(values: Any) -> str:
    """Return a checksum of dicts, lists, arrays, numbers and text; skip all else."""
    checksum = hashlib.sha256()
    _add(checksum, values)
    return checksum.hexdigest()


def _add(checksum: Any, value: Any) -> None:
    if isinstance(value, np.generic):
        value = value.item()

    if isinstance(value, np.ndarray):
        _add_array(checksum, value)
    elif isinstance(value, dict):
        for name in sorted(value, key=repr):
            _add(checksum, name)
            _add(checksum, value[name])
    elif isinstance(value, list | tuple):
        checksum.update(f"list of {len(value)}".encode())
        for part in value:
            _add(checksum, part)
    elif value is None or isinstance(value, bool | int | float | str | bytes):
        checksum.update(repr(value).encode())
    checksum.update(b";")


def _add_array(checksum: Any, array: np.ndarray) -> None:
    if array.dtype == object:
        _add(checksum, array.tolist())
        return
    checksum.update(f"{array.dtype.str}{array.shape}".encode())
    checksum.update(np.ascontiguousarray(array).tobytes())
