"""Tables of images as text, one row for each image: CSV files, with any of the usual separators."""

from __future__ import annotations

import csv
import math
import os
import re
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._arrays import is_gzipped, open_unpacked, reading
from skmnist.datasets._image_data import ImageData, assemble

# pandas is imported by the functions that use it, because it takes half a second.

_LABEL_NAMES = ("label", "class", "target", "digit", "y")
_INDEX_NAME = re.compile(r"|id|index|unnamed: \d+", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_EMNIST_NAME = re.compile(r"(emnist-[a-z]+)-t(?:rain|est)\b.*")
_EXPECTED = "one row for each image: its label, and its pixels as integers from 0 to 255"


class _UnlabelledError(ValueError):
    """No column of a table can be the label."""


def read_tables(train: str, test: str | None, source: str, target: str | int | None) -> ImageData:
    """Read a table to train and one to test, or divide one."""
    import pandas

    images, labels = _read(train, target)
    paths = [train]
    try:
        if test is not None:
            images_test, labels_test = _read(test, target)
            paths.append(test)
            split = "one file to train, one to test, each in its own order."
    except ValueError as error:  # Kaggle's tables to test have no labels
        if not isinstance(error.__cause__, _UnlabelledError):
            raise
        warnings.warn(
            f"{error} It is not loaded: the last fifth of each label in {train!r} is for testing.",
            stacklevel=7,
        )
    if len(paths) == 1:
        groups = pandas.Series(labels).groupby(labels)
        tests = (groups.cumcount(ascending=False) < groups.transform("size") // 5).to_numpy()
        if not tests.any():
            raise ValueError(
                f"{train!r} has no 5 images of any label, so that none is left to test."
            )
        images_test, labels_test = images[tests], labels[tests]
        images, labels = images[~tests], labels[~tests]
        split = "of each label, the last fifth of the images, rounded down, tests."
    if all(map(_is_whole, {*labels.tolist(), *labels_test.tolist()})):
        labels, labels_test = (y.astype(float).astype(np.int64) for y in (labels, labels_test))
    emnist = _EMNIST_NAME.match(os.path.basename(train))
    data = assemble(
        [images, labels, images_test, labels_test],
        [f"{part} in {path!r}" for path in (train, paths[-1]) for part in ("images", "labels")],
        source=source,
        form="Images and their labels, the rows of one or two tables.",
        split=split,
        emnist=emnist[1] if emnist else "",
    )
    return replace(data, is_table=True)


def _read(path: str, target: str | int | None) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    import pandas

    with reading(path, _EXPECTED):
        with open_unpacked(path) as file:
            # pandas would end a value there.
            if any(b"\0" in block for block in iter(lambda: file.read(2**20), b"")):
                raise ValueError("it holds NUL bytes, so it is not a table")
        with open_unpacked(path, "rt", encoding="utf-8-sig") as file:
            line = next(filter(str.strip, file), "").strip(" \n")
        separator = next((mark for mark in "\t;|," if mark in line), " ")
        [fields] = csv.reader([line], delimiter=separator, skipinitialspace=True)
        fields = [field.strip(" #'") for field in fields]
        n = len(fields)
        names = fields if _are_names(fields) else []
        shown = names if n < 6 else [*names[:3], "...", *names[-1:]]
        held = ", ".join(repr(name[:40]) for name in shown)
        held = f"its columns are {held}" if names else f"it has {n} columns without names"
        hint = f"{held}; target_column takes the label's column, its name or position, such as -1"
        label, pixels, is_guess = _find_columns(names, n, target, hint)
        size = _size(len(pixels), names[pixels[-1]] if names and pixels else "")
        # Some columns that are no pixels, such as an index, may have values of mixed types.
        with warnings.catch_warnings(action="ignore", category=pandas.errors.DtypeWarning):
            frame = pandas.read_csv(
                os.path.abspath(path),  # not an address
                encoding="utf-8-sig",
                compression="gzip" if is_gzipped(path) else None,
                sep=r"\s+" if separator == " " else separator,
                header=0 if names else None,
                names=range(n),
                dtype={label: str},
                na_filter=False,
                skipinitialspace=" " in line,
            )
        if frame.empty or not isinstance(frame.index, pandas.RangeIndex):
            raise ValueError("it has no rows, or rows with more values than its first line")
        labels = frame[label].str.strip().to_numpy(dtype=str)
        if wrong := _wrong_labels(set(labels.tolist())):
            row = int(np.isin(labels, list(wrong)).argmax())
            raise ValueError(f"{_cell(row, label, names)}, the label, holds {labels[row][:40]!r}")
        images = _pixels(frame, pixels, names).reshape(-1, *size)
        is_like = _like_labels(labels) or not _like_labels(images[:, -1, -1])
        if is_guess and ((labels == labels[0]).all() or not is_like):
            raise ValueError(f"its first column does not look like labels: {hint}")
        return images, labels


def _are_names(fields: list[str]) -> bool:
    """Tell a line of names, which may be numbers from 0 or 1 on, from a row of values."""
    numbers = [field for field in fields if _NUMBER.fullmatch(field)]
    if len(numbers) < 9 and not any(field.casefold() in _LABEL_NAMES for field in fields):
        return not numbers  # a small image may have such pixels
    return sorted(map(float, numbers)) in [
        list(range(start, start + len(numbers))) for start in (0, 1)
    ]


def _find_columns(
    names: list[str], n: int, target: str | int | None, hint: str
) -> tuple[int, list[int], bool]:
    """Find the label's column and those of the pixels, and whether no name gives the former."""
    held = [i for i in range(n) if not (names and _INDEX_NAME.fullmatch(names[i]))]
    is_guess = False
    if isinstance(target, str):
        found = [i for i, name in enumerate(names) if name == target]
    elif target is not None:
        found = list(range(n))[target : target + 1 or None]
    else:
        found = [i for i in held if names and names[i].casefold() in _LABEL_NAMES]
        is_guess = not found and all(_NUMBER.fullmatch(names[i]) for i in held if names)
        if is_guess and not _is_square(len(held)):
            found = held[:1]
        if not found:
            raise _UnlabelledError(f"no column can be the label: {hint}")
    if len(found) != 1:
        raise ValueError(f"target_column={target!r}: {len(found)} columns can be the label: {hint}")
    pixels = [i for i in held if i != found[0]]
    if names:  # such as pixel10, or 2x3, which may stand in the order of the alphabet
        keys = {i: tuple(map(int, re.findall(r"\d+", names[i]))) for i in pixels}
        held_keys = list(keys.values())
        if held_keys not in (sorted(held_keys), sorted(held_keys, key=lambda key: key[::-1])):
            if len(set(held_keys)) < len(pixels):
                raise ValueError(f"the names of its pixels show no order: {hint}")
            pixels.sort(key=keys.__getitem__)
    return found[0], pixels, is_guess


def _size(n: int, last_name: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)x(\d+)", last_name)
    if match and int(match[1]) * int(match[2]) == n:
        return int(match[1]), int(match[2])
    if not _is_square(n):
        raise ValueError(
            f"it has {n} pixels, which do not make a square image; the name of the last column can "
            "give another size, such as 28x20"
        )
    return math.isqrt(n), math.isqrt(n)


def _is_square(n: int) -> bool:
    return n > 0 and math.isqrt(n) ** 2 == n


def _cell(row: int, column: int, names: list[str]) -> str:
    name = f" ({names[column][:40]!r})" if names else ""
    return f"row {row + 1}, column {column + 1}{name}"


def _pixels(frame: Any, columns: list[int], names: list[str]) -> NDArray[np.uint8]:
    import pandas

    pixels = np.empty((len(columns), len(frame)), np.uint8)
    for column, kept in zip(columns, pixels, strict=True):
        values = frame[column].to_numpy()
        if values.dtype.kind not in "iuf":  # some are text
            values = pandas.to_numeric(frame[column].astype(str), errors="coerce").to_numpy(float)
        with np.errstate(invalid="ignore"):
            kept[:] = values
        if (wrong := kept != values).any():
            row = int(wrong.argmax())
            value = str(frame[column][row])
            raise ValueError(f"{_cell(row, column, names)} holds {value[:40]!r}")
    return np.ascontiguousarray(pixels.T)


def _is_whole(text: str) -> bool:
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    return number.is_integer() and abs(number) < 2**53


def _wrong_labels(values: set[str]) -> set[str]:
    """Find what cannot be a label: nothing, decimals and, beside numbers, more than a letter."""
    whole = set(filter(_is_whole, values))
    has_letters = all(len(value) == 1 and value.isalnum() for value in values)
    return {
        value
        for value in values - whole
        if not value or _NUMBER.fullmatch(value) or (whole and not has_letters)
    }


def _like_labels(column: NDArray[Any]) -> bool:
    """Whether a column that has no name holds a few values again and again."""
    counts = np.unique(column, return_counts=True)[1]
    return 1 < len(counts) <= 100 and counts.max() <= 0.9 * len(column)
