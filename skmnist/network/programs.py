"""Compiled programs, kept and shared by all trainings of the same shape.

A program owns a network and an optimizer: the variables that TensorFlow compiles into it. A
training borrows a program, loads its weights into it, runs block after block, and takes the
weights home. While it is lent, nobody else gets it: a second thread that wants the same gets a
second program. So nothing is shared while it runs, and nothing is traced or compiled again for
another learning rate, seed, fold, clone or refit.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import keras
import numpy as np
import tensorflow as tf

from skmnist.network.architecture import Architecture
from skmnist.network.blocks import Block, BlockShape
from skmnist.network.optimizers import OptimizerSpec

# A program holds its weights and optimizer state (four times 100 KB for the widest networks
# people search on MNIST) and some MB of compiled code.
MAX_IDLE_PROGRAMS = 32
# All of them together: as float32 and with what Adam knows about them twice, 640 MB.
MAX_IDLE_WEIGHTS = 32 * 1024 * 1024

TRANSPOSED_KERNEL = "transposed_kernel"


@dataclass(frozen=True)
class ProgramSpec:
    """Everything that a compiled program depends on.

    Parameters
    ----------
    architecture : Architecture
        The network. Only whether its `l2` is zero counts, and how many features it takes, not
        how they are arranged.
    optimizer : OptimizerSpec
        The optimizer.
    x_dtype : str
        "uint8" or "float32".
    block_shape : BlockShape or None
        The shape of the blocks that XLA compiles for. None: TensorFlow runs the program
        operation by operation, which starts sooner and takes blocks of any shape.
    """

    architecture: Architecture
    optimizer: OptimizerSpec
    x_dtype: str
    block_shape: BlockShape | None

    def __post_init__(self) -> None:
        """Forget what the program does not depend on."""
        architecture = replace(
            self.architecture,
            input_shape=(self.architecture.n_features,),
            l2=float(self.architecture.l2 > 0),
        )
        object.__setattr__(self, "architecture", architecture)


class FeatureMajorDense(keras.layers.Dense):
    """A Dense layer that keeps its kernel transposed: (units, features).

    A narrow kernel in Keras's layout, (features, units), has rows of a few numbers, and every
    product and update walks over 784 of them. Transposed, it has a few long rows, which the
    processor handles 16 numbers at a time.
    """

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Make the weights."""
        self._kernel = self.add_weight(
            name=TRANSPOSED_KERNEL, shape=(self.units, input_shape[-1]), initializer="zeros"
        )
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Apply the layer."""
        product = tf.matmul(self._kernel.value, inputs, transpose_b=True)
        return self.activation(tf.transpose(product) + self.bias)


class TrainingProgram:
    """A network, an optimizer and the compiled training on one block of batches.

    Parameters
    ----------
    spec : ProgramSpec
        What to compile. Nothing is traced or compiled before the first block.
    """

    def __init__(self, spec: ProgramSpec) -> None:
        self.spec = spec
        architecture = spec.architecture
        self._is_feature_major = bool(architecture.hidden_units) and spec.optimizer.is_elementwise
        self._layers = architecture.layers(
            seed=0,
            first_dense=FeatureMajorDense if self._is_feature_major else keras.layers.Dense,
            output_activation="linear",
        )
        shape: tuple[int | None, ...] = (None, architecture.n_features)
        for layer in self._layers:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        self.variables = [v for layer in self._layers for v in layer.trainable_variables]
        self._kernels = self.variables[::2]
        self._seed_states = [
            layer.seed_generator.state
            for layer in self._layers
            if isinstance(layer, keras.layers.Dropout)
        ]
        self.optimizer = spec.optimizer.build()
        # Keras would sum the gradients over all devices, of which there is one, by an operation
        # with a gradient of its own. TensorFlow registers that for ever, and with it the graph:
        # every program would leave megabytes behind when it is gone.
        self.optimizer._all_reduce_sum_gradients = lambda gradients: gradients
        self.optimizer.build(self.variables)
        self._pristine_state = self.optimizer_state()
        self._compiled: Callable[..., tf.Tensor] | None = None

    def load(
        self,
        weights: Sequence[np.ndarray],
        optimizer_state: Sequence[np.ndarray] | None,
    ) -> None:
        """Set the weights and the state of the optimizer.

        Parameters
        ----------
        weights : sequence of ndarray
            Kernel and bias of each Dense layer, as Keras has them.
        optimizer_state : sequence of ndarray or None
            As `optimizer_state` returned it; None for an optimizer that has made no step.
        """
        for variable, value in zip(self.variables, self._to_own_layout(weights), strict=True):
            variable.assign(value)
        state = self._state_without_steps() if optimizer_state is None else optimizer_state
        for variable, value in zip(self.optimizer.variables, state, strict=True):
            variable.assign(value.T if self._is_transposed(variable) else value)

    def _state_without_steps(self) -> list[np.ndarray]:
        if self.spec.optimizer.is_elementwise:
            return self._pristine_state
        # Some begin with copies of the weights, such as ScheduleFreeAdamW.
        optimizer = self.spec.optimizer.build()
        optimizer.build(self.variables)
        return [np.asarray(variable.numpy()) for variable in optimizer.variables]

    def weights(self) -> list[np.ndarray]:
        """Kernel and bias of each Dense layer, float32, as Keras has them."""
        return self._to_own_layout([variable.numpy() for variable in self.variables])

    def optimizer_state(self) -> list[np.ndarray]:
        """Values of the optimizer's variables, as an optimizer of a Keras model has them."""
        # TensorFlow gives a NumPy scalar where a variable has no dimensions.
        arrays = [(variable, np.asarray(variable.numpy())) for variable in self.optimizer.variables]
        return [array.T if self._is_transposed(variable) else array for variable, array in arrays]

    def set_dropout_seed(self, seed: Sequence[int]) -> None:
        """Start the masks of every Dropout layer anew.

        Parameters
        ----------
        seed : sequence of int
            The masks depend on these numbers and the layer alone.
        """
        for number, state in enumerate(self._seed_states):
            state.assign(np.random.SeedSequence((*seed, number)).generate_state(2))

    def run(self, block: Block, l2: float) -> tuple[float, float, float]:
        """Make one optimizer step on each batch of the block.

        Parameters
        ----------
        block : Block
            The batches.
        l2 : float
            Factor of the sum of the squared kernels in the loss.

        Returns
        -------
        loss : float
            Sum over the batches of the batch's loss times its total weight.
        weight : float
            Sum of the weights of the rows.
        n_correct : float
            How many rows were classified right, each before the step of its batch.
        """
        if self._compiled is None:
            # A concrete function is called at half the cost of a tf.function, which would look
            # up every time which of its traces fits.
            self._compiled = tf.function(
                self._train_on_block,
                input_signature=self._signature(),
                autograph=False,
                jit_compile=self.spec.block_shape is not None,
            ).get_concrete_function()
        sums = self._compiled(
            block.x,
            block.rows,
            block.codes,
            block.weights,
            block.n_batches,
            tf.constant(l2, tf.float32),
        )
        loss, weight, n_correct = sums.numpy().tolist()
        return loss, weight, n_correct

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
        ]

    def _train_on_block(
        self,
        x: tf.Tensor,
        rows: tf.Tensor,
        codes: tf.Tensor,
        weights: tf.Tensor,
        n_batches: tf.Tensor,
        l2: tf.Tensor,
    ) -> tf.Tensor:
        # Divided by the weights, where Keras divides by the number of rows: so a weight of 2
        # is the row twice, and the rows of weight 0 behind a short batch are none at all.
        batch_weights = tf.reduce_sum(weights, axis=1)
        shares = tf.math.divide_no_nan(weights, batch_weights[:, tf.newaxis])

        def train_on_batch(
            i: tf.Tensor, logits: tf.TensorArray, penalty: tf.Tensor
        ) -> tuple[tf.Tensor, tf.TensorArray, tf.Tensor]:
            batch = tf.cast(tf.gather(x, rows[i]), tf.float32)
            batch_logits, batch_penalty = self._step(batch, codes[i], shares[i], l2)
            return (
                i + 1,
                logits.write(i, batch_logits),
                penalty + batch_penalty * batch_weights[i],
            )

        shape = self.spec.block_shape or (tf.shape(codes)[0], None, None)
        logits = tf.TensorArray(
            tf.float32, size=shape[0], element_shape=(shape[1], self.spec.architecture.n_classes)
        )
        _, logits, penalty = tf.while_loop(
            lambda i, *_: i < n_batches,
            train_on_batch,
            [tf.constant(0), logits, tf.constant(0.0)],
            parallel_iterations=1,
        )
        # What only reports is computed once for the block: in the loop, it would take a
        # quarter of the time of a step of a narrow network.
        logits = logits.stack()
        losses = keras.losses.sparse_categorical_crossentropy(codes, logits, from_logits=True)
        is_correct = tf.argmax(logits, axis=2, output_type=tf.int32) == codes
        return tf.stack(
            [
                tf.reduce_sum(losses * weights) + penalty,
                tf.reduce_sum(weights),
                tf.reduce_sum(tf.cast(is_correct & (weights > 0), tf.float32)),
            ]
        )

    def _step(
        self, x: tf.Tensor, codes: tf.Tensor, shares: tf.Tensor, l2: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Make one step of the optimizer; the logits and the penalty are of before it."""
        with tf.GradientTape() as tape:
            logits = x
            for layer in self._layers:
                logits = layer(logits, training=True)
            losses = keras.losses.sparse_categorical_crossentropy(codes, logits, from_logits=True)
            loss = tf.reduce_sum(losses * shares)
            penalty = tf.constant(0.0)
            if self.spec.architecture.l2:
                penalty = l2 * tf.add_n([tf.reduce_sum(tf.square(k.value)) for k in self._kernels])
                loss += penalty
        gradients = tape.gradient(loss, [variable.value for variable in self.variables])
        self.optimizer.apply(gradients, self.variables)
        return logits, penalty

    def _is_transposed(self, variable: keras.Variable) -> bool:
        # Keras names what an optimizer keeps for a variable after it.
        return TRANSPOSED_KERNEL in variable.path

    def _to_own_layout(self, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
        # The same either way: a transposed kernel transposed is the kernel.
        first, *rest = weights
        return [first.T if self._is_feature_major else first, *rest]


class ProgramStore:
    """Programs that wait to be borrowed, the least recently used one dropped first."""

    def __init__(
        self, max_idle: int = MAX_IDLE_PROGRAMS, max_idle_weights: int = MAX_IDLE_WEIGHTS
    ) -> None:
        self._max_idle = max_idle
        self._max_idle_weights = max_idle_weights
        self._idle: OrderedDict[ProgramSpec, list[TrainingProgram]] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self, spec: ProgramSpec) -> Iterator[TrainingProgram]:
        """Lend a program for `spec` to this caller alone.

        A program that was interrupted or failed comes back too: the next borrower loads all
        of its variables.
        """
        program = self._take(spec) or TrainingProgram(spec)
        try:
            yield program
        finally:
            self._put_back(program)

    def clear(self) -> None:
        """Drop the programs that are not lent at the moment."""
        with self._lock:
            self._idle.clear()

    def _take(self, spec: ProgramSpec) -> TrainingProgram | None:
        with self._lock:
            programs = self._idle.get(spec)
            if not programs:
                return None
            program = programs.pop()
            if not programs:
                del self._idle[spec]
            return program

    def _put_back(self, program: TrainingProgram) -> None:
        with self._lock:
            self._idle.setdefault(program.spec, []).append(program)
            self._idle.move_to_end(program.spec)
            while self._is_too_full():
                oldest = next(iter(self._idle))
                self._idle[oldest].pop(0)
                if not self._idle[oldest]:
                    del self._idle[oldest]

    def _is_too_full(self) -> bool:
        numbers = [(len(programs), spec) for spec, programs in self._idle.items()]
        n_weights = sum(number * spec.architecture.n_weights for number, spec in numbers)
        n_programs = sum(number for number, _ in numbers)
        return n_programs > self._max_idle or n_weights > self._max_idle_weights


PROGRAMS = ProgramStore()
