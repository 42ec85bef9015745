"""What users hand in, turned into what the network takes: rows, class codes, weights.

Everything is checked here, at the door, and once. uint8 stays uint8, any other numbers become
float32; behind this module nobody asks again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import _check_sample_weight, _check_y, validate_data

from skmnist.network.training import ValidationData


class Rows(NamedTuple):
    """Samples as rows."""

    x: np.ndarray  # (n_samples, n_features), uint8 or float32, C-contiguous
    image_shape: tuple[int, int] | None  # of what came in; None where it was rows already


def check_rows(
    estimator: BaseEstimator,
    X: ArrayLike,
    *,
    reset: bool,
    image_shape: tuple[int, int] | None = None,
    name: str = "X",
) -> Rows:
    """Validate samples, and set or check the features of `estimator`.

    Parameters
    ----------
    estimator : BaseEstimator
        Gets `n_features_in_` and `feature_names_in_`, or is asked for them.
    X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
        The samples.
    reset : bool
        Whether to set these attributes, rather than check `X` against them.
    image_shape : tuple of (height, width) or None
        The shape that images must have, if there is one.
    name : str, default="X"
        What the argument is called in messages.

    Returns
    -------
    Rows
        The samples.

    Raises
    ------
    ValueError
        If `X` is empty, holds text, NaN or infinity, has another number of dimensions,
        or other features or images than the estimator was fitted with.
    """
    if isinstance(X, list | tuple):
        X = np.asarray(X)
    if getattr(getattr(X, "dtype", None), "kind", None) in ("U", "S"):
        # scikit-learn would turn the text "1.5" into the number.
        raise ValueError(f"{name} holds text. Expected numbers.")
    shape: tuple[int, ...] = getattr(X, "shape", ())
    if len(shape) > 3:
        raise ValueError(
            f"{name} has shape {shape}. Expected rows of shape (n_samples, n_features) "
            "or images of shape (n_samples, height, width)."
        )
    images = None
    if len(shape) == 3:
        images = (shape[1], shape[2])
        if image_shape is not None and images != image_shape:
            raise ValueError(
                f"{name} holds images of shape {images}, but {type(estimator).__name__} was "
                f"fitted with images of shape {image_shape}."
            )
        X = np.asarray(X).reshape(shape[0], images[0] * images[1])
    with _named(name, "X"):
        # The first dtype is what anything else is converted to.
        x = validate_data(estimator, X, reset=reset, dtype=[np.float32, np.uint8], order="C")
    return Rows(x, images)


def check_labels(
    estimator: BaseEstimator, y: ArrayLike, n_samples: int, name: str = "y"
) -> np.ndarray:
    """Validate labels.

    Parameters
    ----------
    estimator : BaseEstimator
        Named in messages.
    y : array-like of shape (n_samples,)
        Labels: numbers, text or truth values.
    n_samples : int
        How many there must be.
    name : str, default="y"
        What the argument is called in messages.

    Returns
    -------
    ndarray of shape (n_samples,)
        The labels, of their own type.

    Raises
    ------
    ValueError
        If the labels are missing, continuous, several a sample, or not `n_samples`.
    """
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires {name} to be passed, "
            f"but the target {name} is None."
        )
    shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    if len(shape) > 1 and shape[1] != 1:
        raise ValueError(
            f"{name} has shape {shape}. Expected one label for each sample, in shape "
            "(n_samples,). Several labels for one sample are not supported; one-hot labels "
            f"turn into single ones by {name}.argmax(axis=1)."
        )
    # pandas's nullable integers and truth values, which scikit-learn would turn into floats.
    nullable: Any = y
    own_dtype = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
    if own_dtype is not None and own_dtype.kind in "biu" and not nullable.isna().any():
        y = nullable.to_numpy(dtype=own_dtype)
    with _named(name, "y"):
        labels = _check_y(y, estimator=estimator)
    if labels.dtype == object and any(label is None for label in labels):
        raise ValueError(f"{name} holds None. Every sample needs a label.")
    if len(labels) != n_samples:
        raise ValueError(
            "Found input variables with inconsistent numbers of samples: "
            f"{n_samples} samples, but {len(labels)} labels in {name}."
        )
    check_classification_targets(labels)
    return labels


@contextmanager
def _named(name: str, name_in_scikit_learn: str) -> Iterator[None]:
    """Give errors of scikit-learn the name of the argument, where it calls it another."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if name == name_in_scikit_learn:
            raise
        raise type(error)(f"{name} can't be used: {error}") from error


class Labels(NamedTuple):
    """The labels of a training set."""

    classes: np.ndarray  # (n_classes,), sorted, of the labels' own type
    codes: np.ndarray  # (n_samples,) int64: positions in `classes`


def encode_labels(y: np.ndarray, classes: np.ndarray | None = None, name: str = "y") -> Labels:
    """Turn labels into the integers from 0.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Validated labels.
    classes : ndarray of shape (n_classes,), default=None
        The classes to encode by; by default those in `y`.
    name : str, default="y"
        What the argument is called in messages.

    Returns
    -------
    Labels
        The classes and the codes.

    Raises
    ------
    ValueError
        If there is one class only, or a label that is not among `classes`.
    """
    encoder = LabelEncoder()
    if classes is None:
        codes = encoder.fit_transform(y)
        if len(encoder.classes_) == 1:
            raise ValueError(
                f"{name} holds one class only, {encoder.classes_.tolist()}. "
                "A classifier needs samples of at least two classes."
            )
        return Labels(encoder.classes_, codes)
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(
            f"{name} holds labels that are not among the classes {classes.tolist()}: "
            f"{unknown.tolist()}."
        )
    encoder.classes_ = classes
    return Labels(classes, encoder.transform(y))


def check_classes(classes: ArrayLike | None, known: np.ndarray | None) -> np.ndarray:
    """Validate the argument `classes` of `partial_fit`.

    Parameters
    ----------
    classes : array-like of shape (n_classes,) or None
        What was given.
    known : ndarray of shape (n_classes,) or None
        The classes of the calls before; None in the first call.

    Returns
    -------
    ndarray of shape (n_classes,)
        The classes, sorted.

    Raises
    ------
    ValueError
        If `classes` is missing in the first call, is fewer than two, or differs from `known`.
    """
    if classes is None:
        if known is None:
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


def check_weights(
    sample_weight: ArrayLike | None,
    x: np.ndarray,
    labels: Labels,
    class_weight: dict[Any, float] | str | None = None,
    min_classes: int = 1,
    name: str = "sample_weight",
) -> np.ndarray | None:
    """Validate the weights of samples, and multiply those of their classes in.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), float or None
        Weights of the samples.
    x : ndarray of shape (n_samples, n_features)
        The samples.
    labels : Labels
        Their classes.
    class_weight : dict, "balanced" or None
        Weights of the classes.
    min_classes : int, default=1
        How many classes must be left with samples of positive weight.
    name : str, default="sample_weight"
        What the argument is called in messages.

    Returns
    -------
    ndarray of shape (n_samples,), float32, or None
        Not the caller's array. None where every sample has the weight 1.

    Raises
    ------
    ValueError
        If weights are negative, NaN or infinite, or not as many as samples, if the samples
        with weight are of too few classes, or if `class_weight` names an unknown class.
    """
    if sample_weight is None and class_weight is None:
        return None
    if sample_weight is None:
        weights = np.ones(len(x))
    else:
        with _named(name, "sample_weight"):
            weights = _check_sample_weight(sample_weight, x, dtype=np.float64)
        if weights.min() < 0:
            raise ValueError(f"{name} holds negative weights, such as {weights.min()}.")
    if class_weight is not None:
        weights = weights * _weights_of_classes(class_weight, labels)[labels.codes]
    # Only their ratios count. By a power of two, which changes no digit, they come to where
    # float32 neither overflows nor runs out of digits.
    weights = np.ldexp(weights, -np.frexp(weights.max())[1]).astype(np.float32)
    n_classes = len(np.unique(labels.codes[weights > 0]))
    if n_classes < min_classes:
        raise ValueError(
            f"{name} and class_weight leave samples of {n_classes} class(es) with a weight "
            f"above zero. Samples of {min_classes} or more are needed."
        )
    return weights


def _weights_of_classes(class_weight: dict[Any, float] | str, labels: Labels) -> np.ndarray:
    if isinstance(class_weight, dict):
        unknown = set(class_weight) - set(labels.classes.tolist())
        if unknown:
            raise ValueError(
                f"class_weight has weights for labels that are not among the classes "
                f"{labels.classes.tolist()}: {sorted(unknown, key=str)}."
            )
        wrong = {
            label: weight
            for label, weight in class_weight.items()
            if not (isinstance(weight, Real) and 0 <= weight < np.inf)
        }
        if wrong:
            raise ValueError(f"class_weight must hold finite weights of 0 or more, got {wrong}.")
        # Codes, since scikit-learn looks labels up in a way that numpy.str_ does not survive.
        class_weight = {
            code: class_weight.get(label, 1.0) for code, label in enumerate(labels.classes.tolist())
        }
    codes = np.arange(len(labels.classes))
    return compute_class_weight(class_weight, classes=codes, y=labels.codes)


def check_validation_data(
    estimator: BaseEstimator,
    X_val: ArrayLike | None,
    y_val: ArrayLike | None,
    sample_weight_val: ArrayLike | None,
    classes: np.ndarray,
    image_shape: tuple[int, int] | None,
) -> ValidationData | None:
    """Validate the samples to validate the training on.

    Parameters
    ----------
    estimator : BaseEstimator
        Knows the features that the samples must have.
    X_val : array-like of shape (n_val, n_features) or (n_val, height, width), or None
        The samples.
    y_val : array-like of shape (n_val,) or None
        Their labels.
    sample_weight_val : array-like of shape (n_val,) or None
        Their weights.
    classes : ndarray of shape (n_classes,)
        The classes of the training set.
    image_shape : tuple of (height, width) or None
        The shape that images must have, if there is one.

    Returns
    -------
    ValidationData or None
        None where nothing was given.

    Raises
    ------
    ValueError
        If one of samples and labels is missing, or anything in them can't be used.
    """
    if X_val is None and y_val is None:
        if sample_weight_val is not None:
            raise ValueError("sample_weight_val is given without X_val and y_val.")
        return None
    if X_val is None or y_val is None:
        given, missing = ("y_val", "X_val") if X_val is None else ("X_val", "y_val")
        raise ValueError(f"{given} is given without {missing}. Pass both or neither.")
    x, _ = check_rows(estimator, X_val, reset=False, image_shape=image_shape, name="X_val")
    y_val = check_labels(estimator, y_val, len(x), name="y_val")
    labels = encode_labels(y_val, classes, name="y_val")
    weights = check_weights(sample_weight_val, x, labels, name="sample_weight_val")
    return ValidationData(x, labels.codes, weights)
