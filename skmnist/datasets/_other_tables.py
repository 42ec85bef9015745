"""Tables that are not read: what is in them, and lines of Python that read them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmnist.datasets._arrays import is_gzipped
from skmnist.datasets._columns import (
    Grid,
    TableOptions,
    find_pixels,
    find_positions,
    has_index_name,
    has_no_names,
    held_columns,
    is_index_name,
    label_columns,
)
from skmnist.datasets._headers import (
    FEWEST_PIXELS,
    NUMBER,
    Header,
    abbreviate,
)
from skmnist.datasets._lines import FIT, IMPORTS, lines_for_text, with_lines
from skmnist.datasets._separate_files import find_partner, lines_for_pair

_ROWS_LOOKED_AT = 200
_MOST_CLASSES = 62
_MOST_CHOICES = 5
_COLOURS = {3: "red, green and blue", 4: "red, green, blue and opacity"}


class _Finding(NamedTuple):
    """Why a table is not read, and lines that read it, if there are any."""

    reason: str
    lines: Sequence[str] = ()


def refuse_made_of_values(header: Header) -> ValueError:
    """Refuse a table that was written with its first row for names."""
    reason = (
        "its names are made of a row of values, as pandas and R make them when they "
        "read a table without names; they are no positions of pixels"
    )
    advice = "These lines make a row of them again:"

    with_names = replace(header, n_lines=max(0, header.n_lines - 1))
    read = with_names.read_call().removesuffix(")")
    lines = [
        "import pandas",
        "from skmnist import load_mnist",
        f"table = {read}, names=range({header.n_columns}), dtype=str)",
    ]
    if header.has_row_names:
        lines.append("table.iloc[0] = table.iloc[0].shift()")
    lines.append(
        'table.iloc[0] = table.iloc[0].replace(r"^X?(\\d+)(\\.\\d+)?$", r"\\1", '
        "regex=True)"
    )

    indices = [i for i, name in enumerate(header.names) if is_index_name(name)]
    if indices:
        lines.append(f"table = table.drop(columns={indices})")
    lines.append('table.to_csv("mnist.csv", header=False, index=False)')
    lines.append('load_mnist("mnist.csv")')
    return _refusal(header, _Finding(reason, lines), advice)


def refuse_label(
    header: Header, candidates: Sequence[int], options: TableOptions
) -> ValueError:
    """Refuse a table of which no column, or more than one, can be the label."""
    if candidates:
        return _refuse_several_labels(header, candidates, options)

    if options.target is not None:
        reason = f"target_column={options.target!r} is not one of its columns"
        finding = _Finding(reason, _lines_of_arrays(header))
    else:
        finding = _explain(header, None) or _explain_missing_label(header, options)
    return _refusal(header, finding)


def _refuse_several_labels(
    header: Header, candidates: Sequence[int], options: TableOptions
) -> ValueError:
    names = [header.names[column] for column in candidates]
    targets: Sequence[str | int] = names
    if len(set(names)) < len(names):
        targets = candidates

    reason = f"{len(candidates)} columns can be the label, {abbreviate(names)}"
    advice = "target_column takes the label's name or position; any other is left out:"
    lines = [
        _load(header, options._replace(target=target))
        for target in targets[:_MOST_CHOICES]
    ]
    return _refusal(header, _Finding(reason, lines), advice)


def refuse_unnamed_label(header: Header, options: TableOptions) -> ValueError:
    """Refuse a table without names in which no column is certain to be the label."""
    reason = (
        "nothing proves which column is the label: it has no names, and the values of "
        "the first column and of the last do not distinguish labels from pixels"
    )
    advice = "target_column takes the label's position:"

    held = held_columns(header)
    first, last = held[0], held[-1]
    if last == header.n_columns - 1:
        last = -1
    load_first = _load(header, options._replace(target=first))
    load_last = _load(header, options._replace(target=last))
    lines = [
        f"{load_first}  # if the labels are in the first column",
        f"{load_last}  # if they are in the last",
    ]
    return _refusal(header, _Finding(reason, lines), advice)


def refuse_pixels(header: Header, label: int) -> ValueError:
    """Refuse a table whose columns beside the label are not certain to be pixels."""
    finding = _explain(header, label) or _explain_pixels(header, label)
    return _refusal(header, finding)


def refuse_more_columns(
    header: Header, label: int, others: Sequence[int], options: TableOptions
) -> ValueError:
    """Refuse a table with columns that are neither label nor pixel nor index."""
    if not header.names:
        column = header.name_column(others[0])
        reason = f"{column} is empty in the first row, but not in others"
        return _refusal(header, _Finding(reason, _lines_of_arrays(header, label)))

    shown = abbreviate([header.names[column] for column in others])
    reason = f"it has more than a label and pixels: {shown}"
    advice = "With target_column, these are left out:"
    line = _load(header, options._replace(target=header.names[label]))
    return _refusal(header, _Finding(reason, [line]), advice)


def refuse_unordered(header: Header, options: TableOptions) -> ValueError:
    """Refuse a table whose names count down the columns of the images."""
    reason = (
        "its pixels are named down the columns of the images, or along the rows with "
        "the column first"
    )
    load_down = _load(header, options._replace(transposed=True))
    load_along = _load(header, options._replace(transposed=False))
    lines = [f"{load_down}  # down the columns", f"{load_along}  # along the rows"]
    return _refusal(header, _Finding(reason, lines), "transposed tells which:")


def refuse_coloured(header: Header, label: int, n_channels: int) -> ValueError:
    """Refuse a table of images in colour."""
    return _refusal(header, _in_colour(header, label, n_channels))


def refuse_value(header: Header, label: int, grid: Grid, what: str) -> ValueError:
    """Refuse a table with a value that is no label, or no integer from 0 to 255."""
    left_out = sorted(set(range(header.n_columns)) - set(grid.columns))
    options = {}
    if re.search(r"holds '-?\d+,\d+'", what):
        options["decimal"] = ","

    lines = [
        *IMPORTS,
        f"table = {header.read_call(**options)}",
        f"y = table[{label}]  # the labels",
        f'X = table.drop(columns={left_out}).apply(pandas.to_numeric, errors="coerce")',
        "kept = X.notna().all(axis=1) & y.notna()  # rows without gaps",
        "X, y = X[kept].to_numpy(), y[kept].to_numpy()",
        FIT,
    ]
    return _refusal(header, _Finding(what, lines))


def refuse_encoding(path: str) -> ValueError:
    """Refuse text in another encoding than UTF-8."""
    message = (
        f"{path!r} cannot be read: it is not text in UTF-8. If it is text in Latin-1, "
        "these lines read it:"
    )
    lines = lines_for_text(path, "latin-1", is_gzipped=is_gzipped(path))
    return ValueError(with_lines(message, lines))


def _refusal(
    header: Header, finding: _Finding, advice: str = "These lines read it:"
) -> ValueError:
    message = f"{header.path!r} cannot be read: {finding.reason}. {header.describe()}"
    if finding.lines:
        message = with_lines(f"{message} {advice}", finding.lines)
    return ValueError(message)


def _load(header: Header, options: TableOptions) -> str:
    """Return the call of `load_mnist` with these options."""
    arguments = [repr(header.source or header.path)]
    if options.target is not None:
        arguments.append(f"target_column={options.target!r}")
    if options.transposed is not None:
        arguments.append(f"transposed={options.transposed}")
    return f"load_mnist({', '.join(arguments)})"


def _lines_of_arrays(header: Header, label: int | None = None) -> list[str]:
    """Return lines that take the numbers of a table in the order of its columns."""
    if label is None:
        label = _likely_label(header)

    left_out = [label]
    for column, field in enumerate(header.first_row):
        if column == label:
            continue
        if has_index_name(header, column) or not NUMBER.fullmatch(field):
            left_out.append(column)
    if header.n_columns - len(left_out) < FEWEST_PIXELS:  # no column has a name
        left_out = [label]
    if not header.names and label == 1:
        left_out.append(0)

    return [
        *IMPORTS,
        f"table = {header.read_call()}",
        f"y = table[{label}].to_numpy()  # the labels",
        f"X = table.drop(columns={sorted(left_out)}).to_numpy()  # the pixels",
        FIT,
    ]


def _likely_label(header: Header) -> int:
    """Return the column to show as that of the label in lines that are to be read."""
    named = label_columns(header, None)
    if named:
        return named[0]

    positions = find_positions(dict(enumerate(header.names)))
    for column in range(len(header.names)):
        if column not in positions and not has_index_name(header, column):
            return column
    return 0


def _explain(header: Header, label: int | None) -> _Finding | None:
    """Find out what else a table holds."""
    explanations: list[Callable[[Header, int | None], _Finding | None]] = [
        _explain_no_rows,
        _explain_pixels_in_one_column,
        _explain_few_columns,
        _explain_no_labels,
        _explain_one_hot,
        _explain_colours,
    ]

    for explain in explanations:
        finding = explain(header, label)
        if finding is not None:
            return finding
    return None


def _explain_no_rows(header: Header, label: int | None) -> _Finding | None:
    if header.first_row:
        return None
    return _Finding("it has no rows")


def _explain_pixels_in_one_column(header: Header, label: int | None) -> _Finding | None:
    for column, field in enumerate(header.first_row):
        if "..." in field:
            reason = (
                f"{header.name_column(column)} holds an array as NumPy prints it, "
                "without most of its values, which are lost"
            )
            return _Finding(reason)
        if len(re.findall(r"\d+", field)) >= FEWEST_PIXELS:
            return _pixels_in_one_column(header, column, label)
    return None


def _pixels_in_one_column(header: Header, column: int, label: int | None) -> _Finding:
    reason = f"{header.name_column(column)} holds all pixels of an image in one"
    if label is None:
        label = 0 if column else 1

    lines = [
        "import re",
        *IMPORTS,
        f"table = {header.read_call()}",
        f'X = [re.findall(r"[\\d.]+", pixels) for pixels in table[{column}]]',
        "X = np.array(X, dtype=float)",
        f"y = table[{label}].to_numpy()",
        FIT,
    ]
    return _Finding(reason, lines)


def _explain_few_columns(header: Header, label: int | None) -> _Finding | None:
    n_others = header.n_columns
    if label is not None:
        n_others -= 1
    if n_others >= FEWEST_PIXELS:
        return None

    reason = (
        f"it has {header.n_columns} columns, and fewer than {FEWEST_PIXELS} pixels "
        "beside a label are not an image; it may hold labels or predictions alone"
    )
    if header.n_columns == 1:
        reason = "it has a single column, so it holds no images"

    partner = find_partner(header.path)
    if partner is not None:
        return _Finding(reason, lines_for_pair(partner, header.path))
    if len(header.first_row) != header.n_columns:
        return _Finding(reason)
    last = header.n_columns - 1
    read = f"{header.read_call()}[{last}].to_numpy()"
    return _Finding(reason, ["import pandas", f"y = {read}"])


def _explain_one_hot(header: Header, label: int | None) -> _Finding | None:
    """Find columns of zeros with a single one in each row beside a square of pixels."""
    columns = _find_one_hot(header)
    if columns is None:
        return None

    first, last = columns[0], columns[-1]
    reason = f"its labels are one-hot, in the columns {first + 1} to {last + 1}"

    left_out = "hot"
    indices = [i for i, name in enumerate(header.names) if is_index_name(name)]
    others = sorted(set(indices) - set(columns))
    if others:
        left_out = f"[*hot, *{others}]"
    lines = [
        *IMPORTS,
        f"table = {header.read_call()}",
        f"hot = list(range({first}, {last + 1}))",
        "y = table[hot].to_numpy().argmax(axis=1)",
        f"X = table.drop(columns={left_out}).to_numpy()",
        FIT,
    ]
    return _Finding(reason, lines)


def _find_one_hot(header: Header) -> Sequence[int] | None:
    table = _sample(header)
    if table is None:
        return None

    held = [i for i in range(table.shape[1]) if not has_index_name(header, i)]
    most = min(_MOST_CLASSES, len(held) - FEWEST_PIXELS)
    for n_classes in range(2, most + 1):
        if not _is_square(len(held) - n_classes):
            continue
        for columns in (held[:n_classes], held[-n_classes:]):
            if _is_one_hot(table[columns].to_numpy()):
                return columns
    return None


def _is_one_hot(values: NDArray[Any]) -> bool:
    are_bits = ((values == 0) | (values == 1)).all()
    return bool(are_bits and (values.sum(axis=1) == 1).all())


def _is_square(number: int) -> bool:
    return math.isqrt(number) ** 2 == number


def _sample(header: Header) -> Any:
    """Return the first rows, as numbers where they are such, or None."""
    import pandas

    table = None
    # Damaged rows raise errors of many types.
    with suppress(Exception):
        table = header.read_rows(nrows=_ROWS_LOOKED_AT)
        table = table.apply(pandas.to_numeric, errors="coerce")
    return table


def _explain_colours(header: Header, label: int | None) -> _Finding | None:
    n_others = header.n_columns - 1
    n_others -= sum(is_index_name(name) for name in header.names)
    if n_others < 3 * FEWEST_PIXELS:
        return None
    if n_others % 3 == 0 and _is_square(n_others // 3):
        return _in_colour(header, label, 3)
    return None


def _in_colour(header: Header, label: int | None, n_channels: int) -> _Finding:
    reason = (
        f"it has {n_channels} values for each pixel, colours ({_COLOURS[n_channels]}); "
        "expected grey levels"
    )
    shape, axis = f"{n_channels}, -1", 1
    if _do_colours_alternate(header):
        shape, axis = f"-1, {n_channels}", 2

    *lines, fit = _lines_of_arrays(header, label)
    lines.append(f"X = X.reshape(len(X), {shape})")
    if n_channels == 4:
        lines.append("X = X[..., :3]")
    lines.append(f"X = X.mean(axis={axis})")
    return _Finding(reason, [*lines, fit])


def _do_colours_alternate(header: Header) -> bool:
    """Whether neighbours are more alike than columns a third of the table apart."""
    table = _sample(header)
    if table is None:
        return True

    n = table.shape[1] // 3
    values = table.to_numpy(float)[:, -3 * n :]
    between_neighbours = np.nanmean(abs(np.diff(values)))
    between_thirds = np.nanmean(abs(values[:, n:] - values[:, :-n]))
    return bool(between_neighbours <= between_thirds)


def _explain_no_labels(header: Header, label: int | None) -> _Finding | None:
    """Find a table of pixels alone."""
    grid = find_pixels(header, None)
    if grid is None:
        return None
    others = sorted(set(range(header.n_columns)) - set(grid.columns))
    if not all(has_index_name(header, column) for column in others):
        return None

    partner = find_partner(header.path)
    if partner is not None:
        reason = "it has pixels and no labels, which are in another file"
        return _Finding(reason, lines_for_pair(header.path, partner))
    read = f"{header.read_call()}.drop(columns={others}).to_numpy()"
    return _Finding("it has pixels and no labels", ["import pandas", f"X = {read}"])


def _explain_missing_label(header: Header, options: TableOptions) -> _Finding:
    """Explain a table of which no column has the name of a label."""
    grid = find_pixels(header, None)
    if grid is None:
        reason = "no column can be the label, or no pixels, by their names"
        return _Finding(reason, _lines_of_arrays(header))

    others = []
    for column, name in enumerate(header.names):
        if column not in grid.columns and not is_index_name(name):
            others.append(name)
    shown = abbreviate(others)
    reason = f"no column can be the label by its name; beside pixels it has {shown}"
    lines = [
        _load(header, options._replace(target=name)) for name in others[:_MOST_CHOICES]
    ]
    return _Finding(reason, lines)


def _explain_pixels(header: Header, label: int) -> _Finding:
    """Explain why the columns beside the label are no image."""
    n_pixels = header.n_columns - 1
    if not header.names and _is_square(n_pixels - 1):
        reason = (
            "it has two columns more than a square of pixels, of which the second may "
            "be the label"
        )
        return _Finding(reason, _lines_of_arrays(header, 1))

    reason = ""
    if header.names and not has_no_names(header):
        names = dict(enumerate(header.names))
        names.pop(label)
        positions = list(find_positions(names).values())
        n_pixels = len(positions)
        reason = _what_is_wrong_with(positions)
    if not reason:
        reason = (
            f"it has {n_pixels} pixels, which do not make a square image; names from "
            "1x1 to 28x20 would give another size"
        )
    return _Finding(reason, _lines_of_arrays(header, label))


def _what_is_wrong_with(positions: Sequence[tuple[int, ...]]) -> str:
    """Return why pixels at these positions are no image, or "" if nothing shows."""
    if len(positions) < FEWEST_PIXELS:
        return "the names of its columns are not the positions of pixels"
    if len(set(positions)) < len(positions):
        return "two of its pixels have the same name"
    if not _are_consecutive(positions):
        return "the names of its pixels are not all positions from 0 or 1 on"
    return ""


def _are_consecutive(positions: Sequence[tuple[int, ...]]) -> bool:
    if len(positions[0]) > 1:
        return False
    numbers = [number for (number,) in positions]
    return min(numbers) in (0, 1) and max(numbers) - min(numbers) == len(numbers) - 1
