"""The form in which every reader returns images and labels, and the choice of a part of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import resample

from skmnist._files import printable

_EMNIST_ORIGIN = """\
EMNIST: handwritten characters out of NIST's Special Database 19, by Gregory Cohen, Saeed Afshar,
Jonathan Tapson and André van Schaik, 2017, https://arxiv.org/abs/1702.05373. Its files hold every
image with rows and columns swapped; here they are upright."""
# In two splits, a letter that is written alike large and small is one class; see Cohen et al.
_MERGED = digits + ascii_uppercase + "abdefghnqrt"
_EMNIST_CHARACTERS = {
    "emnist-balanced": _MERGED,
    "emnist-bymerge": _MERGED,
    "emnist-byclass": digits + ascii_uppercase + ascii_lowercase,
    "emnist-letters": f" {ascii_uppercase}",  # counted from 1
}


@dataclass(frozen=True, eq=False, slots=True)
class ImageData:
    """Images of shape (n, height, width), uint8, and their labels, for training and testing."""

    images_train: NDArray[np.uint8]
    y_train: NDArray[Any]  # int64 or str
    images_test: NDArray[np.uint8]
    y_test: NDArray[Any]
    description: str  # the first line is a title
    names: Mapping[int, str] = field(default_factory=dict)  # what a label stands for, where known
    is_table: bool = False


def assemble(
    arrays: Sequence[NDArray[Any]],
    whats: Sequence[str],
    *,
    source: str,
    form: str,
    split: str,
    emnist: str = "",  # a split, such as "emnist-letters", whose images are turned upright
) -> ImageData:
    """Check training images and labels, test images and labels; `whats` names them in errors."""
    if emnist:
        arrays = [a.transpose(0, 2, 1) if a.ndim == 3 else a for a in arrays]
        form = f"{form}\n{_EMNIST_ORIGIN}"
    images_train, images_test = (_as_images(arrays[i], whats[i]) for i in (0, 2))
    y_train, y_test = (_as_labels(arrays[i], whats[i], len(arrays[i - 1])) for i in (1, 3))
    sizes = ["{} x {}".format(*images.shape[1:]) for images in (images_train, images_test)]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"{whats[0]} has images of {sizes[0]} pixels, {whats[2]} of {sizes[1]}, not of one size"
        )
    counts = f"{len(images_train):,} images to train and {len(images_test):,} to test"
    title = f"{counts}, {sizes[0]} pixels each, from {source!r}"
    description = (
        f"{title}\n{'-' * len(title)}\n{form}\n"
        f"The files name neither an origin nor a licence.\n\nSplit: {split}\n"
    )
    characters = enumerate(_EMNIST_CHARACTERS.get(emnist, ""))
    names = {label: character for label, character in characters if character != " "}
    return ImageData(images_train, y_train, images_test, y_test, description, names)


def _as_images(array: NDArray[Any], what: str) -> NDArray[np.uint8]:
    if array.ndim != 3 or array.size == 0 or array.dtype.kind not in "iu":
        raise ValueError(
            f"{what} has the shape {array.shape} and the dtype {array.dtype}; expected one or more "
            "images, as integers from 0 to 255 in an array of the shape (n, height, width)."
        )
    if array.min() < 0 or array.max() > 255:
        raise ValueError(
            f"{what} has values from {array.min()} to {array.max()}, expected 0 to 255"
        )
    return np.ascontiguousarray(array, dtype=np.uint8)


def _as_labels(array: NDArray[Any], what: str, n_images: int) -> NDArray[Any]:
    # Only uint64 exceeds int64, and astype would turn such labels negative.
    is_too_large = array.dtype == np.uint64 and (array >= 2**63).any()
    if array.shape != (n_images,) or array.dtype.kind not in "iuU" or is_too_large:
        raise ValueError(
            f"{what} has the shape {array.shape} and the dtype {array.dtype}; expected a label for "
            f"each image, text or integers below 2**63 in an array of the shape ({n_images},)."
        )
    return array if array.dtype.kind == "U" else array.astype(np.int64, copy=False)


def choose(
    data: ImageData, classes: Collection[Any] | None, train_size: float | None, random_state: Any
) -> ImageData:
    """Take the images of `classes`, and a stratified `train_size` of those to train."""
    if classes is None and train_size is None:
        return data
    train, test = np.arange(len(data.y_train)), np.arange(len(data.y_test))
    notes = ""
    if classes is not None:
        held = np.intersect1d(data.y_train, data.y_test)
        wanted = np.unique(list(classes))
        if wanted.dtype.kind not in "iuU" or not np.isin(wanted, held).all():
            raise ValueError(
                f"classes={classes!r} must be one or more of the labels that both the training "
                f"images and the test images have: {', '.join(map(repr, held.tolist()))}."
            )
        train, test = (np.flatnonzero(np.isin(y, wanted)) for y in (data.y_train, data.y_test))
        notes += f"\nOf these, only the classes {', '.join(map(printable, wanted))}.\n"
    if train_size is not None:
        y, n_all = data.y_train[train], len(train)
        n = int(train_size if isinstance(train_size, Integral) else train_size * n_all)
        n_classes = len(np.unique(y))
        if not n_classes <= n <= n_all:
            raise ValueError(
                f"train_size={train_size!r} makes {n:,} training images; expected {n_classes}, one "
                f"for each class, to {n_all:,}, all that there are."
            )
        # None makes a new seed, so that NumPy's global generator is neither read nor changed.
        seed = np.random.default_rng().integers(2**32) if random_state is None else random_state
        train = resample(train, replace=False, n_samples=n, stratify=y, random_state=seed)
        train.sort()  # to the order of the file
        notes += f"\nOnly {n:,} of {n_all:,} training images, stratified, by {random_state=}.\n"
    return replace(
        data,
        images_train=data.images_train[train],
        y_train=data.y_train[train],
        images_test=data.images_test[test],
        y_test=data.y_test[test],
        description=data.description + notes,
    )
