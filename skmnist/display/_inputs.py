"""Images as arrays, and the estimator inside Pipelines and searches."""

from __future__ import annotations

from math import isqrt
from typing import Any

from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array


def check_images(images: Any, name: str) -> NDArray[Any]:
    array = check_array(images, allow_nd=True, input_name=name)
    if array.ndim != 3:
        shape = array.shape
        raise ValueError(f"{name} must have shape (n_images, height, width), got {shape}.")
    return array


def check_image_shape(image_shape: Any, n_pixels: int, name: str) -> tuple[int, int]:
    """Return (height, width) of images with so many pixels; None means a square."""
    height, width = image_shape or (isqrt(n_pixels), isqrt(n_pixels))
    if min(height, width) < 1 or height * width != n_pixels:
        what = "do not make a square image" if image_shape is None else f"are not {image_shape}"
        raise ValueError(
            f"The {n_pixels} features of {name} {what}. Pass image_shape=(height, width) of "
            f"{n_pixels} pixels. A single image is passed as X[np.newaxis]."
        )
    return height, width


def unwrap(estimator: Any) -> tuple[Any, list[Any]]:
    """Return the estimator inside Pipelines and fitted searches, and the steps before it."""
    steps: list[Any] = []
    while True:
        if isinstance(estimator, Pipeline):
            *before, (_, last) = estimator.steps
            steps += [step for _, step in before if step not in (None, "passthrough")]
            estimator = last
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            return estimator, steps
