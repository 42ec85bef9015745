"""Weights of samples and classes, turned into one weight for each sample."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import compute_class_weight
from sklearn.utils.validation import _check_sample_weight

from skmnist._errors import named, refuse_text_and_dates
from skmnist._labels import Labels


def check_weights(
    sample_weight: ArrayLike | None,
    labels: Labels,
    class_weight: dict[Any, float] | str | None = None,
    min_classes: int = 1,
    name: str = "sample_weight",
) -> np.ndarray | None:
    """Validate the weights of samples, and multiply them by those of their classes.

    The result is a float32 array of its own, or None if every sample has the weight 1.
    `min_classes` classes must have samples of positive weight.
    """
    if sample_weight is None and class_weight is None:
        return None
    if sample_weight is None:
        weights = np.ones(len(labels.codes))
    else:
        refuse_text_and_dates(sample_weight, name)
        with named(name, "sample_weight"):
            weights = _check_sample_weight(sample_weight, labels.codes, dtype=np.float64)
        if weights.min() < 0:
            raise ValueError(f"{name} holds negative weights, such as {weights.min()}.")
    if class_weight is not None:
        weights = weights * _weights_of_classes(class_weight, labels)[labels.codes]
    # Only their ratios count. A power of two, which changes no digit, brings them to where float32
    # neither overflows nor loses digits.
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
    if not isinstance(class_weight, dict):
        # Columns of one-hot labels may be empty.
        weights = np.ones(len(names))
        present = np.unique(labels.codes)
        weights[present] = compute_class_weight(class_weight, classes=present, y=labels.codes)
        return weights
    wrong = {
        label: weight
        for label, weight in class_weight.items()
        if not (isinstance(weight, Real) and 0 <= weight < np.inf)
    }
    if wrong:
        raise ValueError(f"class_weight must hold finite weights of 0 or more, got {wrong}.")
    # As in scikit-learn: classes may lack a weight, or weights a class, but not both, which
    # would hide misspelled labels.
    unknown = [label for label in class_weight if label not in names]
    missing = [label for label in names if label not in class_weight]
    if unknown and missing:
        raise ValueError(
            f"class_weight has weights for labels that are not among the classes {names}: "
            f"{unknown}, and none for {missing}."
        )
    return np.array([class_weight.get(label, 1.0) for label in names], dtype=np.float64)
