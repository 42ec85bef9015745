"""The loop over epochs, in blocks of batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np

from skmnist._network import Architecture, Samples, TrainedNetwork, predict_proba
from skmnist.engine.blocks import Block, open_reader
from skmnist.engine.callbacks import CallbackRunner, wants_batches
from skmnist.engine.interruption import Interrupts
from skmnist.engine.optimizers import OptimizerSpec
from skmnist.engine.programs import TrainingRun, plan, program_for
from skmnist.engine.progress import Progress


@dataclass(frozen=True)
class TrainingOptions:
    """How to train: the parameters of the classifier that do not decide what the network is."""

    optimizer: str | keras.optimizers.Optimizer  # an instance is copied
    learning_rate: float  # of an optimizer that is given by its name
    batch_size: int
    shuffle: bool
    epochs: int  # how many more
    early_stopping: bool
    n_iter_no_change: float
    tol: float
    verbose: int


class EpochListener(NamedTuple):
    """Functions that are called at each epoch beside Keras's callbacks, with the weights."""

    begin_epoch: Callable[[Callable[[], list[np.ndarray]]], None]
    end_epoch: Callable[[Callable[[], list[np.ndarray]]], bool]  # returns whether to stop


class FitResult(NamedTuple):
    """What comes of a fit."""

    network: TrainedNetwork
    is_usable: bool  # whether the weights are those of a network that has not diverged
    was_interrupted: bool  # whether Ctrl-C ended the fit
    has_diverged: bool  # whether a loss that is not finite did
    stopping: EarlyStopping | None


class EarlyStopping:
    """Follows a validation score from epoch to epoch, as MLPClassifier does.

    More than `n_iter_no_change` epochs in a row that do not exceed the best score by `tol` end the
    training.
    """

    def __init__(self, n_iter_no_change: float, tol: float) -> None:
        self._n_iter_no_change = n_iter_no_change
        self._tol = tol
        self._n_without_improvement = 0
        self.scores: list[float] = []
        self.best_score = float("-inf")
        # Weights and optimizer state.
        self.best: tuple[list[np.ndarray], list[np.ndarray]] | None = None

    def update(self, score: float) -> bool:
        """Add the score of an epoch; return whether to stop."""
        self.scores.append(score)
        is_better = score >= self.best_score + self._tol
        self._n_without_improvement = 0 if is_better else self._n_without_improvement + 1
        return self._n_without_improvement > self._n_iter_no_change

    def keep_if_best(
        self,
        score: float,
        weights: list[np.ndarray],
        optimizer_state: Callable[[], list[np.ndarray]],
    ) -> None:
        """Keep weights whose score is higher than all before."""
        if score > self.best_score:
            self.best_score, self.best = score, (weights, optimizer_state())


@dataclass(kw_only=True)
class EpochLoop:
    """Trains one network, epoch by epoch.

    The seed decides the initial weights and, with the number of the epoch, its order and its
    Dropout masks. One Ctrl-C ends the training; two in a row, or one before it has begun, raise
    KeyboardInterrupt.
    """

    architecture: Architecture
    seed: int
    last: TrainedNetwork | None  # to continue; another optimizer starts without its state
    samples: Samples  # those of weight 0 are left out
    rows: np.ndarray | None  # which of them to train on; None for all
    validation: Samples | None
    options: TrainingOptions
    optimizer: keras.optimizers.Optimizer  # without state; callbacks alone may change it
    callbacks: Sequence[keras.callbacks.Callback]
    listener: EpochListener | None
    progress: Progress | None
    interrupts: Interrupts

    def __post_init__(self) -> None:
        samples, options, last = self.samples, self.options, self.last
        self._rows = np.arange(len(samples.codes)) if self.rows is None else self.rows
        if samples.weights is not None:
            self._rows = self._rows[samples.weights[self._rows] > 0]
        spec, self._block_shape = plan(
            self.architecture,
            OptimizerSpec.of(self.optimizer),
            samples.x,
            batch_size=options.batch_size,
            n_used=len(self._rows),
            n_epochs=options.epochs,
            is_batchwise=any(map(wants_batches, self.callbacks)),
        )
        self._run = TrainingRun(program_for(spec))
        if last is None:
            self._run.load(self.architecture.initial_weights(self.seed), None)
        else:
            is_same = last.optimizer_key == str(spec.optimizer)
            self._run.load(last.weights, last.optimizer_state if is_same else None)
        if not spec.optimizer.has_schedule:
            self._run.set_learning_rate(float(self.optimizer.learning_rate))
        history = {} if last is None else last.history
        self._first_epoch = len(history.get("loss", ()))
        self._runner = CallbackRunner(
            self.callbacks,
            self.architecture,
            self.optimizer,
            self._run,
            history,
            epochs=self._first_epoch + options.epochs,
            steps=math.ceil(len(self._rows) / options.batch_size),
            verbose=options.verbose,
        )
        self._stopping = None
        if options.early_stopping:
            self._stopping = EarlyStopping(options.n_iter_no_change, options.tol)
            if self.validation is not None and last is not None:
                # A run that is continued must not get worse.
                scores = _validate(self.architecture, last.weights, self.validation)
                state = self._run.optimizer_state
                self._stopping.keep_if_best(scores["accuracy"], last.weights, state)
        self._was_interrupted = self._has_diverged = False
        self._logs: dict[str, float] | None = None

    @property
    def history(self) -> keras.callbacks.History:
        """The metrics of all epochs."""
        return self._runner.history

    def run(self) -> FitResult:
        """Train."""
        if self.interrupts.is_pressed:  # there is nothing yet that could be kept
            raise KeyboardInterrupt
        last_epoch = self._first_epoch + self.options.epochs
        first_epoch = self._runner.begin(self._first_epoch)
        try:
            with open_reader(self.samples, self._block_shape) as reader:
                for epoch in range(first_epoch, last_epoch):
                    if self._train_and_validate(epoch, reader.read):
                        break
        except KeyboardInterrupt:
            if self.interrupts.is_pressed_twice:
                raise
            self._was_interrupted = True
        self._run.average_weights()
        best = None if self._stopping is None else self._stopping.best
        if best is not None:
            self._run.load(*best)
        self._runner.end(self._logs)
        weights = self._run.weights()
        is_finite = all(np.isfinite(array).all() for array in weights)
        network = TrainedNetwork(
            self.architecture,
            self.seed,
            weights,
            str(self._run.spec.optimizer),
            self._run.optimizer_state(),
            self._runner.history.history,
        )
        return FitResult(
            network,
            is_usable=is_finite and (best is not None or not self._has_diverged),
            was_interrupted=self._was_interrupted,
            has_diverged=self._has_diverged,
            stopping=self._stopping,
        )

    def _train_and_validate(
        self, epoch: int, read: Callable[[np.ndarray], Iterator[Block]]
    ) -> bool:
        """Train for one epoch; return whether to stop."""
        self._runner.call("on_epoch_begin", epoch)
        if self.listener is not None:
            self.listener.begin_epoch(self._run.weights)
        self._run.set_dropout_seed((self.seed, epoch))
        order = self._rows
        if self.options.shuffle:
            # From these two numbers alone: a run that is resumed takes the same order.
            order = np.random.default_rng((self.seed, epoch)).permutation(order)
        if self._runner.stop_training:  # Keras, too, makes one step before it stops
            order = order[: self.options.batch_size]
        logs = self._train_epoch(read(order))
        is_over = self._has_diverged
        if self.validation is not None:
            weights, scores = self._validate(self.validation)
            logs |= {f"val_{name}": score for name, score in scores.items()}
            if self._stopping is not None:
                is_over |= self._stopping.update(scores["accuracy"])
                # The weights that were validated: a callback may have swapped them.
                state = self._run.optimizer_state
                self._stopping.keep_if_best(scores["accuracy"], weights, state)
        self._logs = logs
        self._runner.call("on_epoch_end", epoch, logs)
        if self.listener is not None:
            is_over |= self.listener.end_epoch(self._run.weights)
        if self.progress is not None:
            self.progress.end_epoch(epoch, logs)
        return is_over or self._runner.stop_training

    def _train_epoch(self, blocks: Iterator[Block]) -> dict[str, float]:
        sums = np.zeros(3)
        n_rows = n_batches = 0
        logs: dict[str, float] = {}
        for block in blocks:
            self._runner.call("on_train_batch_begin", n_batches)
            sums += self._run.run(block, self.architecture.l2)
            loss, weight, n_correct = sums.tolist()
            n_rows += block.n_rows
            n_batches += int(block.n_batches)
            logs = {"loss": loss / weight, "accuracy": n_correct / n_rows}
            self._runner.end_block(n_batches - 1, logs)
            if self.progress is not None:
                self.progress.advance(block.n_rows, logs)
            if self.interrupts.is_pressed:
                raise KeyboardInterrupt
            self._has_diverged = not math.isfinite(loss)
            if self._has_diverged or self._runner.stop_training:
                break
        return logs

    def _validate(self, samples: Samples) -> tuple[list[np.ndarray], dict[str, float]]:
        """Score the network; return the weights that were scored, and the scores."""
        self._runner.call("on_test_begin")
        self._runner.call("on_test_batch_begin", 0)  # all samples at once
        weights = self._run.weights()
        scores = _validate(self.architecture, weights, samples)
        self._runner.call("on_test_batch_end", 0, scores)
        self._runner.call("on_test_end", scores)
        return weights, scores


def _validate(
    architecture: Architecture, weights: Sequence[np.ndarray], samples: Samples
) -> dict[str, float]:
    """Compute "loss", regularization included, and "accuracy", weighted by the samples."""
    codes = samples.codes
    probabilities = predict_proba(architecture, weights, samples.x)
    likelihoods = probabilities[np.arange(len(codes)), codes]
    losses = -np.log(np.maximum(likelihoods, np.finfo(np.float64).tiny))
    if architecture.l2:
        losses += architecture.l2 * sum(float(np.sum(kernel**2)) for kernel in weights[::2])
    # Of a network that has diverged, every sample would be of the first class.
    is_correct = (probabilities.argmax(axis=1) == codes) & ~np.isnan(likelihoods)
    return {
        "loss": float(np.average(losses, weights=samples.weights)),
        "accuracy": float(np.average(is_correct, weights=samples.weights)),
    }
