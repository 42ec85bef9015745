"""A Keras network for MNIST-like images that is a scikit-learn estimator.

The names below are loaded when they are first used: importing TensorFlow takes seconds,
and loading data or drawing a figure should not wait for it.
"""

from __future__ import annotations

from importlib.metadata import version as _version
from typing import TYPE_CHECKING

import lazy_loader as _lazy

if TYPE_CHECKING:
    # "as" tells type checkers that the names are this package's too.
    from skmnist._show_versions import show_versions as show_versions
    from skmnist.classifier import SimpleMLPClassifier as SimpleMLPClassifier
    from skmnist.datasets import load_mnist as load_mnist
    from skmnist.datasets import read_digit as read_digit
    from skmnist.display import DigitsDisplay as DigitsDisplay
    from skmnist.display import HiddenUnitsDisplay as HiddenUnitsDisplay
    from skmnist.display import SearchDisplay as SearchDisplay
    from skmnist.display import TrainingDisplay as TrainingDisplay

__version__ = _version("skmnist")

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "_show_versions": ["show_versions"],
        "classifier": ["SimpleMLPClassifier"],
        "datasets": ["load_mnist", "read_digit"],
        "display": [
            "DigitsDisplay",
            "HiddenUnitsDisplay",
            "SearchDisplay",
            "TrainingDisplay",
        ],
    },
)
