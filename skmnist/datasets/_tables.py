"""Tables of images as text, with a row for each image: CSV files and their likes.

A table is read if its columns prove what they are: by their names, or, without names,
by the values of the first column and the last. All others are refused, see
`_other_tables`.
"""

from __future__ import annotations

import codecs
import math
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._arrays import open_unpacked, reading
from skmnist.datasets._columns import (
    Grid,
    TableOptions,
    find_pixels,
    has_index_name,
    has_no_names,
    held_columns,
    is_index_name,
    label_columns,
    text_columns,
)
from skmnist.datasets._headers import (
    NUMBER,
    Header,
    abbreviate,
    are_made_of_values,
    read_header,
)
from skmnist.datasets._image_data import ImageData, Part, assemble
from skmnist.datasets._other_tables import (
    refuse_coloured,
    refuse_encoding,
    refuse_label,
    refuse_made_of_values,
    refuse_more_columns,
    refuse_pixels,
    refuse_unnamed_label,
    refuse_unordered,
    refuse_value,
)

# pandas is imported by the functions that use it, because it takes half a second.

_EXPECTED = "a row for each image: its label, and its pixels as integers from 0 to 255"
# A column without a name may be the label if it has at most so many values, and none
# of them in more than this share of the rows.
_MOST_LABELS = 100
_LARGEST_SHARE_OF_LABEL = 0.9
# It is a pixel, such as a corner, if one value is in this share of the rows.
_SHARE_OF_CORNER = 0.99


class _Table(NamedTuple):
    images: NDArray[np.uint8]
    labels: NDArray[Any]  # str
    left_out: list[str]  # the names of columns that are neither label nor pixel


def read_table(path: str, options: TableOptions) -> ImageData:
    """Read a table, and divide it into images to train and to test."""
    return _divide(_read(path, path, options), path, path)


def read_two_tables(
    train: str, test: str, source: str, options: TableOptions
) -> ImageData:
    """Read two tables; the one to train is divided if that to test has no labels."""
    table = _read(train, source, options)
    if _has_no_labels(test, table.images[0].size, options):
        data = _divide(table, train, source)
        warning = (
            f"{test!r} has no labels and is not loaded: the last fifth of each label "
            f"in {train!r} is for testing."
        )
        return _with_warning(data, warning)

    table_test = _read(test, source, options)
    labels, labels_test = _as_integers(table.labels, table_test.labels)
    return assemble(
        _as_part(table.images, labels, train),
        _as_part(table_test.images, labels_test, test),
        source=source,
        form=_describe([*table.left_out, *table_test.left_out]),
        split="one file to train, one to test, each in its own order.",
    )


def _divide(table: _Table, path: str, source: str) -> ImageData:
    """Set the last fifth of each label aside to test."""
    import pandas

    groups = pandas.Series(table.labels).groupby(table.labels)
    n_after = groups.cumcount(ascending=False)
    is_test = (n_after < groups.transform("size") // 5).to_numpy()
    if not is_test.any():
        raise ValueError(
            f"{path!r} has no 5 images of any label, so that none is left to test."
        )

    labels, labels_test = _as_integers(table.labels[~is_test], table.labels[is_test])
    return assemble(
        _as_part(table.images[~is_test], labels, path),
        _as_part(table.images[is_test], labels_test, path),
        source=source,
        form=_describe(table.left_out),
        split="of each label, the last fifth of the images, rounded down, tests.",
    )


def _as_part(images: NDArray[np.uint8], labels: NDArray[Any], path: str) -> Part:
    return Part(images, labels, f"images in {path!r}", f"labels in {path!r}")


def _describe(left_out: Sequence[str]) -> str:
    form = "Images and their labels, the rows of one or two tables."
    if left_out:
        names = abbreviate(list(dict.fromkeys(left_out)))
        form = f"{form} Columns that were left out: {names}."
    return form


def _as_integers(*labels: NDArray[Any]) -> list[NDArray[Any]]:
    """Turn labels into integers if all of them are whole numbers."""
    values = {label for part in labels for label in part.tolist()}
    if all(_is_whole(value) for value in values):
        return [part.astype(float).astype(np.int64) for part in labels]
    return list(labels)


def _has_no_labels(path: str, n_pixels: int, options: TableOptions) -> bool:
    """Whether a table has so many pixels and no label, as Kaggle's to test."""
    with reading(path, _EXPECTED):
        header = read_header(path)
    if has_no_names(header):
        return len(held_columns(header)) == n_pixels

    is_target = isinstance(options.target, str) and options.target in header.names
    if is_target or label_columns(header, None):
        return False
    grid = find_pixels(header, None)
    if grid is None:
        return False
    others = [name for i, name in enumerate(header.names) if i not in grid.columns]
    return all(is_index_name(name) for name in others)


def _read(path: str, source: str, options: TableOptions) -> _Table:
    header = replace(_read_header(path), source=source)

    candidates = label_columns(header, options.target)
    is_named = options.target is not None or not has_no_names(header)
    if not candidates or (is_named and len(candidates) > 1):
        raise refuse_label(header, candidates, options)
    if all(find_pixels(header, label) is None for label in candidates):
        raise refuse_pixels(header, candidates[0])

    with reading(path, _EXPECTED):
        frame = _read_frame(header, candidates)
    label: int | None = candidates[0]
    if not is_named:
        label = _find_unnamed_label(frame, header)
    if label is None:
        raise refuse_unnamed_label(header, options)
    return _take(frame, header, label, options)


def _read_header(path: str) -> Header:
    """Read the first lines, or refuse a file that is certainly damaged."""
    with reading(path, _EXPECTED):
        is_text = _is_utf_8(path)
    if not is_text:
        raise refuse_encoding(path)

    with reading(path, _EXPECTED):
        header = read_header(path)
    if are_made_of_values(header.names):
        raise refuse_made_of_values(header)
    return header


def _find_unnamed_label(frame: Any, header: Header) -> int | None:
    """Return the one column of text, or the first if its values prove it."""
    text = text_columns(header)
    if len(text) == 1:
        values = frame[text[0]].str.strip()
        if not values.str.fullmatch(NUMBER).any():
            return text[0]

    held = held_columns(header)
    if _is_first_the_label(frame, held[0], held[-1]):
        return held[0]
    return None


def _take(frame: Any, header: Header, label: int, options: TableOptions) -> _Table:
    """Take label and pixels out of the columns, and account for all others."""
    grid = find_pixels(header, label)
    if grid is None:
        raise refuse_pixels(header, label)
    if grid.is_by_columns and options.transposed is None:
        raise refuse_unordered(header, options)

    others = _other_columns(frame, header, {label, *grid.columns})
    is_chosen = options.target is not None and bool(header.names)
    if others and not is_chosen:
        raise refuse_more_columns(header, label, others, options)

    labels = _read_labels(frame, header, label, grid)
    pixels = _read_pixels(frame, header, label, grid)
    if _have_opacity(pixels):
        raise refuse_coloured(header, label, 4)

    left_out = [header.names[column] for column in others]
    return _Table(pixels.reshape(-1, *grid.shape), labels, left_out)


def _other_columns(frame: Any, header: Header, known: set[int]) -> list[int]:
    """Return the columns that are neither known nor empty nor an index."""
    others = []
    for column in range(header.n_columns):
        if column in known or _is_empty(frame[column]):
            continue
        has_its_name = has_index_name(header, column)
        if not has_its_name or not _is_index(frame[column]):
            others.append(column)
    return others


def _is_empty(column: Any) -> bool:
    return bool((column.astype(str).str.strip() == "").all())


def _is_index(column: Any) -> bool:
    """Whether a column holds integers, which may repeat, or names of rows."""
    if column.dtype.kind in "iu":
        return True
    return column.is_unique and not (column == "").any()


def _is_utf_8(path: str) -> bool:
    """Whether a file holds UTF-8; refuse NUL bytes, at which pandas ends values."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_unpacked(path) as file:
        while block := file.read(2**20):
            if b"\0" in block:
                raise ValueError("it holds NUL bytes, so it is not a table")
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return False
    return True


def _read_frame(header: Header, labels: Sequence[int]) -> Any:
    """Read all rows; columns that may be the label stay text."""
    import pandas

    # Columns that are no pixels, such as an index, may have values of mixed types.
    with warnings.catch_warnings(action="ignore", category=pandas.errors.DtypeWarning):
        frame = header.read_rows(
            dtype=dict.fromkeys(labels, str),
            na_filter=False,
            skipinitialspace=True,
        )

    if not header.first_row or frame.empty:
        raise ValueError("it has no rows")
    if not isinstance(frame.index, pandas.RangeIndex):
        raise ValueError("it has rows with more values than its first line")
    return frame


def _is_first_the_label(frame: Any, first: int, last: int) -> bool:
    """Whether the first column could be the label, and the last could not."""
    counts = frame[first].str.strip().value_counts()
    n_rows = len(frame)
    repeats = 1 < len(counts) <= _MOST_LABELS and len(counts) < n_rows
    is_even = counts.max() <= _LARGEST_SHARE_OF_LABEL * n_rows

    # The lower right corner of most images is one and the same, and a label never is.
    n_corner = frame[last].value_counts().max()
    return bool(repeats and is_even and n_corner >= _SHARE_OF_CORNER * n_rows)


def _read_labels(frame: Any, header: Header, label: int, grid: Grid) -> NDArray[Any]:
    labels = _unquote(frame[label].str.strip()).to_numpy(dtype=str)
    wrong = _wrong_labels(set(labels.tolist()))
    if wrong:
        row = int(np.isin(labels, list(wrong)).argmax())
        where = f"row {row + 1}, {header.name_column(label)}"
        what = f"{where}, the label, holds {labels[row][:40]!r}"
        raise refuse_value(header, label, grid, what)
    return labels


def _unquote(labels: Any) -> Any:
    """Take the quotes off labels such as '5' or b'5', if all have them."""
    inner = labels.str.extract(r"^b?(['\"])(?P<inner>.*)\1$")["inner"]
    if inner.notna().all():
        return inner
    return labels


def _wrong_labels(values: set[str]) -> set[str]:
    """Find what is no label: nothing, decimals and, beside numbers, words."""
    whole = {value for value in values if _is_whole(value)}
    others = values - whole
    are_characters = all(len(value) == 1 and value.isalnum() for value in values)
    if whole and not are_characters:
        return others
    return {value for value in others if not value or NUMBER.fullmatch(value)}


def _is_whole(text: str) -> bool:
    if not NUMBER.fullmatch(text):
        return False
    number = float(text)
    return math.isfinite(number) and number.is_integer() and abs(number) < 2**53


def _read_pixels(
    frame: Any, header: Header, label: int, grid: Grid
) -> NDArray[np.uint8]:
    pixels = np.empty((len(grid.columns), len(frame)), np.uint8)
    for column, kept in zip(grid.columns, pixels, strict=True):
        values = _as_numbers(frame[column])
        with np.errstate(invalid="ignore"):
            kept[:] = values

        is_wrong = kept != values
        if is_wrong.any():
            row = int(is_wrong.argmax())
            where = f"row {row + 1}, {header.name_column(column)}"
            value = str(frame[column][row])[:40]
            what = f"{where} holds {value!r}, not an integer from 0 to 255"
            raise refuse_value(header, label, grid, what)
    return np.ascontiguousarray(pixels.T)


def _as_numbers(column: Any) -> NDArray[Any]:
    import pandas

    values = column.to_numpy()
    if values.dtype.kind in "iuf":
        return values
    # Some are text.
    return pandas.to_numeric(column.astype(str), errors="coerce").to_numpy(float)


def _have_opacity(pixels: NDArray[np.uint8]) -> bool:
    """Whether every fourth pixel is opaque in all images, as where each has four."""
    if pixels.shape[1] % 4:
        return False
    is_opaque = bool((pixels[:, 3::4] == 255).all())
    return is_opaque and not bool((pixels == 255).all())


def _with_warning(data: ImageData, warning: str) -> ImageData:
    return replace(data, warnings=(*data.warnings, warning))
