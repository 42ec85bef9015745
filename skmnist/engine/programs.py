"""Compiled programs: the training on one block of batches as a pure function.

A program takes the weights and the state of the optimizer as tensors and returns them, so any
number of threads can run one program at the same time. Layers and optimizers are Keras's own;
their variables only stand for the tensors, in `keras.StatelessScope`. A program is traced and
compiled once for all learning rates, seeds, folds, clones and refits.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skmnist._network import Architecture, RowMatrix
from skmnist.engine.blocks import Block, BlockShape, is_resident
from skmnist.engine.layers import build_layers
from skmnist.engine.layout import (
    FeatureMajorDense,
    pack,
    rearrange_state,
    state_keys,
    unpack,
    unpack_tensors,
)
from skmnist.engine.optimizers import OptimizerSpec, state_variables
from skmnist.engine.runtime import one_executor_thread

# A block holds at most as many batches as take about half a second to train on, and where its
# rows are gathered, at most this many values: 16 MB as float32.
_BLOCK_BATCHES = 512
_BLOCK_FLOPS = 1e10
_BLOCK_VALUES = 4 * 1024 * 1024

# Training sets of up to this many bytes share compiled programs, whatever their number of rows.
_SHARED_BYTES = 32 * 1024 * 1024

# Compiling takes about a second, and saves so much of each step: 30 µs and 6 ns a weight. Most
# programs run several times, such as in the three folds of a search and its refit: of such scripts
# the fastest have a limit between 0.2 and 0.4 s.
SECONDS_WORTH_COMPILING = 0.3
_SECONDS_SAVED_PER_STEP = 30e-6
_SECONDS_SAVED_PER_STEP_AND_WEIGHT = 6e-9


@dataclass(frozen=True)
class ProgramSpec:
    """Everything that a compiled program depends on.

    `block_shape` is the shape of the blocks that XLA compiles for. None: TensorFlow runs the
    program operation by operation, which starts sooner, and takes blocks of any shape and, if the
    optimizer is elementwise, hidden layers of any width.
    """

    architecture: Architecture
    optimizer: OptimizerSpec
    x_dtype: str  # "uint8" or "float32"
    block_shape: BlockShape | None

    def __post_init__(self) -> None:
        # Images and rows share programs, and so do all values of `l2` above 0.
        architecture = replace(
            self.architecture,
            input_shape=(self.architecture.n_features,),
            l2=float(self.architecture.l2 > 0),
        )
        if self.has_any_width:
            architecture = replace(architecture, hidden_units=(1,) * len(architecture.hidden_units))
        object.__setattr__(self, "architecture", architecture)

    @property
    def has_any_width(self) -> bool:
        """Whether hidden layers of all widths share the program."""
        return self.block_shape is None and self.optimizer.is_elementwise


def plan(
    architecture: Architecture,
    optimizer: OptimizerSpec,
    x: RowMatrix,
    *,
    batch_size: int,
    n_used: int,
    n_epochs: int,
    is_batchwise: bool,
) -> tuple[ProgramSpec, BlockShape]:
    """Decide which program to run, on blocks of which shape, for a fit to `n_used` rows of `x`.

    The decision depends on the fit alone, not on what ran before it, so that the same seed gives
    the same network. With `is_batchwise`, each batch is a block of its own.
    """
    batch_size = min(batch_size, _round_up(n_used))
    n_batches = math.ceil(n_used / batch_size)
    saved = _SECONDS_SAVED_PER_STEP + _SECONDS_SAVED_PER_STEP_AND_WEIGHT * architecture.n_weights
    is_compiled = n_epochs * n_batches * saved >= SECONDS_WORTH_COMPILING and not is_batchwise
    n_rows, n_columns = x.shape
    max_batches = 1 if is_batchwise else _max_batches(architecture, batch_size, x)
    n_batches = min(n_batches, max_batches)
    if is_compiled:
        # A program that is not compiled takes blocks of any shape. Memory that no row comes to
        # costs nothing, and batches that hold no row next to nothing, so that the folds of a
        # search and its refit can share a program.
        n_batches = max_batches
        n_rows = max(n_rows, _SHARED_BYTES // (n_columns * x.dtype.itemsize))
        n_rows = 2 ** (n_rows - 1).bit_length()
    if not is_resident(x):
        n_rows = n_batches * batch_size
    block_shape = BlockShape(n_batches, batch_size, n_rows)
    spec = ProgramSpec(architecture, optimizer, x.dtype.name, block_shape if is_compiled else None)
    return spec, block_shape


def _max_batches(architecture: Architecture, batch_size: int, x: RowMatrix) -> int:
    # Forward and backward, each weight is multiplied and added three times a row.
    flops = 6.0 * architecture.n_weights * batch_size
    n_batches = min(_BLOCK_BATCHES, int(_BLOCK_FLOPS / flops))
    if not is_resident(x):
        n_batches = min(n_batches, _BLOCK_VALUES // (batch_size * architecture.n_features))
    return max(1, n_batches)


def _round_up(number: int) -> int:
    # Where the arithmetic grows with it, only by a little: up to the next multiple of an eighth of
    # the power of two below.
    step = max(1, 2 ** (number.bit_length() - 4))
    return math.ceil(number / step) * step


class Program:
    """The training on one block of batches as a pure function, traced by the constructor.

    `function` takes the tensors of a block, `l2` and the values of `variables`. It returns the sums
    that `TrainingRun.run` returns, and the new values of `variables`.
    """

    def __init__(self, spec: ProgramSpec) -> None:
        self.spec = spec
        architecture = spec.architecture
        self.is_packed = bool(architecture.hidden_units) and spec.optimizer.is_elementwise
        self._layers = build_layers(
            architecture,
            first_dense=FeatureMajorDense if self.is_packed else keras.layers.Dense,
            output_activation="linear",
        )
        shape: tuple[int | None, ...] = (None, architecture.n_features)
        for layer in self._layers:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        self._layer_weights = [v for layer in self._layers for v in layer.trainable_variables]
        self.weights = self._layer_weights
        if self.is_packed:
            first, *others = [np.zeros(variable.shape) for variable in self._layer_weights]
            self.weights = [
                keras.Variable(array, dtype="float32", name=f"packed{number}")
                for number, array in enumerate(pack([first.T, *others]))
            ]
        self.optimizer = spec.optimizer.build_stateless()
        self.optimizer.build(self.weights)
        self.optimizer_variables = state_variables(self.optimizer)
        self.state_keys = self.keras_state_keys = state_keys(self.optimizer, self.weights)
        if self.is_packed:
            of_layers = spec.optimizer.build_stateless()
            of_layers.build(self._layer_weights)
            self.keras_state_keys = state_keys(of_layers, self._layer_weights)
        self.seed_states = [
            layer.seed_generator.state
            for layer in self._layers
            if isinstance(layer, keras.layers.Dropout)
        ]
        self.variables = [*self.weights, *self.optimizer_variables, *self.seed_states]
        self._steps = tf.function(
            self._train_on_block, autograph=False, jit_compile=spec.block_shape is not None
        )
        # A concrete function is called at half the cost of a tf.function, which looks up its
        # traces at each call.
        with one_executor_thread():
            self.function: Callable[..., list[tf.Tensor]] = tf.function(
                self._train_and_sum, input_signature=self._signature(), autograph=False
            ).get_concrete_function()
        self.finalize = tf.function(
            self._finalize, input_signature=self._state_signature(), autograph=False
        )

    def _signature(self) -> list[tf.TensorSpec]:
        n_batches, batch_size, n_rows = self.spec.block_shape or (None, None, None)
        batches = (n_batches, batch_size)
        return [
            tf.TensorSpec((n_rows, self.spec.architecture.n_features), self.spec.x_dtype),
            tf.TensorSpec(batches, tf.int32),
            tf.TensorSpec(batches, tf.int32),
            tf.TensorSpec(batches, tf.float32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((), tf.float32),
            tf.TensorSpec(len(self.spec.architecture.hidden_units) + 1, tf.int32),
            *self._state_signature(),
        ]

    def _state_signature(self) -> list[tf.TensorSpec]:
        # With any width, the layers are as wide as the weights that come in.
        return [
            tf.TensorSpec([None] * len(v.shape) if self.spec.has_any_width else v.shape, v.dtype)
            for v in self.variables
        ]

    def _train_and_sum(self, *tensors: tf.Tensor) -> list[tf.Tensor]:
        # What is computed once a block is not compiled: it would be a third of the compilation.
        x, rows, codes, weights, n_batches, *others = tensors
        # Divided by the weights, where Keras divides by the number of rows: so a weight of 2
        # is the row twice, and the rows of weight 0 behind a short batch are none at all.
        batch_weights = tf.reduce_sum(weights, axis=1)
        shares = tf.math.divide_no_nan(weights, batch_weights[:, tf.newaxis])
        logits, penalty, *new_state = self._steps(
            x, rows, codes, shares, batch_weights, n_batches, *others
        )
        logits, codes, weights = logits[:n_batches], codes[:n_batches], weights[:n_batches]
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(codes, logits)
        is_correct = tf.argmax(logits, axis=2, output_type=tf.int32) == codes
        sums = [
            # Where a network diverges, the losses of places without rows must not count either.
            tf.reduce_sum(tf.math.multiply_no_nan(losses, weights)) + penalty,
            tf.reduce_sum(weights),
            tf.reduce_sum(tf.cast(is_correct & (weights > 0), tf.float32)),
        ]
        return [tf.stack(sums), *new_state]

    def _train_on_block(self, *tensors: tf.Tensor) -> list[tf.Tensor]:
        x, rows, codes, shares, batch_weights, n_batches, l2, any_widths, *state = tensors
        architecture = self.spec.architecture
        widths = (*architecture.hidden_units, architecture.n_classes)
        if self.spec.has_any_width:
            widths = tf.unstack(any_widths)

        def train_on_batch(
            i: tf.Tensor, logits: tf.TensorArray, penalty: tf.Tensor, *state: tf.Tensor
        ) -> tuple[tf.Tensor | tf.TensorArray, ...]:
            batch = tf.cast(tf.gather(x, rows[i]), tf.float32)
            batch_logits, batch_penalty, new = self._step(
                batch, codes[i], shares[i], l2, widths, state
            )
            if architecture.l2:
                penalty += batch_penalty * batch_weights[i]
            return i + 1, logits.write(i, batch_logits), penalty, *new

        shape = self.spec.block_shape or (tf.shape(codes)[0], None, None)
        logits = tf.TensorArray(
            tf.float32, size=shape[0], element_shape=(shape[1], architecture.n_classes)
        )
        _, logits, penalty, *new_state = tf.while_loop(
            lambda i, *_: i < n_batches,
            train_on_batch,
            [tf.constant(0), logits, tf.constant(0.0), *state],
            parallel_iterations=1,
        )
        return [logits.stack(), penalty, *new_state]

    def _step(
        self,
        x: tf.Tensor,
        codes: tf.Tensor,
        shares: tf.Tensor,
        l2: tf.Tensor,
        widths: Sequence[Any],
        state: Sequence[tf.Tensor],
    ) -> tuple[tf.Tensor, tf.Tensor, Sequence[tf.Tensor]]:
        """Make one step of the optimizer; the logits and the penalty are of before it."""
        weights = state[: len(self.weights)]
        with stateless(self.variables, state) as scope:
            with tf.GradientTape() as tape:
                tape.watch(weights)
                layer_weights = unpack_tensors(weights, widths) if self.is_packed else weights
                for pair in zip(self._layer_weights, layer_weights, strict=True):
                    scope.add_update(pair)
                logits = x
                for layer in self._layers:
                    logits = layer(logits, training=True)
                losses = keras.losses.sparse_categorical_crossentropy(
                    codes, logits, from_logits=True
                )
                loss = tf.reduce_sum(losses * shares)
                penalty = tf.constant(0.0)
                if self.spec.architecture.l2:
                    squares = [tf.reduce_sum(tf.square(kernel)) for kernel in layer_weights[::2]]
                    penalty = l2 * tf.add_n(squares)
                    loss += penalty
            self.optimizer.apply(tape.gradient(loss, weights), self.weights)
            return logits, penalty, [scope.get_current_value(v) for v in self.variables]

    def _finalize(self, *state: tf.Tensor) -> list[tf.Tensor]:
        with stateless(self.variables, state) as scope:
            self.optimizer.finalize_variable_values(self.weights)
            return [scope.get_current_value(variable) for variable in self.variables]


class TrainingRun:
    """A program with the weights and the optimizer state of one fit.

    Parameters
    ----------
    program : Program
        Shared with other fits.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.spec = program.spec
        self._seeds = [tf.convert_to_tensor(state.value) for state in program.seed_states]
        self._state: list[tf.Tensor] = []  # the values of the program's variables
        self._widths: list[int] = []  # numbers of units of the layers

    def load(
        self,
        weights: Sequence[np.ndarray],
        optimizer_state: Sequence[np.ndarray] | None,
    ) -> None:
        """Set the weights, as Keras has them, and the state of the optimizer; None: no steps."""
        program = self.program
        self._widths = [len(bias) for bias in weights[1::2]]
        own = [tf.constant(array) for array in (pack(weights) if program.is_packed else weights)]
        if optimizer_state is None:
            state = self._state_without_steps(own)
        else:
            if program.is_packed:
                optimizer_state = rearrange_state(
                    optimizer_state, program.keras_state_keys, program.state_keys, pack
                )
            state = [tf.constant(array) for array in optimizer_state]
        self._state = [*own, *state, *self._seeds]

    def _state_without_steps(self, weights: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        optimizer, variables = self.spec.optimizer, self.program.optimizer_variables
        if not optimizer.is_elementwise:
            # Some begin with copies of the weights, such as ScheduleFreeAdamW.
            built = optimizer.build_stateless()
            built.build([keras.Variable(array) for array in weights])
            return [tf.convert_to_tensor(variable.value) for variable in state_variables(built)]
        # The program may be that of another width: all others begin with one number everywhere.
        return [
            tf.fill(weights[key[1]].shape, variable.numpy().flat[0])
            if key
            else tf.convert_to_tensor(variable.value)
            for key, variable in zip(self.program.state_keys, variables, strict=True)
        ]

    def set_learning_rate(self, rate: float) -> None:
        """Set the learning rate of an optimizer without a schedule."""
        variable = self.program.optimizer.learning_rate
        number = next(n for n, v in enumerate(self.program.variables) if v is variable)
        self._state[number] = tf.constant(rate, variable.dtype)

    def set_dropout_seed(self, seed: Sequence[int]) -> None:
        """Restart the masks of each Dropout layer, from these numbers and the layer alone."""
        self._seeds = [
            tf.cast(np.random.SeedSequence((*seed, number)).generate_state(2), state.dtype)
            for number, state in enumerate(self._seeds)
        ]
        self._state[len(self._state) - len(self._seeds) :] = self._seeds

    def weights(self) -> list[np.ndarray]:
        """Kernel and bias of each Dense layer, float32, as Keras has them."""
        own = [tensor.numpy() for tensor in self._state[: len(self.program.weights)]]
        return unpack(own, self._widths) if self.program.is_packed else own

    def optimizer_state(self) -> list[np.ndarray]:
        """Values of the optimizer's variables, as an optimizer of a Keras model has them."""
        program = self.program
        start, end = len(program.weights), len(self._state) - len(self._seeds)
        # TensorFlow gives a NumPy scalar where a tensor has no dimensions.
        arrays = [np.asarray(tensor.numpy()) for tensor in self._state[start:end]]
        if not program.is_packed:
            return arrays
        return rearrange_state(
            arrays,
            program.state_keys,
            program.keras_state_keys,
            lambda packed: unpack(packed, self._widths),
        )

    def average_weights(self) -> None:
        """Replace the weights by their moving averages where the optimizer keeps such."""
        if self.program.optimizer.use_ema or not self.spec.optimizer.is_elementwise:
            self._state = self.program.finalize(*self._state)

    def run(self, block: Block, l2: float) -> tuple[float, float, float]:
        """Make one optimizer step on each batch of the block.

        Return the sum of the batches' losses, each times its weight, the sum of the weights of the
        rows, and how many of them were classified right, each before the step of its batch.
        """
        with one_executor_thread():
            sums, *self._state = self.program.function(
                *block.tensors, tf.constant(l2, tf.float32), tf.constant(self._widths), *self._state
            )
        loss, weight, n_correct = sums.numpy().tolist()
        return loss, weight, n_correct


def stateless(
    variables: Sequence[keras.Variable], values: Sequence[tf.Tensor]
) -> keras.StatelessScope:
    """Return a scope in which the variables have these values, and keep their own."""
    scope = keras.StatelessScope(initialize_variables=False)
    # Not by its constructor, which refuses tensors whose widths are not known yet.
    for variable, value in zip(variables, values, strict=True):
        scope.add_update((variable, value))
    return scope


# A program keeps some MB of compiled code, and its variables take as much memory as the weights
# and the state of the optimizer: about 1 MB for 128 hidden units and Adam on MNIST.
programs = lru_cache(maxsize=16)(Program)
_tracing = threading.Lock()


def program_for(spec: ProgramSpec) -> Program:
    """Return the program for `spec`, traced on the first request."""
    # Tracing holds the interpreter anyway, so nothing is lost by waiting for other programs.
    with _tracing:
        return programs(spec)
