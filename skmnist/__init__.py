"""A Keras network for MNIST-like images that is a scikit-learn estimator.

The names below are loaded when they are first used: importing TensorFlow takes seconds, and
loading data or drawing a figure should not wait for it.
"""

from __future__ import annotations

import importlib
from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skmnist._show_versions import show_versions
    from skmnist.classifier import SimpleMLPClassifier
    from skmnist.datasets import load_mnist, read_digit
    from skmnist.display import (
        DigitsDisplay,
        HiddenUnitsDisplay,
        SearchDisplay,
        TrainingDisplay,
    )

__version__ = _version("skmnist")

__all__ = [
    "DigitsDisplay",
    "HiddenUnitsDisplay",
    "SearchDisplay",
    "SimpleMLPClassifier",
    "TrainingDisplay",
    "load_mnist",
    "read_digit",
    "show_versions",
]

_HOMES = {
    "DigitsDisplay": "skmnist.display",
    "HiddenUnitsDisplay": "skmnist.display",
    "SearchDisplay": "skmnist.display",
    "SimpleMLPClassifier": "skmnist.classifier",
    "TrainingDisplay": "skmnist.display",
    "load_mnist": "skmnist.datasets",
    "read_digit": "skmnist.datasets",
    "show_versions": "skmnist._show_versions",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value  # the next access finds it without coming here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
