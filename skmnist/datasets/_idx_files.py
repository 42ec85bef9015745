"""The four IDX files of MNIST, Fashion-MNIST, KMNIST or a split of EMNIST, by their usual names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import replace

from skmnist.datasets._emnist import EMNIST_ORIGIN, emnist_names
from skmnist.datasets._idx import read_idx
from skmnist.datasets._image_data import ImageData, assemble

_NAME = re.compile(
    r"(?:(?P<set>emnist-[a-z]+)-)?"
    r"(?P<part>train|t10k|test)-(?P<kind>images[-.]idx3|labels[-.]idx1)-ubyte(?:\.gz)?"
)
_ROLES = ("train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1")
# The roles of files to their names.
IdxFiles = dict[str, str]


def find_idx_sets(names: Iterable[str]) -> dict[str, IdxFiles]:
    """Sort the names of files into sets: EMNIST's by their split, all others under ``""``.

    Of a file that is there with ``.gz`` and without, the one without is taken.

    Parameters
    ----------
    names : iterable of str
        The names in a folder.

    Returns
    -------
    sets : dict from str to dict from str to str
        For the beginning of the files' names, ``""`` or such as ``"emnist-letters"``, and for each
        of the four roles that there is a file for, its name.
    """
    sets: dict[str, IdxFiles] = {}
    for name in sorted(names, reverse=True):  # x.gz before x, which takes its place
        if match := _NAME.fullmatch(name):
            part = "train" if match["part"] == "train" else "test"
            role = f"{part}-{match['kind'].replace('.', '-')}"
            sets.setdefault(match["set"] or "", {})[role] = name
    return sets


def read_idx_files(folder: str, which: str, names: IdxFiles, source: str) -> ImageData:
    """Read one set of four files. EMNIST's images are turned upright, all others taken as they are.

    Parameters
    ----------
    folder : str
    which : str
        The set: ``""`` or such as ``"emnist-letters"``.
    names : dict from str to str
        The name of the file for each of the four roles.
    source : str
        The path that was asked for.

    Raises
    ------
    OSError
        If a file cannot be opened.
    ValueError
        If there are fewer than four files, or one of them is not what its name says.
    """
    missing = [role for role in _ROLES if role not in names]
    if missing:
        begin = f"{which}-" if which else ""
        raise ValueError(
            f"{source!r} lacks {', '.join(f'{begin}{role}-ubyte' for role in missing)} (it holds "
            f"{', '.join(sorted(names.values()))}); expected four files, gzipped or not, where "
            "MNIST writes t10k instead of test."
        )
    paths = [os.path.join(folder, names[role]) for role in _ROLES]
    arrays = [
        read_idx(path, 3 if "images" in role else 1)
        for role, path in zip(_ROLES, paths, strict=True)
    ]
    form = "Images and their labels, in four IDX files."
    if which:
        # Views: they are copied once, when they are made C-contiguous.
        arrays[0::2] = [images.transpose(0, 2, 1) for images in arrays[0::2]]
        form = f"{form}\n{EMNIST_ORIGIN}"
    data = assemble(
        arrays,
        [repr(path) for path in paths],
        source=source,
        form=form,
        split="the files' own, in the files' order.",
        files=tuple(paths),
    )
    return replace(data, names=emnist_names(which)) if which else data
