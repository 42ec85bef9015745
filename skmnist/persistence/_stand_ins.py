"""Plain values that stand in files for objects that skops cannot write, or read safely.

Files name these classes: renamed or moved, they would make the files unreadable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats
from sklearn.utils import check_random_state

from skmnist._deferred import is_of_keras, shown
from skmnist.persistence._replacing import replace_inside

_FAMILIES = (stats.rv_continuous, stats.rv_discrete)


def with_stand_ins(estimator: Any) -> Any:
    """Replace what skops cannot write; what holds none of it is not copied."""
    return replace_inside(estimator, _stand_in_for)


def without_stand_ins(estimator: Any) -> Any:
    """Put back what `with_stand_ins` has replaced."""
    return replace_inside(estimator, _restored)


def _stand_in_for(value: Any) -> Any:
    for stand_in_class in STAND_INS:
        stand_in = stand_in_class.of(value)
        if stand_in is not None:
            return stand_in
    return value


def _restored(value: Any) -> Any:
    if not isinstance(value, STAND_INS):
        return value
    # Not `value.restore()`: a file can give an object any attribute.
    return type(value).restore(value)


class Distribution:
    """A distribution of `scipy.stats`, with or without arguments.

    SciPy's own state of one holds code, which it executes when the state is set.
    """

    def __init__(
        self, name: str, args: Sequence[Any] | None, kwds: dict[str, Any]
    ) -> None:
        self.name = name
        self.args = args  # None for a distribution without arguments
        self.kwds = kwds
        self.random_state: Any = None  # None for NumPy's global generator

    @classmethod
    def of(cls, value: Any) -> Distribution | None:
        """Describe a distribution; None for anything else, such as a user's own."""
        is_frozen = isinstance(value, stats.distributions.rv_frozen)
        family = value
        if is_frozen:
            family = value.dist
        if not isinstance(family, _FAMILIES):
            return None
        known: Any = getattr(stats, family.name, None)
        if type(known) is not type(family):
            return None

        described = cls(family.name, None, {})
        if is_frozen:
            described = cls(family.name, value.args, value.kwds)
        if family.random_state is not check_random_state(None):
            described.random_state = family.random_state

        # Others of the same type can be made with another support.
        restored = described.restore()
        if not np.array_equal((restored.a, restored.b), (value.a, value.b)):
            return None
        return described

    def restore(self) -> Any:
        """Make the distribution."""
        family = vars(stats).get(self.name)
        if not isinstance(family, _FAMILIES):
            raise ValueError(f"scipy.stats has no distribution {self.name!r}")
        if self.args is None:
            return family
        distribution = family(*self.args, **self.kwds)
        if self.random_state is not None:
            distribution.random_state = self.random_state
        return distribution


class KerasObject:
    """An optimizer, a callback or an activation of Keras, in a grid for example."""

    def __init__(self, plain: dict[str, Any]) -> None:
        self.plain = plain

    @classmethod
    def of(cls, value: Any) -> KerasObject | None:
        """Describe one of Keras's own; None for anything else, such as a user's own."""
        if not is_of_keras(value):
            return None
        from skmnist.engine.descriptions import described

        plain = described(value)
        if not isinstance(plain, dict):
            return None
        return cls(plain)

    def restore(self) -> Any:
        """Make the object; itself where Keras is not installed: no fit can need it."""
        try:
            from skmnist.engine.descriptions import made_of
        except ImportError:
            return self
        return made_of(self.plain)

    def __repr__(self) -> str:
        """Name what it stands for."""
        return shown(self.plain)


STAND_INS: tuple[type[Any], ...] = (Distribution, KerasObject)
