"""Which columns of a table are pixels, by their names or their number."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

from skmnist.datasets._headers import FEWEST_PIXELS, LABEL_NAMES, NUMBER, Header

# The index of a data frame, under the names that pandas gives it.
_INDEX_NAME = re.compile(r"|id|index|unnamed: \d+(\.\d+)?", re.IGNORECASE)
# Names in which the column comes first, or may do so.
_COLUMN_FIRST = re.compile(r"(x|c|col|column)_?\d+_?(y|r|row)_?\d+$", re.IGNORECASE)
_LONGEST_NAME = 100
_DIGITS = re.compile(r"\d+", re.ASCII)


class TableOptions(NamedTuple):
    """What the caller has set for tables."""

    target: str | int | None = None  # the column of the label
    transposed: bool | None = None  # whether the images have rows and columns swapped


class Grid(NamedTuple):
    """The columns of the pixels."""

    columns: tuple[int, ...]  # in the order of the pixels, row by row
    shape: tuple[int, int]
    # Whether the images may be down the columns, by names such as 1x1, 2x1.
    is_by_columns: bool = False


def is_index_name(name: str) -> bool:
    return _INDEX_NAME.fullmatch(name) is not None


def has_index_name(header: Header, column: int) -> bool:
    # A damaged row may have more values than there are names.
    return column < len(header.names) and is_index_name(header.names[column])


def label_columns(header: Header, target: str | int | None) -> list[int]:
    """Return the columns that can be the label by their names, or by `target`.

    In a table without names, those are the first, the last and those of text.
    """
    if isinstance(target, str):
        return [i for i, name in enumerate(header.names) if name == target]
    if target is not None:
        columns = range(header.n_columns)
        if not -len(columns) <= target < len(columns):
            return []
        return [columns[target]]

    named = [i for i, name in enumerate(header.names) if name.casefold() in LABEL_NAMES]
    if named or not has_no_names(header):
        return named
    return _label_columns_without_names(header)


def _label_columns_without_names(header: Header) -> list[int]:
    held = held_columns(header)
    return sorted({*held[:1], *held[-1:], *text_columns(header)[:1]})


def text_columns(header: Header) -> list[int]:
    """Return the columns of a table without names that hold text in the first row."""
    held = held_columns(header)
    return [column for column in held if not NUMBER.fullmatch(header.first_row[column])]


def has_no_names(header: Header) -> bool:
    """Whether the columns have no names, or none but their numbers."""
    names = [name for name in header.names if not is_index_name(name)]
    if not all(NUMBER.fullmatch(name) for name in names):
        return False
    numbers = [float(name) for name in names]
    return numbers == sorted(numbers)


def held_columns(header: Header) -> list[int]:
    """Return the columns without names that hold something in the first row."""
    columns = []
    for column, field in enumerate(header.first_row):
        if field and not has_index_name(header, column):
            columns.append(column)
    return columns


def find_pixels(header: Header, label: int | None) -> Grid | None:
    """Find the pixels beside the label."""
    if header.names:
        names = dict(enumerate(header.names))
        names.pop(label, None)  # type: ignore[arg-type]
        return find_named_pixels(names)
    return _as_square([column for column in held_columns(header) if column != label])


def find_named_pixels(names: Mapping[int, str]) -> Grid | None:
    """Find the columns whose names are positions, each of which is there once."""
    positions = find_positions(names)
    n_numbers = len(next(iter(positions.values()), ()))
    if n_numbers == 1:
        return _find_series(positions)
    if n_numbers != 2:
        return None

    grid = _find_rows_and_columns(positions)
    first = names[min(positions)]
    if grid is not None and _COLUMN_FIRST.search(first):
        return grid._replace(is_by_columns=True)
    return grid


def find_positions(names: Mapping[int, str]) -> dict[int, tuple[int, ...]]:
    """Return the numbers in names that have the same text around them, by column."""
    groups: defaultdict[tuple[str, int], dict[int, tuple[int, ...]]] = defaultdict(dict)
    for column, name in names.items():
        numbers = _DIGITS.findall(name)
        if numbers and len(name) < _LONGEST_NAME:
            group = groups[_DIGITS.sub("#", name), len(numbers)]
            group[column] = tuple(int(number) for number in numbers)
    return max(groups.values(), key=len, default={})


def _find_series(positions: dict[int, tuple[int, ...]]) -> Grid | None:
    """Arrange pixels with one number each, such as pixel0 or 784."""
    columns = sorted(positions, key=positions.__getitem__)
    numbers = [positions[column][0] for column in columns]
    start = numbers[0]
    if numbers != list(range(start, start + len(numbers))):
        return None

    # From 2 on, the numbers are those of the columns, as in label, V2, V3.
    offset = start - columns[0]
    are_columns = columns == sorted(columns) and offset in (0, 1)
    if start not in (0, 1) and not are_columns:
        return None
    return _as_square(columns)


def _find_rows_and_columns(positions: dict[int, tuple[int, ...]]) -> Grid | None:
    """Arrange pixels with the numbers of a row and a column each, such as 28x28."""
    columns = sorted(positions, key=positions.__getitem__)
    pairs = [positions[column] for column in columns]
    first, last = pairs[0], pairs[-1]
    rows = range(first[0], last[0] + 1)
    across = range(first[1], last[1] + 1)
    # The number first, since names may have large ones.
    if first not in ((0, 0), (1, 1)) or len(rows) * len(across) != len(pairs):
        return None
    if len(pairs) < FEWEST_PIXELS or pairs != list(product(rows, across)):
        return None

    height, width = len(rows), len(across)
    in_file = list(positions)
    down = sorted(in_file, key=lambda column: positions[column][::-1])
    if in_file == down and min(height, width) > 1:
        return Grid(tuple(in_file), (width, height), is_by_columns=True)
    return Grid(tuple(columns), (height, width))


def _as_square(columns: Sequence[int]) -> Grid | None:
    side = math.isqrt(len(columns))
    if side**2 != len(columns) or len(columns) < FEWEST_PIXELS:
        return None
    return Grid(tuple(columns), (side, side))
