"""The labels that users hand in, turned into the integers from 0."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import _check_y

from skmnist._errors import named


class Labels(NamedTuple):
    """The labels of some samples."""

    classes: np.ndarray  # (n_classes,), sorted, of the labels' own type
    codes: np.ndarray  # (n_samples,) int64: positions in `classes`
    is_one_hot: bool = False  # whether they came as rows, with a column for each class


def check_labels(
    estimator: BaseEstimator,
    y: ArrayLike,
    n_samples: int,
    *,
    classes: np.ndarray | None = None,
    is_one_hot: bool | None = None,
    name: str = "y",
) -> Labels:
    """Validate labels and turn them into the integers from 0.

    Parameters
    ----------
    estimator : BaseEstimator
        Named in messages.
    y : array-like of shape (n_samples,) or (n_samples, n_classes)
        Labels: numbers, text or truth values. Or one-hot rows, whose columns are the classes.
    n_samples : int
        How many there must be.
    classes : ndarray of shape (n_classes,), default=None
        The classes to encode by; by default those in `y`, or its columns.
    is_one_hot : bool, default=None
        Whether the labels must be one-hot; by default they may.
    name : str, default="y"
        What the argument is called in messages.

    Returns
    -------
    Labels
        The classes and the codes.

    Raises
    ------
    ValueError
        If the labels are missing, continuous, several a sample, or not `n_samples`, if there is
        one class only, or a label that is not among `classes`, or if they are not of the form
        that they must be.
    """
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires {name} to be passed, "
            f"but the target {name} is None."
        )
    has_rows = has_columns(y)
    if is_one_hot is not None and has_rows != is_one_hot:
        forms = ("single labels", "one-hot labels")
        raise ValueError(
            f"{name} holds {forms[has_rows]}, but {type(estimator).__name__} was given "
            f"{forms[is_one_hot]} before."
        )
    single = _positions_of_ones(y, name) if has_rows else _single_labels(estimator, y, name)
    if len(single) != n_samples:
        raise ValueError(
            "Found input variables with inconsistent numbers of samples: "
            f"{n_samples} samples, but {len(single)} labels in {name}."
        )
    if not has_rows:
        return _encode(single, classes, name)
    columns = np.arange(np.shape(y)[1])
    if classes is not None and not np.array_equal(columns, classes):
        raise ValueError(
            f"{name} has {len(columns)} columns of one-hot labels, but the classes are "
            f"{classes.tolist()}."
        )
    return Labels(columns, single, is_one_hot=True)


def check_classes(
    classes: ArrayLike | None, known: np.ndarray | None, y: ArrayLike
) -> np.ndarray | None:
    """Validate the argument `classes` of `partial_fit`.

    Parameters
    ----------
    classes : array-like of shape (n_classes,) or None
        What was given.
    known : ndarray of shape (n_classes,) or None
        The classes of the calls before; None in the first call.
    y : array-like of shape (n_samples,) or (n_samples, n_classes)
        The labels.

    Returns
    -------
    ndarray of shape (n_classes,) or None
        The classes, sorted; None for the columns of one-hot labels.

    Raises
    ------
    ValueError
        If `classes` is missing in the first call and `y` is not one-hot, is fewer than two, or
        differs from `known`.
    """
    if classes is None:
        if known is None and not has_columns(y):
            raise ValueError("classes must be passed on the first call to partial_fit.")
        return known
    given = unique_labels(classes)
    if len(given) < 2:
        raise ValueError(f"classes must hold two labels or more, got {given.tolist()}.")
    if known is not None and not np.array_equal(given, known):
        raise ValueError(
            f"classes={given.tolist()} are not those of the calls before, {known.tolist()}."
        )
    return given


def has_columns(y: ArrayLike) -> bool:
    """Whether labels come as rows of several values: one-hot, if they can be used at all."""
    shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    return len(shape) > 1 and shape[1] != 1


def _positions_of_ones(y: Any, name: str) -> np.ndarray:
    rows = y.toarray() if issparse(y) else np.asarray(y)
    if rows.ndim != 2 or rows.dtype.kind not in "biuf" or not np.isin(rows, (0, 1)).all():
        raise ValueError(
            f"{name} has shape {rows.shape}. Expected one label for each sample, in shape "
            "(n_samples,), or one-hot labels, rows of a single 1 and else 0, in shape "
            "(n_samples, n_classes)."
        )
    n_ones = np.count_nonzero(rows, axis=1)
    if (n_ones != 1).any():
        row = int(np.argmax(n_ones != 1))
        raise ValueError(
            f"{name} has {n_ones[row]} ones in row {row}. Several labels for one sample, or none, "
            "are not supported: each row of one-hot labels holds a single 1."
        )
    return rows.argmax(axis=1)


def _single_labels(estimator: BaseEstimator, y: ArrayLike, name: str) -> np.ndarray:
    # pandas's nullable integers and truth values, which scikit-learn would turn into floats.
    nullable: Any = y
    own_dtype = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
    if own_dtype is not None and own_dtype.kind in "biu" and not nullable.isna().any():
        y = nullable.to_numpy(dtype=own_dtype)
    with named(name, "y"):
        labels = _check_y(y, estimator=estimator)
    if labels.dtype == object and any(label is None for label in labels):
        raise ValueError(f"{name} holds None. Every sample needs a label.")
    check_classification_targets(labels)
    return labels


def _encode(labels: np.ndarray, classes: np.ndarray | None, name: str) -> Labels:
    encoder = LabelEncoder()
    if classes is None:
        codes = encoder.fit_transform(labels)
        if len(encoder.classes_) == 1:
            raise ValueError(
                f"{name} holds one class only, {encoder.classes_.tolist()}. "
                "A classifier needs samples of at least two classes."
            )
        return Labels(encoder.classes_, codes)
    unknown = np.setdiff1d(labels, classes)
    if len(unknown):
        raise ValueError(
            f"{name} holds labels that are not among the classes {classes.tolist()}: "
            f"{unknown.tolist()}."
        )
    encoder.classes_ = classes
    return Labels(classes, encoder.transform(labels))
