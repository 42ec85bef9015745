"""Folders of files that make one set of images together: four IDX files, or two tables."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from skmnist.datasets._arrays import read_idx
from skmnist.datasets._image_data import ImageData, assemble
from skmnist.datasets._other_files import PICTURE_SUFFIXES, describe_pictures
from skmnist.datasets._tables import read_tables

_IDX_NAME = re.compile(
    r"(?:(?P<begin>emnist-[a-z]+|qmnist)-)?(?P<part>train|t10k|test)-"
    r"(?P<kind>images[-.]idx3-ubyte|labels[-.]idx1-ubyte|labels[-.]idx2-int)(?:\.gz)?"
)
_TABLE_NAME = re.compile(
    r"(?P<begin>.*?)[-_. ]?(?P<part>train|test).*\.(?:csv|tsv)(?:\.gz)?", re.IGNORECASE
)
_TABLE_ROLES = ("train table", "test table")
_IDX_ROLES = ("train images", "train labels", "test images", "test labels")
EXPECTED_IN_FOLDER = (
    "a folder with the four files train-images-idx3-ubyte, train-labels-idx1-ubyte, "
    "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, gzipped or not, or with two tables such as "
    "mnist_train.csv and mnist_test.csv; or the path of one table, of which a part is for testing"
)


@dataclass(slots=True)
class FileSet:
    """Files that belong together."""

    is_idx: bool
    begin: str  # of the files' names: such as "emnist-letters", "fashion-mnist", or nothing
    files: dict[str, dict[str, str]] = field(default_factory=dict)  # role: {name or part: path}

    @property
    def missing(self) -> list[str]:
        roles = _IDX_ROLES if self.is_idx else _TABLE_ROLES
        return [role for role in roles if role not in self.files]

    @property
    def paths(self) -> list[str]:
        return sorted(path for paths in self.files.values() for path in paths.values())


def read_folder(path: str, target: str | int | None) -> ImageData:
    """Read the one set of images in a folder, or in the folders in it."""
    sets = _find_sets_below(path)
    if len(sets) > 1:
        held = ", ".join(repr(os.path.relpath(each.paths[0], path)) for each in sets)
        raise ValueError(
            f"{path!r} holds more than one set of images, to which {held} belong; expected one. "
            "Give the path of a folder with one set, or the beginning of its files' names, as in "
            f"{os.path.join(path, 'emnist-letters')!r}."
        )
    if sets:
        return read_set(sets[0], path, target)
    for _, _, names in islice(os.walk(path), 100):
        if pictures := [name for name in names if name.lower().endswith(PICTURE_SUFFIXES)]:
            raise ValueError(describe_pictures(path, os.path.splitext(pictures[0])[1]))
    held = ", ".join(map(repr, sorted(os.listdir(path))[:5]))
    raise ValueError(
        f"{path!r} is a folder without a known set of images (it holds {held or 'nothing'}); "
        f"expected {EXPECTED_IN_FOLDER}."
    )


def read_begin(path: str, target: str | int | None) -> ImageData | None:
    """Read the files whose names begin with `path`, such as "data/emnist-letters", if there are."""
    folder, begin = os.path.split(path)
    folder = folder or os.curdir
    if not begin or not os.path.isdir(folder):
        return None
    sets = [each for each in find_sets(_list_files(folder)) if each.begin == begin]
    return read_set(sets[0], path, target) if len(sets) == 1 else None


def read_set(files: FileSet, source: str, target: str | int | None) -> ImageData:
    """Read one set of files, which must be whole."""
    held = ", ".join(repr(os.path.basename(path)) for path in files.paths)
    if files.missing or any(len(paths) > 1 for paths in files.files.values()):
        has = " and ".join(f"no {role}" for role in files.missing) or "several files for one part"
        raise ValueError(f"{source!r} has {has} (it holds {held}); expected {EXPECTED_IN_FOLDER}.")
    paths = {role: next(iter(paths.values())) for role, paths in files.files.items()}
    if not files.is_idx:
        return read_tables(paths["train table"], paths["test table"], source, target)
    if target is not None:
        raise ValueError(f"target_column={target!r} is for tables, but {source!r} holds IDX files.")
    return assemble(
        [read_idx(paths[role], role.split()[1]) for role in _IDX_ROLES],
        [repr(paths[role]) for role in _IDX_ROLES],
        source=source,
        form="Images and their labels, in four IDX files.",
        split="the files' own, in the files' order.",
        files=tuple(paths[role] for role in _IDX_ROLES),
        emnist=files.begin if files.begin.startswith("emnist-") else "",
    )


def find_sets(paths: Mapping[str, str]) -> list[FileSet]:
    """Sort files, by their names, into sets. Of a file with ``.gz`` and without, the latter counts.

    Among tables, whole sets count first, then those whose names say MNIST.
    """
    sets: dict[tuple[bool, str], FileSet] = {}
    for name in sorted(paths):
        match = _IDX_NAME.fullmatch(name) or _TABLE_NAME.fullmatch(name)
        if match is None or (name.endswith(".gz") and name.removesuffix(".gz") in paths):
            continue
        is_idx, begin = match.re is _IDX_NAME, match["begin"] or ""
        role = "train" if match["part"].lower() == "train" else "test"
        role = f"{role} {match['kind'][:6] if is_idx else 'table'}"
        files = sets.setdefault((is_idx, begin), FileSet(is_idx, begin)).files
        # Kaggle has the same IDX file with a dot and with a dash in its name.
        files.setdefault(role, {}).setdefault(match["part"] if is_idx else name, paths[name])
    idx = [each for each in sets.values() if each.is_idx]
    tables = [each for each in sets.values() if not each.is_idx]
    tables = [each for each in tables if not each.missing] or tables
    return idx + ([each for each in tables if "mnist" in each.begin.lower()] or tables)


def _find_sets_below(folder: str, depth: int = 2) -> list[FileSet]:
    """Find the sets in a folder; without any, those in its folders, as torchvision nests them."""
    sets = find_sets(_list_files(folder))
    if not sets and depth:
        for path in (os.path.join(folder, name) for name in sorted(os.listdir(folder))):
            if os.path.isdir(path) and os.access(path, os.R_OK | os.X_OK):
                sets += _find_sets_below(path, depth - 1)
    return sets


def _list_files(folder: str) -> dict[str, str]:
    """Map names to paths; a file in a folder of its own name, as Kaggle has them, counts too."""
    paths = [os.path.join(folder, name) for name in os.listdir(folder)]
    nested = [
        os.path.join(path, os.path.basename(path) + suffix)
        for path in paths
        for suffix in ("", ".gz", ".csv")
    ]
    files: dict[str, str] = {}
    for path in filter(os.path.isfile, [*paths, *nested]):
        files.setdefault(os.path.basename(path), path)
    return files
