"""Tables of images as text, one row for each image: CSV files, with any of the usual separators."""

from __future__ import annotations

import csv
import gzip
import io
import math
import os
import re
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._arrays import GZIP_START
from skmnist.datasets._image_data import ImageData, assemble, printable

_LABEL_NAMES = ("label", "class", "target", "digit", "y")
_INDEX_NAME = re.compile(r"|id|index|unnamed: \d+", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_EMNIST_NAME = re.compile(r"(emnist-[a-z]+)-t(?:rain|est)\b.*")
_VALUES_AT_ONCE = 2**24  # of eight bytes each; pandas takes 0.1 s more for every part
_LONGEST_LINE = 2**22  # characters
_MOST_COLUMNS = 2**17
_LONGEST_LABEL = 100
_MISSING = {"", "?", "na", "n/a", "<na>", "nan", "null", "none"}
_MOST_LABELS = 100  # of a column that has no name
_PER_TEST_IMAGE = 5
_EXPECTED = "expected one row for each image: its label, and its pixels as integers from 0 to 255"


class UnlabelledError(ValueError):
    """No column of a table can be the label."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a table that hold the label and the pixels."""

    label: int
    pixels: list[int]
    size: tuple[int, int]
    is_guess: bool  # whether the label is the first column for want of names
    names: list[str]
    hint: str

    def where(self, row: int, column: int) -> str:
        name = f" ({self.names[column][:40]!r})" if self.names else ""
        return f"row {row + 1}, column {column + 1}{name}"


def read_two_tables(train: str, test: str, source: str, target: str | int | None) -> ImageData:
    """Read the training images of one table and the test images of another.

    If the latter has no labels, as on Kaggle, the former is divided, with a warning.
    """
    images_train, labels_train = _read(train, target)
    try:
        images_test, labels_test = _read(test, target)
    except UnlabelledError as error:
        data = read_table(train, target)
        warnings.warn(
            f"{error} It is not loaded: the last fifth of each label in {train!r} is for testing.",
            stacklevel=6,
        )
        return data
    labels = _convert(np.concatenate([labels_train, labels_test]))
    n_train = len(labels_train)
    return _assemble(
        [images_train, labels[:n_train], images_test, labels[n_train:]],
        (train, test),
        source=source,
        form="Images and their labels, the rows of two tables.",
        split="one file to train, one to test, each in its own order.",
    )


def read_table(path: str, target: str | int | None) -> ImageData:
    """Read one table. Of each label's images, the last fifth, rounded down, is for testing."""
    images, labels = _read(path, target)
    tests = _last_fifth(labels)
    if not tests.any():
        raise ValueError(
            f"{path!r} has no {_PER_TEST_IMAGE} images of any label, so that none is left to test; "
            "expected more rows, or a folder with one table to train and one to test."
        )
    labels = _convert(labels)
    return _assemble(
        [images[~tests], labels[~tests], images[tests], labels[tests]],
        (path, path),
        source=path,
        form="Images and their labels, the rows of one table.",
        split=(
            "of each label, the first four fifths of the images train and the last fifth,\n"
            "rounded down, tests; each part is in the file's order."
        ),
    )


def _assemble(arrays: Sequence[NDArray[Any]], paths: tuple[str, str], **texts: str) -> ImageData:
    emnist = _EMNIST_NAME.match(os.path.basename(paths[0]))
    return assemble(
        arrays,
        [f"{part} in {path!r}" for path in paths for part in ("the pixels", "the labels")],
        files=tuple(dict.fromkeys(paths)),
        emnist=emnist[1] if emnist else "",
        **texts,
    )


def _last_fifth(labels: NDArray[Any]) -> NDArray[np.bool_]:
    order = np.argsort(labels, kind="stable")
    counts = np.unique(labels, return_counts=True)[1]
    # How many images of the same label come at or after each, in the order of the labels.
    left = np.repeat(np.cumsum(counts), counts) - np.arange(len(labels))
    tests = np.empty(len(labels), bool)
    tests[order] = left <= np.repeat(counts // _PER_TEST_IMAGE, counts)
    return tests


def _read(path: str, target: str | int | None) -> tuple[NDArray[np.uint8], NDArray[np.str_]]:
    """Read images of shape (n, height, width), and their labels as text."""
    where = repr(path)
    try:
        with _open_text(path) as file:
            return _parse(file, target)
    except UnlabelledError as error:
        raise UnlabelledError(f"{where} {error}") from None
    # pandas' errors, and those of the encoding, are ValueErrors.
    except (ValueError, csv.Error, gzip.BadGzipFile, EOFError, zlib.error) as error:
        reason = printable(error).strip(" .")
        raise ValueError(f"{where} cannot be read: {reason}; {_EXPECTED}.") from error


class _Text(io.TextIOWrapper):
    """Text without NUL, at which pandas would end a value."""

    def read(self, size: int | None = -1, /) -> str:
        text = super().read(size)
        if "\0" in text:
            raise ValueError("it holds NUL bytes, as no text does")
        return text


@contextmanager
def _open_text(path: str) -> Iterator[IO[str]]:
    """Open a text file, gzipped or not, with or without a byte-order mark."""
    with open(path, "rb") as file:
        stream: Any = gzip.GzipFile(fileobj=file) if file.read(2) == GZIP_START else file
        file.seek(0)
        is_utf_16 = stream.read(2) in (b"\xff\xfe", b"\xfe\xff")
        stream.seek(0)
        with _Text(stream, "utf-16" if is_utf_16 else "utf-8-sig", newline="") as text:
            yield text


def _parse(file: IO[str], target: str | int | None) -> tuple[NDArray[np.uint8], NDArray[np.str_]]:
    import pandas  # here, because it takes half a second

    line = "\n"
    while line.isspace():
        line = file.readline(_LONGEST_LINE)
    separator = next((mark for mark in "\t;|," if mark in line), " ")
    lines = csv.reader([line.strip(" \r\n")], delimiter=separator, skipinitialspace=True)
    fields = [field.strip(" \r\n#'") for field in next(lines, [])]
    if not fields:
        raise ValueError("it is empty")
    if len(line) == _LONGEST_LINE or len(fields) > _MOST_COLUMNS:
        raise ValueError(f"its first line is too long; at most {_MOST_COLUMNS:,} columns are read")
    names = fields if _are_names(fields) else []
    columns = _find_columns(names, len(fields), target)
    if not names:
        file.seek(0)

    labels: list[str] = []
    parts = []
    with pandas.read_csv(
        file,
        sep=r"\s+" if separator == " " else separator,
        header=None,
        dtype={columns.label: str},
        na_filter=False,
        skipinitialspace=True,
        low_memory=False,
        chunksize=max(1, _VALUES_AT_ONCE // len(fields)),
    ) as chunks:
        for frame in chunks:
            if frame.shape[1] != len(fields):
                raise ValueError(f"it has {len(fields)} names, but rows of {frame.shape[1]} values")
            parts.append(_pixels(frame, columns, len(labels)))
            labels += [str(label).strip() for label in frame[columns.label]]
    images = np.concatenate(parts).reshape(-1, *columns.size)
    return images, _check_labels(labels, columns, images, target)


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


def _find_columns(names: list[str], n: int, target: str | int | None) -> _Columns:
    shown = [repr(name[:40]) for name in names]
    if n > 5:
        shown[3:-1] = ["..."]
    hint = (
        f"its columns are {', '.join(shown)}" if names else f"it has {n} columns without names"
    ) + "; target_column takes the name of the label's column or its position, such as -1"
    held = [i for i in range(n) if not (names and _INDEX_NAME.fullmatch(names[i]))]
    numbered = all(_NUMBER.fullmatch(names[i]) for i in held) if names else True
    if isinstance(target, int):
        found = list(range(n))[target : target + 1 or None]
    elif target is not None:
        found = [i for i, name in enumerate(names) if name == target]
    elif numbered:
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
    size = _size([names[i] for i in pixels] if names else [""] * len(pixels))
    return _Columns(found[0], pixels, size, target is None and numbered, names, hint)


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


def _pixels(frame: Any, columns: _Columns, n_read: int) -> NDArray[np.uint8]:
    import pandas

    frame = frame[columns.pixels]
    values = frame.to_numpy()
    if values.dtype.kind not in "iuf":  # some are text
        values = frame.astype(str).apply(pandas.to_numeric, errors="coerce").to_numpy(float)
    with np.errstate(invalid="ignore"):
        pixels = values.astype(np.uint8, order="C")
    wrong = pixels != values
    if wrong.any():
        row, pixel = np.argwhere(wrong)[0]
        where = columns.where(n_read + row, columns.pixels[pixel])
        raise ValueError(f"{where} holds {str(frame.iat[row, pixel])[:40]!r}")
    return pixels


def _check_labels(
    labels: list[str], columns: _Columns, images: NDArray[np.uint8], target: str | int | None
) -> NDArray[np.str_]:
    if max(map(len, labels)) > _LONGEST_LABEL:
        raise ValueError(f"a label is longer than {_LONGEST_LABEL} characters")
    column = np.array(labels)
    values = set(labels)
    numbers = {value for value in values if _NUMBER.fullmatch(value)}
    texts = values - numbers
    wrong = values & {""}
    # Digits may stand among letters, but not other numbers, nor words for what is missing alone.
    if numbers and (
        all(text.casefold() in _MISSING for text in texts) or any(len(n) > 1 for n in numbers)
    ):
        wrong = texts | {number for number in numbers if _whole(number) is None}
    if wrong:
        row = min(map(labels.index, wrong))
        raise ValueError(f"{columns.where(row, columns.label)}, the label, holds {labels[row]!r}")
    if target is None and len(values) == 1:
        raise ValueError(
            f"the label in {columns.where(0, columns.label)}, and in all other rows, is "
            f"{labels[0]!r} ({columns.hint})"
        )
    if columns.is_guess and not _like_labels(column) and _like_labels(images[:, -1, -1]):
        raise ValueError(f"its last column, not its first, looks like labels ({columns.hint})")
    return column


def _like_labels(column: NDArray[Any]) -> bool:
    counts = np.unique(column, return_counts=True)[1]
    return 1 < len(counts) <= _MOST_LABELS and counts.max() <= 0.9 * len(column)


def _convert(labels: NDArray[np.str_]) -> NDArray[Any]:
    """Make whole numbers of labels, if all are."""
    values, codes = np.unique(labels, return_inverse=True)
    numbers = [_whole(value) for value in values.tolist()]
    return labels if None in numbers else np.array(numbers)[codes]


def _whole(text: str) -> int | None:
    """Read a whole number, such as 5 or 5.0."""
    if re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
        return int(text)
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    return int(number) if number.is_integer() and abs(number) < 2**53 else None
