"""The weights of samples and classes that users hand in, turned into one weight a sample."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import compute_class_weight
from sklearn.utils.validation import _check_sample_weight

from skmnist._errors import named
from skmnist._labels import Labels


def check_weights(
    sample_weight: ArrayLike | None,
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
        weights = np.ones(len(labels.codes))
    else:
        with named(name, "sample_weight"):
            weights = _check_sample_weight(sample_weight, labels.codes, dtype=np.float64)
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
    names = labels.classes.tolist()
    weights = np.ones(len(names))
    if not isinstance(class_weight, dict):
        # Columns of one-hot labels may be empty.
        present = np.unique(labels.codes)
        weights[present] = compute_class_weight(class_weight, classes=present, y=labels.codes)
        return weights
    unknown = set(class_weight) - set(names)
    if unknown:
        raise ValueError(
            f"class_weight has weights for labels that are not among the classes "
            f"{names}: {sorted(unknown, key=str)}."
        )
    wrong = {
        label: weight
        for label, weight in class_weight.items()
        if not (isinstance(weight, Real) and 0 <= weight < np.inf)
    }
    if wrong:
        raise ValueError(f"class_weight must hold finite weights of 0 or more, got {wrong}.")
    for label, weight in class_weight.items():
        weights[names.index(label)] = weight
    return weights
