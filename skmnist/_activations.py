"""Keras's activations by name, in NumPy and SciPy.

Each function gets the weighted sums of a layer, float64 of shape (n_samples, n_units),
and returns an array of that shape. They agree with Keras on TensorFlow for infinite
values and NaN too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.special import erfc, expit, softmax

Activation = Callable[[np.ndarray], np.ndarray]

# TensorFlow rounds these to float32, whatever the dtype of the sums.
_LEAKY_SLOPE = float(np.float32(0.2))
_SQRT_HALF = float(np.float32(np.sqrt(0.5)))

# Of Klambauer et al., "Self-Normalizing Neural Networks", NeurIPS 2017.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


def _elu(x: np.ndarray) -> np.ndarray:
    # Not of large values, whose exponential would overflow.
    return np.where(x > 0.0, x, np.expm1(np.minimum(x, 0.0)))


def _log_softmax(x: np.ndarray) -> np.ndarray:
    below_largest = x - np.max(x, axis=1, keepdims=True)
    total = np.sum(np.exp(below_largest), axis=1, keepdims=True)
    return below_largest - np.log(total)


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(x, 0.0)


def _hard_sigmoid(x: np.ndarray) -> np.ndarray:
    return np.clip(x + 3.0, 0.0, 6.0) / 6.0


def _hard_silu(x: np.ndarray) -> np.ndarray:
    return x * _hard_sigmoid(x)


def _silu(x: np.ndarray) -> np.ndarray:
    return x * expit(x)


def _sparse_plus(x: np.ndarray) -> np.ndarray:
    line = np.where(x <= -1.0, 0.0, x)
    return np.where(np.abs(x) < 1.0, 0.25 * (x + 1.0) ** 2, line)


def _sparse_sigmoid(x: np.ndarray) -> np.ndarray:
    return np.clip(0.5 * (x + 1.0), 0.0, 1.0)


def _sparsemax(x: np.ndarray) -> np.ndarray:
    # The function of Keras 3.15 and before, which networks are trained with. It is not
    # the published one (Martins and Astudillo, ICML 2016), whose threshold is made of
    # the last cumulative sum of the support; here it is made of all of them.
    descending = -np.sort(-x, axis=1)
    sums = np.cumsum(descending, axis=1)
    ranks = np.arange(1, x.shape[1] + 1)
    is_support = descending - (sums - 1.0) / ranks > 0.0

    total = np.sum(sums, axis=1, where=is_support, keepdims=True)
    n_support = np.sum(is_support, axis=1, keepdims=True)
    return np.maximum(x - (total - 1.0) / n_support, 0.0)


_FUNCTIONS: dict[str, Activation] = {
    "celu": _elu,
    "elu": _elu,
    "exponential": np.exp,
    "gelu": lambda x: 0.5 * x * erfc(-x * _SQRT_HALF),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0.0),
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _hard_silu,
    "hard_swish": _hard_silu,
    "hard_tanh": lambda x: np.clip(x, -1.0, 1.0),
    "leaky_relu": lambda x: np.maximum(x, _LEAKY_SLOPE * x),
    "linear": lambda x: x,
    "log_sigmoid": lambda x: -_softplus(-x),
    "log_softmax": _log_softmax,
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "relu": lambda x: np.maximum(x, 0.0),
    "relu6": lambda x: np.clip(x, 0.0, 6.0),
    "selu": lambda x: _SELU_SCALE * np.where(x > 0.0, x, _SELU_ALPHA * _elu(x)),
    "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "silu": _silu,
    "soft_shrink": lambda x: np.where(np.abs(x) > 0.5, x - np.copysign(0.5, x), 0.0),
    "softmax": partial(softmax, axis=1),
    "softplus": _softplus,
    "softsign": lambda x: x / (1.0 + np.abs(x)),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": _sparse_sigmoid,
    "sparsemax": _sparsemax,
    "squareplus": lambda x: 0.5 * (x + np.sqrt(x * x + 4.0)),
    "swish": _silu,
    "tanh": np.tanh,
    "tanh_shrink": lambda x: x - np.tanh(x),
}

# Overflows give infinity, or the limit of the function: no reason for a warning.
_without_warnings = np.errstate(over="ignore", invalid="ignore", divide="ignore")

ACTIVATIONS: dict[str, Activation] = {
    name: _without_warnings(function) for name, function in _FUNCTIONS.items()
}
