"""The form in which readers return images and labels, and the choice of a part."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import resample

from skmnist._files import printable


@dataclass(frozen=True, eq=False, slots=True)
class ImageData:
    """Images of shape (n, height, width) and their labels, to train and to test."""

    images_train: NDArray[np.uint8]
    y_train: NDArray[Any]  # int64 or str
    images_test: NDArray[np.uint8]
    y_test: NDArray[Any]
    description: str  # the first line is a title
    names: Mapping[int, str] = field(default_factory=dict)  # what labels stand for
    warnings: tuple[str, ...] = ()


class Part(NamedTuple):
    """Images and labels of one part, as in the files, and their names for errors."""

    images: NDArray[Any]
    labels: NDArray[Any]
    images_name: str
    labels_name: str
    advice: str = ""  # what errors end with


def assemble(
    train: Part, test: Part, *, source: str, form: str, split: str
) -> ImageData:
    """Check the parts of a set and describe it."""
    images_train = _as_images(train)
    images_test = _as_images(test)
    y_train = _as_labels(train)
    y_test = _as_labels(test)

    size = _describe_size(images_train)
    size_test = _describe_size(images_test)
    if size != size_test:
        raise ValueError(
            f"{train.images_name} has images of {size} pixels, {test.images_name} of "
            f"{size_test}, not of one size"
        )

    counts = f"{len(images_train):,} images to train and {len(images_test):,} to test"
    title = f"{counts}, {size} pixels each, from {source!r}"
    description = (
        f"{title}\n{'-' * len(title)}\n{form}\n"
        f"The files name neither an origin nor a licence.\n\nSplit: {split}\n"
    )
    return ImageData(images_train, y_train, images_test, y_test, description)


def transpose(data: ImageData) -> ImageData:
    """Swap rows and columns of all images."""
    return replace(
        data,
        images_train=np.ascontiguousarray(data.images_train.swapaxes(1, 2)),
        images_test=np.ascontiguousarray(data.images_test.swapaxes(1, 2)),
    )


def _describe_size(images: NDArray[np.uint8]) -> str:
    _, height, width = images.shape
    return f"{height} x {width}"


def _as_images(part: Part) -> NDArray[np.uint8]:
    array = part.images
    if array.ndim != 3 or array.size == 0 or array.dtype.kind not in "iu":
        raise ValueError(
            f"{part.images_name} has the shape {array.shape} and the dtype "
            f"{array.dtype}; expected one or more images, as integers from 0 to 255 in "
            f"an array of the shape (n, height, width).{part.advice}"
        )

    lowest, highest = array.min(), array.max()
    if lowest < 0 or highest > 255:
        raise ValueError(
            f"{part.images_name} has values from {lowest} to {highest}, expected 0 to "
            f"255{part.advice}"
        )
    return np.ascontiguousarray(array, dtype=np.uint8)


def _as_labels(part: Part) -> NDArray[Any]:
    array = part.labels
    shape = (len(part.images),)
    # Only uint64 exceeds int64, and astype would turn such labels negative.
    is_too_large = array.dtype == np.uint64 and (array >= 2**63).any()
    if array.shape != shape or array.dtype.kind not in "iuU" or is_too_large:
        raise ValueError(
            f"{part.labels_name} has the shape {array.shape} and the dtype "
            f"{array.dtype}; expected a label for each image, text or integers below "
            f"2**63 in an array of the shape {shape}.{part.advice}"
        )

    if array.dtype.kind == "U":
        return array
    return array.astype(np.int64, copy=False)


def choose(
    data: ImageData,
    classes: Collection[Any] | None,
    train_size: float | None,
    random_state: Any,
) -> ImageData:
    """Take the images of `classes`, and a stratified `train_size` of those to train."""
    if classes is not None:
        data = _choose_classes(data, classes)
    if train_size is not None:
        data = _choose_train_size(data, train_size, random_state)
    return data


def _choose_classes(data: ImageData, classes: Collection[Any]) -> ImageData:
    held = np.intersect1d(data.y_train, data.y_test)
    wanted = np.unique(list(classes))
    if wanted.dtype.kind not in "iuU" or not np.isin(wanted, held).all():
        raise ValueError(
            f"classes={classes!r} must be one or more of the labels that both the "
            "training images and the test images have: "
            f"{', '.join(map(repr, held.tolist()))}."
        )

    train = np.isin(data.y_train, wanted)
    test = np.isin(data.y_test, wanted)
    shown = ", ".join(printable(label) for label in wanted)
    return replace(
        data,
        images_train=data.images_train[train],
        y_train=data.y_train[train],
        images_test=data.images_test[test],
        y_test=data.y_test[test],
        description=f"{data.description}\nOf these, only the classes {shown}.\n",
    )


def _choose_train_size(
    data: ImageData, train_size: float, random_state: Any
) -> ImageData:
    n_all = len(data.y_train)
    n = int(train_size)
    if not isinstance(train_size, Integral):
        n = int(train_size * n_all)
    n_classes = len(np.unique(data.y_train))
    if not n_classes <= n <= n_all:
        raise ValueError(
            f"train_size={train_size!r} makes {n:,} training images; expected "
            f"{n_classes}, one for each class, to {n_all:,}, all that there are."
        )

    seed = random_state
    if seed is None:
        # A new seed, so that NumPy's global generator is neither read nor changed.
        seed = np.random.default_rng().integers(2**32)
    rows = resample(
        np.arange(n_all),
        replace=False,
        n_samples=n,
        stratify=data.y_train,
        random_state=seed,
    )
    rows.sort()  # to the order of the file

    note = f"Only {n:,} of {n_all:,} training images, stratified, by {random_state=}."
    return replace(
        data,
        images_train=data.images_train[rows],
        y_train=data.y_train[rows],
        description=f"{data.description}\n{note}\n",
    )
