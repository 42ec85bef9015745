"""Rows of pixels as images."""

from __future__ import annotations

from math import isqrt
from typing import Any

from numpy.typing import NDArray
from sklearn.utils import check_array

from skmnist.display._checks import checked_image_shape


def as_images(X: Any, image_shape: tuple[int, int] | None = None) -> NDArray[Any]:
    """Give rows of pixels the shape of images.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
        The pixels, of any numeric dtype.
    image_shape : tuple of (height, width), default=None
        The shape of an image. None takes it from `X`; rows of features make square images.

    Returns
    -------
    images : ndarray of shape (n_samples, height, width)
        The pixels, with the dtype of `X`.

    Raises
    ------
    ValueError
        If `X` is empty, not numeric or not finite, or if its rows do not make such images.

    Examples
    --------
    >>> import numpy as np
    >>> as_images(np.zeros((2, 784), dtype=np.uint8)).shape
    (2, 28, 28)
    >>> as_images(np.zeros((2, 6)), image_shape=(2, 3)).shape
    (2, 2, 3)
    """
    pixels: NDArray[Any] = check_array(X, allow_nd=True, input_name="X")
    if image_shape is None:
        if pixels.ndim == 3:
            return pixels
        image_shape = _square(pixels)
    height, width = checked_image_shape(image_shape)
    n_pixels = pixels[0].size
    if height * width != n_pixels:
        raise ValueError(
            f"image_shape={image_shape!r} needs {height * width} pixels an image, "
            f"but X of shape {pixels.shape} has {n_pixels}."
        )
    return pixels.reshape(-1, height, width)


def _square(pixels: NDArray[Any]) -> tuple[int, int]:
    if pixels.ndim != 2:
        raise ValueError(
            "X must have the shape (n_samples, n_features) or (n_samples, height, width), "
            f"got {pixels.shape}."
        )
    side = isqrt(pixels.shape[1])
    if side * side != pixels.shape[1]:
        raise ValueError(
            f"The {pixels.shape[1]} features of X make no square image. "
            "Pass image_shape=(height, width), or X[np.newaxis] if X is one image."
        )
    return side, side
