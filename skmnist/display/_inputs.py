"""Images as arrays."""

from __future__ import annotations

from math import isqrt
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array


def check_images(images: Any, name: str) -> NDArray[Any]:
    array = check_array(images, allow_nd=True, input_name=name)
    if array.ndim != 3:
        raise ValueError(
            f"{name} must have shape (n_images, height, width), got {array.shape}.",
        )
    return array


def check_image_shape(image_shape: Any, n_pixels: int, name: str) -> tuple[int, int]:
    """Return (height, width) of images with so many pixels; None means a square."""
    if image_shape is None:
        side = isqrt(n_pixels)
        height, width = side, side
        problem = "do not make a square image"
    else:
        height, width = _check_pair(image_shape)
        problem = f"are not {(height, width)}"

    if min(height, width) < 1 or height * width != n_pixels:
        raise ValueError(
            f"The {n_pixels} features of {name} {problem}. Pass image_shape=(height, "
            f"width) of {n_pixels} pixels. A single image is passed as X[np.newaxis]."
        )
    return height, width


def _check_pair(image_shape: Any) -> tuple[int, int]:
    is_pair = np.ndim(image_shape) == 1 and len(image_shape) == 2
    if not is_pair or not all(isinstance(length, Integral) for length in image_shape):
        raise ValueError(
            "image_shape must be two integers, (height, width), such as (28, 28), "
            f"got {image_shape!r}."
        )
    height, width = image_shape
    return int(height), int(width)
