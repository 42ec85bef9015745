"""A Keras model whose `fit` runs compiled programs over blocks of batches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from skmnist.network.architecture import Architecture, build_sequential
from skmnist.network.blocks import Block, BlockReader, bytes_needed
from skmnist.network.callbacks import Nobody, Watchers, wants_batches
from skmnist.network.early_stopping import EarlyStopping
from skmnist.network.interruption import Interrupts
from skmnist.network.memory import ROWS_MEMORY
from skmnist.network.optimizers import OptimizerSpec
from skmnist.network.planning import plan
from skmnist.network.programs import PROGRAMS, TrainingRun
from skmnist.network.progress import Progress
from skmnist.network.rows import RowMatrix
from skmnist.network.validation import ValidationData, validate


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
    def of(cls, program: TrainingRun) -> TrainingState:
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
    is_usable : bool
        Whether the weights are those of a network that has not diverged.
    """

    architecture: Architecture
    state: TrainingState
    was_interrupted: bool
    has_diverged: bool
    is_usable: bool

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Configure the model as Keras does it, but never scale the loss: it is float32."""
        super().compile(*args, **{**kwargs, "auto_scale_loss": False})

    def fit(
        self,
        x: RowMatrix,
        y: np.ndarray,
        *,
        seed: int,
        batch_size: int,
        epochs: int,
        interrupts: Interrupts,
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
        x : ndarray or CSR matrix of shape (n_samples, n_features), uint8 or float32
            The rows; an array is C-contiguous.
        y : ndarray of shape (n_samples,) or (n_samples, 1)
            Their classes, as integers from 0.
        seed : int
            Decides, with the number of the epoch, its order and its Dropout masks.
        batch_size : int
            Rows per optimizer step.
        epochs : int
            Number of the epoch to stop before.
        interrupts : Interrupts
            Says whether Ctrl-C was pressed. One ends the training, two right after another, or
            one before it has begun, raise KeyboardInterrupt.
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
            Follows `val_accuracy`; at the end, the network goes back to the best epoch, or to
            `state` if that was better.
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
        rows = np.arange(len(codes)) if rows is None else rows
        if row_weights is not None:
            rows = rows[row_weights[rows] > 0]
        spec, block_shape = plan(
            self.architecture,
            OptimizerSpec.of(self.optimizer),
            x,
            batch_size=batch_size,
            n_used=len(rows),
            n_epochs=epochs - initial_epoch,
            is_batchwise=any(map(wants_batches, callbacks)),
        )
        self.was_interrupted = self.has_diverged = False
        logs: dict[str, float] = {}
        program = TrainingRun(PROGRAMS.get(spec))
        with ROWS_MEMORY.borrow(bytes_needed(x, block_shape)) as memory:
            self._load(program, state)
            reader = BlockReader(x, codes, row_weights, block_shape, memory)
            watchers = (
                Watchers(callbacks, self, program, epochs) if callbacks else Nobody(self, program)
            )
            if early_stopping is not None and validation_data is not None and state is not None:
                scores = validate(self.architecture, state.weights, validation_data)
                early_stopping.start_from(scores["val_accuracy"], TrainingState.of(program))
            if interrupts.is_pressed:  # nothing is learnt yet that could be kept
                raise KeyboardInterrupt
            initial_epoch = watchers.training_begins(initial_epoch)
            try:
                for epoch in range(initial_epoch, epochs):
                    watchers.epoch_begins(epoch)
                    program.set_dropout_seed((seed, epoch))
                    blocks = reader.read(_epoch_order(rows, seed, epoch) if shuffle else rows)
                    logs = self._train_epoch(program, blocks, watchers, progress, interrupts)
                    if validation_data is not None:
                        logs |= validate(self.architecture, program.weights(), validation_data)
                    is_over = self.has_diverged
                    if early_stopping is not None:
                        score = logs["val_accuracy"]
                        best = TrainingState.of(program) if early_stopping.is_best(score) else None
                        is_over |= early_stopping.update(score, best)
                    watchers.epoch_ends(epoch, logs)
                    if progress is not None:
                        progress.end_epoch(epoch, logs)
                    if is_over or watchers.wants_to_stop:
                        break
            except KeyboardInterrupt:
                if interrupts.is_pressed_twice:
                    raise
                self.was_interrupted = True
            program.average_weights()
            best = None if early_stopping is None else early_stopping.best_state
            if best is not None:
                program.load(best.weights, best.optimizer_state)
            watchers.training_ends(logs)
            self.state = TrainingState.of(program)
        self.is_usable = (best is not None or not self.has_diverged) and all(
            np.isfinite(array).all() for array in self.state.weights
        )
        return watchers.history

    def _load(self, program: TrainingRun, state: TrainingState | None) -> None:
        if state is None:
            program.load(self.get_weights(), None)
        else:
            # Another optimizer than the last has nothing to go on with.
            is_same = state.optimizer_key == str(program.spec.optimizer)
            program.load(state.weights, state.optimizer_state if is_same else None)
        if not program.spec.optimizer.has_schedule:
            program.set_learning_rate(float(self.optimizer.learning_rate))

    def _train_epoch(
        self,
        program: TrainingRun,
        blocks: Iterator[Block],
        watchers: Watchers | Nobody,
        progress: Progress | None,
        interrupts: Interrupts,
    ) -> dict[str, float]:
        loss = weight = n_correct = n_rows = 0.0
        n_batches = 0
        logs: dict[str, float] = {}
        for block in blocks:
            watchers.block_begins(n_batches)
            block_loss, block_weight, block_correct = program.run(block, self.architecture.l2)
            loss += block_loss
            weight += block_weight
            n_correct += block_correct
            n_rows += block.n_rows
            n_batches += int(block.n_batches)
            logs = {"loss": loss / weight, "accuracy": n_correct / n_rows}
            watchers.block_ends(n_batches - 1, logs)
            if progress is not None:
                progress.advance(block.n_rows, logs)
            if interrupts.is_pressed:
                raise KeyboardInterrupt
            self.has_diverged = not math.isfinite(loss)
            if self.has_diverged or watchers.wants_to_stop:
                break
        return logs


def build_network(architecture: Architecture, seed: int) -> Network:
    """Build the network with initial weights drawn from `seed`, not compiled yet."""
    network = build_sequential(architecture, seed, Network)
    network.architecture = architecture
    return network


def _epoch_order(rows: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    # From these two numbers alone: a training that is resumed takes the order that it would
    # have taken.
    return np.random.default_rng((seed, epoch)).permutation(rows)
