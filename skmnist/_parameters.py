"""Parameters that scikit-learn's constraints can't look into: sequences and functions."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from sklearn.utils._param_validation import InvalidParameterError


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
