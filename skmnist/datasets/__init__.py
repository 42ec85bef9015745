"""MNIST, files laid out like it, and digits of one's own, as arrays for scikit-learn.

The names below are loaded when they are first used: the help of the command line lists
the named sets without importing NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as _lazy

if TYPE_CHECKING:
    from skmnist.datasets._handwriting import read_digit
    from skmnist.datasets._mnist import load_mnist

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={"_handwriting": ["read_digit"], "_mnist": ["load_mnist"]},
)
