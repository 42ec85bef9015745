"""From the name of a source, or the path of a file or folder, to its reader."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace

from skmnist.datasets._arrays import NPZ_NAMES, list_arrays, read_idx_files, read_npz
from skmnist.datasets._columns import TableOptions
from skmnist.datasets._emnist import check_orientation, describe_split, find_split
from skmnist.datasets._folders import FileSet, find_chosen_set, find_set, find_set_of
from skmnist.datasets._image_data import ImageData, transpose
from skmnist.datasets._levels import describe_levels
from skmnist.datasets._named_sets import NAMED_SETS, list_names
from skmnist.datasets._other_files import (
    describe_arrays,
    describe_content,
    describe_other,
    describe_zip,
)
from skmnist.datasets._tables import read_table, read_two_tables

_VARIABLE = "SKMNIST_DATA"
_EXPECTED_PATH = "the path of an .npz file, a .csv file or a folder of files"


def read_source(
    source: str | os.PathLike[str] | None, options: TableOptions
) -> ImageData:
    """Read what :func:`skmnist.load_mnist` calls a source."""
    given = f"source={source!r}"
    if source is None:
        source = os.environ.get(_VARIABLE) or "sample"
        given = f"the environment variable {_VARIABLE}={source!r}"

    if isinstance(source, str) and source in NAMED_SETS:
        _check_options(options, given, is_file=False, is_table=False)
        return NAMED_SETS[source].read()

    path = os.path.expanduser(os.fsdecode(source))
    files = _find_files(path, given)
    _check_options(options, given, is_file=True, is_table=files.kind == "table")
    if options.transposed is None:
        check_orientation(files.all_paths, path)
    data = _read_files(files, path, options)
    return _turn_upright(_report_levels(data, path), files, options.transposed)


def _check_options(
    options: TableOptions, given: str, *, is_file: bool, is_table: bool
) -> None:
    if options.target is not None and not is_table:
        raise ValueError(
            f"target_column={options.target!r} is for tables, but {given} is not one."
        )
    if options.transposed is not None and not is_file:
        raise ValueError(
            f"transposed={options.transposed} is for files, but {given} is not one."
        )


def _find_files(path: str, given: str) -> FileSet:
    """Find the files that a path names: those of a set, or one."""
    if os.path.isdir(path):
        return find_set(path)
    if os.path.isfile(path):
        return find_set_of(path) or _as_set(path)
    if os.path.exists(path):  # opening a pipe or a terminal may take forever
        raise ValueError(f"{given} is not a regular file; expected {_EXPECTED_PATH}.")

    files = find_chosen_set(path)
    if files is None:
        raise FileNotFoundError(
            f"{given}: there is no such file; expected {list_names()} or "
            f"{_EXPECTED_PATH}."
        )
    return files


def _as_set(path: str) -> FileSet:
    """Return a set of one file, or refuse a file of another kind."""
    is_npz = path.lower().endswith(".npz")
    if zipfile.is_zipfile(path):
        _check_zip(path, is_npz)
        is_npz = True
    else:
        message = describe_other(path)
        if message is not None:
            raise ValueError(message)

    kind, role = "table", "train table"
    if is_npz:
        kind, role = "npz", "arrays"
    return FileSet(kind, os.path.dirname(path), "", {role: [path]})


def _check_zip(path: str, is_npz: bool) -> None:
    """Raise ValueError for a zip file that does not hold the arrays that are read."""
    names = list_arrays(path)
    if names is None:
        return  # damaged, which its reader describes
    if not names and not is_npz:
        raise ValueError(describe_zip(path))
    if not set(NPZ_NAMES) <= set(names):
        raise ValueError(describe_arrays(path, names))


def _read_files(files: FileSet, source: str, options: TableOptions) -> ImageData:
    if files.kind == "npz":
        return read_npz(files.all_paths[0])

    for path in files.all_paths:
        message = describe_content(path)
        if message is not None:
            raise ValueError(message)

    if files.kind == "idx":
        return read_idx_files(files.paths, source)
    if len(files.all_paths) == 1:
        return read_table(files.all_paths[0], options)
    train, test = files.paths
    return read_two_tables(train, test, source, options)


def _report_levels(data: ImageData, source: str) -> ImageData:
    """Describe levels that are not MNIST's, and warn of them."""
    found = "; its ".join(describe_levels(data.images_train))
    if not found:
        return data
    return replace(
        data,
        description=f"{data.description}\nThe {found}.\n",
        warnings=(*data.warnings, f"{source!r} is not on MNIST's scale: its {found}."),
    )


def _turn_upright(
    data: ImageData, files: FileSet, transposed: bool | None
) -> ImageData:
    split = find_split(files.all_paths)
    is_swapped = split is not None
    if transposed is not None:
        is_swapped = transposed

    if is_swapped:
        data = transpose(data)
    if split is not None:
        data = describe_split(data, split, was_swapped=is_swapped)
    return data
