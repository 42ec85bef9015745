"""Labels and predictions: one for each image, which are wrong, and how sure the classifier was."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import unique_labels


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


def differing(
    labels: NDArray[Any] | None, predictions: NDArray[Any] | None, n_samples: int
) -> NDArray[np.bool_]:
    """Tell which predictions differ from the label.

    Parameters
    ----------
    labels, predictions : ndarray of shape (n_samples,) or None
        The true labels and the predicted ones. Where either is missing, nothing is wrong.
    n_samples : int
        How many samples there are.

    Returns
    -------
    wrong : ndarray of shape (n_samples,), dtype=bool
        True where a prediction is wrong.

    Raises
    ------
    ValueError
        If one holds strings and the other numbers, which would all differ.
    """
    if labels is None or predictions is None:
        return np.zeros(n_samples, dtype=bool)
    unique_labels(labels, predictions)  # refuses a mix of strings and numbers
    return np.asarray(labels != predictions, dtype=bool)


def probabilities_of(predictions: Any, estimator: Any, X: Any) -> NDArray[np.floating] | None:
    """Return the probability that a classifier gives to each of its predictions.

    Parameters
    ----------
    predictions : array-like of shape (n_samples,)
        What `estimator` predicts for `X`.
    estimator : estimator instance
        The fitted classifier.
    X : array-like of shape (n_samples, ...)
        The samples.

    Returns
    -------
    probabilities : ndarray of shape (n_samples,) or None
        The probabilities; None if `estimator` has no `predict_proba`.
    """
    if not hasattr(estimator, "predict_proba"):
        return None
    columns = np.searchsorted(estimator.classes_, predictions)
    return np.asarray(estimator.predict_proba(X))[np.arange(len(columns)), columns]


def worst_first_order(
    wrong: NDArray[np.bool_], probabilities: NDArray[np.floating]
) -> NDArray[np.integer]:
    """Order samples from the most confident mistake to the most confident right prediction.

    Parameters
    ----------
    wrong : ndarray of shape (n_samples,), dtype=bool
        Which predictions are wrong.
    probabilities : ndarray of shape (n_samples,)
        The probability of each prediction.

    Returns
    -------
    order : ndarray of shape (n_samples,), dtype=int
        The positions of the samples. Equals keep the order they came in.

    Examples
    --------
    >>> import numpy as np
    >>> worst_first_order(np.array([False, True, True, False]), np.array([0.9, 0.6, 0.8, 0.7]))
    array([2, 1, 3, 0])
    """
    return np.argsort(np.where(wrong, -probabilities, probabilities), kind="stable")
