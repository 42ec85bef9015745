"""EMNIST: its published files, whose images have rows and columns swapped."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from string import ascii_lowercase, ascii_uppercase, digits

from skmnist.datasets._image_data import ImageData
from skmnist.datasets._lines import with_lines

_ORIGIN = """\
EMNIST: handwritten characters out of NIST's Special Database 19, by Gregory Cohen,
Saeed Afshar, Jonathan Tapson and André van Schaik, 2017,
https://arxiv.org/abs/1702.05373."""
_UPRIGHT = (
    "Its files hold every image with rows and columns swapped; here they are upright."
)
# In two splits, a letter that is written alike large and small is one class.
_MERGED = digits + ascii_uppercase + "abdefghnqrt"
_CHARACTERS = {
    "balanced": _MERGED,
    "bymerge": _MERGED,
    "byclass": digits + ascii_uppercase + ascii_lowercase,
    "digits": "",
    "letters": f" {ascii_uppercase}",  # counted from 1
    "mnist": "",
}
_PUBLISHED = re.compile(
    rf"emnist-(?P<split>{'|'.join(_CHARACTERS)})-(?:train|test)"
    r"(?:\.csv|-(?:images|labels)[-.]idx[13]-ubyte)(?:\.gz)?"
)


def find_split(paths: Sequence[str]) -> str | None:
    """Return the split of EMNIST whose published files have these names."""
    splits = {_split_of(path) for path in paths}
    if len(splits) == 1:
        return splits.pop()
    return None


def _split_of(path: str) -> str | None:
    match = _PUBLISHED.fullmatch(os.path.basename(path))
    if match is None:
        return None
    return match["split"]


def check_orientation(paths: Sequence[str], source: str) -> None:
    """Raise ValueError where the images may be swapped or not."""
    for path in paths:
        has_emnist_in_name = "emnist" in os.path.basename(path).lower()
        if not has_emnist_in_name or _split_of(path) is not None:
            continue

        message = (
            f"{path!r} has EMNIST in its name, but not the name of one of EMNIST's "
            "published files, whose images have rows and columns swapped. "
            "transposed tells whether the images of this one are:"
        )
        lines = [
            f"load_mnist({source!r}, transposed=True)  # turns them upright",
            f"load_mnist({source!r}, transposed=False)  # if they are upright",
        ]
        raise ValueError(with_lines(message, lines))


def describe_split(data: ImageData, split: str, was_swapped: bool) -> ImageData:
    """Name the labels, and the origin."""
    characters = enumerate(_CHARACTERS[split])
    names = {label: character for label, character in characters if character != " "}
    origin = f"{data.description}\n{_ORIGIN}\n"
    if was_swapped:
        origin += f"{_UPRIGHT}\n"
    return replace(data, description=origin, names=names)
