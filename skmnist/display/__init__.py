"""Figures of digits, training, hidden units and searches; they are never shown."""

from typing import TYPE_CHECKING, Any

import lazy_loader as _lazy

from skmnist._packages import raise_if_missing as _raise_if_missing

if TYPE_CHECKING:
    # "as" tells type checkers that the names are this package's too.
    from skmnist.display._digits import DigitsDisplay as DigitsDisplay
    from skmnist.display._hidden_units import HiddenUnitsDisplay as HiddenUnitsDisplay
    from skmnist.display._search import SearchDisplay as SearchDisplay
    from skmnist.display._training import TrainingDisplay as TrainingDisplay

_load, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "_digits": ["DigitsDisplay"],
        "_hidden_units": ["HiddenUnitsDisplay"],
        "_search": ["SearchDisplay"],
        "_training": ["TrainingDisplay"],
    },
)

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name in __all__:
            _raise_if_missing(name, ["matplotlib"])
        return _load(name)
