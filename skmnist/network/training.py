"""A Keras model whose `fit` runs compiled programs over blocks of batches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from skmnist.network.architecture import Architecture, build_sequential
from skmnist.network.blocks import BlockReader, BlockShape
from skmnist.network.inference import predict_proba
from skmnist.network.optimizers import OptimizerSpec
from skmnist.network.programs import PROGRAMS, ProgramSpec, TrainingProgram
from skmnist.network.progress import Progress

# A block holds at most this many values (16 MB as float32), so that two of them stay small
# beside the data, and at most as many batches as take about half a second to train on.
_BLOCK_VALUES = 4 * 1024 * 1024
_BLOCK_FLOPS = 1e10
_BLOCK_BATCHES = 256

# Compiling takes 0.5 to 1 s, and saves 0.1 to 0.3 ms a step.
_STEPS_WORTH_COMPILING = 2000


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
    optimizer_state : list of ndarray
        The values of the optimizer's variables.
    """

    weights: list[np.ndarray]
    optimizer_state: list[np.ndarray]


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
    """

    architecture: Architecture
    state: TrainingState
    was_interrupted: bool

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
        row_weights: np.ndarray | None = None,
        validation_data: ValidationData | None = None,
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
            Where to go on; None to start with the model's own weights.
        row_weights : ndarray of shape (n_samples,), float32, or None
            Weights of the rows; rows of weight 0 are left out.
        validation_data : ValidationData or None
            What to compute `val_loss` and `val_accuracy` on.
        callbacks : sequence of keras.callbacks.Callback
            Called as Keras calls them at the ends of the training and of its epochs.
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
        rows = np.arange(len(x)) if row_weights is None else np.flatnonzero(row_weights)
        batch_size = min(batch_size, _round_up(len(rows)))
        n_steps = (epochs - initial_epoch) * math.ceil(len(rows) / batch_size)
        block_shape = _block_shape(self.architecture, batch_size)
        spec = ProgramSpec(
            self.architecture,
            OptimizerSpec.of(self.optimizer),
            x.dtype.name,
            block_shape if n_steps >= _STEPS_WORTH_COMPILING else None,
        )
        if spec.block_shape is None:
            # Such a program takes blocks of any shape: no larger than the data then.
            n_batches = min(block_shape.n_batches, math.ceil(len(rows) / batch_size))
            block_shape = BlockShape(n_batches, batch_size)
        reader = BlockReader(x, codes, row_weights, block_shape)
        callback_list = keras.callbacks.CallbackList(
            list(callbacks), add_history=True, model=self, epochs=epochs, verbose=0
        )
        self.stop_training = False
        self.was_interrupted = False
        with PROGRAMS.borrow(spec) as program:
            program.load(
                self.get_weights() if state is None else state.weights,
                None if state is None else state.optimizer_state,
            )
            callback_list.on_train_begin()
            logs: dict[str, float] = {}
            try:
                for epoch in range(initial_epoch, epochs):
                    callback_list.on_epoch_begin(epoch)
                    if not spec.optimizer.has_schedule:
                        program.optimizer.learning_rate = float(self.optimizer.learning_rate)
                    program.set_dropout_seed((seed, epoch))
                    order = _epoch_order(rows, seed, epoch) if shuffle else rows
                    logs = self._train_epoch(program, reader, order, progress)
                    if validation_data is not None:
                        logs |= self._validate(program, validation_data)
                    if callbacks:
                        self.set_weights(program.weights())
                    callback_list.on_epoch_end(epoch, logs)
                    if progress is not None:
                        progress.end_epoch(epoch, logs)
                    if self.stop_training:
                        break
            except KeyboardInterrupt:
                self.was_interrupted = True
            program.optimizer.finalize_variable_values(program.variables)
            self.state = TrainingState(program.weights(), program.optimizer_state())
            self.set_weights(self.state.weights)
            callback_list.on_train_end(logs)
        return self.history

    def _train_epoch(
        self,
        program: TrainingProgram,
        reader: BlockReader,
        order: np.ndarray,
        progress: Progress | None,
    ) -> dict[str, float]:
        loss = weight = n_correct = n_rows = 0.0
        logs: dict[str, float] = {}
        for block in reader.read(order):
            block_loss, block_weight, block_correct = program.run(block, self.architecture.l2)
            loss += block_loss
            weight += block_weight
            n_correct += block_correct
            n_rows += block.n_rows
            logs = {"loss": loss / weight, "accuracy": n_correct / n_rows}
            if progress is not None:
                progress.advance(block.n_rows, logs)
        return logs

    def _validate(self, program: TrainingProgram, data: ValidationData) -> dict[str, float]:
        weights = program.weights()
        probabilities = predict_proba(self.architecture, weights, data.x)
        likelihoods = probabilities[np.arange(len(data.codes)), data.codes]
        losses = -np.log(np.maximum(likelihoods, np.finfo(np.float64).tiny))
        is_correct = probabilities.argmax(axis=1) == data.codes
        loss = np.average(losses, weights=data.weights)
        if self.architecture.l2:
            loss += self.architecture.l2 * sum(float(np.sum(k**2)) for k in weights[::2])
        return {"val_loss": float(loss), "val_accuracy": float(is_correct.mean())}


def build_network(architecture: Architecture, seed: int) -> Network:
    """Build the network with initial weights drawn from `seed`, not compiled yet."""
    network = build_sequential(architecture, seed, Network)
    network.architecture = architecture
    return network


def _epoch_order(rows: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    # From these two numbers alone: a training that is resumed takes the order that it would
    # have taken.
    return np.random.default_rng((seed, epoch)).permutation(rows)


def _block_shape(architecture: Architecture, batch_size: int) -> BlockShape:
    # Forward and backward, each weight is multiplied and added three times a row.
    flops = 6.0 * architecture.n_weights * batch_size
    n_batches = min(
        _BLOCK_VALUES // (batch_size * architecture.n_features),
        int(_BLOCK_FLOPS / flops),
        _BLOCK_BATCHES,
    )
    return BlockShape(max(1, n_batches), batch_size)


def _round_up(n_rows: int) -> int:
    # Where one batch takes all rows, folds of nearly the same size should share a program:
    # up to the next multiple of an eighth of the power of two below.
    step = max(1, 2 ** (n_rows.bit_length() - 4))
    return math.ceil(n_rows / step) * step
