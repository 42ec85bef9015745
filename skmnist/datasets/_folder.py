"""A folder of files that make one set of images together."""

from __future__ import annotations

import os
import re

from skmnist.datasets._csv import read_csv_pair
from skmnist.datasets._idx_files import find_idx_sets, read_idx_files
from skmnist.datasets._image_data import ImageData

_CSV_NAME = re.compile(r"(?P<set>(?:fashion-)?mnist)_(?P<part>train|test)\.csv")
EXPECTED_IN_FOLDER = (
    "a folder with the four files train-images-idx3-ubyte, train-labels-idx1-ubyte, "
    "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, gzipped or not, or with mnist_train.csv "
    "and mnist_test.csv"
)


def read_folder(path: str) -> ImageData:
    """Read the one set of images in a folder: four IDX files, or two CSV files.

    Parameters
    ----------
    path : str

    Raises
    ------
    OSError
        If the folder or one of the files cannot be opened.
    ValueError
        If the folder holds no such set, more than one, or one with a file that is missing or not
        what its name says.
    """
    names = _file_names(path)
    idx_sets = find_idx_sets(names)
    csv_sets = _find_csv_sets(names)
    if len(idx_sets) + len(csv_sets) > 1:
        held = [f"{which}-..." if which else "train-images-..." for which in idx_sets]
        held += [f"{which}_train.csv" for which in csv_sets]
        raise ValueError(
            f"{path!r} holds more than one set of images: {', '.join(sorted(held))}; expected one. "
            "Move the others elsewhere, or choose a split of EMNIST by the beginning of its "
            f"files' names, as in {os.path.join(path, 'emnist-letters')!r}."
        )
    for which, files in idx_sets.items():
        return read_idx_files(path, which, files, path)
    for which, parts in csv_sets.items():
        if len(parts) < 2:
            raise ValueError(
                f"{path!r} holds {parts.popitem()[1]} alone; expected {which}_train.csv and "
                f"{which}_test.csv, or the path of the one file."
            )
        return read_csv_pair(
            os.path.join(path, parts["train"]), os.path.join(path, parts["test"]), path
        )
    raise ValueError(
        f"{path!r} is a folder without a set of images that is known; expected "
        f"{EXPECTED_IN_FOLDER}."
    )


def read_split(path: str) -> ImageData | None:
    """Read EMNIST's files whose names begin with ``path``, or return None if there are none.

    Parameters
    ----------
    path : str
        Such as ``"data/emnist-letters"``.

    Raises
    ------
    OSError, ValueError
        As :func:`read_folder` does.
    """
    folder, which = os.path.split(path)
    folder = folder or os.curdir
    if not which.startswith("emnist-") or not os.path.isdir(folder):
        return None
    files = find_idx_sets(_file_names(folder)).get(which)
    return read_idx_files(folder, which, files, path) if files else None


def _file_names(path: str) -> list[str]:
    with os.scandir(path) as entries:
        return [entry.name for entry in entries if entry.is_file()]


def _find_csv_sets(names: list[str]) -> dict[str, dict[str, str]]:
    sets: dict[str, dict[str, str]] = {}
    for name in names:
        if match := _CSV_NAME.fullmatch(name):
            sets.setdefault(match["set"], {})[match["part"]] = name
    return sets
