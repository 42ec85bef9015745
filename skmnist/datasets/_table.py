"""One table of images as text: a row each, the label first."""

from __future__ import annotations

import math
import os
import re
from itertools import islice
from typing import IO

import numpy as np
from numpy.typing import NDArray

_ROWS_AT_ONCE = 4096  # NumPy parses them into an array of their own, which is then copied
_NUMBER = re.compile(r"\s*[+-]?\.?\d[\d.eE+-]*\s*")
_LAST_PIXEL = re.compile(r"[\"']?(\d+)x(\d+)[\"']?")
_EXPECTED = "expected rows of a label and the pixels, whole numbers from 0 to 255, with commas"


def read_table(path: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read a CSV file of images, with a line of names above them or without.

    Parameters
    ----------
    path : str

    Returns
    -------
    images : ndarray of shape (n, height, width), uint8, C-contiguous
        The size is what the name of the last column says, as ``28x28`` does in
        ``mnist_train.csv``; if it says none, images are square.
    labels : ndarray of shape (n,), uint8

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is not such a file. What is allocated is never more than half the file's size.
    """
    where = repr(path)
    try:
        with open(path, encoding="ascii") as file:
            first = file.readline()
            named = bool(first) and not any(map(_NUMBER.fullmatch, first.split(",")))
            names, row = (first, file.readline()) if named else ("", first)
            if not row.strip():
                raise ValueError("it has no first row")
            height, width = _size(names, row)
            pixels, labels = _read_rows(
                file, skipped=int(named), n_pixels=height * width, size=os.path.getsize(path)
            )
    # NumPy's errors name the row and the column, and what could not be read there; a byte that is
    # not ASCII makes a UnicodeDecodeError, which is a ValueError too.
    except ValueError as error:
        raise ValueError(f"{where} cannot be read: {error}; {_EXPECTED}.") from error
    return pixels.reshape(-1, height, width), labels


def _size(names: str, row: str) -> tuple[int, int]:
    n_pixels = row.count(",")
    last = names.rsplit(",", 1)[-1].strip()
    if match := _LAST_PIXEL.fullmatch(last):
        height, width = int(match[1]), int(match[2])
        if height * width != n_pixels:
            raise ValueError(f"its last column is called {last}, and its rows have {n_pixels}")
        return height, width
    side = math.isqrt(n_pixels)
    if side**2 != n_pixels or side == 0:
        raise ValueError(
            f"its first row has {n_pixels} pixels, which make no square image (another size can be "
            "said by the name of the last column, such as 28x28)"
        )
    return side, side


def _read_rows(
    file: IO[str], *, skipped: int, n_pixels: int, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    file.seek(0)
    # Every value takes a byte and is followed by another, but for the last.
    n_rows = min(sum(1 for _ in file) - skipped, (size + 1) // (2 * (n_pixels + 1)))
    pixels = np.empty((n_rows, n_pixels), np.uint8)
    labels = np.empty(n_rows, np.uint8)

    file.seek(0)
    for _ in range(skipped):
        file.readline()
    done = 0
    while lines := list(islice(file, _ROWS_AT_ONCE)):
        rows = [line for line in lines if line.strip()]
        if not rows:
            continue
        table = np.loadtxt(rows, np.uint8, comments=None, delimiter=",", ndmin=2)
        if table.shape[1] != n_pixels + 1:
            raise ValueError(
                f"after {done} rows of {n_pixels} pixels, one has {table.shape[1] - 1}"
            )
        pixels[done : done + len(table)] = table[:, 1:]
        labels[done : done + len(table)] = table[:, 0]
        done += len(table)
    return pixels[:done], labels[:done]
