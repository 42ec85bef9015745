"""Numbers of images and of columns."""

from __future__ import annotations

from numbers import Integral
from typing import Any


def checked_count(value: Any, name: str) -> int:
    """Return a count as an int.

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
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a positive int, got {value!r}.")
    return int(value)
