"""The first lines of a table: its separator, its names and its first row of values."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from skmnist._files import printable
from skmnist.datasets._arrays import is_gzipped, open_unpacked

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
LABEL_NAMES = ("label", "class", "target", "digit", "y")
# What pandas and R name columns whose names they take from a row of values: 5, 0, 0.1
# and 0.2, or X5, X0, X0.1 and X0.2.
_NAME_FROM_VALUE = re.compile(r"(?P<value>X?\d+)(?P<copy>\.\d+)?", re.ASCII)
# Tables of fewer columns hold something else, such as predictions or measurements.
FEWEST_PIXELS = 16
_SEPARATORS = "\t;|,"
_MOST_LINES = 100
_LONGEST_LINE = 10**7

# The number of a line in its file, and its text.
_Line: TypeAlias = tuple[int, str]


class _Row(NamedTuple):
    number: int  # of its line
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Header:
    """What the first lines of a table show."""

    path: str
    separator: str  # " " for white space of any length
    names: tuple[str, ...]  # one for each column, or none
    first_row: tuple[str, ...]  # none in a table without rows
    n_lines: int  # lines before the first row
    has_row_names: bool = False  # whether the first column has no name, not even ""
    source: str = ""  # what `load_mnist` was given, if that is not the path

    @property
    def n_columns(self) -> int:
        return len(self.names) or len(self.first_row)

    def name_column(self, column: int) -> str:
        if self.names:
            return f"column {column + 1} ({printable(self.names[column])[:40]!r})"
        return f"column {column + 1}"

    def describe(self) -> str:
        """Describe the columns and what they hold."""
        counted = f"{self.n_columns} columns"
        if self.n_columns == 1:
            counted = "1 column"
        columns = f"It has {counted} without names"
        if self.names:
            columns = f"It has {counted}: {abbreviate(self.names)}"

        if not self.first_row:
            return f"{columns}."
        return f"{columns}. The first row is {abbreviate(self.first_row)}."

    def read_call(self, **options: Any) -> str:
        """Return a call of pandas.read_csv that reads the rows, without names."""
        options = {"header": None} | options
        if self.n_lines:
            options["skiprows"] = self.n_lines
        if self.separator != ",":
            options["sep"] = self._pandas_separator
        if is_gzipped(self.path):
            options["compression"] = "gzip"

        shown = [f"{name}={value!r}" for name, value in options.items()]
        return f"pandas.read_csv({self.path!r}, {', '.join(shown)})"

    def read_rows(self, **options: Any) -> Any:
        """Read the rows as a data frame, whose columns are numbered from 0."""
        import pandas  # here, because it takes half a second

        compression = None
        if is_gzipped(self.path):
            compression = "gzip"
        return pandas.read_csv(
            os.path.abspath(self.path),  # not an address
            compression=compression,
            encoding="utf-8-sig",
            header=None,
            names=range(self.n_columns),
            sep=self._pandas_separator,
            skiprows=self.n_lines,
            **options,
        )

    @property
    def _pandas_separator(self) -> str:
        if self.separator == " ":
            return r"\s+"
        return self.separator


def abbreviate(fields: Sequence[str]) -> str:
    """List the first fields and the last for a message."""
    shown = [repr(field[:40]) for field in fields]
    if len(shown) > 6:
        shown = [*shown[:4], "...", shown[-1]]
    return ", ".join(shown)


def read_header(path: str) -> Header:
    """Read the lines of a table up to its first row of values."""
    lines = _read_first_lines(path)
    separator = _declared_separator(lines)
    if separator:
        lines = lines[1:]
    comments, lines = _split_comments(lines, separator)
    if lines and not separator:
        separator = _find_separator(lines[0][1])
    rows = [_Row(number, _split(line, separator)) for number, line in lines]

    names = _names_in_comment(comments, rows, separator)
    if rows and not names and are_names(rows[0].fields):
        names = rows[0].fields
        rows = rows[1:]

    header = Header(path, separator, names, first_row=(), n_lines=0)
    if rows:
        header = replace(header, first_row=rows[0].fields, n_lines=rows[0].number)
    return _with_a_name_more(header)


def _with_a_name_more(header: Header) -> Header:
    """Name a column that only the rows have."""
    if not header.names or len(header.first_row) != len(header.names) + 1:
        return header
    # Other tables than R's have a separator at the end of each row.
    if header.first_row[-1] == "":
        return replace(header, names=(*header.names, ""))
    # R's write.table writes names of rows, and none for their column.
    return replace(header, names=("", *header.names), has_row_names=True)


def _read_first_lines(path: str) -> list[_Line]:
    with open_unpacked(path, "rt", encoding="utf-8-sig") as file:
        lines = [file.readline(_LONGEST_LINE) for _ in range(_MOST_LINES)]
    numbered = [(number, line.strip(" \n")) for number, line in enumerate(lines)]
    return [(number, line) for number, line in numbered if line.strip()]


def _declared_separator(lines: Sequence[_Line]) -> str:
    """Return the separator in a line such as "sep=;", which Excel reads and writes."""
    if not lines:
        return ""
    match = re.fullmatch(r"sep=(.)", lines[0][1].strip('"'))
    if match is None:
        return ""
    return match[1]


def _split_comments(
    lines: list[_Line], separator: str
) -> tuple[list[_Line], list[_Line]]:
    """Divide the first lines into comments and the first two lines of a table."""
    n_fields = [len(_split_alone(line, separator)) for _, line in lines]
    holds_images = max(n_fields, default=0) > FEWEST_PIXELS

    for n_comments, (_, line) in enumerate(lines):
        if not _is_comment(line, separator, holds_images):
            return lines[:n_comments], lines[n_comments : n_comments + 2]
    return [], lines[:2]


def _is_comment(line: str, separator: str, holds_images: bool) -> bool:
    """Whether a line is a comment, or a title above images; never a damaged row."""
    fields = _split_alone(line.lstrip("# "), separator)
    is_short = len(fields) <= FEWEST_PIXELS
    if line.startswith("#"):
        return is_short or are_names(fields)

    numbers = [field for field in fields if NUMBER.fullmatch(field)]
    has_letters = any(character.isalpha() for character in line)
    is_text = has_letters and len(numbers) <= len(fields) / 2
    return holds_images and is_short and is_text


def _names_in_comment(
    comments: Sequence[_Line], rows: Sequence[_Row], separator: str
) -> tuple[str, ...]:
    """Return the names in the last comment, as numpy.savetxt writes them."""
    if not comments or not rows:
        return ()
    fields = _split(comments[-1][1].lstrip("# "), separator)
    if len(fields) == len(rows[0].fields) and are_names(fields):
        return fields
    return ()


def _find_separator(line: str) -> str:
    """Return the mark that is most frequent in a line."""
    mark = max(_SEPARATORS, key=line.count)
    return mark if mark in line else " "


def _split_alone(line: str, separator: str) -> tuple[str, ...]:
    """Split a line by the declared separator, or, without one, by its own."""
    return _split(line, separator or _find_separator(line))


def _split(line: str, separator: str) -> tuple[str, ...]:
    [fields] = csv.reader([line], delimiter=separator, skipinitialspace=True)
    return tuple(field.strip(" '") for field in fields)


def are_names(fields: Sequence[str]) -> bool:
    """Whether fields are the names of columns, which may be numbers, not values."""
    numbers = [field for field in fields if NUMBER.fullmatch(field)]
    if not numbers or are_made_of_values(fields) or are_counted(numbers):
        return True

    # Most values of a row are numbers, unless it is too short for an image.
    has_label = any(field.casefold() in LABEL_NAMES for field in fields)
    is_long = len(fields) > FEWEST_PIXELS
    return (has_label or is_long) and len(numbers) < len(fields) / 2


def are_counted(numbers: Sequence[str]) -> bool:
    """Whether numbers are those from 0 or 1 on, in any order."""
    if len(numbers) < FEWEST_PIXELS:
        return False
    counts = sorted(float(number) for number in numbers)
    n = len(counts)
    return counts == list(range(n)) or counts == list(range(1, n + 1))


def are_made_of_values(names: Sequence[str]) -> bool:
    """Whether names were made of a row of values by a reader that took it for names.

    The reader makes names of equal values different, such as 0, 0.1 and 0.2.
    """
    values, copied, n_others = set(), set(), 0
    for name in names:
        match = _NAME_FROM_VALUE.fullmatch(name)
        if match is None:
            n_others += 1
        elif match["copy"]:
            copied.add(match["value"])
        else:
            values.add(match["value"])

    are_distinct = len(set(names)) == len(names)
    # An index and a text label may be beside them.
    return are_distinct and n_others <= 2 and bool(copied) and copied <= values
