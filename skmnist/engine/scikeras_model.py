"""The scikeras estimator behind `SimpleMLPClassifier`: the way into the engine.

scikeras's `KerasClassifier` builds and compiles the model, routes the parameters of `fit`, and
keeps the history. It gets no `random_state`, since it would seed the global generators of Python,
NumPy and TensorFlow with it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scikeras.wrappers import KerasClassifier
from sklearn import config_context

from skmnist import engine
from skmnist._network import Architecture, Samples, TrainedNetwork
from skmnist.engine.interruption import deferred_interrupts
from skmnist.engine.layers import check_activation
from skmnist.engine.optimizers import make_optimizer, make_optimizer_once
from skmnist.engine.progress import Progress
from skmnist.engine.runtime import raise_if_forked
from skmnist.engine.training import EpochListener, EpochLoop, FitResult, TrainingOptions


class Network(keras.Model):
    """The model that scikeras gets: its `fit` runs compiled programs over blocks of batches.

    It has no layers. A program has its own, and Keras models for callbacks and for `model_` are
    built where there is need of them.
    """

    outputs = (None,)  # scikeras compares their number with that of the targets

    def compile(self, optimizer: keras.optimizers.Optimizer, loss: str, **_unused: Any) -> None:
        """Keep the optimizer; the programs compute the loss and the accuracy."""
        self.optimizer, self.loss, self.compiled = optimizer, loss, True

    def fit(
        self,
        x: np.ndarray,
        y: np.ndarray,
        *,
        make_loop: Callable[..., EpochLoop],
        weights: np.ndarray | None,
        callbacks: Sequence[keras.callbacks.Callback],
        **_unused: Any,
    ) -> keras.callbacks.History:
        """Train as `EpochLoop` does; return the metrics of each epoch."""
        loop = make_loop(
            samples=Samples(x, y.reshape(len(y)), weights),
            optimizer=self.optimizer,
            callbacks=callbacks,
        )
        self.result = loop.run()
        return loop.history


def train(
    architecture: Architecture,
    samples: Samples,
    options: TrainingOptions,
    *,
    seed: int,
    last: TrainedNetwork | None = None,
    rows: np.ndarray | None = None,
    validation: Samples | None = None,
    is_partial: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    listener: EpochListener | None = None,
) -> FitResult:
    """Train a network through scikeras; the arguments are those of `EpochLoop`.

    With `is_partial`, samples of some classes may be missing.
    """
    raise_if_forked("Fitting")
    check_activation(architecture.activation)
    n_epochs = 0 if last is None else len(last.history.get("loss", ()))
    n_samples = len(samples.codes if rows is None else rows)
    progress = (n_epochs, n_epochs + options.epochs, n_samples, options.verbose)
    is_shared = isinstance(options.optimizer, str) and not callbacks
    make = make_optimizer_once if is_shared else make_optimizer
    with (
        Progress(*progress) if options.verbose else nullcontext() as shown,
        # Around the building too, where Python would drop a KeyboardInterrupt.
        deferred_interrupts() as interrupts,
        _memory_errors(architecture),
        # Not every device has XLA, and networks so small gain nothing from another one.
        tf.device("CPU:0"),
    ):
        classifier = KerasClassifier(
            model=lambda: Network(),  # scikeras calls a class with arguments of its own
            optimizer=make(options.optimizer, options.learning_rate),
            # The classes stay integers: the same mathematics as one-hot rows and
            # categorical_crossentropy, without an array of n_samples × n_classes.
            loss="sparse_categorical_crossentropy",
            batch_size=options.batch_size,
            shuffle=options.shuffle,
            callbacks=list(callbacks),
            verbose=options.verbose,
        )
        make_loop = partial(
            EpochLoop,
            architecture=architecture,
            seed=seed,
            last=last,
            rows=rows,
            validation=validation,
            options=options,
            listener=listener,
            progress=shown,
            interrupts=interrupts,
        )
        arguments: dict[str, Any] = {"make_loop": make_loop, "weights": samples.weights}
        # X and y are validated already; scikeras would look at each value twice more.
        with config_context(assume_finite=True):
            if is_partial:
                arguments["classes"] = np.arange(architecture.n_classes)
                classifier.partial_fit(samples.x, samples.codes, **arguments)
            else:
                classifier.fit(samples.x, samples.codes, epochs=options.epochs, **arguments)
    result: FitResult = classifier.model_.result
    return result._replace(
        # Pressed after the last block, Ctrl-C came too late to end anything, but gets its warning.
        was_interrupted=result.was_interrupted or interrupts.is_pressed,
    )


@contextmanager
def _memory_errors(architecture: Architecture) -> Iterator[None]:
    """Raise MemoryError for a network that does not fit into memory.

    Linux allocates more memory than there is, and kills a process that uses it: with it a whole
    search would end, where an error ends one candidate.
    """
    network = f"A network with hidden_units={architecture.hidden_units} has"
    network = f"{network} {architecture.n_weights:,} weights"
    # The weights, their gradients, the two values a weight of Adam, and copies of them on the way.
    n_bytes = 4 * 10 * architecture.n_weights
    if n_bytes > _memory_of_machine():
        raise MemoryError(
            f"{network}. Training them takes about {n_bytes / 1e9:,.1f} GB, more than this machine "
            "has. Lower hidden_units."
        )
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        # What is kept for the next fit may be what is missing.
        engine.clear()
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
