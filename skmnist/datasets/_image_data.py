"""The form in which every reader returns images and labels, and the choice of a part of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EMNIST_ORIGIN = """\
EMNIST: handwritten characters out of NIST's Special Database 19, by Gregory Cohen, Saeed Afshar,
Jonathan Tapson and André van Schaik, "EMNIST: an extension of MNIST to handwritten letters", 2017,
https://arxiv.org/abs/1702.05373. Its files hold every image with rows and columns swapped; here
they are upright."""
# In two splits, a letter that is written alike large and small is one class; see Cohen et al.
_MERGED = digits + ascii_uppercase + "abdefghnqrt"
_EMNIST_CHARACTERS = {
    "emnist-balanced": _MERGED,
    "emnist-bymerge": _MERGED,
    "emnist-byclass": digits + ascii_uppercase + ascii_lowercase,
    "emnist-digits": digits,
    "emnist-letters": f" {ascii_uppercase}",  # counted from 1
    "emnist-mnist": digits,
}


@dataclass(frozen=True, eq=False, slots=True)
class ImageData:
    """Images of shape (n, height, width), uint8, and their labels, for training and testing."""

    images_train: NDArray[np.uint8]
    y_train: NDArray[Any]  # int64 or str
    images_test: NDArray[np.uint8]
    y_test: NDArray[Any]
    description: str  # the first line is a title
    files: tuple[str, ...] = ()  # that all of this was read from, for their hashes
    names: Mapping[int, str] = field(default_factory=dict)  # what a label stands for, where known


def printable(text: object) -> str:
    """Replace control characters, which files and servers may send to a terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))


def assemble(
    arrays: Sequence[NDArray[Any]],
    whats: Sequence[str],
    *,
    source: str,
    form: str,
    split: str,
    files: tuple[str, ...],
    emnist: str = "",
) -> ImageData:
    """Check training images and labels, test images and labels; `whats` names them in errors.

    `emnist` is the split of EMNIST, such as "emnist-letters", whose images are turned upright.
    """
    if emnist:
        arrays = [a.transpose(0, 2, 1) if a.ndim == 3 else a for a in arrays]
        form = f"{form}\n{_EMNIST_ORIGIN}"
    images_train, images_test = (_as_images(arrays[i], whats[i]) for i in (0, 2))
    sizes = ["{} x {}".format(*images.shape[1:]) for images in (images_train, images_test)]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"{whats[0]} holds images of {sizes[0]} pixels and {whats[2]} of {sizes[1]}; expected "
            "one size."
        )
    y_train = _as_labels(arrays[1], whats[1], len(images_train))
    y_test = _as_labels(arrays[3], whats[3], len(images_test))
    title = (
        f"{len(images_train):,} images to train and {len(images_test):,} to test, "
        f"{sizes[0]} pixels each, from {source!r}"
    )
    description = (
        f"{title}\n{'-' * len(title)}\n{form}\n"
        f"The files name neither an origin nor a licence.\n\nSplit: {split}\n"
    )
    characters = enumerate(_EMNIST_CHARACTERS.get(emnist, ""))
    names = {label: character for label, character in characters if character != " "}
    return ImageData(images_train, y_train, images_test, y_test, description, files, names)


def _as_images(array: NDArray[Any], what: str) -> NDArray[np.uint8]:
    if array.ndim != 3 or array.size == 0:
        raise ValueError(
            f"{what} has the shape {array.shape}; expected one or more images, as an array of the "
            "shape (n, height, width)."
        )
    held = f"the dtype {array.dtype}"
    if array.dtype.kind in "iu":
        held = f"values from {array.min()} to {array.max()}"
    if array.dtype.kind not in "iu" or array.min() < 0 or array.max() > 255:
        raise ValueError(f"{what} has {held}; expected integers from 0 to 255.")
    return np.ascontiguousarray(array, dtype=np.uint8)


def _as_labels(array: NDArray[Any], what: str, n_images: int) -> NDArray[Any]:
    if array.shape != (n_images,):
        raise ValueError(
            f"{what} has the shape {array.shape}; expected one label for each image, as an array "
            f"of the shape ({n_images},)."
        )
    # Only uint64 exceeds int64, and astype would turn such labels negative.
    if array.dtype.kind not in "iuU" or (array.dtype == np.uint64 and array.max() >= 2**63):
        raise ValueError(
            f"{what} has the dtype {array.dtype}; expected integers below 2**63, or text."
        )
    return array if array.dtype.kind == "U" else array.astype(np.int64, copy=False)


def check_choice(classes: Any, train_size: Any) -> None:
    """Validate what can be validated before anything is read."""
    if classes is not None:
        if (
            isinstance(classes, str | bytes)
            or not isinstance(classes, Collection | np.ndarray)
            or any(isinstance(c, bool) or not isinstance(c, Integral | str) for c in classes)
        ):
            raise TypeError(f"classes must be labels, such as (3, 8), or None, got {classes!r}.")
        if len(classes) == 0:
            raise ValueError(f"classes must hold at least one label, got {classes!r}.")
    if train_size is not None:
        if isinstance(train_size, bool) or not isinstance(train_size, Real):
            raise TypeError(f"train_size must be an int, a float or None, got {train_size!r}.")
        number = float(train_size)
        if not (number >= 1 if isinstance(train_size, Integral) else 0 < number < 1):
            raise ValueError(
                "train_size must be an int of at least 1, a number of images, or a float between "
                f"0 and 1, a share of them; got {train_size!r}."
            )


def choose(
    data: ImageData, classes: Collection[Any] | None, train_size: float | None, random_state: Any
) -> ImageData:
    """Take the images of `classes`, and a stratified `train_size` of those to train."""
    train, test = np.arange(len(data.y_train)), np.arange(len(data.y_test))
    description = data.description
    if classes is not None:
        for part, y in (("training", data.y_train), ("test", data.y_test)):
            held = np.unique(y).tolist()
            if missing := [label for label in classes if label not in held]:
                raise ValueError(
                    f"classes={classes!r}: no {part} image has the label {missing[0]!r}; expected "
                    f"some of {', '.join(map(repr, held))}."
                )
        train, test = (
            np.flatnonzero(np.isin(y, list(classes))) for y in (data.y_train, data.y_test)
        )
        names = ", ".join(map(printable, sorted(set(classes))))
        description += f"\nOf these, only the classes {names}.\n"
    if train_size is not None:
        n = train_size if isinstance(train_size, Integral) else int(train_size * len(train))
        chosen = _stratified(train, data.y_train[train], int(n), random_state, train_size)
        description += (
            f"\nOnly {n:,} of {len(train):,} training images, stratified, by {random_state=}.\n"
        )
        train = chosen
    if classes is None and train_size is None:
        return data
    return replace(
        data,
        images_train=data.images_train[train],
        y_train=data.y_train[train],
        images_test=data.images_test[test],
        y_test=data.y_test[test],
        description=description,
    )


def _stratified(
    rows: NDArray[np.intp], labels: NDArray[Any], n: int, random_state: Any, train_size: float
) -> NDArray[np.intp]:
    from sklearn.utils import check_random_state, resample  # here, because it takes half a second

    n_classes = len(np.unique(labels))
    if not n_classes <= n <= len(rows):
        raise ValueError(
            f"train_size={train_size!r} makes {n:,} training images; expected at least one for "
            f"each of the {n_classes} classes and no more than the {len(rows):,} that there are."
        )
    if random_state is None:
        # A new seed: NumPy's global generator is neither read nor changed.
        random_state = int(np.random.default_rng().integers(2**32))
    try:
        generator = check_random_state(random_state)
    except ValueError as error:
        raise ValueError(
            "random_state must be None, an int from 0 to 4294967295 or a numpy.random.RandomState, "
            f"got {random_state!r}."
        ) from error
    chosen = resample(rows, replace=False, n_samples=n, stratify=labels, random_state=generator)
    return np.sort(chosen)  # the order of the file
