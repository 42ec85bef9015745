"""What the parameters may be: scikit-learn's constraints, and what they don't cover."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

import numpy as np

from skmnist._activations import ACTIVATIONS
from skmnist._compat import (
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    validate_parameter_constraints,
)


def validate_parameters(parameters: dict[str, Any], owner: str) -> None:
    """Raise InvalidParameterError for a parameter that cannot be used.

    Keras is imported here, for the names of its optimizers.
    """
    validate_parameter_constraints(_constraints(), parameters, caller_name=owner)


def _constraints() -> dict[str, list[Any]]:
    from skmnist.engine.callbacks import Callback
    from skmnist.engine.optimizers import Optimizer, optimizer_names

    return {
        "hidden_units": [_COUNT, "array-like"],
        "activation": [_one_of(sorted(ACTIVATIONS)), callable],
        "optimizer": [_AnyCase(dict.fromkeys(optimizer_names()).keys()), Optimizer],
        "learning_rate": [_Number(Real, 0, None, closed="neither")],
        "l2": [_Number(Real, 0, None, closed="left")],
        "dropout": [_Number(Real, 0, 1, closed="left")],
        "epochs": [_COUNT],
        "batch_size": [_COUNT],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [_Number(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [_COUNT, Options(Real, {np.inf})],
        "tol": [_Number(Real, 0, None, closed="left")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "warm_start": ["boolean"],
        "callbacks": [list, tuple, Callback, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }


def _one_of(names: Iterable[str]) -> StrOptions:
    # A dict's keys are a set with an order, in which an error lists them.
    return StrOptions(dict.fromkeys(names).keys())


class _AnyCase(StrOptions):
    """Names in lower case, which may also be written as Keras writes its classes."""

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether it is such a name."""
        return isinstance(val, str) and val.lower() in self.options


class _Number(Interval):
    """An interval of numbers without True and False, which are ints in Python."""

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether it is such a number; Interval itself fails on a Fraction."""
        is_number = not isinstance(val, bool | Fraction)
        return bool(is_number and super().is_satisfied_by(val))


_COUNT = _Number(Integral, 1, None, closed="left")


def check_hidden_units(hidden_units: Any, owner: str) -> tuple[int, ...]:
    """Return the units of each hidden layer."""
    if np.ndim(hidden_units) == 0:
        counts = [hidden_units]
    else:
        counts = list(hidden_units)
    if not all(map(_COUNT.is_satisfied_by, counts)):
        raise InvalidParameterError(
            f"The 'hidden_units' parameter of {owner} must be an int of 1 or more, or "
            f"a sequence of such ints. Got {hidden_units!r} instead."
        )
    return tuple(int(count) for count in counts)


def refuse_full_data_parameters(early_stopping: bool, class_weight: Any) -> None:
    """Refuse parameters that need all samples at once, which `partial_fit` lacks."""
    if early_stopping:
        raise ValueError("partial_fit does not support early_stopping=True.")
    if isinstance(class_weight, str):
        raise ValueError(
            f'class_weight="{class_weight}" needs all samples at once. For '
            "partial_fit, give the weights as a dict {label: weight}."
        )
