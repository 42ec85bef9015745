"""A program with the weights and the optimizer state of one fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from skmnist.engine.blocks import Block
from skmnist.engine.keras_internals import step_counter
from skmnist.engine.layout import pack, rearrange_state, unpack
from skmnist.engine.own_state import in_own_state
from skmnist.engine.programs import Program
from skmnist.engine.runtime import one_executor_thread
from skmnist.engine.stateless import state_variables


class TrainingRun:
    """The values of a program's variables in one fit, block by block.

    Parameters
    ----------
    program : Program
        Shared with other fits.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.spec = program.spec
        self._widths: list[int] = []  # numbers of units of the layers
        self._weights: list[tf.Tensor] = []  # as the program has them
        self._optimizer_state: list[tf.Tensor] = []
        self._seeds = [
            tf.convert_to_tensor(state.value) for state in program.seed_states
        ]

    def load(
        self,
        weights: Sequence[np.ndarray],
        optimizer_state: Sequence[np.ndarray] | None,
    ) -> None:
        """Set the weights, as Keras has them, and the optimizer's state or no steps.

        Dropout goes on with the masks that it has come to.
        """
        program = self.program
        self._widths = [len(bias) for bias in weights[1::2]]
        arranged = pack(weights) if program.is_packed else weights
        self._weights = [tf.constant(array) for array in arranged]

        if optimizer_state is None:
            self._optimizer_state = self._state_without_steps()
            return
        if program.is_packed:
            optimizer_state = rearrange_state(
                optimizer_state, program.keras_state_keys, program.state_keys, pack
            )
        self._optimizer_state = [tf.constant(array) for array in optimizer_state]

    def _state_without_steps(self) -> list[tf.Tensor]:
        if not self.spec.optimizer.is_elementwise:
            # Some begin with copies of the weights, such as ScheduleFreeAdamW.
            return in_own_state(self._state_of_new_optimizer)

        # The program may be that of another width: all others begin with one number
        # everywhere.
        program = self.program
        state = []
        for key, initial in zip(program.state_keys, program.initial_state, strict=True):
            shape = initial.shape
            if key is not None:
                shape = self._weights[key[1]].shape
            values = np.full(shape, initial.flat[0])
            state.append(tf.constant(values, dtype=initial.dtype))
        return state

    def _state_of_new_optimizer(self) -> list[tf.Tensor]:
        # By the names of their layers, since some optimizers leave layers out.
        layers = self.program.build_layers()
        variables = [
            variable for layer in layers for variable in layer.trainable_variables
        ]
        for variable, value in zip(variables, self._weights, strict=True):
            variable.assign(value)

        optimizer = self.spec.optimizer.build_stateless()
        optimizer.build(variables)
        return [
            tf.convert_to_tensor(variable.value)
            for variable in state_variables(optimizer)
        ]

    def set_learning_rate(self, rate: float) -> None:
        """Set the learning rate of an optimizer without a schedule."""
        program = self.program
        variable = program.optimizer.learning_rate
        numbers = [
            n for n, v in enumerate(program.optimizer_variables) if v is variable
        ]
        self._optimizer_state[numbers[0]] = tf.constant(rate, variable.dtype)

    def set_dropout_seed(self, seed: Sequence[int]) -> None:
        """Restart the masks of each Dropout layer, from these numbers and the layer."""
        self._seeds = [
            tf.cast(
                np.random.SeedSequence((*seed, number)).generate_state(2), state.dtype
            )
            for number, state in enumerate(self._seeds)
        ]

    def weights(self) -> list[np.ndarray]:
        """Kernel and bias of each Dense layer, float32, as Keras has them."""
        arrays = [tensor.numpy() for tensor in self._weights]
        return unpack(arrays, self._widths) if self.program.is_packed else arrays

    def optimizer_state(self) -> list[np.ndarray]:
        """Values of the optimizer's variables, as that of a Keras model has them."""
        program = self.program
        # TensorFlow gives a NumPy scalar where a tensor has no dimensions.
        arrays = [np.asarray(tensor.numpy()) for tensor in self._optimizer_state]
        if not program.is_packed:
            return arrays
        return rearrange_state(
            arrays,
            program.state_keys,
            program.keras_state_keys,
            lambda packed: unpack(packed, self._widths),
        )

    def average_weights(self) -> None:
        """Replace the weights by their moving averages, if the optimizer has them."""
        if self.program.finalize is not None and self._n_steps() > 0:
            self._take_over(self.program.finalize(*self._values()))

    def _n_steps(self) -> int:
        program = self.program
        counter = step_counter(program.optimizer)
        numbers = [
            number
            for number, variable in enumerate(program.optimizer_variables)
            if variable is counter
        ]
        return int(self._optimizer_state[numbers[0]])

    def compile(self, block: Block, l2: float) -> None:
        """Let XLA compile the program, if it has not yet, by a block without rows."""
        program = self.program
        if self.spec.block_shape is None or program.was_run:
            return

        self._call(block, l2)
        program.was_run = True

    def run(self, block: Block, l2: float) -> tuple[float, float, float]:
        """Make one optimizer step on each batch of the block.

        Return the sum of the batches' losses, each times its weight, the sum of the
        weights of the rows, and how many of them were classified right, each before the
        step of its batch.
        """
        sums, *values = self._call(block, l2)
        self._take_over(values)

        loss, weight, n_correct = sums.numpy().tolist()
        return loss, weight, n_correct

    def _call(self, block: Block, l2: float) -> list[tf.Tensor]:
        """Return what the program computes from these values; they stay as they are."""
        with one_executor_thread():
            return self.program.function(
                *block.tensors,
                tf.constant(l2, tf.float32),
                tf.constant(self._widths),
                *self._values(),
            )

    def _values(self) -> list[tf.Tensor]:
        """Return the values of the program's variables, in their order."""
        return [*self._weights, *self._optimizer_state, *self._seeds]

    def _take_over(self, values: Sequence[tf.Tensor]) -> None:
        n_weights, n_seeds = len(self._weights), len(self._seeds)
        end = len(values) - n_seeds
        self._weights = list(values[:n_weights])
        self._optimizer_state = list(values[n_weights:end])
        self._seeds = list(values[end:])


def have_same_values(
    arrays: Sequence[np.ndarray], others: Sequence[np.ndarray]
) -> bool:
    """Whether two lists of arrays are the same bit for bit, NaN included."""
    pairs = zip(arrays, others, strict=True)
    return all(np.array_equal(one, other, equal_nan=True) for one, other in pairs)
