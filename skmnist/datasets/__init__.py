"""MNIST, files laid out like it, and digits of one's own, as arrays for scikit-learn.

The names below are loaded when they are first used: the help of the command line lists
the named sets without importing NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as _lazy

from skmnist._packages import naming_packages as _naming_packages

if TYPE_CHECKING:
    # "as" tells type checkers that the names are this package's too.
    from skmnist.datasets._handwriting import read_digit as read_digit
    from skmnist.datasets._mnist import load_mnist as load_mnist

_load, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={"_handwriting": ["read_digit"], "_mnist": ["load_mnist"]},
)

# The modules that every call needs.
_NEEDED: dict[str, list[str]] = {"load_mnist": [], "read_digit": ["PIL", "skimage"]}
_functions: dict[str, Any] = {}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        value = _load(name)
        if name not in _NEEDED:
            return value

        function = _naming_packages(value, name, needed=_NEEDED[name])
        # One function for all, whichever thread is first: pickle compares.
        function = _functions.setdefault(name, function)
        globals()[name] = function
        return function
