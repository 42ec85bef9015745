"""What several displays are given, checked: an error names it, what it was and what would work."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from sklearn.utils import column_or_1d


def checked_count(value: Any, name: str) -> int:
    """Return a number of images or of columns as an int.

    Parameters
    ----------
    value : object
        What was given.
    name : str
        The name of the parameter.

    Returns
    -------
    int
        The count, at least 1.

    Raises
    ------
    ValueError
        If it is no positive int.

    Examples
    --------
    >>> checked_count(5, "n")
    5
    """
    if not is_int(value) or value < 1:
        raise ValueError(f"{name} must be a positive int, got {value!r}.")
    return int(value)


def checked_image_shape(image_shape: Any) -> tuple[int, int]:
    """Return the shape of an image as a tuple.

    Parameters
    ----------
    image_shape : object
        What was given.

    Returns
    -------
    height, width : int
        The shape.

    Raises
    ------
    ValueError
        If it is not two positive ints.

    Examples
    --------
    >>> checked_image_shape([28, 28])
    (28, 28)
    """
    sides = list(image_shape) if isinstance(image_shape, Iterable) else []
    if len(sides) != 2 or not all(is_int(side) and side > 0 for side in sides):
        raise ValueError(
            f"image_shape must be (height, width), two positive ints, got {image_shape!r}."
        )
    height, width = sides
    return int(height), int(width)


def checked_column(values: ArrayLike, name: str, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Return one value for each image, candidate or class as an array.

    Parameters
    ----------
    values : array-like of shape (n_values,) or (n_values, 1)
        What was given.
    name : str
        The name of the parameter.
    dtype : dtype, default=None
        The type of the array. None leaves it as it is.

    Returns
    -------
    ndarray of shape (n_values,)
        The values.

    Raises
    ------
    ValueError
        If there are several dimensions.

    Examples
    --------
    >>> checked_column([7, 1], "labels")
    array([7, 1])
    """
    shape = np.shape(values)
    if len(shape) != 1 and shape[1:] != (1,):
        raise ValueError(f"{name} must have one dimension, got an array of shape {shape}.")
    return column_or_1d(values, dtype=dtype, input_name=name)


def is_int(value: Any) -> TypeGuard[int]:
    """Tell whether a value is an int, of Python or NumPy, and not True or False.

    Parameters
    ----------
    value : object
        What was given.

    Returns
    -------
    bool
        True for ints.
    """
    return isinstance(value, Integral) and not isinstance(value, bool)
