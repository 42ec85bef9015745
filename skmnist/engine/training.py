"""The loop over epochs, in blocks of batches."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import keras
import numpy as np

from skmnist._network import (
    Architecture,
    RowMatrix,
    Samples,
    TrainedNetwork,
    predict_proba,
)
from skmnist._warnings import warn_caller
from skmnist.engine.blocks import Block, BlockReader, open_reader
from skmnist.engine.callbacks import CallbackRunner, wants_batches
from skmnist.engine.early_stopping import EarlyStopping
from skmnist.engine.interruption import Interrupts
from skmnist.engine.keras_run import KerasRun
from skmnist.engine.layers import activation_in_numpy, build_model, has_gradient
from skmnist.engine.optimizers import OptimizerSpec, copy_optimizer, difference
from skmnist.engine.planning import plan
from skmnist.engine.programs import program_for
from skmnist.engine.progress import Progress
from skmnist.engine.runs import TrainingRun, have_same_values


class EpochListener(Protocol):
    """What is called at each epoch, with a function that returns the weights."""

    def begin_epoch(self, weights: Callable[[], list[np.ndarray]]) -> None:
        """Take note of the begin of an epoch."""

    def end_epoch(self, weights: Callable[[], list[np.ndarray]]) -> bool:
        """Take note of the end of an epoch; return whether to stop."""


@dataclass(frozen=True)
class TrainingTask:
    """What to train on which samples, beside what scikeras routes to `fit`.

    The seed decides the initial weights and, with the number of the epoch, its order
    and its Dropout masks.
    """

    architecture: Architecture
    samples: Samples  # those of weight 0 are left out
    seed: int
    last: TrainedNetwork | None = (
        None  # to continue; another optimizer starts without its state
    )
    rows: np.ndarray | None = None  # which of the samples to train on; None for all
    validation: Samples | None = None
    stopping: EarlyStopping | None = None
    listener: EpochListener | None = None

    def on(self, x: RowMatrix, codes: np.ndarray) -> TrainingTask:
        """Return this task on other rows and their classes."""
        return replace(self, samples=self.samples._replace(x=x, codes=codes))

    @property
    def first_epoch(self) -> int:
        """Number of epochs that the network has been trained for."""
        return len(self.last_history.get("loss", ()))

    @property
    def last_history(self) -> dict[str, list[float]]:
        """The metrics of these epochs."""
        return {} if self.last is None else self.last.history

    @property
    def used_rows(self) -> np.ndarray:
        """Which of the samples to train on, those of weight 0 left out."""
        rows = self.rows
        if rows is None:
            rows = np.arange(len(self.samples.codes))
        if self.samples.weights is None:
            return rows
        return rows[self.samples.weights[rows] > 0]


class FitResult(NamedTuple):
    """What comes of a fit."""

    network: TrainedNetwork
    is_usable: bool  # whether the weights are those of a network that has not diverged
    was_interrupted: bool  # whether Ctrl-C ended the fit
    has_diverged: bool  # whether a loss that is not finite did
    seconds: dict[str, float]  # what tracing, compiling and training took


class EpochLoop:
    """Trains one network, epoch by epoch.

    One Ctrl-C ends the training; two in a row, or one before it has begun, raise
    KeyboardInterrupt.

    Parameters
    ----------
    task : TrainingTask
        What to train.
    optimizer : keras.optimizers.Optimizer
        Without state; callbacks alone may change it.
    batch_size, epochs, shuffle, verbose, callbacks
        As in `keras.Model.fit`, but `epochs` is how many more.
    progress : Progress or None
        What shows each block and epoch.
    interrupts : Interrupts
        Whether Ctrl-C was pressed.
    """

    def __init__(
        self,
        task: TrainingTask,
        optimizer: keras.optimizers.Optimizer,
        *,
        batch_size: int,
        epochs: int,
        shuffle: bool,
        verbose: int,
        callbacks: Sequence[keras.callbacks.Callback],
        progress: Progress | None,
        interrupts: Interrupts,
    ) -> None:
        self._task = task
        self._optimizer = optimizer
        self._optimizer_spec = OptimizerSpec.of(optimizer)
        self._batch_size = batch_size
        self._epochs = range(task.first_epoch, task.first_epoch + epochs)
        self._shuffle = shuffle
        self._verbose = verbose
        self._given_callbacks = callbacks
        self._progress = progress
        self._interrupts = interrupts

        self._rows = task.used_rows
        self._activation = activation_in_numpy(task.architecture.activation)
        self._logs: dict[str, float] | None = None
        self._was_interrupted = False
        self._has_diverged = False
        self._has_said_it = False
        self._seconds = {"trace": 0.0, "compile": 0.0}

    @property
    def history(self) -> keras.callbacks.History:
        """The metrics of all epochs."""
        return self._callbacks.history

    def run(self) -> FitResult:
        """Train."""
        start = time.perf_counter()
        self._prepare()
        if self._interrupts.is_pressed:  # there is nothing yet that could be kept
            raise KeyboardInterrupt

        first_epoch = self._callbacks.begin(self._epochs.start)
        try:
            with open_reader(self._task.samples, self._block_shape) as reader:
                self._compile(reader)
                for epoch in range(first_epoch, self._epochs.stop):
                    if self._train_and_validate(epoch, reader.read):
                        break
        except KeyboardInterrupt:
            if self._interrupts.is_pressed_twice:
                raise
            self._was_interrupted = True

        result = self._finish()
        whole = time.perf_counter() - start
        rest = whole - sum(result.seconds.values())
        return result._replace(seconds={**result.seconds, "train": rest})

    def _prepare(self) -> None:
        """Get the program, load the first weights, and show them to the callbacks."""
        task = self._task
        spec, self._block_shape = plan(
            task.architecture,
            self._optimizer_spec,
            task.samples.x,
            batch_size=self._batch_size,
            n_used=len(self._rows),
            n_epochs=len(self._epochs),
            is_batchwise=any(map(wants_batches, self._given_callbacks)),
        )
        run: TrainingRun | KerasRun
        if self._needs_keras():
            # Which is trained with, where a program only reads the options of one that
            # is shared.
            self._optimizer = copy_optimizer(self._optimizer)
            weights = task.architecture.initial_weights(task.seed)
            run = KerasRun(build_model(task.architecture, weights, self._optimizer))
        else:
            start = time.perf_counter()
            run = TrainingRun(program_for(spec))
            self._seconds["trace"] = time.perf_counter() - start
        self._load_last_state(run)

        self._callbacks = CallbackRunner(
            self._given_callbacks,
            run,
            task.architecture,
            self._optimizer,
            task.last_history,
            epochs=self._epochs.stop,
            steps=math.ceil(len(self._rows) / self._batch_size),
            verbose=self._verbose,
        )

        if (
            task.stopping is not None
            and task.validation is not None
            and task.last is not None
        ):
            # A run that is continued must not get worse.
            scores = self._score(task.last.weights, task.validation)
            state = run.optimizer_state
            task.stopping.keep_if_best(scores["accuracy"], task.last.weights, state)

    def _compile(self, reader: BlockReader) -> None:
        if isinstance(self._run, TrainingRun):
            start = time.perf_counter()
            self._run.compile(reader.block_without_rows(), self._task.architecture.l2)
            self._seconds["compile"] = time.perf_counter() - start

    def _needs_keras(self) -> bool:
        """Whether Keras's own loop trains: a program may compute something else."""
        architecture = self._task.architecture
        is_differentiable = not architecture.hidden_units or has_gradient(
            architecture.activation
        )
        return not self._optimizer_spec.is_by_keras or not is_differentiable

    def _load_last_state(self, run: TrainingRun | KerasRun) -> None:
        """Begin with weights and optimizer state of the last fit, or with new ones."""
        task = self._task
        if task.last is None:
            run.load(task.architecture.initial_weights(task.seed), None)
        else:
            weights = task.last.training_weights or task.last.weights
            run.load(weights, self._state_to_continue(task.last))

        if not self._optimizer_spec.has_schedule:
            run.set_learning_rate(float(self._optimizer.learning_rate))

    def _state_to_continue(self, last: TrainedNetwork) -> list[np.ndarray] | None:
        """Return the optimizer state of the last fit; None if it is of another one."""
        change = difference(self._optimizer_spec.key, last.optimizer_key)
        if change is None:
            return last.optimizer_state

        if last.optimizer_state:
            warn_caller(
                f"The optimizer is not that of the last fit: {change}. It starts "
                "without state, such as momentum.",
                UserWarning,
            )
        return None

    def _finish(self) -> FitResult:
        """Choose the weights to keep, show them to the callbacks, and return them."""
        last_weights = self._run.weights()
        last_state = self._run.optimizer_state()
        self._run.average_weights()

        stopping = self._task.stopping
        best = None if stopping is None else stopping.best
        if best is not None:
            self._run.load(*best)

        kept = self._run.weights()
        self._callbacks.end(self._logs)
        weights, state = self._run.weights(), self._run.optimizer_state()

        training_weights = None
        is_average = best is None and not have_same_values(kept, last_weights)
        if is_average and have_same_values(weights, kept):
            training_weights, state = last_weights, last_state

        history = self.history.history
        history.setdefault("loss", [])  # Ctrl-C may have ended the first epoch
        network = TrainedNetwork(
            architecture=self._task.architecture,
            seed=self._task.seed,
            weights=weights,
            optimizer_key=self._last_optimizer_key(),
            optimizer_state=state,
            history=history,
            training_weights=training_weights,
        )
        is_finite = all(np.isfinite(array).all() for array in weights)
        return FitResult(
            network,
            is_usable=is_finite and (best is not None or not self._has_diverged),
            was_interrupted=self._was_interrupted,
            has_diverged=self._has_diverged,
            seconds=self._seconds,
        )

    @property
    def _run(self) -> TrainingRun | KerasRun:
        """What trains at the moment: a callback may have changed what can."""
        return self._callbacks.run

    def _last_optimizer_key(self) -> str:
        if (
            isinstance(self._run, KerasRun)
            and self._run.model.optimizer is not self._optimizer
        ):
            return OptimizerSpec.of(self._run.model.optimizer).key
        return self._optimizer_spec.key

    def _train_and_validate(
        self, epoch: int, read: Callable[[np.ndarray], Iterator[Block]]
    ) -> bool:
        """Train for one epoch; return whether to stop."""
        task = self._task
        self._callbacks.call("on_epoch_begin", epoch)
        if task.listener is not None:
            task.listener.begin_epoch(self._run.weights)

        self._run.set_dropout_seed((task.seed, epoch))
        self._say_once_that_keras_trains()
        logs = self._train_epoch(read(self._order_of(epoch)))
        is_over = self._has_diverged

        if task.validation is not None:
            weights, scores = self._validate(task.validation)
            logs |= {f"val_{name}": score for name, score in scores.items()}
            if task.stopping is not None:
                is_over |= task.stopping.update(scores["accuracy"])
                # The weights that were validated: a callback may have swapped them.
                state = self._run.optimizer_state
                task.stopping.keep_if_best(scores["accuracy"], weights, state)

        self._logs = logs
        self._callbacks.call("on_epoch_end", epoch, logs)
        if task.listener is not None:
            is_over |= task.listener.end_epoch(self._run.weights)
        if self._progress is not None:
            self._progress.end_epoch(epoch, logs)
        return is_over or self._callbacks.stop_training

    def _say_once_that_keras_trains(self) -> None:
        if (
            isinstance(self._run, KerasRun)
            and not self._has_said_it
            and self._progress is not None
        ):
            self._has_said_it = True
            self._progress.print(
                "Keras's own loop trains, batch by batch: a compiled program might "
                "not compute what this optimizer, activation or callback does."
            )

    def _order_of(self, epoch: int) -> np.ndarray:
        """Return the rows in the order in which an epoch takes them."""
        order = self._rows
        if self._shuffle:
            # From these two numbers alone: a run that is resumed takes the same order.
            order = np.random.default_rng((self._task.seed, epoch)).permutation(order)

        if self._callbacks.stop_training:  # Keras, too, makes one step before it stops
            order = order[: self._batch_size]
        return order

    def _train_epoch(self, blocks: Iterator[Block]) -> dict[str, float]:
        sums = np.zeros(3)
        n_rows = n_batches = 0
        logs: dict[str, float] = {}
        for block in blocks:
            self._callbacks.call("on_train_batch_begin", n_batches)

            sums += self._run.run(block, self._task.architecture.l2)
            loss, weight, n_correct = sums.tolist()
            n_rows += block.n_rows
            n_batches += int(block.n_batches)
            logs = {"loss": loss / weight, "accuracy": n_correct / n_rows}

            self._callbacks.end_block(n_batches - 1, logs)
            if self._progress is not None:
                self._progress.advance(block.n_rows, logs)

            if self._interrupts.is_pressed:
                raise KeyboardInterrupt
            self._has_diverged = not math.isfinite(loss)
            if self._has_diverged or self._callbacks.stop_training:
                break
        return logs

    def _validate(self, samples: Samples) -> tuple[list[np.ndarray], dict[str, float]]:
        """Score the network; return the weights that were scored, and the scores."""
        self._callbacks.call("on_test_begin")
        self._callbacks.call("on_test_batch_begin", 0)  # all samples at once
        weights = self._run.weights()
        scores = self._score(weights, samples)
        self._callbacks.call("on_test_batch_end", 0, scores)
        self._callbacks.call("on_test_end", scores)
        return weights, scores

    def _score(
        self, weights: Sequence[np.ndarray], samples: Samples
    ) -> dict[str, float]:
        """Compute the loss, with its penalty, and the accuracy, weighted by sample."""
        codes = samples.codes
        probabilities = predict_proba(weights, samples.x, self._activation)
        likelihoods = probabilities[np.arange(len(codes)), codes]

        losses = -np.log(np.maximum(likelihoods, np.finfo(np.float64).tiny))
        losses += self._penalty(weights)
        # Of a network that has diverged, every sample would be of the first class.
        is_correct = (probabilities.argmax(axis=1) == codes) & ~np.isnan(likelihoods)

        return {
            "loss": float(np.average(losses, weights=samples.weights)),
            "accuracy": float(np.average(is_correct, weights=samples.weights)),
        }

    def _penalty(self, weights: Sequence[np.ndarray]) -> float:
        """Sum of what regularization adds to the loss."""
        if isinstance(self._run, KerasRun):
            # A callback may have changed it, or frozen a layer.
            return self._run.penalty()

        l2 = self._task.architecture.l2
        if not l2:
            return 0.0  # also where the weights are infinite
        return l2 * sum(float(np.sum(kernel**2)) for kernel in weights[::2])
