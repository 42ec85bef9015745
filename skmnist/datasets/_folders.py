"""Folders of files: which of them make a set of images."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import chain, islice

from skmnist.datasets._arrays import NPZ_NAMES, list_arrays
from skmnist.datasets._headers import FEWEST_PIXELS, read_header
from skmnist.datasets._lines import with_lines
from skmnist.datasets._other_files import PICTURE_SUFFIXES, describe_pictures
from skmnist.datasets._separate_files import describe_pairs, find_pairs

_IDX_NAME = re.compile(
    r"(?P<begin>emnist-[a-z]+|qmnist|)-?(?P<part>train|t10k|test)-"
    r"(?P<kind>images|labels)-idx(?:3-ubyte|1-ubyte|2-int)"
)
_TABLE_NAME = re.compile(
    r"(?P<begin>.*?)[-_. ]?(?P<part>train|test).*\.(?:csv|tsv)", re.IGNORECASE
)
_ROLES = {
    "idx": ("train images", "train labels", "test images", "test labels"),
    "table": ("train table", "test table"),
    "npz": ("arrays",),
}
# How to choose a set whose files' names begin in no way of their own.
_PATTERNS = {"idx": "*ubyte*", "table": "*.[ct]sv*"}
_DEPTH = 2
_MOST_FOLDERS = 100
_MOST_NAMED = 5
_SUFFIXES_OF_ONE_FILE = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".npz")
EXPECTED_IN_FOLDER = (
    "a folder with the four files train-images-idx3-ubyte, train-labels-idx1-ubyte, "
    "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, or with two tables such as "
    "mnist_train.csv and mnist_test.csv; or the path of one table, of which a part is "
    "for testing"
)


@dataclass(frozen=True)
class FileSet:
    """Files that belong together, by their names."""

    kind: str  # "idx", "table" or "npz"
    folder: str
    begin: str  # how the files' names begin, such as "emnist-letters"
    found: dict[str, list[str]] = field(default_factory=dict)  # the paths of each role

    @property
    def paths(self) -> list[str]:
        """The files, one for each role, in the order of the roles."""
        return [self.found[role][0] for role in _ROLES[self.kind]]

    @property
    def all_paths(self) -> list[str]:
        return [path for paths in self.found.values() for path in paths]

    @property
    def is_complete(self) -> bool:
        return all(len(self.found.get(role, ())) == 1 for role in _ROLES[self.kind])

    def check(self, source: str) -> None:
        """Raise ValueError unless there is one file for each role."""
        if self.is_complete:
            return

        missing = [role for role in _ROLES[self.kind] if role not in self.found]
        has = " and ".join(f"no {role}" for role in missing)
        held = _list_names(sorted(self.all_paths))
        raise ValueError(
            f"{source!r} has {has or 'several files for one part'} (it holds {held}); "
            f"expected {EXPECTED_IN_FOLDER}."
        )


def find_set(folder: str) -> FileSet:
    """Return the one set in a folder and below, or raise ValueError."""
    sets = _find_sets(folder)
    complete = [files for files in sets if files.is_complete]
    complete += _find_below(folder, _DEPTH)
    complete = _without_other_tables(complete)
    if len(complete) > 1:
        raise ValueError(_describe_choices(folder, complete))
    if complete:
        return complete[0]

    pairs = find_pairs(_list(folder))
    if pairs:
        raise ValueError(describe_pairs(folder, pairs))
    if len(sets) == 1:
        sets[0].check(folder)
    raise ValueError(_describe_folder(folder))


def find_chosen_set(path: str) -> FileSet | None:
    """Return the set whose files' names begin as a path does, or match its pattern."""
    folder, begin = os.path.split(os.path.join(os.curdir, path))
    if not begin or not os.path.isdir(folder):
        return None

    if "*" in begin:
        sets = _find_sets(folder, begin)
    else:
        sets = [files for files in _find_sets(folder) if files.begin == begin]

    complete = [files for files in sets if files.is_complete]
    if len(complete) == 1:
        return complete[0]
    if len(sets) == 1:
        sets[0].check(path)
    return None


def find_set_of(path: str) -> FileSet | None:
    """Return the set that an IDX file belongs to, by its name."""
    if _IDX_NAME.fullmatch(_plain_name(path)) is None:
        return None
    folder = os.path.dirname(path) or os.curdir
    for files in _find_sets(folder):
        is_one = any(os.path.samefile(path, found) for found in files.all_paths)
        if files.kind == "idx" and is_one:
            files.check(path)
            return files
    return None


def _list(folder: str) -> list[str]:
    names = sorted(os.listdir(folder))
    return [os.path.join(folder, name) for name in names]


def _list_names(paths: Sequence[str]) -> str:
    """List the names of files for a message."""
    return ", ".join(repr(os.path.basename(path)) for path in paths)


def _find_sets(folder: str, pattern: str = "*") -> list[FileSet]:
    """Sort the files in a folder, by their names, into sets."""
    sets: dict[tuple[str, str], FileSet] = {}
    known: set[str] = set()
    pairs = find_pairs(_list(folder))
    apart = set(chain(*pairs.values()))

    for path in _candidates(folder):
        # Of a file that is there twice, such as unpacked and packed, the first counts.
        name = _plain_name(path)
        place = _find_place(path, name)
        if place is None or name in known or path in apart:
            continue
        if not fnmatchcase(os.path.basename(path), pattern):
            continue

        known.add(name)
        kind, begin, role = place
        files = sets.setdefault((kind, begin), FileSet(kind, folder, begin))
        files.found.setdefault(role, []).append(path)
    return list(sets.values())


def _plain_name(path: str) -> str:
    """Return the name of a file as it is when unpacked, with one spelling of "-idx"."""
    return os.path.basename(path).removesuffix(".gz").replace(".idx", "-idx")


def _candidates(folder: str) -> Iterator[str]:
    """Yield the files in a folder and in folders of their own names, as on Kaggle."""
    paths = _list(folder)
    yield from filter(os.path.isfile, paths)
    for path in filter(os.path.isdir, paths):
        for end in ("", ".gz", ".csv"):
            inner = os.path.join(path, os.path.basename(path) + end)
            if os.path.isfile(inner):
                yield inner


def _find_place(path: str, name: str) -> tuple[str, str, str] | None:
    """Return the kind of a file's set, how its names begin, and the file's role."""
    idx = _IDX_NAME.fullmatch(name)
    if idx is not None:
        part = "train" if idx["part"] == "train" else "test"
        return "idx", idx["begin"], f"{part} {idx['kind']}"

    table = _TABLE_NAME.fullmatch(name)
    if table is not None:
        return "table", table["begin"], f"{table['part'].lower()} table"

    if name.endswith(".npz") and set(NPZ_NAMES) <= set(list_arrays(path) or ()):
        return "npz", name.removesuffix(".npz"), "arrays"
    return None


def _find_below(folder: str, depth: int) -> list[FileSet]:
    """Find the complete sets in the folders of a folder, as torchvision nests them."""
    complete: list[FileSet] = []
    if depth == 0:
        return complete
    for path in _list(folder):
        if os.path.isdir(path) and os.access(path, os.R_OK | os.X_OK):
            complete += [files for files in _find_sets(path) if files.is_complete]
            complete += _find_below(path, depth - 1)
    return complete


def _without_other_tables(sets: Sequence[FileSet]) -> list[FileSet]:
    """Leave out tables of too few columns for images, unless there is nothing else."""
    kept = [files for files in sets if _may_hold_images(files)]
    return kept or list(sets)


def _may_hold_images(files: FileSet) -> bool:
    if files.kind != "table":
        return True
    # What cannot be read is refused by name later.
    with suppress(Exception):
        return read_header(files.paths[0]).n_columns > FEWEST_PIXELS
    return True


def _describe_choices(folder: str, sets: Sequence[FileSet]) -> str:
    message = (
        f"{folder!r} holds more than one set of images. These lines load one each:"
    )
    return with_lines(message, _load_each(_choice(files, sets) for files in sets))


def _load_each(sources: Iterable[str]) -> list[str]:
    return [f"load_mnist({source!r})" for source in sources]


def _choice(files: FileSet, sets: Sequence[FileSet]) -> str:
    """Return the source that loads one of several sets."""
    if files.kind == "npz":
        return files.paths[0]
    others = [other for other in sets if other is not files]
    if not any(_is_in(other.folder, files.folder) for other in others):
        return files.folder

    begin = os.path.join(files.folder, files.begin)
    begins = [os.path.join(other.folder, other.begin) for other in others]
    if files.begin and begin not in begins and not os.path.exists(begin):
        return begin
    return _common_beginning(files) + _PATTERNS[files.kind]


def _is_in(folder: str, other: str) -> bool:
    """Whether a folder is another one or in it."""
    return os.path.join(folder, "").startswith(os.path.join(other, ""))


def _common_beginning(files: FileSet) -> str:
    """Return the path of a set's files up to where their names differ."""
    first, last = min(files.paths), max(files.paths)
    n_common = len(files.folder)
    while first[n_common] == last[n_common]:
        n_common += 1
    return first[:n_common]


def _describe_folder(folder: str) -> str:
    for _, _, names in islice(os.walk(folder), _MOST_FOLDERS):
        for name in names:
            suffix = os.path.splitext(name)[1]
            if suffix.lower() in PICTURE_SUFFIXES:
                return describe_pictures(folder, suffix)

    paths = _list(folder)
    held = _list_names(paths[:_MOST_NAMED]) or "nothing"
    message = (
        f"{folder!r} is a folder without a known set of images (it holds {held}); "
        f"expected {EXPECTED_IN_FOLDER}."
    )
    files = [path for path in paths if path.lower().endswith(_SUFFIXES_OF_ONE_FILE)]
    if files:
        lines = _load_each(files[:_MOST_NAMED])
        message = with_lines(f"{message} These lines try one file each:", lines)
    return message
