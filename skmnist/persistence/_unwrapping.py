"""The fitted classifier inside of what is to be written for other programs."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skmnist._estimators import unwrap
from skmnist.classifier import SimpleMLPClassifier


def unwrap_fitted(estimator: Any, does: str) -> tuple[SimpleMLPClassifier, list[Any]]:
    """Return the classifier in Pipelines and searches, and the steps before it.

    All of them are fitted. `does` is the beginning of the message if there is no
    `SimpleMLPClassifier`, such as "to_onnx writes".
    """
    classifier, steps = unwrap(estimator)
    for part in (*steps, classifier):
        if isinstance(part, BaseEstimator):
            check_is_fitted(part)

    if not isinstance(classifier, SimpleMLPClassifier):
        raise TypeError(
            f"{does} a SimpleMLPClassifier, a Pipeline that ends with one, or a search "
            f"for one with refit=True, got {estimator!r}."
        )
    return classifier, steps
