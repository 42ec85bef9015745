"""What is given to `fit` and `predict`, turned into rows, class codes and weights.

Inputs are validated once, here; later code relies on it. uint8 stays uint8, any other
numbers become float32.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, issparse
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import validate_data

from skmnist._compat import _check_sample_weight, _check_y
from skmnist._network import RowMatrix, Samples
from skmnist._warnings import warn_caller

_TEXT = str | bytes
_DATES = (
    datetime.date | datetime.time | datetime.timedelta | np.datetime64 | np.timedelta64
)


class Labels(NamedTuple):
    """The labels of some samples."""

    classes: np.ndarray  # (n_classes,), sorted, of the labels' own type
    codes: np.ndarray  # (n_samples,) int64: positions in `classes`
    is_one_hot: bool = False  # whether they came as rows, with a column for each class


@contextmanager
def rename_argument(name: str, name_in_scikit_learn: str) -> Iterator[None]:
    """Re-raise scikit-learn's errors with the name of our argument."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if name == name_in_scikit_learn:
            raise
        raise type(error)(f"{name} can't be used: {error}") from error


def refuse_text_and_dates(values: Any, name: str) -> None:
    """Raise ValueError if the first row holds what NumPy would turn into numbers."""
    if issparse(values):
        return
    if isinstance(values, _TEXT):
        values = [values]
    try:
        first = np.asarray(values[:1])
    except (IndexError, KeyError, TypeError):  # not a sequence
        first = np.asarray(values)
    if first.dtype.kind not in "OSTUmM":
        return

    for value in first.ravel():
        if isinstance(value, _TEXT):
            kind = "text"
        elif isinstance(value, _DATES):
            kind = "dates or durations"
        else:
            continue
        raise ValueError(
            f"{name} holds {kind}, such as {str(value)!r}. Expected numbers."
        )


class Features(NamedTuple):
    """What the samples of a fit were like, and all later ones must be like."""

    n_features: int
    names: np.ndarray | None = None  # (n_features,), of the columns of a data frame
    image_shape: tuple[int, int] | None = None  # (height, width); None for rows


def check_rows(
    X: Any, owner: str, features: Features | None = None, *, name: str = "X"
) -> tuple[RowMatrix, Features]:
    """Validate samples; return them as rows, and their features.

    `features` are those that they must have; None for any. `owner` is the name of the
    class that messages speak of.
    """
    image_shape = None
    if features is not None:
        image_shape = features.image_shape
    X, images = _flatten_images(X, name, owner, image_shape)

    probe = _probe(owner, features)
    with rename_argument(name, "X"):
        try:
            x = validate_data(
                probe,
                X,
                reset=features is None,
                dtype=_row_dtypes(X),
                order="C",
                accept_sparse="csr",
            )
        except ValueError as error:
            if features is None or images or not _is_image(X, features.n_features):
                raise
            raise ValueError(
                f"{error} A single image needs a first axis of length 1."
            ) from error

    if issparse(x):
        x = csr_array(x)
    if features is None:
        names = getattr(probe, "feature_names_in_", None)
        features = Features(x.shape[1], names, images)
    return x, features


class _Probe(BaseEstimator):
    """An estimator that scikit-learn's `validate_data` reads and writes features of.

    Nothing of a fit may be set on the classifier itself before the fit has ended.
    """


@cache
def _probe_class(owner: str) -> type[_Probe]:
    # Messages name the class.
    return type(owner, (_Probe,), {})


def _probe(owner: str, features: Features | None) -> Any:
    probe: Any = _probe_class(owner)()
    if features is not None:
        probe.n_features_in_ = features.n_features
        if features.names is not None:
            probe.feature_names_in_ = features.names
    return probe


def _is_image(X: Any, n_features: int) -> bool:
    """Whether this could be one image: all pixels together, and not a row of them."""
    shape = np.shape(X)
    if len(shape) != 2:
        return False
    return shape[1] != n_features and shape[0] * shape[1] == n_features


def _flatten_images(
    X: Any, name: str, owner: str, image_shape: tuple[int, int] | None
) -> tuple[Any, tuple[int, int] | None]:
    """Return samples as rows, not validated yet, and the shape of images.

    The shape is None for samples that came as rows. `image_shape` is the one that
    images must have.
    """
    if not hasattr(X, "shape"):
        # Lists, other sequences, and what NumPy can convert.
        X = np.asarray(X)
    refuse_text_and_dates(X, name)

    shape: tuple[int, ...] = getattr(X, "shape", ())
    if len(shape) > 3:
        raise ValueError(
            f"{name} has shape {shape}. Expected rows of shape (n_samples, n_features) "
            "or images of shape (n_samples, height, width)."
        )
    if len(shape) < 3:
        return X, None

    images = (shape[1], shape[2])
    if image_shape is not None and images != image_shape:
        raise ValueError(
            f"{name} holds images of shape {images}, but {owner} was "
            f"fitted with images of shape {image_shape}."
        )
    return np.asarray(X).reshape(shape[0], images[0] * images[1]), images


def _row_dtypes(X: Any) -> list[type]:
    """Return the dtypes that rows may have; others are converted to the first."""
    if issparse(X):
        # Its few values save next to nothing as bytes.
        return [np.float32]
    return [np.float32, np.uint8]


def check_labels(
    y: ArrayLike,
    n_samples: int,
    owner: str,
    *,
    classes: np.ndarray | None = None,
    is_one_hot: bool | None = None,
    name: str = "y",
) -> Labels:
    """Validate labels, one for each of `n_samples`, and turn them into integers from 0.

    They are encoded by `classes`; None for those in `y`, or its columns. `is_one_hot`
    is the form that they must have, if there is one. `owner` is the name of the class
    that messages speak of.
    """
    if y is None:
        raise ValueError(
            f"{owner} requires {name} to be passed, but the target {name} is None."
        )

    has_rows = has_columns(y)
    if is_one_hot is not None and has_rows != is_one_hot:
        raise ValueError(
            f"{name} holds {_form(has_rows)}, but {owner} was given "
            f"{_form(is_one_hot)} before."
        )

    if has_rows:
        single = _positions_of_ones(y, name)
    else:
        single = _single_labels(y, owner, name)
    if len(single) != n_samples:
        raise ValueError(
            "Found input variables with inconsistent numbers of samples: "
            f"{n_samples} samples, but {len(single)} labels in {name}."
        )
    if not has_rows:
        return _encode(single, classes, name)

    columns = _classes_of_columns(y, name, known=classes)
    if classes is not None and not np.array_equal(columns, classes):
        raise ValueError(
            f"{name} has the columns {columns.tolist()} of one-hot labels, but the "
            f"classes are {classes.tolist()}."
        )
    return Labels(columns, single, is_one_hot=True)


def _classes_of_columns(y: Any, name: str, known: np.ndarray | None) -> np.ndarray:
    """Return the class of each column of one-hot labels: its name, or else its number.

    Columns without names, as many as the `known` classes, are taken for these.
    """
    n_columns = np.shape(y)[1]
    names = list(getattr(y, "columns", ()))
    if not names or any(isinstance(label, tuple) for label in names):
        if known is not None and len(known) == n_columns:
            return known
        return np.arange(n_columns)

    if len(set(names)) < len(names):
        raise ValueError(f"{name} has several columns of the same name: {names}.")
    classes = np.asarray(names)
    if len({type(label) for label in names}) > 1:
        # NumPy would turn numbers among text into text.
        classes = np.empty(n_columns, dtype=object)
        classes[:] = names
    return classes


def _form(is_one_hot: bool) -> str:
    return "one-hot labels" if is_one_hot else "single labels"


def check_classes(
    classes: ArrayLike | None, known: np.ndarray | None, y: ArrayLike
) -> np.ndarray | None:
    """Validate the argument `classes` of `partial_fit`.

    `known` are those of the calls before.
    """
    if classes is None:
        if known is None and not has_columns(y):
            raise ValueError("classes must be passed on the first call to partial_fit.")
        return known

    given = unique_labels(classes)
    if known is not None and not np.array_equal(given, known):
        raise ValueError(
            f"classes={given.tolist()} are not those of the calls before, "
            f"{known.tolist()}."
        )
    return given


def has_columns(y: ArrayLike) -> bool:
    """Whether labels come as rows of several values: one-hot, or of no use."""
    if not hasattr(y, "shape"):
        y = np.asarray(y)
    return len(y.shape) > 1 and y.shape[1] != 1


def _positions_of_ones(y: Any, name: str) -> np.ndarray:
    if issparse(y):
        y = y.toarray()
    rows = np.asarray(y)
    are_rows_of_numbers = rows.ndim == 2 and rows.dtype.kind in "biuf"
    if not are_rows_of_numbers or not np.isin(rows, (0, 1)).all():
        raise ValueError(
            f"{name} has shape {rows.shape}. Expected one label for each sample, in "
            "shape (n_samples,), or one-hot labels, rows of a single 1 and else 0, in "
            "shape (n_samples, n_classes)."
        )

    n_ones = np.count_nonzero(rows, axis=1)
    if (n_ones != 1).any():
        row = int(np.argmax(n_ones != 1))
        raise ValueError(
            f"{name} has {n_ones[row]} ones in row {row}. Several labels for one "
            "sample, or none, are not supported: each row of one-hot labels holds "
            "a single 1."
        )
    return rows.argmax(axis=1)


def _single_labels(y: ArrayLike, owner: str, name: str) -> np.ndarray:
    # scikit-learn would turn pandas's nullable integers and truth values into floats.
    nullable: Any = y
    own_dtype = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
    if own_dtype is not None and own_dtype.kind in "biu" and not nullable.isna().any():
        y = nullable.to_numpy(dtype=own_dtype)

    with rename_argument(name, "y"):
        labels = _check_y(y, estimator=owner)
    if labels.dtype == object and any(label is None for label in labels):
        raise ValueError(f"{name} holds None. Every sample needs a label.")
    check_classification_targets(labels)
    return labels


def _encode(labels: np.ndarray, classes: np.ndarray | None, name: str) -> Labels:
    encoder = LabelEncoder()
    if classes is None:
        codes = encoder.fit_transform(labels)
        return Labels(encoder.classes_, codes)

    unknown = np.setdiff1d(labels, classes)
    if len(unknown):
        raise ValueError(
            f"{name} holds labels that are not among the classes {classes.tolist()}: "
            f"{unknown.tolist()}."
        )
    encoder.classes_ = classes
    return Labels(classes, encoder.transform(labels))


def check_weights(
    sample_weight: ArrayLike | None, n_samples: int, name: str = "sample_weight"
) -> np.ndarray | None:
    """Validate the weights of samples, and return them as float64; None for 1."""
    if sample_weight is None:
        return None

    refuse_text_and_dates(sample_weight, name)
    with rename_argument(name, "sample_weight"):
        weights = _check_sample_weight(
            sample_weight, np.empty(n_samples), dtype=np.float64
        )
    if weights.min() < 0:
        raise ValueError(f"{name} holds negative weights, such as {weights.min()}.")
    if not weights.any():  # scikit-learn 1.6 does not check it
        raise ValueError(f"{name} must contain at least one non-zero number.")
    return weights


def with_class_weights(
    weights: np.ndarray | None,
    labels: Labels,
    class_weight: dict[Any, float] | str | None,
) -> np.ndarray | None:
    """Multiply the weights of samples by those of their classes."""
    if class_weight is None:
        return weights

    of_samples = _weights_of_classes(class_weight, labels)[labels.codes]
    if weights is not None:
        of_samples = weights * of_samples
    if not of_samples.any():
        raise ValueError(
            "sample_weight and class_weight leave no sample with a weight above zero."
        )
    return of_samples


def scaled_weights(weights: np.ndarray | None) -> np.ndarray | None:
    """Return weights as an array of float32 of its own. Only their ratios count."""
    if weights is None:
        return None
    # A power of two, which changes no digit, brings them to where float32 neither
    # overflows nor loses digits.
    return np.ldexp(weights, -np.frexp(weights.max())[1]).astype(np.float32)


def _weights_of_classes(
    class_weight: dict[Any, float] | str, labels: Labels
) -> np.ndarray:
    if not isinstance(class_weight, dict):
        # Columns of one-hot labels may be empty.
        weights = np.ones(len(labels.classes))
        present = np.unique(labels.codes)
        weights[present] = compute_class_weight(
            class_weight, classes=present, y=labels.codes
        )
        return weights

    wrong = {}
    for label, weight in class_weight.items():
        if not isinstance(weight, Real) or not 0 <= weight < np.inf:
            wrong[label] = weight
    if wrong:
        raise ValueError(
            f"class_weight must hold finite weights of 0 or more, got {wrong}."
        )
    return compute_class_weight(class_weight, classes=labels.classes, y=labels.classes)


def set_aside(
    samples: Samples, sample_weight: np.ndarray | None, fraction: float, seed: int
) -> tuple[np.ndarray, Samples]:
    """Split samples for early stopping: rows to train on, and samples to validate on.

    The split is stratified by class where that is possible. Samples to validate on have
    the weights `sample_weight`, without those of their classes, as `X_val` has.
    """
    codes = samples.codes
    used = np.arange(len(codes))
    if samples.weights is not None:
        # A weight of 0 leaves a sample out, on either side.
        used = np.flatnonzero(samples.weights)

    split = partial(train_test_split, used, test_size=fraction, random_state=seed)
    try:
        rows, validation_rows = split(stratify=codes[used])
    except ValueError as impossible:
        try:
            rows, validation_rows = split()
        except ValueError as error:
            raise ValueError(
                f"early_stopping cannot set validation_fraction={fraction} of "
                f"{len(used)} samples aside: {error} Change validation_fraction, or "
                "pass X_val and y_val."
            ) from error

        warning = (
            f"early_stopping sets validation_fraction={fraction} of {len(used)} "
            f"samples aside without stratifying them by class: {impossible}"
        )
        lost = np.setdiff1d(codes[used], codes[rows])
        if len(lost):
            warning += f" No sample of {len(lost)} class(es) is left to train on."
        warn_caller(warning, UserWarning)

    validation_weights = None
    if sample_weight is not None:
        validation_weights = scaled_weights(sample_weight[validation_rows])
    return rows, Samples(
        samples.x[validation_rows], codes[validation_rows], validation_weights
    )
