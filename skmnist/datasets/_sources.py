"""From the name of a source, or the path of a file or a folder, to the reader for it."""

from __future__ import annotations

import os
import re
import zipfile
from itertools import islice

from skmnist.datasets._arrays import read_idx_files, read_npz
from skmnist.datasets._image_data import ImageData
from skmnist.datasets._named_sets import READERS
from skmnist.datasets._other_files import PICTURE_SUFFIXES, describe_other, describe_pictures
from skmnist.datasets._tables import read_tables

_VARIABLE = "SKMNIST_DATA"
_CHOICES = (
    "'sample', 'full', 'fashion' or the path of an .npz file, a .csv file or a folder of files"
)
_IDX_NAME = re.compile(
    r"(?P<begin>emnist-[a-z]+|qmnist|)-?(?P<part>train|t10k|test)-"
    r"(?P<kind>images|labels)-idx(?:3-ubyte|1-ubyte|2-int)"
)
_TABLE_NAME = re.compile(r"(?P<begin>.*?)[-_. ]?(?P<part>train|test).*\.(?:csv|tsv)", re.IGNORECASE)
_IDX_ROLES = ("train images", "train labels", "test images", "test labels")
_TABLE_ROLES = ("train table", "test table")
_EXPECTED_IN_FOLDER = (
    "a folder with the four files train-images-idx3-ubyte, train-labels-idx1-ubyte, "
    "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, or with two tables such as mnist_train.csv "
    "and mnist_test.csv; or the path of one table, of which a part is for testing"
)
# Whether a set is of IDX files, and how their names begin: such as "emnist-letters" or "".
_Key = tuple[bool, str]
# Of each role, the paths; in a set that can be read, one.
_Roles = dict[str, list[str]]


def read_source(source: str | os.PathLike[str] | None, target: str | int | None) -> ImageData:
    """Read what :func:`skmnist.load_mnist` calls a source; `target` is its `target_column`."""
    given = f"source={source!r}"
    if source is None:
        source = os.environ.get(_VARIABLE) or "sample"
        given = f"the environment variable {_VARIABLE}={source!r}"
    if isinstance(source, str) and source in READERS:
        data = READERS[source]()
    else:
        data = _read_path(os.path.expanduser(os.fsdecode(source)), given, target)
    if target is not None and not data.is_table:
        raise ValueError(f"target_column={target!r} is for tables, but {given} is not one.")
    return data


def _read_path(path: str, given: str, target: str | int | None) -> ImageData:
    if os.path.isdir(path):
        return _read_folder(path, target)
    if not os.path.exists(path):
        folder, begin = os.path.split(os.path.join(os.curdir, path))
        sets = _find_sets(folder) if begin and os.path.isdir(folder) else {}
        found = [item for item in sets.items() if item[0][1] == begin]
        if len(found) == 1:
            return _read_set(*found[0], path, target)
        raise FileNotFoundError(f"{given}: there is no such file; expected {_CHOICES}.")
    if not os.path.isfile(path):  # opening a pipe or a terminal may take forever
        raise ValueError(f"{given} is not a regular file; expected {_CHOICES}.")
    if message := describe_other(path):
        raise ValueError(message)
    with open(path, "rb") as file:
        is_zip = zipfile.is_zipfile(file)
    if is_zip or path.lower().endswith(".npz"):
        return read_npz(path)
    return read_tables(path, None, path, target)


def _read_folder(path: str, target: str | int | None) -> ImageData:
    sets = _find_sets_below(path)
    if len(sets) > 1:
        firsts = [next(iter(roles.values()))[0] for _, roles in sets]
        held = ", ".join(repr(os.path.relpath(first, path)) for first in firsts)
        raise ValueError(
            f"{path!r} holds more than one set of images, to which {held} belong. Give the path of "
            f"one, or how its files' names begin, as in {os.path.join(path, 'emnist-letters')!r}."
        )
    if sets:
        return _read_set(*sets[0], path, target)
    for _, _, names in islice(os.walk(path), 100):
        if pictures := [name for name in names if name.lower().endswith(PICTURE_SUFFIXES)]:
            raise ValueError(describe_pictures(path, os.path.splitext(pictures[0])[1]))
    held = ", ".join(map(repr, sorted(os.listdir(path))[:5]))
    raise ValueError(
        f"{path!r} is a folder without a known set of images (it holds {held or 'nothing'}); "
        f"expected {_EXPECTED_IN_FOLDER}."
    )


def _read_set(key: _Key, roles: _Roles, source: str, target: str | int | None) -> ImageData:
    is_idx, begin = key
    names = _IDX_ROLES if is_idx else _TABLE_ROLES
    missing = [name for name in names if name not in roles]
    paths = sorted(path for paths in roles.values() for path in paths)
    if missing or len(paths) > len(names):
        has = " and ".join(f"no {name}" for name in missing) or "several files for one part"
        held = ", ".join(repr(os.path.basename(path)) for path in paths)
        raise ValueError(f"{source!r} has {has} (it holds {held}); expected {_EXPECTED_IN_FOLDER}.")
    first, second, *others = [roles[name][0] for name in names]
    if not is_idx:
        return read_tables(first, second, source, target)
    emnist = begin if begin.startswith("emnist-") else ""
    return read_idx_files([first, second, *others], source, emnist)


def _find_sets(folder: str) -> dict[_Key, _Roles]:
    """Sort the files in a folder, by their names, into sets.

    A file in a folder of its own name, as Kaggle has them, counts too. Among tables, whole sets
    count first, then those whose names say MNIST.
    """
    paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    paths += [
        os.path.join(path, os.path.basename(path) + end)
        for path in paths
        for end in ("", ".gz", ".csv")
    ]
    sets: dict[_Key, _Roles] = {}
    known: set[str] = set()
    for path in filter(os.path.isfile, paths):
        # Of a file that is there twice, such as unpacked and packed, the first counts.
        name = os.path.basename(path).removesuffix(".gz").replace(".idx", "-idx")
        match = _IDX_NAME.fullmatch(name) or _TABLE_NAME.fullmatch(name)
        if match is None or name in known:
            continue
        known.add(name)
        is_idx = match.re is _IDX_NAME
        part = "train" if match["part"].lower() == "train" else "test"
        role = f"{part} {match['kind'] if is_idx else 'table'}"
        sets.setdefault((is_idx, match["begin"]), {}).setdefault(role, []).append(path)
    tables = {key: roles for key, roles in sets.items() if not key[0]}
    tables = {key: roles for key, roles in tables.items() if len(roles) == 2} or tables
    tables = {key: roles for key, roles in tables.items() if "mnist" in key[1].lower()} or tables
    return {key: roles for key, roles in sets.items() if key[0] or key in tables}


def _find_sets_below(folder: str, depth: int = 2) -> list[tuple[_Key, _Roles]]:
    """Find the sets in a folder; without any, those in its folders, as torchvision nests them."""
    sets = list(_find_sets(folder).items())
    if not sets and depth:
        for path in (os.path.join(folder, name) for name in sorted(os.listdir(folder))):
            if os.path.isdir(path) and os.access(path, os.R_OK | os.X_OK):
                sets += _find_sets_below(path, depth - 1)
    return sets
