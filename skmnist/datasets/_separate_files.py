"""Images and labels in separate files: which belong together, and lines for them."""

from __future__ import annotations

import os
import re
from contextlib import suppress

from skmnist.datasets._arrays import list_arrays
from skmnist.datasets._headers import read_header
from skmnist.datasets._lines import FIT, IMPORTS, with_lines

_IMAGES = {"x", "image", "images", "img", "imgs", "pixels", "data", "features"}
_LABELS = {"y", "label", "labels", "target", "targets", "class", "classes"}
_PART = re.compile(r"train(?:ing)?|test(?:ing)?|t10k|val(?:idation)?", re.IGNORECASE)
_SUFFIX = re.compile(r"\.(?:csv|tsv|txt|npy|npz)(?:\.gz)?$", re.IGNORECASE)


def find_pairs(paths: list[str]) -> dict[str, tuple[str, str]]:
    """Return the files of images and of labels, by their part, such as "train"."""
    images: dict[str, str] = {}
    labels: dict[str, str] = {}
    for path in paths:
        part, role = _part_and_role(path)
        if role == "images":
            images.setdefault(part, path)
        elif role == "labels":
            labels.setdefault(part, path)
    return {part: (images[part], labels[part]) for part in images if part in labels}


def find_partner(path: str) -> str | None:
    """Return the file of the labels of these images, or the images of these labels."""
    folder = os.path.dirname(path) or os.curdir
    paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    for images, labels in find_pairs(paths).values():
        if os.path.basename(path) == os.path.basename(images):
            return labels
        if os.path.basename(path) == os.path.basename(labels):
            return images
    return None


def describe_pairs(folder: str, pairs: dict[str, tuple[str, str]]) -> str:
    """Describe a folder whose images and labels are in files of their own."""
    images, labels = pairs.get("train") or next(iter(pairs.values()))
    message = (
        f"{folder!r} holds images and labels in separate files, such as "
        f"{os.path.basename(images)!r} and {os.path.basename(labels)!r}. These lines "
        "read them:"
    )
    return with_lines(message, lines_for_pair(images, labels))


def lines_for_pair(images: str, labels: str) -> list[str]:
    """Return lines that fit a classifier to images and labels in separate files."""
    return [
        *IMPORTS,
        f"X = {_images_call(images)}",
        f"y = {_labels_call(labels)}",
        "X = X.reshape(len(X), -1)",
        FIT,
    ]


def _part_and_role(path: str) -> tuple[str, str]:
    name = os.path.basename(path)
    stem = _SUFFIX.sub("", name)
    if stem == name:
        return "", ""

    words = set(re.findall(r"[a-z]+", _PART.sub(" ", stem).lower()))
    is_images, is_labels = bool(words & _IMAGES), bool(words & _LABELS)
    if is_images == is_labels:
        return "", ""

    role = "images" if is_images else "labels"
    part = _PART.search(stem)
    if part is not None:
        return part[0].lower().removesuffix("ing"), role
    # Without a part, the name has no other words, as in images.csv.
    if words - _IMAGES - _LABELS:
        return "", ""
    return "", role


def _images_call(path: str) -> str:
    if _is_of_numpy(path):
        return _load_call(path)
    table, has_index = _table_call(path)
    if has_index:
        return f"{table}.iloc[:, 1:].to_numpy()"
    return f"{table}.to_numpy()"


def _labels_call(path: str) -> str:
    if _is_of_numpy(path):
        return f"{_load_call(path)}.ravel()"
    # From the end: the first value may be a name, such as the 0 of a Series.
    table, _ = _table_call(path)
    return f"{table}.iloc[-len(X) :, -1].to_numpy()"


def _table_call(path: str) -> tuple[str, bool]:
    """Return the call that reads a table, and whether its first column has no name."""
    # The file may be damaged, or no table.
    with suppress(Exception):
        header = read_header(path)
        return header.read_call(), header.names[:1] == ("",)
    return f"pandas.read_csv({path!r})", False


def _is_of_numpy(path: str) -> bool:
    return path.lower().endswith((".npy", ".npz"))


def _load_call(path: str) -> str:
    if path.lower().endswith(".npy"):
        return f"np.load({path!r})"
    names = list_arrays(path) or ["arr_0"]
    return f"np.load({path!r})[{names[0]!r}]"
