"""Tables of images as text, one row for each image: CSV files, with any of the usual separators."""

from __future__ import annotations

import csv
import math
import os
import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmnist._files import printable
from skmnist.datasets._arrays import GZIP_ERRORS, is_gzipped, open_unpacked
from skmnist.datasets._image_data import ImageData, assemble

# pandas is imported by the functions that use it, because it takes half a second.

_LABEL_NAMES = ("label", "class", "target", "digit", "y")
_INDEX_NAME = re.compile(r"|id|index|unnamed: \d+", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_EMNIST_NAME = re.compile(r"(emnist-[a-z]+)-t(?:rain|est)\b.*")
_LONGEST_LINE = 2**22  # characters
_MOST_COLUMNS = 2**17
_LONGEST_LABEL = 100
_MISSING = {"", "?", "na", "n/a", "<na>", "nan", "null", "none"}
_MOST_LABELS = 100  # of a column that has no name
_PER_TEST_IMAGE = 5
_EXPECTED = "expected one row for each image: its label, and its pixels as integers from 0 to 255"


class UnlabelledError(ValueError):
    """No column of a table can be the label."""


def read_tables(train: str, test: str | None, source: str, target: str | int | None) -> ImageData:
    """Read a table to train and one to test, or divide one: a fifth of each label is for testing.

    A table to test without labels, as Kaggle has them, causes a warning.
    """
    images, labels = _read(train, target)
    paths = [train]
    try:
        if test is not None:
            images_test, labels_test = _read(test, target)
            paths.append(test)
            split = "one file to train, one to test, each in its own order."
    except UnlabelledError as error:
        warnings.warn(
            f"{error} It is not loaded: the last fifth of each label in {train!r} is for testing.",
            stacklevel=6,
        )
    if len(paths) == 1:
        tests = _last_fifth(labels)
        if not tests.any():
            raise ValueError(
                f"{train!r} has no {_PER_TEST_IMAGE} images of any label, so that none is left to "
                "test; expected more rows, or a folder with one table to train and one to test."
            )
        images_test, labels_test = images[tests], labels[tests]
        images, labels = images[~tests], labels[~tests]
        split = (
            "of each label, the first four fifths of the images train and the last fifth,\n"
            "rounded down, tests; each part is in the file's order."
        )
    values = np.union1d(labels, labels_test)
    numbers = [_whole(value) for value in values.tolist()]
    if None not in numbers:
        labels, labels_test = (
            np.array(numbers)[np.searchsorted(values, texts)] for texts in (labels, labels_test)
        )
    emnist = _EMNIST_NAME.match(os.path.basename(train))
    return assemble(
        [images, labels, images_test, labels_test],
        [f"{part} in {path!r}" for path in (train, paths[-1]) for part in ("images", "labels")],
        source=source,
        form="Images and their labels, the rows of one or two tables.",
        split=split,
        files=tuple(paths),
        emnist=emnist[1] if emnist else "",
    )


def _last_fifth(labels: NDArray[Any]) -> NDArray[np.bool_]:
    import pandas

    groups = pandas.Series(labels).groupby(labels)
    n_after = groups.cumcount(ascending=False)
    return (n_after < groups.transform("size") // _PER_TEST_IMAGE).to_numpy()


def _read(path: str, target: str | int | None) -> tuple[NDArray[np.uint8], NDArray[np.str_]]:
    """Read images of shape (n, height, width), and their labels as text."""
    try:
        return _parse(path, target)
    except UnlabelledError as error:
        raise UnlabelledError(f"{path!r} {error}") from None
    # pandas' errors, and those of the encoding, are ValueErrors.
    except (ValueError, csv.Error, *GZIP_ERRORS) as error:
        reason = printable(error).strip(" .")
        raise ValueError(f"{path!r} cannot be read: {reason}; {_EXPECTED}.") from error


def _parse(path: str, target: str | int | None) -> tuple[NDArray[np.uint8], NDArray[np.str_]]:
    import pandas

    line, n_lines = "\n", 0
    with open_unpacked(path, "rt", encoding="utf-8-sig", newline="") as file:
        while line.isspace():
            line, n_lines = file.readline(_LONGEST_LINE), n_lines + 1
        # pandas would end a value there.
        if "\0" in line or any("\0" in text for text in iter(lambda: file.read(2**20), "")):
            raise ValueError("it holds NUL bytes, as no text does")
    separator = next((mark for mark in "\t;|," if mark in line), " ")
    lines = csv.reader([line.strip(" \r\n")], delimiter=separator, skipinitialspace=True)
    fields = [field.strip(" \r\n#'") for field in next(lines, [])]
    n = len(fields)
    if not 0 < n <= _MOST_COLUMNS or len(line) == _LONGEST_LINE:
        raise ValueError(f"it is empty, or has more than {_MOST_COLUMNS:,} columns")
    names = fields if _are_names(fields) else []
    shown = [repr(name[:40]) for name in names]
    if n > 5:
        shown[3:-1] = ["..."]
    held = f"its columns are {', '.join(shown)}" if names else f"it has {n} columns without names"
    hint = f"{held}; target_column takes the name of the label's column or its position, such as -1"
    label, pixels, is_guess = _find_columns(names, n, target, hint)
    size = _size([names[i] for i in pixels] if names else [""] * len(pixels))

    # pandas reads a large file in several threads if it opens it, and then skips whole lines
    # that end in a newline alone.
    with warnings.catch_warnings(action="ignore", category=pandas.errors.DtypeWarning):
        frame = pandas.read_csv(
            os.path.abspath(path),
            encoding="utf-8-sig",
            compression="gzip" if is_gzipped(path) else None,
            skiprows=n_lines if names else 0,
            low_memory=not line.endswith("\r"),
            sep=r"\s+" if separator == " " else separator,
            header=None,
            dtype={label: str},
            na_filter=False,
            skipinitialspace=" " in line,
        )
    if frame.shape[1] != n:
        raise ValueError(f"it has {n} names, but rows of {frame.shape[1]} values")
    texts = frame[label].str.strip().tolist()
    images = _pixels(frame, pixels, names).reshape(-1, *size)
    if wrong := _wrong_labels(texts):
        row = min(map(texts.index, wrong))
        raise ValueError(f"{_cell(row, label, names)}, the label, holds {texts[row][:40]!r}")
    labels = np.array(texts)
    if target is None and (labels == texts[0]).all():
        raise ValueError(f"every label, as in {_cell(0, label, names)}, is {texts[0]!r} ({hint})")
    if is_guess and not _like_labels(labels) and _like_labels(images[:, -1, -1]):
        raise ValueError(f"its last column, not its first, looks like labels ({hint})")
    return images, labels


def _are_names(fields: list[str]) -> bool:
    """Tell a line of names from a row, whose label may be a letter.

    Names may be numbers, as pandas numbers columns: from 0 or 1 on.
    """
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
    is_guess = target is None and all(_NUMBER.fullmatch(names[i]) for i in held if names)
    if isinstance(target, str):
        found = [i for i, name in enumerate(names) if name == target]
    elif target is not None:
        found = list(range(n))[target : target + 1 or None]
    elif is_guess:
        found = [] if _is_square(len(held)) else held[:1]
    else:
        found = [i for i in held if names[i].casefold() in _LABEL_NAMES]
    if not found and target is None:
        raise UnlabelledError(f"has no column that can be the label ({hint}).")
    if len(found) != 1:
        given = "" if target is None else f"target_column={target!r}: "
        raise ValueError(f"{given}{len(found)} columns can be the label ({hint})")
    pixels = [i for i in held if i != found[0]]
    if names:  # such as pixel10, or 2x3, which may stand in the order of the alphabet
        keys = [tuple(map(int, re.findall(r"\d+", names[i]))) for i in pixels]
        if keys not in (sorted(keys), sorted(keys, key=lambda key: key[::-1])):
            if len(set(keys)) < len(keys) or len(set(map(len, keys))) > 1:
                raise ValueError(f"the names of its pixels show no order ({hint})")
            pixels = [pixel for _, pixel in sorted(zip(keys, pixels, strict=True))]
    return found[0], pixels, is_guess


def _size(names: list[str]) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)x(\d+)", names[-1]) if names else None
    if match and int(match[1]) * int(match[2]) == len(names):
        return int(match[1]), int(match[2])
    if not _is_square(len(names)):
        raise ValueError(
            f"it has {len(names)} pixels, which do not make a square image (the name of the last "
            "column can give another size, such as 28x20)"
        )
    return math.isqrt(len(names)), math.isqrt(len(names))


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
        # The least and the largest take a tenth of the time of a comparison.
        is_whole = values.dtype.kind in "iu" and values.min() >= 0 and values.max() <= 255
        if not is_whole and (wrong := kept != values).any():
            row = int(wrong.argmax())
            value = str(frame[column][row])
            raise ValueError(f"{_cell(row, column, names)} holds {value[:40]!r}")
    return np.ascontiguousarray(pixels.T)


def _wrong_labels(texts: list[str]) -> set[str]:
    """Find labels that are empty, too long, or among numbers and not whole numbers."""
    values = set(texts)
    whole = {value for value in values if _whole(value) is not None}
    if any(len(number) > 1 for number in whole):  # digits may stand among letters
        return values - whole
    missing = _MISSING if whole else {""}
    return {
        value
        for value in values - whole
        if len(value) > _LONGEST_LABEL or _NUMBER.fullmatch(value) or value.casefold() in missing
    }


def _like_labels(column: NDArray[Any]) -> bool:
    counts = np.unique(column, return_counts=True)[1]
    return 1 < len(counts) <= _MOST_LABELS and counts.max() <= 0.9 * len(column)


def _whole(text: str) -> int | None:
    """Read a whole number, such as 5 or 5.0."""
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    return int(number) if number.is_integer() and abs(number) < 2**53 else None
