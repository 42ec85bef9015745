"""What users hand in, turned into what the network takes: rows, class codes, weights.

Everything is checked here, at the door, and once. uint8 stays uint8, any other numbers become
float32; behind this module nobody asks again. Labels and weights have modules of their own.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, issparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from skmnist._errors import named, refuse_text_and_dates
from skmnist._labels import Labels, check_labels
from skmnist._weights import check_weights
from skmnist.network.rows import RowMatrix
from skmnist.network.validation import ValidationData

if TYPE_CHECKING:
    from skmnist.classifier import SimpleMLPClassifier


class Rows(NamedTuple):
    """Samples as rows."""

    x: RowMatrix  # (n_samples, n_features): a C-contiguous array of uint8 or float32, or CSR
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
    X : array-like or sparse matrix of shape (n_samples, n_features), or images of shape \
(n_samples, height, width)
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
    refuse_text_and_dates(X, name)
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
    # The first dtype is what anything else is converted to. The few values of a sparse matrix
    # save next to nothing as bytes.
    dtypes = [np.float32] if issparse(X) else [np.float32, np.uint8]
    with named(name, "X"):
        try:
            x = validate_data(
                estimator, X, reset=reset, dtype=dtypes, order="C", accept_sparse="csr"
            )
        except ValueError as error:
            if reset or images or not _is_one_image(shape, estimator.n_features_in_):
                raise
            raise ValueError(f"{error} A single image needs a first axis of length 1.") from error
    return Rows(csr_array(x) if issparse(x) else x, images)


def _is_one_image(shape: tuple[int, ...], n_features: int) -> bool:
    return len(shape) == 2 and shape[1] != n_features == shape[0] * shape[1]


@dataclass(frozen=True)
class TrainingSet:
    """Checked training data.

    Parameters
    ----------
    x : ndarray or CSR matrix of shape (n_samples, n_features), uint8 or float32
        The samples; an array is C-contiguous.
    image_shape : tuple of (height, width) or None
        The shape of the images that the estimator was fitted to, where it was not rows.
    labels : Labels
        The classes of the samples.
    weights : ndarray of shape (n_samples,), float32, or None
        The weights of the samples; None for 1.
    features : BaseEstimator
        Has the attributes that scikit-learn notes the features down in.
    """

    x: RowMatrix
    image_shape: tuple[int, int] | None
    labels: Labels
    weights: np.ndarray | None
    features: BaseEstimator

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.labels.codes)


def check_training_set(
    estimator: SimpleMLPClassifier,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    *,
    classes: np.ndarray | None,
    goes_on: bool,
    min_classes: int,
) -> TrainingSet:
    """Validate what an estimator is trained on.

    Parameters
    ----------
    estimator : SimpleMLPClassifier
        It is not changed.
    X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
        The samples.
    y : array-like of shape (n_samples,) or (n_samples, n_classes)
        Their labels.
    sample_weight : array-like of shape (n_samples,) or None
        Their weights.
    classes : ndarray of shape (n_classes,) or None
        The classes, of which some may be missing; None for those in `y`.
    goes_on : bool
        Whether the features and the form of the labels must be those of the last training.
    min_classes : int
        Of how many classes samples must have a weight above 0.

    Returns
    -------
    TrainingSet
        The checked data.
    """
    # scikit-learn notes the features down before anything else is checked, and a fit that
    # is refused must leave the estimator as it was.
    features = estimator if goes_on else copy.copy(estimator)
    image_shape = estimator._image_shape if goes_on else None
    x, given_shape = check_rows(features, X, reset=not goes_on, image_shape=image_shape)
    labels = check_labels(
        estimator,
        y,
        x.shape[0],
        classes=classes,
        is_one_hot=estimator._is_one_hot if goes_on else None,
    )
    weights = check_weights(sample_weight, labels, estimator.class_weight, min_classes)
    return TrainingSet(x, image_shape if goes_on else given_shape, labels, weights, features)


def check_validation_data(
    training_set: TrainingSet,
    X_val: ArrayLike | None,
    y_val: ArrayLike | None,
    sample_weight_val: ArrayLike | None,
) -> ValidationData | None:
    """Validate the samples to validate a training on.

    Parameters
    ----------
    training_set : TrainingSet
        Has the features and the classes that the samples must have.
    X_val : array-like of shape (n_val, n_features) or (n_val, height, width), or None
        The samples.
    y_val : array-like of shape (n_val,) or (n_val, n_classes), or None
        Their labels.
    sample_weight_val : array-like of shape (n_val,) or None
        Their weights.

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
    features = training_set.features
    x, _ = check_rows(
        features, X_val, reset=False, image_shape=training_set.image_shape, name="X_val"
    )
    labels = check_labels(
        features,
        y_val,
        x.shape[0],
        classes=training_set.labels.classes,
        is_one_hot=training_set.labels.is_one_hot,
        name="y_val",
    )
    weights = check_weights(sample_weight_val, labels, name="sample_weight_val")
    return ValidationData(x, labels.codes, weights)
