"""A network in plain values, and its class probabilities in NumPy.

A handful of operations on large blocks gains nothing from being compiled, and in NumPy
they share no state: any number of threads can predict at once, and so can forked
processes, in which TensorFlow cannot run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy.sparse import issparse

from skmnist._activations import ACTIVATIONS

# An array, or a scipy.sparse.csr_array, for which scipy has no type.
RowMatrix: TypeAlias = Any

# Values computed at once for a block of rows, at the widest layer: 8 MB in float64.
_BLOCK_VALUES = 1024 * 1024


class Samples(NamedTuple):
    """Validated samples, to train or to validate on."""

    # (n_samples, n_features): a C-contiguous array of uint8 or float32, or CSR.
    x: RowMatrix
    codes: np.ndarray  # (n_samples,): classes, as integers from 0
    weights: np.ndarray | None = None  # (n_samples,) float32; None for 1


@dataclass(frozen=True)
class Architecture:
    """Everything that decides which layers a network has, but not its weights."""

    input_shape: tuple[int, ...]  # (n_features,), or (height, width) of an image
    hidden_units: tuple[int, ...]  # empty for softmax regression
    activation: str | Callable
    n_classes: int
    dropout: float = 0.0
    l2: float = 0.0

    @property
    def n_features(self) -> int:
        """Number of values in one sample."""
        return math.prod(self.input_shape)

    @property
    def weight_shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the kernel and the bias of each Dense layer."""
        widths = (self.n_features, *self.hidden_units, self.n_classes)
        return [
            shape
            for n_in, n_out in pairwise(widths)
            for shape in ((n_in, n_out), (n_out,))
        ]

    @property
    def n_weights(self) -> int:
        """Number of weights: 3,985 for 28 × 28 pixels, 5 hidden units, 10 classes."""
        return sum(math.prod(shape) for shape in self.weight_shapes)

    def initial_weights(self, seed: int) -> list[np.ndarray]:
        """Draw kernels from Glorot's uniform distribution; biases are 0, as Keras's."""
        generator = np.random.default_rng(seed)
        weights = []
        for shape in self.weight_shapes:
            # Glorot and Bengio, "Understanding the difficulty of training deep
            # feedforward neural networks", AISTATS 2010.
            limit = math.sqrt(6.0 / sum(shape)) if len(shape) == 2 else 0.0
            weights.append(generator.uniform(-limit, limit, shape).astype(np.float32))
        return weights


@dataclass(frozen=True)
class TrainedNetwork:
    """A network at the end of a training run, which the next one can continue."""

    architecture: Architecture
    seed: int  # decides the initial weights, the orders of the epochs and the dropout
    # Kernel and bias of each Dense layer, float32: those that predict.
    weights: list[np.ndarray]
    optimizer_key: str  # the optimizer, the learning rate aside
    optimizer_state: list[np.ndarray]  # the values of its variables
    history: dict[str, list[float]]  # the metrics of each epoch
    # Where an optimizer averages the weights that predict: those that training goes on
    # from.
    training_weights: list[np.ndarray] | None = None


def predict_proba(
    weights: Sequence[np.ndarray],
    x: RowMatrix,
    activate: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Compute the probability of each class for each row, float64; each row sums to 1.

    `activate` is the activation of the hidden layers, as a function of an array.
    """
    kernels, biases = weights[::2], weights[1::2]
    activations = [activate] * (len(kernels) - 1) + [ACTIVATIONS["softmax"]]

    widest = max(len(bias) for bias in biases)
    if x.dtype != np.float32 or issparse(x):
        widest = max(widest, x.shape[1])
    n_rows = max(1, _BLOCK_VALUES // widest)

    probabilities = np.empty((x.shape[0], len(biases[-1])))
    for start in range(0, x.shape[0], n_rows):
        block = slice(start, start + n_rows)
        rows = x[block].toarray() if issparse(x) else x[block]

        # The first product is nearly all of the work: in float32, of the rows where
        # they lie. What follows is small: in float64, probabilities are as smooth as
        # the weights allow, and sum to 1 to the last digit.
        values = rows.astype(np.float32, copy=False)
        # The probabilities of a network that has diverged are NaN.
        with np.errstate(over="ignore", invalid="ignore"):
            for kernel, bias, function in zip(
                kernels, biases, activations, strict=True
            ):
                values = function(
                    (values @ kernel).astype(np.float64, copy=False) + bias
                )
        probabilities[block] = values
    return probabilities
