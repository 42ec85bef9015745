"""The scikeras estimator behind `SimpleMLPClassifier`: the way into the engine.

scikeras's `KerasClassifier` builds and compiles the model, and routes the parameters to
its `fit`. It gets no `random_state`, since it would seed the global generators of
Python, NumPy and TensorFlow with it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scikeras.wrappers import KerasClassifier
from sklearn import config_context
from sklearn.preprocessing import FunctionTransformer

from skmnist._network import Architecture
from skmnist._settings import OptimizerSettings
from skmnist.engine.interruption import Interrupts, deferred_interrupts
from skmnist.engine.layers import check_activation
from skmnist.engine.memory import clear
from skmnist.engine.optimizers import make_optimizer, make_optimizer_once
from skmnist.engine.own_state import check_caller_state
from skmnist.engine.progress import Progress
from skmnist.engine.runtime import raise_if_forked
from skmnist.engine.training import EpochLoop, FitResult, TrainingTask


class _Classifier(KerasClassifier):
    """scikeras's classifier for labels that are the codes of their classes already."""

    @property
    def target_encoder(self) -> FunctionTransformer:
        """Pass labels on as they are: scikeras would number them anew."""
        return FunctionTransformer()


class Network:
    """What scikeras uses of a Keras model: its `fit` runs compiled programs.

    It has no layers. A program has its own, and Keras models for callbacks and for
    `model_` are built where there is need of them.
    """

    def __init__(self, task: TrainingTask, interrupts: Interrupts) -> None:
        self._task = task
        self._interrupts = interrupts
        self.compiled = False

    def compile(
        self, optimizer: keras.optimizers.Optimizer, loss: str, **_others: Any
    ) -> None:
        """Keep the optimizer; the programs compute this loss, and the accuracy."""
        self.optimizer = optimizer
        self.loss = loss
        self.compiled = True

    def fit(
        self,
        x: np.ndarray,
        y: np.ndarray,
        *,
        batch_size: int,
        epochs: int,
        initial_epoch: int,
        shuffle: bool,
        verbose: int,
        callbacks: Sequence[keras.callbacks.Callback],
        **_others: Any,
    ) -> keras.callbacks.History:
        """Train as `EpochLoop` does; what comes of it, the metrics too, is `result`."""
        task = self._task.on(x, y)

        shown: AbstractContextManager[Progress | None] = nullcontext()
        if verbose:
            shown = Progress(initial_epoch, epochs, len(task.used_rows), verbose)

        with shown as progress:
            loop = EpochLoop(
                task,
                self.optimizer,
                batch_size=batch_size,
                epochs=epochs - initial_epoch,
                shuffle=shuffle,
                verbose=verbose,
                callbacks=callbacks,
                progress=progress,
                interrupts=self._interrupts,
            )
            self.result = loop.run()

        # Without metrics, for each of which scikeras would make an object of Keras's.
        return keras.callbacks.History()


def train(
    task: TrainingTask,
    *,
    settings: OptimizerSettings,
    batch_size: int,
    epochs: int,
    shuffle: bool,
    verbose: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> FitResult:
    """Train a network through scikeras.

    An optimizer that is given as an instance is copied, and has its own learning rate.
    The others are arguments of `keras.Model.fit`, but `epochs` is how many more.
    """
    raise_if_forked("Fitting")
    check_caller_state("Fitting")
    check_activation(task.architecture.activation)

    # Callbacks may change the optimizer.
    is_shared = isinstance(settings.optimizer, str) and not callbacks
    make = make_optimizer_once if is_shared else make_optimizer

    with (
        deferred_interrupts() as interrupts,
        _memory_errors(task.architecture),
        # Programs run on the CPU: they are compiled for it by XLA, and networks so
        # small gain nothing from another one.
        tf.device("CPU:0"),
    ):
        classifier = _Classifier(
            model=partial(Network, task, interrupts),
            optimizer=make(settings),
            # The classes stay integers: the same mathematics as one-hot rows and
            # categorical_crossentropy, without an array of n_samples × n_classes.
            loss="sparse_categorical_crossentropy",
            batch_size=batch_size,
            epochs=epochs,
            shuffle=shuffle,
            callbacks=list(callbacks),
            verbose=verbose,
        )
        # X and y are validated already; scikeras would look at each value twice more.
        with config_context(assume_finite=True):
            classifier.fit(
                task.samples.x, task.samples.codes, initial_epoch=task.first_epoch
            )

    result: FitResult = classifier.model_.result
    return result._replace(
        # Pressed after the last block, Ctrl-C came too late to end anything, but gets
        # its warning.
        was_interrupted=result.was_interrupted or interrupts.is_pressed,
    )


@contextmanager
def _memory_errors(architecture: Architecture) -> Iterator[None]:
    """Raise MemoryError for a network that does not fit into memory.

    Linux allocates more memory than there is, and kills a process that uses it: with it
    a whole search would end, where an error ends one candidate.
    """
    network = (
        f"A network with hidden_units={architecture.hidden_units} has "
        f"{architecture.n_weights:,} weights"
    )
    # The weights, their gradients, the two values a weight of Adam, and copies of them
    # on the way.
    n_bytes = 4 * 10 * architecture.n_weights
    if n_bytes > _memory_of_machine():
        raise MemoryError(
            f"{network}. Training them takes about {n_bytes / 1e9:,.1f} GB, more than "
            "this machine has. Lower hidden_units."
        )
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        # What is kept for the next fit may be what is missing.
        clear()
        if isinstance(error, MemoryError):  # NumPy's message has the details
            raise
        raise MemoryError(
            f"{network}, and the memory that is free does not suffice to train them. "
            "Lower hidden_units."
        ) from error


def _memory_of_machine() -> float:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not on Windows
        return math.inf
