"""Labels as the displays want them: one for each image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import column_or_1d


def single_labels(labels: ArrayLike | None) -> Any:
    """Turn one-hot labels into the numbers of their columns, and leave others as they are.

    Parameters
    ----------
    labels : array-like of shape (n_samples,) or (n_samples, n_classes), or None
        The labels.

    Returns
    -------
    ndarray of shape (n_samples,) or None
        One label for each sample.

    Raises
    ------
    ValueError
        If they are neither.

    Examples
    --------
    >>> single_labels([[0, 0, 1], [1, 0, 0]])
    array([2, 0])
    >>> single_labels(["two", "zero"])
    array(['two', 'zero'], dtype='<U4')
    """
    if labels is None:
        return None
    rows = np.asarray(labels)
    if rows.ndim == 2 and rows.shape[1] > 1 and rows.dtype.kind in "biuf":
        is_one_hot = np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all()
        if is_one_hot:
            return rows.argmax(axis=1)
    return column_or_1d(labels)
