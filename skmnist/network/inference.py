"""Class probabilities of many rows, without Keras's predict loop.

A handful of operations on large blocks gains nothing from being compiled, and in NumPy they share
no state: any number of threads can predict at once, and so can processes that were forked, in which
TensorFlow stands still. It is asked only for activations that are not among the usual ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import keras
import numpy as np
import tensorflow as tf
from scipy.sparse import issparse
from scipy.special import softmax

from skmnist.network.architecture import ACTIVATION_LAYERS, Architecture
from skmnist.network.forks import check_fork
from skmnist.network.rows import RowMatrix, dense_slice

# Values that are made of a block of rows at once, at the widest layer: 8 MB in float64.
_BLOCK_VALUES = 1024 * 1024


def predict_proba(
    architecture: Architecture, weights: Sequence[np.ndarray], x: RowMatrix
) -> np.ndarray:
    """Compute the probability of each class for each row.

    Parameters
    ----------
    architecture : Architecture
        The network.
    weights : sequence of ndarray
        Kernel and bias of each Dense layer.
    x : ndarray or CSR matrix of shape (n_samples, n_features), uint8 or float32
        The rows.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float64
        Each row sums to 1.
    """
    kernels, biases = weights[::2], weights[1::2]
    activations = [_function_of(architecture.activation)] * (len(kernels) - 1)
    activations.append(_NUMPY_FUNCTIONS["softmax"])
    widest = max(len(bias) for bias in biases)
    if x.dtype != np.float32 or issparse(x):
        widest = max(widest, x.shape[1])
    n_rows = max(1, _BLOCK_VALUES // widest)
    n_samples = x.shape[0]
    probabilities = np.empty((n_samples, architecture.n_classes))
    for start in range(0, n_samples, n_rows):
        block = slice(start, start + n_rows)
        # The first product is nearly all of the work: in float32, of the rows where they lie.
        # What follows is small: in float64, probabilities are as smooth as the weights allow,
        # and sum to 1 to the last digit.
        values = dense_slice(x, block).astype(np.float32, copy=False)
        # Of a network that has diverged, NaN is an answer.
        with np.errstate(over="ignore", invalid="ignore"):
            for kernel, bias, activate in zip(kernels, biases, activations, strict=True):
                values = activate((values @ kernel).astype(np.float64, copy=False) + bias)
        probabilities[block] = values
    return probabilities


_NUMPY_FUNCTIONS: dict[str | Callable, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda sums: sums,
    "relu": lambda sums: np.maximum(sums, 0.0),
    "sigmoid": lambda sums: 1.0 / (1.0 + np.exp(-sums)),
    "softmax": partial(softmax, axis=1),
    "tanh": np.tanh,
}


@lru_cache(maxsize=32)
def _function_of(activation: str | Callable) -> Callable[[np.ndarray], np.ndarray]:
    if activation in _NUMPY_FUNCTIONS:
        return _NUMPY_FUNCTIONS[activation]
    layer = ACTIVATION_LAYERS.get(activation)
    # What a layer of no weights computes, without the bookkeeping around a call of it.
    function = (
        layer(name="activation", dtype="float64").call
        if layer
        else keras.activations.get(activation)
    )

    def in_tensorflow(sums: np.ndarray) -> np.ndarray:
        check_fork(f"Predicting with activation={activation!r}")
        return np.asarray(function(tf.constant(sums)))

    return in_tensorflow
