"""Labels and predictions: one for each image, which are wrong, and how sure the classifier was."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.multiclass import unique_labels

from skmnist.display._checks import checked_column


def single_labels(labels: ArrayLike | None, name: str) -> Any:
    """Turn one-hot labels into the numbers of their columns, and leave others as they are.

    Parameters
    ----------
    labels : array-like of shape (n_samples,) or (n_samples, n_classes), or None
        The labels.
    name : str
        The name of the parameter.

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
    >>> single_labels([[0, 0, 1], [1, 0, 0]], "y")
    array([2, 0])
    >>> single_labels(["two", "zero"], "y")
    array(['two', 'zero'], dtype='<U4')
    """
    if labels is None:
        return None
    rows = np.asarray(labels)
    if rows.ndim == 2 and rows.shape[1] > 1 and rows.dtype.kind in "biuf":
        is_one_hot = np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all()
        if is_one_hot:
            return rows.argmax(axis=1)
    return checked_column(labels, name)


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


def checked_probabilities(probabilities: ArrayLike | None) -> NDArray[np.floating] | None:
    """Return the probabilities of predictions as an array.

    Parameters
    ----------
    probabilities : array-like of shape (n_samples,) or None
        What was given.

    Returns
    -------
    ndarray of shape (n_samples,), dtype=float64, or None
        The probabilities.

    Raises
    ------
    ValueError
        If there are several dimensions, or one is not between 0 and 1.
    """
    if probabilities is None:
        return None
    if np.ndim(probabilities) == 2 and np.shape(probabilities)[1] > 1:
        raise ValueError(
            "probabilities must have one dimension, got an array of shape "
            f"{np.shape(probabilities)}. Of predict_proba, pass the column of the predicted label: "
            "predict_proba(X).max(axis=1)."
        )
    column = checked_column(probabilities, "probabilities", np.float64)
    is_outside = ~((column >= 0) & (column <= 1))
    if is_outside.any():
        raise ValueError(
            f"probabilities must lie between 0 and 1, got {column[is_outside][0]:.6g}."
        )
    return column


def worst_first_order(
    labels: NDArray[Any] | None,
    predictions: NDArray[Any],
    probabilities: NDArray[np.floating] | None,
) -> NDArray[np.integer]:
    """Order samples from the most confident mistake to the most confident right prediction.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,) or None
        The true labels.
    predictions : ndarray of shape (n_samples,)
        The predicted labels.
    probabilities : ndarray of shape (n_samples,) or None
        The probability of each prediction.

    Returns
    -------
    order : ndarray of shape (n_samples,), dtype=int
        The positions of the samples. Equals keep the order they came in.

    Raises
    ------
    ValueError
        If labels or probabilities are missing.

    Examples
    --------
    >>> import numpy as np
    >>> labels, predictions = np.array([3, 3, 3, 3]), np.array([3, 8, 5, 3])
    >>> worst_first_order(labels, predictions, np.array([0.9, 0.6, 0.8, 0.7]))
    array([2, 1, 3, 0])
    """
    if labels is None or probabilities is None:
        missing = (
            "the true labels"
            if labels is None
            else "probabilities, which come from a classifier with predict_proba"
        )
        raise ValueError(
            f"worst_first=True needs {missing}. Without them, worst_first=False shows the first "
            "images."
        )
    wrong = differing(labels, predictions, len(labels))
    return np.argsort(np.where(wrong, -probabilities, probabilities), kind="stable")
