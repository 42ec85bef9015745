"""Validation of what displays are given, and the estimator inside Pipelines and searches."""

from __future__ import annotations

from math import isqrt
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array, check_scalar, column_or_1d


def check_count(value: Any, name: str) -> int:
    return int(check_scalar(value, name, Integral, min_val=1))


def check_labels(labels: Any, name: str) -> Any:
    """Return labels as an array; one-hot rows become the numbers of their columns."""
    if labels is None:
        return None
    rows = np.asarray(labels)
    if rows.ndim == 2 and rows.shape[1] > 1 and rows.dtype.kind in "biuf":
        if np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all():
            return rows.argmax(axis=1)
        raise ValueError(f"{name} must have one dimension, got an array of shape {rows.shape}.")
    return column_or_1d(labels)


def check_probabilities(probabilities: Any) -> Any:
    if probabilities is None:
        return None
    values = np.asarray(probabilities, dtype=np.float64)
    if values.ndim != 1 or not ((values >= 0) & (values <= 1)).all():
        raise ValueError(
            "probabilities must be one number between 0 and 1 for each image, such as "
            f"predict_proba(X).max(axis=1), got {probabilities!r}."
        )
    return values


def check_image_shape(image_shape: Any, n_pixels: int, name: str) -> tuple[int, int]:
    """Return (height, width) of images with so many pixels; None means a square."""
    if image_shape is None:
        image_shape = (isqrt(n_pixels), isqrt(n_pixels))
        if np.prod(image_shape) != n_pixels:
            raise ValueError(
                f"The {n_pixels} features of {name} do not make a square image. Pass "
                "image_shape=(height, width). A single image is passed as X[np.newaxis]."
            )
    height, width = image_shape
    if min(height, width) < 1 or height * width != n_pixels:
        raise ValueError(
            f"image_shape must be (height, width) of {n_pixels} pixels, as many as {name} has, "
            f"got {image_shape!r}."
        )
    return height, width


def as_images(X: Any, image_shape: tuple[int, int] | None = None) -> NDArray[Any]:
    """Return rows of pixels or images as an array of shape (n_images, height, width)."""
    pixels: NDArray[Any] = check_array(X, allow_nd=True, input_name="X")
    if pixels.ndim > 3:
        raise ValueError(
            "X must have the shape (n_samples, n_features) or (n_samples, height, width), got "
            f"{pixels.shape}."
        )
    if image_shape is None and pixels.ndim == 3:
        return pixels
    return pixels.reshape(-1, *check_image_shape(image_shape, pixels[0].size, "X"))


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
