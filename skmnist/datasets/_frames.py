"""Rows of pixels and labels as pandas objects, with the names that OpenML's mnist_784 has."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_frames(X: NDArray[np.uint8], y: NDArray[np.int64]) -> tuple[Any, Any]:
    """Wrap arrays, without copying them.

    Parameters
    ----------
    X : ndarray of shape (n, n_pixels)
    y : ndarray of shape (n,)

    Returns
    -------
    X : DataFrame of shape (n, n_pixels), uint8
        The columns are called ``pixel1`` and so on.
    y : Series of shape (n,), int64
        It is called ``class``.

    Raises
    ------
    ImportError
        If pandas is not installed.
    """
    pandas = import_pandas()
    columns = [f"pixel{number}" for number in range(1, X.shape[1] + 1)]
    return (
        pandas.DataFrame(X, columns=columns, copy=False),
        pandas.Series(y, name="class", copy=False),
    )


def import_pandas() -> Any:
    """Import pandas, or say what needs it."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            f"as_frame=True needs pandas, which cannot be imported ({error}): pip install pandas.",
            name="pandas",
        ) from error
    return pandas
