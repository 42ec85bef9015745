"""The layout of weights in a program: one vector holds all that are small.

An optimizer takes as long for ten weights as for a thousand where TensorFlow runs it
operation by operation, and XLA compiles the update of each array anew. So the biases
and the output kernel, which are small, stand in one array. This holds for optimizers
that update every weight from its own gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.optimizers import Optimizer

from skmnist.engine.keras_internals import kept_for
from skmnist.engine.stateless import state_variables

# What an optimizer keeps, and for which of the weights; None: a count or a rate.
StateKey = tuple[str, int] | None


class FeatureMajorDense(keras.layers.Dense):
    """A Dense layer that keeps its kernel transposed: (units, features).

    A narrow kernel in Keras's layout, (features, units), has rows of a few numbers, and
    every product and update walks over 784 of them. Transposed, it has a few long rows,
    which the processor handles 16 numbers at a time.
    """

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Make the weights."""
        self.kernel_rows = self.add_weight(
            name="kernel", shape=(self.units, input_shape[-1]), initializer="zeros"
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.units,), initializer="zeros"
        )
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Apply the layer."""
        product = tf.matmul(self.kernel_rows.value, inputs, transpose_b=True)
        return self.activation(tf.transpose(product) + self.bias)


def pack(weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Arrange weights as a program has them."""
    first, *kernels, last = weights[::2]
    return [first.T, *kernels, np.concatenate([*weights[1::2], last.ravel()])]


def unpack(packed: Sequence[np.ndarray], widths: Sequence[int]) -> list[np.ndarray]:
    """Arrange the weights of layers of these widths as Keras has them."""
    first, *kernels, vector = packed
    *biases, last = np.split(vector, np.cumsum(widths))
    return _in_turn([first.T, *kernels, last.reshape(widths[-2:])], biases)


def unpack_tensors(
    packed: Sequence[tf.Tensor], widths: Sequence[Any]
) -> list[tf.Tensor]:
    """Arrange the weights of layers of these widths as the layers have them."""
    first, *kernels, vector = packed
    sizes = [*widths, widths[-2] * widths[-1]]
    *biases, last = tf.split(vector, tf.stack(sizes), num=len(sizes))
    return _in_turn([first, *kernels, tf.reshape(last, widths[-2:])], biases)


def _in_turn(kernels: Sequence[Any], biases: Sequence[Any]) -> list[Any]:
    return [weight for layer in zip(kernels, biases, strict=True) for weight in layer]


def state_keys(
    optimizer: Optimizer, weights: Sequence[keras.Variable]
) -> list[StateKey]:
    """Describe the variables of an optimizer that is built for these weights."""
    return [kept_for(variable, weights) for variable in state_variables(optimizer)]


def rearrange_state(
    arrays: Sequence[np.ndarray],
    keys: Sequence[StateKey],
    new_keys: Sequence[StateKey],
    arrange: Callable[[list[np.ndarray]], list[np.ndarray]],
) -> list[np.ndarray]:
    """Arrange what an optimizer keeps for each weight as `arrange` does the weights."""
    others: list[np.ndarray] = []
    kept: dict[str, list[np.ndarray]] = {}
    for key, array in zip(keys, arrays, strict=True):
        (kept.setdefault(key[0], []) if key else others).append(array)
    arranged = {kind: arrange(parts) for kind, parts in kept.items()}
    remaining = iter(others)
    return [arranged[key[0]][key[1]] if key else next(remaining) for key in new_keys]
