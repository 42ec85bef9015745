"""Keras's own loop over batches, for what a program might compute differently.

Such are optimizers of a user's class, or with something set on them that their
configuration does not have, activations without a gradient, and what callbacks change
of the model besides the values of its variables: another optimizer, frozen layers,
regularizers, `compile`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skmnist.engine.blocks import Block
from skmnist.engine.own_state import in_own_state
from skmnist.engine.stateless import state_variables


class KerasRun:
    """Trains a Keras model by its `train_on_batch`; the counterpart of `TrainingRun`.

    Parameters
    ----------
    model : keras.Sequential
        Compiled. It is the one that callbacks see.
    """

    def __init__(self, model: keras.Sequential) -> None:
        self.model = model
        in_own_state(self._prepare)

    def _prepare(self) -> None:
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)
        # Compiling by XLA takes longer than most of these fits, and fails for some
        # users' code.
        self.model.jit_compile = False
        # Not one that was traced for another optimizer, or for other layers.
        self.model.make_train_function(force=True)

    def load(
        self,
        weights: Sequence[np.ndarray],
        optimizer_state: Sequence[np.ndarray] | None,
    ) -> None:
        """Set the weights and the optimizer's state; None leaves that of no steps."""
        self.model.set_weights(weights)
        if optimizer_state is None:
            return
        variables = state_variables(self.model.optimizer)
        for variable, value in zip(variables, optimizer_state, strict=True):
            variable.assign(value)

    def set_learning_rate(self, rate: float) -> None:
        """Set the learning rate of an optimizer without a schedule."""
        self.model.optimizer.learning_rate = rate

    def set_dropout_seed(self, seed: Sequence[int]) -> None:
        """Restart the masks of each Dropout layer, from these numbers and the layer."""
        layers = [
            layer
            for layer in self.model.layers
            if isinstance(layer, keras.layers.Dropout)
        ]
        for number, layer in enumerate(layers):
            state = layer.seed_generator.state
            values = np.random.SeedSequence((*seed, number)).generate_state(2)
            state.assign(tf.cast(values, state.dtype))

    def weights(self) -> list[np.ndarray]:
        """Kernel and bias of each Dense layer, float32."""
        return self.model.get_weights()

    def optimizer_state(self) -> list[np.ndarray]:
        """Values of the optimizer's variables."""
        return [variable.numpy() for variable in state_variables(self.model.optimizer)]

    def average_weights(self) -> None:
        """Replace the weights by their moving averages, if the optimizer has them."""
        optimizer = self.model.optimizer
        if int(optimizer.iterations) > 0:
            in_own_state(
                optimizer.finalize_variable_values, self.model.trainable_variables
            )

    def penalty(self) -> float:
        """Sum of what the regularizers of the weights add to the loss."""
        return sum(
            float(variable.regularizer(variable))
            for variable in self.model.trainable_variables
            if variable.regularizer is not None
        )

    def run(self, block: Block, l2: float) -> tuple[float, float, float]:
        """Make a step on each batch of a block; return what `TrainingRun.run` does."""
        return in_own_state(self._run, block)

    def _run(self, block: Block) -> tuple[float, float, float]:
        sums = np.zeros(3)
        for number in range(int(block.n_batches)):
            weights = block.weights[number].numpy()
            is_row = weights > 0  # the last batch may be short
            rows = block.rows[number].numpy()[is_row]
            codes = block.codes[number].numpy()[is_row]
            x = tf.gather(block.x, rows).numpy()
            sums += self._step(x, codes, weights[is_row])
        loss, weight, n_correct = sums.tolist()
        return loss, weight, n_correct

    def _step(
        self, x: np.ndarray, codes: np.ndarray, weights: np.ndarray
    ) -> np.ndarray:
        total, n_rows = float(weights.sum(dtype=np.float64)), len(codes)
        x = x.astype(np.float32, copy=False).reshape(
            n_rows, *self.model.input_shape[1:]
        )

        shares: np.ndarray | None = None
        if (weights != 1.0).any():
            # Keras divides by the number of rows, and so by the sum of the weights.
            shares = weights * np.float32(n_rows / total)

        self.model.reset_metrics()  # as later versions of Keras do themselves
        logs: dict[str, Any] = self.model.train_on_batch(
            x, codes, sample_weight=shares, return_dict=True
        )
        # A callback may have compiled the model with other metrics.
        accuracy = logs.get("accuracy", np.nan)
        return np.array([logs["loss"] * total, total, accuracy * n_rows])
