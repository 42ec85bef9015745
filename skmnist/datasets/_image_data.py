"""The one form in which every reader hands its images and labels on.

A reader knows where its arrays come from; what an image and a label have to look like is decided
here, so that every format is held to the same rules and its errors read alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class ImageData:
    """Images with their labels, divided into a training and a test part.

    Attributes
    ----------
    images_train, images_test : ndarray of shape (n, height, width), uint8, C-contiguous
        Grey levels; in MNIST 0 is the background and 255 the darkest ink.
    y_train, y_test : ndarray of shape (n,), int64
        The label of each image.
    description : str
        What the images are, where they come from, under which licence, and how they are divided.
        Its first line is a title.
    files : tuple of str
        The paths of the files that all of this was read from, for their hashes.
    names : Mapping from int to str
        What a label stands for, where that is known. Labels may be missing.
    """

    images_train: NDArray[np.uint8]
    y_train: NDArray[np.int64]
    images_test: NDArray[np.uint8]
    y_test: NDArray[np.int64]
    description: str
    files: tuple[str, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)


def assemble(
    arrays: Sequence[NDArray[Any]],
    whats: Sequence[str],
    *,
    source: str,
    form: str,
    split: str,
    files: tuple[str, ...],
) -> ImageData:
    """Check four arrays out of files that name no origin, and say what they are.

    Parameters
    ----------
    arrays : sequence of four ndarrays
        Training images, training labels, test images and test labels, as :func:`as_images` and
        :func:`as_labels` take them.
    whats : sequence of four str
        How an error calls each of them: its name and its file.
    source : str
        The path that was asked for.
    form : str
        How the files are laid out, as a sentence.
    split : str
        How the images were divided, as a sentence.
    files : tuple of str
        The paths of the files.

    Raises
    ------
    ValueError
        If an array is not like that, or the parts hold images of different sizes.
    """
    images_train = as_images(arrays[0], whats[0])
    images_test = as_images(arrays[2], whats[2])
    if images_train.shape[1:] != images_test.shape[1:]:
        raise ValueError(
            f"{whats[0]} holds images of {_size(images_train)} pixels and {whats[2]} of "
            f"{_size(images_test)}; expected one size."
        )
    y_train = as_labels(arrays[1], whats[1], len(images_train))
    y_test = as_labels(arrays[3], whats[3], len(images_test))
    title = (
        f"{len(images_train):,} images to train and {len(images_test):,} to test, "
        f"{_size(images_train)} pixels each, from {source}"
    )
    description = (
        f"{title}\n{'-' * len(title)}\n{form}\n"
        f"Nothing there names an origin or a licence.\n\nSplit: {split}\n"
    )
    return ImageData(images_train, y_train, images_test, y_test, description, files)


def as_images(array: NDArray[Any], what: str) -> NDArray[np.uint8]:
    """Give ``array`` back as C-contiguous uint8 images, copied only if it is not that already.

    Parameters
    ----------
    array : ndarray of shape (n, height, width), any integer dtype
    what : str
        How an error calls the array: its name and its file.

    Raises
    ------
    ValueError
        If the shape or the dtype is another, or a value lies outside 0 to 255.
    """
    if array.ndim != 3 or array.size == 0:
        raise ValueError(
            f"{what} has the shape {array.shape}; expected one or more images, as an array of the "
            "shape (n, height, width)."
        )
    if array.dtype.kind not in "iu":
        raise ValueError(f"{what} has the dtype {array.dtype}; expected integers from 0 to 255.")
    if array.dtype != np.uint8:
        low, high = array.min(), array.max()
        if low < 0 or high > 255:
            raise ValueError(
                f"{what} holds values from {low} to {high}; expected integers from 0 to 255."
            )
    return np.ascontiguousarray(array, dtype=np.uint8)


def as_labels(array: NDArray[Any], what: str, n_images: int) -> NDArray[np.int64]:
    """Give ``array`` back as int64 labels, one for each of ``n_images`` images.

    Parameters
    ----------
    array : ndarray of shape (n_images,), any integer dtype
    what : str
        How an error calls the array: its name and its file.
    n_images : int

    Raises
    ------
    ValueError
        If the shape or the dtype is another, or a label does not fit into int64.
    """
    if array.shape != (n_images,):
        raise ValueError(
            f"{what} has the shape {array.shape}; expected one label for each image, as an array "
            f"of the shape ({n_images},)."
        )
    if array.dtype.kind not in "iu":
        raise ValueError(f"{what} has the dtype {array.dtype}; expected integer labels.")
    # Only uint64 reaches further than int64, and astype would turn such labels negative.
    if array.dtype.kind == "u" and array.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{what} holds the label {array.max()}; expected labels below 2**63.")
    return array.astype(np.int64, copy=False)


def _size(images: NDArray[np.uint8]) -> str:
    return f"{images.shape[1]} x {images.shape[2]}"
