"""A Keras model whose `fit` runs compiled programs over blocks of batches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from skmnist.network.architecture import Architecture, build_sequential
from skmnist.network.blocks import Block, BlockReader, bytes_needed
from skmnist.network.callbacks import TEST_BATCH_HOOKS, CallbackRunner, wants_batches
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
    """Weights and optimizer state at the end of a training run, for a warm start."""

    weights: list[np.ndarray]  # kernel and bias of each Dense layer, float32
    optimizer_key: str  # the optimizer, the learning rate aside
    optimizer_state: list[np.ndarray]  # the values of its variables

    @classmethod
    def of(cls, program: TrainingRun) -> TrainingState:
        """Copy the values of a program."""
        return cls(program.weights(), str(program.spec.optimizer), program.optimizer_state())


class Network(keras.Sequential):
    """The network as scikeras trains it: a Sequential with a `fit` of its own."""

    architecture: Architecture
    state: TrainingState  # at the end of the last `fit`
    was_interrupted: bool  # whether Ctrl-C ended the last `fit`
    has_diverged: bool  # whether a loss that is not finite did
    is_usable: bool  # whether the weights are those of a network that has not diverged

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
        verbose: int = 0,
        progress: Progress | None = None,
        **_unused_keras_arguments: Any,
    ) -> keras.callbacks.History:
        """Train from epoch `initial_epoch` to before `epochs`; return the metrics of each epoch.

        Parameters
        ----------
        x : ndarray or CSR matrix of shape (n_samples, n_features), uint8 or float32
            The rows; an array is C-contiguous.
        y : ndarray of shape (n_samples,) or (n_samples, 1)
            Their classes, as integers from 0.
        seed : int
            Decides, with the number of the epoch, its order and its Dropout masks.
        interrupts : Interrupts
            One Ctrl-C ends the training; two in a row, or one before it has begun, raise
            KeyboardInterrupt.
        state : TrainingState or None
            Where to continue; None to start with the model's own weights. An optimizer of another
            kind starts without its state.
        rows : ndarray of int, or None
            Which rows to train on; None for all.
        row_weights : ndarray of shape (n_samples,), float32, or None
            Weights of the rows; rows of weight 0 are left out.
        early_stopping : EarlyStopping or None
            Follows `val_accuracy`; at the end, the network goes back to the best epoch, or to
            `state` if that was better.
        callbacks : sequence of keras.callbacks.Callback
            Called in the order of Keras's `fit`. If one of them has hooks for batches, each batch
            is a block of its own.
        batch_size, epochs, initial_epoch, shuffle, validation_data, verbose, progress
            As in Keras; `verbose` goes into the `params` of the callbacks only.
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
        logs: dict[str, float] | None = None
        program = TrainingRun(PROGRAMS.get(spec))
        with ROWS_MEMORY.borrow(bytes_needed(x, block_shape)) as memory:
            self._load(program, state)
            reader = BlockReader(x, codes, row_weights, block_shape, memory)
            steps = math.ceil(len(rows) / batch_size)
            runner = CallbackRunner(
                callbacks, self, program, epochs=epochs, steps=steps, verbose=verbose
            )
            if early_stopping is not None and validation_data is not None and state is not None:
                n_rows = len(validation_data.codes)
                (scores,) = validate(self.architecture, state.weights, validation_data, n_rows)
                early_stopping.start_from(scores["accuracy"], TrainingState.of(program))
            if interrupts.is_pressed:  # there is nothing yet that could be kept
                raise KeyboardInterrupt
            initial_epoch = runner.begin(initial_epoch)
            try:
                for epoch in range(initial_epoch, epochs):
                    runner.call("on_epoch_begin", epoch)
                    program.set_dropout_seed((seed, epoch))
                    order = _epoch_order(rows, seed, epoch) if shuffle else rows
                    if runner.stop_training:  # Keras, too, makes one step before it stops
                        order = order[:batch_size]
                    blocks = reader.read(order)
                    epoch_logs = self._train_epoch(program, blocks, runner, progress, interrupts)
                    is_over = self.has_diverged
                    if validation_data is not None:
                        weights, scores = self._validate(
                            program, runner, validation_data, batch_size
                        )
                        epoch_logs |= {f"val_{name}": score for name, score in scores.items()}
                    if early_stopping is not None:
                        score = scores["accuracy"]
                        # The weights that were validated: a callback may have swapped them.
                        best = (
                            replace(TrainingState.of(program), weights=weights)
                            if early_stopping.is_best(score)
                            else None
                        )
                        is_over |= early_stopping.update(score, best)
                    logs = epoch_logs
                    runner.call("on_epoch_end", epoch, logs)
                    if progress is not None:
                        progress.end_epoch(epoch, logs)
                    if is_over or runner.stop_training:
                        break
            except KeyboardInterrupt:
                if interrupts.is_pressed_twice:
                    raise
                self.was_interrupted = True
            program.average_weights()
            best = None if early_stopping is None else early_stopping.best_state
            if best is not None:
                program.load(best.weights, best.optimizer_state)
            runner.end(logs)
            self.state = TrainingState.of(program)
        self.is_usable = (best is not None or not self.has_diverged) and all(
            np.isfinite(array).all() for array in self.state.weights
        )
        return runner.history

    def _load(self, program: TrainingRun, state: TrainingState | None) -> None:
        if state is None:
            program.load(self.get_weights(), None)
        else:
            is_same = state.optimizer_key == str(program.spec.optimizer)
            program.load(state.weights, state.optimizer_state if is_same else None)
        if not program.spec.optimizer.has_schedule:
            program.set_learning_rate(float(self.optimizer.learning_rate))

    def _train_epoch(
        self,
        program: TrainingRun,
        blocks: Iterator[Block],
        runner: CallbackRunner,
        progress: Progress | None,
        interrupts: Interrupts,
    ) -> dict[str, float]:
        loss = weight = n_correct = n_rows = 0.0
        n_batches = 0
        logs: dict[str, float] = {}
        for block in blocks:
            runner.call("on_train_batch_begin", n_batches)
            block_loss, block_weight, block_correct = program.run(block, self.architecture.l2)
            loss += block_loss
            weight += block_weight
            n_correct += block_correct
            n_rows += block.n_rows
            n_batches += int(block.n_batches)
            logs = {"loss": loss / weight, "accuracy": n_correct / n_rows}
            runner.end_block(n_batches - 1, logs)
            if progress is not None:
                progress.advance(block.n_rows, logs)
            if interrupts.is_pressed:
                raise KeyboardInterrupt
            self.has_diverged = not math.isfinite(loss)
            if self.has_diverged or runner.stop_training:
                break
        return logs

    def _validate(
        self,
        program: TrainingRun,
        runner: CallbackRunner,
        data: ValidationData,
        batch_size: int,
    ) -> tuple[list[np.ndarray], dict[str, float]]:
        """Score the network; return the weights that were scored, and the scores."""
        runner.begin_validation()
        weights = program.weights()
        has_batch_hooks = runner.has_hook(*TEST_BATCH_HOOKS)
        scores: dict[str, float] = {}
        if not has_batch_hooks:
            batch_size = len(data.codes)
        for batch, scores in enumerate(validate(self.architecture, weights, data, batch_size)):
            if has_batch_hooks:
                runner.call("on_test_batch_begin", batch)
                runner.call("on_test_batch_end", batch, scores)
            if runner.stop_evaluating:
                break
        runner.call("on_test_end", scores)
        return weights, scores


def build_network(architecture: Architecture, seed: int) -> Network:
    """Build the network with initial weights drawn from `seed`, not compiled yet."""
    network = build_sequential(architecture, seed, Network)
    network.architecture = architecture
    return network


def _epoch_order(rows: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    # From these two numbers alone: a training run that is resumed takes the same order.
    return np.random.default_rng((seed, epoch)).permutation(rows)
