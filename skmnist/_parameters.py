"""What the parameters may be: scikit-learn's constraints, and what these can't look into."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
)

from skmnist.network.architecture import activation_names
from skmnist.network.optimizers import optimizer_names


def _one_of(names: Iterable[str]) -> StrOptions:
    # A dict's keys are a set with an order, in which an error lists them.
    return StrOptions(dict.fromkeys(names).keys())


class _Number(Interval):
    """An interval of numbers without True and False, which Python counts among the ints."""

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether it is such a number; Interval itself fails on a Fraction."""
        is_number = not isinstance(val, bool | Fraction)
        return bool(is_number and super().is_satisfied_by(val))


PARAMETER_CONSTRAINTS: dict[str, list[Any]] = {
    "hidden_units": [_Number(Integral, 1, None, closed="left"), "array-like"],
    "activation": [_one_of(activation_names()), callable],
    "optimizer": [_one_of(optimizer_names()), keras.optimizers.Optimizer],
    "learning_rate": [_Number(Real, 0, None, closed="neither")],
    "l2": [_Number(Real, 0, None, closed="left")],
    "dropout": [_Number(Real, 0, 1, closed="left")],
    "epochs": [_Number(Integral, 1, None, closed="left")],
    "batch_size": [_Number(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [_Number(Real, 0, 1, closed="neither")],
    "n_iter_no_change": [
        _Number(Integral, 1, None, closed="left"),
        Options(Real, {np.inf}),
    ],
    "tol": [_Number(Real, 0, None, closed="left")],
    "class_weight": [dict, StrOptions({"balanced"}), None],
    "warm_start": ["boolean"],
    "callbacks": [list, tuple, keras.callbacks.Callback, None],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


def check_hidden_units(hidden_units: Any) -> tuple[int, ...]:
    """Validate the parameter `hidden_units` where scikit-learn's constraints don't look.

    Parameters
    ----------
    hidden_units : int or sequence of int
        What was given.

    Returns
    -------
    tuple of int
        Units of each hidden layer.

    Raises
    ------
    InvalidParameterError
        If one of them is not an int of 1 or more.
    """
    if isinstance(hidden_units, Integral) or np.ndim(hidden_units) == 0:
        counts = [hidden_units]
    else:
        counts = list(hidden_units)
    is_valid = [
        isinstance(count, Integral) and not isinstance(count, bool) and int(count) >= 1
        for count in counts
    ]
    if not all(is_valid) or isinstance(hidden_units, set | dict):
        raise InvalidParameterError(
            "The 'hidden_units' parameter of SimpleMLPClassifier must be an int of 1 or more, or "
            f"a sequence of such ints. Got {hidden_units!r} instead."
        )
    return tuple(int(count) for count in counts)


def check_activation(activation: str | Callable) -> str | Callable:
    """Validate the parameter `activation` where scikit-learn's constraints don't look.

    Parameters
    ----------
    activation : str or callable
        What was given.

    Returns
    -------
    str or callable
        The same.

    Raises
    ------
    ValueError
        If it is a callable that does not turn a tensor into one of the same shape.
    """
    if isinstance(activation, str):
        return activation
    if isinstance(activation, keras.layers.Layer):
        raise ValueError(
            f"activation must be a function of a tensor, not the layer {activation!r}. "
            "keras.activations has functions for most such layers."
        )
    for dtype in (tf.float32, tf.float64):
        try:
            hash(activation)
            traced = tf.function(activation, autograph=False).get_concrete_function(
                tf.TensorSpec((2, 3), dtype)
            )
            is_valid = traced.output_shapes == tf.TensorShape((2, 3))
        # Anything can come out of somebody else's function.
        except Exception as error:
            raise ValueError(
                f"activation={activation!r} fails on a {dtype.name} tensor: {error} It must be "
                "hashable and made of TensorFlow's or Keras's functions, such as keras.ops.tanh."
            ) from error
        if not is_valid:
            raise ValueError(
                f"activation={activation!r} must give a tensor of the shape that it gets; of "
                f"(2, 3), it gives {traced.output_shapes}."
            )
    return activation


def check_partial(early_stopping: bool, class_weight: Any) -> None:
    """Refuse the parameters that `partial_fit` can't follow: they need all samples.

    Parameters
    ----------
    early_stopping, class_weight
        The parameters.

    Raises
    ------
    ValueError
        If early stopping or balanced weights are asked for.
    """
    if early_stopping:
        raise ValueError("partial_fit does not support early_stopping=True.")
    if isinstance(class_weight, str):
        raise ValueError(
            f'class_weight="{class_weight}" needs all samples at once. For partial_fit, give the '
            "weights as a dict {label: weight}."
        )
