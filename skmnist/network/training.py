"""A Keras model whose `fit` runs compiled programs over blocks of batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from skmnist.network.architecture import Architecture, build_sequential
from skmnist.network.blocks import Block, BlockReader, BlockShape, bytes_needed, is_resident
from skmnist.network.callbacks import plain_model, wants_batches
from skmnist.network.early_stopping import EarlyStopping
from skmnist.network.inference import predict_proba
from skmnist.network.interruption import deferred_interrupts
from skmnist.network.memory import ROWS_MEMORY
from skmnist.network.optimizers import OptimizerSpec
from skmnist.network.programs import PROGRAMS, ProgramSpec, TrainingProgram
from skmnist.network.progress import Progress

# A block holds at most as many batches as take about half a second to train on, and where its
# rows are gathered, at most this many values: 16 MB as float32.
_BLOCK_BATCHES = 512
_BLOCK_FLOPS = 1e10
_BLOCK_VALUES = 4 * 1024 * 1024

# Compiling takes 0.7 to 1 s, and saves 0.05 to 0.2 ms a step; most programs run more than once.
_STEPS_WORTH_COMPILING = 1500


@dataclass(frozen=True)
class ValidationData:
    """Rows that are scored after each epoch.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features), uint8 or float32
        The rows.
    codes : ndarray of shape (n_samples,), int
        Their classes, as integers from 0.
    weights : ndarray of shape (n_samples,), float32, or None
        Their weights; None for 1.
    """

    x: np.ndarray
    codes: np.ndarray
    weights: np.ndarray | None = None


@dataclass(frozen=True)
class TrainingState:
    """What a training leaves behind, and where the next one can go on.

    Parameters
    ----------
    weights : list of ndarray
        Kernel and bias of each Dense layer, float32.
    optimizer_key : str
        Says which optimizer it was, the learning rate aside.
    optimizer_state : list of ndarray
        The values of the optimizer's variables.
    """

    weights: list[np.ndarray]
    optimizer_key: str
    optimizer_state: list[np.ndarray]

    @classmethod
    def of(cls, program: TrainingProgram) -> TrainingState:
        """Copy what a program holds."""
        return cls(program.weights(), str(program.spec.optimizer), program.optimizer_state())


class Network(keras.Sequential):
    """The network as scikeras trains it: a Sequential with a `fit` of its own.

    Attributes
    ----------
    architecture : Architecture
        Its layers.
    state : TrainingState
        What the last `fit` left behind.
    was_interrupted : bool
        Whether Ctrl-C ended the last `fit`.
    has_diverged : bool
        Whether the loss of the last `fit` became NaN or infinite, which ended it.
    """

    architecture: Architecture
    state: TrainingState
    was_interrupted: bool
    has_diverged: bool

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Configure the model as Keras does it, but never scale the loss: it is float32."""
        super().compile(*args, **{**kwargs, "auto_scale_loss": False})

    def fit(
        self,
        x: np.ndarray,
        y: np.ndarray,
        *,
        seed: int,
        batch_size: int,
        epochs: int,
        initial_epoch: int = 0,
        shuffle: bool = True,
        state: TrainingState | None = None,
        rows: np.ndarray | None = None,
        row_weights: np.ndarray | None = None,
        validation_data: ValidationData | None = None,
        early_stopping: EarlyStopping[TrainingState] | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        progress: Progress | None = None,
        **_unused_keras_arguments: Any,
    ) -> keras.callbacks.History:
        """Train from `initial_epoch` to `epochs`.

        Parameters
        ----------
        x : ndarray of shape (n_samples, n_features), uint8 or float32, C-contiguous
            The rows.
        y : ndarray of shape (n_samples,) or (n_samples, 1)
            Their classes, as integers from 0.
        seed : int
            Decides, with the number of the epoch, its order and its Dropout masks.
        batch_size : int
            Rows per optimizer step.
        epochs : int
            Number of the epoch to stop before.
        initial_epoch : int, default=0
            Number of the first epoch.
        shuffle : bool, default=True
            Whether each epoch takes the rows in an order of its own.
        state : TrainingState or None
            Where to go on; None to start with the model's own weights. An optimizer of another
            kind starts anew.
        rows : ndarray of int, or None
            Which rows to train on; None for all.
        row_weights : ndarray of shape (n_samples,), float32, or None
            Weights of the rows; rows of weight 0 are left out.
        validation_data : ValidationData or None
            What to compute `val_loss` and `val_accuracy` on.
        early_stopping : EarlyStopping or None
            Follows `val_accuracy`; at the end, the network goes back to the best epoch.
        callbacks : sequence of keras.callbacks.Callback
            Called as Keras calls them. The batches are served one by one if one of them wants
            that; otherwise their hooks for batches are called at the ends of blocks.
        progress : Progress or None
            Shown how far the training is.
        **_unused_keras_arguments : dict
            What else scikeras passes on to Keras.

        Returns
        -------
        keras.callbacks.History
            "loss", "accuracy" and their "val_" twins, one number per epoch.
        """
        codes = np.ascontiguousarray(y.reshape(len(y)), dtype=np.int32)
        rows = np.arange(len(x)) if rows is None else rows
        if row_weights is not None:
            rows = rows[row_weights[rows] > 0]
        n_epochs = epochs - initial_epoch
        spec, block_shape = self._plan(
            x, batch_size, len(rows), n_epochs, any(map(wants_batches, callbacks))
        )
        # Callbacks see a model of Keras's own, and may change it; without any, nobody looks at
        # the model before the end.
        is_watched = bool(callbacks)
        model = plain_model(self) if is_watched else self
        callback_list = keras.callbacks.CallbackList(
            list(callbacks), add_history=True, model=model, epochs=epochs, verbose=0
        )
        model.stop_training = self.was_interrupted = self.has_diverged = False
        logs: dict[str, float] = {}
        with (
            PROGRAMS.borrow(spec) as program,
            ROWS_MEMORY.borrow(bytes_needed(x, block_shape)) as memory,
            deferred_interrupts() as is_interrupted,
        ):
            reader = BlockReader(x, codes, row_weights, block_shape, memory)
            if state is None:
                program.load(self.get_weights(), None)
            else:
                # Another optimizer than the last has nothing to go on with.
                is_same = state.optimizer_key == str(spec.optimizer)
                program.load(state.weights, state.optimizer_state if is_same else None)
            self._set_learning_rate(program)
            if is_watched:
                self._follow(program)
            callback_list.on_train_begin()
            # BackupAndRestore says so where it goes on.
            initial_epoch = getattr(model, "_initial_epoch", None) or initial_epoch
            try:
                for epoch in range(initial_epoch, epochs):
                    callback_list.on_epoch_begin(epoch)
                    if is_watched:
                        self._lead(program)
                    program.set_dropout_seed((seed, epoch))
                    blocks = reader.read(_epoch_order(rows, seed, epoch) if shuffle else rows)
                    logs = self._train_epoch(
                        program,
                        blocks,
                        callback_list if is_watched else None,
                        progress,
                        is_interrupted,
                    )
                    if validation_data is not None:
                        logs |= self._validate(program.weights(), validation_data)
                    if early_stopping is not None:
                        score = logs["val_accuracy"]
                        best = TrainingState.of(program) if early_stopping.is_best(score) else None
                        model.stop_training |= early_stopping.update(score, best)
                    if is_watched:
                        self._follow(program)
                    callback_list.on_epoch_end(epoch, logs)
                    if progress is not None:
                        progress.end_epoch(epoch, logs)
                    if is_watched:
                        self._lead(program)
                    if model.stop_training or self.has_diverged:
                        break
            except KeyboardInterrupt:
                self.was_interrupted = True
            # Pressed behind the last block, it came too late to end anything, and is said too.
            self.was_interrupted |= is_interrupted()
            program.optimizer.finalize_variable_values(program.variables)
            if early_stopping is not None and early_stopping.best_state is not None:
                best = early_stopping.best_state
                program.load(best.weights, best.optimizer_state)
            self._follow(program) if is_watched else self.set_weights(program.weights())
            callback_list.on_train_end(logs)
            if is_watched:
                self._lead(program)
            self.state = TrainingState.of(program)
        return model.history

    def _set_learning_rate(self, program: TrainingProgram) -> None:
        if not program.spec.optimizer.has_schedule:
            program.optimizer.learning_rate = float(self.optimizer.learning_rate)

    def _follow(self, program: TrainingProgram) -> None:
        """Give the model the weights of the program, and the optimizer all but the rate."""
        self.set_weights(program.weights())
        if not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)
        state = program.optimizer_state()
        for variable, value in zip(self.optimizer.variables, state, strict=True):
            if variable.path != self.optimizer.learning_rate.path:
                variable.assign(value)

    def _lead(self, program: TrainingProgram) -> None:
        """Give the program the weights of the model, and all that the optimizer knows."""
        program.load(self.get_weights(), [v.numpy() for v in self.optimizer.variables])

    def _train_epoch(
        self,
        program: TrainingProgram,
        blocks: Iterator[Block],
        callback_list: keras.callbacks.CallbackList | None,
        progress: Progress | None,
        is_interrupted: Callable[[], bool],
    ) -> dict[str, float]:
        loss = weight = n_correct = n_rows = 0.0
        n_batches = 0
        logs: dict[str, float] = {}
        for block in blocks:
            if callback_list is not None:
                callback_list.on_train_batch_begin(n_batches)
            block_loss, block_weight, block_correct = program.run(block, self.architecture.l2)
            loss += block_loss
            weight += block_weight
            n_correct += block_correct
            n_rows += block.n_rows
            n_batches += int(block.n_batches)
            logs = {"loss": loss / weight, "accuracy": n_correct / n_rows}
            if callback_list is not None:
                self._follow(program)
                callback_list.on_train_batch_end(n_batches - 1, logs)
                self._lead(program)
            if progress is not None:
                progress.advance(block.n_rows, logs)
            if is_interrupted():
                raise KeyboardInterrupt
            if not math.isfinite(loss):
                self.has_diverged = True
            if self.has_diverged or (
                callback_list is not None and callback_list.model.stop_training
            ):
                break
        return logs

    def _plan(
        self, x: np.ndarray, batch_size: int, n_used: int, n_epochs: int, batchwise: bool
    ) -> tuple[ProgramSpec, BlockShape]:
        """Decide which program to run, on blocks of which shape."""
        batch_size = min(batch_size, _round_up(n_used))
        n_steps_per_epoch = math.ceil(n_used / batch_size)
        compiles = n_epochs * n_steps_per_epoch >= _STEPS_WORTH_COMPILING and not batchwise
        n_batches = n_steps_per_epoch
        n_rows = len(x)
        if compiles:
            # A program that is not compiled takes blocks of any shape. Memory that no row comes
            # to costs nothing, so that the folds of a search and its refit can share a program.
            n_batches = _round_up(n_batches)
            n_rows = 2 ** (n_rows - 1).bit_length()
        n_batches = min(
            n_batches, 1 if batchwise else _max_batches(self.architecture, batch_size, x)
        )
        if not is_resident(x):
            n_rows = n_batches * batch_size
        block_shape = BlockShape(n_batches, batch_size, n_rows)
        spec = ProgramSpec(
            self.architecture,
            OptimizerSpec.of(self.optimizer),
            x.dtype.name,
            block_shape if compiles else None,
        )
        return spec, block_shape

    def _validate(self, weights: list[np.ndarray], data: ValidationData) -> dict[str, float]:
        probabilities = predict_proba(self.architecture, weights, data.x)
        likelihoods = probabilities[np.arange(len(data.codes)), data.codes]
        losses = -np.log(np.maximum(likelihoods, np.finfo(np.float64).tiny))
        is_correct = probabilities.argmax(axis=1) == data.codes
        loss = np.average(losses, weights=data.weights)
        if self.architecture.l2:
            loss += self.architecture.l2 * sum(float(np.sum(k**2)) for k in weights[::2])
        accuracy = np.average(is_correct, weights=data.weights)
        return {"val_loss": float(loss), "val_accuracy": float(accuracy)}


def build_network(architecture: Architecture, seed: int) -> Network:
    """Build the network with initial weights drawn from `seed`, not compiled yet."""
    network = build_sequential(architecture, seed, Network)
    network.architecture = architecture
    return network


def _epoch_order(rows: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    # From these two numbers alone: a training that is resumed takes the order that it would
    # have taken.
    return np.random.default_rng((seed, epoch)).permutation(rows)


def _max_batches(architecture: Architecture, batch_size: int, x: np.ndarray) -> int:
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
