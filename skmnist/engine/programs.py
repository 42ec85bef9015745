"""Compiled programs: the training on one block of batches as a pure function.

A program takes the weights and the state of the optimizer as tensors and returns them,
so any number of threads can run one program at the same time. Layers and optimizers are
Keras's own; their variables only stand for the tensors, in a scope of Keras's. A
program is traced and compiled once for all learning rates, seeds, folds, clones and
refits.

Shared here
    Programs, by `program_for`.
Depends on
    A `ProgramSpec`, whose fields are all that is read while a program is traced, under
    the engine's own state. With a function or a class of the user's in it, which may
    read anything, a program is traced for one fit.
Who may change it
    No one: what changes is given to a program and comes back from it.
Freed
    By `skmnist.engine.clear`, or after 16 others, once no fit has it. What XLA has
    compiled for it stays until the process ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skmnist._network import Architecture
from skmnist.engine.blocks import BlockShape
from skmnist.engine.dropout import PortableDropout
from skmnist.engine.layers import build_layers
from skmnist.engine.layout import FeatureMajorDense, pack, state_keys, unpack_tensors
from skmnist.engine.library_code import is_library_code
from skmnist.engine.memory import clear_with
from skmnist.engine.optimizers import OptimizerSpec
from skmnist.engine.own_state import in_own_state
from skmnist.engine.runtime import one_executor_thread
from skmnist.engine.stateless import state_variables, stateless_scope

# Number of values of an output kernel that stands in one vector with the biases. XLA
# fills the vector by a loop as long as the kernel, in which it sums each bias's
# gradients: up to 50 ms a step for a kernel of 64,000 values (2,000 classes), where its
# masked loads pass the end of the memory in use. From some 15,000 values on, separate
# arrays are faster in any case.
_MAX_PACKED_KERNEL = 10_000


@dataclass(frozen=True)
class ProgramSpec:
    """Everything that a compiled program depends on."""

    n_features: int
    n_hidden_layers: int
    # None: any number of units in each hidden layer.
    hidden_units: tuple[int, ...] | None
    n_classes: int
    activation: str | Callable
    dropout: float
    has_l2: bool  # how strong it is, is an argument of the program
    optimizer: OptimizerSpec
    x_dtype: str  # "uint8" or "float32"
    # The shape of the blocks that XLA compiles for. None: TensorFlow runs the program
    # operation by operation, which starts sooner, and takes blocks of any shape.
    block_shape: BlockShape | None

    @classmethod
    def of(
        cls,
        architecture: Architecture,
        optimizer: OptimizerSpec,
        x_dtype: str,
        block_shape: BlockShape | None,
    ) -> ProgramSpec:
        """Describe the program that trains such a network, on images as on rows."""
        # A user's function may ask for the width of its layer.
        has_any_width = (
            block_shape is None
            and optimizer.is_elementwise
            and _is_library_activation(architecture.activation)
        )
        return cls(
            n_features=architecture.n_features,
            n_hidden_layers=len(architecture.hidden_units),
            hidden_units=None if has_any_width else architecture.hidden_units,
            n_classes=architecture.n_classes,
            activation=architecture.activation,
            dropout=architecture.dropout,
            has_l2=architecture.l2 > 0,
            optimizer=optimizer,
            x_dtype=x_dtype,
            block_shape=block_shape,
        )

    @property
    def has_any_width(self) -> bool:
        """Whether hidden layers of all widths share the program."""
        return self.hidden_units is None

    @property
    def is_packed(self) -> bool:
        """Whether one vector holds the weights but the kernels of hidden layers."""
        if self.n_hidden_layers == 0 or not self.optimizer.is_elementwise:
            return False
        if self.hidden_units is None:
            return True
        return self.hidden_units[-1] * self.n_classes <= _MAX_PACKED_KERNEL

    @property
    def is_shareable(self) -> bool:
        """Whether nothing but the fields of this decides what the program computes."""
        return (
            _is_library_activation(self.activation) and self.optimizer.is_library_code
        )


def _is_library_activation(activation: str | Callable) -> bool:
    return isinstance(activation, str) or is_library_code(activation)


class Program:
    """The training on one block of batches as a pure function.

    `function` takes the tensors of a block, `l2`, the widths of the layers and the
    values of `variables`. It returns the sums that `TrainingRun.run` returns, and the
    new values of `variables`. `finalize` takes and returns the values of `variables`:
    at the end of a training, an optimizer that keeps averages of the weights puts them
    in their place.
    """

    def __init__(self, spec: ProgramSpec) -> None:
        self.spec = spec
        self.is_packed = spec.is_packed
        self._layers = self.build_layers()
        self._layer_weights = [
            v for layer in self._layers for v in layer.trainable_variables
        ]
        self.weights = self._build_weights()

        self.optimizer = spec.optimizer.build_stateless()
        self.optimizer.build(self.weights)
        self.optimizer_variables = state_variables(self.optimizer)
        self.initial_state = [v.numpy() for v in self.optimizer_variables]
        self.state_keys = self.keras_state_keys = state_keys(
            self.optimizer, self.weights
        )
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
            self._train_on_block,
            autograph=False,
            jit_compile=spec.block_shape is not None,
        )
        # A concrete function is called at half the cost of a tf.function, which looks
        # up its traces at each call, and traces anew under some settings of the
        # caller's.
        with one_executor_thread():
            self.function: Callable[..., list[tf.Tensor]] = tf.function(
                self._train_and_sum, input_signature=self._signature(), autograph=False
            ).get_concrete_function()
        self.was_run = False  # XLA compiles at the first run

        self.finalize: Callable[..., list[tf.Tensor]] | None = None
        if self.optimizer.use_ema or not spec.optimizer.is_elementwise:
            self.finalize = tf.function(
                self._finalize, input_signature=self._state_signature(), autograph=False
            ).get_concrete_function()

    def build_layers(self) -> list[keras.layers.Layer]:
        """Make and build the layers, whose variables only stand for tensors here."""
        spec = self.spec
        # With any width, the layers are as wide as the weights that come in.
        hidden_units = spec.hidden_units
        if hidden_units is None:
            hidden_units = (1,) * spec.n_hidden_layers

        layers = build_layers(
            hidden_units,
            spec.n_classes,
            activation=spec.activation,
            dropout=spec.dropout,
            first_dense=FeatureMajorDense if self.is_packed else keras.layers.Dense,
            dropout_class=PortableDropout,
            output_activation="linear",
        )

        shape: tuple[int | None, ...] = (None, spec.n_features)
        for layer in layers:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        return layers

    def _build_weights(self) -> list[keras.Variable]:
        if not self.is_packed:
            return self._layer_weights

        first, *others = [np.zeros(variable.shape) for variable in self._layer_weights]
        arrays = pack([first.T, *others])
        return [
            keras.Variable(array, dtype="float32", name=f"packed{number}")
            for number, array in enumerate(arrays)
        ]

    def _signature(self) -> list[tf.TensorSpec]:
        spec = self.spec
        n_batches, batch_size, n_rows = spec.block_shape or (None, None, None)
        batches = (n_batches, batch_size)
        return [
            tf.TensorSpec((n_rows, spec.n_features), spec.x_dtype),
            tf.TensorSpec(batches, tf.int32),
            tf.TensorSpec(batches, tf.int32),
            tf.TensorSpec(batches, tf.float32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((), tf.float32),
            tf.TensorSpec(spec.n_hidden_layers + 1, tf.int32),
            *self._state_signature(),
        ]

    def _state_signature(self) -> list[tf.TensorSpec]:
        shapes = [variable.shape for variable in self.variables]
        if self.spec.has_any_width:
            shapes = [(None,) * len(shape) for shape in shapes]
        return [
            tf.TensorSpec(shape, variable.dtype)
            for shape, variable in zip(shapes, self.variables, strict=True)
        ]

    def _train_and_sum(self, *tensors: tf.Tensor) -> list[tf.Tensor]:
        # What is computed once a block is not compiled: it would be a third of the
        # compilation.
        x, rows, codes, weights, n_batches, *others = tensors

        # Divided by the weights, where Keras divides by the number of rows: so a weight
        # of 2 is the row twice, and the rows of weight 0 behind a short batch are none
        # at all.
        batch_weights = tf.reduce_sum(weights, axis=1)
        shares = tf.math.divide_no_nan(weights, batch_weights[:, tf.newaxis])
        logits, penalty, *new_state = self._steps(
            x, rows, codes, shares, batch_weights, n_batches, *others
        )

        logits, codes, weights = (
            logits[:n_batches],
            codes[:n_batches],
            weights[:n_batches],
        )
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(codes, logits)
        is_correct = tf.argmax(logits, axis=2, output_type=tf.int32) == codes
        sums = [
            # Where a network diverges, the losses of places without rows must not count
            # either.
            tf.reduce_sum(tf.math.multiply_no_nan(losses, weights)) + penalty,
            tf.reduce_sum(weights),
            tf.reduce_sum(tf.cast(is_correct & (weights > 0), tf.float32)),
        ]
        return [tf.stack(sums), *new_state]

    def _train_on_block(self, *tensors: tf.Tensor) -> list[tf.Tensor]:
        x, rows, codes, shares, batch_weights, n_batches, l2, any_widths, *state = (
            tensors
        )
        spec = self.spec
        if spec.hidden_units is None:
            widths = tf.unstack(any_widths)
        else:
            widths = [*spec.hidden_units, spec.n_classes]

        def train_on_batch(
            i: tf.Tensor, logits: tf.TensorArray, penalty: tf.Tensor, *state: tf.Tensor
        ) -> tuple[tf.Tensor | tf.TensorArray, ...]:
            batch = tf.cast(tf.gather(x, rows[i]), tf.float32)
            batch_logits, batch_penalty, new = self._step(
                batch, codes[i], shares[i], l2, widths, state
            )
            if spec.has_l2:
                penalty += batch_penalty * batch_weights[i]
            return i + 1, logits.write(i, batch_logits), penalty, *new

        n_places, batch_size, _ = spec.block_shape or (tf.shape(codes)[0], None, None)
        logits = tf.TensorArray(
            tf.float32, size=n_places, element_shape=(batch_size, spec.n_classes)
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
        """Make one step of the optimizer; return logits and penalty before it."""
        weights = state[: len(self.weights)]
        with stateless_scope(self.variables, state) as scope:
            with tf.GradientTape() as tape:
                tape.watch(weights)
                layer_weights = (
                    unpack_tensors(weights, widths) if self.is_packed else weights
                )
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
                if self.spec.has_l2:
                    squares = [
                        tf.reduce_sum(tf.square(kernel))
                        for kernel in layer_weights[::2]
                    ]
                    penalty = l2 * tf.add_n(squares)
                    loss += penalty
                loss = self.optimizer.scale_loss(loss)
            self.optimizer.apply(tape.gradient(loss, weights), self.weights)
            return logits, penalty, [scope.get_current_value(v) for v in self.variables]

    def _finalize(self, *state: tf.Tensor) -> list[tf.Tensor]:
        with stateless_scope(self.variables, state) as scope:
            self.optimizer.finalize_variable_values(self.weights)
            return [scope.get_current_value(variable) for variable in self.variables]


# A program keeps some MB of compiled code, and its variables take as much memory as the
# weights and the state of the optimizer: about 1 MB for 128 hidden units and Adam on
# MNIST.
@lru_cache(maxsize=16)
def _shared_program(spec: ProgramSpec) -> Program:
    return in_own_state(Program, spec)


clear_with(_shared_program.cache_clear)
_tracing = threading.Lock()


def program_for(spec: ProgramSpec) -> Program:
    """Return the program for `spec`: the one that is kept, if it can be shared."""
    if not spec.is_shareable:
        return in_own_state(Program, spec)

    # Tracing holds the interpreter anyway, so nothing is lost by waiting for other
    # programs.
    with _tracing:
        return _shared_program(spec)
